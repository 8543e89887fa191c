/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed text of a page that is a picture. Its lines are handed on with their places, and the rules
 * judge them as they judge any text. A whole page costs about a second; while a document's budget
 * lasts pages are read whole, later ones only where headings, headers and footers stand. A page on
 * its side is turned first: lines of text make its columns differ more than its rows.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "stamp/reader.h"

#define TEXT_DPI 200.0

/* Shares of the page's height. */
#define TOP_BAND    0.24
#define BOTTOM_BAND 0.09
#define HEADER_EDGE 0.055
#define FOOTER_EDGE 0.945

#define WHOLE_SHARE 0.4 /* of the budget that may go into whole pages */

#define TRUST_MIN       50 /* of 100: what is read with less is noise */
#define TRUST_MIN_SHORT 80 /* for a line of few letters */
#define SHORT_BYTES     8

#define SIDEWAYS   2.0 /* how much more columns differ than rows */
#define PROBE_FROM 0.2 /* share of the height where text is looked for that tells up from down */
#define PROBE_TO   0.45
#define PROBE_GOOD 60 /* of 100: trust in text that stands upright */
#define INK_LEVEL  128

/* A page's text, turned upright. */
struct text {
	PIX *pix;
	double scale;  /* of the page's pixels */
	unsigned turn; /* quarters clockwise */
};

static void text_done(struct text *t)
{
	pixDestroy(&t->pix);
}

struct band {
	struct look *l;
	const struct text *text;
	int offset; /* where it begins */
	int height; /* of the whole page, in the band's scale */
};

/* The middle of a line, on the page as it was scanned. */
static void place_of(const struct band *b, const struct letters_line *line, double *x, double *y)
{
	double w = pixGetWidth(b->text->pix), h = pixGetHeight(b->text->pix);
	double u = line->x + line->w / 2.0, v = line->y + b->offset + line->h / 2.0;
	const double xs[] = {u, v, w - u, h - v}, ys[] = {v, w - u, h - v, u};

	*x = xs[b->text->turn] / b->text->scale;
	*y = ys[b->text->turn] / b->text->scale;
}

static bool was_read(const struct band *b, const struct letters_line *line)
{
	double x, y;

	place_of(b, line, &x, &y);

	for (size_t i = 0; i < b->l->n_read; i++) {
		const struct ink_box *box = &b->l->read[i].box;

		if (b->l->read[i].word && x >= box->x && x <= box->x + box->w && y >= box->y &&
			y <= box->y + box->h)
			return true;
	}
	return false;
}

static int on_line(void *userdata, const struct letters_line *line)
{
	struct band *b = userdata;
	double middle = line->y + b->offset + line->h / 2.0;
	struct block block = {
		.place = middle < HEADER_EDGE * b->height  ? PLACE_HEADER
			: middle > FOOTER_EDGE * b->height ? PLACE_FOOTER
							   : PLACE_BODY,
		.page = b->l->number,
		.flags = BLOCK_OCR | (middle < b->height / 3.0 ? BLOCK_TOP : 0U) |
			(b->l->number == 1 ? BLOCK_FIRST_PAGE : 0U),
		.text = line->text,
	};

	if (line->trust < (line->text.n < SHORT_BYTES ? TRUST_MIN_SHORT : TRUST_MIN) ||
		was_read(b, line))
		return 0;
	return b->l->out->take(b->l->out->userdata, &block);
}

/* Without the red: a stamp on a line spoils it. */
static PIX *text_of(const struct page *page, double *ret_scale)
{
	cleanup_with(pixp_free) PIX *grey = pixGetDepth(page->pix) == 32
		? pixGetRGBComponent(page->pix, COLOR_RED)
		: pixClone(page->pix);
	float f = page->dpi > TEXT_DPI * 1.1 ? (float)(TEXT_DPI / page->dpi) : 1.0F;

	*ret_scale = (double)f;
	return !grey ? NULL : f < 1 ? pixScaleAreaMap(grey, f, f) : pixClone(grey);
}

static PIX *part_of(PIX *pix, double from, double to, int *ret_offset)
{
	int w = pixGetWidth(pix), h = pixGetHeight(pix);
	BOX *box;
	PIX *part;

	*ret_offset = (int)(from * h);
	box = boxCreate(0, *ret_offset, w, (int)(to * h) - *ret_offset);
	part = box ? pixClipRectangle(pix, box, NULL) : NULL;
	boxDestroy(&box);
	return part;
}

static int read_band(struct look *l, const struct text *text, double from, double to)
{
	struct band b = {.l = l, .text = text, .height = pixGetHeight(text->pix)};
	cleanup_with(pixp_free) PIX *part = part_of(text->pix, from, to, &b.offset);

	if (!part)
		return -ENOMEM;
	return letters_lines(
		l->stamp->letters, part, (int)(l->page->dpi * text->scale), on_line, &b);
}

/* How much neighbouring rows differ. */
static double row_changes(PIX *mask)
{
	l_float32 sum = 0;

	if (pixFindDifferentialSquareSum(mask, &sum))
		return 0;
	return (double)sum / ((double)pixGetWidth(mask) * pixGetWidth(mask) * pixGetHeight(mask));
}

static bool is_sideways(PIX *pix)
{
	cleanup_with(pixp_free) PIX *mask = pixThresholdToBinary(pix, INK_LEVEL);
	cleanup_with(pixp_free) PIX *turned = mask ? pixRotateOrth(mask, 1) : NULL;

	return turned && row_changes(turned) > SIDEWAYS * row_changes(mask);
}

/* How sure the engine is of some lines. */
static int probe(struct look *l, const struct text *text, int *ret_trust)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(1 << 16);
	cleanup_with(pixp_free) PIX *part = NULL;
	int offset, r;

	*ret_trust = 0;
	part = part_of(text->pix, PROBE_FROM, PROBE_TO, &offset);
	if (!part)
		return -ENOMEM;
	r = letters_read(l->stamp->letters, part, (int)(l->page->dpi * text->scale), LETTERS_BLOCK,
		&out, ret_trust);
	return r == -E2BIG ? 0 : r;
}

static int turn(struct text *t, unsigned quarters)
{
	PIX *pix = pixRotateOrth(t->pix, (l_int32)quarters);

	if (!pix)
		return -ENOMEM;
	pixDestroy(&t->pix);
	t->pix = pix;
	t->turn = (t->turn + quarters) % 4;
	return 0;
}

/* Either way up: the one in which more can be read. */
static int put_upright(struct look *l, struct text *t)
{
	int one, other, r;

	if (!is_sideways(t->pix))
		return 0;
	r = turn(t, 1);
	if (r == 0)
		r = probe(l, t, &one);
	if (r < 0 || one >= PROBE_GOOD)
		return r;
	r = turn(t, 2);
	if (r == 0)
		r = probe(l, t, &other);
	return r == 0 && other < one ? turn(t, 2) : r;
}

int look_text(struct look *l)
{
	cleanup_with(text_done) struct text text = {0};
	uint64_t now = clock_cpu();
	double spent;
	int r = look_engine(l->stamp);

	if (r < 0)
		return r;
	text.pix = text_of(l->page, &text.scale);
	if (!text.pix)
		return -ENOMEM;
	r = put_upright(l, &text);
	if (r < 0)
		return r;
	spent = (double)(now - l->stamp->cpu_start);
	if (spent < WHOLE_SHARE * (double)(l->cpu_end - l->stamp->cpu_start))
		return read_band(l, &text, 0, 1);
	r = read_band(l, &text, 0, TOP_BAND);
	if (r == 0 && !look_is_late(l))
		r = read_band(l, &text, 1 - BOTTOM_BAND, 1);
	/* what stands between was not looked at */
	look_lower(l, COMPLETENESS_PARTIAL, REASON_TIMED_OUT);
	return r;
}
