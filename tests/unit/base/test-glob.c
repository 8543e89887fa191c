/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/macros.h"

static void test_match(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{"/srv/x", "/srv/x", true},
		{"/srv/x", "/srv/xy", false},
		{"/srv/*", "/srv/a.docx", true},
		{"/srv/*", "/srv/", true},
		{"/srv/*", "/srv/a/b", false},
		{"/srv/*.docx", "/srv/a.docx.docx", true},
		{"*.docx", "a.doc", false},
		{"/srv/**", "/srv/a/b/c", true},
		{"/srv/**", "/srv", false},
		{"/srv/**/x", "/srv/x", true},
		{"/srv/**/x", "/srv/a/b/x", true},
		{"/srv/**/x", "/srv/a/b/yx", false},
		{"**/mat/*.pdf", "/home/a/mat/b.pdf", true},
		{"**/mat/*.pdf", "/home/a/mat/c/b.pdf", false},
		{"**/mat/**/*.pdf", "/home/a/mat/c/b.pdf", true},
		{"**/a/*b/**/c*d", "/x/a/y/a/qb/z/a/cd", true},
		{"**/a/*b/**/c*d", "/x/a/y/a/qb/z/a/ce", false},
		{"**", "", true},
		{"*", "", true},
		{"?", "", false},
		{"?", "/", false},
		{"/t?i mật", "/tối mật", true},
		{"/t??i", "/tối", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
		{"", "", true},
		{"", "a", false},
		{"*.Example.com", "chat.eXample.com", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (glob_match(cases[i].pattern, cases[i].text, false) != cases[i].match)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
	assert_true(glob_match("*.Example.com", "chat.eXample.com", true));
}

/* The shapes that make a backtracking matcher explode. */
static void test_hostile_is_quick(void **state)
{
	char text[4096], slashes[4096];
	uint64_t start = clock_now();

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	for (size_t i = 0; i < sizeof(slashes); i++)
		slashes[i] = i % 2 ? '/' : 'a';
	slashes[sizeof(slashes) - 1] = 0;
	assert_false(glob_match("**/a*a*a*a*a*a*a*a*b", text, false));
	assert_false(glob_match("**/a/**/a/**/a/**/a/**/a/**/*a*a*b", slashes, false));
	assert_false(glob_match("**/*a*/*a*/*a*/*a*/*a*/*a*b", slashes, false));
	assert_true(clock_now() - start < 500 * NSEC_PER_MSEC);
}

static void test_error(void **state)
{
	static const char *const bad[] = {"", "/a[b]", "/{a,b}", "a\\*", "/a**", "/**b/c", "***"};
	static const char *const good[] = {"**", "/**", "**/x", "/a/**/b", "*?*"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!glob_error(bad[i]))
			fail_msg("%s was taken", bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(glob_error(good[i]));
	assert_true(glob_is_literal("/a/b"));
	assert_false(glob_is_literal("/a/?"));
}

static void test_covers(void **state)
{
	(void)state;
	assert_true(glob_covers("/a/*", "/a/*", false));
	assert_true(glob_covers("/a/*", "/a/b", false));
	assert_true(glob_covers("/a/**", "/a/b/*", false));
	assert_true(glob_covers("/a/**", "/a/**/x", false));
	assert_true(glob_covers("**", "/x/?", false));
	assert_false(glob_covers("/a/*", "/a/**", false));
	assert_false(glob_covers("/a/**", "/*/b", false));
	assert_false(glob_covers("/a/**", "/a", false));
	assert_false(glob_covers("/*/**", "/a/b*", false)); /* true in fact, but not proven */
	assert_true(glob_covers("*.vn", "A.VN", true));
	assert_false(glob_covers("*.vn", "A.VN", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_hostile_is_quick),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
