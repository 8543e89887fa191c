/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/receipt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WORD  "sealgate-receipt" /* the purpose of these signatures */
#define MAGIC WORD " 1\n"
#define HEX   "0123456789abcdef"

static bool is_made_of(const char *s, const char *set)
{
	return *s && s[strspn(s, set)] == 0;
}

/* What is signed. */
static int put_text(const struct receipt *r, struct buf *out)
{
	int e = buf_printf(out, MAGIC "host %s\njournal %s\nrecords %" PRIu64 " %" PRIu64 "\nhash ",
		r->host, r->journal, r->first, r->last);

	if (e == 0)
		e = buf_put_hex(out, r->hash, sizeof(r->hash));
	if (e == 0)
		e = buf_put_str(out, "\nstatement ");
	if (e == 0)
		e = buf_put_hex(out, r->statement, sizeof(r->statement));
	return e == 0 ? buf_printf(out, "\ntime %s\nend\n", r->time) : e;
}

static int put_whole(const struct receipt *r, struct buf *out)
{
	int e = put_text(r, out);

	if (e == 0)
		e = buf_printf(out, "signature %s ", r->signature.id);
	if (e == 0)
		e = sign_base64_put(out, view_of(r->signature.bytes, SIGN_SIZE));
	return e == 0 ? buf_put_byte(out, '\n') : e;
}

static bool is_valid(const struct receipt *r)
{
	struct bundle b = {0};
	bool host = bundle_add_host(&b, r->host) == 0;

	bundle_done(&b);
	return host && strlen(r->journal) == RECEIPT_JOURNAL && is_made_of(r->journal, HEX) &&
		r->first <= r->last && is_made_of(r->time, "0123456789-:.TZ");
}

int receipt_put(struct receipt *r, const struct sign_secret *key, struct buf *out)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(RECEIPT_BYTES_MAX);
	int e = is_valid(r) ? put_text(r, &text) : -EINVAL;

	if (e == 0)
		e = sign_message(key, WORD, buf_view(&text), r->signature.bytes);
	if (e < 0)
		return e;
	memcpy(r->signature.id, key->public.id, SIGN_ID_TEXT);
	return put_whole(r, out);
}

/* The word behind `key`, up to `end`. */
static bool word(struct view *rest, const char *key, char end, char *ret, size_t size)
{
	size_t n = strlen(key);
	const uint8_t *to;

	if (!view_starts(*rest, view_str(key)))
		return false;
	*rest = view_sub(*rest, n, rest->n);
	to = rest->n ? memchr(rest->p, end, rest->n) : NULL;
	n = to ? (size_t)(to - rest->p) : 0;
	if (!to || n >= size || memchr(rest->p, 0, n))
		return false;
	memcpy(ret, rest->p, n);
	ret[n] = 0;
	*rest = view_sub(*rest, n + 1, rest->n);
	return true;
}

static bool number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!is_made_of(s, "0123456789") || strlen(s) > 18)
		return false;
	for (; *s; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	*ret = v;
	return true;
}

static bool digest(const char *s, uint8_t ret[SHA256_SIZE])
{
	if (strlen(s) != 2 * SHA256_SIZE || !is_made_of(s, HEX))
		return false;
	for (size_t i = 0; i < 2 * SHA256_SIZE; i++)
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (strchr(HEX, s[i]) - HEX));
	return true;
}

static bool read_members(struct view rest, struct receipt *r)
{
	char first[24], last[24], hash[80], statement[80], signature[100];

	return word(&rest, MAGIC "host ", '\n', r->host, sizeof(r->host)) &&
		word(&rest, "journal ", '\n', r->journal, sizeof(r->journal)) &&
		word(&rest, "records ", ' ', first, sizeof(first)) &&
		word(&rest, "", '\n', last, sizeof(last)) &&
		word(&rest, "hash ", '\n', hash, sizeof(hash)) &&
		word(&rest, "statement ", '\n', statement, sizeof(statement)) &&
		word(&rest, "time ", '\n', r->time, sizeof(r->time)) &&
		word(&rest, "end\nsignature ", ' ', r->signature.id, sizeof(r->signature.id)) &&
		word(&rest, "", '\n', signature, sizeof(signature)) && rest.n == 0 &&
		number(first, &r->first) && number(last, &r->last) && digest(hash, r->hash) &&
		digest(statement, r->statement) &&
		sign_base64_get(view_str(signature), r->signature.bytes, SIGN_SIZE) == 0;
}

int receipt_parse(struct view v, struct receipt *ret)
{
	cleanup_with(buf_done) struct buf again = BUF_INIT(RECEIPT_BYTES_MAX);
	struct receipt r = {0};

	if (v.n > RECEIPT_BYTES_MAX || !read_members(v, &r) || !is_valid(&r))
		return -EBADMSG;
	/* One text for one receipt: no other spelling of a number, no blanks. */
	if (put_whole(&r, &again) < 0 || !view_eq(buf_view(&again), v))
		return -EBADMSG;
	*ret = r;
	return 0;
}

int receipt_check(const struct receipt *r, const struct sign_public *keys, size_t n)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(RECEIPT_BYTES_MAX);
	int e = put_text(r, &text);

	for (size_t i = 0; e == 0 && i < n; i++) {
		if (strcmp(keys[i].id, r->signature.id) != 0)
			continue;
		e = sign_verify(&keys[i], WORD, buf_view(&text), r->signature.bytes);
		if (e != SIGN_INVALID)
			return e;
		e = 0;
	}
	return e < 0 ? e : SIGN_INVALID;
}
