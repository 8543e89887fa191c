/* SPDX-License-Identifier: Apache-2.0 */
/* Glyph names and the simple encodings, as far as Latin, Vietnamese and Cyrillic text needs them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

enum pdf_encoding { PDF_ENCODING_STANDARD, PDF_ENCODING_WINANSI, PDF_ENCODING_MACROMAN };

#define PDF_GLYPH_CODEPOINTS 8 /* that one glyph can stand for */

/* The code point of a byte, 0 where there is none. */
uint32_t pdf_encoding_code(enum pdf_encoding e, uint8_t byte);

/* What a glyph name stands for; returns how many code points, 0 where nobody knows. */
unsigned pdf_glyph_codes(struct view name, uint32_t ret[PDF_GLYPH_CODEPOINTS]);
