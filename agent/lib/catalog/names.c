/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/canon.h"

void names_init(struct names *n)
{
	*n = (struct names){.key = hash_key_new(), .text = BUF_INIT(NAMES_BYTES_MAX)};
}

void names_done(struct names *n)
{
	free(n->v);
	free(n->buckets);
	buf_done(&n->text);
	*n = (struct names){0};
}

static uint32_t bucket_of(const struct names *n, struct view text)
{
	return (uint32_t)hash_bytes(n->key, text) & (n->n_buckets - 1);
}

struct view names_text(const struct names *n, uint32_t i)
{
	return i < n->n ? view_of(n->text.p + n->v[i].at, n->v[i].n) : VIEW_EMPTY;
}

uint32_t names_find(const struct names *n, struct view text)
{
	uint32_t i = n->n_buckets ? n->buckets[bucket_of(n, text)] : NAMES_NONE;

	while (i != NAMES_NONE && !view_eq(names_text(n, i), text))
		i = n->v[i].next;
	return i;
}

static int grow(struct names *n)
{
	uint32_t cap = n->cap ? n->cap * 2 : 1024, *buckets;
	struct name *v;

	if (cap < n->cap || cap == NAMES_NONE)
		return -E2BIG;
	v = reallocarray(n->v, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	n->v = v;
	n->cap = cap;
	buckets = reallocarray(NULL, cap, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	memset(buckets, 0xff, cap * sizeof(*buckets));
	free(n->buckets);
	n->buckets = buckets;
	n->n_buckets = cap;
	for (uint32_t i = 0; i < n->n; i++) {
		uint32_t b = bucket_of(n, names_text(n, i));

		v[i].next = buckets[b];
		buckets[b] = i;
	}
	return 0;
}

int names_fold(struct view text, struct buf *ret)
{
	cleanup_with(buf_done) struct buf canonical = BUF_INIT(8 * NAMES_TEXT_MAX);
	int r = canon_text(text, &canonical, NULL);

	/* The beginning of a very long one is searched. */
	if (r == 0 || r == -E2BIG)
		r = canon_strip(buf_view(&canonical), ret);
	return r;
}

static bool is_folded(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x7f || v.p[i] <= 0x20 || (v.p[i] >= 'A' && v.p[i] <= 'Z'))
			return false;
	return true;
}

static int add_folded(struct names *n, struct name *name, struct view text)
{
	cleanup_with(buf_done) struct buf folded = BUF_INIT(0);
	int r;

	name->folded = name->at;
	name->fn = name->n;
	if (is_folded(text))
		return 0;
	r = names_fold(text, &folded);
	name->folded = (uint32_t)n->text.n;
	name->fn = (uint32_t)folded.n;
	return r < 0 ? r : buf_put_view(&n->text, buf_view(&folded));
}

int names_add(struct names *n, const char *s, bool searched, uint32_t *ret)
{
	struct view text = view_of(s, strnlen(s, NAMES_TEXT_MAX));
	uint32_t i = names_find(n, text), b;
	struct name name = {.n = (uint32_t)text.n, .user = NAMES_NONE};
	int r = 0;

	if (i != NAMES_NONE) {
		*ret = i;
		return 0;
	}
	if (n->n >= n->cap)
		r = grow(n);
	name.at = (uint32_t)n->text.n;
	if (r == 0)
		r = buf_put_view(&n->text, text);
	if (r == 0 && searched)
		r = add_folded(n, &name, text);
	if (r < 0)
		return r;
	b = bucket_of(n, text);
	name.next = n->buckets[b];
	n->v[n->n] = name;
	n->buckets[b] = n->n;
	*ret = n->n++;
	return 0;
}

void names_search(const struct names *n, struct view folded, uint64_t *bits)
{
	for (uint32_t i = 0; i < n->n; i++)
		if (n->v[i].fn >= folded.n &&
			memmem(n->text.p + n->v[i].folded, n->v[i].fn, folded.p, folded.n))
			bits[i / 64] |= UINT64_C(1) << i % 64;
}
