/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the RTF reader: groups and destinations (rtf.c), what the control words do
   (rtf_word.c), text on its way into the flow (rtf_text.c). */
#pragma once

#include "extract/flow.h"
#include "extract/rtf.h"

/* Where the text of a group goes. */
enum rtf_dest {
	RTF_TEXT,    /* into the flow */
	RTF_NONE,    /* nowhere; destinations inside are read */
	RTF_SKIP,    /* nowhere, and nothing inside is looked at */
	RTF_FONTS,   /* names of fonts */
	RTF_COLOURS, /* ends of colours */
	RTF_VALUE,   /* a property or a shape's property: see enum rtf_value */
	RTF_OBJECT,  /* hex of an embedded object */
	RTF_PICTURE, /* hex of a picture */
};

enum rtf_value {
	RTF_INFO, /* named by its word */
	RTF_PROPERTY_NAME,
	RTF_PROPERTY_VALUE,
	RTF_SHAPE_NAME,
	RTF_SHAPE_VALUE,
};

enum rtf_border { RTF_BORDER_OTHER, RTF_BORDER_PARAGRAPH, RTF_BORDER_RUN };

struct rtf_group {
	uint8_t dest;     /* enum rtf_dest */
	uint8_t dest_was; /* before \upr */
	uint8_t border;   /* enum rtf_border: whose style comes next */
	bool begins;      /* the destination ends with this group */
	bool has_shape;   /* so does a shape of the flow */
	bool is_deleted;
	bool in_table;
	bool is_frame, is_drop_cap;
	uint16_t font;     /* index into fonts; 0 is a font nobody described */
	uint32_t fallback; /* characters behind \u that stand for it */
	uint32_t flags;    /* of the text */
	uint32_t para;     /* of the paragraph */
};

struct rtf_font {
	int32_t number;
	struct look look;
	bool has_encoding; /* else as the document */
	enum encoding encoding;
};

/* The body, a header, a note or a box: what is open in each. */
struct rtf_story {
	bool in_cell, after_cell;
	uint32_t page, flags; /* of what the story interrupts */
};

struct rtf {
	struct extractor *x;
	struct flow flow;
	const uint8_t *p, *end;

	unsigned n, over;
	struct rtf_group groups[RTF_DEPTH_MAX];
	unsigned story;
	struct rtf_story stories[FLOW_DEPTH];

	uint32_t skip;      /* characters to pass over behind \u */
	uint32_t surrogate; /* the first half, or 0 */
	bool next_section_stays;
	uint32_t paragraphs, cells;

	enum encoding ansi;
	int32_t default_font;
	unsigned n_fonts, n_colours;
	uint8_t rgb[3];
	struct rtf_font fonts[RTF_FONTS_MAX];
	bool is_red[RTF_COLOURS_MAX];

	struct buf pending; /* text of one look in one encoding */
	struct buf utf8;
	enum encoding pending_encoding;
	struct look pending_look;
	bool pending_in_table;
	uint8_t pending_dest;

	struct buf value, name; /* UTF-8 */
	enum rtf_value value_kind;
	const char *info_word;
	struct buf hex;
	int nibble; /* -1: none */
	bool hex_cut;
};

static inline struct rtf_group *rtf_group(struct rtf *r)
{
	return &r->groups[r->n - 1];
}

/* Text of the current group. */
must_check int rtf_put_bytes(struct rtf *r, struct view bytes);
must_check int rtf_put_code(struct rtf *r, uint32_t cp);
must_check int rtf_flush(struct rtf *r);

must_check int rtf_paragraph_end(struct rtf *r);
must_check int rtf_line_break(struct rtf *r);
must_check int rtf_tab(struct rtf *r);
must_check int rtf_cell_end(struct rtf *r, bool is_row);
void rtf_page_break(struct rtf *r);

/* A story of its own inside of the text. */
must_check int rtf_story_begin(struct rtf *r, enum place place);
must_check int rtf_story_end(struct rtf *r);

/* What a group began ends. */
must_check int rtf_dest_end(struct rtf *r);

void rtf_font_end(struct rtf *r); /* the name is in `value` */
void rtf_font_select(struct rtf *r, int32_t number);
void rtf_font_charset(struct rtf *r, int32_t charset);

/* A control word with its parameter. */
must_check int rtf_word(
	struct rtf *r, struct view name, bool has_number, int32_t number, bool is_starred);
