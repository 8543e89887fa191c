/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS (1U << 16)

int tree_init(struct tree *t)
{
	*t = (struct tree){.key = hash_key_new()};
	t->by_name = calloc(BUCKETS, sizeof(*t->by_name));
	t->by_watch = calloc(BUCKETS, sizeof(*t->by_watch));
	t->by_key = calloc(BUCKETS, sizeof(*t->by_key));
	if (!t->by_name || !t->by_watch || !t->by_key) {
		tree_done(t);
		return -ENOMEM;
	}
	return 0;
}

void tree_done(struct tree *t)
{
	free(t->by_name);
	free(t->by_watch);
	free(t->by_key);
	t->by_name = t->by_watch = t->by_key = NULL;
}

static struct dir **name_bucket(const struct tree *t, const struct dir *parent, const char *name)
{
	uint64_t h = hash_bytes(t->key, view_str(name)) ^ hash_u64((uintptr_t)parent);

	return &t->by_name[h % BUCKETS];
}

static struct dir **watch_bucket(const struct tree *t, int watch)
{
	return &t->by_watch[hash_u64((uint64_t)watch) % BUCKETS];
}

struct dir *tree_by_key(const struct tree *t, uint64_t key)
{
	struct dir *d = t->by_key[key % BUCKETS];

	while (d && d->key != key)
		d = d->next_by_key;
	return d;
}

static void unlink_key(struct tree *t, struct dir *d)
{
	struct dir **at = &t->by_key[d->key % BUCKETS];

	while (*at != d)
		at = &(*at)->next_by_key;
	*at = d->next_by_key;
	d->next_by_key = NULL;
	d->key = 0;
	t->n_watched--;
}

void tree_set_key(struct tree *t, struct dir *d, uint64_t key)
{
	struct dir *other, **bucket;

	if (d->key == key)
		return;
	if (d->key)
		unlink_key(t, d);
	if (!key)
		return;
	other = tree_by_key(t, key);
	if (other)
		unlink_key(t, other);
	bucket = &t->by_key[key % BUCKETS];
	d->key = key;
	d->next_by_key = *bucket;
	*bucket = d;
	t->n_watched++;
}

struct dir *tree_child(const struct tree *t, const struct dir *parent, const char *name)
{
	struct dir *d = *name_bucket(t, parent, name);

	while (d && (d->parent != parent || strcmp(d->name, name) != 0))
		d = d->next_by_name;
	return d;
}

struct dir *tree_by_watch(const struct tree *t, int watch)
{
	struct dir *d = *watch_bucket(t, watch);

	while (d && d->watch != watch)
		d = d->next_by_watch;
	return d;
}

int tree_add(struct tree *t, struct dir *parent, uint32_t root, const char *name, struct dir **ret)
{
	size_t n = strlen(name);
	struct dir *d = parent ? tree_child(t, parent, name) : NULL;
	struct dir **bucket;

	if (d) {
		*ret = d;
		return 0;
	}
	if (t->n >= TREE_NODES_MAX || (parent && parent->depth + 1 > TREE_DEPTH_MAX))
		return -E2BIG;
	d = calloc(1, sizeof(*d) + n + 1);
	if (!d)
		return -ENOMEM;
	memcpy(d->name, name, n);
	list_init(&d->children);
	list_init(&d->sibling);
	list_init(&d->queue);
	d->parent = parent;
	d->root = root;
	d->watch = -1;
	if (parent) {
		d->depth = parent->depth + 1;
		list_append(&parent->children, &d->sibling);
	}
	bucket = name_bucket(t, parent, d->name);
	d->next_by_name = *bucket;
	*bucket = d;
	t->n++;
	*ret = d;
	return 0;
}

static void unlink_watch(struct tree *t, struct dir *d)
{
	struct dir **at = watch_bucket(t, d->watch);

	while (*at != d)
		at = &(*at)->next_by_watch;
	*at = d->next_by_watch;
	d->next_by_watch = NULL;
	d->watch = -1;
	t->n_watched--;
}

void tree_set_watch(struct tree *t, struct dir *d, int watch)
{
	struct dir *other, **bucket;

	if (d->watch == watch)
		return;
	if (d->watch >= 0)
		unlink_watch(t, d);
	if (watch < 0)
		return;
	other = tree_by_watch(t, watch);
	if (other)
		unlink_watch(t, other);
	bucket = watch_bucket(t, watch);
	d->watch = watch;
	d->next_by_watch = *bucket;
	*bucket = d;
	t->n_watched++;
}

static void remove_one(
	struct tree *t, struct dir *d, void (*unwatch)(void *userdata, int watch), void *userdata)
{
	struct dir **at = name_bucket(t, d->parent, d->name);

	if (d->watch >= 0) {
		int watch = d->watch;

		unlink_watch(t, d);
		unwatch(userdata, watch);
	}
	if (d->key)
		unlink_key(t, d);
	while (*at != d)
		at = &(*at)->next_by_name;
	*at = d->next_by_name;
	list_remove(&d->sibling);
	list_remove(&d->queue);
	t->n--;
	free(d);
}

void tree_remove(
	struct tree *t, struct dir *d, void (*unwatch)(void *userdata, int watch), void *userdata)
{
	struct dir *at = d;

	/* Leaves first, without recursion. */
	for (;;) {
		struct dir *up = at->parent;

		if (!list_is_empty(&at->children)) {
			at = list_first(&at->children, struct dir, sibling);
			continue;
		}
		if (at == d)
			break;
		remove_one(t, at, unwatch, userdata);
		at = up;
	}
	remove_one(t, d, unwatch, userdata);
}

int tree_path(const struct dir *d, const char *name, struct buf *ret)
{
	const struct dir *up[TREE_DEPTH_MAX + 1];
	size_t n = 0, start = ret->n;
	int r = 0;

	for (; d->parent; d = d->parent)
		up[n++] = d;
	while (n > 0 && r == 0) {
		if (ret->n > start)
			r = buf_put_byte(ret, '/');
		if (r == 0)
			r = buf_put_str(ret, up[--n]->name);
	}
	if (r == 0 && name && ret->n > start)
		r = buf_put_byte(ret, '/');
	if (r == 0 && name)
		r = buf_put_str(ret, name);
	if (r == 0 && ret->n == start)
		r = buf_put_byte(ret, '.');
	if (r == 0 && ret->n - start >= TREE_PATH_MAX)
		r = -E2BIG;
	return r < 0 ? r : buf_terminate(ret);
}
