/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: the tree, what each draws, and the blocks that its lines become. */
#include <errno.h>
#include <math.h>

#include "extract/pdf_paint.h"
#include "extract/pdf_reader.h"

#define MARGIN_EDGE 0.06F /* of the page's height: always header or footer */
#define FOOTER_GAP  3.0F  /* sizes of its letters, free above a footer */
#define MARGIN_REPEAT                                                                             \
	0.15F                /* of the page's height: header or footer if other pages have it too \
			      */
#define CENTRE_SLACK  0.045F /* of the page's width: the left margin of papers is the wider one */
#define LARGE_RATIO   1.15F  /* against the size of most text */
#define PAGE_SIDE_MAX 20000  /* points */

static void page_base(const struct pdf_page_attributes *a, struct pdf_page *page, double ret[6])
{
	const double *b = a->box;
	const double bases[4][6] = {
		{1, 0, 0, 1, -b[0], -b[1]},
		{0, -1, 1, 0, -b[1], b[2]},
		{-1, 0, 0, -1, b[2], b[3]},
		{0, 1, -1, 0, b[3], -b[0]},
	};
	int quarter = a->rotate / 90 & 3;

	memcpy(ret, bases[quarter], sizeof(bases[0]));
	page->width = quarter % 2 ? b[3] - b[1] : b[2] - b[0];
	page->height = quarter % 2 ? b[2] - b[0] : b[3] - b[1];
}

/* All streams of /Contents, one after another. */
static int page_contents(struct pdf_reader *r, const struct pdf_object *dict, struct buf *out)
{
	const struct pdf_object *contents = pdf_get(&r->file, dict, "Contents");
	uint32_t n = contents->type == PDF_ARRAY ? contents->n : 1;
	cleanup_with(buf_done) struct buf part = BUF_INIT(0);

	buf_clear(out);
	for (uint32_t i = 0; i < n; i++) {
		bool array = contents->type == PDF_ARRAY;
		const struct pdf_object *s = array ? pdf_item(&r->file, contents, i) : contents;
		struct buf *to = n == 1 ? out : &part;

		int e = extractor_tick(r->x, 256);
		if (e)
			return e;
		if (s->type != PDF_STREAM)
			continue;
		e = pdf_stream_decode(&r->file, s, to);
		if (e < 0 || e == EXTRACT_STOP)
			return e;
		if (e == PDF_STREAM_DAMAGED)
			extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		else if (e == PDF_STREAM_UNKNOWN || e == PDF_STREAM_IMAGE)
			extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
		if (to == out)
			continue;
		if (out->n + part.n >= r->x->limits->member_bytes) {
			extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		e = buf_put_view(out, buf_view(&part));
		if (e == 0)
			e = buf_put_byte(out, '\n');
		if (e)
			return e;
	}
	return 0;
}

static bool is_top(const struct pdf_page *p, const struct pdf_line *line, float share)
{
	return (double)line->y0 > p->height * (double)(1 - share);
}

static bool is_bottom(const struct pdf_page *p, const struct pdf_line *line, float share)
{
	return (double)line->y0 < p->height * (double)share;
}

/* What a line near the edge looks like, page numbers apart. */
static uint64_t line_hash(const struct pdf_page *p, const struct pdf_line *line)
{
	const uint8_t *text = p->layout.text.p + line->text;
	uint64_t h = (uint64_t)lroundf(line->y0 / 4) * 31 + 7;

	for (uint32_t i = 0; i < line->n; i++) {
		if (text[i] < '0' || text[i] > '9')
			h = (h ^ text[i]) * UINT64_C(0x100000001b3);
	}
	return h;
}

static void page_margin(struct pdf_page *p)
{
	p->n_margin = 0;
	for (size_t i = 0; i < p->layout.n && p->n_margin < PDF_MARGIN_LINES; i++) {
		const struct pdf_line *line = &p->layout.lines[i];
		if (is_top(p, line, MARGIN_REPEAT) || is_bottom(p, line, MARGIN_REPEAT))
			p->margin[p->n_margin++] = line_hash(p, line);
	}
}

static bool page_repeats(const struct pdf_page *other, uint64_t hash)
{
	for (size_t i = 0; other && i < other->n_margin; i++) {
		if (other->margin[i] == hash)
			return true;
	}
	return false;
}

static bool is_watermark(const struct pdf_line *line)
{
	int slope = abs(line->angle) % 90;

	if (line->size < 20)
		return false;
	return (slope > 15 && slope < 75) || (line->pale && line->size >= 28);
}

/* A page without neighbours to compare with still sets its footer off from the text. */
static bool is_set_off(const struct pdf_page *p, const struct pdf_line *line)
{
	for (size_t i = 0; i < p->layout.n; i++) {
		float above = p->layout.lines[i].y0 - line->y0;

		if (above > line->size / 2 && above < FOOTER_GAP * line->size)
			return false;
	}
	return true;
}

static enum place line_place(const struct pdf_page *p, const struct pdf_page *before,
	const struct pdf_page *after, const struct pdf_line *line)
{
	if (is_watermark(line))
		return PLACE_WATERMARK;
	if (line->angle != 0)
		return PLACE_BODY;

	bool top = is_top(p, line, MARGIN_REPEAT), bottom = is_bottom(p, line, MARGIN_REPEAT);
	if (!top && !bottom)
		return PLACE_BODY;
	if (is_top(p, line, MARGIN_EDGE))
		return PLACE_HEADER;
	if (is_bottom(p, line, MARGIN_EDGE))
		return PLACE_FOOTER;
	uint64_t hash = line_hash(p, line);
	if (page_repeats(before, hash) || page_repeats(after, hash))
		return top ? PLACE_HEADER : PLACE_FOOTER;
	return bottom && is_set_off(p, line) ? PLACE_FOOTER : PLACE_BODY;
}

static uint32_t line_flags(const struct pdf_page *p, const struct pdf_line *line)
{
	uint32_t flags = line->flags;
	double middle = ((double)line->x0 + (double)line->x1) / 2;

	if (line->angle == 0 && is_top(p, line, 1.0F / 3))
		flags |= BLOCK_TOP;
	if (p->number == 1)
		flags |= BLOCK_FIRST_PAGE;
	if (line->size >= LARGE_RATIO * p->layout.body_size)
		flags |= BLOCK_LARGE;
	if (fabs(middle - p->width / 2) < (double)CENTRE_SLACK * p->width &&
		(double)(line->x1 - line->x0) < 0.7 * p->width)
		flags |= BLOCK_CENTRED;
	return flags;
}

/* Hands a page over. `before` and `after` are its neighbours or NULL. */
static int page_emit(struct pdf_reader *r, const struct pdf_page *p, const struct pdf_page *before,
	const struct pdf_page *after)
{
	uint32_t shape = 0, group = UINT32_MAX;

	for (size_t i = 0; i < p->layout.n; i++) {
		const struct pdf_line *line = &p->layout.lines[i];
		bool last = i + 1 == p->layout.n || p->layout.lines[i + 1].group != line->group;

		if (line->group != group)
			shape = line->in_group > 1 ? extractor_shape(r->x) : 0;
		group = line->group;

		struct block b = {
			.place = line_place(p, before, after, line),
			.page = p->number,
			.shape = shape,
			.flags = line_flags(p, line) | (shape && last ? BLOCK_SHAPE_END : 0U),
			.text = view_sub(buf_view(&p->layout.text), line->text, line->n),
		};
		int e = extractor_emit(r->x, &b);
		if (e)
			return e;
	}
	return pdf_annotations_read(r, p);
}

static struct pdf_page *page_slot(struct pdf_reader *r, uint32_t number)
{
	return number ? &r->pages[number % ARRAY_SIZE(r->pages)] : NULL;
}

static int page_read(
	struct pdf_reader *r, const struct pdf_object *dict, const struct pdf_page_attributes *a)
{
	if (r->n_pages == r->x->limits->pages) {
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}

	struct pdf_page *p = page_slot(r, ++r->n_pages);
	double base[6];
	p->dict = dict;
	p->number = r->n_pages;
	page_base(a, p, base);
	pdf_content_clear(&p->content);

	int e = page_contents(r, dict, &r->scratch);
	if (e == 0)
		e = pdf_content_run(&r->file, &r->fonts, buf_view(&r->scratch), a->resources, base,
			&p->content);
	if (e)
		return e;
	pdf_boxes_finish(&p->content);
	e = pdf_layout_make(r->x, &p->content, &p->layout);
	if (e)
		return e;
	page_margin(p);
	r->glyphs += p->content.glyphs;
	r->unmapped += p->content.unmapped;
	e = pdf_pictures_read(r, p);
	if (e)
		return e;
	if (p->number == 1)
		return 0;
	return page_emit(r, page_slot(r, p->number - 1),
		p->number > 2 ? page_slot(r, p->number - 2) : NULL, p);
}

static void attributes_inherit(
	struct pdf_reader *r, const struct pdf_object *dict, struct pdf_page_attributes *a)
{
	const struct pdf_object *box = pdf_get(&r->file, dict, "MediaBox");
	const struct pdf_object *resources = pdf_get(&r->file, dict, "Resources");
	double v[4];

	if (resources->type == PDF_DICT)
		a->resources = resources;
	a->rotate = (int)fmod(pdf_get_number(&r->file, dict, "Rotate", a->rotate), 360);
	if (box->type != PDF_ARRAY || box->n != 4)
		return;
	for (uint32_t i = 0; i < 4; i++) {
		const struct pdf_object *o = pdf_item(&r->file, box, i);
		if (o->type != PDF_NUMBER)
			return;
		v[i] = o->number;
	}
	double w = fabs(v[2] - v[0]), h = fabs(v[3] - v[1]);
	if (w < 1 || h < 1 || w > PAGE_SIDE_MAX || h > PAGE_SIDE_MAX)
		return;
	a->box[0] = MIN(v[0], v[2]);
	a->box[1] = MIN(v[1], v[3]);
	a->box[2] = MAX(v[0], v[2]);
	a->box[3] = MAX(v[1], v[3]);
}

static int tree_read(struct pdf_reader *r, const struct pdf_object *ref,
	struct pdf_page_attributes a, unsigned depth)
{
	const struct pdf_object *node = pdf_resolve(&r->file, ref);

	if (node->type != PDF_DICT || !pdf_visit(r, ref))
		return 0;
	if (depth == PDF_TREE_DEPTH_MAX) {
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}
	int e = r->file.error ? r->file.error : extractor_tick(r->x, 256);
	if (e)
		return e;

	const struct pdf_object *kids = pdf_get(&r->file, node, "Kids");
	attributes_inherit(r, node, &a);
	if (kids->type != PDF_ARRAY)
		return page_read(r, node, &a);
	for (uint32_t i = 0; i < kids->n && e == 0; i++)
		e = tree_read(r, &kids->items[i], a, depth + 1);
	return e;
}

/* Without a tree: every page there is, by number. */
static int loose_read(struct pdf_reader *r, const struct pdf_page_attributes *a)
{
	int e = 0;

	for (size_t i = 0; i < r->file.n && e == 0; i++) {
		struct pdf_object ref = {.type = PDF_REF, .n = r->file.entries[i].number};
		const struct pdf_object *o = pdf_resolve(&r->file, &ref);
		struct pdf_page_attributes own = *a;

		e = extractor_tick(r->x, 64);
		if (e || !pdf_is_name(pdf_dict_get(o, "Type"), "Page"))
			continue;
		attributes_inherit(r, o, &own);
		e = page_read(r, o, &own);
	}
	return e;
}

int pdf_pages_read(struct pdf_reader *r)
{
	struct pdf_page_attributes a = {.resources = NULL, .box = {0, 0, 595, 842}};
	const struct pdf_object *root = pdf_resolve(&r->file, r->file.root);

	int e = pdf_content_init(&r->appearance.content);

	for (size_t i = 0; i < ARRAY_SIZE(r->pages) && e == 0; i++)
		e = pdf_content_init(&r->pages[i].content);
	if (e)
		return e;

	const struct pdf_object *pages = pdf_dict_get(root, "Pages");
	e = pages ? tree_read(r, pages, a, 0) : 0;
	if (e == 0 && r->n_pages == 0) {
		e = loose_read(r, &a);
		extractor_fail(r->x, r->n_pages ? COMPLETENESS_PARTIAL : COMPLETENESS_UNREADABLE,
			REASON_DAMAGED);
	}
	if (e == 0 && r->n_pages)
		e = page_emit(r, page_slot(r, r->n_pages),
			r->n_pages > 1 ? page_slot(r, r->n_pages - 1) : NULL, NULL);
	return e;
}
