/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules without a level, and the later ones about state secrets that they come before. From the
 * last rule to the first, with the nearest of each kind in mind: whether two meet is said by their
 * kinds alone, and of these there are few.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policyfile/reach.h"

/* Rules that refuse state secrets alike. */
struct kind {
	uint32_t sets[DIMENSION_MAX];
	size_t nearest;
};

struct kinds {
	const struct rule *rules;
	struct kind *v;
	size_t n, cap;
	uint64_t *steps;
};

static bool has_apps(const struct rule *r)
{
	return r->def.when & POLICY_WHEN_APP;
}

static bool same_apps(const struct rule *a, const struct rule *b)
{
	return has_apps(a) == has_apps(b) && a->def.n_apps == b->def.n_apps &&
		(a->def.n_apps == 0 ||
			memcmp(a->apps, b->apps, a->def.n_apps * sizeof(*a->apps)) == 0);
}

/* Both are sorted. */
static bool share_apps(const struct rule *a, const struct rule *b)
{
	size_t i = 0, k = 0;

	if (!has_apps(a) || !has_apps(b))
		return true;
	while (i < a->def.n_apps && k < b->def.n_apps && a->apps[i] != b->apps[k]) {
		if (a->apps[i] < b->apps[k])
			i++;
		else
			k++;
	}
	return i < a->def.n_apps && k < b->def.n_apps;
}

static void fill(struct kind *k, const struct rule *r, size_t at)
{
	for (unsigned d = 0; d < DIMENSION_MAX; d++)
		k->sets[d] = reach_set(r, d);
	k->nearest = at;
}

static bool is_of(const struct kinds *kinds, const struct kind *k, const struct kind *x)
{
	const struct rule *a = &kinds->rules[k->nearest], *b = &kinds->rules[x->nearest];

	return memcmp(k->sets, x->sets, sizeof(k->sets)) == 0 && a->def.action == b->def.action &&
		a->def.monitor == b->def.monitor && same_apps(a, b);
}

static int add(struct kinds *kinds, size_t at)
{
	struct kind x;

	fill(&x, &kinds->rules[at], at);
	for (size_t i = 0; i < kinds->n && reach_step(kinds->steps, 1); i++)
		if (is_of(kinds, &kinds->v[i], &x)) {
			kinds->v[i].nearest = at;
			return 0;
		}
	if (kinds->n == kinds->cap) {
		size_t cap = kinds->cap ? 2 * kinds->cap : 64;
		struct kind *v = realloc(kinds->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		kinds->v = v;
		kinds->cap = cap;
	}
	kinds->v[kinds->n++] = x;
	return 0;
}

/* What the later rule refuses goes on, or may go on, by the earlier one. */
const char *reach_weaker(const struct rule *r, const struct rule *later)
{
	bool records = r->def.monitor && !later->def.monitor;

	if (!action_refuses(later->def.action))
		return NULL;
	if (!action_refuses(r->def.action))
		return "lets state secrets pass too";
	if (records)
		return "only records state secrets (`mode: monitor`) too";
	return r->def.action == ACTION_JUSTIFY && later->def.action == ACTION_BLOCK
		? "lets state secrets pass for a reason too"
		: NULL;
}

/* Whether there are questions that both match, as far as the sets tell. */
static bool meet(const struct kind *a, const struct kind *b)
{
	for (unsigned d = 0; d < DIMENSION_MAX; d++)
		if (!(a->sets[d] & b->sets[d]))
			return false;
	return true;
}

static size_t nearest(const struct kinds *kinds, size_t at)
{
	const struct rule *r = &kinds->rules[at];
	size_t best = SIZE_MAX;
	struct kind own;

	fill(&own, r, at);
	for (size_t i = 0; i < kinds->n && reach_step(kinds->steps, 1); i++) {
		const struct kind *k = &kinds->v[i];
		const struct rule *later = &kinds->rules[k->nearest];

		if (k->nearest < best && reach_weaker(r, later) && meet(&own, k) &&
			share_apps(r, later))
			best = k->nearest;
	}
	return best;
}

int reach_shadows(const struct rule *rules, size_t n, uint64_t *steps, size_t *ret)
{
	const uint32_t state_secret = 1U << LEVEL_CONFIDENTIAL | 1U << LEVEL_SECRET |
		1U << LEVEL_TOP_SECRET;
	struct kinds kinds = {.rules = rules, .steps = steps};
	int r = 0;

	for (size_t i = n; r == 0 && i-- > 0;) {
		bool of_levels = rules[i].def.when & POLICY_WHEN_LEVEL;

		ret[i] = of_levels || rules[i].def.when == 0 ? SIZE_MAX : nearest(&kinds, i);
		if (of_levels && (rules[i].def.levels & state_secret) &&
			action_refuses(rules[i].def.action))
			r = add(&kinds, i);
	}
	free(kinds.v);
	return r;
}
