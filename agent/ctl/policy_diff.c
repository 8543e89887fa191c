/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate policy diff: the changes of policydiff/ in words. */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "ctl/policy_diff.h"
#include "ctl/policy_life.h"
#include "ctl/policy_words.h"
#include "ctl/tty.h"
#include "ctl/usage.h"
#include "model/posture.h"
#include "policyfile/policyfile.h"

static const struct usage usage = {
	.synopsis = "policy diff [--all] [--json] OLD NEW",
	.text = "Says what changes for whom between two policies, whatever their text looks like. "
		"Each is\n"
		"a file, a bundle, or the number of a version of the running agent. Exit status 1: "
		"something\n"
		"changes.",
	.options = {{"--all", "every change, not only the first 40"}, {"--json", "one JSON object"},
		{"--help", "this text"}},
};

void policy_side_done(struct policy_side *s)
{
	policy_close(s->policy);
	apptable_close(s->apps);
	buf_done(&s->policy_blob);
	buf_done(&s->apps_blob);
}

static bool is_number(const char *s)
{
	return *s && strlen(s) < 10 && strspn(s, "0123456789") == strlen(s);
}

/* The bundle of a version or a file. */
static int read_bundle(const struct ctl *ctl, const char *name, struct buf *ret)
{
	cleanup_with(buf_done) struct buf about = {0};
	bool is_bundle;

	ret->max = BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX;
	if (is_number(name) && access(name, F_OK) < 0)
		return policy_fetch(ctl, (uint32_t)strtoul(name, NULL, 10), &about, ret);
	return policy_read_bundle(name, ret, &is_bundle);
}

static int compile(const struct bundle *b, const char *name, struct policy_side *ret)
{
	cleanup_with(freep) struct diags *d = calloc(1, sizeof(*d));
	char work[] = "/tmp/sealgate-XXXXXX";
	struct policyfile_info info;
	int r;

	if (!d)
		return ctl_error("out of memory");
	if (!mkdtemp(work))
		return ctl_error("%s: %s", work, strerror(errno));
	r = policyfile_compile_bundle(b, work, 0, d, &info, &ret->policy_blob, &ret->apps_blob);
	unchecked(bundle_remove(work));
	if (r == 0)
		r = policy_open(buf_view(&ret->policy_blob), &ret->policy);
	if (r == 0)
		r = apptable_open(buf_view(&ret->apps_blob), &ret->apps);
	if (r == 0)
		return CTL_DONE;
	if (r == -EBADMSG)
		ctl_diags(d);
	return ctl_error("%s: %s", name, r == -EBADMSG ? "not valid" : strerror(-r));
}

int policy_side_load(const struct ctl *ctl, const char *name, struct policy_side *ret)
{
	cleanup_with(buf_done) struct buf bytes = {0};
	cleanup_with(bundle_done) struct bundle b = {0};
	char why[300];
	int r = read_bundle(ctl, name, &bytes);

	if (r != CTL_DONE)
		return CTL_FAILED;
	r = bundle_parse(buf_view(&bytes), &b, why, sizeof(why));
	if (r < 0)
		return ctl_error("%s: %s", name, r == -EBADMSG ? why : strerror(-r));
	return compile(&b, name, ret);
}

/* ---- JSON ---- */

static int json_values(const struct policy_words *w, enum policydiff_dim dim, struct json *j)
{
	json_array(j);
	for (size_t i = 0; i < policydiff_n_values(w->d, dim); i++) {
		cleanup_with(freep) char *text = NULL;
		size_t n = 0;
		FILE *f;

		if (!policydiff_has(w->c, dim, i))
			continue;
		f = open_memstream(&text, &n);
		if (!f)
			return -ENOMEM;
		policy_words_value(w, dim, policydiff_value(w->d, dim, i), f);
		if (fclose(f) != 0)
			return -ENOMEM;
		json_view(j, view_of(text, n));
	}
	json_array_end(j);
	return 0;
}

static void json_answer(const struct policy_words *w, unsigned side, struct json *j)
{
	const struct verdict *v = side ? &w->c->after : &w->c->before;

	json_object(j);
	json_key_str(j, "action", action_name(v->action));
	json_key_str(j, "intended", action_name(v->intended));
	json_key_str(j, "rule",
		v->rule == POLICY_RULE_NONE ? NULL
					    : policy_rule_name(w->side[side].policy, v->rule));
	json_key_bool(j, "asked", !w->c->absent[side]);
	json_object_end(j);
}

static int json_change(const struct policy_words *w, struct json *j)
{
	static const char *const names[POLICYDIFF_DIM_MAX] = {"level", "app", "channel", "was",
		"reading", "tags", "posture", "meeting", "user", "groups", "path", "destination",
		"time", "date"};
	cleanup_with(freep) char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int r = 0;

	if (!f)
		return -ENOMEM;
	policy_words_region(w, f);
	if (fclose(f) != 0)
		return -ENOMEM;
	json_object(j);
	json_key_view(j, "text", view_of(text, n));
	json_key(j, "when");
	json_object(j);
	for (unsigned dim = 0; r == 0 && dim < POLICYDIFF_DIM_MAX; dim++)
		if (!w->c->in[dim].any) {
			json_key(j, names[dim]);
			r = json_values(w, (enum policydiff_dim)dim, j);
		}
	json_object_end(j);
	json_key(j, "before");
	json_answer(w, 0, j);
	json_key(j, "after");
	json_answer(w, 1, j);
	json_object_end(j);
	return r;
}

static int put_json(struct policy_words *w)
{
	static const char *const kinds[] = {"same", "added", "removed", "less", "more"};
	cleanup_with(buf_done) struct buf out = {0};
	struct json j;
	int r = 0;

	json_init(&j, &out);
	json_object(&j);
	json_key_bool(&j, "same", policydiff_is_same(w->d));
	json_key_bool(&j, "weaker", policydiff_is_weaker(w->d));
	json_key_bool(&j, "cut", policydiff_is_cut(w->d));
	json_key_bool(&j, "sampled", policydiff_is_sampled(w->d));
	json_key_u64(&j, "asked", policydiff_asked(w->d));
	json_key(&j, "changes");
	json_array(&j);
	for (size_t i = 0; r == 0 && i < policydiff_n(w->d); i++) {
		w->c = policydiff_at(w->d, i);
		r = json_change(w, &j);
	}
	json_array_end(&j);
	json_key(&j, "applications");
	json_object(&j);
	for (size_t i = 0; i < policydiff_n_values(w->d, POLICYDIFF_APP); i++)
		if (policydiff_app(w->d, i) != POLICYDIFF_APP_SAME)
			json_key_str(&j, policydiff_value(w->d, POLICYDIFF_APP, i)->id,
				kinds[policydiff_app(w->d, i)]);
	json_object_end(&j);
	json_object_end(&j);
	if (r < 0 || json_error(&j) < 0 || buf_put_byte(&out, '\n') < 0)
		return ctl_error("out of memory");
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
		return ctl_error("cannot write: %s", strerror(errno));
	return CTL_DONE;
}

static int compare(const struct ctl *ctl, const struct policy_side sides[2], bool json, bool all)
{
	const struct policydiff_side side[2] = {
		{sides[0].policy, sides[0].apps}, {sides[1].policy, sides[1].apps}};
	struct policy_words w = {.side = side, .lang = ctl->lang};
	struct policydiff *d;
	int r;

	if (policydiff_new(&side[0], &side[1], clock_realtime(), &d) < 0)
		return ctl_error("out of memory");
	w.d = d;
	r = CTL_DONE;
	if (json)
		r = put_json(&w);
	else
		policy_words_text(&w, all, stdout);
	if (r == CTL_DONE && !policydiff_is_same(d))
		r = CTL_FOUND;
	policydiff_free(d);
	return r;
}

int policy_diff(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = {{"all", no_argument, NULL, 'a'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct policy_side sides[2] = {0};
	bool json = false, all = false;
	int c, r;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (c) {
		case 'j': json = true; break;
		case 'a': all = true; break;
		case 'h': usage_print(stdout, &usage); return CTL_DONE;
		default: return usage_error(&usage, "unknown option %s", argv[optind - 1]);
		}
	}
	if (argc - optind != 2)
		return usage_error(&usage, "two policies are compared");
	r = policy_side_load(ctl, argv[optind], &sides[0]);
	if (r == CTL_DONE)
		r = policy_side_load(ctl, argv[optind + 1], &sides[1]);
	if (r == CTL_DONE)
		r = compare(ctl, sides, json, all);
	policy_side_done(&sides[0]);
	policy_side_done(&sides[1]);
	return r;
}
