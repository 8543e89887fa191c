/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <string.h>

#include "text/canon.h"
#include "text/disguise.h"

/* `want` NULL: the line is taken at its word. */
static void reads(const char *line, bool latin, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};
	int changed = disguise_remove(view_str(line), latin, &out);

	assert_int_equal(changed, want != NULL);
	if (!want)
		return;
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
}

static void test_escapes(void **state)
{
	(void)state;
	reads("T&#7888;I M&#7852;T", true, "TỐI MẬT");
	reads("T&#x1ED0;I M&#X1eac;T", true, "TỐI MẬT");
	reads("T&amp;#7888;I &amp;amp; M&amp;amp;#7852;T", true, "TỐI & MẬT");
	reads("T\\u1ed0I M\\u1EACT", true, "TỐI MẬT");
	reads("T%E1%BB%90I M%e1%ba%acT", true, "TỐI MẬT");
	reads("100 %A is no escape & neither &#; nor &#xg; nor \\u12 is", true, NULL);
	reads("&#55296;&#1114112;&#7;", true, NULL);
	reads("&#1", true, NULL);
}

static void test_mojibake(void **state)
{
	(void)state;
	reads("Máº¬T KHáº¨U", true, "MẬT KHẨU");
	reads("TUYá»\xe2\x80\xa0T Máº¬T", true, "TUYỆT MẬT");
	/* twice */
	reads("M\xc3\x83\xc2\xa1\xc3\x82\xc2\xba\xc3\x82\xc2\xacT", true, "MẬT");
	reads("À « la carte »", true, NULL);
	reads("Bộ Nội vụ – Hà Nội", true, NULL);
}

static void test_reversed(void **state)
{
	(void)state;
	reads("\u202eTẬM IỐT\u202c", true, "\u202eTỐI MẬT\u202c");
	reads("A \u202eCB", true, "A \u202eBC");
	/* a letter keeps its marks */
	reads("\u202eTA\u0302\u0323M", true, "\u202eMA\u0302\u0323T");
	reads("\u202e", true, NULL);
}

static void test_letters(void **state)
{
	(void)state;
	reads("T0I MAT", true, "TOI MAT");
	reads("N01 8O", true, "NOI BO");
	reads("CONFlDENTlAL", true, "CONFIDENTIAL");
	reads("$ECRET", true, "SECRET");
	/* small letters, numbers and codes are what they are */
	reads("Kế hoạch số 10b", true, NULL);
	reads("QĐ 1234", true, NULL);
	reads("A29", true, NULL);
	reads("T\u0336O\u0336I\u0336", true, "TOI");
	reads("TUYE^.T MA^.T", true, "TUYỆT MẬT");
	reads("DDO^. MA^.T", true, "ĐỘ MẬT");
}

static void test_looks(void **state)
{
	(void)state;
	reads("ТОР ЅЕСRЕТ", true, "TOP SECRET");
	reads("ТОР", true, "TOP");
	/* Russian in Russian */
	reads("ТОР", false, NULL);
	reads("СЕКРЕТНО", false, NULL);
	reads("СЕКРЕТHO", false, "CEKPETHO");
	reads("ᴛᴏᴘ ꜱᴇᴄʀᴇᴛ", true, "TOP SECRET");
}

static void test_limit(void **state)
{
	char line[DISGUISE_LINE_MAX + 2];

	(void)state;
	memset(line, 'A', sizeof(line));
	line[0] = '0';
	line[DISGUISE_LINE_MAX] = 0;
	line[DISGUISE_LINE_MAX - 1] = '4';
	assert_int_equal(strlen(line), DISGUISE_LINE_MAX);
	{
		cleanup_with(buf_done) struct buf out = {0};

		assert_int_equal(disguise_remove(view_str(line), true, &out), 1);
		assert_int_equal(out.n, DISGUISE_LINE_MAX);
		assert_int_equal(out.p[0], 'O');
	}
	line[DISGUISE_LINE_MAX] = 'A';
	line[DISGUISE_LINE_MAX + 1] = 0;
	reads(line, true, NULL);
}

static void lacks(const char *text, const char *full, bool want, bool bare)
{
	cleanup_with(buf_done) struct buf a = {0};
	cleanup_with(buf_done) struct buf b = {0};
	size_t from = text[0] == '-' ? 2 : 0;
	bool is_bare;

	assert_int_equal(canon_text(view_str(text), &a, NULL), 0);
	assert_int_equal(canon_text(view_str(full), &b, NULL), 0);
	assert_int_equal(disguise_lacks_marks(buf_view(&a), from, buf_view(&b), &is_bare), want);
	if (want)
		assert_int_equal(is_bare, bare);
}

static void test_missing_marks(void **state)
{
	(void)state;
	lacks("TUYÊT MÂT", "TUYỆT MẬT", true, false);
	lacks("TUYẸT MẬT", "TUYỆT MẬT", true, false);
	lacks("TOI MAT", "TỐI MẬT", true, true);
	lacks("--TOI MAT", "TỐI MẬT", true, true);
	lacks("ĐÔ MẬT", "ĐỘ MẬT", true, false);
	lacks("DỘ MẬT", "ĐỘ MẬT", true, false);
	/* on another letter */
	lacks("TUYÊṬ MÂṬ", "TUYỆT MẬT", true, false);
	lacks("TUYỆTMÂT", "TUYỆT MẬT", false, false);
	lacks("TUYẸT MẬÂT", "TUYỆT MẬT", false, false);
	lacks("TUYẾT MẬT", "TUYỆT MẬT", false, false);
	lacks("TUYẸ̣T MẬT", "TUYỆT MẬT", false, false);
	lacks("ĐO MẬT", "DỘ MẬT", false, false);
	/* the whole, other marks, other letters, less text */
	lacks("TỐI MẬT", "TỐI MẬT", false, false);
	lacks("TỐI MẶT", "TỐI MẬT", false, false);
	lacks("TÔI MẤT", "TỐI MẬT", false, false);
	lacks("TÔI MẤTX", "TỐI MẬTX", false, false);
	lacks("TÔI BẬT", "TỐI MẬT", false, false);
	lacks("TÔI MÂ", "TỐI MẬT", false, false);
	/* one word: some marks, and no word of its own */
	lacks("MÂT", "MẬT", true, false);
	lacks("MẠT", "MẬT", false, false);
	lacks("MAT", "MẬT", false, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_mojibake),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_missing_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
