/* SPDX-License-Identifier: Apache-2.0 */
/* What a pack that is wrong is told. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "match/limits.h"
#include "match/match.h"
#include "rulepack/rulepack.h"

#define HEAD "pack: p\nversion: '1'\n"
#define MARK "marks:\n  m: {level: secret, forms: [TOP SECRET]}\n"
#define RULE "rules:\n- {id: r, marks: [m], score: 70"

struct wrong {
	const char *text, *code;
	unsigned line;
	const char *says, *hint;
};

static const struct wrong wrongs[] = {
	{"version: '1'\n", "R005", 1, "'pack'", ""},
	{"pack: p\n", "R005", 1, "'version'", ""},
	{"pack: P p\nversion: '1'\n", "R003", 1, "P p", "small letters"},
	{HEAD "marcs: {}\n", "R004", 3, "marcs", "marks"},
	{HEAD "marks: []\n", "R006", 3, "names with definitions", ""},
	{HEAD "marks:\n  m: {level: tip, forms: [X Y]}\n", "R007", 4, "no such level",
		"top-secret"},
	{HEAD "marks:\n  m: {tag: nothing, forms: [X Y]}\n", "R008", 4, "no such tag", ""},
	{HEAD "marks:\n  m: {forms: [X Y]}\n", "R005", 4, "'level' or a 'tag'", ""},
	{HEAD "marks:\n  m: {level: secret}\n", "R005", 4, "'forms'", ""},
	{HEAD "marks:\n  m: {level: secret, forms: ['']}\n", "R010", 4, "nothing to look for", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: 'a('}]}\n", "R005", 4, "sample", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: 'a(', sample: a}]}\n", "R010", 4,
		"parenthesis", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: 'abc', sample: x}]}\n", "R010", 4,
		"does not fit", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: 'Abc', sample: abc}]}\n", "R010", 4,
		"lower-case", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: 'a\\b', sample: a}]}\n", "R010", 4,
		"cannot be used", ""},
	{HEAD "marks:\n  m: {level: secret, forms: [{re: '[a-z ]{1,999}', sample: a b}]}\n", "R010",
		4, "repeats more than", ""},
	{HEAD "contexts:\n  c: {any: [x]}\n", "R005", 4, "within", ""},
	{HEAD "contexts:\n  c: {within: 99, any: [x]}\n", "R006", 4, "", ""},
	{HEAD MARK RULE ", places: [heeder]}\n", "R009", 6, "heeder", "header"},
	{HEAD MARK RULE ", as: hole}\n", "R009", 6, "hole", "whole"},
	{HEAD MARK RULE ", scor: 1}\n", "R004", 6, "scor", "score"},
	{HEAD MARK RULE ", add: [{red: true}]}\n", "R005", 6, "'score'", ""},
	{HEAD MARK RULE ", add: [{red: true, framed: true, score: 1}]}\n", "R005", 6, "one thing",
		""},
	{HEAD MARK RULE ", add: [{context: nowhere/x, score: 1}]}\n", "R009", 6, "nowhere/x",
		"not loaded"},
	{HEAD MARK RULE ", as: field}\n", "R005", 6, "'keys'", ""},
	{HEAD MARK RULE ", as: label}\n", "R005", 6, "'places'", ""},
	{HEAD MARK RULE ", level-at: 10}\n", "R006", 6, "suspect-at", ""},
	{HEAD MARK "rules:\n- {id: r, score: 70}\n", "R005", 6, "'marks'", ""},
	{HEAD MARK "rules:\n- {id: r, marks: [n], score: 70}\n", "R009", 6, "'n'", ""},
	{HEAD MARK "rules:\n- {marks: [m], score: 70}\n", "R005", 6, "'id'", ""},
	{HEAD MARK RULE "}\n- {id: r, marks: [m], score: 1, suspect-at: 0}\n", "R011", 7, "already",
		""},
	{HEAD "labels: {}\n", "R006", 3, "a list of at most 512 labels", ""},
	{HEAD "labels:\n- {level: secret}\n", "R005", 4, "'id' and 'name'", ""},
	{HEAD "labels:\n- {id: '{0}', level: secret}\n", "R006", 4, "no label id", "braces"},
	{HEAD "labels:\n- {name: x, level: high}\n", "R007", 4, "no such level", "top-secret"},
	{HEAD "labels:\n- {name: x, level: none, lvl: 1}\n", "R004", 4, "lvl", ""},
	{HEAD "stamps: {}\n", "R006", 3, "a list of stamps", ""},
	{HEAD "stamps:\n- {errors: 3}\n", "R005", 4, "text: ...", ""},
	{HEAD "stamps:\n- {text: ''}\n", "R006", 4, "bytes", ""},
	{HEAD "stamps:\n- {text: X, errors: 1001}\n", "R006", 4, "1000", ""},
	{HEAD "stamps:\n- {text: X, width: 0}\n", "R006", 4, "1", ""},
	{HEAD "stamps:\n- {text: X, harmless: 2}\n", "R006", 4, "", ""},
	{HEAD "stamps:\n- {text: X, hight: 2}\n", "R004", 4, "hight", ""},
	/* would fire on ordinary words */
	{HEAD "marks:\n  m: {level: secret, forms: [MẬT]}\n" RULE ", case: any}\n", "R012", 6,
		"MẬT", "capitals"},
	{HEAD "marks:\n  m: {level: secret, forms: [MẬT], folded: [MAT]}\n" RULE
	      ", folded: true}\n",
		"R012", 6, "MAT", "need"},
};

static bool says(const struct diags *d, const struct wrong *w)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].code, w->code) == 0 && d->v[i].line == w->line &&
			strstr(d->v[i].text, w->says) && strstr(d->v[i].hint, w->hint))
			return true;
	return false;
}

static void test_wrong(void **state)
{
	static struct rulepack_info info;
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		static struct diags d;
		struct buf blob = {0};
		char line[1200];
		int e;

		memset(&d, 0, sizeof(d));
		e = rulepack_compile_text("p.yaml", view_str(wrongs[i].text), &d, &info, &blob);
		if (e != -EBADMSG || !says(&d, &wrongs[i])) {
			bad++;
			print_message("# not %s at %u (%d): %s\n", wrongs[i].code, wrongs[i].line,
				e, wrongs[i].text);
			for (size_t j = 0; j < d.n; j++) {
				diag_format(&d.v[j], line, sizeof(line));
				print_message("#   %s\n", line);
			}
		}
		assert_int_equal(blob.n, 0);
		buf_done(&blob);
	}
	assert_int_equal(bad, 0);
}

static void test_sound(void **state)
{
	static struct rulepack_info info;
	static struct diags d;
	struct buf blob = {0};

	(void)state;
	assert_int_equal(
		rulepack_compile_text("p.yaml", view_str(HEAD MARK RULE "}\n"), &d, &info, &blob),
		0);
	assert_int_equal(d.n, 0);
	assert_int_equal(info.n_packs, 1);
	assert_string_equal(info.packs[0].name, "p");
	assert_int_equal(info.packs[0].n_rules, 1);
	buf_done(&blob);
}

/* What stamps can say comes out as it went in; there is room for so many. */
static void test_stamps(void **state)
{
	static struct rulepack_info info;
	static struct diags d;
	cleanup_with(buf_done) struct buf blob = {0}, many = {0};
	struct ruleset *r = NULL;
	struct ruleset_stamp stamp;

	(void)state;
	assert_int_equal(
		rulepack_compile_text("p.yaml",
			view_str(HEAD MARK RULE "}\nstamps:\n- {text: MẬT, errors: 50, width: 20}\n"
						"- {text: KHẨN, harmless: true}\n"),
			&d, &info, &blob),
		0);
	assert_int_equal(ruleset_open(buf_view(&blob), &r), 0);
	assert_int_equal(ruleset_n_stamps(r), 2);
	ruleset_stamp(r, 0, &stamp);
	assert_string_equal(stamp.text, "MẬT");
	assert_int_equal(stamp.errors, 50);
	assert_int_equal(stamp.width_mm, 20);
	assert_false(stamp.harmless);
	ruleset_stamp(r, 1, &stamp);
	assert_string_equal(stamp.text, "KHẨN");
	assert_true(stamp.harmless);
	ruleset_close(r);
	assert_int_equal(buf_put_str(&many, HEAD MARK RULE "}\nstamps:\n"), 0);
	for (unsigned i = 0; i <= RULESET_STAMPS_MAX; i++)
		assert_int_equal(buf_printf(&many, "- {text: X%u}\n", i), 0);
	buf_clear(&blob);
	assert_int_equal(
		rulepack_compile_text("p.yaml", buf_view(&many), &d, &info, &blob), -EBADMSG);
	assert_string_equal(d.v[0].code, "R013");
}

static void test_unused_mark(void **state)
{
	static struct rulepack_info info;
	static struct diags d;
	struct buf blob = {0};

	(void)state;
	assert_int_equal(rulepack_compile_text("p.yaml", view_str(HEAD MARK), &d, &info, &blob), 0);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.errors, 0);
	assert_string_equal(d.v[0].code, "R016");
	buf_done(&blob);
}

/* A table of 512 labels, and of one more. */
static void test_many_labels(void **state)
{
	static struct rulepack_info info;
	static struct diags d;
	struct buf blob = {0}, text = {0};
	char row[64];

	(void)state;
	assert_int_equal(buf_put_str(&text, HEAD "labels:\n"), 0);
	for (int i = 0; i < 513; i++) {
		if (i == 512)
			assert_int_equal(
				rulepack_compile_text("p.yaml", buf_view(&text), &d, &info, &blob),
				0);
		snprintf(row, sizeof(row), "- {name: label %d, level: internal}\n", i);
		assert_int_equal(buf_put_str(&text, row), 0);
	}
	assert_int_equal(info.packs[0].n_rules, 1);
	assert_int_equal(
		rulepack_compile_text("p.yaml", buf_view(&text), &d, &info, &blob), -EBADMSG);
	assert_string_equal(d.v[0].code, "R006");
	buf_done(&blob);
	buf_done(&text);
}

static void expect_folder(const char *dir, const char *code)
{
	static struct rulepack_info info;
	static struct diags d;
	struct buf blob = {0};

	memset(&d, 0, sizeof(d));
	assert_int_equal(rulepack_compile(&dir, 1, &d, &info, &blob), -EBADMSG);
	assert_true(d.n > 0);
	assert_string_equal(d.v[0].code, code);
	buf_done(&blob);
}

static void test_folders(void **state)
{
	static struct rulepack_info info;
	static struct diags d;
	struct buf blob = {0};
	char dir[] = "/tmp/sealgate-rules-XXXXXX";
	const char *rules = getenv("SEALGATE_RULES"), *twice[] = {rules, rules};
	const char *with_drop_in[] = {rules, "/nonexistent/rules.d"};

	(void)state;
	assert_non_null(mkdtemp(dir));
	expect_folder("/nonexistent/rules", "R001");
	expect_folder(dir, "R002");
	assert_int_equal(rmdir(dir), 0);
	/* a drop-in folder need not be there */
	assert_int_equal(rulepack_compile(with_drop_in, 2, &d, &info, &blob), 0);
	buf_clear(&blob);
	assert_int_equal(rulepack_compile(twice, 2, &d, &info, &blob), -EBADMSG);
	assert_string_equal(d.v[0].code, "R011");
	memset(&d, 0, sizeof(d));
	assert_int_equal(rulepack_compile(NULL, 0, &d, &info, &blob), -EBADMSG);
	assert_string_equal(d.v[0].code, "R002");
	buf_done(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_unused_mark),
		cmocka_unit_test(test_many_labels),
		cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
