/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gaps.h"

static const char *note(const struct gaps *g)
{
	static char text[4096];
	struct buf b = BUF_INIT(0);

	assert_int_equal(0, gaps_note(g, &b));
	assert_int_equal(0, buf_terminate(&b));
	snprintf(text, sizeof(text), "%s", (char *)b.p);
	buf_done(&b);
	return text;
}

static void test_note(void **state)
{
	struct gaps g = {0};
	char name[8];

	(void)state;
	assert_string_equal("", note(&g));
	gaps_begin(&g);
	gaps_add(&g, "/srv", "a", EACCES);
	gaps_add(&g, "/srv", "a", EACCES);
	assert_string_equal("not read: /srv/a (Permission denied)", note(&g));
	gaps_add(&g, "/", ".", ENOENT);
	assert_non_null(strstr(note(&g), "; not read: / (No such file or directory)"));
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		gaps_add(&g, "/", name, EIO);
	}
	assert_non_null(
		strstr(note(&g), "not read: /x0 (Input/output error); and 4 more not read"));
	gaps_too_deep(&g);
	gaps_mount(&g);
	assert_non_null(strstr(note(&g), "1 names too deep or too long"));
	assert_non_null(strstr(note(&g), "1 file systems below not entered"));
	assert_false(gaps_has_unwatched(&g));
	gaps_unwatched(&g);
	assert_true(gaps_has_unwatched(&g));
	gaps_commit(&g);

	/* While a new walk runs, what the last one said still counts. */
	gaps_begin(&g);
	assert_non_null(strstr(note(&g), "1 directories without a watch"));
	assert_non_null(strstr(note(&g), "/srv/a"));
	gaps_commit(&g);
	assert_string_equal("", note(&g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
