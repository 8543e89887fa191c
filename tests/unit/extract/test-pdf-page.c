/* SPDX-License-Identifier: Apache-2.0 */
/* Places: page edges, annotations, fields, properties, attached files; what was not read. */
#include "../unit.h"

#include <stdio.h>

#include "pdfwriter.h"

static struct gathered g;

static const struct gathered_block *must(const char *text)
{
	const struct gathered_block *b = gathered_find(&g, text);

	for (size_t i = 0; !b && i < g.n; i++)
		print_message("block \"%s\"\n", g.v[i].text);
	assert_non_null(b);
	return b;
}

static void test_edges(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "",
		"BT /F1 10 Tf 100 810 Td (top) Tj 0 -60 Td (below) Tj "
		"0 -720 Td (bottom) Tj ET");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(must("top")->place, PLACE_HEADER);
	assert_int_equal(must("below")->place, PLACE_BODY);
	assert_int_equal(must("bottom")->place, PLACE_FOOTER);
}

/* Further from the edge, a header is what other pages have at the same place. */
static void test_repeated_header(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "BT /F1 10 Tf 100 770 Td (Head 1) Tj 0 -20 Td (first) Tj ET");
	pdfwriter_object(&w, 2,
		"<</Kids [3 0 R [1] 10 0 R 11 0 R 3 0 R 2 0 R]"
		" /Resources <</Font <</F1 5 0 R>>>> /MediaBox [0 0 595 842]>>");
	pdfwriter_object(&w, 10, "<</Type /Page /Contents [12 0 R 12 0 R]>>");
	pdfwriter_object(&w, 11, "<</Type /Page /Contents 13 0 R>>");
	pdfwriter_stream(&w, 12, "",
		VIEW_LIT("BT /F1 10 Tf 100 770 Td (Head 2) Tj 0 -20 Td (second) Tj ET"));
	pdfwriter_stream(&w, 13, "", VIEW_LIT("BT /F1 10 Tf 100 770 Td (Other) Tj ET"));
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(must("Head 1")->place, PLACE_HEADER);
	assert_int_equal(must("Head 2")->place, PLACE_HEADER);
	assert_int_equal(must("Head 2")->page, 2);
	assert_int_equal(must("first")->place, PLACE_BODY);
	assert_int_equal(must("Other")->place, PLACE_BODY);
	assert_int_equal(must("Other")->page, 3);
	assert_int_equal(gathered_count(&g, "Head 1"), 1);
}

static void test_annotations(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "/Annots [10 0 R 11 0 R 12 0 R 13 0 R 14 0 R 10]", "");
	pdfwriter_object(&w, 10, "<</Subtype /Stamp /Name /TopSecret /Rect [0 0 9 9]>>");
	pdfwriter_object(&w, 11, "<</Subtype /FreeText /Contents (\xFE\xFF\x1E\xAC\x01T)>>");
	pdfwriter_object(&w, 12, "<</Subtype /Text /Contents (a note)>>");
	pdfwriter_object(&w, 13, "<</Subtype /Stamp /Name /Own /AP <</N 20 0 R>>>>");
	pdfwriter_object(&w, 14, "<</Subtype /Link /Contents (no text)>>");
	pdfwriter_stream(&w, 20, "/Subtype /Form /Resources <</Font <</F2 6 0 R>>>>",
		VIEW_LIT("1 0 0 rg BT /F2 20 Tf (DRAWN) Tj ET"));
	pdfwriter_end(&w, "");
	/* the NUL in UTF-16 cannot go through a format */
	uint8_t *p = memmem(w.out.p, w.out.n, "\xFE\xFF\x1E\xAC", 4);
	assert_non_null(p);
	p[4] = 0;
	assert_int_equal(gather_writer(&g, &w), 0);
	const struct gathered_block *b = must("TOP SECRET");
	assert_int_equal(b->place, PLACE_ANNOTATION);
	assert_string_equal(b->name, "TopSecret");
	must("\u1EACT");
	assert_int_equal(b->page, 1);
	assert_int_equal(must("a note")->place, PLACE_COMMENT);
	b = must("DRAWN");
	assert_int_equal(b->place, PLACE_ANNOTATION);
	assert_string_equal(b->name, "Own");
	assert_true(b->flags & BLOCK_RED);
	assert_null(gathered_find(&g, "no text"));
}

static void test_form_fields(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "/Annots [10 0 R 11 0 R 12 0 R 13 0 R]", "");
	pdfwriter_object(&w, 13, "<</Subtype /Link /A <</S /URI /URI (https://a.example/j)>>>>");
	pdfwriter_object(&w, 10, "<</Subtype /Widget /FT /Tx /T (level) /V (MAT)>>");
	pdfwriter_object(&w, 11, "<</Subtype /Widget /Parent 15 0 R>>");
	pdfwriter_object(&w, 12, "<</Subtype /Widget /FT /Btn /T (box) /V /Yes>>");
	pdfwriter_object(&w, 15, "<</FT /Ch /T (list) /V [(one) (two)] /Parent 15 0 R>>");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(must("MAT")->place, PLACE_FORM_FIELD);
	assert_string_equal(must("MAT")->name, "level");
	assert_string_equal(must("two")->name, "list");
	assert_null(gathered_find(&g, "Yes"));
	assert_string_equal(must("https://a.example/j")->name, "link");
}

static void test_properties(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "");
	pdfwriter_object(&w, 1, "<</Type /Catalog /Pages 2 0 R /Metadata 11 0 R>>");
	pdfwriter_object(&w, 10, "<</Title (A title) /Do#20mat (\xEF\xBB\xBFM\u1EACT) /N 3>>");
	pdfwriter_stream(&w, 11, "/Type /Metadata",
		VIEW_LIT(
			"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>"
			"<rdf:Description rdf:about='' pdfx:MSIP_Label_1_Name='Secret &amp; own'>"
			"<dc:subject><rdf:Bag><rdf:li>key word</rdf:li></rdf:Bag></dc:subject>"
			"<pdfx:MSIP_Label_1_Enabled>true</pdfx:MSIP_Label_1_Enabled>"
			"<s:ConfidentialityInformation><s:PolicyIdentifier>NATO</"
			"s:PolicyIdentifier>"
			"<s:Classification>SECRET</s:Classification></s:ConfidentialityInformation>"
			"</rdf:Description></rdf:RDF></x:xmpmeta>"));
	pdfwriter_end(&w, "/Info 10 0 R");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(must("A title")->place, PLACE_PROPERTY);
	assert_string_equal(must("A title")->name, "Title");
	assert_string_equal(must("M\u1EACT")->name, "Do mat");
	assert_string_equal(must("Secret & own")->name, "MSIP_Label_1_Name");
	assert_string_equal(must("key word")->name, "subject");
	assert_string_equal(must("1")->name, "MSIP_Label_1_LabelId");
	assert_string_equal(must("NATO SECRET")->name, "slab:Marking");
}

static void test_attached_files(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "/Annots [<</Subtype /FileAttachment /FS 12 0 R>>]", "");
	pdfwriter_object(&w, 1,
		"<</Type /Catalog /Pages 2 0 R /AF [10 0 R] /Names <</EmbeddedFiles"
		" <</Kids [<</Names [(a) 10 0 R]>> 1 0 R]>>>>>>");
	pdfwriter_object(&w, 10, "<</F (a.txt) /EF <</F 11 0 R>>>>");
	pdfwriter_stream(&w, 11, "", VIEW_LIT("in the tree"));
	pdfwriter_object(&w, 12, "<</UF (b.txt) /EF <</F 13 0 R>>>>");
	pdfwriter_deflated(&w, 13, "", VIEW_LIT("on the page"));
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_string_equal(must("in the tree")->member, "a.txt");
	assert_string_equal(must("on the page")->member, "b.txt");
	assert_int_equal(gathered_count(&g, "in the tree"), 1);
}

static void test_form_objects(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "/Resources <</XObject <</X 10 0 R>> /Font <</F1 5 0 R>>>>",
		"q 1 0 0 1 0 300 cm /X Do Q BT /F1 10 Tf 50 50 Td (outer) Tj ET");
	/* it draws itself, too: once is enough */
	pdfwriter_stream(&w, 10,
		"/Subtype /Form /Matrix [1 0 0 1 0 100]"
		" /Resources <</XObject <</X 10 0 R>> /Font <</F1 5 0 R>>>>",
		VIEW_LIT("BT /F1 10 Tf 50 300 Td (inner) Tj ET /X Do"));
	pdfwriter_end(&w, "");
	/* the first /Resources of the page is the one of the helper: make it the second */
	uint8_t *p = memmem(w.out.p, w.out.n, "/Resources <</Font <</F1 5 0 R /F2", 34);
	assert_non_null(p);
	p[1] = 'X';
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(gathered_count(&g, "inner"), 1);
	assert_true(must("inner")->flags & BLOCK_TOP); /* at 300 + 100 + 300 */
	assert_false(must("outer")->flags & BLOCK_TOP);
}

static void test_only_pictures(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "q 595 0 0 842 0 0 cm BI /W 1 /H 1 ID \x01\nEI Q");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(g.n, 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_PARTIAL);
	assert_true(g.result.reasons & REASON_BIT(REASON_UNSUPPORTED));
}

static void test_blank_page(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "0 0 m 9 9 l S");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_repeated_header),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_form_fields),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_attached_files),
		cmocka_unit_test(test_form_objects),
		cmocka_unit_test(test_only_pictures),
		cmocka_unit_test(test_blank_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
