/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stamp/stamp.h"

#define POINTS 72.0 /* per inch */

/* Without a scale: a page as wide as A4, where it is shaped like one, or a screen's. */
#define A4_WIDTH        8.27 /* inches */
#define SCREEN_DPI      96.0
#define PAGE_PIXELS     600 /* a page has at least so many across */
#define PAGE_RATIO_MIN  1.2
#define PAGE_RATIO_MAX  1.6
#define INCHES_MIN      0.5 /* across, of what a file's own scale is believed for */
#define PAGE_INCHES_MIN 2.0
#define DPI_MIN         40.0 /* coarser: nobody could read it that large */
#define INCHES_MAX      20.0

void page_done(struct page *p)
{
	pixDestroy(&p->pix);
}

/* Quarter turns and mirrors, from where the axes of the picture point to on the page. */
static PIX *upright(PIX *pix, const double m[6])
{
	bool sideways = fabs(m[1]) > fabs(m[0]);
	PIX *turned = sideways ? pixRotate90(pix, 1) : pixClone(pix);

	pixDestroy(&pix);
	if (!turned)
		return NULL;
	/* A quarter clockwise sends the picture's right to the page's bottom, its top to the right.
	 */
	if (sideways ? m[2] < 0 : m[0] < 0)
		pixFlipLR(turned, turned);
	if (sideways ? m[1] > 0 : m[3] < 0)
		pixFlipTB(turned, turned);
	return turned;
}

static double guess(const PIX *pix)
{
	double w = pixGetWidth(pix), h = pixGetHeight(pix);
	double ratio = MAX(w, h) / MIN(w, h);

	if (MIN(w, h) >= PAGE_PIXELS && ratio >= PAGE_RATIO_MIN && ratio <= PAGE_RATIO_MAX)
		return MIN(w, h) / A4_WIDTH;
	return SCREEN_DPI;
}

static int reduce(struct page *p)
{
	if (p->dpi > PAGE_DPI * 1.15) {
		float f = (float)(PAGE_DPI / p->dpi);
		PIX *small = pixScaleAreaMap(p->pix, f, f);

		if (!small)
			return -ENOMEM;
		pixDestroy(&p->pix);
		p->pix = small;
		p->dpi = PAGE_DPI;
	}
	return 0;
}

static int from_file(const struct picture_piece *piece, unsigned frame, struct page *ret)
{
	struct image image;
	int r = image_decode(piece, frame, &image);
	double inches;

	if (r != 0)
		return r;
	ret->pix = image.pix;
	inches = image.dpi > 0 ? MIN(pixGetWidth(image.pix), pixGetHeight(image.pix)) / image.dpi
			       : 0;
	ret->measured = inches >= INCHES_MIN && inches <= INCHES_MAX;
	ret->dpi = ret->measured ? image.dpi : guess(image.pix);
	return reduce(ret);
}

static double piece_width(const struct picture_piece *p)
{
	return hypot(p->place[0], p->place[1]);
}

static int from_piece(const struct picture_piece *piece, struct page *ret)
{
	struct image image;
	int r = image_decode(piece, 0, &image);

	if (r != 0)
		return r;
	ret->dpi = pixGetWidth(image.pix) * POINTS / MAX(piece_width(piece), 1.0);
	ret->measured = true;
	ret->pix = upright(image.pix, piece->place);
	return ret->pix ? reduce(ret) : -ENOMEM;
}

/* The place of a piece on a canvas of that scale, in pixels. */
static void rectangle(
	const struct picture *p, const struct picture_piece *piece, double dpi, double ret[4])
{
	const double *m = piece->place;
	double x0 = m[4] + MIN(m[0], 0.0) + MIN(m[2], 0.0),
	       y0 = m[5] + MIN(m[1], 0.0) + MIN(m[3], 0.0);
	double w = fabs(m[0]) + fabs(m[2]), h = fabs(m[1]) + fabs(m[3]);

	ret[0] = x0 * dpi / POINTS;
	ret[1] = (p->height - y0 - h) * dpi / POINTS;
	ret[2] = w * dpi / POINTS;
	ret[3] = h * dpi / POINTS;
}

static int paste(
	PIX *canvas, const struct picture *p, const struct picture_piece *piece, double dpi)
{
	cleanup_with(pixp_free) PIX *pix = NULL, *scaled = NULL, *colour = NULL, *mask = NULL;
	struct image image;
	double at[4];
	int r = image_decode(piece, 0, &image);

	if (r != 0)
		return r;
	pix = upright(image.pix, piece->place);
	if (!pix)
		return -ENOMEM;
	rectangle(p, piece, dpi, at);
	if (!(at[2] >= 1 && at[3] >= 1 && at[2] <= STAMP_SIDE_MAX && at[3] <= STAMP_SIDE_MAX &&
		    at[2] * at[3] <= STAMP_PIXELS_MAX && fabs(at[0]) < STAMP_SIDE_MAX &&
		    fabs(at[1]) < STAMP_SIDE_MAX))
		return IMAGE_TOO_BIG;
	scaled = pixScaleToSize(pix, (l_int32)lround(at[2]), (l_int32)lround(at[3]));
	if (!scaled)
		return -ENOMEM;
	if (piece->stencil && pixGetDepth(scaled) == 8) {
		mask = pixThresholdToBinary(scaled, 128);
		return mask &&
				pixPaintThroughMask(canvas, mask, (l_int32)lround(at[0]),
					(l_int32)lround(at[1]), piece->red ? 0xe0202000 : 0) == 0
			? 0
			: -ENOMEM;
	}
	colour = pixConvertTo32(scaled);
	if (!colour)
		return -ENOMEM;
	pixRasterop(canvas, (l_int32)lround(at[0]), (l_int32)lround(at[1]), pixGetWidth(colour),
		pixGetHeight(colour), PIX_SRC, colour, 0, 0);
	return 0;
}

/* The finest scale of the pieces, as far as their own headers say. */
static double finest(const struct picture *p)
{
	double dpi = 0;

	for (uint32_t i = 0; i < p->n; i++)
		if (p->pieces[i].coding != PICTURE_FILE)
			dpi = MAX(dpi,
				p->pieces[i].width * POINTS / MAX(piece_width(&p->pieces[i]), 1.0));
	return dpi >= 100 && dpi <= PAGE_DPI ? dpi : 200;
}

static int from_pieces(const struct picture *p, struct page *ret)
{
	double dpi = finest(p), w = p->width * dpi / POINTS, h = p->height * dpi / POINTS;
	int outcome = 0;

	if (!(w >= 1 && h >= 1 && w <= STAMP_SIDE_MAX && h <= STAMP_SIDE_MAX &&
		    w * h <= STAMP_PIXELS_MAX))
		return IMAGE_TOO_BIG;
	ret->dpi = dpi;
	ret->measured = true;
	ret->pix = pixCreate((l_int32)w, (l_int32)h, 32);
	if (!ret->pix)
		return -ENOMEM;
	pixSetAll(ret->pix);
	for (uint32_t i = 0; i < p->n; i++) {
		int r = paste(ret->pix, p, &p->pieces[i], dpi);

		if (r < 0)
			return r;
		outcome = r ? r : outcome;
	}
	return outcome;
}

static int make(const struct picture *picture, unsigned frame, struct page *ret)
{
	if (picture->width <= 0)
		return from_file(&picture->pieces[0], frame, ret);
	if (frame > 0)
		return IMAGE_END;
	return picture->n == 1 ? from_piece(&picture->pieces[0], ret) : from_pieces(picture, ret);
}

/* A page as large as a wall or a thumb is looked at as if it were A4: that is how it is shown. */
static int make_resized(const struct picture *picture, struct page *ret)
{
	double f = A4_WIDTH * POINTS / MIN(picture->width, picture->height);
	struct picture_piece *pieces = calloc(picture->n, sizeof(*pieces));
	struct picture p = *picture;
	int r;

	if (!pieces)
		return -ENOMEM;
	p.pieces = pieces;
	p.width *= f;
	p.height *= f;
	for (uint32_t i = 0; i < p.n; i++) {
		pieces[i] = picture->pieces[i];
		for (unsigned k = 0; k < ARRAY_SIZE(pieces[i].place); k++)
			pieces[i].place[k] *= f;
	}
	r = make(&p, 0, ret);
	free(pieces);
	return r;
}

static bool is_odd(const struct picture *p)
{
	double inches = MIN(p->width, p->height) / POINTS;

	return p->width > 0 && p->height > 0 && (inches < PAGE_INCHES_MIN || inches > INCHES_MAX);
}

int page_make(const struct picture *picture, unsigned frame, struct page *ret)
{
	int r;

	*ret = (struct page){0};
	r = is_odd(picture) && frame == 0 ? make_resized(picture, ret) : make(picture, frame, ret);
	if (ret->pix && !(ret->dpi >= DPI_MIN)) {
		ret->dpi = guess(ret->pix);
		ret->measured = false;
	}
	if (r < 0 || (r > 0 && picture->n <= 1))
		page_done(ret);
	return r;
}
