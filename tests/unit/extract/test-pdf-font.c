/* SPDX-License-Identifier: Apache-2.0 */
/* Which letters codes stand for. */
#include "../unit.h"

#include <stdio.h>

#include "extract/pdf_glyph.h"
#include "pdfwriter.h"

static struct gathered g;

/* A page whose font F1 is `font` (object 5), with `cmap` as object 8. */
static void read_font(const char *font, const char *cmap, const char *content)
{
	struct pdfwriter w;

	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", content);
	pdfwriter_object(&w, 5, "%s", font);
	pdfwriter_object(&w, 7,
		"<</Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 500"
		" /W [2 [600 700] 10 20 800]>>");
	pdfwriter_deflated(&w, 8, "", view_str(cmap));
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
}

static const struct gathered_block *must(const char *text)
{
	const struct gathered_block *b = gathered_find(&g, text);

	for (size_t i = 0; !b && i < g.n; i++)
		print_message("block \"%s\"\n", g.v[i].text);
	assert_non_null(b);
	return b;
}

#define COMPOSITE                                                                     \
	"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode" \
	" 8 0 R /DescendantFonts [7 0 R]>>"

static void test_to_unicode(void **state)
{
	(void)state;
	read_font(COMPOSITE,
		"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> "
		"<FFFF> "
		"endcodespacerange 2 beginbfchar <0001> <1EAD> <0002> <00660066 0069> endbfchar "
		"3 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0110> <01A01EE3>] "
		"<0030> <0030> <D83DDE00> endbfrange endcmap",
		"BT /F1 10 Tf 100 700 Td <000100020010001100120020002100300001> Tj ET");
	must("\u1EADffiABC\u0110\u01A0\u1EE3\U0001F600\u1EAD");
	assert_int_equal(g.result.completeness, COMPLETENESS_FULL);
}

static void test_blanks(void **state)
{
	(void)state;
	/* a tab and a no-break space are blanks in a line, whatever their glyphs are */
	read_font(COMPOSITE,
		"4 beginbfchar <0001> <0041> <0002> <0009> <0003> <00A0> <0004> <09> endbfchar",
		"BT /F1 10 Tf 100 700 Td <0001000200010003000100040001> Tj ET");
	must("A A A A");
}

static void test_cid_widths(void **state)
{
	(void)state;
	/* 2 is 0.6 wide, 3 is 0.7, 12 is 0.8, 1 is 0.5: what follows touches or not */
	read_font(COMPOSITE, "1 beginbfrange <0000> <00FF> <0040> endbfrange",
		"BT /F1 10 Tf 100 700 Td <0002> Tj 6 0 Td <0003> Tj 7 0 Td <000C> Tj 8 0 Td <0001> "
		"Tj "
		"7 0 Td <0001> Tj ET");
	must("BCLA A");
}

static void test_unmapped(void **state)
{
	(void)state;
	read_font("<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H"
		  " /DescendantFonts [7 0 R]>>",
		"",
		"BT /F1 10 Tf 100 700 Td <0001000200030004000500060007000800090001000200030004"
		"000500060007000800090001000200030004> Tj ET");
	assert_int_equal(g.n, 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_PARTIAL);
	assert_true(g.result.reasons & REASON_BIT(REASON_UNSUPPORTED));
}

static void test_unicode_cmap(void **state)
{
	(void)state;
	read_font("<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /UniGB-UCS2-H"
		  " /DescendantFonts [7 0 R]>>",
		"", "BT /F1 10 Tf 100 700 Td <7EDD5BC6> Tj ET");
	must("\u7EDD\u5BC6");
}

static void test_differences(void **state)
{
	(void)state;
	read_font("<</Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 0 /Widths []"
		  " /Encoding <</BaseEncoding /WinAnsiEncoding /Differences"
		  " [65 /Dcroat /uni1EAC 67 /uhornacute /f_i /u1EE4 /afii10026.alt]>>>>",
		"", "BT /F1 10 Tf 100 700 Td (ABCDEF\\226z) Tj ET");
	must("\u0110\u1EACu\u031B\u0301fi\u1EE4\u0418\u2013z");
}

static void test_type3(void **state)
{
	(void)state;
	read_font("<</Type /Font /Subtype /Type3 /FontMatrix [0.01 0 0 0.01 0 0] /CharProcs <<>>"
		  " /FirstChar 65 /Widths [50 50] /Encoding <</Differences [65 /M /at]>>>>",
		"", "BT /F1 10 Tf 100 700 Td (A) Tj 5 0 Td (B) Tj ET");
	must("M@");
}

static void test_builtin_encodings(void **state)
{
	(void)state;
	read_font("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>", "",
		"BT /F1 10 Tf 100 700 Td (it's \\256ne) Tj ET");
	must("it\u2019s \uFB01ne");
	read_font("<</Type /Font /Subtype /TrueType /BaseFont /X /Encoding /MacRomanEncoding>>", "",
		"BT /F1 10 Tf 100 700 Td (caf\\216) Tj ET");
	must("caf\u00E9");
}

static void test_glyph_names(void **state)
{
	uint32_t c[PDF_GLYPH_CODEPOINTS];

	(void)state;
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("a"), c), 1);
	assert_int_equal(c[0], 'a');
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("Ohorndotbelow"), c), 3);
	assert_int_equal(c[1], 0x31B);
	assert_int_equal(c[2], 0x323);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("zero"), c), 1);
	assert_int_equal(c[0], '0');
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("AE"), c), 1);
	assert_int_equal(c[0], 0xC6);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("uni00410301"), c), 2);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("afii10023"), c), 1);
	assert_int_equal(c[0], 0x401);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("afii10097"), c), 1);
	assert_int_equal(c[0], 0x44F);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT(".notdef"), c), 0);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("g123"), c), 0);
	assert_int_equal(pdf_glyph_codes(VIEW_LIT("a_b_c_d_e_f_g_h_i"), c), 0);
	assert_int_equal(pdf_glyph_codes(VIEW_EMPTY, c), 0);
}

static void test_legacy_font(void **state)
{
	(void)state;
	/* TCVN3: a letter with circumflex and dot below is 0xCB */
	read_font("<</Type /Font /Subtype /TrueType /BaseFont /ABCDEF+.VnTime"
		  " /Encoding /WinAnsiEncoding>>",
		"", "BT /F1 10 Tf 100 700 Td (m\\313t) Tj ET");
	const struct gathered_block *b = must("m\u1EADt");
	assert_true(b->flags & BLOCK_CASE_UNKNOWN);
	assert_false(b->flags & BLOCK_CAPS);
	read_font("<</Type /Font /Subtype /TrueType /BaseFont /.VnTimeH"
		  " /Encoding /WinAnsiEncoding>>",
		"", "BT /F1 10 Tf 100 700 Td (m\\313t) Tj ET");
	assert_true(must("m\u1EADt")->flags & BLOCK_CAPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_to_unicode),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_cid_widths),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_unicode_cmap),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_type3),
		cmocka_unit_test(test_builtin_encodings),
		cmocka_unit_test(test_glyph_names),
		cmocka_unit_test(test_legacy_font),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
