/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entries of a ZIP file: everything that any reader could find. The central directory (through
 * the last end record, ZIP64 too) and every local header that no directory entry covers: before
 * the first, between two, behind the last, and behind the end of a compressed stream that is
 * shorter than it says. Names may be there twice; nobody has to choose between them here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "extract/extractor.h"

struct zip_entry {
	struct view name; /* as stored */
	struct view data; /* compressed; for deflate up to where the next thing begins */
	uint64_t offset;  /* of the local header */
	uint64_t end;     /* of the data, as the headers say */
	uint64_t size;    /* uncompressed, as the headers say; 0 where they don't */
	uint16_t method;
	uint16_t flags;
	bool is_encrypted;
	bool is_directory;
};

struct zip {
	struct view content;
	struct zip_entry *entries;
	size_t n, cap;
	struct buf scratch; /* of zip_read() */
};

/* Positive outcome of zip_read(): this entry gives nothing; the reason is recorded. */
#define ZIP_NOTHING 2

/* Lists at most limits->members + 1 entries. `ret` is valid (and to be closed) whatever it returns.
   Views point into `content`. No entry at all is not an error. */
must_check int zip_open(struct extractor *x, struct view content, struct zip *ret);
void zip_close(struct zip *z);

/* True where an end record, with its comment, ends the content and belongs to a directory. */
bool zip_is_at_end(struct view content);

/*
 * The bytes of entry `i`, valid until the next zip_read(). What breaks off early gives what there
 * is of it. May append entries that were hidden behind this one. 0, ZIP_NOTHING, EXTRACT_STOP,
 * -ENOMEM.
 */
must_check int zip_read(struct extractor *x, struct zip *z, size_t i, struct view *ret);
