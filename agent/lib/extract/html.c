/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/html.h"

#include <errno.h>
#include <string.h>

#include "extract/html_style.h"
#include "extract/office.h"

/* Inline elements in inline elements; deeper ones look like the one they are in. */
#define LOOK_DEPTH 48

/* Longest element name that is known. */
#define NAME_MAX_LENGTH 12

enum word {
	W_other,
	/* paragraphs: all up to W_inline end one */
	W_p,
	W_div,
	W_h1,
	W_h2,
	W_h3,
	W_h4,
	W_h5,
	W_h6,
	W_li,
	W_ul,
	W_ol,
	W_dl,
	W_dt,
	W_dd,
	W_tr,
	W_hr,
	W_pre,
	W_section,
	W_article,
	W_aside,
	W_main,
	W_nav,
	W_form,
	W_fieldset,
	W_legend,
	W_blockquote,
	W_center,
	W_address,
	W_body,
	W_figure,
	W_caption,
	W_table,
	W_header,
	W_footer,
	W_td,
	W_th,
	/* inline */
	W_inline,
	W_span,
	W_font,
	W_b,
	W_strong,
	W_i,
	W_em,
	W_u,
	W_s,
	W_strike,
	W_del,
	W_a,
	W_big,
	W_bdo,
	/* the rest */
	W_last_inline,
	W_br,
	W_img,
	W_meta,
	W_title,
	W_script,
	W_style,
	W_template,
	W_select,
	W_option,
	W_input,
	W_MAX
};

static const char *const word_names[] = {"", "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li",
	"ul", "ol", "dl", "dt", "dd", "tr", "hr", "pre", "section", "article", "aside", "main",
	"nav", "form", "fieldset", "legend", "blockquote", "center", "address", "body", "figure",
	"caption", "table", "header", "footer", "td", "th", "\x01", "span", "font", "b", "strong",
	"i", "em", "u", "s", "strike", "del", "a", "big", "bdo", "\x02", "br", "img", "meta",
	"title", "script", "style", "template", "select", "option", "input", NULL};

struct open_element {
	enum word word;
	struct html_look look;
	bool is_shape;
};

struct html {
	struct extractor *x;
	struct flow flow;
	struct xml xml;
	enum place place;
	struct buf text; /* one piece, decoded and with blanks collapsed */
	struct open_element open[LOOK_DEPTH];
	unsigned n; /* in `open` */
	bool pre, blank, skip_option;
	bool next_cell_framed;
};

static struct html_look *look(struct html *h)
{
	static const struct html_look none;

	if (h->n == 0) {
		h->open[0].look = none;
		return &h->open[0].look;
	}
	return &h->open[h->n - 1].look;
}

/* Blanks of any number and kind are one, except in <pre>, where lines are lines. */
static int put(struct html *h, struct view raw)
{
	size_t out = 0;
	int r;

	buf_clear(&h->text);
	r = html_decode(raw, &h->text);
	if (r < 0)
		return r;
	for (size_t i = 0; i < h->text.n; i++) {
		uint8_t c = h->text.p[i];
		bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';

		if (h->pre && c == '\n')
			c = '\v';
		else if (blank && h->blank)
			continue;
		else if (blank)
			c = ' ';
		h->blank = blank && !h->pre;
		h->text.p[out++] = c;
	}
	h->text.n = out;
	return flow_put(&h->flow, buf_view(&h->text), &look(h)->run);
}

static int end_paragraph(struct html *h)
{
	h->blank = true;
	return flow_paragraph_end(&h->flow);
}

static int property(struct html *h, struct view name, struct view raw)
{
	struct block b = {.place = PLACE_PROPERTY, .name = name};
	int r;

	buf_clear(&h->text);
	r = html_decode(raw, &h->text);
	if (r < 0)
		return r;
	b.text = buf_view(&h->text);
	return extractor_emit(h->x, &b);
}

static int meta(struct html *h, const struct xml_token *t)
{
	static const char *const dull[] = {
		"viewport", "generator", "progid", "robots", "theme-color", NULL};
	struct view name, content;

	if ((!html_attr(t, "name", &name) && !html_attr(t, "property", &name)) ||
		!html_attr(t, "content", &content))
		return 0;
	for (size_t i = 0; dull[i]; i++)
		if (html_is(name, dull[i]))
			return 0;
	return property(h, view_sub(name, 0, OFFICE_NAME_MAX), content);
}

/* Passes over everything up to the end tag of `name`, which is not markup. */
static void skip_raw(struct html *h, const char *name)
{
	size_t n = strlen(name);

	while (h->xml.p < h->xml.end) {
		const uint8_t *lt = memchr(h->xml.p, '<', (size_t)(h->xml.end - h->xml.p));

		if (!lt) {
			h->xml.p = h->xml.end;
			return;
		}
		h->xml.p = lt;
		if ((size_t)(h->xml.end - lt) > n + 2 && lt[1] == '/' &&
			html_is(view_of(lt + 2, n), name))
			return;
		h->xml.p++;
	}
}

static int title(struct html *h)
{
	const uint8_t *start = h->xml.p;

	skip_raw(h, "title");
	return property(h, VIEW_LIT("title"), view_of(start, (size_t)(h->xml.p - start)));
}

static enum place shape_place(struct html *h, enum word w)
{
	enum place outer = flow_frame(&h->flow)->place;

	if (outer != PLACE_BODY)
		return outer;
	return w == W_header             ? PLACE_HEADER
		: w == W_footer          ? PLACE_FOOTER
		: w == W_td || w == W_th ? PLACE_TABLE_CELL
					 : PLACE_BODY;
}

static void default_look(struct html_look *l, enum word w)
{
	if (w == W_b || w == W_strong || w == W_th)
		l->run.flags |= BLOCK_BOLD;
	else if (w == W_s || w == W_strike || w == W_del)
		l->run.flags |= BLOCK_STRUCK;
	else if (w == W_h1 || w == W_h2 || w == W_big)
		l->run.flags |= BLOCK_LARGE | BLOCK_BOLD;
	else if (w == W_center)
		l->is_centred = true;
}

/* class="footer", id="page-footer" */
static bool is_footer(const struct xml_token *t)
{
	static const char *const names[] = {"class", "id"};
	struct view v;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!html_attr(t, names[i], &v))
			continue;
		while (v.n > 0) {
			const uint8_t *blank = memchr(v.p, ' ', v.n);
			size_t n = blank ? (size_t)(blank - v.p) : v.n;
			struct view word = view_sub(v, 0, n);

			if (html_is(word, "footer") || html_is(word, "page-footer") ||
				html_is(word, "doc-footer") || html_is(word, "document-footer"))
				return true;
			v = view_sub(v, n + 1, v.n);
		}
	}
	return false;
}

/* Remembers an element that lasts until its end tag. */
static int push(struct html *h, enum word w, const struct xml_token *t)
{
	struct html_look l = *look(h);
	bool block = w < W_inline;
	struct open_element *e;
	bool footer;
	int r = 0;

	l.is_framed = false;
	default_look(&l, w);
	html_look_apply(&l, t);
	if (!block && l.is_framed)
		l.run.flags |= BLOCK_FRAMED;
	if (h->n == LOOK_DEPTH)
		return 0;
	footer = (w == W_div || w == W_p || w == W_section || w == W_aside) && is_footer(t);
	e = &h->open[h->n++];
	*e = (struct open_element){.word = w, .look = l};
	if (w == W_header || w == W_footer || w == W_td || w == W_th || footer ||
		(block && l.is_framed && w != W_table && w != W_tr)) {
		bool framed = (l.is_framed && w != W_td && w != W_th) || h->next_cell_framed;

		h->next_cell_framed = false;
		e->is_shape = true;
		r = flow_shape(
			&h->flow, shape_place(h, footer ? W_footer : w), framed ? BLOCK_FRAMED : 0);
	}
	if (r == 0 && block && l.is_centred)
		flow_frame(&h->flow)->para |= BLOCK_CENTRED;
	return r;
}

/* Ends the innermost element of this name, and those left open inside it. */
static int pop(struct html *h, enum word w)
{
	unsigned at = h->n;
	int r = 0;

	while (at > 0 && h->open[at - 1].word != w)
		at--;
	if (at == 0)
		return 0;
	while (r == 0 && h->n >= at)
		if (h->open[--h->n].is_shape)
			r = flow_shape_end(&h->flow);
	return r;
}

static int html_open(struct html *h, enum word w, const struct xml_token *t)
{
	struct view v;
	int r;

	switch ((int)w) {
	case W_br: h->blank = true; return flow_break(&h->flow);
	case W_img: return html_attr(t, "alt", &v) ? flow_aside(&h->flow, PLACE_ALT_TEXT, v) : 0;
	case W_meta: return meta(h, t);
	case W_title: return title(h);
	case W_script: skip_raw(h, "script"); return 0;
	case W_style: skip_raw(h, "style"); return 0;
	case W_template: skip_raw(h, "template"); return 0;
	case W_option: h->skip_option = !html_attr(t, "selected", &v); return 0;
	case W_select: h->skip_option = false; return 0;
	case W_input:
		return html_attr(t, "value", &v) && v.n > 0 && !html_attr(t, "hidden", &v)
			? (html_attr(t, "value", &v), flow_aside(&h->flow, PLACE_FORM_FIELD, v))
			: 0;
	default: break;
	}
	if (w == W_other || w > W_last_inline)
		return 0;
	if (w == W_a && html_attr(t, "href", &v) && view_starts(v, VIEW_LIT("http"))) {
		r = property(h, VIEW_LIT("link"), v);
		if (r != 0)
			return r;
	}
	if (w < W_inline) {
		r = end_paragraph(h);
		if (r != 0)
			return r;
		/* An item, row or paragraph that was left open ends here. */
		if (w == W_p || w == W_li || w == W_tr || w == W_td || w == W_th)
			r = h->n > 0 && h->open[h->n - 1].word == w ? pop(h, w) : 0;
		if (r != 0)
			return r;
		if (w == W_table)
			h->next_cell_framed = office_is_one_cell(h->xml, "table", "td");
		h->pre |= w == W_pre;
	}
	r = t->kind == XML_OPEN && w != W_hr ? push(h, w, t) : 0;
	/* a right-to-left override, as text has it */
	if (r == 0 && w == W_bdo && html_attr(t, "dir", &v) && html_is(v, "rtl"))
		r = put(h, VIEW_LIT("\u202e"));
	return r;
}

static int html_close(struct html *h, enum word w)
{
	int r = 0;

	if (w == W_select || w == W_option)
		h->skip_option = false;
	if (w == W_other || w > W_last_inline)
		return 0;
	if (w < W_inline)
		r = end_paragraph(h);
	if (w == W_pre)
		h->pre = false;
	if (w == W_bdo)
		r = put(h, VIEW_LIT("\u202c"));
	return r == 0 ? pop(h, w) : r;
}

static enum word lookup(const struct xml_dict *dict, struct view name)
{
	uint8_t lower[NAME_MAX_LENGTH];

	if (name.n > sizeof(lower))
		return W_other;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 32 : name.p[i];
	return (enum word)xml_dict_find(dict, view_of(lower, name.n));
}

static int walk(struct html *h)
{
	struct xml_dict dict;
	struct xml_token t;
	int r = 0;

	xml_dict_init(&dict, word_names);
	while (r == 0 && xml_next(&h->xml, &t) != XML_END) {
		enum word w;

		r = extractor_tick(h->x, 64);
		if (r != 0)
			break;
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			if (!h->skip_option)
				r = put(h, t.text);
			continue;
		}
		w = lookup(&dict, t.name);
		if (t.kind != XML_CLOSE)
			r = html_open(h, w, &t);
		else
			r = html_close(h, w);
	}
	return r;
}

static bool declared_charset(struct view content, enum encoding *ret)
{
	struct view head = view_sub(content, 0, HTML_HEAD), name;
	const uint8_t *at = memmem(head.p, head.n, "charset=", 8), *end = head.p + head.n, *p;

	if (!at)
		return false;
	at += 8;
	while (at < end && (*at == '"' || *at == '\'' || *at == ' '))
		at++;
	for (p = at; p<end && * p> ' ' && !strchr("\"'/>;", *p); p++)
		;
	name = view_of(at, (size_t)(p - at));
	return encoding_parse(name, ret) == 0;
}

int html_bid(struct view content)
{
	static const char *const starts[] = {"<!doctype html", "<html", "<head", "<body", "<meta",
		"<title", "<table", "<div", "<font", "<center", "<script", NULL};
	struct view head = view_sub(content, 0, HTML_HEAD);

	if (view_starts(head, VIEW_LIT("\xef\xbb\xbf")))
		head = view_sub(head, 3, head.n);
	while (head.n > 0 && head.p[0] <= ' ' && head.p[0] != 0)
		head = view_sub(head, 1, head.n);
	if (head.n == 0 || head.p[0] != '<')
		return BID_NONE;
	for (size_t i = 0; starts[i]; i++)
		if (html_is(view_sub(head, 0, strlen(starts[i])), starts[i]))
			return BID_CONTENT;
	return html_contains(head, "<html") || html_contains(head, "<!doctype html") ? BID_CONTENT
										     : BID_NONE;
}

int html_extract(struct extractor *x, struct view content)
{
	return html_extract_as(x, content, PLACE_BODY, NULL);
}

int html_extract_as(
	struct extractor *x, struct view content, enum place place, const enum encoding *hint)
{
	cleanup_with(buf_done) struct buf utf8 = BUF_INIT(0);
	struct html h = {.x = x, .place = place, .blank = true};
	enum encoding e, declared;
	int r;

	if (content.n == 0)
		return 0;
	if (!hint && declared_charset(content, &declared))
		hint = &declared;
	if (encoding_detect(content, hint, &e) && e != ENCODING_UTF8) {
		r = encoding_decode(e, content, &utf8);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			content = buf_view(&utf8);
		else
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
	}
	h.xml = xml_begin(content);
	flow_init(&h.flow, x, place);
	r = walk(&h);
	if (r == 0)
		r = flow_finish(&h.flow);
	flow_done(&h.flow);
	buf_done(&h.text);
	return r;
}
