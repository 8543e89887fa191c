/* SPDX-License-Identifier: Apache-2.0 */
/* What the walk could not see, for the status note: a few examples and how many more. A new walk
   starts a new account; until it ends, the old one is told as well. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"

#define GAPS_EXAMPLES 3U

struct gaps_account {
	char examples[GAPS_EXAMPLES][512]; /* "/path (Permission denied)" */
	uint32_t n;                        /* of all */
	uint32_t unwatched;                /* directories without a watch */
	uint32_t too_deep;                 /* names over a bound of tree.h */
	uint32_t mounts;                   /* other file systems */
};

struct gaps {
	struct gaps_account now, last;
	bool walking;
};

void gaps_begin(struct gaps *g);
void gaps_commit(struct gaps *g);

void gaps_add(struct gaps *g, const char *root, const char *path, int error);
void gaps_unwatched(struct gaps *g);
void gaps_too_deep(struct gaps *g);
void gaps_mount(struct gaps *g);
uint32_t gaps_unreadable(const struct gaps *g); /* folders and files */
bool gaps_has_unwatched(const struct gaps *g);

must_check int gaps_note(const struct gaps *g, struct buf *ret);
