/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules can never have a say. Sound, not complete: a rule is called unreachable only where
 * one earlier rule surely matches all that it matches, or several do that differ in one of the sets
 * (levels, completeness, channels, categories) alone.
 */
#include <errno.h>
#include <string.h>

#include "base/glob.h"
#include "policyfile/reach.h"

#define BITS(n)     ((UINT32_C(1) << (n)) - 1)
#define MEETING_MAX 2 /* none, one */

static const char *const dimension_names[DIMENSION_MAX] = {
	"levels", "kinds of completeness", "channels", "categories", "meetings"};

/* The condition's set, or everything where the rule does not ask. */
static uint32_t effective(const struct rule *r, enum policy_condition c, uint32_t set, unsigned max)
{
	return r->def.when & c ? set : BITS(max);
}

uint32_t reach_set(const struct rule *r, enum dimension d)
{
	switch (d) {
	case DIMENSION_LEVEL: return effective(r, POLICY_WHEN_LEVEL, r->def.levels, LEVEL_MAX);
	case DIMENSION_COMPLETENESS:
		return effective(
			r, POLICY_WHEN_COMPLETENESS, r->def.completeness, COMPLETENESS_MAX);
	case DIMENSION_CHANNEL:
		return effective(r, POLICY_WHEN_CHANNEL, r->def.channels, CHANNEL_MAX);
	case DIMENSION_CATEGORY:
		return effective(r, POLICY_WHEN_CATEGORY, r->def.categories, CATEGORY_MAX) &
			effective(r, POLICY_WHEN_APP, r->app_categories, CATEGORY_MAX);
	case DIMENSION_MEETING:
		return effective(r, POLICY_WHEN_MEETING, r->def.meeting ? 2 : 1, MEETING_MAX);
	case DIMENSION_MAX: break;
	}
	return 0;
}

static uint32_t full_set(enum dimension d)
{
	static const unsigned max[DIMENSION_MAX] = {
		LEVEL_MAX, COMPLETENESS_MAX, CHANNEL_MAX, CATEGORY_MAX, MEETING_MAX};

	return BITS(max[d]);
}

/* What `o` surely matches of the dimension, whatever application asks. */
static uint32_t outer_set(const struct rule *o, enum dimension d)
{
	if (d == DIMENSION_CATEGORY)
		return effective(o, POLICY_WHEN_CATEGORY, o->def.categories, CATEGORY_MAX);
	return reach_set(o, d);
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
	return (!asks(o, POLICY_WHEN_POSTURE) ||
		       (asks(i, POLICY_WHEN_POSTURE) &&
			       is_subset(i->def.posture, o->def.posture))) &&
		(!asks(o, POLICY_WHEN_TAG) ||
			(asks(i, POLICY_WHEN_TAG) && is_subset(i->def.tags, o->def.tags))) &&
		(!asks(o, POLICY_WHEN_REASON) ||
			(asks(i, POLICY_WHEN_REASON) && is_subset(i->def.reasons, o->def.reasons)));
}

/* Both are sorted. */
static bool numbers_cover(const struct rule *o, const struct rule *i, enum policy_condition c,
	const uint32_t *outer, size_t n_outer, const uint32_t *inner, size_t n_inner,
	uint64_t *steps)
{
	size_t j = 0;

	if (!asks(o, c))
		return true;
	if (!asks(i, c) || n_inner == 0 || !reach_step(steps, (n_outer + n_inner) / 16))
		return false;
	for (size_t k = 0; k < n_inner; k++) {
		while (j < n_outer && outer[j] < inner[k])
			j++;
		if (j == n_outer || outer[j] != inner[k])
			return false;
	}
	return true;
}

static bool glob_is_covered(
	const char *const *outer, size_t n_outer, const char *inner, bool fold, uint64_t *steps)
{
	for (size_t j = 0; j < n_outer && reach_step(steps, 1); j++)
		if (glob_covers(outer[j], inner, fold))
			return true;
	return false;
}

static bool globs_cover(const struct rule *o, const struct rule *i, enum policy_condition c,
	const char *const *outer, size_t n_outer, const char *const *inner, size_t n_inner,
	uint64_t *steps)
{
	if (!asks(o, c) || (c == POLICY_WHEN_PATH && o->any_path))
		return true;
	if (!asks(i, c) || n_inner == 0)
		return false;
	for (size_t k = 0; k < n_inner; k++)
		if (!glob_is_covered(outer, n_outer, inner[k], c == POLICY_WHEN_DESTINATION, steps))
			return false;
	return true;
}

static bool dates_cover(const struct rule *o, const struct rule *i)
{
	if (!o->begun && o->def.valid_from > i->def.valid_from)
		return false;
	if (o->def.valid_until != 0 &&
		(i->def.valid_until == 0 || i->def.valid_until > o->def.valid_until))
		return false;
	return true;
}

/* All but the dimensions and the hours. */
static bool rest_covers(const struct rule *o, const struct rule *i, uint64_t *steps)
{
	return sets_cover(o, i) && dates_cover(o, i) &&
		numbers_cover(o, i, POLICY_WHEN_APP, o->apps, o->def.n_apps, i->apps, i->def.n_apps,
			steps) &&
		numbers_cover(o, i, POLICY_WHEN_USER, o->users, o->def.n_users, i->users,
			i->def.n_users, steps) &&
		numbers_cover(o, i, POLICY_WHEN_GROUP, o->groups, o->def.n_groups, i->groups,
			i->def.n_groups, steps) &&
		globs_cover(o, i, POLICY_WHEN_PATH, o->paths, o->def.n_paths, i->paths,
			i->def.n_paths, steps) &&
		globs_cover(o, i, POLICY_WHEN_DESTINATION, o->destinations, o->def.n_destinations,
			i->destinations, i->def.n_destinations, steps);
}

/* The dimensions in which `o` leaves something of `i`; a set bit each. */
static uint32_t left_open(const struct rule *o, const struct rule *i)
{
	uint32_t open = 0;

	for (unsigned d = 0; d < DIMENSION_MAX; d++)
		if (!is_subset(reach_set(i, d), outer_set(o, d)))
			open |= 1U << d;
	return open;
}

static void say_unreachable(struct rule_context *ctx, const struct rule *by, const struct rule *r)
{
	bool here = by->conf == r->conf;
	struct diag *e = conf_error(r->conf, r->node, P_UNREACHABLE, ctx->diags,
		"rule `%s` can never match: rule `%s` in line %u%s%s matches all that it would",
		r->def.name, by->def.name, by->node->line, here ? "" : " of ",
		here ? "" : conf_file(by->conf));

	if (by->def.action != r->def.action)
		diag_hint(e,
			"they contradict each other: `%s` says %s, `%s` says %s; the first decides",
			by->def.name, action_name(by->def.action), r->def.name,
			action_name(r->def.action));
}

/* What earlier rules fill together. */
struct filled {
	uint32_t sets[DIMENSION_MAX];
	struct week week;
};

#define OPEN_HOURS (UINT32_C(1) << DIMENSION_MAX) /* beside left_open()'s bits */

static bool hours_cover(const struct rule *o, const struct rule *i)
{
	return !asks(o, POLICY_WHEN_TIME) || o->always ||
		(asks(i, POLICY_WHEN_TIME) && i->def.n_times > 0 && week_covers(o->week, i->week));
}

/* True where nothing of `r` is left in the dimension that `o` alone leaves open. */
static bool fill(struct filled *f, const struct rule *o, const struct rule *r, uint32_t open)
{
	unsigned d = (unsigned)__builtin_ctz(open);

	if (open != OPEN_HOURS) {
		f->sets[d] |= outer_set(o, d);
		return is_subset(reach_set(r, d), f->sets[d]);
	}
	for (size_t k = 0; k < ARRAY_SIZE(f->week.minutes); k++)
		f->week.minutes[k] |= o->week->minutes[k];
	if (!asks(r, POLICY_WHEN_TIME)) {
		struct week all;

		week_fill(&all);
		return week_covers(&f->week, &all);
	}
	return r->def.n_times > 0 && week_covers(&f->week, r->week);
}

/* A rule, and those before it that might match all that it does. */
struct compared {
	struct rule_context *ctx;
	const struct rule *rules;
	size_t at;
	const uint32_t *before;
	size_t n_before;
	uint64_t steps; /* left for all rules */
};

static void check_reach(struct compared *c)
{
	struct rule_context *ctx = c->ctx;
	const struct rule *r = &c->rules[c->at];
	struct filled filled = {0};

	for (size_t k = 0; k < c->n_before && reach_step(&c->steps, 1); k++) {
		const struct rule *o = &c->rules[c->before[k]];
		uint32_t open = left_open(o, r) | (hours_cover(o, r) ? 0 : OPEN_HOURS);

		if ((open & (open - 1)) != 0 || !rest_covers(o, r, &c->steps))
			continue;
		if (open == 0) {
			say_unreachable(ctx, o, r);
			return;
		}
		if (!fill(&filled, o, r, open))
			continue;
		(void)conf_error(r->conf, r->node, P_UNREACHABLE, ctx->diags,
			"rule `%s` can never match: earlier rules, the last of them `%s` in line "
			"%u, "
			"match all of its %s",
			r->def.name, o->def.name, o->node->line,
			open == OPEN_HOURS ? "hours" : dimension_names[__builtin_ctz(open)]);
		return;
	}
}

/* An earlier rule takes every open that this one would refuse: what is left to it, as what was
   received, can only be recorded. */
static void check_opens(struct compared *c)
{
	const uint32_t open = UINT32_C(1) << CHANNEL_OPEN;
	const struct rule *r = &c->rules[c->at];

	if (!action_refuses(r->def.action) || !(reach_set(r, DIMENSION_CHANNEL) & open))
		return;
	for (size_t k = 0; k < c->n_before && reach_step(&c->steps, 1); k++) {
		const struct rule *o = &c->rules[c->before[k]];

		if (action_refuses(o->def.action) || !(reach_set(o, DIMENSION_CHANNEL) & open) ||
			left_open(o, r) != UINT32_C(1) << DIMENSION_CHANNEL || !hours_cover(o, r) ||
			!rest_covers(o, r, &c->steps))
			continue;
		(void)diags_warning(c->ctx->diags, P_SHADOWS, conf_file(r->conf), r->node->line,
			r->node->col,
			"rule `%s` refuses no open any more: rule `%s` in line %u lets all of them "
			"pass",
			r->def.name, o->def.name, o->node->line);
		return;
	}
}

/* Also where it asks for every value there is. */
static bool matches_everything(const struct rule *r)
{
	const uint32_t sets = POLICY_WHEN_LEVEL | POLICY_WHEN_COMPLETENESS | POLICY_WHEN_CHANNEL |
		POLICY_WHEN_CATEGORY | POLICY_WHEN_MEETING;
	uint32_t rest = r->def.when & ~sets;

	for (unsigned d = 0; d < DIMENSION_MAX; d++)
		if (!is_subset(full_set(d), reach_set(r, d)))
			return false;
	if ((rest & POLICY_WHEN_PATH) && r->any_path)
		rest &= ~(uint32_t)POLICY_WHEN_PATH;
	if ((rest & POLICY_WHEN_TIME) && r->always)
		rest &= ~(uint32_t)POLICY_WHEN_TIME;
	return rest == 0;
}

static void check_everything(struct rule_context *ctx, const struct rule *r)
{
	const struct conf_node *n = r->node;
	struct diag *e;

	if (!matches_everything(r))
		return;
	if (action_refuses(r->def.action))
		e = conf_error(r->conf, n, P_EVERYTHING, ctx->diags,
			"the rule matches everything: every application would be refused every "
			"file");
	else
		e = diags_warning(ctx->diags, P_EVERYTHING, conf_file(r->conf), n->line, n->col,
			"the rule matches everything");
	diag_hint(e, "say `when`, as in `when: {family: any}`");
}

/* A rule that allows without a word about levels lets state secrets pass as well. Who means it can
   say so. */
static void say_shadows(struct rule_context *ctx, const struct rule *r, const struct rule *later)
{
	diag_hint(diags_warning(ctx->diags, P_SHADOWS, conf_file(r->conf), r->node->line,
			  r->node->col, "rule `%s` %s, which rule `%s` in line %u would refuse",
			  r->def.name, reach_weaker(r, later), later->def.name, later->node->line),
		"where that is meant, say `family: any`; else `level: [none, internal]`");
}

bool reach_step(uint64_t *steps, uint64_t n)
{
	if (*steps < n)
		*steps = 0; /* that there was too much is told by it */
	else
		*steps -= n;
	return *steps > 0;
}

/* The last `allow`, and where there was too much to compare. */
static void check_end(struct compared *c, const struct rule *last)
{
	if (last->def.action == ACTION_ALLOW)
		(void)diags_warning(c->ctx->diags, P_NEEDLESS, conf_file(last->conf),
			last->node->line, last->node->col,
			"rule `%s` decides nothing: what no rule matches is allowed anyway",
			last->def.name);
	if (c->steps == 0)
		diag_hint(diags_warning(c->ctx->diags, P_NOT_COMPARED, conf_file(last->conf),
				  last->node->line, last->node->col,
				  "the rules are too many and too much alike to compare them all: "
				  "some may be unreachable without a word"),
			"join rules that differ in one value to one with a list");
}

int rules_check(struct rule_context *ctx, const struct rule *rules, size_t n)
{
	struct compared c = {.ctx = ctx, .rules = rules, .steps = REACH_STEPS_MAX};
	cleanup_with(freep) size_t *shadows = calloc(n + 1, sizeof(*shadows));
	struct reach_index *index = NULL;
	int r = shadows ? reach_shadows(rules, n, &c.steps, shadows) : -ENOMEM;

	if (r == 0)
		r = reach_index_new(rules, n, &index);
	for (size_t i = 0; r == 0 && i < n; i++) {
		c.at = i;
		r = reach_index_before(index, i, &c.before, &c.n_before);
		if (r < 0)
			break;
		check_everything(ctx, &rules[i]);
		check_reach(&c);
		if (shadows[i] != SIZE_MAX)
			say_shadows(ctx, &rules[i], &rules[shadows[i]]);
		check_opens(&c);
	}
	reach_index_free(index);
	if (r == 0 && n > 0)
		check_end(&c, &rules[n - 1]);
	return r;
}
