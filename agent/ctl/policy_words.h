/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of policydiff/ in words. */
#pragma once

#include <stdio.h>

#include "ctl/commands.h"
#include "policydiff/diff.h"

/* A comparison as it is told. */
struct policy_words {
	const struct policydiff *d;
	const struct policydiff_side *side;
	const struct policydiff_change *c;
	enum lang lang;
};

/* All of it; `all`: every change, not only the first 40. */
void policy_words_text(struct policy_words *w, bool all, FILE *f);
/* The cases that the change `c` is about. */
void policy_words_region(const struct policy_words *w, FILE *f);
void policy_words_value(const struct policy_words *w, enum policydiff_dim dim,
	const struct policydiff_value *v, FILE *f);
