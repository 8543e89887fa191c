/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets, slides, OpenDocument; plain text and what is no document. */
#include "sample.h"

#include <string.h>

#include "extract/plain.h"
#include "extract/record.h"

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

	va_start(ap, name);
	for (; name; name = va_arg(ap, const char *))
		zip_add_str(&z, name, va_arg(ap, const char *), 0);
	va_end(ap);
	assert_int_equal(seen_zip(s, &z), 0);
}

#define WORKBOOK                                                                               \
	"xl/workbook.xml",                                                                     \
		"<workbook><sheets><sheet name=\"Kế hoạch\" sheetId=\"1\" r:id=\"rId7\"/>" \
		"<sheet name=\"Ẩn\" sheetId=\"2\" state=\"hidden\" "                         \
		"r:id=\"rId8\"/></sheets></workbook>",                                         \
		"xl/_rels/workbook.xml.rels",                                                  \
		"<Relationships><Relationship Id=\"rId7\" Target=\"worksheets/sheetB.xml\"/>"  \
		"<Relationship Id=\"rId8\" Target=\"/xl/worksheets/sheetA.xml\"/></Relationships>"

static void test_sheet_cells(void **state)
{
	const struct seen_block *b;

	(void)state;
	run(WORKBOOK, "xl/sharedStrings.xml",
		"<sst><si><t>never shown</t></si><si><r><t>TỐI</t></r><r><t "
		"xml:space=\"preserve\"> MẬT</t></r>"
		"<rPh><t>phonetic</t></rPh></si></sst>",
		"xl/styles.xml",
		"<styleSheet><fonts><font/><font><b/><color rgb=\"FFFF0000\"/></font></fonts>"
		"<cellXfs><xf fontId=\"0\"/><xf fontId=\"1\"/></cellXfs></styleSheet>",
		"xl/worksheets/sheetB.xml",
		"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\" "
		"s=\"1\"><v>1</v></c><c><v>42</v></c>"
		"<c t=\"inlineStr\"><is><t>inline</t></is></c><c "
		"t=\"str\"><f>A1</f><v>formula</v></c></row>"
		"<row r=\"900\"><c t=\"s\"><v>1</v></c><c "
		"t=\"s\"><v>99</v></c></row></sheetData></worksheet>",
		"xl/worksheets/sheetA.xml",
		"<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>in hidden "
		"sheet</t></is></c></row></sheetData></worksheet>",
		NULL);
	assert_string_equal(s->result.format, "xlsx");
	b = seen_text(s, "TỐI MẬT");
	assert_int_equal(b->place, PLACE_TABLE_CELL);
	assert_int_equal(b->page, 1);
	assert_int_equal(b->flags & (BLOCK_RED | BLOCK_BOLD | BLOCK_TOP | BLOCK_FIRST_PAGE),
		BLOCK_RED | BLOCK_BOLD | BLOCK_TOP | BLOCK_FIRST_PAGE);
	assert_int_equal(seen_count(s, "TỐI MẬT"), 2);
	assert_null(seen_find(s, "42"));
	assert_null(seen_find(s, "phonetic"));
	seen_text(s, "inline");
	seen_text(s, "formula");
	assert_true(seen_text(s, "never shown")->flags & BLOCK_HIDDEN);
	b = seen_text(s, "in hidden sheet");
	assert_int_equal(b->page, 2);
	assert_true(b->flags & BLOCK_HIDDEN);
	b = seen_text(s, "Ẩn");
	assert_int_equal(b->place, PLACE_SHEET_NAME);
	assert_true(b->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "Kế hoạch")->page, 1);
}

static void test_sheet_header_codes(void **state)
{
	const struct seen_block *b;

	(void)state;
	run("xl/workbook.xml", "<workbook/>", "xl/worksheets/sheet1.xml",
		"<worksheet><headerFooter><oddHeader>&amp;LSở "
		"X&amp;C&amp;\"Times,Bold\"&amp;14&amp;KFF0000TUYỆT MẬT"
		"&amp;RR&amp;&amp;D</oddHeader><firstFooter>&amp;CTrang &amp;P/&amp;N</firstFooter>"
		"</headerFooter></worksheet>",
		NULL);
	b = seen_text(s, "TUYỆT MẬT");
	assert_int_equal(b->place, PLACE_HEADER);
	assert_true(b->flags & BLOCK_RED);
	assert_false(seen_text(s, "Sở X")->flags & BLOCK_RED);
	seen_text(s, "R&D");
	assert_int_equal(seen_text(s, "Trang /")->place, PLACE_FOOTER);
}

static void test_sheet_drawing_and_comment(void **state)
{
	(void)state;
	run("xl/workbook.xml", "<workbook/>", "xl/drawings/drawing1.xml",
		"<xdr:wsDr><xdr:sp><xdr:spPr><a:ln><a:solidFill><a:srgbClr "
		"val=\"FF0000\"/></a:solidFill></a:ln></xdr:spPr>"
		"<xdr:txBody><a:p><a:r><a:rPr "
		"b=\"1\"/><a:t>MẬT</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>",
		"xl/comments1.xml",
		"<comments><authors><author>me</author></authors><commentList><comment "
		"ref=\"A1\"><text><r><t>note </t></r>"
		"<r><t>text</t></r></text></comment></commentList></comments>",
		"xl/drawings/vmlDrawing1.vml",
		"<xml><v:shape><v:textbox><div>old box</div></v:textbox></v:shape></xml>", NULL);
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "MẬT")->flags & (BLOCK_FRAMED | BLOCK_BOLD | BLOCK_RED),
		BLOCK_FRAMED | BLOCK_BOLD);
	assert_int_equal(seen_text(s, "note text")->place, PLACE_COMMENT);
	assert_null(seen_find(s, "me"));
	assert_int_equal(seen_text(s, "old box")->place, PLACE_TEXT_BOX);
}

#define SP(inside, text)                                                                        \
	"<p:sp><p:nvSpPr><p:nvPr>" inside "</p:nvPr></p:nvSpPr><p:txBody>" text "</p:txBody></" \
	"p:sp>"
#define AP(text) "<a:p><a:r><a:rPr sz=\"4000\"/><a:t>" text "</a:t></a:r></a:p>"

static void test_slides(void **state)
{
	const struct seen_block *b;

	(void)state;
	run("ppt/presentation.xml", "<p:presentation/>", "ppt/slides/slide2.xml",
		"<p:sld>" SP("<p:ph type=\"title\"/>", AP("second")) "</p:sld>",
		"ppt/slides/slide1.xml",
		"<p:sld>" SP("", AP("TỐI") AP("MẬT")) SP("<p:ph type=\"ftr\"/>", AP("foot")) SP("",
			"<a:p><a:r><a:t>a</a:t></a:r><a:br/><a:r><a:t>b</a:t></"
			"a:r></a:p>") "</p:sld>",
		"ppt/slideMasters/slideMaster1.xml",
		"<p:sldMaster>" SP("<p:ph type=\"ftr\"/>", AP("master")) "</p:sldMaster>",
		"ppt/notesSlides/notesSlide1.xml", "<p:notes>" SP("", AP("notes")) "</p:notes>",
		"ppt/slides/slide3.xml", "<p:sld show=\"0\">" SP("", AP("skipped")) "</p:sld>",
		NULL);
	assert_string_equal(s->result.format, "pptx");
	b = seen_text(s, "TỐI");
	assert_int_equal(b->place, PLACE_TEXT_BOX);
	assert_int_equal(b->page, 1);
	assert_true(b->flags & BLOCK_LARGE);
	assert_int_equal(b->shape, seen_text(s, "MẬT")->shape);
	assert_false(b->flags & BLOCK_SHAPE_END);
	assert_true(seen_text(s, "MẬT")->flags & BLOCK_SHAPE_END);
	assert_int_equal(seen_text(s, "a")->shape, seen_text(s, "b")->shape);
	assert_int_equal(seen_text(s, "foot")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "second")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "second")->page, 2);
	assert_true(seen_text(s, "second") > b);
	assert_int_equal(seen_text(s, "master")->place, PLACE_MASTER);
	assert_int_equal(seen_text(s, "notes")->place, PLACE_NOTES);
	assert_true(seen_text(s, "skipped")->flags & BLOCK_HIDDEN);
}

#define ODT(styles, text)                                           \
	"<office:document-content><office:automatic-styles>" styles \
	"</office:automatic-styles><office:body>" text "</office:body></office:document-content>"

static void odf(const char *type, const char *content, const char *styles, const char *meta)
{
	run("mimetype", type, "META-INF/manifest.xml", "<manifest:manifest/>", "content.xml",
		content, "styles.xml", styles, "meta.xml", meta, NULL);
}

static void test_odt(void **state)
{
	(void)state;
	odf("application/vnd.oasis.opendocument.text",
		ODT("<style:style style:name=\"P1\" style:family=\"paragraph\" "
		    "style:parent-style-name=\"Stamp\">"
		    "<style:paragraph-properties fo:text-align=\"center\"/></style:style>"
		    "<style:style style:name=\"T1\" style:family=\"text\"><style:text-properties "
		    "fo:color=\"#ff0000\"/></style:style>"
		    "<style:style style:name=\"F1\" "
		    "style:family=\"graphic\"><style:graphic-properties fo:border=\"1pt "
		    "solid\"/></style:style>",
			"<office:text><text:tracked-changes><text:changed-region><text:deletion><"
			"text:p>deleted</text:p>"
			"</text:deletion></text:changed-region></text:tracked-changes>"
			"<text:p text:style-name=\"P1\"><text:span "
			"text:style-name=\"T1\">TU</text:span>"
			"<text:span text:style-name=\"T1\">YỆT</text:span><text:s text:c=\"2\"/>"
			"<text:span text:style-name=\"T1\">MẬT</text:span></text:p>\n"
			"<text:p>around<draw:frame "
			"draw:style-name=\"F1\"><draw:text-box><text:p>boxed</text:p></"
			"draw:text-box></draw:frame> it"
			"<text:note><text:note-citation>1</"
			"text:note-citation><text:note-body><text:p>note</text:p></"
			"text:note-body></text:note></text:p>"
			"<table:table><table:table-row><table:table-cell><text:p>single</text:p></"
			"table:table-cell></table:table-row></table:table>"
			"<text:p>a<text:line-break/>b</text:p></office:text>"),
		"<office:document-styles><office:styles><style:style style:name=\"Stamp\" "
		"style:family=\"paragraph\">"
		"<style:text-properties "
		"fo:text-transform=\"uppercase\"/></style:style></"
		"office:styles><office:master-styles>"
		"<style:master-page><style:header><text:p>head</text:p></"
		"style:header><style:footer><text:p>foot</text:p></style:footer>"
		"</style:master-page></office:master-styles></office:document-styles>",
		"<office:document-meta><office:meta><dc:subject>subject</dc:subject>"
		"<meta:user-defined meta:name=\"Độ "
		"mật\">Mật</meta:user-defined></office:meta></office:document-meta>");
	assert_string_equal(s->result.format, "odt");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_null(seen_find(s, "deleted"));
	assert_int_equal(
		seen_text(s, "TUYỆT  MẬT")->flags & (BLOCK_RED | BLOCK_CAPS | BLOCK_CENTRED),
		BLOCK_RED | BLOCK_CAPS | BLOCK_CENTRED);
	assert_int_equal(seen_text(s, "boxed")->place, PLACE_TEXT_BOX);
	assert_true(seen_text(s, "boxed")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "around it")->place, PLACE_BODY);
	assert_false(seen_text(s, "around it")->flags & (BLOCK_FRAMED | BLOCK_RED));
	assert_int_equal(seen_text(s, "note")->place, PLACE_FOOTNOTE);
	assert_true(seen_text(s, "single")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "a")->shape, seen_text(s, "b")->shape);
	assert_int_equal(seen_text(s, "head")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "foot")->place, PLACE_FOOTER);
	assert_string_equal(seen_text(s, "subject")->name, "subject");
	assert_string_equal(seen_text(s, "Mật")->name, "Độ mật");
}

static void test_ods_and_odp(void **state)
{
	(void)state;
	odf("application/vnd.oasis.opendocument.spreadsheet",
		ODT("",
			"<office:spreadsheet><table:table table:name=\"Bảng\"><table:table-row>"
			"<table:table-cell "
			"office:value-type=\"string\"><text:p>text</text:p></table:table-cell>"
			"<table:table-cell office:value-type=\"float\"><text:p>17</text:p>"
			"<office:annotation><dc:creator>me</dc:creator><text:p>remark</text:p></"
			"office:annotation>"
			"</table:table-cell></table:table-row></table:table></office:spreadsheet>"),
		"<office:document-styles/>", "<office:document-meta/>");
	assert_string_equal(s->result.format, "ods");
	assert_int_equal(seen_text(s, "text")->place, PLACE_TABLE_CELL);
	assert_int_equal(seen_text(s, "text")->page, 1);
	assert_true(seen_text(s, "text")->flags & BLOCK_TOP);
	assert_null(seen_find(s, "17"));
	assert_null(seen_find(s, "me"));
	assert_int_equal(seen_text(s, "remark")->place, PLACE_COMMENT);
	assert_int_equal(seen_text(s, "Bảng")->place, PLACE_SHEET_NAME);

	odf("application/vnd.oasis.opendocument.presentation",
		ODT("",
			"<office:presentation><draw:page><draw:frame><draw:text-box><text:p>TỐI</"
			"text:p><text:p>MẬT</text:p>"
			"</draw:text-box></"
			"draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>speak</"
			"text:p>"
			"</draw:text-box></draw:frame></presentation:notes></"
			"draw:page><draw:page><draw:custom-shape>"
			"<text:p>two</text:p></draw:custom-shape></draw:page></"
			"office:presentation>"),
		"<office:document-styles><office:master-styles><style:master-page><draw:frame><"
		"draw:text-box>"
		"<text:p>master</text:p></draw:text-box></draw:frame></style:master-page></"
		"office:master-styles></office:document-styles>",
		"<office:document-meta/>");
	assert_string_equal(s->result.format, "odp");
	assert_int_equal(seen_text(s, "TỐI")->shape, seen_text(s, "MẬT")->shape);
	assert_int_equal(seen_text(s, "TỐI")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "speak")->place, PLACE_NOTES);
	assert_int_equal(seen_text(s, "two")->page, 2);
	assert_int_equal(seen_text(s, "master")->place, PLACE_MASTER);
}

static void test_encrypted_office(void **state)
{
	(void)state;
	run("mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml",
		"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></"
		"manifest:file-entry></manifest:manifest>",
		"content.xml", "\x81\x92\xa3\xb4\xc5\x01\x02\x03", NULL);
	assert_string_equal(s->result.format, "odt");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
}

static void test_plain(void **state)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);

	(void)state;
	assert_int_equal(seen_run(s, VIEW_LIT("\xef\xbb\xbfmột\r\n\r\nhai\rba")), 0);
	assert_string_equal(s->result.format, "text");
	assert_int_equal(s->n, 3);
	assert_string_equal(s->blocks[0].text, "một");
	assert_true(s->blocks[0].flags & BLOCK_TOP);
	assert_true(s->blocks[0].flags & BLOCK_FIRST_PAGE);
	assert_int_equal(s->blocks[0].page, 1);
	seen_text(s, "hai");
	seen_text(s, "ba");

	assert_int_equal(seen_run(s, VIEW_LIT("\xff\xfe\x4d\x00\xac\x1e\x54\x00\n\x00z\x00")), 0);
	seen_text(s, "MẬT");

	/* A line longer than a block is cut behind a blank. */
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(buf_put_str(&text, "mười chữ "), 0);
	assert_int_equal(seen_run(s, buf_view(&text)), 0);
	assert_in_range(s->n, 3, 4);
	for (size_t i = 0; i < s->n; i++) {
		size_t n = strlen(s->blocks[i].text);

		assert_true(n <= 4096 && s->blocks[i].text[n - 1] == ' ');
	}
	assert_int_equal(seen_run(s, VIEW_EMPTY), 0);
	assert_string_equal(s->result.format, "empty");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

static void code(const char *text, bool is_code)
{
	assert_int_equal(seen_run(s, view_str(text)), 0);
	assert_true(s->n > 0);
	for (size_t i = 0; i < s->n; i++)
		if (!(s->blocks[i].flags & BLOCK_CODE) != !is_code)
			fail_msg("%s: %s", is_code ? "should be code" : "is no code", text);
}

static void test_code(void **state)
{
	(void)state;
	code("SECRET_KEY=abc\nLEVEL=\"MẬT\"\n", true);
	code("[main]\nlevel = MẬT\n; x\nother = 1\n", true);
	code("levels:\n  - TUYỆT MẬT\n  - TỐI MẬT\n", true);
	code("{\n  \"level\": 5,\n  \"x\": 1\n}\n", true);
	code("INSERT INTO levels VALUES (1);\n-- MẬT\n", true);
	code("msgid \"secret\"\nmsgstr \"MẬT\"\n\nmsgid \"a\"\nmsgstr \"b\"\n", true);
	code("#include <stdio.h>\nint main(void)\n{\n\tputs(\"MẬT\");\n\treturn 0;\n}\n", true);
	code("INSERT INTO levels VALUES (1, 'MẬT');\nINSERT INTO levels VALUES (2, 'TỐI MẬT');\n",
		true);
	code("#!/bin/sh\necho MẬT\n", true);

	code("MẬT\n\nSố: 12/BC\nĐộ mật: Mật\nKính gửi: Sở X\n", false);
	code("DO MAT: TUYET MAT\nKE HOACH TRUC DAO\nVi tri neo cach bo 2,5 hai ly.\n", false);
	code("SECRET//NOFORN\n\nSubject: Movements\nThe convoy leaves at dawn.\n", false);
	code("Nơi nhận:\n- Như trên;\n- Lưu: VT.\n", false);
	code("TLP:AMBER\nCompany memo for internal use.\nPlease do not share.\n", false);
	code("*** TUYỆT MẬT ***\n=====\nKế hoạch = mục tiêu của năm tới.\nKết quả đạt được.\n",
		false);
	code("From: a@b.example\nTo: c@d.example\n\nNội dung họp ngày mai.\nTrân trọng.\n", false);
}

/* What a Markdown text quotes is no text of its own; the rest of it is. */
static void test_markdown(void **state)
{
	(void)state;
	assert_int_equal(
		seen_run(s, VIEW_LIT("# Mẫu\n\n```\nTUYỆT MẬT\n```\n\n`TỐI MẬT`\nMẬT\n")), 0);
	assert_true(seen_text(s, "TUYỆT MẬT")->flags & BLOCK_CODE);
	assert_true(seen_text(s, "`TỐI MẬT`")->flags & BLOCK_CODE);
	assert_false(seen_text(s, "MẬT")->flags & BLOCK_CODE);
	assert_int_equal(
		seen_run(s, VIEW_LIT("BÁO CÁO\n~~~~\nMẬT\n~~~~\n`````\nTỐI MẬT\n`````\n")), 0);
	assert_false(seen_text(s, "MẬT")->flags & BLOCK_CODE);
	assert_false(seen_text(s, "TỐI MẬT")->flags & BLOCK_CODE);
	/* never closed, or around the whole text: it quotes nothing */
	assert_int_equal(seen_run(s, VIEW_LIT("# Báo cáo\n```\nTUYỆT MẬT\n")), 0);
	assert_false(seen_text(s, "TUYỆT MẬT")->flags & BLOCK_CODE);
	assert_int_equal(seen_run(s, VIEW_LIT("```\nTUYỆT MẬT\n```\n")), 0);
	assert_false(seen_text(s, "TUYỆT MẬT")->flags & BLOCK_CODE);
}

static void test_records(void **state)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);

	(void)state;
	assert_int_equal(seen_run(s,
				 VIEW_LIT("{\"so\": 12, \"do_mat\" : \"T\\u1ed1i m\\u1eadt\", "
					  "\"securityClassification\":\"A \\\"B\\\" C\", "
					  "\"x\":[\"y\",\"z\"]}")),
		0);
	seen_text(s, "do mat: Tối mật");
	seen_text(s, "security Classification: A \"B\" C");
	assert_int_equal(s->n, 3);
	/* in several lines: what says something of the whole, none of what lies deeper */
	assert_int_equal(seen_run(s,
				 VIEW_LIT("{\n \"do_mat\": \"Mật\",\n \"meta\": {\"so\": \"5\",\n "
					  "\"list\": [{\"do_mat\": \"Tối mật\"}]},\n \"a\": 1\n}")),
		0);
	assert_false(seen_text(s, "do mat: Mật")->flags & BLOCK_CODE);
	assert_false(seen_text(s, "so: 5")->flags & BLOCK_CODE);
	assert_null(seen_find(s, "do mat: Tối mật"));
	/* nor is a record what breaks off */
	assert_int_equal(seen_run(s, VIEW_LIT("{\"do_mat\": \"M\\u1e}")), 0);
	assert_int_equal(s->n, 1);
	assert_int_equal(seen_run(s, VIEW_LIT("{\"a\":\"\\ud800\\\",\"b\":\"c\"}")), 0);

	assert_int_equal(
		seen_run(s,
			VIEW_LIT("<?xml version=\"1.0\"?><VanBan><DoMat>\n Tối &amp; mật </DoMat>"
				 "<a>x<b>y</b>z</a></VanBan>")),
		0);
	seen_text(s, "Do Mat: Tối & mật");
	seen_text(s, "b: y");
	assert_null(seen_find(s, "a: z"));

	assert_int_equal(seen_run(s,
				 VIEW_LIT("<?xml version=\"1.0\"?><r so=\"4\" doMat=\"T&#7889;i "
					  "mật\"><a doMat=\"Mật\">x</a></r>")),
		0);
	seen_text(s, "do Mat: Tối mật");
	assert_null(seen_find(s, "do Mat: Mật"));

	/* the limits */
	for (unsigned members = RECORD_PRETTY_MEMBERS; members <= RECORD_PRETTY_MEMBERS + 1;
		members++) {
		buf_clear(&text);
		for (unsigned i = 0; i < members; i++)
			assert_int_equal(
				buf_put_str(&text, i ? ",\n\"k\":\"v\"" : "{\"k\":\"v\""), 0);
		assert_int_equal(buf_put_str(&text, "}"), 0);
		assert_int_equal(seen_run(s, buf_view(&text)), 0);
		if (members > RECORD_PRETTY_MEMBERS)
			assert_null(seen_find(s, "k: v"));
		else
			seen_text(s, "k: v");
	}
	buf_clear(&text);
	assert_int_equal(buf_put_str(&text, "{\n\"k\":\"v\""), 0);
	while (text.n < RECORD_PRETTY_MAX)
		assert_int_equal(buf_put_str(&text, " \n"), 0);
	assert_int_equal(buf_put_str(&text, "}"), 0);
	assert_int_equal(seen_run(s, buf_view(&text)), 0);
	assert_null(seen_find(s, "k: v"));
	buf_clear(&text);
	assert_int_equal(buf_put_str(&text, "{\"k\":\""), 0);
	for (unsigned i = 0; i <= RECORD_VALUE_MAX; i++)
		assert_int_equal(buf_put_byte(&text, 'v'), 0);
	assert_int_equal(buf_put_str(&text, "\",\"l\":\"w\",\""), 0);
	for (unsigned i = 0; i <= RECORD_KEY_MAX; i++)
		assert_int_equal(buf_put_byte(&text, 'k'), 0);
	assert_int_equal(buf_put_str(&text, "\":\"w\"}"), 0);
	assert_int_equal(seen_run(s, buf_view(&text)), 0);
	assert_int_equal(s->n, 2);
	seen_text(s, "l: w");
	buf_clear(&text);
	assert_int_equal(buf_put_byte(&text, '{'), 0);
	for (unsigned i = 0; i < RECORD_MEMBERS_MAX + 10; i++)
		assert_int_equal(buf_put_str(&text, i ? ",\"k\":\"v\"" : "\"k\":\"v\""), 0);
	assert_int_equal(buf_put_byte(&text, '}'), 0);
	assert_int_equal(seen_run(s, buf_view(&text)), 0);
	/* and the lines that the text itself was cut into */
	assert_int_equal(
		s->total, RECORD_MEMBERS_MAX + (text.n + PLAIN_LINE_MAX - 1) / PLAIN_LINE_MAX);
}

static void test_html_footer(void **state)
{
	(void)state;
	assert_int_equal(
		seen_run(s,
			VIEW_LIT("<html><body><p>text</p><div class=\"note Footer\">one</div>"
				 "<p id=page-footer>two</p><div "
				 "class=footers>three</div></body></html>")),
		0);
	assert_int_equal(seen_text(s, "one")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "two")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "three")->place, PLACE_BODY);
}

static void format(const char *bytes, size_t n, const char *name, enum completeness c)
{
	assert_int_equal(seen_run(s, view_of(bytes, n)), 0);
	assert_string_equal(s->result.format, name);
	assert_int_equal(s->result.completeness, c);
	assert_int_equal(REASONS(s), c == COMPLETENESS_FULL ? 0 : REASON_BIT(REASON_UNSUPPORTED));
	assert_int_equal(s->n, 0);
}

static void test_other_formats(void **state)
{
	(void)state;
	format("\x7f"
	       "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
		16, "elf", COMPLETENESS_FULL);
	format("SQLite format 3\0....", 20, "sqlite", COMPLETENESS_FULL);
	format("\xff\xd8\xff\xe0\0\x10JFIF", 10, "jpeg", COMPLETENESS_UNREADABLE);
	format("\x89PNG\r\n\x1a\n\0\0", 10, "png", COMPLETENESS_UNREADABLE);
	format("\x89LZO\0\r\n\x1a\n", 9, "lzop", COMPLETENESS_UNREADABLE);
	format("\x01\x02\x03\x00\x00\x00\xfe\x9c\x80", 9, "unknown", COMPLETENESS_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sheet_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sheet_header_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sheet_drawing_and_comment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slides, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ods_and_odp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_office, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_code, setup, teardown),
		cmocka_unit_test_setup_teardown(test_markdown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_records, setup, teardown),
		cmocka_unit_test_setup_teardown(test_html_footer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_formats, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
