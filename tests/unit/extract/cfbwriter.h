/* SPDX-License-Identifier: Apache-2.0 */
/* Compound files and what stands in them, built in memory. */
#pragma once

#include "sample.h"

#define CFB_NODES_MAX 70000

struct cfb_node {
	char name[64];
	unsigned parent;
	bool is_storage;
	struct buf data;
};

struct cfb_builder {
	unsigned n;
	struct cfb_node *nodes;
};

struct cfb_builder cfb_builder_new(void); /* with the root, 0 */
unsigned cfb_add_storage(struct cfb_builder *b, unsigned parent, const char *name);
unsigned cfb_add(struct cfb_builder *b, unsigned parent, const char *name, struct view content);
void cfb_build(struct cfb_builder *b, struct buf *out);
void cfb_builder_free(struct cfb_builder *b);
int seen_cfb(struct seen *s, struct cfb_builder *b); /* builds, runs, frees */

/* Little-endian numbers and UTF-16 of ASCII or UTF-8 text. */
void put8(struct buf *b, unsigned v);
void put16(struct buf *b, unsigned v);
void put32(struct buf *b, uint32_t v);
void set16(struct buf *b, size_t at, unsigned v);
void set32(struct buf *b, size_t at, uint32_t v);
void put_zeros(struct buf *b, size_t n);
size_t put_utf16(struct buf *b, const char *utf8); /* units written */
