/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a page: runs its operators and notes what text lands where, and which frames are
 * drawn. Coordinates are points with the origin at the lower left of the page as it is shown.
 */
#pragma once

#include "extract/pdf_file.h"
#include "extract/pdf_font.h"

#define PDF_CHUNKS_MAX     (1U << 18) /* pieces of text of one page */
#define PDF_RULES_MAX      1024       /* drawn lines of one page that are remembered */
#define PDF_BOXES_MAX      512        /* drawn rectangles of one page that are remembered */
#define PDF_FORMS_MAX      4096       /* form XObjects run for one page, repetitions included */
#define PDF_FORM_DEPTH_MAX 12         /* form XObjects in each other */
#define PDF_STATES_MAX     64         /* graphics states saved in each other */
#define PDF_OPERANDS_MAX   48
#define PDF_IMAGES_MAX     256 /* pictures of one page that are looked at */

enum {
	PDF_TEXT_RED = 1 << 0,
	PDF_TEXT_PALE = 1 << 1,
	PDF_TEXT_HIDDEN = 1 << 2,
	PDF_TEXT_BOLD = 1 << 3,
	PDF_TEXT_CAPITALS = 1 << 4, /* a font that shows capitals whatever is stored */
	PDF_TEXT_LEGACY = 1 << 8,   /* this times 1 + enum encoding: a Vietnamese 8-bit font */
};

#define PDF_TEXT_LEGACY_OF(flags) ((flags) >> 8) /* 0, or 1 + enum encoding */

/* Text in one piece: `u` runs along the writing, `v` is the baseline across it. */
struct pdf_chunk {
	float u0, u1, v, size;
	uint32_t text, n; /* in pdf_content.text */
	int16_t angle;    /* of the writing, whole degrees */
	uint16_t flags;
	uint32_t run; /* set by the layout */
};

struct pdf_box {
	float x0, y0, x1, y1;
};

/* A picture that the page shows. */
struct pdf_image {
	const struct pdf_object *object;
	double place[6]; /* where the unit square lands */
	bool red;        /* the colour that a stencil is painted with */
};

struct pdf_content {
	struct pdf_chunk *chunks;
	size_t n, cap;
	struct buf text;
	struct pdf_box *rules, *boxes;
	size_t n_rules, n_boxes;
	uint32_t glyphs, unmapped;
	uint32_t images;      /* shown, those with text inside the page's content included */
	uint32_t lost_images; /* among them those that are not in `pictures` */
	struct pdf_image *pictures;
	uint32_t n_pictures;
};

must_check int pdf_content_init(struct pdf_content *c);
void pdf_content_clear(struct pdf_content *c);
void pdf_content_done(struct pdf_content *c);

/* Runs content with these resources; `base` maps to the page as it is shown. 0, EXTRACT_STOP or
   -errno */
must_check int pdf_content_run(struct pdf_file *f, struct pdf_fonts *fonts, struct view content,
	const struct pdf_object *resources, const double base[6], struct pdf_content *c);
