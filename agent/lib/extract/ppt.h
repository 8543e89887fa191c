/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PowerPoint 97 to 2003. The stream is a row of objects, each a tree of records; an edit adds
 * objects and a directory that says which of them count. What no directory names any more is old
 * text and not read; where there is no directory to believe, every object counts.
 */
#pragma once

#include "base/checked.h"
#include "extract/flow.h"

/* Records inside records. */
#define PPT_DEPTH_MAX 32

/* Objects, edits (saves since the file was last written as a whole) and fonts that are kept. */
#define PPT_OBJECTS_MAX 65536
#define PPT_EDITS_MAX   1024
#define PPT_FONTS_MAX   512

#define PPT_HEADER 8

enum ppt_type {
	PPT_DOCUMENT = 0x03e8,
	PPT_DOCUMENT_ATOM = 0x03e9,
	PPT_SLIDE = 0x03ee,
	PPT_NOTES = 0x03f0,
	PPT_NOTES_ATOM = 0x03f1,
	PPT_SLIDE_ENTRY = 0x03f3,
	PPT_MASTER = 0x03f8,
	PPT_SHOW_INFO = 0x03f9,
	PPT_FONTS = 0x07d5,
	PPT_PLACEHOLDER = 0x0bc3,
	PPT_TEXT_HEADER = 0x0f9f,
	PPT_TEXT_UNITS = 0x0fa0,
	PPT_TEXT_STYLE = 0x0fa1,
	PPT_MASTER_STYLE = 0x0fa3,
	PPT_TEXT_BYTES = 0x0fa8,
	PPT_FONT = 0x0fb7,
	PPT_STRING = 0x0fba,
	PPT_HANDOUT = 0x0fc9,
	PPT_FOOTERS = 0x0fd9,
	PPT_FOOTERS_ATOM = 0x0fda,
	PPT_SLIDE_LIST = 0x0ff0,
	PPT_EDIT = 0x0ff5,
	PPT_OLE_OBJECT = 0x1011,
	PPT_TAG_DATA = 0x138b,
	PPT_DIRECTORY = 0x1772,
	PPT_COMMENT = 0x2ee0,
	PPT_ENCRYPTION = 0x2f14,
	PPT_SHAPE = 0xf004,
	PPT_PROPERTIES = 0xf00b,
	PPT_TEXT_BOX = 0xf00d,
};

struct ppt_record {
	uint16_t type, instance;
	bool is_container;
	struct view body;
	struct view whole; /* with the header */
};

/* Takes the first record of `v`; false where no header is left. What is cut short is shorter. */
bool ppt_take(struct view *v, struct ppt_record *ret);

/* Text with its look, as it is collected: chars, then the properties of their runs. */
struct ppt_text {
	struct view chars, style;
	bool is_wide;
	uint32_t kind; /* title, body, notes, other, ... */
};

#define PPT_TEXT_KINDS 9

struct ppt_fonts {
	struct look looks[PPT_FONTS_MAX];
	uint16_t base[PPT_TEXT_KINDS]; /* of text that names none: number + 1, 0 is unknown */
};

void ppt_font_read(struct ppt_fonts *f, const struct ppt_record *r);

/* What a master says about one kind of text; the first that does stays. */
void ppt_style_read(struct ppt_fonts *f, const struct ppt_record *r);
must_check int ppt_text_put(
	struct flow *flow, const struct ppt_fonts *fonts, const struct ppt_text *text);

/* The objects that count, by their number. */
struct ppt_object {
	uint32_t at;
	bool is_known, is_read;
};

struct ppt_objects {
	struct view stream;
	struct buf list; /* struct ppt_object; empty where there is nothing to believe */
	uint32_t document;
};

/* `user` is the stream that says where the last edit is; it may be empty. PPT_ENCRYPTED where that
   says that the file is. */
#define PPT_ENCRYPTED 2
must_check int ppt_objects_read(struct ppt_objects *o, struct extractor *x, struct view user);
void ppt_objects_done(struct ppt_objects *o);

/* The object with a number, which is taken to be read then; false where there is none. */
bool ppt_object_get(struct ppt_objects *o, uint32_t number, struct ppt_record *ret);
