/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that wait to be offered to core: what events named first, then what the crawl found. A file
 * waits once, however many events it had. Owns its entries.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/macros.h"

#define PENDING_URGENT_MAX \
	65536U                 /* files named by events; more means looking at everything again */
#define PENDING_CRAWL_MAX 256U /* files found by the crawl, which pauses there */

enum found {
	FOUND_CRAWL,
	FOUND_CREATED, /* a new name: content may be there (a link) or still to come */
	FOUND_EVENT,   /* closed after writing, moved here, or in a directory that was */
};

struct pending {
	struct list node;
	struct pending *next; /* hash chain */
	uint64_t due;         /* not before; clock_now() time */
	uint32_t root;
	uint32_t tries;
	enum found found;
	char path[]; /* below the root */
};

struct pendings {
	struct hash_key key;
	struct pending **buckets;
	struct list urgent, crawl; /* due at once */
	struct list waiting;       /* not due yet, soonest first */
	size_t n_urgent, n_crawl;  /* waiting ones included */
};

must_check int pendings_init(struct pendings *p);
void pendings_done(struct pendings *p);

/* 0, -ENOMEM, or -ENOBUFS over PENDING_URGENT_MAX. */
must_check int pendings_add(struct pendings *p, uint32_t root, const char *path, enum found found);
bool pendings_crawl_full(const struct pendings *p);

/* The next one that is due, taken out, or NULL. It is the caller's: pending_free() or
   pendings_again(). */
struct pending *pendings_take(struct pendings *p, uint64_t now);
void pending_free(struct pending *e);

/* Puts it back until `due`. Frees it where another event has put the same file in meanwhile. */
void pendings_again(struct pendings *p, struct pending *e, uint64_t due);

uint64_t pendings_next(
	const struct pendings *p); /* when one is due next: 0 at once, UINT64_MAX never */
