/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols and the text that is written with them (T.88, 6.4 and 6.5). */
#pragma once

#include "stamp/jbig2_bitmap.h"

/* Contexts that the procedures of one segment share. */
enum {
	JBIG2_IADT,
	JBIG2_IAFS,
	JBIG2_IADS,
	JBIG2_IAIT,
	JBIG2_IARI,
	JBIG2_IARDW,
	JBIG2_IARDH,
	JBIG2_IARDX,
	JBIG2_IARDY,
	JBIG2_IADH,
	JBIG2_IADW,
	JBIG2_IAEX,
	JBIG2_IAAI,
	JBIG2_INT_MAX,
};

struct jbig2_contexts {
	jbig2_cx integer[JBIG2_INT_MAX][JBIG2_INT_CONTEXTS];
	jbig2_cx generic[JBIG2_GENERIC_CONTEXTS];
	jbig2_cx refine[JBIG2_REFINE_CONTEXTS];
	jbig2_cx *id; /* two to the power of id_bits */
	unsigned id_bits;
};

/* For `n` symbols. NULL: no memory. */
struct jbig2_contexts *jbig2_contexts_new(uint32_t n);
void jbig2_contexts_free(struct jbig2_contexts **c); /* for cleanup_with() */

/* Bitmaps belong to whoever decoded them. */
struct jbig2_symbols {
	const struct jbig2_bitmap **v;
	uint32_t n;
};

struct jbig2_text {
	bool refine, transposed, black;
	unsigned strips; /* 1, 2, 4, 8 */
	unsigned corner; /* 0 bottom left, 1 top left, 2 bottom right, 3 top right */
	enum jbig2_combine how;
	int32_t offset;
	struct jbig2_refine refinement;
	uint32_t instances;
};

/* Writes into `b`. 0, -EBADMSG, -E2BIG or -ENOMEM. */
must_check int jbig2_text(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_text *t, const struct jbig2_symbols *symbols,
	struct jbig2_budget *budget, struct jbig2_bitmap *b);

struct jbig2_dictionary {
	bool refine;
	struct jbig2_generic generic;
	struct jbig2_refine refinement;
	uint32_t n_new, n_exported;
};

/*
 * `known` are the symbols of other dictionaries; there is room for n_new more behind them, which
 * point into `fresh` (n_new of them, owned by the caller even where this fails). `ret_exported` has
 * room for n_exported. As above.
 */
must_check int jbig2_dictionary(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_dictionary *dict, struct jbig2_symbols *known,
	struct jbig2_budget *budget, struct jbig2_bitmap *fresh,
	const struct jbig2_bitmap **ret_exported);
