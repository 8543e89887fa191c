/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules are compared with which: of ten thousand, far from all with all. */
#pragma once

#include "policyfile/compile.h"

/* Comparisons of rules and patterns with each other in one policy: part of a second. */
#define REACH_STEPS_MAX 10000000U

/* The sets that several rules may fill together. */
enum dimension {
	DIMENSION_LEVEL,
	DIMENSION_COMPLETENESS,
	DIMENSION_CHANNEL,
	DIMENSION_CATEGORY,
	DIMENSION_MEETING,
	DIMENSION_MAX,
};

/* What the rule matches of the dimension: everything where it does not ask. */
uint32_t reach_set(const struct rule *r, enum dimension d);

/* Takes steps off what is left; false where there are not enough. */
bool reach_step(uint64_t *steps, uint64_t n);

/* For each rule those that might cover it, without looking at all. */
struct reach_index;
must_check int reach_index_new(const struct rule *rules, size_t n, struct reach_index **ret);
void reach_index_free(struct reach_index *x);

/* The rules before `at` that might match all that it does, in order; until the next call. */
must_check int reach_index_before(
	struct reach_index *x, size_t at, const uint32_t **ret, size_t *ret_n);

/* For each rule the first later one that would refuse state secrets which it lets pass without a
   word about levels; or SIZE_MAX. */
must_check int reach_shadows(const struct rule *rules, size_t n, uint64_t *steps, size_t *ret);
/* What the earlier of such a pair does with them. */
const char *reach_weaker(const struct rule *r, const struct rule *later);
