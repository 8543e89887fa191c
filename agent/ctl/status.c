/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate status: what runs, what is covered and what is not, what was lost. The agent answers in
 * JSON, which is YAML too: conf/ reads it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/sinks.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "wire/protocol.h"

static const struct usage usage = {
	.synopsis = "status [--json]",
	.text = "Says whether the agent protects, what it covers, what it holds, and what was "
		"lost.\n"
		"Everybody may ask. What needs attention stands at the end.",
	.options = {{"--json", "the agent's own words, for programs"}, {"--help", "this text"}},
};

struct status {
	const struct conf_node *root;
	enum lang lang;
};

/* "a.b.c" from a node; NULL where any of it is missing. */
static const struct conf_node *at(const struct conf_node *n, const char *path)
{
	char part[64];

	while (n && *path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(part))
			return NULL;
		memcpy(part, path, len);
		part[len] = 0;
		n = conf_get(n, part);
		path += len + (path[len] == '.');
	}
	return n;
}

static const char *text(const struct conf_node *n, const char *path)
{
	n = at(n, path);
	return n && n->type == CONF_SCALAR ? n->text : "";
}

static uint64_t number(const struct conf_node *n, const char *path)
{
	return strtoull(text(n, path), NULL, 10);
}

static bool yes(const struct conf_node *n, const char *path)
{
	return strcmp(text(n, path), "true") == 0;
}

static void row(const struct status *s, const char *en, const char *vi)
{
	const char *name = lang_pick(s->lang, en, vi);
	size_t shown = 0;

	for (const char *p = name; *p; p++)
		shown += (*p & 0xc0) != 0x80;
	printf("%s%s%s%*s", tty_style(stdout, TTY_BOLD), name, tty_style(stdout, TTY_PLAIN),
		shown < 13 ? (int)(13 - shown) : 1, "");
}

static void problem(const struct status *s, const char *en, const char *vi, const char *detail)
{
	printf("%s%s%s %s%s%s\n", tty_style(stdout, TTY_YELLOW),
		lang_pick(s->lang, "attention:", "chú ý:"), tty_style(stdout, TTY_PLAIN),
		lang_pick(s->lang, en, vi), detail[0] ? ": " : "", detail);
}

/* The file that it was read from, or who applied it. */
static const char *policy_origin(const struct status *s)
{
	const char *origin = text(s->root, "policy.origin");

	return strcmp(origin, "file") == 0 || strcmp(origin, "shipped") == 0
		? text(s->root, "policy.file")
		: text(s->root, "policy.author");
}

/* "enforce", and in Vietnamese what that means. */
static const char *mode_text(const struct status *s)
{
	const char *mode = text(s->root, "policy.mode");

	if (strcmp(mode, "enforce") == 0)
		return lang_pick(s->lang, mode, "chế độ chặn (enforce)");
	return strcmp(mode, "monitor") == 0
		? lang_pick(s->lang, mode, "chế độ chỉ ghi lại (monitor)")
		: mode;
}

static void print_head(const struct status *s)
{
	bool serving = yes(s->root, "supervisor.serving");

	row(s, "agent", "sealgate");
	printf("%s%s%s, %s %s, %s %s\n", tty_style(stdout, serving ? TTY_GREEN : TTY_RED),
		serving ? lang_pick(s->lang, "protecting", "đang bảo vệ")
			: lang_pick(s->lang, "not protecting", "không bảo vệ"),
		tty_style(stdout, TTY_PLAIN), lang_pick(s->lang, "sealgate", "phiên bản"),
		text(s->root, "version"), lang_pick(s->lang, "since", "từ"),
		text(s->root, "started"));
	row(s, "policy", "chính sách");
	printf("%s %s, %s, %s %s, %s %s (%s)\n", lang_pick(s->lang, "version", "phiên bản"),
		text(s->root, "policy.version"), mode_text(s), text(s->root, "policy.rules"),
		lang_pick(s->lang, "rules", "quy tắc"), text(s->root, "policy.applications"),
		lang_pick(s->lang, "applications", "ứng dụng"), policy_origin(s));
	row(s, "recognition", "nhận dạng");
	printf("%s %s, %s %s, %s %s\n", text(s->root, "rules.packs"),
		lang_pick(s->lang, "packs", "gói"), text(s->root, "rules.rules"),
		lang_pick(s->lang, "rules", "luật"), text(s->root, "scan.workers"),
		lang_pick(s->lang, "workers", "tiến trình quét"));
}

static bool is_uncovered(const struct conf_node *mount)
{
	return strcmp(text(mount, "state"), "not covered") == 0;
}

static void print_arming(const struct status *s)
{
	const struct conf_node *arming = at(s->root, "supervisor.arming");
	const struct conf_node *gate = at(s->root, "supervisor.gate");
	bool armed = strcmp(text(arming, "state"), "armed") == 0;

	if (!arming)
		return;
	row(s, "armed", "kích hoạt");
	if (strcmp(text(arming, "when"), "always") == 0)
		printf("%s", lang_pick(s->lang, "always", "luôn luôn"));
	else
		printf(armed ? lang_pick(s->lang, "yes, %s processes of applications since %s",
				       "có, %s tiến trình của ứng dụng, từ %s")
			     : lang_pick(s->lang, "no, %s processes of applications; last at %s",
				       "không, %s tiến trình của ứng dụng; lần cuối %s"),
			text(gate, "processes_gated"), text(arming, "last"));
	printf("\n");
	if (strcmp(text(arming, "when"), "on-demand") != 0)
		return;
	row(s, "", "");
	printf(lang_pick(s->lang,
		       "applications without a marked executable are noticed within %s s\n",
		       "ứng dụng không có tệp chạy được đánh dấu được nhận ra trong %s giây\n"),
		text(gate, "noticed_within_s"));
}

/* What is covered partly or not at all is said with its reason; the rest in one line. */
static void print_ways(const struct status *s)
{
	static const struct {
		const char *state, *en, *vi;
	} states[] = {
		{"partly", "in part", "một phần"},
		{"not covered", "not covered", "không"},
	};
	const struct conf_node *list = at(s->root, "supervisor.ways");
	const char *area = lang_pick(s->lang, "area", "area_vi");
	const char *why = lang_pick(s->lang, "why", "why_vi");

	for (size_t k = 0; k < sizeof(states) / sizeof(*states); k++)
		for (size_t i = 0; list && i < list->n; i++) {
			if (strcmp(text(list->items[i], "state"), states[k].state) != 0)
				continue;
			row(s, states[k].en, states[k].vi);
			printf("%s: %s\n", text(list->items[i], area), text(list->items[i], why));
		}
}

static void print_coverage(const struct status *s)
{
	const struct conf_node *list = at(s->root, "supervisor.coverage");

	for (size_t i = 0; list && i < list->n; i++) {
		row(s, "covered", "bao phủ");
		printf("%s (%s)%s%s\n", text(list->items[i], "mount"), text(list->items[i], "type"),
			is_uncovered(list->items[i]) ? ": " : "",
			is_uncovered(list->items[i]) ? text(list->items[i], "why") : "");
	}
	print_arming(s);
	print_ways(s);
	row(s, "engine", "cơ chế");
	printf("%s, Linux %s, %s %s, %s %s\n", text(s->root, "supervisor.engine.name"),
		text(s->root, "supervisor.engine.kernel"),
		text(s->root, "supervisor.engine.executables_marked"),
		lang_pick(s->lang, "application executables marked", "tệp chạy được đánh dấu"),
		text(s->root, "supervisor.gate.marks"),
		lang_pick(s->lang, "classified files marked", "tệp mật được đánh dấu"));
}

static void print_counts(const struct status *s)
{
	const struct conf_node *g = at(s->root, "supervisor.gate");

	row(s, "gate", "cổng");
	printf(lang_pick(s->lang,
		       "%s opens of applications, %s held, %s refused; slowest answer %s ms "
		       "(others %s ms)\n",
		       "%s lần mở của ứng dụng, giữ %s, từ chối %s; trả lời chậm nhất %s ms "
		       "(khác: %s ms)\n"),
		text(g, "gated"), text(g, "held"), text(g, "denied"), text(g, "max_ms.held"),
		text(g, "max_ms.ungated"));
	row(s, "meeting", "cuộc họp");
	if (yes(s->root, "supervisor.meeting.in_progress"))
		printf(lang_pick(s->lang, "in progress since %s, by %s (%s)\n",
			       "đang diễn ra từ %s, qua %s (%s)\n"),
			text(s->root, "supervisor.meeting.since"),
			text(s->root, "supervisor.meeting.app"),
			text(s->root, "supervisor.meeting.sign"));
	else
		printf("%s\n", lang_pick(s->lang, "none is seen", "không thấy"));
	row(s, "watch", "theo dõi");
	printf(lang_pick(s->lang, "%s files seen in %s folders, %s known%s\n",
		       "%s tệp trong %s thư mục, đã biết %s%s\n"),
		text(s->root, "watch.files_seen"), text(s->root, "watch.directories"),
		text(s->root, "store.files"),
		yes(s->root, "watch.crawl_complete")
			? ""
			: lang_pick(
				  s->lang, ", first look not finished", ", chưa xem hết lần đầu"));
	row(s, "journal", "nhật ký");
	printf(lang_pick(s->lang, "%s incidents since start, record %s\n",
		       "%s sự cố từ khi chạy, bản ghi %s\n"),
		text(s->root, "journal.incidents"), text(s->root, "journal.last_seq"));
}

static void print_sinks(const struct status *s)
{
	const struct conf_node *list = at(s->root, "sinks");

	for (size_t i = 0; list && i < list->n; i++) {
		const struct conf_node *n = list->items[i];

		row(s, "sink", "nơi gửi");
		printf("%s: ", text(n, "name"));
		if (text(n, "unknown")[0]) {
			printf("%s\n", text(n, "unknown"));
			continue;
		}
		printf(lang_pick(s->lang, "%s records sent, %s waiting",
			       "đã gửi %s bản ghi, %s đang chờ"),
			text(n, "sent"), text(n, "waiting"));
		if (strcmp(text(n, "last_sent"), "null") != 0)
			printf(lang_pick(s->lang, ", the last at %s", ", lần cuối lúc %s"),
				text(n, "last_sent"));
		printf("\n");
	}
}

static void check_sinks(const struct status *s)
{
	const struct conf_node *list = at(s->root, "sinks");

	for (size_t i = 0; list && i < list->n; i++) {
		const struct conf_node *n = list->items[i];
		char detail[600];

		if (!yes(n, "running"))
			problem(s, "sealgate-relay does not run for a sink",
				"sealgate-relay không chạy cho một nơi gửi", text(n, "name"));
		if (!yes(n, "failing"))
			continue;
		snprintf(detail, sizeof(detail), "%s, %s (%s)", text(n, "name"),
			text(n, "last_error"), text(n, "last_failure"));
		problem(s, "records cannot be sent on", "không gửi tiếp được bản ghi", detail);
	}
}

static void print_passes(const struct status *s)
{
	uint64_t overrides = number(s->root, "policy.overrides");
	uint64_t justified = number(s->root, "policy.justified");

	if (overrides + justified == 0)
		return;
	row(s, "let pass", "cho qua");
	printf(lang_pick(s->lang, "%s by an administrator, %s opened for a reason\n",
		       "%s do quản trị viên, %s mở vì có lý do\n"),
		text(s->root, "policy.overrides"), text(s->root, "policy.justified"));
}

/* Everybody is told that documents are kept. */
static void print_evidence(const struct status *s)
{
	bool wanted = yes(s->root, "evidence_wanted");
	uint64_t copies = number(s->root, "supervisor.evidence.copies");

	if (!wanted && copies == 0)
		return;
	row(s, "evidence", "bản sao");
	printf(lang_pick(s->lang, "%s; %s kept now (%s bytes), for the reviewers alone\n",
		       "%s; đang giữ %s bản (%s byte), chỉ người xem xét mở được\n"),
		wanted ? lang_pick(s->lang,
				 "encrypted copies are kept of documents that some rules are about",
				 "giữ bản sao mã hóa của tài liệu thuộc một số quy tắc")
		       : lang_pick(s->lang, "no more copies of documents are made",
				 "không tạo thêm bản sao tài liệu"),
		text(s->root, "supervisor.evidence.copies"),
		text(s->root, "supervisor.evidence.bytes"));
}

static void check_evidence(const struct status *s)
{
	if (yes(s->root, "evidence_wanted") && !yes(s->root, "supervisor.evidence.certificate"))
		problem(s, "the policy asks for evidence copies, and none are made",
			"chính sách yêu cầu giữ bản sao nhưng không tạo được bản nào",
			"agent.yaml: evidence.certificate");
	else if (number(s->root, "supervisor.evidence.failed") > 0)
		problem(s, "evidence copies that could not be made (the journal says why)",
			"bản sao không tạo được (nhật ký ghi lý do)",
			text(s->root, "supervisor.evidence.failed"));
}

static void check_processes(const struct status *s)
{
	const struct conf_node *list = at(s->root, "supervisor.processes");

	for (size_t i = 0; list && i < list->n; i++) {
		const struct conf_node *p = list->items[i];
		char detail[600];

		snprintf(detail, sizeof(detail), "%s %s, %s%s%s", text(p, "role"), text(p, "state"),
			text(p, "restarts"), text(p, "last_error")[0] ? ": " : "",
			text(p, "last_error"));
		if (strcmp(text(p, "state"), "ready") != 0)
			problem(s, "a process is not ready (its restarts)",
				"một tiến trình chưa sẵn sàng (số lần chạy lại)", detail);
		else if (number(p, "restarts") > 0)
			problem(s, "a process was replaced (how often)",
				"một tiến trình đã được thay (số lần)", detail);
		/* all workers are alike: one line is enough */
		if (strcmp(text(p, "role"), "scan") == 0 && number(p, "index") == 0 &&
			strstr(text(p, "note"), "; "))
			problem(s, "recognition is not complete", "nhận dạng chưa đầy đủ",
				strstr(text(p, "note"), "; ") + 2);
	}
}

static void check_coverage(const struct status *s)
{
	const struct conf_node *list = at(s->root, "supervisor.coverage");

	for (size_t i = 0; list && i < list->n; i++)
		if (is_uncovered(list->items[i]))
			problem(s, "a file system is not covered",
				"có hệ thống tệp không được bảo vệ", text(list->items[i], "mount"));
	if (!at(s->root, "supervisor.pid"))
		problem(s, "the supervisor did not answer", "tiến trình giám sát không trả lời",
			"");
	else if (strncmp(text(s->root, "supervisor.lineage"), "full", 4) != 0)
		problem(s, "lineage of processes", "quan hệ tiến trình",
			text(s->root, "supervisor.lineage"));
	if (yes(s->root, "supervisor.accounts_missing"))
		problem(s, "service accounts are missing; processes share the account nobody",
			"thiếu tài khoản dịch vụ; các tiến trình dùng chung tài khoản nobody", "");
	if (text(s->root, "watch.note")[0])
		problem(s, "watch", "theo dõi", text(s->root, "watch.note"));
}

/* What was lost or refused. Each count: the path, and what it means. */
static void check_losses(const struct status *s)
{
	static const struct {
		const char *path, *en, *vi;
	} counts[] = {
		{"supervisor.gate.records_lost", "records lost by the gate",
			"bản ghi bị cổng bỏ mất"},
		{"supervisor.gate.read_errors", "events refused by the kernel",
			"sự kiện bị nhân từ chối"},
		{"supervisor.gate.answer_errors", "answers that the kernel refused at first",
			"trả lời bị nhân từ chối lần đầu"},
		{"supervisor.gate.cover_timeouts",
			"applications that started before the file systems were covered",
			"ứng dụng chạy trước khi hệ thống tệp được bảo vệ"},
		{"supervisor.gate.stuck", "gates that died reading a process's memory",
			"cổng bị hỏng khi đọc bộ nhớ của một tiến trình"},
		{"supervisor.gate.unidentified", "processes that could not be identified",
			"tiến trình không nhận diện được"},
		{"supervisor.events_lost", "records about the agent lost while core was away",
			"bản ghi về sealgate bị mất khi thiếu tiến trình lõi"},
		{"journal.lost", "records lost before the journal",
			"bản ghi mất trước khi vào nhật ký"},
		{"store.lost", "damaged stores of facts, put aside and filled anew",
			"kho kết quả bị hỏng, được cất đi và dựng lại"},
		{"store.failed", "facts that could not be stored", "kết quả không lưu được"},
		{"watch.overflows", "overflows of the watch", "lần theo dõi bị tràn"},
		{"scan.crashed", "crashes of scan workers", "lần tiến trình quét bị hỏng"},
		{"scan.timed_out", "scans past their deadline", "lần quét quá hạn"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if (number(s->root, counts[i].path) > 0)
			problem(s, counts[i].en, counts[i].vi, text(s->root, counts[i].path));
	if (yes(s->root, "policy.file_refused"))
		problem(s,
			"the policy file is refused; the last good one is in force (sealgate "
			"policy check)",
			"tệp chính sách bị từ chối; bản đúng gần nhất vẫn có hiệu lực (sealgate "
			"policy check)",
			text(s->root, "configuration_error"));
	if (yes(s->root, "rules.files_refused"))
		problem(s,
			"the rule packs are refused; the last good ones are in force (sealgate "
			"rules check)",
			"các gói luật bị từ chối; bản đúng gần nhất vẫn có hiệu lực (sealgate "
			"rules check)",
			text(s->root, "configuration_error"));
}

/* Opens that nobody could judge; those that went on because their document cannot be read are no
   trouble of the agent. */
static void check_failures(const struct status *s)
{
	const struct conf_node *list = at(s->root, "supervisor.failures");
	char detail[200];

	for (size_t i = 0; list && i < list->n; i++) {
		const struct conf_node *f = list->items[i];

		if (strcmp(text(f, "failure"), "unreadable") == 0 &&
			strcmp(text(f, "action"), "allow") == 0)
			continue;
		snprintf(detail, sizeof(detail), "%s, %s, %s, %s", text(f, "failure"),
			text(f, "may_be"), text(f, "action"), text(f, "count"));
		problem(s,
			"opens answered although nobody could look (failure, what it may be, "
			"action, how often)",
			"lần mở được trả lời khi chưa xem được (sự cố, có thể là gì, xử lý, số "
			"lần)",
			detail);
	}
}

/* The journal's newest record, as the agent says; 0: none since it began. */
static uint64_t newest_record(struct view json)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(conf_freep) struct conf *c = NULL;

	return d && conf_parse("status", json, d, &c) == 0
		? number(conf_root(c), "journal.last_seq")
		: 0;
}

static int print(const struct ctl *ctl, struct view json)
{
	struct status s = {.lang = ctl->lang};
	struct diags *d = calloc(1, sizeof(*d));
	struct conf *c = NULL;

	if (!d || conf_parse("status", json, d, &c) < 0) {
		free(d);
		return ctl_error("the agent's answer cannot be read; try --json");
	}
	s.root = conf_root(c);
	print_head(&s);
	print_coverage(&s);
	print_counts(&s);
	print_passes(&s);
	print_evidence(&s);
	print_sinks(&s);
	check_processes(&s);
	check_coverage(&s);
	check_losses(&s);
	check_failures(&s);
	check_evidence(&s);
	check_sinks(&s);
	conf_free(c);
	free(d);
	return CTL_DONE;
}

int cmd_status(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	cleanup_with(buf_done) struct buf answer = BUF_INIT(0);
	bool json = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind < argc)
		return usage_error(&usage, "status takes no argument");
	r = control_ask(ctl, CTL_STATUS, &answer);
	if (r != 0)
		return r == 1 ? ctl_error("%.*s", (int)answer.n, (char *)answer.p) : r;
	if (sinks_add(ctl, newest_record(buf_view(&answer)), &answer) < 0)
		return ctl_error("out of memory");
	if (json) {
		printf("%.*s\n", (int)answer.n, (const char *)answer.p);
		return CTL_DONE;
	}
	return print(ctl, buf_view(&answer));
}
