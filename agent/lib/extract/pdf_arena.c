/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_arena.h"

#include <string.h>

#define BLOCK_MIN ((size_t)32 << 10)

struct pdf_arena_block {
	struct pdf_arena_block *before;
	size_t n, cap;
	_Alignas(16) uint8_t bytes[];
};

void pdf_arena_done(struct pdf_arena *a)
{
	pdf_arena_release(a, (struct pdf_arena_mark){0});
}

static struct pdf_arena_block *block_new(struct pdf_arena *a, size_t n)
{
	size_t usual = MIN(BLOCK_MIN + a->used / 4, (size_t)4 << 20);
	size_t cap = MAX(n, usual);

	if (n > a->limit || a->used > a->limit - n)
		return NULL;

	struct pdf_arena_block *b = malloc(sizeof(*b) + cap);
	if (!b)
		return NULL;

	b->before = a->last;
	b->n = 0;
	b->cap = cap;
	a->last = b;
	a->used += cap;
	return b;
}

void *pdf_arena_alloc(struct pdf_arena *a, size_t n)
{
	struct pdf_arena_block *b = a->last;

	if (n > a->limit)
		return NULL;
	n = (n + 15) & ~(size_t)15;
	if (!b || n > b->cap - b->n) {
		b = block_new(a, n);
		if (!b)
			return NULL;
	}

	void *p = b->bytes + b->n;
	b->n += n;
	return memset(p, 0, n);
}

struct pdf_arena_mark pdf_arena_mark(const struct pdf_arena *a)
{
	return (struct pdf_arena_mark){a->last, a->last ? a->last->n : 0};
}

void pdf_arena_release(struct pdf_arena *a, struct pdf_arena_mark mark)
{
	while (a->last != mark.block) {
		struct pdf_arena_block *b = a->last;
		a->last = b->before;
		a->used -= b->cap;
		free(b);
	}
	if (a->last)
		a->last->n = mark.n;
}
