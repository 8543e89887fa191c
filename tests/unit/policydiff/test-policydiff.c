/* SPDX-License-Identifier: Apache-2.0 */
/* What changes between two policies: known cases, and random policies against random questions. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "decide/policy_builder.h"
#include "model/posture.h"
#include "policydiff/diff.h"

#define NOW   (UINT64_C(1790000000) * NSEC_PER_SEC)
#define RULES 6

struct made {
	struct buf policy_blob, apps_blob;
	struct policy *policy;
	struct apptable *apps;
};

static void made_done(struct made *m)
{
	policy_close(m->policy);
	apptable_close(m->apps);
	buf_done(&m->policy_blob);
	buf_done(&m->apps_blob);
}

/* Applications a, b, c, d; `n` of them. */
static void make(struct made *m, const struct policy_rule_def *rules, size_t n_rules,
	enum mode mode, unsigned n_apps)
{
	static const char *const ids[] = {"a", "b", "c", "d"};
	static const enum category categories[] = {
		CATEGORY_CHAT, CATEGORY_CHAT, CATEGORY_BROWSER, CATEGORY_MEETING};
	struct apptable_builder *apps;
	struct policy_builder *b;
	uint32_t app;

	assert_int_equal(apptable_builder_new(&apps), 0);
	for (unsigned i = 0; i < n_apps; i++) {
		assert_int_equal(
			apptable_builder_app(apps, ids[i], ids[i], categories[i], &app), 0);
		assert_int_equal(apptable_builder_pattern(apps, app, APP_PATTERN_SNAP, ids[i]), 0);
	}
	assert_int_equal(apptable_builder_finish(apps, &m->apps_blob), 0);
	apptable_builder_free(apps);
	assert_int_equal(policy_builder_new(&b), 0);
	for (size_t i = 0; i < n_rules; i++)
		assert_int_equal(policy_builder_add(b, &rules[i]), 0);
	assert_int_equal(policy_builder_finish(b, mode, 1, &m->policy_blob), 0);
	policy_builder_free(b);
	assert_int_equal(policy_open(buf_view(&m->policy_blob), &m->policy), 0);
	assert_int_equal(apptable_open(buf_view(&m->apps_blob), &m->apps), 0);
}

static struct policydiff *diff(const struct made *a, const struct made *b)
{
	struct policydiff_side x = {a->policy, a->apps}, y = {b->policy, b->apps};
	struct policydiff *d;

	assert_int_equal(policydiff_new(&x, &y, NOW, &d), 0);
	return d;
}

#define SECRET (1U << LEVEL_SECRET | 1U << LEVEL_TOP_SECRET)

static void one_change(void **state)
{
	const struct policy_rule_def old[] = {
		{.name = "log", .action = ACTION_LOG, .when = POLICY_WHEN_LEVEL, .levels = SECRET}};
	const struct policy_rule_def new[] = {
		{.name = "block",
			.action = ACTION_BLOCK,
			.when = POLICY_WHEN_LEVEL | POLICY_WHEN_CATEGORY,
			.levels = SECRET,
			.categories = 1U << CATEGORY_CHAT},
		old[0]};
	cleanup_with(made_done) struct made a = {0}, b = {0};
	const struct policydiff_change *c;
	struct policydiff *d;

	(void)state;
	make(&a, old, 1, MODE_ENFORCE, 4);
	make(&b, new, 2, MODE_ENFORCE, 4);
	d = diff(&a, &b);
	assert_false(policydiff_is_same(d));
	assert_false(policydiff_is_weaker(d));
	assert_int_equal(policydiff_n(d), 1); /* one region, not one per level and application */
	c = policydiff_at(d, 0);
	assert_int_equal(c->before.action, ACTION_LOG);
	assert_int_equal(c->after.action, ACTION_BLOCK);
	assert_true(c->in[POLICYDIFF_CHANNEL].any && c->in[POLICYDIFF_READING].any);
	for (size_t v = 0; v < LEVEL_MAX; v++)
		assert_int_equal(policydiff_has(c, POLICYDIFF_LEVEL, v), SECRET >> v & 1);
	for (size_t v = 0; v < 4; v++)
		assert_int_equal(policydiff_has(c, POLICYDIFF_APP, v), v < 2);
	policydiff_free(d);
	d = diff(&b, &a);
	assert_int_equal(policydiff_n(d), 1);
	assert_true(policydiff_is_weaker(d));
	policydiff_free(d);
}

static void what_has_no_effect(void **state)
{
	struct policy_rule_def rules[] = {
		{.name = "x", .action = ACTION_BLOCK, .when = POLICY_WHEN_LEVEL, .levels = SECRET},
		{.name = "y",
			.action = ACTION_LOG,
			.when = POLICY_WHEN_LEVEL,
			.levels = 1U << LEVEL_INTERNAL},
		{.name = "never",
			.action = ACTION_BLOCK,
			.when = POLICY_WHEN_LEVEL,
			.levels = 1U << LEVEL_SECRET},
	};
	const struct policy_rule_def turned[] = {rules[1], rules[0]};
	cleanup_with(made_done) struct made a = {0}, b = {0}, c = {0}, e = {0}, k = {0};
	struct policydiff *d;

	(void)state;
	make(&a, rules, 3, MODE_ENFORCE, 4);
	make(&b, turned, 2, MODE_ENFORCE, 4);
	d = diff(&a, &b);
	assert_true(policydiff_is_same(d));
	policydiff_free(d);
	rules[0].name = "another name";
	make(&c, rules, 3, MODE_ENFORCE, 4);
	d = diff(&a, &c);
	assert_true(policydiff_is_same(d));
	policydiff_free(d);
	rules[0].message = "a message that people see";
	make(&e, rules, 3, MODE_ENFORCE, 4);
	d = diff(&a, &e);
	assert_int_equal(policydiff_n(d), 1);
	assert_false(policydiff_is_weaker(d));
	policydiff_free(d);
	/* Whether documents are kept is a change, and no weaker protection. */
	rules[0].evidence = true;
	make(&k, rules, 3, MODE_ENFORCE, 4);
	d = diff(&e, &k);
	assert_int_equal(policydiff_n(d), 1);
	assert_false(policydiff_is_same(d));
	assert_false(policydiff_is_weaker(d));
	policydiff_free(d);
}

static void applications_come_and_go(void **state)
{
	const struct policy_rule_def rules[] = {
		{.name = "x", .action = ACTION_BLOCK, .when = POLICY_WHEN_LEVEL, .levels = SECRET}};
	cleanup_with(made_done) struct made a = {0}, b = {0};
	const struct policydiff_change *c;
	struct policydiff *d;

	(void)state;
	make(&a, rules, 1, MODE_ENFORCE, 4);
	make(&b, rules, 1, MODE_ENFORCE, 3);
	d = diff(&a, &b);
	assert_int_equal(policydiff_n(d), 1);
	c = policydiff_at(d, 0);
	assert_true(c->absent[1] && !c->absent[0]);
	assert_string_equal(policydiff_value(d, POLICYDIFF_APP, 3)->id, "d");
	assert_true(policydiff_has(c, POLICYDIFF_APP, 3) && !policydiff_has(c, POLICYDIFF_APP, 0));
	assert_int_equal(policydiff_app(d, 3), POLICYDIFF_APP_REMOVED);
	assert_true(policydiff_is_weaker(d));
	policydiff_free(d);
	d = diff(&b, &a);
	assert_int_equal(policydiff_app(d, 3), POLICYDIFF_APP_ADDED);
	assert_false(policydiff_is_weaker(d));
	policydiff_free(d);
}

static void monitoring_is_weaker(void **state)
{
	const struct policy_rule_def rules[] = {
		{.name = "x", .action = ACTION_BLOCK, .when = POLICY_WHEN_LEVEL, .levels = SECRET}};
	cleanup_with(made_done) struct made a = {0}, b = {0};
	struct policydiff *d;

	(void)state;
	make(&a, rules, 1, MODE_ENFORCE, 4);
	make(&b, rules, 1, MODE_MONITOR, 4);
	d = diff(&a, &b);
	assert_true(policydiff_is_weaker(d));
	assert_int_equal(policydiff_at(d, 0)->after.action, ACTION_LOG);
	policydiff_free(d);
}

/* ---- random ---- */

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % n;
}

static const char *const paths[] = {"/home/**", "/home/lan/*", "/srv/**/*.docx", "**/secret/**"};
static const char *const sites[] = {"*.example", "zalo.me", "chat.*"};
static const uint32_t numbers[] = {1000, 1001, 1002};
static const uint32_t app_numbers[] = {0, 1, 2};

static struct policy_rule_def random_rule(unsigned i)
{
	static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5"};
	static struct policy_window windows[RULES][2];
	struct policy_window *w = windows[i];
	struct policy_rule_def r = {.name = names[i],
		.action = (enum action)below(ACTION_BLOCK + 1),
		.levels = 1 + below((1U << LEVEL_MAX) - 1),
		.completeness = 1 + below((1U << COMPLETENESS_MAX) - 1),
		.categories = 1 + below((1U << CATEGORY_MAX) - 1),
		.channels = 1 + below((1U << CHANNEL_MAX) - 1),
		.tags = 1 + below(7),
		.reasons = 1 + below(15),
		.posture = 1 + below(7),
		.meeting = below(2),
		.apps = app_numbers + below(2),
		.n_apps = 1,
		.users = numbers + below(2),
		.n_users = 1 + below(2),
		.groups = numbers + below(2),
		.n_groups = 1 + below(2),
		.paths = paths + below(3),
		.n_paths = 1 + below(2),
		.destinations = sites + below(2),
		.n_destinations = 1 + below(2),
		.times = w,
		.n_times = 1 + below(2)};

	for (unsigned k = 0; k < 2; k++)
		w[k] = (struct policy_window){(uint8_t)(1 + below(127)), (uint16_t)(below(24) * 60),
			(uint16_t)(below(24) * 60)};
	for (unsigned k = 0; k < 3; k++)
		r.when |= 1U << below(14);
	if (below(4) == 0)
		r.valid_until = NOW + (1 + below(3)) * 86400 * NSEC_PER_SEC;
	return r;
}

/* As an opener could ask: read in full is without a reason. */
static void random_question(const struct made *m, struct question *q, uint32_t gids[2])
{
	static const char *const where[] = {"/home/lan/x", "/home/lan/a/x", "/srv/a/b.docx",
		"/srv/b.docx", "/home/a/secret/x", "/opt/x", "/srv/secret/a.docx",
		"/home/secret/x"};
	static const char *const to[] = {"zalo.me", "a.example", "chat.example", "other", NULL};

	*q = (struct question){.facts = {.level = (uint8_t)below(LEVEL_MAX),
				       .completeness = (uint8_t)below(COMPLETENESS_MAX),
				       .tags = below(8)},
		.app = below(apptable_n(m->apps)),
		.channel = (enum channel)below(CHANNEL_MAX),
		.uid = 999 + below(5),
		.path = where[below(ARRAY_SIZE(where))],
		.destination = to[below(ARRAY_SIZE(to))],
		.realtime = NOW + (uint64_t)below(6 * 86400) * NSEC_PER_SEC,
		.meeting = below(2),
		.posture = below(8),
		.gids = gids,
		.n_gids = below(3)};
	gids[0] = 999 + below(5);
	gids[1] = 999 + below(5);
	q->category = apptable_category(m->apps, q->app);
	if (q->facts.completeness != COMPLETENESS_FULL)
		q->facts.reasons = 1 + below(31);
}

static bool agree(const struct made *a, const struct made *b, const struct question *q)
{
	struct verdict x, y;

	policy_decide(a->policy, q, &x);
	policy_decide(b->policy, q, &y);
	return x.action == y.action && x.intended == y.intended;
}

/* Each change that is told is one; and where none is told, no question finds one. */
static void check_pair(const struct policy_rule_def *old, const struct policy_rule_def *new,
	size_t n, unsigned *ret_same)
{
	cleanup_with(made_done) struct made a = {0}, b = {0};
	struct policydiff *d;
	uint32_t gids[2];

	make(&a, old, n, MODE_ENFORCE, 4);
	make(&b, new, n, MODE_ENFORCE, 4);
	d = diff(&a, &b);
	assert_false(policydiff_is_cut(d));
	for (size_t i = 0; i < policydiff_n(d); i++) {
		struct question q;

		policydiff_question(d, i, 0, &q);
		assert_false(agree(&a, &b, &q));
	}
	*ret_same += policydiff_is_same(d);
	for (unsigned i = 0; policydiff_is_same(d) && i < 3000; i++) {
		struct question q;

		random_question(&a, &q, gids);
		if (!agree(&a, &b, &q) && !policydiff_is_sampled(d))
			fail_msg("path %s to %s level %u", q.path,
				q.destination ? q.destination : "-", q.facts.level);
	}
	policydiff_free(d);
}

static void random_policies(void **state)
{
	unsigned same = 0;

	(void)state;
	for (unsigned round = 0; round < 120; round++) {
		struct policy_rule_def old[RULES], new[RULES];
		size_t n = 2 + round % (RULES - 1);

		seed = round * 7919 + 1;
		for (unsigned i = 0; i < n; i++)
			new[i] = old[i] = random_rule(i);
		switch (round % 4) {
		case 0: { /* two change places: often without effect */
			size_t at = below((uint32_t)n - 1);

			new[at] = old[at + 1];
			new[at + 1] = old[at];
			break;
		}
		case 1:
			new[below((uint32_t)n)].action = (enum action)below(ACTION_BLOCK + 1);
			break;
		case 2: new[below((uint32_t)n)].levels = 1 + below((1U << LEVEL_MAX) - 1); break;
		default: new[below((uint32_t)n)].when ^= 1U << below(14);
		}
		check_pair(old, new, n, &same);
	}
	/* both kinds were there */
	assert_true(same > 20 && same < 100);
}

/* Rules enough to meet a bound: it is said, and nothing hangs. */
static void bounded(void **state)
{
	enum { MANY = 400 };
	struct policy_rule_def *old = calloc(MANY, sizeof(*old));
	struct policy_rule_def *new = calloc(MANY, sizeof(*new));
	uint32_t *users = calloc(MANY, sizeof(*users));
	char(*names)[8] = calloc(MANY, sizeof(*names));
	cleanup_with(made_done) struct made a = {0}, b = {0};
	struct policydiff *d;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "u%u", i);
		users[i] = 2000 + i;
		old[i] = (struct policy_rule_def){.name = names[i],
			.action = (enum action)(1 + i % 4),
			.when = POLICY_WHEN_USER | POLICY_WHEN_CHANNEL,
			.channels = 1U << i % CHANNEL_MAX,
			.users = &users[i],
			.n_users = 1};
		new[i] = old[i];
		new[i].action = (enum action)(1 + (i + i / 4 + 1) % 4);
	}
	make(&a, old, MANY, MODE_ENFORCE, 4);
	make(&b, new, MANY, MODE_MONITOR, 4);
	d = diff(&a, &b);
	assert_true(policydiff_n(d) > 0);
	assert_true(policydiff_n(d) <= POLICYDIFF_CHANGES_MAX);
	policydiff_free(d);
	free(names);
	free(users);
	free(old);
	free(new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_change),
		cmocka_unit_test(what_has_no_effect),
		cmocka_unit_test(applications_come_and_go),
		cmocka_unit_test(monitoring_is_weaker),
		cmocka_unit_test(random_policies),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
