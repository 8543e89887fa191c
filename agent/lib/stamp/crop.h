/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a box on a page, made ready for reading: upright, at 300 dpi, without its frame. */
#pragma once

#include "stamp/ink.h"

#define CROP_DPI 300

enum crop_channel {
	CROP_INK,  /* how red */
	CROP_GREY, /* how dark */
	CROP_TONE, /* how dark, without what is darker than the frame: text under a stamp */
};

enum crop_way {
	CROP_CLEAN, /* what is clearly ink, without what is left of the frame */
	CROP_MILD,  /* all that is inside the frame, smoothed */
	CROP_SOFT,  /* as the first, with paler ink */
};

struct crop {
	PIX *letters;     /* 8 bits, dark on white */
	unsigned sides;   /* of the frame that were found, 0 ... 4 */
	double inside_mm; /* height that is left for letters */
	double ink;       /* share of the inside that is dark */
};

void crop_done(struct crop *c); /* for cleanup_with() */

/* `turn`: quarters clockwise. 0 or -ENOMEM; `letters` is NULL where there is nothing in the box. */
must_check int crop_make(const struct page *page, const struct ink_box *box, unsigned paper,
	enum crop_channel channel, enum crop_way way, unsigned turn, struct crop *ret);
