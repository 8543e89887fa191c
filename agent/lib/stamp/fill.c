/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/fill.h"

#include <errno.h>
#include <stdlib.h>

#define NEIGHBOURS_MIN 2 /* that are known, of eight */

struct pixels {
	size_t w, h;
	uint8_t *value; /* with a border of a pixel */
	uint8_t *known; /* the same; the border is not */
};

static size_t at(const struct pixels *p, size_t x, size_t y)
{
	return (y + 1) * (p->w + 2) + x + 1;
}

static void load(struct pixels *p, PIX *pix, PIX *mask)
{
	for (size_t y = 0; y < p->h; y++) {
		const l_uint32 *from = pixGetData(pix) + y * (size_t)pixGetWpl(pix);
		const l_uint32 *hidden = pixGetData(mask) + y * (size_t)pixGetWpl(mask);

		for (size_t x = 0; x < p->w; x++) {
			p->value[at(p, x, y)] = (uint8_t)GET_DATA_BYTE(from, x);
			p->known[at(p, x, y)] = !GET_DATA_BIT(hidden, x);
		}
	}
}

static void store(const struct pixels *p, PIX *pix)
{
	for (size_t y = 0; y < p->h; y++) {
		l_uint32 *to = pixGetData(pix) + y * (size_t)pixGetWpl(pix);

		for (size_t x = 0; x < p->w; x++)
			SET_DATA_BYTE(to, x,
				p->known[at(p, x, y)] ? p->value[at(p, x, y)] : (uint8_t)255);
	}
}

/* The pixels of `list` that have known neighbours get their mean; returns how many are left. */
static size_t pass(struct pixels *p, size_t *list, size_t n)
{
	size_t row = p->w + 2, left = 0, done = 0;
	const size_t around[] = {1, row - 1, row, row + 1};

	/* what became known waits at the end until the pass is over: no direction is preferred */
	for (size_t i = 0; i < n - done;) {
		size_t k = list[i], sum = 0, count = 0;

		for (size_t j = 0; j < ARRAY_SIZE(around); j++) {
			sum += p->known[k - around[j]] ? p->value[k - around[j]] : 0U;
			sum += p->known[k + around[j]] ? p->value[k + around[j]] : 0U;
			count += (size_t)p->known[k - around[j]] + p->known[k + around[j]];
		}
		if (count < NEIGHBOURS_MIN) {
			list[left++] = k;
			i++;
			continue;
		}
		p->value[k] = (uint8_t)(sum / count);
		done++;
		list[i] = list[n - done];
		list[n - done] = k;
	}
	for (size_t i = 0; i < done; i++)
		p->known[list[n - 1 - i]] = 1;
	return left;
}

int fill_hidden(PIX *pix, PIX *mask, unsigned passes)
{
	struct pixels p = {.w = (size_t)pixGetWidth(pix), .h = (size_t)pixGetHeight(pix)};
	size_t all = (p.w + 2) * (p.h + 2), n = 0, *list = calloc(all, sizeof(*list));
	int r = 0;

	p.value = calloc(all, 1);
	p.known = calloc(all, 1);
	if (list && p.value && p.known) {
		load(&p, pix, mask);
		for (size_t y = 0; y < p.h; y++)
			for (size_t x = 0; x < p.w; x++)
				if (!p.known[at(&p, x, y)])
					list[n++] = at(&p, x, y);
		for (unsigned i = 0; i < passes && n > 0; i++)
			n = pass(&p, list, n);
		store(&p, pix);
	} else {
		r = -ENOMEM;
	}
	free(p.value);
	free(p.known);
	free(list);
	return r;
}
