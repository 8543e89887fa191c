/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate explain: what would happen if an application did something with a document, and why. The
 * document is read by a sandboxed worker as `sealgate scan` does; the policy is asked as the gate
 * does, and each rule then says for itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/explain_failures.h"
#include "ctl/facts_text.h"
#include "ctl/incidents.h"
#include "ctl/policy_load.h"
#include "ctl/rule_trace.h"
#include "ctl/scan_client.h"
#include "ctl/tty.h"
#include "ctl/usage.h"

#define GROUPS_MAX 1024

static const struct usage usage = {
	.synopsis = "explain [--json] --app ID [--channel C] [--user U] [--destination D] "
		    "[--meeting]\n"
		    "                        [--failure F [--may-be M]] [--policy FILE] "
		    "[--rules DIR]... FILE\n"
		    "       sealgate explain [--json] --failures --app ID [--policy FILE]",
	.text = "Says what would happen if the application did this with the document, and what "
		"each\n"
		"rule of the policy says to it. Needs no daemon.",
	.options =
		{
			{"--app ID", "the application, as \"sealgate apps list\" calls it"},
			{"--channel C",
				"open (default), exec, receive, browser-upload, "
				"browser-paste, at-rest"},
			{"--user U", "name or number; by default you"},
			{"--destination D", "site or peer"},
			{"--meeting", "a call is in progress"},
			{"--failure F",
				"as if nobody could look: deadline, crash, unreadable, pressure, "
				"core-gone, descriptors, store"},
			{"--may-be M", "what it was before: state-secret, internal, unknown"},
			{"--failures", "the answers to all failures, as a table"},
			{"--policy FILE", "a policy other than the configured one"},
			{"--rules DIR", "rule packs to use instead of the installed ones"},
			{"--json", "one JSON object"},
			{"--help", "this text"},
		},
};

enum {
	OPT_APP = 256,
	OPT_CHANNEL,
	OPT_USER,
	OPT_DESTINATION,
	OPT_MEETING,
	OPT_FAILURE,
	OPT_MAY_BE,
	OPT_FAILURES,
	OPT_POLICY,
	OPT_RULES,
	OPT_JSON,
	OPT_HELP,
};

static const struct option options[] = {
	{"app", required_argument, NULL, OPT_APP},
	{"channel", required_argument, NULL, OPT_CHANNEL},
	{"user", required_argument, NULL, OPT_USER},
	{"destination", required_argument, NULL, OPT_DESTINATION},
	{"meeting", no_argument, NULL, OPT_MEETING},
	{"failure", required_argument, NULL, OPT_FAILURE},
	{"may-be", required_argument, NULL, OPT_MAY_BE},
	{"failures", no_argument, NULL, OPT_FAILURES},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"rules", required_argument, NULL, OPT_RULES},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

struct explain {
	enum lang lang;
	bool json, failures;
	const char *app, *user, *policy_path;
	struct scan_client_options scan;
	unsigned n_rules;
	char *path; /* of the document, resolved */
	gid_t gids[GROUPS_MAX];
	struct question q;
	struct facts facts;
	bool has_facts;
	struct policy_load *policy;
	struct verdict verdict;
};

static int find_app(struct explain *e)
{
	const struct apptable *t = e->policy->apps;
	const char **ids;
	const char *near;
	int r;

	e->q.app = apptable_find(t, e->app);
	e->q.category = apptable_category(t, e->q.app);
	if (e->q.app != APP_NONE)
		return CTL_DONE;
	ids = calloc((size_t)apptable_n(t) + 1, sizeof(char *));
	for (uint32_t i = 0; ids && i < apptable_n(t); i++)
		ids[i] = apptable_id(t, i);
	near = ids ? diag_nearest(e->app, ids) : NULL;
	r = near ? ctl_error("no application \"%s\" in %s; did you mean \"%s\"?", e->app,
			   e->policy->path, near)
		 : ctl_error("no application \"%s\" in %s", e->app, e->policy->path);
	free((void *)ids);
	return r;
}

/* Sets uid and groups from --user, or from this process. */
static int find_user(struct explain *e)
{
	const struct passwd *pw;
	int n = GROUPS_MAX;
	char *end;
	unsigned long id;

	if (!e->user) {
		e->q.uid = getuid();
		n = getgroups(GROUPS_MAX - 1, e->gids);
		if (n < 0)
			return ctl_error("groups: %s", strerror(errno));
		e->gids[n++] = getgid();
	} else {
		errno = 0;
		id = strtoul(e->user, &end, 10);
		pw = *end || errno || !e->user[0] ? getpwnam(e->user) : getpwuid((uid_t)id);
		if (!pw && (*end || errno || !e->user[0] || id >= UINT32_MAX))
			return ctl_error("no user \"%s\"", e->user);
		e->q.uid = pw ? pw->pw_uid : (uid_t)id;
		if (!pw)
			n = 0;
		else if (getgrouplist(pw->pw_name, pw->pw_gid, e->gids, &n) < 0)
			return ctl_error("\"%s\" is in more than %d groups", e->user, GROUPS_MAX);
	}
	e->q.gids = e->gids;
	e->q.n_gids = (uint32_t)n;
	return CTL_DONE;
}

static void find_time(struct explain *e)
{
	time_t now;
	struct tm tm;

	e->q.realtime = clock_realtime();
	now = (time_t)(e->q.realtime / NSEC_PER_SEC);
	if (localtime_r(&now, &tm))
		e->q.utc_offset = (int32_t)tm.tm_gmtoff;
}

static int on_facts(void *userdata, void *document, const struct facts *f)
{
	struct explain *e = userdata;

	(void)document;
	e->facts = *f;
	e->has_facts = true;
	return 0;
}

static int scan_fd(struct explain *e, int fd, struct diags *d)
{
	const char *name = strrchr(e->path, '/') + 1;
	struct scan_client *c = NULL;
	int r = scan_client_new(&e->scan, d, on_facts, e, &c);

	ctl_diags(d);
	if (r == 0)
		r = scan_client_submit(c, fd_steal(&fd), name, true, NULL);
	fd_close(fd);
	if (r == 0)
		r = scan_client_drain(c);
	if (r < 0 && c && scan_client_trouble(c)[0])
		(void)ctl_error("%s", scan_client_trouble(c));
	else if (r < 0 && d->errors == 0)
		(void)ctl_error("%s: %s", e->path, strerror(-r));
	scan_client_free(c);
	return r == 0 && e->has_facts ? CTL_DONE : CTL_FAILED;
}

static int scan(const struct ctl *ctl, struct explain *e, const char *file)
{
	cleanup_with(settings_done) struct settings s = {0};
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	int fd;

	if (!d)
		return ctl_error("out of memory");
	e->scan.jobs = 1;
	if (scan_client_configure(ctl, &s, &e->scan) != 0)
		return CTL_FAILED;

	e->path = realpath(file, NULL);
	if (!e->path)
		return ctl_error("%s: %s", file, strerror(errno));
	fd = open(e->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return ctl_error("%s: %s", file, strerror(errno));
	e->q.path = e->path;
	return scan_fd(e, fd, d);
}

static void put_facts(const struct explain *e)
{
	const struct facts *f = &e->facts;
	enum tty_style style = level_is_state_secret(f->level) ? TTY_RED
		: f->level == LEVEL_NONE                       ? TTY_GREEN
							       : TTY_YELLOW;

	tty_put_safe(stdout, view_str(e->path));
	printf("\n  %s%s%s (%s), %s", tty_style(stdout, style),
		f->level == LEVEL_NONE ? lang_pick(e->lang, "no marking", "không có dấu độ mật")
				       : level_display_vi(f->level),
		tty_style(stdout, TTY_PLAIN), level_name(f->level), f->format);
	printf(", %s", facts_text_completeness(e->lang, f->completeness));
	for (unsigned i = 0; i < REASON_MAX; i++)
		if (f->reasons & REASON_BIT(i))
			printf(", %s", facts_text_reason(e->lang, (enum reason)i));
	for (unsigned i = 0; i < TAG_MAX; i++)
		if (f->tags & TAG_BIT(i))
			printf(", %s", tag_name((enum tag)i));
	putchar('\n');
	for (uint32_t i = 0; i < f->n_evidence; i++) {
		fputs("  - ", stdout);
		facts_text_evidence(stdout, e->lang, &f->evidence[i]);
		putchar('\n');
	}
}

static void put_text(const struct explain *e)
{
	const struct policy *p = e->policy->policy;
	const struct verdict *v = &e->verdict;
	enum tty_style style = action_interferes(v->action) ? TTY_RED
		: v->action == ACTION_ALLOW                 ? TTY_GREEN
							    : TTY_YELLOW;
	const char *message = policy_rule_message(p, v->rule);

	put_facts(e);
	printf(lang_pick(e->lang, "\n%s (%s), channel %s, user %u, %s\n",
		       "\n%s (%s), kênh %s, người dùng %u, %s\n"),
		apptable_name(e->policy->apps, e->q.app), category_name(e->q.category),
		channel_name(e->q.channel), e->q.uid, e->policy->path);
	rule_trace_put(p, &e->q, v, e->lang);
	printf("\n%s%s%s", tty_style(stdout, style), action_name(v->action),
		tty_style(stdout, TTY_PLAIN));
	if (e->lang != LANG_EN)
		printf(" (%s)", incidents_action(action_name(v->action), e->lang));
	if (v->rule == POLICY_RULE_NONE)
		fputs(lang_pick(e->lang, ": no rule matches", ": không quy tắc nào khớp"), stdout);
	else
		printf(lang_pick(e->lang, ": rule %s", ": theo quy tắc %s"),
			policy_rule_name(p, v->rule));
	if (v->action != v->intended)
		printf(lang_pick(e->lang, " (mode monitor; enforce would %s)",
			       " (chế độ giám sát; khi thực thi sẽ là %s)"),
			action_name(v->intended));
	putchar('\n');
	if (message[0])
		printf("%s\n", message);
}

static int put_json(const struct explain *e)
{
	const struct policy *p = e->policy->policy;
	const struct verdict *v = &e->verdict;
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "path", e->path);
	facts_json(&e->facts, &j);
	json_key_str(&j, "app", e->app);
	json_key_str(&j, "category", category_name(e->q.category));
	json_key_str(&j, "channel", channel_name(e->q.channel));
	json_key_u64(&j, "uid", e->q.uid);
	json_key_str(&j, "destination", e->q.destination);
	json_key_bool(&j, "meeting", e->q.meeting);
	json_key_str(&j, "policy", e->policy->path);
	json_key_str(&j, "mode", mode_name(policy_mode(p)));
	rule_trace_json(p, &e->q, v, &j);
	json_key_str(&j, "failure", v->failure == FAILURE_NONE ? NULL : failure_name(v->failure));
	json_key_str(&j, "may_be", v->failure == FAILURE_NONE ? NULL : may_be_name(v->may_be));
	json_key(&j, "verdict");
	json_object(&j);
	json_key_str(&j, "action", action_name(v->action));
	json_key_str(&j, "intended", action_name(v->intended));
	json_key_str(&j, "rule", v->rule == POLICY_RULE_NONE ? NULL : policy_rule_name(p, v->rule));
	json_key_str(&j, "message", policy_rule_message(p, v->rule));
	json_object_end(&j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	fwrite(out.p, 1, out.n, stdout);
	return CTL_DONE;
}

static int run(const struct ctl *ctl, struct explain *e, const char *file)
{
	int r = policy_load(ctl, e->policy_path, &e->policy);

	if (r == CTL_FAILED)
		return r;
	if (r == CTL_FOUND) {
		ctl_diags(&e->policy->diags);
		return ctl_error("%s is not valid", e->policy->path);
	}
	r = find_app(e);
	if (r == CTL_DONE)
		r = find_user(e);
	find_time(e);
	if (r == CTL_DONE && e->failures) {
		if (e->json)
			return explain_failures_json(e->policy, &e->q);
		explain_failures_text(e->policy, &e->q, e->lang);
		return CTL_DONE;
	}
	if (r == CTL_DONE)
		r = scan(ctl, e, file);
	if (r != CTL_DONE)
		return r;
	e->q.facts = facts_brief(&e->facts);
	/* As the gate asks where it has no facts. */
	if (e->q.failure != FAILURE_NONE)
		e->q.facts = (struct facts_brief){.completeness = COMPLETENESS_UNREADABLE,
			.reasons = failure_reasons(e->q.failure)};
	policy_decide(e->policy->policy, &e->q, &e->verdict);
	if (e->json)
		r = put_json(e);
	else
		put_text(e);
	if (fflush(stdout) != 0 || ferror(stdout))
		return ctl_error("cannot write: %s", strerror(errno));
	return r;
}

/* An exit status, or -1: go on. */
static int parse(struct explain *e, int argc, char **argv)
{
	enum may_be may_be;
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case OPT_APP: e->app = optarg; break;
		case OPT_CHANNEL:
			if (channel_parse(optarg, &e->q.channel) < 0)
				return usage_error(&usage, "no channel \"%s\"", optarg);
			break;
		case OPT_USER: e->user = optarg; break;
		case OPT_DESTINATION: e->q.destination = optarg; break;
		case OPT_MEETING: e->q.meeting = true; break;
		case OPT_FAILURE:
			if (failure_parse(optarg, &e->q.failure) < 0)
				return usage_error(&usage, "no failure \"%s\"", optarg);
			break;
		case OPT_MAY_BE:
			if (may_be_parse(optarg, &may_be) < 0)
				return usage_error(&usage, "it cannot be \"%s\"", optarg);
			e->q.was = may_be == MAY_BE_STATE_SECRET ? LEVEL_SECRET
				: may_be == MAY_BE_INTERNAL      ? LEVEL_INTERNAL
								 : LEVEL_NONE;
			break;
		case OPT_FAILURES: e->failures = true; break;
		case OPT_POLICY: e->policy_path = optarg; break;
		case OPT_RULES:
			if (e->n_rules == SCAN_CLIENT_RULES_MAX - 1)
				return usage_error(
					&usage, "at most %u --rules", SCAN_CLIENT_RULES_MAX - 1);
			e->scan.rules[e->n_rules++] = optarg;
			break;
		case OPT_JSON: e->json = true; break;
		case OPT_HELP:
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (!e->app)
		return usage_error(&usage, "explain needs --app");
	if (e->failures && argc != optind)
		return usage_error(&usage, "--failures takes no FILE");
	if (!e->failures && argc - optind != 1)
		return usage_error(&usage, "explain needs one FILE");
	return -1;
}

int cmd_explain(const struct ctl *ctl, int argc, char **argv)
{
	struct explain *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return ctl_error("out of memory");
	e->lang = ctl->lang;
	e->q.channel = CHANNEL_OPEN;
	r = parse(e, argc, argv);
	if (r < 0)
		r = run(ctl, e, argv[optind]);
	policy_load_free(e->policy);
	free(e->path);
	free(e);
	return r;
}
