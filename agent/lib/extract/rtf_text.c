/* SPDX-License-Identifier: Apache-2.0 */
/* Text on its way into the flow: encodings, fonts, cells, stories. */
#include <errno.h>
#include <string.h>

#include "extract/rtf_reader.h"

/* Text of one look that is held back at most. */
#define PENDING_MAX ((size_t)64 << 10)

/* Paragraphs of the first page, where the document does not say where its pages break. */
#define FIRST_PAGE_PARAGRAPHS 60

/* --- fonts ------------------------------------------------------------------------------------ */

void rtf_font_charset(struct rtf *r, int32_t charset)
{
	struct rtf_font *f = &r->fonts[rtf_group(r)->font];

	f->has_encoding = true;
	switch (charset) {
	case 163: f->encoding = ENCODING_CP1258; break;
	case 204: f->encoding = ENCODING_CP1251; break;
	case 134: f->encoding = ENCODING_GB18030; break;
	default: f->has_encoding = false; break;
	}
}

void rtf_font_end(struct rtf *r)
{
	struct view name = buf_view(&r->value);

	while (name.n > 0 && name.p[0] == ' ')
		name = view_sub(name, 1, name.n);
	if (rtf_group(r)->font > 0 && name.n > 0)
		look_set_font(&r->fonts[rtf_group(r)->font].look, name);
	buf_clear(&r->value);
}

void rtf_font_select(struct rtf *r, int32_t number)
{
	struct rtf_group *g = rtf_group(r);

	g->font = 0;
	for (unsigned i = 1; i < r->n_fonts; i++)
		if (r->fonts[i].number == number) {
			g->font = (uint16_t)i;
			return;
		}
	if (g->dest != RTF_FONTS || r->n_fonts == RTF_FONTS_MAX)
		return;
	g->font = (uint16_t)r->n_fonts++;
	r->fonts[g->font].number = number;
}

/* --- text ------------------------------------------------------------------------------------- */

static int cell_begin(struct rtf *r);

static int to_value(struct rtf *r, struct view text)
{
	size_t room = RTF_VALUE_MAX - r->value.n;

	return buf_put_view(&r->value, view_sub(text, 0, room));
}

static int to_flow(struct rtf *r, struct view text)
{
	struct rtf_story *s = &r->stories[r->story];
	int k = 0;

	if (r->pending_in_table && !s->in_cell)
		k = cell_begin(r);
	else if (!r->pending_in_table && s->in_cell)
		k = rtf_cell_end(r, true);
	return k == 0 ? flow_put(&r->flow, text, &r->pending_look) : k;
}

int rtf_flush(struct rtf *r)
{
	struct view bytes = buf_view(&r->pending);
	struct view text;
	int k;

	if (bytes.n == 0)
		return 0;
	buf_clear(&r->utf8);
	k = encoding_decode(r->pending_encoding, bytes, &r->utf8);
	buf_clear(&r->pending);
	if (k < 0)
		return k;
	text = buf_view(&r->utf8);
	return r->pending_dest == RTF_TEXT ? to_flow(r, text) : to_value(r, text);
}

static int pend(struct rtf *r, enum encoding e, struct view bytes)
{
	const struct rtf_group *g = rtf_group(r);
	struct look look = {.flags = g->flags | r->fonts[g->font].look.flags};

	if (r->pending.n > 0 &&
		(r->pending_encoding != e || r->pending_look.flags != look.flags ||
			r->pending_dest != g->dest || r->pending_in_table != g->in_table ||
			r->pending.n > PENDING_MAX)) {
		int k = rtf_flush(r);

		if (k != 0)
			return k;
	}
	r->pending_encoding = e;
	r->pending_look = look;
	r->pending_dest = g->dest;
	r->pending_in_table = g->in_table;
	return buf_put_view(&r->pending, bytes);
}

static enum encoding encoding_now(const struct rtf *r, const struct rtf_group *g)
{
	const struct rtf_font *f = &r->fonts[g->font];

	if (f->look.is_legacy)
		return f->look.legacy;
	return f->has_encoding ? f->encoding : r->ansi;
}

static bool is_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return false;
	return true;
}

static int put_hex(struct rtf *r, struct view digits)
{
	int k = 0;

	for (size_t i = 0; k == 0 && i < digits.n && !r->hex_cut; i++) {
		uint8_t c = digits.p[i];
		int d = -1;

		if (c >= '0' && c <= '9')
			d = c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			d = (c | 32) - 'a' + 10;
		if (d < 0)
			continue;
		if (r->nibble < 0) {
			r->nibble = d;
			continue;
		}
		k = buf_put_byte(&r->hex, (uint8_t)(r->nibble << 4 | d));
		r->nibble = -1;
		if (k == -E2BIG) {
			r->hex_cut = true;
			k = 0;
		}
	}
	return k;
}

static int put_font_name(struct rtf *r, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		int k = 0;

		if (bytes.p[i] == ';')
			rtf_font_end(r);
		else
			k = to_value(r, view_sub(bytes, i, 1));
		if (k < 0)
			return k;
	}
	return 0;
}

static void put_colour(struct rtf *r, struct view bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != ';')
			continue;
		if (r->n_colours < RTF_COLOURS_MAX)
			r->is_red[r->n_colours++] = look_is_red(r->rgb[0], r->rgb[1], r->rgb[2]);
		memset(r->rgb, 0, sizeof(r->rgb));
	}
}

int rtf_put_bytes(struct rtf *r, struct view bytes)
{
	const struct rtf_group *g = rtf_group(r);
	enum encoding e;

	r->surrogate = 0;
	switch ((enum rtf_dest)g->dest) {
	case RTF_NONE:
	case RTF_SKIP: return 0;
	case RTF_FONTS: return put_font_name(r, bytes);
	case RTF_COLOURS: put_colour(r, bytes); return 0;
	case RTF_OBJECT:
	case RTF_PICTURE: return put_hex(r, bytes);
	case RTF_TEXT:
	case RTF_VALUE: break;
	}
	if (g->is_deleted)
		return 0;
	e = encoding_now(r, g);
	/* Letters between \u stay with them, but for a font whose marks follow their vowels. */
	if (r->pending.n > 0 && r->pending_encoding == ENCODING_UTF8 &&
		!r->fonts[g->font].look.is_legacy && is_ascii(bytes))
		e = ENCODING_UTF8;
	return pend(r, e, bytes);
}

int rtf_put_code(struct rtf *r, uint32_t cp)
{
	const struct rtf_group *g = rtf_group(r);
	uint8_t byte = (uint8_t)cp;
	struct buf utf8 = BUF_INIT(8);
	uint32_t high = r->surrogate;
	int k;

	r->surrogate = 0;
	if ((g->dest != RTF_TEXT && g->dest != RTF_VALUE) || g->is_deleted)
		return 0;
	if (cp >= 0xd800 && cp < 0xdc00) {
		r->surrogate = cp;
		return 0;
	}
	if (high != 0 && cp >= 0xdc00 && cp < 0xe000)
		cp = 0x10000 + ((high - 0xd800) << 10) + (cp - 0xdc00);
	/* A legacy font's letters come by the number of their byte, too. */
	if (cp <= 0xff && cp != 0xa0 && (cp < 0x80 || r->fonts[g->font].look.is_legacy))
		return rtf_put_bytes(r, view_of(&byte, 1));
	k = buf_put_utf8(&utf8, cp);
	if (k == 0)
		k = pend(r, ENCODING_UTF8, buf_view(&utf8));
	buf_done(&utf8);
	return k;
}

/* --- paragraphs, cells, stories --------------------------------------------------------------- */

static bool is_text(const struct rtf *r)
{
	const struct rtf_group *g = &r->groups[r->n - 1];

	return g->dest == RTF_TEXT && !g->is_deleted;
}

static void apply_paragraph(struct rtf *r)
{
	const struct rtf_group *g = rtf_group(r);

	flow_frame(&r->flow)->para |= g->para;
	if (g->is_frame && !g->is_drop_cap)
		flow_frame(&r->flow)->para |= BLOCK_FRAMED;
}

int rtf_paragraph_end(struct rtf *r)
{
	struct rtf_story *s = &r->stories[r->story];
	int k;

	if (!is_text(r))
		return 0;
	k = rtf_flush(r);
	if (k != 0)
		return k;
	apply_paragraph(r);
	k = flow_paragraph_end(&r->flow);
	if (!rtf_group(r)->in_table)
		s->after_cell = false;
	if (r->flow.page == 1 && ++r->paragraphs > FIRST_PAGE_PARAGRAPHS) {
		r->flow.page = 0;
		r->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
	}
	return k;
}

int rtf_line_break(struct rtf *r)
{
	int k = is_text(r) ? rtf_flush(r) : 0;

	return k == 0 && is_text(r) ? flow_break(&r->flow) : k;
}

/* Left, middle and right of a header are parts of their own. */
int rtf_tab(struct rtf *r)
{
	enum place place = flow_frame(&r->flow)->place;

	if (is_text(r) && (place == PLACE_HEADER || place == PLACE_FOOTER))
		return rtf_line_break(r);
	return rtf_put_code(r, '\t');
}

void rtf_page_break(struct rtf *r)
{
	if (!is_text(r) || r->story > 0)
		return;
	r->paragraphs = 0;
	r->flow.page = MAX(r->flow.page, 1U) + 1;
	r->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
}

/* The control word `word` (with its backslash) itself, not a longer one. */
static const uint8_t *find_word(struct view v, struct view word)
{
	while (v.n > word.n) {
		const uint8_t *hit = memmem(v.p, v.n - 1, word.p, word.n);

		if (!hit)
			return NULL;
		if ((hit[word.n] | 32) < 'a' || (hit[word.n] | 32) > 'z')
			return hit;
		v = view_sub(v, (size_t)(hit - v.p) + word.n, v.n);
	}
	return NULL;
}

/* Behind this row, does the text go on outside of the table? */
static bool is_last_row(const struct rtf *r)
{
	struct view ahead = view_sub(view_of(r->p, (size_t)(r->end - r->p)), 0, RTF_TABLE_AHEAD);
	const uint8_t *row = find_word(ahead, VIEW_LIT("\\row"));
	const uint8_t *par, *in_table;

	if (!row)
		return false;
	ahead = view_sub(ahead, (size_t)(row - ahead.p) + 4, ahead.n);
	par = find_word(ahead, VIEW_LIT("\\par"));
	in_table = find_word(ahead, VIEW_LIT("\\intbl"));
	return !in_table || (par && par < in_table);
}

/* Boxes and cells in headers, footers and notes stay what they are in. */
static enum place place_in(struct rtf *r, enum place place)
{
	enum place outer = flow_frame(&r->flow)->place;

	return outer == PLACE_BODY || outer == PLACE_TABLE_CELL || outer == PLACE_MAIL_BODY ? place
											    : outer;
}

static int cell_begin(struct rtf *r)
{
	struct rtf_story *s = &r->stories[r->story];
	uint32_t flags = 0;
	int k = 0;

	if (r->cells == 1 && !s->after_cell) {
		k = extractor_tick(r->x, RTF_TABLE_AHEAD / 8);
		flags = is_last_row(r) ? BLOCK_FRAMED : 0;
	}
	s->in_cell = true;
	return k == 0 ? flow_shape(&r->flow, place_in(r, PLACE_TABLE_CELL), flags) : k;
}

int rtf_cell_end(struct rtf *r, bool is_row)
{
	struct rtf_story *s = &r->stories[r->story];
	int k = rtf_flush(r);

	if (k != 0)
		return k;
	if (s->in_cell) {
		apply_paragraph(r);
		s->in_cell = false;
		s->after_cell = true;
		return flow_shape_end(&r->flow);
	}
	return is_row ? 0 : rtf_paragraph_end(r);
}

int rtf_story_begin(struct rtf *r, enum place place)
{
	struct rtf_group *g = rtf_group(r);
	int k = rtf_flush(r);

	/* Deeper ones belong to the one they are in. */
	if (k != 0 || r->story + 1 == ARRAY_SIZE(r->stories))
		return k;
	r->stories[++r->story] = (struct rtf_story){.page = r->flow.page, .flags = r->flow.flags};
	if (place == PLACE_HEADER || place == PLACE_FOOTER) {
		r->flow.page = 0;
		r->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
	}
	g->has_shape = true;
	g->in_table = false;
	g->is_frame = false;
	g->para = g->flags = 0;
	return flow_shape(&r->flow, place_in(r, place), 0);
}

int rtf_story_end(struct rtf *r)
{
	struct rtf_story *s = &r->stories[r->story];
	int k = rtf_cell_end(r, true);

	apply_paragraph(r);
	if (k == 0)
		k = flow_shape_end(&r->flow);
	if (r->flow.page == 0) {
		r->flow.page = s->page;
		r->flow.flags = s->flags;
	}
	r->story--;
	return k;
}
