/* SPDX-License-Identifier: Apache-2.0 */
/* "sealgate incidents": reads the journal's directory itself; the agent need not run. */
#include "ctl/incidents.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/commands.h"
#include "ctl/configured.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/action.h"
#include "settings/settings.h"
#include "wire/review.h"

static const struct usage usage = {
	.synopsis =
		"incidents "
		"list|show|mark|false-positive|evidence|watch|stats|precision|report|export|verify|"
		"checkpoint|rotate-key ...",
	.text = "Reads the journal: lists what happened, shows one incident, or verifies that "
		"nothing\n"
		"was altered or removed. What a reviewer says of an incident (mark) is added to "
		"the journal.",
	.options =
		{
			{"--json", "for programs: one object per incident, or one for verify"},
			{"--state-dir DIR", "the agent's state directory (" SEALGATE_STATEDIR ")"},
			{"--config FILE", "take the state directory from this agent.yaml"},
			{"--lang vi|en", "language; by default the locale's"},
			{"--since TIME",
				"list: from then on: 2026-11-23, 2026-11-23T08:30, 90m, 12h, "
				"7d ago"},
			{"--until TIME", "list: up to then"},
			{"--level LEVEL",
				"list: top-secret, secret, confidential, internal, none; "
				"several with commas; \"secret+\" and higher"},
			{"--app APP", "list: this application (id or name)"},
			{"--user USER", "list: this user (name or number)"},
			{"--action ACTION", "list: log, notify, justify, block, quarantine"},
			{"--channel CHANNEL", "list: open, exec, receive, browser-upload, ..."},
			{"--rule RULE",
				"list: decided by this rule of the policy, or found by this one"},
			{"--text TEXT",
				"list: with this in a name, a path, a rule, a note, what was "
				"found"},
			{"--status STATUS",
				"list: with this status; mark: gives it: new, in-progress, "
				"confirmed, "
				"resolved, false-positive, ignored"},
			{"--assignee NAME", "list: given to this person; \"-\": to nobody"},
			{"--assign NAME", "mark: gives it to this person; \"-\": to nobody"},
			{"--note TEXT", "mark: what is to be remembered"},
			{"--was STATUS", "mark: only where its status is this one still"},
			{"--tag TAG", "list: with this tag; mark: adds it"},
			{"--untag TAG", "mark: takes it away"},
			{"--scope SCOPE",
				"false-positive: an exception about file-app-user (the default), "
				"file-app, file-user or app-user"},
			{"--days N", "false-positive: for so long (30)"},
			{"--unit GROUP", "list: by users of this group"},
			{"--group FIELD",
				"list: put together by day, month, level, app, user, host, "
				"channel, action, "
				"status, rule, file or similar"},
			{"--format FORMAT",
				"export: jsonl (the default), cef, ecs, ocsf or rfc5424"},
			{"--html, --csv", "report: as one page (the default), or as a table"},
			{"--reveal",
				"show: also what its level conceals (agent.yaml: "
				"journal.hide-names); "
				"this is recorded"},
			{"--trace",
				"show: also each rule of the policy of then, and why it did or did "
				"not decide"},
			{"--policy POLICY",
				"show --trace: by this one: a file, a bundle or a version"},
			{"--record FILE",
				"show: the incident in this file, as show --json and export write "
				"it"},
			{"--out FILE",
				"checkpoint, report, false-positive, evidence: into this file"},
			{"--key FILE",
				"evidence: opens the copies with the reviewers' private key; "
				"taking them is recorded"},
			{"--checkpoint FILE",
				"verify: also that the records which this exported checkpoint saw "
				"are there"},
			{"--progress",
				"verify: how far it is, on stderr: lines of records and all, with "
				"a blank between"},
			{"--limit N", "list: the newest N; 0 for all (100 on a terminal)"},
		},
};

enum {
	OPT_JSON = 256,
	OPT_STATE_DIR,
	OPT_CONFIG,
	OPT_LANG,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_LEVEL,
	OPT_APP,
	OPT_USER,
	OPT_ACTION,
	OPT_LIMIT,
	OPT_CHECKPOINT,
	OPT_CHANNEL,
	OPT_RULE,
	OPT_TEXT,
	OPT_STATUS,
	OPT_ASSIGNEE,
	OPT_TAG,
	OPT_ASSIGN,
	OPT_NOTE,
	OPT_UNTAG,
	OPT_OUT,
	OPT_KEY,
	OPT_REVEAL,
	OPT_GROUP,
	OPT_UNIT,
	OPT_HTML,
	OPT_CSV,
	OPT_FORMAT,
	OPT_SCOPE,
	OPT_DAYS,
	OPT_TRACE,
	OPT_POLICY,
	OPT_RECORD,
	OPT_PROGRESS,
	OPT_WAS,
};

static const struct option options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"state-dir", required_argument, NULL, OPT_STATE_DIR},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"lang", required_argument, NULL, OPT_LANG},
	{"since", required_argument, NULL, OPT_SINCE},
	{"until", required_argument, NULL, OPT_UNTIL},
	{"level", required_argument, NULL, OPT_LEVEL},
	{"app", required_argument, NULL, OPT_APP},
	{"user", required_argument, NULL, OPT_USER},
	{"action", required_argument, NULL, OPT_ACTION},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"checkpoint", required_argument, NULL, OPT_CHECKPOINT},
	{"channel", required_argument, NULL, OPT_CHANNEL},
	{"rule", required_argument, NULL, OPT_RULE},
	{"text", required_argument, NULL, OPT_TEXT},
	{"status", required_argument, NULL, OPT_STATUS},
	{"assignee", required_argument, NULL, OPT_ASSIGNEE},
	{"tag", required_argument, NULL, OPT_TAG},
	{"assign", required_argument, NULL, OPT_ASSIGN},
	{"note", required_argument, NULL, OPT_NOTE},
	{"untag", required_argument, NULL, OPT_UNTAG},
	{"group", required_argument, NULL, OPT_GROUP},
	{"unit", required_argument, NULL, OPT_UNIT},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"html", no_argument, NULL, OPT_HTML},
	{"csv", no_argument, NULL, OPT_CSV},
	{"reveal", no_argument, NULL, OPT_REVEAL},
	{"key", required_argument, NULL, OPT_KEY},
	{"out", required_argument, NULL, OPT_OUT},
	{"scope", required_argument, NULL, OPT_SCOPE},
	{"days", required_argument, NULL, OPT_DAYS},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"policy", required_argument, NULL, OPT_POLICY},
	{"record", required_argument, NULL, OPT_RECORD},
	{"progress", no_argument, NULL, OPT_PROGRESS},
	{"was", required_argument, NULL, OPT_WAS},
	{"help", no_argument, NULL, 'h'},
	{0},
};

/* "90m", "12h", "7d": so long ago. */
static int parse_ago(const char *text, uint64_t *ret)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	uint64_t now = clock_realtime();

	if (end == text || text[0] == '-' || !end[0] || end[1] || n > 100000)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == *end) {
			uint64_t ago = n * units[i].seconds * NSEC_PER_SEC;

			*ret = ago < now ? now - ago : 1;
			return 0;
		}
	return -EINVAL;
}

/* A time without a zone is the reader's own. */
static int parse_local(const char *text, uint64_t *ret)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
		"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &tm);
		time_t t;

		if (!end || *end)
			continue;
		t = mktime(&tm);
		if (t <= 0)
			return -EINVAL;
		*ret = (uint64_t)t * NSEC_PER_SEC;
		return 0;
	}
	return -EINVAL;
}

int incidents_parse_time(const char *text, uint64_t *ret)
{
	if (parse_ago(text, ret) == 0 || parse_local(text, ret) == 0)
		return 0;
	return clock_parse(text, ret);
}

static int parse_level(const char *word, size_t n, uint32_t *bits)
{
	char name[32];
	bool higher = n > 0 && word[n - 1] == '+';
	enum level level;

	n -= higher;
	if (n >= sizeof(name))
		return -EINVAL;
	memcpy(name, word, n);
	name[n] = 0;
	if (level_parse(name, &level) < 0)
		return -EINVAL;
	*bits |= higher ? ~UINT32_C(0) << level : UINT32_C(1) << level;
	return 0;
}

static int parse_levels(const char *text, uint32_t *ret)
{
	uint32_t bits = 0;

	for (;;) {
		size_t n = strcspn(text, ",");

		if (parse_level(text, n, &bits) < 0)
			return -EINVAL;
		if (!text[n])
			break;
		text += n + 1;
	}
	*ret = bits;
	return 0;
}

/* Where the journal is: what was said, else the configuration's state-dir. What is concealed is the
   configuration's also where the directory was said. */
int incidents_find_dir(const char *state_dir, const char *config, struct incidents_options *o)
{
	struct settings s;
	int n, r = configured(config, CONFIGURED_STRICT, &s);

	if (r != 0)
		return r;
	o->hide_names = (enum level)settings_level(s.journal.hide_names);
	o->hide_snippets = (enum level)settings_level(s.journal.hide_snippets);
	n = snprintf(o->dir, sizeof(o->dir), "%s/journal", state_dir ? state_dir : s.state_dir);
	settings_done(&s);
	if (n < 0 || (size_t)n >= sizeof(o->dir))
		return ctl_error("the state directory's name is too long");
	return 0;
}

struct said {
	const char *state_dir, *config;
};

/* 0, or an exit status. */
static bool take_flag(int c, struct incidents_options *o)
{
	switch (c) {
	case OPT_JSON: o->json = true; return true;
	case OPT_HTML: o->csv = false; return true;
	case OPT_CSV: o->csv = true; return true;
	case OPT_REVEAL: o->reveal = true; return true;
	case OPT_TRACE: o->trace = true; return true;
	case OPT_PROGRESS: o->progress = true; return true;
	default: return false;
	}
}

/* Where the text of such an option belongs; NULL: it is none, or kept as something else. */
static const char **text_of(int c, struct incidents_options *o, struct said *said)
{
	switch (c) {
	case OPT_STATE_DIR: return &said->state_dir;
	case OPT_CONFIG: return &said->config;
	case OPT_APP: return &o->app;
	case OPT_USER: return &o->user;
	case OPT_ACTION: return &o->action;
	case OPT_CHANNEL: return &o->channel;
	case OPT_RULE: return &o->rule;
	case OPT_TEXT: return &o->text;
	case OPT_STATUS: return &o->status;
	case OPT_WAS: return &o->was;
	case OPT_ASSIGNEE: return &o->assignee;
	case OPT_ASSIGN: return &o->assign;
	case OPT_NOTE: return &o->note;
	case OPT_TAG: return &o->tag;
	case OPT_UNTAG: return &o->untag;
	case OPT_UNIT: return &o->unit;
	case OPT_GROUP: return &o->group;
	case OPT_SCOPE: return &o->scope;
	case OPT_POLICY: return &o->policy;
	case OPT_RECORD: return &o->record;
	case OPT_OUT: return &o->out;
	case OPT_KEY: return &o->key;
	case OPT_CHECKPOINT: return &o->checkpoint;
	default: return NULL;
	}
}

/* Of a text that must be one of some: 0, or an exit status after saying why it is not. */
static int check_text(int c)
{
	enum review_status status;
	enum channel channel;
	enum action action;

	switch (c) {
	case OPT_UNIT:
		if (getgrnam(optarg))
			return 0;
		return usage_error(&usage, "there is no group \"%s\"", optarg);
	case OPT_GROUP:
		if (incidents_group_is(optarg))
			return 0;
		return usage_error(&usage,
			"--group is day, month, level, app, user, host, channel, action, status, "
			"rule, file or similar");
	case OPT_SCOPE:
		if (incidents_scope_is(optarg))
			return 0;
		return usage_error(&usage,
			"--scope is file-app-user, file-app, file-user or app-user, not \"%s\"",
			optarg);
	case OPT_CHANNEL:
		if (channel_parse(optarg, &channel) == 0)
			return 0;
		return usage_error(&usage, "\"%s\" is no channel", optarg);
	case OPT_STATUS:
	case OPT_WAS:
		if (review_status_parse(optarg, &status) == 0)
			return 0;
		return usage_error(&usage,
			"\"%s\" is no status: expected new, in-progress, confirmed, resolved, "
			"false-positive or ignored",
			optarg);
	case OPT_ACTION:
		if (action_parse(optarg, &action) == 0)
			return 0;
		return usage_error(&usage,
			"\"%s\" is no action: expected log, notify, justify, block or quarantine",
			optarg);
	default: return 0;
	}
}

/* What is kept as something else than its text. */
static int take_value(int c, struct incidents_options *o)
{
	char *end;

	switch (c) {
	case OPT_FORMAT:
		if (siem_format_parse(optarg, &o->format) == 0)
			return 0;
		return usage_error(
			&usage, "--format is jsonl, cef, ecs, ocsf or rfc5424, not \"%s\"", optarg);
	case OPT_LANG:
		if (lang_parse(optarg, &o->lang) == 0)
			return 0;
		return usage_error(&usage, "--lang is \"vi\" or \"en\", not \"%s\"", optarg);
	case OPT_SINCE:
	case OPT_UNTIL:
		if (incidents_parse_time(optarg, c == OPT_SINCE ? &o->since : &o->until) == 0)
			return 0;
		return usage_error(&usage,
			"\"%s\" is no time: expected 2026-11-23, 2026-11-23T08:30 or 12h", optarg);
	case OPT_LEVEL:
		if (parse_levels(optarg, &o->levels) == 0)
			return 0;
		return usage_error(&usage,
			"\"%s\" is no level: expected top-secret, secret, confidential, internal "
			"or none",
			optarg);
	case OPT_DAYS:
		o->days = strtoul(optarg, &end, 10);
		if (!*end && *optarg >= '1' && *optarg <= '9' && o->days <= 3660)
			return 0;
		return usage_error(&usage, "\"%s\" is no number of days", optarg);
	case OPT_LIMIT:
		o->limit = strtoul(optarg, &end, 10);
		o->has_limit = true;
		if (end != optarg && !*end && optarg[0] != '-')
			return 0;
		return usage_error(&usage, "\"%s\" is no number", optarg);
	default: return CTL_FAILED;
	}
}

static int take_option(int c, struct incidents_options *o, struct said *said)
{
	const char **text = text_of(c, o, said);
	int r;

	if (take_flag(c, o))
		return 0;
	if (!text)
		return take_value(c, o);
	r = check_text(c);
	if (r == 0)
		*text = optarg;
	return r;
}

/* Commands without an argument. */
static const struct {
	const char *name;
	int (*run)(const struct incidents_options *o);
} plain[] = {
	{"list", incidents_list},
	{"export", incidents_export},
	{"watch", incidents_watch},
	{"stats", incidents_stats},
	{"precision", incidents_precision},
	{"report", incidents_report},
	{"verify", incidents_verify},
	{"checkpoint", incidents_checkpoint},
	{"rotate-key", incidents_rotate_key},
};

static int run(const struct incidents_options *o, int argc, char **argv)
{
	if (o->reveal && (argc < 1 || strcmp(argv[0], "show") != 0))
		return usage_error(&usage, "--reveal is for one incident: show");
	if ((o->trace || o->record) && (argc < 1 || strcmp(argv[0], "show") != 0))
		return usage_error(&usage, "--trace and --record are for one incident: show");
	if (o->policy && !o->trace)
		return usage_error(&usage, "--policy is for show --trace");
	if (o->key && (argc < 1 || strcmp(argv[0], "evidence") != 0))
		return usage_error(&usage, "--key is for evidence");
	if (argc < 1)
		return usage_error(&usage, "which command? see \"sealgate incidents --help\"");
	if (strcmp(argv[0], "mark") == 0) {
		if (argc < 2)
			return usage_error(
				&usage, "mark which incidents? (see \"incidents list\")");
		return incidents_mark(o, argv + 1, (size_t)argc - 1);
	}
	if (strcmp(argv[0], "show") == 0) {
		if (o->record ? argc > 1 || o->reveal : argc < 2)
			return usage_error(&usage, "show which incident? (see \"incidents list\")");
		return incidents_show(o, argv + 1, (size_t)argc - 1);
	}
	if (strcmp(argv[0], "evidence") == 0) {
		if (argc != 2)
			return usage_error(&usage, "evidence takes one incident");
		return incidents_evidence(o, argv[1]);
	}
	if (strcmp(argv[0], "false-positive") == 0) {
		if (argc != 2)
			return usage_error(&usage, "false-positive takes one incident");
		return incidents_false_positive(o, argv[1]);
	}
	if (argc > 1)
		return usage_error(&usage, "%s takes no argument \"%s\"", argv[0], argv[1]);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(plain[i].name, argv[0]) == 0)
			return plain[i].run(o);
	return usage_error(&usage, "no command \"incidents %s\"", argv[0]);
}

int cmd_incidents(const struct ctl *ctl, int argc, char **argv)
{
	struct incidents_options o = {.ctl = ctl, .lang = ctl->lang};
	struct said said = {.config = ctl->config};
	int c, r;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (c == 'h') {
			usage_print(stdout, &usage);
			return CTL_DONE;
		}
		if (c == ':')
			return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		if (c == '?')
			return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		r = take_option(c, &o, &said);
		if (r != 0)
			return r;
	}
	/* A wrong command is told before a missing journal. */
	o.dir_said = said.state_dir != NULL;
	o.ctl = &(struct ctl){said.config, ctl->socket, o.lang};
	r = incidents_find_dir(said.state_dir, said.config, &o);
	return r != 0 ? r : run(&o, argc - optind, argv + optind);
}

int incidents_no_journal(const struct incidents_options *o, int error)
{
	if (error == -ENOENT || error == -ENOTDIR)
		return ctl_error("there is no journal in %s: the agent has not run with this state "
				 "directory (see --state-dir and --config)",
			o->dir);
	if (error == -EACCES)
		return ctl_error("%s: permission denied; only root and the group of reviewers "
				 "(agent.yaml: reviewers) may read the journal",
			o->dir);
	return ctl_error("cannot read the journal in %s: %s", o->dir, strerror(-error));
}

void incidents_local_time(const char *time, bool with_zone, enum lang lang, char *ret, size_t size)
{
	uint64_t ns;
	struct tm tm;
	time_t t;
	size_t n = 0;

	if (clock_parse(time, &ns) == 0) {
		t = (time_t)(ns / NSEC_PER_SEC);
		if (!localtime_r(&t, &tm))
			n = 0;
		else if (!with_zone)
			n = strftime(ret, size, "%Y-%m-%d %H:%M:%S", &tm);
		else if (lang == LANG_VI)
			n = strftime(ret, size, "%H:%M:%S ngày %d/%m/%Y (UTC%z)", &tm);
		else
			n = strftime(ret, size, "%Y-%m-%d %H:%M:%S (UTC%z)", &tm);
	}
	if (n == 0)
		snprintf(ret, size, "%s", time);
}

const char *incidents_marking(const struct incident *i)
{
	if (!i->level_known)
		return i->level_text;
	if (i->level != LEVEL_NONE)
		return level_display_vi(i->level);
	return strcmp(i->completeness, "full") == 0 ? "-" : "?";
}

const char *incidents_action(const char *action, enum lang lang)
{
	static const char *const vi[] = {
		"cho phép", "ghi lại", "báo", "hỏi lý do", "chặn", "cách ly"};
	enum action a;

	_Static_assert(ARRAY_SIZE(vi) == ACTION_MAX, "one word per action");
	return lang == LANG_VI && action_parse(action, &a) == 0 ? vi[a] : action;
}

const char *incidents_status(const char *status, enum lang lang)
{
	static const char *const vi[] = {
		"mới", "đang xử lý", "đã xác nhận", "đã giải quyết", "báo nhầm", "bỏ qua"};
	enum review_status s;

	_Static_assert(ARRAY_SIZE(vi) == REVIEW_STATUS_MAX, "one word per status");
	return lang == LANG_VI && review_status_parse(status, &s) == 0 ? vi[s] : status;
}

const char *incidents_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}
