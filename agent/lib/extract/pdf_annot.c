/* SPDX-License-Identifier: Apache-2.0 */
/* Annotations: notes, stamps by name, form fields, attached files. */
#include <ctype.h>

#include "extract/pdf_paint.h"
#include "extract/pdf_reader.h"

#define FIELD_PARENTS_MAX 16 /* that a form field's value is looked for in */
#define STAMP_WORDS_MAX   128

/* Texts that a note, a stamp or a field has of its own. */
static int text_emit(struct pdf_reader *r, const struct pdf_page *p, enum place place,
	struct view name, const struct pdf_object *o)
{
	int e = pdf_string_text(o, &r->text);
	if (e || r->text.n == 0)
		return e;

	struct block b = {
		.place = place,
		.page = p->number,
		.flags = p->number == 1 ? BLOCK_FIRST_PAGE : 0U,
		.text = buf_view(&r->text),
		.name = name,
	};
	return extractor_emit(r->x, &b);
}

/* Runs an appearance and hands over what it shows. */
static int appearance_emit(struct pdf_reader *r, const struct pdf_page *p,
	const struct pdf_object *annotation, enum place place, struct view name)
{
	static const double base[6] = {1, 0, 0, 1, 0, 0};
	const struct pdf_object *form = pdf_get(&r->file, pdf_get(&r->file, annotation, "AP"), "N");
	struct pdf_page *slot = &r->appearance;

	if (form->type != PDF_STREAM)
		return 0;
	buf_clear(&r->scratch);
	int e = pdf_stream_decode(&r->file, form, &r->scratch);
	if (e < 0 || e == EXTRACT_STOP)
		return e;
	pdf_content_clear(&slot->content);
	e = pdf_content_run(&r->file, &r->fonts, buf_view(&r->scratch),
		pdf_get(&r->file, form, "Resources"), base, &slot->content);
	if (e == 0)
		e = pdf_layout_make(r->x, &slot->content, &slot->layout);

	uint32_t shape = slot->layout.n > 1 ? extractor_shape(r->x) : 0;
	for (size_t i = 0; i < slot->layout.n && e == 0; i++) {
		const struct pdf_line *line = &slot->layout.lines[i];
		struct block b = {
			.place = place,
			.page = p->number,
			.shape = shape,
			.flags = (line->flags & ~(uint32_t)BLOCK_FRAMED) |
				(p->number == 1 ? BLOCK_FIRST_PAGE : 0U) |
				(shape && i + 1 == slot->layout.n ? BLOCK_SHAPE_END : 0U),
			.text = view_sub(buf_view(&slot->layout.text), line->text, line->n),
			.name = name,
		};
		e = extractor_emit(r->x, &b);
	}
	return e;
}

/* "TopSecret" is shown as TOP SECRET. */
static int stamp_emit(struct pdf_reader *r, const struct pdf_page *p, struct view name)
{
	uint8_t words[STAMP_WORDS_MAX];
	struct pdf_object text = {.type = PDF_STRING};
	size_t n = 0;

	for (size_t i = 0; i < name.n && n + 2 <= sizeof(words); i++) {
		uint8_t c = name.p[i];
		if (i && isupper(c) && islower(name.p[i - 1]))
			words[n++] = ' ';
		if (c != '#')
			words[n++] = (uint8_t)toupper(c);
	}
	text.text = view_of(words, n);
	return text_emit(r, p, PLACE_ANNOTATION, name, &text);
}

/* A field's own value or its parent's. */
static const struct pdf_object *field_value(
	struct pdf_reader *r, const struct pdf_object *field, const char *key)
{
	for (int i = 0; i < FIELD_PARENTS_MAX; i++) {
		const struct pdf_object *v = pdf_get(&r->file, field, key);
		if (v->type != PDF_NULL)
			return v;
		field = pdf_get(&r->file, field, "Parent");
	}
	return pdf_resolve(&r->file, NULL);
}

static int field_emit(
	struct pdf_reader *r, const struct pdf_page *p, const struct pdf_object *field)
{
	const struct pdf_object *value = field_value(r, field, "V");
	const struct pdf_object *name = field_value(r, field, "T");
	cleanup_with(buf_done) struct buf title = BUF_INIT(0);

	if (pdf_is_name(field_value(r, field, "FT"), "Btn"))
		return 0; /* its value is the name of a state */
	int e = pdf_string_text(name, &title);
	if (e)
		return e;
	if (value->type == PDF_STRING)
		return text_emit(r, p, PLACE_FORM_FIELD, buf_view(&title), value);
	if (value->type == PDF_ARRAY && value->n) {
		for (uint32_t i = 0; i < value->n && e == 0; i++)
			e = text_emit(r, p, PLACE_FORM_FIELD, buf_view(&title),
				pdf_item(&r->file, value, i));
		return e;
	}
	return appearance_emit(r, p, field, PLACE_FORM_FIELD, buf_view(&title));
}

static int annotation_read(
	struct pdf_reader *r, const struct pdf_page *p, const struct pdf_object *a)
{
	const struct pdf_object *kind = pdf_get(&r->file, a, "Subtype");
	const struct pdf_object *contents = pdf_get(&r->file, a, "Contents");

	if (pdf_is_name(kind, "Widget"))
		return field_emit(r, p, a);
	if (pdf_is_name(kind, "FileAttachment")) {
		int e = pdf_attachment_read(r, pdf_get(&r->file, a, "FS"));
		return e ? e : text_emit(r, p, PLACE_COMMENT, VIEW_EMPTY, contents);
	}
	if (pdf_is_name(kind, "Stamp")) {
		const struct pdf_object *name = pdf_get(&r->file, a, "Name");
		struct view v = name->type == PDF_NAME ? name->text : VIEW_EMPTY;
		int e = stamp_emit(r, p, v);
		if (e == 0)
			e = text_emit(r, p, PLACE_ANNOTATION, v, contents);
		return e ? e : appearance_emit(r, p, a, PLACE_ANNOTATION, v);
	}
	if (pdf_is_name(kind, "FreeText")) {
		if (contents->type == PDF_STRING && contents->text.n)
			return text_emit(r, p, PLACE_ANNOTATION, VIEW_EMPTY, contents);
		return appearance_emit(r, p, a, PLACE_ANNOTATION, VIEW_EMPTY);
	}
	if (pdf_is_name(kind, "Watermark"))
		return appearance_emit(r, p, a, PLACE_WATERMARK, VIEW_EMPTY);
	if (pdf_is_name(kind, "Link"))
		return text_emit(r, p, PLACE_PROPERTY, VIEW_LIT("link"),
			pdf_get(&r->file, pdf_get(&r->file, a, "A"), "URI"));
	if (pdf_is_name(kind, "Popup"))
		return 0;
	return text_emit(r, p, PLACE_COMMENT, VIEW_EMPTY, contents);
}

int pdf_annotations_read(struct pdf_reader *r, const struct pdf_page *page)
{
	const struct pdf_object *list = pdf_get(&r->file, page->dict, "Annots");

	if (list->type != PDF_ARRAY)
		return 0;
	for (uint32_t i = 0; i < list->n; i++) {
		if (i == PDF_ANNOTATIONS_MAX) {
			extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		const struct pdf_object *a = pdf_item(&r->file, list, i);
		int e = extractor_tick(r->x, 64);
		if (e == 0 && a->type == PDF_DICT)
			e = annotation_read(r, page, a);
		if (e)
			return e;
	}
	return 0;
}
