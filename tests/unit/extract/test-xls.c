/* SPDX-License-Identifier: Apache-2.0 */
/* Excel files: strings over the ends of records, cells, looks, headers, boxes. */
#include "cfbwriter.h"

#include <string.h>

#include "extract/xls.h"

static struct seen *s;
static struct buf book;

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&book);
	seen_free(s);
	return 0;
}

static void rec(unsigned type, const struct buf *content)
{
	put16(&book, type);
	put16(&book, (unsigned)content->n);
	assert_int_equal(buf_put_view(&book, buf_view(content)), 0);
}

static void rec_bytes(unsigned type, const char *bytes, size_t n)
{
	put16(&book, type);
	put16(&book, (unsigned)n);
	assert_int_equal(buf_put(&book, bytes, n), 0);
}

#define REC(type, bytes) rec_bytes(type, bytes, sizeof(bytes) - 1)

/* A string with its length in so many bytes. */
static void put_string(struct buf *b, unsigned bytes, const char *utf8)
{
	size_t at = b->n;

	put_zeros(b, bytes);
	put8(b, 1);
	b->p[at] = (uint8_t)put_utf16(b, utf8);
}

static void begin(void)
{
	buf_clear(&book);
	REC(0x809, "\0\6\5\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void put_label(unsigned row, unsigned format, const char *text)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	put16(&b, row);
	put16(&b, 0);
	put16(&b, format);
	put_string(&b, 2, text);
	rec(0x204, &b);
}

static void run_book(const char *stream)
{
	struct cfb_builder b = cfb_builder_new();

	cfb_add(&b, 0, stream, buf_view(&book));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "xls");
}

/* Characters that go on in the next record, there with another width; runs and phonetics. */
static void test_strings(void **state)
{
	(void)state;
	begin();
	REC(0xfc, "\4\0\0\0\4\0\0\0\6\0\0TUY");
	REC(0x3c, "\1\xc6\x1eT\0!\0\3\0\x0d\1\0\2\0\0\0M\0\xac\x1eT\0\1\1");
	REC(0x3c, "\2\2\7\7\2\0\0\xe9z\6\0\0unseen");
	REC(0xfd, "\0\0\0\0\0\0\0\0\0\0");
	REC(0xfd, "\1\0\0\0\0\0\1\0\0\0");
	REC(0xfd, "\x40\0\0\0\0\0\2\0\0\0");
	REC(0xfd, "\0\0\0\0\0\0\xff\0\0\0");
	run_book("Workbook");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "TUYỆT!")->place, PLACE_TABLE_CELL);
	assert_true(seen_text(s, "MẬT")->flags & BLOCK_TOP);
	assert_false(seen_text(s, "éz")->flags & BLOCK_TOP);
	assert_true(seen_text(s, "unseen")->flags & BLOCK_HIDDEN);
}

static void put_font(const char *name, unsigned colour)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	put16(&b, 20 * 20);
	put16(&b, 8);
	put16(&b, colour);
	put16(&b, 700);
	put_zeros(&b, 6);
	put_string(&b, 1, name);
	rec(0x31, &b);
}

static void test_looks(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 4; i++)
		put_font("Arial", 10);
	put_font(".VnTime", 9); /* has number 5 */
	REC(0xe0, "\0\0\0\0");
	REC(0xe0, "\5\0\0\0");
	put_label(0, 0, "red");
	put_label(0, 1, "mËt");
	REC(0x92, "\2\0\0\0\0\0\xc0\0\0\0");
	put_label(0, 1, "mËt 2");
	put_label(0, 7, "plain");
	run_book("Workbook");
	assert_int_equal(seen_text(s, "red")->flags & ~(uint32_t)(BLOCK_TOP | BLOCK_SHAPE_END),
		BLOCK_RED | BLOCK_LARGE | BLOCK_STRUCK | BLOCK_BOLD);
	assert_true(seen_text(s, "mật")->flags & BLOCK_CASE_UNKNOWN);
	assert_false(seen_text(s, "mật")->flags & BLOCK_RED);
	assert_true(seen_text(s, "mật 2")->flags & BLOCK_RED);
	assert_int_equal(seen_text(s, "plain")->flags & ~(uint32_t)BLOCK_TOP, BLOCK_SHAPE_END);
}

static void put_sheet(const char *name, unsigned hidden, size_t *ret_at)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	put32(&b, 0);
	put8(&b, hidden);
	put8(&b, 0);
	put_string(&b, 1, name);
	*ret_at = book.n + 4;
	rec(0x85, &b);
}

static void test_sheets(void **state)
{
	size_t first, second;

	(void)state;
	begin();
	put_sheet("Mật", 0, &first);
	put_sheet("Ẩn", 1, &second);
	REC(0x0a, "");
	set32(&book, first, (uint32_t)book.n);
	REC(0x809, "\0\6\x10\0");
	REC(0x208, "\1\0\0\0\1\0\xff\0\0\0\0\0\x20\0\0\0");
	REC(0x14, "\x11\0\0&L&\"Arial\"left&Cx");
	put_label(0, 0, "shown");
	put_label(1, 0, "hidden row");
	REC(0x06, "\2\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0\0\0\0\0\0\0");
	REC(0x207, "\6\0\0result");
	REC(0x0a, "");
	set32(&book, second, (uint32_t)book.n);
	REC(0x809, "\0\6\x10\0");
	REC(0x15, "\7\0\0&C&&foo");
	put_label(1, 0, "other");
	REC(0x0a, "");
	run_book("Workbook");
	assert_int_equal(seen_text(s, "Mật")->place, PLACE_SHEET_NAME);
	assert_true(seen_text(s, "Ẩn")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "shown")->page, 1);
	assert_true(seen_text(s, "shown")->flags & BLOCK_FIRST_PAGE);
	assert_true(seen_text(s, "hidden row")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "result")->place, PLACE_TABLE_CELL);
	assert_int_equal(seen_text(s, "left")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "left")->page, 1);
	assert_int_equal(seen_text(s, "&foo")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "other")->page, 2);
	assert_true(seen_text(s, "other")->flags & BLOCK_HIDDEN);
	assert_false(seen_text(s, "other")->flags & BLOCK_FIRST_PAGE);
}

#define TEXT_OBJECT(n) "\0\0\0\0\0\0\0\0\0\0" n "\0\0\0\0\0\0\0"

static void test_objects(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	begin();
	REC(0x5d, "\x15\0\x12\0\6\0");
	REC(0x1b6, TEXT_OBJECT("\7"));
	REC(0x3c, "\1T\0\xd0\x1eI\0\n\0");
	REC(0x3c, "\1M\0\xac\x1eT\0");
	REC(0x5d, "\x15\0\x12\0\x19\0");
	REC(0x1b6, TEXT_OBJECT("\6"));
	REC(0x3c, "\0remark");
	REC(0x100d, "\0\0\5\0chart");
	put16(&b, 1 << 4 | 3);
	put16(&b, 0xf00b);
	put32(&b, 6 + 8);
	put16(&b, 0x80c0);
	put32(&b, 8);
	put_utf16(&b, "art");
	put16(&b, 0);
	rec(0xec, &b);
	buf_clear(&b);
	put_zeros(&b, 30);
	put16(&b, 3);
	put_zeros(&b, 6);
	put_string(&b, 2, "&Ceven");
	rec(0x89c, &b);
	run_book("Workbook");
	assert_int_equal(seen_text(s, "TỐI")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "TỐI")->shape, seen_text(s, "MẬT")->shape);
	assert_true(seen_text(s, "MẬT")->flags & BLOCK_SHAPE_END);
	assert_int_equal(seen_text(s, "remark")->place, PLACE_COMMENT);
	assert_int_equal(seen_text(s, "chart")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "art")->place, PLACE_WATERMARK);
	assert_int_equal(seen_text(s, "even")->place, PLACE_HEADER);
}

/* Excel 5: bytes in the workbook's code page. */
static void test_excel_5(void **state)
{
	(void)state;
	buf_clear(&book);
	REC(0x809, "\0\5\5\0\0\0\0\0");
	REC(0x42, "\xea\4"); /* 1258 */
	REC(0x85, "\0\0\0\0\0\0\2S1");
	REC(0x204, "\0\0\0\0\0\0\4\0M\xc2\xf2T");
	REC(0x1c, "\0\0\0\0\4\0note");
	for (unsigned i = 0; i < 4; i++)
		REC(0x31, "\xc8\0\0\0\xff\x7f\x90\1\0\0\0\0\0\0\5Arial");
	REC(0x31, "\xc8\0\0\0\xff\x7f\x90\1\0\0\0\0\0\0\x08.VnTimeH");
	REC(0x31, "\xc8\0\0\0\xff\x7f\x90\1\0\0\0\0\0\0\x09VNI-Times");
	REC(0xe0, "\5\0\0\0");
	REC(0xe0, "\6\0\0\0");
	REC(0x42, "\xe4\4"); /* 1252, as such workbooks say */
	REC(0x204, "\1\0\0\0\0\0\5\0t\xb5i m");
	REC(0xd6,
		"\2\0\0\0\1\0\4\0M\xc4"
		"\xc4T\0");
	REC(0x204, "\3\0\0\0\1\0\4\0MA\xc4T");
	REC(0x14, "\5&Ctop");
	run_book("Book");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "S1")->place, PLACE_SHEET_NAME);
	assert_int_equal(seen_count(s, "MẬT"), 2);
	assert_true(seen_text(s, "tài m")->flags & BLOCK_CAPS);
	assert_int_equal(seen_text(s, "note")->place, PLACE_COMMENT);
	assert_int_equal(seen_text(s, "top")->place, PLACE_HEADER);
}

static void test_two_versions(void **state)
{
	struct cfb_builder b = cfb_builder_new();

	(void)state;
	begin();
	put_label(0, 0, "once");
	cfb_add(&b, 0, "Workbook", buf_view(&book));
	cfb_add(&b, 0, "Book", buf_view(&book));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(seen_count(s, "once"), 1);
}

static void test_encrypted_and_broken(void **state)
{
	(void)state;
	begin();
	REC(0x2f, "\1\0\1\0\1\0");
	put_label(0, 0, "noise");
	run_book("Workbook");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	assert_null(seen_find(s, "noise"));
	buf_clear(&book);
	run_book("Workbook");
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	assert_int_equal(buf_put_str(&book, "no record of a workbook at all"), 0);
	run_book("Workbook");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
}

/* A picture that goes on in the next record: told where there is nothing else. */
static void test_pictures(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin();
		REC(0xeb,
			"\x00\x6e\x1e\xf0\x18\0\0\0"
			"0123456789");
		REC(0x3c, "abcdef\xff\x89PNG\r\n\x1a");
		if (i == 1)
			put_label(0, 0, "text");
		run_book("Workbook");
		assert_int_equal(REASONS(s), i == 1 ? 0 : REASON_BIT(REASON_UNSUPPORTED));
	}
}

static void test_many_strings(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	s->limits.text_bytes = 100;
	for (uint32_t k = 0; k < 2; k++) {
		uint32_t left = XLS_STRINGS_MAX + k;
		unsigned type = 0xfc;

		begin();
		while (left > 0) {
			buf_clear(&b);
			if (type == 0xfc)
				put_zeros(&b, 8);
			for (; left > 0 && b.n < 8000; left--)
				put_zeros(&b, 3);
			rec(type, &b);
			type = 0x3c;
		}
		put_label(0, 0, "text");
		run_book("Workbook");
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_BIG) : 0);
		seen_text(s, "text");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sheets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_excel_5, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_and_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pictures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_strings, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
