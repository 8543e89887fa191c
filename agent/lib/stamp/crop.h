/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a box on a page, made ready for reading: upright, at 300 dpi, without its frame. */
#pragma once

#include "stamp/ink.h"

#define CROP_DPI 300

/* Shares of the paper's brightness. */
#define CROP_TEXT_SHARE  0.36 /* what is darker is text */
#define CROP_PAPER_SHARE 0.93 /* what is brighter is paper */

enum crop_channel {
	CROP_RED,    /* how red */
	CROP_BLUE,   /* how blue */
	CROP_GREY,   /* how dark */
	CROP_MIDDLE, /* how dark, without what is as dark as text */
	CROP_TONE,   /* how dark, without what is darker than the frame: text under a stamp */
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
	bool dot;         /* below the middle letter of a short word */
	double ink;       /* share of the inside that is dark */
};

void crop_done(struct crop *c); /* for cleanup_with() */

/* `paper`: how red the paper is; for CROP_MIDDLE, how bright. `turn`: quarters clockwise. 0 or
 * -ENOMEM; `letters` is NULL where there is nothing in the box. */
must_check int crop_make(const struct page *page, const struct ink_box *box, unsigned paper,
	enum crop_channel channel, enum crop_way way, unsigned turn, struct crop *ret);
