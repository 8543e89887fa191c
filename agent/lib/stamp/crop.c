/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/crop.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stamp/cut.h"
#include "stamp/stamp.h"
#include "stamp/tone.h"

#define MM (CROP_DPI / 25.4)

#define SKEW_RANGE       7.0F
#define SKEW_MIN         0.25F
#define FRAME_HEIGHT_MIN 8.6 /* mm, with the margins */
#define CONTRAST_MIN     24  /* between ink and paper, else there is nothing */

void crop_done(struct crop *c)
{
	pixDestroy(&c->letters);
}

static void histogram(PIX *pix, size_t count[256])
{
	for (l_int32 y = 0; y < pixGetHeight(pix); y++) {
		const l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

		for (l_int32 x = 0; x < pixGetWidth(pix); x++)
			count[GET_DATA_BYTE(row, x)]++;
	}
}

static unsigned percentile(const size_t count[256], double share)
{
	size_t all = 0, sum = 0;

	for (unsigned v = 0; v < 256; v++)
		all += count[v];
	for (unsigned v = 0; v < 256; v++) {
		sum += count[v];
		if ((double)sum >= share * (double)all)
			return v;
	}
	return 255;
}

/* The darkest becomes black and the paper white. False where there is no ink. */
static bool stretch(PIX *pix)
{
	size_t count[256] = {0};
	unsigned dark, light;
	NUMA *map;

	histogram(pix, count);
	dark = percentile(count, 0.03);
	light = percentile(count, 0.70);
	if (light < dark + CONTRAST_MIN)
		return false;
	map = numaGammaTRC(1.0, (l_int32)dark, (l_int32)light);
	if (map)
		pixTRCMap(pix, NULL, map);
	numaDestroy(&map);
	return true;
}

/* Otsu: where dark and light part best. */
static unsigned parting(PIX *pix)
{
	size_t count[256] = {0};
	double all = 0, total = 0, below = 0, sum = 0, best = -1;
	unsigned ret = 128;

	histogram(pix, count);
	for (unsigned v = 0; v < 256; v++) {
		all += (double)count[v];
		total += (double)count[v] * v;
	}
	for (unsigned v = 0; v < 255; v++) {
		double a, b, spread;

		below += (double)count[v];
		sum += (double)count[v] * v;
		if (below == 0 || below == all)
			continue;
		a = sum / below;
		b = (total - sum) / (all - below);
		spread = below * (all - below) * (a - b) * (a - b);
		if (spread > best) {
			best = spread;
			ret = v + 1;
		}
	}
	return ret;
}

static PIX *straighten(PIX *pix, unsigned limit)
{
	cleanup_with(pixp_free) PIX *mask = pixThresholdToBinary(pix, (l_int32)limit);
	l_float32 angle = 0, trust = 0;

	if (!mask ||
		pixFindSkewSweepAndSearch(mask, &angle, &trust, 2, 1, SKEW_RANGE, 1.0F, 0.1F) ||
		fabsf(angle) < SKEW_MIN || fabsf(angle) > SKEW_RANGE)
		return pixClone(pix);
	return pixRotate(
		pix, angle * (l_float32)M_PI / 180.0F, L_ROTATE_AREA_MAP, L_BRING_IN_WHITE, 0, 0);
}

/* Dark pixels of each line across (`rows`) or down, as a share of its length. */
static double *profile(PIX *mask, bool rows)
{
	l_int32 w = pixGetWidth(mask), h = pixGetHeight(mask);
	double *p = calloc((size_t)(rows ? h : w), sizeof(*p));

	for (l_int32 y = 0; p && y < h; y++) {
		const l_uint32 *row = pixGetData(mask) + (size_t)y * (size_t)pixGetWpl(mask);

		for (l_int32 x = 0; x < w; x++)
			if (GET_DATA_BIT(row, x))
				p[rows ? y : x] += 1.0 / (rows ? w : h);
	}
	return p;
}

/*
 * Where the frame ends, walking inwards from one end: behind its outer line and, where there is one
 * near, the inner. `least` is how full a line must be. 0 where there is no frame.
 */
static l_int32 frame_end(const double *p, l_int32 n, bool back, double least)
{
	l_int32 outer = (l_int32)(3.2 * MM), reach = (l_int32)(2.0 * MM), last = 0, peak = 0;

	for (l_int32 i = 0; i < MIN(outer, n / 3); i++)
		if (p[back ? n - 1 - i : i] >= least &&
			p[back ? n - 1 - i : i] > p[back ? n - 1 - peak : peak])
			peak = i, last = i + 1;
	if (last == 0)
		return 0;
	for (l_int32 i = peak + 1; i < MIN(peak + reach, n / 2); i++)
		if (p[back ? n - 1 - i : i] >= 0.55 * p[back ? n - 1 - peak : peak] &&
			p[back ? n - 1 - i : i] >= least * 0.8)
			last = i + 1;
	return last + (l_int32)(0.1 * MM);
}

/* What hangs on to the edges and is thin is the rest of a frame. */
static int wipe(PIX *mask)
{
	l_int32 w = pixGetWidth(mask), h = pixGetHeight(mask), n;
	PIXA *pixa = NULL;
	BOXA *boxa = pixConnComp(mask, &pixa, 8);

	if (!boxa)
		return -ENOMEM;
	n = boxaGetCount(boxa);
	for (l_int32 i = 0; i < n; i++) {
		l_int32 x, y, bw, bh;
		bool edge, thin, speck;
		PIX *part;

		if (boxaGetBoxGeometry(boxa, i, &x, &y, &bw, &bh))
			continue;
		edge = x <= 2 || y <= 2 || x + bw >= w - 2 || y + bh >= h - 2;
		thin = MIN(bw, bh) <= (l_int32)(0.75 * MM) && MAX(bw, bh) > 2 * MIN(bw, bh);
		speck = bw * bh <= 6;
		if (!speck && !(edge && thin) && !(thin && MAX(bw, bh) > (l_int32)(7 * MM)))
			continue;
		part = pixaGetPix(pixa, i, L_CLONE);
		if (part)
			pixRasterop(mask, x, y, bw, bh, PIX_SUBTRACT, part, 0, 0);
		pixDestroy(&part);
	}
	pixaDestroy(&pixa);
	boxaDestroy(&boxa);
	return 0;
}

struct inside {
	l_int32 left, top, right, bottom; /* cut off */
};

static int frame_find(PIX *mask, struct inside *ret, unsigned *ret_sides)
{
	double *rows = profile(mask, true), *columns = profile(mask, false);
	l_int32 w = pixGetWidth(mask), h = pixGetHeight(mask);
	int r = rows && columns ? 0 : -ENOMEM;

	if (r == 0) {
		ret->top = frame_end(rows, h, false, 0.42);
		ret->bottom = frame_end(rows, h, true, 0.42);
		ret->left = frame_end(columns, w, false, 0.50);
		ret->right = frame_end(columns, w, true, 0.50);
		*ret_sides = (ret->top > 0) + (ret->bottom > 0) + (ret->left > 0) +
			(ret->right > 0);
		/* a row of serifs, or letters too low for a frame */
		if (*ret_sides < 2 || h < (l_int32)(FRAME_HEIGHT_MIN * MM)) {
			*ret = (struct inside){0};
			*ret_sides = 0;
		}
	}
	free(rows);
	free(columns);
	return r;
}

/* Keeps the grey of what `mask` marks and a pixel around it; white elsewhere, and a white border.
 */
static PIX *dress(PIX *grey, PIX *mask)
{
	cleanup_with(pixp_free) PIX *fat = pixDilateBrick(NULL, mask, 3, 3);
	cleanup_with(pixp_free) PIX *rest = fat ? pixInvert(NULL, fat) : NULL;

	if (!rest || pixSetMasked(grey, rest, 255))
		return NULL;
	return pixAddBorder(grey, 14, 255);
}

static PIX *smooth(PIX *grey)
{
	cleanup_with(pixp_free) PIX *flat = pixBlockconvGray(grey, NULL, 1, 1);

	return flat ? pixAddBorder(flat, 14, 255) : NULL;
}

static int read_inside(PIX *straight, unsigned limit, enum crop_way way, struct crop *ret)
{
	cleanup_with(pixp_free) PIX *mask = pixThresholdToBinary(straight, (l_int32)limit);
	cleanup_with(pixp_free) PIX *inner = NULL, *grey = NULL;
	struct inside in = {0};
	l_int32 w = pixGetWidth(straight), h = pixGetHeight(straight), dark = 0;
	BOX *box;
	int r;

	if (!mask)
		return -ENOMEM;
	r = frame_find(mask, &in, &ret->sides);
	if (r < 0)
		return r;
	w -= in.left + in.right;
	h -= in.top + in.bottom;
	if (w < 20 || h < 16)
		return 0;
	box = boxCreate(in.left, in.top, w, h);
	inner = box ? pixClipRectangle(mask, box, NULL) : NULL;
	grey = box ? pixClipRectangle(straight, box, NULL) : NULL;
	boxDestroy(&box);
	if (!inner || !grey)
		return -ENOMEM;
	r = wipe(inner);
	if (r < 0)
		return r;
	pixCountPixels(inner, &dark, NULL);
	ret->ink = (double)dark / ((double)w * h);
	ret->inside_mm = h / MM;
	if (dark < 60)
		return 0;
	r = tone_dot(inner, &ret->dot);
	if (r < 0)
		return r;
	ret->letters = way == CROP_MILD ? smooth(grey) : dress(grey, inner);
	return ret->letters ? 0 : -ENOMEM;
}

int crop_make(const struct page *page, const struct ink_box *box, unsigned paper,
	enum crop_channel channel, enum crop_way way, unsigned turn, struct crop *ret)
{
	cleanup_with(pixp_free) PIX *raw = NULL;
	cleanup_with(pixp_free) PIX *turned = NULL, *scaled = NULL, *straight = NULL;
	float f = (float)(CROP_DPI / page->dpi);
	unsigned limit;
	int r = cut_make(page, box, paper, channel, &raw);

	*ret = (struct crop){0};
	if (r < 0 || !raw)
		return r;
	turned = pixRotateOrth(raw, (l_int32)turn);
	scaled = turned ? pixScale(turned, f, f) : NULL;
	if (!scaled)
		return -ENOMEM;
	if (!stretch(scaled))
		return 0;
	limit = parting(scaled);
	if (way == CROP_SOFT)
		limit = limit + (255 - limit) / 2;
	straight = straighten(scaled, limit);
	if (!straight)
		return -ENOMEM;
	return read_inside(straight, limit, way, ret);
}
