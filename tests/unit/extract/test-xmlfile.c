/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are one XML file, pages of XPS and Visio, books, and what is only known by name.
 */
#include "sample.h"

#include <string.h>

#include "extract/xps.h"

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

static void run(const char *text, const char *format)
{
	assert_int_equal(seen_run(s, view_str(text)), 0);
	assert_string_equal(s->result.format, format);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

/* clang-format off */
#define W "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"

static void test_flat_odf(void **state)
{
	(void)state;
	run("<?xml version=\"1.0\"?><office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" "
		"office:mimetype=\"application/vnd.oasis.opendocument.text\">"
		"<office:meta><meta:keyword>Độ</meta:keyword><meta:keyword>mật</meta:keyword><meta:user-defined meta:name=\"Độ mật\">TỐI MẬT</meta:user-defined></office:meta>"
		"<office:master-styles><style:master-page><style:header><text:p>in the header</text:p></style:header>"
		"</style:master-page></office:master-styles>"
		"<office:body><office:text><text:p>in the <text:span>bo</text:span>dy</text:p></office:text></office:body>"
		"</office:document>", "fodt");
	assert_int_equal(seen_text(s, "in the body")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "in the header")->place, PLACE_HEADER);
	assert_string_equal(seen_text(s, "TỐI MẬT")->name, "Độ mật");
	assert_string_equal(seen_text(s, "Độ mật")->name, "keyword");
}

static void test_flat_opc(void **state)
{
	(void)state;
	run("<?xml version='1.0'?><?mso-application progid='Word.Document'?>"
		"<pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'>"
		"<pkg:part pkg:name='/word/document.xml'><pkg:xmlData><w:document " W "><w:body><w:p><w:r><w:t>in the bo</w:t></w:r>"
		"<w:r><w:t>dy</w:t></w:r></w:p></w:body></w:document></pkg:xmlData></pkg:part>"
		"<pkg:part pkg:name='/word/header1.xml'><pkg:xmlData><w:hdr " W "><w:p><w:r><w:t>in the header</w:t></w:r></w:p>"
		"</w:hdr></pkg:xmlData></pkg:part>"
		"<pkg:part pkg:name='/word/embeddings/a.txt'><pkg:binaryData>e1xydGYxIGluIGEgc21hbGwgZmlsZVxwYXJ9</pkg:binaryData>"
		"</pkg:part></pkg:package>", "flat-opc");
	assert_int_equal(seen_text(s, "in the body")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "in the header")->place, PLACE_HEADER);
	assert_string_equal(seen_text(s, "in a small file")->member, "/word/embeddings/a.txt");
}

static void test_2003(void **state)
{
	(void)state;
	run("<?xml version='1.0'?><w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'>"
		"<o:CustomDocumentProperties><o:Label>in a property</o:Label></o:CustomDocumentProperties>"
		"<w:styles><w:style w:styleId='P1'><w:rPr><w:color w:val='ff0000'/></w:rPr></w:style></w:styles>"
		"<w:body><w:p><w:pPr><w:pStyle w:val='P1'/></w:pPr><w:r><w:t>TỐI </w:t></w:r><w:r><w:t>MẬT</w:t></w:r></w:p>"
		"<w:sectPr><w:hdr><w:p><w:r><w:t>in the header</w:t></w:r></w:p></w:hdr></w:sectPr></w:body></w:wordDocument>",
		"word-2003");
	assert_true(seen_text(s, "TỐI MẬT")->flags & BLOCK_RED);
	assert_int_equal(seen_text(s, "in the header")->place, PLACE_HEADER);
	assert_string_equal(seen_text(s, "in a property")->name, "Label");
	run("<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'><Worksheet><Table><Row>"
		"<Cell><Data>one</Data></Cell><Cell><Data>TỐI <B>MẬT</B></Data></Cell></Row></Table></Worksheet></Workbook>",
		"excel-2003");
	assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_TABLE_CELL);
	seen_text(s, "one");
}

static void test_others(void **state)
{
	(void)state;
	run("<?xml version='1.0'?><FictionBook xmlns='http://www.gribuser.ru/xml/fictionbook/2.0'><body><section>"
		"<p>TỐI <strong>MẬT</strong></p><p>next</p></section></body><binary>iVBORw0KGgo=</binary></FictionBook>", "fb2");
	seen_text(s, "TỐI MẬT");
	assert_null(seen_find(s, "iVBORw0KGgo="));
	run("<svg xmlns='http://www.w3.org/2000/svg'><style>x</style><text>TỐI <tspan>MẬT</tspan></text></svg>", "svg");
	assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_TEXT_BOX);
	/* a vocabulary that nobody knows is plain text */
	run("<?xml version='1.0'?>\n<package>\n<w:t>word</w:t>\n</package>\n", "text");
}

static void test_visio(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "[Content_Types].xml", "<Types/>", 0);
	zip_add_str(&z, "visio/document.xml", "<VisioDocument/>", 0);
	zip_add_str(&z, "visio/pages/page1.xml", "<PageContents><Shapes><Shape ID='1'><Text><cp IX='0'/>TỐI <cp IX='1'/>MẬT\n"
		"</Text></Shape></Shapes></PageContents>", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "vsdx");
	assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_TEXT_BOX);
}

#define RUN(x, y, text, more) \
	"<Glyphs OriginX='" x "' OriginY='" y "' FontRenderingEmSize='16' UnicodeString='" text "' " more "/>"

static void test_xps(void **state)
{
	struct zip_builder z = {0};
	const struct seen_block *b;

	(void)state;
	zip_add_str(&z, "[Content_Types].xml", "<Types/>", 0);
	zip_add_str(&z, "FixedDocSeq.fdseq", "<FixedDocumentSequence/>", 0);
	zip_add_str(&z, "Documents/1/Pages/2.fpage", "<FixedPage Height='1056'>"
		RUN("96", "900", "below", "")
		RUN("160", "100.5", "MẬT", "Fill='#FFFF0000'")
		RUN("96", "100", "TỐI", "Fill='#FFFF0000' Indices='1,60;2,60;3,60'")
		RUN("96", "200", "a l", "Indices='1,50;2,50;3,50'") RUN("120", "200", "ine", "")
		RUN("96", "300", "{}{x}", "") "</FixedPage>", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "xps");
	b = seen_text(s, "TỐI MẬT");
	assert_int_equal(b->page, 2);
	assert_int_equal(b->flags & (BLOCK_RED | BLOCK_TOP | BLOCK_FIRST_PAGE), BLOCK_RED | BLOCK_TOP);
	seen_text(s, "a line");
	seen_text(s, "{x}");
	assert_int_equal(seen_text(s, "below")->flags & BLOCK_TOP, 0);
}

static void test_xps_runs(void **state)
{
	cleanup_with(buf_done) struct buf page = BUF_INIT(0);
	struct zip_builder z = {0};

	(void)state;
	assert_int_equal(buf_put_str(&page, "<FixedPage Height='9'>"), 0);
	for (unsigned i = 0; i <= XPS_RUNS_MAX; i++)
		assert_int_equal(buf_put_str(&page, "<Glyphs UnicodeString='x'/>"), 0);
	zip_add_str(&z, "[Content_Types].xml", "<Types/>", 0);
	zip_add(&z, "Documents/1/Pages/1.fpage", buf_view(&page), 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
}

static void test_epub(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "mimetype", "application/epub+zip", ZIP_STORED);
	zip_add_str(&z, "META-INF/container.xml", "<?xml version='1.0'?><container><rootfiles/></container>", 0);
	zip_add_str(&z, "OEBPS/c1.xhtml", "<?xml version='1.0' encoding='utf-8'?><html xmlns='http://www.w3.org/1999/xhtml'>"
		"<body><p>TỐI <b>MẬT</b></p></body></html>", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "epub");
	assert_string_equal(seen_text(s, "TỐI MẬT")->member, "OEBPS/c1.xhtml");
}

static void unread(struct view v, const char *format)
{
	assert_int_equal(seen_run(s, v), 0);
	assert_string_equal(s->result.format, format);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
}

static void test_unread(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	unread(VIEW_LIT("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3....."), "onenote");
	unread(VIEW_LIT("\0\1\0\0Standard Jet DB\0...."), "access");
	unread(VIEW_LIT("%!PS-Adobe-3.0\n(TOI MAT) show\n"), "postscript");
	unread(VIEW_LIT("!BDN...."), "outlook");
	unread(VIEW_LIT("\x01\x02\x03\0\0\0\xfe\x9c\x80"), "unknown");
	zip_add(&z, "Index/Document.iwa", VIEW_LIT("\0\x10\x01\0\x02\xff\xfe\0\0\x83\x92\x01\x00\x05\0\0\0\x01"), ZIP_STORED);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "iwork");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
}
/* clang-format on */

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_flat_odf),
		TEST(test_flat_opc),
		TEST(test_2003),
		TEST(test_others),
		TEST(test_visio),
		TEST(test_xps),
		TEST(test_xps_runs),
		TEST(test_epub),
		TEST(test_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
