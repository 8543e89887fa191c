/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/plain.h"

#include <errno.h>
#include <string.h>

/* Where a line of more than PLAIN_LINE_MAX bytes is cut: behind a blank, else between letters. */
static size_t line_cut(struct view line)
{
	size_t cut = PLAIN_LINE_MAX;

	if (line.n <= PLAIN_LINE_MAX)
		return line.n;
	for (size_t i = PLAIN_LINE_MAX; i > PLAIN_LINE_MAX / 2; i--)
		if (line.p[i - 1] == ' ')
			return i;
	while (cut > PLAIN_LINE_MAX - 4 && (line.p[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

int plain_lines(struct extractor *x, struct view text, enum place place, uint32_t flags)
{
	uint32_t line_no = 0;

	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		const uint8_t *ff = memchr(text.p, '\r', nl ? (size_t)(nl - text.p) : text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;
		struct view line;

		/* A bare CR ends a line, too. */
		if (ff && (size_t)(ff - text.p) + 1 < n)
			n = (size_t)(ff - text.p);
		line = view_sub(text, 0, n);
		text = view_sub(text, n + 1, text.n);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		for (; line.n > 0; line_no++) {
			struct block b = {.place = place,
				.flags = flags,
				.text = view_sub(line, 0, line_cut(line))};
			int r;

			line = view_sub(line, b.text.n, line.n);
			if (line_no < PLAIN_TOP_LINES)
				b.flags |= BLOCK_TOP;
			if (line_no < PLAIN_PAGE_LINES) {
				b.flags |= BLOCK_FIRST_PAGE;
				b.page = 1;
			}
			r = extractor_emit(x, &b);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

int plain_extract(
	struct extractor *x, struct view content, enum place place, const enum encoding *hint)
{
	cleanup_with(buf_done) struct buf utf8 = BUF_INIT(0);
	cleanup_with(buf_done) struct buf repaired = BUF_INIT(0);
	uint32_t flags = 0;
	enum encoding e;
	struct view text;
	int r;

	if (!encoding_detect(content, hint, &e))
		return EXTRACT_NO_TEXT;
	text = content;
	if (e != ENCODING_UTF8 || view_starts(content, VIEW_LIT("\xef\xbb\xbf"))) {
		r = encoding_decode(e, content, &utf8);
		if (r == -ENOTSUP) {
			extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
			return 0;
		}
		if (r == -E2BIG)
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		else if (r < 0)
			return r;
		text = buf_view(&utf8);
	}
	r = encoding_repair(text, &repaired);
	if (r == 1) {
		text = buf_view(&repaired);
		flags |= BLOCK_CASE_UNKNOWN;
	} else if (r == -ENOMEM) {
		return r;
	}
	if (e == ENCODING_TCVN3)
		flags |= BLOCK_CASE_UNKNOWN;
	if (plain_is_code(text))
		flags |= BLOCK_CODE;
	return plain_lines(x, text, place, flags);
}
