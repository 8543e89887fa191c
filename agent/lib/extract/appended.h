/* SPDX-License-Identifier: Apache-2.0 */
/* Archives behind something else: self-extracting programs, a ZIP at the end of a picture. */
#pragma once

#include "extract/extractor.h"

/* An archive's first bytes are looked for in so many behind the end of a program. */
#define APPENDED_SEARCH ((size_t)128 << 10)

/* Reads what stands behind a document that is no ZIP itself. */
must_check int appended_extract(struct extractor *x, struct view content);
