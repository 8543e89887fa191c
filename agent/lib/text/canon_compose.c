/* SPDX-License-Identifier: Apache-2.0 */
#include "text/canon_compose.h"

#include "base/macros.h"
#include "text/canon_table.h"

enum {
	HANGUL_S = 0xac00,
	HANGUL_L = 0x1100,
	HANGUL_V = 0x1161,
	HANGUL_T = 0x11a7,
	HANGUL_N_L = 19,
	HANGUL_N_V = 21,
	HANGUL_N_T = 28,
};

static uint32_t hangul_pair(uint32_t a, uint32_t b)
{
	uint32_t s = a - HANGUL_S;

	if (a - HANGUL_L < HANGUL_N_L && b - HANGUL_V < HANGUL_N_V)
		return HANGUL_S + ((a - HANGUL_L) * HANGUL_N_V + (b - HANGUL_V)) * HANGUL_N_T;
	if (s < HANGUL_N_L * HANGUL_N_V * HANGUL_N_T && s % HANGUL_N_T == 0 && b > HANGUL_T &&
		b < HANGUL_T + HANGUL_N_T)
		return a + (b - HANGUL_T);
	return 0;
}

uint32_t canon_pair(uint32_t letter, uint32_t mark)
{
	const uint64_t want = letter | (uint64_t)mark << 21;
	const uint64_t low = (UINT64_C(1) << 42) - 1;
	uint32_t h = (letter * 0x9e3779b1U + mark * 0x85ebca6bU) >> (32 - CANON_PAIR_BITS);

	while (canon_pairs[h] != 0) {
		if ((canon_pairs[h] & low) == want)
			return (uint32_t)(canon_pairs[h] >> 42);
		h = (h + 1) & ((1U << CANON_PAIR_BITS) - 1);
	}
	return hangul_pair(letter, mark);
}

static const struct canon_decomp *find_decomp(uint32_t cp)
{
	size_t lo = 0, hi = canon_n_decomps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (canon_decomps[mid].cp == cp)
			return &canon_decomps[mid];
		if (canon_decomps[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void canon_cluster_add(struct canon_cluster *c, uint32_t cp)
{
	const struct canon_decomp *d = cp < 0x80 ? NULL : find_decomp(cp);

	if (!d) {
		if (c->n < ARRAY_SIZE(c->cp))
			c->cp[c->n++] = cp;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(d->to) && d->to[i] != 0; i++)
		if (c->n < ARRAY_SIZE(c->cp))
			c->cp[c->n++] = d->to[i];
}

/* Stable insertion sort by combining class; code points of class 0 stay where they are. */
static void reorder(struct canon_cluster *c, uint8_t *ccc)
{
	for (size_t i = 1; i < c->n; i++) {
		uint32_t cp = c->cp[i];
		uint8_t k = ccc[i];
		size_t j = i;

		if (k == 0)
			continue;
		for (; j > 0 && ccc[j - 1] > k; j--) {
			c->cp[j] = c->cp[j - 1];
			ccc[j] = ccc[j - 1];
		}
		c->cp[j] = cp;
		ccc[j] = k;
	}
}

void canon_cluster_compose(struct canon_cluster *c)
{
	uint8_t ccc[ARRAY_SIZE(c->cp)];
	size_t starter = SIZE_MAX, out = 0;
	unsigned last = 256; /* class of the last mark that stayed; 256 where there is none */

	for (size_t i = 0; i < c->n; i++)
		ccc[i] = (uint8_t)canon_class(c->cp[i]);
	reorder(c, ccc);
	for (size_t i = 0; i < c->n; i++) {
		uint32_t both = 0;

		if (starter != SIZE_MAX && (last == 256 || last < ccc[i]))
			both = canon_pair(c->cp[starter], c->cp[i]);
		if (both) {
			c->cp[starter] = both;
			continue;
		}
		if (ccc[i] == 0) {
			starter = out;
			last = 256;
		} else {
			last = ccc[i];
		}
		c->cp[out++] = c->cp[i];
	}
	c->n = out;
}
