/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/cms.h"

#include <string.h>

#include "extract/html.h"
#include "extract/html_style.h"
#include "extract/mail.h"
#include "extract/mail_coding.h"

/* Tags of BER */
enum {
	OCTETS = 0x04,
	OBJECT = 0x06,
	SEQUENCE = 0x30,
	OCTETS_IN_PIECES = 0x24,
	CONTENT = 0xa0, /* [0] */
};

struct value {
	uint8_t tag;
	struct view body;
	size_t size; /* with header, and the end mark of an open length */
};

/* 1.2.840.113549.1.7, and .1.9.16.1.9 and .1.9.16.1.23 beside it */
static const struct view pkcs7 = VIEW_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07");
static const struct view smime = VIEW_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01");

enum {
	SIGNED = 2,
	SMIME_COMPRESSED = 9,
};

static bool get(struct view v, unsigned depth, struct value *ret);

/* The size of values up to the end mark of an open length; SIZE_MAX where there is none. */
static size_t until_mark(struct view v, unsigned depth)
{
	size_t at = 0;
	struct value in;

	while (at + 2 <= v.n) {
		if (v.p[at] == 0 && v.p[at + 1] == 0)
			return at;
		if (!get(view_sub(v, at, v.n), depth + 1, &in))
			break;
		at += in.size;
	}
	return SIZE_MAX;
}

static bool get(struct view v, unsigned depth, struct value *ret)
{
	size_t n = 0, head = 2;

	if (v.n < 2 || depth > CMS_DEPTH_MAX || (v.p[0] & 0x1f) == 0x1f)
		return false;
	ret->tag = v.p[0];
	if (v.p[1] == 0x80) {
		n = until_mark(view_sub(v, 2, v.n), depth);
		if (n == SIZE_MAX)
			return false;
		ret->body = view_sub(v, 2, n);
		ret->size = n + 4;
		return true;
	}
	if (v.p[1] < 0x80) {
		n = v.p[1];
	} else {
		unsigned bytes = v.p[1] & 0x7f;

		if (bytes > 4 || v.n < 2 + bytes)
			return false;
		for (unsigned i = 0; i < bytes; i++)
			n = n << 8 | v.p[2 + i];
		head += bytes;
	}
	if (n > v.n - head)
		return false;
	ret->body = view_sub(v, head, n);
	ret->size = head + n;
	return true;
}

/* The value at the start of `v`, of this kind; `v` goes behind it. */
static bool take(struct view *v, uint8_t tag, struct value *ret)
{
	if (!get(*v, 0, ret) || ret->tag != tag)
		return false;
	*v = view_sub(*v, ret->size, v->n);
	return true;
}

/* Between the lines that say what it is; empty where the content is no such text. */
static struct view armoured(struct view v)
{
	static const struct view begins[] = {
		VIEW_LIT("-----BEGIN PKCS7-----"), VIEW_LIT("-----BEGIN CMS-----")};
	const uint8_t *end;

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (view_starts(v, begins[i])) {
			v = view_sub(v, begins[i].n, v.n);
			end = v.n > 0 ? memmem(v.p, v.n, "-----END", 8) : NULL;
			return end ? view_of(v.p, (size_t)(end - v.p)) : v;
		}
	return VIEW_EMPTY;
}

/* The first header alone says so; its length may be open or cut. */
int cms_bid(struct view content)
{
	struct view head = view_sub(content, 0, 24);
	size_t at;

	if (armoured(content).n > 0)
		return BID_MAGIC;
	if (head.n < 24 || head.p[0] != SEQUENCE)
		return BID_NONE;
	at = 2 + (head.p[1] > 0x80 ? head.p[1] & 0x7fU : 0);
	head = view_sub(head, at, head.n);
	if (head.n < 10 || head.p[0] != OBJECT)
		return BID_NONE;
	head = view_sub(head, 2, head.n);
	return view_starts(head, pkcs7) || view_starts(head, smime) ? BID_MAGIC : BID_NONE;
}

/* A string, whole or in pieces. */
static int put_octets(struct view v, unsigned depth, struct buf *out)
{
	struct value in;
	int r = 0;

	while (r == 0 && v.n >= 2 && depth < CMS_DEPTH_MAX && get(v, depth, &in)) {
		if (in.tag == OCTETS)
			r = buf_put_view(out, in.body);
		else if (in.tag == OCTETS_IN_PIECES)
			r = put_octets(in.body, depth + 1, out);
		v = view_sub(v, in.size, v.n);
	}
	return r;
}

/* What a mail program signs has headers of a part, which say too little for a bid. */
static int read_content(struct extractor *x, struct view v)
{
	struct view name = VIEW_LIT("signed");
	size_t path;
	int r;

	if (!html_is(view_sub(v, 0, 8), "content-") && !html_is(view_sub(v, 0, 5), "mime-"))
		return extractor_nested(x, name, v);
	r = extractor_enter(x, name, &path);
	if (r != 0)
		return r == EXTRACT_OUTSIDE ? 0 : r;
	r = mail_extract(x, v);
	extractor_leave(x, path);
	return r;
}

/* SignedData: version, algorithms, what is signed. */
static int read_signed(struct extractor *x, struct view v)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct value in;
	int r;

	if (!take(&v, SEQUENCE, &in))
		goto damaged;
	v = in.body;
	for (unsigned i = 0; i < 2; i++) {
		if (!get(v, 0, &in))
			goto damaged;
		v = view_sub(v, in.size, v.n);
	}
	if (!take(&v, SEQUENCE, &in))
		goto damaged;
	v = in.body;
	if (!take(&v, OBJECT, &in))
		goto damaged;
	/* Detached: what is signed stands elsewhere. */
	if (!take(&v, CONTENT, &in))
		return 0;
	r = put_octets(in.body, 0, &out);
	if (r < 0)
		return r;
	r = extractor_tick(x, out.n);
	if (r != 0 || out.n == 0 || !extractor_charge(x, out.n))
		return r;
	return read_content(x, buf_view(&out));
damaged:
	extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return 0;
}

int cms_extract(struct extractor *x, struct view content)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct view text = armoured(content);
	struct value in;
	unsigned kind;
	bool is_smime;
	int r = mail_base64(text, &decoded);

	if (r == 0)
		r = extractor_tick(x, text.n);
	if (r != 0)
		return r;
	if (text.n > 0)
		content = buf_view(&decoded);
	if (!take(&content, SEQUENCE, &in)) {
		/* Cut; what it was can still be said. */
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		return 0;
	}
	content = in.body;
	if (!take(&content, OBJECT, &in) || in.body.n == 0)
		return 0;
	kind = in.body.p[in.body.n - 1];
	is_smime = view_starts(in.body, smime);
	if (is_smime && kind == SMIME_COMPRESSED) {
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
		return 0;
	}
	if (is_smime || kind != SIGNED) {
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
		return 0;
	}
	return take(&content, CONTENT, &in) ? read_signed(x, in.body) : 0;
}
