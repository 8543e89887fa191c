/* SPDX-License-Identifier: Apache-2.0 */
/* Code points of UTF-8 views, forward and backward. Broken bytes count as one U+FFFD each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

/* The code point at `off` (which is inside `v`); its length in `ret_n`. */
static inline uint32_t utf8_at(struct view v, size_t off, size_t *ret_n)
{
	uint8_t c = v.p[off];
	size_t n = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
	uint32_t cp = c;

	if (n == 1) {
		*ret_n = 1;
		return cp;
	}
	*ret_n = 1;
	if (n == 0 || off + n > v.n)
		return 0xfffd;
	cp = c & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((v.p[off + i] & 0xc0) != 0x80)
			return 0xfffd;
		cp = cp << 6 | (v.p[off + i] & 0x3fU);
	}
	*ret_n = n;
	return cp;
}

/* The code point that ends at `end` (> 0). */
static inline uint32_t utf8_before(struct view v, size_t end, size_t *ret_n)
{
	size_t off = end - 1, n;
	uint32_t cp;

	while (off > 0 && end - off < 4 && (v.p[off] & 0xc0) == 0x80)
		off--;
	cp = utf8_at(v, off, &n);
	if (off + n != end) {
		*ret_n = 1;
		return 0xfffd;
	}
	*ret_n = n;
	return cp;
}

static inline bool utf8_is_combining(uint32_t cp)
{
	return cp >= 0x300 && cp <= 0x36f;
}

/* Letters and digits of scripts that write words apart. */
static inline bool utf8_is_word(uint32_t cp)
{
	return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
		(cp >= 0xc0 && cp <= 0x24f && cp != 0xd7 && cp != 0xf7) || utf8_is_combining(cp) ||
		(cp >= 0x370 && cp <= 0x52f) || (cp >= 0x1e00 && cp <= 0x1fff);
}

static inline bool utf8_is_blank(uint32_t cp)
{
	return cp == ' ' || cp == '\t' || cp == 0xa0 || (cp >= 0x2000 && cp <= 0x200a) ||
		cp == 0x202f || cp == 0x3000;
}
