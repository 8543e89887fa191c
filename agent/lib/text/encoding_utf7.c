/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-7 (RFC 2152): ASCII, with rows of UTF-16 in Base64 between '+' and whatever is no Base64. */
#include <string.h>

#include "text/canon_table.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

/* A row of Base64, as it is read. */
struct row {
	const uint8_t *p, *end;
	uint32_t bits, n_bits;
};

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The next UTF-16 unit, or -1 at the end of the row. */
static int32_t next_unit(struct row *r)
{
	while (r->n_bits < 16) {
		int v = r->p < r->end ? base64_value(*r->p) : -1;

		if (v < 0)
			return -1;
		r->bits = r->bits << 6 | (uint32_t)v;
		r->n_bits += 6;
		r->p++;
	}
	r->n_bits -= 16;
	return (int32_t)(r->bits >> r->n_bits & 0xffff);
}

/* The next code point, or -1 at the end of the row. */
static int32_t next_cp(struct row *r)
{
	int32_t unit = next_unit(r), low;
	struct row ahead;

	if (unit < 0xd800 || unit >= 0xe000)
		return unit;
	ahead = *r;
	low = next_unit(&ahead);
	if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
		return (int32_t)UTF8_INVALID;
	*r = ahead;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* What stands for itself is ASCII. */
static int put_direct(const uint8_t *p, const uint8_t *end, struct buf *out)
{
	int e = 0;

	while (e == 0 && p < end) {
		const uint8_t *start = p;

		while (p < end && *p < 0x80)
			p++;
		e = buf_put(out, start, (size_t)(p - start));
		if (e == 0 && p < end) {
			e = buf_put_utf8(out, UTF8_INVALID);
			p++;
		}
	}
	return e;
}

int encoding_decode_utf7(struct view v, struct buf *out)
{
	const uint8_t *p = v.p, *end = view_end(v);
	int e = 0;

	while (e == 0 && p < end) {
		const uint8_t *plus = memchr(p, '+', (size_t)(end - p));
		struct row r = {.p = plus ? plus + 1 : end, .end = end};
		int32_t cp;

		e = put_direct(p, plus ? plus : end, out);
		if (e < 0 || !plus)
			return e;
		if (r.p == end || base64_value(*r.p) < 0)
			e = buf_put_byte(out, '+');
		while (e == 0 && (cp = next_cp(&r)) >= 0)
			e = buf_put_utf8(out, (uint32_t)cp);
		p = r.p;
		if (p < end && *p == '-')
			p++;
	}
	return e;
}

/* A letter that somebody may write in Base64, or a sign. */
static bool is_likely(int32_t cp)
{
	return cp >= 0xa0 &&
		((cp < 0x600 && (canon_prop((uint32_t)cp) & CANON_LETTER)) || cp < 0xc0 ||
			(cp >= 0x300 && cp < 0x370) || (cp >= 0x1e00 && cp < 0x1f00) ||
			(cp >= 0x2010 && cp < 0x2030) || (cp >= 0x2600 && cp < 0x2700) ||
			(cp >= 0x3000 && cp < 0x3100) || (cp >= 0x4e00 && cp < 0xa000) ||
			(cp >= 0xff00 && cp < 0xfff0));
}

bool encoding_is_utf7(struct view v)
{
	const uint8_t *p = v.p, *end = view_end(v);
	size_t good = 0, bad = 0;

	while ((p = memchr(p, '+', (size_t)(end - p)))) {
		struct row r = {.p = ++p, .end = end};
		size_t likely = 0, all = 0;
		int32_t cp;

		while ((cp = next_cp(&r)) >= 0) {
			all++;
			likely += is_likely(cp);
		}
		/* what is left of the last letter is zero */
		if (p < end && *p == '-')
			p++;
		else if (all > 0 && likely * 4 >= all * 3 && r.n_bits < 6 &&
			!(r.bits & ((1U << r.n_bits) - 1)))
			good++;
		else
			bad++;
		p = r.p > p ? r.p : p;
	}
	return good >= 2 && bad * 8 <= good;
}
