/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An opened ruleset: typed tables over the blob, the database and the compiled confirmations.
 * Immutable; shared by all matches of a process. Internal to match/.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <hs/hs_runtime.h>
#include <pcre2.h>

#include "base/view.h"
#include "match/match.h"
#include "match/ruleset_format.h"

struct ruleset {
	const char *strings;
	size_t n_strings;
	const struct rs_pack *packs;
	const struct rs_mark *marks;
	const struct rs_pattern *patterns;
	const struct rs_use *uses;
	const struct rs_context *contexts;
	const struct rs_tail *tails;
	const struct rs_cond *conds;
	const struct rs_rule *rules;
	const uint32_t *mark_rules;
	const uint32_t *rule_tails;
	const struct rs_name *names;
	const struct rs_switch *switches;
	const struct rs_stamp *stamps;
	uint32_t n_packs, n_marks, n_patterns, n_uses, n_contexts, n_tails, n_conds, n_rules,
		n_mark_rules, n_rule_tails, n_names, n_switches, n_stamps;

	hs_database_t *database;
	pcre2_code **pattern_code; /* NULL for literals */
	pcre2_code **tail_code;    /* anchored at both ends */
	uint8_t (*tail_first)[32]; /* a bit for each byte that a tail may begin with */
	uint32_t *field_rules;     /* the rules that look at fields */
	uint32_t n_field_rules;
	uint64_t key_lengths[256]; /* of their keys, modulo 64, by the first byte */
	/* Nothing is found in shorter lines of numbers, and no mark in shorter joined ones. */
	uint32_t number_min, joined_number_min;
};

static inline struct view ruleset_str(const struct ruleset *r, struct rs_span s)
{
	return view_of(r->strings + s.off, s.n);
}

/* UTF, no automatic optimisation that needs executable memory. NULL where it does not compile. */
pcre2_code *ruleset_regex(struct view source, bool whole, int *ret_error, size_t *ret_offset);
