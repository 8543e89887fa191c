/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate policy simulate: what the journal's incidents would have come to under another policy.
 * An incident is the question again: the document's facts, the application, the user, the channel,
 * the path, the time, the meeting. What was allowed without a record cannot be asked again, and
 * that is said. Documents at rest are asked about as the inventory has them, and not as incidents.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/policy.h"
#include "ctl/policy_diff.h"
#include "ctl/recorded.h"
#include "ctl/simulate_rest.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

#define ROWS_MAX     5000U /* of one table; what comes after is counted as a whole */
#define SHOWN_MAX    15U   /* of them in the text */
#define EXAMPLES_MAX 5U    /* of new and of vanished blocks, each */
#define GROUPS_MAX   64    /* of one user */

static const struct usage usage = {
	.synopsis = "policy simulate [--json] [--since TIME] [--until TIME] [--state-dir DIR] NEW",
	.text = "Asks a policy about the journal's incidents: which refusals would be new and "
		"which "
		"gone,\n"
		"by rule, application, user and unit; and about the documents that lie here now "
		"(rules on the\n"
		"channel at-rest). NEW is a file, a bundle, or the number of a version. Exit "
		"status 1:\n"
		"something would come out differently.",
	.options = {{"--since TIME", "from then on: 2026-11-23, 12h, 14d ago; default: all"},
		{"--until TIME", "up to then"},
		{"--state-dir DIR", "the agent's state directory (" SEALGATE_STATEDIR ")"},
		{"--json", "one JSON object"}, {"--help", "this text"}},
};

enum effect {
	EFFECT_SAME,
	EFFECT_NEW_BLOCK,
	EFFECT_NO_BLOCK,
	EFFECT_OTHER, /* another action, refused neither before nor after, or both */
	EFFECT_MAX,
};

static const char *const effect_names[EFFECT_MAX] = {
	"same", "new_block", "vanished_block", "other"};

struct row {
	char *kind, *name; /* "rule", "app", "user", "unit" */
	uint64_t opens[EFFECT_MAX];
};

struct example {
	struct incident *incident; /* with what its level conceals concealed */
	char *rule;                /* of the new policy */
	enum action action;
	enum effect effect;
};

struct simulate {
	const struct ctl *ctl;
	struct incidents_options o;
	struct policy_side side;
	uint64_t incidents[EFFECT_MAX], opens[EFFECT_MAX];
	uint64_t unasked;    /* opens of applications that the policy does not know */
	uint64_t at_rest;    /* incidents of documents at rest, which the inventory answers for */
	uint64_t no_meeting; /* incidents that do not say whether there was one */
	struct rest rest;
	uint64_t holds; /* opens that were held, of applications that it knows */
	double hold_ms;
	struct row *rows;
	size_t n_rows;
	uint64_t left_out;
	struct example examples[2 * EXAMPLES_MAX];
	size_t n_examples[EFFECT_MAX], n_shown;
	char *first, *last;
	struct recorded recorded;
};

static void simulate_done(struct simulate *s)
{
	policy_side_done(&s->side);
	rest_done(&s->rest);
	for (size_t i = 0; i < s->n_rows; i++) {
		free(s->rows[i].kind);
		free(s->rows[i].name);
	}
	free(s->rows);
	for (size_t i = 0; i < s->n_shown; i++) {
		incident_free(s->examples[i].incident);
		free(s->examples[i].rule);
	}
	free(s->first);
	free(s->last);
}

static int count(struct simulate *s, const char *kind, const char *name, enum effect e, uint64_t n)
{
	struct row *grown;

	for (size_t i = 0; i < s->n_rows; i++)
		if (strcmp(s->rows[i].name, name) == 0 && strcmp(s->rows[i].kind, kind) == 0) {
			s->rows[i].opens[e] += n;
			return 0;
		}
	if (s->n_rows == ROWS_MAX) {
		s->left_out += n;
		return 0;
	}
	grown = realloc(s->rows, (s->n_rows + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->rows = grown;
	s->rows[s->n_rows] = (struct row){.kind = strdup(kind), .name = strdup(name)};
	if (!s->rows[s->n_rows].kind || !s->rows[s->n_rows].name) {
		free(s->rows[s->n_rows].kind);
		free(s->rows[s->n_rows].name);
		return -ENOMEM;
	}
	s->rows[s->n_rows++].opens[e] = n;
	return 0;
}

/* Takes the incident. */
static int add_example(
	struct simulate *s, struct incident **i, enum effect e, const char *rule, enum action now)
{
	struct example x = {.action = now, .effect = e};
	int r;

	if ((e != EFFECT_NEW_BLOCK && e != EFFECT_NO_BLOCK) || s->n_examples[e] == EXAMPLES_MAX)
		return 0;
	r = incidents_conceal(&s->o, *i);
	if (r == 0 && !(x.rule = strdup(rule)))
		r = -ENOMEM;
	if (r < 0)
		return r;
	x.incident = steal(i);
	s->examples[s->n_shown++] = x;
	s->n_examples[e]++;
	return 0;
}

static int keep_span(struct simulate *s, const char *time)
{
	char *copy = strdup(time);

	if (copy && !s->first)
		s->first = strdup(time);
	if (!copy || !s->first) {
		free(copy);
		return -ENOMEM;
	}
	free(s->last);
	s->last = copy;
	return 0;
}

static int take(struct simulate *s, struct incident **taken)
{
	const struct incident *i = *taken;
	struct verdict v = {.rule = POLICY_RULE_NONE};
	enum action was = ACTION_ALLOW;
	uint64_t opens = i->retries + 1;
	struct question q;
	enum effect e;
	const char *rule;
	int r;

	if (strcmp(i->channel, channel_name(CHANNEL_AT_REST)) == 0) {
		s->at_rest++;
		return 0;
	}
	s->no_meeting += !i->has_meeting;
	recorded_ask(&s->recorded, s->side.apps, i, &q);
	(void)action_parse(i->action, &was);
	if (q.app == APP_NONE)
		s->unasked += opens;
	else
		policy_decide(s->side.policy, &q, &v);
	if (i->hold_ms > 0 && q.app != APP_NONE) {
		s->holds++; /* retries are answered from what is known */
		s->hold_ms += i->hold_ms;
	}
	e = action_refuses(v.action) && !action_refuses(was)       ? EFFECT_NEW_BLOCK
		: !action_refuses(v.action) && action_refuses(was) ? EFFECT_NO_BLOCK
		: v.action != was                                  ? EFFECT_OTHER
								   : EFFECT_SAME;
	s->incidents[e]++;
	s->opens[e] += opens;
	rule = v.rule == POLICY_RULE_NONE ? "-" : policy_rule_name(s->side.policy, v.rule);
	r = keep_span(s, i->time);
	/* Whose doing it is: the new rule's where it refuses, else the old one's. */
	if (r == 0)
		r = count(s, "rule", e == EFFECT_NO_BLOCK ? i->rule : rule, e, opens);
	if (r == 0)
		r = count(s, "app", i->app, e, opens);
	if (r == 0)
		r = count(s, "user", *i->user ? i->user : "?", e, opens);
	return r < 0 ? r : add_example(s, taken, e, rule, v.action);
}

static int read_journal(struct simulate *s)
{
	cleanup_with(index_freep) struct index *x = NULL;
	int r = index_build(s->o.dir, incidents_wanted, &s->o, &x);

	if (r < 0)
		return incidents_no_journal(&s->o, r);
	for (size_t n = 0; r == 0 && n < index_count(x); n++) {
		cleanup_with(incident_freep) struct incident *i = NULL;

		r = index_load(x, n, &i);
		if (r == 0)
			r = take(s, &i);
	}
	return r < 0 ? ctl_error("cannot read the journal: %s", strerror(-r)) : CTL_DONE;
}

static int count_in_units(struct simulate *s, size_t user)
{
	const struct passwd *pw = getpwnam(s->rows[user].name);
	gid_t gids[GROUPS_MAX];
	int n = GROUPS_MAX, r = 0;

	if (!pw)
		return 0;
	(void)getgrouplist(pw->pw_name, pw->pw_gid, gids, &n);
	for (int i = 0; r == 0 && i < MIN(n, GROUPS_MAX); i++) {
		const struct group *g = getgrgid(gids[i]);

		for (enum effect e = 0; r == 0 && g && e < EFFECT_MAX; e++)
			if (s->rows[user].opens[e] > 0)
				r = count(s, "unit", g->gr_name, e, s->rows[user].opens[e]);
	}
	return r;
}

/* A unit is a group of this computer's users. */
static int count_units(struct simulate *s)
{
	size_t n = s->n_rows;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (strcmp(s->rows[i].kind, "user") == 0)
			r = count_in_units(s, i);
	return r < 0 ? ctl_error("cannot tell whose unit it is: %s", strerror(-r)) : CTL_DONE;
}

static bool is_different(const struct simulate *s)
{
	return s->incidents[EFFECT_NEW_BLOCK] || s->incidents[EFFECT_NO_BLOCK] ||
		s->incidents[EFFECT_OTHER] || rest_is_different(&s->rest);
}

/* ---- output ---- */

static void put_effect(const struct simulate *s, enum effect e, const char *en, const char *vi)
{
	printf("%s: %" PRIu64 " (%s %" PRIu64 ")\n", lang_pick(s->ctl->lang, en, vi), s->opens[e],
		lang_pick(s->ctl->lang, "incidents:", "sự cố:"), s->incidents[e]);
}

static void put_rows(const struct simulate *s, const char *kind, const char *en, const char *vi)
{
	size_t shown = 0;

	for (size_t i = 0; i < s->n_rows && shown < SHOWN_MAX; i++) {
		const struct row *w = &s->rows[i];

		if (strcmp(w->kind, kind) != 0 ||
			!(w->opens[EFFECT_NEW_BLOCK] + w->opens[EFFECT_NO_BLOCK] +
				w->opens[EFFECT_OTHER]))
			continue;
		if (shown++ == 0)
			printf("\n%s\n", lang_pick(s->ctl->lang, en, vi));
		printf("  ");
		tty_put_safe(stdout, view_str(w->name));
		printf(": +%" PRIu64 " -%" PRIu64 " ~%" PRIu64 "\n", w->opens[EFFECT_NEW_BLOCK],
			w->opens[EFFECT_NO_BLOCK], w->opens[EFFECT_OTHER]);
	}
}

static void put_example(const struct example *x, enum lang lang)
{
	cleanup_with(freep) char *text = NULL;
	const struct incident *i = x->incident;

	if (asprintf(&text, "%s %s %s %s: %s (%s) -> %s (%s)", i->time, *i->user ? i->user : "?",
		    i->app, i->path, incidents_action(i->action, lang), i->rule,
		    incidents_action(action_name(x->action), lang), x->rule) < 0) {
		text = NULL;
		return;
	}
	printf("  %s ", x->effect == EFFECT_NEW_BLOCK ? "+" : "-");
	tty_put_safe(stdout, view_str(text));
	putchar('\n');
}

static void put_examples(const struct simulate *s)
{
	for (size_t i = 0; i < s->n_shown; i++) {
		if (i == 0)
			printf("\n%s\n", lang_pick(s->ctl->lang, "examples", "ví dụ"));
		put_example(&s->examples[i], s->ctl->lang);
	}
}

static void put_text(const struct simulate *s)
{
	enum lang lang = s->ctl->lang;

	if (s->first)
		printf("%s – %s\n", s->first, s->last);
	put_effect(s, EFFECT_NEW_BLOCK, "new refusals", "lần bị chặn mới");
	put_effect(s, EFFECT_NO_BLOCK, "refusals gone", "lần không còn bị chặn");
	put_effect(s, EFFECT_OTHER, "otherwise different", "thay đổi khác");
	put_effect(s, EFFECT_SAME, "as before", "như cũ");
	put_rows(s, "rule", "by rule (+ new refusals, - gone, ~ other)",
		"theo quy tắc (+ chặn mới, - hết chặn, ~ khác)");
	put_rows(s, "app", "by application", "theo ứng dụng");
	put_rows(s, "user", "by user", "theo người dùng");
	put_rows(s, "unit", "by unit (group of users)", "theo đơn vị (nhóm người dùng)");
	put_examples(s);
	printf(lang_pick(lang, "\nheld while looked at: %" PRIu64 " opens, %.0f ms in all\n",
		       "\ngiữ lại để kiểm tra: %" PRIu64 " lần mở, tổng cộng %.0f ms\n"),
		s->holds, s->hold_ms);
	if (s->unasked)
		printf(lang_pick(lang,
			       "of applications that this policy does not know: %" PRIu64
			       " opens\n",
			       "của ứng dụng mà chính sách này không biết: %" PRIu64 " lần mở\n"),
			s->unasked);
	if (s->no_meeting)
		printf(lang_pick(lang,
			       "recorded before meetings were: %" PRIu64
			       " incidents, asked as if there was none\n",
			       "ghi trước khi có ghi nhận cuộc họp: %" PRIu64
			       " sự cố, hỏi như không có họp\n"),
			s->no_meeting);
	rest_put_text(&s->rest);
	printf("\n%s\n",
		lang_pick(lang,
			"coverage: only what was recorded. What was allowed without a record is "
			"not in the journal,\nso a stricter policy may refuse more than is shown; "
			"groups are those of today.",
			"phạm vi: chỉ những gì đã được ghi lại. Những lần được phép mà không ghi "
			"thì không có trong nhật\nký, nên chính sách chặt hơn có thể chặn nhiều "
			"hơn; nhóm người dùng lấy theo hiện tại."));
}

static void json_effects(struct json *j, const uint64_t *n)
{
	for (unsigned e = 0; e < EFFECT_MAX; e++)
		json_key_u64(j, effect_names[e], n[e]);
}

static void json_example(struct json *j, const struct example *x)
{
	const struct incident *i = x->incident;

	json_object(j);
	json_key_str(j, "id", i->id);
	json_key_str(j, "time", i->time);
	json_key_str(j, "user", i->user);
	json_key_str(j, "app", i->app);
	json_key_str(j, "path", i->path);
	json_key_str(j, "effect", effect_names[x->effect]);
	json_key_str(j, "action", i->action);
	json_key_str(j, "rule", i->rule);
	json_key_str(j, "new_action", action_name(x->action));
	json_key_str(j, "new_rule", x->rule);
	json_object_end(j);
}

static int put_json(const struct simulate *s)
{
	static const char *const kinds[] = {"rule", "app", "user", "unit"};
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "from", s->first ? s->first : "");
	json_key_str(&j, "to", s->last ? s->last : "");
	json_key(&j, "incidents");
	json_object(&j);
	json_effects(&j, s->incidents);
	json_object_end(&j);
	json_key(&j, "opens");
	json_object(&j);
	json_effects(&j, s->opens);
	json_object_end(&j);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		json_key(&j, kinds[k]);
		json_array(&j);
		for (size_t i = 0; i < s->n_rows; i++) {
			if (strcmp(s->rows[i].kind, kinds[k]) != 0)
				continue;
			json_object(&j);
			json_key_str(&j, "name", s->rows[i].name);
			json_effects(&j, s->rows[i].opens);
			json_object_end(&j);
		}
		json_array_end(&j);
	}
	json_key(&j, "examples");
	json_array(&j);
	for (size_t i = 0; i < s->n_shown; i++)
		json_example(&j, &s->examples[i]);
	json_array_end(&j);
	json_key_u64(&j, "holds", s->holds);
	json_key(&j, "hold_ms");
	json_double(&j, s->hold_ms, 1);
	json_key_u64(&j, "unknown_application", s->unasked);
	json_key_u64(&j, "left_out", s->left_out);
	json_key_u64(&j, "at_rest_incidents", s->at_rest);
	json_key_u64(&j, "meeting_not_recorded", s->no_meeting);
	rest_put_json(&s->rest, &j);
	json_key_str(&j, "coverage", "recorded-only");
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	return fwrite(out.p, 1, out.n, stdout) == out.n
		? CTL_DONE
		: ctl_error("cannot write: %s", strerror(errno));
}

static int parse(struct simulate *s, int argc, char **argv, const char **ret_new)
{
	int r = incidents_take_period(&usage, s->ctl->config, argc, argv, &s->o);

	if (r >= 0)
		return r;
	if (argc - optind != 1)
		return usage_error(&usage, "which policy?");
	*ret_new = argv[optind];
	return -1;
}

int policy_simulate(const struct ctl *ctl, int argc, char **argv)
{
	cleanup_with(simulate_done) struct simulate s = {
		.ctl = ctl, .o = {.ctl = ctl, .lang = ctl->lang}};
	const char *name;
	int r = parse(&s, argc, argv, &name);

	if (r >= 0)
		return r;
	r = policy_side_load(ctl, name, &s.side);
	if (r == CTL_DONE)
		r = read_journal(&s);
	if (r == CTL_DONE)
		r = count_units(&s);
	if (r == CTL_DONE)
		r = rest_ask(ctl, &s.side, s.o.dir_said, &s.rest);
	if (r != CTL_DONE)
		return r;
	if (s.o.json)
		r = put_json(&s);
	else
		put_text(&s);
	return r == CTL_DONE && is_different(&s) ? CTL_FOUND : r;
}
