/* SPDX-License-Identifier: Apache-2.0 */
/* `failures`: the whole table of a policy that says nothing, and what takes precedence. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policyfile/policyfile.h"

static const char apps_yaml[] = "version: 1\napps:\n"
				"  - {id: c, name: C, category: chat, exe: /opt/c}\n"
				"  - {id: b, name: B, category: browser, exe: /opt/b}\n"
				"  - {id: o, name: O, category: other, exe: /opt/o}\n";

static char dir[] = "/tmp/test-failures-XXXXXX";

struct compiled {
	struct buf policy_blob, apps_blob;
	struct policy *policy;
	struct apptable *apps;
};

static void put_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int compile(const char *rest, struct diags *d, struct compiled *ret)
{
	char path[256], text[32768];
	struct policyfile_info info;
	int r;

	memset(ret, 0, sizeof(*ret));
	snprintf(text, sizeof(text), "version: 1\napps: [apps.yaml]\n%s", rest);
	put_file("apps.yaml", apps_yaml);
	put_file("policy.yaml", text);
	snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	r = policyfile_compile(path, 1, d, &info, &ret->policy_blob, &ret->apps_blob);
	if (r == 0) {
		assert_int_equal(policy_open(buf_view(&ret->policy_blob), &ret->policy), 0);
		assert_int_equal(apptable_open(buf_view(&ret->apps_blob), &ret->apps), 0);
	}
	return r;
}

static void done(struct compiled *c)
{
	policy_close(c->policy);
	(void)apptable_close(c->apps);
	buf_done(&c->policy_blob);
	buf_done(&c->apps_blob);
}

static void compile_ok(const char *rest, struct compiled *ret)
{
	struct diags *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	assert_int_equal(compile(rest, d, ret), 0);
	free(d);
}

static void ask(const struct compiled *c, const char *app, enum failure failure, enum level was,
	struct verdict *ret)
{
	struct question q = {.facts = {.completeness = COMPLETENESS_UNREADABLE,
				     .reasons = failure_reasons(failure)},
		.app = apptable_find(c->apps, app),
		.channel = CHANNEL_OPEN,
		.path = "/srv/free/a.docx",
		.failure = failure,
		.was = was};

	q.category = apptable_category(c->apps, q.app);
	policy_decide(c->policy, &q, ret);
}

static const char *rule_of(const struct compiled *c, const struct verdict *v)
{
	return v->rule == POLICY_RULE_NONE ? "none" : policy_rule_name(c->policy, v->rule);
}

/* Every failure by what the document may be, of a policy that says nothing about any. */
static void test_built_in(void **state)
{
	static const enum level was[MAY_BE_MAX] = {LEVEL_SECRET, LEVEL_INTERNAL, LEVEL_NONE};
	struct compiled c;

	(void)state;
	compile_ok("rules: []\n", &c);
	for (unsigned f = FAILURE_NONE + 1; f < FAILURE_MAX; f++)
		for (unsigned m = 0; m < MAY_BE_MAX; m++) {
			bool known = m != MAY_BE_UNKNOWN;
			bool looked = f == FAILURE_UNREADABLE || f == FAILURE_STORE;
			struct verdict v;

			ask(&c, "c", (enum failure)f, was[m], &v);
			assert_int_equal(v.action, known || !looked ? ACTION_BLOCK : ACTION_ALLOW);
			assert_int_equal(v.failure, f);
			assert_int_equal(v.may_be, m);
			ask(&c, "b", (enum failure)f, was[m], &v);
			assert_int_equal(v.action, known ? ACTION_LOG : ACTION_ALLOW);
			ask(&c, "o", (enum failure)f, was[m], &v);
			assert_int_equal(v.action, ACTION_ALLOW);
		}
	done(&c);
}

/* The policy's own come first, `allow` among them; the others stay as built in. */
static void test_own_first(void **state)
{
	struct compiled c;
	struct verdict v;

	(void)state;
	compile_ok("rules: []\nfailures:\n"
		   "  - {name: free, failure: [deadline, pressure], may-be: unknown, app: c, do: "
		   "allow}\n"
		   "  - {name: told, failure: deadline, category: browser, do: log}\n",
		&c);
	ask(&c, "c", FAILURE_DEADLINE, LEVEL_NONE, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	ask(&c, "c", FAILURE_DEADLINE, LEVEL_SECRET, &v);
	assert_int_equal(v.action, ACTION_BLOCK);
	ask(&c, "c", FAILURE_CORE_GONE, LEVEL_NONE, &v);
	assert_string_equal(rule_of(&c, &v), "failure-undecided");
	ask(&c, "b", FAILURE_DEADLINE, LEVEL_NONE, &v);
	assert_string_equal(rule_of(&c, &v), "told");
	assert_int_equal(policy_n_failures(c.policy), 5);
	assert_null(policy_rule_mismatch(c.policy, policy_n_rules(c.policy),
		&(struct question){.failure = FAILURE_PRESSURE,
			.facts = {.completeness = 2},
			.app = apptable_find(c.apps, "c"),
			.category = CATEGORY_CHAT}));
	assert_non_null(policy_rule_mismatch(
		c.policy, policy_n_rules(c.policy), &(struct question){.app = 0}));
	done(&c);
}

/* Against the rules: the stricter counts, but for a rule about the failure or before all others. */
static void test_beside_rules(void **state)
{
	struct compiled c;
	struct verdict v;

	(void)state;
	compile_ok("rules:\n"
		   "  - {name: exception, when: {path: /srv/free/**, user: 7}, do: log}\n"
		   "  - {name: secret, when: {family: state-secret}, do: block}\n"
		   "  - {name: all-chat, when: {category: chat}, do: log}\n",
		&c);
	ask(&c, "c", FAILURE_CRASH, LEVEL_NONE,
		&v); /* `all-chat` would log a secret's neighbours */
	assert_string_equal(rule_of(&c, &v), "failure-undecided");
	ask(&c, "c", FAILURE_UNREADABLE, LEVEL_NONE, &v);
	assert_string_equal(rule_of(&c, &v), "all-chat");
	done(&c);
	compile_ok("rules:\n"
		   "  - {name: exception, when: {path: /srv/free/**}, do: log}\n"
		   "  - {name: secret, when: {family: state-secret}, do: block}\n",
		&c);
	ask(&c, "c", FAILURE_CRASH, LEVEL_SECRET, &v);
	assert_string_equal(rule_of(&c, &v), "exception");
	done(&c);
	compile_ok("rules:\n"
		   "  - {name: secret, when: {family: state-secret}, do: block}\n"
		   "  - {name: late, when: {reason: timed-out}, do: log}\n",
		&c);
	ask(&c, "c", FAILURE_DEADLINE, LEVEL_NONE, &v);
	assert_string_equal(rule_of(&c, &v), "late");
	ask(&c, "c", FAILURE_CORE_GONE, LEVEL_NONE, &v);
	assert_string_equal(rule_of(&c, &v), "failure-undecided");
	done(&c);
}

/* What is known in full is no failure, and nobody waits where content arrives or lies. */
static void test_no_failure(void **state)
{
	struct compiled c;
	struct question q = {.category = CATEGORY_CHAT, .failure = FAILURE_STORE};
	struct verdict v;

	(void)state;
	compile_ok("rules: []\n", &c);
	q.app = apptable_find(c.apps, "c");
	q.was = LEVEL_SECRET;
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.failure, FAILURE_NONE);
	assert_int_equal(v.action, ACTION_ALLOW);
	q.failure = FAILURE_CRASH;
	q.facts.completeness = COMPLETENESS_UNREADABLE;
	q.channel = CHANNEL_RECEIVE;
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.action, ACTION_ALLOW);
	q.channel = CHANNEL_OPEN;
	policy_decide(c.policy, &q, &v);
	assert_int_equal(v.action, ACTION_BLOCK);
	done(&c);
}

static void test_too_many(void **state)
{
	struct diags *d = calloc(1, sizeof(*d));
	struct compiled c;
	char text[16384] = "rules: []\nfailures:\n";
	size_t n = strlen(text);

	(void)state;
	assert_non_null(d);
	for (unsigned i = 0; i <= POLICY_FAILURES_MAX - 3; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"  - {name: e%u, failure: %s, app: %s, do: allow}\n", i,
			i ? "crash" : "store", i ? "c" : "b");
	assert_int_equal(compile(text, d, &c), -EBADMSG);
	assert_string_equal(d->v[0].code, "P014");
	free(d);
	done(&c);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/apps.yaml", dir);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_own_first),
		cmocka_unit_test(test_beside_rules),
		cmocka_unit_test(test_no_failure),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
