/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames by their sides: two upright lines as high as a stamp, joined at their ends. Text runs into
 * the long lines of a frame much more often than into the short ones, and has no line so high.
 */
#include <math.h>
#include <string.h>

#include "stamp/ink.h"
#include "stamp/stamp.h"

/* Millimetres. */
#define SIDE_MIN   4.2
#define SIDE_MAX   15.5
#define SIDE_THICK 2.2 /* a double line that is askew */
#define END_REACH  0.9 /* how far a side's end may lie from the corner */

#define JOINED_MIN   0.72 /* of the better of the two long lines that is drawn */
#define JOINED_OTHER 0.55
#define PART_WIDTH   0.9 /* of a frame that contains another */
#define HEIGHTS_MIN  0.6 /* of two sides, the lower one to the higher */

struct side {
	int x, top, bottom; /* cells */
};

static bool is_dark(PIX *mask, int x, int y)
{
	return x >= 0 && y >= 0 && x < pixGetWidth(mask) && y < pixGetHeight(mask) &&
		GET_DATA_BIT(pixGetData(mask) + (size_t)y * (size_t)pixGetWpl(mask), x);
}

/* How much of the straight way between two points is dark. */
static double drawn(PIX *mask, int x0, int y0, int x1, int y1)
{
	int dark = 0, n = x1 - x0;

	for (int i = 0; i <= n; i++)
		dark += is_dark(mask, x0 + i, y0 + (y1 - y0) * i / MAX(n, 1));
	return (double)dark / (n + 1);
}

/* The best line near both ends: worn corners and stamps askew move them. */
static double joined(PIX *mask, const struct side *a, const struct side *b, bool top, int reach)
{
	int ya = top ? a->top : a->bottom, yb = top ? b->top : b->bottom;
	double best = 0;

	for (int i = -reach; i <= reach; i++)
		for (int k = -reach; k <= reach; k++) {
			double d = drawn(mask, a->x, ya + i, b->x, yb + k);

			best = MAX(best, d);
		}
	return best;
}

static size_t sides_find(PIX *mask, double cell, struct side ret[FRAME_SIDES_MAX])
{
	l_int32 least = MAX((l_int32)(SIDE_MIN / cell), 1);
	cleanup_with(pixp_free) PIX *wide = pixDilateBrick(NULL, mask, 3, 1);
	cleanup_with(pixp_free) PIX *closed = wide ? pixCloseBrick(NULL, wide, 1, 3) : NULL;
	cleanup_with(pixp_free) PIX *lines = closed ? pixOpenBrick(NULL, closed, 1, least) : NULL;
	BOXA *boxa = lines ? pixConnCompBB(lines, 8) : NULL;
	l_int32 n = boxa ? boxaGetCount(boxa) : 0;
	size_t found = 0;

	for (l_int32 i = 0; i < n && found < FRAME_SIDES_MAX; i++) {
		l_int32 x, y, w, h;

		if (boxaGetBoxGeometry(boxa, i, &x, &y, &w, &h) || w * cell > SIDE_THICK ||
			h * cell > SIDE_MAX)
			continue;
		ret[found++] = (struct side){x + w / 2, y, y + h - 1};
	}
	boxaDestroy(&boxa);
	return found;
}

static bool is_pair(const struct side *a, const struct side *b, double cell)
{
	int ha = a->bottom - a->top, hb = b->bottom - b->top;
	double askew = fabs((double)(a->top + a->bottom) - (b->top + b->bottom)) / 2 * cell;
	double w = (b->x - a->x) * cell, h = MAX(ha, hb) * cell;

	return ink_has_size(w, h) && h <= SIDE_MAX && MIN(ha, hb) >= HEIGHTS_MIN * MAX(ha, hb) &&
		askew <= w / 8;
}

struct frame {
	struct ink_box box;
	double drawn; /* of both long lines, 0 ... 2 */
};

/* A letter's stem or a line of text makes another side of a part of a frame. */
static bool is_within(const struct ink_box *a, const struct ink_box *b)
{
	return a->x >= b->x - 1 && a->x + a->w <= b->x + b->w + 1 && a->w < PART_WIDTH * b->w &&
		fabs(a->y + a->h / 2 - b->y - b->h / 2) < b->h / 4 && a->h > b->h / 2;
}

/* The best ones, best first, and of what lies within another the widest. */
static size_t keep(struct frame best[FRAME_BEST_MAX], size_t n, const struct frame *f)
{
	size_t at, kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_within(&f->box, &best[i].box))
			return n;
	for (size_t i = 0; i < n; i++)
		if (!is_within(&best[i].box, &f->box))
			best[kept++] = best[i];
	for (at = kept; at > 0 && best[at - 1].drawn < f->drawn; at--)
		continue;
	if (at == FRAME_BEST_MAX)
		return kept;
	kept = MIN(kept + 1, (size_t)FRAME_BEST_MAX);
	memmove(best + at + 1, best + at, (kept - at - 1) * sizeof(*best));
	best[at] = *f;
	return kept;
}

static double both_drawn(PIX *mask, const struct side *a, const struct side *b, int reach)
{
	double top = joined(mask, a, b, true, reach);
	double bottom = top < JOINED_OTHER ? 0 : joined(mask, a, b, false, reach);

	return MAX(top, bottom) >= JOINED_MIN && MIN(top, bottom) >= JOINED_OTHER ? top + bottom
										  : 0;
}

void frame_boxes(PIX *mask, double cell, unsigned step, struct ink *ret)
{
	struct side sides[FRAME_SIDES_MAX];
	struct frame best[FRAME_BEST_MAX];
	size_t n = sides_find(mask, cell, sides), n_best = 0;
	int reach = (int)(END_REACH / cell);
	cleanup_with(pixp_free) PIX *thick = pixDilateBrick(NULL, mask, 1, 3);

	for (size_t i = 0; thick && i < n; i++)
		for (size_t k = 0; k < n; k++) {
			const struct side *a = &sides[i], *b = &sides[k];
			int y0 = MIN(a->top, b->top), y1 = MAX(a->bottom, b->bottom);
			struct frame f = {.box = {(double)a->x * step, (double)y0 * step,
						  (double)(b->x - a->x + 1) * step,
						  (double)(y1 - y0 + 1) * step}};

			if (!is_pair(a, b, cell))
				continue;
			f.drawn = both_drawn(thick, a, b, reach);
			if (f.drawn > 0)
				n_best = keep(best, n_best, &f);
		}
	for (size_t i = 0; i < n_best; i++)
		ink_add(ret, &best[i].box);
}
