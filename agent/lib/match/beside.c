/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Vietnamese title in a narrow cell or shape stands there a syllable a line: "BẢO" over "MẬT". A
 * marking of lines of one syllable is none where the line before or after them is another syllable.
 */
#include "match/shape.h"
#include "match/state.h"
#include "match/utf8.h"
#include "text/utf8.h"
#include "text/vi_syllable.h"

/* Segments looked at on either side. */
#define REACH 32

/* What makes a line a stamp among others. */
#define STAMP_FLAGS (BLOCK_FRAMED | BLOCK_RED | BLOCK_LARGE)

static size_t words_of(struct view v)
{
	size_t n = v.n > 0;

	for (size_t i = 0; i < v.n; i++)
		n += v.p[i] == ' ';
	return n;
}

static bool has_non_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return true;
	return false;
}

static bool is_syllable(struct view v)
{
	uint32_t word[VI_SYLLABLE_MAX];
	size_t n = 0, len;

	for (size_t i = 0; i < v.n; i += len) {
		if (n == ARRAY_SIZE(word))
			return false;
		word[n++] = utf8_at(v, i, &len);
	}
	return vi_syllable(word, n) != VI_NO;
}

/* The line of block `block`, going `step` by `step` from segment `s`; empty where there is none
   like the candidate's. */
static struct view line_at(
	const struct match *m, const struct seg *s, int step, uint32_t block, const struct cand *c)
{
	const struct seg *first = (const struct seg *)(const void *)m->chunk.segs.p;
	const struct seg *end = first + m->chunk.segs.n / sizeof(*first);

	for (unsigned i = 0; i < REACH; i++) {
		const struct line *l;

		if (step < 0 ? s == first : s + 1 == end)
			break;
		s += step;
		l = chunk_line(m, s);
		if (s->kind == LINE_PLAIN && l->block == block && l->counts &&
			l->place == c->place && l->page == c->page &&
			!((l->flags ^ c->flags) & STAMP_FLAGS))
			return shape_trim_line(view_of(m->chunk.text.p + s->off, s->n));
	}
	return VIEW_EMPTY;
}

bool beside_word(const struct match *m, const struct seg *s, const struct part *p,
	const struct rs_rule *u, const struct cand *c)
{
	struct view mark = view_of(p->line.p + p->from, p->to - p->from);
	struct view left = view_of(p->line.p, p->from);
	struct view right = view_of(p->line.p + p->to, p->line.n - p->to);
	bool starts = shape_trim_line(left).n == 0, ends = shape_trim_line(right).n == 0;

	/* other lines may be tails of this one */
	if (!c->counts || u->as != RS_AS_WHOLE || words_of(mark) > c->block - c->first + 1 ||
		!has_non_ascii(mark))
		return false;
	for (int step = -1; step <= 1; step += 2) {
		struct view line;

		if (step < 0 ? !starts || c->first == 0 : !ends)
			continue;
		line = line_at(m, s, step, step < 0 ? c->first - 1 : c->block + 1, c);
		if (is_syllable(line) && !part_is_tail(m->r, u, line, m->data, m->limits))
			return true;
	}
	return false;
}
