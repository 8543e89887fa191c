/* SPDX-License-Identifier: Apache-2.0 */
/* Words and lines by geometry. Glyphs of the test fonts are half an em wide. */
#include "../unit.h"

#include "extract/extract.h"
#include "pdfwriter.h"

static struct gathered g;

static void read_page(const char *page, const char *content)
{
	struct pdfwriter w;

	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, page, content);
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
}

static const struct gathered_block *must(const char *text)
{
	const struct gathered_block *b = gathered_find(&g, text);

	if (!b)
		print_message("no block \"%s\"\n", text);
	assert_non_null(b);
	return b;
}

/* The missing letters of a line are drawn after it, from another font. */
static void test_letters_drawn_later(void **state)
{
	(void)state;
	read_page("",
		"BT /F1 10 Tf 100 700 Td [(T) -500 (p h) -1000 (n)] TJ ET "
		"BT /F2 10 Tf 105 700 Td (o) Tj ET "
		"BT /F2 10 Tf 125 700 Td (ie) Tj ET");
	must("Top hien");
	assert_int_equal(g.n, 1);
}

static void test_blanks(void **state)
{
	(void)state;
	/* 0.1 em is kerning, 0.2 em is a blank, half an em back is the same word */
	read_page("",
		"BT /F1 10 Tf 100 700 Td [(a) -100 (b) -200 (c)] TJ ET "
		"BT 100 600 Td [(x) -500 (z)] TJ 1 0 0 1 105 600 Tm (y) Tj ET");
	must("ab c");
	must("xyz");
}

/* Arrays of hexadecimal strings, which are read where they lie, and what only looks like one. */
static void test_hex_arrays(void **state)
{
	static const struct {
		const char *content, *text;
	} pages[] = {
		{"BT /F1 10 Tf 100 700 Td [<54>-500<702068>-1000<6e>]TJ "
		 "1 0 0 1 105 700 Tm[<6f>]TJ 1 0 0 1 125 700 Tm[<69><65>]TJ ET",
			"Top hien"},
		{"BT /F1 10 Tf 100 700 Td [<61>-100.5<62>-200<63>]TJ ET", "ab c"},
		{"BT /F1 10 Tf 100 700 Td [-3 <61> -100 <62>.5<63>-1e<64>]TJ ET", "abcd"},
		{"BT /F1 10 Tf 4 Tc 100 700 Td [<4D4154>-800<4D41>]TJ ET", "M A T  M A"},
		{"BT /F1 10 Tf 0.8 0.6 -0.6 0.8 100 400 Tm [<61>-100<62>-200<63>]TJ ET", "ab c"},
		{"BT /F1 10 Tf 100 700 Td [<616>20<6>]\nTJ ET", "a``"},
		{"BT /F1 10 Tf 100 700 Td [<6 1>20<62>]TJ ET", "ab"},
		{"BT /F1 10 Tf 100 700 Td (a) Tj [<61>20<62]TJ ET", "a"},
		{"BT /F1 10 Tf 100 700 Td (z) [<61>20<62>]TJ [<63>]TJx [<64>]T [<65>]TJ ET", "e"},
		{"BT /F1 10 Tf 100 700 Td [<61>]TJ [<62>-", "a"},
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		read_page("", pages[i].content);
		must(pages[i].text);
		assert_int_equal(g.n, 1);
	}
}

static void test_letter_spaced(void **state)
{
	(void)state;
	read_page("", "BT /F1 10 Tf 4 Tc 100 700 Td (MAT MA) Tj ET");
	/* one blank between letters, more between words */
	must("M A T   M A");
}

static void test_columns(void **state)
{
	(void)state;
	read_page("",
		"BT /F1 10 Tf 50 700 Td (left one) Tj 300 0 Td (right one) Tj ET "
		"BT 50 688 Td (left two) Tj 300 0 Td (right two) Tj ET");
	const struct gathered_block *l = must("left one"), *r = must("right one");
	assert_int_not_equal(l->shape, 0);
	assert_int_equal(l->shape, must("left two")->shape);
	assert_int_equal(r->shape, must("right two")->shape);
	assert_int_not_equal(l->shape, r->shape);
	assert_true(must("left two")->flags & BLOCK_SHAPE_END);
	assert_false(l->flags & BLOCK_SHAPE_END);
	/* fields and their values, too */
	assert_int_equal(must("left one   right one")->shape, 0);
	assert_int_equal(must("left two   right two")->shape, 0);
	assert_int_equal(g.n, 6);
}

/* No pairs: three columns, numbers, and what is too long for a field or its value. */
static void test_no_pairs(void **state)
{
	(void)state;
	read_page("",
		"BT /F1 10 Tf 50 700 Td (one) Tj 100 0 Td (two) Tj 100 0 Td (three) Tj ET "
		"BT 50 680 Td (4) Tj 200 0 Td (MAT) Tj ET BT 50 660 Td (MAT) Tj 200 0 Td (12) Tj "
		"ET "
		"BT 20 640 Td (a key of more than forty-eight bytes is none at all) Tj 400 0 Td "
		"(v) Tj ET "
		"BT 50 620 Td (key) Tj 200 0 Td (a value of more than forty bytes is no one) Tj "
		"ET");
	assert_int_equal(g.n, 11);
}

/* A box of two lines close to a paragraph: its lines stay whole besides the joined ones. */
static void test_box_beside_text(void **state)
{
	(void)state;
	read_page("",
		"BT /F1 10 Tf 100 700 Td (body one) Tj 0 -14 Td (body two) Tj ET "
		"BT 150 700 Td (TOI) Tj 0 -14 Td (MAT) Tj ET");
	must("body one   TOI");
	must("body two   MAT");
	const struct gathered_block *a = must("TOI"), *b = must("MAT");
	assert_int_not_equal(a->shape, 0);
	assert_int_equal(a->shape, b->shape);
	must("body one");
}

static void test_framed_box(void **state)
{
	(void)state;
	read_page("",
		"100 680 90 40 re S BT /F1 12 Tf 120 704 Td (TOI) Tj 0 -14 Td (MAT) Tj ET "
		"BT 120 600 Td (MAT) Tj ET 20 20 500 800 re S");
	const struct gathered_block *a = must("TOI");
	assert_true(a->flags & BLOCK_FRAMED);
	for (size_t i = 0; i < g.n; i++) {
		if (strcmp(g.v[i].text, "MAT") == 0 && !(g.v[i].flags & BLOCK_FRAMED))
			assert_int_not_equal(g.v[i].shape, a->shape);
	}
	assert_int_equal(gathered_count(&g, "MAT"), 2);
}

static void test_frame_of_four_rules(void **state)
{
	(void)state;
	read_page("",
		"100 700 m 200 700 l S 100 730 m 200 730 l S 99.5 700 1 30 re f "
		"200 700 m 200 730 l S BT /F1 12 Tf 110 710 Td (MAT) Tj ET");
	assert_true(must("MAT")->flags & BLOCK_FRAMED);
}

static void test_table_is_no_frame(void **state)
{
	(void)state;
	read_page("",
		"100 700 100 20 re S 200 700 100 20 re S "
		"BT /F1 12 Tf 110 705 Td (GAN) Tj 100 0 Td (MAT) Tj ET");
	assert_false(must("MAT")->flags & BLOCK_FRAMED);
}

/* The rules of a table may run through. */
static void test_outline_of_table(void **state)
{
	(void)state;
	read_page("",
		"100 700 m 240 700 l S 100 715 m 240 715 l S 100 730 m 240 730 l S "
		"100 700 m 100 730 l S 170 700 m 170 730 l S 240 700 m 240 730 l S "
		"BT /F1 9 Tf 110 704 Td (GAN) Tj 70 0 Td (MAT) Tj ET");
	assert_false(must("MAT")->flags & BLOCK_FRAMED);
}

static void test_double_frame(void **state)
{
	(void)state;
	read_page("",
		"100 700 120 24 re S 103 703 114 18 re S "
		"BT /F1 12 Tf 110 708 Td (TUYET MAT) Tj ET");
	assert_true(must("TUYET MAT")->flags & BLOCK_FRAMED);
}

static void test_drawn_twice(void **state)
{
	(void)state;
	read_page("", "BT /F1 10 Tf 100 700 Td (SHADOW) Tj ET BT 100.4 699.7 Td (SHADOW) Tj ET");
	must("SHADOW");
	assert_int_equal(g.n, 1);
}

static void test_looks(void **state)
{
	(void)state;
	read_page("",
		"1 0 0 rg BT /F2 10 Tf 100 700 Td (red) Tj ET 0 1 1 0 k "
		"BT /F1 10 Tf 100 600 Td (cmyk) Tj ET 0 g "
		"BT 100 500 Td (black) Tj 3 Tr 0 -50 Td (unseen) Tj ET "
		"BT 0 Tr /F1 30 Tf 200 400 Td (large) Tj ET");
	assert_true(must("red")->flags & BLOCK_RED);
	assert_true(must("red")->flags & BLOCK_BOLD);
	assert_true(must("red")->flags & BLOCK_TOP);
	assert_true(must("red")->flags & BLOCK_FIRST_PAGE);
	assert_true(must("cmyk")->flags & BLOCK_RED);
	assert_false(must("cmyk")->flags & BLOCK_BOLD);
	assert_false(must("black")->flags & (BLOCK_RED | BLOCK_TOP | BLOCK_HIDDEN));
	assert_true(must("unseen")->flags & BLOCK_HIDDEN);
	assert_true(must("large")->flags & BLOCK_LARGE);
	assert_false(must("black")->flags & BLOCK_LARGE);
}

static void test_centred(void **state)
{
	(void)state;
	read_page("", "BT /F1 10 Tf 277.5 700 Td (centre) Tj ET BT 50 600 Td (left) Tj ET");
	assert_true(must("centre")->flags & BLOCK_CENTRED);
	assert_false(must("left")->flags & BLOCK_CENTRED);
}

static void test_watermark(void **state)
{
	(void)state;
	read_page("",
		"0.8 g BT /F1 60 Tf 0.707 0.707 -0.707 0.707 150 300 Tm (SECRET) Tj ET "
		"0 g BT /F1 10 Tf 100 700 Td (body) Tj ET");
	assert_int_equal(must("SECRET")->place, PLACE_WATERMARK);
	assert_int_equal(must("body")->place, PLACE_BODY);
}

static void test_rotated_page(void **state)
{
	(void)state;
	/* what is drawn upwards on the left edge reads along the top of the turned page */
	read_page("/Rotate 90", "BT /F1 10 Tf 0 1 -1 0 20 100 Tm (turned) Tj ET");
	const struct gathered_block *b = must("turned");
	assert_true(b->flags & BLOCK_TOP);
	assert_int_equal(b->place, PLACE_HEADER);
}

static void test_text_operators(void **state)
{
	(void)state;
	read_page("",
		"BT /F1 10 Tf 20 TL 100 700 Td (one) Tj T* (two) Tj (three) ' "
		"0 0 (four) \" 0 -20 TD (five) Tj T* (six) Tj ET "
		"q 2 0 0 2 0 0 cm BT 50 Tz 100 200 Td (wide) Tj ET Q "
		"BT 100 Tz 100 300 Td 5 Ts (up) Tj ET");
	must("one");
	must("two");
	must("three");
	must("four");
	must("five");
	must("six");
	must("wide");
	must("up");
}

static void test_inline_image(void **state)
{
	(void)state;
	read_page("",
		"BI /W 4 /H 1 /BPC 8 /CS /G ID \x01 EI\x02 x\nEI\n"
		"BT /F1 10 Tf 100 700 Td (after) Tj ET");
	must("after");
	assert_int_equal(g.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters_drawn_later),
		cmocka_unit_test(test_blanks),
		cmocka_unit_test(test_hex_arrays),
		cmocka_unit_test(test_letter_spaced),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_no_pairs),
		cmocka_unit_test(test_box_beside_text),
		cmocka_unit_test(test_framed_box),
		cmocka_unit_test(test_frame_of_four_rules),
		cmocka_unit_test(test_table_is_no_frame),
		cmocka_unit_test(test_outline_of_table),
		cmocka_unit_test(test_double_frame),
		cmocka_unit_test(test_drawn_twice),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_centred),
		cmocka_unit_test(test_watermark),
		cmocka_unit_test(test_rotated_page),
		cmocka_unit_test(test_text_operators),
		cmocka_unit_test(test_inline_image),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
