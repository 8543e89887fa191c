/* SPDX-License-Identifier: Apache-2.0 */
/* `failures`: what happens where nobody could say what a document is. */
#include <string.h>

#include "base/macros.h"
#include "decide/policy_internal.h"

static bool entry_is_valid(const struct policy *p, const struct policy_failure *f, uint32_t max)
{
	if (f->name >= p->header->n_strings || f->message >= p->header->n_strings ||
		f->action >= ACTION_MAX || f->failures >> FAILURE_MAX || f->may_be >> MAY_BE_MAX ||
		f->categories >> CATEGORY_MAX || f->asks_app > 1 ||
		f->apps.first > p->header->n_words ||
		f->apps.n > p->header->n_words - f->apps.first)
		return false;
	for (uint32_t i = 0; i < f->apps.n; i++)
		if (p->words[f->apps.first + i] >= max ||
			(i > 0 && p->words[f->apps.first + i - 1] > p->words[f->apps.first + i]))
			return false;
	return strnlen(p->strings + f->name, POLICY_NAME_MAX) < POLICY_NAME_MAX;
}

bool policy_failures_valid(const struct policy *p, uint32_t apps_max)
{
	for (uint32_t i = 0; i < p->header->n_failures; i++)
		if (!entry_is_valid(p, &p->failures[i], apps_max))
			return false;
	return true;
}

/* Nothing waits for an answer where content only arrives or lies: it is looked at again. */
static enum failure failure_of(const struct question *q)
{
	enum failure f = facts_failure(&q->facts);

	if (q->channel == CHANNEL_RECEIVE || q->channel == CHANNEL_AT_REST)
		return FAILURE_NONE;
	/* A lost store hides nothing of a document that was read in full. */
	if (q->failure == FAILURE_STORE && q->facts.completeness == COMPLETENESS_FULL)
		return FAILURE_NONE;
	return q->failure != FAILURE_NONE && (unsigned)q->failure < FAILURE_MAX ? q->failure : f;
}

static enum may_be may_be_of(const struct question *q)
{
	return level_may_be(q->facts.level != LEVEL_NONE ? (enum level)q->facts.level : q->was);
}

static bool has(uint32_t set, unsigned value)
{
	return set == 0 || (set >> value & 1);
}

/* Which of the entry's conditions fails first, as text; NULL where none does. */
const char *policy_failure_mismatch(
	const struct policy *p, uint32_t index, const struct question *q)
{
	const struct policy_failure *f = &p->failures[index];
	enum failure failure = failure_of(q);

	if (failure == FAILURE_NONE)
		return "it is known what the document is";
	if (!has(f->failures, failure))
		return "the failure is not in the entry's list";
	if (!has(f->may_be, may_be_of(q)))
		return "what the document may be is not in the entry's list";
	if (!has(f->categories, q->category))
		return "the application's category is not in the rule's list";
	if (f->asks_app && !policy_has_number(p, &f->apps, q->app))
		return "the application is not in the rule's list";
	return NULL;
}

static uint32_t first_entry(const struct policy *p, const struct question *q)
{
	for (uint32_t i = 0; i < p->header->n_failures; i++)
		if (!policy_failure_mismatch(p, i, q))
			return p->header->n_rules + i;
	return POLICY_RULE_NONE;
}

/* The rule knows of the failure, or would decide so whatever the document is. */
static bool decides_alone(
	const struct policy *p, const struct question *q, uint32_t rule, enum failure failure)
{
	const struct policy_rule *r = &p->rules[rule];
	uint32_t reasons = failure == FAILURE_UNREADABLE
		? 0
		: REASON_BIT(REASON_TIMED_OUT) | REASON_BIT(REASON_CRASHED);

	if (r->when & POLICY_WHEN_REASON && r->reasons & q->facts.reasons & reasons)
		return true;
	return rule < p->first_about_document;
}

uint32_t policy_failure_decide(
	const struct policy *p, const struct question *q, uint32_t rule, struct verdict *ret)
{
	uint32_t entry;

	ret->failure = failure_of(q);
	ret->may_be = may_be_of(q);
	if (ret->failure == FAILURE_NONE ||
		(rule != POLICY_RULE_NONE && decides_alone(p, q, rule, ret->failure)))
		return rule;
	entry = first_entry(p, q);
	return policy_rule_action(p, entry) > policy_rule_action(p, rule) ? entry : rule;
}
