/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets: cells with text, headers and footers, comments. */
#include "extract/xlsx.h"

#include <errno.h>
#include <string.h>

#define WORDS(W)       \
	W(c)           \
	W(v)           \
	W(t)           \
	W(row)         \
	W(rPh)         \
	W(f)           \
	W(oddHeader)   \
	W(oddFooter)   \
	W(evenHeader)  \
	W(evenFooter)  \
	W(firstHeader) \
	W(firstFooter)

#define WORD_ENUM(w) W_##w,
#define WORD_NAME(w) #w,
enum word { W_other, WORDS(WORD_ENUM) W_MAX };
static const char *const word_names[] = {"", WORDS(WORD_NAME) NULL};

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT };

struct sheet {
	struct extractor *x;
	struct xlsx_book *book;
	struct xml xml;
	uint32_t page, flags;
	uint32_t row;
	enum cell_type type;
	struct look look;
	bool row_hidden, in_value;
	enum word header; /* or W_other */
	struct buf text;  /* of the cell, or of the header */
};

static int emit_cell(struct sheet *s, struct view text)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct block b = {
		.place = PLACE_TABLE_CELL,
		.page = s->page,
		.row = s->row,
		.flags = s->flags | s->look.flags | BLOCK_SHAPE_END,
		.text = text,
	};

	if (text.n == 0)
		return 0;
	if (s->look.is_legacy) {
		int r = encoding_decode_mojibake(s->look.legacy, text, &decoded);

		if (r == 0)
			b.text = buf_view(&decoded);
		else if (r == -ENOMEM)
			return r;
	}
	if (s->row <= XLSX_TOP_ROWS)
		b.flags |= BLOCK_TOP;
	if (s->page == 1 && s->row <= XLSX_PAGE_ROWS)
		b.flags |= BLOCK_FIRST_PAGE;
	if (s->row_hidden)
		b.flags |= BLOCK_HIDDEN;
	b.shape = extractor_shape(s->x);
	return extractor_emit(s->x, &b);
}

static int emit_shared(struct sheet *s, struct view index)
{
	struct xlsx_string *strings = (struct xlsx_string *)(void *)s->book->strings.p;
	uint32_t i = office_number(index);

	if (i >= s->book->strings.n / sizeof(*strings))
		return 0;
	strings[i].is_shown = true;
	return emit_cell(s, view_sub(buf_view(&s->book->text), strings[i].at, strings[i].n));
}

static void open_cell(struct sheet *s, const struct xml_token *t)
{
	struct view type, v;
	const uint16_t *formats = (const uint16_t *)(const void *)s->book->formats.p;

	buf_clear(&s->text);
	s->type = CELL_NUMBER;
	s->look = (struct look){0};
	if (xml_attr(t, "t", &type)) {
		if (view_eq(type, VIEW_LIT("s")))
			s->type = CELL_SHARED;
		else if (view_eq(type, VIEW_LIT("inlineStr")) || view_eq(type, VIEW_LIT("str")) ||
			view_eq(type, VIEW_LIT("d")))
			s->type = CELL_TEXT;
	}
	if (s->type != CELL_NUMBER && xml_attr(t, "s", &v)) {
		uint32_t format = office_number(v);

		if (format < s->book->formats.n / 2 && formats[format] < s->book->n_fonts)
			s->look = s->book->fonts[formats[format]];
	}
}

static int close_cell(struct sheet *s)
{
	int r = 0;

	if (s->type == CELL_SHARED)
		r = emit_shared(s, buf_view(&s->text));
	else if (s->type == CELL_TEXT)
		r = emit_cell(s, buf_view(&s->text));
	buf_clear(&s->text);
	s->type = CELL_NUMBER;
	return r;
}

static void open_row(struct sheet *s, const struct xml_token *t)
{
	struct view v;

	s->row = xml_attr(t, "r", &v) ? office_number(v) : s->row + 1;
	s->row_hidden = xml_attr(t, "hidden", &v) && office_is_on(t, "hidden");
}

static int sheet_open(struct sheet *s, enum word w, const struct xml_token *t)
{
	switch (w) {
	case W_row: open_row(s, t); return 0;
	case W_c: open_cell(s, t); return 0;
	case W_v:
	case W_t: s->in_value = s->type != CELL_NUMBER; return 0;
	case W_rPh:
	case W_f: return office_skip(s->x, &s->xml, t);
	case W_oddHeader:
	case W_oddFooter:
	case W_evenHeader:
	case W_evenFooter:
	case W_firstHeader:
	case W_firstFooter:
		s->header = w;
		buf_clear(&s->text);
		return 0;
	case W_other:
	case W_MAX: break;
	}
	return 0;
}

static int sheet_close(struct sheet *s, enum word w)
{
	enum place place = w == W_oddHeader || w == W_evenHeader || w == W_firstHeader
		? PLACE_HEADER
		: PLACE_FOOTER;

	switch (w) {
	case W_c: return close_cell(s);
	case W_v:
	case W_t: s->in_value = false; return 0;
	case W_oddHeader:
	case W_oddFooter:
	case W_evenHeader:
	case W_evenFooter:
	case W_firstHeader:
	case W_firstFooter:
		s->header = W_other;
		return xlsx_header_footer(s->x, buf_view(&s->text), place, s->page, s->flags);
	case W_row:
	case W_rPh:
	case W_f:
	case W_other:
	case W_MAX: break;
	}
	return 0;
}

static int walk(struct sheet *s)
{
	struct xml_dict dict;
	struct xml_token t;
	int r = 0;

	xml_dict_init(&dict, word_names);
	while (r == 0 && xml_next(&s->xml, &t) != XML_END) {
		enum word w;

		r = extractor_tick(s->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (s->in_value || s->header != W_other)
				r = xml_decode(t.text, &s->text);
			continue;
		}
		w = (enum word)xml_dict_find(&dict, t.name);
		if (w == W_other)
			continue;
		if (t.kind != XML_CLOSE)
			r = sheet_open(s, w, &t);
		if (r == 0 && t.kind != XML_OPEN)
			r = sheet_close(s, w);
	}
	return r;
}

int xlsx_sheet(struct office *o, struct view xml, struct view part_name)
{
	struct sheet s = {.x = o->x, .xml = xml_begin(xml)};
	bool hidden;
	int r = xlsx_book(o, &s.book);

	if (r < 0)
		return r;
	s.page = xlsx_page(s.book, part_name, &hidden);
	s.flags = hidden ? BLOCK_HIDDEN : 0;
	r = walk(&s);
	buf_done(&s.text);
	return r;
}

/* One code of a header, at '&': how long it is, and what it stands for. */
static size_t code_length(struct view v, uint32_t *flags, bool *section)
{
	const uint8_t *q;
	size_t n = 2;

	*section = false;
	if (v.n < 2)
		return v.n;
	switch (v.p[1]) {
	case 'L':
	case 'C':
	case 'R': *section = true; return 2;
	case '"': q = memchr(v.p + 2, '"', v.n - 2); return q ? (size_t)(q - v.p) + 1 : v.n;
	case 'K':
		if (office_is_red(view_sub(v, 2, 6)))
			*flags |= BLOCK_RED;
		/* six hex digits, or a theme's number with a signed tint */
		return MIN(v.n, (size_t)8);
	case 'B': *flags |= BLOCK_BOLD; return 2;
	case 'S': *flags |= BLOCK_STRUCK; return 2;
	default: break;
	}
	if (v.p[1] >= '0' && v.p[1] <= '9') {
		while (n < v.n && n < 4 && v.p[n] >= '0' && v.p[n] <= '9')
			n++;
		if (office_number(view_sub(v, 1, n - 1)) >= 16)
			*flags |= BLOCK_LARGE;
	}
	return n;
}

static int emit_section(struct extractor *x, struct block *b, struct buf *text)
{
	int r;

	b->text = buf_view(text);
	r = extractor_emit(x, b);
	buf_clear(text);
	return r;
}

int xlsx_header_footer(
	struct extractor *x, struct view raw, enum place place, uint32_t page, uint32_t flags)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct block b = {
		.place = place, .page = page, .flags = flags, .shape = extractor_shape(x)};
	int r = 0;

	while (r == 0 && raw.n > 0) {
		bool section;
		size_t n = 1;

		if (raw.p[0] == '\n') {
			r = emit_section(x, &b, &text);
		} else if (raw.p[0] != '&') {
			r = buf_put_byte(&text, raw.p[0]);
		} else if (raw.n > 1 && raw.p[1] == '&') {
			n = 2;
			r = buf_put_byte(&text, '&');
		} else {
			n = code_length(raw, &b.flags, &section);
			if (section) {
				r = emit_section(x, &b, &text);
				b.flags = flags;
				b.shape = extractor_shape(x);
			}
		}
		raw = view_sub(raw, n, raw.n);
	}
	return r == 0 ? emit_section(x, &b, &text) : r;
}

/* Comments of a sheet, threaded comments, comments of slides: text elements inside comments. */
int xlsx_comments(struct office *o, struct view xml)
{
	struct xml s = xml_begin(xml);
	struct flow flow;
	struct xml_token t;
	bool in_text = false;
	int r = 0;

	flow_init(&flow, o->x, PLACE_COMMENT);
	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(o->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (in_text)
				r = flow_put_xml(&flow, t.text, NULL);
		} else if (xml_is(&t, "t") || xml_is(&t, "text")) {
			in_text = t.kind == XML_OPEN;
		} else if (xml_is(&t, "comment") || xml_is(&t, "cm") ||
			xml_is(&t, "threadedComment")) {
			if (t.kind == XML_OPEN)
				r = flow_shape(&flow, PLACE_COMMENT, 0);
			else if (t.kind == XML_CLOSE)
				r = flow_shape_end(&flow);
		} else if (xml_is(&t, "p") && t.kind == XML_CLOSE) {
			r = flow_paragraph_end(&flow);
		}
	}
	if (r == 0)
		r = flow_finish(&flow);
	flow_done(&flow);
	return r;
}
