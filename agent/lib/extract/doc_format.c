/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/doc_format.h"

#include "base/checked.h"
#include "text/encoding.h"

/* How far styles are followed to those that they are based on. */
#define STYLE_CHAIN 10

/* Points at which text counts as large: half points. */
#define LARGE 32

/* Bytes that are taken as one run where the file says nothing. */
#define UNKNOWN_RUN 4096

#define PAGE         512
#define NO_STYLE     0x0fff
#define BX_SIZE      13
#define FONT_NAME_AT 40

/* A change of one property: its code and what it is set to. */
struct sprm {
	uint16_t code;
	struct view value;
};

static bool next_sprm(struct view *v, struct sprm *ret)
{
	static const uint8_t sizes[] = {1, 1, 2, 4, 2, 2, 0, 3};
	size_t n;

	if (v->n < 3)
		return false;
	ret->code = load_le16(v->p);
	n = sizes[ret->code >> 13];
	*v = view_sub(*v, 2, v->n);
	if (n == 0 && ret->code == 0xd608) {
		/* the columns of a table count in two bytes, and one too many */
		n = v->n >= 2 ? load_le16(v->p) : 0;
		*v = view_sub(*v, 1, v->n);
	} else if (n == 0) {
		n = v->p[0];
		*v = view_sub(*v, 1, v->n);
	}
	if (n > v->n)
		return false;
	ret->value = view_sub(*v, 0, n);
	*v = view_sub(*v, n, v->n);
	return true;
}

static unsigned value_of(const struct sprm *s)
{
	if (s->value.n >= 2)
		return load_le16(s->value.p);
	return s->value.n == 1 ? s->value.p[0] : 0;
}

/* --- characters ------------------------------------------------------------------------------- */

static uint32_t toggled(uint16_t code)
{
	switch (code) {
	case 0x0835: return BLOCK_BOLD;
	case 0x0837:
	case 0x2a53: return BLOCK_STRUCK;
	case 0x083a:
	case 0x083b: return BLOCK_CAPS;
	case 0x083c: return BLOCK_HIDDEN;
	default: return 0;
	}
}

static void set(struct doc_chars *c, uint32_t *off, uint32_t flag, bool on)
{
	c->flags = on ? c->flags | flag : c->flags & ~flag;
	if (off && !on)
		*off |= flag;
}

/* The borders of Word 97 and of Word 2000: the type stands in byte 1, or behind the colour. */
static bool is_border(const struct sprm *s)
{
	if (s->value.n == 4)
		return s->value.p[1] != 0 && s->value.p[1] != 0xff;
	return s->value.n >= 8 && s->value.p[5] != 0 && s->value.p[5] != 0xff;
}

/* `style` is what the toggles 0x80 and 0x81 refer to. */
static void char_property(struct doc_chars *c, uint32_t style, uint32_t *off, const struct sprm *s)
{
	uint32_t flag = toggled(s->code);
	unsigned value = value_of(s);

	if (flag != 0) {
		bool was = style & flag;

		set(c, off, flag, value == 0x80 ? was : value == 0x81 ? !was : value != 0);
		return;
	}
	switch (s->code) {
	case 0x0800: c->is_deleted = value != 0; break;
	case 0x2a42: set(c, off, BLOCK_RED, value == 6 || value == 13); break;
	case 0x6870:
		if (s->value.n == 4)
			set(c, off, BLOCK_RED,
				s->value.p[3] == 0 &&
					look_is_red(s->value.p[0], s->value.p[1], s->value.p[2]));
		break;
	case 0x4a43: set(c, off, BLOCK_LARGE, value >= LARGE); break;
	case 0x4a4f: c->font = (uint16_t)value; break;
	case 0x6865:
	case 0xca72: set(c, off, BLOCK_FRAMED, is_border(s)); break;
	default: break;
	}
}

static void merge_chars(struct doc_chars *to, const struct doc_chars *from, uint32_t off)
{
	to->flags = (to->flags & ~off) | from->flags;
	if (from->font != DOC_NO_FONT)
		to->font = from->font;
}

static void char_properties(
	const struct doc_formats *f, struct doc_chars *c, uint32_t *off, struct view list)
{
	uint32_t style = c->flags;
	struct sprm s;

	while (next_sprm(&list, &s)) {
		unsigned number = value_of(&s);

		if (s.code == 0x4a30 && number < f->n_styles)
			merge_chars(c, &f->styles[number].chars, f->styles[number].off);
		else
			char_property(c, style, off, &s);
	}
}

/* --- paragraphs ------------------------------------------------------------------------------- */

static void para_properties(struct doc_para *p, struct view list)
{
	struct sprm s;

	while (next_sprm(&list, &s)) {
		unsigned value = value_of(&s);

		switch (s.code) {
		case 0x2416: p->in_table = value != 0; break;
		case 0x2417: p->is_row_end = value != 0; break;
		case 0x244b: p->is_inner_cell_end = value != 0; break;
		case 0x2403:
		case 0x2461:
			p->flags &= ~(uint32_t)BLOCK_CENTRED;
			p->flags |= value == 1 ? BLOCK_CENTRED : 0;
			break;
		case 0x6424:
		case 0x6425:
		case 0x6426:
		case 0x6427:
		case 0xc64e:
		case 0xc64f:
		case 0xc650:
		case 0xc651: p->flags |= is_border(&s) ? BLOCK_FRAMED : 0; break;
		case 0x841a:
		case 0x442b: p->is_frame |= value != 0; break;
		case 0x442c: p->is_drop_cap = (value & 7) != 0; break;
		default: break;
		}
	}
	if (p->is_frame && !p->is_drop_cap)
		p->flags |= BLOCK_FRAMED;
}

/* --- where the properties stand --------------------------------------------------------------- */

/* The interval of a sorted list of n + 1 offsets that `at` lies in; false where it is in none. */
static bool find_interval(struct view list, size_t n, uint32_t at, size_t *ret)
{
	size_t lo = 0, hi = n;

	if (n == 0 || list.n < (n + 1) * 4 || at < load_le32(list.p) ||
		at >= load_le32(list.p + n * 4))
		return false;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (at < load_le32(list.p + mid * 4))
			hi = mid;
		else
			lo = mid;
	}
	*ret = lo;
	return true;
}

/* The page of properties for `at`, and which of its runs. */
static bool find_run(const struct doc_formats *f, struct view table, uint32_t at,
	struct view *ret_page, size_t *ret_n, size_t *ret_run, uint32_t *ret_end)
{
	size_t n = table.n >= 4 ? (table.n - 4) / 8 : 0, i;

	*ret_end = at < UINT32_MAX - UNKNOWN_RUN ? at + UNKNOWN_RUN : UINT32_MAX;
	if (!find_interval(table, n, at, &i))
		return false;
	*ret_page = view_sub(f->file,
		(size_t)(load_le32(table.p + (n + 1) * 4 + i * 4) & 0x3fffff) * PAGE, PAGE);
	if (ret_page->n < PAGE)
		return false;
	*ret_n = ret_page->p[PAGE - 1];
	if (!find_interval(*ret_page, *ret_n, at, ret_run))
		return false;
	i = load_le32(ret_page->p + (*ret_run + 1) * 4);
	if (i > at)
		*ret_end = (uint32_t)i;
	return true;
}

void doc_para_at(const struct doc_formats *f, uint32_t at, struct doc_para *ret, uint32_t *ret_end)
{
	struct view page, list;
	size_t n, run, where;

	*ret = (struct doc_para){0};
	if (!find_run(f, f->paragraphs, at, &page, &n, &run, ret_end))
		return;
	where = (n + 1) * 4 + run * BX_SIZE;
	where = where < PAGE ? (size_t)page.p[where] * 2 : 0;
	if (where == 0)
		return;
	/* a length in words; 0 is followed by a longer one */
	if (page.p[where] != 0)
		list = view_sub(page, where + 1, (size_t)page.p[where] * 2 - 1);
	else
		list = view_sub(page, where + 2, (size_t)page.p[where + 1] * 2);
	if (list.n < 2)
		return;
	n = load_le16(list.p);
	if (n < f->n_styles)
		*ret = f->styles[n].para;
	ret->style = (uint16_t)n;
	para_properties(ret, view_sub(list, 2, list.n));
}

void doc_chars_at(const struct doc_formats *f, uint32_t at, uint16_t style, struct doc_chars *ret,
	uint32_t *ret_end)
{
	struct view page;
	size_t n, run, where;

	*ret = (struct doc_chars){.font = DOC_NO_FONT};
	if (style < f->n_styles)
		*ret = f->styles[style].chars;
	if (!find_run(f, f->chars, at, &page, &n, &run, ret_end))
		return;
	where = (n + 1) * 4 + run;
	where = where < PAGE ? (size_t)page.p[where] * 2 : 0;
	if (where != 0)
		char_properties(f, ret, NULL, view_sub(page, where + 1, page.p[where]));
}

struct look doc_look(const struct doc_formats *f, const struct doc_chars *c)
{
	struct look look = c->font < f->n_fonts ? f->fonts[c->font] : (struct look){0};

	look.flags |= c->flags;
	return look;
}

/* --- fonts, styles ---------------------------------------------------------------------------- */

void doc_fonts_read(struct doc_formats *f, struct view table)
{
	size_t at = 4, n = table.n >= 4 ? load_le16(table.p) : 0;

	while (f->n_fonts < MIN(n, (size_t)DOC_FONTS_MAX) && at < table.n) {
		cleanup_with(buf_done) struct buf name = BUF_INIT(0);
		size_t size = (size_t)table.p[at] + 1;
		struct view raw = view_sub(view_sub(table, at, size), FONT_NAME_AT, size);

		for (size_t i = 0; i + 1 < raw.n; i += 2) {
			uint16_t unit = load_le16(raw.p + i);

			if (unit == 0 || buf_put_utf8(&name, unit) < 0)
				break;
		}
		look_set_font(&f->fonts[f->n_fonts++], buf_view(&name));
		at += size;
	}
}

static void read_style(struct doc_formats *f, struct doc_style *st, struct view v, size_t base)
{
	unsigned kind, parts, parent;
	size_t at;

	*st = (struct doc_style){.based_on = NO_STYLE, .chars.font = DOC_NO_FONT};
	if (v.n < 10 || v.n < base + 2)
		return;
	kind = load_le16(v.p + 2) & 15;
	parent = load_le16(v.p + 2) >> 4;
	parts = load_le16(v.p + 4) & 15;
	st->based_on = (uint16_t)parent;
	st->is_known = true;
	/* behind the name and its NUL */
	at = base + 2 + ((size_t)load_le16(v.p + base) + 1) * 2;
	for (unsigned i = 0; i < parts && checked_range(at, 2, v.n); i++) {
		size_t size = load_le16(v.p + at);
		struct view list = view_sub(v, at + 2, size);

		if (kind == 1 && i == 0)
			para_properties(&st->para, view_sub(list, 2, list.n));
		else if ((kind == 1 && i == 1) || (kind == 2 && i == 0))
			char_properties(f, &st->chars, &st->off, list);
		at += 2 + ((size + 1) & ~(size_t)1);
	}
}

/* Hands down from the styles that each is based on. */
static void resolve(struct doc_formats *f)
{
	for (size_t i = 0; i < f->n_styles; i++) {
		struct doc_style *st = &f->styles[i];
		uint16_t up = st->based_on;

		for (unsigned n = 0; up < f->n_styles && n < STYLE_CHAIN; n++) {
			const struct doc_style *parent = &f->styles[up];

			st->chars.flags |= parent->chars.flags & ~st->off;
			st->off |= parent->off;
			st->para.flags |= parent->para.flags;
			if (st->chars.font == DOC_NO_FONT)
				st->chars.font = parent->chars.font;
			up = parent->based_on;
		}
	}
}

void doc_styles_read(struct doc_formats *f, struct view sheet)
{
	size_t head = sheet.n >= 2 ? load_le16(sheet.p) : 0, at = 2 + head, n, base;
	uint16_t usual = DOC_NO_FONT;

	if (head < 4 || sheet.n < at)
		return;
	n = MIN((size_t)load_le16(sheet.p + 2), (size_t)DOC_STYLES_MAX);
	base = load_le16(sheet.p + 4);
	if (head >= 14)
		usual = load_le16(sheet.p + 2 + 12);
	while (f->n_styles < n && checked_range(at, 2, sheet.n)) {
		size_t size = load_le16(sheet.p + at);

		read_style(f, &f->styles[f->n_styles++], view_sub(sheet, at + 2, size), base);
		at += 2 + size;
	}
	resolve(f);
	for (size_t i = 0; i < f->n_styles; i++)
		if (f->styles[i].chars.font == DOC_NO_FONT)
			f->styles[i].chars.font = usual;
}
