/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

struct reader {
	struct json_doc *doc;
	uint8_t *p, *end;
	unsigned depth;
};

void json_doc_done(struct json_doc *d)
{
	free(d->v);
	*d = (struct json_doc){0};
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != (uint8_t)c)
		return false;
	r->p++;
	return true;
}

static int take_hex4(struct reader *r, uint32_t *ret)
{
	uint32_t v = 0;

	if (r->end - r->p < 4)
		return -EBADMSG;
	for (int i = 0; i < 4; i++) {
		uint8_t c = *r->p++;
		uint32_t digit = c >= '0' && c <= '9' ? c - 48U
			: c >= 'a' && c <= 'f'        ? c - 'a' + 10U
			: c >= 'A' && c <= 'F'        ? c - 'A' + 10U
						      : 16;

		if (digit > 15)
			return -EBADMSG;
		v = v << 4 | digit;
	}
	*ret = v;
	return 0;
}

/* Never longer than the escape was. */
static uint8_t *put_utf8(uint8_t *to, uint32_t cp)
{
	if (cp < 0x80) {
		*to++ = (uint8_t)cp;
	} else if (cp < 0x800) {
		*to++ = (uint8_t)(0xc0 | cp >> 6);
		*to++ = (uint8_t)(0x80 | (cp & 63));
	} else {
		if (cp < 0x10000) {
			*to++ = (uint8_t)(0xe0 | cp >> 12);
		} else {
			*to++ = (uint8_t)(0xf0 | cp >> 18);
			*to++ = (uint8_t)(0x80 | (cp >> 12 & 63));
		}
		*to++ = (uint8_t)(0x80 | (cp >> 6 & 63));
		*to++ = (uint8_t)(0x80 | (cp & 63));
	}
	return to;
}

static int take_unicode(struct reader *r, uint8_t **to)
{
	uint32_t cp, low;
	int e = take_hex4(r, &cp);

	if (e < 0 || cp == 0 || (cp >= 0xdc00 && cp <= 0xdfff))
		return -EBADMSG;
	if (cp >= 0xd800 && cp <= 0xdbff) {
		if (!take(r, '\\') || !take(r, 'u') || take_hex4(r, &low) < 0 || low < 0xdc00 ||
			low > 0xdfff)
			return -EBADMSG;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	*to = put_utf8(*to, cp);
	return 0;
}

static int take_escape(struct reader *r, uint8_t **to)
{
	static const char from[] = "\"\\/bfnrt", as[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (r->p == r->end)
		return -EBADMSG;
	if (*r->p == 'u') {
		r->p++;
		return take_unicode(r, to);
	}
	at = *r->p ? strchr(from, (char)*r->p) : NULL;
	if (!at)
		return -EBADMSG;
	r->p++;
	*(*to)++ = (uint8_t)as[at - from];
	return 0;
}

/* One character of UTF-8 beyond ASCII, as it is. */
static int take_wide(struct reader *r, uint8_t **to)
{
	size_t n = utf8_length(view_of(r->p, (size_t)(r->end - r->p)));

	if (n == 0)
		return -EBADMSG;
	memmove(*to, r->p, n);
	*to += n;
	r->p += n;
	return 0;
}

static int take_string(struct reader *r, struct view *ret)
{
	uint8_t *start, *to;
	int e = 0;

	if (!take(r, '"'))
		return -EBADMSG;
	start = to = r->p;
	while (e == 0) {
		if (r->p == r->end || *r->p < 0x20)
			return -EBADMSG;
		if (*r->p == '"')
			break;
		if (*r->p == '\\') {
			r->p++;
			e = take_escape(r, &to);
		} else if (*r->p < 0x80) {
			*to++ = *r->p++;
		} else {
			e = take_wide(r, &to);
		}
	}
	r->p++;
	*ret = view_of(start, (size_t)(to - start));
	return e;
}

static bool take_digits(struct reader *r)
{
	uint8_t *start = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static int take_number(struct reader *r, struct view *ret)
{
	uint8_t *start = r->p;

	(void)take(r, '-');
	if (!take(r, '0') && !take_digits(r))
		return -EBADMSG;
	if (take(r, '.') && !take_digits(r))
		return -EBADMSG;
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			(void)take(r, '-');
		if (!take_digits(r))
			return -EBADMSG;
	}
	*ret = view_of(start, (size_t)(r->p - start));
	return 0;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static int take_value(struct reader *r, struct view key);

static int take_items(struct reader *r, uint32_t at, char end)
{
	struct view key = VIEW_EMPTY;
	int e = 0;

	if (++r->depth > JSON_READ_DEPTH_MAX)
		return -E2BIG;
	r->p++;
	skip_space(r);
	if (take(r, end)) {
		r->depth--;
		return 0;
	}
	for (;;) {
		skip_space(r);
		if (end == '}') {
			e = take_string(r, &key);
			skip_space(r);
			if (e == 0 && !take(r, ':'))
				e = -EBADMSG;
			skip_space(r);
		}
		if (e == 0)
			e = take_value(r, key);
		if (e < 0)
			return e;
		r->doc->v[at].n++;
		skip_space(r);
		if (take(r, end))
			break;
		if (!take(r, ','))
			return -EBADMSG;
	}
	r->depth--;
	return 0;
}

static int add(struct reader *r, struct view key, uint32_t *ret)
{
	struct json_doc *d = r->doc;

	if (d->n >= JSON_READ_VALUES_MAX)
		return -E2BIG;
	if (d->n == d->cap) {
		uint32_t cap = d->cap ? d->cap * 2 : 32;
		struct json_value *v = reallocarray(d->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n] = (struct json_value){.key = key};
	*ret = d->n++;
	return 0;
}

static int take_value(struct reader *r, struct view key)
{
	enum json_type type;
	struct view text = VIEW_EMPTY;
	uint32_t at;
	int e = add(r, key, &at);

	if (e < 0)
		return e;
	if (r->p == r->end)
		return -EBADMSG;
	switch (*r->p) {
	case '{': type = JSON_OBJECT; break;
	case '[': type = JSON_ARRAY; break;
	case '"': type = JSON_STRING; break;
	case 't': type = JSON_TRUE; break;
	case 'f': type = JSON_FALSE; break;
	case 'n': type = JSON_NULL; break;
	default: type = JSON_NUMBER;
	}
	r->doc->v[at].type = type;
	switch (type) {
	case JSON_OBJECT: e = take_items(r, at, '}'); break;
	case JSON_ARRAY: e = take_items(r, at, ']'); break;
	case JSON_STRING: e = take_string(r, &text); break;
	case JSON_NUMBER: e = take_number(r, &text); break;
	case JSON_TRUE: e = take_word(r, "true") ? 0 : -EBADMSG; break;
	case JSON_FALSE: e = take_word(r, "false") ? 0 : -EBADMSG; break;
	case JSON_NULL: e = take_word(r, "null") ? 0 : -EBADMSG; break;
	}
	r->doc->v[at].text = text;
	r->doc->v[at].next = r->doc->n;
	return e;
}

int json_read(struct buf *text, struct json_doc *ret)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct reader r = {.doc = &d};
	int e;

	if (text->n == 0)
		return -EBADMSG;
	r.p = text->p;
	r.end = text->p + text->n;
	skip_space(&r);
	e = take_value(&r, VIEW_EMPTY);
	if (e < 0)
		return e;
	skip_space(&r);
	if (r.p != r.end)
		return -EBADMSG;
	*ret = d;
	d = (struct json_doc){0};
	return 0;
}

const struct json_value *json_next(
	const struct json_doc *d, const struct json_value *of, const struct json_value *before)
{
	uint32_t at;

	if (!of || (of->type != JSON_ARRAY && of->type != JSON_OBJECT))
		return NULL;
	at = before ? before->next : (uint32_t)(of - d->v) + 1;
	return at < of->next ? &d->v[at] : NULL;
}

const struct json_value *json_get(
	const struct json_doc *d, const struct json_value *of, const char *key)
{
	if (!of || of->type != JSON_OBJECT)
		return NULL;
	for (const struct json_value *v = NULL; (v = json_next(d, of, v));)
		if (view_eq(v->key, view_str(key)))
			return v;
	return NULL;
}

bool json_get_text(const struct json_value *v, struct view *ret)
{
	if (!v || v->type != JSON_STRING)
		return false;
	*ret = v->text;
	return true;
}

bool json_get_u64(const struct json_value *v, uint64_t *ret)
{
	uint64_t n = 0;

	if (!v || v->type != JSON_NUMBER || v->text.n == 0 || v->text.n > 18)
		return false;
	for (size_t i = 0; i < v->text.n; i++) {
		if (v->text.p[i] < '0' || v->text.p[i] > '9')
			return false;
		n = n * 10 + (v->text.p[i] - '0');
	}
	*ret = n;
	return true;
}
