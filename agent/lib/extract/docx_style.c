/* SPDX-License-Identifier: Apache-2.0 */
/* Styles and run properties: what text looks like. */
#include <errno.h>
#include <stdlib.h>

#include "extract/docx.h"

struct style {
	uint64_t id, based_on; /* hashes; a collision costs a look, nothing more */
	struct look look;
	uint32_t off;  /* flags that this style takes away */
	uint32_t para; /* of its paragraphs */
	bool is_default;
};

struct docx_styles {
	struct look base; /* docDefaults and the default paragraph style */
	size_t n;
	struct style styles[OFFICE_STYLES_MAX];
};

static const struct style *find(const struct docx_styles *s, uint64_t id)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (s->styles[i].id == id)
			return &s->styles[i];
	return NULL;
}

struct look docx_style_default(const struct docx_styles *s)
{
	return s ? s->base : (struct look){0};
}

static void merge(struct look *to, const struct look *from, uint32_t off)
{
	to->flags = (to->flags & ~off) | from->flags;
	if (from->is_legacy) {
		to->is_legacy = true;
		to->legacy = from->legacy;
	}
}

/* A named run property that is on or off; 0 where `t` is none of them. */
static uint32_t toggle(const struct xml_token *t)
{
	static const struct {
		struct view name;
		uint32_t flag;
	} known[] = {
		{VIEW_LIT("b"), BLOCK_BOLD},
		{VIEW_LIT("caps"), BLOCK_CAPS},
		{VIEW_LIT("smallCaps"), BLOCK_CAPS},
		{VIEW_LIT("strike"), BLOCK_STRUCK},
		{VIEW_LIT("dstrike"), BLOCK_STRUCK},
		{VIEW_LIT("vanish"), BLOCK_HIDDEN},
		{VIEW_LIT("bdr"), BLOCK_FRAMED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (view_eq(t->name, known[i].name))
			return known[i].flag;
	return 0;
}

/* `off` (may be NULL) gets the flags that were said to be off. */
static void run_property(struct look *run, const struct xml_token *t, uint32_t *off)
{
	uint32_t flag = toggle(t);
	bool on = true;
	struct view v;

	if (flag != 0) {
		on = office_is_on(t, "val");
	} else if (xml_is(t, "color")) {
		flag = BLOCK_RED;
		on = xml_attr(t, "val", &v) && office_is_red(v);
	} else if (xml_is(t, "sz")) {
		flag = BLOCK_LARGE;
		on = xml_attr(t, "val", &v) && office_number(v) >= DOCX_LARGE;
	} else if (xml_is(t, "rFonts")) {
		struct look font = {.flags = run->flags & ~(uint32_t)BLOCK_CASE_UNKNOWN};

		if (!xml_attr(t, "ascii", &v) && !xml_attr(t, "hAnsi", &v))
			return;
		look_set_font(&font, v);
		*run = font;
		return;
	} else {
		return;
	}
	run->flags = on ? run->flags | flag : run->flags & ~flag;
	if (off && !on)
		*off |= flag;
}

void docx_run_property(const struct docx_styles *s, struct look *run, const struct xml_token *t)
{
	const struct style *style;
	struct view id;

	if (!xml_is(t, "rStyle")) {
		run_property(run, t, NULL);
		return;
	}
	style = xml_attr(t, "val", &id) ? find(s, office_hash(id)) : NULL;
	if (style)
		merge(run, &style->look, style->off);
}

static uint32_t paragraph_flags(const struct xml_token *t)
{
	struct view v;

	if (xml_is(t, "jc"))
		return xml_attr(t, "val", &v) && view_eq(v, VIEW_LIT("center")) ? BLOCK_CENTRED : 0;
	if (xml_is(t, "framePr"))
		return xml_attr(t, "dropCap", &v) ? 0 : BLOCK_FRAMED;
	return 0;
}

uint32_t docx_paragraph_property(
	const struct docx_styles *s, struct look *para, const struct xml_token *t)
{
	const struct style *style;
	struct view id;

	if (!xml_is(t, "pStyle"))
		return paragraph_flags(t);
	style = xml_attr(t, "val", &id) ? find(s, office_hash(id)) : NULL;
	if (!style)
		return 0;
	merge(para, &style->look, style->off);
	return style->para;
}

bool docx_is_border(const struct xml_token *t)
{
	return (xml_is(t, "top") || xml_is(t, "bottom") || xml_is(t, "left") ||
		       xml_is(t, "right")) &&
		office_is_on(t, "val");
}

/* Hands down from the styles that each is based on. */
static void resolve(struct docx_styles *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct style *st = &s->styles[i];
		uint64_t up = st->based_on;

		for (unsigned n = 0; up != 0 && n < DOCX_STYLE_CHAIN; n++) {
			const struct style *parent = find(s, up);

			if (!parent)
				break;
			st->look.flags |= parent->look.flags & ~st->off;
			st->para |= parent->para;
			st->off |= parent->off;
			if (parent->look.is_legacy && !st->look.is_legacy) {
				st->look.is_legacy = true;
				st->look.legacy = parent->look.legacy;
			}
			up = parent->based_on;
		}
		if (st->is_default)
			merge(&s->base, &st->look, 0);
	}
}

struct reading {
	struct docx_styles *s;
	struct style *current; /* NULL outside of w:style */
	bool in_defaults, in_rpr, in_border;
};

static void open_style(struct reading *rd, const struct xml_token *t)
{
	struct view id, type, is_default;

	rd->current = NULL;
	if (rd->s->n == OFFICE_STYLES_MAX || !xml_attr(t, "styleId", &id))
		return;
	rd->current = &rd->s->styles[rd->s->n++];
	rd->current->id = office_hash(id);
	rd->current->is_default = xml_attr(t, "type", &type) &&
		view_eq(type, VIEW_LIT("paragraph")) && xml_attr(t, "default", &is_default) &&
		view_eq(is_default, VIEW_LIT("1"));
}

static void style_property(struct reading *rd, const struct xml_token *t)
{
	struct view v;

	if (xml_is(t, "style")) {
		open_style(rd, t);
	} else if (xml_is(t, "docDefaults")) {
		rd->in_defaults = true;
	} else if (xml_is(t, "rPr")) {
		rd->in_rpr = true;
	} else if (xml_is(t, "pBdr")) {
		rd->in_border = true;
	} else if (rd->in_rpr && rd->current) {
		run_property(&rd->current->look, t, &rd->current->off);
	} else if (rd->in_rpr && rd->in_defaults) {
		run_property(&rd->s->base, t, NULL);
	} else if (rd->current) {
		if (xml_is(t, "basedOn") && xml_attr(t, "val", &v))
			rd->current->based_on = office_hash(v);
		rd->current->para |= paragraph_flags(t);
		if (rd->in_border && docx_is_border(t))
			rd->current->para |= BLOCK_FRAMED;
	}
}

int docx_styles_read(struct office *o, struct view xml)
{
	struct xml x = xml_begin(xml);
	struct reading rd = {0};
	struct xml_token t;

	if (o->styles)
		return 0;
	o->styles = calloc(1, sizeof(*o->styles));
	if (!o->styles)
		return -ENOMEM;
	rd.s = o->styles;
	while (xml_next(&x, &t) != XML_END) {
		int r = extractor_tick(o->x, 32);

		if (r != 0)
			return r;
		if (t.kind == XML_OPEN || t.kind == XML_EMPTY)
			style_property(&rd, &t);
		if (t.kind == XML_CLOSE || t.kind == XML_EMPTY) {
			if (xml_is(&t, "rPr"))
				rd.in_rpr = false;
			else if (xml_is(&t, "pBdr"))
				rd.in_border = false;
			else if (xml_is(&t, "style"))
				rd.current = NULL;
			else if (xml_is(&t, "docDefaults"))
				rd.in_defaults = false;
		}
	}
	resolve(o->styles);
	return 0;
}

struct docx_styles *docx_styles_free(struct docx_styles *s)
{
	free(s);
	return NULL;
}
