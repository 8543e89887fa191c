/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of structured headers, whole or in pieces with a character set of their own (RFC
 * 2231). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "extract/html.h"
#include "extract/html_style.h"
#include "extract/mail_coding.h"
#include "text/encoding.h"

static bool is_blank(uint8_t c)
{
	return c <= ' ' || c == ';';
}

/* The next name=value of `v`, which is shortened. False where none is left. */
static bool next_parameter(struct view *v, struct view *ret_name, struct view *ret_value)
{
	size_t at = 0, begin;

	for (;;) {
		while (at < v->n && is_blank(v->p[at]))
			at++;
		begin = at;
		while (at < v->n && v->p[at] != '=' && !is_blank(v->p[at]))
			at++;
		*ret_name = view_sub(*v, begin, at - begin);
		while (at < v->n && v->p[at] == ' ')
			at++;
		if (at >= v->n)
			return false;
		if (v->p[at] == '=')
			break;
	}
	for (at++; at < v->n && v->p[at] == ' ';)
		at++;
	if (at < v->n && v->p[at] == '"') {
		const uint8_t *q = memchr(v->p + at + 1, '"', v->n - at - 1);
		size_t end = q ? (size_t)(q - v->p) : v->n;

		*ret_value = view_sub(*v, at + 1, end - at - 1);
		*v = view_sub(*v, end + 1, v->n);
		return true;
	}
	for (begin = at; at < v->n && !is_blank(v->p[at]);)
		at++;
	*ret_value = view_sub(*v, begin, at - begin);
	*v = view_sub(*v, at, v->n);
	return true;
}

static bool find(struct view v, const char *name, struct view *ret)
{
	struct view got;

	while (next_parameter(&v, &got, ret))
		if (html_is(got, name))
			return true;
	*ret = VIEW_EMPTY;
	return false;
}

struct view mail_parameter(struct view value, const char *name)
{
	struct view v;

	/* The first is the value itself. */
	(void)find(value, name, &v);
	return v;
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int put_percent(struct view v, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c == '%' && i + 2 < v.n && hex(v.p[i + 1]) >= 0 && hex(v.p[i + 2]) >= 0) {
			c = (uint8_t)(hex(v.p[i + 1]) << 4 | hex(v.p[i + 2]));
			i += 2;
		}
		r = buf_put_byte(out, c);
	}
	return r;
}

/* What stands before the text: utf-8'vi'text. */
static struct view take_charset(struct view *v)
{
	const uint8_t *a = v->n > 0 ? memchr(v->p, '\'', v->n) : NULL;
	const uint8_t *b = a ? memchr(a + 1, '\'', v->n - (size_t)(a + 1 - v->p)) : NULL;
	struct view charset = VIEW_EMPTY;

	if (b) {
		charset = view_sub(*v, 0, (size_t)(a - v->p));
		*v = view_sub(*v, (size_t)(b + 1 - v->p), v->n);
	}
	return charset;
}

/* Piece `n` of a parameter, or all of it where `n` is negative. */
static bool find_piece(
	struct view value, const char *name, int n, struct view *ret, bool *ret_coded)
{
	char full[64], number[16] = "*";

	if (n >= 0)
		(void)snprintf(number, sizeof(number), "*%d*", n);
	(void)snprintf(full, sizeof(full), "%s%s", name, number);
	*ret_coded = true;
	if (find(value, full, ret))
		return true;
	if (n < 0)
		return false;
	full[strlen(full) - 1] = 0;
	*ret_coded = false;
	return find(value, full, ret);
}

int mail_parameter_text(struct view value, const char *name, struct buf *out)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	struct view piece, charset = VIEW_EMPTY;
	enum encoding e;
	bool coded;
	int n = find_piece(value, name, -1, &piece, &coded) ? -1 : 0, r = 0;

	if (n == 0 && !find_piece(value, name, 0, &piece, &coded))
		return mail_words(mail_parameter(value, name), out);
	if (coded)
		charset = take_charset(&piece);
	do
		r = coded ? put_percent(piece, &bytes) : buf_put_view(&bytes, piece);
	while (r == 0 && n >= 0 && ++n < MAIL_PIECES_MAX &&
		find_piece(value, name, n, &piece, &coded));
	if (r == 0 && encoding_parse(charset, &e) == 0 && e != ENCODING_UTF8) {
		r = encoding_decode(e, buf_view(&bytes), out);
		if (r != -ENOTSUP)
			return r;
		r = 0;
	}
	return r == 0 ? buf_put_view(out, buf_view(&bytes)) : r;
}
