/* SPDX-License-Identifier: Apache-2.0 */
/* What the text of a Word file looks like: fonts, styles, the properties of characters and
   paragraphs, found by where the text stands in the file. */
#pragma once

#include "extract/flow.h"

/* Fonts and styles that are kept; text in further ones has no look. */
#define DOC_FONTS_MAX  1024
#define DOC_STYLES_MAX 1024

#define DOC_NO_FONT UINT16_MAX

struct doc_chars {
	uint32_t flags;
	uint16_t font;
	bool is_deleted;
};

struct doc_para {
	uint32_t flags;
	uint16_t style;
	bool in_table, is_row_end, is_inner_cell_end, is_frame, is_drop_cap;
};

struct doc_style {
	uint16_t based_on;
	bool is_known;
	struct doc_chars chars;
	uint32_t off; /* flags that this style takes away */
	struct doc_para para;
};

struct doc_formats {
	struct view file;              /* the stream with the text */
	struct view chars, paragraphs; /* tables of pages */
	size_t n_fonts, n_styles;
	struct look fonts[DOC_FONTS_MAX];
	struct doc_style styles[DOC_STYLES_MAX];
};

void doc_fonts_read(struct doc_formats *f, struct view table);
void doc_styles_read(struct doc_formats *f, struct view sheet);

/* At a byte of the file; `ret_end` is where the same properties end, behind `at`. */
void doc_para_at(const struct doc_formats *f, uint32_t at, struct doc_para *ret, uint32_t *ret_end);
void doc_chars_at(const struct doc_formats *f, uint32_t at, uint16_t style, struct doc_chars *ret,
	uint32_t *ret_end);

struct look doc_look(const struct doc_formats *f, const struct doc_chars *c);
