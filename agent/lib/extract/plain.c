/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/plain.h"

#include <errno.h>
#include <string.h>

#include "extract/record.h"

/* Characters of a fence, and how far behind it the end is looked for. */
#define FENCE_MIN  3
#define FENCE_MAX  4
#define FENCED_MAX 16384

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

/* The parts of Markdown that show text as it is written: what stands there is quoted. */
struct markdown {
	struct view fence; /* that opened, or empty */
	bool has_text;     /* a text that starts with a fence is not quoted in anything */
};

/* "```" at the start of `line`. The other fence of Markdown, "~~~", and longer ones are what people
   draw around a stamp. */
static struct view fence_of(struct view line)
{
	size_t n = 0;

	while (line.n > 0 && line.p[0] == ' ')
		line = view_sub(line, 1, line.n);
	while (n < line.n && line.p[n] == '`')
		n++;
	return n >= FENCE_MIN && n <= FENCE_MAX ? view_sub(line, 0, n) : VIEW_EMPTY;
}

/* Whether a line of `text` starts with the fence. */
static bool is_closed(struct view fence, struct view text)
{
	const uint8_t *at;

	text = view_sub(text, 0, FENCED_MAX);
	while (text.n > 0 && (at = memmem(text.p, text.n, fence.p, fence.n)) != NULL) {
		size_t n = (size_t)(at - text.p);

		if (n > 0 && (text.p[n - 1] == '\n' || text.p[n - 1] == ' '))
			return true;
		text = view_sub(text, n + fence.n, text.n);
	}
	return false;
}

/* `TỐI MẬT` in backticks. */
static bool is_code_span(struct view line)
{
	while (line.n > 0 && line.p[0] == ' ')
		line = view_sub(line, 1, line.n);
	return line.n > 2 && line.p[0] == '`' && line.p[line.n - 1] == '`';
}

static bool is_quoted(struct markdown *m, struct view line, struct view rest)
{
	struct view fence = fence_of(line);
	bool quoted = m->fence.n > 0 || (m->has_text && is_code_span(line));

	if (m->fence.n > 0) {
		if (fence.n >= m->fence.n)
			m->fence = VIEW_EMPTY;
	} else if (fence.n > 0 && m->has_text && is_closed(fence, rest)) {
		m->fence = fence;
	}
	m->has_text = m->has_text || line.n > 0;
	return quoted;
}

int plain_lines(struct extractor *x, struct view text, enum place place, uint32_t flags)
{
	struct markdown markdown = {0};
	uint32_t line_no = 0;

	while (text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		const uint8_t *ff = memchr(text.p, '\r', nl ? (size_t)(nl - text.p) : text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;
		struct view line;
		bool quoted;

		/* A bare CR ends a line, too. */
		if (ff && (size_t)(ff - text.p) + 1 < n)
			n = (size_t)(ff - text.p);
		line = view_sub(text, 0, n);
		text = view_sub(text, n + 1, text.n);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		quoted = is_quoted(&markdown, line, text);
		for (; line.n > 0; line_no++) {
			struct block b = {.place = place,
				.flags = flags,
				.text = view_sub(line, 0, line_cut(line))};
			int r;

			line = view_sub(line, b.text.n, line.n);
			if (quoted)
				b.flags |= BLOCK_CODE;
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
	r = plain_lines(x, text, place, flags);
	return r == 0 && place == PLACE_BODY ? record_members(x, text, flags) : r;
}
