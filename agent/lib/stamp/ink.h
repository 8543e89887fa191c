/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cheap look: where on a page stands something red of a stamp's size. One pass over the pixels;
 * the rest happens on a map of cells of a third of a millimetre.
 */
#pragma once

#include "stamp/page.h"

enum ink_kind {
	INK_RED,
	INK_BLUE, /* violet, too */
};

/* How red or blue a pixel is: black, grey and white are 0, also where black text lies on a stamp.
 */
static inline unsigned ink_of(l_uint32 v, enum ink_kind kind)
{
	unsigned r = image_red(v), g = image_green(v), b = image_blue(v), m = g > b ? g : b;

	if (kind == INK_BLUE)
		return b > g && b >= r ? b - g : 0;
	return r > m ? r - m : 0;
}

struct ink_box {
	double x, y, w, h; /* pixels of the page */
};

#define INK_LINES_MAX 64U

struct ink {
	unsigned paper; /* how red the paper itself is */
	double bright;  /* share of the page that is about as bright as its paper, 0 ... 1 */
	double blue;    /* share of the page that is bluer than any paper */
	size_t n;
	struct ink_box boxes[64];
	size_t n_lines; /* of letters beside each other, or below each other on a page on its side
			 */
	struct ink_box lines[INK_LINES_MAX];
};

/* Whether a box without a frame is only a word of a line. */
bool ink_is_in_line(const struct ink *ink, const struct ink_box *b);

/* Whether millimetres are those of a stamp that stands upright. */
bool ink_has_size(double w, double h);

/* Unless it is there already, or there are too many. */
void ink_add(struct ink *ink, const struct ink_box *b);

#define FRAME_SIDES_MAX 400U /* upright lines of one page; tables have many */
#define FRAME_BEST_MAX  10U  /* frames of one page, the best drawn ones */

/* Boxes with four drawn sides. `cell`: millimetres of a pixel of the mask, `step` the page's pixels
   of it. What memory does not suffice for is not found. */
void frame_boxes(PIX *mask, double cell, unsigned step, struct ink *ret);

/* 0 or -ENOMEM. A grey page has no boxes. */
must_check int ink_look(const struct page *page, struct ink *ret);

/* The same for frames in blue. */
must_check int ink_look_blue(const struct page *page, struct ink *ret);

/* The same for what is dark on a grey page that holds nothing but stamps. */
must_check int ink_look_dark(const struct page *page, struct ink *ret);

/* Only frames: four sides, or two long lines above each other. Of a grey page. `pale`: what was
   found without the text: where ink is as dark as text, only the frame of a stamp was left there.
 */
must_check int ink_look_frames(const struct page *page, const struct ink *pale, struct ink *ret);
