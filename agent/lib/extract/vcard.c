/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/vcard.h"

#include <errno.h>
#include <string.h>

#include "extract/html.h"
#include "extract/html_style.h"
#include "extract/mail_coding.h"
#include "extract/plain.h"

static struct view begin(struct view v)
{
	if (view_starts(v, VIEW_LIT("\xef\xbb\xbf")))
		v = view_sub(v, 3, v.n);
	return v;
}

int vcard_bid(struct view content)
{
	struct view v = begin(content);

	return html_is(view_sub(v, 0, 15), "begin:vcalendar") ||
			html_is(view_sub(v, 0, 11), "begin:vcard") ||
			html_is(view_sub(v, 0, 12), "begin:vevent")
		? BID_MAGIC
		: BID_NONE;
}

/* A line break with a blank behind it is none. */
static int unfold(struct view in, struct buf *out)
{
	int r = buf_reserve(out, in.n);

	for (size_t i = 0; r == 0 && i < in.n; i++) {
		size_t n = in.p[i] == '\r' && i + 1 < in.n && in.p[i + 1] == '\n' ? 2 : 1;

		if (in.p[i + n - 1] == '\n' && i + n < in.n &&
			(in.p[i + n] == ' ' || in.p[i + n] == '\t')) {
			i += n;
			continue;
		}
		out->p[out->n++] = in.p[i];
	}
	return r;
}

/* The value behind the name and its parameters; a colon in quotes is no end of them. */
static struct view value_of(struct view line, struct view *ret_name)
{
	bool quoted = false;

	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"')
			quoted = !quoted;
		if (line.p[i] == ':' && !quoted) {
			*ret_name = view_sub(line, 0, i);
			return view_sub(line, i + 1, line.n);
		}
	}
	*ret_name = VIEW_EMPTY;
	return line;
}

static int put_unescaped(struct view v, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c == '\\' && i + 1 < v.n) {
			c = v.p[++i];
			c = c == 'n' || c == 'N' ? '\n' : c;
		}
		r = buf_put_byte(out, c);
	}
	return r;
}

static int put_line(struct view line, struct buf *scratch, struct buf *out)
{
	struct view name, value = value_of(line, &name);
	int r = 0;

	buf_clear(scratch);
	if (html_contains(name, "quoted-printable")) {
		r = mail_quoted(value, false, scratch);
		value = buf_view(scratch);
	}
	if (r == 0)
		r = put_unescaped(value, out);
	return r == 0 ? buf_put_byte(out, '\n') : r;
}

int vcard_extract(struct extractor *x, struct view content)
{
	cleanup_with(buf_done) struct buf unfolded = BUF_INIT(0), scratch = BUF_INIT(0),
					  out = BUF_INIT(0);
	struct view rest;
	int r = unfold(begin(content), &unfolded);

	extractor_format(
		x, html_is(view_sub(begin(content), 0, 11), "begin:vcard") ? "vcf" : "ics");
	rest = buf_view(&unfolded);
	while (r == 0 && rest.n > 0) {
		const uint8_t *nl = memchr(rest.p, '\n', rest.n);
		size_t n = nl ? (size_t)(nl - rest.p) : rest.n;
		struct view line = view_sub(rest, 0, n);

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		/* Quoted-printable has folding of its own. */
		r = put_line(line, &scratch, &out);
		rest = view_sub(rest, n + 1, rest.n);
		if (r == 0)
			r = extractor_tick(x, n + 16);
	}
	if (r != 0)
		return r;
	r = plain_extract(x, buf_view(&out), PLACE_BODY, NULL);
	if (r == EXTRACT_NO_TEXT) {
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
		return 0;
	}
	return r;
}
