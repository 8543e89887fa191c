/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sealgate quarantine: what lies there, giving it back, deleting it. Listing reads the folder
 * itself, which only root can; the rest is the agent's, so that the journal has it.
 */
#include <dirent.h>
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
#include "ctl/cell.h"
#include "ctl/commands.h"
#include "ctl/configured.h"
#include "ctl/control.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/level.h"
#include "settings/settings.h"
#include "wire/pack.h"
#include "wire/protocol.h"
#include "wire/vault.h"

#define LEVEL_WIDTH 9U /* TUYỆT MẬT */

static const struct usage usage = {
	.synopsis = "quarantine list|restore|delete [--json] [--to DIR] [ID...]",
	.text = "Lists what was moved to quarantine, gives files back to where they were (or into "
		"a "
		"folder),\nor deletes them for good. Each is a record of the journal. Only for "
		"root.",
	.options = {{"--json", "for programs"}, {"--to DIR", "give back into this folder"},
		{"--help", "this text"}},
};

struct entries {
	struct vault_record **v;
	size_t n;
};

static void entries_done(struct entries *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i]);
	free((void *)e->v);
}

static int state_dir(const struct ctl *ctl, char *ret, size_t size)
{
	struct settings s;
	int r = configured(ctl->config, CONFIGURED_LENIENT, &s);

	if (r != 0)
		return r;
	snprintf(ret, size, "%s/" VAULT_DIR, s.state_dir);
	settings_done(&s);
	return 0;
}

static int is_record(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 7 && strcmp(e->d_name + n - 7, ".record") == 0;
}

/* Ids begin with the time: by name is by time. */
static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_one(const char *dir, const char *name, struct entries *ret)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(VAULT_RECORD_MAX + 1);
	struct vault_record *r = calloc(1, sizeof(*r));
	char path[4500];
	int e = r ? 0 : -ENOMEM;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (e == 0)
		e = fd_read_path(path, VAULT_RECORD_MAX, &text);
	if (e == 0)
		e = vault_record_read(buf_view(&text), r);
	if (e < 0) {
		free(r);
		(void)ctl_error(
			"%s: %s", path, e == -EBADMSG ? "no record of a file" : strerror(-e));
		return e == -ENOMEM ? e : 0;
	}
	ret->v[ret->n++] = r;
	return 0;
}

static int read_entries(const struct ctl *ctl, struct entries *ret)
{
	struct dirent **names = NULL;
	char dir[4200];
	int n, r = state_dir(ctl, dir, sizeof(dir));

	if (r != 0)
		return r;
	n = scandir(dir, &names, is_record, compare);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return errno == EACCES ? ctl_error("cannot read %s: only root can", dir)
				       : ctl_error("cannot read %s: %s", dir, strerror(errno));
	ret->v = calloc((size_t)n + 1, sizeof(*ret->v));
	for (int i = 0; i < n; i++) {
		if (ret->v && r == 0)
			r = read_one(dir, names[i]->d_name, ret);
		free(names[i]);
	}
	free((void *)names);
	return ret->v && r == 0 ? 0 : ctl_error("out of memory");
}

static void put_json(const struct vault_record *r, struct json *j)
{
	char when[CLOCK_TEXT_MAX];

	json_object(j);
	json_key_str(j, "id", r->id);
	clock_format(r->time, when);
	json_key_str(j, "time", when);
	json_key_str(j, "path", r->path);
	json_key_str(j, "placeholder", r->placeholder);
	json_key_str(j, "level", r->level);
	json_key_str(j, "app", r->app);
	json_key_str(j, "rule", r->rule);
	json_key_str(j, "incident", r->incident);
	json_key_str(j, "sha256", r->sha256);
	json_key_u64(j, "size", r->size);
	json_key_u64(j, "uid", r->uid);
	json_key_u64(j, "gid", r->gid);
	json_key_u64(j, "mode", r->mode);
	clock_format(r->mtime, when);
	json_key_str(j, "modified", when);
	json_key_u64(j, "other_names", r->other_names);
	json_object_end(j);
}

static int list_json(const struct entries *e)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_array(&j);
	for (size_t i = 0; i < e->n; i++)
		put_json(e->v[i], &j);
	json_array_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return 0;
}

static int list(const struct ctl *ctl, bool json)
{
	cleanup_with(entries_done) struct entries e = {0};
	int r = read_entries(ctl, &e);

	if (r == 0 && json)
		r = list_json(&e);
	if (r != 0)
		return r;
	for (size_t i = 0; !json && i < e.n; i++) {
		const struct vault_record *q = e.v[i];
		enum level level;

		printf("%s%s%s  ", tty_style(stdout, TTY_BOLD), q->id,
			tty_style(stdout, TTY_PLAIN));
		cell_put(stdout,
			view_str(level_parse(q->level, &level) == 0 ? level_display_vi(level)
								    : q->level),
			LEVEL_WIDTH, CELL_CUT_END, true);
		printf("  %-14s %10" PRIu64 "  ", q->app, q->size);
		tty_put_safe(stdout, view_str(q->path));
		if (q->other_names)
			printf(lang_pick(ctl->lang, " (%u other names of it were left)",
				       " (còn %u tên khác của tệp)"),
				q->other_names);
		putchar('\n');
	}
	if (!json && e.n == 0)
		puts(lang_pick(ctl->lang, "the quarantine is empty", "khu cách ly trống"));
	return CTL_DONE;
}

/* One file. CTL_DONE or CTL_FAILED, after saying why. */
static int ask(const struct ctl *ctl, enum vault_request what, const char *id, const char *to)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(8192), answer = BUF_INIT(0);
	struct pack p = {&body, 0};
	int r;

	if (!vault_id_is_valid(id))
		return ctl_error("\"%s\" is no id; see \"sealgate quarantine list\"", id);
	pack_u8(&p, (uint8_t)what);
	pack_str(&p, id);
	pack_str(&p, to);
	if (p.error)
		return ctl_error("out of memory");
	r = control_call(ctl, CTL_VAULT, buf_view(&body), &answer);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return ctl_error("no agent is running; only it may, so that the journal has it");
	if (r == 0) {
		printf("%s: %s%s%.*s\n", id,
			what == VAULT_DELETE ? lang_pick(ctl->lang, "deleted", "đã xóa")
					     : lang_pick(ctl->lang, "given back", "đã trả lại"),
			answer.n ? ": " : "", (int)answer.n, (const char *)answer.p);
		return CTL_DONE;
	}
	if (r == 1)
		return ctl_error("%s: %.*s", id, (int)answer.n, (const char *)answer.p);
	return CTL_FAILED;
}

static int ask_each(
	const struct ctl *ctl, enum vault_request what, int argc, char **argv, const char *to)
{
	cleanup_with(freep) char *folder = NULL;
	int r = CTL_DONE;

	if (to) {
		folder = realpath(to, NULL);
		if (!folder)
			return ctl_error("%s: %s", to, strerror(errno));
	}
	for (int i = 0; i < argc; i++)
		if (ask(ctl, what, argv[i], folder ? folder : "") != CTL_DONE)
			r = CTL_FAILED;
	return r;
}

int cmd_quarantine(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"to", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *to = NULL;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 't': to = optarg; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		case ':': return usage_error(&usage, "%s needs an argument", argv[optind - 1]);
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	argv += optind;
	argc -= optind;
	if (argc == 1 && strcmp(argv[0], "list") == 0 && !to)
		return list(ctl, json);
	if (argc > 1 && strcmp(argv[0], "restore") == 0 && !json)
		return ask_each(ctl, VAULT_RESTORE, argc - 1, argv + 1, to);
	if (argc > 1 && strcmp(argv[0], "delete") == 0 && !json && !to)
		return ask_each(ctl, VAULT_DELETE, argc - 1, argv + 1, NULL);
	return usage_error(&usage, "list, or restore or delete and an id?");
}
