/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed text of a page that is a picture. Its lines are handed on with their places, and the rules
 * judge them as they judge any text. A whole page costs about a second; while a document's budget
 * lasts pages are read whole, later ones only where headings, headers and footers stand.
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

struct band {
	struct look *l;
	double scale; /* of the page's pixels */
	int offset;   /* where it begins */
	int height;   /* of the whole page, in the band's scale */
};

static bool was_read(const struct band *b, const struct letters_line *line)
{
	double x = (line->x + line->w / 2.0) / b->scale;
	double y = (line->y + b->offset + line->h / 2.0) / b->scale;

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

static int read_band(struct look *l, PIX *text, double scale, double from, double to)
{
	int w = pixGetWidth(text), h = pixGetHeight(text);
	struct band b = {l, scale, (int)(from * h), h};
	BOX *box = boxCreate(0, b.offset, w, (int)(to * h) - b.offset);
	cleanup_with(pixp_free) PIX *part = box ? pixClipRectangle(text, box, NULL) : NULL;

	boxDestroy(&box);
	if (!part)
		return -ENOMEM;
	return letters_lines(l->stamp->letters, part, (int)(l->page->dpi * scale), on_line, &b);
}

int look_text(struct look *l)
{
	cleanup_with(pixp_free) PIX *text = NULL;
	uint64_t now = clock_cpu();
	double scale, spent;
	int r = look_engine(l->stamp);

	if (r < 0)
		return r;
	text = text_of(l->page, &scale);
	if (!text)
		return -ENOMEM;
	spent = (double)(now - l->stamp->cpu_start);
	if (spent < WHOLE_SHARE * (double)(l->cpu_end - l->stamp->cpu_start))
		return read_band(l, text, scale, 0, 1);
	r = read_band(l, text, scale, 0, TOP_BAND);
	if (r == 0 && !look_is_late(l))
		r = read_band(l, text, scale, 1 - BOTTOM_BAND, 1);
	/* what stands between was not looked at */
	look_lower(l, COMPLETENESS_PARTIAL, REASON_TIMED_OUT);
	return r;
}
