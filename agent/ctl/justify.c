/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate justify: a person says why they need a document that a rule asks a reason for. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/incidents.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/level.h"
#include "wire/justify.h"
#include "wire/protocol.h"

static const struct usage usage = {
	.synopsis = "justify [ID] [--file NAME] [--reason TEXT] [--json] | justify --list [--json]",
	.text = "Gives a reason for opening a document that was kept from an application, where "
		"the\n"
		"policy asks for one. That document may then be opened with that application for "
		"as\n"
		"many minutes as the policy says. Without ID the newest that happened to you; "
		"without\n"
		"--reason you are asked for it. The reason is kept in the journal, with your name.",
	.options = {{"--file NAME", "which document, where the incident is about several"},
		{"--reason TEXT", "why you need it; one line"},
		{"--list", "what waits for a reason of yours, and what may be opened for one"},
		{"--json", "for programs"}, {"--help", "this text"}},
};

struct arguments {
	const char *id, *file, *reason;
	bool list, json;
	int done; /* an exit status, or -1: go on */
};

/* An answer of the agent. */
struct answer {
	struct buf text;
	struct conf *conf;
	const struct conf_node *root;
};

static void answer_done(struct answer *a)
{
	conf_free(a->conf);
	buf_done(&a->text);
}

static struct arguments parse(int argc, char **argv)
{
	static const struct option options[] = {{"file", required_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'}, {"list", no_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct arguments a = {.done = -1};
	int c;

	while (a.done < 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'f': a.file = optarg; break;
		case 'r': a.reason = optarg; break;
		case 'l': a.list = true; break;
		case 'j': a.json = true; break;
		case 'h':
			usage_print(stdout, &usage);
			a.done = CTL_DONE;
			break;
		case ':': a.done = usage_error(&usage, "%s needs a value", argv[optind - 1]); break;
		default: a.done = usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (a.done >= 0)
		return a;
	if (argc - optind > 1)
		a.done = usage_error(&usage, "one incident at a time");
	else if (a.list && (argc > optind || a.reason || a.file))
		a.done = usage_error(&usage, "--list takes nothing else");
	else if (argc > optind)
		a.id = argv[optind];
	return a;
}

static const char *member(const struct conf_node *n, const char *key)
{
	const struct conf_node *v = conf_get(n, key);

	return v && v->type == CONF_SCALAR ? v->text : "";
}

static void put(const char *text)
{
	tty_put_safe(stdout, view_str(text));
}

static int say_refused(const struct ctl *ctl, const struct answer *a)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	enum justify_refusal why;

	if (justify_refusal_parse(member(a->root, "refused"), &why) < 0)
		return ctl_error("%s", member(a->root, "text"));
	if (justify_refusal_put(
		    &text, why, ctl->lang, (unsigned)strtoul(member(a->root, "n"), NULL, 10)) < 0 ||
		buf_terminate(&text) < 0)
		return ctl_error("out of memory");
	if (why == JUSTIFY_SEVERAL)
		return ctl_error("%s: --file; sealgate justify --list", (const char *)text.p);
	return ctl_error("%s", (const char *)text.p);
}

/* 0, or an exit status after saying why. */
static int ask(const struct ctl *ctl, const struct justify_request *r, struct answer *ret)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	int e;

	pack_justify(&p, r);
	if (p.error || !d)
		return ctl_error("out of memory");
	e = control_call(ctl, CTL_JUSTIFY, buf_view(&body), &ret->text);
	if (e == -ENOENT || e == -ECONNREFUSED)
		return ctl_error("no agent runs here");
	if (e != 0 && e != 1)
		return CTL_FAILED;
	if (conf_parse("justify", buf_view(&ret->text), d, &ret->conf) < 0)
		return ctl_error("the agent's answer cannot be read; try --json");
	ret->root = conf_root(ret->conf);
	return e == 1 ? say_refused(ctl, ret) : 0;
}

static int put_json(const struct answer *a)
{
	printf("%.*s\n", (int)a->text.n, (const char *)a->text.p);
	return fflush(stdout) == 0 ? CTL_DONE : ctl_error("cannot write: %s", strerror(errno));
}

static void put_time(const struct ctl *ctl, const char *time)
{
	char local[64];

	incidents_local_time(time, false, ctl->lang, local, sizeof(local));
	fputs(local, stdout);
}

static void put_asked(const struct ctl *ctl, const struct conf_node *n)
{
	enum level level;

	printf("%.10s  ", member(n, "incident"));
	put_time(ctl, member(n, "time"));
	printf("  %s  ",
		level_parse(member(n, "level"), &level) == 0 ? level_display_vi(level) : "");
	put(member(n, "file"));
	fputs("  →  ", stdout);
	put(member(n, "app_name"));
	putchar('\n');
}

static void put_granted(const struct ctl *ctl, const struct conf_node *n)
{
	fputs(lang_pick(ctl->lang, "until ", "đến "), stdout);
	put_time(ctl, member(n, "until"));
	printf(lang_pick(ctl->lang, "  incident %.10s, with ", "  sự cố %.10s, bằng "),
		member(n, "incident"));
	put(member(n, "app"));
	fputs(": ", stdout);
	put(member(n, "reason"));
	putchar('\n');
}

static int list(const struct ctl *ctl, bool json)
{
	const struct justify_request r = {.what = JUSTIFY_LIST};
	cleanup_with(answer_done) struct answer a = {0};
	const struct conf_node *asked, *granted;
	int e = ask(ctl, &r, &a);

	if (e != 0)
		return e;
	if (json)
		return put_json(&a);
	asked = conf_get(a.root, "asked");
	granted = conf_get(a.root, "granted");
	if (asked->n == 0)
		puts(lang_pick(ctl->lang, "nothing of yours waits for a reason",
			"không có tài liệu nào của bạn đang cần nêu lý do"));
	for (size_t i = 0; i < asked->n; i++)
		put_asked(ctl, asked->items[i]);
	for (size_t i = 0; i < granted->n; i++)
		put_granted(ctl, granted->items[i]);
	return CTL_DONE;
}

/* On the terminal: what the reason is asked for, then one line. */
static int prompt(const struct ctl *ctl, struct justify_request *r)
{
	const struct justify_request all = {.what = JUSTIFY_LIST};
	cleanup_with(answer_done) struct answer a = {0};
	const struct conf_node *asked, *meant = NULL;
	cleanup_with(freep) char *line = NULL;
	size_t size = 0, n = strlen(r->incident);
	ssize_t got;
	int e = ask(ctl, &all, &a);

	if (e != 0)
		return e;
	asked = conf_get(a.root, "asked");
	for (size_t i = 0; i < asked->n; i++)
		if (strncasecmp(member(asked->items[i], "incident"), r->incident, n) == 0 &&
			(!r->file[0] || strcmp(member(asked->items[i], "file"), r->file) == 0))
			meant = asked->items[i];
	if (meant) {
		put_asked(ctl, meant);
		printf(lang_pick(ctl->lang, "Why do you need it? (at least %s characters) ",
			       "Vì sao bạn cần tài liệu này? (ít nhất %s ký tự) "),
			member(a.root, "reason"));
		fflush(stdout);
		got = getline(&line, &size, stdin);
		if (got <= 0)
			return ctl_error("%s",
				lang_pick(ctl->lang, "no reason was given", "chưa nêu lý do"));
		line[strcspn(line, "\n")] = 0;
		if (strlen(line) >= sizeof(r->reason))
			return ctl_error(
				"the reason is longer than %zu bytes", sizeof(r->reason) - 1);
		memcpy(r->reason, line, strlen(line) + 1);
	}
	return 0; /* where it is not there, the agent says so */
}

static int copy(char *ret, size_t size, const char *text, const char *what)
{
	size_t n = text ? strlen(text) : 0;

	if (n >= size)
		return ctl_error("%s is longer than %zu bytes", what, size - 1);
	memcpy(ret, text ? text : "", n + 1);
	return 0;
}

static int grant(const struct ctl *ctl, const struct arguments *args)
{
	struct justify_request r = {.what = JUSTIFY_GRANT};
	cleanup_with(answer_done) struct answer a = {0};
	int e = copy(r.incident, sizeof(r.incident), args->id, "the incident's ID");

	if (e == 0)
		e = copy(r.file, sizeof(r.file), args->file, "the file's name");
	if (e == 0)
		e = copy(r.reason, sizeof(r.reason), args->reason, "the reason");
	if (e == 0 && !args->reason && !isatty(STDIN_FILENO))
		return usage_error(&usage, "a reason is needed: --reason TEXT");
	if (e == 0 && !args->reason)
		e = prompt(ctl, &r);
	if (e == 0)
		e = ask(ctl, &r, &a);
	if (e != 0)
		return e;
	if (args->json)
		return put_json(&a);
	printf(lang_pick(ctl->lang, "It may be opened with %s until ",
		       "Tài liệu được mở bằng %s đến "),
		member(a.root, "app"));
	put_time(ctl, member(a.root, "until"));
	puts(lang_pick(ctl->lang, ". Try again now.", ". Hãy mở lại."));
	return CTL_DONE;
}

int cmd_justify(const struct ctl *ctl, int argc, char **argv)
{
	struct arguments a = parse(argc, argv);

	if (a.done >= 0)
		return a.done;
	return a.list ? list(ctl, a.json) : grant(ctl, &a);
}
