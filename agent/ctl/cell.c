/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cell.h"

#include <stdint.h>

#include "base/macros.h"

struct range {
	uint32_t first, last;
};

/* Drawn over the character before, or not at all. */
static const struct range zero_width[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},
	{0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
	{0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	{0xfeff, 0xfeff}};

static const struct range double_width[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool in(uint32_t c, const struct range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

struct glyph {
	size_t bytes, width;
	bool safe; /* may be written as it is */
};

static struct glyph glyph_at(struct view v)
{
	static const struct glyph bad = {1, 1, false};
	uint8_t b = v.p[0];
	size_t n = b < 0x80 ? 1 : b < 0xc2 ? 0 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : b < 0xf5 ? 4 : 0;
	uint32_t c = n == 1 ? b : n == 2 ? b & 0x1fU : n == 3 ? b & 0x0fU : b & 0x07U;

	if (n == 0 || n > v.n)
		return bad;
	for (size_t i = 1; i < n; i++) {
		if ((v.p[i] & 0xc0) != 0x80)
			return bad;
		c = c << 6 | (v.p[i] & 0x3fU);
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return (struct glyph){n, 1, false};
	/* What reorders the text around it could make a line say something else. */
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return (struct glyph){n, 1, false};
	return (struct glyph){n,
		in(c, zero_width, ARRAY_SIZE(zero_width))               ? 0
			: in(c, double_width, ARRAY_SIZE(double_width)) ? 2
									: 1,
		true};
}

size_t cell_width(struct view v)
{
	size_t width = 0;

	for (size_t i = 0; i < v.n;) {
		struct glyph g = glyph_at(view_sub(v, i, v.n));

		width += g.width;
		i += g.bytes;
	}
	return width;
}

/* Writes the columns [from, to) of the text; returns how many were written. */
static size_t put_columns(FILE *f, struct view v, size_t from, size_t to)
{
	size_t at = 0, written = 0;

	for (size_t i = 0; i < v.n;) {
		struct view rest = view_sub(v, i, v.n);
		struct glyph g = glyph_at(rest);

		if (at >= from && at + g.width <= to) {
			if (g.safe)
				fwrite(rest.p, 1, g.bytes, f);
			else
				fputc('?', f);
			written += g.width;
		}
		at += g.width;
		i += g.bytes;
	}
	return written;
}

void cell_put(FILE *f, struct view v, size_t width, enum cell_cut cut, bool pad)
{
	size_t whole = cell_width(v), n;

	if (whole <= width) {
		n = put_columns(f, v, 0, whole);
	} else if (width == 0) {
		n = 0;
	} else {
		size_t tail = cut == CELL_CUT_MIDDLE ? (width - 1) / 2 : 0;

		n = put_columns(f, v, 0, width - 1 - tail);
		fputs("…", f);
		n += 1 + put_columns(f, v, whole - tail, whole);
	}
	for (; pad && n < width; n++)
		fputc(' ', f);
}
