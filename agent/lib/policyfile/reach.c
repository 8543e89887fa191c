/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules can never have a say. Sound, not complete: a rule is called unreachable only where a
 * single earlier rule surely matches all that it matches.
 */
#include <string.h>

#include "base/glob.h"
#include "policyfile/compile.h"

#define ALL UINT32_MAX

/* The condition's set, or everything where the rule does not ask. */
static uint32_t effective(const struct rule *r, enum policy_condition c, uint32_t set)
{
	return r->def.when & c ? set : ALL;
}

static uint32_t categories(const struct rule *r)
{
	return effective(r, POLICY_WHEN_CATEGORY, r->def.categories) &
		effective(r, POLICY_WHEN_APP, r->app_categories);
}

/* An empty set is a mistake that was reported already, and proves nothing. */
static bool is_subset(uint32_t inner, uint32_t outer)
{
	return inner != 0 && (inner & ~outer) == 0;
}

static bool asks(const struct rule *r, enum policy_condition c)
{
	return r->def.when & c;
}

static bool sets_cover(const struct rule *o, const struct rule *i)
{
	return is_subset(effective(i, POLICY_WHEN_POSTURE, i->def.posture),
		       effective(o, POLICY_WHEN_POSTURE, o->def.posture)) &&
		is_subset(effective(i, POLICY_WHEN_LEVEL, i->def.levels),
			effective(o, POLICY_WHEN_LEVEL, o->def.levels)) &&
		is_subset(effective(i, POLICY_WHEN_COMPLETENESS, i->def.completeness),
			effective(o, POLICY_WHEN_COMPLETENESS, o->def.completeness)) &&
		is_subset(effective(i, POLICY_WHEN_CHANNEL, i->def.channels),
			effective(o, POLICY_WHEN_CHANNEL, o->def.channels)) &&
		is_subset(effective(i, POLICY_WHEN_TAG, i->def.tags),
			effective(o, POLICY_WHEN_TAG, o->def.tags)) &&
		is_subset(effective(i, POLICY_WHEN_REASON, i->def.reasons),
			effective(o, POLICY_WHEN_REASON, o->def.reasons)) &&
		is_subset(categories(i), effective(o, POLICY_WHEN_CATEGORY, o->def.categories));
}

static bool numbers_cover(const struct rule *o, const struct rule *i, enum policy_condition c,
	const uint32_t *outer, size_t n_outer, const uint32_t *inner, size_t n_inner)
{
	if (!asks(o, c))
		return true;
	if (!asks(i, c) || n_inner == 0)
		return false;
	for (size_t k = 0; k < n_inner; k++) {
		size_t j = 0;

		while (j < n_outer && outer[j] != inner[k])
			j++;
		if (j == n_outer)
			return false;
	}
	return true;
}

static bool globs_cover(const struct rule *o, const struct rule *i, enum policy_condition c,
	const char *const *outer, size_t n_outer, const char *const *inner, size_t n_inner)
{
	if (!asks(o, c))
		return true;
	if (!asks(i, c) || n_inner == 0)
		return false;
	for (size_t k = 0; k < n_inner; k++) {
		size_t j = 0;

		while (j < n_outer &&
			!glob_covers(outer[j], inner[k], c == POLICY_WHEN_DESTINATION))
			j++;
		if (j == n_outer)
			return false;
	}
	return true;
}

static bool week_covers(const struct week *outer, const struct week *inner)
{
	for (size_t k = 0; k < ARRAY_SIZE(outer->minutes); k++)
		if (inner->minutes[k] & ~outer->minutes[k])
			return false;
	return true;
}

static bool times_cover(const struct rule *o, const struct rule *i)
{
	if (o->def.valid_until != 0 &&
		(i->def.valid_until == 0 || i->def.valid_until > o->def.valid_until))
		return false;
	if (asks(o, POLICY_WHEN_MEETING) &&
		(!asks(i, POLICY_WHEN_MEETING) || o->def.meeting != i->def.meeting))
		return false;
	if (!asks(o, POLICY_WHEN_TIME))
		return true;
	return asks(i, POLICY_WHEN_TIME) && i->def.n_times > 0 && week_covers(o->week, i->week);
}

static bool covers(const struct rule *o, const struct rule *i)
{
	return sets_cover(o, i) &&
		numbers_cover(
			o, i, POLICY_WHEN_APP, o->apps, o->def.n_apps, i->apps, i->def.n_apps) &&
		numbers_cover(o, i, POLICY_WHEN_USER, o->users, o->def.n_users, i->users,
			i->def.n_users) &&
		numbers_cover(o, i, POLICY_WHEN_GROUP, o->groups, o->def.n_groups, i->groups,
			i->def.n_groups) &&
		globs_cover(o, i, POLICY_WHEN_PATH, o->paths, o->def.n_paths, i->paths,
			i->def.n_paths) &&
		globs_cover(o, i, POLICY_WHEN_DESTINATION, o->destinations, o->def.n_destinations,
			i->destinations, i->def.n_destinations) &&
		times_cover(o, i);
}

static void check_everything(struct rule_context *ctx, const struct rule *r)
{
	const struct conf_node *n = r->node;
	struct diag *e;

	if (r->def.when != 0)
		return;
	if (action_refuses(r->def.action))
		e = conf_error(ctx->conf, n, P_EVERYTHING, ctx->diags,
			"the rule matches everything: every application would be refused every "
			"file");
	else
		e = diags_warning(ctx->diags, P_EVERYTHING, conf_file(ctx->conf), n->line, n->col,
			"the rule matches everything");
	diag_hint(e, "say `when`, as in `when: {family: any}`");
}

void rules_check(struct rule_context *ctx, const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_everything(ctx, &rules[i]);
		for (size_t k = 0; k < i; k++)
			if (covers(&rules[k], &rules[i])) {
				(void)conf_error(ctx->conf, rules[i].node, P_UNREACHABLE,
					ctx->diags,
					"rule `%s` can never match: rule `%s` in line %u matches "
					"all that it would",
					rules[i].def.name, rules[k].def.name, rules[k].node->line);
				break;
			}
	}
	if (n > 0 && rules[n - 1].def.action == ACTION_ALLOW)
		(void)diags_warning(ctx->diags, P_NEEDLESS, conf_file(ctx->conf),
			rules[n - 1].node->line, rules[n - 1].node->col,
			"rule `%s` decides nothing: what no rule matches is allowed anyway",
			rules[n - 1].def.name);
}
