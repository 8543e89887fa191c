/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the WordprocessingML reader: text and styles. */
#pragma once

#include "extract/office.h"

/* Points at which text counts as large: half points, as w:sz has them. */
#define DOCX_LARGE 32

/* How far styles are followed to those that they are based on. */
#define DOCX_STYLE_CHAIN 10

/* The look of text without a style of its own. `s` may be NULL everywhere. */
struct look docx_style_default(const struct docx_styles *s);

/* A child of w:rPr changes the look of the run. */
void docx_run_property(const struct docx_styles *s, struct look *run, const struct xml_token *t);

/* A child of w:pPr: the paragraph's style changes `para`; returns flags of the paragraph. */
uint32_t docx_paragraph_property(
	const struct docx_styles *s, struct look *para, const struct xml_token *t);

/* A child of w:pBdr that draws something. */
bool docx_is_border(const struct xml_token *t);
