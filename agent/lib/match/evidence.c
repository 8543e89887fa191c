/* SPDX-License-Identifier: Apache-2.0 */
/* A spelling in its place becomes a candidate; a candidate in its context becomes a score. */
#include <stdio.h>

#include "match/shape.h"
#include "match/state.h"
#include "match/utf8.h"

/* Code points of context on either side of a marking in a snippet. */
#define SNIPPET_CONTEXT 12

/* A document with fewer non-ASCII letters (per cent) is written without diacritics. */
#define FOLDED_PERCENT 1

static bool place_in(uint32_t places, enum place p)
{
	return places >> p & 1;
}

/* Where a rule without `places` looks. */
static bool is_text(enum place p)
{
	return p != PLACE_PROPERTY && p != PLACE_MAIL_HEADER && p != PLACE_FILE_NAME;
}

/* Text from TCVN3: capitals with a tone came back small, plain letters tell. */
static bool ascii_is_upper(struct view v)
{
	size_t upper = 0;

	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] >= 'a' && v.p[i] <= 'z')
			return false;
		upper += v.p[i] >= 'A' && v.p[i] <= 'Z';
	}
	return upper > 0;
}

/* The original of a span of a segment, by making it canonical once more with a map. */
static int origin(struct match *m, const struct seg *s, size_t from, size_t to, struct view *ret)
{
	struct view original = view_of(m->chunk.original.p + s->original, s->n_orig);
	struct canon_map map = {0};
	int e;

	if (s->kind == LINE_FOLDED) {
		*ret = original;
		return 0;
	}
	buf_clear(&m->work);
	e = canon_text(original, &m->work, &map);
	if (e == 0)
		*ret = canon_origin(original, &map, from, to);
	canon_map_done(&map);
	return e;
}

static bool is_printable(uint32_t cp)
{
	return cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) && cp != 0xad &&
		!(cp >= 0x200b && cp <= 0x200f) && !(cp >= 0x2028 && cp <= 0x202e) &&
		!(cp >= 0x2060 && cp <= 0x206f) && cp != 0xfeff && cp != 0xfffd &&
		!(cp >= 0xfff9 && cp <= 0xfffb) && !(cp >= 0xe0000 && cp <= 0xe007f);
}

/* The marking and a little around it, from the original. */
static void snippet(struct view original, struct view span, char *ret, size_t size)
{
	size_t from = span.p ? (size_t)(span.p - original.p) : 0, to = from + span.n, n, at = 0;

	for (unsigned i = 0; i < SNIPPET_CONTEXT && from > 0; i++) {
		utf8_before(original, from, &n);
		from -= n;
	}
	for (unsigned i = 0; i < SNIPPET_CONTEXT && to < original.n; i++) {
		utf8_at(original, to, &n);
		to += n;
	}
	for (size_t i = from; i < to; i += n) {
		uint32_t cp = utf8_at(original, i, &n);

		if (cp == '\n' || cp == '\r' || cp == '\t') {
			cp = ' ';
			if (at + 1 < size)
				ret[at++] = ' ';
			continue;
		}
		if (!is_printable(cp))
			continue;
		if (at + n >= size)
			break;
		memcpy(ret + at, original.p + i, n);
		at += n;
	}
	ret[at] = 0;
}

/* The original of a spelling, found once for all rules that ask for it. */
static int span_of(struct match *m, const struct seg *s, const struct part *p, struct view *ret)
{
	int e = 0;

	if (!m->hit.span.p)
		e = origin(m, s, p->from, p->to, &m->hit.span);
	*ret = m->hit.span;
	return e;
}

/* 1, 0 or -errno. */
static int is_capitals(struct match *m, const struct seg *s, const struct part *p)
{
	const struct line *l = chunk_line(m, s);
	struct view line = view_of(m->chunk.original.p + s->original, s->n_orig), span;
	int e;

	if (l->flags & BLOCK_CAPS)
		return 1;
	/* most lines, and cheaper than the way back to the original; not for single letters */
	if (p->to - p->from > 4 && !(l->flags & BLOCK_CASE_UNKNOWN) && !canon_may_be_upper(line))
		return 0;
	e = span_of(m, s, p, &span);
	if (e < 0)
		return e;
	return canon_is_upper(span) || ((l->flags & BLOCK_CASE_UNKNOWN) && ascii_is_upper(span));
}

/* The same for all rules that a spelling may belong to. 1, 0 or -errno. */
static int case_fits(
	struct match *m, const struct rs_rule *u, const struct seg *s, const struct part *p)
{
	if (u->letter_case == RS_CASE_ANY)
		return 1;
	if (!m->hit.case_known) {
		int e = is_capitals(m, s, p);

		if (e < 0)
			return e;
		m->hit.capitals = e;
		m->hit.case_known = true;
	}
	return m->hit.capitals == (u->letter_case == RS_CASE_CAPITALS);
}

/* False where each of what the rule needs is known to be missing already. */
static bool may_hold(const struct ruleset *r, const struct rs_rule *u, const struct line *l)
{
	for (uint32_t i = 0; i < u->need.n; i++) {
		const struct rs_cond *c = &r->conds[u->need.off + i];

		if (c->kind == RS_COND_PLACE ? place_in(c->arg, l->place)
					     : c->kind != RS_COND_FLAG || (l->flags & c->arg))
			return true;
	}
	return u->need.n == 0;
}

static bool places_fit(const struct rs_rule *u, enum place p)
{
	return u->places ? place_in(u->places, p) : is_text(p);
}

int evidence_candidate(struct match *m, uint32_t rule, uint32_t mark, enum rs_form form,
	const struct seg *s, const struct part *p)
{
	const struct rs_rule *u = &m->r->rules[rule];
	const struct line *l = chunk_line(m, s);
	struct part_fit fit;
	struct cand c;
	struct view span = VIEW_EMPTY;
	int e;

	/* "[MẶT]" is another word; a file's name without diacritics is spelt as it is */
	if (form == RS_FORM_FOLDED && l->place == PLACE_FILE_NAME && s->kind == LINE_FOLDED)
		return 0;
	if (!places_fit(u, l->place) || (form == RS_FORM_FOLDED && !(u->flags & RS_RULE_FOLDED)) ||
		(form == RS_FORM_PARTIAL && !(u->flags & RS_RULE_MISSPELT)) ||
		(form == RS_FORM_COMPACT && s->kind != LINE_SPACED && !is_capitals(m, s, p)))
		return 0;
	if (!s->whole && u->as != RS_AS_ANYWHERE)
		return 0;
	if (!may_hold(m->r, u, l))
		return 0;
	e = case_fits(m, u, s, p);
	if (e <= 0 || !part_fits(m->r, u, p, m->data, m->limits, &fit))
		return MIN(e, 0);
	e = span_of(m, s, p, &span);
	if (e < 0)
		return e;
	c = (struct cand){
		.rule = rule,
		.mark = mark,
		.place = l->place,
		.page = l->page,
		.flags = l->flags,
		.block = l->block,
		.first = s->kind == LINE_JOINED ? l->first : l->block,
		.shape = fit.shape | (s->kind == LINE_SPACED ? SHAPE_SPACED : 0) |
			(l->ruled ? SHAPE_RULED : 0),
		.length = (uint32_t)(p->to - p->from),
		.tails = fit.tails,
		.other = FAR,
		.seen_mark = FAR,
		.times = 1,
		/* in a property, header or file name it is no prose: spelling is free */
		.folded = form == RS_FORM_FOLDED && u->as != RS_AS_LABEL &&
			l->place != PLACE_FILE_NAME,
		.bare = m->hit.bare,
		.joined = s->kind == LINE_JOINED,
		.counts = l->counts,
		.row = l->shares_row ? 0 : l->row,
		.star = fit.star.n ? hash_bytes(m->key, fit.star) : 0,
	};
	if (beside_word(m, s, p, u, &c))
		return 0;
	snippet(view_of(m->chunk.original.p + s->original, s->n_orig), span, c.snippet,
		sizeof(c.snippet));
	if (c.joined)
		window_replace(m, &c);
	window_add(m, &c);
	return 0;
}

static bool has(const uint64_t *set, uint32_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

/* Conditions that wait for the end of the document. */
static bool is_late(const struct ruleset *r, const struct rs_cond *c)
{
	return c->kind == RS_COND_LAST || c->kind == RS_COND_OPENS_SHORT ||
		c->kind == RS_COND_LEVELS || c->kind == RS_COND_DECLASSIFIED ||
		c->kind == RS_COND_REPEATS ||
		(c->kind == RS_COND_CONTEXT && r->contexts[c->arg].document);
}

/* Different marks of `mark`'s scale in the document. */
static uint32_t count_levels(const struct ruleset *r, const struct doc *d, uint32_t mark)
{
	uint32_t n = 0;

	for (uint32_t i = 0; r->marks[mark].scale && i < d->n_levels; i++)
		n += r->marks[d->levels[i]].scale == r->marks[mark].scale;
	return n;
}

/* `d` is NULL before the end of the document. */
static bool holds(
	const struct match *m, const struct doc *d, const struct rs_cond *c, const struct cand *k)
{
	if (place_in(c->except, k->place))
		return false;
	switch ((enum rs_cond_kind)c->kind) {
	case RS_COND_PLACE: return place_in(c->arg, k->place);
	case RS_COND_FLAG: return (k->flags & c->arg) != 0;
	case RS_COND_FIRST: return k->counts && (k->first < c->arg || (k->flags & BLOCK_TOP));
	case RS_COND_LAST: return d && k->counts && d->n_blocks - k->block <= c->arg;
	case RS_COND_OPENS_SHORT: return d && k->counts && k->first == 0 && d->n_blocks <= c->arg;
	case RS_COND_CONTEXT:
		return m->r->contexts[c->arg].document ? d && has(d->has, c->arg)
						       : has(k->near, c->arg);
	case RS_COND_RULED: return k->shape & SHAPE_RULED;
	case RS_COND_QUOTED: return k->shape & SHAPE_QUOTED;
	case RS_COND_BRACKETED: return k->shape & SHAPE_BRACKETED;
	case RS_COND_BULLETED: return k->shape & SHAPE_BULLETED;
	case RS_COND_SPACED: return k->shape & SHAPE_SPACED;
	case RS_COND_TAIL: return k->tails >> c->arg & 1;
	case RS_COND_OTHER_LEVEL: return k->other <= c->arg;
	case RS_COND_DECLASSIFIED: return d && (m->out->tags & TAG_BIT(TAG_DECLASSIFIED));
	case RS_COND_LEVELS: return d && count_levels(m->r, d, k->mark) >= c->arg;
	case RS_COND_OWN_ROW: return k->row != 0;
	case RS_COND_REPEATS: return d && k->times >= c->arg;
	case RS_COND_MAX: break;
	}
	return false;
}

/* The sum of early conditions (`d` NULL) or of late ones. */
static int weigh(const struct match *m, const struct doc *d, const struct cand *k)
{
	const struct rs_rule *u = &m->r->rules[k->rule];
	int sum = 0;

	for (unsigned run = 0; run < ARRAY_SIZE(u->conds); run++)
		for (uint32_t i = 0; i < u->conds[run].n; i++) {
			const struct rs_cond *c = &m->r->conds[u->conds[run].off + i];

			if (is_late(m->r, c) == (d != NULL) && holds(m, d, c, k))
				sum += c->score;
		}
	return sum;
}

int evidence_local(const struct match *m, const struct cand *k)
{
	return m->r->rules[k->rule].score + weigh(m, NULL, k);
}

static bool need_holds(const struct match *m, const struct doc *d, const struct cand *k)
{
	const struct rs_rule *u = &m->r->rules[k->rule];

	for (uint32_t i = 0; i < u->need.n; i++)
		if (holds(m, d, &m->r->conds[u->need.off + i], k))
			return true;
	return u->need.n == 0;
}

static bool is_off(const struct doc *d, uint64_t star)
{
	for (uint32_t i = 0; star && i < d->n_off; i++)
		if (d->off[i] == star)
			return true;
	return false;
}

/* Somebody who knows better speaks of the same label: a table before the label's name. */
static bool is_outranked(const struct match *m, const struct doc *d, const struct cand *k)
{
	const struct rs_rule *u = &m->r->rules[k->rule];

	for (uint32_t i = 0; k->star && i < d->n_settled; i++)
		if (d->settled[i].star == k->star &&
			m->r->rules[d->settled[i].rule].precedence > u->precedence)
			return true;
	return false;
}

static bool is_plain(const struct doc *d)
{
	return (uint64_t)d->stats.letters_non_ascii * 100 <
		(uint64_t)d->stats.letters * FOLDED_PERCENT;
}

static void copy_text(char *ret, size_t size, struct view v)
{
	size_t n = MIN(v.n, size - 1);

	memcpy(ret, v.p, n);
	ret[n] = 0;
}

static void add_evidence(struct match *m, const struct doc *d, const struct cand *k, int score)
{
	const struct ruleset *r = m->r;
	const struct rs_rule *u = &r->rules[k->rule];
	struct evidence e = {
		.level = (enum level)r->marks[k->mark].level,
		.place = k->place,
		.page = k->page,
		.score = score,
	};

	copy_text(e.rule, sizeof(e.rule), ruleset_str(r, u->name));
	copy_text(e.pack, sizeof(e.pack), ruleset_str(r, r->packs[u->pack].name));
	memcpy(e.member, d->member, sizeof(e.member));
	memcpy(e.snippet, k->snippet, sizeof(e.snippet));
	facts_add_evidence(m->out, &e);
}

/* Another candidate says the same of the same place, and louder: one line of evidence is enough. */
static bool is_echo(const struct doc *d, uint32_t i)
{
	const struct cand *k = &d->settled[i];

	for (uint32_t j = 0; j < d->n_settled; j++) {
		const struct cand *s = &d->settled[j];

		if (j != i && s->mark == k->mark && s->place == k->place &&
			(s->score > k->score || (s->score == k->score && j < i)))
			return true;
	}
	return false;
}

static void conclude(struct match *m, struct doc *d, uint32_t i)
{
	const struct cand *k = &d->settled[i];
	const struct rs_rule *u = &m->r->rules[k->rule];
	const struct rs_mark *mark = &m->r->marks[k->mark];
	bool label = u->as == RS_AS_LABEL;

	if (k->score < u->suspect_at)
		return;
	if (mark->tag != RS_NO_TAG) {
		if (k->score < u->level_at)
			return;
		m->out->tags |= TAG_BIT(mark->tag);
	} else if (k->score < u->level_at) {
		if (mark->level != LEVEL_NONE && !is_echo(d, i)) {
			m->suspected = MAX(m->suspected, (enum level)mark->level);
			add_evidence(m, d, k, k->score);
		}
		return;
	} else {
		*(label ? &m->labels : &m->markings) |= UINT64_C(1) << mark->level;
		m->out->level = MAX(m->out->level, (enum level)mark->level);
		if (mark->level == LEVEL_NONE)
			return;
	}
	if (!is_echo(d, i))
		add_evidence(m, d, k, k->score);
}

/* A label that says "none" is evidence only against a marking. */
static void add_denials(struct match *m, struct doc *d)
{
	for (uint32_t i = 0; i < d->n_settled; i++) {
		const struct cand *k = &d->settled[i];
		const struct rs_rule *u = &m->r->rules[k->rule];
		const struct rs_mark *mark = &m->r->marks[k->mark];

		if (u->as == RS_AS_LABEL && mark->tag == RS_NO_TAG && mark->level == LEVEL_NONE &&
			k->score >= u->level_at && !is_echo(d, i))
			add_evidence(m, d, k, k->score);
	}
}

static int highest(uint64_t levels)
{
	return 63 - __builtin_clzll(levels);
}

/* Late conditions; then tags before levels, because GIẢI MẬT weighs on them. */
void evidence_finish(struct match *m, struct doc *d)
{
	uint32_t tags = m->out->tags;
	bool plain = is_plain(d);
	uint32_t n = 0;

	window_settle(m, d, NO_BLOCK);
	m->labels = m->markings = 0;
	m->out->tags &= ~TAG_BIT(TAG_DECLASSIFIED);
	for (uint32_t i = 0; i < d->n_settled; i++) {
		struct cand *k = &d->settled[i];

		if (is_off(d, k->star)) {
			m->out->tags |= TAG_BIT(TAG_LABEL_REMOVED);
			continue;
		}
		if ((k->folded && !plain) || (k->bare && plain) || !need_holds(m, d, k))
			continue;
		if (n != i)
			d->settled[n] = *k;
		n++;
	}
	d->n_settled = n;
	n = 0;
	for (uint32_t i = 0; i < d->n_settled; i++) {
		if (is_outranked(m, d, &d->settled[i]))
			continue;
		if (n != i)
			d->settled[n] = d->settled[i];
		n++;
	}
	d->n_settled = n;
	for (int levels = 0; levels <= 1; levels++)
		for (uint32_t i = 0; i < n; i++) {
			struct cand *k = &d->settled[i];

			if ((m->r->marks[k->mark].tag == RS_NO_TAG) == levels)
				k->score += weigh(m, d, k);
			else
				continue;
			if (!levels)
				conclude(m, d, i);
		}
	for (uint32_t i = 0; i < n; i++)
		if (m->r->marks[d->settled[i].mark].tag == RS_NO_TAG)
			conclude(m, d, i);
	if (m->labels && m->markings && highest(m->labels) != highest(m->markings)) {
		m->out->tags |= TAG_BIT(TAG_LABEL_CONFLICT);
		add_denials(m, d);
	}
	m->out->tags |= tags;
}
