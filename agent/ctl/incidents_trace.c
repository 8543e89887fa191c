/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/incidents_trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/rule_trace.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

/* What the reader must know of the answer, beside the rules. */
static const struct {
	const char *name;
	const char *text[LANG_MAX];
} remarks[] = {
	{"unread",
		{"it was decided before anybody had read the document",
			"quyết định được đưa ra khi tài liệu chưa kịp đọc"}},
	{"override",
		{"an override let it pass, whatever the rule says",
			"một lần cho qua đã bỏ qua quy tắc"}},
	{"groups",
		{"groups are those of today: the journal does not have those of then",
			"nhóm người dùng lấy theo hiện tại: nhật ký không ghi nhóm lúc đó"}},
	{"no-path",
		{"rules ask for the path, which the record does not have",
			"có quy tắc xét đường dẫn, mà bản ghi không có"}},
	{"no-meeting",
		{"the record does not say whether there was a call",
			"bản ghi không cho biết lúc đó có cuộc gọi hay không"}},
};

static uint32_t remarks_of(const struct incidents_trace *t, const struct incident *i)
{
	const bool is[ARRAY_SIZE(remarks)] = {t->unread, i->override > 0,
		policy_wants_groups(t->side.policy),
		policy_wants_path(t->side.policy) && !t->q.path, !i->has_meeting};
	uint32_t ret = 0;

	for (size_t n = 0; n < ARRAY_SIZE(is); n++)
		ret |= is[n] ? UINT32_C(1) << n : 0;
	return ret;
}

static const char *rule_of(const struct incidents_trace *t)
{
	return t->v.rule == POLICY_RULE_NONE ? "" : policy_rule_name(t->side.policy, t->v.rule);
}

/* An override lets pass what the rule refuses, and is not asked again. */
static bool decide(struct incidents_trace *t, const struct incident *i)
{
	policy_decide(t->side.policy, &t->q, &t->v);
	return strcmp(rule_of(t), i->rule) == 0 &&
		(i->override ||
			(strcmp(action_name(t->v.intended), i->intended) == 0 &&
				strcmp(action_name(t->v.action), i->action) == 0));
}

/* The incident's strings may be concealed before the rules are told. */
static int ask(struct incidents_trace *t, const struct incident *i)
{
	recorded_ask(&t->recorded, t->side.apps, i, &t->q);
	t->path = t->q.path ? strdup(t->q.path) : NULL;
	t->destination = t->q.destination ? strdup(t->q.destination) : NULL;
	if ((t->q.path && !t->path) || (t->q.destination && !t->destination))
		return ctl_error("out of memory");
	t->q.path = t->path;
	t->q.destination = t->destination;
	return CTL_DONE;
}

int incidents_trace(
	const struct incidents_options *o, const struct incident *i, struct incidents_trace *ret)
{
	struct facts_brief told;
	char version[24];
	int r;

	snprintf(version, sizeof(version), "%" PRIu64, i->policy_version);
	if (policy_side_load(o->ctl, o->policy ? o->policy : version, &ret->side) != CTL_DONE)
		return CTL_DONE;
	ret->available = true;
	r = ask(ret, i);
	if (r != CTL_DONE)
		return r;
	ret->same = decide(ret, i);
	told = ret->q.facts;
	if (!ret->same && recorded_unread(i, &ret->q))
		ret->same = ret->unread = decide(ret, i);
	if (!ret->same) {
		ret->q.facts = told;
		(void)decide(ret, i);
	}
	return CTL_DONE;
}

void incidents_trace_done(struct incidents_trace *t)
{
	policy_side_done(&t->side);
	free(t->path);
	free(t->destination);
}

static void put_outcome(const struct incidents_trace *t, const struct incident *i, enum lang lang)
{
	const char *rule = rule_of(t);

	if (t->same) {
		printf("  %s\n",
			lang_pick(lang, "the same as recorded", "giống như đã ghi trong nhật ký"));
		return;
	}
	printf("  %s", tty_style(stdout, TTY_RED));
	printf(lang_pick(lang, "NOT as recorded: now %s by %s; the record says ",
		       "KHÁC với nhật ký: nay là %s theo %s; bản ghi nêu "),
		action_name(t->v.action), *rule ? rule : "-");
	tty_put_safe(stdout, view_str(i->action));
	printf(" (");
	tty_put_safe(stdout, view_str(*i->rule ? i->rule : "-"));
	printf(")%s\n", tty_style(stdout, TTY_PLAIN));
}

void incidents_trace_put(const struct incidents_trace *t, const struct incident *i, enum lang lang)
{
	uint32_t said;

	printf("\n%s", tty_style(stdout, TTY_BOLD));
	printf(lang_pick(lang, "Rule by rule, by the policy of then (version %" PRIu64 ")",
		       "Từng quy tắc, theo chính sách lúc đó (phiên bản %" PRIu64 ")"),
		i->policy_version);
	printf("%s\n", tty_style(stdout, TTY_PLAIN));
	if (!t->available) {
		printf("  %s\n",
			lang_pick(lang,
				"not to be had any more: what the record says cannot be checked",
				"không còn lấy được: không đối chiếu được với bản ghi"));
		return;
	}
	rule_trace_put(t->side.policy, &t->q, &t->v, lang);
	put_outcome(t, i, lang);
	said = remarks_of(t, i);
	for (size_t n = 0; n < ARRAY_SIZE(remarks); n++)
		if (said >> n & 1)
			printf("  %s\n", remarks[n].text[lang]);
}

void incidents_trace_json(const struct incidents_trace *t, const struct incident *i, struct json *j)
{
	uint32_t said;

	json_object(j);
	json_key_u64(j, "policy_version", i->policy_version);
	json_key_bool(j, "available", t->available);
	if (t->available) {
		said = remarks_of(t, i);
		json_key_bool(j, "same", t->same);
		json_key_str(j, "rule", *rule_of(t) ? rule_of(t) : NULL);
		json_key_str(j, "action", action_name(t->v.action));
		json_key_str(j, "intended", action_name(t->v.intended));
		json_key_str(j, "mode", mode_name(policy_mode(t->side.policy)));
		rule_trace_json(t->side.policy, &t->q, &t->v, j);
		json_key(j, "remarks");
		json_array(j);
		for (size_t n = 0; n < ARRAY_SIZE(remarks); n++)
			if (said >> n & 1)
				json_str(j, remarks[n].name);
		json_array_end(j);
	}
	json_object_end(j);
}
