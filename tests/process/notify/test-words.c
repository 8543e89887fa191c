/* SPDX-License-Identifier: Apache-2.0 */
/* What a notice says: hostile names stay names, and each case has its sentence in both languages.
 */
#include "../../unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "notify/words.h"

static void expect_clean(const char *s, unsigned max, bool markup, const char *want)
{
	struct buf b = BUF_INIT(0);

	assert_int_equal(words_clean(&b, s, max, markup), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_string_equal((const char *)b.p, want);
	buf_done(&b);
}

static void test_clean(void **state)
{
	(void)state;
	expect_clean("", 10, true, "");
	expect_clean("báo cáo.docx", 80, true, "báo cáo.docx");
	expect_clean("<a href='x'>&", 80, false, "<a href='x'>&");
	expect_clean("<a href='x'>&", 80, true, "&lt;a href='x'&gt;&amp;");
	/* escapes of a terminal, a right-to-left override, an isolate, C1, DEL */
	expect_clean("a\x1b[31mb\xe2\x80\xae"
		     "c\xe2\x81\xa6"
		     "d\xc2\x9b"
		     "e\x7f",
		80, false, "a[31mbcde");
	/* bytes that are no UTF-8: a lone one, a surrogate, an overlong one, one cut off */
	expect_clean("a\xff"
		     "b",
		80, false, "a?b");
	expect_clean("\xed\xa0\x80", 80, false, "?");
	expect_clean("\xc0\xaf", 80, false, "?");
	expect_clean("x\xe1\xba", 80, false, "x??");
	/* characters are counted, not bytes */
	expect_clean("MẬTMẬT", 3, false, "MẬT…");
	expect_clean("MẬT", 3, false, "MẬT");
}

static struct notice some_notice(void)
{
	struct notice n = {.action = ACTION_BLOCK, .channel = CHANNEL_OPEN, .level = LEVEL_SECRET};

	snprintf(n.incident, sizeof(n.incident), "01ABCDEFGHJKMNPQRSTVWXYZ00");
	snprintf(n.app, sizeof(n.app), "gajim");
	snprintf(n.app_name, sizeof(n.app_name), "Gajim");
	snprintf(n.file, sizeof(n.file), "a.docx");
	return n;
}

static void expect(const struct notice *n, enum lang lang, unsigned more, const char *title,
	const char *in_body)
{
	struct buf b = BUF_INIT(0);

	assert_int_equal(words_title(&b, lang, n, more), 0);
	assert_int_equal(buf_terminate(&b), 0);
	assert_string_equal((const char *)b.p, title);
	buf_clear(&b);
	assert_int_equal(words_body(&b, lang, n), 0);
	assert_int_equal(buf_terminate(&b), 0);
	if (!strstr((const char *)b.p, in_body))
		fail_msg("%s: not in: %s", in_body, (const char *)b.p);
	assert_null(strchr((const char *)b.p, '%'));
	buf_done(&b);
}

static void test_sentences(void **state)
{
	static const struct {
		enum action action;
		enum channel channel;
		enum level level;
		const char *title_vi, *body_vi, *title_en, *body_en;
	} rows[] = {
		{ACTION_BLOCK, CHANNEL_OPEN, LEVEL_SECRET, "Đã chặn tài liệu: a.docx",
			"Tài liệu mang dấu TỐI MẬT. Gajim không được phép mở tài liệu này.",
			"Document blocked: a.docx", "Gajim must not be given this document."},
		{ACTION_BLOCK, CHANNEL_OPEN, LEVEL_NONE, "Đã chặn tài liệu: a.docx",
			"Hãy đợi một lát rồi thử lại.", "Document blocked: a.docx", "try again"},
		{ACTION_BLOCK, CHANNEL_EXEC, LEVEL_NONE, "Đã chặn chương trình: a.docx",
			"Gajim không được phép chạy", "Program stopped: a.docx",
			"Gajim must not be started"},
		{ACTION_JUSTIFY, CHANNEL_OPEN, LEVEL_INTERNAL, "Cần nêu lý do: a.docx",
			"đề nghị quản trị viên", "A reason is needed: a.docx",
			"ask your administrator"},
		{ACTION_QUARANTINE, CHANNEL_RECEIVE, LEVEL_CONFIDENTIAL,
			"Đã chuyển vào khu cách ly: a.docx", "Gajim đã lưu tài liệu này",
			"Moved to quarantine: a.docx", "can give it back"},
		{ACTION_NOTIFY, CHANNEL_OPEN, LEVEL_INTERNAL, "Xin lưu ý: a.docx",
			"Gajim đã mở tài liệu này. Việc này được ghi lại.", "Please note: a.docx",
			"Gajim opened this document. That was recorded."},
		{ACTION_NOTIFY, CHANNEL_RECEIVE, LEVEL_INTERNAL, "Xin lưu ý: a.docx",
			"Gajim đã lưu tài liệu này vào máy", "Please note: a.docx",
			"Gajim wrote this document here"},
		{ACTION_NOTIFY, CHANNEL_AT_REST, LEVEL_SECRET, "Xin lưu ý: a.docx",
			"không được lưu ở đây.\n", "Please note: a.docx", "not to lie here.\n"},
		{ACTION_NOTIFY, CHANNEL_EXEC, LEVEL_NONE, "Xin lưu ý: a.docx",
			"Gajim đã được khởi chạy", "Please note: a.docx", "Gajim was started"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notice n = some_notice();

		n.action = rows[i].action;
		n.channel = rows[i].channel;
		n.level = rows[i].level;
		expect(&n, LANG_VI, 0, rows[i].title_vi, rows[i].body_vi);
		expect(&n, LANG_VI, 0, rows[i].title_vi, "Mã sự cố: 01ABCDEFGH");
		expect(&n, LANG_EN, 0, rows[i].title_en, rows[i].body_en);
	}
}

static void test_others(void **state)
{
	struct notice n = some_notice();

	(void)state;
	expect(&n, LANG_VI, 3, "Đã chặn tài liệu: a.docx (và 3 tài liệu khác)", "Gajim");
	/* the rule's own words in the place of ours */
	snprintf(n.message, sizeof(n.message), "Gọi văn thư, số 1234.");
	expect(&n, LANG_VI, 0, "Đã chặn tài liệu: a.docx", "\nGọi văn thư, số 1234.\n");
	/* a reminder is no incident */
	n.incident[0] = n.file[0] = '\0';
	expect(&n, LANG_VI, 0, "Trước khi chia sẻ tài liệu", "Gọi văn thư, số 1234.");
	expect(&n, LANG_EN, 0, "Before you share anything", "Gọi văn thư, số 1234.");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
