/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a builder, shared by the two files that make it. */
#pragma once

#include "base/hash.h"
#include "match/ruleset_build.h"

/* A pattern before it is compiled. */
struct builder_seed {
	struct rs_span text;   /* in RS_STRINGS */
	struct rs_span sample; /* in `samples` */
	struct build_at at;
	uint64_t hash;
	uint32_t regex;
};

struct builder_link {
	uint32_t pattern, order;
	struct rs_use use;
};

/* RS_MARK_RULES until ruleset_build() groups it. */
struct builder_mark_rule {
	uint32_t mark, rule;
};

struct ruleset_build {
	struct buf table[RS_SECTION_MAX];
	struct buf seeds;   /* struct builder_seed */
	struct buf links;   /* struct builder_link */
	struct buf samples; /* one canonical line per seed */
	struct buf scales;
	struct buf index; /* uint32_t */
	struct hash_key key;
	char error[320];
	struct build_at error_at;
};

static inline struct builder_seed *builder_seeds(const struct ruleset_build *b)
{
	return (struct builder_seed *)(void *)b->seeds.p;
}

/* Says why; returns -EINVAL. */
int builder_fail(struct ruleset_build *b, const struct build_at *at, const char *fmt, ...)
	printf_like(3, 4);

/* A tail's expression must compile and fit its sample. */
must_check int builder_prove_tail(
	struct ruleset_build *b, const struct build_text *t, struct view canonical);
