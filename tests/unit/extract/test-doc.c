/* SPDX-License-Identifier: Apache-2.0 */
/* Word files: pieces, stories, looks. */
#include "cfbwriter.h"

#include <string.h>

static struct seen *s;

/* Text starts at the second page of the stream, the properties of characters at TEXT + 2 pages. */
#define TEXT      0x400
#define CHARS     0x800
#define PARAS     0xa00
#define FILE_SIZE 0xc00

struct word {
	struct buf file, table, pieces; /* positions, then descriptors */
	struct buf positions;
	uint32_t position, at;
};

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	seen_free(s);
	return 0;
}

static void word_init(struct word *w)
{
	*w = (struct word){.at = TEXT};
	put_zeros(&w->file, FILE_SIZE);
	set16(&w->file, 0, 0xa5ec);
	set16(&w->file, 2, 193);
	/* an empty place so that no table is at 0 */
	put32(&w->table, 0);
}

static void word_done(struct word *w)
{
	buf_done(&w->file);
	buf_done(&w->table);
	buf_done(&w->pieces);
	buf_done(&w->positions);
}

static void put_piece(struct word *w, uint32_t fc, size_t n)
{
	put32(&w->positions, w->position);
	w->position += (uint32_t)n;
	put16(&w->pieces, 0);
	put32(&w->pieces, fc);
	put16(&w->pieces, 0);
}

/* A piece of one byte a character, or of two. Returns where it stands. */
static uint32_t put_narrow(struct word *w, const char *text)
{
	uint32_t at = w->at;

	memcpy(w->file.p + at, text, strlen(text));
	put_piece(w, at * 2 | 0x40000000, strlen(text));
	w->at += (uint32_t)strlen(text);
	return at;
}

static uint32_t put_wide(struct word *w, const char *utf8)
{
	cleanup_with(buf_done) struct buf units = BUF_INIT(0);
	size_t n = put_utf16(&units, utf8);
	uint32_t at = w->at = (w->at + 1) & ~1U;

	memcpy(w->file.p + at, units.p, units.n);
	put_piece(w, at, n);
	w->at += (uint32_t)units.n;
	return at;
}

static void set_length(struct word *w, unsigned part, uint32_t n)
{
	set32(&w->file, 0x4c + part * 4, n);
}

static void set_table(struct word *w, unsigned number, struct view content)
{
	set32(&w->file, 0x9a + number * 8, (uint32_t)w->table.n);
	set32(&w->file, 0x9a + number * 8 + 4, (uint32_t)content.n);
	assert_int_equal(buf_put_view(&w->table, content), 0);
}

static void finish_pieces(struct word *w)
{
	cleanup_with(buf_done) struct buf clx = BUF_INIT(0);

	put32(&w->positions, w->position);
	put8(&clx, 1); /* a list of properties, passed over */
	put16(&clx, 3);
	put_zeros(&clx, 3);
	put8(&clx, 2);
	put32(&clx, (uint32_t)(w->positions.n + w->pieces.n));
	assert_int_equal(buf_put_view(&clx, buf_view(&w->positions)), 0);
	assert_int_equal(buf_put_view(&clx, buf_view(&w->pieces)), 0);
	set_table(w, 33, buf_view(&clx));
}

/* Runs of characters: where each begins, and its properties with their length. */
struct format {
	uint32_t at;
	const char *properties;
	size_t n;
};

#define FORMAT(at, p)                \
	{                            \
		at, p, sizeof(p) - 1 \
	}

static void put_bte(struct word *w, unsigned table, uint32_t page)
{
	cleanup_with(buf_done) struct buf bte = BUF_INIT(0);

	put32(&bte, TEXT);
	put32(&bte, w->at);
	put32(&bte, page / 512);
	set_table(w, table, buf_view(&bte));
}

static void put_formats(struct word *w, bool is_para, const struct format *f, size_t n)
{
	uint32_t page = is_para ? PARAS : CHARS;
	uint8_t *p = w->file.p + page;
	size_t at = 510;

	for (size_t i = 0; i <= n; i++)
		set32(&w->file, page + i * 4, i < n ? f[i].at : w->at);
	for (size_t i = 0; i < n; i++) {
		size_t need = f[i].n + (is_para ? 4 : 1);

		if (f[i].n == 0 && !is_para)
			continue;
		at = (at - need) & ~(size_t)1;
		p[(n + 1) * 4 + i * (is_para ? 13 : 1)] = (uint8_t)(at / 2);
		/* a paragraph: 0, words, style 0 */
		p[at] = (uint8_t)(is_para ? 0 : f[i].n);
		if (is_para)
			p[at + 1] = (uint8_t)((f[i].n + 3) / 2);
		memcpy(p + at + (is_para ? 4 : 1), f[i].properties, f[i].n);
	}
	p[511] = (uint8_t)n;
	put_bte(w, is_para ? 13 : 12, page);
}

static void run_word(struct word *w)
{
	struct cfb_builder b = cfb_builder_new();

	cfb_add(&b, 0, "WordDocument", buf_view(&w->file));
	cfb_add(&b, 0, "0Table", buf_view(&w->table));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "doc");
	word_done(w);
}

static void test_pieces(void **state)
{
	struct word w;

	(void)state;
	word_init(&w);
	put_narrow(&w, "caf\xe9 ");
	put_wide(&w, "MẬT\rone\x0btwo\r");
	put_narrow(&w,
		"see \x13 HYPERLINK \"x\" \x13 inner \x14not\x15 \x14the link\x15 now\rnon\x1e"
		"break\x1f\r\x0cnext page\r");
	finish_pieces(&w);
	set_length(&w, 0, w.position);
	run_word(&w);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "café MẬT")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "café MẬT")->page, 1);
	assert_true(seen_text(s, "café MẬT")->flags & BLOCK_FIRST_PAGE);
	assert_int_equal(seen_text(s, "one")->shape, seen_text(s, "two")->shape);
	seen_text(s, "see the link now");
	seen_text(s, "non-break");
	assert_int_equal(seen_text(s, "next page")->page, 2);
	assert_false(seen_text(s, "next page")->flags & BLOCK_FIRST_PAGE);
}

static void test_stories(void **state)
{
	cleanup_with(buf_done) struct buf cuts = BUF_INIT(0);
	struct word w;

	(void)state;
	word_init(&w);
	put_narrow(&w, "body\r");           /* 0 */
	put_narrow(&w, "note 1\rnote 2\r"); /* footnotes */
	put_narrow(&w, "left\tright\rfoot\r\r");
	put_narrow(&w, "remark\r");
	put_wide(&w, "TỐI\rMẬT\r");
	finish_pieces(&w);
	set_length(&w, 0, 5);
	set_length(&w, 1, 14);
	set_length(&w, 2, 17);
	set_length(&w, 4, 7);
	set_length(&w, 6, 8);
	put32(&cuts, 0);
	put32(&cuts, 7);
	put32(&cuts, 14);
	set_table(&w, 3, buf_view(&cuts));
	buf_clear(&cuts);
	/* six separators, even and odd header, even and odd footer */
	for (unsigned i = 0; i < 8; i++)
		put32(&cuts, 0);
	put32(&cuts, 11);
	put32(&cuts, 11);
	put32(&cuts, 16);
	put32(&cuts, 17);
	set_table(&w, 11, buf_view(&cuts));
	run_word(&w);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "body")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "note 1")->place, PLACE_FOOTNOTE);
	assert_int_not_equal(seen_text(s, "note 1")->shape, seen_text(s, "note 2")->shape);
	assert_int_equal(seen_text(s, "left")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "left")->shape, seen_text(s, "right")->shape);
	assert_int_equal(seen_text(s, "foot")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "foot")->page, 0);
	assert_int_equal(seen_text(s, "remark")->place, PLACE_COMMENT);
	assert_int_equal(seen_text(s, "TỐI")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "TỐI")->shape, seen_text(s, "MẬT")->shape);
	assert_true(seen_text(s, "MẬT")->flags & BLOCK_SHAPE_END);
}

static void put_font(struct buf *b, const char *name)
{
	size_t at = b->n;

	put_zeros(b, 40);
	put_utf16(b, name);
	put16(b, 0);
	b->p[at] = (uint8_t)(b->n - at - 1);
}

static void test_looks(void **state)
{
	cleanup_with(buf_done) struct buf fonts = BUF_INIT(0);
	struct word w;
	struct format f[6];

	(void)state;
	word_init(&w);
	put16(&fonts, 2);
	put16(&fonts, 0);
	put_font(&fonts, "Arial");
	put_font(&fonts, ".VnTimeH");
	set_table(&w, 15, buf_view(&fonts));
	f[0] = (struct format)FORMAT(put_narrow(&w, "red ca\x1fps\r"), "\x42\x2a\x06\x3b\x08\x01");
	f[1] = (struct format)FORMAT(put_wide(&w, "l\x1fu tuyÖt mËt\r"), "\x4f\x4a\x01\x00");
	f[2] = (struct format)FORMAT(put_narrow(&w, "struck\r"), "\x37\x08\x01\x70\x68\xc0\0\0\0");
	f[3] = (struct format)FORMAT(put_narrow(&w, "gone"), "\x00\x08\x01");
	f[4] = (struct format)FORMAT(put_narrow(&w, "kept\r"), "");
	f[5] = (struct format)FORMAT(put_narrow(&w, "unseen\r"), "\x3c\x08\x01\x43\x4a\x40\0");
	put_formats(&w, false, f, 6);
	finish_pieces(&w);
	set_length(&w, 0, w.position);
	run_word(&w);
	assert_int_equal(seen_text(s, "red caps")->flags & ~(uint32_t)BLOCK_FIRST_PAGE,
		BLOCK_RED | BLOCK_CAPS);
	assert_true(seen_text(s, "lưu tuyệt mật")->flags & BLOCK_CAPS);
	assert_true(seen_text(s, "lưu tuyệt mật")->flags & BLOCK_CASE_UNKNOWN);
	assert_true(seen_text(s, "struck")->flags & BLOCK_STRUCK);
	assert_true(seen_text(s, "struck")->flags & BLOCK_RED);
	assert_int_equal(seen_text(s, "kept")->flags, BLOCK_FIRST_PAGE);
	assert_int_equal(seen_text(s, "unseen")->flags & ~(uint32_t)BLOCK_FIRST_PAGE,
		BLOCK_HIDDEN | BLOCK_LARGE);
}

#define CELL "\x16\x24\x01\0"
#define ROW  "\x16\x24\x01\x17\x24\x01"

static void test_paragraphs_and_cells(void **state)
{
	struct word w;
	struct format f[8];

	(void)state;
	word_init(&w);
	f[0] = (struct format)FORMAT(put_narrow(&w, "framed\r"), "\x24\x64\4\1\0\0\x03\x24\x01\0");
	f[1] = (struct format)FORMAT(put_narrow(&w, "alone\x07"), CELL);
	f[2] = (struct format)FORMAT(put_narrow(&w, "\x07"), ROW);
	f[3] = (struct format)FORMAT(put_narrow(&w, "between\r"), "");
	f[4] = (struct format)FORMAT(put_narrow(&w,
					     "a1\ra2\x07"
					     "b\x07"),
		CELL);
	f[5] = (struct format)FORMAT(put_narrow(&w, "\x07"), ROW);
	f[6] = (struct format)FORMAT(put_narrow(&w, "end\r"), "");
	put_formats(&w, true, f, 7);
	finish_pieces(&w);
	set_length(&w, 0, w.position);
	run_word(&w);
	assert_true(seen_text(s, "framed")->flags & BLOCK_FRAMED);
	assert_true(seen_text(s, "framed")->flags & BLOCK_CENTRED);
	assert_int_equal(seen_text(s, "alone")->place, PLACE_TABLE_CELL);
	assert_true(seen_text(s, "alone")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "between")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "a1")->shape, seen_text(s, "a2")->shape);
	assert_true(seen_text(s, "a2")->flags & BLOCK_SHAPE_END);
	assert_false(seen_text(s, "a1")->flags & BLOCK_FRAMED);
	assert_int_not_equal(seen_text(s, "a2")->shape, seen_text(s, "b")->shape);
	assert_int_equal(seen_text(s, "end")->place, PLACE_BODY);
}

/* The Normal style has the font that its text is read by; a style based on it is red. */
static void test_styles(void **state)
{
	cleanup_with(buf_done) struct buf sheet = BUF_INIT(0);
	cleanup_with(buf_done) struct buf fonts = BUF_INIT(0);
	struct word w;
	struct format f;

	(void)state;
	word_init(&w);
	put16(&fonts, 2);
	put16(&fonts, 0);
	put_font(&fonts, "Arial");
	put_font(&fonts, ".VnTime");
	set_table(&w, 15, buf_view(&fonts));
	put16(&sheet, 18);
	put16(&sheet, 2);
	put16(&sheet, 10);
	put_zeros(&sheet, 14);
	for (unsigned i = 0; i < 2; i++) {
		size_t at = sheet.n;

		put16(&sheet, 0);
		put16(&sheet, 0);
		put16(&sheet, (i == 0 ? 0xfff0U : 0) | 1); /* based on, paragraph */
		put16(&sheet, 2);
		put_zeros(&sheet, 4);
		put16(&sheet, 1);
		put16(&sheet, 'N');
		put16(&sheet, 0);
		put16(&sheet, 2);
		put16(&sheet, i);
		if (i == 0) {
			put16(&sheet, 4);
			put16(&sheet, 0x4a4f);
			put16(&sheet, 1);
		} else {
			put16(&sheet, 3);
			put16(&sheet, 0x2a42);
			put16(&sheet, 6);
		}
		set16(&sheet, at, (unsigned)(sheet.n - at - 2));
	}
	set_table(&w, 1, buf_view(&sheet));
	f = (struct format)FORMAT(put_wide(&w, "mËt\r"), "");
	put_formats(&w, true, &f, 1);
	/* the paragraph's style is 1 */
	w.file.p[PARAS + 508] = 1;
	finish_pieces(&w);
	set_length(&w, 0, w.position);
	run_word(&w);
	assert_true(seen_text(s, "mật")->flags & BLOCK_RED);
}

static void test_drawings(void **state)
{
	cleanup_with(buf_done) struct buf art = BUF_INIT(0);
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct word w;

	(void)state;
	word_init(&w);
	put_narrow(&w, "body\r");
	put_utf16(&text, "MẬT");
	put16(&text, 0);
	/* a container, a byte, an atom that does not matter, then properties */
	put16(&art, 15);
	put16(&art, 0xf000);
	put32(&art, 0);
	put8(&art, 0);
	put16(&art, 2);
	put16(&art, 0xf00a);
	put32(&art, 8);
	put_zeros(&art, 8);
	put16(&art, 2 << 4 | 3);
	put16(&art, 0xf00b);
	put32(&art, 12 + (uint32_t)text.n);
	put16(&art, 0x00c4);
	put32(&art, 0x10000);
	put16(&art, 0x80c0);
	put32(&art, (uint32_t)text.n);
	assert_int_equal(buf_put_view(&art, buf_view(&text)), 0);
	set_table(&w, 50, buf_view(&art));
	finish_pieces(&w);
	set_length(&w, 0, w.position);
	run_word(&w);
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_WATERMARK);
}

static void test_encrypted_and_broken(void **state)
{
	struct word w;

	(void)state;
	word_init(&w);
	set16(&w.file, 10, 0x100);
	run_word(&w);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	word_init(&w);
	set16(&w.file, 0, 0x1234);
	run_word(&w);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	/* the text is longer than the pieces, and than the file */
	word_init(&w);
	put_narrow(&w, "all there is\r");
	put_piece(&w, (FILE_SIZE - 4) * 2 | 0x40000000, 1000);
	finish_pieces(&w);
	set_length(&w, 0, w.position + 100);
	run_word(&w);
	seen_text(s, "all there is");
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
}

/* Word 6: one run of bytes, the same parts. */
static void test_word_6(void **state)
{
	struct cfb_builder b = cfb_builder_new();
	struct word w;

	(void)state;
	word_init(&w);
	set16(&w.file, 0, 0xa5dc);
	put_narrow(&w,
		"old body\r"
		"old note\r");
	set32(&w.file, 0x18, TEXT);
	set32(&w.file, 0x1c, w.at);
	set32(&w.file, 0x34, 9);
	set32(&w.file, 0x38, 9);
	cfb_add(&b, 0, "WordDocument", buf_view(&w.file));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "old body")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "old note")->place, PLACE_FOOTNOTE);
	word_done(&w);
}

/* Bytes of the language's page, or of a font that no one can look up any more. */
static void test_word_6_encodings(void **state)
{
	static const struct {
		unsigned language;
		const char *bytes, *text;
	} cases[] = {
		{0x42a, "M\xc2\xf2T\r", "MẬT"},
		{0x409, "caf\xe9\r", "café"},
		{0x409,
			"C\xe9ng ho\xb5 x\xb7 h\xe9i ch\xf1 ngh\xdc"
			"a Vi\xd6t Nam, t\xb5i li\xd6u m\xcbt\r",
			"Cộng hoà xã hội chủ nghĩa Việt Nam, tài liệu mật"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cfb_builder b = cfb_builder_new();
		struct word w;

		word_init(&w);
		set16(&w.file, 0, 0xa5dc);
		set16(&w.file, 6, cases[i].language);
		put_narrow(&w, cases[i].bytes);
		set32(&w.file, 0x18, TEXT);
		set32(&w.file, 0x1c, w.at);
		set32(&w.file, 0x34, w.at - TEXT);
		cfb_add(&b, 0, "WordDocument", buf_view(&w.file));
		assert_int_equal(seen_cfb(s, &b), 0);
		assert_int_equal(
			seen_text(s, cases[i].text)->flags & BLOCK_CASE_UNKNOWN ? 1 : 0, i == 2);
		word_done(&w);
	}
}

/* Pictures in the text, and beside it: told where there is nothing else. */
static void test_pictures(void **state)
{
	static const char picture[] = "\x00\x6e\x1e\xf0\x18\0\0\0"
				      "0123456789abcdef\xff\x89PNG\r\n\x1a";

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		cleanup_with(buf_done) struct buf data = BUF_INIT(0);
		struct cfb_builder b = cfb_builder_new();
		struct word w;

		word_init(&w);
		put_narrow(&w, i == 3 ? "text\r" : "\r");
		set_length(&w, 0, i == 3 ? 5 : 1);
		if (i > 0) { /* in a store, there or in the main stream */
			put16(&data, 2);
			put16(&data, 0xf007);
			put32(&data, i == 1 ? 36 + sizeof(picture) - 1 : 36);
			put_zeros(&data, 20);
			put32(&data, sizeof(picture) - 1);
			put32(&data, 0);
			put32(&data, TEXT + 0x100);
			put32(&data, 0);
			memcpy(w.file.p + TEXT + 0x100, picture, sizeof(picture) - 1);
			if (i == 1)
				assert_int_equal(buf_put(&data, picture, sizeof(picture) - 1), 0);
			set_table(&w, 50, buf_view(&data));
		} else {
			put32(&data, 68 + sizeof(picture) - 1);
			put16(&data, 68);
			put_zeros(&data, 62);
			assert_int_equal(buf_put(&data, picture, sizeof(picture) - 1), 0);
			cfb_add(&b, 0, "Data", buf_view(&data));
		}
		finish_pieces(&w);
		cfb_add(&b, 0, "WordDocument", buf_view(&w.file));
		cfb_add(&b, 0, "0Table", buf_view(&w.table));
		assert_int_equal(seen_cfb(s, &b), 0);
		assert_int_equal(REASONS(s), i == 3 ? 0 : REASON_BIT(REASON_UNSUPPORTED));
		word_done(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stories, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paragraphs_and_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_styles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drawings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_and_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_word_6, setup, teardown),
		cmocka_unit_test_setup_teardown(test_word_6_encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pictures, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
