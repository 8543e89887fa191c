/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/ink.h"

#include <errno.h>
#include <stdlib.h>

#include "stamp/stamp.h"

#define CELL_MM        0.38 /* a cell's side */
#define FRAME_CELL_MM  0.25
#define FRAME_OVER_MIN 36U /* a cell is dark where it is so much darker than the paper */
#define BLUE_MIN       40U /* no paper is so blue */
#define OVER_MIN       14U /* a cell is red where it is so much redder than the paper */
#define CELLS_MIN      40  /* a page with fewer red cells has no stamp */

/* What a stamp measures, in millimetres; sideways the other way round. */
#define WIDTH_MIN  11.0
#define WIDTH_MAX  98.0
#define HEIGHT_MIN 4.5
#define HEIGHT_MAX 36.0
#define RATIO_MIN  1.25

/* The same without a frame: letters of a stamp alone. */
#define LETTERS_WIDTH_MIN  7.0
#define LETTERS_HEIGHT_MIN 3.4

/* A line that a word is a part of, as multiples of the word's box. The frame of a stamp is higher.
 */
#define LINE_LENGTH    1.3
#define LINE_THICKNESS 1.5
#define LINE_INSIDE    0.7 /* of the word's box that lies on the line */

struct map {
	unsigned step; /* pixels of a cell's side */
	unsigned w, h;
	uint8_t *over; /* mean redness */
};

static void add_row(
	const l_uint32 *row, bool colour, enum ink_kind kind, const struct map *m, uint32_t *sums)
{
	if (colour && kind == INK_RED) {
		for (unsigned x = 0; x < m->w; x++)
			for (unsigned i = 0; i < m->step; i++)
				sums[x] += ink_of(row[x * m->step + i], INK_RED);
	} else if (colour) {
		for (unsigned x = 0; x < m->w; x++)
			for (unsigned i = 0; i < m->step; i++)
				sums[x] += ink_of(row[x * m->step + i], INK_BLUE);
	} else {
		for (unsigned x = 0; x < m->w; x++)
			for (unsigned i = 0; i < m->step; i++)
				sums[x] += 255U - GET_DATA_BYTE(row, x * m->step + i);
	}
}

static int map_make(const struct page *page, double cell_mm, enum ink_kind kind, struct map *m)
{
	PIX *pix = page->pix;
	unsigned w = (unsigned)pixGetWidth(pix), h = (unsigned)pixGetHeight(pix);
	unsigned wpl = (unsigned)pixGetWpl(pix);
	const l_uint32 *data = pixGetData(pix);
	bool colour = pixGetDepth(pix) == 32;
	uint32_t *sums;

	m->step = MAX((unsigned)(page->dpi * cell_mm / 25.4 + 0.5), 1U);
	m->w = w / m->step;
	m->h = h / m->step;
	if (m->w == 0 || m->h == 0)
		return 0;
	m->over = calloc(m->w, m->h);
	sums = calloc(m->w, sizeof(*sums));
	if (!m->over || !sums) {
		free(sums);
		return -ENOMEM;
	}
	for (unsigned y = 0; y < m->h; y++) {
		for (unsigned k = 0; k < m->step; k++)
			add_row(data + (size_t)(y * m->step + k) * wpl, colour, kind, m, sums);
		for (unsigned x = 0; x < m->w; x++) {
			m->over[(size_t)y * m->w + x] = (uint8_t)(sums[x] / (m->step * m->step));
			sums[x] = 0;
		}
	}
	free(sums);
	return 0;
}

/* The redness that most cells have. */
static unsigned paper_of(const struct map *m)
{
	size_t count[256] = {0}, half = (size_t)m->w * m->h / 2, sum = 0;

	for (size_t i = 0; i < (size_t)m->w * m->h; i++)
		count[m->over[i]]++;
	for (unsigned v = 0; v < 256; v++) {
		sum += count[v];
		if (sum > half)
			return v;
	}
	return 0;
}

/* How much of the page is about as bright as its paper: text pages much, photographs little. */
static void brightness(const struct page *page, struct ink *ret)
{
	PIX *pix = page->pix;
	unsigned w = (unsigned)pixGetWidth(pix), h = (unsigned)pixGetHeight(pix);
	unsigned step = MAX((unsigned)(page->dpi / 25), 1U), best = 0;
	size_t count[64] = {0}, all = 0, near = 0, blue = 0;

	for (unsigned y = step / 2; y < h; y += step) {
		const l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

		for (unsigned x = step / 2; x < w; x += step) {
			unsigned v = pixGetDepth(pix) == 32 ? image_green(row[x])
							    : (unsigned)GET_DATA_BYTE(row, x);
			count[v / 4]++;
			all++;
			blue += pixGetDepth(pix) == 32 && ink_of(row[x], INK_BLUE) >= BLUE_MIN;
		}
	}
	for (unsigned i = 28; i < 64; i++)
		if (count[i] > count[best] || best == 0)
			best = i;
	for (unsigned i = best > 5 ? best - 5 : 0; i < 64; i++)
		near += count[i];
	ret->bright = all ? (double)near / (double)all : 0;
	ret->blue = all ? (double)blue / (double)all : 0;
}

bool ink_has_size(double w, double h)
{
	return w >= WIDTH_MIN && w <= WIDTH_MAX && h >= HEIGHT_MIN && h <= HEIGHT_MAX &&
		w / h >= RATIO_MIN;
}

static bool is_known(const struct ink *ink, const struct ink_box *b)
{
	for (size_t i = 0; i < ink->n; i++) {
		const struct ink_box *k = &ink->boxes[i];
		double x0 = MAX(b->x, k->x), y0 = MAX(b->y, k->y);
		double x1 = MIN(b->x + b->w, k->x + k->w), y1 = MIN(b->y + b->h, k->y + k->h);
		double common = MAX(x1 - x0, 0.0) * MAX(y1 - y0, 0.0);

		if (common > 0.85 * MAX(b->w * b->h, k->w * k->h))
			return true;
	}
	return false;
}

void ink_add(struct ink *ink, const struct ink_box *b)
{
	if (ink->n < ARRAY_SIZE(ink->boxes) && !is_known(ink, b))
		ink->boxes[ink->n++] = *b;
}

static bool has_size(double w, double h, bool letters)
{
	return letters ? w >= LETTERS_WIDTH_MIN && h >= LETTERS_HEIGHT_MIN && w <= WIDTH_MAX &&
			h <= HEIGHT_MAX && w / h >= RATIO_MIN
		       : ink_has_size(w, h);
}

/* Boxes of a mask whose pixels are `step` pixels of the page wide. `letters`: those that are as
   small as letters without a frame, too; they never push others out. */
static int boxes_add(
	PIX *mask, const struct page *page, unsigned step, bool letters, struct ink *ret)
{
	size_t room = letters ? (size_t)STAMP_BOXES_MAX : ARRAY_SIZE(ret->boxes);
	BOXA *boxa = pixConnCompBB(mask, 8);
	l_int32 n = boxa ? boxaGetCount(boxa) : 0;

	for (l_int32 i = 0; i < n && ret->n < room; i++) {
		l_int32 x, y, w, h;
		struct ink_box b;

		if (boxaGetBoxGeometry(boxa, i, &x, &y, &w, &h))
			continue;
		b = (struct ink_box){
			(double)x * step, (double)y * step, (double)w * step, (double)h * step};
		if (!has_size(page_mm(page, b.w), page_mm(page, b.h), letters) &&
			!has_size(page_mm(page, b.h), page_mm(page, b.w), letters))
			continue;
		ink_add(ret, &b);
	}
	if (!boxa)
		return -ENOMEM;
	boxaDestroy(&boxa);
	return 0;
}

bool ink_is_in_line(const struct ink *ink, const struct ink_box *b)
{
	for (size_t i = 0; i < ink->n_lines; i++) {
		const struct ink_box *k = &ink->lines[i];
		double x0 = MAX(b->x, k->x), y0 = MAX(b->y, k->y);
		double x1 = MIN(b->x + b->w, k->x + k->w), y1 = MIN(b->y + b->h, k->y + k->h);
		bool across = k->w > k->h;

		if (MAX(x1 - x0, 0.0) * MAX(y1 - y0, 0.0) >= LINE_INSIDE * b->w * b->h &&
			(across ? k->w > LINE_LENGTH * b->w && k->h < LINE_THICKNESS * b->h
				: k->h > LINE_LENGTH * b->h && k->w < LINE_THICKNESS * b->w))
			return true;
	}
	return false;
}

static int lines_add(PIX *mask, const struct page *page, unsigned step, struct ink *ret)
{
	BOXA *boxa = pixConnCompBB(mask, 8);
	l_int32 n = boxa ? boxaGetCount(boxa) : 0;

	for (l_int32 i = 0; i < n && ret->n_lines < ARRAY_SIZE(ret->lines); i++) {
		l_int32 x, y, w, h;

		if (boxaGetBoxGeometry(boxa, i, &x, &y, &w, &h) ||
			page_mm(page, MAX(w, h) * (double)step) < WIDTH_MIN ||
			MAX(w, h) < RATIO_MIN * MIN(w, h))
			continue;
		ret->lines[ret->n_lines++] = (struct ink_box){
			(double)x * step, (double)y * step, (double)w * step, (double)h * step};
	}
	if (!boxa)
		return -ENOMEM;
	boxaDestroy(&boxa);
	return 0;
}

/* Two long lines above each other are the frame of a stamp that something else hangs on to. */
static int boxes_of_lines(PIX *mask, const struct page *page, unsigned step, struct ink *ret)
{
	double cell = page_mm(page, step);
	l_int32 length = MAX((l_int32)(9.0 / cell), 1);
	/* A line that is a little askew steps from row to row. */
	cleanup_with(pixp_free) PIX *tall = pixDilateBrick(NULL, mask, 1, 3);
	cleanup_with(pixp_free) PIX *closed = tall ? pixCloseBrick(NULL, tall, 5, 1) : NULL;
	cleanup_with(pixp_free) PIX *lines = closed ? pixOpenBrick(NULL, closed, length, 1) : NULL;
	BOXA *boxa = lines ? pixConnCompBB(lines, 8) : NULL;
	l_int32 n = boxa ? MIN(boxaGetCount(boxa), 64) : 0;

	for (l_int32 i = 0; i < n; i++)
		for (l_int32 k = 0; k < n; k++) {
			l_int32 x0, y0, w0, h0, x1, y1, w1, h1;
			struct ink_box b;
			double left, right;

			boxaGetBoxGeometry(boxa, i, &x0, &y0, &w0, &h0);
			boxaGetBoxGeometry(boxa, k, &x1, &y1, &w1, &h1);
			if (y1 <= y0)
				continue;
			left = MAX(x0, x1);
			right = MIN(x0 + w0, x1 + w1);
			b = (struct ink_box){.x = MIN(x0, x1),
				.y = y0,
				.w = MAX(x0 + w0, x1 + w1) - MIN(x0, x1),
				.h = y1 + h1 - y0};
			if (right - left < 0.75 * b.w || !ink_has_size(b.w * cell, b.h * cell) ||
				b.h * cell > 17)
				continue;
			b = (struct ink_box){b.x * step, b.y * step, b.w * step, b.h * step};
			ink_add(ret, &b);
		}
	boxaDestroy(&boxa);
	return lines ? 0 : -ENOMEM;
}

static PIX *mask_of(const struct map *m, unsigned limit, size_t *ret_n)
{
	PIX *mask = pixCreate((l_int32)m->w, (l_int32)m->h, 1);

	*ret_n = 0;
	for (unsigned y = 0; mask && y < m->h; y++) {
		l_uint32 *row = pixGetData(mask) + (size_t)y * (size_t)pixGetWpl(mask);

		for (unsigned x = 0; x < m->w; x++)
			if (m->over[(size_t)y * m->w + x] >= limit) {
				SET_DATA_BIT(row, x);
				++*ret_n;
			}
	}
	return mask;
}

static int boxes_find(const struct map *m, const struct page *page, struct ink *ret)
{
	size_t n;
	cleanup_with(pixp_free) PIX *mask = mask_of(m, ret->paper + OVER_MIN, &n);
	cleanup_with(pixp_free) PIX *wide = NULL, *narrow = NULL, *flat = NULL, *tall = NULL;
	l_int32 mm = (l_int32)(1 / page_mm(page, m->step) + 0.5);
	int r;

	if (!mask)
		return -ENOMEM;
	if (n < CELLS_MIN || n > (size_t)m->w * m->h / 2)
		return 0;
	/* the frame by itself, what is close together, what is beside each other, and lines */
	narrow = pixCloseBrick(NULL, mask, mm | 1, mm | 1);
	wide = pixCloseSafeBrick(NULL, mask, (5 * mm) | 1, (2 * mm) | 1);
	flat = pixCloseSafeBrick(NULL, mask, (5 * mm) | 1, 1);
	tall = pixCloseSafeBrick(NULL, mask, 1, (5 * mm) | 1);
	if (!narrow || !wide || !flat || !tall)
		return -ENOMEM;
	r = boxes_add(narrow, page, m->step, false, ret);
	if (r == 0)
		r = boxes_add(wide, page, m->step, false, ret);
	if (r == 0)
		r = boxes_add(flat, page, m->step, false, ret);
	if (r == 0)
		r = boxes_of_lines(mask, page, m->step, ret);
	if (r == 0) {
		frame_boxes(mask, page_mm(page, m->step), m->step, ret);
		r = boxes_add(wide, page, m->step, true, ret);
	}
	if (r == 0)
		r = lines_add(flat, page, m->step, ret);
	if (r == 0)
		r = lines_add(tall, page, m->step, ret);
	return r;
}

static int look_cells(const struct page *page, struct ink *ret)
{
	struct map m = {0};
	int r = map_make(page, CELL_MM, INK_RED, &m);

	if (r == 0 && m.over) {
		ret->paper = paper_of(&m);
		r = boxes_find(&m, page, ret);
	}
	free(m.over);
	return r;
}

int ink_look(const struct page *page, struct ink *ret)
{
	*ret = (struct ink){0};
	brightness(page, ret);
	return pixGetDepth(page->pix) == 32 ? look_cells(page, ret) : 0;
}

int ink_look_blue(const struct page *page, struct ink *ret)
{
	struct map m = {0};
	int r = map_make(page, FRAME_CELL_MM, INK_BLUE, &m);

	*ret = (struct ink){0};
	if (r == 0 && m.over) {
		size_t n;
		cleanup_with(pixp_free) PIX *mask = NULL, *closed = NULL;
		l_int32 mm = (l_int32)(1 / page_mm(page, m.step) + 0.5);

		ret->paper = paper_of(&m);
		mask = mask_of(&m, ret->paper + OVER_MIN, &n);
		closed = mask ? pixCloseBrick(NULL, mask, mm | 1, mm | 1) : NULL;
		r = closed ? boxes_add(closed, page, m.step, false, ret) : -ENOMEM;
		if (r == 0) {
			frame_boxes(mask, page_mm(page, m.step), m.step, ret);
			r = boxes_of_lines(mask, page, m.step, ret);
		}
		ret->n = MIN(ret->n, (size_t)STAMP_BOXES_MAX);
	}
	free(m.over);
	return r;
}

int ink_look_dark(const struct page *page, struct ink *ret)
{
	*ret = (struct ink){0};
	return look_cells(page, ret);
}

int ink_look_frames(const struct page *page, const struct ink *pale, struct ink *ret)
{
	struct map m = {0};
	int r = map_make(page, FRAME_CELL_MM, INK_RED, &m);

	*ret = (struct ink){0};
	if (r == 0 && m.over) {
		size_t n;
		cleanup_with(pixp_free) PIX *mask = mask_of(&m, paper_of(&m) + FRAME_OVER_MIN, &n);

		if (mask)
			frame_boxes(mask, page_mm(page, m.step), m.step, ret);
		for (size_t i = 0; i < pale->n; i++)
			ink_add(ret, &pale->boxes[i]);
		r = mask ? boxes_of_lines(mask, page, m.step, ret) : -ENOMEM;
		/* Lines of text make pairs by the dozen: they come last. */
		ret->n = MIN(ret->n, MAX(pale->n, (size_t)STAMP_BOXES_MAX));
	}
	free(m.over);
	return r;
}
