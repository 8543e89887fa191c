/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view: bytes that somebody else owns. Not NUL-terminated, may hold NULs. A view is valid as long
 * as its owner says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const uint8_t *p;
	size_t n;
};

#define VIEW_EMPTY ((struct view){NULL, 0})

/* Of a string literal. */
#define VIEW_LIT(s) ((struct view){(const uint8_t *)("" s), sizeof(s) - 1})

static inline struct view view_of(const void *p, size_t n)
{
	return (struct view){p, n};
}

static inline struct view view_str(const char *s)
{
	return (struct view){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* One past the last byte; NULL for an empty view without a place. */
static inline const uint8_t *view_end(struct view v)
{
	return v.n ? v.p + v.n : v.p;
}

/* The part from `off` on, at most `n` long; empty where out of bounds. */
static inline struct view view_sub(struct view v, size_t off, size_t n)
{
	if (off >= v.n)
		return VIEW_EMPTY;
	return (struct view){v.p + off, n < v.n - off ? n : v.n - off};
}

static inline bool view_eq(struct view a, struct view b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool view_starts(struct view v, struct view prefix)
{
	return v.n >= prefix.n && (prefix.n == 0 || memcmp(v.p, prefix.p, prefix.n) == 0);
}

static inline bool view_ends(struct view v, struct view suffix)
{
	return v.n >= suffix.n &&
		(suffix.n == 0 || memcmp(v.p + v.n - suffix.n, suffix.p, suffix.n) == 0);
}
