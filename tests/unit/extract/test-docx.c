/* SPDX-License-Identifier: Apache-2.0 */
/* WordprocessingML: where markings stand, and what must not be taken for text. */
#include "sample.h"

#include <string.h>

#define DOC(body) \
	"<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>" body "</w:body></w:document>"
#define P(runs)         "<w:p>" runs "</w:p>"
#define R(text)         "<w:r><w:t>" text "</w:t></w:r>"
#define RP(props, text) "<w:r><w:rPr>" props "</w:rPr><w:t>" text "</w:t></w:r>"

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

/* A package with these parts: name, content, ..., NULL. */
static void run(const char *name, ...)
{
	struct zip_builder z = {0};
	va_list ap;

	zip_add_str(&z, "[Content_Types].xml", "<Types/>", 0);
	va_start(ap, name);
	for (; name; name = va_arg(ap, const char *))
		zip_add_str(&z, name, va_arg(ap, const char *), 0);
	va_end(ap);
	assert_int_equal(seen_zip(s, &z), 0);
}

static void doc(const char *document)
{
	run("word/document.xml", document, NULL);
	assert_string_equal(s->result.format, "docx");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

static bool has(const char *text, uint32_t flags)
{
	return (seen_text(s, text)->flags & flags) == flags;
}

static void test_runs_are_joined(void **state)
{
	(void)state;
	doc(DOC(P(R("T") "<w:bookmarkStart/>" R("Ố") "<w:proofErr/>" R("I") R(" M") R("&#7852;")
			R("T")) P(R("next"))));
	assert_int_equal(s->n, 2);
	assert_string_equal(s->blocks[0].text, "TỐI MẬT");
	assert_int_equal(s->blocks[0].place, PLACE_BODY);
	assert_int_equal(s->blocks[0].page, 1);
	assert_true(has("TỐI MẬT", BLOCK_FIRST_PAGE));
}

static void test_line_breaks_share_a_shape(void **state)
{
	(void)state;
	doc(DOC(P("<w:r><w:t>TUYỆT</w:t><w:br/><w:t>MẬT</w:t></w:r>")
			P("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>")));
	assert_int_equal(seen_text(s, "TUYỆT")->shape, seen_text(s, "MẬT")->shape);
	assert_int_not_equal(seen_text(s, "TUYỆT")->shape, 0);
	assert_false(seen_text(s, "TUYỆT")->flags & BLOCK_SHAPE_END);
	assert_true(has("MẬT", BLOCK_SHAPE_END));
	assert_int_equal(seen_text(s, "a\tb")->shape, 0);
}

static void test_looks(void **state)
{
	(void)state;
	doc(DOC(P(RP("<w:caps/>", "caps")) P(RP("<w:caps w:val=\"0\"/>", "no caps")) P(
		RP("<w:smallCaps/>", "small")) P(RP("<w:color w:val=\"C00000\"/>",
		"red")) P(RP("<w:color w:val=\"1F497D\"/>", "blue")) P(RP("<w:strike/>", "struck"))
			P(RP("<w:dstrike/>", "twice")) P(RP("<w:vanish/>", "gone")) P(
				RP("<w:b/><w:sz w:val=\"40\"/>", "big"))
				P("<w:pPr><w:jc w:val=\"center\"/></w:pPr>" R("mid")) P(RP("<w:b/>",
					"lead") R(" and much more text that is not bold"))));
	assert_true(has("caps", BLOCK_CAPS));
	assert_false(seen_text(s, "no caps")->flags & BLOCK_CAPS);
	assert_true(has("small", BLOCK_CAPS));
	assert_true(has("red", BLOCK_RED));
	assert_false(seen_text(s, "blue")->flags & BLOCK_RED);
	assert_true(has("struck", BLOCK_STRUCK));
	assert_true(has("twice", BLOCK_STRUCK));
	assert_true(has("gone", BLOCK_HIDDEN));
	assert_true(has("big", BLOCK_BOLD | BLOCK_LARGE));
	assert_true(has("mid", BLOCK_CENTRED));
	assert_false(seen_text(s, "mid")->flags & (BLOCK_BOLD | BLOCK_RED | BLOCK_CAPS));
	assert_false(seen_text(s, "lead and much more text that is not bold")->flags & BLOCK_BOLD);
}

static void test_frames(void **state)
{
	(void)state;
	doc(DOC(P("<w:pPr><w:pBdr><w:top w:val=\"single\"/></w:pBdr></w:pPr>" R("bordered")) P(
		"<w:pPr><w:pBdr><w:top w:val=\"nil\"/></w:pBdr></w:pPr>" R(
			"no border")) P("<w:pPr><w:framePr w:w=\"9\"/></w:pPr>" R("framed"))
			P("<w:pPr><w:"
			  "framePr "
			  "w:dropCap="
			  "\"drop\"/></"
			  "w:pPr>" R(
				  "D")) "<w:tbl><w:tr><w:tc>" P(R("one cell")) "</w:tc></w:tr></"
									       "w:tbl>"
									       "<w:tbl><w:tr><w:"
									       "tc>" P(R(
										       "firs"
										       "t")) "</"
											     "w:tc>"
											     "<w:"
											     "tc"
											     ">" P(R("secon"
												     "d")) "</w:tc></w:tr></w:tbl>"
													   "<w:sdt><w:sdtPr><w:dropDownList><"
													   "w:listItem w:value=\"Tối "
													   "mật\"/></w:dropDownList></w:sdtPr>"
													   "<w:sdtContent>" P(R(
														   "control")) "</"
															       "w:sdtContent><"
															       "/w:sdt>" P(R(
																       "after"))));
	assert_true(has("bordered", BLOCK_FRAMED));
	assert_false(seen_text(s, "no border")->flags & BLOCK_FRAMED);
	assert_true(has("framed", BLOCK_FRAMED));
	assert_false(seen_text(s, "D")->flags & BLOCK_FRAMED);
	assert_true(has("one cell", BLOCK_FRAMED | BLOCK_SHAPE_END));
	assert_int_equal(seen_text(s, "one cell")->place, PLACE_TABLE_CELL);
	assert_false(seen_text(s, "first")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "second")->place, PLACE_TABLE_CELL);
	assert_int_not_equal(seen_text(s, "first")->shape, seen_text(s, "second")->shape);
	assert_true(has("control", BLOCK_FRAMED));
	assert_false(seen_text(s, "after")->flags & BLOCK_FRAMED);
	assert_null(seen_find(s, "Tối mật"));
}

static void test_inline_control_does_not_split(void **state)
{
	(void)state;
	doc(DOC(P(R("Độ mật: ") "<w:sdt><w:sdtContent>" R("Mật") "</w:sdtContent></w:sdt>")));
	assert_non_null(seen_text(s, "Độ mật: Mật"));
}

/* A soft hyphen is nothing, and in fonts of TCVN3 the letter with its number. */
static void test_soft_hyphens(void **state)
{
	(void)state;
	doc(DOC(P("<w:r><w:t>TOP SE</w:t><w:softHyphen/><w:t>CRET</w:t></w:r>") P(
		"<w:r><w:rPr><w:rFonts w:ascii=\".VnTimeH\"/></w:rPr><w:t>l</w:t><w:softHyphen/>"
		"<w:t>u h&#xb5;nh</w:t></w:r>")));
	assert_non_null(seen_text(s, "TOP SECRET"));
	assert_non_null(seen_text(s, "lưu hành"));
}

static void test_tracked_changes(void **state)
{
	(void)state;
	doc(DOC(P(R("kept") "<w:del><w:r><w:delText> deleted</w:delText></w:r></w:del>"
			    "<w:ins><w:r><w:t> inserted</w:t></w:r></w:ins>"
			    "<w:moveFrom><w:r><w:t> moved</w:t></w:r></w:moveFrom>")
			P("<w:pPr><w:rPr><w:del w:id=\"1\"/></w:rPr></w:pPr>" R(
				"mark deleted")) "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r></"
						 "w:p>"));
	assert_int_equal(s->n, 2);
	seen_text(s, "kept inserted");
	seen_text(s, "mark deleted");
}

#define BOX(text) "<w:txbxContent>" P(R(text)) "</w:txbxContent>"

static void test_text_boxes(void **state)
{
	const struct seen_block *b;

	(void)state;
	doc(DOC(P(
		R("around ") "<w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:docPr "
			     "descr=\"alt &amp; text\"/>"
			     "<wps:txbx>" BOX(
				     "TỐI MẬT") "</wps:txbx></w:drawing></mc:Choice>"
						"<mc:Fallback><w:pict><v:textbox>" BOX(
							"TỐI MẬT") "</v:textbox></w:pict></"
								   "mc:Fallback>"
								   "</mc:AlternateContent></w:r>" R(
									   "the box"))
			P("<w:r><w:pict><v:shape alt=\"old\"><v:textbox>" BOX(
				"VML") "</v:textbox></v:shape></w:pict></w:r>")
				P("<w:r><mc:AlternateContent><mc:Choice><w:drawing/></"
				  "mc:Choice><mc:Fallback><v:textbox>" BOX(
					  "only fallback") "</v:textbox></mc:Fallback></"
							   "mc:AlternateContent></w:r>")));
	assert_int_equal(seen_count(s, "TỐI MẬT"), 1);
	b = seen_text(s, "TỐI MẬT");
	assert_int_equal(b->place, PLACE_TEXT_BOX);
	assert_true(b->flags & BLOCK_SHAPE_END);
	assert_int_equal(seen_text(s, "around the box")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "VML")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "only fallback")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "alt & text")->place, PLACE_ALT_TEXT);
	assert_int_equal(seen_text(s, "old")->place, PLACE_ALT_TEXT);
}

static void test_parts(void **state)
{
	(void)state;
	run("word/document.xml", DOC(P(R("body"))), "word/header1.xml",
		"<w:hdr>" P(
			"<w:r><w:t>left</w:t><w:tab/><w:t>TUYỆT MẬT</w:t></w:r>") "<w:tbl><w:"
										  "tr><w:tc>" P(R("in a cell")) "</w:tc><w:tc/></w:tr></w:tbl>" P(
											  "<w:"
											  "r><"
											  "v:"
											  "text"
											  "path"
											  " str"
											  "ing="
											  "\"M&"
											  "#785"
											  "2;"
											  "T\"/"
											  "></"
											  "w:"
											  "r>") "</"
												"w:"
												"hd"
												"r"
												">",
		"word/whatever.xml", "<w:ftr>" P(R("foot")) "</w:ftr>", "word/footnotes.xml",
		"<w:footnotes><w:footnote>" P(R("note one")) "</w:footnote><w:footnote>" P(
			R("note two")) "</w:footnote></w:footnotes>",
		"word/comments.xml",
		"<w:comments><w:comment w:author=\"x\">" P(R("remark")) "</w:comment></w:comments>",
		NULL);
	assert_string_equal(s->blocks[0].text, "body");
	assert_int_equal(seen_text(s, "TUYỆT MẬT")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "left")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "in a cell")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_WATERMARK);
	assert_int_equal(seen_text(s, "foot")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "note one")->place, PLACE_FOOTNOTE);
	assert_int_not_equal(seen_text(s, "note one")->shape, seen_text(s, "note two")->shape);
	assert_int_equal(seen_text(s, "remark")->place, PLACE_COMMENT);
}

static void test_styles(void **state)
{
	(void)state;
	run("word/styles.xml",
		"<w:styles><w:style w:type=\"paragraph\" "
		"w:styleId=\"Base\"><w:rPr><w:caps/></w:rPr></w:style>"
		"<w:style w:type=\"paragraph\" w:styleId=\"Stamp\"><w:basedOn w:val=\"Base\"/>"
		"<w:pPr><w:pBdr><w:top w:val=\"single\"/></w:pBdr></w:pPr><w:rPr><w:color "
		"w:val=\"FF0000\"/></w:rPr></w:style>"
		"<w:style w:type=\"character\" w:styleId=\"Off\"><w:rPr><w:caps "
		"w:val=\"false\"/></w:rPr></w:style>"
		"</w:styles>",
		"word/document.xml",
		DOC(P("<w:pPr><w:pStyle w:val=\"Stamp\"/></w:pPr>" R("tuyệt mật"))
				P("<w:pPr><w:pStyle w:val=\"Stamp\"/></w:pPr>" RP(
					"<w:rStyle w:val=\"Off\"/>", "plain")) P(R("normal"))),
		NULL);
	assert_true(has("tuyệt mật", BLOCK_CAPS | BLOCK_RED | BLOCK_FRAMED));
	assert_false(seen_text(s, "plain")->flags & BLOCK_CAPS);
	assert_int_equal(
		seen_text(s, "normal")->flags & (BLOCK_CAPS | BLOCK_RED | BLOCK_FRAMED), 0);
}

static void test_properties(void **state)
{
	const struct seen_block *b;

	(void)state;
	run("word/document.xml", DOC(P(R("body"))), "docProps/core.xml",
		"<cp:coreProperties><cp:category>Mật</cp:category><dc:title>Plan</dc:title></"
		"cp:coreProperties>",
		"docProps/custom.xml",
		"<Properties><property name=\"Độ mật\" pid=\"2\"><vt:lpwstr>Tối "
		"mật</vt:lpwstr></property></Properties>",
		"docProps/app.xml",
		"<Properties><Pages>3</Pages><Company>ACME</"
		"Company><TitlesOfParts><vt:lpstr>Sheet1</vt:lpstr></TitlesOfParts></Properties>",
		"docMetadata/LabelInfo.xml",
		"<clbl:labelList><clbl:label id=\"{42}\" enabled=\"1\" "
		"removed=\"0\"/><clbl:label id=\"{43}\" enabled=\"0\"/></clbl:labelList>",
		"word/_rels/document.xml.rels",
		"<Relationships><Relationship Id=\"a\" Target=\"https://a.example/j\" "
		"TargetMode=\"External\"/><Relationship Id=\"b\" "
		"Target=\"styles.xml\"/></Relationships>",
		"customXml/item1.xml",
		"<x:label><x:Classification>SECRET</x:Classification></x:label>",
		"customXml/item2.xml",
		"<s:originatorConfidentialityLabel><s:ConfidentialityInformation>"
		"<s:PolicyIdentifier>NATO</s:PolicyIdentifier>"
		"<s:Classification>RESTRICTED</s:Classification></s:ConfidentialityInformation>"
		"<s:Classification>OUTSIDE</s:Classification>"
		"</s:originatorConfidentialityLabel>",
		"customXml/item3.xml",
		"<s:ConfidentialityInformation><s:PolicyIdentifier>"
		"A policy whose name is longer than anybody writes: it has 68 letters"
		"</s:PolicyIdentifier><s:Classification>GREY</s:Classification>"
		"</s:ConfidentialityInformation>",
		NULL);
	b = seen_text(s, "Mật");
	assert_int_equal(b->place, PLACE_PROPERTY);
	assert_string_equal(b->name, "category");
	assert_string_equal(seen_text(s, "Tối mật")->name, "Độ mật");
	assert_string_equal(seen_text(s, "ACME")->name, "Company");
	assert_null(seen_find(s, "3"));
	assert_null(seen_find(s, "Sheet1"));
	assert_string_equal(seen_text(s, "{42}")->name, "LabelInfo:id");
	assert_string_equal(seen_text(s, "0")->name, "LabelInfo:removed");
	assert_int_equal(seen_text(s, "{42}")->shape, seen_text(s, "0")->shape);
	assert_string_equal(seen_text(s, "https://a.example/j")->name, "link");
	assert_null(seen_find(s, "styles.xml"));
	/* in the one form that all labels have */
	assert_string_equal(seen_text(s, "42")->name, "MSIP_Label_42_LabelId");
	assert_null(seen_find(s, "43"));
	b = seen_text(s, "SECRET");
	assert_int_equal(b->place, PLACE_PROPERTY);
	assert_string_equal(b->name, "Classification");
	assert_string_equal(seen_text(s, "NATO RESTRICTED")->name, "slab:Marking");
	assert_null(seen_find(s, "NATO OUTSIDE"));
	/* a policy over LABEL_POLICY_MAX is left out, the classification is not */
	assert_string_equal(seen_text(s, "GREY")->name, "Classification");
	assert_null(seen_find(
		s, "A policy whose name is longer than anybody writes: it has 68 letters GREY"));
}

static void test_embedded_and_pictures(void **state)
{
	struct zip_builder in = {0}, out = {0};

	(void)state;
	zip_add_str(&in, "[Content_Types].xml", "<Types/>", 0);
	zip_add_str(&in, "word/document.xml", DOC(P(R("TUYỆT MẬT"))), 0);
	zip_end(&in);
	zip_add_str(&out, "word/document.xml", DOC(P(R("harmless"))), 0);
	zip_add(&out, "word/embeddings/x.bin", buf_view(&in.out), 0);
	zip_add_str(&out, "word/media/image1.png", "\x89PNG\r\n\x1a\n....", 0);
	zip_builder_done(&in);
	assert_int_equal(seen_zip(s, &out), 0);
	assert_string_equal(s->result.format, "docx");
	assert_string_equal(seen_text(s, "TUYỆT MẬT")->member, "word/embeddings/x.bin");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);

	/* Nothing but a picture: nobody has looked at it. */
	zip_add_str(&out, "word/document.xml", DOC(P("<w:r><w:drawing/></w:r>")), 0);
	zip_add_str(&out, "word/media/image1.png", "\x89PNG\r\n\x1a\n....", 0);
	assert_int_equal(seen_zip(s, &out), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
}

static void test_pages(void **state)
{
	(void)state;
	doc(DOC(P(R("one")) P("<w:r><w:br w:type=\"page\"/></w:r>" R("two"))
			P("<w:r><w:lastRenderedPageBreak/><w:t>three</w:t></w:r>")));
	assert_int_equal(seen_text(s, "one")->page, 1);
	assert_int_equal(seen_text(s, "three")->page, 3);
	assert_false(seen_text(s, "three")->flags & BLOCK_FIRST_PAGE);
}

static void test_utf16_part(void **state)
{
	static const char text[] = DOC(P(R("UTF-16 part")));
	cleanup_with(buf_done) struct buf wide = BUF_INIT(0);
	struct zip_builder z = {0};

	(void)state;
	assert_int_equal(buf_put(&wide, "\xff\xfe", 2), 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(buf_put_byte(&wide, (uint8_t)text[i]), 0);
		assert_int_equal(buf_put_byte(&wide, 0), 0);
	}
	zip_add(&z, "word/document.xml", buf_view(&wide), 0);
	assert_int_equal(seen_zip(s, &z), 0);
	seen_text(s, "UTF-16 part");
}

static void test_deep_nesting(void **state)
{
	cleanup_with(buf_done) struct buf xml = BUF_INIT(0);
	struct zip_builder z = {0};

	(void)state;
	assert_int_equal(buf_put_str(&xml, "<w:document>"), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_put_str(&xml, "<w:txbxContent><w:p>" R("x")), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_put_str(&xml, "</w:p></w:txbxContent>"), 0);
	assert_int_equal(buf_put_str(&xml, P(R("after")) "</w:document>"), 0);
	zip_add(&z, "word/document.xml", buf_view(&xml), 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_true(s->total > 20000);
}

static void test_broken_utf8(void **state)
{
	(void)state;
	doc(DOC(P(R("a\xff\xc3z"))));
	seen_text(s, "a\uFFFD\uFFFDz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_runs_are_joined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_line_breaks_share_a_shape, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_inline_control_does_not_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_soft_hyphens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tracked_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_boxes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_styles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_properties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embedded_and_pictures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_utf16_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep_nesting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_utf8, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
