/* SPDX-License-Identifier: Apache-2.0 */
/* The order of looks at a page, and what of it is handed on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stamp/crop.h"
#include "stamp/reader.h"
#include "stamp/words.h"

/* Pictures without a scale are tried as these. */
static const double scales[] = {96, 200, 380};

#define SIDE_MIN           30   /* pixels; smaller pictures hold no stamp */
#define READ_SHARE         0.6  /* of a box that is the same or part of another */
#define TRUST_GARBAGE      60   /* of 100: what nobody can read, the engine is not sure of */
#define UNREADABLE_INK_MIN 0.08 /* of the inside of a frame */
#define UNREADABLE_INK_MAX 0.45
#define UNREADABLE_MM_MIN  6.5 /* height of a frame */
#define UNREADABLE_MM_MAX  11.5
#define PART_MM_MAX        17.0 /* height of what may be the end of a level's stamp */
#define PAPER_SHARE        0.5  /* of a page that is about as bright as its paper */
#define BLUE_SHARE         2e-4 /* of a page: a quarter of a small stamp's ink */
#define PAPER_MM           90.0 /* the shorter side of what can be a page */
#define PART_SHARE         0.15 /* of the smaller of two boxes, one of which says a part of the other */

bool look_is_late(struct look *l)
{
	if (!l->late && clock_cpu() >= l->cpu_end)
		l->late = true;
	return l->late;
}

void look_lower(struct look *l, enum completeness c, enum reason r)
{
	l->result->completeness = MAX(l->result->completeness, c);
	l->result->reasons |= REASON_BIT(r);
}

int look_engine(struct stamp *s)
{
	return s->letters ? 0 : letters_new(buf_view(&s->model), &s->letters);
}

static double common(const struct ink_box *a, const struct ink_box *b)
{
	double x0 = MAX(a->x, b->x), y0 = MAX(a->y, b->y);
	double x1 = MIN(a->x + a->w, b->x + b->w), y1 = MIN(a->y + a->h, b->y + b->h);

	return MAX(x1 - x0, 0.0) * MAX(y1 - y0, 0.0);
}

/* A whole frame with a word in it, here or about here. */
static bool look_was_read(const struct look *l, const struct ink_box *box)
{
	for (size_t i = 0; i < l->n_read; i++) {
		const struct ink_box *b = &l->read[i].box;

		if (l->read[i].sides >= 3 && !l->read[i].unreadable &&
			common(box, b) > READ_SHARE * box->w * box->h &&
			b->w * b->h < 2 * box->w * box->h)
			return true;
	}
	return false;
}

/* The frame of a level, with letters in it that say nothing. */
static bool is_unreadable(const struct look *l, const struct ink_box *box, const struct found *f)
{
	double w = page_mm(l->page, box->w), h = page_mm(l->page, box->h);

	if (!f->word && f->part && MIN(w, h) <= PART_MM_MAX)
		return true;
	return !f->word && f->sides == 4 && (f->trust < TRUST_GARBAGE || f->doubt) &&
		f->ink >= UNREADABLE_INK_MIN && f->ink <= UNREADABLE_INK_MAX &&
		MIN(w, h) >= UNREADABLE_MM_MIN && MIN(w, h) <= UNREADABLE_MM_MAX &&
		words_have_width(&l->stamp->words, MAX(w, h));
}

static void look_note(struct look *l, const struct ink_box *box, const struct found *f)
{
	bool unreadable = is_unreadable(l, box, f);

	if ((f->word || (f->trust >= TRUST_CLEAR && !f->doubt) || unreadable) &&
		l->n_read < ARRAY_SIZE(l->read))
		l->read[l->n_read++] = (struct reading){
			.box = *box, .word = f->word, .unreadable = unreadable, .sides = f->sides};
}

/* Something else was read in the same place. */
static bool is_read_elsewhere(const struct look *l, size_t i)
{
	const struct reading *a = &l->read[i];

	for (size_t k = 0; k < l->n_read; k++) {
		const struct ink_box *b = &l->read[k].box;
		double smaller = MIN(a->box.w * a->box.h, b->w * b->h);

		if (k != i && common(&a->box, b) > smaller / 4 && (!l->read[k].unreadable || k < i))
			return true;
	}
	return false;
}

/* "MẬT" as a part of "TỐI MẬT" that was read as well, or of a line that says something else. */
static bool is_part(const struct look *l, size_t i)
{
	const struct reading *a = &l->read[i];

	for (size_t k = 0; k < l->n_read; k++) {
		const struct reading *b = &l->read[k];

		double both = common(&a->box, &b->box);
		double smaller = MIN(a->box.w * a->box.h, b->box.w * b->box.h);

		if (k == i)
			continue;
		if (b->word && b->word != a->word && both > PART_SHARE * smaller &&
			strstr(b->word->text, a->word->text))
			return true;
		if (both <= READ_SHARE * a->box.w * a->box.h)
			continue;
		if (!b->word && !b->unreadable && a->sides < 2)
			return true;
		if (b->word == a->word && (b->sides > a->sides || (b->sides == a->sides && k < i)))
			return true;
	}
	return false;
}

/* Once a page is enough; twice would look like a list. */
static bool was_said(const struct look *l, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (l->read[k].said && l->read[k].word == l->read[i].word)
			return true;
	return false;
}

static int emit(struct look *l, size_t i, uint32_t flags)
{
	const struct reading *a = &l->read[i];
	struct block b = {
		.place = PLACE_IMAGE,
		.page = l->number,
		.flags = flags | BLOCK_OCR | (l->number == 1 ? BLOCK_FIRST_PAGE : 0U) |
			(a->box.y + a->box.h < pixGetHeight(l->page->pix) / 3.0 ? BLOCK_TOP : 0U) |
			(a->sides >= 2 ? BLOCK_FRAMED : 0U),
		.text = view_str(a->word ? a->word->text : STAMP_UNREADABLE),
	};

	if (was_said(l, i))
		return 0;
	l->read[i].said = true;
	l->n_emitted += a->word != NULL;
	return l->out->take(l->out->userdata, &b);
}

int look_emit_all(struct look *l, uint32_t flags)
{
	int r = 0;

	for (size_t i = l->n_read_before; i < l->n_read && r == 0; i++) {
		const struct stamp_word *w = l->read[i].word;

		if (w && !w->harmless && !is_part(l, i))
			r = emit(l, i, flags);
	}
	l->n_read_before = l->n_read;
	return r;
}

/* What no look could read. */
static int look_emit_doubts(struct look *l)
{
	int r = 0;

	for (size_t i = 0; i < l->n_read && r == 0; i++)
		if (l->read[i].unreadable && !is_read_elsewhere(l, i))
			r = emit(l, i, 0);
	return r;
}

/* Reads the boxes of l->ink. */
int look_boxes(struct look *l, const struct look_try *tries, size_t n_tries)
{
	size_t n = l->ink.n;
	int r = 0;

	if (n > STAMP_BOXES_MAX) {
		n = STAMP_BOXES_MAX;
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	}
	for (size_t i = 0; i < n && r == 0 && !look_is_late(l); i++) {
		struct found f = {0};

		if (look_was_read(l, &l->ink.boxes[i]))
			continue;
		r = box_read(l, &l->ink.boxes[i], tries, n_tries, &f);
		if (r == 0)
			look_note(l, &l->ink.boxes[i], &f);
	}
	return r;
}

/* Red in three ways, then dark; at last upside down. The best of all wins. */
static int look_red(struct look *l)
{
	static const struct look_try tries[] = {{CROP_RED, CROP_CLEAN, 0}, {CROP_RED, CROP_MILD, 0},
		{CROP_RED, CROP_SOFT, 0}, {CROP_GREY, CROP_CLEAN, 0}, {CROP_RED, CROP_CLEAN, 2}};
	int r = look_boxes(l, tries, ARRAY_SIZE(tries));

	return r ? r : look_emit_all(l, BLOCK_RED);
}

/* Frames in blue or violet, which are no level's by law but an office's own. */
static int look_blue(struct look *l)
{
	static const struct look_try tries[] = {{CROP_BLUE, CROP_CLEAN, 0},
		{CROP_BLUE, CROP_MILD, 0}, {CROP_BLUE, CROP_SOFT, 0}, {CROP_GREY, CROP_CLEAN, 0},
		{CROP_BLUE, CROP_CLEAN, 2}};
	int r = ink_look_blue(l->page, &l->ink);

	l->framed = true;
	if (r == 0)
		r = look_boxes(l, tries, ARRAY_SIZE(tries));
	l->framed = false;
	return r ? r : look_emit_all(l, 0);
}

/* Mostly of one bright colour, and as large as a page: no photograph, no drawing. */
static bool is_paper(const struct look *l)
{
	double w = page_mm(l->page, pixGetWidth(l->page->pix));
	double h = page_mm(l->page, pixGetHeight(l->page->pix));

	return l->page_like && l->paper_share >= PAPER_SHARE && MIN(w, h) >= PAPER_MM;
}

static int look_page(struct look *l)
{
	int r = ink_look(l->page, &l->ink);

	double blue = l->ink.blue;

	l->paper_share = l->ink.bright;
	if (r == 0)
		r = look_red(l);
	if (r == 0 && l->n_emitted == 0 && blue >= BLUE_SHARE)
		r = look_blue(l);
	if (r == 0 && is_paper(l) && l->n_emitted == 0 && l->stamp->looks & STAMP_LOOK_GREY)
		r = look_grey(l);
	if (r == 0)
		r = look_emit_doubts(l);
	if (r == 0 && is_paper(l) && l->whole && l->stamp->looks & STAMP_LOOK_TEXT)
		r = look_text(l);
	/* A page that was not looked at in every way is not known to be harmless. */
	if (r == 0 && is_paper(l) && l->n_emitted == 0 && l->stamp->looks != STAMP_LOOK_ALL)
		look_lower(l, COMPLETENESS_PARTIAL, REASON_POLICY);
	if (l->late)
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TIMED_OUT);
	return r;
}

/* A picture that doesn't say how large it is: more than one size is tried. */
static int look_scales(struct look *l, struct page *page)
{
	double guess = page->dpi;
	int r = look_page(l);

	if (page->measured || l->page_like)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(scales) && r == 0 && l->n_read == 0; i++)
		if (scales[i] != guess) {
			page->dpi = scales[i];
			r = look_page(l);
		}
	return r;
}

static int read_frame(struct look *l, const struct picture *p, unsigned frame)
{
	cleanup_with(page_done) struct page page;
	int r = page_make(p, frame, &page);

	if (r < 0 || r == IMAGE_END)
		return r;
	if (r > 0)
		look_lower(l, COMPLETENESS_PARTIAL,
			r == IMAGE_TOO_BIG               ? REASON_TOO_BIG
				: r == IMAGE_UNSUPPORTED ? REASON_UNSUPPORTED
							 : REASON_DAMAGED);
	if (!page.pix || pixGetWidth(page.pix) < SIDE_MIN || pixGetHeight(page.pix) < SIDE_MIN)
		return 0;
	l->page = &page;
	l->number = p->page ? p->page : p->whole ? frame + 1 : 0;
	l->n_read = l->n_read_before = l->reads = 0;
	l->upright = false;
	l->n_emitted = 0;
	l->whole = p->whole;
	l->page_like = p->width > 0 || page.dpi > 110;
	r = look_scales(l, &page);
	l->page = NULL;
	return r;
}

int stamp_read(void *userdata, const struct picture *p, uint64_t cpu_end,
	const struct block_sink *out, struct picture_result *ret)
{
	struct stamp *s = userdata;
	struct look *l = calloc(1, sizeof(*l));
	int r = 0;

	if (!l)
		return -ENOMEM;
	*ret = (struct picture_result){.completeness = COMPLETENESS_FULL};
	*l = (struct look){.stamp = s, .out = out, .result = ret, .cpu_end = cpu_end};
	for (unsigned frame = 0; r == 0 && !look_is_late(l); frame++) {
		if (frame == STAMP_FRAMES_MAX) {
			look_lower(l, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		r = read_frame(l, p, frame);
	}
	if (l->late)
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TIMED_OUT);
	free(l);
	return r == IMAGE_END ? 0 : r;
}
