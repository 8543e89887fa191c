/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: which parts there are, in which order they are read, and by whom. */
#include "extract/office.h"

#include <errno.h>
#include <stdlib.h>

#include "extract/signature.h"
#include "extract/xmlfile.h"
#include "extract/xps.h"

enum part {
	PART_OTHER, /* text by elements */
	PART_IGNORED,
	PART_DOCUMENT,
	PART_GLOSSARY,
	PART_HEADER,
	PART_FOOTER,
	PART_NOTES,
	PART_COMMENTS,
	PART_STYLES,
	PART_DRAWING,
	PART_MASTER,
	PART_SPEAKER,
	PART_SLIDE_COMMENTS,
	PART_VML,
	PART_STRINGS,
	PART_BOOK_STYLES,
	PART_WORKBOOK,
	PART_RELATIONS,
	PART_SHEET,
	PART_CORE,
	PART_PROPERTIES,
	PART_LABELS,
	PART_ODF,
	PART_ODF_MANIFEST,
	PART_FIXED_PAGE,
	PART_VISIO_PAGE,
	PART_VISIO_MASTER,
};

/* By the local name of the root element. */
static const struct {
	const char *root;
	enum part part;
} parts[] = {
	{"document", PART_DOCUMENT},
	{"wordDocument", PART_DOCUMENT},
	{"package", PART_DOCUMENT},
	{"glossaryDocument", PART_GLOSSARY},
	{"hdr", PART_HEADER},
	{"ftr", PART_FOOTER},
	{"footnotes", PART_NOTES},
	{"endnotes", PART_NOTES},
	{"comments", PART_COMMENTS},
	{"styles", PART_STYLES},
	{"sld", PART_DRAWING},
	{"dataModel", PART_DRAWING},
	{"drawing", PART_DRAWING},
	{"wsDr", PART_DRAWING},
	{"userShapes", PART_DRAWING},
	{"chartSpace", PART_DRAWING},
	{"sldMaster", PART_MASTER},
	{"sldLayout", PART_MASTER},
	{"notesMaster", PART_MASTER},
	{"handoutMaster", PART_MASTER},
	{"notes", PART_SPEAKER},
	{"cmLst", PART_SLIDE_COMMENTS},
	{"ThreadedComments", PART_SLIDE_COMMENTS},
	{"xml", PART_VML},
	{"sst", PART_STRINGS},
	{"styleSheet", PART_BOOK_STYLES},
	{"workbook", PART_WORKBOOK},
	{"Relationships", PART_RELATIONS},
	{"worksheet", PART_SHEET},
	{"chartsheet", PART_SHEET},
	{"dialogsheet", PART_SHEET},
	{"macrosheet", PART_SHEET},
	{"coreProperties", PART_CORE},
	{"Properties", PART_PROPERTIES},
	{"labelList", PART_LABELS},
	{"document-content", PART_ODF},
	{"document-styles", PART_ODF},
	{"document-meta", PART_ODF},
	{"manifest", PART_ODF_MANIFEST},
	{"FixedPage", PART_FIXED_PAGE},
	{"PageContents", PART_VISIO_PAGE},
	{"MasterContents", PART_VISIO_MASTER},
	/* looks, lists of names, counts: nothing that anybody reads */
	{"document-settings", PART_IGNORED},
	{"RDF", PART_IGNORED},
	{"Types", PART_IGNORED},
	{"theme", PART_IGNORED},
	{"themeOverride", PART_IGNORED},
	{"settings", PART_IGNORED},
	{"webSettings", PART_IGNORED},
	{"fonts", PART_IGNORED},
	{"numbering", PART_IGNORED},
	{"presentation", PART_IGNORED},
	{"presentationPr", PART_IGNORED},
	{"viewPr", PART_IGNORED},
	{"tblStyleLst", PART_IGNORED},
	{"calcChain", PART_IGNORED},
	{"commentsEx", PART_IGNORED},
	{"commentsIds", PART_IGNORED},
	{"commentsExtensible", PART_IGNORED},
	{"people", PART_IGNORED},
	{"personList", PART_IGNORED},
	{"cmAuthorLst", PART_IGNORED},
	{"colorsDef", PART_IGNORED},
	{"styleDef", PART_IGNORED},
	{"layoutDef", PART_IGNORED},
	{"chartStyle", PART_IGNORED},
	{"colorStyle", PART_IGNORED},
	{"datastoreItem", PART_IGNORED},
	{"Sources", PART_IGNORED},
};

bool office_is_red(struct view hex)
{
	unsigned rgb[3] = {0};

	if (hex.n == 7 && hex.p[0] == '#')
		hex = view_sub(hex, 1, 6);
	if (hex.n == 8)
		hex = view_sub(hex, 2, 6);
	if (hex.n != 6)
		return view_eq(hex, VIEW_LIT("red"));
	for (size_t i = 0; i < 6; i++) {
		uint8_t c = hex.p[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = c - (unsigned)'0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (c | 32U) - 'a' + 10;
		else
			return false;
		rgb[i / 2] = rgb[i / 2] << 4 | digit;
	}
	return look_is_red(rgb[0], rgb[1], rgb[2]);
}

bool office_is_on(const struct xml_token *t, const char *attr)
{
	static const char *const off[] = {"0", "false", "off", "none", "nil", "noStrike", NULL};
	struct view v;

	if (!xml_attr(t, attr, &v))
		return true;
	for (size_t i = 0; off[i]; i++)
		if (view_eq(v, view_str(off[i])))
			return false;
	return true;
}

uint32_t office_number(struct view v)
{
	uint32_t n = 0;

	for (size_t i = 0; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++) {
		if (n > (UINT32_MAX - 9) / 10)
			return UINT32_MAX;
		n = n * 10 + (uint32_t)(v.p[i] - '0');
	}
	return n;
}

int office_skip(struct extractor *x, struct xml *xml, const struct xml_token *t)
{
	struct view name = t->name;
	uint32_t depth = 1;
	struct xml_token in;

	if (t->kind != XML_OPEN)
		return 0;
	while (depth > 0 && xml_next(xml, &in) != XML_END) {
		int r = extractor_tick(x, 32);

		if (r != 0)
			return r;
		if (in.kind == XML_OPEN && view_eq(in.name, name))
			depth++;
		else if (in.kind == XML_CLOSE && view_eq(in.name, name))
			depth--;
	}
	return 0;
}

uint64_t office_hash(struct view name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* Ends at the second cell, so it costs little where it says no. */
bool office_is_one_cell(struct xml rest, const char *table, const char *cell)
{
	struct xml_token t;
	unsigned cells = 0;

	while (xml_next(&rest, &t) != XML_END) {
		if (t.kind == XML_CLOSE && xml_is(&t, table))
			return cells == 1;
		if (t.kind == XML_OPEN && xml_is(&t, cell) && ++cells > 1)
			return false;
	}
	return false;
}

static bool is_opendocument(struct view xml)
{
	struct view head = view_sub(xml, 0, 4096);

	return memmem(head.p, head.n, "urn:oasis:names:tc:opendocument", 31) != NULL;
}

static enum part part_of(struct view root)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (view_eq(root, view_str(parts[i].root)))
			return parts[i].part;
	return PART_OTHER;
}

/* "comments" is the root of Word's and of Excel's; so is "drawing" of many things. */
static bool has_element(struct view xml, const char *name)
{
	struct xml s = xml_begin(view_sub(xml, 0, 4096));
	struct xml_token t;

	while (xml_next(&s, &t) != XML_END)
		if (t.kind == XML_OPEN && xml_is(&t, name))
			return true;
	return false;
}

int office_part(struct office *o, struct view xml, struct view name)
{
	switch (part_of(xml_root(xml))) {
	case PART_DOCUMENT:
		if (is_opendocument(xml))
			return odf_part(o, xml);
		return docx_part(o, xml, PLACE_BODY, 0);
	case PART_GLOSSARY: return docx_part(o, xml, PLACE_BODY, BLOCK_HIDDEN);
	case PART_HEADER: return docx_part(o, xml, PLACE_HEADER, 0);
	case PART_FOOTER: return docx_part(o, xml, PLACE_FOOTER, 0);
	case PART_NOTES: return docx_part(o, xml, PLACE_FOOTNOTE, 0);
	case PART_COMMENTS:
		if (has_element(xml, "commentList"))
			return xlsx_comments(o, xml);
		return docx_part(o, xml, PLACE_COMMENT, 0);
	case PART_STYLES: return docx_styles_read(o, xml);
	case PART_DRAWING: return drawing_part(o, xml, PLACE_TEXT_BOX, 0);
	case PART_MASTER: return drawing_part(o, xml, PLACE_MASTER, 0);
	case PART_SPEAKER: return drawing_part(o, xml, PLACE_NOTES, 0);
	case PART_SLIDE_COMMENTS: return xlsx_comments(o, xml);
	case PART_VML: return vml_part(o, xml);
	case PART_STRINGS: return xlsx_strings(o, xml);
	case PART_BOOK_STYLES: return xlsx_styles(o, xml);
	case PART_WORKBOOK: return xlsx_workbook(o, xml);
	case PART_RELATIONS:
		if (view_ends(name, VIEW_LIT("workbook.xml.rels"))) {
			int r = xlsx_relations(o, xml);

			if (r != 0)
				return r;
		}
		return props_relations(o->x, xml);
	case PART_SHEET: return xlsx_sheet(o, xml, name);
	case PART_CORE: return props_core(o->x, xml);
	case PART_PROPERTIES: return props_app_or_custom(o->x, xml);
	case PART_LABELS: return props_labels(o->x, xml);
	case PART_ODF: return odf_part(o, xml);
	case PART_ODF_MANIFEST: return odf_manifest(o, xml);
	case PART_FIXED_PAGE: return xps_page(o, xml);
	case PART_VISIO_PAGE: return xmlfile_text(o->x, xml, PLACE_TEXT_BOX);
	case PART_VISIO_MASTER: return xmlfile_text(o->x, xml, PLACE_MASTER);
	case PART_IGNORED: return 0;
	case PART_OTHER: break;
	}
	return OFFICE_UNKNOWN;
}

/* What must come before what needs it, then the document, then what stands around it. */
static uint32_t rank(struct view name)
{
	static const struct {
		const char *in_name;
		uint32_t rank;
	} known[] = {
		{"META-INF/manifest.xml", 0},
		{"word/styles.xml", 0},
		{"xl/styles.xml", 0},
		{"xl/workbook", 0},
		{"xl/_rels/workbook", 1},
		{"sharedStrings.xml", 1},
		{"word/document", 2},
		{"content.xml", 2},
		{"ppt/slides/slide", 2},
		{"xl/worksheets/sheet", 2},
		{"word/header", 3},
		{"word/footer", 3},
		{"styles.xml", 1},
		{"word/footnotes", 4},
		{"word/endnotes", 4},
		{"docProps/", 6},
		{"docMetadata/", 6},
		{"meta.xml", 6},
		{"ppt/slideLayouts", 7},
		{"ppt/slideMasters", 7},
		{"customXml/", 7},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct view in = view_str(known[i].in_name);

		if (name.n >= in.n && memmem(name.p, name.n, in.p, in.n))
			return known[i].rank;
	}
	return 5;
}

/* "slide12.xml" is 12; 0 where the name has no number at its end. */
static uint32_t part_number(struct view name)
{
	size_t end = name.n, from;

	while (end > 0 && name.p[end - 1] != '.')
		end--;
	if (end == 0)
		return 0;
	for (from = end - 1; from > 0 && name.p[from - 1] >= '0' && name.p[from - 1] <= '9';)
		from--;
	return office_number(view_sub(name, from, end - 1 - from));
}

struct turn {
	uint32_t rank, number;
	size_t entry;
};

static int by_turn(const void *a, const void *b)
{
	const struct turn *ta = a, *tb = b;

	if (ta->rank != tb->rank)
		return ta->rank < tb->rank ? -1 : 1;
	if (ta->number != tb->number)
		return ta->number < tb->number ? -1 : 1;
	return ta->entry < tb->entry ? -1 : ta->entry > tb->entry;
}

static bool is_paged(struct view name)
{
	return memmem(name.p, name.n, "slides/slide", 12) ||
		memmem(name.p, name.n, "notesSlide", 10) || view_ends(name, VIEW_LIT(".fpage"));
}

/* The first page once more, too small to read. */
static bool is_thumbnail(struct view name)
{
	return view_starts(name, VIEW_LIT("Thumbnails/")) ||
		view_starts(name, VIEW_LIT("docProps/thumbnail"));
}

/* What is no XML: a picture, a font, an embedded document, or something that nobody knows. */
static int read_binary(struct extractor *x, struct view name, struct view content)
{
	const struct signature *s = signature_find(content);
	enum encoding e;

	if (s && s->kind == SIGNATURE_IMAGE) {
		if (!is_thumbnail(name))
			extractor_image(x, content);
		return 0;
	}
	if (extract_is_document(content))
		return extractor_nested(x, name, content);
	/* Stray text has no business in a package, so somebody put it there. */
	if (!s && !view_eq(name, VIEW_LIT("mimetype")) && encoding_detect(content, NULL, &e))
		return extractor_nested(x, name, content);
	return 0;
}

static int read_entry(struct office *o, struct zip *z, size_t i)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct view name = z->entries[i].name, content, xml;
	int r;

	if (z->entries[i].is_directory)
		return 0;
	if (!extractor_member(o->x))
		return EXTRACT_STOP;
	r = zip_read(o->x, z, i, &content);
	if (r != 0)
		return r == ZIP_NOTHING ? 0 : r;
	if (!xml_looks_like(content))
		return read_binary(o->x, name, content);
	r = xml_prepare(content, &decoded, &xml);
	if (r != 0)
		return r;
	o->page = is_paged(name) ? part_number(name) : 0;
	r = office_part(o, xml, name);
	if (r == OFFICE_UNKNOWN)
		r = props_any(o->x, xml);
	return r;
}

int office_read(struct extractor *x, struct zip *z, const char *format)
{
	struct office o = {.x = x, .is_slides = strcmp(format, "odp") == 0};
	size_t n = z->n;
	cleanup_with(freep) struct turn *turns = calloc(n ? n : 1, sizeof(*turns));
	int r = 0;

	if (!turns)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct view name = z->entries[i].name;

		turns[i] = (struct turn){rank(name), part_number(name), i};
	}
	qsort(turns, n, sizeof(*turns), by_turn);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_entry(&o, z, turns[i].entry);
	/* Entries that were hidden behind others come last. */
	for (size_t i = n; r == 0 && i < z->n; i++)
		r = read_entry(&o, z, i);
	if (r == 0)
		r = xlsx_finish(&o);
	o.styles = docx_styles_free(o.styles);
	o.book = xlsx_book_free(o.book);
	o.odf = odf_styles_free(o.odf);
	return r;
}

static const char *odf_format(struct view mimetype)
{
	static const struct {
		const char *type, *format;
	} known[] = {
		{"opendocument.text", "odt"},
		{"opendocument.spreadsheet", "ods"},
		{"opendocument.presentation", "odp"},
		{"opendocument.graphics", "odg"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (memmem(mimetype.p, mimetype.n, known[i].type, strlen(known[i].type)))
			return known[i].format;
	return "odf";
}

const char *office_format(struct extractor *x, struct zip *z)
{
	const char *format = NULL;
	struct view mimetype;
	bool content_types = false, declared = false, content = false;

	for (size_t i = 0; i < z->n; i++) {
		struct view name = z->entries[i].name;

		if (view_starts(name, VIEW_LIT("word/document")))
			format = "docx";
		else if (view_eq(name, VIEW_LIT("xl/workbook.bin")))
			format = "xlsb";
		else if (view_starts(name, VIEW_LIT("xl/workbook")))
			format = "xlsx";
		else if (view_starts(name, VIEW_LIT("ppt/presentation")))
			format = "pptx";
		else if (view_starts(name, VIEW_LIT("visio/document")))
			format = "vsdx";
		else if (view_ends(name, VIEW_LIT(".fdseq")))
			format = "xps";
		else if (view_eq(name, VIEW_LIT("[Content_Types].xml")))
			content_types = true;
		else if (view_eq(name, VIEW_LIT("META-INF/manifest.xml")))
			declared = true;
		else if (view_eq(name, VIEW_LIT("mimetype")))
			declared = true; /* EPUB has one, too, and no content.xml */
		else if (view_eq(name, VIEW_LIT("content.xml")))
			content = true;
	}
	if (content_types || format)
		return format ? format : "ooxml";
	if (!content || !declared)
		return NULL;
	for (size_t i = 0; i < z->n; i++)
		if (view_eq(z->entries[i].name, VIEW_LIT("mimetype")) && z->entries[i].size < 256 &&
			zip_read(x, z, i, &mimetype) == 0)
			return odf_format(mimetype);
	return "odf";
}
