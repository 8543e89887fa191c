/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/jbig2_bitmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t stride(const struct jbig2_bitmap *b)
{
	return (size_t)b->w + 2 * JBIG2_BORDER;
}

int jbig2_bitmap_new(struct jbig2_budget *budget, uint32_t w, uint32_t h, struct jbig2_bitmap *ret)
{
	/* The row before the first is white for all that lies above. */
	uint64_t n = (w + UINT64_C(2) * JBIG2_BORDER) * (h + UINT64_C(1));

	*ret = (struct jbig2_bitmap){.w = w, .h = h};
	if (n > budget->pixels)
		return -E2BIG;
	budget->pixels -= n;
	ret->p = calloc(n, 1);
	return ret->p ? 0 : -ENOMEM;
}

void jbig2_bitmap_done(struct jbig2_bitmap *b)
{
	free(b->p);
	b->p = NULL;
}

const uint8_t *jbig2_row(const struct jbig2_bitmap *b, int64_t y)
{
	size_t row = y >= 0 && y < b->h ? (size_t)y + 1 : 0;

	return b->p + row * stride(b) + JBIG2_BORDER;
}

uint8_t *jbig2_row_to_write(struct jbig2_bitmap *b, uint32_t y)
{
	return b->p + ((size_t)y + 1) * stride(b) + JBIG2_BORDER;
}

unsigned jbig2_pixel(const struct jbig2_bitmap *b, int64_t x, int64_t y)
{
	return x >= 0 && x < b->w ? jbig2_row(b, y)[x] : 0;
}

static uint8_t combine(uint8_t a, uint8_t b, enum jbig2_combine how)
{
	switch (how) {
	case JBIG2_AND: return a & b;
	case JBIG2_XOR: return a ^ b;
	case JBIG2_XNOR: return a == b;
	case JBIG2_REPLACE: return b;
	case JBIG2_OR:
	default: return a | b;
	}
}

void jbig2_paint(struct jbig2_bitmap *b, const struct jbig2_bitmap *what, int64_t x, int64_t y,
	enum jbig2_combine how)
{
	int64_t x0 = MAX(x, (int64_t)0), x1 = MIN(x + what->w, (int64_t)b->w);
	int64_t y0 = MAX(y, (int64_t)0), y1 = MIN(y + what->h, (int64_t)b->h);

	for (int64_t i = y0; i < y1; i++) {
		const uint8_t *in = jbig2_row(what, i - y);
		uint8_t *out = jbig2_row_to_write(b, (uint32_t)i);

		for (int64_t k = x0; k < x1; k++)
			out[k] = combine(out[k], in[k - x], how);
	}
}

struct pixel {
	int8_t x, y;
};

/* T.88 figures 3 to 6, from the lowest bit of the context on; {0, 0} stands for the next of the
   adaptive pixels. Contexts may be numbered freely, but for the one that `typical` uses. */
static const struct template
{
	unsigned n, typical;
	struct pixel pixels[16];
}
templates[] = {
	{16, 0x9b25,
		{{-1, 0}, {-2, 0}, {-3, 0}, {-4, 0}, {0, 0}, {2, -1}, {1, -1}, {0, -1}, {-1, -1},
			{-2, -1}, {0, 0}, {0, 0}, {1, -2}, {0, -2}, {-1, -2}, {0, 0}}},
	{13, 0x0795,
		{{-1, 0}, {-2, 0}, {-3, 0}, {0, 0}, {2, -1}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1},
			{2, -2}, {1, -2}, {0, -2}, {-1, -2}}},
	{10, 0x00e5,
		{{-1, 0}, {-2, 0}, {0, 0}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1}, {1, -2}, {0, -2},
			{-1, -2}}},
	{10, 0x0195,
		{{-1, 0}, {-2, 0}, {-3, 0}, {-4, 0}, {0, 0}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1},
			{-3, -1}}},
};

int jbig2_generic(
	struct jbig2_arith *d, jbig2_cx *cx, const struct jbig2_generic *g, struct jbig2_bitmap *b)
{
	const struct template *t = &templates[g->template];
	struct pixel pixels[16];
	const uint8_t *rows[16];
	unsigned same = 0;

	for (unsigned i = 0, k = 0; i < t->n; i++) {
		pixels[i] = t->pixels[i];
		if (pixels[i].x == 0 && pixels[i].y == 0) {
			pixels[i] = (struct pixel){g->at[k], g->at[k + 1]};
			k += 2;
		}
		if (pixels[i].y > 0 || (pixels[i].y == 0 && pixels[i].x >= 0))
			return -EBADMSG; /* not decoded yet */
	}
	for (uint32_t y = 0; y < b->h; y++) {
		uint8_t *out = jbig2_row_to_write(b, y);

		if (g->typical)
			same ^= jbig2_bit(d, &cx[t->typical]);
		if (same) {
			memcpy(out, jbig2_row(b, (int64_t)y - 1), b->w);
			continue;
		}
		for (unsigned i = 0; i < t->n; i++)
			rows[i] = jbig2_row(b, (int64_t)y + pixels[i].y) + pixels[i].x;
		for (uint32_t x = 0; x < b->w; x++) {
			unsigned context = 0;

			for (unsigned i = 0; i < t->n; i++)
				context |= (unsigned)rows[i][x] << i;
			out[x] = (uint8_t)jbig2_bit(d, &cx[context]);
		}
	}
	return 0;
}

/* All nine pixels of the reference about a place are the same. */
static bool is_plain(const struct jbig2_bitmap *b, int64_t x, int64_t y, unsigned *ret)
{
	*ret = jbig2_pixel(b, x, y);
	for (int i = -1; i <= 1; i++)
		for (int k = -1; k <= 1; k++)
			if (jbig2_pixel(b, x + k, y + i) != *ret)
				return false;
	return true;
}

/* T.88 figures 12 and 13. */
static unsigned refine_context(const struct jbig2_refine *r, const struct jbig2_bitmap *reference,
	const struct jbig2_bitmap *b, int64_t x, int64_t y)
{
	static const struct pixel around[2][8] = {
		{{1, 1}, {0, 1}, {-1, 1}, {1, 0}, {0, 0}, {-1, 0}, {1, -1}, {0, -1}},
		{{1, 1}, {0, 1}, {1, 0}, {0, 0}, {-1, 0}, {0, -1}},
	};
	unsigned n = r->template ? 6 : 8;
	int64_t rx = x - r->dx, ry = y - r->dy;
	unsigned context = jbig2_pixel(b, x - 1, y) | jbig2_pixel(b, x + 1, y - 1) << 1 |
		jbig2_pixel(b, x, y - 1) << 2;

	context |= (r->template ? jbig2_pixel(b, x - 1, y - 1)
				: jbig2_pixel(b, x + r->at[0], y + r->at[1]))
		<< 3;
	for (unsigned i = 0; i < n; i++)
		context |= jbig2_pixel(reference, rx + around[r->template][i].x,
				   ry + around[r->template][i].y)
			<< (4 + i);
	if (!r->template)
		context |= jbig2_pixel(reference, rx + r->at[2], ry + r->at[3]) << 12;
	return context;
}

void jbig2_refine(struct jbig2_arith *d, jbig2_cx *cx, const struct jbig2_refine *r,
	const struct jbig2_bitmap *reference, struct jbig2_bitmap *b)
{
	unsigned typical_context = r->template ? 1U << 7 : 1U << 8, typical = 0;

	for (uint32_t y = 0; y < b->h; y++) {
		uint8_t *out = jbig2_row_to_write(b, y);

		if (r->typical)
			typical ^= jbig2_bit(d, &cx[typical_context]);
		for (uint32_t x = 0; x < b->w; x++) {
			unsigned v;

			if (!typical ||
				!is_plain(reference, (int64_t)x - r->dx, (int64_t)y - r->dy, &v))
				v = jbig2_bit(d, &cx[refine_context(r, reference, b, x, y)]);
			out[x] = (uint8_t)v;
		}
	}
}
