/* SPDX-License-Identifier: Apache-2.0 */
/* Which package a program belongs to. */
#include "../../unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/package.h"

static void packages_of_programs(void **state)
{
	char dir[] = "/tmp/test-package-XXXXXX";
	struct packages *p;
	char path[64];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(packages_new(dir, &p), 0);
	snprintf(path, sizeof(path), "%s/chromium.list", dir);
	f = fopen(path, "we");
	fputs("/.\n/usr/lib/chromium\n/usr/lib/chromium/chrome-bin\n/usr/lib/chromium/longer\n", f);
	fclose(f);
	assert_string_equal(package_of(p, "/usr/lib/chromium/chrome-bin"), "chromium");
	assert_string_equal(package_of(p, "/usr/lib/chromium/long"), "");
	assert_string_equal(package_of(p, "/home/lan/chromium/chrome-bin"), "");
	assert_string_equal(package_of(p, "relative"), "");
	assert_string_equal(package_of(p, ""), "");
	assert_string_equal(package_of(NULL, "/usr/lib/chromium/chrome-bin"), "");
	unlink(path);
	/* Remembered: its list is not read again. */
	assert_string_equal(package_of(p, "/usr/lib/chromium/chrome-bin"), "chromium");
	for (unsigned i = 0; i < 2 * PACKAGES_KNOWN_MAX; i++) {
		snprintf(path, sizeof(path), "/usr/bin/%u", i);
		assert_string_equal(package_of(p, path), "");
	}
	assert_string_equal(package_of(p, "/usr/lib/chromium/chrome-bin"), "");
	packages_free(p);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packages_of_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
