/* SPDX-License-Identifier: Apache-2.0 */
/* The state of reading one PDF, shared by the files that read its pages and what hangs on them. */
#pragma once

#include "extract/pdf_file.h"
#include "extract/pdf_layout.h"
#include "extract/pdf_text.h"

#define PDF_TREE_DEPTH_MAX  64 /* of the page tree and of name trees */
#define PDF_MARGIN_LINES    16 /* lines near the page's edges that are compared with other pages */
#define PDF_ANNOTATIONS_MAX 16384 /* of one page */

/* What a page may inherit. */
struct pdf_page_attributes {
	const struct pdf_object *resources;
	double box[4];
	int rotate;
};

/* One page, read and laid out, not handed over yet. */
struct pdf_page {
	const struct pdf_object *dict;
	uint32_t number;
	double width, height;
	struct pdf_content content;
	struct pdf_layout layout;
	uint64_t margin[PDF_MARGIN_LINES];
	size_t n_margin;
};

struct pdf_reader {
	struct extractor *x;
	struct pdf_file file;
	struct pdf_fonts fonts;
	struct pdf_page pages[3];   /* headers repeat: a page waits until the next one is known */
	struct pdf_page appearance; /* of the annotation at hand */
	uint32_t n_pages;
	struct buf scratch, text;
	uint8_t *visited; /* a bit per entry of the file: page tree nodes, attached files */
	uint64_t glyphs, unmapped;
	uint32_t pictures; /* pages that are nothing but pictures and were not looked at */
};

/* Each returns 0, EXTRACT_STOP or -errno. */
must_check int pdf_pages_read(struct pdf_reader *r);
must_check int pdf_pictures_read(struct pdf_reader *r, const struct pdf_page *page);
must_check int pdf_annotations_read(struct pdf_reader *r, const struct pdf_page *page);
must_check int pdf_properties_read(struct pdf_reader *r);
must_check int pdf_attachments_read(struct pdf_reader *r);
must_check int pdf_attachment_read(struct pdf_reader *r, const struct pdf_object *spec);

/* True the first time for an indirect object; always for a direct one. */
bool pdf_visit(struct pdf_reader *r, const struct pdf_object *ref);

/* A text string as UTF-8, in place of what `out` had. */
must_check int pdf_string_text(const struct pdf_object *o, struct buf *out);
