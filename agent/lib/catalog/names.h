/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that come again and again, each kept once under a number, with a form to search in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/macros.h"
#include "base/view.h"

#define NAMES_NONE      UINT32_MAX
#define NAMES_BYTES_MAX (UINT32_MAX - (1U << 20)) /* of all texts */
#define NAMES_TEXT_MAX  8192U                     /* of one; longer ones are cut */

struct name {
	uint32_t at, n;      /* in `text` */
	uint32_t folded, fn; /* likewise, for searching */
	uint32_t next;       /* in its bucket */
	uint32_t user;       /* the owner's; NAMES_NONE at first */
};

struct names {
	struct hash_key key;
	struct name *v;
	uint32_t n, cap;
	uint32_t *buckets, n_buckets; /* a power of two */
	struct buf text;
};

void names_init(struct names *n);
void names_done(struct names *n);

/* The number of this text, which is added where it is new. 0, -ENOMEM or -E2BIG. `searched`:
   names_search() looks at it. */
must_check int names_add(struct names *n, const char *text, bool searched, uint32_t *ret);
uint32_t names_find(const struct names *n, struct view text); /* or NAMES_NONE */
struct view names_text(const struct names *n, uint32_t i);    /* until the next names_add() */

/* What people type is compared without case and diacritics. Appends. */
must_check int names_fold(struct view text, struct buf *ret);
/* A bit for each name that holds `folded`; `bits` has room for all. */
void names_search(const struct names *n, struct view folded, uint64_t *bits);
