/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate apps: which applications the policy knows, and which one a process is. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "ctl/commands.h"
#include "ctl/policy_load.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "subject/procline.h"

#define PROC_TEXT_MAX (256U << 10)
/* As many words of a command line are looked at as the gate looks at. */
#define SCRIPT_ARGS_MAX 4U

static const struct usage usage = {
	.synopsis = "apps [--json] [--policy FILE] list | identify PID",
	.text = "Lists the applications that the policy knows, or says which one a process is and "
		"how\n"
		"it is recognised. Exit status 1 of identify: it belongs to none.",
	.options = {{"--json", "for programs"},
		{"--policy FILE", "a policy other than the configured one"},
		{"--help", "this text"}},
};

static const char *const kinds[APP_PATTERN_MAX] = {"exe", "flatpak", "snap", "package"};

static void put_app(const struct apptable *t, uint32_t app, struct json *j)
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
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	if (json) {
		json_init(&j, &out);
		json_array(&j);
		for (uint32_t i = 0; i < apptable_n(t); i++)
			put_app(t, i, &j);
		json_array_end(&j);
		return put(&j, &out);
	}
	for (uint32_t i = 0; i < apptable_n(t); i++)
		printf("%-20s %-8s %s%s%s%s\n", apptable_id(t, i),
			category_name(apptable_category(t, i)), apptable_name(t, i),
			tty_style(stdout, TTY_GREEN),
			policyfile_app_installed(t, i)
				? lang_pick(ctl->lang, " (installed)", " (đã cài)")
				: "",
			tty_style(stdout, TTY_PLAIN));
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

static int identify_pid(const struct ctl *ctl, const struct apptable *t, bool json, unsigned pid)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct process p = {.pid = pid};
	struct json j;
	int r = identify(&p, t);

	if (r != CTL_DONE)
		return r;
	r = p.app == APP_NONE ? CTL_FOUND : CTL_DONE;
	if (json) {
		json_init(&j, &out);
		json_object(&j);
		json_key_u64(&j, "pid", pid);
		json_key_str(&j, "exe", p.exe);
		json_key_str(&j, "app", p.app == APP_NONE ? NULL : apptable_id(t, p.app));
		json_key_str(&j, "category",
			p.app == APP_NONE ? NULL : category_name(apptable_category(t, p.app)));
		json_key_str(&j, "how", p.how);
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
