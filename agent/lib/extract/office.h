/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Office documents in a ZIP (OOXML, ODF): which they are, and the readers of their parts. A part is
 * read by its root element, never by its name; names only order the parts and number the slides
 * and sheets. So renamed, doubled or unlisted parts are read like the others.
 *
 * What properties become: PLACE_PROPERTY with block.name
 *   the local element name      of docProps/core and app, ODF meta.xml ("category", "keyword")
 *   the property's own name     of custom properties and ODF user-defined metadata ("Độ mật",
 *                               "MSIP_Label_<guid>_Name")
 *   "link"                      where a link leads, of office files, HTML and PDF
 *   "LabelInfo:" + attribute    of docMetadata/LabelInfo.xml, one block per attribute; the
 *                               attributes of one label share block.shape
 *   the local element name      of any element with text in customXml ("Classification")
 */
#pragma once

#include "extract/extractor.h"
#include "extract/flow.h"
#include "extract/xml.h"
#include "extract/zip.h"

/* Bytes of a property's name that are kept. */
#define OFFICE_NAME_MAX 256

/* What parts of one document need of each other. */
struct office {
	struct extractor *x;
	struct docx_styles *styles; /* or NULL */
	struct xlsx_book *book;     /* or NULL */
	struct odf_styles *odf;     /* or NULL */
	bool is_slides;             /* an OpenDocument presentation */
	uint32_t page;              /* slide or sheet of the part being read, 0 elsewhere */
};

/* Is this ZIP an office document? Its format's name ("docx", "odt", ...) or NULL. */
const char *office_format(struct extractor *x, struct zip *z);

/* Reads every part of the package, in the order of the document. */
must_check int office_read(struct extractor *x, struct zip *z, const char *format);

/* One XML document by its root element: a part, or a file of its own (flat ODF, flat OPC, Word
   2003). OFFICE_UNKNOWN where the root is no one's. */
#define OFFICE_UNKNOWN 2
must_check int office_part(struct office *o, struct view xml, struct view name);

/* Parts. `xml` is UTF-8. */
#define OFFICE_STYLES_MAX 512 /* styles kept; text in further ones has no look */

must_check int docx_styles_read(struct office *o, struct view xml);
struct docx_styles *docx_styles_free(struct docx_styles *s);
must_check int docx_part(struct office *o, struct view xml, enum place place, uint32_t flags);
must_check int drawing_part(struct office *o, struct view xml, enum place place, uint32_t flags);
must_check int vml_part(struct office *o, struct view xml);

must_check int xlsx_strings(struct office *o, struct view xml);
must_check int xlsx_styles(struct office *o, struct view xml);
must_check int xlsx_workbook(struct office *o, struct view xml);
must_check int xlsx_relations(struct office *o, struct view xml);
must_check int xlsx_sheet(struct office *o, struct view xml, struct view part_name);
must_check int xlsx_comments(struct office *o, struct view xml);
must_check int xlsx_finish(struct office *o); /* strings that no sheet showed */
struct xlsx_book *xlsx_book_free(struct xlsx_book *b);

must_check int odf_part(struct office *o, struct view xml);
struct odf_styles *odf_styles_free(struct odf_styles *s);
must_check int odf_manifest(struct office *o, struct view xml);

must_check int props_relations(struct extractor *x, struct view xml); /* links to elsewhere */
must_check int props_link(struct extractor *x, struct view raw);
must_check int props_core(struct extractor *x, struct view xml);
must_check int props_app_or_custom(struct extractor *x, struct view xml);
must_check int props_labels(struct extractor *x, struct view xml);
must_check int props_any(struct extractor *x, struct view xml);

/* Red as a marking is: an RRGGBB or AARRGGBB value. */
bool office_is_red(struct view hex);

/* A toggle's w:val or val: absent is true; "0", "false", "off", "none", "nil" are false. */
bool office_is_on(const struct xml_token *t, const char *attr);

/* Decimal digits at the start of `v`; 0 where there are none. Saturates. */
uint32_t office_number(struct view v);

/* For style and part names; a collision costs a look, nothing more. */
uint64_t office_hash(struct view name);

/* Is the table that was just opened a single cell (element `cell`), so a frame? */
bool office_is_one_cell(struct xml rest, const char *table, const char *cell);

/* Skips to the end of the element that `t` opened. */
must_check int office_skip(struct extractor *x, struct xml *xml, const struct xml_token *t);
