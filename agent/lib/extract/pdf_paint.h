/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, as far as they draw the frames of markings: straight lines and rectangles. */
#pragma once

#include "extract/pdf_text.h"

#define PDF_SUBPATHS_MAX 64 /* of one path; later ones are not remembered */

struct pdf_subpath {
	double x0, y0, x1, y1; /* what it covers, in user space */
	uint32_t points;
	bool straight; /* only lines along the axes */
	bool closed;
};

struct pdf_path {
	struct pdf_subpath sub[PDF_SUBPATHS_MAX];
	unsigned n;
	double x, y; /* current point */
};

/* Does what `op` (characters packed big-endian) means for the path; others are ignored. */
void pdf_path_operator(struct pdf_path *p, uint32_t op, const double v[6], const double ctm[6],
	struct pdf_content *c);

/* Makes boxes of four rules each; drops those that are cells of a table. Called once per page. */
void pdf_boxes_finish(struct pdf_content *c);
