/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that are also read as one: those of one shape, words below each other, a word broken at a
 * hyphen, a field's key and the cell after it.
 */
#include <string.h>

#include "match/state.h"
#include "match/utf8.h"

/* Lines of one word longer than this (bytes) are no half of a marking. */
#define HALF_MAX 24

static bool joins(const struct joinable *a, const struct joinable *b)
{
	if (a->place != b->place)
		return false;
	if (a->shape && a->shape == b->shape)
		return true;
	return a->one_word && b->one_word;
}

/* A line made of others: it has the features of the newest, and begins with the oldest. */
static int put_joined(struct match *m, const struct line *l, uint32_t first, struct view text)
{
	struct seg s = {.kind = LINE_JOINED, .whole = true, .starts = true};
	struct line joined = *l;
	int e;

	joined.first = first;
	e = buf_put(&m->chunk.lines, &joined, sizeof(joined));
	return e < 0 ? e : chunk_put(m, s, text, VIEW_EMPTY);
}

/* "TOP SEC-" */
static bool breaks_word(const struct joinable *j)
{
	size_t n;

	return j->n > 1 && j->text[j->n - 1] == '-' &&
		utf8_is_word(utf8_before(view_of(j->text, j->n - 1), j->n - 1, &n));
}

/* The line before and this one. */
static int put_pair(struct match *m, const struct line *l, struct view before, const char *between,
	const struct joinable *now)
{
	int e;

	buf_clear(&m->work2);
	e = buf_put_view(&m->work2, before);
	if (e == 0)
		e = buf_put_str(&m->work2, between);
	if (e == 0)
		e = buf_put(&m->work2, now->text, now->n);
	return e < 0 ? e : put_joined(m, l, match_doc(m)->before[0].block, buf_view(&m->work2));
}

static int put_joins(struct match *m, const struct line *l, const struct joinable *now)
{
	const struct doc *d = match_doc(m);
	const struct joinable *last = now;
	bool numbers = now->numbers, same = true, is_now;
	size_t n = now->n;
	int e = 0;

	for (uint32_t lines = 1; e == 0 && lines <= d->n_before; lines++) {
		const struct joinable *j = &d->before[lines - 1];

		if (!joins(j, last))
			break;
		last = j;
		numbers = numbers && j->numbers;
		n += j->n + 1;
		is_now = j->n == now->n && memcmp(j->text, now->text, now->n) == 0;
		same = same && is_now;
		/* no marking is a word said again and again: a column of one is not read ten
		   times, nor one of two that take turns */
		if (is_now && !same)
			break;
		if (same || (numbers && n < m->r->joined_number_min))
			continue;
		buf_clear(&m->work2);
		for (uint32_t i = lines; e == 0 && i-- > 0;) {
			e = buf_put(&m->work2, d->before[i].text, d->before[i].n);
			if (e == 0)
				e = buf_put_byte(&m->work2, ' ');
		}
		if (e == 0)
			e = buf_put(&m->work2, now->text, now->n);
		if (e == 0)
			e = put_joined(m, l, j->block, buf_view(&m->work2));
	}
	if (e < 0 || !d->n_before || d->before[0].place != now->place)
		return e;
	last = &d->before[0];
	if (now->numbers && last->numbers && now->n + last->n < m->r->joined_number_min)
		return 0;
	if (breaks_word(last))
		e = put_pair(m, l, view_of(last->text, last->n - 1), "", now);
	if (e == 0 && last->key)
		e = put_pair(m, l, view_of(last->text, last->n),
			last->text[last->n - 1] == ':' ? " " : ": ", now);
	return e;
}

/* "Độ mật:", and below it or in the cells beside it a line for each choice: each is read with the
   key, and the ticked one is found. */
static int put_choice(
	struct match *m, const struct line *l, const struct seg *plain, const struct joinable *now)
{
	struct doc *d = match_doc(m);
	int e = 0;

	if (plain && now->n <= HALF_MAX * 2 &&
		part_begins_with_box(view_of(m->chunk.text.p + plain->off, plain->n))) {
		if (d->box_key.n && d->n_before && !d->before[0].key &&
			d->box_key.place == now->place)
			e = put_pair(m, l, view_of(d->box_key.text, d->box_key.n),
				d->box_key.text[d->box_key.n - 1] == ':' ? " " : ": ", now);
	} else if (now->key) {
		d->box_key = *now;
	} else {
		d->box_key.n = 0;
	}
	return e;
}

int joined_take(struct match *m, const struct line *l, uint32_t shape, struct view text,
	const struct seg *plain)
{
	struct doc *d = match_doc(m);
	struct joinable now;
	int e = 0;

	if (text.n > sizeof(now.text) || text.n == 0) {
		d->n_before = 0;
		d->box_key.n = 0;
		return 0;
	}
	memcpy(now.text, text.p, text.n);
	now.n = (uint32_t)text.n;
	now.shape = shape;
	now.block = l->block;
	now.flags = 0;
	now.place = l->place;
	now.one_word = text.n <= HALF_MAX && !memchr(text.p, ' ', text.n);
	now.key = plain && part_is_key(m->r, view_of(m->chunk.text.p + plain->off, plain->n));
	now.numbers = !plain;
	if (l->counts || shape)
		e = put_joins(m, l, &now);
	if (e == 0)
		e = put_choice(m, l, plain, &now);
	memmove(d->before + 1, d->before, sizeof(d->before) - sizeof(d->before[0]));
	d->before[0] = now;
	d->n_before = MIN(d->n_before + 1, (uint32_t)ARRAY_SIZE(d->before));
	return e;
}
