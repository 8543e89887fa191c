/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of XPS: runs of glyphs, each with its place and its text, made lines again. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "extract/flow.h"
#include "extract/office.h"
#include "extract/xps.h"

/* The unit is a 96th of an inch; text of 16 points and more is large. */
#define LARGE 21.0

/* Lines within so much of a letter's height are one; a gap wider than so much is a blank. */
#define SAME_LINE 0.4
#define BLANK     0.2

/* The width of a letter that the page does not tell, in letter heights. */
#define WIDTH 0.5

struct run {
	double x, y, size, end;
	struct view text;
	uint32_t flags;
	size_t order;
};

struct page {
	struct run *runs;
	size_t n, cap;
	double height;
};

static void page_done(struct page *p)
{
	free(p->runs);
}

/* A decimal number; 0 where there is none. strtod() needs an end that is not there. */
static double number(struct view v)
{
	double n = 0, scale = 1;
	bool negative = v.n > 0 && v.p[0] == '-', fraction = false;

	for (size_t i = negative; i < v.n && i < 24; i++) {
		if (v.p[i] == '.' && !fraction)
			fraction = true;
		else if (v.p[i] < '0' || v.p[i] > '9')
			break;
		else if (fraction)
			n += (scale /= 10) * (v.p[i] - '0');
		else
			n = n * 10 + (v.p[i] - '0');
	}
	return negative ? -n : n;
}

static double number_attr(const struct xml_token *t, const char *name)
{
	struct view v;

	return xml_attr(t, name, &v) ? number(v) : 0;
}

/* "36,50;37;..." has hundredths of the size behind each comma. */
static double width_of(const struct xml_token *t, size_t letters)
{
	struct view v;
	size_t known = 0;
	double sum = 0;

	if (xml_attr(t, "Indices", &v))
		for (size_t i = 0; i < v.n && known < letters; i++)
			if (v.p[i] == ',' && i + 1 < v.n && v.p[i + 1] >= '0' &&
				v.p[i + 1] <= '9') {
				sum += number(view_sub(v, i + 1, v.n)) / 100;
				known++;
			}
	return sum + (double)(letters - known) * WIDTH;
}

static size_t letters(struct view v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++)
		n += (v.p[i] & 0xc0) != 0x80;
	return n;
}

static int add(struct page *p, const struct xml_token *t)
{
	struct run run = {.order = p->n};
	struct view fill;

	if (p->n >= XPS_RUNS_MAX || !xml_attr(t, "UnicodeString", &run.text))
		return 0;
	/* What begins with a brace is marked as no markup. */
	if (view_starts(run.text, VIEW_LIT("{}")))
		run.text = view_sub(run.text, 2, run.text.n);
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		struct run *runs = realloc(p->runs, cap * sizeof(*runs));

		if (!runs)
			return -ENOMEM;
		p->runs = runs;
		p->cap = cap;
	}
	run.x = number_attr(t, "OriginX");
	run.y = number_attr(t, "OriginY");
	run.size = fmin(fmax(number_attr(t, "FontRenderingEmSize"), 1), 1000);
	run.end = run.x + width_of(t, letters(run.text)) * run.size;
	/* #AARRGGBB */
	if (xml_attr(t, "Fill", &fill) &&
		office_is_red(fill.n == 9 ? view_sub(fill, 1, fill.n) : fill))
		run.flags |= BLOCK_RED;
	if (run.size >= LARGE)
		run.flags |= BLOCK_LARGE;
	p->runs[p->n++] = run;
	return 0;
}

static int by_height(const void *a, const void *b)
{
	const struct run *ra = a, *rb = b;

	if (ra->y != rb->y)
		return ra->y < rb->y ? -1 : 1;
	return ra->order < rb->order ? -1 : ra->order > rb->order;
}

static int by_side(const void *a, const void *b)
{
	const struct run *ra = a, *rb = b;

	if (ra->x != rb->x)
		return ra->x < rb->x ? -1 : 1;
	return ra->order < rb->order ? -1 : ra->order > rb->order;
}

static int put_line(struct flow *f, struct run *runs, size_t n)
{
	int r = 0;

	qsort(runs, n, sizeof(*runs), by_side);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct look look = {.flags = runs[i].flags};

		if (i > 0 && runs[i].x - runs[i - 1].end > BLANK * runs[i].size)
			r = flow_put(f, VIEW_LIT(" "), &look);
		if (r == 0)
			r = flow_put_xml(f, runs[i].text, &look);
	}
	return r == 0 ? flow_paragraph_end(f) : r;
}

static int put_page(struct office *o, struct page *p)
{
	struct flow f;
	size_t begin = 0;
	int r = 0;

	flow_init(&f, o->x, PLACE_BODY);
	f.page = o->page;
	if (p->n > 0)
		qsort(p->runs, p->n, sizeof(*p->runs), by_height);
	while (r == 0 && begin < p->n) {
		const struct run *first = &p->runs[begin];
		double y = first->y, size = first->size;
		size_t end = begin + 1;

		while (end < p->n && p->runs[end].y - y <= SAME_LINE * size)
			end++;
		f.flags = (y < p->height / 3 ? (uint32_t)BLOCK_TOP : 0) |
			(o->page <= 1 ? (uint32_t)BLOCK_FIRST_PAGE : 0);
		r = put_line(&f, &p->runs[begin], end - begin);
		begin = end;
	}
	if (r == 0)
		r = flow_finish(&f);
	flow_done(&f);
	return r;
}

int xps_page(struct office *o, struct view xml)
{
	cleanup_with(page_done) struct page p = {0};
	struct xml s = xml_begin(xml);
	struct xml_token t;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(o->x, 32);
		if (r != 0 || (t.kind != XML_OPEN && t.kind != XML_EMPTY))
			continue;
		if (xml_is(&t, "FixedPage"))
			p.height = number_attr(&t, "Height");
		else if (xml_is(&t, "Glyphs"))
			r = add(&p, &t);
	}
	if (p.n >= XPS_RUNS_MAX)
		extractor_fail(o->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	return r == 0 ? put_page(o, &p) : r;
}
