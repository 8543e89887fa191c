/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands near what, without keeping the document: the last sight of each context looks back
 * for a new candidate, and a new sight looks forward for the candidates still pending. A candidate
 * is settled when its window is past.
 */
#include "match/state.h"

static void set_bit(uint64_t *set, uint32_t i)
{
	set[i / 64] |= UINT64_C(1) << (i % 64);
}

void window_context(struct match *m, uint32_t context, const struct line *l)
{
	const struct rs_context *c = &m->r->contexts[context];
	struct doc *d = match_doc(m);

	if (c->document) {
		set_bit(d->has, context);
		return;
	}
	if (!l->counts)
		return;
	d->last[context] = l->block;
	for (uint32_t i = d->n_pending; i-- > 0;) {
		struct cand *k = &d->pending[i];

		if (l->block > k->block && l->block - k->block > c->within)
			continue;
		if (k->block >= l->block || l->block - k->block <= c->within)
			set_bit(k->near, context);
	}
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* A mark of a scale at `block` makes the candidate an item of a list where it differs. */
static void see_other(const struct ruleset *r, struct cand *k, uint32_t mark, uint32_t block)
{
	const struct rs_mark *own = &r->marks[k->mark], *other = &r->marks[mark];
	uint32_t far = distance(k->block, block);

	if (far == 0 || far > MATCH_WINDOW_MAX || mark == k->mark || !other->scale)
		return;
	if (own->scale) {
		if (own->scale == other->scale)
			k->other = MIN(k->other, far);
		return;
	}
	if (k->seen_mark == FAR) {
		k->seen_mark = mark;
		return;
	}
	if (k->seen_mark != mark && r->marks[k->seen_mark].scale == other->scale)
		k->other = MIN(k->other, far);
}

static void see_level(struct doc *d, uint32_t mark)
{
	for (uint32_t i = 0; i < d->n_levels; i++)
		if (d->levels[i] == mark)
			return;
	if (d->n_levels < MATCH_LEVELS_MAX)
		d->levels[d->n_levels++] = mark;
}

void window_mark(struct match *m, uint32_t mark, const struct line *l)
{
	struct doc *d = match_doc(m);

	if (!m->r->marks[mark].scale || !(l->counts || l->place == PLACE_SHEET_NAME))
		return;
	see_level(d, mark);
	if (!l->counts)
		return;
	for (uint32_t i = 0; i < d->n_pending; i++)
		see_other(m->r, &d->pending[i], mark, l->block);
	d->recent[d->n_recent++ % MATCH_RECENT_MAX] = (struct recent){mark, l->block};
}

/* A row of a sheet has more than one cell. */
void window_row(struct doc *d, uint32_t page, uint32_t row)
{
	for (uint32_t i = 0; i < d->n_pending; i++)
		if (d->pending[i].row == row && d->pending[i].page == page)
			d->pending[i].row = 0;
}

/* A joined mark takes the place of its parts: of what is shorter. What another rule says of the
   same mark in one of the lines stays, and so does a longer one: that line bears it all, the others
   stand beside it. */
void window_replace(struct match *m, const struct cand *c)
{
	struct doc *d = match_doc(m);
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n_pending; i++) {
		struct cand *k = &d->pending[i];

		if (!k->joined && k->counts && k->block >= c->first && k->block <= c->block &&
			(k->mark != c->mark ? k->length < c->length : k->rule == c->rule))
			continue;
		if (n != i)
			d->pending[n] = *k;
		n++;
	}
	d->n_pending = n;
	for (uint32_t i = 0; i < MIN(d->n_recent, MATCH_RECENT_MAX); i++)
		if (d->recent[i].block >= c->first && d->recent[i].block <= c->block)
			d->recent[i].block = NO_BLOCK;
}

static void look_back(struct match *m, struct doc *d, struct cand *k)
{
	for (uint32_t i = 0; k->counts && i < m->r->n_contexts; i++)
		if (d->last[i] != NO_BLOCK && d->last[i] <= k->block &&
			k->block - d->last[i] <= m->r->contexts[i].within)
			set_bit(k->near, i);
	for (uint32_t i = 0; i < MIN(d->n_recent, MATCH_RECENT_MAX); i++)
		if (d->recent[i].block != NO_BLOCK)
			see_other(m->r, k, d->recent[i].mark, d->recent[i].block);
}

static bool same(const struct cand *a, const struct cand *b)
{
	return a->rule == b->rule && a->mark == b->mark && a->place == b->place &&
		a->folded == b->folded && a->bare == b->bare && a->star == b->star;
}

static void settle(struct match *m, struct doc *d, struct cand *k)
{
	uint32_t weakest = 0;

	k->score = evidence_local(m, k);
	for (uint32_t i = 0; i < d->n_settled; i++) {
		struct cand *s = &d->settled[i];

		if (same(s, k)) {
			uint32_t times = s->times + 1;

			if (k->score > s->score)
				*s = *k;
			s->times = times;
			return;
		}
		if (s->score < d->settled[weakest].score)
			weakest = i;
	}
	if (d->n_settled < MATCH_SETTLED_MAX)
		d->settled[d->n_settled++] = *k;
	else if (k->score > d->settled[weakest].score)
		d->settled[weakest] = *k;
}

/* Settles what no block from `up_to` on can be near to. */
void window_settle(struct match *m, struct doc *d, uint32_t up_to)
{
	uint32_t n = 0;

	while (n < d->n_pending &&
		(up_to == NO_BLOCK || (uint64_t)d->pending[n].block + MATCH_WINDOW_MAX < up_to))
		settle(m, d, &d->pending[n++]);
	if (n == 0)
		return;
	memmove(d->pending, d->pending + n, (d->n_pending - n) * sizeof(*d->pending));
	d->n_pending -= n;
}

void window_add(struct match *m, const struct cand *c)
{
	struct doc *d = match_doc(m);
	struct cand *k;

	window_settle(m, d, c->block);
	if (d->n_pending == MATCH_PENDING_MAX) {
		settle(m, d, &d->pending[0]);
		memmove(d->pending, d->pending + 1, (MATCH_PENDING_MAX - 1) * sizeof(*d->pending));
		d->n_pending--;
	}
	k = &d->pending[d->n_pending++];
	*k = *c;
	look_back(m, d, k);
}
