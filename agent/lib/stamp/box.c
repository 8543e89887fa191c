/* SPDX-License-Identifier: Apache-2.0 */
/* What a box says: read in one way after the other, the readings weighed against each other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stamp/crop.h"
#include "stamp/reader.h"
#include "stamp/words.h"

#define BLOCK_MM     9.5  /* higher insides hold more than a line */
#define LEFT_INK_MIN 0.07 /* of a box without a frame, where text was taken away */
#define LINES_MM     17.0 /* a higher box is no level's: registries' stamps, tables */
#define ERRORS_SURE  50   /* hundredths of a letter */
#define TRUST_SHORT  25   /* of 100: words of a few letters come out of noise */
#define TRUST_HALF   30   /* in a word that is half read */
#define LETTERS_MM   11.0 /* a higher box is no short word without a frame */
#define TRUST_TONE   45
#define TRUST_PALE   70 /* in a word without a frame that text was taken away from */
#define TRUST_OTHER  80 /* in a word that is another than the one that it is near */
#define SHORT_BYTES  8
#define BESIDE_MM    9.0  /* where letters of the same word would stand */
#define LONGER_MM    34.0 /* where the rest of a longer word would */

/* What speaks for a tone beside the engine's trust. Colour is coarser than brightness in a JPEG:
   the marks above a letter run together in it. */
#define TONE_BRIGHT 15
#define TONE_DOT    10
#define TONE_LOST   20
#define TONE_MARGIN 5

static struct view next_line(struct view text, size_t *at)
{
	const uint8_t *end = memchr(text.p + *at, '\n', text.n - *at);
	size_t from = *at, to = end ? (size_t)(end - text.p) : text.n;

	*at = to + 1;
	return view_sub(text, from, to - from);
}

/* The word that a line of what was read means; `ret_line` is that line. */
static const struct stamp_word *find_line(struct stamp *s, struct view text, double frame_mm,
	unsigned *ret_errors, struct view *ret_line)
{
	const struct stamp_word *best = NULL;
	unsigned best_errors = 0;

	for (size_t at = 0; at < text.n;) {
		unsigned errors;
		struct view line = next_line(text, &at);
		const struct stamp_word *w = words_find(&s->words, line, frame_mm, &errors);

		/* of two stamps in one box the one that counts */
		if (w &&
			(!best ||
				(w->harmless != best->harmless ? best->harmless
							       : errors < best_errors))) {
			best = w;
			*ret_line = line;
			best_errors = errors;
		}
	}
	if (!best) { /* a word over two lines */
		best = words_find(&s->words, text, frame_mm, &best_errors);
		*ret_line = text;
	}
	*ret_errors = best_errors;
	return best;
}

static int read_letters(
	struct look *l, PIX *pix, enum letters_layout layout, struct buf *out, int *ret_trust)
{
	int r;

	if (l->reads >= STAMP_READS_MAX) {
		look_lower(l, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	if (look_is_late(l))
		return 0;
	l->reads++;
	r = look_engine(l->stamp);
	if (r == 0)
		r = letters_read(l->stamp->letters, pix, CROP_DPI, layout, out, ret_trust);
	return r;
}

/* Whether a short word has the right tone: as it was read, or as the dot below says, which a worn
   stamp keeps longer than the strokes above. */
static bool has_tone(
	const struct stamp_word *w, struct view line, const struct crop *crop, double frame)
{
	switch (words_tone(w, line)) {
	case WORDS_TONE_SAME: return true;
	case WORDS_TONE_LOST: return crop->dot || (crop->sides == 4 && words_fits(w, frame));
	case WORDS_TONE_BARE:
	case WORDS_TONE_OTHER: return crop->dot;
	case WORDS_TONE_HAT:
	default: return false;
	}
}

/* A short word waits until its tone is known. */
static void weigh_short(struct found *f, const struct stamp_word *w, unsigned errors,
	struct view line, const struct crop *crop, double frame, int bright)
{
	enum words_tone tone = words_tone(w, line);

	if (!has_tone(w, line, crop, frame)) {
		f->doubt |= tone < WORDS_TONE_OTHER;
		return;
	}
	if (f->trust < TRUST_SHORT)
		return;
	f->tone_for = MAX(f->tone_for,
		f->trust + bright + (crop->dot ? TONE_DOT : 0) -
			(tone == WORDS_TONE_SAME ? 0 : TONE_LOST));
	if (!f->short_word || errors < f->short_errors) {
		f->short_word = w;
		f->short_errors = errors;
	}
}

/* What is left between the letters of a text is half guessed. */
static bool is_clear_of_text(
	const struct found *f, const struct stamp_word *w, unsigned errors, const struct crop *crop)
{
	if (crop->sides < 3)
		return errors == 0 && f->trust >= TRUST_PALE && strlen(w->text) >= SHORT_BYTES;
	return 2 * errors <= w->errors;
}

static bool ends_in_part(const struct stamp_words *words, struct view text)
{
	for (size_t at = 0; at < text.n;)
		if (words_ends(words, next_line(text, &at)))
			return true;
	return false;
}

static void weigh(struct look *l, const struct ink_box *box, enum crop_channel channel,
	const struct crop *crop, struct view text, struct found *f)
{
	double frame = f->sides >= 3 ? page_mm(l->page, MAX(box->w, box->h)) : 0;
	int bright = channel == CROP_GREY ? TONE_BRIGHT : 0;
	unsigned errors = 0;
	struct view line;
	const struct stamp_word *w = find_line(l->stamp, text, frame, &errors, &line);

	if (f->trust >= TRUST_TONE && words_has_other_tone(&l->stamp->words, text, crop->dot))
		f->tone_against = MAX(f->tone_against, f->trust + bright);
	f->part |= !w && crop->sides >= 3 && f->trust < TRUST_CLEAR &&
		ends_in_part(&l->stamp->words, text);
	if (!w || (channel == CROP_TONE && !is_clear_of_text(f, w, errors, crop)))
		return;
	if (errors > ERRORS_SURE && f->trust >= TRUST_OTHER &&
		!ends_in_part(&l->stamp->words, text) && !words_holds(w, line)) {
		f->other = true;
		return;
	}
	/* A lower level that is half read in a higher one's frame is no level. */
	if (errors > ERRORS_SURE && words_is_wider(&l->stamp->words, w, frame)) {
		f->doubt = true;
		return;
	}
	/* Nor is one where no frame speaks for it, nor what came out of noise. */
	if (errors > ERRORS_SURE &&
		(f->trust < TRUST_HALF ||
			(f->trust < TRUST_PALE && !words_fits(w, frame) &&
				words_have_wider(&l->stamp->words, w)))) {
		f->part |= f->trust >= TRUST_TONE && !w->harmless &&
			(ends_in_part(&l->stamp->words, text) || words_holds(w, line));
		return;
	}
	f->pale |= channel == CROP_TONE;
	if (strlen(w->text) < SHORT_BYTES) {
		double height = page_mm(l->page, MIN(box->w, box->h));

		if (crop->sides < 2 && height > LETTERS_MM)
			return;
		weigh_short(f, w, errors, line, crop, frame, bright);
	} else if (!f->word || errors < f->errors) {
		f->word = w;
		f->errors = errors;
	}
}

static int look_box(struct look *l, const struct ink_box *box, enum crop_channel channel,
	enum crop_way way, unsigned turn, struct found *ret)
{
	cleanup_with(crop_done) struct crop crop;
	cleanup_with(buf_done) struct buf text = BUF_INIT(4096);
	int r = crop_make(l->page, box, l->ink.paper, channel, way, turn, &crop);

	if (r < 0 || !crop.letters)
		return r;
	ret->sides = MAX(ret->sides, crop.sides);
	ret->ink = crop.ink;
	/* What the edges of text leave is no letters. */
	if ((channel == CROP_MIDDLE || channel == CROP_TONE) && crop.sides < 2 &&
		crop.ink < LEFT_INK_MIN)
		return 0;
	r = read_letters(l, crop.letters, crop.inside_mm > BLOCK_MM ? LETTERS_BLOCK : LETTERS_LINE,
		&text, &ret->trust);
	if (r == -E2BIG)
		r = 0;
	if (r == 0) {
		const struct stamp_word *before[] = {ret->word, ret->short_word};

		weigh(l, box, channel, &crop, buf_view(&text), ret);
		if (ret->word != before[0] || ret->short_word != before[1])
			ret->turn = turn;
	}
	return r;
}

/* A short word, or another that is nearly it: how dark the page is there has the finer marks. */
static int compare(struct look *l, const struct ink_box *box, enum crop_channel channel,
	unsigned turn, struct found *f)
{
	int trust = f->trust, against = f->tone_against, r;
	unsigned sides = f->sides;

	if (channel == CROP_GREY || f->compared || (!f->short_word && !f->doubt && !against) ||
		f->tone_for - against >= TRUST_CLEAR + TONE_DOT)
		return 0;
	f->compared = true;
	r = look_box(l, box, CROP_GREY, CROP_CLEAN, turn, f);
	f->sides = sides;
	/* the text that a stamp lies on is no other word in the frame */
	if (f->tone_against == against)
		f->trust = trust;
	return r;
}

/* What stands before a word and in its box, as far as that: text is empty where that is nothing. */
static int read_before(struct look *l, const struct ink_box *box, enum crop_channel channel,
	unsigned turn, double mm, struct buf *text)
{
	cleanup_with(crop_done) struct crop crop;
	double reach = mm * l->page->dpi / 25.4;
	struct ink_box wide = *box;
	int trust, r;

	switch (turn % 4) { /* a quarter clockwise has the page's bottom on the left */
	case 0: wide.x = MAX(box->x - reach, 0.0); break;
	case 1: wide.h = MIN(box->h + reach, pixGetHeight(l->page->pix) - box->y); break;
	case 2: wide.w = MIN(box->w + reach, pixGetWidth(l->page->pix) - box->x); break;
	default: wide.y = MAX(box->y - reach, 0.0); break;
	}
	wide.w += turn % 4 == 0 ? box->x - wide.x : 0;
	wide.h += turn % 4 == 3 ? box->y - wide.y : 0;
	r = crop_make(l->page, &wide, l->ink.paper, channel, CROP_CLEAN, turn, &crop);
	if (r == 0 && crop.letters)
		r = read_letters(l, crop.letters, LETTERS_LINE, text, &trust);
	return r == -E2BIG ? 0 : r;
}

/* MẬT where no frame says that it is not the end of TUYỆT MẬT: what stands before it decides. */
static int look_before(
	struct look *l, const struct ink_box *box, enum crop_channel channel, struct found *f)
{
	static const double reaches[] = {BESIDE_MM, LONGER_MM};
	const struct stamp_word *w = f->word;

	f->part = true;
	for (size_t i = 0; i < ARRAY_SIZE(reaches); i++) {
		cleanup_with(buf_done) struct buf text = BUF_INIT(4096);
		unsigned errors;
		struct view line = {0};
		int r = read_before(l, box, channel, f->turn, reaches[i], &text);
		const struct stamp_word *longer;

		if (r < 0)
			return r;
		longer = find_line(l->stamp, buf_view(&text), 0, &errors, &line);
		if (longer && longer != w && strstr(longer->text, w->text)) {
			f->word = longer;
			f->errors = errors;
			f->part = false;
			return 0;
		}
		if (i == 0 && words_is_alone(w, buf_view(&text))) {
			f->part = false;
			return 0;
		}
	}
	f->word = f->short_word = NULL;
	return 0;
}

static const struct stamp_word *settle(const struct found *f, unsigned *ret_errors)
{
	bool is_short = f->short_word && f->tone_for >= f->tone_against + TONE_MARGIN;

	if (is_short && (!f->word || f->short_errors < f->errors)) {
		*ret_errors = f->short_errors;
		return f->short_word;
	}
	*ret_errors = f->errors;
	return f->other && f->errors > ERRORS_SURE ? NULL : f->word;
}

int box_read(struct look *l, const struct ink_box *box, const struct look_try *tries, size_t n,
	struct found *ret)
{
	unsigned turn = box->h > box->w * 1.1 ? 1 : 0, errors = 0;
	bool is_tall = page_mm(l->page, MIN(box->w, box->h)) > LINES_MM;
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && !look_is_late(l); i++) {
		const struct look_try *t = &tries[i];
		const struct stamp_word *word = settle(ret, &errors);

		if (word && (errors <= ERRORS_SURE || t->turn))
			break;
		if (ret->trust >= TRUST_CLEAR && !ret->doubt)
			break; /* clearly something else */
		if (i > 1 && (ret->sides < 2 || is_tall) && !(turn && t->turn))
			continue; /* what is no frame is not tried in every way */
		if (t->turn && turn == 0 && l->upright)
			break;
		if (t->channel == CROP_GREY && ret->compared)
			continue;
		r = look_box(l, box, t->channel, t->way, t->turn + turn, ret);
		if (r == 0)
			r = compare(l, box, t->channel, t->turn + turn, ret);
		if (t->turn + turn == 0 && (settle(ret, &errors) || ret->trust >= TRUST_CLEAR))
			l->upright = true;
	}
	ret->word = settle(ret, &ret->errors);
	if (ret->word && ret->sides < 2 &&
		((l->framed && !ret->pale) || ink_is_in_line(&l->ink, box)))
		ret->word = ret->short_word = NULL;
	if (r == 0 && ret->word && words_is_part(&l->stamp->words, ret->word) &&
		(ret->sides < 3 || !words_fits(ret->word, page_mm(l->page, MAX(box->w, box->h)))))
		r = look_before(l, box, tries[0].channel, ret);
	/* MẬT that is as much MẤT is neither. */
	ret->doubt |= !ret->word && ret->short_word;
	return r;
}
