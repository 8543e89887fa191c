/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic decoder of JBIG2: bits (ITU-T T.88, annex E), integers and symbol numbers (annex
 * A). Behind the end of its data it goes on with ones, as the standard wants; whoever calls it
 * bounds how much is decoded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

#define JBIG2_INT_CONTEXTS 512U

struct jbig2_arith {
	struct view data;
	size_t at;
	uint32_t c, a;
	int ct;
};

/* What a bit's surroundings say about it: the state, and the likely value in bit 7. */
typedef uint8_t jbig2_cx;

void jbig2_arith_init(struct jbig2_arith *d, struct view data);
unsigned jbig2_bit(struct jbig2_arith *d, jbig2_cx *cx);

/* `cx` has JBIG2_INT_CONTEXTS. False: out of band. */
bool jbig2_int(struct jbig2_arith *d, jbig2_cx *cx, int32_t *ret);

/* A number of `bits` bits; `cx` has 2 to the power of them. */
uint32_t jbig2_id(struct jbig2_arith *d, jbig2_cx *cx, unsigned bits);
