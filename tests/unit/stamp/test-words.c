/* SPDX-License-Identifier: Apache-2.0 */
/* What a misread line means. */
#include "../unit.h"

#include "stamp/words.h"
#include "words-list.h"

static const char *find(const char *text)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};
	unsigned errors;
	const struct stamp_word *w = words_find(&words, view_str(text), 0, &errors);

	return w ? w->text : "-";
}

static void test_fold(void **state)
{
	static const struct {
		const char *text, *folded;
	} cases[] = {
		{"TUYỆT MẬT", "TUYETMAT"},
		{"Tối mật\n", "TOIMAT"},
		{"ĐƯỢC ĂÂÊÔƠ đ", "DUOCAAEOOD"},
		{"ỲỸỴỶÝ", "YYYYY"},
		{"| MẬT |", "MAT"},
		{"I MẬT", "MAT"},
		{"0123 5", "OI##S"},
		{"", ""},
		{"***", ""},
	};
	char folded[STAMP_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t n = words_fold(view_str(cases[i].text), folded, sizeof(folded));

		assert_string_equal(folded, cases[i].folded);
		assert_int_equal(n, strlen(folded));
	}
}

static void test_fold_is_bounded(void **state)
{
	char text[1000], folded[STAMP_TEXT_MAX + 1];

	(void)state;
	memset(text, 'A', sizeof(text));
	assert_int_equal(
		words_fold(view_of(text, sizeof(text)), folded, sizeof(folded)), STAMP_TEXT_MAX);
	/* a letter that is cut off */
	assert_int_equal(words_fold(view_of("M\xe1\xba", 3), folded, sizeof(folded)), 1);
}

static void test_misread(void **state)
{
	static const struct {
		const char *read, *meant;
	} cases[] = {
		{"TUYẾT MẬT", "TUYỆT MẬT"},
		{"IUYET MAI", "TUYỆT MẬT"},
		{"TỐI MẬI", "TỐI MẬT"},
		{"'TỐI MẬT", "TỐI MẬT"},
		{"MẬT", "MẬT"},
		{"MẬTT", "MẬT"},
		{"GIẢI MẬT", "GIẢI MẬT"},
		{"GIẢI MẬI", "GIẢI MẬT"},
		{"HỎA TÓC", "HỎA TỐC"},
		{"KHẨM", "KHẨN"},
		{"LƯU HÀNH NỘI BỘ", "LƯU HÀNH NỘI BỘ"},
		/* near, but something else */
		{"CÓ MẶT", "CÓ MẶT"},
		{"VẮNG MẶT", "VẮNG MẶT"},
		{"MẮT KÍNH", "-"},
		{"MAY", "MẬT"},
		{"MÁY", "-"},
		{"NHẬT", "-"},
		{"TRẬT TỰ", "-"},
		{"SỞ NỘI VỤ", "-"},
		{"1234567", "-"},
		{"", "-"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(find(cases[i].read), cases[i].meant);
}

static void test_tones(void **state)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};

	(void)state;
	assert_true(words_has_other_tone(&words, VIEW_LIT("MẤT"), false));
	assert_true(words_has_other_tone(&words, VIEW_LIT("| MÁT"), false));
	assert_true(words_has_other_tone(&words, VIEW_LIT("MẶT"), false));
	assert_true(words_has_other_tone(&words, VIEW_LIT("MẶT"), true));
	assert_false(words_has_other_tone(&words, VIEW_LIT("MẤT"), true));
	assert_false(words_has_other_tone(&words, VIEW_LIT("MẬT"), false));
	assert_false(words_has_other_tone(&words, VIEW_LIT("MAT"), false));
	assert_false(words_has_other_tone(&words, VIEW_LIT("TUYẾT MẬT"), false));
	assert_true(words_have_width(&words, 41));
	assert_false(words_have_width(&words, 60));
	assert_false(words_have_width(&words, 0));
}

/* What only the marks of a letter tell apart. */
static void test_tone_of_a_short_word(void **state)
{
	static const struct {
		const char *read;
		enum words_tone tone;
	} cases[] = {
		{"MẬT", WORDS_TONE_SAME},
		{"MẠT", WORDS_TONE_SAME},
		{"_ MIẬT.", WORDS_TONE_SAME},
		{"MẤT", WORDS_TONE_OTHER},
		{"MÁT1", WORDS_TONE_OTHER},
		{"MẮT", WORDS_TONE_HAT},
		{"MẶT", WORDS_TONE_HAT},
		{"MĂT", WORDS_TONE_HAT},
		{"MÂT", WORDS_TONE_LOST},
		{"MẦT", WORDS_TONE_LOST},
		{"MAT", WORDS_TONE_BARE},
		{"MÀT", WORDS_TONE_BARE},
	};
	static const struct stamp_word mat = {"MẬT", 50, 20, false},
				       longer = {"TỐI MẬT", 150, 30, false};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(words_tone(&mat, view_str(cases[i].read)), cases[i].tone);
	assert_int_equal(words_tone(&longer, VIEW_LIT("TOI MẤT")), WORDS_TONE_SAME);
}

/* The frame's width speaks for a word. */
static void test_frame(void **state)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};
	unsigned errors;

	(void)state;
	assert_null(words_find(&words, VIEW_LIT("HẬT"), 0, &errors));
	assert_string_equal(words_find(&words, VIEW_LIT("HẬT"), 20, &errors)->text, "MẬT");
	assert_null(words_find(&words, VIEW_LIT("HẬT"), 30, &errors));
	/* but does not make another word of it */
	assert_null(words_find(&words, VIEW_LIT("ĐẠT"), 20, &errors));
	assert_null(words_find(&words, VIEW_LIT("BẬT"), 20, &errors));
}

/* TỐI MẬT in a frame of TUYỆT MẬT may be what is left of it, not the other way round. */
static void test_wider_frame(void **state)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};

	(void)state;
	assert_true(words_is_wider(&words, &test_words[1], 41));
	assert_true(words_is_wider(&words, &test_words[2], 30));
	assert_false(words_is_wider(&words, &test_words[1], 30));
	assert_false(words_is_wider(&words, &test_words[0], 30));
	assert_false(words_is_wider(&words, &test_words[1], 60));
	assert_false(words_is_wider(&words, &test_words[5], 40));
}

/* What is left of a worn letter looks like a digit. */
static void test_signs(void **state)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};
	unsigned errors;

	(void)state;
	assert_string_equal(words_find(&words, VIEW_LIT("4ẬT"), 20, &errors)->text, "MẬT");
	assert_null(words_find(&words, VIEW_LIT("4ẬT"), 0, &errors));
	assert_null(words_find(&words, VIEW_LIT("ЖẬT"), 20, &errors));
}

/* MẬT may be what is seen of TUYỆT MẬT. */
static void test_parts_of_words(void **state)
{
	const struct stamp_words words = {test_words, ARRAY_SIZE(test_words)};
	const struct stamp_word *mat = &test_words[2];

	(void)state;
	assert_true(words_is_part(&words, mat));
	assert_false(words_is_part(&words, &test_words[1]));
	assert_true(words_is_alone(mat, VIEW_LIT("| MẬT\n")));
	assert_true(words_is_alone(mat, VIEW_LIT("")));
	assert_false(words_is_alone(mat, VIEW_LIT("ỆT MẬT")));
	assert_true(words_ends(&words, VIEW_LIT("#J°I MẬT")));
	assert_false(words_ends(&words, VIEW_LIT("#J°I MẤT")));
	assert_false(words_ends(&words, VIEW_LIT("MẬT")));
	assert_true(words_holds(&test_words[1], VIEW_LIT("TÔI MÀ")));
	assert_false(words_holds(&test_words[1], VIEW_LIT("TỐI ĐA")));
	assert_true(words_have_wider(&words, mat));
	assert_false(words_have_wider(&words, &test_words[0]));
	assert_false(words_have_wider(&words, &test_words[5]));
	assert_true(words_fits(mat, 20));
	assert_false(words_fits(mat, 30));
}

static void test_harmless_wins(void **state)
{
	static const struct stamp_word v[] = {{"MẬT", 100, 0, false}, {"MẮT", 100, 0, true}};
	const struct stamp_words words = {v, 2};
	unsigned errors;

	(void)state;
	assert_true(words_find(&words, VIEW_LIT("MAT"), 0, &errors)->harmless);
	assert_int_equal(errors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_fold_is_bounded),
		cmocka_unit_test(test_misread),
		cmocka_unit_test(test_tones),
		cmocka_unit_test(test_tone_of_a_short_word),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_wider_frame),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_parts_of_words),
		cmocka_unit_test(test_harmless_wins),
	};

	return cmocka_run_group_tests_name("stamp words", tests, NULL, NULL);
}
