/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_font.h"

#include <errno.h>

#include "extract/pdf_glyph.h"

static struct pdf_font *font_free(struct pdf_font *font)
{
	if (!font)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(font->pages); i++)
		free(font->pages[i]);
	buf_done(&font->strings);
	free(font);
	return NULL;
}

void pdf_fonts_done(struct pdf_fonts *s)
{
	for (size_t i = 0; i < s->cap; i++)
		font_free(s->v[i]);
	free(s->v);
	*s = (struct pdf_fonts){0};
}

static struct pdf_glyph *font_glyph(struct pdf_font *font, uint32_t code)
{
	struct pdf_glyph **page = &font->pages[code >> 8 & 0xFF];

	if (!*page) {
		*page = calloc(256, sizeof(**page));
		if (!*page)
			return NULL;
		for (size_t i = 0; i < 256; i++)
			(*page)[i].width = -1;
	}
	return &(*page)[code & 0xFF];
}

int pdf_font_map(
	struct pdf_file *f, struct pdf_font *font, uint32_t code, const uint8_t *utf8, size_t n)
{
	struct pdf_glyph *g = font_glyph(font, code);
	size_t at = font->strings.n;

	(void)f;
	if (!g)
		return -ENOMEM;
	if (n == 0 || n > PDF_GLYPH_TEXT_MAX)
		return 0;
	memset(g->utf8, 0, sizeof(g->utf8));
	if (n <= 4 &&
		(utf8[0] < 0x80 ? n == 1
				: n ==
					(utf8[0] < 0xE0                  ? 2U
							: utf8[0] < 0xF0 ? 3U
									 : 4U))) {
		memcpy(g->utf8, utf8, n);
		return 0;
	}

	int r = buf_put_byte(&font->strings, (uint8_t)n);
	if (r == 0)
		r = buf_put(&font->strings, utf8, n);
	if (r)
		return r;
	g->utf8[0] = PDF_GLYPH_LONG;
	g->utf8[1] = (uint8_t)(at >> 16);
	g->utf8[2] = (uint8_t)(at >> 8);
	g->utf8[3] = (uint8_t)at;
	return 0;
}

static int font_map_codes(
	struct pdf_file *f, struct pdf_font *font, uint32_t code, const uint32_t *codes, unsigned n)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(PDF_GLYPH_TEXT_MAX);

	for (unsigned i = 0; i < n; i++) {
		int r = buf_put_utf8(&b, codes[i]);
		if (r)
			return r;
	}
	return pdf_font_map(f, font, code, b.p, b.n);
}

/* The name without a subset's prefix "ABCDEF+". */
static struct view base_name(struct pdf_file *f, const struct pdf_object *dict)
{
	const struct pdf_object *o = pdf_get(f, dict, "BaseFont");
	struct view v = o->type == PDF_NAME ? o->text : VIEW_EMPTY;

	return v.n > 7 && v.p[6] == '+' ? view_sub(v, 7, v.n) : v;
}

static bool contains(struct view v, const char *word)
{
	return v.n && memmem(v.p, v.n, word, strlen(word));
}

static bool name_is_bold(struct view v)
{
	return contains(v, "Bold") || contains(v, "bold") || contains(v, "Black") ||
		contains(v, "Heavy");
}

static bool name_is_symbols(struct view v)
{
	return contains(v, "Symbol") || contains(v, "ingdings") || contains(v, "Dingbats") ||
		contains(v, "Webdings");
}

static int encoding_apply(struct pdf_file *f, struct pdf_font *font, enum pdf_encoding e)
{
	for (uint32_t c = 0; c < 256; c++) {
		uint32_t code = pdf_encoding_code(e, (uint8_t)c);
		int r = code ? font_map_codes(f, font, c, &code, 1) : 0;
		if (r)
			return r;
	}
	return 0;
}

static int differences_apply(
	struct pdf_file *f, struct pdf_font *font, const struct pdf_object *list)
{
	uint32_t code = 0;

	for (uint32_t i = 0; list->type == PDF_ARRAY && i < list->n; i++) {
		const struct pdf_object *o = pdf_item(f, list, i);

		if (o->type == PDF_NUMBER) {
			code = o->number >= 0 && o->number < 256 ? (uint32_t)o->number : 256;
		} else if (o->type == PDF_NAME && code < 256) {
			uint32_t codes[PDF_GLYPH_CODEPOINTS];
			unsigned n = pdf_glyph_codes(o->text, codes);
			struct pdf_glyph *g = font_glyph(font, code);
			if (!g)
				return -ENOMEM;
			memset(g->utf8, 0, sizeof(g->utf8));
			int r = n ? font_map_codes(f, font, code, codes, n) : 0;
			if (r)
				return r;
			code++;
		}
	}
	return 0;
}

static enum pdf_encoding encoding_named(const struct pdf_object *name, enum pdf_encoding otherwise)
{
	if (pdf_is_name(name, "WinAnsiEncoding"))
		return PDF_ENCODING_WINANSI;
	if (pdf_is_name(name, "MacRomanEncoding"))
		return PDF_ENCODING_MACROMAN;
	return pdf_is_name(name, "StandardEncoding") ? PDF_ENCODING_STANDARD : otherwise;
}

static int simple_encoding(struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict)
{
	const struct pdf_object *e = pdf_get(f, dict, "Encoding");
	bool type3 = pdf_is_name(pdf_get(f, dict, "Subtype"), "Type3");
	enum pdf_encoding base = pdf_is_name(pdf_get(f, dict, "Subtype"), "TrueType")
		? PDF_ENCODING_WINANSI
		: PDF_ENCODING_STANDARD;
	int r;

	if (font->legacy)
		base = PDF_ENCODING_WINANSI;
	if (type3 || font->symbols) {
		r = 0; /* its codes mean nothing by themselves */
	} else if (e->type == PDF_NAME) {
		r = encoding_apply(f, font, encoding_named(e, base));
	} else {
		r = encoding_apply(f, font, encoding_named(pdf_get(f, e, "BaseEncoding"), base));
	}
	if (r == 0 && e->type == PDF_DICT)
		r = differences_apply(f, font, pdf_get(f, e, "Differences"));
	return r;
}

/* Roughly Times and Helvetica, for the fonts that every reader brings along. */
static float usual_width(uint32_t c)
{
	if (c == ' ' || (c < 0x80 && strchr("ijl.,;:'|!", (int)c)))
		return 0.27F;
	if (c < 0x80 && strchr("ftr()[]-", (int)c))
		return 0.33F;
	if (c < 0x80 && strchr("mwMW@%", (int)c))
		return 0.83F;
	return c >= 'A' && c <= 'Z' ? 0.68F : 0.5F;
}

static int simple_widths(struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict,
	double unit, struct view name)
{
	const struct pdf_object *widths = pdf_get(f, dict, "Widths");
	double first = pdf_get_number(f, dict, "FirstChar", 0);
	const struct pdf_object *descriptor = pdf_get(f, dict, "FontDescriptor");

	font->width = (float)(pdf_get_number(f, descriptor, "MissingWidth", 0) * unit);
	if (widths->type != PDF_ARRAY) {
		bool fixed = contains(name, "Courier") || contains(name, "Mono");
		for (uint32_t c = 0; c < 256; c++) {
			struct pdf_glyph *g = font_glyph(font, c);
			if (!g)
				return -ENOMEM;
			g->width = fixed ? 0.6F : usual_width(c);
		}
		return 0;
	}
	for (uint32_t i = 0; i < widths->n && i < 256; i++) {
		const struct pdf_object *w = pdf_item(f, widths, i);
		double code = first + i;
		if (w->type != PDF_NUMBER || code < 0 || code > 255)
			continue;
		struct pdf_glyph *g = font_glyph(font, (uint32_t)code);
		if (!g)
			return -ENOMEM;
		g->width = (float)MAX(w->number * unit, 0.0);
	}
	return 0;
}

static int cid_width(struct pdf_font *font, double code, const struct pdf_object *w)
{
	if (code < 0 || code > 0xFFFF || w->type != PDF_NUMBER)
		return 0;
	struct pdf_glyph *g = font_glyph(font, (uint32_t)code);
	if (!g)
		return -ENOMEM;
	g->width = (float)(MAX(w->number, 0.0) / 1000);
	return 0;
}

/* c [w1 w2 ...] or first last w */
static int cid_widths(struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict)
{
	const struct pdf_object *w = pdf_get(f, dict, "W");
	int r = 0;

	font->width = (float)(pdf_get_number(f, dict, "DW", 1000) / 1000);
	for (uint32_t i = 0; w->type == PDF_ARRAY && i + 1 < w->n && r == 0;) {
		const struct pdf_object *first = pdf_item(f, w, i), *next = pdf_item(f, w, i + 1);

		if (first->type != PDF_NUMBER) {
			i++;
		} else if (next->type == PDF_ARRAY) {
			for (uint32_t k = 0; k < next->n && r == 0; k++)
				r = cid_width(font, first->number + k, pdf_item(f, next, k));
			if (r == 0)
				r = extractor_tick(f->x, 8 * (uint64_t)next->n + 8);
			i += 2;
		} else {
			double last = MIN(next->number, 65535.0);
			const struct pdf_object *width = pdf_item(f, w, i + 2);
			for (double c = MAX(first->number, 0.0);
				next->type == PDF_NUMBER && c <= last && r == 0; c++) {
				r = cid_width(font, c, width);
				if (r == 0)
					r = extractor_tick(f->x, 8);
			}
			i += 3;
		}
	}
	return r;
}

static int composite_encoding(
	struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict)
{
	const struct pdf_object *e = pdf_get(f, dict, "Encoding");

	font->wide = true;
	if (e->type == PDF_NAME) {
		font->unicode = contains(e->text, "UCS2") || contains(e->text, "UTF16");
	} else if (e->type == PDF_STREAM) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		int r = pdf_stream_decode(f, e, &b);
		if (r < 0 || r == EXTRACT_STOP)
			return r;
		font->wide = pdf_cmap_is_wide(f, buf_view(&b));
	}
	return 0;
}

static int font_unicode(struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict)
{
	const struct pdf_object *to = pdf_get(f, dict, "ToUnicode");
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	if (to->type != PDF_STREAM)
		return 0;
	int r = pdf_stream_decode(f, to, &b);
	if (r < 0 || r == EXTRACT_STOP)
		return r;
	return pdf_cmap_read(f, font, buf_view(&b));
}

static int font_load(struct pdf_file *f, struct pdf_font *font, const struct pdf_object *dict)
{
	struct view name = base_name(f, dict);
	int r;

	font->dict = dict;
	font->strings = BUF_INIT(PDF_FONT_STRINGS_MAX);
	font->bold = name_is_bold(name);
	font->symbols = name_is_symbols(name);
	font->legacy = encoding_of_font(name, &font->encoding, &font->capitals);

	if (pdf_is_name(pdf_get(f, dict, "Subtype"), "Type0")) {
		r = composite_encoding(f, font, dict);
		if (r == 0)
			r = cid_widths(
				f, font, pdf_item(f, pdf_get(f, dict, "DescendantFonts"), 0));
	} else {
		double unit = 0.001;
		if (pdf_is_name(pdf_get(f, dict, "Subtype"), "Type3")) {
			const struct pdf_object *o = pdf_item(f, pdf_get(f, dict, "FontMatrix"), 0);
			if (o->type == PDF_NUMBER && o->number > 0)
				unit = o->number;
		}
		r = simple_encoding(f, font, dict);
		if (r == 0)
			r = simple_widths(f, font, dict, unit, name);
	}
	if (r == 0)
		r = font_unicode(f, font, dict);
	if (r == -E2BIG) {
		extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		r = 0;
	}
	return r;
}

static size_t fonts_slot(const struct pdf_fonts *s, const struct pdf_object *dict)
{
	size_t i = ((uintptr_t)dict >> 4) * 0x9E3779B1U & (s->cap - 1);

	while (s->v[i] && s->v[i]->dict != dict)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static int fonts_grow(struct pdf_fonts *s)
{
	struct pdf_fonts bigger = {.n = s->n, .cap = s->cap ? s->cap * 2 : 32};

	bigger.v = calloc(bigger.cap, sizeof(struct pdf_font *));
	if (!bigger.v)
		return -ENOMEM;
	for (size_t i = 0; i < s->cap; i++) {
		if (s->v[i])
			bigger.v[fonts_slot(&bigger, s->v[i]->dict)] = s->v[i];
	}
	free(s->v);
	*s = bigger;
	return 0;
}

int pdf_fonts_get(struct pdf_file *f, struct pdf_fonts *s, const struct pdf_object *dict,
	struct pdf_font **ret)
{
	*ret = NULL;
	if (dict->type != PDF_DICT)
		return 0;
	if (s->n * 2 >= s->cap) {
		int r = fonts_grow(s);
		if (r)
			return r;
	}

	size_t i = fonts_slot(s, dict);
	if (!s->v[i]) {
		if (s->n == PDF_FONTS_MAX) {
			extractor_fail(f->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return 0;
		}
		s->v[i] = calloc(1, sizeof(*s->v[i]));
		if (!s->v[i])
			return -ENOMEM;
		s->n++;
		int r = font_load(f, s->v[i], dict);
		if (r)
			return r;
	}
	*ret = s->v[i];
	return 0;
}
