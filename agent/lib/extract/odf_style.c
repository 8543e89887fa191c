/* SPDX-License-Identifier: Apache-2.0 */
/* OpenDocument styles: what text, paragraphs and frames look like. */
#include <errno.h>
#include <stdlib.h>

#include "extract/odf.h"

struct odf_styles {
	size_t n; /* ever added; the oldest are overwritten */
	struct odf_style styles[OFFICE_STYLES_MAX];
};

struct odf_styles *odf_styles_free(struct odf_styles *s)
{
	free(s);
	return NULL;
}

const struct odf_style *odf_style_find(
	const struct odf_styles *s, enum odf_family family, struct view name)
{
	uint64_t id = office_hash(name) + family;

	if (!s)
		return NULL;
	for (size_t i = s->n, left = MIN(s->n, (size_t)OFFICE_STYLES_MAX); left > 0; left--) {
		const struct odf_style *st = &s->styles[--i % OFFICE_STYLES_MAX];

		if (st->id == id)
			return st;
	}
	return NULL;
}

void odf_style_apply(const struct odf_style *s, struct look *look)
{
	look->flags = (look->flags & ~s->off) | s->look.flags;
	if (s->look.is_legacy) {
		look->is_legacy = true;
		look->legacy = s->look.legacy;
	}
}

static enum odf_family family_of(const struct xml_token *t)
{
	static const struct {
		const char *name;
		enum odf_family family;
	} known[] = {
		{"paragraph", ODF_PARAGRAPH},
		{"text", ODF_TEXT},
		{"graphic", ODF_GRAPHIC},
		{"presentation", ODF_GRAPHIC},
		{"table-cell", ODF_CELL},
	};
	struct view v;

	if (xml_attr(t, "family", &v))
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if (view_eq(v, view_str(known[i].name)))
				return known[i].family;
	return ODF_OTHER;
}

static struct odf_style *add_style(struct odf_styles *s, const struct xml_token *t)
{
	enum odf_family family = family_of(t);
	const struct odf_style *parent = NULL;
	struct odf_style fresh = {0};
	struct view v;

	if (xml_attr(t, "parent-style-name", &v))
		parent = odf_style_find(s, family, v);
	if (parent)
		fresh = *parent;
	(void)xml_attr(t, "name", &v);
	fresh.id = office_hash(v) + family;
	s->styles[s->n % OFFICE_STYLES_MAX] = fresh;
	return &s->styles[s->n++ % OFFICE_STYLES_MAX];
}

static void set(struct odf_style *s, uint32_t flag, bool on)
{
	if (on) {
		s->look.flags |= flag;
	} else {
		s->look.flags &= ~flag;
		s->off |= flag;
	}
}

static void text_properties(struct odf_style *s, const struct xml_token *t)
{
	struct view attrs = t->attrs, name, v;

	while (xml_attr_next(&attrs, &name, &v)) {
		if (view_eq(name, VIEW_LIT("color")))
			set(s, BLOCK_RED, office_is_red(v));
		else if (view_eq(name, VIEW_LIT("font-weight")))
			set(s, BLOCK_BOLD, view_eq(v, VIEW_LIT("bold")) || office_number(v) >= 600);
		else if (view_eq(name, VIEW_LIT("text-line-through-style")))
			set(s, BLOCK_STRUCK, !view_eq(v, VIEW_LIT("none")));
		else if (view_eq(name, VIEW_LIT("text-transform")))
			set(s, BLOCK_CAPS, view_eq(v, VIEW_LIT("uppercase")));
		else if (view_eq(name, VIEW_LIT("font-variant")))
			set(s, BLOCK_CAPS, view_eq(v, VIEW_LIT("small-caps")));
		else if (view_eq(name, VIEW_LIT("font-size")) && !view_ends(v, VIEW_LIT("%")))
			set(s, BLOCK_LARGE, office_number(v) >= ODF_LARGE);
		else if (view_eq(name, VIEW_LIT("display")))
			set(s, BLOCK_HIDDEN, view_eq(v, VIEW_LIT("none")));
		else if (view_eq(name, VIEW_LIT("font-name")) ||
			view_eq(name, VIEW_LIT("font-family")))
			look_set_font(&s->look, v);
	}
}

/* A border all around, or lines above and below. */
static bool has_border(const struct xml_token *t)
{
	struct view v;

	if (xml_attr(t, "border", &v))
		return !view_eq(v, VIEW_LIT("none")) && v.n > 0;
	return xml_attr(t, "border-top", &v) && !view_eq(v, VIEW_LIT("none")) &&
		xml_attr(t, "border-bottom", &v) && !view_eq(v, VIEW_LIT("none"));
}

static void layout_properties(struct odf_style *s, const struct xml_token *t)
{
	struct view v;

	if (has_border(t))
		s->para |= BLOCK_FRAMED;
	if (xml_attr(t, "text-align", &v) && view_eq(v, VIEW_LIT("center")))
		s->para |= BLOCK_CENTRED;
	if (xml_attr(t, "stroke", &v) && !view_eq(v, VIEW_LIT("none")))
		s->para |= BLOCK_FRAMED;
}

int odf_styles_read(struct office *o, struct xml *xml, const struct xml_token *t)
{
	struct view end = t->name;
	struct odf_style *current = NULL;
	struct xml_token in;

	if (t->kind != XML_OPEN)
		return 0;
	if (!o->odf)
		o->odf = calloc(1, sizeof(*o->odf));
	if (!o->odf)
		return -ENOMEM;
	while (xml_next(xml, &in) != XML_END) {
		int r = extractor_tick(o->x, 32);

		if (r != 0)
			return r;
		if (in.kind == XML_CLOSE && view_eq(in.name, end))
			return 0;
		if (in.kind == XML_CLOSE && xml_is(&in, "style"))
			current = NULL;
		if (in.kind != XML_OPEN && in.kind != XML_EMPTY)
			continue;
		if (xml_is(&in, "style"))
			current = add_style(o->odf, &in);
		else if (current && xml_is(&in, "text-properties"))
			text_properties(current, &in);
		else if (current &&
			(xml_is(&in, "paragraph-properties") || xml_is(&in, "graphic-properties") ||
				xml_is(&in, "table-cell-properties")))
			layout_properties(current, &in);
	}
	return 0;
}
