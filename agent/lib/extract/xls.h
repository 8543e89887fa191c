/* SPDX-License-Identifier: Apache-2.0 */
/* Excel 5 to 2003. */
#pragma once

#include "extract/extractor.h"

/* Shared strings that are kept; cells with further ones are not read. */
#define XLS_STRINGS_MAX (1U << 20)
