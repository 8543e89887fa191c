/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "posture/version.h"

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static const char *const samples[] = {"0", "0.0", "1", "1.0", "1.0-1", "1.0-0", "1.0-10", "1.0-9",
	"1:1.0", "0:1.0", "2:0.1", "1.0~rc1", "1.0~rc1-1", "1.0~~", "1.0~", "1.0+dfsg",
	"1.0+dfsg-1", "1.0a", "1.0b", "1.0.a", "1.0-1~bpo12+1", "1.0-1+deb12u1", "1.0-1+deb12u10",
	"1.0-1+b2", "1.0-1ubuntu0.1", "01.0", "1.00", "1.010", "1.09", "5.10.0", "5.9.6",
	"6.1.0.198", "6.1.0", "20230101", "115.2.0esr", "115.2.0", "1.2.3.4.5", "1-2-3", "1-2-4",
	"1.0+1~2", "9999999999999999999999", "10000000000000000000000", "1.0.", "1.0-a", "1.0-~a",
	"2.3+really2.1", "1.0~a", "1.0~1", "1.0z", "0:0", "0-0"};

/* dpkg itself says what is right, where it is installed. */
static void test_as_dpkg_says(void **state)
{
	unsigned n = 0;

	(void)state;
	if (access("/usr/bin/dpkg", X_OK) < 0)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		for (size_t k = i % 7; k < ARRAY_SIZE(samples); k += 7) {
			char line[300];
			int status, less;

			snprintf(line, sizeof(line),
				"/usr/bin/dpkg --compare-versions '%s' lt '%s'", samples[i],
				samples[k]);
			status = system(line);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
			less = WEXITSTATUS(status) == 0;
			if ((version_compare(samples[i], samples[k]) < 0) != less)
				fail_msg("%s, %s: dpkg says %d", samples[i], samples[k], less);
			n++;
		}
	assert_true(n > 300);
}

static void test_order(void **state)
{
	static const char *const sorted[] = {"1.0~~", "1.0~~a", "1.0~", "1.0", "1.0-1~bpo12+1",
		"1.0-1", "1.0-1+b1", "1.0-2", "1.0-10", "1.0a", "1.0+dfsg-1", "1.0.1", "1:0.1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		for (size_t k = 0; k < ARRAY_SIZE(sorted); k++)
			if (sign(version_compare(sorted[i], sorted[k])) != sign((int)i - (int)k))
				fail_msg("%s, %s", sorted[i], sorted[k]);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		for (size_t k = 0; k < ARRAY_SIZE(samples); k++)
			assert_int_equal(sign(version_compare(samples[i], samples[k])),
				-sign(version_compare(samples[k], samples[i])));
}

/* The order of rpm-version(7). */
static void test_rpm(void **state)
{
	static const struct {
		const char *a, *b;
		int sign;
	} cases[] = {{"1.0", "1.0", 0}, {"1.0", "2.0", -1}, {"2.0.1", "2.0.1a", -1},
		{"5.5p1", "5.5p10", -1}, {"10xyz", "10.1xyz", -1}, {"xyz10", "xyz10.1", -1},
		{"xyz.4", "8", -1}, {"1.0~rc1", "1.0", -1}, {"1.0~rc1", "1.0~rc2", -1},
		{"1.0^", "1.0", 1}, {"1.0^git1", "1.0^git2", -1}, {"1.0^git1", "1.01", -1},
		{"1.0~rc1^git1", "1.0~rc1", 1}, {"1_0", "1.0", 0}, {"1.0010", "1.10", -1 + 1},
		{"1:1.0", "2.0", 1}, {"1.0-3", "1.0-10", -1}, {"1.0", "1.0-10", 0},
		{"6.0.0-1.el9", "6.0.0-2.el9", -1}, {"2a", "2.0", -1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (sign(version_compare_rpm(cases[i].a, cases[i].b)) != cases[i].sign ||
			sign(version_compare_rpm(cases[i].b, cases[i].a)) != -cases[i].sign)
			fail_msg("%s, %s", cases[i].a, cases[i].b);
	}
}

static void test_what_may_be_written(void **state)
{
	char longest[VERSION_TEXT_MAX + 1];

	(void)state;
	assert_true(version_is_valid("2:1.4.2~rc1+x-1"));
	assert_false(version_is_valid(""));
	assert_false(version_is_valid("v1"));
	assert_false(version_is_valid("1 2"));
	assert_false(version_is_valid("1\t"));
	memset(longest, '1', sizeof(longest));
	longest[VERSION_TEXT_MAX - 1] = 0;
	assert_true(version_is_valid(longest));
	longest[VERSION_TEXT_MAX - 1] = '1';
	longest[VERSION_TEXT_MAX] = 0;
	assert_false(version_is_valid(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_dpkg_says),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rpm),
		cmocka_unit_test(test_what_may_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
