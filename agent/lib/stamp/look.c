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

#define SIDE_MIN   30  /* pixels; smaller pictures hold no stamp */
#define BLOCK_MM   9.5 /* higher insides hold more than a line */
#define READ_SHARE 0.6 /* of a box: so much of it was read in other boxes */

static bool is_late(struct look *l)
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

static int engine(struct stamp *s)
{
	return s->letters ? 0 : letters_new(buf_view(&s->model), &s->letters);
}

/* The word that a line of what was read means. */
static const struct stamp_word *find_line(struct stamp *s, struct view text)
{
	const struct stamp_word *best = NULL;
	unsigned best_errors = 0;

	for (size_t from = 0; from < text.n;) {
		const uint8_t *end = memchr(text.p + from, '\n', text.n - from);
		size_t to = end ? (size_t)(end - text.p) : text.n;
		unsigned errors;
		const struct stamp_word *w = words_find(
			s->words, view_sub(text, from, to - from), &errors);

		if (w && (!best || errors < best_errors)) {
			best = w;
			best_errors = errors;
		}
		from = to + 1;
	}
	if (!best)
		best = words_find(s->words, text, &best_errors); /* a word over two lines */
	return best;
}

int look_letters(struct look *l, PIX *pix, enum letters_layout layout, struct buf *out)
{
	int r;

	if (l->reads >= STAMP_READS_MAX) {
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	if (is_late(l))
		return 0;
	l->reads++;
	r = engine(l->stamp);
	if (r == 0)
		r = letters_read(l->stamp->letters, pix, CROP_DPI, layout, out);
	return r;
}

int look_box(struct look *l, const struct ink_box *box, enum crop_channel channel, unsigned turn,
	bool soft, struct found *ret)
{
	cleanup_with(crop_done) struct crop crop;
	cleanup_with(buf_done) struct buf text = BUF_INIT(4096);
	int r = crop_make(l->page, box, l->ink.paper, channel, turn, soft, &crop);

	if (r < 0 || !crop.letters)
		return r;
	ret->sides = MAX(ret->sides, crop.sides);
	ret->ink = crop.ink;
	r = look_letters(
		l, crop.letters, crop.inside_mm > BLOCK_MM ? LETTERS_BLOCK : LETTERS_LINE, &text);
	if (r == -E2BIG)
		r = 0;
	if (r == 0)
		ret->word = find_line(l->stamp, buf_view(&text));
	return r;
}

/* Red, then paler red, then dark; at last upside down. */
static int read_red(struct look *l, const struct ink_box *box, struct found *ret)
{
	static const struct {
		enum crop_channel channel;
		bool soft;
		unsigned turn;
	} tries[] = {{CROP_INK, false, 0}, {CROP_INK, true, 0}, {CROP_GREY, false, 0},
		{CROP_INK, false, 2}};
	unsigned turn = box->h > box->w * 1.1 ? 1 : 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tries) && r == 0 && !ret->word && !is_late(l); i++)
		r = look_box(l, box, tries[i].channel, tries[i].turn + turn, tries[i].soft, ret);
	return r;
}

int look_emit(struct look *l, const struct ink_box *box, const char *text, uint32_t flags)
{
	double height = pixGetHeight(l->page->pix);
	struct block b = {
		.place = PLACE_IMAGE,
		.page = l->number,
		.flags = flags | BLOCK_OCR | (l->number == 1 ? BLOCK_FIRST_PAGE : 0U) |
			(box->y + box->h < height / 3 ? BLOCK_TOP : 0U),
		.text = view_str(text),
	};

	return l->out->take(l->out->userdata, &b);
}

static double common(const struct ink_box *a, const struct ink_box *b)
{
	double x0 = MAX(a->x, b->x), y0 = MAX(a->y, b->y);
	double x1 = MIN(a->x + a->w, b->x + b->w), y1 = MIN(a->y + a->h, b->y + b->h);

	return MAX(x1 - x0, 0.0) * MAX(y1 - y0, 0.0);
}

bool look_was_read(const struct look *l, const struct ink_box *box)
{
	double sum = 0;

	for (size_t i = 0; i < l->n_read; i++)
		sum += common(box, &l->read[i]);
	return sum > READ_SHARE * box->w * box->h;
}

int look_found(struct look *l, const struct ink_box *box, const struct found *f, uint32_t flags)
{
	if (!f->word)
		return 0;
	if (l->n_read < ARRAY_SIZE(l->read))
		l->read[l->n_read++] = *box;
	if (f->word->harmless)
		return 0;
	return look_emit(l, box, f->word->text, flags | (f->sides >= 2 ? BLOCK_FRAMED : 0U));
}

static int look_red(struct look *l)
{
	size_t n = l->ink.n;
	int r = 0;

	if (n > STAMP_BOXES_MAX) {
		n = STAMP_BOXES_MAX;
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	}
	for (size_t i = 0; i < n && r == 0 && !is_late(l); i++) {
		struct found f = {0};

		if (look_was_read(l, &l->ink.boxes[i]))
			continue;
		r = read_red(l, &l->ink.boxes[i], &f);
		if (r == 0)
			r = look_found(l, &l->ink.boxes[i], &f, BLOCK_RED);
	}
	return r;
}

static int look_page(struct look *l)
{
	int r = ink_look(l->page, &l->ink);

	if (r == 0)
		r = look_red(l);
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
	l->n_read = l->reads = 0;
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
	for (unsigned frame = 0; r == 0 && !is_late(l); frame++) {
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
