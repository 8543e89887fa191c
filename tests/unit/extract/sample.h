/* SPDX-License-Identifier: Apache-2.0 */
/* Samples built in memory, and what came out of them. For the tests of extract/ alone. */
#pragma once

#include "../unit.h"

#include "base/buf.h"
#include "extract/extract.h"

enum {
	ZIP_STORED = 1 << 0,         /* else deflated */
	ZIP_DESCRIPTOR = 1 << 1,     /* sizes behind the data */
	ZIP_UNLISTED = 1 << 2,       /* no entry in the central directory */
	ZIP_ENCRYPTED = 1 << 3,      /* says so, and is not text */
	ZIP_METHOD_IMPLODE = 1 << 4, /* says so */
	ZIP_SIZE_LIES = 1 << 5,      /* uncompressed size says 3 */
	ZIP_CSIZE_LIES = 1 << 6,     /* compressed size in the directory says 3 */
	ZIP_64 = 1 << 7,             /* sizes in the ZIP64 extra field */
};

struct zip_builder {
	struct buf out, central;
	unsigned n;
};

void zip_add(struct zip_builder *z, const char *name, struct view content, unsigned how);
void zip_add_str(struct zip_builder *z, const char *name, const char *content, unsigned how);
void zip_end(struct zip_builder *z); /* directory and end record */
void zip_builder_done(struct zip_builder *z);

/* Everything that the sink saw, as copies. */
struct seen_block {
	enum place place;
	uint32_t page, shape, flags;
	char *text, *name, *member;
};

#define SEEN_MAX 4096
struct seen {
	struct extract_limits limits;
	struct extract_result result;
	struct seen_block blocks[SEEN_MAX];
	size_t n;     /* kept */
	size_t total; /* seen */
	int answer;   /* of the sink */
};

struct seen *seen_new(void); /* with default limits */
void seen_free(struct seen *s);
void seen_clear(struct seen *s);

int seen_run(struct seen *s, struct view content);
int seen_zip(struct seen *s, struct zip_builder *z); /* ends it, runs, frees it */

/* The first block with this text; fails the test where there is none. */
const struct seen_block *seen_text(struct seen *s, const char *text);
const struct seen_block *seen_find(struct seen *s, const char *text); /* NULL where none */
size_t seen_count(struct seen *s, const char *text);

#define REASONS(s) ((s)->result.reasons)
