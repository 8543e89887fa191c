/* SPDX-License-Identifier: Apache-2.0 */
/* The encodings of East Asia beside the C library's, UTF-7, and repairing. */
#include <errno.h>
#include <iconv.h>
#include "../unit.h"

#include <string.h>

#include "text/encoding.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

static const struct {
	enum encoding e;
	const char *charset;
} rows[] = {
	{ENCODING_BIG5, "CP950"},
	{ENCODING_SHIFT_JIS, "CP932"},
	{ENCODING_EUC_JP, "EUC-JP"},
	{ENCODING_EUC_KR, "CP949"},
};

/* Returns the number of bytes, 0 where there are none for it. */
static size_t encode(const char *charset, const char *from_charset, const char *text, size_t n,
	char *to, size_t room)
{
	iconv_t cd = iconv_open(charset, from_charset);
	char *from = (char *)(uintptr_t)text, *start = to;
	size_t r;

	if (cd == (iconv_t)-1)
		skip();
	r = iconv(cd, &from, &n, &to, &room);
	iconv_close(cd);
	return r == (size_t)-1 ? 0 : (size_t)(to - start);
}

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		iconv_t cd = iconv_open(rows[i].charset, "UTF-32LE");
		unsigned compared = 0;

		if (cd == (iconv_t)-1)
			skip();
		for (uint32_t cp = 0x3041; cp < 0xd7a4; cp++) {
			cleanup_with(buf_done) struct buf ours = {0};
			char *from = (char *)&cp, bytes[8], *to = bytes;
			size_t left = 4, room = sizeof(bytes), len;

			if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 || to - bytes != 2)
				continue;
			assert_int_equal(encoding_decode(rows[i].e,
						 view_of(bytes, (size_t)(to - bytes)), &ours),
				0);
			if (utf8_next(ours.p, ours.n, &len, NULL) != cp || len != ours.n)
				fail_msg("%s: U+%04X", rows[i].charset, cp);
			compared++;
		}
		iconv_close(cd);
		assert_true(compared > 6000);
	}
}

static void decodes(enum encoding e, struct view in, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(encoding_decode(e, in, &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
}

static void test_pieces(void **state)
{
	(void)state;
	/* half-width katakana */
	decodes(ENCODING_SHIFT_JIS, VIEW_LIT("\xb1\x8b\xc9"), "\uff71極");
	decodes(ENCODING_EUC_JP, VIEW_LIT("\x8e\xb1\xb6\xcb"), "\uff71極");
	/* broken and cut */
	decodes(ENCODING_BIG5, VIEW_LIT("a\xff\x41\xb5"), "a\ufffdA\ufffd");
	decodes(ENCODING_EUC_KR, VIEW_LIT("\xb4\x20"), "\ufffd ");
	decodes(ENCODING_EUC_JP, VIEW_LIT("\x8f\xa1"), "\ufffd\ufffd");
}

static void detected(enum encoding want, const char *charset, const char *text)
{
	char bytes[512];
	size_t n = encode(charset, "UTF-8", text, strlen(text), bytes, sizeof(bytes));
	enum encoding e = ENCODING_MAX;

	assert_true(n > 0);
	assert_true(encoding_detect(view_of(bytes, n), NULL, &e));
	assert_string_equal(encoding_name(e), encoding_name(want));
}

static void test_detect(void **state)
{
	static const char japanese[] =
		"調査隊は毎週火曜日の午前に貯水池の水位を測り、日誌に記入して"
		"います。極秘";
	static const char korean[] = "조사대는 매주 화요일 오전에 저수지의 수위를 재고 일지에 "
				     "기록합니다. 대외비";
	static const char chinese[] = "測量隊每週二上午測量二號水庫的水位並記入值班日誌。機密";

	(void)state;
	detected(ENCODING_SHIFT_JIS, "CP932", japanese);
	detected(ENCODING_EUC_JP, "EUC-JP", japanese);
	detected(ENCODING_EUC_KR, "CP949", korean);
	detected(ENCODING_BIG5, "CP950", chinese);
	detected(ENCODING_GB18030, "GB18030", "勘测队每周二上午测量二号水库的水位并记入值班日志");
	detected(ENCODING_CP1251, "CP1251", "Группа измеряет уровень воды каждый вторник утром");
	detected(ENCODING_CP1252, "CP1252", "Für Größe, déjà vu, señor, naïve façade");
}

static void test_utf7(void **state)
{
	enum encoding e;

	(void)state;
	decodes(ENCODING_UTF7, VIEW_LIT("T+HtA-I M+Hqw-T"), "TỐI MẬT");
	decodes(ENCODING_UTF7, VIEW_LIT("1 +- 1 +, +2D3cIA- +2D0- +"), "1 + 1 +, 🐠 \ufffd +");
	decodes(ENCODING_UTF7, VIEW_LIT("+AOk"), "é");
	decodes(ENCODING_UTF7, VIEW_LIT("a\xff\xc3\xa9+AOk-\x80"), "a\ufffd\ufffd\ufffdé\ufffd");
	assert_true(encoding_detect(VIEW_LIT("T+HtA-I M+Hqw-T"), NULL, &e));
	assert_int_equal(e, ENCODING_UTF7);
	assert_true(encoding_detect(VIEW_LIT("C++ and a+b, +84 24 3825, x+y+z"), NULL, &e));
	assert_int_equal(e, ENCODING_UTF8);
	assert_true(encoding_detect(
		VIEW_LIT("Yk3+HtA7fjdk+Aqw3kdj+90dkHqwlk+39dk+qwAAd9+dkfj3"), NULL, &e));
	assert_int_equal(e, ENCODING_UTF8);
}

/* `want` NULL: nothing to repair. */
static void repairs(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(encoding_repair(view_str(in), &out), want != NULL);
	if (!want)
		return;
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
}

static void test_repair(void **state)
{
	(void)state;
	repairs("TUYÖT MËT. Uû ban nh©n d©n", "TUYệT MậT. Uỷ ban nhân dân");
	repairs("TUYEÄT MAÄT, löu haønh noäi boä", "TUYỆT MẬT, lưu hành nội bộ");
	repairs("Ủy ban nhân dân xã đã giao cho phòng", NULL);
	repairs("Für Größe, déjà vu, señor, naïve façade", NULL);
	repairs("Le contrôle général a été confirmé à Orléans, très tôt l'été dernier", NULL);
	repairs("", NULL);
	{
		struct buf small = BUF_INIT(4);

		assert_int_equal(
			encoding_repair(view_str("TUYÖT MËT. Uû ban nh©n d©n"), &small), -E2BIG);
		buf_done(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_detect),
		cmocka_unit_test(test_utf7),
		cmocka_unit_test(test_repair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
