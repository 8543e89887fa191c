/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/mbox.h"

#include <stdio.h>
#include <string.h>

#include "extract/mail.h"

/* Bytes of a "From " line, and of a header's name. */
#define FROM_MAX       512
#define NAME_MAX_BYTES 40

/* The length of the line at the start of `v`, its end included, if it is "From who when YYYY". */
static size_t from_line(struct view v)
{
	struct view line = view_sub(v, 0, FROM_MAX);
	const uint8_t *nl;
	size_t n, digits = 0;

	if (!view_starts(v, VIEW_LIT("From ")))
		return 0;
	nl = memchr(line.p, '\n', line.n);
	if (!nl)
		return 0;
	n = (size_t)(nl - line.p);
	/* a time is there, and a year, perhaps with a zone behind it */
	if (!memchr(line.p, ':', n))
		return 0;
	for (size_t i = 5; i < n && digits < 4; i++)
		digits = line.p[i] >= '0' && line.p[i] <= '9' ? digits + 1 : 0;
	return digits == 4 ? n + 1 : 0;
}

/* Where the next message begins behind `at`: a "From " line after an empty one. */
static size_t next_message(struct view v, size_t at)
{
	while (at < v.n) {
		const uint8_t *p = memmem(v.p + at, v.n - at, "\nFrom ", 6);
		size_t line;

		if (!p)
			break;
		line = (size_t)(p - v.p) + 1;
		if ((line >= 2 && v.p[line - 2] == '\n') ||
			(line >= 3 && v.p[line - 2] == '\r' && v.p[line - 3] == '\n'))
			if (from_line(view_sub(v, line, v.n)) > 0)
				return line;
		at = line;
	}
	return v.n;
}

/* "Subject: " or another header: after a "From " line one is enough. */
static bool starts_header(struct view v)
{
	size_t n = 0;

	while (n < v.n && n < NAME_MAX_BYTES &&
		(((v.p[n] | 0x20) >= 'a' && (v.p[n] | 0x20) <= 'z') || v.p[n] == '-'))
		n++;
	return n > 1 && n + 1 < v.n && v.p[n] == ':' && (v.p[n + 1] == ' ' || v.p[n + 1] == '\t');
}

int mbox_bid(struct view content)
{
	size_t n = from_line(content);

	return n > 0 && starts_header(view_sub(content, n, content.n)) ? BID_MAGIC : BID_NONE;
}

static int read_message(struct extractor *x, struct view message, unsigned number)
{
	char name[32];
	size_t path;
	int n = snprintf(name, sizeof(name), "message %u", number);
	int r = extractor_enter(x, view_of(name, (size_t)n), &path);

	if (r != 0)
		return r;
	r = mail_extract(x, message);
	extractor_leave(x, path);
	return r;
}

int mbox_extract(struct extractor *x, struct view content)
{
	unsigned number = 1;

	for (size_t at = 0; at < content.n; number++) {
		size_t head = from_line(view_sub(content, at, content.n));
		size_t end = next_message(content, at + head);
		int r = extractor_tick(x, end - at);

		if (r == 0)
			r = read_message(x, view_sub(content, at + head, end - at - head), number);
		if (r != 0)
			return r == EXTRACT_OUTSIDE ? 0 : r;
		at = end;
	}
	return 0;
}

/* A line with the number of the mail's bytes, the mail, a property list. */
static bool emlx_mail(struct view v, struct view *ret)
{
	size_t i, n = 0;

	for (i = 0; i < v.n && i < 10 && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		n = n * 10 + (size_t)(v.p[i] - '0');
	if (i == 0)
		return false;
	while (i < v.n && v.p[i] == ' ')
		i++;
	if (i >= v.n || v.p[i] != '\n')
		return false;
	*ret = view_sub(v, i + 1, n);
	return true;
}

int emlx_bid(struct view content)
{
	struct view mail;

	return emlx_mail(content, &mail) && mail_bid(mail) != BID_NONE ? BID_MAGIC : BID_NONE;
}

int emlx_extract(struct extractor *x, struct view content)
{
	struct view mail;

	return emlx_mail(content, &mail) ? mail_extract(x, mail) : 0;
}
