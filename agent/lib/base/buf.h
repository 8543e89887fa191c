/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a hard bound. The buffer owns its memory; buf_done() frees it.
 * All appends return 0, -ENOMEM, or -E2BIG where `max` would be passed (nothing is appended then).
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

struct buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max; /* bytes; 0 means BUF_MAX_DEFAULT */
};

#define BUF_MAX_DEFAULT (256U << 20)

#define BUF_INIT(limit) ((struct buf){.max = (limit)})

void buf_done(struct buf *b); /* for cleanup_with(); leaves an empty buffer */
static inline void buf_clear(struct buf *b)
{
	b->n = 0;
}

must_check int buf_reserve(struct buf *b, size_t more);
must_check int buf_put_slow(
	struct buf *b, const void *p, size_t n); /* what buf_put() is otherwise */
must_check static inline int buf_put(struct buf *b, const void *p, size_t n)
{
	/* There is at most one byte of room beyond the bound. */
	if (n >= b->cap - b->n)
		return buf_put_slow(b, p, n);
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}
must_check static inline int buf_put_byte(struct buf *b, uint8_t c)
{
	return buf_put(b, &c, 1);
}
must_check int buf_put_view(struct buf *b, struct view v);
must_check int buf_put_str(struct buf *b, const char *s);
must_check int buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
must_check int buf_put_hex(struct buf *b, const uint8_t *p, size_t n);

/* A code point as UTF-8; surrogates and values over U+10FFFF become U+FFFD. */
must_check int buf_put_utf8(struct buf *b, uint32_t cp);

/* Appends a NUL that does not count in `n`, so that the bytes can be used as a C string. */
must_check int buf_terminate(struct buf *b);

static inline struct view buf_view(const struct buf *b)
{
	return (struct view){b->p, b->n};
}
