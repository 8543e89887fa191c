/* SPDX-License-Identifier: Apache-2.0 */
/* OpenDocument: text, sheets, slides, drawings; in packages and flat. */
#include "extract/odf.h"

#include <errno.h>

/* Rows that count as the top of a sheet. */
#define TOP_ROWS 14

/* Spans in spans; deeper ones look like the one they are in. */
#define SPAN_DEPTH 32

#define WORDS(W)       \
	W(p)           \
	W(h)           \
	W(span)        \
	W(s)           \
	W(tab)         \
	W(frame)       \
	W(rect)        \
	W(ellipse)     \
	W(circle)      \
	W(polygon)     \
	W(polyline)    \
	W(path)        \
	W(line)        \
	W(connector)   \
	W(caption)     \
	W(table)       \
	W(page)        \
	W(notes)       \
	W(header)      \
	W(footer)      \
	W(a)           \
	W(annotation)  \
	W(creator)     \
	W(date)        \
	W(title)       \
	W(desc)        \
	W(section)     \
	W(body)        \
	W(meta)        \
	W(style)       \
	W(settings)    \
	W(spreadsheet) \
	W(presentation)

#define WORD_ENUM(w) W_##w,
#define WORD_NAME(w) #w,
enum word {
	W_other,
	WORDS(WORD_ENUM) W_line_break,
	W_custom_shape,
	W_table_cell,
	W_table_row,
	W_note_body,
	W_note_citation,
	W_tracked_changes,
	W_header_left,
	W_header_first,
	W_footer_left,
	W_footer_first,
	W_master_styles,
	W_master_page,
	W_hidden_text,
	W_hidden_paragraph,
	W_ruby_text,
	W_header_decl,
	W_footer_decl,
	W_annotation_end,
	W_automatic_styles,
	W_styles,
	W_MAX
};
static const char *const word_names[] = {"", WORDS(WORD_NAME) "line-break", "custom-shape",
	"table-cell", "table-row", "note-body", "note-citation", "tracked-changes", "header-left",
	"header-first", "footer-left", "footer-first", "master-styles", "master-page",
	"hidden-text", "hidden-paragraph", "ruby-text", "header-decl", "footer-decl",
	"annotation-end", "automatic-styles", "styles", NULL};

struct odf {
	struct office *o;
	struct flow flow;
	struct xml xml;
	struct look looks[SPAN_DEPTH]; /* [0] is the paragraph's */
	unsigned spans, spans_over;
	unsigned text; /* paragraphs (and the like) that are open: text counts inside only */
	bool in_styles, in_master, is_sheet, is_slides, is_numeric, next_cell_framed;
	uint32_t rows;
};

static struct look *look(struct odf *d)
{
	return &d->looks[d->spans];
}

static const struct odf_style *style_of(
	struct odf *d, const struct xml_token *t, enum odf_family family)
{
	struct view name;

	if (!xml_attr(t, "style-name", &name))
		return NULL;
	return odf_style_find(d->o->odf, family, name);
}

static enum place inner_place(struct odf *d, enum place place)
{
	enum place outer = flow_frame(&d->flow)->place;

	if (d->in_master && d->is_slides)
		return PLACE_MASTER;
	return outer == PLACE_BODY || outer == PLACE_TABLE_CELL || outer == PLACE_TEXT_BOX ? place
											   : outer;
}

static int open_paragraph(struct odf *d, const struct xml_token *t)
{
	const struct odf_style *s = style_of(d, t, ODF_PARAGRAPH);
	int r = 0;

	d->text++;
	d->spans = d->spans_over = 0;
	d->looks[0] = s ? s->look : (struct look){0};
	if (d->text == 1)
		r = flow_paragraph_end(&d->flow);
	if (s)
		flow_frame(&d->flow)->para |= s->para;
	return r;
}

static void open_span(struct odf *d, const struct xml_token *t)
{
	const struct odf_style *s = style_of(d, t, ODF_TEXT);

	if (d->spans + 1 == SPAN_DEPTH) {
		d->spans_over++;
		return;
	}
	d->looks[d->spans + 1] = *look(d);
	d->spans++;
	if (s)
		odf_style_apply(s, look(d));
}

static void close_span(struct odf *d)
{
	if (d->spans_over > 0)
		d->spans_over--;
	else if (d->spans > 0)
		d->spans--;
}

static int open_box(struct odf *d, const struct xml_token *t)
{
	const struct odf_style *s = style_of(d, t, ODF_GRAPHIC);
	enum place place = inner_place(d, PLACE_TEXT_BOX);
	struct view v;

	if (xml_attr(t, "class", &v) && place == PLACE_TEXT_BOX) {
		if (view_eq(v, VIEW_LIT("footer")))
			place = PLACE_FOOTER;
		else if (view_eq(v, VIEW_LIT("header")))
			place = PLACE_HEADER;
		else if (view_eq(v, VIEW_LIT("notes")))
			place = PLACE_NOTES;
		else
			place = PLACE_BODY;
	}
	return flow_shape(&d->flow, place, s ? s->para & BLOCK_FRAMED : 0);
}

static int open_cell(struct odf *d, const struct xml_token *t)
{
	uint32_t flags = d->next_cell_framed ? BLOCK_FRAMED : 0;
	struct view type;

	d->next_cell_framed = false;
	if (d->is_sheet && d->rows <= TOP_ROWS)
		flags |= BLOCK_TOP;
	d->is_numeric = xml_attr(t, "value-type", &type) && !view_eq(type, VIEW_LIT("string"));
	return flow_shape(&d->flow, inner_place(d, PLACE_TABLE_CELL), flags);
}

static int open_table(struct odf *d, const struct xml_token *t)
{
	struct view name;

	d->next_cell_framed = !d->is_sheet && office_is_one_cell(d->xml, "table", "table-cell");
	if (!d->is_sheet || flow_frame(&d->flow)->shape != 0)
		return 0;
	d->rows = 0;
	d->flow.page++;
	d->flow.flags = d->flow.page == 1 ? BLOCK_FIRST_PAGE : 0;
	return xml_attr(t, "name", &name) ? flow_aside(&d->flow, PLACE_SHEET_NAME, name) : 0;
}

static void open_row(struct odf *d, const struct xml_token *t)
{
	struct view v;

	d->rows++;
	if (xml_attr(t, "number-rows-repeated", &v))
		d->rows += MIN(office_number(v), UINT32_C(1) << 20);
	d->flow.row = d->is_sheet ? d->rows : 0;
}

static int open_page(struct odf *d)
{
	if (!d->is_slides)
		return 0;
	d->flow.page++;
	d->flow.flags = d->flow.page == 1 ? BLOCK_FIRST_PAGE : 0;
	return 0;
}

/* svg:title, svg:desc; dc:title and the like stand in office:meta, which goes elsewhere. */
static int alternative_text(struct odf *d)
{
	struct xml_token t;

	if (xml_next(&d->xml, &t) == XML_TEXT)
		return flow_aside(&d->flow, PLACE_ALT_TEXT, t.text);
	return 0;
}

static int blanks(struct odf *d, const struct xml_token *t)
{
	static const char many[] = "                ";
	struct view v;
	uint32_t n = xml_attr(t, "c", &v) ? office_number(v) : 1;

	return flow_put(&d->flow, view_of(many, n < 1 ? 1 : MIN(n, 16U)), look(d));
}

static int odf_open(struct odf *d, enum word w, const struct xml_token *t);

static int open_other(struct odf *d, enum word w, const struct xml_token *t)
{
	struct view v;

	switch ((int)w) {
	case W_spreadsheet: d->is_sheet = true; return 0;
	case W_presentation: d->is_slides = true; return 0;
	case W_master_styles: d->in_master = true; return 0;
	case W_master_page: return flow_paragraph_end(&d->flow);
	case W_settings: return office_skip(d->o->x, &d->xml, t);
	case W_a: return xml_attr(t, "href", &v) ? props_link(d->o->x, v) : 0;
	case W_meta: return t->kind == XML_OPEN ? odf_meta(d->o->x, &d->xml, t) : 0;
	case W_styles:
	case W_automatic_styles: return odf_styles_read(d->o, &d->xml, t);
	case W_header_decl:
	case W_footer_decl:
		return flow_shape(&d->flow, w == W_header_decl ? PLACE_HEADER : PLACE_FOOTER, 0);
	default: return 0;
	}
}

static int odf_open(struct odf *d, enum word w, const struct xml_token *t)
{
	struct view v;

	switch ((int)w) {
	case W_p:
	case W_h: return open_paragraph(d, t);
	case W_span: open_span(d, t); return 0;
	case W_s: return d->text > 0 ? blanks(d, t) : 0;
	case W_tab: return d->text > 0 ? flow_put(&d->flow, VIEW_LIT("\t"), look(d)) : 0;
	case W_line_break: return d->text > 0 ? flow_break(&d->flow) : 0;
	case W_frame:
	case W_rect:
	case W_ellipse:
	case W_circle:
	case W_polygon:
	case W_polyline:
	case W_path:
	case W_line:
	case W_connector:
	case W_caption:
	case W_custom_shape: return open_box(d, t);
	case W_table: return open_table(d, t);
	case W_table_row: open_row(d, t); return 0;
	case W_table_cell: return open_cell(d, t);
	case W_page: return open_page(d);
	case W_notes: return flow_shape(&d->flow, PLACE_NOTES, 0);
	case W_header:
	case W_header_left:
	case W_header_first: return flow_shape(&d->flow, PLACE_HEADER, 0);
	case W_footer:
	case W_footer_left:
	case W_footer_first: return flow_shape(&d->flow, PLACE_FOOTER, 0);
	case W_note_body: return flow_shape(&d->flow, PLACE_FOOTNOTE, 0);
	case W_annotation: d->is_numeric = false; return flow_shape(&d->flow, PLACE_COMMENT, 0);
	case W_section:
		return flow_shape(&d->flow, flow_frame(&d->flow)->place,
			xml_attr(t, "display", &v) && office_is_on(t, "display") ? 0
				: v.n > 0                                        ? BLOCK_HIDDEN
										 : 0);
	case W_title:
	case W_desc: return alternative_text(d);
	case W_hidden_text:
	case W_hidden_paragraph:
		return xml_attr(t, "string-value", &v) ? flow_aside(&d->flow, PLACE_BODY, v) : 0;
	case W_creator:
	case W_date:
	case W_note_citation:
	case W_ruby_text:
	case W_tracked_changes: return office_skip(d->o->x, &d->xml, t);
	default: return open_other(d, w, t);
	}
}

static int odf_close(struct odf *d, enum word w)
{
	switch ((int)w) {
	case W_p:
	case W_h: d->text -= d->text > 0; return flow_paragraph_end(&d->flow);
	case W_span: close_span(d); return 0;
	case W_frame:
	case W_rect:
	case W_ellipse:
	case W_circle:
	case W_polygon:
	case W_polyline:
	case W_path:
	case W_line:
	case W_connector:
	case W_caption:
	case W_custom_shape:
	case W_notes:
	case W_header:
	case W_header_left:
	case W_header_first:
	case W_footer:
	case W_footer_left:
	case W_footer_first:
	case W_note_body:
	case W_annotation:
	case W_section:
	case W_header_decl:
	case W_footer_decl: return flow_shape_end(&d->flow);
	case W_table_cell: d->is_numeric = false; return flow_shape_end(&d->flow);
	case W_master_styles: d->in_master = false; return 0;
	default: return 0;
	}
}

static int walk(struct odf *d)
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
			if ((d->text > 0 || flow_frame(&d->flow)->shape != 0) && !d->is_numeric)
				r = flow_put_xml(&d->flow, t.text, look(d));
			continue;
		}
		w = (enum word)xml_dict_find(&dict, t.name);
		if (w == W_other)
			continue;
		if (t.kind != XML_CLOSE)
			r = odf_open(d, w, &t);
		if (r == 0 && t.kind != XML_OPEN)
			r = odf_close(d, w);
	}
	return r;
}

int odf_part(struct office *o, struct view xml)
{
	struct odf d = {.o = o, .xml = xml_begin(xml)};
	int r;

	/* Masters come in a part of their own, which does not say what they are masters of. */
	d.is_slides = o->is_slides;
	flow_init(&d.flow, o->x, PLACE_BODY);
	r = walk(&d);
	if (r == 0)
		r = flow_finish(&d.flow);
	flow_done(&d.flow);
	return r;
}

int odf_manifest(struct office *o, struct view xml)
{
	struct xml x = xml_begin(xml);
	struct xml_token t;

	while (xml_next(&x, &t) != XML_END) {
		int r = extractor_tick(o->x, 32);

		if (r != 0)
			return r;
		if (t.kind != XML_CLOSE && xml_is(&t, "encryption-data")) {
			extractor_fail(o->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
			return 0;
		}
	}
	return 0;
}
