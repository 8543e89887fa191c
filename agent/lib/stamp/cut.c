/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/cut.h"

#include <errno.h>
#include <stdlib.h>

#include "stamp/fill.h"

#define MARGIN_MM       1.0   /* around a box */
#define TONE_MM         2.6   /* where the frame of a box is met, from outside */
#define TONE_MIN        36U   /* of 255: what is darker cannot be told from text */
#define TONE_SHARE      0.78  /* of a frame's brightness: what is darker is text */
#define TONE_EDGE_DPI   110.0 /* the grey edge of letters is a pixel per so many */
#define MIDDLE_EDGE_DPI 90.0
#define FILL_MM         0.6 /* how deep under text ink is guessed */

#define SIDE_MIN 8 /* pixels */

struct area {
	l_int32 x0, y0, x1, y1;
};

static struct area area_of(const struct page *page, const struct ink_box *box)
{
	double margin = MARGIN_MM * page->dpi / 25.4;

	return (struct area){
		.x0 = (l_int32)MAX(box->x - margin, 0.0),
		.y0 = (l_int32)MAX(box->y - margin, 0.0),
		.x1 = (l_int32)MIN(box->x + box->w + margin, (double)pixGetWidth(page->pix)),
		.y1 = (l_int32)MIN(box->y + box->h + margin, (double)pixGetHeight(page->pix)),
	};
}

static unsigned grey_of(l_uint32 v)
{
	return (image_red(v) * 3 + image_green(v) * 6 + image_blue(v)) / 10;
}

enum value { VALUE_RED, VALUE_BLUE, VALUE_GREY };

static unsigned value_of(l_uint32 v, enum value what, unsigned paper)
{
	unsigned ink;

	if (what == VALUE_GREY)
		return grey_of(v);
	ink = ink_of(v, what == VALUE_RED ? INK_RED : INK_BLUE);
	return 255 - (ink > paper ? ink - paper : 0);
}

/* 8 bits, in the page's scale. */
static PIX *cut(const struct page *page, const struct area *a, enum value what, unsigned paper)
{
	bool colour = pixGetDepth(page->pix) == 32;
	PIX *out = pixCreate(a->x1 - a->x0, a->y1 - a->y0, 8);

	for (l_int32 y = a->y0; out && y < a->y1; y++) {
		const l_uint32 *in = pixGetData(page->pix) +
			(size_t)y * (size_t)pixGetWpl(page->pix);
		l_uint32 *row = pixGetData(out) + (size_t)(y - a->y0) * (size_t)pixGetWpl(out);

		for (l_int32 x = a->x0; x < a->x1; x++)
			SET_DATA_BYTE(row, x - a->x0,
				(l_uint8)(colour ? value_of(in[x], what, paper)
						 : (unsigned)GET_DATA_BYTE(in, x)));
	}
	return out;
}

/* The darkest of `n` pixels on the way in from an edge. */
static unsigned darkest(PIX *pix, l_int32 x, l_int32 y, l_int32 dx, l_int32 dy, l_int32 n)
{
	unsigned ret = 255;

	for (l_int32 i = 0; i < n; i++, x += dx, y += dy)
		if (x >= 0 && y >= 0 && x < pixGetWidth(pix) && y < pixGetHeight(pix)) {
			const l_uint32 *row = pixGetData(pix) + (size_t)y * (size_t)pixGetWpl(pix);

			ret = MIN(ret, (unsigned)GET_DATA_BYTE(row, x));
		}
	return ret;
}

/* How dark the ink of a frame along the edges is: the middle of what is met on the way in. */
static unsigned frame_tone(PIX *pix, double dpi)
{
	l_int32 w = pixGetWidth(pix), h = pixGetHeight(pix),
		reach = (l_int32)(TONE_MM * dpi / 25.4);
	size_t count[256] = {0}, sum = 0, n = 2 * ((size_t)w + (size_t)h);

	for (l_int32 x = 0; x < w; x++) {
		count[darkest(pix, x, 0, 0, 1, reach)]++;
		count[darkest(pix, x, h - 1, 0, -1, reach)]++;
	}
	for (l_int32 y = 0; y < h; y++) {
		count[darkest(pix, 0, y, 1, 0, reach)]++;
		count[darkest(pix, w - 1, y, -1, 0, reach)]++;
	}
	for (unsigned v = 0; v < 256; v++) {
		sum += count[v];
		if (sum > n / 2)
			return v;
	}
	return 255;
}

/* Takes what is darker than `limit` away, with its edges, and guesses what it hides. 0 where there
   is no such thing, 1, or -ENOMEM. */
static int take_dark(PIX *pix, unsigned limit, l_int32 edge, double dpi)
{
	cleanup_with(pixp_free) PIX *dark = pixThresholdToBinary(pix, (l_int32)limit);
	cleanup_with(pixp_free) PIX *wide = dark ? pixDilateBrick(NULL, dark, edge, edge) : NULL;
	l_int32 empty = 1;

	if (!wide)
		return -ENOMEM;
	pixZero(wide, &empty);
	if (empty)
		return 0;
	return fill_hidden(pix, wide, (unsigned)(FILL_MM * dpi / 25.4 + 1)) < 0 ? -ENOMEM : 1;
}

static l_int32 edge_of(double dpi, double per)
{
	return 2 * (l_int32)(dpi / per + 0.5) + 1;
}

/* The same for what is darker than the frame. */
static int keep_tone(PIX *pix, double dpi)
{
	unsigned tone = frame_tone(pix, dpi);

	return tone > TONE_MIN
		? take_dark(pix, (unsigned)(tone * TONE_SHARE), edge_of(dpi, TONE_EDGE_DPI), dpi)
		: 0;
}

/* The same for what is as dark as text, and paper becomes white. */
static int keep_middle(PIX *pix, double dpi, unsigned paper)
{
	int r = take_dark(
		pix, (unsigned)(paper * CROP_TEXT_SHARE), edge_of(dpi, MIDDLE_EDGE_DPI), dpi);
	cleanup_with(pixp_free) PIX *inked = r < 0
		? NULL
		: pixThresholdToBinary(pix, (l_int32)(paper * CROP_PAPER_SHARE));
	cleanup_with(pixp_free) PIX *pale = inked ? pixInvert(NULL, inked) : NULL;

	return pale && pixSetMasked(pix, pale, 255) == 0 ? 0 : -ENOMEM;
}

int cut_make(const struct page *page, const struct ink_box *box, unsigned paper,
	enum crop_channel channel, PIX **ret)
{
	struct area a = area_of(page, box);
	bool in_colour = channel == CROP_RED || channel == CROP_BLUE;
	cleanup_with(pixp_free) PIX *pix = NULL;
	int r;

	*ret = NULL;
	if (a.x1 - a.x0 < SIDE_MIN || a.y1 - a.y0 < SIDE_MIN)
		return 0;
	pix = cut(page, &a,
		channel == CROP_RED            ? VALUE_RED
			: channel == CROP_BLUE ? VALUE_BLUE
					       : VALUE_GREY,
		in_colour ? paper : 0);
	if (!pix)
		return -ENOMEM;
	r = channel == CROP_TONE         ? keep_tone(pix, page->dpi)
		: channel == CROP_MIDDLE ? keep_middle(pix, page->dpi, paper)
					 : 0;
	if (r < 0 || (r == 0 && channel == CROP_TONE))
		return r;
	*ret = steal(&pix);
	return 0;
}
