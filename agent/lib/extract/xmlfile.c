/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/xmlfile.h"

#include <string.h>

#include "extract/flow.h"
#include "extract/mail_coding.h"
#include "extract/signature.h"

/* The root, and the vocabulary that it belongs to, stand in so many bytes. */
#define HEAD_MAX 4096

enum how {
	BY_OFFICE,  /* office_part() knows the root */
	BY_WORD,    /* and styles, properties and headers stand in the same file */
	BY_PACKAGE, /* a part in each element */
	BY_TEXT,
	BY_PROPERTIES, /* each element is a property; PLACE_BODY: its text counts as such, too */
};

struct kind {
	const char *root, *vocabulary, *format;
	enum how how;
	enum place place;
};

static const struct kind kinds[] = {
	{"document", "urn:oasis:names:tc:opendocument", "fodt", BY_OFFICE, PLACE_BODY},
	{"wordDocument", "schemas.microsoft.com/office/word", "word-2003", BY_WORD, PLACE_BODY},
	{"package", "schemas.microsoft.com/office/2006/xmlPackage", "flat-opc", BY_PACKAGE,
		PLACE_BODY},
	{"Workbook", "office:spreadsheet", "excel-2003", BY_TEXT, PLACE_TABLE_CELL},
	{"VisioDocument", "schemas.microsoft.com/visio", "vdx", BY_TEXT, PLACE_TEXT_BOX},
	{"FictionBook", "FictionBook", "fb2", BY_TEXT, PLACE_BODY},
	{"svg", "w3.org/2000/svg", "svg", BY_TEXT, PLACE_TEXT_BOX},
	/* labels that stand beside what they are about, and a message with one in it */
	{"originatorConfidentialityLabel", "urn:nato:stanag:4774", "label", BY_PROPERTIES,
		PLACE_PROPERTY},
	{"BindingInformation", "urn:nato:stanag:4778", "label", BY_PROPERTIES, PLACE_PROPERTY},
	{"xmpmeta", "adobe:ns:meta", "xmp", BY_PROPERTIES, PLACE_PROPERTY},
	{"labelList", "mipLabelMetadata", "label", BY_OFFICE, PLACE_PROPERTY},
	{"message", "urn:xmpp:sec-label", "xmpp", BY_PROPERTIES, PLACE_BODY},
};

static const struct kind *find_kind(struct view content)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct view head, root;

	if (!xml_looks_like(content) ||
		xml_prepare(view_sub(content, 0, HEAD_MAX), &decoded, &head) < 0)
		return NULL;
	root = xml_root(head);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (view_eq(root, view_str(k->root)) &&
			memmem(head.p, head.n, k->vocabulary, strlen(k->vocabulary)))
			return k;
	}
	return NULL;
}

int xmlfile_bid(struct view content)
{
	return find_kind(content) ? BID_MAGIC : BID_NONE;
}

static bool is_one_of(struct view name, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (view_eq(name, view_str(words[i])))
			return true;
	return false;
}

/* In drawings a line's end is one; elsewhere it is where somebody's editor broke the file. */
static int put_lines(struct flow *f, struct view raw, enum place place, const struct look *look)
{
	int r = 0;

	while (r == 0 && raw.n > 0) {
		const uint8_t *nl = memchr(raw.p, '\n', raw.n);
		size_t n = nl ? (size_t)(nl - raw.p) : raw.n;

		r = flow_put_xml(f, view_sub(raw, 0, n), look);
		if (r == 0 && nl)
			r = place == PLACE_TEXT_BOX ? flow_paragraph_end(f)
						    : flow_put(f, VIEW_LIT(" "), look);
		raw = view_sub(raw, n + 1, raw.n);
	}
	return r;
}

int xmlfile_text(struct extractor *x, struct view xml, enum place place)
{
	static const char *const inside[] = {"strong", "emphasis", "style", "a", "b", "i", "u", "s",
		"sub", "sup", "span", "tspan", "em", "font", "Font", "B", "I", "U", "Span", "Sub",
		"Sup", "cp", "pp", "tp", "fld", NULL};
	static const char *const skipped[] = {"binary", "script", "stylesheet", "metadata", NULL};
	const struct look look = {0};
	struct flow f;
	struct xml s = xml_begin(xml);
	struct xml_token t;
	int r = 0;

	flow_init(&f, x, place);
	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT)
			r = put_lines(&f, t.text, place, &look);
		else if (t.kind == XML_CDATA)
			r = flow_put(&f, t.text, &look);
		else if (t.kind == XML_OPEN && is_one_of(t.name, skipped))
			r = office_skip(x, &s, &t);
		else if (!is_one_of(t.name, inside))
			r = flow_paragraph_end(&f);
	}
	if (r == 0)
		r = flow_finish(&f);
	flow_done(&f);
	return r;
}

/* --- a package as one file -------------------------------------------------------------------- */

static int binary_part(struct extractor *x, struct view name, struct view coded)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	const struct signature *s;
	int r = mail_base64(coded, &out);

	if (r < 0)
		return r;
	if (!extractor_charge(x, out.n))
		return 0;
	s = signature_find(buf_view(&out));
	if (s && s->kind == SIGNATURE_IMAGE) {
		extractor_image(x, buf_view(&out));
		return 0;
	}
	if (extract_is_document(buf_view(&out)))
		return extractor_nested(x, name, buf_view(&out));
	return 0;
}

/* What stands up to the end of the element that `t` opened; `s` goes behind it. */
static int content_of(
	struct extractor *x, struct xml *s, const struct xml_token *t, struct view *ret)
{
	const uint8_t *begin = s->p;
	int r = office_skip(x, s, t);

	*ret = view_of(begin, (size_t)(s->p - begin));
	return r;
}

/* Styles and shared strings must be known before what uses them. */
static bool comes_first(struct view name)
{
	return view_ends(name, VIEW_LIT("styles.xml")) ||
		view_ends(name, VIEW_LIT("workbook.xml")) ||
		view_ends(name, VIEW_LIT("sharedStrings.xml"));
}

static int read_parts(struct office *o, struct view xml, bool first)
{
	struct xml s = xml_begin(xml);
	struct view name = VIEW_EMPTY, content;
	struct xml_token t;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(o->x, 32);
		if (r != 0 || t.kind != XML_OPEN)
			continue;
		if (xml_is(&t, "part")) {
			if (!xml_attr(&t, "name", &name))
				name = VIEW_EMPTY;
			if (!extractor_member(o->x))
				return 0;
		} else if (xml_is(&t, "xmlData")) {
			r = content_of(o->x, &s, &t, &content);
			if (r == 0 && comes_first(name) == first)
				r = office_part(o, content, name);
			if (r == OFFICE_UNKNOWN)
				r = props_any(o->x, content);
		} else if (xml_is(&t, "binaryData")) {
			r = content_of(o->x, &s, &t, &content);
			if (r == 0 && !first)
				r = binary_part(o->x, name, content);
		}
	}
	return r;
}

/* Styles, properties and headers, then the text; there, headers are paragraphs once more. */
static int read_word(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct view content, body = VIEW_EMPTY;
	struct xml_token t;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		bool header = xml_is(&t, "hdr"), footer = xml_is(&t, "ftr"),
		     styles = xml_is(&t, "styles"),
		     properties = xml_is(&t, "DocumentProperties") ||
			xml_is(&t, "CustomDocumentProperties");

		r = extractor_tick(o->x, 32);
		if (r == 0 && t.kind == XML_OPEN && xml_is(&t, "body"))
			body = view_of(s.p, (size_t)(s.end - s.p));
		if (r != 0 || t.kind != XML_OPEN || !(header || footer || styles || properties))
			continue;
		r = content_of(o->x, &s, &t, &content);
		if (r == 0 && styles)
			r = docx_styles_read(o, content);
		else if (r == 0 && properties)
			r = props_any(o->x, content);
		else if (r == 0)
			r = docx_part(o, content, header ? PLACE_HEADER : PLACE_FOOTER, 0);
	}
	return r == 0 ? docx_part(o, body, PLACE_BODY, 0) : r;
}

int xmlfile_extract(struct extractor *x, struct view content)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	const struct kind *k = find_kind(content);
	struct office o = {.x = x};
	struct view xml;
	int r;

	if (!k)
		return 0;
	extractor_format(x, k->format);
	r = xml_prepare(content, &decoded, &xml);
	if (r != 0)
		return r;
	if (k->how == BY_TEXT)
		return xmlfile_text(x, xml, k->place);
	if (k->how == BY_PROPERTIES) {
		r = props_any(x, xml);
		return r == 0 && k->place == PLACE_BODY ? xmlfile_text(x, xml, k->place) : r;
	}
	if (k->how == BY_WORD) {
		r = read_word(&o, xml);
	} else if (k->how == BY_OFFICE) {
		o.is_slides = memmem(xml.p, MIN(xml.n, (size_t)HEAD_MAX),
				      "opendocument.presentation", 25) != NULL;
		r = office_part(&o, xml, VIEW_EMPTY);
	} else {
		r = read_parts(&o, xml, true);
		if (r == 0)
			r = read_parts(&o, xml, false);
		if (r == 0)
			r = xlsx_finish(&o);
	}
	o.styles = docx_styles_free(o.styles);
	o.book = xlsx_book_free(o.book);
	o.odf = odf_styles_free(o.odf);
	return r == OFFICE_UNKNOWN ? 0 : r;
}
