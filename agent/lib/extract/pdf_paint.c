/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_paint.h"

#include <math.h>

#define MM (72 / 25.4F)

/* A marking's box: 10 to 110 mm wide, 4 to 40 mm high. */
#define BOX_WIDTH_MIN  (10 * MM)
#define BOX_WIDTH_MAX  (110 * MM)
#define BOX_HEIGHT_MIN (4 * MM)
#define BOX_HEIGHT_MAX (40 * MM)
#define RULE_THICK_MAX 3.5F /* points: what is thicker is an area, not a rule */
#define CELL_SLACK     2.0F /* points between cells of a table */
#define DOUBLE_SLACK   6.0F /* points between the two lines of a double frame */
#define CORNER_SLACK   3.5F /* points between the ends of rules that meet */

static struct pdf_subpath *sub_new(struct pdf_path *p, double x, double y)
{
	if (p->n == PDF_SUBPATHS_MAX)
		return NULL;
	p->sub[p->n] = (struct pdf_subpath){x, y, x, y, 1, true, false};
	return &p->sub[p->n++];
}

static void sub_line(struct pdf_path *p, double x, double y)
{
	struct pdf_subpath *s = p->n ? &p->sub[p->n - 1] : NULL;

	if (!s)
		return;
	if (x != p->x && y != p->y)
		s->straight = false;
	s->x0 = MIN(s->x0, x);
	s->y0 = MIN(s->y0, y);
	s->x1 = MAX(s->x1, x);
	s->y1 = MAX(s->y1, y);
	s->points++;
}

static void rule_add(struct pdf_content *c, struct pdf_box b)
{
	if (b.x1 - b.x0 < BOX_HEIGHT_MIN && b.y1 - b.y0 < BOX_HEIGHT_MIN)
		return;
	if (c->n_rules < PDF_RULES_MAX)
		c->rules[c->n_rules++] = b;
}

static bool box_fits(const struct pdf_box *b)
{
	float w = b->x1 - b->x0, h = b->y1 - b->y0;

	return w >= BOX_WIDTH_MIN && w <= BOX_WIDTH_MAX && h >= BOX_HEIGHT_MIN &&
		h <= BOX_HEIGHT_MAX;
}

static void box_add(struct pdf_content *c, struct pdf_box b)
{
	if (c->n_boxes < PDF_BOXES_MAX && box_fits(&b))
		c->boxes[c->n_boxes++] = b;
}

/* Where a subpath lands on the page. */
static struct pdf_box sub_box(const struct pdf_subpath *s, const double m[6])
{
	double xa = s->x0 * m[0] + s->y0 * m[2] + m[4], ya = s->x0 * m[1] + s->y0 * m[3] + m[5];
	double xb = s->x1 * m[0] + s->y1 * m[2] + m[4], yb = s->x1 * m[1] + s->y1 * m[3] + m[5];

	return (struct pdf_box){
		(float)MIN(xa, xb), (float)MIN(ya, yb), (float)MAX(xa, xb), (float)MAX(ya, yb)};
}

static void path_paint(struct pdf_path *p, bool stroke, const double ctm[6], struct pdf_content *c)
{
	bool upright = (ctm[1] == 0 && ctm[2] == 0) || (ctm[0] == 0 && ctm[3] == 0);

	for (unsigned i = 0; i < p->n && upright; i++) {
		const struct pdf_subpath *s = &p->sub[i];
		struct pdf_box b = sub_box(s, ctm);
		float thin = MIN(b.x1 - b.x0, b.y1 - b.y0);

		if (!isfinite(b.x0 + b.y0 + b.x1 + b.y1))
			continue;
		if (thin <= RULE_THICK_MAX && s->points >= 2)
			rule_add(c, b);
		else if (stroke && s->straight && s->points >= 4)
			box_add(c, b);
	}
	p->n = 0;
}

#define OP(a, b) ((uint32_t)(a) << 8 | (uint32_t)(b))

void pdf_path_operator(struct pdf_path *p, uint32_t op, const double v[6], const double ctm[6],
	struct pdf_content *c)
{
	struct pdf_subpath *s;

	switch (op) {
	case OP(0, 'm'): (void)sub_new(p, v[0], v[1]); break;
	case OP(0, 'l'): sub_line(p, v[0], v[1]); break;
	case OP(0, 'c'):
	case OP(0, 'v'):
	case OP(0, 'y'):
		if (p->n)
			p->sub[p->n - 1].straight = false;
		return;
	case OP(0, 'h'):
		if (p->n)
			p->sub[p->n - 1].closed = true;
		return;
	case OP('r', 'e'):
		s = sub_new(p, MIN(v[0], v[0] + v[2]), MIN(v[1], v[1] + v[3]));
		if (s) {
			s->x1 = MAX(v[0], v[0] + v[2]);
			s->y1 = MAX(v[1], v[1] + v[3]);
			s->points = 4;
			s->closed = true;
		}
		break;
	case OP(0, 'S'):
	case OP(0, 's'):
	case OP(0, 'B'):
	case OP('B', '*'):
	case OP(0, 'b'):
	case OP('b', '*'): path_paint(p, true, ctm, c); return;
	case OP(0, 'f'):
	case OP(0, 'F'):
	case OP('f', '*'): path_paint(p, false, ctm, c); return;
	case OP(0, 'n'): p->n = 0; return;
	default: return;
	}
	p->x = v[0];
	p->y = v[1];
}

static bool near(float a, float b)
{
	return fabsf(a - b) <= CORNER_SLACK;
}

static bool meet(float a, float b)
{
	return fabsf(a - b) <= CELL_SLACK;
}

static bool is_flat(const struct pdf_box *b)
{
	return b->x1 - b->x0 > b->y1 - b->y0;
}

/* Is there an upright rule at `x` from y0 to y1? */
static bool has_side(const struct pdf_content *c, float x, float y0, float y1)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct pdf_box *b = &c->rules[i];
		if (!is_flat(b) && near((b->x0 + b->x1) / 2, x) && near(b->y0, y0) &&
			near(b->y1, y1))
			return true;
	}
	return false;
}

/* Cells of one row or column: a side of the same length in common. */
static bool share_side(const struct pdf_box *a, const struct pdf_box *b)
{
	bool beside = meet(a->x1, b->x0) || meet(a->x0, b->x1);
	bool above = meet(a->y1, b->y0) || meet(a->y0, b->y1);

	return (beside && meet(a->y0, b->y0) && meet(a->y1, b->y1)) ||
		(above && meet(a->x0, b->x0) && meet(a->x1, b->x1));
}

/* A rule from side to side: what looked like a frame is the outline of a table. */
static bool is_divided(const struct pdf_content *c, const struct pdf_box *b)
{
	for (size_t i = 0; i < c->n_rules; i++) {
		const struct pdf_box *r = &c->rules[i];
		float x = (r->x0 + r->x1) / 2, y = (r->y0 + r->y1) / 2;

		if (is_flat(r) ? y > b->y0 + DOUBLE_SLACK && y < b->y1 - DOUBLE_SLACK &&
					r->x0 < b->x0 + DOUBLE_SLACK && r->x1 > b->x1 - DOUBLE_SLACK
			       : x > b->x0 + DOUBLE_SLACK && x < b->x1 - DOUBLE_SLACK &&
					r->y0 < b->y0 + DOUBLE_SLACK &&
					r->y1 > b->y1 - DOUBLE_SLACK)
			return true;
	}
	return false;
}

void pdf_boxes_finish(struct pdf_content *c)
{
	size_t rules = MIN(c->n_rules, (size_t)256);

	for (size_t i = 0; i < rules; i++) {
		const struct pdf_box *top = &c->rules[i];
		if (!is_flat(top))
			continue;
		for (size_t k = 0; k < rules; k++) {
			const struct pdf_box *low = &c->rules[k];
			struct pdf_box b = {
				MIN(top->x0, low->x0), low->y0, MAX(top->x1, low->x1), top->y1};
			if (is_flat(low) && top->y0 > low->y1 && near(top->x0, low->x0) &&
				near(top->x1, low->x1) && box_fits(&b) &&
				has_side(c, b.x0, b.y0, b.y1) && has_side(c, b.x1, b.y0, b.y1))
				box_add(c, b);
		}
	}

	bool cell[PDF_BOXES_MAX] = {false};
	size_t n = 0;
	for (size_t i = 0; i < c->n_boxes; i++) {
		for (size_t k = 0; k < i; k++) {
			if (share_side(&c->boxes[i], &c->boxes[k]))
				cell[i] = cell[k] = true;
		}
	}
	for (size_t i = 0; i < c->n_boxes; i++) {
		if (!cell[i] && !is_divided(c, &c->boxes[i]))
			c->boxes[n++] = c->boxes[i];
	}
	c->n_boxes = n;
}
