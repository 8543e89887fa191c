/* SPDX-License-Identifier: Apache-2.0 */
/* Between the halves of the OpenDocument reader: text, styles, metadata. */
#pragma once

#include "extract/office.h"

/* Points at which text counts as large. */
#define ODF_LARGE 16

enum odf_family { ODF_PARAGRAPH, ODF_TEXT, ODF_GRAPHIC, ODF_CELL, ODF_OTHER };

struct odf_style {
	uint64_t id; /* of name and family */
	struct look look;
	uint32_t off;  /* flags of `look` that this style takes away */
	uint32_t para; /* BLOCK_FRAMED, BLOCK_CENTRED */
};

/* The children of office:styles or office:automatic-styles, which `t` opened. */
must_check int odf_styles_read(struct office *o, struct xml *xml, const struct xml_token *t);

/* The style defined last under this name. NULL where there is none. */
const struct odf_style *odf_style_find(
	const struct odf_styles *s, enum odf_family family, struct view name);
void odf_style_apply(const struct odf_style *s, struct look *look);

/* The children of office:meta, which `t` opened. */
must_check int odf_meta(struct extractor *x, struct xml *xml, const struct xml_token *t);
