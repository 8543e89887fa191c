/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/hash.h"
#include "model/posture.h"
#include "policydiff/internal.h"

#define MINUTES_A_WEEK  10080U
#define NSEC_PER_MINUTE (60 * NSEC_PER_SEC)

const uint32_t domain_conditions[POLICYDIFF_DIM_MAX] = {
	[POLICYDIFF_READING] = POLICY_WHEN_COMPLETENESS | POLICY_WHEN_REASON,
	[POLICYDIFF_CHANNEL] = POLICY_WHEN_CHANNEL,
	[POLICYDIFF_LEVEL] = POLICY_WHEN_LEVEL,
	[POLICYDIFF_APP] = POLICY_WHEN_APP | POLICY_WHEN_CATEGORY,
	[POLICYDIFF_TAGS] = POLICY_WHEN_TAG,
	[POLICYDIFF_POSTURE] = POLICY_WHEN_POSTURE,
	[POLICYDIFF_MEETING] = POLICY_WHEN_MEETING,
	[POLICYDIFF_USER] = POLICY_WHEN_USER,
	[POLICYDIFF_GROUPS] = POLICY_WHEN_GROUP,
	[POLICYDIFF_PATH] = POLICY_WHEN_PATH,
	[POLICYDIFF_DESTINATION] = POLICY_WHEN_DESTINATION,
	[POLICYDIFF_WEEK] = POLICY_WHEN_TIME,
};

int values_add(struct values *l, struct policydiff_value v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct policydiff_value *grown = realloc(l->v, cap * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->v = grown;
		l->cap = cap;
	}
	l->v[l->n++] = v;
	return 0;
}

static const struct policy_rule *rule_at(const struct policydiff *d, unsigned side, uint32_t i)
{
	return &d->side[side].policy->rules[i];
}

/* ---- sets of which a rule names any ---- */

static uint32_t named(const struct policydiff *d, uint32_t when, size_t offset)
{
	uint32_t all = 0;

	for (unsigned s = 0; s < 2; s++)
		for (uint32_t i = 0; i < d->n_rules[s]; i++) {
			const struct policy_rule *r = rule_at(d, s, i);
			uint32_t set;

			memcpy(&set, (const uint8_t *)r + offset, sizeof(set));
			if (r->when & when)
				all |= set;
		}
	return all;
}

/* The empty set, then one and two of `all`, each with the rest of `v`. */
static int add_subsets(struct values *l, struct policydiff_value v, uint32_t all, bool empty)
{
	int r = empty ? values_add(l, v) : 0;

	for (unsigned i = 0; r == 0 && i < 32; i++)
		for (unsigned k = i; r == 0 && k < 32; k++)
			if ((all >> i & 1) && (all >> k & 1)) {
				v.set = UINT32_C(1) << i | UINT32_C(1) << k;
				r = values_add(l, v);
			}
	return r;
}

static int make_readings(struct policydiff *d, struct values *l)
{
	const uint32_t crashes = REASON_BIT(REASON_TIMED_OUT) | REASON_BIT(REASON_CRASHED);
	uint32_t reasons = named(d, POLICY_WHEN_REASON, offsetof(struct policy_rule, reasons));
	struct policydiff_value v = {.number = COMPLETENESS_FULL};
	uint32_t other = 0;
	int r = values_add(l, v);

	if (d->failures)
		reasons |= crashes;
	/* A reason that nobody names stands for all of them. */
	for (unsigned i = 0; i < REASON_MAX && !other; i++)
		if (!(reasons >> i & 1) && !(crashes >> i & 1))
			other = REASON_BIT(i);
	for (unsigned c = COMPLETENESS_FULL + 1; r == 0 && c < COMPLETENESS_MAX; c++) {
		v.number = c;
		v.set = other;
		v.other = true;
		r = other ? values_add(l, v) : 0;
		v.other = false;
		v.set = 0;
		if (r == 0)
			r = add_subsets(l, v, reasons, false);
	}
	for (unsigned f = FAILURE_NONE + 1; r == 0 && d->failures && f < FAILURE_MAX; f++) {
		v = (struct policydiff_value){.number = COMPLETENESS_UNREADABLE,
			.failure = f,
			.set = failure_reasons((enum failure)f)};
		if (f != FAILURE_UNREADABLE)
			r = values_add(l, v);
	}
	return r;
}

static int make_numbers(struct values *l, uint32_t n)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = values_add(l, (struct policydiff_value){.number = i});
	return r;
}

/* Where there are no `failures`, it is never asked. */
static int make_was(const struct policydiff *d, struct values *l)
{
	static const enum level levels[] = {LEVEL_NONE, LEVEL_INTERNAL, LEVEL_SECRET};
	int r = 0;

	for (size_t i = 0; r == 0 && i < (d->failures ? ARRAY_SIZE(levels) : 1); i++)
		r = values_add(l, (struct policydiff_value){.number = levels[i]});
	return r;
}

static int make_apps(struct policydiff *d, struct values *l)
{
	const struct apptable *a = d->side[0].apps, *b = d->side[1].apps;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < apptable_n(a); i++) {
		const char *id = apptable_id(a, i);

		r = values_add(
			l, (struct policydiff_value){.id = id, .app = {i, apptable_find(b, id)}});
	}
	for (uint32_t i = 0; r == 0 && i < apptable_n(b); i++)
		if (apptable_find(a, apptable_id(b, i)) == APP_NONE)
			r = values_add(l,
				(struct policydiff_value){
					.id = apptable_id(b, i), .app = {APP_NONE, i}});
	/* A policy without any application is never asked. */
	return r == 0 && l->n == 0
		? values_add(l, (struct policydiff_value){.id = "", .app = {APP_NONE, APP_NONE}})
		: r;
}

/* ---- lists of numbers ---- */

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. The words of all rules' lists of a kind. */
static int all_words(const struct policydiff *d, uint32_t when, enum policy_list_kind kind,
	uint32_t **ret, size_t *ret_n)
{
	uint32_t *v = NULL;
	size_t n = 0, kept = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		n = 0;
		for (unsigned s = 0; s < 2; s++)
			for (uint32_t i = 0; i < d->n_rules[s]; i++) {
				const struct policy_rule *r = rule_at(d, s, i);
				const struct policy_list *l = &r->list[kind];

				if (!(r->when & when))
					continue;
				if (pass)
					memcpy(v + n, d->side[s].policy->words + l->first,
						l->n * sizeof(*v));
				n += l->n;
			}
		if (!pass && !(v = calloc(n + 1, sizeof(*v))))
			return -ENOMEM;
	}
	qsort(v, n, sizeof(*v), compare_u32);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	*ret = v;
	*ret_n = kept;
	return 0;
}

static int make_users(struct policydiff *d, struct values *l)
{
	cleanup_with(freep) uint32_t *uids = NULL;
	uint32_t other = UINT32_MAX - 1; /* a user that no policy can name */
	size_t n;
	int r = all_words(d, POLICY_WHEN_USER, POLICY_LIST_USERS, &uids, &n);

	for (size_t i = n; r == 0 && i-- > 0 && uids[i] == other;)
		other--;
	if (r == 0)
		r = values_add(l, (struct policydiff_value){.number = other, .other = true});
	for (size_t i = 0; r == 0 && i < n; i++)
		r = values_add(l, (struct policydiff_value){.number = uids[i]});
	return r;
}

static int make_groups(struct policydiff *d, struct values *l)
{
	cleanup_with(freep) uint32_t *gids = NULL;
	size_t n;
	int r = all_words(d, POLICY_WHEN_GROUP, POLICY_LIST_GROUPS, &gids, &n);

	if (r == 0)
		r = values_add(l, (struct policydiff_value){.other = true});
	for (size_t i = 0; r == 0 && i < n; i++)
		r = values_add(l, (struct policydiff_value){.gids = {gids[i]}, .n_gids = 1});
	d->sampled |= n > PAIRS_MAX;
	for (size_t i = 0; i < n && n <= PAIRS_MAX; i++)
		for (size_t k = i + 1; r == 0 && k < n; k++)
			r = values_add(l,
				(struct policydiff_value){.gids = {gids[i], gids[k]}, .n_gids = 2});
	return r;
}

/* ---- times ---- */

static int compare_time(const void *a, const void *b)
{
	const struct policydiff_value *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static void once_each(struct values *l)
{
	size_t kept = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare_time);
	for (size_t i = 0; i < l->n; i++)
		if (kept == 0 || l->v[kept - 1].time != l->v[i].time)
			l->v[kept++] = l->v[i];
	l->n = kept;
}

/* Where something may begin or end. */
static int make_week(struct policydiff *d, struct values *l)
{
	int r = values_add(l, (struct policydiff_value){0});

	for (unsigned s = 0; s < 2; s++)
		for (uint32_t i = 0; i < d->n_rules[s]; i++) {
			const struct policy_rule *rule = rule_at(d, s, i);
			const struct policy_list *w = &rule->list[POLICY_LIST_TIMES];
			const uint32_t *words = d->side[s].policy->words + w->first;

			for (uint32_t k = 0; (rule->when & POLICY_WHEN_TIME) && k + 1 < w->n;
				k += 2)
				for (uint32_t day = 0; r == 0 && day < 7; day++) {
					uint32_t at[] = {words[k + 1] >> 16, words[k + 1] & 0xffff};

					for (unsigned e = 0; r == 0 && e < 2; e++)
						r = values_add(l,
							(struct policydiff_value){
								.time = (day * 1440 + at[e]) %
									MINUTES_A_WEEK});
					if (r == 0)
						r = values_add(l,
							(struct policydiff_value){
								.time = day * 1440});
				}
		}
	if (r == 0)
		once_each(l);
	return r;
}

static int make_dates(struct policydiff *d, struct values *l)
{
	int r = values_add(l, (struct policydiff_value){.time = d->now});

	for (unsigned s = 0; s < 2; s++)
		for (uint32_t i = 0; r == 0 && i < d->n_rules[s]; i++) {
			const struct policy_rule *rule = rule_at(d, s, i);

			if (rule->valid_from > d->now)
				r = values_add(
					l, (struct policydiff_value){.time = rule->valid_from});
			if (r == 0 && rule->valid_until > d->now)
				r = values_add(
					l, (struct policydiff_value){.time = rule->valid_until});
		}
	if (r == 0)
		once_each(l);
	return r;
}

/* ---- questions ---- */

void domain_put(const struct policydiff *d, enum policydiff_dim dim, size_t value, unsigned side,
	struct question *q)
{
	const struct policydiff_value *v = &d->dims[dim].v[value];

	switch (dim) {
	case POLICYDIFF_READING:
		q->facts.completeness = (uint8_t)v->number;
		q->facts.reasons = v->set;
		q->failure = (enum failure)v->failure;
		break;
	case POLICYDIFF_CHANNEL: q->channel = (enum channel)v->number; break;
	case POLICYDIFF_LEVEL: q->facts.level = (uint8_t)v->number; break;
	case POLICYDIFF_WAS: q->was = (enum level)v->number; break;
	case POLICYDIFF_APP:
		q->app = v->app[side];
		q->category = q->app == APP_NONE ? CATEGORY_OTHER
						 : apptable_category(d->side[side].apps, q->app);
		break;
	case POLICYDIFF_TAGS: q->facts.tags = v->set; break;
	case POLICYDIFF_POSTURE: q->posture = v->set; break;
	case POLICYDIFF_MEETING: q->meeting = v->number != 0; break;
	case POLICYDIFF_USER: q->uid = v->number; break;
	case POLICYDIFF_GROUPS:
		q->gids = v->gids;
		q->n_gids = v->n_gids;
		break;
	case POLICYDIFF_PATH: q->path = v->text; break;
	case POLICYDIFF_DESTINATION: q->destination = v->text; break;
	case POLICYDIFF_WEEK:
	case POLICYDIFF_DATE:
		/* The week's time is the offset's, so that both can be chosen: the clock stands at
		   the date, and the zone is such that it is that minute of the week there. */
		if (dim == POLICYDIFF_DATE)
			q->realtime = v->time;
		else
			q->utc_offset = (int32_t)v->time;
		break;
	case POLICYDIFF_DIM_MAX: break;
	}
}

void domain_settle_time(struct question *q)
{
	uint64_t minute = (q->realtime / NSEC_PER_MINUTE + 4 * 1440) % MINUTES_A_WEEK;
	int64_t wanted = q->utc_offset;

	q->utc_offset = (int32_t)((wanted - (int64_t)minute) * 60);
	if (q->utc_offset <= -7 * 86400 || q->utc_offset > 7 * 86400)
		q->utc_offset = 0;
}

/* ---- which rules a value does not rule out ---- */

static bool passes(const struct policydiff *d, unsigned side, const struct policy_rule *rule,
	enum policydiff_dim dim, const struct question *q)
{
	struct policy_rule only = *rule;
	uint32_t when = rule->when & domain_conditions[dim];

	if (dim == POLICYDIFF_APP && q->app == APP_NONE)
		return false;
	if (dim == POLICYDIFF_DATE)
		return policy_rule_is_valid(rule, q);
	if ((when & POLICY_WHEN_COMPLETENESS) && !(rule->completeness >> q->facts.completeness & 1))
		return false;
	if ((when & POLICY_WHEN_CHANNEL) && !(rule->channels >> q->channel & 1))
		return false;
	if ((when & POLICY_WHEN_LEVEL) && !(rule->levels >> q->facts.level & 1))
		return false;
	if ((when & POLICY_WHEN_CATEGORY) && !(rule->categories >> q->category & 1))
		return false;
	if ((when & POLICY_WHEN_MEETING) && rule->meeting != q->meeting)
		return false;
	if ((when & POLICY_WHEN_APP) &&
		!policy_has_number(d->side[side].policy, &rule->list[POLICY_LIST_APPS], q->app))
		return false;
	only.when = when &
		(POLICY_WHEN_TAG | POLICY_WHEN_REASON | POLICY_WHEN_POSTURE | POLICY_WHEN_USER |
			POLICY_WHEN_GROUP | POLICY_WHEN_TIME | POLICY_WHEN_PATH |
			POLICY_WHEN_DESTINATION);
	return !policy_rule_rest(d->side[side].policy, &only, q);
}

static int make_rows(struct policydiff *d, enum policydiff_dim dim)
{
	struct values *l = &d->dims[dim];

	l->rules = calloc(l->n * d->words + 1, sizeof(uint64_t));
	if (!l->rules)
		return -ENOMEM;
	for (size_t v = 0; v < l->n; v++)
		for (unsigned s = 0; s < 2; s++) {
			struct question q = {.realtime = d->now};

			domain_put(d, dim, v, s, &q);
			if (dim == POLICYDIFF_WEEK)
				domain_settle_time(&q);
			for (uint32_t i = 0; i < d->n_rules[s]; i++)
				if (passes(d, s, rule_at(d, s, i), dim, &q))
					set_bit(l->rules + v * d->words,
						(s ? d->first_word * 64 : 0) + i);
		}
	return 0;
}

/* ---- what `failures` ask about ---- */

static uint64_t app_key(const struct policydiff *d, const struct policydiff_value *v)
{
	uint64_t key = (uint64_t)(v->app[0] == APP_NONE) << 1 | (uint64_t)(v->app[1] == APP_NONE);

	for (unsigned s = 0; s < 2 && d->failures; s++) {
		const struct policy *p = d->side[s].policy;

		if (v->app[s] == APP_NONE)
			continue;
		key = key * 31 + 1 + (uint64_t)apptable_category(d->side[s].apps, v->app[s]);
		for (uint32_t i = 0; i < p->header->n_failures; i++)
			key = key * 31 +
				(p->failures[i].asks_app &&
					policy_has_number(p, &p->failures[i].apps, v->app[s]));
	}
	return key;
}

static uint64_t key_of(
	const struct policydiff *d, enum policydiff_dim dim, const struct policydiff_value *v)
{
	const uint32_t crashes = REASON_BIT(REASON_TIMED_OUT) | REASON_BIT(REASON_CRASHED);
	const struct facts_brief f = {.completeness = (uint8_t)v->number, .reasons = v->set};

	if (dim == POLICYDIFF_APP)
		return app_key(d, v);
	if (!d->failures)
		return 0;
	if (dim == POLICYDIFF_READING)
		return ((uint64_t)v->failure * FAILURE_MAX + (uint64_t)facts_failure(&f)) << 32 |
			(uint64_t)(v->number == COMPLETENESS_FULL) << 31 | (v->set & crashes);
	if (dim == POLICYDIFF_CHANNEL)
		return v->number == CHANNEL_RECEIVE || v->number == CHANNEL_AT_REST;
	if (dim == POLICYDIFF_LEVEL)
		return v->number == LEVEL_NONE ? 0
					       : 1 + (uint64_t)level_may_be((enum level)v->number);
	return dim == POLICYDIFF_WAS ? v->number : 0;
}

static int make_keys(struct policydiff *d, enum policydiff_dim dim)
{
	struct values *l = &d->dims[dim];

	l->keys = calloc(l->n + 1, sizeof(*l->keys));
	if (!l->keys)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		l->keys[i] = key_of(d, dim, &l->v[i]);
	return 0;
}

int domain_make(struct policydiff *d)
{
	struct values *l = d->dims;
	int r;

	for (unsigned s = 0; s < 2; s++)
		d->n_rules[s] = policy_n_rules(d->side[s].policy);
	d->first_word = (d->n_rules[0] + 63) / 64;
	d->words = d->first_word + (d->n_rules[1] + 63) / 64 + 1;
	kinds_of_failures(d);
	r = make_readings(d, &l[POLICYDIFF_READING]);
	if (r == 0)
		r = make_numbers(&l[POLICYDIFF_CHANNEL], CHANNEL_MAX);
	if (r == 0)
		r = make_numbers(&l[POLICYDIFF_LEVEL], LEVEL_MAX);
	if (r == 0)
		r = make_was(d, &l[POLICYDIFF_WAS]);
	if (r == 0)
		r = make_apps(d, &l[POLICYDIFF_APP]);
	if (r == 0)
		r = add_subsets(&l[POLICYDIFF_TAGS], (struct policydiff_value){0},
			named(d, POLICY_WHEN_TAG, offsetof(struct policy_rule, tags)), true);
	if (r == 0)
		r = add_subsets(&l[POLICYDIFF_POSTURE], (struct policydiff_value){0},
			named(d, POLICY_WHEN_POSTURE, offsetof(struct policy_rule, posture)), true);
	if (r == 0)
		r = make_numbers(&l[POLICYDIFF_MEETING], 2);
	if (r == 0)
		r = make_users(d, &l[POLICYDIFF_USER]);
	if (r == 0)
		r = make_groups(d, &l[POLICYDIFF_GROUPS]);
	if (r == 0)
		r = texts_make(d, &l[POLICYDIFF_PATH], POLICYDIFF_PATH);
	if (r == 0)
		r = texts_make(d, &l[POLICYDIFF_DESTINATION], POLICYDIFF_DESTINATION);
	if (r == 0)
		r = make_week(d, &l[POLICYDIFF_WEEK]);
	if (r == 0)
		r = make_dates(d, &l[POLICYDIFF_DATE]);
	for (unsigned dim = 0; r == 0 && dim < POLICYDIFF_DIM_MAX; dim++)
		r = make_keys(d, (enum policydiff_dim)dim);
	for (unsigned dim = 0; r == 0 && dim < POLICYDIFF_DIM_MAX; dim++)
		r = make_rows(d, (enum policydiff_dim)dim);
	d->same_apps = true;
	for (size_t i = 0; i < l[POLICYDIFF_APP].n; i++)
		d->same_apps &= (l[POLICYDIFF_APP].v[i].app[0] == APP_NONE) ==
			(l[POLICYDIFF_APP].v[i].app[1] == APP_NONE);
	return r < 0 ? r : kinds_make(d);
}

void domain_free(struct policydiff *d)
{
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++) {
		for (size_t i = 0; i < d->dims[dim].n; i++)
			free(d->dims[dim].v[i].text);
		free(d->dims[dim].v);
		free(d->dims[dim].rules);
		free(d->dims[dim].keys);
	}
	free(d->kind);
}
