/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns: how wide it is on a terminal, and how to fit it. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/view.h"

enum cell_cut {
	CELL_CUT_END,
	CELL_CUT_MIDDLE, /* a file name keeps its ending */
};

/* Columns that the text takes. Bytes that are no UTF-8 and control characters take one. */
size_t cell_width(struct view v);

/* Writes the text into exactly `width` columns: filled with blanks, or cut with an ellipsis.
   Control characters and bytes that are no UTF-8 become "?". `pad` false: no blanks behind it. */
void cell_put(FILE *f, struct view v, size_t width, enum cell_cut cut, bool pad);
