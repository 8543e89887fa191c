/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate policy: checking policies, running their decision tables, printing the schemas. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "ctl/codes.h"
#include "ctl/commands.h"
#include "ctl/policy_diff.h"
#include "ctl/policy_life.h"
#include "ctl/policy.h"
#include "ctl/policy_load.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "policyfile/policyfile.h"

static const struct usage check_usage = {
	.synopsis = "policy check [--json] [--any-host] [FILE] | policy check --explain CODE",
	.text = "Says whether a policy is valid, and what is wrong where. Without FILE: the "
		"policy that\n"
		"the agent's configuration names. Exit status 1: not valid, or a rule can do "
		"nothing here.",
	.options = {{"--json", "one JSON object"},
		{"--any-host",
			"for other machines: users, groups and applications need not be here"},
		{"--explain CODE",
			"what a diagnostic's code means, and what to do; \"all\": every one"},
		{"--help", "this text"}},
};

static const struct usage test_usage = {
	.synopsis = "policy test [--json] [FILE] [CASES]",
	.text = "Runs a policy's decision table. Without CASES: cases/NAME beside the policy "
		"NAME.\n"
		"Exit status 1: a case came out differently.",
	.options = {{"--json", "one JSON object"}, {"--help", "this text"}},
};

static const struct usage schema_usage = {
	.synopsis = "policy schema policy|apps|cases|advisories|exceptions",
	.text = "Prints the JSON Schema of a kind of file, for editors.",
	.options = {{"--help", "this text"}},
};

static const struct usage policy_usage = {
	.synopsis =
		"policy check|test|apply|history|rollback|show|diff|simulate|override|learn|schema "
		"...",
	.text = "Checks policies, runs their decision tables, puts them in force and takes them "
		"back,\nlets single documents pass for a while, and prints the schemas of their "
		"files.",
	.options = {{"--help", "this text; \"sealgate policy check --help\" for more"}},
};

/* What the subcommands were given. */
struct args {
	bool json, any_host;
	const char *code; /* of --explain */
	int done;         /* an exit status, or -1: go on */
	char **rest;
	int n_rest;
};

static struct args parse(const struct usage *u, int argc, char **argv, int max)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {"explain", required_argument, NULL, 'e'},
		{"any-host", no_argument, NULL, 'a'}, {0}};
	struct args a = {.done = -1};
	int c;

	optind = 0;
	while (a.done < 0 && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': a.json = true; break;
		case 'e': a.code = optarg; break;
		case 'a': a.any_host = true; break;
		case 'h':
			usage_print(stdout, u);
			a.done = CTL_DONE;
			break;
		default: a.done = usage_error(u, "unknown option %s", argv[optind - 1]);
		}
	}
	a.rest = argv + optind;
	a.n_rest = argc - optind;
	if (a.done < 0 && (a.n_rest > max || (a.code && a.n_rest > 0)))
		a.done = usage_error(u, "too many arguments");
	if (a.done < 0 && (a.code || a.any_host) && u != &check_usage)
		a.done = usage_error(u, "unknown option %s", a.code ? "--explain" : "--any-host");
	return a;
}

static void diags_json(const struct diags *d, struct json *j)
{
	json_key(j, "diagnostics");
	json_array(j);
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *e = &d->v[i];

		json_object(j);
		json_key_str(j, "code", e->code);
		json_key_str(j, "severity", e->warning ? "warning" : "error");
		json_key_str(j, "file", e->file);
		json_key_u64(j, "line", e->line);
		json_key_u64(j, "column", e->col);
		json_key_str(j, "message", e->text);
		if (e->hint[0])
			json_key_str(j, "hint", e->hint);
		json_object_end(j);
	}
	json_array_end(j);
	json_key_u64(j, "dropped", d->dropped);
}

static int put(const struct buf *out)
{
	if (fwrite(out->p, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static int put_check_json(const struct policy_load *l, bool valid)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "file", l->path);
	json_key_bool(&j, "valid", valid);
	if (l->policy) {
		json_key_str(&j, "mode", mode_name(l->info.mode));
		json_key_u64(&j, "rules", l->info.n_rules);
		json_key_u64(&j, "apps", l->info.n_apps);
		json_key_u64(&j, "idle", l->info.n_idle);
	}
	diags_json(&l->diags, &j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	return put(&out);
}

/* What is only so on this machine: a policy is often written on another one. */
static void forget_host(struct policy_load *l)
{
	static const char *const codes[] = {"P020", "P021", "P029", "P041"};
	size_t n = 0;

	for (size_t i = 0; i < l->diags.n; i++) {
		bool here = false;

		for (size_t k = 0; k < ARRAY_SIZE(codes); k++)
			here |= strcmp(l->diags.v[i].code, codes[k]) == 0;
		if (!here)
			l->diags.v[n++] = l->diags.v[i];
	}
	l->diags.n = n;
	l->info.n_idle = 0;
}

/* What `apply` would send: says what cannot go into a version, and who else may write it. */
static bool can_be_applied(struct policy_load *l)
{
	cleanup_with(bundle_done) struct bundle b = {0};

	return policyfile_bundle(l->path, &l->diags, &b) == 0;
}

static int check(const struct ctl *ctl, int argc, char **argv)
{
	struct args a = parse(&check_usage, argc, argv, 1);
	struct policy_load *l;
	bool valid;
	int r;

	if (a.done >= 0)
		return a.done;
	if (a.code)
		return codes_explain(ctl, a.code, a.json);
	r = a.any_host ? policy_load(ctl, a.n_rest > 0 ? a.rest[0] : NULL, &l)
		       : policy_load_check(ctl, a.n_rest > 0 ? a.rest[0] : NULL, &l);
	if (r == CTL_FAILED)
		return r;
	if (a.any_host)
		forget_host(l);
	valid = r == CTL_DONE && l->info.n_idle == 0 && can_be_applied(l);
	r = valid ? CTL_DONE : CTL_FOUND;
	if (a.json) {
		r = put_check_json(l, valid) == CTL_DONE ? r : CTL_FAILED;
	} else {
		ctl_diags(&l->diags);
		if (l->policy)
			printf(lang_pick(ctl->lang, "%s: %s, mode %s, %u rules, %u applications\n",
				       "%s: %s, chế độ %s, %u quy tắc, %u ứng dụng\n"),
				l->path,
				valid ? lang_pick(ctl->lang, "valid", "hợp lệ")
				      : lang_pick(ctl->lang, "not valid here",
						"không hợp lệ trên máy này"),
				mode_name(l->info.mode), l->info.n_rules, l->info.n_apps);
	}
	policy_load_free(l);
	return r;
}

/* DIR/cases/NAME for DIR/NAME. */
static int default_cases(const char *policy, char **ret)
{
	const char *slash = strrchr(policy, '/');

	if (!slash)
		return asprintf(ret, "cases/%s", policy);
	return asprintf(ret, "%.*s/cases/%s", (int)(slash - policy), policy, slash + 1);
}

static int put_test(const struct ctl *ctl, const struct policy_load *l, bool json,
	const char *cases, const struct policyfile_cases *result)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;

	if (!json) {
		ctl_diags(&l->diags);
		printf(lang_pick(ctl->lang, "%s: %u cases, %u failed\n",
			       "%s: %u trường hợp, %u sai\n"),
			cases, result->n_cases, result->n_failed);
		return CTL_DONE;
	}
	json_init(&j, &out);
	json_object(&j);
	json_key_str(&j, "policy", l->path);
	json_key_str(&j, "table", cases);
	json_key_u64(&j, "cases", result->n_cases);
	json_key_u64(&j, "failed", result->n_failed);
	diags_json(&l->diags, &j);
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	return put(&out);
}

static int run_test(const struct ctl *ctl, struct policy_load *l, bool json, const char *cases)
{
	struct policyfile_cases result = {0};
	int r = policyfile_test(cases, l->policy, l->apps, &l->diags, &result);

	if (r < 0 && r != -EBADMSG)
		return ctl_error("%s: %s", cases, strerror(-r));
	if (put_test(ctl, l, json, cases, &result) != CTL_DONE || r < 0)
		return CTL_FAILED;
	return result.n_failed > 0 ? CTL_FOUND : CTL_DONE;
}

static int test(const struct ctl *ctl, int argc, char **argv)
{
	struct args a = parse(&test_usage, argc, argv, 2);
	cleanup_with(freep) char *cases = NULL;
	struct policy_load *l;
	int r;

	if (a.done >= 0)
		return a.done;
	r = policy_load(ctl, a.n_rest > 0 ? a.rest[0] : NULL, &l);
	if (r == CTL_FAILED)
		return r;
	if (r == CTL_FOUND) {
		ctl_diags(&l->diags);
		r = ctl_error("%s is not valid", l->path);
	} else if ((a.n_rest > 1 ? asprintf(&cases, "%s", a.rest[1])
				 : default_cases(l->path, &cases)) < 0) {
		cases = NULL;
		r = ctl_error("out of memory");
	} else {
		r = run_test(ctl, l, a.json, cases);
	}
	policy_load_free(l);
	return r;
}

static int schema(const struct ctl *ctl, int argc, char **argv)
{
	static const char *const names[] = {
		"policy", "apps", "cases", "advisories", "exceptions", NULL};
	struct args a = parse(&schema_usage, argc, argv, 1);
	cleanup_with(buf_done) struct buf out = {0};

	(void)ctl;
	if (a.done >= 0)
		return a.done;
	for (unsigned i = 0; a.n_rest == 1 && names[i]; i++)
		if (strcmp(names[i], a.rest[0]) == 0) {
			if (policyfile_schema((enum policyfile_schema)i, &out) < 0)
				return ctl_error("out of memory");
			return put(&out);
		}
	return usage_error(
		&schema_usage, "which schema: policy, apps, cases, advisories or exceptions?");
}

int cmd_policy(const struct ctl *ctl, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(const struct ctl *ctl, int argc, char **argv);
	} subcommands[] = {
		{"check", check},
		{"test", test},
		{"schema", schema},
		{"apply", policy_apply},
		{"history", policy_history},
		{"rollback", policy_rollback},
		{"show", policy_show},
		{"diff", policy_diff},
		{"simulate", policy_simulate},
		{"override", policy_override},
		{"learn", policy_learn},
	};
	static const char *const names[] = {"check", "test", "schema", "apply", "history",
		"rollback", "show", "diff", "simulate", "override", "learn", NULL};
	const char *near;

	if (argc < 2)
		return usage_error(&policy_usage,
			"which of check, test, apply, history, rollback, show, diff, simulate, "
			"override, "
			"learn, "
			"schema?");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage_print(stdout, &policy_usage);
		return CTL_DONE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(ctl, argc - 1, argv + 1);
	near = diag_nearest(argv[1], names);
	return usage_error(&policy_usage, "no \"policy %s\"%s%s%s", argv[1],
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
