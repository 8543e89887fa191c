/* SPDX-License-Identifier: Apache-2.0 */
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096U

int pendings_init(struct pendings *p)
{
	*p = (struct pendings){.key = hash_key_new()};
	list_init(&p->urgent);
	list_init(&p->crawl);
	list_init(&p->waiting);
	p->buckets = calloc(BUCKETS, sizeof(*p->buckets));
	return p->buckets ? 0 : -ENOMEM;
}

void pendings_done(struct pendings *p)
{
	struct list *lists[] = {&p->urgent, &p->crawl, &p->waiting};

	for (size_t i = 0; i < ARRAY_SIZE(lists) && p->buckets; i++)
		list_for_each_safe(n, tmp, lists[i])
			free(list_entry(n, struct pending, node));
	free(p->buckets);
	p->buckets = NULL;
}

static struct pending **bucket(const struct pendings *p, uint32_t root, const char *path)
{
	return &p->buckets[(hash_bytes(p->key, view_str(path)) ^ hash_u64(root)) % BUCKETS];
}

static struct pending *find(const struct pendings *p, uint32_t root, const char *path)
{
	struct pending *e = *bucket(p, root, path);

	while (e && (e->root != root || strcmp(e->path, path) != 0))
		e = e->next;
	return e;
}

static void count(struct pendings *p, const struct pending *e, size_t by)
{
	if (e->found == FOUND_CRAWL)
		p->n_crawl += by;
	else
		p->n_urgent += by;
}

static void put_in(struct pendings *p, struct pending *e)
{
	struct pending **b = bucket(p, e->root, e->path);

	e->next = *b;
	*b = e;
	count(p, e, 1);
}

static void take_out(struct pendings *p, struct pending *e)
{
	struct pending **at = bucket(p, e->root, e->path);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->next = NULL;
	list_remove(&e->node);
	count(p, e, (size_t)-1);
}

int pendings_add(struct pendings *p, uint32_t root, const char *path, enum found found)
{
	struct pending *e = find(p, root, path);
	size_t n = strlen(path);

	if (e) {
		if (found <= e->found)
			return 0;
		/* More is known now: it moves up. */
		count(p, e, (size_t)-1);
		e->found = found;
		count(p, e, 1);
		if (e->due == 0) {
			list_remove(&e->node);
			list_append(&p->urgent, &e->node);
		}
		return 0;
	}
	if (found != FOUND_CRAWL && p->n_urgent >= PENDING_URGENT_MAX)
		return -ENOBUFS;
	e = calloc(1, sizeof(*e) + n + 1);
	if (!e)
		return -ENOMEM;
	memcpy(e->path, path, n);
	e->root = root;
	e->found = found;
	list_init(&e->node);
	put_in(p, e);
	list_append(found == FOUND_CRAWL ? &p->crawl : &p->urgent, &e->node);
	return 0;
}

bool pendings_crawl_full(const struct pendings *p)
{
	return p->n_crawl >= PENDING_CRAWL_MAX;
}

struct pending *pendings_take(struct pendings *p, uint64_t now)
{
	struct pending *e = NULL;

	if (!list_is_empty(&p->waiting)) {
		e = list_first(&p->waiting, struct pending, node);
		if (e->due > now)
			e = NULL;
	}
	if (!e && !list_is_empty(&p->urgent))
		e = list_first(&p->urgent, struct pending, node);
	if (!e && !list_is_empty(&p->crawl))
		e = list_first(&p->crawl, struct pending, node);
	if (e)
		take_out(p, e);
	return e;
}

void pending_free(struct pending *e)
{
	free(e);
}

void pendings_again(struct pendings *p, struct pending *e, uint64_t due)
{
	struct list *after = p->waiting.prev;

	if (find(p, e->root, e->path)) {
		free(e);
		return;
	}
	e->due = due;
	e->tries++;
	put_in(p, e);
	/* Nearly always the last: delays are of one length. */
	while (after != &p->waiting && list_entry(after, struct pending, node)->due > due)
		after = after->prev;
	list_prepend(after, &e->node);
}

uint64_t pendings_next(const struct pendings *p)
{
	if (!list_is_empty(&p->urgent) || !list_is_empty(&p->crawl))
		return 0;
	if (list_is_empty(&p->waiting))
		return UINT64_MAX;
	return list_first(&p->waiting, struct pending, node)->due;
}
