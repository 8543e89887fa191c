/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate rules check | test | list */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "ctl/codes.h"
#include "ctl/commands.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/level.h"
#include "model/tag.h"
#include "rulepack/rulepack.h"

#define RULES_DIRS_MAX 32

static const struct usage usage = {
	.synopsis = "rules check|test|list [--json] [DIR...] | rules check --explain CODE",
	.text = "Checks rule packs, runs their samples through the engine, or lists them. Each DIR "
		"is a "
		"pack or a folder of packs; without any, the installed ones.",
	.options =
		{
			{"--json", "one JSON object on standard output"},
			{"--verbose", "test: also the samples that pass"},
			{"--explain CODE",
				"what a diagnostic's code means, and what to do; \"all\": every "
				"one"},
			{"--help", "this text"},
		},
};

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'},
	{"verbose", no_argument, NULL, 'v'},
	{"explain", required_argument, NULL, 'e'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct rules_run {
	const struct ctl *ctl;
	const char *dirs[RULES_DIRS_MAX];
	size_t n_dirs;
	bool json, verbose;
	struct json out;
};

/* A default folder counts where it holds anything: /etc/sealgate/rules.d may well be empty. */
static bool holds_packs(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool any = false;

	while (d && !any && (e = readdir(d)))
		any = e->d_name[0] != '.';
	if (d)
		closedir(d);
	return any;
}

static void default_dirs(struct rules_run *r)
{
	static const char *const dirs[] = {
		SEALGATE_DATADIR "/rules", SEALGATE_SYSCONFDIR "/rules.d"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (holds_packs(dirs[i]))
			r->dirs[r->n_dirs++] = dirs[i];
}

static void diags_json(struct json *j, const struct diags *d)
{
	json_key(j, "diagnostics");
	json_array(j);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *g = &d->v[i];

		json_object(j);
		json_key_str(j, "code", g->code);
		json_key_str(j, "severity", g->warning ? "warning" : "error");
		json_key_str(j, "file", g->file);
		json_key_u64(j, "line", g->line);
		json_key_u64(j, "column", g->col);
		json_key_str(j, "message", g->text);
		json_key_str(j, "hint", g->hint[0] ? g->hint : NULL);
		json_object_end(j);
	}
	json_array_end(j);
	json_key_u64(j, "dropped", d->dropped);
}

static void packs_json(struct json *j, const struct rulepack_info *info)
{
	json_key(j, "packs");
	json_array(j);
	for (uint32_t i = 0; i < info->n_packs; i++) {
		const struct rulepack_pack *p = &info->packs[i];

		json_object(j);
		json_key_str(j, "name", p->name);
		json_key_str(j, "version", p->version);
		json_key_str(j, "title", p->title);
		json_key_str(j, "path", p->path);
		json_key_u64(j, "marks", p->n_marks);
		json_key_u64(j, "rules", p->n_rules);
		json_object_end(j);
	}
	json_array_end(j);
}

static int json_write(struct rules_run *r, struct buf *b)
{
	json_object_end(&r->out);
	if (json_error(&r->out) < 0 || buf_put_byte(b, '\n') < 0 ||
		fd_write_all(STDOUT_FILENO, buf_view(b)) < 0)
		return ctl_error("cannot write the result");
	return 0;
}

/* check and list: both compile; list prints what there is. */
static int run_check(struct rules_run *r, bool list)
{
	cleanup_with(buf_done) struct buf blob = {0};
	cleanup_with(buf_done) struct buf json = {0};
	cleanup_with(freep) struct rulepack_info *info = calloc(1, sizeof(*info));
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	uint64_t start = clock_now();
	int e;

	if (!info || !d)
		return ctl_error("out of memory");
	e = rulepack_compile(r->dirs, r->n_dirs, d, info, &blob);
	if (e < 0 && e != -EBADMSG)
		return ctl_error("cannot compile the rules: %s", strerror(-e));
	if (r->json) {
		json_init(&r->out, &json);
		json_object(&r->out);
		json_key_bool(&r->out, "ok", e == 0);
		packs_json(&r->out, info);
		json_key_u64(&r->out, "bytes", blob.n);
		diags_json(&r->out, d);
		if (json_write(r, &json))
			return CTL_FAILED;
		return e == 0 ? CTL_DONE : CTL_FOUND;
	}
	ctl_diags(d);
	if (e < 0)
		return CTL_FOUND;
	for (uint32_t i = 0; list && i < info->n_packs; i++)
		printf("%-20s %-10s %4u marks %4u rules  %s\n", info->packs[i].name,
			info->packs[i].version, info->packs[i].n_marks, info->packs[i].n_rules,
			info->packs[i].title);
	if (!list)
		printf(lang_pick(r->ctl->lang,
			       "%u packs are valid: %zu bytes, compiled in %llu ms\n",
			       "%u gói luật hợp lệ: %zu byte, biên dịch trong %llu ms\n"),
			info->n_packs, blob.n,
			(unsigned long long)((clock_now() - start) / 1000000));
	return CTL_DONE;
}

static void print_tags(uint32_t tags)
{
	for (unsigned i = 0; i < TAG_MAX; i++)
		if (tags & TAG_BIT(i))
			printf(" +%s", tag_name((enum tag)i));
}

static void result_text(const struct rulepack_result *r)
{
	size_t n = MIN(strcspn(r->text, "\n"), (size_t)60);

	while (n && ((unsigned char)r->text[n] & 0xc0) == 0x80)
		n--;
	printf("%s%s%s %s:%u: ", tty_style(stdout, r->ok ? TTY_GREEN : TTY_RED),
		r->ok ? "ok  " : "FAIL", tty_style(stdout, TTY_PLAIN), r->file, r->line);
	tty_put_safe(stdout, r->name[0] ? view_str(r->name) : view_of(r->text, n));
	printf("\n");
	if (r->ok)
		return;
	printf("     expected %s", level_name(r->want));
	print_tags(r->want_tags);
	printf(", found %s", level_name(r->got));
	print_tags(r->got_tags);
	printf("\n");
	for (uint32_t i = 0; i < r->facts->n_evidence; i++) {
		const struct evidence *e = &r->facts->evidence[i];

		printf("     %4d %s/%s %s %s: ", e->score, e->pack, e->rule, level_name(e->level),
			place_name(e->place));
		tty_put_safe(stdout, view_str(e->snippet));
		printf("\n");
	}
}

static int on_result(void *userdata, const struct rulepack_result *r)
{
	struct rules_run *run = userdata;

	if (r->ok && !run->verbose)
		return 0;
	if (!run->json) {
		result_text(r);
		return 0;
	}
	json_object(&run->out);
	json_key_bool(&run->out, "ok", r->ok);
	json_key_str(&run->out, "pack", r->pack);
	json_key_str(&run->out, "file", r->file);
	json_key_u64(&run->out, "line", r->line);
	json_key_str(&run->out, "name", r->name[0] ? r->name : NULL);
	json_key_str(&run->out, "expected", level_name(r->want));
	json_key(&run->out, "found");
	json_object(&run->out);
	facts_json(r->facts, &run->out);
	json_object_end(&run->out);
	json_object_end(&run->out);
	return 0;
}

static int run_test(struct rules_run *r)
{
	cleanup_with(buf_done) struct buf json = {0};
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	size_t run = 0, failed = 0;
	int e;

	if (!d)
		return ctl_error("out of memory");
	json_init(&r->out, &json);
	json_object(&r->out);
	json_key(&r->out, "samples");
	json_array(&r->out);
	e = rulepack_test(r->dirs, r->n_dirs, d, on_result, r, &run, &failed);
	if (e < 0 && e != -EBADMSG)
		return ctl_error("cannot test the rules: %s", strerror(-e));
	json_array_end(&r->out);
	json_key_bool(&r->out, "ok", e == 0 && failed == 0);
	json_key_u64(&r->out, "run", run);
	json_key_u64(&r->out, "failed", failed);
	diags_json(&r->out, d);
	if (r->json) {
		if (json_write(r, &json))
			return CTL_FAILED;
	} else {
		ctl_diags(d);
		if (e == 0)
			printf(lang_pick(r->ctl->lang, "%zu samples, %zu failed\n",
				       "%zu mẫu thử, %zu sai\n"),
				run, failed);
	}
	return e == 0 && failed == 0 ? CTL_DONE : CTL_FOUND;
}

int cmd_rules(const struct ctl *ctl, int argc, char **argv)
{
	struct rules_run r = {.ctl = ctl};
	const char *what, *code = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "hjv", options, NULL)) != -1) {
		switch (c) {
		case 'j': r.json = true; break;
		case 'v': r.verbose = true; break;
		case 'e': code = optarg; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return usage_error(&usage, "check, test or list?");
	what = argv[optind++];
	if (code && (strcmp(what, "check") != 0 || optind < argc))
		return usage_error(&usage, "--explain goes with \"rules check\" alone");
	if (code)
		return codes_explain(ctl, code, r.json);
	if (argc - optind > RULES_DIRS_MAX)
		return usage_error(&usage, "at most %d folders", RULES_DIRS_MAX);
	while (optind < argc)
		r.dirs[r.n_dirs++] = argv[optind++];
	if (r.n_dirs == 0)
		default_dirs(&r);
	if (strcmp(what, "check") == 0)
		return run_check(&r, false);
	if (strcmp(what, "list") == 0)
		return run_check(&r, true);
	if (strcmp(what, "test") == 0)
		return run_test(&r);
	return usage_error(&usage, "no command \"rules %s\"", what);
}
