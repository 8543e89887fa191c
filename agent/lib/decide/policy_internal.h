/* SPDX-License-Identifier: Apache-2.0 */
/* Between policy.c (checking, index) and policy_match.c (conditions). */
#pragma once

#include "decide/policy_format.h"

struct policy {
	const struct policy_header *header;
	const struct policy_rule *rules;
	const struct policy_failure *failures;
	const struct policy_override *overrides; /* by content */
	const uint32_t *words;
	const char *strings;
	uint32_t when;                 /* union of all rules' conditions */
	uint32_t first_about_document; /* the first rule that asks about the document */

	/*
	 * One row of bits, a bit per rule, for each value of the cheap conditions: the rules that
	 * the value does not rule out. Deciding is the first bit that all rows share and whose
	 * other conditions hold. A row begins with its summary, a bit per non-zero word, so that
	 * a thousand rules cost little more than ten.
	 */
	uint32_t n_summary; /* words of it */
	uint32_t n_row;     /* words in a row, its summary included */
	uint64_t *rows;
	const uint64_t *level[LEVEL_MAX];
	const uint64_t *completeness[COMPLETENESS_MAX];
	const uint64_t *category[CATEGORY_MAX];
	const uint64_t *channel[CHANNEL_MAX];
	const uint64_t *meeting[2];
	const uint64_t *no_app; /* for applications that no rule names */
	const uint64_t **app;   /* by application, NULL where no rule names it */
	uint32_t n_app;
};

/* The conditions that have no row, cheapest first; 0 where all hold, else the one that fails. */
enum policy_condition policy_rule_rest(
	const struct policy *p, const struct policy_rule *r, const struct question *q);

#define POLICY_ABOUT_DOCUMENT \
	(POLICY_WHEN_LEVEL | POLICY_WHEN_COMPLETENESS | POLICY_WHEN_TAG | POLICY_WHEN_REASON)

/* policy_failures.c */
bool policy_failures_valid(const struct policy *p, uint32_t apps_max);
/* What decides in the end where `rule` would by what is known; sets the verdict's failure. */
uint32_t policy_failure_decide(
	const struct policy *p, const struct question *q, uint32_t rule, struct verdict *ret);
const char *policy_failure_mismatch(
	const struct policy *p, uint32_t index, const struct question *q);
/* Of a rule, or of an entry of `failures`. */
enum action policy_rule_action(const struct policy *p, uint32_t rule);
bool policy_has_number(const struct policy *p, const struct policy_list *l, uint32_t v);

static inline bool policy_rule_is_valid(const struct policy_rule *r, const struct question *q)
{
	return q->realtime >= r->valid_from &&
		(r->valid_until == 0 || q->realtime < r->valid_until);
}
