/* SPDX-License-Identifier: Apache-2.0 */
/* An intrusive doubly linked list. An entry is in at most one list per node. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_append(struct list *l, struct list *e)
{
	e->prev = l->prev;
	e->next = l;
	l->prev->next = e;
	l->prev = e;
}

static inline void list_prepend(struct list *l, struct list *e)
{
	list_append(l->next, e);
}

/* Safe on a node that list_init() made and that is in no list. */
static inline void list_remove(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	list_init(e);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first(l, type, member)   list_entry((l)->next, type, member)

#define list_for_each(pos, l) for (struct list *pos = (l)->next; pos != (l); pos = pos->next)
#define list_for_each_safe(pos, tmp, l) \
	for (struct list *pos = (l)->next, *tmp = pos->next; pos != (l); pos = tmp, tmp = pos->next)
