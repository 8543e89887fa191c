/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of frames: integers little-endian, strings as a 32-bit length and bytes. Both sides keep
 * the first error, so that a body is packed or unpacked in one run of lines and checked once.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/view.h"
#include "model/filekey.h"

struct pack {
	struct buf *out; /* not owned */
	int error;
};

void pack_u8(struct pack *p, uint8_t v);
void pack_u32(struct pack *p, uint32_t v);
void pack_u64(struct pack *p, uint64_t v);
void pack_view(struct pack *p, struct view v);
void pack_str(struct pack *p, const char *s);
void pack_key(struct pack *p, const struct file_key *k);

struct unpack {
	struct view in; /* what is left */
	int error;      /* -EPROTO once anything was short */
};

/* On error these return 0, an empty view, or "". */
uint8_t unpack_u8(struct unpack *u);
/* Out of range is an error, and 0. */
uint8_t unpack_enum(struct unpack *u, unsigned max);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
struct view unpack_view(struct unpack *u);
/* Copies with a NUL; -EPROTO where it does not fit or holds a NUL. */
void unpack_str(struct unpack *u, char *ret, size_t size);
void unpack_key(struct unpack *u, struct file_key *ret);

/* 0, or -EPROTO where anything was short or bytes are left over. */
must_check int unpack_end(const struct unpack *u);
