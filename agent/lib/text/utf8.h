/* SPDX-License-Identifier: Apache-2.0 */
/* One code point of UTF-8 at a time, forwards and backwards. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_C(0xfffd)

/*
 * Decodes the code point at `p`, `n` > 0 bytes long at most. What is malformed gives UTF8_INVALID
 * and the length of its longest valid beginning (at least 1), as Unicode recommends; `ret_ok` may
 * be NULL.
 */
static inline uint32_t utf8_next(const uint8_t *p, size_t n, size_t *ret_len, int *ret_ok)
{
	static const uint8_t lowest[] = {0xa0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x90, 0x80, 0x80, 0x80, 0x80};
	uint32_t c = p[0];
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	size_t i;

	*ret_len = 1;
	if (ret_ok)
		*ret_ok = 1;
	if (c < 0x80)
		return c;
	if (c < 0xc2 || c > 0xf4)
		goto bad;
	c &= 0x3fU >> more;
	for (i = 1; i <= more; i++) {
		if (i >= n || (p[i] & 0xc0) != 0x80)
			goto bad;
		if (i == 1 && more > 1) {
			if (p[1] < lowest[p[0] - 0xe0])
				goto bad;
			if ((p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f))
				goto bad;
		}
		c = c << 6 | (p[i] & 0x3fU);
		*ret_len = i + 1;
	}
	return c;
bad:
	if (ret_ok)
		*ret_ok = 0;
	return UTF8_INVALID;
}

/* The code point that ends at `end` in valid UTF-8 that begins at `start` < `end`. */
static inline uint32_t utf8_prev(const uint8_t *start, const uint8_t *end, size_t *ret_len)
{
	const uint8_t *p = end - 1;

	while (p > start && end - p < 4 && (*p & 0xc0) == 0x80)
		p--;
	return utf8_next(p, (size_t)(end - p), ret_len, NULL);
}

/* Writes 1 to 4 bytes at `p`; `cp` must be a Unicode scalar value. */
static inline size_t utf8_put(uint8_t *p, uint32_t cp)
{
	if (cp < 0x80) {
		p[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		p[0] = (uint8_t)(0xc0 | cp >> 6);
		p[1] = (uint8_t)(0x80 | (cp & 63));
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = (uint8_t)(0xe0 | cp >> 12);
		p[1] = (uint8_t)(0x80 | (cp >> 6 & 63));
		p[2] = (uint8_t)(0x80 | (cp & 63));
		return 3;
	}
	p[0] = (uint8_t)(0xf0 | cp >> 18);
	p[1] = (uint8_t)(0x80 | (cp >> 12 & 63));
	p[2] = (uint8_t)(0x80 | (cp >> 6 & 63));
	p[3] = (uint8_t)(0x80 | (cp & 63));
	return 4;
}
