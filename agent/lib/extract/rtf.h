/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTF. What the properties become: PLACE_PROPERTY with block.name the word of \info ("title",
 * "keywords", "doccomm") or the name that \userprops gives ("Độ mật").
 */
#pragma once

#include "extract/extractor.h"

/* Groups inside groups; what stands deeper is read as if in the last one, and told. */
#define RTF_DEPTH_MAX 512

/* Fonts and colours that are kept; text in further ones has no look. */
#define RTF_FONTS_MAX   1024
#define RTF_COLOURS_MAX 1024

/* Bytes of a property, font name or picture's description that are kept. */
#define RTF_VALUE_MAX ((size_t)64 << 10)

/* How far ahead is looked for the end of a table with one cell. */
#define RTF_TABLE_AHEAD ((size_t)64 << 10)

int rtf_bid(struct view content);
must_check int rtf_extract(struct extractor *x, struct view content);
must_check int rtf_extract_as(struct extractor *x, struct view content, enum place place);
