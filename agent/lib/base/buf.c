/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void buf_done(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

/* Room for `more` bytes within the bound, and `beyond` it for a NUL that does not count. */
static int grow(struct buf *b, size_t more, size_t beyond)
{
	size_t max = b->max ? b->max : BUF_MAX_DEFAULT;
	size_t cap;
	uint8_t *p;

	if (b->n > max || more > max - b->n)
		return -E2BIG;
	more += beyond;
	if (more <= b->cap - b->n)
		return 0;
	cap = b->cap < 256 ? 256 : b->cap;
	while (cap < b->n + more)
		cap += cap / 2;
	cap = MIN(cap, max + 1);
	p = realloc(b->p, cap);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t more)
{
	return grow(b, more, 0);
}

int buf_put_slow(struct buf *b, const void *p, size_t n)
{
	int r = buf_reserve(b, n);

	if (r < 0)
		return r;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

int buf_put_view(struct buf *b, struct view v)
{
	return buf_put(b, v.p, v.n);
}

int buf_put_str(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n, r;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	r = grow(b, (size_t)n, 1);
	if (r < 0)
		return r;
	va_start(ap, fmt);
	(void)vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

int buf_put_hex(struct buf *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	int r = buf_reserve(b, 2 * n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		b->p[b->n++] = (uint8_t)digits[p[i] >> 4];
		b->p[b->n++] = (uint8_t)digits[p[i] & 15];
	}
	return 0;
}

int buf_put_utf8(struct buf *b, uint32_t cp)
{
	uint8_t u[4];
	size_t n;

	if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		cp = 0xfffd;
	if (cp < 0x80) {
		u[0] = (uint8_t)cp;
		n = 1;
	} else if (cp < 0x800) {
		u[0] = (uint8_t)(0xc0 | cp >> 6);
		u[1] = (uint8_t)(0x80 | (cp & 63));
		n = 2;
	} else if (cp < 0x10000) {
		u[0] = (uint8_t)(0xe0 | cp >> 12);
		u[1] = (uint8_t)(0x80 | (cp >> 6 & 63));
		u[2] = (uint8_t)(0x80 | (cp & 63));
		n = 3;
	} else {
		u[0] = (uint8_t)(0xf0 | cp >> 18);
		u[1] = (uint8_t)(0x80 | (cp >> 12 & 63));
		u[2] = (uint8_t)(0x80 | (cp >> 6 & 63));
		u[3] = (uint8_t)(0x80 | (cp & 63));
		n = 4;
	}
	return buf_put(b, u, n);
}

int buf_terminate(struct buf *b)
{
	int r = grow(b, 0, 1);

	if (r < 0)
		return r;
	b->p[b->n] = 0;
	return 0;
}
