/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a presentation: its characters, and the properties of its runs. */
#include "extract/ppt.h"

/* Points from which on text on a slide counts as large. */
#define LARGE 32

#define COLOUR_RGB 0xfe /* else one of the slide's scheme */

enum {
	PARA_BULLET_FLAGS = 0xf,
	PARA_TABS = 1 << 20,
	PARA_WRAP = 7 << 17,
	CHAR_STYLE = 0xffff,
	CHAR_BOLD = 1,
	CHAR_FONT = 1 << 16,
	CHAR_SIZE = 1 << 17,
	CHAR_COLOUR = 1 << 18,
	CHAR_FONT_ANSI = 1 << 22,
};

enum { UNIT_BREAK = 0x0b, UNIT_PARAGRAPH = 0x0d };

/* What follows the mask of a run: for each of these bits, in this order, so many bytes. */
struct field {
	uint32_t bits;
	uint8_t n;
};

static const struct field para_fields[] = {{PARA_BULLET_FLAGS, 2}, {1 << 7, 2}, {1 << 4, 2},
	{1 << 6, 2}, {1 << 5, 4}, {1 << 11, 2}, {1 << 12, 2}, {1 << 13, 2}, {1 << 14, 2},
	{1 << 8, 2}, {1 << 10, 2}, {1 << 15, 2}, {PARA_TABS, 2}, {1 << 16, 2}, {PARA_WRAP, 2},
	{1 << 21, 2}};

static const struct field char_fields[] = {{CHAR_STYLE, 2}, {CHAR_FONT, 2}, {1 << 21, 2},
	{CHAR_FONT_ANSI, 2}, {1 << 23, 2}, {CHAR_SIZE, 2}, {CHAR_COLOUR, 4}, {1 << 19, 2}};

static uint32_t take(struct view *v, unsigned n)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < n && i < v->n; i++)
		value |= (uint32_t)v->p[i] << 8 * i;
	*v = view_sub(*v, n, v->n);
	return value;
}

static void skip_paragraph(struct view *v)
{
	uint32_t mask = take(v, 4);

	for (size_t i = 0; i < ARRAY_SIZE(para_fields); i++) {
		uint32_t value;

		if (!(mask & para_fields[i].bits))
			continue;
		value = take(v, para_fields[i].n);
		if (para_fields[i].bits == PARA_TABS)
			*v = view_sub(*v, (size_t)value * 4, v->n);
	}
}

/* Paragraphs are passed over: how they look decides nothing here. */
static void skip_paragraphs(struct view *v, size_t n)
{
	for (size_t done = 0; done < n && v->n >= 10;) {
		done += take(v, 4);
		(void)take(v, 2);
		skip_paragraph(v);
	}
}

/* Flags, and the font's number + 1 where one is named. */
static void take_chars(struct view *v, uint32_t *flags, uint32_t *font)
{
	uint32_t mask = take(v, 4);

	for (size_t i = 0; i < ARRAY_SIZE(char_fields); i++) {
		uint32_t bits = mask & char_fields[i].bits, value;

		if (!bits)
			continue;
		value = take(v, char_fields[i].n);
		if (char_fields[i].bits == CHAR_STYLE && value & CHAR_BOLD)
			*flags |= BLOCK_BOLD;
		else if (bits == CHAR_SIZE && value >= LARGE)
			*flags |= BLOCK_LARGE;
		else if (bits == CHAR_COLOUR && value >> 24 == COLOUR_RGB &&
			look_is_red(value & 255, value >> 8 & 255, value >> 16 & 255))
			*flags |= BLOCK_RED;
		else if (bits == CHAR_FONT)
			*font = value + 1;
	}
}

/* The next run of characters; 0 where there is none. */
static size_t take_run(
	struct view *v, const struct ppt_fonts *fonts, uint32_t kind, struct look *ret)
{
	uint32_t font = kind < PPT_TEXT_KINDS ? fonts->base[kind] : 0, flags = 0;
	size_t n = 0;

	if (v->n >= 8) {
		n = take(v, 4);
		take_chars(v, &flags, &font);
	}
	*ret = (struct look){0};
	if (font > 0 && font <= PPT_FONTS_MAX && fonts->looks[font - 1].is_legacy)
		*ret = fonts->looks[font - 1];
	ret->flags |= flags;
	return n;
}

/* Narrow characters are the first 256 of Unicode. */
static int put(struct flow *flow, const struct ppt_text *t, size_t from, size_t to,
	const struct look *look)
{
	cleanup_with(buf_done) struct buf utf8 = BUF_INIT(0);
	int r = 0;

	if (t->is_wide)
		r = encoding_decode(
			ENCODING_UTF16LE, view_sub(t->chars, from * 2, (to - from) * 2), &utf8);
	for (size_t i = from; r == 0 && !t->is_wide && i < to; i++)
		r = buf_put_utf8(&utf8, t->chars.p[i]);
	return r == 0 && utf8.n > 0 ? flow_put(flow, buf_view(&utf8), look) : r;
}

static uint32_t unit_at(const struct ppt_text *t, size_t i)
{
	return t->is_wide ? load_le16(t->chars.p + i * 2) : t->chars.p[i];
}

static int put_run(struct flow *flow, const struct ppt_text *t, size_t from, size_t to,
	const struct look *look)
{
	int r = 0;

	for (size_t i = from; r == 0 && i < to; i++) {
		uint32_t c = unit_at(t, i);

		if (c != UNIT_BREAK && c != UNIT_PARAGRAPH)
			continue;
		r = put(flow, t, from, i, look);
		if (r == 0)
			r = c == UNIT_BREAK ? flow_break(flow) : flow_paragraph_end(flow);
		from = i + 1;
	}
	return r == 0 ? put(flow, t, from, to, look) : r;
}

int ppt_text_put(struct flow *flow, const struct ppt_fonts *fonts, const struct ppt_text *t)
{
	size_t n = t->chars.n / (t->is_wide ? 2 : 1), at = 0;
	struct view style = t->style;
	int r = extractor_tick(flow->x, t->chars.n + t->style.n + 64);

	skip_paragraphs(&style, n + 1);
	while (r == 0 && at < n) {
		struct look look;
		size_t run = take_run(&style, fonts, t->kind, &look);

		if (run == 0 && style.n >= 8)
			continue;
		if (run == 0 || run > n - at)
			run = n - at;
		r = put_run(flow, t, at, at + run, &look);
		at += run;
	}
	return r == 0 ? flow_paragraph_end(flow) : r;
}

void ppt_font_read(struct ppt_fonts *f, const struct ppt_record *r)
{
	struct buf name = BUF_INIT(256);
	struct view v = view_sub(r->body, 0, 64);

	if (r->instance >= PPT_FONTS_MAX)
		return;
	for (size_t i = 0; i + 2 <= v.n && load_le16(v.p + i) != 0; i += 2)
		if (buf_put_utf8(&name, load_le16(v.p + i)) < 0)
			break;
	look_set_font(&f->looks[r->instance], buf_view(&name));
	buf_done(&name);
}

/* How many levels, then the first of them: its number where the kind is a later one, paragraph,
   characters. */
void ppt_style_read(struct ppt_fonts *f, const struct ppt_record *r)
{
	struct view v = r->body;
	uint32_t flags = 0, font = 0;

	if (r->instance >= PPT_TEXT_KINDS || f->base[r->instance] != 0 || take(&v, 2) == 0)
		return;
	if (r->instance >= 5)
		(void)take(&v, 2);
	skip_paragraph(&v);
	take_chars(&v, &flags, &font);
	if (font <= PPT_FONTS_MAX)
		f->base[r->instance] = (uint16_t)font;
}
