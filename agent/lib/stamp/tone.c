/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/tone.h"

#include <errno.h>
#include <stdlib.h>

/* Shares of the width of a word. Its first and last letters have nothing below the line. */
#define SIDE_LEFT  0.30
#define SIDE_RIGHT 0.72
#define DOT_LEFT   0.34
#define DOT_RIGHT  0.74

/* Shares of the height of its letters. */
#define DOT_ABOVE 0.06 /* how far a worn letter's line may lie too low */
#define DOT_BELOW 0.60
#define DOT_MIN   0.07
#define DOT_MAX   0.38
#define DOT_RATIO 2.4

#define LINE_SHARE 0.03 /* of the ink of the outer letters that may lie outside of the line */
#define PIXELS_MIN 12   /* of the height of a letter */

struct line {
	l_int32 left, right, top, bottom; /* where ink is; top and bottom of the outer letters */
};

static l_int32 edge(const size_t *rows, l_int32 n, size_t all, bool back)
{
	size_t sum = 0;

	for (l_int32 i = 0; i < n; i++) {
		sum += rows[back ? n - 1 - i : i];
		if ((double)sum > LINE_SHARE * (double)all)
			return back ? n - 1 - i : i;
	}
	return 0;
}

static int line_find(PIX *mask, struct line *ret)
{
	l_int32 w = pixGetWidth(mask), h = pixGetHeight(mask), x0, y0, bw, bh;
	size_t *rows = calloc((size_t)h, sizeof(*rows)), all = 0;
	BOX *box = NULL;
	int r = rows ? 0 : -ENOMEM;

	*ret = (struct line){0};
	if (r == 0 && pixClipToForeground(mask, NULL, &box) == 0 && box) {
		boxGetGeometry(box, &x0, &y0, &bw, &bh);
		ret->left = x0;
		ret->right = MIN(x0 + bw, w);
		for (l_int32 y = 0; y < h; y++) {
			const l_uint32 *row = pixGetData(mask) +
				(size_t)y * (size_t)pixGetWpl(mask);

			for (l_int32 x = ret->left; x < ret->right; x++)
				if (GET_DATA_BIT(row, x) &&
					(x < x0 + SIDE_LEFT * bw || x > x0 + SIDE_RIGHT * bw))
					rows[y]++, all++;
		}
		ret->top = edge(rows, h, all, false);
		ret->bottom = edge(rows, h, all, true);
	}
	boxDestroy(&box);
	free(rows);
	return r;
}

static bool is_dot(const struct line *l, l_int32 x, l_int32 y, l_int32 w, l_int32 h)
{
	double letter = l->bottom - l->top + 1, width = l->right - l->left;
	double middle = (x + w / 2.0 - l->left) / width;

	return middle > DOT_LEFT && middle < DOT_RIGHT && y > l->bottom - DOT_ABOVE * letter &&
		y + h < l->bottom + DOT_BELOW * letter && MIN(w, h) >= DOT_MIN * letter &&
		MAX(w, h) <= DOT_MAX * letter && MAX(w, h) <= DOT_RATIO * MIN(w, h);
}

int tone_dot(PIX *mask, bool *ret)
{
	struct line line;
	BOXA *boxa;
	l_int32 n;
	int r = line_find(mask, &line);

	*ret = false;
	if (r < 0 || line.bottom - line.top < PIXELS_MIN)
		return r;
	boxa = pixConnCompBB(mask, 8);
	n = boxa ? boxaGetCount(boxa) : 0;
	for (l_int32 i = 0; i < n && !*ret; i++) {
		l_int32 x, y, w, h;

		if (boxaGetBoxGeometry(boxa, i, &x, &y, &w, &h) == 0)
			*ret = is_dot(&line, x, y, w, h);
	}
	boxaDestroy(&boxa);
	return boxa ? 0 : r;
}
