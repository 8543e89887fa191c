/* SPDX-License-Identifier: Apache-2.0 */
/* DrawingML (slides, notes, masters, sheet drawings, diagrams, charts) and VML. */
#include "extract/office.h"

/* Points at which text on a slide counts as large: hundredths of a point, as sz has them. */
#define SLIDE_LARGE 3200

#define WORDS(W)     \
	W(sp)        \
	W(cxnSp)     \
	W(tc)        \
	W(pt)        \
	W(ph)        \
	W(p)         \
	W(r)         \
	W(fld)       \
	W(t)         \
	W(br)        \
	W(tab)       \
	W(pPr)       \
	W(rPr)       \
	W(ln)        \
	W(noFill)    \
	W(solidFill) \
	W(srgbClr)   \
	W(latin)     \
	W(cNvPr)     \
	W(sld)       \
	W(v)         \
	W(Choice)    \
	W(Fallback)

#define WORD_ENUM(w) W_##w,
#define WORD_NAME(w) #w,
enum word { W_other, WORDS(WORD_ENUM) W_MAX };
static const char *const word_names[] = {"", WORDS(WORD_NAME) NULL};

struct drawing {
	struct office *o;
	struct flow flow;
	struct xml xml;
	enum place place;
	struct look run;
	bool in_text, in_rpr, in_line;
	uint64_t choice;
};

/* What a placeholder is for tells where its text stands; masters stay masters. */
static void placeholder(struct drawing *d, const struct xml_token *t)
{
	static const struct {
		const char *type;
		enum place place;
	} known[] = {
		{"ftr", PLACE_FOOTER},
		{"hdr", PLACE_HEADER},
		{"dt", PLACE_FOOTER},
		{"sldNum", PLACE_FOOTER},
	};
	struct flow_frame *fr = flow_frame(&d->flow);
	struct view type;

	if (d->place != PLACE_TEXT_BOX)
		return;
	fr->place = PLACE_BODY;
	if (!xml_attr(t, "type", &type))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (view_eq(type, view_str(known[i].type)))
			fr->place = known[i].place;
}

static void run_attributes(struct drawing *d, const struct xml_token *t)
{
	struct view v;

	d->run = (struct look){0};
	if (xml_attr(t, "b", &v) && office_is_on(t, "b"))
		d->run.flags |= BLOCK_BOLD;
	if (xml_attr(t, "strike", &v) && office_is_on(t, "strike"))
		d->run.flags |= BLOCK_STRUCK;
	if (xml_attr(t, "cap", &v) && office_is_on(t, "cap"))
		d->run.flags |= BLOCK_CAPS;
	if (xml_attr(t, "sz", &v) && office_number(v) >= SLIDE_LARGE)
		d->run.flags |= BLOCK_LARGE;
}

static int alternative_text(struct drawing *d, const struct xml_token *t)
{
	struct view v;
	int r = 0;

	if (xml_attr(t, "descr", &v))
		r = flow_aside(&d->flow, PLACE_ALT_TEXT, v);
	if (r == 0 && xml_attr(t, "title", &v))
		r = flow_aside(&d->flow, PLACE_ALT_TEXT, v);
	return r;
}

static void look_of(struct drawing *d, enum word w, const struct xml_token *t)
{
	struct flow_frame *fr = flow_frame(&d->flow);
	struct view v;

	if (w == W_srgbClr && d->in_rpr && !d->in_line) {
		if (xml_attr(t, "val", &v) && office_is_red(v))
			d->run.flags |= BLOCK_RED;
	} else if (w == W_latin && d->in_rpr) {
		if (xml_attr(t, "typeface", &v))
			look_set_font(&d->run, v);
	} else if (w == W_solidFill && d->in_line && !d->in_rpr && d->flow.n > 1) {
		fr->flags |= BLOCK_FRAMED;
	}
}

static int drawing_open(struct drawing *d, enum word w, const struct xml_token *t)
{
	enum place outer = flow_frame(&d->flow)->place;
	struct view v;

	switch (w) {
	case W_sp:
	case W_cxnSp:
	case W_pt: return flow_shape(&d->flow, d->place, 0);
	case W_tc:
		return flow_shape(&d->flow,
			outer == PLACE_TEXT_BOX || outer == PLACE_BODY ? PLACE_TABLE_CELL : outer,
			0);
	case W_ph: placeholder(d, t); return 0;
	case W_p: d->run = (struct look){0}; return flow_paragraph_end(&d->flow);
	case W_r:
	case W_fld: d->run = (struct look){0}; return 0;
	case W_t: d->in_text = true; return 0;
	case W_v: d->in_text = true; return 0;
	case W_br: return flow_break(&d->flow);
	case W_tab: return 0;
	case W_pPr:
		if (xml_attr(t, "algn", &v) && view_eq(v, VIEW_LIT("ctr")))
			flow_frame(&d->flow)->para |= BLOCK_CENTRED;
		return 0;
	case W_rPr:
		d->in_rpr = true;
		run_attributes(d, t);
		return 0;
	case W_ln: d->in_line = true; return 0;
	case W_cNvPr: return alternative_text(d, t);
	case W_sld:
		if (xml_attr(t, "show", &v) && !office_is_on(t, "show"))
			d->flow.flags |= BLOCK_HIDDEN;
		return 0;
	case W_Choice: d->choice = d->flow.puts; return 0;
	case W_Fallback: return d->flow.puts != d->choice ? office_skip(d->o->x, &d->xml, t) : 0;
	case W_solidFill:
	case W_srgbClr:
	case W_latin: look_of(d, w, t); return 0;
	case W_noFill:
	case W_other:
	case W_MAX: break;
	}
	return 0;
}

static int drawing_close(struct drawing *d, enum word w)
{
	if (w == W_p || w == W_v)
		d->in_text = false;
	switch ((int)w) {
	case W_sp:
	case W_cxnSp:
	case W_pt:
	case W_tc: return flow_shape_end(&d->flow);
	case W_p:
	case W_v: return flow_paragraph_end(&d->flow);
	case W_t: d->in_text = false; return 0;
	case W_rPr: d->in_rpr = false; return 0;
	case W_ln: d->in_line = false; return 0;
	default: return 0;
	}
}

int drawing_part(struct office *o, struct view xml, enum place place, uint32_t flags)
{
	struct drawing d = {.o = o, .xml = xml_begin(xml), .place = place, .choice = UINT64_MAX};
	struct xml_dict dict;
	struct xml_token t;
	int r = 0;

	xml_dict_init(&dict, word_names);
	flow_init(&d.flow, o->x, place);
	d.flow.page = o->page;
	d.flow.flags = flags | (o->page == 1 ? BLOCK_FIRST_PAGE : 0);
	while (r == 0 && xml_next(&d.xml, &t) != XML_END) {
		enum word w;

		r = extractor_tick(o->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (d.in_text)
				r = flow_put_xml(&d.flow, t.text, &d.run);
			continue;
		}
		w = (enum word)xml_dict_find(&dict, t.name);
		if (w == W_other)
			continue;
		if (t.kind != XML_CLOSE)
			r = drawing_open(&d, w, &t);
		if (r == 0 && t.kind != XML_OPEN)
			r = drawing_close(&d, w);
	}
	if (r == 0)
		r = flow_finish(&d.flow);
	flow_done(&d.flow);
	return r;
}

/* Legacy drawings of sheets: boxes with a little HTML in them, word art, comments. */
int vml_part(struct office *o, struct view xml)
{
	struct xml x = xml_begin(xml);
	unsigned boxes = 0;
	struct flow flow;
	struct xml_token t;
	int r = 0;

	flow_init(&flow, o->x, PLACE_TEXT_BOX);
	while (r == 0 && xml_next(&x, &t) != XML_END) {
		struct view v;

		r = extractor_tick(o->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (boxes > 0)
				r = flow_put_xml(&flow, t.text, NULL);
		} else if (xml_is(&t, "textbox") && t.kind != XML_EMPTY) {
			boxes = t.kind == XML_OPEN ? boxes + 1 : boxes - (boxes > 0);
			r = t.kind == XML_OPEN ? flow_shape(&flow, PLACE_TEXT_BOX, 0)
					       : flow_shape_end(&flow);
		} else if (xml_is(&t, "div") || xml_is(&t, "p") || xml_is(&t, "br")) {
			r = flow_paragraph_end(&flow);
		} else if (xml_is(&t, "textpath") && xml_attr(&t, "string", &v)) {
			r = flow_aside(&flow, PLACE_WATERMARK, v);
		} else if (xml_is(&t, "shape") && xml_attr(&t, "alt", &v)) {
			r = flow_aside(&flow, PLACE_ALT_TEXT, v);
		}
	}
	if (r == 0)
		r = flow_finish(&flow);
	flow_done(&flow);
	return r;
}
