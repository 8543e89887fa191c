/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs on the document: properties (Info and XMP) and attached files. */
#include "extract/label.h"
#include "extract/pdf_reader.h"
#include "extract/xml.h"

#define XMP_NAME_MAX 128 /* bytes of a property's name */

static int property_emit(struct pdf_reader *r, struct view name, struct view text)
{
	struct block b = {.place = PLACE_PROPERTY, .text = text, .name = name};
	return extractor_emit(r->x, &b);
}

static int info_read(struct pdf_reader *r)
{
	const struct pdf_object *info = pdf_resolve(&r->file, r->file.info);

	for (uint32_t i = 0; info->type == PDF_DICT && i < info->n; i++) {
		const struct pdf_object *key = &info->items[2 * (size_t)i];
		int e = pdf_string_text(pdf_resolve(&r->file, key + 1), &r->text);
		if (e == 0)
			e = property_emit(r, key->text, buf_view(&r->text));
		if (e)
			return e;
	}
	return 0;
}

/* Steps between a property and its text. */
static bool is_rdf(struct view name)
{
	static const char *const words[] = {
		"li", "Alt", "Seq", "Bag", "Description", "RDF", "xmpmeta", "value"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (view_eq(name, view_str(words[i])))
			return true;
	}
	return false;
}

/* Properties are elements with text or attributes of rdf:Description. */
static int xmp_scan(struct pdf_reader *r, struct view xmp)
{
	struct xml scan = xml_begin(xmp);
	struct xml_token t;
	struct view name = VIEW_EMPTY;
	struct label_slab slab = {0};

	while (xml_next(&scan, &t) != XML_END) {
		int e = extractor_tick(r->x, 64);

		if (t.kind == XML_OPEN)
			label_slab_open(&slab, t.name);
		if (t.kind == XML_CLOSE)
			label_slab_close(&slab, t.name);
		if ((t.kind == XML_OPEN || t.kind == XML_EMPTY) && !is_rdf(t.name)) {
			name = view_sub(t.name, 0, XMP_NAME_MAX);
		} else if (t.kind == XML_OPEN || t.kind == XML_EMPTY) {
			struct view attrs = t.attrs, key, value;
			while (e == 0 && xml_attr_next(&attrs, &key, &value)) {
				buf_clear(&r->text);
				e = xml_decode(value, &r->text);
				if (e == 0 && !view_eq(key, VIEW_LIT("about")) &&
					!view_eq(key, VIEW_LIT("lang")) &&
					!view_starts(value, VIEW_LIT("http://")))
					e = property_emit(r, view_sub(key, 0, XMP_NAME_MAX),
						buf_view(&r->text));
			}
		} else if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			buf_clear(&r->text);
			e = e ? e : xml_decode(t.text, &r->text);
			if (e == 0)
				e = property_emit(r, name, buf_view(&r->text));
			if (e == 0)
				e = label_slab_text(r->x, &slab, buf_view(&r->text));
		}
		if (e)
			return e;
	}
	return 0;
}

static int xmp_read(struct pdf_reader *r)
{
	const struct pdf_object *root = pdf_resolve(&r->file, r->file.root);
	const struct pdf_object *o = pdf_get(&r->file, root, "Metadata");
	struct view xmp;

	if (o->type != PDF_STREAM)
		return 0;
	buf_clear(&r->scratch);
	int e = pdf_stream_decode(&r->file, o, &r->scratch);
	if (e < 0 || e == EXTRACT_STOP)
		return e;
	cleanup_with(buf_done) struct buf utf8 = BUF_INIT(0);
	e = xml_prepare(buf_view(&r->scratch), &utf8, &xmp);
	return e || xmp.n == 0 ? e : xmp_scan(r, xmp);
}

int pdf_properties_read(struct pdf_reader *r)
{
	int e = info_read(r);
	return e ? e : xmp_read(r);
}

int pdf_attachment_read(struct pdf_reader *r, const struct pdf_object *spec)
{
	static const char *const keys[] = {"UF", "F", "Unix", "DOS", "Mac"};
	const struct pdf_object *ef = pdf_get(&r->file, spec, "EF");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct pdf_object *ref = pdf_dict_get(ef, keys[i]);
		const struct pdf_object *o = pdf_resolve(&r->file, ref);
		if (o->type != PDF_STREAM || !pdf_visit(r, ref))
			continue;

		cleanup_with(buf_done) struct buf content = BUF_INIT(0), name = BUF_INIT(0);
		int e = pdf_stream_decode(&r->file, o, &content);
		if (e < 0 || e == EXTRACT_STOP)
			return e;
		if (e == PDF_STREAM_DAMAGED || e == PDF_STREAM_UNKNOWN)
			extractor_fail(r->x, COMPLETENESS_PARTIAL,
				e == PDF_STREAM_DAMAGED ? REASON_DAMAGED : REASON_UNSUPPORTED);
		const struct pdf_object *title = pdf_get(&r->file, spec, "UF");
		if (title->type != PDF_STRING)
			title = pdf_get(&r->file, spec, "F");
		e = pdf_string_text(title, &name);
		if (e == 0)
			e = extractor_nested(r->x, buf_view(&name), buf_view(&content));
		if (e)
			return e;
	}
	return 0;
}

static int names_read(struct pdf_reader *r, const struct pdf_object *ref, unsigned depth)
{
	const struct pdf_object *node = pdf_resolve(&r->file, ref);

	if (node->type != PDF_DICT || !pdf_visit(r, ref))
		return 0;
	if (depth == PDF_TREE_DEPTH_MAX) {
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}

	const struct pdf_object *names = pdf_get(&r->file, node, "Names");
	const struct pdf_object *kids = pdf_get(&r->file, node, "Kids");
	int e = extractor_tick(r->x, 256);
	for (uint32_t i = 1; names->type == PDF_ARRAY && i < names->n && e == 0; i += 2)
		e = pdf_attachment_read(r, pdf_item(&r->file, names, i));
	for (uint32_t i = 0; kids->type == PDF_ARRAY && i < kids->n && e == 0; i++)
		e = names_read(r, &kids->items[i], depth + 1);
	return e;
}

/* The tree of embedded files, and the associated files that it may not know. */
int pdf_attachments_read(struct pdf_reader *r)
{
	const struct pdf_object *root = pdf_resolve(&r->file, r->file.root);
	const struct pdf_object *names = pdf_get(&r->file, root, "Names");
	const struct pdf_object *tree = pdf_dict_get(names, "EmbeddedFiles");
	const struct pdf_object *af = pdf_get(&r->file, root, "AF");
	int e = tree ? names_read(r, tree, 0) : 0;

	for (uint32_t i = 0; af->type == PDF_ARRAY && i < af->n && e == 0; i++)
		e = pdf_attachment_read(r, pdf_item(&r->file, af, i));
	return e;
}
