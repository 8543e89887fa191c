/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of numbers are passed over only where nothing can be found in them. */
#include "fixture.h"

#include "match/numbers.h"
#include "match/ruleset.h"

static void test_numbers_only(void **state)
{
	static const char *const yes[] = {"1", "12 345,60", "-7.5", "2026-11-23", "1.000.000"};
	static const char *const no[] = {"", "-", ". .", "1a", "50%", "12/5/2026", "+84 1", "1  2",
		"1\t2", "&#49;", "\\u0031", "１", "1\302\2402", "$5"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(numbers_only(view_str(yes[i])));
	for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(numbers_only(view_str(no[i])));
}

struct pattern {
	const char *regex, *sample;
	uint32_t least;
};

static void open_with(struct fixture *x, const char *form, const char *sample, bool mark)
{
	struct build_text t = {.text = form, .sample = sample};
	struct build_mark m = {.name = "m", .level = LEVEL_SECRET, .tag = RS_NO_TAG};
	struct build_rule u = {.name = "r",
		.as = RS_AS_WHOLE,
		.letter_case = RS_CASE_ANY,
		.score = 90,
		.level_at = 70,
		.suspect_at = 40,
		.n_marks = 1};
	struct ruleset_build *b;
	uint32_t index;

	*x = (struct fixture){0};
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	index = (uint32_t)must(build_mark(b, &m));
	if (mark) {
		must(build_form(b, index, RS_FORM_EXACT, &t));
	} else {
		uint32_t c = (uint32_t)must(build_context(b, "c", 2, false));

		must(build_context_text(b, c, RS_ANCHOR_ANY, &t));
		t = spelling("mark");
		must(build_form(b, index, RS_FORM_EXACT, &t));
	}
	u.marks = &index;
	must(build_rule(b, &u));
	fixture_open(x, b);
}

static void test_bounds(void **state)
{
	static const struct pattern patterns[] = {
		/* what must be there is none of numbers */
		{"secret", NULL, UINT32_MAX},
		{"top secret ?\\d*", "top secret 1", UINT32_MAX},
		{"\\d+ ?(vnd|usd)", "5 usd", UINT32_MAX},
		{"\\+\\d{9}", "+123456789", UINT32_MAX},
		{"(no|nr)?[.] ?#\\d+", "nr. #5", UINT32_MAX},
		{"[0-9]{1,3}mật", "1mật", UINT32_MAX},
		{"((a|b)c){1,2}\\d", "ac1", UINT32_MAX},
		/* it may be absent, or numbers fit */
		{"0001111", NULL, 7},
		{"\\d{3}-\\d{4}", "123-4567", 8},
		{"[0-9a-f]{4}", "12ab", 4},
		{"[]a][0-9a-f]{3}", "a123", 4},
		{"[[:alnum:]]{5}", "12ab5", 5},
		{"(no )?\\d{4}", "no 1234", 4},
		{"(no )*\\d{4}", "no 1234", 4},
		{"(no ){0,3}\\d{4}", "no 1234", 4},
		{"mật?\\d{4}|\\d{5}", "mậ1234", 5},
		{"(mật|\\d)\\d{4}", "mật1234", 5},
		{"(?:no )\\d{4}", "no 1234", 7},
		{"\\x{31}{4}", "1111", 4},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(patterns); i++) {
		const struct pattern *p = &patterns[i];
		struct fixture x;

		open_with(&x, p->regex, p->sample, true);
		assert_int_equal(x.r->joined_number_min, p->least);
		fixture_close(&x);
		open_with(&x, p->regex, p->sample, false);
		assert_int_equal(x.r->number_min, p->least);
		assert_int_equal(x.r->joined_number_min, UINT32_MAX);
		fixture_close(&x);
	}
}

/* What is made of numbers is found as ever: in a line, and over lines. */
static void test_found(void **state)
{
	struct fixture x;

	(void)state;
	open_with(&x, "\\d{3}[- ]\\d{4}", "123-4567", true);
	assert_int_equal(one(&x, "123-4567"), LEVEL_SECRET);
	assert_int_equal(one(&x, "123456"), LEVEL_NONE);
	begin(&x);
	take(&x, PLACE_BODY, 0, "123");
	take(&x, PLACE_BODY, 0, "4567");
	assert_int_equal(end(&x), LEVEL_SECRET);
	fixture_close(&x);
	open_with(&x, "mark 12", NULL, true);
	begin(&x);
	take(&x, PLACE_BODY, 0, "mark");
	take(&x, PLACE_BODY, 0, "12");
	assert_int_equal(end(&x), LEVEL_SECRET);
	fixture_close(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_only),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
