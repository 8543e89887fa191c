/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stamps without colour. A red stamp that was scanned grey is paler than text: with everything dark
 * taken away the page is looked at as if it were red ink. Where the ink came out as dark as text,
 * the frame tells where to read, and what is darker than it is taken away. A photocopy has made
 * both black: a stamp that lies on text is mostly missed there.
 */
#include <errno.h>
#include <stdlib.h>

#include "stamp/reader.h"

#define EDGE_DPI 90.0 /* the grey edge of letters is a pixel per so many */

/* The brightness that most of the page has. */
static unsigned paper_of(PIX *grey)
{
	cleanup_with(pixp_free) PIX *small = pixScaleByIntSampling(grey, 8);
	NUMA *counts = small ? pixGetGrayHistogram(small, 1) : NULL;
	l_int32 best = 255, v;
	l_float32 most = 0;

	for (l_int32 i = 96; counts && i < 256; i++) {
		numaGetIValue(counts, i, &v);
		if ((l_float32)v > most) {
			most = (l_float32)v;
			best = i;
		}
	}
	numaDestroy(&counts);
	return (unsigned)best;
}

/* The page with its text taken away: what is neither dark, nor beside it, nor paper. */
static PIX *middle(PIX *grey, double dpi, unsigned paper)
{
	l_int32 edge = 2 * (l_int32)(dpi / EDGE_DPI + 0.5) + 1;
	cleanup_with(pixp_free)
		PIX *dark = pixThresholdToBinary(grey, (l_int32)(paper * CROP_TEXT_SHARE));
	cleanup_with(pixp_free) PIX *wide = dark ? pixDilateBrick(NULL, dark, edge, edge) : NULL;
	cleanup_with(pixp_free) PIX *inked = wide
		? pixThresholdToBinary(grey, (l_int32)(paper * CROP_PAPER_SHARE))
		: NULL;
	cleanup_with(pixp_free) PIX *pale = inked ? pixInvert(NULL, inked) : NULL;
	PIX *out = pale ? pixCopy(NULL, grey) : NULL;

	if (out && (pixSetMasked(out, wide, 255) || pixSetMasked(out, pale, 255)))
		pixDestroy(&out);
	return out;
}

static int look_middle(struct look *l, const struct page *grey)
{
	static const struct look_try tries[] = {{CROP_MIDDLE, CROP_CLEAN, 0},
		{CROP_MIDDLE, CROP_MILD, 0}, {CROP_MIDDLE, CROP_SOFT, 0}};
	unsigned paper = paper_of(grey->pix);
	cleanup_with(page_done) struct page mid = *grey;
	int r;

	mid.pix = middle(grey->pix, grey->dpi, paper);
	if (!mid.pix)
		return -ENOMEM;
	r = ink_look_dark(&mid, &l->ink);
	l->page = grey;
	l->ink.paper = paper;
	if (r == 0)
		r = look_boxes(l, tries, ARRAY_SIZE(tries));
	if (r == 0)
		r = look_emit_all(l, 0);
	return r;
}

static int look_frames(struct look *l, const struct page *grey)
{
	static const struct look_try tries[] = {{CROP_GREY, CROP_CLEAN, 0},
		{CROP_TONE, CROP_CLEAN, 0}, {CROP_GREY, CROP_MILD, 0}, {CROP_TONE, CROP_SOFT, 0}};
	struct ink pale = l->ink;
	int r;

	l->page = grey;
	r = ink_look_frames(grey, &pale, &l->ink);
	l->framed = true;
	if (r == 0)
		r = look_boxes(l, tries, ARRAY_SIZE(tries));
	l->framed = false;
	if (r == 0)
		r = look_emit_all(l, 0);
	return r;
}

int look_grey(struct look *l)
{
	const struct page *page = l->page;
	cleanup_with(page_done) struct page grey = *page;
	int r;

	grey.pix = pixGetDepth(page->pix) == 32 ? pixConvertRGBToGray(page->pix, 0.3F, 0.6F, 0.1F)
						: pixClone(page->pix);
	if (!grey.pix)
		return -ENOMEM;
	r = look_middle(l, &grey);
	if (r == 0 && l->n_emitted == 0)
		r = look_frames(l, &grey);
	l->page = page;
	return r;
}
