/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/mail.h"

#include <errno.h>
#include <string.h>

#include "extract/cms.h"
#include "extract/html.h"
#include "extract/html_style.h"
#include "extract/mail_coding.h"
#include "extract/pgp.h"
#include "extract/plain.h"
#include "extract/uu.h"

struct header {
	struct view name, value; /* folded, raw */
};

struct part {
	struct view type; /* "text/plain" */
	struct view charset;
	struct view boundary;
	struct view type_header, disposition; /* whole: they have the file's name */
	struct view coding;
	bool is_attachment;
};

static struct view trim(struct view v)
{
	while (v.n > 0 && v.p[0] <= ' ')
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && v.p[v.n - 1] <= ' ')
		v.n--;
	return v;
}

/* The next header of `head`, with its folded lines; false where none is left. */
static bool next_header(struct view *head, struct header *ret)
{
	size_t n = 0, colon = 0;

	for (;;) {
		const uint8_t *nl = memchr(head->p + n, '\n', head->n - n);

		n = nl ? (size_t)(nl - head->p) + 1 : head->n;
		if (n >= head->n || (head->p[n] != ' ' && head->p[n] != '\t'))
			break;
	}
	if (n == 0)
		return false;
	while (colon < n && head->p[colon] > ' ' && head->p[colon] != ':')
		colon++;
	*ret = (struct header){.name = view_sub(*head, 0, colon)};
	if (colon < n && head->p[colon] == ':')
		ret->value = trim(view_sub(*head, colon + 1, n - colon - 1));
	else
		ret->name = VIEW_EMPTY;
	*head = view_sub(*head, n, head->n);
	return true;
}

/* Splits at the first empty line. */
static void split(struct view content, struct view *ret_head, struct view *ret_body)
{
	struct view in = view_sub(content, 0, MAIL_HEADERS_MAX);
	size_t at = 0;

	while (at < in.n) {
		const uint8_t *nl = memchr(in.p + at, '\n', in.n - at);
		size_t line = nl ? (size_t)(nl - in.p) - at : in.n - at;

		if (line == 0 || (line == 1 && in.p[at] == '\r')) {
			*ret_head = view_sub(content, 0, at);
			*ret_body = view_sub(content, at + line + 1, content.n);
			return;
		}
		at += line + 1;
	}
	*ret_head = in;
	*ret_body = view_sub(content, in.n, content.n);
}

int mail_bid(struct view content)
{
	static const char *const known[] = {"from", "to", "subject", "date", "received",
		"mime-version", "content-type", "return-path", "message-id", "delivered-to",
		"reply-to", "cc", NULL};
	struct view head, body;
	struct header h;
	unsigned hits = 0, strange = 0, mime = 0;

	if (content.n < 20 || content.p[0] < 'A' || content.p[0] > 'z')
		return BID_NONE;
	split(view_sub(content, 0, (size_t)16 << 10), &head, &body);
	while (head.n > 0 && next_header(&head, &h)) {
		unsigned before = hits;

		for (size_t i = 0; known[i]; i++)
			hits += html_is(h.name, known[i]);
		/* Saved web pages have little more than these. */
		mime += html_is(h.name, "mime-version") || html_is(h.name, "content-type");
		/* "From x@y Mon ..." of mailboxes has no colon */
		if (h.name.n == 0 && !(before == 0 && strange == 0))
			strange++;
		if (strange > 0)
			break;
	}
	return (hits >= 3 || mime >= 2) && strange == 0 ? BID_CONTENT : BID_NONE;
}

bool mail_is_telling(struct view name)
{
	static const char *const whole[] = {"subject", "comments", "keywords", "sensitivity", NULL};
	static const char *const parts[] = {"classif", "label", "sensitiv", "msip", "security",
		"marking", "confiden", "do-mat", "domat", "phan-loai", "luu-hanh", NULL};

	for (size_t i = 0; whole[i]; i++)
		if (html_is(name, whole[i]))
			return true;
	for (size_t i = 0; parts[i]; i++)
		if (html_contains(name, parts[i]))
			return true;
	return false;
}

static int emit_header(struct extractor *x, const struct header *h)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct block b = {.place = PLACE_MAIL_HEADER, .flags = BLOCK_TOP, .name = h->name};
	int r = mail_words(h->value, &text);

	if (r < 0)
		return r;
	b.text = buf_view(&text);
	return extractor_emit(x, &b);
}

int mail_headers(struct extractor *x, struct view head)
{
	struct header h;
	int r = 0;

	head = view_sub(head, 0, MAIL_HEADERS_MAX);
	while (r == 0 && head.n > 0 && next_header(&head, &h)) {
		r = extractor_tick(x, h.value.n + 64);
		if (r == 0 && mail_is_telling(h.name))
			r = emit_header(x, &h);
	}
	return r;
}

static struct view until_semicolon(struct view v)
{
	const uint8_t *p = v.n > 0 ? memchr(v.p, ';', v.n) : NULL;

	return trim(p ? view_sub(v, 0, (size_t)(p - v.p)) : v);
}

static void part_header(struct part *p, const struct header *h)
{
	if (html_is(h->name, "content-type")) {
		p->type = until_semicolon(h->value);
		p->charset = mail_parameter(h->value, "charset");
		p->boundary = mail_parameter(h->value, "boundary");
		p->type_header = h->value;
	} else if (html_is(h->name, "content-transfer-encoding")) {
		p->coding = until_semicolon(h->value);
	} else if (html_is(h->name, "content-disposition")) {
		p->disposition = h->value;
		p->is_attachment = html_is(until_semicolon(h->value), "attachment");
	}
}

static int read_part(struct extractor *x, struct view content, unsigned depth);

/* The parts between the boundary's lines; what stands before the first is for old readers. */
static int read_multipart(
	struct extractor *x, struct view boundary, struct view body, unsigned depth)
{
	size_t at = 0, start = SIZE_MAX;
	int r = 0;

	if (depth >= MAIL_DEPTH_MAX) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}
	while (r == 0 && at < body.n) {
		const uint8_t *nl = memchr(body.p + at, '\n', body.n - at);
		size_t end = nl ? (size_t)(nl - body.p) + 1 : body.n;
		struct view line = view_sub(body, at, end - at);

		struct view tail = view_sub(line, 2 + boundary.n, line.n);

		/* A longer boundary may begin like this one. */
		if (view_starts(line, VIEW_LIT("--")) &&
			view_starts(view_sub(line, 2, line.n), boundary) &&
			(tail.n == 0 || tail.p[0] <= ' ' || view_starts(tail, VIEW_LIT("--")))) {
			if (start != SIZE_MAX)
				r = read_part(x, view_sub(body, start, at - start), depth + 1);
			start = end;
			if (view_starts(tail, VIEW_LIT("--")))
				start = SIZE_MAX;
		}
		if (r == 0)
			r = extractor_tick(x, line.n + 16);
		at = end;
	}
	/* The last boundary may be missing. */
	if (r == 0 && start != SIZE_MAX && start < body.n)
		r = read_part(x, view_sub(body, start, body.n), depth + 1);
	return r;
}

static int read_lines(struct extractor *x, struct view content, const enum encoding *hint)
{
	int r;

	if (content.n == 0)
		return 0;
	r = plain_extract(x, content, PLACE_MAIL_BODY, hint);
	return r == EXTRACT_NO_TEXT ? extractor_nested(x, VIEW_LIT("body"), content) : r;
}

static int read_text(struct extractor *x, const struct part *p, struct view content, bool html)
{
	enum encoding e;
	const enum encoding *hint = encoding_parse(p->charset, &e) == 0 ? &e : NULL;
	struct uu_file file;
	int r = 0;

	if (html)
		return html_extract_as(x, content, PLACE_MAIL_BODY, hint);
	if (pgp_find(content) != SIZE_MAX)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
	while (r == 0 && uu_find(content, &file)) {
		r = read_lines(x, file.before, hint);
		if (r == 0)
			r = uu_read(x, &file);
		content = file.after;
	}
	return r == 0 ? read_lines(x, content, hint) : r;
}

static int read_attachment(struct extractor *x, const struct part *p, struct view content)
{
	cleanup_with(buf_done) struct buf name = BUF_INIT(0);
	int r = mail_parameter_text(p->disposition, "filename", &name);

	if (r == 0 && name.n == 0)
		r = mail_parameter_text(p->type_header, "name", &name);
	if (r == 0 && name.n > 0)
		r = extractor_file_name(x, buf_view(&name));
	else if (r == 0)
		r = buf_put_str(
			&name, html_is(p->type, "message/rfc822") ? "message" : "attachment");
	return r == 0 ? extractor_nested(x, buf_view(&name), content) : r;
}

static int read_body(struct extractor *x, const struct part *p, struct view content)
{
	bool html = html_is(p->type, "text/html");

	bool sealed = html_is(p->type, "application/pkcs7-mime") ||
		html_is(p->type, "application/x-pkcs7-mime");

	/* Signed ones can be read; what is no such thing at all is taken at its word. */
	if ((sealed && cms_bid(content) == BID_NONE) ||
		html_is(p->type, "application/pgp-encrypted")) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
		return 0;
	}
	if (html_is(p->type, "application/pgp-signature"))
		return 0;
	if (!p->is_attachment && (html || p->type.n == 0 || html_is(p->type, "text/plain")))
		return read_text(x, p, content, html);
	return content.n > 0 ? read_attachment(x, p, content) : 0;
}

static int read_part(struct extractor *x, struct view content, unsigned depth)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct view head, body;
	struct part p = {0};
	struct header h;
	int r = 0;

	split(content, &head, &body);
	while (r == 0 && head.n > 0 && next_header(&head, &h)) {
		part_header(&p, &h);
		r = extractor_tick(x, h.value.n + 64);
		if (r == 0 && mail_is_telling(h.name))
			r = emit_header(x, &h);
	}
	if (r != 0)
		return r;
	if (p.boundary.n > 0 && html_contains(view_sub(p.type, 0, 10), "multipart/"))
		return read_multipart(x, p.boundary, body, depth);
	if (html_is(p.coding, "base64"))
		r = mail_base64(body, &decoded);
	else if (html_is(p.coding, "quoted-printable"))
		r = mail_quoted(body, false, &decoded);
	else
		return read_body(x, &p, body);
	if (r < 0)
		return r;
	if (!extractor_charge(x, decoded.n))
		return 0;
	r = extractor_tick(x, decoded.n);
	return r == 0 ? read_body(x, &p, buf_view(&decoded)) : r;
}

int mail_extract(struct extractor *x, struct view content)
{
	return read_part(x, content, 0);
}
