/* SPDX-License-Identifier: Apache-2.0 */
/* Between diff.c (walking), domain.c and texts.c (values), kinds.c (rules that say the same),
   regions.c (what was found) and apps.c. */
#pragma once

#include "decide/policy_internal.h"
#include "policydiff/diff.h"

#define PAIRS_MAX 48U /* patterns, or groups, that are looked at in pairs */

struct values {
	struct policydiff_value *v;
	size_t n, cap;
	uint64_t *keys;  /* what an answer depends on besides the rules; equal ones may be one */
	uint64_t *rules; /* a row of bits per value: the rules of both that it does not rule out */
};

struct change {
	struct policydiff_change public;
	uint64_t *sets; /* what its `values` point into */
};

struct policydiff {
	struct policydiff_side side[2];
	uint64_t now;
	struct values dims[POLICYDIFF_DIM_MAX];
	uint32_t n_rules[2];
	size_t words;      /* in a row; the second policy's rules begin at a word of their own */
	size_t first_word; /* of them */
	uint32_t *kind;    /* of each rule of both: the same where it says the same */
	bool failures, same_failures, same_apps;
	bool cut, sampled, weaker;
	uint64_t asked;
	struct change *changes;
	size_t n_changes;
	struct walk *walk;
};

/* The values of all dimensions, their rows, and the rules' kinds. 0 or -ENOMEM. */
must_check int domain_make(struct policydiff *d);
void domain_free(struct policydiff *d);

/* The conditions that a dimension answers: POLICY_WHEN_*. */
extern const uint32_t domain_conditions[POLICYDIFF_DIM_MAX];
must_check int values_add(struct values *l, struct policydiff_value v);
must_check int texts_make(struct policydiff *d, struct values *l, enum policydiff_dim dim);

/* Fills `kind`. */
must_check int kinds_make(struct policydiff *d);
/* Fills `failures` and `same_failures`. */
void kinds_of_failures(struct policydiff *d);

/* Of changes that differ in one dimension, one; and the weightiest first. */
void regions_unite(struct policydiff *d);
bool apps_differ(const struct policydiff *d);

/* The value into a question of that side. */
void domain_put(const struct policydiff *d, enum policydiff_dim dim, size_t value, unsigned side,
	struct question *q);

/* domain_put() leaves the minute of the week in utc_offset; this makes it an offset. */
void domain_settle_time(struct question *q);

static inline bool bit(const uint64_t *set, size_t i)
{
	return set[i / 64] >> i % 64 & 1;
}

static inline void set_bit(uint64_t *set, size_t i)
{
	set[i / 64] |= UINT64_C(1) << i % 64;
}

static inline size_t set_words(const struct policydiff *d, unsigned dim)
{
	return d->dims[dim].n / 64 + 1;
}
