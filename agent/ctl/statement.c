/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "sealgate statement": what was covered, what was not, and what was lost, over a time, signed. Its
 * digest is a record of the journal with a checkpoint right behind it; the file has the statement,
 * that record and that checkpoint, a line each, and can be verified without the journal.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "conf/conf.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/incidents.h"
#include "ctl/proof.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "digest/sha256.h"
#include "journal/line.h"
#include "journal/payload.h"
#include "journal/seal.h"
#include "model/action.h"
#include "wire/protocol.h"
#include "wire/review.h"

#define LOSSES_MAX 1000U /* told one by one; all are counted */
#define FILE_MAX   (16U << 20)

static const struct usage usage = {
	.synopsis = "statement [--out FILE] [--json] [--since TIME] [--until TIME]",
	.text = "Says what was covered, what partly and what not, what was lost, and by which "
		"policy "
		"and\n"
		"rules. With --out the statement is signed by the journal's key, which is a record "
		"itself.\n"
		"\"sealgate statement verify FILE\" says whether one is as it was made.",
	.options =
		{
			{"--out FILE", "write the signed statement into this file"},
			{"--json", "write the signed statement to standard output"},
			{"--since TIME",
				"from then on: 2026-11-23, 2026-11-23T08:30, 30d; the journal's "
				"beginning"},
			{"--until TIME", "up to then; now"},
			{"--state-dir DIR", "the agent's state directory (" SEALGATE_STATEDIR ")"},
			{"--config FILE", "take the state directory from this agent.yaml"},
			{"--lang vi|en", "language; by default the locale's"},
		},
};

struct statement {
	const struct incidents_options *o;
	struct buf body;
	struct json j;
	struct buf status; /* the agent's, or empty */
	struct buf losses; /* objects with commas between them */
	uint64_t n_losses, n_incidents[LEVEL_MAX][2], n_starts, n_stops, lost;
	struct journal_verify_result v;
};

/* ---- what the journal says ---- */

static bool in_period(const struct statement *s, const char *time)
{
	uint64_t t;

	if (clock_parse(time, &t) < 0)
		return true;
	return (!s->o->since || t >= s->o->since) && (!s->o->until || t <= s->o->until);
}

static int add_loss(struct statement *s, const struct journal_entry *e)
{
	struct json j;
	uint64_t lost;
	int r = 0;

	if (payload_number(e->payload, "lost", &lost))
		s->lost += lost;
	if (s->n_losses++ >= LOSSES_MAX)
		return 0;
	if (s->losses.n > 0)
		r = buf_put_byte(&s->losses, ',');
	if (r < 0)
		return r;
	json_init(&j, &s->losses);
	json_object(&j);
	json_key_u64(&j, "seq", e->seq);
	json_key_str(&j, "time", e->time);
	json_key(&j, "record");
	json_raw(&j, e->payload);
	json_object_end(&j);
	return json_error(&j);
}

static void count_incident(struct statement *s, struct view payload)
{
	struct view level, action;
	enum level l = LEVEL_NONE;
	enum action a = ACTION_LOG;
	char text[32];

	if (payload_text(payload, "level", &level) && level.n < sizeof(text)) {
		snprintf(text, sizeof(text), "%.*s", (int)level.n, (const char *)level.p);
		if (level_parse(text, &l) < 0)
			l = LEVEL_NONE;
	}
	if (payload_text(payload, "action", &action) && action.n < sizeof(text)) {
		snprintf(text, sizeof(text), "%.*s", (int)action.n, (const char *)action.p);
		if (action_parse(text, &a) < 0)
			a = ACTION_LOG;
	}
	s->n_incidents[l][action_refuses(a)]++;
}

static int take_record(struct statement *s, const struct journal_entry *e)
{
	struct view what;

	if (!in_period(s, e->time))
		return 0;
	if (view_eq(e->kind, VIEW_LIT("gap")) || view_eq(e->kind, VIEW_LIT("retention")) ||
		view_eq(e->kind, VIEW_LIT("clock")))
		return add_loss(s, e);
	if (view_eq(e->kind, VIEW_LIT("incident")))
		count_incident(s, e->payload);
	if (!view_eq(e->kind, VIEW_LIT("agent")) || !payload_text(e->payload, "what", &what))
		return 0;
	s->n_starts += view_eq(what, VIEW_LIT("start"));
	s->n_stops += view_eq(what, VIEW_LIT("stop"));
	return view_eq(what, VIEW_LIT("stop")) ? add_loss(s, e) : 0;
}

static int read_journal(struct statement *s)
{
	struct journal_reader *reader;
	struct journal_entry e;
	int r = journal_verify(s->o->dir, NULL, NULL, &s->v);

	if (r == 0)
		r = journal_reader_open(s->o->dir, &reader);
	if (r < 0)
		return r;
	while ((r = journal_read(reader, &e)) != JOURNAL_END) {
		if (r == 0)
			r = take_record(s, &e);
		if (r < 0 && r != -EBADMSG)
			break;
	}
	journal_reader_close(reader);
	return r == JOURNAL_END ? 0 : r;
}

/* ---- the statement ---- */

static void put_time(struct json *j, const char *key, uint64_t t)
{
	char text[CLOCK_TEXT_MAX];

	clock_format(t, text);
	json_key_str(j, key, t ? text : NULL);
}

/* The agent's own words, as they are. */
static void put_raw(struct statement *s, const char *key, struct view from, const char *member)
{
	struct view value;

	json_key(&s->j, key);
	if (from.n > 0 && payload_member(from, member, &value))
		json_raw(&s->j, value);
	else
		json_null(&s->j);
}

static void put_digest(struct statement *s)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_MAX);
	char path[4096];
	uint8_t hash[SHA256_SIZE];
	struct view policy, file;

	json_key(&s->j, "policy_sha256");
	if (payload_member(buf_view(&s->status), "policy", &policy) &&
		payload_text(policy, "file", &file) && file.n < sizeof(path)) {
		snprintf(path, sizeof(path), "%.*s", (int)file.n, (const char *)file.p);
		if (fd_read_path(path, FILE_MAX, &b) == 0 && sha256(buf_view(&b), hash) == 0) {
			json_hex(&s->j, hash, sizeof(hash));
			return;
		}
	}
	json_null(&s->j);
}

static void put_journal(struct statement *s)
{
	const struct journal_verify_result *v = &s->v;

	json_key(&s->j, "journal");
	json_object(&s->j);
	json_key_str(&s->j, "id", v->id);
	json_key_bool(&s->j, "valid", v->findings == 0);
	json_key_u64(&s->j, "findings", v->findings);
	json_key_u64(&s->j, "records", v->records);
	json_key_u64(&s->j, "first_seq", v->first_seq);
	json_key_u64(&s->j, "last_seq", v->last_seq);
	json_key(&s->j, "last_hash");
	json_hex(&s->j, v->last_hash, sizeof(v->last_hash));
	json_key_u64(&s->j, "checkpoints", v->checkpoints);
	json_key_u64(&s->j, "lost_keys", v->lost_keys);
	json_object_end(&s->j);
}

static void put_incidents(struct statement *s)
{
	json_key(&s->j, "incidents");
	json_object(&s->j);
	for (unsigned l = LEVEL_MAX; l-- > 0;) {
		json_key(&s->j, level_name((enum level)l));
		json_object(&s->j);
		json_key_u64(&s->j, "refused", s->n_incidents[l][1]);
		json_key_u64(&s->j, "allowed", s->n_incidents[l][0]);
		json_object_end(&s->j);
	}
	json_object_end(&s->j);
}

static int compose(struct statement *s)
{
	struct view status = buf_view(&s->status), supervisor = VIEW_EMPTY;
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	if (status.n > 0)
		(void)payload_member(status, "supervisor", &supervisor);
	json_init(&s->j, &s->body);
	json_object(&s->j);
	json_key_str(&s->j, "kind", "sealgate-statement");
	json_key_u64(&s->j, "format", 1);
	json_key_str(&s->j, "version", SEALGATE_VERSION);
	json_key_str(&s->j, "host", host);
	put_time(&s->j, "made", clock_realtime());
	put_time(&s->j, "since", s->o->since);
	put_time(&s->j, "until", s->o->until ? s->o->until : clock_realtime());
	json_key_bool(&s->j, "agent_running", status.n > 0);
	put_raw(s, "ways", supervisor, "ways");
	put_raw(s, "coverage", supervisor, "coverage");
	put_raw(s, "engine", supervisor, "engine");
	put_raw(s, "policy", status, "policy");
	put_digest(s);
	put_raw(s, "rules", status, "rules");
	put_incidents(s);
	json_key_u64(&s->j, "starts", s->n_starts);
	json_key_u64(&s->j, "stops", s->n_stops);
	json_key_u64(&s->j, "records_lost", s->lost);
	json_key_u64(&s->j, "losses_count", s->n_losses);
	json_key(&s->j, "losses");
	json_array(&s->j);
	if (s->losses.n > 0)
		json_raw(&s->j, buf_view(&s->losses));
	json_array_end(&s->j);
	put_journal(s);
	json_object_end(&s->j);
	return json_error(&s->j);
}

/* ---- for people ---- */

static void put_text(const char *text)
{
	tty_put_safe(stdout, view_str(text));
}

static const char *text_of(const struct conf_node *n, const char *key)
{
	const struct conf_node *v = conf_get(n, key);

	return v && v->type == CONF_SCALAR ? v->text : "";
}

static void put_ways(const struct conf_node *ways, enum lang lang)
{
	static const struct {
		const char *state, *en, *vi;
		enum tty_style style;
	} states[] = {
		{"covered", "covered", "được bảo vệ", TTY_GREEN},
		{"partly", "in part", "một phần", TTY_YELLOW},
		{"not covered", "not covered", "không được bảo vệ", TTY_RED},
	};

	for (size_t k = 0; k < ARRAY_SIZE(states); k++)
		for (size_t i = 0; ways && ways->type == CONF_SEQUENCE && i < ways->n; i++) {
			const struct conf_node *w = ways->items[i];
			const char *why = text_of(w, lang == LANG_VI ? "why_vi" : "why");

			if (strcmp(text_of(w, "state"), states[k].state) != 0)
				continue;
			printf("  %s%s%s: ", tty_style(stdout, states[k].style),
				lang_pick(lang, states[k].en, states[k].vi),
				tty_style(stdout, TTY_PLAIN));
			put_text(text_of(w, lang == LANG_VI ? "area_vi" : "area"));
			if (*why)
				fputs(" (", stdout), put_text(why), putchar(')');
			putchar('\n');
		}
}

static void put_losses(const struct conf_node *losses, enum lang lang)
{
	size_t n = losses && losses->type == CONF_SEQUENCE ? losses->n : 0;

	for (size_t i = n > 20 ? n - 20 : 0; i < n; i++) {
		const struct conf_node *record = conf_get(losses->items[i], "record");
		char when[64];

		incidents_local_time(
			text_of(losses->items[i], "time"), false, lang, when, sizeof(when));
		printf("  %s ", when);
		put_text(text_of(record, "what")[0] ? text_of(record, "what")
						    : text_of(record, "kind"));
		fputs(": ", stdout);
		put_text(text_of(record, "text"));
		putchar('\n');
	}
}

/* A time in which nothing started it was covered by an agent that ran before, or by none. */
static void put_starts(const struct conf_node *s, enum lang lang)
{
	const char *starts = text_of(s, "starts");

	printf("  %s: %s, %s: %s\n", lang_pick(lang, "starts of the agent", "số lần chạy"), starts,
		lang_pick(lang, "stops", "số lần dừng"), text_of(s, "stops"));
	if (strcmp(starts, "0") == 0)
		puts(lang_pick(lang,
			"  no start is recorded in this time: the agent ran from before, or not at "
			"all",
			"  không có lần chạy nào được ghi trong thời gian này: chương trình đã "
			"chạy từ "
			"trước, hoặc không chạy"));
}

static void put_counts(const struct conf_node *incidents, enum lang lang)
{
	for (unsigned l = LEVEL_MAX; l-- > 0;) {
		const struct conf_node *n = conf_get(incidents, level_name((enum level)l));

		printf("  %-12s %s %s, %s %s\n", level_name((enum level)l),
			lang_pick(lang, "refused", "bị chặn"), text_of(n, "refused"),
			lang_pick(lang, "allowed", "cho qua"), text_of(n, "allowed"));
	}
}

static void heading(enum lang lang, const char *en, const char *vi)
{
	printf("\n%s%s%s\n", tty_style(stdout, TTY_BOLD), lang_pick(lang, en, vi),
		tty_style(stdout, TTY_PLAIN));
}

static void put_head(const struct conf_node *s, enum lang lang)
{
	const struct conf_node *journal = conf_get(s, "journal"), *policy = conf_get(s, "policy");
	char since[64], until[64];

	incidents_local_time(text_of(s, "since"), false, lang, since, sizeof(since));
	incidents_local_time(text_of(s, "until"), false, lang, until, sizeof(until));
	printf("%s ", lang_pick(lang, "Statement of", "Bản xác nhận của"));
	put_text(text_of(s, "host"));
	printf(", %s .. %s\n",
		strcmp(since, "null") && *since ? since
						: lang_pick(lang, "the beginning", "từ đầu"),
		until);
	if (policy && policy->type == CONF_MAPPING)
		printf("  %s: %s (%s %s), %s %s, %s %s\n", lang_pick(lang, "policy", "chính sách"),
			text_of(policy, "version"), lang_pick(lang, "mode", "chế độ"),
			text_of(policy, "mode"), lang_pick(lang, "rules", "quy tắc nhận biết"),
			text_of(conf_get(s, "rules"), "generation"), "sha256",
			text_of(s, "policy_sha256"));
	else
		printf("  %s\n",
			lang_pick(lang, "policy and rules: not known, as no agent answered",
				"chính sách, quy tắc nhận biết: không rõ, vì chương trình không "
				"trả lời"));
	printf("  %s: %s %s, %s: %s, %s %s\n", lang_pick(lang, "journal", "nhật ký"),
		text_of(journal, "records"), lang_pick(lang, "records", "bản ghi"),
		lang_pick(lang, "faults", "lỗi"), text_of(journal, "findings"),
		lang_pick(lang, "last hash", "mã băm cuối"), text_of(journal, "last_hash"));
}

static int put_statement(struct view body, enum lang lang)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *s;

	if (!d || conf_parse("statement", body, d, &c) < 0)
		return ctl_error("the statement cannot be read");
	s = conf_root(c);
	put_head(s, lang);
	heading(lang, "Ways of taking a document", "Các đường lấy tài liệu");
	if (strcmp(text_of(s, "agent_running"), "true") == 0)
		put_ways(conf_get(s, "ways"), lang);
	else
		puts(lang_pick(lang, "  no agent runs: nothing is covered now",
			"  chương trình không chạy: hiện không có gì được bảo vệ"));
	heading(lang, "Incidents", "Sự cố");
	put_counts(conf_get(s, "incidents"), lang);
	heading(lang, "Losses and failures", "Mất mát và sự cố kỹ thuật");
	printf("  %s: %s, %s: %s\n", lang_pick(lang, "all", "tất cả"), text_of(s, "losses_count"),
		lang_pick(lang, "records lost", "bản ghi bị mất"), text_of(s, "records_lost"));
	put_starts(s, lang);
	put_losses(conf_get(s, "losses"), lang);
	return CTL_DONE;
}

/* ---- making and verifying ---- */

static int seal(struct statement *s)
{
	int r = proof_make(s->o, REVIEW_STATEMENT, "", &s->body);

	return r != 0 ? r : incidents_write_out(s->o, buf_view(&s->body));
}

static int make(const struct incidents_options *o)
{
	struct statement s = {.o = o};
	int r;

	if (!o->dir_said && control_call(o->ctl, CTL_STATUS, VIEW_EMPTY, &s.status) != 0)
		buf_clear(&s.status);
	r = read_journal(&s);
	if (r == 0)
		r = compose(&s);
	if (r < 0)
		r = incidents_no_journal(o, r);
	else if (!o->json)
		r = put_statement(buf_view(&s.body), o->lang);
	if (r == 0 && (o->json || o->out))
		r = seal(&s);
	if (r == 0 && s.v.findings > 0)
		r = CTL_FOUND;
	buf_done(&s.body);
	buf_done(&s.status);
	buf_done(&s.losses);
	return r;
}

static int verify(const struct incidents_options *o, const char *path)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(FILE_MAX + 1);
	struct checkpoint c;
	struct view body;
	const char *why;
	int r = fd_read_path(path, FILE_MAX, &b);

	if (r < 0)
		return ctl_error("cannot read %s: %s", path, strerror(-r));
	why = proof_check(buf_view(&b), "statement", &body, &c);
	if (why) {
		printf("%s:1:1: %s: %s\n", path, lang_pick(o->lang, "NOT VALID", "KHÔNG HỢP LỆ"),
			why);
		return CTL_FOUND;
	}
	r = put_statement(body, o->lang);
	printf("\n%s: %s ", lang_pick(o->lang, "valid", "hợp lệ"),
		lang_pick(o->lang, "signed by the key", "được ký bằng khóa"));
	for (size_t i = 0; i < sizeof(c.key); i++)
		printf("%02x", c.key[i]);
	printf(lang_pick(o->lang, "\n  of the journal %s, at %s\n", "\n  của nhật ký %s, lúc %s\n"),
		c.journal, c.time);
	return r;
}

int cmd_statement(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"out", required_argument, NULL, 'o'}, {"since", required_argument, NULL, 's'},
		{"until", required_argument, NULL, 'u'},
		{"state-dir", required_argument, NULL, 'd'},
		{"config", required_argument, NULL, 'c'}, {"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'}, {0}};
	struct incidents_options o = {.lang = ctl->lang};
	const char *state_dir = NULL, *config = ctl->config;
	struct ctl asked;
	int c, r;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': o.json = true; break;
		case 'o': o.out = optarg; break;
		case 'd': state_dir = optarg; break;
		case 'c': config = optarg; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case 'l':
			if (lang_parse(optarg, &o.lang) < 0)
				return usage_error(&usage, "--lang is \"vi\" or \"en\"");
			break;
		case 's':
		case 'u':
			if (incidents_parse_time(optarg, c == 's' ? &o.since : &o.until) < 0)
				return usage_error(&usage, "\"%s\" is no time", optarg);
			break;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	argc -= optind;
	argv += optind;
	if (argc == 2 && strcmp(argv[0], "verify") == 0)
		return verify(&o, argv[1]);
	if (argc > 0)
		return usage_error(&usage, "unknown argument \"%s\"", argv[0]);
	if (o.json && o.out)
		return usage_error(&usage, "--json writes to standard output, --out to a file");
	asked = (struct ctl){config, ctl->socket, o.lang};
	o.ctl = &asked;
	o.dir_said = state_dir != NULL;
	r = incidents_find_dir(state_dir, config, &o);
	return r != 0 ? r : make(&o);
}
