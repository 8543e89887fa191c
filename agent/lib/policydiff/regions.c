/* SPDX-License-Identifier: Apache-2.0 */
/* The changes that were found, as few and as whole as can be, and in the order of their weight. */
#include <stdlib.h>
#include <string.h>

#include "policydiff/internal.h"

static bool same_answers(const struct policydiff_change *a, const struct policydiff_change *b)
{
	return memcmp(&a->before, &b->before, sizeof(a->before)) == 0 &&
		memcmp(&a->after, &b->after, sizeof(a->after)) == 0 &&
		a->absent[0] == b->absent[0] && a->absent[1] == b->absent[1];
}

/* The one dimension in which two regions with the same answers differ, or POLICYDIFF_DIM_MAX. */
static unsigned one_apart(const struct policydiff *d, const struct policydiff_change *a,
	const struct policydiff_change *b)
{
	unsigned found = POLICYDIFF_DIM_MAX;

	if (!same_answers(a, b))
		return POLICYDIFF_DIM_MAX;
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++) {
		if (memcmp(a->in[dim].values, b->in[dim].values,
			    set_words(d, dim) * sizeof(uint64_t)) == 0)
			continue;
		if (found != POLICYDIFF_DIM_MAX)
			return POLICYDIFF_DIM_MAX;
		found = dim;
	}
	return found;
}

static void unite(struct policydiff *d, struct change *a, const struct change *b, unsigned dim)
{
	uint64_t *set = a->sets + (a->public.in[dim].values - a->sets);
	bool all = true;

	for (size_t i = 0; i < set_words(d, dim); i++)
		set[i] |= b->public.in[dim].values[i];
	for (size_t v = 0; v < d->dims[dim].n; v++)
		all &= bit(set, v);
	a->public.in[dim].any = all;
}

/* The diagram's order of dimensions cuts regions that are whole in another. */
static void unite_regions(struct policydiff *d)
{
	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < d->n_changes; i++)
			for (size_t k = i + 1; k < d->n_changes; k++) {
				struct change *a = &d->changes[i], *b = &d->changes[k];
				unsigned dim = one_apart(d, &a->public, &b->public);

				if (dim == POLICYDIFF_DIM_MAX)
					continue;
				unite(d, a, b, dim);
				free(b->sets);
				d->n_changes--;
				memmove(b, b + 1, (d->n_changes - k) * sizeof(*b));
				again = true;
				k--;
			}
	}
}

static unsigned highest_level(const struct policydiff_change *c)
{
	unsigned highest = 0;

	for (unsigned level = 0; level < LEVEL_MAX; level++)
		if (bit(c->in[POLICYDIFF_LEVEL].values, level))
			highest = level;
	return highest;
}

/* What is protected less comes first, then by what is at stake. */
static int compare_changes(const void *a, const void *b)
{
	const struct policydiff_change *x = &((const struct change *)a)->public;
	const struct policydiff_change *y = &((const struct change *)b)->public;
	bool x_less = x->after.action < x->before.action;
	bool y_less = y->after.action < y->before.action;

	if (x_less != y_less)
		return x_less ? -1 : 1;
	if (highest_level(x) != highest_level(y))
		return highest_level(x) > highest_level(y) ? -1 : 1;
	return x->after.action != y->after.action ? (x->after.action > y->after.action ? -1 : 1)
						  : 0;
}

void regions_unite(struct policydiff *d)
{
	unite_regions(d);
	if (d->n_changes > 1)
		qsort(d->changes, d->n_changes, sizeof(*d->changes), compare_changes);
}
