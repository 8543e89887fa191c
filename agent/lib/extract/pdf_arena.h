/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a PDF: bump allocation in blocks, freed all at once or back to a mark. Bounded; nothing
 * is allocated in proportion to a number that a file declares.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct pdf_arena_block;

struct pdf_arena {
	struct pdf_arena_block *last;
	size_t used;  /* bytes of all blocks */
	size_t limit; /* bound of `used` */
};

struct pdf_arena_mark {
	struct pdf_arena_block *block;
	size_t n;
};

#define PDF_ARENA_INIT(bytes) ((struct pdf_arena){.limit = (bytes)})

void pdf_arena_done(struct pdf_arena *a);

/* Zeroed, aligned to 16. NULL where the limit or memory is reached. */
void *pdf_arena_alloc(struct pdf_arena *a, size_t n);

struct pdf_arena_mark pdf_arena_mark(const struct pdf_arena *a);
/* Frees what was allocated since the mark. */
void pdf_arena_release(struct pdf_arena *a, struct pdf_arena_mark mark);
