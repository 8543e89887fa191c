/* SPDX-License-Identifier: Apache-2.0 */
/* CMaps: which text a code stands for. */
#include <errno.h>

#include "extract/pdf_font.h"

struct cmap {
	struct pdf_file *f;
	struct pdf_font *font;
	struct pdf_lex lex;
};

static bool code_of(const struct pdf_object *o, uint32_t *ret)
{
	uint32_t v = 0;

	if (o->type != PDF_STRING || o->text.n == 0 || o->text.n > 4)
		return false;
	for (size_t i = 0; i < o->text.n; i++)
		v = v << 8 | o->text.p[i];
	*ret = v;
	return v <= 0xFFFF;
}

static size_t put_utf8(uint8_t *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (uint8_t)(0xC0 | c >> 6);
		p[1] = (uint8_t)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (uint8_t)(0xE0 | c >> 12);
		p[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		p[2] = (uint8_t)(0x80 | (c & 0x3F));
		return 3;
	}
	p[0] = (uint8_t)(0xF0 | c >> 18);
	p[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
	p[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
	p[3] = (uint8_t)(0x80 | (c & 0x3F));
	return 4;
}

/* Controls are blanks: Qt says that its space is a tab, and a tab would part cells. */
static uint32_t blank(uint32_t c)
{
	return c < ' ' || (c >= 0x7F && c <= 0xA0) ? ' ' : c;
}

/* A destination: UTF-16BE, whose last unit is raised by `add`. */
static int map_text(struct cmap *m, uint32_t code, struct view utf16, uint32_t add)
{
	uint8_t text[PDF_GLYPH_TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i + 1 < utf16.n && n + 4 <= sizeof(text);) {
		uint32_t c = (uint32_t)utf16.p[i] << 8 | utf16.p[i + 1];

		i += 2;
		if (c >= 0xD800 && c < 0xDC00 && i + 1 < utf16.n) {
			uint32_t low = (uint32_t)utf16.p[i] << 8 | utf16.p[i + 1];
			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		if (i + 1 >= utf16.n)
			c += add;
		if ((c >= 0xD800 && c < 0xE000) || c > 0x10FFFF || c == 0)
			continue;
		n += put_utf8(text + n, blank(c));
	}
	if (utf16.n == 1) /* one byte happens, and means what it says */
		n = put_utf8(text, blank(utf16.p[0] + (add & 0xFF)));
	return n ? pdf_font_map(m->f, m->font, code, text, n) : 0;
}

static int map_range(struct cmap *m, uint32_t from, uint32_t to, const struct pdf_object *what)
{
	int r = extractor_tick(m->f->x, 16);

	if (to > 0xFFFF || to < from)
		to = from;
	for (uint32_t c = from; c <= to && r == 0; c++) {
		if (what->type == PDF_STRING)
			r = map_text(m, c, what->text, c - from);
		else if (what->type != PDF_ARRAY || c - from >= what->n)
			break;
		else if (what->items[c - from].type == PDF_STRING)
			r = map_text(m, c, what->items[c - from].text, 0);
		if (r == 0)
			r = extractor_tick(m->f->x, 8);
	}
	return r;
}

/* The entries of one section up to its end word. */
static int cmap_section(struct cmap *m, bool range)
{
	struct pdf_object o[3];
	size_t n = 0;

	for (;;) {
		uint32_t from, to;
		int r = pdf_lex_next(&m->lex, &o[n]);
		if (r)
			return r;
		if (o[n].type == PDF_KEYWORD)
			return 0;
		if (++n < (range ? 3 : 2))
			continue;

		n = 0;
		if (!code_of(&o[0], &from))
			continue;
		if (!range)
			r = map_range(m, from, from, &o[1]);
		else if (code_of(&o[1], &to))
			r = map_range(m, from, to, &o[2]);
		if (r)
			return r;
	}
}

int pdf_cmap_read(struct pdf_file *f, struct pdf_font *font, struct view cmap)
{
	struct pdf_arena scratch = PDF_ARENA_INIT(PDF_ARENA_MAX / 8);
	struct cmap m = {.f = f, .font = font};
	struct pdf_object o;
	int r;

	pdf_lex_init(&m.lex, cmap, &scratch, false);
	while ((r = pdf_lex_next(&m.lex, &o)) == 0) {
		if (pdf_is_keyword(&o, "beginbfchar"))
			r = cmap_section(&m, false);
		else if (pdf_is_keyword(&o, "beginbfrange"))
			r = cmap_section(&m, true);
		if (r)
			break;
	}
	pdf_lex_done(&m.lex);
	pdf_arena_done(&scratch);
	if (r == -E2BIG) {
		extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	return r == PDF_LEX_END ? 0 : r;
}

bool pdf_cmap_is_wide(struct pdf_file *f, struct view cmap)
{
	struct pdf_arena scratch = PDF_ARENA_INIT(PDF_ARENA_MAX / 8);
	struct pdf_lex l;
	struct pdf_object o;
	bool in_space = false, wide = true;

	pdf_lex_init(&l, cmap, &scratch, false);
	while (extractor_tick(f->x, 8) == 0 && pdf_lex_next(&l, &o) == 0) {
		if (pdf_is_keyword(&o, "begincodespacerange")) {
			in_space = true;
		} else if (o.type == PDF_KEYWORD && in_space) {
			break;
		} else if (in_space && o.type == PDF_STRING) {
			wide = o.text.n != 1;
		}
	}
	pdf_lex_done(&l);
	pdf_arena_done(&scratch);
	return wide;
}
