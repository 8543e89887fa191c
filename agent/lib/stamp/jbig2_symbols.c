/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/jbig2_symbols.h"

#include <errno.h>
#include <stdlib.h>

/* Places outside any page; far from where sums overflow. */
#define FAR (1 << 24)

struct jbig2_contexts *jbig2_contexts_new(uint32_t n)
{
	struct jbig2_contexts *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	while (c->id_bits < 31 && (UINT32_C(1) << c->id_bits) < n)
		c->id_bits++;
	c->id = calloc((size_t)1 << c->id_bits, 1);
	if (!c->id)
		jbig2_contexts_free(&c);
	return c;
}

void jbig2_contexts_free(struct jbig2_contexts **c)
{
	if (*c)
		free((*c)->id);
	free(*c);
	*c = NULL;
}

static int32_t value(struct jbig2_arith *d, struct jbig2_contexts *c, unsigned which)
{
	int32_t v;

	(void)jbig2_int(d, c->integer[which], &v);
	return MAX(MIN(v, FAR), -FAR);
}

static bool is_near(int32_t v)
{
	return v > -FAR && v < FAR;
}

/* A symbol that differs a little from `of`. */
static int refined(struct jbig2_arith *d, struct jbig2_contexts *c, struct jbig2_refine how,
	const struct jbig2_bitmap *of, int32_t more_w, int32_t more_h, struct jbig2_budget *budget,
	struct jbig2_bitmap *ret)
{
	int64_t w = (int64_t)of->w + more_w, h = (int64_t)of->h + more_h;
	int r;

	if (w < 0 || h < 0 || w > UINT16_MAX || h > UINT16_MAX)
		return -EBADMSG;
	r = jbig2_bitmap_new(budget, (uint32_t)w, (uint32_t)h, ret);
	if (r == 0)
		jbig2_refine(d, c->refine, &how, of, ret);
	return r;
}

/* One instance at `s` along the line and `t` across it. `*s` moves on over it. */
static void place(const struct jbig2_text *t, const struct jbig2_bitmap *symbol, int32_t *s,
	int32_t at, struct jbig2_bitmap *b)
{
	bool right = t->corner >= 2, bottom = t->corner == 0 || t->corner == 2;
	bool ends = t->transposed ? bottom : right;
	int32_t w = (int32_t)symbol->w, h = (int32_t)symbol->h, along = t->transposed ? h : w;
	int32_t x, y;

	if (ends)
		*s += along - 1;
	x = t->transposed ? at : *s;
	y = t->transposed ? *s : at;
	jbig2_paint(b, symbol, right ? x - w + 1 : x, bottom ? y - h + 1 : y, t->how);
	if (!ends)
		*s += along - 1;
}

static int instance(struct jbig2_arith *d, struct jbig2_contexts *c, const struct jbig2_text *t,
	const struct jbig2_symbols *symbols, struct jbig2_budget *budget, int32_t *s, int32_t at,
	struct jbig2_bitmap *b)
{
	cleanup_with(jbig2_bitmap_done) struct jbig2_bitmap fresh = {0};
	const struct jbig2_bitmap *symbol;
	uint32_t id = jbig2_id(d, c->id, c->id_bits);

	if (id >= symbols->n)
		return -EBADMSG;
	symbol = symbols->v[id];
	if (t->refine && value(d, c, JBIG2_IARI)) {
		struct jbig2_refine how = t->refinement;
		int32_t w = value(d, c, JBIG2_IARDW), h = value(d, c, JBIG2_IARDH);
		int32_t dx = value(d, c, JBIG2_IARDX), dy = value(d, c, JBIG2_IARDY);
		int r;

		/* Half of it to each side, rounded down. */
		how.dx = (w - (w & 1)) / 2 + dx;
		how.dy = (h - (h & 1)) / 2 + dy;
		r = refined(d, c, how, symbol, w, h, budget, &fresh);
		if (r < 0)
			return r;
		symbol = &fresh;
	}
	/* Painting is work, too. */
	if (budget->pixels < (uint64_t)symbol->w * symbol->h)
		return -E2BIG;
	budget->pixels -= (uint64_t)symbol->w * symbol->h;
	place(t, symbol, s, at, b);
	return is_near(*s) ? 0 : -EBADMSG;
}

int jbig2_text(struct jbig2_arith *d, struct jbig2_contexts *c, const struct jbig2_text *t,
	const struct jbig2_symbols *symbols, struct jbig2_budget *budget, struct jbig2_bitmap *b)
{
	int32_t strips = (int32_t)t->strips, first = 0;
	int32_t across = -value(d, c, JBIG2_IADT) * strips;
	uint32_t n = 0;

	while (n < t->instances) {
		int32_t s, more;

		across += value(d, c, JBIG2_IADT) * strips;
		first += value(d, c, JBIG2_IAFS);
		if (!is_near(across) || !is_near(first))
			return -EBADMSG;
		s = first;
		do {
			int32_t at = across + (strips > 1 ? value(d, c, JBIG2_IAIT) : 0);
			int r;

			if (n++ == t->instances)
				return -EBADMSG;
			r = instance(d, c, t, symbols, budget, &s, at, b);
			if (r < 0)
				return r;
			if (!jbig2_int(d, c->integer[JBIG2_IADS], &more))
				break;
			s += MAX(MIN(more, FAR), -FAR) + t->offset;
		} while (is_near(s));
		if (!is_near(s))
			return -EBADMSG;
	}
	return 0;
}

/* A symbol made of others: one that is refined, or several written side by side. */
static int aggregate(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_dictionary *dict, const struct jbig2_symbols *known,
	struct jbig2_budget *budget, struct jbig2_bitmap *b)
{
	struct jbig2_text text = {.refine = true,
		.strips = 1,
		.corner = 1,
		.how = JBIG2_OR,
		.refinement = dict->refinement};
	int32_t n = value(d, c, JBIG2_IAAI);
	struct jbig2_refine how = dict->refinement;
	uint32_t id;

	if (n < 1)
		return -EBADMSG;
	if (n > 1) {
		text.instances = (uint32_t)n;
		return jbig2_text(d, c, &text, known, budget, b);
	}
	id = jbig2_id(d, c->id, c->id_bits);
	if (id >= known->n)
		return -EBADMSG;
	how.dx = value(d, c, JBIG2_IARDX);
	how.dy = value(d, c, JBIG2_IARDY);
	jbig2_refine(d, c->refine, &how, known->v[id], b);
	return 0;
}

/* The symbols of one height. */
static int height_class(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_dictionary *dict, struct jbig2_symbols *known,
	struct jbig2_budget *budget, uint32_t h, struct jbig2_bitmap *fresh, uint32_t *n)
{
	int32_t w = 0, more;

	while (jbig2_int(d, c->integer[JBIG2_IADW], &more)) {
		int r;

		w += MAX(MIN(more, FAR), -FAR);
		if (w < 0 || w > UINT16_MAX || *n == dict->n_new)
			return -EBADMSG;
		r = jbig2_bitmap_new(budget, (uint32_t)w, h, &fresh[*n]);
		if (r < 0)
			return r;
		r = dict->refine ? aggregate(d, c, dict, known, budget, &fresh[*n])
				 : jbig2_generic(d, c->generic, &dict->generic, &fresh[*n]);
		if (r < 0)
			return r;
		known->v[known->n++] = &fresh[(*n)++];
	}
	return 0;
}

static int export(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_symbols *known, uint32_t n_exported, const struct jbig2_bitmap **ret)
{
	uint32_t at = 0, n = 0, empty = 0;
	bool out = false;

	while (at < known->n) {
		int32_t run = value(d, c, JBIG2_IAEX);

		empty = run == 0 ? empty + 1 : 0;
		if (run < 0 || (uint32_t)run > known->n - at || empty > 4)
			return -EBADMSG;
		for (int32_t i = 0; i < run; i++, at++)
			if (out) {
				if (n == n_exported)
					return -EBADMSG;
				ret[n++] = known->v[at];
			}
		out = !out;
	}
	return n == n_exported ? 0 : -EBADMSG;
}

int jbig2_dictionary(struct jbig2_arith *d, struct jbig2_contexts *c,
	const struct jbig2_dictionary *dict, struct jbig2_symbols *known,
	struct jbig2_budget *budget, struct jbig2_bitmap *fresh,
	const struct jbig2_bitmap **ret_exported)
{
	uint32_t n = 0;
	int32_t h = 0;
	int r;

	while (n < dict->n_new) {
		/* Even a height without symbols is work. */
		if (budget->pixels == 0)
			return -E2BIG;
		budget->pixels--;
		h += value(d, c, JBIG2_IADH);
		if (h < 0 || h > UINT16_MAX)
			return -EBADMSG;
		r = height_class(d, c, dict, known, budget, (uint32_t)h, fresh, &n);
		if (r < 0)
			return r;
	}
	return export(d, c, known, dict->n_exported, ret_exported);
}
