/* SPDX-License-Identifier: Apache-2.0 */
/* Between diff.c (walking) and domain.c (values). */
#pragma once

#include "decide/policy_internal.h"
#include "policydiff/diff.h"

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
