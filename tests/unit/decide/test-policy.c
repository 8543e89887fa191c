/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "decide/policy.h"
#include "decide/policy_builder.h"

static struct buf blob;

static struct policy *build(
	const struct policy_rule_def *defs, size_t n, enum mode mode, uint32_t version)
{
	struct policy_builder *b;
	struct policy *p;

	buf_done(&blob);
	assert_int_equal(policy_builder_new(&b), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(policy_builder_add(b, &defs[i]), 0);
	assert_int_equal(policy_builder_finish(b, mode, version, &blob), 0);
	policy_builder_free(b);
	assert_int_equal(policy_open(buf_view(&blob), &p), 0);
	return p;
}

static struct question question(void)
{
	return (struct question){
		.facts = {.level = LEVEL_SECRET},
		.app = 7,
		.category = CATEGORY_CHAT,
		.channel = CHANNEL_OPEN,
		.uid = 1000,
		.path = "/srv/docs/a.docx",
		.realtime = UINT64_C(1796036400) * NSEC_PER_SEC, /* Mon 2026-11-30 11:00 UTC */
	};
}

/* Builds the one rule and asks; the mismatch text must agree with the verdict. */
static bool matches(const struct policy_rule_def *def, const struct question *q)
{
	struct policy *p = build(def, 1, MODE_ENFORCE, 1);
	struct verdict v;
	bool match;

	policy_decide(p, q, &v);
	match = v.rule == 0;
	assert_int_equal(v.action, match ? def->action : ACTION_ALLOW);
	assert_int_equal(!policy_rule_mismatch(p, 0, q), match);
	policy_close(p);
	return match;
}

static struct policy_rule_def rule(uint32_t when)
{
	return (struct policy_rule_def){.name = "r", .action = ACTION_BLOCK, .when = when};
}

static void test_first_match(void **state)
{
	const struct policy_rule_def defs[] = {
		{.name = "one",
			.action = ACTION_LOG,
			.when = POLICY_WHEN_LEVEL,
			.levels = 1U << LEVEL_INTERNAL},
		{.name = "two",
			.message = "no",
			.action = ACTION_BLOCK,
			.when = POLICY_WHEN_CATEGORY,
			.categories = 1U << CATEGORY_CHAT},
		{.name = "three", .action = ACTION_NOTIFY},
	};
	struct policy *p = build(defs, 3, MODE_ENFORCE, 42);
	struct question q = question();
	struct verdict v;

	(void)state;
	policy_decide(p, &q, &v);
	assert_int_equal(v.rule, 1);
	assert_int_equal(v.action, ACTION_BLOCK);
	assert_int_equal(v.version, 42);
	assert_string_equal(policy_rule_name(p, v.rule), "two");
	assert_string_equal(policy_rule_message(p, v.rule), "no");
	q.facts.level = LEVEL_INTERNAL;
	policy_decide(p, &q, &v);
	assert_int_equal(v.rule, 0);
	q.facts.level = LEVEL_NONE;
	q.category = CATEGORY_OTHER;
	policy_decide(p, &q, &v);
	assert_int_equal(v.rule, 2);
	assert_string_equal(policy_rule_message(p, 2), "");
	assert_string_equal(policy_rule_name(p, POLICY_RULE_NONE), "");
	assert_int_equal(policy_n_rules(p), 3);
	assert_false(policy_wants_path(p));
	assert_false(policy_wants_groups(p));
	policy_close(p);
}

static void test_no_rule_allows(void **state)
{
	struct policy *p = build(NULL, 0, MODE_ENFORCE, 1);
	struct question q = question();
	struct verdict v;

	(void)state;
	policy_decide(p, &q, &v);
	assert_int_equal(v.rule, POLICY_RULE_NONE);
	assert_int_equal(v.action, ACTION_ALLOW);
	policy_close(p);
}

static void test_monitor(void **state)
{
	static const enum action expect[ACTION_MAX] = {
		ACTION_ALLOW, ACTION_LOG, ACTION_NOTIFY, ACTION_LOG, ACTION_LOG, ACTION_LOG};
	struct question q = question();

	(void)state;
	for (unsigned a = 0; a < ACTION_MAX; a++) {
		struct policy_rule_def d = rule(0);
		struct policy *p;
		struct verdict v;

		d.action = (enum action)a;
		p = build(&d, 1, MODE_MONITOR, 1);
		policy_decide(p, &q, &v);
		assert_int_equal(v.action, expect[a]);
		assert_int_equal(v.intended, a);
		assert_int_equal(policy_mode(p), MODE_MONITOR);
		policy_close(p);
	}
}

static void test_bit_conditions(void **state)
{
	struct question q = question();
	struct policy_rule_def d = rule(POLICY_WHEN_COMPLETENESS);

	(void)state;
	d.completeness = 1U << COMPLETENESS_UNREADABLE;
	assert_false(matches(&d, &q));
	q.facts.completeness = COMPLETENESS_UNREADABLE;
	assert_true(matches(&d, &q));
	d = rule(POLICY_WHEN_CHANNEL);
	d.channels = 1U << CHANNEL_BROWSER_PASTE;
	assert_false(matches(&d, &q));
	q.channel = CHANNEL_BROWSER_PASTE;
	assert_true(matches(&d, &q));
	d = rule(POLICY_WHEN_TAG);
	d.tags = TAG_BIT(TAG_DECLASSIFIED) | TAG_BIT(TAG_MEETING_ACCESS);
	q.facts.tags = TAG_BIT(TAG_SUSPECTED);
	assert_false(matches(&d, &q));
	q.facts.tags |= TAG_BIT(TAG_MEETING_ACCESS);
	assert_true(matches(&d, &q));
	d = rule(POLICY_WHEN_REASON);
	d.reasons = REASON_BIT(REASON_CRASHED);
	assert_false(matches(&d, &q));
	q.facts.reasons = REASON_BIT(REASON_CRASHED) | REASON_BIT(REASON_POLICY);
	assert_true(matches(&d, &q));
	d = rule(POLICY_WHEN_MEETING);
	d.meeting = true;
	assert_false(matches(&d, &q));
	q.meeting = true;
	assert_true(matches(&d, &q));
	d.meeting = false;
	assert_false(matches(&d, &q));
}

static void test_posture(void **state)
{
	struct policy_rule_def d = rule(POLICY_WHEN_POSTURE);
	struct question q = question();
	struct policy *p;
	struct verdict v;

	(void)state;
	d.posture = POSTURE_BIT(POSTURE_ADVISORY) | POSTURE_BIT(POSTURE_DROPPED);
	p = build(&d, 1, MODE_ENFORCE, 1);
	for (unsigned i = 0; i < POSTURE_MAX; i++) {
		q.posture = POSTURE_BIT(i);
		policy_decide(p, &q, &v);
		assert_int_equal(v.rule,
			i == POSTURE_ADVISORY || i == POSTURE_DROPPED ? 0 : POLICY_RULE_NONE);
		assert_int_equal(policy_rule_mismatch(p, 0, &q) == NULL, v.rule == 0);
	}
	q.posture = 0;
	policy_decide(p, &q, &v);
	assert_int_equal(v.rule, POLICY_RULE_NONE);
	policy_close(p);
}

static void test_numbers(void **state)
{
	const uint32_t apps[] = {9, 7, 3}, users[] = {1000, 0}, groups[] = {50, 27};
	const uint32_t gids[] = {1000, 27};
	struct policy_rule_def d = rule(POLICY_WHEN_APP | POLICY_WHEN_USER);
	struct question q = question();

	(void)state;
	d.apps = apps;
	d.n_apps = 3;
	d.users = users;
	d.n_users = 2;
	assert_true(matches(&d, &q));
	q.app = 8;
	assert_false(matches(&d, &q));
	q.app = POLICY_APP_NONE;
	assert_false(matches(&d, &q));
	q.app = 3;
	q.uid = 1;
	assert_false(matches(&d, &q));
	d = rule(POLICY_WHEN_GROUP);
	d.groups = groups;
	d.n_groups = 2;
	assert_false(matches(&d, &q));
	q.gids = gids;
	q.n_gids = 2;
	assert_true(matches(&d, &q));
	d.n_groups = 0; /* a list that nobody is on */
	assert_false(matches(&d, &q));
}

static void test_globs(void **state)
{
	const char *const paths[] = {"/home/*/mat/**", "/srv/**"};
	const char *const sites[] = {"*.zalo.me", "chat.example.com"};
	struct policy_rule_def d = rule(POLICY_WHEN_PATH);
	struct question q = question();

	(void)state;
	d.paths = paths;
	d.n_paths = 2;
	assert_true(matches(&d, &q));
	q.path = "/srvx/a";
	assert_false(matches(&d, &q));
	q.path = NULL;
	assert_false(matches(&d, &q));
	d = rule(POLICY_WHEN_DESTINATION);
	d.destinations = sites;
	d.n_destinations = 2;
	assert_false(matches(&d, &q));
	q.destination = "Chat.Zalo.Me";
	assert_true(matches(&d, &q));
	q.destination = "zalo.me";
	assert_false(matches(&d, &q));
}

static void test_time(void **state)
{
	const struct policy_window office[] = {{0x3e, 8 * 60, 17 * 60 + 30}}; /* Mon..Fri */
	const struct policy_window night[] = {{1 << 0, 22 * 60, 6 * 60}};     /* from Sunday */
	struct policy_rule_def d = rule(POLICY_WHEN_TIME);
	struct question q = question();
	const uint64_t monday = q.realtime - 11 * 3600 * NSEC_PER_SEC; /* 00:00 */

	(void)state;
	d.times = office;
	d.n_times = 1;
	assert_true(matches(&d, &q));
	q.utc_offset = 7 * 3600; /* 18:00 in Hà Nội */
	assert_false(matches(&d, &q));
	q.utc_offset = -12 * 3600; /* Sunday 23:00 */
	assert_false(matches(&d, &q));
	d.times = night;
	assert_true(matches(&d, &q));
	q.utc_offset = 0;
	assert_false(matches(&d, &q));
	q.realtime = monday + 6 * 3600 * NSEC_PER_SEC - 1;
	assert_true(matches(&d, &q));
	q.realtime = monday + 6 * 3600 * NSEC_PER_SEC;
	assert_false(matches(&d, &q));
	d.times = office;
	q.realtime = monday + 8 * 3600 * NSEC_PER_SEC;
	assert_true(matches(&d, &q));
	q.realtime -= 1;
	assert_false(matches(&d, &q));
	q.realtime = 0;
	q.utc_offset = -3600;
	assert_false(matches(&d, &q));
}

static void test_valid_until(void **state)
{
	struct policy_rule_def d = rule(0);
	struct question q = question();

	(void)state;
	d.valid_until = q.realtime + 1;
	assert_true(matches(&d, &q));
	d.valid_until = q.realtime;
	assert_false(matches(&d, &q));
}

/* A thousand rules that differ in one thing each must give what a look at each in turn gives. */
static void test_index_agrees_with_a_walk(void **state)
{
	enum { N = 1000 };
	static struct policy_rule_def defs[N];
	static char names[N][16];
	static uint32_t apps[N];
	unsigned seed = 12345, matched = 0;
	struct policy *p;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(names[i], sizeof(names[i]), "rule-%u", i);
		apps[i] = seed >> 20 & 63;
		defs[i] = (struct policy_rule_def){
			.name = names[i],
			.action = (enum action)(seed >> 8 & 3),
			.when = seed >> 10 & 0x3f,
			.levels = 1U << (seed >> 16) % LEVEL_MAX,
			.completeness = 1U << (seed >> 12) % COMPLETENESS_MAX,
			.categories = 1U << (seed >> 14) % CATEGORY_MAX,
			.channels = 1U << (seed >> 18) % CHANNEL_MAX,
			.apps = &apps[i],
			.n_apps = 1,
			.meeting = seed >> 24 & 1,
		};
		if (defs[i].when == 0)
			defs[i].when = POLICY_WHEN_APP;
	}
	p = build(defs, N, MODE_ENFORCE, 1);
	for (unsigned i = 0; i < 2000; i++) {
		struct question q = question();
		uint32_t expect = POLICY_RULE_NONE;
		struct verdict v;

		seed = seed * 1103515245 + 12345;
		q.app = seed >> 20 & 127;
		q.facts.level = (uint8_t)((seed >> 16) % LEVEL_MAX);
		q.facts.completeness = (uint8_t)((seed >> 12) % COMPLETENESS_MAX);
		q.category = (enum category)((seed >> 14) % CATEGORY_MAX);
		q.channel = (enum channel)((seed >> 18) % CHANNEL_MAX);
		q.meeting = seed >> 24 & 1;
		for (uint32_t k = 0; k < N && expect == POLICY_RULE_NONE; k++)
			if (!policy_rule_mismatch(p, k, &q))
				expect = k;
		policy_decide(p, &q, &v);
		assert_int_equal(v.rule, expect);
		matched += expect != POLICY_RULE_NONE;
	}
	assert_true(matched > 100);
	policy_close(p);
}

static void test_limits(void **state)
{
	struct policy_builder *b;
	struct policy_rule_def d = rule(0);
	const struct policy_window bad = {0, 0, 10}, late = {1, 0, 1441};
	char name[POLICY_NAME_MAX + 1], message[POLICY_MESSAGE_MAX + 1];
	struct policy *p;

	(void)state;
	assert_int_equal(policy_builder_new(&b), 0);
	memset(name, 'n', sizeof(name));
	name[POLICY_NAME_MAX] = 0;
	d.name = name;
	assert_int_equal(policy_builder_add(b, &d), -E2BIG);
	d.name = name + 1;
	memset(message, 'm', sizeof(message));
	message[POLICY_MESSAGE_MAX] = 0;
	d.message = message;
	assert_int_equal(policy_builder_add(b, &d), -E2BIG);
	d.message = message + 1;
	d.name = "";
	assert_int_equal(policy_builder_add(b, &d), -EINVAL);
	d.name = name + 1;
	d.n_times = 1;
	d.times = &bad;
	assert_int_equal(policy_builder_add(b, &d), -EINVAL);
	d.times = &late;
	assert_int_equal(policy_builder_add(b, &d), -EINVAL);
	d.n_times = 0;
	for (unsigned i = 0; i < POLICY_RULES_MAX; i++)
		assert_int_equal(policy_builder_add(b, &d), 0);
	assert_int_equal(policy_builder_add(b, &d), -E2BIG);
	buf_done(&blob);
	assert_int_equal(policy_builder_finish(b, MODE_ENFORCE, 1, &blob), 0);
	assert_int_equal(policy_open(buf_view(&blob), &p), 0);
	assert_int_equal(policy_n_rules(p), POLICY_RULES_MAX);
	policy_close(p);
	policy_builder_free(b);
}

/* Any list over the bound of words is refused and leaves the builder usable. */
static void test_words_limit(void **state)
{
	struct policy_rule_def d = rule(POLICY_WHEN_USER);
	uint32_t *users = calloc(POLICY_WORDS_MAX + 1, sizeof(*users));
	struct policy_builder *b;

	(void)state;
	assert_non_null(users);
	assert_int_equal(policy_builder_new(&b), 0);
	d.users = users;
	d.n_users = POLICY_WORDS_MAX + 1;
	assert_int_equal(policy_builder_add(b, &d), -E2BIG);
	d.n_users = 1;
	assert_int_equal(policy_builder_add(b, &d), 0);
	policy_builder_free(b);
	free(users);
}

static void test_valid_from(void **state)
{
	struct policy_rule_def d = rule(0);
	struct question q = question();

	(void)state;
	d.valid_from = q.realtime;
	assert_true(matches(&d, &q));
	d.valid_from++;
	assert_false(matches(&d, &q));
	d.valid_from = 1;
	d.valid_until = q.realtime + 1;
	assert_true(matches(&d, &q));
}

/* A rule under `monitor` only records; its neighbours refuse. */
static void test_rule_under_monitor(void **state)
{
	struct policy_rule_def d[] = {rule(POLICY_WHEN_LEVEL), rule(0)};
	struct question q = question();
	struct verdict v;
	struct policy *p;

	(void)state;
	d[0].monitor = true;
	d[0].levels = 1U << LEVEL_SECRET;
	p = build(d, 2, MODE_ENFORCE, 1);
	policy_decide(p, &q, &v);
	assert_int_equal(v.action, ACTION_LOG);
	assert_int_equal(v.intended, ACTION_BLOCK);
	assert_int_equal(policy_rule_mode(p, 0), MODE_MONITOR);
	assert_int_equal(policy_rule_mode(p, 1), MODE_ENFORCE);
	assert_int_equal(policy_rule_mode(p, POLICY_RULE_NONE), MODE_ENFORCE);
	q.facts.level = LEVEL_NONE;
	policy_decide(p, &q, &v);
	assert_int_equal(v.action, ACTION_BLOCK);
	policy_close(p);
}

/* One content, one application, until then; and only where a rule would refuse. */
static void test_overrides(void **state)
{
	struct question q = question();
	const struct policy_override o[] = {
		{.until = q.realtime + 5, .id = 3, .app = 9, .content = 2, .uid = POLICY_USER_ANY},
		{.until = q.realtime + 5, .id = 1, .app = 7, .content = 1, .uid = POLICY_USER_ANY},
		{.until = q.realtime, .id = 4, .app = 8, .content = 2, .uid = POLICY_USER_ANY},
		{.until = q.realtime + 1, .id = 2, .app = 7, .content = 2, .uid = POLICY_USER_ANY},
	};
	const struct {
		uint16_t content;
		uint32_t app, override;
	} cases[] = {{0, 7, 0}, {1, 7, 1}, {1, 9, 0}, {2, 7, 2}, {2, 9, 3}, {2, 8, 0}, {3, 7, 0}};
	struct policy_override many[POLICY_PASSES_MAX + 1] = {0};
	struct buf with = {0}, again = {0};
	struct policy_rule_def d = rule(POLICY_WHEN_LEVEL);
	struct verdict v;
	struct policy *p;

	(void)state;
	d.levels = 1U << LEVEL_SECRET;
	policy_close(build(&d, 1, MODE_ENFORCE, 1));
	assert_int_equal(policy_blob_with_overrides(buf_view(&blob), o, 4, &with), 0);
	assert_int_equal(policy_open(buf_view(&with), &p), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		q.facts.content = cases[i].content;
		q.app = cases[i].app;
		q.facts.level = LEVEL_SECRET;
		policy_decide(p, &q, &v);
		assert_int_equal(v.override, cases[i].override);
		assert_int_equal(v.intended, ACTION_BLOCK);
		assert_int_equal(v.action, cases[i].override ? ACTION_LOG : ACTION_BLOCK);
		q.facts.level = LEVEL_NONE;
		policy_decide(p, &q, &v);
		assert_int_equal(v.override, 0);
		assert_int_equal(v.action, ACTION_ALLOW);
	}
	policy_close(p);
	/* Others instead; none again is the policy as it was. */
	assert_int_equal(policy_blob_with_overrides(buf_view(&with), NULL, 0, &again), 0);
	assert_true(view_eq(buf_view(&again), buf_view(&blob)));
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i].content = 1;
	buf_done(&again);
	assert_int_equal(
		policy_blob_with_overrides(buf_view(&blob), many, POLICY_PASSES_MAX + 1, &again),
		-E2BIG);
	assert_int_equal(
		policy_blob_with_overrides(buf_view(&blob), many, POLICY_PASSES_MAX, &again), 0);
	assert_int_equal(policy_open(buf_view(&again), &p), 0);
	policy_close(p);
	assert_int_equal(policy_blob_with_overrides(view_of(blob.p, 20), o, 1, &again), -EBADMSG);
	many[0].content = 0;
	buf_done(&again);
	assert_int_equal(policy_blob_with_overrides(buf_view(&blob), many, 1, &again), 0);
	assert_int_equal(policy_open(buf_view(&again), &p), -EBADMSG);
	buf_done(&with);
	buf_done(&again);
}

/* What a user gave a reason for is theirs, and does not lift what is refused outright. */
static void test_justified(void **state)
{
	struct question q = question();
	const struct policy_override o = {
		.until = q.realtime + 1, .id = 5, .app = 7, .content = 1, .uid = q.uid};
	const struct {
		enum action action;
		uint32_t uid, app, content;
		uint64_t later;
		bool passes;
	} cases[] = {
		{ACTION_JUSTIFY, q.uid, 7, 1, 0, true},
		{ACTION_BLOCK, q.uid, 7, 1, 0, false},
		{ACTION_QUARANTINE, q.uid, 7, 1, 0, false},
		{ACTION_JUSTIFY, q.uid + 1, 7, 1, 0, false},
		{ACTION_JUSTIFY, POLICY_USER_ANY, 7, 1, 0, false},
		{ACTION_JUSTIFY, q.uid, 8, 1, 0, false},
		{ACTION_JUSTIFY, q.uid, 7, 2, 0, false},
		{ACTION_JUSTIFY, q.uid, 7, 1, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy_rule_def d = rule(POLICY_WHEN_LEVEL);
		struct question asked = q;
		struct buf with = {0};
		struct verdict v;
		struct policy *p;

		d.levels = 1U << LEVEL_SECRET;
		d.action = cases[i].action;
		policy_close(build(&d, 1, MODE_ENFORCE, 1));
		assert_int_equal(policy_blob_with_overrides(buf_view(&blob), &o, 1, &with), 0);
		assert_int_equal(policy_open(buf_view(&with), &p), 0);
		asked.facts.level = LEVEL_SECRET;
		asked.facts.content = (uint16_t)cases[i].content;
		asked.uid = cases[i].uid;
		asked.app = cases[i].app;
		asked.realtime += cases[i].later;
		policy_decide(p, &asked, &v);
		assert_int_equal(v.intended, cases[i].action);
		assert_int_equal(v.override, cases[i].passes ? 5 : 0);
		assert_int_equal(v.action, cases[i].passes ? ACTION_LOG : cases[i].action);
		policy_close(p);
		buf_done(&with);
	}
}

static void test_justify_bounds(void **state)
{
	struct policy_rule_def d = rule(0);
	struct policy_builder *b;
	struct policy *p = build(&d, 1, MODE_ENFORCE, 1);

	(void)state;
	assert_int_equal(policy_justify_max(p), 0);
	policy_close(p);
	assert_int_equal(policy_builder_new(&b), 0);
	assert_int_equal(policy_builder_justify(b, POLICY_JUSTIFIED_MAX + 1, 1, 1), -EINVAL);
	assert_int_equal(policy_builder_justify(b, 1, POLICY_OVERRIDE_MINUTES_MAX + 1, 1), -EINVAL);
	assert_int_equal(policy_builder_justify(b, 1, 1, POLICY_JUSTIFY_REASON_MAX + 1), -EINVAL);
	assert_int_equal(policy_builder_justify(b, POLICY_JUSTIFIED_MAX,
				 POLICY_OVERRIDE_MINUTES_MAX, POLICY_JUSTIFY_REASON_MAX),
		0);
	buf_done(&blob);
	assert_int_equal(policy_builder_finish(b, MODE_ENFORCE, 1, &blob), 0);
	policy_builder_free(b);
	assert_int_equal(policy_open(buf_view(&blob), &p), 0);
	assert_int_equal(policy_justify_max(p), POLICY_JUSTIFIED_MAX);
	assert_int_equal(policy_justify_minutes(p), POLICY_OVERRIDE_MINUTES_MAX);
	assert_int_equal(policy_justify_reason(p), POLICY_JUSTIFY_REASON_MAX);
	policy_close(p);
}

static void test_override_bounds(void **state)
{
	struct policy_rule_def d = rule(0);
	struct policy_builder *b;
	struct policy *p = build(&d, 1, MODE_ENFORCE, 1);

	(void)state;
	assert_int_equal(policy_override_max(p), 0);
	assert_int_equal(policy_override_minutes(p), 0);
	policy_close(p);
	assert_int_equal(policy_builder_new(&b), 0);
	assert_int_equal(policy_builder_overrides(b, POLICY_OVERRIDES_MAX + 1, 1), -EINVAL);
	assert_int_equal(policy_builder_overrides(b, 1, POLICY_OVERRIDE_MINUTES_MAX + 1), -EINVAL);
	assert_int_equal(
		policy_builder_overrides(b, POLICY_OVERRIDES_MAX, POLICY_OVERRIDE_MINUTES_MAX), 0);
	buf_done(&blob);
	assert_int_equal(policy_builder_finish(b, MODE_ENFORCE, 1, &blob), 0);
	policy_builder_free(b);
	assert_int_equal(policy_open(buf_view(&blob), &p), 0);
	assert_int_equal(policy_override_max(p), POLICY_OVERRIDES_MAX);
	assert_int_equal(policy_override_minutes(p), POLICY_OVERRIDE_MINUTES_MAX);
	policy_close(p);
}

static void test_damaged(void **state)
{
	const uint32_t apps[] = {1, 2};
	const char *const paths[] = {"/srv/**"};
	const struct policy_window w[] = {{0x7f, 0, 1440}};
	struct policy_rule_def d = rule(POLICY_WHEN_ALL);
	struct question q = question();
	unsigned refused = 0;
	struct verdict v;
	struct policy *p;

	(void)state;
	d.levels = d.completeness = d.categories = d.channels = d.tags = d.reasons = 0xff;
	d.apps = d.users = d.groups = apps;
	d.n_apps = d.n_users = d.n_groups = 2;
	d.paths = d.destinations = paths;
	d.n_paths = d.n_destinations = 1;
	d.times = w;
	d.n_times = 1;
	d.message = "message";
	policy_close(build(&d, 1, MODE_ENFORCE, 1));
	for (size_t n = 0; n < blob.n; n++)
		assert_int_equal(policy_open(view_of(blob.p, n), &p), -EBADMSG);
	assert_int_equal(policy_open(view_of(blob.p + 4, blob.n - 4), &p), -EBADMSG);
	q.app = 1;
	q.uid = 1;
	q.destination = "x";
	q.facts.tags = q.facts.reasons = UINT32_MAX;
	for (size_t i = 0; i < blob.n * 8; i++) {
		blob.p[i / 8] ^= (uint8_t)(1U << i % 8);
		if (policy_open(buf_view(&blob), &p) == 0) {
			policy_decide(p, &q, &v);
			(void)policy_rule_message(p, 0);
			assert_true(policy_override_max(p) <= POLICY_OVERRIDES_MAX);
			policy_close(p);
		} else {
			refused++;
		}
		blob.p[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	assert_true(refused > 400);
	q.facts.level = 200;
	q.facts.completeness = 200;
	p = build(&d, 1, MODE_ENFORCE, 1);
	policy_decide(p, &q, &v);
	policy_close(p);
	buf_done(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_match),
		cmocka_unit_test(test_no_rule_allows),
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_bit_conditions),
		cmocka_unit_test(test_posture),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_valid_until),
		cmocka_unit_test(test_index_agrees_with_a_walk),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_words_limit),
		cmocka_unit_test(test_valid_from),
		cmocka_unit_test(test_rule_under_monitor),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_override_bounds),
		cmocka_unit_test(test_justified),
		cmocka_unit_test(test_justify_bounds),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
