/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines out of pieces of text, by where they stand on the page. Pieces on one baseline are put in
 * order along the writing, whatever order they were drawn in: programs draw the letters that a font
 * lacks after the rest of the line. Where a line was drawn as several runs that stand beside each
 * other, each run is a line of its own as well, so that text in a narrow box beside a paragraph
 * stays whole.
 */
#pragma once

#include "extract/pdf_text.h"

struct pdf_line {
	float u0, u1, v, size;
	float x0, y0, x1; /* on the page; y0 is the baseline's */
	int angle;
	uint32_t text, n;  /* in pdf_layout.text */
	uint32_t flags;    /* enum block_flag */
	uint32_t group;    /* lines of one paragraph or box share it; lines are sorted by it */
	uint32_t in_group; /* how many lines the group has */
	int box;           /* the frame around it, or -1 */
	bool pale;
	bool whole; /* the same text comes again as parts */
};

struct pdf_layout {
	struct buf text;
	struct pdf_line *lines;
	size_t n, cap;
	float body_size; /* that most of the text has */
	struct pdf_layout_scratch *scratch;
};

must_check int pdf_layout_make(
	struct extractor *x, const struct pdf_content *c, struct pdf_layout *l);
void pdf_layout_done(struct pdf_layout *l);
