/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories that are watched, as a tree of names with the inotify watch of each. Owns the
 * nodes; makes no system call. A node is found by (parent, name) and by its watch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/macros.h"

#define TREE_DEPTH_MAX 1024U    /* directories below a root */
#define TREE_NODES_MAX 2000000U /* directories */
#define TREE_PATH_MAX  4096U    /* bytes of a path below a root */

struct dir {
	struct dir *parent; /* NULL: a root */
	struct list children, sibling;
	struct list queue;                        /* in the crawler's queue, or alone */
	struct dir *next_by_name, *next_by_watch; /* hash chains */
	struct dir *next_by_key;
	uint64_t key;  /* by which events of its whole file system name it, or 0 */
	int watch;     /* inotify watch, or -1 */
	uint32_t root; /* index of its root */
	uint32_t depth;
	uint32_t crawl; /* number of the last crawl that saw it */
	bool urgent;    /* reached by an event: its files go first */
	char name[];    /* "" for a root */
};

struct tree {
	struct hash_key key;
	struct dir **by_name, **by_watch, **by_key;
	size_t n;         /* nodes */
	size_t n_watched; /* of them with a watch or a key */
};

must_check int tree_init(struct tree *t);
void tree_done(struct tree *t); /* every root's subtree was removed before */

/* The child `name`, made where there was none; a root where `parent` is NULL. 0; -ENOMEM; -E2BIG
   over TREE_DEPTH_MAX, TREE_NODES_MAX or TREE_PATH_MAX. */
must_check int tree_add(
	struct tree *t, struct dir *parent, uint32_t root, const char *name, struct dir **ret);
struct dir *tree_child(const struct tree *t, const struct dir *parent, const char *name);
struct dir *tree_by_watch(const struct tree *t, int watch);
struct dir *tree_by_key(const struct tree *t, uint64_t key);

/* -1 takes it away. A watch that another node had is taken from it: the same directory under a new
   name. */
void tree_set_watch(struct tree *t, struct dir *d, int watch);

/* 0 takes it away; as above. */
void tree_set_key(struct tree *t, struct dir *d, uint64_t key);
static inline bool tree_is_watched(const struct dir *d)
{
	return d->watch >= 0 || d->key != 0;
}

/* Removes the node with all below it; tells each watch that was in force. */
void tree_remove(
	struct tree *t, struct dir *d, void (*unwatch)(void *userdata, int watch), void *userdata);

/* Appends "a/b/c", the path below the root, "." for the root itself, and `name` where not NULL. */
must_check int tree_path(const struct dir *d, const char *name, struct buf *ret);
