/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a document a piece of text stands: the "part" of an evidence. */
#pragma once

enum place {
	PLACE_BODY,
	PLACE_HEADER,
	PLACE_FOOTER,
	PLACE_TEXT_BOX, /* text box, frame, custom shape, slide box of its own */
	PLACE_TABLE_CELL,
	PLACE_FOOTNOTE,
	PLACE_COMMENT,
	PLACE_NOTES, /* speaker's notes */
	PLACE_WATERMARK,
	PLACE_ANNOTATION, /* PDF annotation, /Stamp by name */
	PLACE_FORM_FIELD,
	PLACE_PROPERTY, /* document property, metadata, label; block.name says which */
	PLACE_SHEET_NAME,
	PLACE_MAIL_HEADER, /* block.name says which */
	PLACE_MAIL_BODY,
	PLACE_IMAGE, /* read from pixels: a stamp or scanned text */
	PLACE_FILE_NAME,
	PLACE_MASTER, /* slide master or layout */
	PLACE_ALT_TEXT,
	PLACE_MAX,
};

const char *place_name(enum place place); /* "body", "header", "text-box", ... */
int place_parse(const char *name, enum place *ret);
extern const char *const place_names[];
