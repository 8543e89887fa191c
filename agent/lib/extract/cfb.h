/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compound files (OLE2): storages and streams. The tree is flat here: entries with the number of
 * the storage they are in. Whatever the tables say, no more is read than the file has.
 */
#pragma once

#include "extract/extractor.h"

/* Entries of the directory, and storages inside storages. */
#define CFB_ENTRIES_MAX 65536
#define CFB_DEPTH_MAX   32

/* Bytes of a name in UTF-8: 31 units of UTF-16. */
#define CFB_NAME_MAX 96

enum cfb_type { CFB_FREE = 0, CFB_STORAGE = 1, CFB_STREAM = 2, CFB_ROOT = 5 };

struct cfb_entry {
	uint32_t parent;      /* CFB_NONE where nothing leads to it */
	uint32_t child, next; /* first of a storage, next in the same; 0 is none */
	uint32_t start;
	uint64_t size;
	uint8_t type;  /* enum cfb_type */
	uint8_t depth; /* of a storage; the root is 0 */
	uint8_t name_n;
	char name[CFB_NAME_MAX];
};

#define CFB_NONE UINT32_MAX

struct cfb {
	struct extractor *x;
	struct view file;
	unsigned shift; /* of a sector */
	uint32_t mini_cutoff;
	uint32_t n_entries;
	struct cfb_entry *entries; /* 0 is the root */
	struct buf fat, mini_fat;  /* 32-bit numbers as stored */
	struct buf mini;           /* the root's stream */
};

/* What cannot be a compound file gives no entries and REASON_DAMAGED. */
must_check int cfb_open(struct cfb *c, struct extractor *x, struct view file);
void cfb_done(struct cfb *c);

/* An entry of a storage by its name, ASCII letters of either case; CFB_NONE where there is none. */
uint32_t cfb_find(const struct cfb *c, uint32_t storage, const char *name);

/* A stream by its name into `out` (cleared before). CFB_ABSENT where there is none or a budget does
   not allow it. */
#define CFB_ABSENT 2
must_check int cfb_read(struct cfb *c, uint32_t entry, struct buf *out);
must_check int cfb_read_name(struct cfb *c, uint32_t storage, const char *name, struct buf *out);

static inline struct view cfb_name(const struct cfb_entry *e)
{
	return view_of(e->name, e->name_n);
}
