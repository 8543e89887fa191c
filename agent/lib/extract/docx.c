/* SPDX-License-Identifier: Apache-2.0 */
/* WordprocessingML: document, headers, footers, notes, comments. */
#include "extract/docx.h"

#include <string.h>

/* Paragraphs of the first page, where the document does not say where its pages break. */
#define FIRST_PAGE_PARAGRAPHS 60

#define WORDS(W)                 \
	W(p)                     \
	W(r)                     \
	W(t)                     \
	W(pPr)                   \
	W(rPr)                   \
	W(br)                    \
	W(cr)                    \
	W(tab)                   \
	W(sym)                   \
	W(noBreakHyphen)         \
	W(softHyphen)            \
	W(lastRenderedPageBreak) \
	W(del)                   \
	W(moveFrom)              \
	W(rt)                    \
	W(tbl)                   \
	W(tc)                    \
	W(txbxContent)           \
	W(textpath)              \
	W(docPr)                 \
	W(shape)                 \
	W(sdt)                   \
	W(docPartObj)            \
	W(placeholder)           \
	W(Choice)                \
	W(Fallback)              \
	W(footnote)              \
	W(endnote)               \
	W(comment)               \
	W(pBdr)

#define WORD_ENUM(w) W_##w,
#define WORD_NAME(w) #w,
enum word { W_other, WORDS(WORD_ENUM) W_MAX };
static const char *const word_names[] = {"", WORDS(WORD_NAME) NULL};

struct docx {
	struct office *o;
	struct flow flow;
	struct xml xml;
	enum place place;
	struct look para, run; /* of the paragraph's style; of the run */
	bool in_text, in_ppr, in_rpr, in_border, in_deleted;
	bool next_cell_framed;
	uint32_t paragraphs;
	uint64_t sdt;    /* a bit per open content control: framed */
	uint64_t choice; /* flow.puts at the last Choice */
};

static int put(struct docx *d, struct view raw)
{
	struct look look = d->run;

	if (d->sdt != 0)
		look.flags |= BLOCK_FRAMED;
	return flow_put_xml(&d->flow, raw, &look);
}

static int paragraph(struct docx *d)
{
	int r = flow_paragraph_end(&d->flow);

	d->para = docx_style_default(d->o->styles);
	d->run = d->para;
	d->in_ppr = d->in_rpr = d->in_text = d->in_border = false;
	if (d->flow.page == 1 && ++d->paragraphs > FIRST_PAGE_PARAGRAPHS) {
		d->flow.page = 0;
		d->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
	}
	return r;
}

static void page_break(struct docx *d)
{
	if (d->place != PLACE_BODY)
		return;
	d->paragraphs = 0;
	d->flow.page = MAX(d->flow.page, 1U) + 1;
	d->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
}

/* Ticked and empty boxes of the symbol fonts: a form's ticks decide what it says. */
static int symbol(struct docx *d, const struct xml_token *t)
{
	static const char *const ticked[] = {"FE", "FD", "78", "54", "53", "52", "FC", NULL};
	struct view code;
	const char *box = "\u2610";

	if (!xml_attr(t, "char", &code) || code.n < 2)
		return 0;
	for (size_t i = 0; ticked[i]; i++)
		if (view_ends(code, view_str(ticked[i])))
			box = "\u2612";
	return flow_put(&d->flow, view_str(box), NULL);
}

static int line_break(struct docx *d, const struct xml_token *t)
{
	struct view type;

	if (xml_attr(t, "type", &type) && view_eq(type, VIEW_LIT("page")))
		page_break(d);
	return flow_break(&d->flow);
}

/* Left, middle and right of a header are parts of their own. */
static int tabulator(struct docx *d)
{
	if (d->in_ppr)
		return 0;
	if (d->place == PLACE_HEADER || d->place == PLACE_FOOTER)
		return flow_break(&d->flow);
	return flow_put(&d->flow, VIEW_LIT("\t"), NULL);
}

static int alternative_text(struct docx *d, const struct xml_token *t)
{
	static const char *const attrs[] = {"descr", "title", "alt"};
	struct view v;

	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++)
		if (xml_attr(t, attrs[i], &v)) {
			int r = flow_aside(&d->flow, PLACE_ALT_TEXT, v);

			if (r != 0)
				return r;
		}
	return 0;
}

/* Boxes and cells in headers, footers and notes stay what they are in. */
static int open_shape(struct docx *d, enum place place, uint32_t flags)
{
	enum place outer = flow_frame(&d->flow)->place;

	return flow_shape(
		&d->flow, outer == PLACE_BODY || outer == PLACE_TABLE_CELL ? place : outer, flags);
}

static int open_cell(struct docx *d)
{
	uint32_t flags = d->next_cell_framed ? BLOCK_FRAMED : 0;

	d->next_cell_framed = false;
	return open_shape(d, PLACE_TABLE_CELL, flags);
}

/* Elements with content of their own; EMPTY ones are followed by docx_close(). */
static int docx_open(struct docx *d, enum word w, const struct xml_token *t)
{
	struct view v;

	switch (w) {
	case W_p: return paragraph(d);
	case W_r: d->run = d->para; return 0;
	case W_t: d->in_text = true; return 0;
	case W_pPr: d->in_ppr = true; return 0;
	case W_rPr: d->in_rpr = !d->in_ppr; return 0;
	case W_pBdr: d->in_border = true; return 0;
	case W_br:
	case W_cr: return line_break(d, t);
	case W_tab: return tabulator(d);
	case W_sym: return symbol(d, t);
	case W_noBreakHyphen: return flow_put(&d->flow, VIEW_LIT("-"), NULL);
	case W_softHyphen:
		return look_soft_hyphen_is_letter(&d->run) ? put(d, VIEW_LIT(LOOK_SOFT_HYPHEN)) : 0;
	case W_lastRenderedPageBreak: page_break(d); return 0;
	case W_del:
	case W_moveFrom:
	case W_rt: return d->in_ppr || d->in_rpr ? 0 : office_skip(d->o->x, &d->xml, t);
	case W_tbl: d->next_cell_framed = office_is_one_cell(d->xml, "tbl", "tc"); return 0;
	case W_tc: return open_cell(d);
	case W_txbxContent: return open_shape(d, PLACE_TEXT_BOX, 0);
	case W_textpath:
		return xml_attr(t, "string", &v) ? flow_aside(&d->flow, PLACE_WATERMARK, v) : 0;
	case W_docPr:
	case W_shape: return alternative_text(d, t);
	case W_sdt: d->sdt = d->sdt << 1 | 1; return 0;
	case W_docPartObj: d->sdt &= ~UINT64_C(1); return 0;
	case W_placeholder: return office_skip(d->o->x, &d->xml, t);
	case W_Choice: d->choice = d->flow.puts; return 0;
	case W_Fallback: return d->flow.puts != d->choice ? office_skip(d->o->x, &d->xml, t) : 0;
	case W_footnote:
	case W_endnote:
	case W_comment: return flow_shape(&d->flow, d->place, 0);
	case W_other:
	case W_MAX: break;
	}
	if (d->in_rpr)
		docx_run_property(d->o->styles, &d->run, t);
	else if (d->in_border && docx_is_border(t))
		flow_frame(&d->flow)->para |= BLOCK_FRAMED;
	else if (d->in_ppr)
		flow_frame(&d->flow)->para |= docx_paragraph_property(d->o->styles, &d->para, t);
	return 0;
}

static int docx_close(struct docx *d, enum word w)
{
	switch (w) {
	case W_p: return flow_paragraph_end(&d->flow);
	case W_t: d->in_text = false; return 0;
	case W_pPr: d->in_ppr = d->in_rpr = d->in_border = false; return 0;
	case W_rPr: d->in_rpr = false; return 0;
	case W_pBdr: d->in_border = false; return 0;
	case W_sdt: d->sdt >>= 1; return 0;
	case W_tc:
	case W_txbxContent:
	case W_footnote:
	case W_endnote:
	case W_comment: return flow_shape_end(&d->flow);
	case W_other:
	case W_r:
	case W_br:
	case W_cr:
	case W_tab:
	case W_sym:
	case W_noBreakHyphen:
	case W_softHyphen:
	case W_lastRenderedPageBreak:
	case W_del:
	case W_moveFrom:
	case W_rt:
	case W_tbl:
	case W_textpath:
	case W_docPr:
	case W_shape:
	case W_docPartObj:
	case W_placeholder:
	case W_Choice:
	case W_Fallback:
	case W_MAX: break;
	}
	return 0;
}

static int walk(struct docx *d)
{
	struct xml_dict dict;
	struct xml_token t;
	int r = 0;

	xml_dict_init(&dict, word_names);
	while (r == 0 && xml_next(&d->xml, &t) != XML_END) {
		enum word w;

		r = extractor_tick(d->o->x, 32);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (d->in_text)
				r = put(d, t.text);
			continue;
		}
		w = (enum word)xml_dict_find(&dict, t.name);
		if (t.kind != XML_CLOSE)
			r = docx_open(d, w, &t);
		if (r == 0 && t.kind != XML_OPEN && w != W_other)
			r = docx_close(d, w);
	}
	return r;
}

int docx_part(struct office *o, struct view xml, enum place place, uint32_t flags)
{
	struct docx d = {.o = o, .xml = xml_begin(xml), .place = place, .choice = UINT64_MAX};
	int r;

	flow_init(&d.flow, o->x, place);
	d.flow.flags = flags;
	d.para = d.run = docx_style_default(o->styles);
	if (place == PLACE_BODY) {
		d.flow.page = 1;
		d.flow.flags |= BLOCK_FIRST_PAGE;
	} else if (place == PLACE_HEADER || place == PLACE_FOOTER) {
		d.flow.frames[0].shape = extractor_shape(o->x);
	}
	r = walk(&d);
	if (r == 0)
		r = flow_finish(&d.flow);
	flow_done(&d.flow);
	return r;
}
