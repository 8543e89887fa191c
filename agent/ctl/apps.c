/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate apps: which applications the policy knows, and which one a process is. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/control.h"
#include "ctl/policy_load.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/posture.h"
#include "subject/procline.h"
#include "wire/frame.h"
#include "wire/protocol.h"

#define PROC_TEXT_MAX (256U << 10)
/* As many words of a command line are looked at as the gate looks at. */
#define SCRIPT_ARGS_MAX 4U

static const struct usage usage = {
	.synopsis = "apps [--json] [--policy FILE] list | identify PID",
	.text = "Lists the applications that the policy knows, or says which one a process is and "
		"how\n"
		"it is recognised, with version, origin and what is wrong with them, as the "
		"running "
		"agent\nknows. Exit status 1 of identify: it belongs to none.",
	.options = {{"--json", "for programs"},
		{"--policy FILE", "a policy other than the configured one"},
		{"--help", "this text"}},
};

/* What the running agent knows of one program, or of one flatpak or snap. */
struct known {
	char *app, *origin, *package, *version, *advisories, *path; /* "-": none */
	unsigned long long dev, ino;
	uint32_t bits;
};

struct programs {
	struct buf text;
	struct known *v;
	size_t n;
	bool asked; /* an agent has answered */
};

#define PROGRAM_FIELDS 10

static void programs_done(struct programs *p)
{
	buf_done(&p->text);
	free(p->v);
}

static bool read_program(char *line, struct known *ret)
{
	char *f[PROGRAM_FIELDS];

	for (unsigned i = 0; i < PROGRAM_FIELDS; i++) {
		f[i] = line;
		line = i + 1 < PROGRAM_FIELDS && line ? strchr(line, '\t') : line;
		if (!line)
			return false;
		if (i + 1 < PROGRAM_FIELDS)
			*line++ = 0;
	}
	*ret = (struct known){.app = f[1],
		.dev = strtoull(f[2], NULL, 10),
		.ino = strtoull(f[3], NULL, 10),
		.bits = (uint32_t)strtoul(f[4], NULL, 10),
		.origin = f[5],
		.package = f[6],
		.version = f[7],
		.advisories = f[8],
		.path = f[9]};
	return true;
}

/* Without an agent nothing is known; the rest is told all the same. */
static void ask_programs(const struct ctl *ctl, struct programs *ret)
{
	size_t lines = 1;

	*ret = (struct programs){.text = BUF_INIT(WIRE_BODY_MAX)};
	if (control_call(ctl, CTL_PROGRAMS, VIEW_EMPTY, &ret->text) != 0 ||
		buf_terminate(&ret->text) < 0)
		return;
	for (size_t i = 0; i < ret->text.n; i++)
		lines += ret->text.p[i] == '\n';
	ret->v = calloc(lines, sizeof(*ret->v));
	ret->asked = ret->text.n > 0 && ret->text.p[0];
	for (char *line = (char *)ret->text.p; ret->v && line && *line;) {
		char *end = strchr(line, '\n');

		if (!end)
			break; /* cut off */
		*end = 0;
		ret->n += read_program(line, &ret->v[ret->n]);
		line = end + 1;
	}
}

static void put_findings(const struct known *k, struct json *j)
{
	json_key_str(j, "origin", k->origin);
	json_key_str(j, "package", strcmp(k->package, "-") != 0 ? k->package : "");
	json_key_str(j, "version", strcmp(k->version, "-") != 0 ? k->version : "");
	json_key(j, "posture");
	json_array(j);
	for (unsigned i = 0; i < POSTURE_MAX; i++)
		if (k->bits & POSTURE_BIT(i))
			json_str(j, posture_name((enum posture)i));
	json_array_end(j);
	json_key(j, "advisories");
	json_array(j);
	for (char *id = strcmp(k->advisories, "-") != 0 ? k->advisories : NULL; id && *id;) {
		char *blank = strchr(id, ' ');
		char one[128];

		snprintf(one, sizeof(one), "%.*s",
			(int)(blank ? blank - id : (ptrdiff_t)strlen(id)), id);
		json_str(j, one);
		id = blank ? blank + 1 : NULL;
	}
	json_array_end(j);
}

/* "deb zoom 6.1.0, outdated advisory (CVE-...)" */
static void print_findings(const struct ctl *ctl, const struct known *k)
{
	static const char *const vi[] = {
		"bản cũ", "có cảnh báo", "không chính thức", "do ứng dụng ghi ra", "chưa rõ"};
	bool first = true;

	_Static_assert(ARRAY_SIZE(vi) == POSTURE_MAX, "one word each");
	printf("%s", k->origin);
	if (strcmp(k->package, "-") != 0) {
		putchar(' ');
		tty_put_safe(stdout, view_str(k->package));
	}
	if (strcmp(k->version, "-") != 0) {
		putchar(' ');
		tty_put_safe(stdout, view_str(k->version));
	}
	for (unsigned i = 0; i < POSTURE_MAX; i++)
		if (k->bits & POSTURE_BIT(i)) {
			printf("%s%s%s%s", first ? ": " : ", ", tty_style(stdout, TTY_YELLOW),
				lang_pick(ctl->lang, posture_name((enum posture)i), vi[i]),
				tty_style(stdout, TTY_PLAIN));
			first = false;
		}
	if (strcmp(k->advisories, "-") != 0) {
		fputs(" (", stdout);
		tty_put_safe(stdout, view_str(k->advisories));
		putchar(')');
	}
}

static const char *const kinds[APP_PATTERN_MAX] = {"exe", "flatpak", "snap", "package"};

static void put_app(
	const struct apptable *t, uint32_t app, const struct programs *known, struct json *j)
{
	const char *pattern;
	uint32_t owner;

	json_object(j);
	json_key_str(j, "id", apptable_id(t, app));
	json_key_str(j, "name", apptable_name(t, app));
	json_key_str(j, "category", category_name(apptable_category(t, app)));
	json_key_bool(j, "installed", policyfile_app_installed(t, app));
	for (unsigned k = 0; k < APP_PATTERN_MAX; k++) {
		json_key(j, kinds[k]);
		json_array(j);
		for (uint32_t i = 0; apptable_pattern(t, (enum app_pattern)k, i, &owner, &pattern);
			i++)
			if (owner == app)
				json_str(j, pattern);
		json_array_end(j);
	}
	json_key(j, "programs");
	json_array(j);
	for (size_t i = 0; i < known->n; i++) {
		const struct known *k = &known->v[i];

		if (strcmp(k->app, apptable_id(t, app)) != 0)
			continue;
		json_object(j);
		json_key_str(j, "path", strcmp(k->path, "-") != 0 ? k->path : "");
		put_findings(k, j);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static int put(struct json *j, struct buf *out)
{
	if (json_error(j) < 0 || buf_put_byte(out, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(out->p, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static int list(const struct ctl *ctl, const struct apptable *t, bool json)
{
	cleanup_with(programs_done) struct programs known = {0};
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	ask_programs(ctl, &known);
	if (json) {
		json_init(&j, &out);
		json_array(&j);
		for (uint32_t i = 0; i < apptable_n(t); i++)
			put_app(t, i, &known, &j);
		json_array_end(&j);
		return put(&j, &out);
	}
	for (uint32_t i = 0; i < apptable_n(t); i++) {
		printf("%-20s %-8s %s%s%s%s\n", apptable_id(t, i),
			category_name(apptable_category(t, i)), apptable_name(t, i),
			tty_style(stdout, TTY_GREEN),
			policyfile_app_installed(t, i)
				? lang_pick(ctl->lang, " (installed)", " (đã cài)")
				: "",
			tty_style(stdout, TTY_PLAIN));
		for (size_t k = 0; k < known.n; k++)
			if (strcmp(known.v[k].app, apptable_id(t, i)) == 0) {
				printf("%30s", "");
				tty_put_safe(stdout, view_str(known.v[k].path));
				fputs("  ", stdout);
				print_findings(ctl, &known.v[k]);
				putchar('\n');
			}
	}
	if (!known.asked)
		fputs(lang_pick(ctl->lang,
			      "(versions and origins are the running agent's; none has answered, "
			      "or it "
			      "does not know them yet)\n",
			      "(phiên bản và nguồn do sealgate đang chạy cho biết; chưa có câu trả "
			      "lời)\n"),
			stderr);
	return CTL_DONE;
}

struct process {
	unsigned pid;
	char exe[PATH_MAX];
	uint32_t app;
	const char *how;
};

static void match(struct process *p, uint32_t app, const char *how)
{
	if (p->app == APP_NONE && app != APP_NONE) {
		p->app = app;
		p->how = how;
	}
}

static bool read_text(const struct process *p, const char *name, struct buf *ret)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/%s", p->pid, name);
	buf_clear(ret);
	return fd_read_path(path, PROC_TEXT_MAX, ret) == 0;
}

/* The target, or "" where it cannot be read. */
static void read_link(const struct process *p, const char *name, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%u/%s", p->pid, name);
	n = readlink(path, ret, size - 1);
	ret[n < 0 ? 0 : n] = 0;
}

static void match_script(struct process *p, const struct apptable *t, struct buf *text)
{
	char cwd[PATH_MAX], path[PATH_MAX];
	struct view rest, arg;

	read_link(p, "cwd", cwd, sizeof(cwd));
	if (!read_text(p, "cmdline", text))
		return;
	rest = buf_view(text);
	if (!procline_next_arg(&rest, &arg))
		return;
	for (unsigned i = 0; i < SCRIPT_ARGS_MAX && procline_next_arg(&rest, &arg);) {
		if (arg.n == 0 || arg.p[0] == '-')
			continue;
		i++;
		if (procline_resolve(view_str(cwd), arg, path, sizeof(path)))
			match(p, apptable_match_exe(t, path), "script");
	}
}

/* In the gate's order: what cannot be forged first. */
static int identify(struct process *p, const struct apptable *t)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(PROC_TEXT_MAX + 1);
	char id[256];

	p->app = APP_NONE;
	if (!read_text(p, "cgroup", &text))
		return ctl_error("no process %u", p->pid);
	if (procline_cgroup_tag(buf_view(&text), id, sizeof(id)))
		match(p, apptable_find(t, id), "cgroup");
	read_link(p, "exe", p->exe, sizeof(p->exe));
	procline_strip_deleted(p->exe);
	match(p, apptable_match_exe(t, p->exe), "exe");
	match_script(p, t, &text);
	if (procline_snap_path(p->exe, id, sizeof(id)))
		match(p, apptable_match_snap(t, id), "snap");
	if (read_text(p, "cgroup", &text) && procline_cgroup_snap(buf_view(&text), id, sizeof(id)))
		match(p, apptable_match_snap(t, id), "snap");
	if (procline_cgroup_flatpak(buf_view(&text), id, sizeof(id)))
		match(p, apptable_match_flatpak(t, id), "flatpak");
	if (read_text(p, "environ", &text) &&
		procline_environ(buf_view(&text), "FLATPAK_ID", id, sizeof(id)))
		match(p, apptable_match_flatpak(t, id), "flatpak");
	return CTL_DONE;
}

/* Of the very file that the process runs; also a script, by the application alone. */
static const struct known *find_known(
	const struct programs *known, const struct process *p, const char *app)
{
	const struct known *by_app = NULL;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/exe", p->pid);
	if (stat(path, &st) < 0)
		st.st_ino = 0;
	for (size_t i = 0; i < known->n; i++) {
		const struct known *k = &known->v[i];

		if (st.st_ino && k->ino == st.st_ino && k->dev == st.st_dev)
			return k;
		if (strcmp(k->app, app) == 0 && strcmp(p->how, "exe") != 0)
			by_app = k;
	}
	return by_app;
}

static int identify_pid(const struct ctl *ctl, const struct apptable *t, bool json, unsigned pid)
{
	cleanup_with(programs_done) struct programs known = {0};
	cleanup_with(buf_done) struct buf out = {0};
	const struct known *k = NULL;
	struct process p = {.pid = pid};
	struct json j;
	int r = identify(&p, t);

	if (r != CTL_DONE)
		return r;
	r = p.app == APP_NONE ? CTL_FOUND : CTL_DONE;
	if (p.app != APP_NONE) {
		ask_programs(ctl, &known);
		k = find_known(&known, &p, apptable_id(t, p.app));
	}
	if (json) {
		json_init(&j, &out);
		json_object(&j);
		json_key_u64(&j, "pid", pid);
		json_key_str(&j, "exe", p.exe);
		json_key_str(&j, "app", p.app == APP_NONE ? NULL : apptable_id(t, p.app));
		json_key_str(&j, "category",
			p.app == APP_NONE ? NULL : category_name(apptable_category(t, p.app)));
		json_key_str(&j, "how", p.how);
		if (k)
			put_findings(k, &j);
		json_object_end(&j);
		return put(&j, &out) == CTL_DONE ? r : CTL_FAILED;
	}
	printf("%u ", pid);
	tty_put_safe(stdout, view_str(p.exe));
	if (p.app == APP_NONE)
		printf(": %s\n",
			lang_pick(ctl->lang, "no application of the policy",
				"không phải ứng dụng nào của chính sách"));
	else
		printf(": %s (%s, %s %s)\n", apptable_id(t, p.app),
			category_name(apptable_category(t, p.app)),
			lang_pick(ctl->lang, "by", "theo"), p.how);
	if (k) {
		fputs("  ", stdout);
		print_findings(ctl, k);
		putchar('\n');
	}
	return r;
}

static int parse_pid(const char *text, unsigned *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || v < 1 || v > INT32_MAX)
		return -EINVAL;
	*ret = (unsigned)v;
	return 0;
}

static int run(const struct ctl *ctl, const char *policy, bool json, unsigned pid)
{
	struct policy_load *l;
	int r = policy_load(ctl, policy, &l);

	if (r == CTL_FAILED)
		return r;
	if (r == CTL_FOUND) {
		ctl_diags(&l->diags);
		r = ctl_error("%s is not valid", l->path);
	} else if (pid) {
		r = identify_pid(ctl, l->apps, json, pid);
	} else {
		r = list(ctl, l->apps, json);
	}
	policy_load_free(l);
	return r;
}

int cmd_apps(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"policy", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *policy = NULL;
	bool json = false;
	unsigned pid;
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'p': policy = optarg; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	argv += optind;
	argc -= optind;
	if (argc == 1 && strcmp(argv[0], "list") == 0)
		return run(ctl, policy, json, 0);
	if (argc != 2 || strcmp(argv[0], "identify") != 0)
		return usage_error(&usage, "list, or identify and a PID?");
	if (parse_pid(argv[1], &pid) < 0)
		return usage_error(&usage, "\"%s\" is no process number", argv[1]);
	return run(ctl, policy, json, pid);
}
