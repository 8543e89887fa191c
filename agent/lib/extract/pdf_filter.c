/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_filter.h"

#include <errno.h>

#include "extract/inflate.h"
#include "extract/pdf_object.h"

/* Room for `more` bytes of output within the budgets of a member and of the document. */
static int filter_room(struct extractor *x, struct buf *out, size_t more)
{
	if (out->n + more > x->limits->member_bytes) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return PDF_FILTER_CUT;
	}
	if (!extractor_charge(x, more))
		return PDF_FILTER_CUT;
	int r = buf_reserve(out, more);
	if (r == -E2BIG) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return PDF_FILTER_CUT;
	}
	return r ? r : extractor_tick(x, more);
}

int pdf_filter_hex(struct extractor *x, struct view in, struct buf *out)
{
	size_t digits = 0;
	unsigned byte = 0;
	int r = filter_room(x, out, in.n / 2 + 1);

	if (r)
		return r;
	for (size_t i = 0; i < in.n && in.p[i] != '>'; i++) {
		uint8_t c = in.p[i];
		unsigned d;

		if (c >= '0' && c <= '9')
			d = c - (unsigned)'0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			d = (c | 0x20U) - (unsigned)'a' + 10;
		else
			continue;
		byte = byte << 4 | d;
		if (++digits % 2 == 0)
			out->p[out->n++] = (uint8_t)byte;
	}
	if (digits % 2)
		out->p[out->n++] = (uint8_t)(byte << 4);
	return 0;
}

int pdf_filter_ascii85(struct extractor *x, struct view in, struct buf *out)
{
	uint32_t group = 0;
	unsigned n = 0;
	/* "z" stands for four bytes */
	int r = filter_room(x, out, in.n * 4 + 4);

	if (r)
		return r;
	for (size_t i = 0; i < in.n && in.p[i] != '~'; i++) {
		uint8_t c = in.p[i];

		if (pdf_is_space(c))
			continue;
		if (c == 'z' && n == 0) {
			memset(out->p + out->n, 0, 4);
			out->n += 4;
			continue;
		}
		if (c < '!' || c > 'u')
			return PDF_FILTER_DAMAGED;
		group = group * 85 + (c - (uint32_t)'!');
		if (++n < 5)
			continue;
		for (int k = 24; k >= 0; k -= 8)
			out->p[out->n++] = (uint8_t)(group >> k);
		group = 0;
		n = 0;
	}
	if (n < 2)
		return 0;
	for (unsigned k = n; k < 5; k++)
		group = group * 85 + 84;
	for (unsigned k = 0; k + 1 < n; k++)
		out->p[out->n++] = (uint8_t)(group >> (24 - 8 * k));
	return 0;
}

int pdf_filter_run_length(struct extractor *x, struct view in, struct buf *out)
{
	size_t i = 0;

	while (i < in.n && in.p[i] != 128) {
		uint8_t c = in.p[i++];
		size_t n = c < 128 ? c + (size_t)1 : 257 - (size_t)c;
		int r = filter_room(x, out, n);

		if (r)
			return r;
		if (c < 128) {
			n = MIN(n, in.n - i);
			memcpy(out->p + out->n, in.p + i, n);
			i += n;
		} else {
			if (i == in.n)
				return PDF_FILTER_DAMAGED;
			memset(out->p + out->n, in.p[i++], n);
		}
		out->n += n;
	}
	return 0;
}

#define LZW_CODES 4096
#define LZW_CLEAR 256
#define LZW_END   257

struct lzw {
	uint16_t prefix[LZW_CODES];
	uint16_t length[LZW_CODES];
	uint8_t last[LZW_CODES], first[LZW_CODES];
	unsigned n; /* codes in use */
};

static void lzw_reset(struct lzw *t)
{
	for (unsigned i = 0; i < 256; i++) {
		t->length[i] = 1;
		t->first[i] = t->last[i] = (uint8_t)i;
	}
	t->n = LZW_END + 1;
}

static void lzw_write(const struct lzw *t, unsigned code, struct buf *out)
{
	size_t n = t->length[code];

	for (size_t k = n; k-- > 0; code = t->prefix[code])
		out->p[out->n + k] = t->last[code];
	out->n += n;
}

static void lzw_add(struct lzw *t, unsigned before, uint8_t last)
{
	if (t->n == LZW_CODES)
		return;
	t->prefix[t->n] = (uint16_t)before;
	t->length[t->n] = (uint16_t)(t->length[before] + 1);
	t->first[t->n] = t->first[before];
	t->last[t->n++] = last;
}

int pdf_filter_lzw(struct extractor *x, struct view in, bool early_change, struct buf *out)
{
	struct lzw t;
	uint32_t bits = 0;
	unsigned have = 0, width = 9, early = early_change;
	int before = -1;

	lzw_reset(&t);
	for (size_t i = 0; i < in.n;) {
		while (have < width && i < in.n) {
			bits = bits << 8 | in.p[i++];
			have += 8;
		}
		if (have < width)
			break;
		have -= width;

		unsigned code = bits >> have & ((1U << width) - 1);
		if (code == LZW_END)
			return 0;
		if (code == LZW_CLEAR) {
			lzw_reset(&t);
			width = 9;
			before = -1;
			continue;
		}
		if (code > t.n || (before < 0 && code > 255))
			return PDF_FILTER_DAMAGED;
		if (before >= 0)
			lzw_add(&t, (unsigned)before,
				t.first[code == t.n ? (unsigned)before : code]);
		if (code >= t.n)
			return PDF_FILTER_DAMAGED;

		int r = filter_room(x, out, t.length[code]);
		if (r)
			return r;
		lzw_write(&t, code, out);
		before = (int)code;
		while (width < 12 && t.n + early >= 1U << width)
			width++;
	}
	return 0;
}

#define FLATE_SMALL       ((size_t)256 << 10) /* bytes */
#define FLATE_RATIO_USUAL 10

int pdf_filter_flate(struct extractor *x, struct view in, struct buf *out)
{
	size_t before = out->n;
	/* Nobody declares a size, but enough room lets small streams be inflated in one go. */
	uint64_t guess = in.n <= FLATE_SMALL ? in.n * FLATE_RATIO_USUAL + 1024 : 0;
	int r = inflate_view(x, INFLATE_ZLIB, in, guess, out, NULL);

	if (r == INFLATE_DAMAGED && out->n == before && in.n > 2) {
		/* a broken head in front of sound data happens */
		r = inflate_view(x, INFLATE_RAW, view_sub(in, 2, in.n), 0, out, NULL);
	}
	if (r == INFLATE_DAMAGED)
		return PDF_FILTER_DAMAGED;
	return r == INFLATE_CUT ? PDF_FILTER_CUT : r;
}

static uint8_t paeth(uint8_t a, uint8_t b, uint8_t c)
{
	int pa = b - c, pb = a - c, pc = pa + pb;

	pa = pa < 0 ? -pa : pa;
	pb = pb < 0 ? -pb : pb;
	pc = pc < 0 ? -pc : pc;
	if (pa <= pb && pa <= pc)
		return a;
	return pb <= pc ? b : c;
}

static void png_row(uint8_t kind, uint8_t *row, const uint8_t *up, size_t n, size_t bpp)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t left = i >= bpp ? row[i - bpp] : 0;
		uint8_t above = up ? up[i] : 0;
		uint8_t corner = up && i >= bpp ? up[i - bpp] : 0;

		switch (kind) {
		case 1: row[i] = (uint8_t)(row[i] + left); break;
		case 2: row[i] = (uint8_t)(row[i] + above); break;
		case 3: row[i] = (uint8_t)(row[i] + (left + above) / 2); break;
		case 4: row[i] = (uint8_t)(row[i] + paeth(left, above, corner)); break;
		default: break;
		}
	}
}

/* Rows lose their first byte, so they are moved towards the start of the same buffer. */
static void png_unpredict(struct buf *b, size_t row, size_t bpp)
{
	size_t out = 0;

	for (size_t in = 0; in + 1 < b->n; in += row + 1) {
		size_t n = MIN(row, b->n - in - 1);
		uint8_t kind = b->p[in];

		memmove(b->p + out, b->p + in + 1, n);
		png_row(kind, b->p + out, out >= row ? b->p + out - row : NULL, n, bpp);
		out += n;
	}
	b->n = out;
}

int pdf_filter_unpredict(const struct pdf_predictor *p, struct buf *b)
{
	if (p->predictor < 2)
		return 0;
	if (p->colors < 1 || p->colors > 32 || p->bits < 1 || p->bits > 16 || p->columns < 1 ||
		p->columns > PDF_ROW_MAX)
		return PDF_FILTER_DAMAGED;

	uint64_t row = ((uint64_t)p->columns * p->colors * p->bits + 7) / 8;
	size_t bpp = MAX((size_t)p->colors * p->bits / 8, (size_t)1);
	if (row > PDF_ROW_MAX)
		return PDF_FILTER_DAMAGED;

	if (p->predictor >= 10) {
		png_unpredict(b, (size_t)row, bpp);
		return 0;
	}
	if (p->bits != 8)
		return PDF_FILTER_DAMAGED;
	for (size_t at = 0; at < b->n; at += row) {
		size_t end = MIN(at + (size_t)row, b->n);
		for (size_t i = at + bpp; i < end; i++)
			b->p[i] = (uint8_t)(b->p[i] + b->p[i - bpp]);
	}
	return 0;
}
