/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "model/posture.h"
#include "posture/rules.h"

static void make(struct posture_rules *ret)
{
	struct buf b = BUF_INIT(POSTURE_RULES_MAX);

	assert_int_equal(posture_rules_put_origin(&b, POSTURE_ORIGIN_DEB, ""), 0);
	assert_int_equal(posture_rules_put_origin(&b, POSTURE_ORIGIN_FLATPAK, "flathub"), 0);
	assert_int_equal(posture_rules_put_path(&b, "/opt/ours/**"), 0);
	assert_int_equal(posture_rules_put_minimum(&b, "zoom", "6.1.0"), 0);
	assert_int_equal(
		posture_rules_put_advisory(&b, "zoom", "CVE-1", "5.12.2", "5.10", "One."), 0);
	assert_int_equal(posture_rules_put_advisory(&b, "zoom", "CVE-2", "5.11", "", "Two."), 0);
	assert_int_equal(posture_rules_read(buf_view(&b), ret), 0);
	buf_done(&b);
}

static uint32_t judge(const struct posture_rules *r, const char *version, char *ids)
{
	return posture_rules_judge(r, "zoom", version, POSTURE_ORIGIN_DEB, ids, 16);
}

static void test_what_is_written_is_read(void **state)
{
	struct posture_rules r;

	(void)state;
	make(&r);
	assert_int_equal(r.origins, 1 << POSTURE_ORIGIN_DEB);
	assert_int_equal(r.n_remotes, 1);
	assert_string_equal(r.remotes[0], "flathub");
	assert_int_equal(r.n_paths, 1);
	assert_string_equal(r.paths[0], "/opt/ours/**");
	assert_int_equal(r.n_minimums, 1);
	assert_int_equal(r.n_advisories, 2);
	assert_string_equal(r.advisories[0].text, "One.");
	posture_rules_done(&r);
}

static void test_versions_are_judged(void **state)
{
	const uint32_t old = POSTURE_BIT(POSTURE_OUTDATED), hit = POSTURE_BIT(POSTURE_ADVISORY);
	struct posture_rules r;
	char ids[16];

	(void)state;
	make(&r);
	assert_int_equal(judge(&r, "5.9.1", ids), old | hit);
	assert_string_equal(ids, "CVE-2");
	assert_int_equal(judge(&r, "5.10.0", ids), old | hit);
	assert_string_equal(ids, "CVE-1 CVE-2");
	assert_int_equal(judge(&r, "5.12.2.4816", ids), old);
	assert_string_equal(ids, "");
	assert_int_equal(judge(&r, "6.1.0.198", ids), 0);
	/* The package's revision and epoch are the distribution's. */
	assert_int_equal(judge(&r, "6.1.0-1", ids), 0);
	assert_int_equal(judge(&r, "6.1.0-1~deb12u1", ids), 0);
	assert_int_equal(judge(&r, "1:5.12.2-3", ids), old);
	assert_int_equal(posture_rules_judge(&r, "other", "1", POSTURE_ORIGIN_DEB, ids, 16), 0);
	/* No room for the second id: the finding stands. */
	assert_int_equal(
		posture_rules_judge(&r, "zoom", "5.10.0", POSTURE_ORIGIN_DEB, ids, 8), old | hit);
	assert_string_equal(ids, "CVE-1");
	posture_rules_done(&r);
}

static void test_other_texts_are_refused(void **state)
{
	static const char *const bad[] = {"origin\tdeb", "origin\tcargo\t\n", "minimum\tzoom\n",
		"advisory\ta\tb\tc\td\n", "what\t1\n", "path\ta\tb\n", "\n\n",
		"a\tb\tc\td\te\tf\tg\n"};
	struct posture_rules r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(posture_rules_read(view_str(bad[i]), &r), -EBADMSG);
	assert_int_equal(posture_rules_read(view_of("path\t/\0\n", 8), &r), -EBADMSG);
	assert_int_equal(posture_rules_read(VIEW_EMPTY, &r), 0);
	assert_int_equal(r.n_advisories, 0);
	posture_rules_done(&r);
}

static void test_size(void **state)
{
	struct buf b = BUF_INIT(POSTURE_RULES_MAX + 16);
	struct posture_rules r;

	(void)state;
	while (b.n + 8 <= POSTURE_RULES_MAX)
		assert_int_equal(buf_put_str(&b, "path\t/a\n"), 0);
	assert_int_equal(posture_rules_read(buf_view(&b), &r), 0);
	posture_rules_done(&r);
	assert_int_equal(buf_put_str(&b, "path\t/a\n"), 0);
	assert_int_equal(posture_rules_read(buf_view(&b), &r), -EBADMSG);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_versions_are_judged),
		cmocka_unit_test(test_other_texts_are_refused),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
