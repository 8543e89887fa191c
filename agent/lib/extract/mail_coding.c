/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/mail_coding.h"

#include <errno.h>
#include <string.h>

#include "text/encoding.h"

/* Bytes of one encoded word; RFC 2047 allows 75, which few keep to. */
#define WORD_MAX 8192

static int sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

int mail_base64(struct view in, struct buf *out)
{
	uint32_t bits = 0;
	unsigned n = 0;
	int r = buf_reserve(out, in.n / 4 * 3 + 3);

	for (size_t i = 0; r == 0 && i < in.n; i++) {
		int v = sextet(in.p[i]);

		if (in.p[i] == '=') {
			/* the end of a piece; another one may follow */
			bits = n = 0;
			continue;
		}
		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			out->p[out->n++] = (uint8_t)(bits >> n);
		}
	}
	return r;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int mail_quoted(struct view in, bool is_word, struct buf *out)
{
	int r = buf_reserve(out, in.n);

	for (size_t i = 0; r == 0 && i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '=' && i + 2 < in.n && hex(in.p[i + 1]) >= 0 && hex(in.p[i + 2]) >= 0) {
			c = (uint8_t)(hex(in.p[i + 1]) << 4 | hex(in.p[i + 2]));
			i += 2;
		} else if (c == '=' && i + 1 < in.n && in.p[i + 1] == '\n') {
			i++;
			continue;
		} else if (c == '=' && i + 2 < in.n && in.p[i + 1] == '\r' && in.p[i + 2] == '\n') {
			i += 2;
			continue;
		} else if (c == '=' && i + 2 == in.n && in.p[i + 1] <= '\r') {
			break;
		} else if (c == '_' && is_word) {
			c = ' ';
		}
		out->p[out->n++] = c;
	}
	return r;
}

/* =?charset?B?...?= at the start of `v`: its parts, and its length, or 0. */
static size_t encoded_word(struct view v, struct view *charset, uint8_t *coding, struct view *text)
{
	const uint8_t *q1, *q3;
	size_t at;

	if (!view_starts(v, VIEW_LIT("=?")))
		return 0;
	q1 = memchr(v.p + 2, '?', v.n - 2);
	if (!q1)
		return 0;
	at = (size_t)(q1 - v.p);
	if (at + 3 >= v.n || q1[2] != '?')
		return 0;
	q3 = memmem(q1 + 3, MIN(v.n - at - 3, (size_t)WORD_MAX), "?=", 2);
	if (!q3)
		return 0;
	*charset = view_sub(v, 2, at - 2);
	/* RFC 2231 lets a language stand behind the character set. */
	for (size_t i = 0; i < charset->n; i++)
		if (charset->p[i] == '*')
			charset->n = i;
	*coding = q1[1] | 32;
	*text = view_of(q1 + 3, (size_t)(q3 - q1 - 3));
	return (size_t)(q3 - v.p) + 2;
}

/* Bytes in a declared or unknown encoding, as UTF-8. */
static int put_decoded(struct view bytes, const enum encoding *hint, struct buf *out)
{
	size_t before = out->n;
	enum encoding e;
	int r;

	if (!encoding_detect(bytes, hint, &e))
		return buf_put_view(out, bytes);
	r = encoding_decode(e, bytes, out);
	if (r != -ENOTSUP)
		return r;
	out->n = before;
	return buf_put_view(out, bytes);
}

/* Words side by side belong together: a letter may be cut in two by their border. */
static int word_run(struct view *raw, struct buf *out)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(out->max);
	struct view charset = VIEW_EMPTY, first = VIEW_EMPTY, text;
	enum encoding declared;
	uint8_t coding;
	size_t n;
	int r = 0;

	while (r == 0 && (n = encoded_word(*raw, &charset, &coding, &text)) > 0) {
		size_t blank;

		if (first.n > 0 && !view_eq(first, charset))
			break;
		first = charset;
		r = coding == 'b' ? mail_base64(text, &bytes) : mail_quoted(text, true, &bytes);
		*raw = view_sub(*raw, n, raw->n);
		for (blank = 0; blank < raw->n && raw->p[blank] <= ' ';)
			blank++;
		if (view_starts(view_sub(*raw, blank, raw->n), VIEW_LIT("=?")))
			*raw = view_sub(*raw, blank, raw->n);
	}
	if (r < 0)
		return r;
	return put_decoded(
		buf_view(&bytes), encoding_parse(first, &declared) == 0 ? &declared : NULL, out);
}

int mail_words(struct view raw, struct buf *out)
{
	cleanup_with(buf_done) struct buf plain = BUF_INIT(0);
	int r = 0;

	while (r == 0 && raw.n > 0) {
		const uint8_t *p = memmem(raw.p, raw.n, "=?", 2);
		size_t n = p ? (size_t)(p - raw.p) : raw.n, before;

		buf_clear(&plain);
		r = buf_put(&plain, raw.p, n);
		for (size_t i = 0; i < plain.n; i++)
			if (plain.p[i] == '\r' || plain.p[i] == '\n')
				plain.p[i] = ' ';
		if (r == 0 && plain.n > 0)
			r = put_decoded(buf_view(&plain), NULL, out);
		raw = view_sub(raw, n, raw.n);
		before = raw.n;
		if (r == 0 && before > 0)
			r = word_run(&raw, out);
		if (r == 0 && before > 0 && raw.n == before) {
			r = buf_put(out, raw.p, 1);
			raw = view_sub(raw, 1, raw.n);
		}
	}
	return r;
}
