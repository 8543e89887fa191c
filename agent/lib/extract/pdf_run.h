/* SPDX-License-Identifier: Apache-2.0 */
/* The state of running a page's content. Internal to pdf_text.c and pdf_show.c. */
#pragma once

#include "extract/pdf_paint.h"
#include "extract/pdf_text.h"

struct pdf_state {
	double ctm[6];
	const struct pdf_font *font;
	double size, char_space, word_space, scale, leading, rise;
	int mode;
	bool red, pale, transparent;
};

struct pdf_run {
	struct pdf_file *f;
	struct pdf_fonts *fonts;
	struct pdf_content *c;
	struct pdf_state *s, *states;
	unsigned n_states, lost_states;
	double tm[6], line[6];

	/* How the writing lies on the page; made anew where `turned` is set. */
	bool turned;
	double unit, em, cosine, sine;
	int angle;
	bool moved; /* the next glyph may not join the last chunk unseen */

	struct pdf_object operands[PDF_OPERANDS_MAX];
	unsigned n;
	struct pdf_path path;
	const struct pdf_object *resources;
	const struct pdf_object *forms[PDF_FORM_DEPTH_MAX];
	unsigned depth, n_forms;
};

/* Notes the text of one string and moves on behind it. 0, EXTRACT_STOP or -errno; -E2BIG where the
   page has too many pieces */
must_check int pdf_run_show(struct pdf_run *r, struct view text);

/* Moves on as a number in an array does. */
void pdf_run_step(struct pdf_run *r, double thousandths);

/* Most of a page: an array of strings and steps, with "TJ" behind it, that begins at l->p. It is
   read where it lies. As above; PDF_SHOW_OTHER where it is something else, and nothing was done. */
#define PDF_SHOW_OTHER 2
must_check int pdf_run_show_array(struct pdf_run *r, struct pdf_lex *l);
