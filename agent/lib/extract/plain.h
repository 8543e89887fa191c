/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text in any encoding: one block per line. */
#pragma once

#include <stdbool.h>

#include "extract/extractor.h"
#include "text/encoding.h"

/* Bytes of a line that make one block; longer lines are split at a blank before this. */
#define PLAIN_LINE_MAX 4096

/* Lines that count as the top of the first page, and as the first page. */
#define PLAIN_TOP_LINES  20
#define PLAIN_PAGE_LINES 60

/* Bytes that the decision about source code looks at. */
#define PLAIN_CODE_SAMPLE 16384

/* True where the text (UTF-8) is evidently source code, configuration or data. */
bool plain_is_code(struct view text);

/* Hands the lines of a UTF-8 text over, with `flags` on each. */
must_check int plain_lines(struct extractor *x, struct view text, enum place place, uint32_t flags);

/* Bytes in any encoding. `hint` may be NULL. EXTRACT_NO_TEXT where they are no text. */
#define EXTRACT_NO_TEXT 2
must_check int plain_extract(
	struct extractor *x, struct view content, enum place place, const enum encoding *hint);
