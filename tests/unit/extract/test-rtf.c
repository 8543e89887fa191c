/* SPDX-License-Identifier: Apache-2.0 */
/* RTF: groups, encodings, stories, tables, objects. */
#include "sample.h"

#include <string.h>

#include "extract/rtf.h"

static struct seen *s;

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

static void run(const char *text)
{
	assert_int_equal(seen_run(s, view_str(text)), 0);
	assert_string_equal(s->result.format, "rtf");
}

/* clang-format off */
#define FONTS \
	"{\\fonttbl{\\f0\\froman\\fcharset0 Times New Roman{\\*\\falt VNI-Other};}{\\f1\\fcharset0 .VnTimeH;}" \
	"{\\f2\\fcharset0 VNI-Times;}{\\f3\\fcharset163 Arial;}{\\f4\\fcharset204 Arial;}{\\f5\\fcharset134 SimSun;}}"
#define HEAD "{\\rtf1\\ansi\\ansicpg1252\\deff0" FONTS "{\\colortbl;\\red0\\green0\\blue0;\\red192\\green0\\blue0;}" \
	"{\\stylesheet{\\s0 Normal;}}"

static void test_text(void **state)
{
	(void)state;
	run(HEAD "\\pard\\plain first {\\b bold} text\\par\r\nM\\u7852\\'3fT and \\uc2\\u7852 ab\\uc0\\u7852 c\\par "
		"caf\\'e9 \\lquote q\\rquote\\~\\{x\\}\\_y\\\\\\par\\u-10179\\u-8704\\par one\\line two\\par{\\v unseen}\\par}after");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "first bold text")->flags, BLOCK_FIRST_PAGE);
	seen_text(s, "MẬT and ẬẬc");
	seen_text(s, "café ‘q’\u00a0{x}-y\\");
	seen_text(s, "😀");
	assert_int_equal(seen_text(s, "one")->shape, seen_text(s, "two")->shape);
	assert_true(seen_text(s, "unseen")->flags & BLOCK_HIDDEN);
	assert_null(seen_find(s, "after"));
	assert_null(seen_find(s, "Normal;"));
}

static void test_looks(void **state)
{
	(void)state;
	run(HEAD "\\pard\\qc\\plain\\cf2\\fs32\\b red\\plain\\pard\\par\\caps caps\\par\\caps0\\scaps small\\par\\plain\\strike gone\\strike0\\par"
		"\\pard\\brdrt\\brdrs\\brdrw10 framed\\par\\pard\\brdrt\\brdrnone plain\\par\\pard\\clbrdrt\\brdrs cell\\par"
		"\\pard\\absw2000\\pvpg frame\\par\\pard\\dropcapli3\\absw200 D\\par\\pard{\\deleted lost}kept\\par"
		"{\\chbrdr\\brdrs boxed}\\par\\pard\\qc centred\\par}");
	assert_int_equal(seen_text(s, "red")->flags, BLOCK_RED | BLOCK_LARGE | BLOCK_BOLD | BLOCK_FIRST_PAGE);
	assert_true(seen_text(s, "caps")->flags & BLOCK_CAPS);
	assert_true(seen_text(s, "small")->flags & BLOCK_CAPS);
	assert_true(seen_text(s, "gone")->flags & BLOCK_STRUCK);
	assert_true(seen_text(s, "framed")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "plain")->flags & (BLOCK_FRAMED | BLOCK_CAPS | BLOCK_STRUCK));
	assert_false(seen_text(s, "cell")->flags & BLOCK_FRAMED);
	assert_true(seen_text(s, "frame")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "D")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "kept")->flags & BLOCK_FRAMED);
	assert_true(seen_text(s, "boxed")->flags & BLOCK_FRAMED);
	assert_true(seen_text(s, "centred")->flags & BLOCK_CENTRED);
}

static void test_encodings(void **state)
{
	(void)state;
	/* .VnTimeH shows capitals; VNI puts the mark behind the vowel, here in a group of its own. */
	run(HEAD "{\\f1 tuy\\'d6t m\\'cbt}\\par{\\f2 M}{\\f2 A}{\\f2\\'c4}{\\f2 T}\\par{\\f2 M\\u65 ?\\u196 ?T}\\par"
		"{\\f3 M\\'c2\\'f2T}\\par}");
	assert_int_equal(seen_text(s, "tuyệt mật")->flags & (BLOCK_CAPS | BLOCK_CASE_UNKNOWN), BLOCK_CAPS | BLOCK_CASE_UNKNOWN);
	assert_int_equal(seen_count(s, "MẬT"), 3);
	/* a soft hyphen, and the letter with its number in such a font */
	run(HEAD "{\\f1 l\\-u h\\'b5nh}\\par TOP SE\\-CRET\\par}");
	seen_text(s, "lưu hành");
	seen_text(s, "TOP SECRET");
	run(HEAD "{\\f4\\'d1\\'c5\\'ca\\'d0\\'c5\\'d2\\'cd\\'ce}\\par{\\f5\\'bb\\'fa\\'c3\\'dc}\\par}");
	seen_text(s, "СЕКРЕТНО");
	seen_text(s, "机密");
	run("{\\rtf1\\ansi\\ansicpg1258 M\\'c2\\'f2T\\par}");
	seen_text(s, "MẬT");
	run("{\\rtf1\\ansi\\ansicpg65001 M\\'e1\\'ba\\'acT raw M\xe1\xba\xacT\\par}");
	seen_text(s, "MẬT raw MẬT");
}

static void test_stories(void **state)
{
	const struct seen_block *b;

	(void)state;
	run(HEAD "{\\headerf left\\tab right\\par}{\\footerr bottom\\par}\\pard before{\\footnote\\pard note\\par} behind"
		"{\\shp{\\*\\shpinst\\shpleft0{\\sp{\\sn wzDescription}{\\sv a stamp}}{\\sp{\\sn gtextUNICODE}{\\sv M\\u7852 ?T}}"
		"{\\shptxt\\pard T\\u7888 ?I\\par M\\u7852 ?T\\par}}{\\shprslt{\\*\\do{\\dptxbxtext twice}}}}\\par"
		"{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt link}}{\\*\\annotation a remark}\\par{\\listtext 1.\\tab}item\\par"
		"{\\*\\unknown nothing}{\\upr{old}{\\*\\ud{new}}}\\par\\page second\\par}");
	assert_int_equal(seen_text(s, "left")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "left")->shape, seen_text(s, "right")->shape);
	assert_int_equal(seen_text(s, "right")->page, 0);
	assert_int_equal(seen_text(s, "bottom")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "note")->place, PLACE_FOOTNOTE);
	assert_int_equal(seen_text(s, "before behind")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "a stamp")->place, PLACE_ALT_TEXT);
	b = seen_text(s, "TỐI");
	assert_int_equal(b->place, PLACE_TEXT_BOX);
	assert_false(b->flags & BLOCK_SHAPE_END);
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_WATERMARK);
	assert_int_equal(seen_count(s, "MẬT"), 2);
	assert_int_equal(b[1].shape, b->shape);
	assert_true(b[1].flags & BLOCK_SHAPE_END);
	assert_null(seen_find(s, "twice"));
	seen_text(s, "link");
	assert_int_equal(seen_text(s, "a remark")->place, PLACE_COMMENT);
	seen_text(s, "item");
	seen_text(s, "new");
	assert_int_equal(seen_text(s, "new")->page, 1);
	assert_int_equal(seen_text(s, "second")->page, 2);
	assert_false(seen_text(s, "second")->flags & BLOCK_FIRST_PAGE);
}

static void test_properties(void **state)
{
	(void)state;
	run(HEAD "{\\info{\\title T\\u7889 ?i}{\\creatim\\yr2020}{\\doccomm remark}}"
		"{\\*\\userprops{\\propname MSIP_Label_1_Name}\\proptype30{\\staticval Secret}{\\propname n}{\\staticval 2}}text\\par}");
	assert_int_equal(seen_text(s, "Tối")->place, PLACE_PROPERTY);
	assert_string_equal(seen_text(s, "Tối")->name, "title");
	assert_string_equal(seen_text(s, "remark")->name, "doccomm");
	assert_string_equal(seen_text(s, "Secret")->name, "MSIP_Label_1_Name");
	assert_string_equal(seen_text(s, "2")->name, "n");
}

#define ROW2 "\\trowd\\cellx100\\cellx200\\pard\\intbl "
#define ROW1 "\\trowd\\cellx100\\pard\\intbl "
static void test_tables(void **state)
{
	(void)state;
	run(HEAD ROW2 "a1\\par a2\\cell b\\cell\\row\\pard between\\par" ROW1 "alone\\cell\\row\\pard text\\par"
		ROW1 "top\\cell\\row" ROW1 "down\\cell\\row\\pard end\\par"
		"\\trowd\\cellx100\\cellx200\\pard\\intbl\\itap2 inner\\nestcell{\\*\\nesttableprops\\trowd\\cellx90\\cellx99\\nestrow}"
		"{\\nonesttables\\par}\\pard\\intbl outer\\cell\\row\\pard}");
	assert_int_equal(seen_text(s, "a1")->place, PLACE_TABLE_CELL);
	assert_int_equal(seen_text(s, "a1")->shape, seen_text(s, "a2")->shape);
	assert_true(seen_text(s, "a2")->flags & BLOCK_SHAPE_END);
	assert_int_not_equal(seen_text(s, "b")->shape, seen_text(s, "a2")->shape);
	assert_int_equal(seen_text(s, "between")->place, PLACE_BODY);
	assert_true(seen_text(s, "alone")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "text")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "top")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "down")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "end")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "inner")->place, PLACE_TABLE_CELL);
	assert_int_not_equal(seen_text(s, "inner")->shape, seen_text(s, "outer")->shape);
}

static void put32(struct buf *b, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(buf_put_byte(b, (uint8_t)(v >> 8 * i)), 0);
}

static void put_counted(struct buf *b, const char *text)
{
	put32(b, (uint32_t)strlen(text) + 1);
	assert_int_equal(buf_put(b, text, strlen(text) + 1), 0);
}

/* {\objdata} of a file in a package. */
static void put_package(struct buf *b, const char *content)
{
	static const char head[] = "\2\0note.txt\0C:\\note.txt\0\0\0\3\0";
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);

	assert_int_equal(buf_put(&data, head, sizeof(head) - 1), 0);
	put_counted(&data, "C:\\TEMP\\note.txt");
	put32(&data, (uint32_t)strlen(content));
	assert_int_equal(buf_put_str(&data, content), 0);
	put32(b, 0x501);
	put32(b, 2);
	put_counted(b, "Package");
	put32(b, 0);
	put32(b, 0);
	put32(b, (uint32_t)data.n);
	assert_int_equal(buf_put_view(b, buf_view(&data)), 0);
}

static void run_object(const struct buf *b)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	assert_int_equal(buf_put_str(&out, HEAD "body{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata "), 0);
	for (size_t i = 0; i < b->n; i++) {
		assert_int_equal(buf_put_hex(&out, b->p + i, 1), 0);
		if (i % 40 == 39)
			assert_int_equal(buf_put_str(&out, "\r\n"), 0);
	}
	assert_int_equal(buf_put_str(&out, "}{\\result{\\pict\\wmetafile8 010009}shown}}\\par}"), 0);
	assert_int_equal(seen_run(s, buf_view(&out)), 0);
}

static void test_objects(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	put_package(&b, "inside the object");
	run_object(&b);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_string_equal(seen_text(s, "inside the object")->member, "note.txt");
	assert_int_equal(seen_text(s, "note.txt")->place, PLACE_FILE_NAME);
	seen_text(s, "bodyshown");
	b.n = 40;
	run_object(&b);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	buf_clear(&b);
	assert_int_equal(buf_put_str(&b, "nothing of an object"), 0);
	run_object(&b);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	/* the object's bytes have a bound */
	buf_clear(&b);
	put_package(&b, "inside the object");
	s->limits.member_bytes = 64;
	run_object(&b);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	assert_null(seen_find(s, "inside the object"));
	seen_text(s, "bodyshown");
}

static void test_binary_and_broken(void **state)
{
	(void)state;
	run(HEAD "{\\pict\\bin4 {{{{}text\\bin3 }}} more\\par}");
	seen_text(s, "text more");
	run(HEAD "open {\\b groups {\\header never closed");
	seen_text(s, "open groups ");
	seen_text(s, "never closed");
	run("{\\rtf1 \\'g \\'1");
	run("{\\rtf1 \\");
	run("{\\rtf1 \\*");
	run("{\\rtf1 \\u");
	run("{\\rtf1 \\u99999999999999 \\bin99999 x");
	run("{\\rtf1 text\\cell\\cell\\row\\par}");
	seen_text(s, "text");
}
/* clang-format on */

/* What stands too deep is told, and read nevertheless. */
static void test_depth(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		unsigned n = RTF_DEPTH_MAX - 2 + k;

		buf_clear(&b);
		assert_int_equal(buf_put_str(&b, "{\\rtf1 "), 0);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(buf_put_byte(&b, '{'), 0);
		assert_int_equal(buf_put_str(&b, "deep"), 0);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(buf_put_byte(&b, '}'), 0);
		assert_int_equal(buf_put_str(&b, "\\par after\\par}"), 0);
		assert_int_equal(seen_run(s, buf_view(&b)), 0);
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_DEEP) : 0);
		seen_text(s, "deep");
		seen_text(s, "after");
	}
}

static void test_many_fonts_and_colours(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	assert_int_equal(buf_put_str(&b, "{\\rtf1{\\fonttbl"), 0);
	for (unsigned i = 1; i <= RTF_FONTS_MAX; i++)
		assert_int_equal(buf_printf(&b, "{\\f%u .VnTime;}", i), 0);
	assert_int_equal(buf_put_str(&b, "}{\\colortbl"), 0);
	for (unsigned i = 0; i <= RTF_COLOURS_MAX; i++)
		assert_int_equal(buf_put_str(&b, "\\red255;"), 0);
	assert_int_equal(
		buf_printf(&b, "}\\f%u\\cf%u m\\'cbt\\par\\f%u\\cf%u m\\'cbt!\\par}",
			RTF_FONTS_MAX - 1, RTF_COLOURS_MAX - 1, RTF_FONTS_MAX, RTF_COLOURS_MAX),
		0);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	assert_true(seen_text(s, "mật")->flags & BLOCK_RED);
	assert_false(seen_text(s, "mËt!")->flags & BLOCK_RED);
}

static void test_long_value(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	assert_int_equal(buf_put_str(&b, "{\\rtf1{\\info{\\title "), 0);
	for (size_t i = 0; i < RTF_VALUE_MAX + 10; i++)
		assert_int_equal(buf_put_byte(&b, 'x'), 0);
	assert_int_equal(buf_put_str(&b, "}}text\\par}"), 0);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	assert_int_equal(strlen(s->blocks[0].text), RTF_VALUE_MAX);
	seen_text(s, "text");
}

/* A row that ends too far away does not make a frame of its cell. */
static void test_table_ahead(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		buf_clear(&b);
		assert_int_equal(buf_put_str(&b, "{\\rtf1\\trowd\\cellx9\\intbl cell\\par "), 0);
		for (size_t i = 0; i < RTF_TABLE_AHEAD - 100 + 200 * k; i++)
			assert_int_equal(buf_put_byte(&b, '\n'), 0);
		assert_int_equal(buf_put_str(&b, "more\\cell\\row\\pard end\\par}"), 0);
		assert_int_equal(seen_run(s, buf_view(&b)), 0);
		assert_int_equal(seen_text(s, "cell")->flags & BLOCK_FRAMED, k ? 0 : BLOCK_FRAMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stories, setup, teardown),
		cmocka_unit_test_setup_teardown(test_properties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_binary_and_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_fonts_and_colours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_value, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_ahead, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
