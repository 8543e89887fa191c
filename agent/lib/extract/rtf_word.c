/* SPDX-License-Identifier: Apache-2.0 */
/* What the control words do. Those that are not here do nothing; with \* they hide their group. */
#include <stdlib.h>
#include <string.h>

#include "extract/rtf_reader.h"

/* Points at which text counts as large: half points, as \fs has them. */
#define LARGE 32

enum op {
	OP_NOTHING,
	OP_TOGGLE,
	OP_CHARACTER,
	OP_PARAGRAPH,
	OP_LINE,
	OP_TAB,
	OP_CELL,
	OP_ROW,
	OP_PAGE,
	OP_SECTION,
	OP_SECTION_KIND,
	OP_DEST,
	OP_STORY,
	OP_INFO,
	OP_VALUE,
	OP_UPR,
	OP_UD,
	OP_FONT,
	OP_DEFAULT_FONT,
	OP_CHARSET,
	OP_FONT_CODE_PAGE,
	OP_CODE_PAGE,
	OP_PLAIN,
	OP_PARD,
	OP_IN_TABLE,
	OP_FALLBACK,
	OP_UNICODE,
	OP_COLOUR,
	OP_SIZE,
	OP_RGB,
	OP_ALIGN,
	OP_BORDER,
	OP_FRAME,
	OP_DROP_CAP,
	OP_DELETED,
	OP_ROW_DEFAULTS,
	OP_CELL_EDGE,
};

/* In the order of strcmp(). */
static const struct word {
	const char *name;
	enum op op;
	int arg;
} words[] = {
	{"absh", OP_FRAME, 0},
	{"absw", OP_FRAME, 0},
	{"annotation", OP_STORY, PLACE_COMMENT},
	{"ansicpg", OP_CODE_PAGE, 0},
	{"author", OP_INFO, 0},
	{"b", OP_TOGGLE, BLOCK_BOLD},
	{"background", OP_DEST, RTF_NONE},
	{"blue", OP_RGB, 2},
	{"box", OP_BORDER, RTF_BORDER_PARAGRAPH},
	{"brdrb", OP_BORDER, RTF_BORDER_PARAGRAPH},
	{"brdrbar", OP_BORDER, RTF_BORDER_OTHER},
	{"brdrbtw", OP_BORDER, RTF_BORDER_OTHER},
	{"brdrcf", OP_NOTHING, 0},
	{"brdrl", OP_BORDER, RTF_BORDER_PARAGRAPH},
	{"brdrnil", OP_NOTHING, 0},
	{"brdrnone", OP_NOTHING, 0},
	{"brdrr", OP_BORDER, RTF_BORDER_PARAGRAPH},
	{"brdrt", OP_BORDER, RTF_BORDER_PARAGRAPH},
	{"brdrtbl", OP_NOTHING, 0},
	{"brdrw", OP_NOTHING, 0},
	{"bullet", OP_CHARACTER, 0x2022},
	{"caps", OP_TOGGLE, BLOCK_CAPS},
	{"category", OP_INFO, 0},
	{"cell", OP_CELL, 0},
	{"cellx", OP_CELL_EDGE, 0},
	{"cf", OP_COLOUR, 0},
	{"chbrdr", OP_BORDER, RTF_BORDER_RUN},
	{"colortbl", OP_DEST, RTF_COLOURS},
	{"column", OP_LINE, 0},
	{"comment", OP_INFO, 0},
	{"company", OP_INFO, 0},
	{"cpg", OP_FONT_CODE_PAGE, 0},
	{"deff", OP_DEFAULT_FONT, 0},
	{"deleted", OP_DELETED, 0},
	{"do", OP_DEST, RTF_NONE},
	{"doccomm", OP_INFO, 0},
	{"dptxbxtext", OP_STORY, PLACE_TEXT_BOX},
	{"dropcapli", OP_DROP_CAP, 0},
	{"emdash", OP_CHARACTER, 0x2014},
	{"emspace", OP_CHARACTER, 0x2003},
	{"endash", OP_CHARACTER, 0x2013},
	{"enspace", OP_CHARACTER, 0x2002},
	{"f", OP_FONT, 0},
	{"falt", OP_DEST, RTF_SKIP},
	{"fcharset", OP_CHARSET, 0},
	{"fldinst", OP_DEST, RTF_SKIP},
	{"fonttbl", OP_DEST, RTF_FONTS},
	{"footer", OP_STORY, PLACE_FOOTER},
	{"footerf", OP_STORY, PLACE_FOOTER},
	{"footerl", OP_STORY, PLACE_FOOTER},
	{"footerr", OP_STORY, PLACE_FOOTER},
	{"footnote", OP_STORY, PLACE_FOOTNOTE},
	{"fs", OP_SIZE, 0},
	{"green", OP_RGB, 1},
	{"header", OP_STORY, PLACE_HEADER},
	{"headerf", OP_STORY, PLACE_HEADER},
	{"headerl", OP_STORY, PLACE_HEADER},
	{"headerr", OP_STORY, PLACE_HEADER},
	{"info", OP_DEST, RTF_NONE},
	{"intbl", OP_IN_TABLE, 0},
	{"keywords", OP_INFO, 0},
	{"ldblquote", OP_CHARACTER, 0x201c},
	{"line", OP_LINE, 0},
	{"listtext", OP_DEST, RTF_SKIP},
	{"lquote", OP_CHARACTER, 0x2018},
	{"manager", OP_INFO, 0},
	{"mvf", OP_DELETED, 0},
	{"nestcell", OP_CELL, 0},
	{"nestrow", OP_ROW, 0},
	{"nesttableprops", OP_DEST, RTF_NONE},
	{"nonesttables", OP_DEST, RTF_SKIP},
	{"nonshppict", OP_DEST, RTF_SKIP},
	{"objdata", OP_DEST, RTF_OBJECT},
	{"object", OP_DEST, RTF_NONE},
	{"operator", OP_INFO, 0},
	{"page", OP_PAGE, 0},
	{"pagebb", OP_PAGE, 0},
	{"par", OP_PARAGRAPH, 0},
	{"pard", OP_PARD, 0},
	{"phcol", OP_FRAME, 1},
	{"phmrg", OP_FRAME, 1},
	{"phpg", OP_FRAME, 1},
	{"pict", OP_DEST, RTF_PICTURE},
	{"plain", OP_PLAIN, 0},
	{"pntext", OP_DEST, RTF_SKIP},
	{"posx", OP_FRAME, 1},
	{"posxc", OP_FRAME, 1},
	{"posy", OP_FRAME, 1},
	{"propname", OP_VALUE, RTF_PROPERTY_NAME},
	{"pvmrg", OP_FRAME, 1},
	{"pvpara", OP_FRAME, 1},
	{"pvpg", OP_FRAME, 1},
	{"qc", OP_ALIGN, BLOCK_CENTRED},
	{"qd", OP_ALIGN, 0},
	{"qj", OP_ALIGN, 0},
	{"ql", OP_ALIGN, 0},
	{"qmspace", OP_CHARACTER, 0x2005},
	{"qr", OP_ALIGN, 0},
	{"rdblquote", OP_CHARACTER, 0x201d},
	{"red", OP_RGB, 0},
	{"result", OP_DEST, RTF_TEXT},
	{"row", OP_ROW, 0},
	{"rquote", OP_CHARACTER, 0x2019},
	{"sbknone", OP_SECTION_KIND, 1},
	{"scaps", OP_TOGGLE, BLOCK_CAPS},
	{"sect", OP_SECTION, 0},
	{"sectd", OP_SECTION_KIND, 0},
	{"shp", OP_DEST, RTF_NONE},
	{"shpgrp", OP_DEST, RTF_NONE},
	{"shpinst", OP_DEST, RTF_NONE},
	{"shppict", OP_DEST, RTF_NONE},
	{"shprslt", OP_DEST, RTF_SKIP},
	{"shptxt", OP_STORY, PLACE_TEXT_BOX},
	{"sn", OP_VALUE, RTF_SHAPE_NAME},
	{"sp", OP_DEST, RTF_NONE},
	{"staticval", OP_VALUE, RTF_PROPERTY_VALUE},
	{"strike", OP_TOGGLE, BLOCK_STRUCK},
	{"striked", OP_TOGGLE, BLOCK_STRUCK},
	{"stylesheet", OP_DEST, RTF_SKIP},
	{"subject", OP_INFO, 0},
	{"sv", OP_VALUE, RTF_SHAPE_VALUE},
	{"tab", OP_TAB, 0},
	{"title", OP_INFO, 0},
	{"trowd", OP_ROW_DEFAULTS, 0},
	{"u", OP_UNICODE, 0},
	{"uc", OP_FALLBACK, 0},
	{"ud", OP_UD, 0},
	{"upr", OP_UPR, 0},
	{"userprops", OP_DEST, RTF_NONE},
	{"v", OP_TOGGLE, BLOCK_HIDDEN},
};

static int compare(const void *key, const void *element)
{
	const struct view *name = key;
	const struct word *w = element;
	size_t n = strlen(w->name);
	int k = memcmp(name->p, w->name, MIN(name->n, n));

	if (k != 0)
		return k;
	return name->n < n ? -1 : name->n > n;
}

static int begin_dest(struct rtf *r, enum rtf_dest dest)
{
	struct rtf_group *g = rtf_group(r);
	int k = rtf_dest_end(r);

	if (k == 0)
		k = rtf_flush(r);
	if (k != 0)
		return k;
	g->dest = (uint8_t)dest;
	g->begins = true;
	if (dest == RTF_VALUE || dest == RTF_FONTS)
		buf_clear(&r->value);
	if (dest == RTF_OBJECT || dest == RTF_PICTURE) {
		buf_clear(&r->hex);
		r->nibble = -1;
	}
	return 0;
}

static int begin_story(struct rtf *r, enum place place)
{
	int k = begin_dest(r, RTF_TEXT);

	return k == 0 ? rtf_story_begin(r, place) : k;
}

static int begin_value(struct rtf *r, enum rtf_value kind, const char *word)
{
	int k = begin_dest(r, RTF_VALUE);

	r->value_kind = kind;
	r->info_word = word;
	return k;
}

static void set(struct rtf *r, uint32_t flag, bool on)
{
	struct rtf_group *g = rtf_group(r);

	g->flags = on ? g->flags | flag : g->flags & ~flag;
}

static void set_colour(struct rtf *r, int32_t number)
{
	set(r, BLOCK_RED,
		number >= 0 && (uint32_t)number < r->n_colours && r->is_red[(uint32_t)number]);
}

static int unicode(struct rtf *r, int32_t number)
{
	uint32_t cp = (uint32_t)(number < 0 ? number + 65536 : number);
	int k = rtf_put_code(r, cp);

	r->skip = rtf_group(r)->fallback;
	return k;
}

static int section(struct rtf *r)
{
	int k = rtf_paragraph_end(r);

	if (!r->next_section_stays)
		rtf_page_break(r);
	return k;
}

/* A border's style comes behind whose it is. */
static void border_style(struct rtf *r)
{
	struct rtf_group *g = rtf_group(r);

	if (g->border == RTF_BORDER_PARAGRAPH)
		g->para |= BLOCK_FRAMED;
	else if (g->border == RTF_BORDER_RUN)
		g->flags |= BLOCK_FRAMED;
}

static void paragraph_defaults(struct rtf *r)
{
	struct rtf_group *g = rtf_group(r);

	g->para = 0;
	g->in_table = g->is_frame = g->is_drop_cap = false;
}

static int page_break(struct rtf *r)
{
	int k = rtf_line_break(r);

	rtf_page_break(r);
	return k;
}

static void font_code_page(struct rtf *r, int32_t number)
{
	struct rtf_font *f = &r->fonts[rtf_group(r)->font];

	if (rtf_group(r)->dest == RTF_FONTS)
		f->has_encoding = encoding_of_code_page((uint32_t)number, &f->encoding);
}

/* The words that change the look or the paragraph. */
static void format(struct rtf *r, const struct word *w, bool has_number, int32_t number)
{
	struct rtf_group *g = rtf_group(r);
	bool on = !has_number || number != 0;

	switch ((int)w->op) {
	case OP_TOGGLE: set(r, (uint32_t)w->arg, on); break;
	case OP_FONT: rtf_font_select(r, number); break;
	case OP_CHARSET:
		if (g->dest == RTF_FONTS)
			rtf_font_charset(r, number);
		break;
	case OP_FONT_CODE_PAGE: font_code_page(r, number); break;
	case OP_PLAIN:
		g->flags = 0;
		rtf_font_select(r, r->default_font);
		break;
	case OP_PARD: paragraph_defaults(r); break;
	case OP_IN_TABLE: g->in_table = on; break;
	case OP_COLOUR: set_colour(r, number); break;
	case OP_SIZE: set(r, BLOCK_LARGE, number >= LARGE); break;
	case OP_ALIGN: g->para = (g->para & ~(uint32_t)BLOCK_CENTRED) | (uint32_t)w->arg; break;
	case OP_BORDER: g->border = (uint8_t)w->arg; break;
	case OP_FRAME: g->is_frame |= w->arg || number != 0; break;
	case OP_DROP_CAP: g->is_drop_cap = true; break;
	case OP_DELETED: g->is_deleted = on; break;
	default: break;
	}
}

static int act(struct rtf *r, const struct word *w, bool has_number, int32_t number)
{
	struct rtf_group *g = rtf_group(r);

	switch ((int)w->op) {
	case OP_CHARACTER: return rtf_put_code(r, (uint32_t)w->arg);
	case OP_UNICODE: return unicode(r, number);
	case OP_PARAGRAPH: return rtf_paragraph_end(r);
	case OP_LINE: return rtf_line_break(r);
	case OP_TAB: return rtf_tab(r);
	case OP_CELL: return g->dest == RTF_TEXT ? rtf_cell_end(r, false) : 0;
	case OP_ROW: return g->dest == RTF_TEXT ? rtf_cell_end(r, true) : 0;
	case OP_PAGE: return page_break(r);
	case OP_SECTION: return section(r);
	case OP_SECTION_KIND: r->next_section_stays = w->arg; return 0;
	case OP_DEST: return begin_dest(r, (enum rtf_dest)w->arg);
	case OP_STORY: return begin_story(r, (enum place)w->arg);
	case OP_INFO: return begin_value(r, RTF_INFO, w->name);
	case OP_VALUE: return begin_value(r, (enum rtf_value)w->arg, NULL);
	case OP_UPR: g->dest_was = g->dest; return begin_dest(r, RTF_NONE);
	case OP_UD: return begin_dest(r, (enum rtf_dest)g->dest_was);
	case OP_FALLBACK: g->fallback = (uint32_t)MIN(MAX(number, 0), 64); return 0;
	case OP_DEFAULT_FONT: r->default_font = number; return 0;
	case OP_CODE_PAGE: unchecked(encoding_of_code_page((uint32_t)number, &r->ansi)); return 0;
	case OP_RGB: r->rgb[w->arg] = (uint8_t)MIN(MAX(number, 0), 255); return 0;
	case OP_ROW_DEFAULTS: r->cells = 0; return 0;
	case OP_CELL_EDGE: r->cells++; return 0;
	default: format(r, w, has_number, number); return 0;
	}
}

int rtf_word(struct rtf *r, struct view name, bool has_number, int32_t number, bool is_starred)
{
	const struct word *w;

	if (rtf_group(r)->dest == RTF_SKIP)
		return 0;
	w = bsearch(&name, words, ARRAY_SIZE(words), sizeof(words[0]), compare);
	if (w)
		return act(r, w, has_number, number);
	if (is_starred)
		return begin_dest(r, RTF_SKIP);
	/* \clbrdrt, \pgbrdrt ... are others' borders; \brdrs, \brdrdb ... are styles. */
	if (view_starts(name, VIEW_LIT("brdr")))
		border_style(r);
	else if (name.n > 4 && memmem(name.p, name.n, "brdr", 4))
		rtf_group(r)->border = RTF_BORDER_OTHER;
	return 0;
}
