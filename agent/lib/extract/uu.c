/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/uu.h"

#include <errno.h>
#include <string.h>

/* The line at the start of `v` without its end; `v` goes behind it. */
static struct view take_line(struct view *v)
{
	const uint8_t *nl = v->n > 0 ? memchr(v->p, '\n', v->n) : NULL;
	size_t n = nl ? (size_t)(nl - v->p) : v->n;
	struct view line = view_sub(*v, 0, n);

	*v = view_sub(*v, n + 1, v->n);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "begin 644 name" */
static bool is_begin(struct view line, struct view *ret_name)
{
	size_t i = 6;

	if (!view_starts(line, VIEW_LIT("begin ")))
		return false;
	while (i < line.n && line.p[i] >= '0' && line.p[i] <= '7')
		i++;
	if (i < 9 || i > 10 || i + 1 >= line.n || line.p[i] != ' ')
		return false;
	*ret_name = view_sub(line, i + 1, line.n);
	return true;
}

static unsigned length_of(struct view line)
{
	return line.n > 0 ? (line.p[0] - 32U) & 63 : 0;
}

/* A line has a length that fits its letters; blanks at its end may be lost. */
static bool is_coded(struct view line)
{
	unsigned n = length_of(line);

	if (line.n == 0 || line.p[0] < 32 || line.p[0] > 96)
		return false;
	return line.n <= 1 + ((size_t)n + 2) / 3 * 4 + 2 && (n == 0 || line.n > 1);
}

bool uu_find(struct view text, struct uu_file *ret)
{
	struct view rest = text;

	while (rest.n > 0) {
		const uint8_t *p = memmem(rest.p, rest.n, "begin ", 6);
		struct view at, line, next;

		if (!p)
			return false;
		at = view_sub(rest, (size_t)(p - rest.p), rest.n);
		rest = view_sub(at, 6, at.n);
		if (p > text.p && p[-1] != '\n')
			continue;
		ret->before = view_of(text.p, (size_t)(p - text.p));
		line = take_line(&at);
		next = at;
		if (!is_begin(line, &ret->name) || !is_coded(take_line(&next)))
			continue;
		ret->body = at;
		ret->after = VIEW_EMPTY;
		while (at.n > 0) {
			size_t n = (size_t)(at.p - ret->body.p);

			line = take_line(&at);
			if (!is_coded(line) || view_eq(line, VIEW_LIT("end"))) {
				ret->body.n = n;
				ret->after = at;
				break;
			}
		}
		return true;
	}
	return false;
}

static int decode(struct view body, struct buf *out)
{
	int r = buf_reserve(out, body.n);

	while (r == 0 && body.n > 0) {
		struct view line = take_line(&body);
		unsigned left = length_of(line);

		for (size_t i = 1; left > 0 && i < line.n; i += 4) {
			uint32_t bits = 0;

			for (size_t j = i; j < i + 4; j++)
				bits = bits << 6 |
					(j < line.n ? ((uint32_t)line.p[j] - 32) & 63 : 0);
			for (unsigned k = 0; k < 3 && left > 0; k++, left--)
				out->p[out->n++] = (uint8_t)(bits >> (16 - 8 * k));
		}
	}
	return r;
}

int uu_read(struct extractor *x, const struct uu_file *file)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	int r = extractor_file_name(x, file->name);

	if (r == 0)
		r = extractor_tick(x, file->body.n);
	if (r == 0)
		r = decode(file->body, &out);
	if (r == -E2BIG) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	if (r != 0 || !extractor_charge(x, out.n))
		return r;
	return extractor_nested(x, file->name, buf_view(&out));
}

int uu_bid(struct view content)
{
	struct view rest = content, name;

	if (!is_begin(take_line(&rest), &name) || !is_coded(take_line(&rest)))
		return BID_NONE;
	return BID_CONTENT;
}

int uu_extract(struct extractor *x, struct view content)
{
	struct uu_file file;
	int r = 0;

	while (r == 0 && uu_find(content, &file)) {
		r = uu_read(x, &file);
		content = file.after;
	}
	return r;
}
