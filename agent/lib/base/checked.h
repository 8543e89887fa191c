/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic and little/big-endian loads on values that come from outside. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/view.h"

/* True where the result fits; `ret` is undefined otherwise. */
#define checked_add(a, b, ret) (!__builtin_add_overflow(a, b, ret))
#define checked_sub(a, b, ret) (!__builtin_sub_overflow(a, b, ret))
#define checked_mul(a, b, ret) (!__builtin_mul_overflow(a, b, ret))

/* True where [off, off + n) lies inside `size`. */
static inline bool checked_range(uint64_t off, uint64_t n, uint64_t size)
{
	return off <= size && n <= size - off;
}

static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t load_le64(const uint8_t *p)
{
	return load_le32(p) | (uint64_t)load_le32(p + 4) << 32;
}

static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}
