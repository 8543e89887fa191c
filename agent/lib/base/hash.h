/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 (Aumasson and Bernstein, 2012) for tables whose keys come from outside. */
#pragma once

#include <stdint.h>

#include "base/view.h"

struct hash_key {
	uint64_t k0, k1;
};

/* Fresh from getrandom(2); falls back to the clock where that fails, which costs only evenness. */
struct hash_key hash_key_new(void);

uint64_t hash_bytes(struct hash_key key, struct view v);

/* A quick mix for integers that the kernel hands out (pids, inodes). */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}
