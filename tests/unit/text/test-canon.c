/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/canon.h"

static void expect(const char *in, size_t n, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(canon_text(view_of(in, n), &out, NULL), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
	assert_int_equal(out.n, strlen(want));
}

#define EXPECT(in, want) expect("" in, sizeof(in) - 1, want)

static void test_ascii(void **state)
{
	(void)state;
	EXPECT("", "");
	EXPECT("Top SECRET", "top secret");
	EXPECT("@[`{ AZ az", "@[`{ az az");
	/* Longer than a vector, with all that makes the fast way stop. */
	EXPECT("THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG 0123456789",
		"the quick brown fox jumps over the lazy dog 0123456789");
	EXPECT("0123456789abcde  X0123456789abcdef\x01Y0123456789abcdef\x7fZ 0123456789abcdef  ",
		"0123456789abcde x0123456789abcdefy0123456789abcdefz 0123456789abcdef ");
	/* A blank as the last byte of one vector and the first of the next. */
	EXPECT("0123456789abcde  0123456789abcdef----------------------------",
		"0123456789abcde 0123456789abcdef----------------------------");
}

static void test_blanks(void **state)
{
	(void)state;
	EXPECT("a\r\n\t\v\f b", "a b");
	EXPECT("  a  ", " a ");
	EXPECT("a\u00a0\u2003\u3000\u2028\xc2\x85\u202f\u1680 b", "a b");
	EXPECT("TUYỆT\u00a0 \u2009MẬT", "tuyệt mật");
	/* The blank that a lone diaeresis decomposes to is a blank like any other. */
	EXPECT("a ¨b", "a \u0308b");
}

static void test_dropped(void **state)
{
	(void)state;
	EXPECT("\ufeffM\u200bẬ\u200d\u2060T", "mật");
	EXPECT("M\u00adẬ\u00adT", "mật");
	EXPECT("\u202eTỐI\u202c \u2066MẬT\u2069", "tối mật");
	EXPECT("M\ufe0fẬ\U000e0041T", "mật");
	EXPECT("a\x01\x1f\x7f\xc2\x80\xc2\x9f\u0600z", "az");
	expect("a\0b", 3, "ab");
	/* Between a letter and its mark, too. */
	EXPECT("a\u200b\u0323\u200b\u0302", "ậ");
}

static void test_compatibility(void **state)
{
	(void)state;
	EXPECT("ＭẬＴ", "mật");
	EXPECT("ＴＯＰ　ＳＥＣＲＥＴ", "top secret");
	EXPECT("𝐌Ậ𝐓 ⓂẬⓉ ﬁle ① ½ ™ Å", "mật mật file 1 1⁄2 tm å");
	EXPECT("Straße ΣΑΣ İ", "strasse σασ i\u0307");
	EXPECT("\ufdfa", "صلى الله عليه وسلم");
	EXPECT("機密★絶密", "機密★絶密");
	EXPECT("🔒MẬT🔒", "🔒mật🔒");
	/* What most keyboards give for Đ. */
	EXPECT("ÐỘ MẬT ƉỘ ðộ độ", "độ mật độ độ độ");
}

static void test_marks_in_any_order(void **state)
{
	(void)state;
	EXPECT("e\u0302\u0323", "ệ");
	EXPECT("e\u0323\u0302", "ệ");
	EXPECT("ê\u0323", "ệ");
	EXPECT("ẹ\u0302", "ệ");
	EXPECT("Ê\u0323", "ệ");
	EXPECT("o\u0309\u031b", "ở");
	EXPECT("ỏ\u031b", "ở");
	EXPECT("u\u0323\u031b", "ự");
	EXPECT("TUYE\u0302\u0323T MA\u0323\u0302T", "tuyệt mật");
	EXPECT("A\u0306\u0301a\u0306\u0300", "ắằ");
	/* Tone placement is the writer's. */
	EXPECT("HÒA HOÀ hỏa hoả", "hòa hoà hỏa hoả");
	/* What has no composed form keeps its marks, in canonical order. */
	EXPECT("x\u0301\u0323y", "x\u0323\u0301y");
	EXPECT("ǖ\u0323", "ụ\u0308\u0304");
	EXPECT("\u0301\u0323a", "\u0323\u0301a");
	EXPECT("a\u0344", "ä\u0301");
	EXPECT("a\u0323\u0344\u0344b", "ạ\u0308\u0301\u0308\u0301b");
	EXPECT("\u1112\u1161\u11ab\u1100\u1161", "한가");
	EXPECT("\u0cc6\u0cc2\u0cd5", "\u0ccb");
	EXPECT("\u0958", "\u0915\u093c");
}

static void test_marks_bound(void **state)
{
	cleanup_with(buf_done) struct buf in = {0};
	cleanup_with(buf_done) struct buf out = {0};

	(void)state;
	assert_int_equal(buf_put_str(&in, "x"), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_put_utf8(&in, i & 1 ? 0x301 : 0x323), 0);
	assert_int_equal(buf_put_str(&in, "y"), 0);
	assert_int_equal(canon_text(buf_view(&in), &out, NULL), 0);
	/* 30 to 33 marks of two bytes are kept. */
	assert_in_range(out.n, 2 + 2 * 30, 2 + 2 * 33);
	assert_int_equal(out.p[0], 'x');
	assert_int_equal(out.p[out.n - 1], 'y');
}

static void test_look_alikes(void **state)
{
	(void)state;
	EXPECT("МẬТ", "mật"); /* Cyrillic М and Т */
	EXPECT("TUYỆТ MẬΤ", "tuyệt mật");
	EXPECT("ТОP SЕСRЕТ", "top secret");
	EXPECT("ᎷẬᎢ ꓟẬꓔ ᴍẬᴛ", "mật mật mật");
	/* All letters Cyrillic, but with marks that only Latin letters bear. */
	EXPECT("МА\u0323\u0302Т", "mật");
	EXPECT("Т\u200bО\u200bP", "top");
	/* By the letter's own case: capital Nu is an N, small nu a v. */
	EXPECT("xΝν", "xnv");
	/* Pure tokens stay what they are. */
	EXPECT("СЕКРЕТНО", "секретно");
	EXPECT("Для служебного пользования, ёЙ", "для служебного пользования, ёй");
	EXPECT("USB-кабель и τοπ", "usb-кабель и τοπ");
	EXPECT("за\u0301мок", "за\u0301мок");
	EXPECT("м Ậ т", "м ậ т");
	EXPECT("Ё\u0301x", "ë\u0301x");
	/* Greek with Cyrillic is a mixture, too. */
	EXPECT("ТΟР", "top");
	EXPECT("aж", "aж");
}

static void test_malformed(void **state)
{
	(void)state;
	EXPECT("a\xff"
	       "b",
		"a\ufffdb");
	EXPECT("\xc0\x80", "\ufffd\ufffd");
	EXPECT("\xe1\xba", "\ufffd");
	EXPECT("\xe1\xbax", "\ufffdx");
	EXPECT("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
	EXPECT("\xf0\x9f\x94", "\ufffd");
	EXPECT("\xf4\x90\x80\x80\xf5", "\ufffd\ufffd\ufffd\ufffd\ufffd");
	EXPECT("\xe0\x9f\xbf", "\ufffd\ufffd\ufffd");
	EXPECT("\x80-----------------\x80----------------",
		"\ufffd-----------------\ufffd"
		"----------------");
	/* The same on the fast way. */
	EXPECT("\xc3------------------\xe1\xba------------------\xed\xa0\x80-----------------",
		"\ufffd------------------\ufffd------------------\ufffd\ufffd\ufffd----------------"
		"-");
}

static void test_full(void **state)
{
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('A' + i % 26);
	for (size_t max = 1; max < 400; max++) {
		cleanup_with(buf_done) struct buf out = BUF_INIT(max);

		assert_int_equal(canon_text(view_of(text, sizeof(text)), &out, NULL), -E2BIG);
		assert_true(out.n <= max);
		assert_true(out.n + 1 >= max);
		for (size_t i = 0; i < out.n; i++)
			assert_int_equal(out.p[i], 'a' + i % 26);
	}
	{
		cleanup_with(buf_done) struct buf out = BUF_INIT(sizeof(text));

		assert_int_equal(canon_text(view_of(text, sizeof(text)), &out, NULL), 0);
		assert_int_equal(out.n, sizeof(text));
	}
	{
		/* A letter that would grow by its mark, a row of marks, an expansion. */
		cleanup_with(buf_done) struct buf out = BUF_INIT(258);
		cleanup_with(buf_done) struct buf in = {0};

		for (int i = 0; i < 256; i++)
			assert_int_equal(buf_put_str(&in, "z"), 0);
		assert_int_equal(buf_put_str(&in, "ê\u0323\u0323"), 0);
		assert_int_equal(canon_text(buf_view(&in), &out, NULL), -E2BIG);
		out.max = 257;
		in.n = 255;
		buf_clear(&out);
		assert_int_equal(buf_put_str(&in, "\u0301\u0323"), 0);
		assert_int_equal(canon_text(buf_view(&in), &out, NULL), -E2BIG);
	}
}

static void test_appends(void **state)
{
	cleanup_with(buf_done) struct buf out = {0};

	(void)state;
	assert_int_equal(buf_put_str(&out, "e "), 0);
	assert_int_equal(canon_text(VIEW_LIT(" x"), &out, NULL), 0);
	out.n--;
	/* What was there before is not touched by a mark. */
	assert_int_equal(canon_text(VIEW_LIT("\u0302"), &out, NULL), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, "e  \u0302");
}

/* --- the way back ----------------------------------------------------------------------------- */

static void origin(const char *in, const char *find, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct canon_map map = {0};
	const char *hit;
	struct view v;

	assert_int_equal(canon_text(view_str(in), &out, &map), 0);
	assert_int_equal(buf_terminate(&out), 0);
	hit = strstr((char *)out.p, find);
	assert_non_null(hit);
	v = canon_origin(view_str(in), &map, (size_t)(hit - (char *)out.p),
		(size_t)(hit - (char *)out.p) + strlen(find));
	assert_true(v.p >= (const uint8_t *)in && v.p + v.n <= (const uint8_t *)in + strlen(in));
	if (!view_eq(v, view_str(want)))
		fail_msg("got '%.*s', want '%s'", (int)v.n, (const char *)v.p, want);
	canon_map_done(&map);
}

static void test_origin(void **state)
{
	(void)state;
	origin("Hồ sơ TUYỆT MẬT, bản 1", "tuyệt mật", "TUYỆT MẬT");
	origin("  a\u200b TUYE\u0302\u0323T \u00a0 MA\u0323\u0302T\u200b x", "tuyệt mật",
		"TUYE\u0302\u0323T \u00a0 MA\u0323\u0302T");
	origin("\ufeffМẬТ!", "mật", "МẬТ");
	origin("ﬁle", "i", "ﬁ");
	origin("ＭẬＴ", "ật", "ẬＴ");
	origin("секретно", "рет", "рет");
	origin("a\u0323\u0344\u0344b", "b", "b");
	origin("\u0301\u0323x", "\u0323\u0301", "\u0301\u0323");
}

static void test_origin_far(void **state)
{
	static const char *const kinds[] = {"một hai ba ", "日本語", "мир ", "мира", "e\u0302",
		"A\u200b", "\u00a0 ", "aмb", "ﷺ"};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (unsigned n = 0; n < 1500; n += 77) {
			cleanup_with(buf_done) struct buf in = {0};

			for (unsigned i = 0; i < n; i++)
				assert_int_equal(buf_put_str(&in, kinds[k]), 0);
			assert_int_equal(buf_put_str(&in, " TỐI MẬT."), 0);
			assert_int_equal(buf_terminate(&in), 0);
			origin((char *)in.p, "tối mật", "TỐI MẬT");
		}
	}
}

static void test_origin_bounds(void **state)
{
	cleanup_with(buf_done) struct buf out = {0};
	struct canon_map map = {0};
	const struct view in = VIEW_LIT("MẬT");

	(void)state;
	assert_int_equal(canon_text(in, &out, &map), 0);
	assert_int_equal(canon_origin(in, &map, 0, 0).n, 0);
	assert_int_equal(canon_origin(in, &map, 2, 1).n, 0);
	assert_int_equal(canon_origin(in, &map, 0, out.n).n, in.n);
	assert_int_equal(canon_origin(in, &map, 0, out.n + 1).n, 0);
	assert_int_equal(canon_origin(in, &map, 100, 101).n, 0);
	assert_int_equal(canon_origin(in, NULL, 0, out.n).n, in.n);
	/* A map of another text is no harm. */
	map.points.n = 0;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(buf_put(&map.points, &(size_t){i * 999}, sizeof(size_t)), 0);
	assert_int_equal(canon_origin(in, &map, 2500, 2501).n, 0);
	canon_map_done(&map);
}

/* --- questions -------------------------------------------------------------------------------- */

static void strip(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(canon_strip(view_str(in), &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
}

static void test_strip(void **state)
{
	(void)state;
	strip("", "");
	strip("độ tuyệt mật lưu hành nội bộ", "do tuyet mat luu hanh noi bo");
	strip("top secret", "top secret");
	strip("x\u0323\u0301y\u20dd", "xy");
	strip("a \u0308 b", "a b");
	strip("ёй άé", "еи αe");
	strip("한 が 機密 🔒", "한 が 機密 🔒");
	for (size_t max = 1; max < 6; max++) {
		cleanup_with(buf_done) struct buf out = BUF_INIT(max);

		assert_int_equal(canon_strip(VIEW_LIT("mật khẩu"), &out), -E2BIG);
	}
}

static bool upper(const char *s)
{
	return canon_is_upper(view_str(s));
}

static void test_is_upper(void **state)
{
	(void)state;
	assert_true(upper("TUYỆT MẬT"));
	assert_true(upper("MA\u0323\u0302T 12/2024 ***"));
	assert_true(upper("ＭẬＴ"));
	assert_true(upper("СЕКРЕТНО"));
	assert_true(upper("TÀI LIỆU Nº 5"));
	assert_false(upper("Tuyệt mật"));
	assert_false(upper("TUYệT MậT"));
	assert_false(upper(""));
	assert_false(upper("12345 ★"));
	assert_false(upper("机密"));
	assert_false(upper("\xff\xfe"));
}

static void test_may_be_upper(void **state)
{
	(void)state;
	assert_true(canon_may_be_upper(view_str("văn bản MẬT của xã")));
	assert_true(canon_may_be_upper(view_str("M Ậ T")));
	assert_true(canon_may_be_upper(view_str("M\u200bẬ")));
	assert_true(canon_may_be_upper(view_str("совершенно СЕКРЕТНО")));
	assert_false(canon_may_be_upper(view_str("Ủy ban Nhân dân Xã, ngày 3/4")));
	assert_false(canon_may_be_upper(view_str("")));
	assert_false(canon_may_be_upper(view_str("机密")));
}

static void test_count(void **state)
{
	struct canon_stats s = {0};

	(void)state;
	canon_count(VIEW_LIT("độ mật: секрет 12"), &s);
	assert_int_equal(s.letters, 2 + 3 + 6);
	assert_int_equal(s.letters_non_ascii, 3 + 6);
	canon_count(VIEW_LIT("机密 ab"), &s);
	assert_int_equal(s.letters, 15);
	assert_int_equal(s.letters_non_ascii, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_compatibility),
		cmocka_unit_test(test_marks_in_any_order),
		cmocka_unit_test(test_marks_bound),
		cmocka_unit_test(test_look_alikes),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_origin_far),
		cmocka_unit_test(test_origin_bounds),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_is_upper),
		cmocka_unit_test(test_may_be_upper),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
