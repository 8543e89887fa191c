/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/tally.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/action.h"

struct tally {
	void *tree; /* of entries, by key */
	struct tally_entry **v;
	size_t n, cap;
};

static int by_key(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;

	return strcmp(x->key, y->key);
}

int tally_new(struct tally **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void forget(void *node)
{
	(void)node; /* the entries are in `v` too */
}

struct tally *tally_free(struct tally *t)
{
	if (!t)
		return NULL;
	tdestroy(t->tree, forget);
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i]->key);
		free(t->v[i]);
	}
	free(t->v);
	free(t);
	return NULL;
}

void tally_freep(struct tally **t)
{
	*t = tally_free(*t);
}

static int make(struct tally *t, const char *key, struct tally_entry **ret)
{
	struct tally_entry *e;

	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct tally_entry **v = reallocarray(t->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->key = strdup(key);
	if (!e->key || !tsearch(e, &t->tree, by_key)) {
		free(e->key);
		free(e);
		return -ENOMEM;
	}
	t->v[t->n++] = e;
	*ret = e;
	return 0;
}

static int find(struct tally *t, const char *key, struct tally_entry **ret)
{
	struct tally_entry wanted = {.key = (char *)key};
	void *node = tfind(&wanted, &t->tree, by_key);

	if (!node && t->n >= TALLY_KEYS_MAX && strcmp(key, "...") != 0)
		return find(t, "...", ret);
	if (!node)
		return make(t, key, ret);
	*ret = *(struct tally_entry **)node;
	return 0;
}

static bool is_refused(const struct incident *i)
{
	enum action a;

	return action_parse(i->action, &a) == 0 && action_refuses(a);
}

int tally_add(struct tally *t, const char *key, const struct incident *i)
{
	const char *last = *i->last ? i->last : i->time;
	struct tally_entry *e;
	int r = find(t, key, &e);

	if (r < 0)
		return r;
	e->n++;
	e->refused += is_refused(i);
	e->retries += i->retries;
	e->false_positive += strcmp(i->status, "false-positive") == 0;
	e->judged += strcmp(i->status, "new") != 0 && strcmp(i->status, "in-progress") != 0;
	if (!e->first[0] || strcmp(i->time, e->first) < 0)
		snprintf(e->first, sizeof(e->first), "%s", i->time);
	if (strcmp(last, e->last) >= 0) {
		snprintf(e->last, sizeof(e->last), "%s", last);
		snprintf(e->id, sizeof(e->id), "%s", i->id);
	}
	return 0;
}

size_t tally_count(const struct tally *t)
{
	return t->n;
}

static int more_first(const void *a, const void *b)
{
	const struct tally_entry *const *x = a, *const *y = b;

	if ((*x)->n != (*y)->n)
		return (*x)->n < (*y)->n ? 1 : -1;
	return strcmp((*x)->key, (*y)->key);
}

static int key_first(const void *a, const void *b)
{
	const struct tally_entry *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

void tally_sort(struct tally *t, bool keys)
{
	if (t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), keys ? key_first : more_first);
}

const struct tally_entry *tally_at(const struct tally *t, size_t n)
{
	return t->v[n];
}
