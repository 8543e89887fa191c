/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "match/name.h"
#include "match/shape.h"

static void expect_join(const char *line, int joined, const char *result)
{
	struct buf b = {0};

	assert_int_equal(shape_join_letters(view_str(line), &b), joined);
	assert_int_equal(buf_terminate(&b), 0);
	if (joined)
		assert_string_equal((const char *)b.p, result);
	buf_done(&b);
}

static void test_join_letters(void **state)
{
	(void)state;
	expect_join("M Ậ T", 1, "MẬT");
	expect_join("T U Y Ệ T   M Ậ T", 1, "TUYỆT MẬT");
	expect_join("T U Y Ệ T M Ậ T", 1, "TUYỆTMẬT");
	expect_join("T U Y Ệ T   MẬ T", 1, "TUYỆT MẬT"); /* set too close */
	expect_join("TỐ I   M Ậ T", 1, "TỐI MẬT");
	expect_join("TỐ I MẬ T", 0, NULL);
	expect_join("12 I M Ậ", 1, "12 IMẬ");
	expect_join("M A\xcc\xa3\xcc\x82 T", 1, "MA\xcc\xa3\xcc\x82T"); /* decomposed */
	expect_join("机 密", 1, "机密");
	expect_join("*** M Ậ T ***", 1, "*** MẬT ***");
	expect_join("M Ậ", 0, "");
	expect_join("ở à ơi", 0, "");
	expect_join("1 2 3 4", 0, "");
	expect_join("", 0, "");
}

static void expect_columns(const char *line, const char *result)
{
	struct buf b = {0};

	assert_int_equal(shape_columns(view_str(line), &b), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_string_equal((const char *)b.p, result);
	buf_done(&b);
}

static void test_columns(void **state)
{
	(void)state;
	expect_columns("a\tb", "a | b");
	expect_columns("a    b", "a | b");
	expect_columns("a  b", "a  b");
	expect_columns("  a", "  a");
	expect_columns("", "");
}

/* What is plain is changed by nothing; what is not plain may be so only to be on the safe side. */
static void test_plain(void **state)
{
	static const char *const bits[] = {"a", "ở", "ậ", "MẬT", "tuyệt", " ", " ", "  ", "   ",
		"\t", "\u00a0", "\u0323", "机", "\u200b", "-", "1", "một dòng dài hơn một chút"};
	uint32_t seed = 7;
	unsigned plain = 0;

	(void)state;
	assert_true(shape_is_plain(view_str("")));
	assert_true(
		shape_is_plain(view_str("Ủy ban nhân dân xã đã giao cho phòng kinh tế - hạ tầng "
					"phối hợp với trạm quan trắc rà soát số liệu")));
	assert_false(shape_is_plain(view_str("M Ậ T")));
	assert_false(shape_is_plain(view_str("a   b")));
	for (unsigned i = 0; i < 20000; i++) {
		struct buf line = {0}, columns = {0}, joined = {0};

		for (unsigned n = seed >> 28; n < 24; n++) {
			seed = seed * 1664525U + 1013904223U;
			assert_int_equal(
				buf_put_str(
					&line, bits[(seed >> 8) % (i % 2 ? ARRAY_SIZE(bits) : 7)]),
				0);
			if (seed >> 31)
				assert_int_equal(buf_put_byte(&line, ' '), 0);
		}
		if (shape_is_plain(buf_view(&line))) {
			plain++;
			assert_int_equal(shape_columns(buf_view(&line), &columns), 0);
			assert_true(view_eq(buf_view(&line), buf_view(&columns)));
			assert_int_equal(shape_join_letters(buf_view(&line), &joined), 0);
		}
		buf_done(&line);
		buf_done(&columns);
		buf_done(&joined);
	}
	assert_true(plain > 100);
}

/* `want` NULL: nothing to take out. */
static void parts(const char *line, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(shape_part_signs(view_str(line), &out), want != NULL);
	if (want)
		assert_true(view_eq(buf_view(&out), view_str(want)));
}

static void test_part_signs(void **state)
{
	char line[162];

	(void)state;
	parts("T.Ố.I M.Ậ.T", "TỐI MẬT");
	parts("T/Ố/I M/Ậ/T", "TỐI MẬT");
	parts("M\u00b7Ậ\u00b7T", "MẬT");
	parts("TỐI_MẬT - 3", "TỐI MẬT - 3");
	parts("TUYỆT      MẬT", "TUYỆT MẬT");
	parts("TO\u0302\u0301I-MA\u0323\u0302T", "TO\u0302\u0301I MA\u0323\u0302T");
	parts("S-E-C//N.O.F.O.R.N", "SEC//NOFORN");
	parts("S-E-C-/-/-N-F", "SEC//NF");
	/* strokes stand between words, signs of two kinds between anything */
	parts("TOP SECRET//NOFORN", NULL);
	parts("UBND/SỞ", NULL);
	parts("T.Ố-I", "T Ố I");
	parts("TỐI MẬT", NULL);
	parts("12.05.2026 - 3", NULL);
	/* not in capitals */
	parts("t.ố.i m.ậ.t", NULL);
	memset(line, 'A', sizeof(line));
	line[1] = '-';
	line[160] = 0;
	line[3] = '-';
	line[2] = 'B';
	assert_int_equal(strlen(line), 160);
	{
		cleanup_with(buf_done) struct buf out = {0};

		assert_int_equal(shape_part_signs(view_str(line), &out), 1);
	}
	line[160] = 'A';
	line[161] = 0;
	parts(line, NULL);
}

static void test_trim(void **state)
{
	static const struct {
		const char *left, *right;
		uint32_t flags;
		size_t n_left, n_right;
	} rows[] = {
		{"*** ", " ***", SHAPE_RULED, 0, 0},
		{"| ", " |", SHAPE_RULED, 0, 0},
		{"(", ")", SHAPE_BRACKETED, 0, 0},
		{"\"", "\"", SHAPE_QUOTED, 0, 0},
		{"- ", "", SHAPE_BULLETED, 0, 0},
		{"- ", ";", SHAPE_BULLETED, 0, 1},
		{"- ", ".", SHAPE_BULLETED, 0, 0},
		{"- ", " -", SHAPE_RULED, 0, 0},
		{"– ", " –", SHAPE_RULED, 0, 0},
		{"-- ", " --", SHAPE_RULED, 0, 0},
		{"- ", " --", 0, 0, 0},
		{"- ", " .", 0, 0, 0},
		{"a - ", " - b", 0, 1, 1},
		{"abc ", "", 0, 3, 0},
		{"", ": abc", 0, 0, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct view l = view_str(rows[i].left), r = view_str(rows[i].right);
		uint32_t flags;

		shape_trim(&l, &r, &flags);
		assert_int_equal(flags, rows[i].flags);
		assert_int_equal(l.n, rows[i].n_left);
		assert_int_equal(r.n, rows[i].n_right);
	}
}

static void test_parts(void **state)
{
	struct view rest = view_str("a | b - c/d-e"), part;
	const char *want[] = {"a ", " b ", " c", "d-e"};
	size_t n = 0;

	(void)state;
	while (shape_next_part(&rest, &part)) {
		assert_true(n < ARRAY_SIZE(want));
		assert_true(view_eq(part, view_str(want[n])));
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(want));
	assert_true(shape_ends_part(view_str("Acme - "), false));
	assert_false(shape_ends_part(view_str("Acme "), false));
	assert_true(shape_ends_part(view_str("Acme. "), true));
	assert_false(shape_ends_part(view_str("Acme. "), false));
	assert_true(shape_starts_part(view_str(""), false));
	assert_true(shape_starts_part(view_str(" | 2"), false));
	assert_false(shape_starts_part(view_str(" ong"), false));
}

static bool match(const char *pattern, const char *name, const char *star)
{
	struct view s = VIEW_EMPTY;

	return name_matches(view_str(pattern), view_str(name), &s) && view_eq(s, view_str(star));
}

static void test_names(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_int_equal(name_normalise(view_str("Độ-mật_"), false, &b), 0);
	assert_true(view_eq(buf_view(&b), view_str("domat")));
	buf_done(&b);
	assert_true(match("a*c", "abbc", "bb"));
	assert_true(match("a*", "a", ""));
	assert_true(match("*x*", "aaxb", "aa"));
	assert_true(match("abc", "abc", ""));
	assert_false(match("a*c", "abcd", ""));
	assert_false(match("abc", "ab", ""));
	assert_true(match("", "", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_letters),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_part_signs),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
