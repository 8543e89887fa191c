/* SPDX-License-Identifier: Apache-2.0 */
/* Workbooks: names and order of sheets, shared strings, fonts. */
#include "extract/xlsx.h"

#include <errno.h>
#include <stdlib.h>

int xlsx_book(struct office *o, struct xlsx_book **ret)
{
	if (!o->book)
		o->book = calloc(1, sizeof(*o->book));
	if (!o->book)
		return -ENOMEM;
	*ret = o->book;
	return 0;
}

struct xlsx_book *xlsx_book_free(struct xlsx_book *b)
{
	if (b) {
		buf_done(&b->text);
		buf_done(&b->strings);
		buf_done(&b->formats);
	}
	free(b);
	return NULL;
}

static struct view last_segment(struct view path)
{
	for (size_t i = path.n; i-- > 0;)
		if (path.p[i] == '/')
			return view_sub(path, i + 1, path.n);
	return path;
}

static int end_string(struct xlsx_book *b, size_t start)
{
	struct xlsx_string s = {(uint32_t)start, (uint32_t)(b->text.n - start), false};

	return buf_put(&b->strings, &s, sizeof(s));
}

int xlsx_strings(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct xlsx_book *b;
	struct xml_token t;
	bool in_text = false;
	size_t start;
	int r = xlsx_book(o, &b);

	if (r < 0)
		return r;
	start = b->text.n;
	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(o->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (in_text)
				r = xml_decode(t.text, &b->text);
		} else if (xml_is(&t, "t")) {
			in_text = t.kind == XML_OPEN;
		} else if (xml_is(&t, "rPh")) {
			r = office_skip(o->x, &s, &t);
		} else if (xml_is(&t, "si")) {
			if (t.kind != XML_OPEN)
				r = end_string(b, start);
			start = b->text.n;
			in_text = false;
		}
	}
	return r;
}

int xlsx_finish(struct office *o)
{
	struct xlsx_string *s;
	size_t n;
	int r = 0;

	if (!o->book)
		return 0;
	s = (struct xlsx_string *)(void *)o->book->strings.p;
	n = o->book->strings.n / sizeof(*s);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct block b = {
			.place = PLACE_TABLE_CELL,
			.flags = BLOCK_HIDDEN | BLOCK_SHAPE_END,
			.text = view_sub(buf_view(&o->book->text), s[i].at, s[i].n),
		};

		if (s[i].is_shown)
			continue;
		b.shape = extractor_shape(o->x);
		r = extractor_emit(o->x, &b);
	}
	return r;
}

static void font_property(struct look *l, const struct xml_token *t)
{
	struct view v;

	if (xml_is(t, "b") && office_is_on(t, "val"))
		l->flags |= BLOCK_BOLD;
	else if (xml_is(t, "strike") && office_is_on(t, "val"))
		l->flags |= BLOCK_STRUCK;
	else if (xml_is(t, "sz") && xml_attr(t, "val", &v) && office_number(v) >= 16)
		l->flags |= BLOCK_LARGE;
	else if (xml_is(t, "color") && xml_attr(t, "rgb", &v) && office_is_red(v))
		l->flags |= BLOCK_RED;
	else if ((xml_is(t, "name") || xml_is(t, "rFont")) && xml_attr(t, "val", &v))
		look_set_font(l, v);
}

int xlsx_styles(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct look *font = NULL;
	struct xlsx_book *b;
	struct xml_token t;
	bool in_formats = false;
	int r = xlsx_book(o, &b);

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		bool opens = t.kind == XML_OPEN || t.kind == XML_EMPTY;
		struct view v;

		r = extractor_tick(o->x, 32);
		if (xml_is(&t, "fonts") && t.kind == XML_CLOSE) {
			font = NULL;
		} else if (opens && xml_is(&t, "font")) {
			font = b->n_fonts < XLSX_FONTS_MAX ? &b->fonts[b->n_fonts++] : NULL;
		} else if (xml_is(&t, "cellXfs")) {
			in_formats = t.kind == XML_OPEN;
		} else if (r == 0 && opens && in_formats && xml_is(&t, "xf") &&
			b->formats.n < 2 * XLSX_FORMATS_MAX) {
			uint32_t id = xml_attr(&t, "fontId", &v) ? office_number(v) : 0;
			uint16_t narrow = (uint16_t)MIN(id, 0xffffU);

			r = buf_put(&b->formats, &narrow, sizeof(narrow));
		} else if (opens && font) {
			font_property(font, &t);
		}
	}
	return r;
}

static int sheet_name(struct office *o, struct xlsx_book *b, const struct xml_token *t)
{
	cleanup_with(buf_done) struct buf name = BUF_INIT(0);
	struct block block = {.place = PLACE_SHEET_NAME, .flags = BLOCK_SHAPE_END};
	struct view raw, v;
	int r;

	if (!xml_attr(t, "name", &raw))
		return 0;
	r = xml_decode(raw, &name);
	if (r < 0)
		return r;
	if (xml_attr(t, "state", &v) && !view_eq(v, VIEW_LIT("visible")))
		block.flags |= BLOCK_HIDDEN;
	if (b->n_sheets < XLSX_SHEETS_MAX) {
		struct xlsx_sheet_info *s = &b->sheets[b->n_sheets++];

		/* "id" is sheetId's neighbour r:id: local names are enough */
		s->relation = xml_attr(t, "id", &v) ? office_hash(v) : 0;
		s->is_hidden = block.flags & BLOCK_HIDDEN;
		block.page = (uint32_t)b->n_sheets;
	}
	block.text = buf_view(&name);
	block.shape = extractor_shape(o->x);
	return extractor_emit(o->x, &block);
}

int xlsx_workbook(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct xlsx_book *b;
	struct xml_token t;
	int r = xlsx_book(o, &b);

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(o->x, 32);
		if (r == 0 && (t.kind == XML_OPEN || t.kind == XML_EMPTY) && xml_is(&t, "sheet"))
			r = sheet_name(o, b, &t);
	}
	return r;
}

/* Which part holds which sheet. Comes after the workbook. */
int xlsx_relations(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct xlsx_book *b;
	struct xml_token t;
	int r = xlsx_book(o, &b);

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		struct view id, target;

		r = extractor_tick(o->x, 32);
		if (t.kind == XML_CLOSE || !xml_attr(&t, "Id", &id) ||
			!xml_attr(&t, "Target", &target))
			continue;
		for (size_t i = 0; i < b->n_sheets; i++)
			if (b->sheets[i].relation == office_hash(id))
				b->sheets[i].target = office_hash(last_segment(target));
	}
	return r;
}

/* Number of the sheet that a part holds, 1-based; 0 where nobody says. */
uint32_t xlsx_page(const struct xlsx_book *b, struct view part_name, bool *ret_hidden)
{
	uint64_t target = office_hash(last_segment(part_name));

	for (size_t i = 0; i < b->n_sheets; i++)
		if (b->sheets[i].target == target) {
			*ret_hidden = b->sheets[i].is_hidden;
			return (uint32_t)i + 1;
		}
	*ret_hidden = false;
	return 0;
}
