/* SPDX-License-Identifier: Apache-2.0 */
/* Bitmaps of JBIG2: a byte per pixel, 1 is black, with a border so that templates need no tests. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "stamp/jbig2_arith.h"

/* How far a template's adaptive pixels reach to the sides and up (T.88, 6.2.5.4). */
#define JBIG2_BORDER 128U

struct jbig2_bitmap {
	uint32_t w, h;
	uint8_t *p; /* without the border's offset; owned */
};

/* What may be decoded yet; each bitmap takes from it. */
struct jbig2_budget {
	uint64_t pixels;
};

enum jbig2_combine { /* T.88, 7.4.1.5 */
	JBIG2_OR,
	JBIG2_AND,
	JBIG2_XOR,
	JBIG2_XNOR,
	JBIG2_REPLACE,
};

/* All white. 0, -ENOMEM, or -E2BIG where the budget does not allow it. */
must_check int jbig2_bitmap_new(
	struct jbig2_budget *budget, uint32_t w, uint32_t h, struct jbig2_bitmap *ret);
void jbig2_bitmap_done(struct jbig2_bitmap *b); /* for cleanup_with() */

/* A row with its border; rows outside are white. */
const uint8_t *jbig2_row(const struct jbig2_bitmap *b, int64_t y);
uint8_t *jbig2_row_to_write(struct jbig2_bitmap *b, uint32_t y);
unsigned jbig2_pixel(const struct jbig2_bitmap *b, int64_t x, int64_t y);

void jbig2_paint(struct jbig2_bitmap *b, const struct jbig2_bitmap *what, int64_t x, int64_t y,
	enum jbig2_combine how);

#define JBIG2_GENERIC_CONTEXTS (1U << 16)
#define JBIG2_REFINE_CONTEXTS  (1U << 13)

struct jbig2_generic {
	unsigned template; /* 0 ... 3 */
	bool typical;      /* rows equal to the one above are coded by a bit */
	int8_t at[8];      /* x, y of the adaptive pixels: four of template 0, else one */
};

/* T.88, 6.2. `b` is there and white; `cx` has JBIG2_GENERIC_CONTEXTS. 0 or -EBADMSG. */
must_check int jbig2_generic(
	struct jbig2_arith *d, jbig2_cx *cx, const struct jbig2_generic *g, struct jbig2_bitmap *b);

struct jbig2_refine {
	unsigned template; /* 0 or 1 */
	bool typical;
	int8_t at[4];
	int32_t dx, dy; /* of the reference */
};

/* T.88, 6.3. `cx` has JBIG2_REFINE_CONTEXTS. */
void jbig2_refine(struct jbig2_arith *d, jbig2_cx *cx, const struct jbig2_refine *r,
	const struct jbig2_bitmap *reference, struct jbig2_bitmap *b);
