/* SPDX-License-Identifier: Apache-2.0 */
/* Decision tables: questions with the answers that must come out. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "policyfile/compile.h"
#include "policyfile/policyfile.h"

#define UID_DEFAULT 1000U

struct cases {
	const struct conf *conf;
	const struct policy *policy;
	const struct apptable *apps;
	struct diags *diags;
	uint64_t now;
};

static const char *text_of(const struct conf_node *n, const char *key)
{
	const struct conf_node *v = conf_get(n, key);

	return v ? v->text : NULL;
}

static uint32_t bits_of(const struct conf_node *n, const char *key, const char *const *words)
{
	const struct conf_node *v = conf_get(n, key);
	const struct conf_node *const *items;
	uint32_t set = 0;
	size_t count;

	if (!v)
		return 0;
	items = keyword_items(&v, &count);
	for (size_t i = 0; i < count; i++)
		for (unsigned w = 0; words[w]; w++)
			if (strcmp(words[w], items[i]->text) == 0)
				set |= UINT32_C(1) << w;
	return set;
}

/* The shape was checked: each word is known. Absent keys leave what is there. */
static void read_words(const struct conf_node *n, struct question *q)
{
	enum level level = LEVEL_NONE;
	enum completeness completeness = COMPLETENESS_FULL;
	const char *text = text_of(n, "level");

	if (text)
		(void)level_parse(text, &level);
	text = text_of(n, "completeness");
	if (text)
		(void)completeness_parse(text, &completeness);
	text = text_of(n, "channel");
	if (text)
		(void)channel_parse(text, &q->channel);
	text = text_of(n, "failure");
	if (text) {
		(void)failure_parse(text, &q->failure);
		completeness = COMPLETENESS_UNREADABLE;
	}
	text = text_of(n, "may-be");
	if (text && strcmp(text, may_be_name(MAY_BE_UNKNOWN)) != 0)
		q->was = strcmp(text, may_be_name(MAY_BE_INTERNAL)) == 0 ? LEVEL_INTERNAL
									 : LEVEL_SECRET;
	q->facts.level = (uint8_t)level;
	q->facts.completeness = (uint8_t)completeness;
	q->facts.tags = bits_of(n, "tag", tag_names);
	q->facts.reasons = bits_of(n, "reason", reason_names);
	if (q->failure != FAILURE_NONE && !conf_get(n, "reason"))
		q->facts.reasons = failure_reasons(q->failure);
	q->posture = bits_of(n, "posture", posture_names);
}

/* The days and hours of rules are those of the host, as they are for the gate. */
static int32_t utc_offset(uint64_t realtime)
{
	time_t t = (time_t)(realtime / NSEC_PER_SEC);
	struct tm tm;

	return localtime_r(&t, &tm) ? (int32_t)tm.tm_gmtoff : 0;
}

static bool is(const struct conf_node *n, const char *key, const char *word)
{
	const char *text = text_of(n, key);

	return text && strcmp(text, word) == 0;
}

/* Questions that nobody asks: their answers say nothing. The place that is told, or NULL. */
static const struct conf_node *contradiction(const struct conf_node *n, const char **ret_why)
{
	static const char *const of_documents[] = {
		"level", "tag", "completeness", "reason", "failure", "may-be"};
	const struct conf_node *path = conf_get(n, "path"), *reason = conf_get(n, "reason");
	bool full = is(n, "completeness", "full") || !conf_get(n, "completeness");

	*ret_why = "a document that was read in full has no reason; say `completeness`";
	if (reason && full && !conf_get(n, "failure"))
		return reason;
	*ret_why = "where there is a failure, the document was not read in full";
	if (conf_get(n, "failure") && is(n, "completeness", "full"))
		return conf_get(n, "completeness");
	*ret_why = "what it was before is asked for where it could not be read; say `failure`";
	if (conf_get(n, "may-be") && !conf_get(n, "failure") && full)
		return conf_get(n, "may-be");
	*ret_why = "findings about programs are for `channel: exec`";
	if (conf_get(n, "posture") && !is(n, "channel", "exec"))
		return conf_get(n, "posture");
	*ret_why = "a program that starts is not read: nothing but `posture` is known of it";
	for (size_t i = 0; is(n, "channel", "exec") && i < ARRAY_SIZE(of_documents); i++)
		if (conf_get(n, of_documents[i]) && !is(n, of_documents[i], "none") &&
			!is(n, of_documents[i], "full"))
			return conf_get(n, of_documents[i]);
	*ret_why = "a case is about one document: its path begins with / and has no wildcards";
	if (path && (path->text[0] != '/' || strpbrk(path->text, "*?")))
		return path;
	return NULL;
}

/* `ret_gid` must live as long as the question. */
static int read_question(
	const struct cases *c, const struct conf_node *n, struct question *ret, uint32_t *ret_gid)
{
	const struct conf_node *app = conf_get(n, "app"), *at = conf_get(n, "at");
	const struct conf_node *uid = conf_get(n, "uid"), *meeting = conf_get(n, "meeting");
	const struct conf_node *gid = conf_get(n, "gid"), *wrong;
	const char *why;
	struct question q = {.channel = CHANNEL_OPEN, .uid = UID_DEFAULT, .realtime = c->now};
	uint64_t number;

	q.app = apptable_find(c->apps, app->text);
	if (q.app == APP_NONE) {
		(void)conf_error(c->conf, app, P_CASE, c->diags,
			"the policy has no application `%.60s`", app->text);
		return -EBADMSG;
	}
	q.category = apptable_category(c->apps, q.app);
	wrong = contradiction(n, &why);
	if (wrong) {
		(void)conf_error(c->conf, wrong, P_VALUE, c->diags, "%s", why);
		return -EBADMSG;
	}
	if (at && from_parse(at->text, &q.realtime) < 0) {
		(void)conf_error(c->conf, at, P_DATE, c->diags, "`%.60s` is no time", at->text);
		return -EBADMSG;
	}
	read_words(n, &q);
	if (uid && conf_u64(c->conf, uid, 0, UINT32_MAX - 1, P_VALUE, c->diags, &number) == 0)
		q.uid = (uint32_t)number;
	if (gid && conf_u64(c->conf, gid, 0, UINT32_MAX - 1, P_VALUE, c->diags, &number) == 0) {
		*ret_gid = (uint32_t)number;
		q.gids = ret_gid;
		q.n_gids = 1;
	}
	if (meeting && conf_bool(c->conf, meeting, P_VALUE, c->diags, &q.meeting) < 0)
		return -EBADMSG;
	q.utc_offset = utc_offset(q.realtime);
	q.path = text_of(n, "path");
	q.destination = text_of(n, "destination");
	*ret = q;
	return 0;
}

static bool has_rule(const struct policy *p, const char *name)
{
	for (uint32_t i = 0; i < policy_n_rules(p) + policy_n_failures(p); i++)
		if (strcmp(policy_rule_name(p, i), name) == 0)
			return true;
	return strcmp(name, "none") == 0;
}

static void run_case(const struct cases *c, const struct conf_node *n, struct policyfile_cases *ret)
{
	const struct conf_node *rule = conf_get(n, "rule");
	const char *expect = text_of(n, "expect"), *got;
	struct question q;
	struct verdict v;
	uint32_t gid;

	if (rule && !has_rule(c->policy, rule->text)) {
		(void)conf_error(c->conf, rule, P_CASE, c->diags, "the policy has no rule `%.60s`",
			rule->text);
		return;
	}
	if (read_question(c, n, &q, &gid) < 0)
		return;
	policy_decide(c->policy, &q, &v);
	ret->n_cases++;
	got = v.rule == POLICY_RULE_NONE ? "none" : policy_rule_name(c->policy, v.rule);
	if (strcmp(expect, action_name(v.intended)) == 0 && (!rule || strcmp(rule->text, got) == 0))
		return;
	ret->n_failed++;
	(void)conf_error(c->conf, n, P_CASE_FAILED, c->diags,
		"%.80s: expected %s%s%s, got %s by rule %s", text_of(n, "name") ?: "case", expect,
		rule ? " by rule " : "", rule ? rule->text : "", action_name(v.intended), got);
}

int policyfile_test(const char *path, const struct policy *p, const struct apptable *apps,
	struct diags *d, struct policyfile_cases *ret)
{
	cleanup_with(conf_freep) struct conf *conf = NULL;
	struct cases c = {.policy = p, .apps = apps, .diags = d, .now = clock_realtime()};
	struct policyfile_cases result = {0};
	size_t errors = d->errors;
	const struct conf_node *list;
	int r = conf_load(path, d, &conf);

	if (r == 0)
		r = keywords_check(conf, conf_root(conf), keywords_cases, d);
	if (r < 0)
		return r;
	if (d->errors > errors)
		return -EBADMSG;
	c.conf = conf;
	list = conf_get(conf_root(conf), "cases");
	if (list->n == 0 || list->n > POLICYFILE_CASES_MAX) {
		(void)conf_error(conf, list, list->n ? P_LIMIT : P_NOTHING, d,
			list->n ? "too many cases" : "the table has no cases");
		return -EBADMSG;
	}
	for (size_t i = 0; i < list->n; i++)
		run_case(&c, list->items[i], &result);
	*ret = result;
	/* What is not a failed case is a mistake of the table. */
	return d->errors - errors > result.n_failed ? -EBADMSG : 0;
}
