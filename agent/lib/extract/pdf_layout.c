/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_layout.h"

#include <errno.h>
#include <math.h>

#include "text/encoding.h"

#define BASELINE_SLACK 0.4F  /* em: pieces on one line */
#define BLANK_GAP      0.16F /* em: from here on there is a blank */
#define WIDE_GAP       0.75F /* em: the gap between letter-spaced words */
#define CELL_GAP       0.9F  /* em: between words, that between cells */
#define COLUMN_GAP     2.0F  /* em: another line */
#define DOUBLE_SLACK   0.25F /* em: text drawn twice to look bold or cast a shadow */
#define LOOK_BACK      24    /* lines above that a line may continue */
#define PAIR_KEY_MAX   48    /* bytes of a field's name far left of its value */
#define PAIR_VALUE_MAX 40    /* and of the value */

/* Consecutive pieces on one baseline. */
struct layout_run {
	float v, size;
	int angle;
	uint32_t from, n;
	uint32_t seen; /* the segment that it was last met in */
};

struct layout_piece {
	float u0;
	uint32_t chunk;
};

struct pdf_layout_scratch {
	struct layout_run *runs;
	struct layout_piece *pieces, *spare;
	size_t n_runs, cap_runs, n_pieces, cap_pieces, cap_spare;
	uint32_t segments;
	float sizes[64]; /* bytes of text in each size, half points */
	struct buf decoded;
};

void pdf_layout_done(struct pdf_layout *l)
{
	if (l->scratch) {
		free(l->scratch->runs);
		free(l->scratch->pieces);
		free(l->scratch->spare);
		buf_done(&l->scratch->decoded);
		free(l->scratch);
	}
	free(l->lines);
	buf_done(&l->text);
	*l = (struct pdf_layout){0};
}

static int grow(void *array, size_t *cap, size_t need, size_t size)
{
	if (need <= *cap)
		return 0;
	size_t n = *cap ? *cap * 2 : 64;

	if (n < need)
		n = need;
	void *p = reallocarray(*(void **)array, n, size);
	if (!p)
		return -ENOMEM;
	*(void **)array = p;
	*cap = n;
	return 0;
}

static float em_of(float size)
{
	return size > 0.5F ? size : 0.5F;
}

static int runs_make(struct pdf_layout_scratch *s, const struct pdf_content *c)
{
	s->n_runs = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		struct pdf_chunk *k = &c->chunks[i];
		struct layout_run *last = s->n_runs ? &s->runs[s->n_runs - 1] : NULL;

		if (last && last->angle == k->angle &&
			fabsf(k->v - last->v) <= BASELINE_SLACK * em_of(MAX(k->size, last->size))) {
			last->n++;
			if (k->size > last->size) {
				last->size = k->size;
				last->v = k->v;
			}
		} else {
			int r = grow(&s->runs, &s->cap_runs, s->n_runs + 1, sizeof(*s->runs));
			if (r)
				return r;
			s->runs[s->n_runs++] = (struct layout_run){
				k->v, k->size, k->angle, i, 1, 0};
		}
	}
	return 0;
}

static int run_compare(const void *pa, const void *pb)
{
	const struct layout_run *a = pa, *b = pb;

	if (a->angle != b->angle)
		return a->angle < b->angle ? -1 : 1;
	if (a->v < b->v || a->v > b->v)
		return a->v > b->v ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

static bool piece_is_after(const struct layout_piece *a, const struct layout_piece *b)
{
	return a->u0 > b->u0 || (!(a->u0 < b->u0) && a->chunk > b->chunk);
}

/* The end of the sorted pieces that begin at `i`. */
static size_t sorted_end(const struct layout_piece *p, size_t i, size_t n)
{
	for (i++; i < n && !piece_is_after(&p[i - 1], &p[i]); i++)
		;
	return i;
}

/* Merges [from, middle) and [middle, to) of `p`. */
static void pieces_merge(
	struct layout_piece *p, size_t from, size_t middle, size_t to, struct layout_piece *spare)
{
	size_t n = middle - from, i = 0, k = middle;

	memcpy(spare, p + from, n * sizeof(*p));
	for (size_t out = from; i < n; out++)
		p[out] = k < to && piece_is_after(&spare[i], &p[k]) ? p[k++] : spare[i++];
}

/* They come as a few sorted rows, one for each font: each round merges two and two of them. Places
   that are no numbers have no order; that ends, too. */
static int pieces_sort(struct pdf_layout_scratch *s)
{
	struct layout_piece *p = s->pieces;
	size_t n = s->n_pieces;

	for (unsigned round = 0; round < 32 && sorted_end(p, 0, n) < n; round++) {
		int r = grow(&s->spare, &s->cap_spare, n, sizeof(*s->spare));

		if (r)
			return r;
		for (size_t from = 0, middle, to; from < n; from = to) {
			middle = sorted_end(p, from, n);
			to = middle < n ? sorted_end(p, middle, n) : n;
			pieces_merge(p, from, middle, to, s->spare);
		}
	}
	return 0;
}

static struct view chunk_text(const struct pdf_content *c, const struct pdf_chunk *k)
{
	return view_sub(buf_view(&c->text), k->text, k->n);
}

static bool is_blank(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] != ' ')
			return false;
	}
	return true;
}

static int chunk_put(struct pdf_layout *l, const struct pdf_content *c, const struct pdf_chunk *k)
{
	unsigned legacy = PDF_TEXT_LEGACY_OF(k->flags);
	struct view text = chunk_text(c, k);

	if (legacy) {
		struct buf *b = &l->scratch->decoded;
		buf_clear(b);
		int r = encoding_decode_mojibake((enum encoding)(legacy - 1), text, b);
		if (r == 0)
			text = buf_view(b);
		else if (r != -ENOTSUP && r != -E2BIG)
			return r;
	}
	return buf_put_view(&l->text, text);
}

static bool drawn_before(
	const struct pdf_content *c, const struct pdf_chunk *a, const struct pdf_chunk *b)
{
	return fabsf(a->u0 - b->u0) < DOUBLE_SLACK * em_of(b->size) &&
		fabsf(a->size - b->size) < 0.1F * em_of(b->size) &&
		view_eq(chunk_text(c, a), chunk_text(c, b));
}

static void line_place(struct pdf_line *line)
{
	double angle = line->angle * M_PI / 180, s = sin(angle), k = cos(angle);

	line->x0 = (float)((double)line->u0 * k - (double)line->v * s);
	line->y0 = (float)((double)line->u0 * s + (double)line->v * k);
	line->x1 = (float)((double)line->u1 * k - (double)line->v * s);
}

/* How much of a line each look has, in bytes. */
struct looks {
	uint32_t n, red, pale, hidden, bold, caps, tcvn3;
};

static void looks_add(struct looks *k, const struct pdf_chunk *c)
{
	unsigned legacy = PDF_TEXT_LEGACY_OF(c->flags);

	k->n += c->n;
	k->red += c->flags & PDF_TEXT_RED ? c->n : 0;
	k->pale += c->flags & PDF_TEXT_PALE ? c->n : 0;
	k->hidden += c->flags & PDF_TEXT_HIDDEN ? c->n : 0;
	k->bold += c->flags & PDF_TEXT_BOLD ? c->n : 0;
	k->caps += c->flags & PDF_TEXT_CAPITALS ? c->n : 0;
	k->tcvn3 += legacy == 1 + ENCODING_TCVN3 ? c->n : 0;
}

static uint32_t looks_flags(const struct looks *k)
{
	uint32_t most = k->n - k->n / 4;

	return (k->red >= most ? BLOCK_RED : 0U) | (k->bold >= most ? BLOCK_BOLD : 0U) |
		(k->hidden == k->n ? BLOCK_HIDDEN : 0U) | (k->caps >= most ? BLOCK_CAPS : 0U) |
		(k->tcvn3 ? BLOCK_CASE_UNKNOWN : 0U);
}

static bool is_letter(const struct pdf_content *c, const struct pdf_chunk *k)
{
	struct view text = chunk_text(c, k);
	size_t letters = 0;

	for (size_t i = 0; i < text.n; i++)
		letters += (text.p[i] & 0xc0) != 0x80 && text.p[i] != ' ';
	return letters < 2;
}

/* As many as tell letters, words and cells apart (match/shape.h). */
static size_t blanks_of(const struct pdf_content *c, const struct pdf_chunk *before,
	const struct pdf_chunk *k, float gap)
{
	if (gap <= WIDE_GAP)
		return 1;
	return gap <= CELL_GAP || is_letter(c, before) || is_letter(c, k) ? 2 : 3;
}

/* One line of the pieces [p, p + n). */
static int line_make(struct pdf_layout *l, const struct pdf_content *c,
	const struct layout_piece *p, size_t n, bool whole)
{
	const struct pdf_chunk *before = NULL;
	struct pdf_line line = {.text = (uint32_t)l->text.n, .box = -1, .whole = whole};
	struct looks looks = {0};
	float end = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct pdf_chunk *k = &c->chunks[p[i].chunk];
		float em = em_of(before ? MIN(before->size, k->size) : k->size);
		bool blank = is_blank(chunk_text(c, k));

		if (before && drawn_before(c, before, k))
			continue;
		if (before && k->u0 - end > BLANK_GAP * em) {
			r = buf_put(&l->text, "   ", blanks_of(c, before, k, (k->u0 - end) / em));
			if (r)
				return r;
		}
		r = chunk_put(l, c, k);
		if (r)
			return r;
		if (!before) {
			line.u0 = k->u0;
			line.v = k->v;
			line.angle = k->angle;
		}
		if (!blank) {
			if (k->size > line.size) {
				line.size = k->size;
				line.v = k->v;
			}
			looks_add(&looks, k);
			line.u1 = MAX(line.u1, k->u1);
		}
		end = before ? MAX(end, k->u1) : k->u1;
		before = k;
	}
	if (looks.n == 0 || l->text.n > UINT32_MAX) {
		l->text.n = line.text;
		return 0;
	}

	line.n = (uint32_t)l->text.n - line.text;
	line.flags = looks_flags(&looks);
	line.pale = looks.pale == looks.n;
	line_place(&line);
	l->scratch->sizes[line.size < 31 ? (int)(line.size * 2 + 0.5F) : 63] += (float)line.n;
	r = grow(&l->lines, &l->cap, l->n + 1, sizeof(*l->lines));
	if (r)
		return r;
	l->lines[l->n++] = line;
	return 0;
}

static uint32_t run_of(const struct pdf_content *c, const struct layout_piece *p)
{
	return c->chunks[p->chunk].run;
}

/* The pieces between two wide gaps: one line, and its runs where they stand beside each other. */
static int segment_make(
	struct pdf_layout *l, const struct pdf_content *c, const struct layout_piece *p, size_t n)
{
	struct pdf_layout_scratch *s = l->scratch;
	bool apart = true;
	size_t parts = 0;

	s->segments++;
	for (size_t i = 0; i < n && apart; i++) {
		struct layout_run *run = &s->runs[run_of(c, &p[i])];
		if (i && run_of(c, &p[i - 1]) == run_of(c, &p[i]))
			continue;
		apart = run->seen != s->segments;
		run->seen = s->segments;
		parts++;
	}
	if (!apart || parts < 2)
		return line_make(l, c, p, n, false);

	int r = line_make(l, c, p, n, true);
	for (size_t from = 0, i = 1; i <= n && r == 0; i++) {
		if (i < n && run_of(c, &p[i]) == run_of(c, &p[from]))
			continue;
		r = line_make(l, c, p + from, i - from, false);
		from = i;
	}
	return r;
}

static bool has_letter(struct view v)
{
	for (size_t i = 0; i < v.n; i++) {
		if ((v.p[i] | 0x20) >= 'a' && v.p[i] != 0x7f)
			return true;
	}
	return false;
}

/* A field's name and its value far right of it are also one line. */
static int pair_make(struct pdf_layout *l, struct pdf_line key, struct pdf_line value)
{
	size_t at = l->text.n;

	if (key.n > PAIR_KEY_MAX || value.n > PAIR_VALUE_MAX ||
		!has_letter(view_sub(buf_view(&l->text), key.text, key.n)) ||
		!has_letter(view_sub(buf_view(&l->text), value.text, value.n)))
		return 0;
	int r = buf_reserve(&l->text, key.n + 3 + value.n);
	if (r == 0)
		r = buf_put_view(&l->text, view_sub(buf_view(&l->text), key.text, key.n));
	if (r == 0)
		r = buf_put(&l->text, "   ", 3);
	if (r == 0)
		r = buf_put_view(&l->text, view_sub(buf_view(&l->text), value.text, value.n));
	if (r == 0)
		r = grow(&l->lines, &l->cap, l->n + 1, sizeof(*l->lines));
	if (r)
		return r;
	key.text = (uint32_t)at;
	key.n = (uint32_t)(l->text.n - at);
	key.u1 = value.u1;
	key.x1 = value.x1;
	key.flags &= value.flags;
	key.whole = true;
	l->lines[l->n++] = key;
	return 0;
}

/* The lines from `first` on are a row of one or two such pairs. */
static int pairs_make(struct pdf_layout *l, size_t first)
{
	size_t n = l->n - first;
	int r = 0;

	if ((n != 2 && n != 4) || l->text.n > UINT32_MAX / 2)
		return 0;
	for (size_t i = first; i < first + n; i++) {
		if (l->lines[i].whole || l->lines[i].angle)
			return 0;
	}
	for (size_t i = first; i < first + n && r == 0; i += 2)
		r = pair_make(l, l->lines[i], l->lines[i + 1]);
	return r;
}

static int row_make(struct pdf_layout *l, const struct pdf_content *c)
{
	struct layout_piece *p = l->scratch->pieces;
	size_t n = l->scratch->n_pieces, from = 0, first = l->n;
	float end = 0, em = 0;
	int r = pieces_sort(l->scratch);

	if (r)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct pdf_chunk *k = &c->chunks[p[i].chunk];

		if (is_blank(chunk_text(c, k)) && i + 1 < n) {
			if (i == from) {
				end = k->u1;
				em = em_of(k->size);
			}
			continue; /* a blank bridges no gap between columns */
		}
		if (i > from && k->u0 - end > COLUMN_GAP * MAX(em, em_of(k->size))) {
			r = segment_make(l, c, p + from, i - from);
			if (r)
				return r;
			from = i;
			end = k->u1;
		}
		end = i == from ? k->u1 : MAX(end, k->u1);
		em = em_of(k->size);
	}
	r = n > from ? segment_make(l, c, p + from, n - from) : 0;
	return r ? r : pairs_make(l, first);
}

static int rows_make(struct extractor *x, struct pdf_layout *l, const struct pdf_content *c)
{
	struct pdf_layout_scratch *s = l->scratch;

	for (size_t i = 0; i < s->n_runs;) {
		const struct layout_run *first = &s->runs[i];
		int r = 0;

		s->n_pieces = 0;
		for (; i < s->n_runs && r == 0; i++) {
			const struct layout_run *run = &s->runs[i];
			if (run->angle != first->angle ||
				first->v - run->v >
					BASELINE_SLACK * em_of(MIN(first->size, run->size)))
				break;
			r = grow(&s->pieces, &s->cap_pieces, s->n_pieces + run->n,
				sizeof(*s->pieces));
			for (uint32_t k = 0; k < run->n && r == 0; k++) {
				struct pdf_chunk *chunk = &c->chunks[run->from + k];
				chunk->run = (uint32_t)i;
				s->pieces[s->n_pieces++] = (struct layout_piece){
					chunk->u0, run->from + k};
			}
		}
		if (r == 0)
			r = row_make(l, c);
		if (r == 0)
			r = extractor_tick(x, s->n_pieces * 16 + 64);
		if (r)
			return r;
	}
	return 0;
}

static void lines_box(struct pdf_layout *l, const struct pdf_content *c)
{
	for (size_t i = 0; i < l->n; i++) {
		struct pdf_line *line = &l->lines[i];
		float middle = line->y0 + line->size / 3, best = INFINITY;

		for (size_t b = 0; b < c->n_boxes && line->angle == 0; b++) {
			const struct pdf_box *box = &c->boxes[b];
			if (line->x0 < box->x0 - 2 || line->x1 > box->x1 + 2 || middle < box->y0 ||
				middle > box->y1 || box->x1 - box->x0 >= best)
				continue;
			best = box->x1 - box->x0;
			line->box = (int)b;
			line->flags |= BLOCK_FRAMED;
		}
	}
}

/* Does `b` go on below `a` in the same paragraph or box? */
static bool continues(const struct pdf_line *a, const struct pdf_line *b)
{
	float em = em_of(MAX(a->size, b->size)), step = a->v - b->v;
	uint32_t looks = BLOCK_RED | BLOCK_BOLD | BLOCK_FRAMED | BLOCK_HIDDEN;

	return !a->whole && a->angle == b->angle && step > 0.4F * em && step < 1.9F * em &&
		MIN(a->u1, b->u1) > MAX(a->u0, b->u0) && fabsf(a->size - b->size) < 0.1F * em &&
		a->box == b->box && (a->flags & looks) == (b->flags & looks);
}

static void lines_group(struct pdf_layout *l)
{
	uint32_t groups = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct pdf_line *line = &l->lines[i];
		const struct pdf_line *above = NULL;

		for (size_t k = i; k-- > 0 && i - k <= LOOK_BACK && !line->whole;) {
			const struct pdf_line *a = &l->lines[k];
			if (continues(a, line) && (!above || a->v < above->v))
				above = a;
		}
		line->group = above ? above->group : groups++;
	}
}

static int group_compare(const void *pa, const void *pb)
{
	const struct pdf_line *a = pa, *b = pb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return a->text < b->text ? -1 : a->text > b->text;
}

static void groups_finish(struct pdf_layout *l)
{
	if (l->n)
		qsort(l->lines, l->n, sizeof(*l->lines), group_compare);
	for (size_t i = 0, k; i < l->n; i = k) {
		for (k = i; k < l->n && l->lines[k].group == l->lines[i].group; k++)
			;
		for (size_t j = i; j < k; j++)
			l->lines[j].in_group = (uint32_t)(k - i);
	}
}

int pdf_layout_make(struct extractor *x, const struct pdf_content *c, struct pdf_layout *l)
{
	if (!l->scratch) {
		l->scratch = calloc(1, sizeof(*l->scratch));
		if (!l->scratch)
			return -ENOMEM;
	}

	struct pdf_layout_scratch *s = l->scratch;
	buf_clear(&l->text);
	l->n = 0;
	memset(s->sizes, 0, sizeof(s->sizes));
	s->segments = 0;

	int r = runs_make(s, c);
	if (r)
		return r;
	if (s->n_runs)
		qsort(s->runs, s->n_runs, sizeof(*s->runs), run_compare);
	r = rows_make(x, l, c);
	if (r)
		return r;

	int most = 0;
	for (int i = 0; i < 64; i++) {
		if (s->sizes[i] > s->sizes[most])
			most = i;
	}
	l->body_size = (float)most / 2;
	lines_box(l, c);
	lines_group(l);
	groups_finish(l);
	return 0;
}
