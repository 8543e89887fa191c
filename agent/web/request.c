/* SPDX-License-Identifier: Apache-2.0 */
#include "web/request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static int nibble(uint8_t c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* Appends `raw` without its %xx (and, in a query, "+" as a blank). */
static int decode(struct view raw, bool plus, struct buf *ret)
{
	size_t start = ret->n;

	for (size_t i = 0; i < raw.n; i++) {
		uint8_t c = raw.p[i];
		int r;

		if (c == '%') {
			int high = i + 2 < raw.n ? nibble(raw.p[i + 1]) : -1;
			int low = i + 2 < raw.n ? nibble(raw.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -EBADMSG;
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		} else if (c <= 0x20) {
			return -EBADMSG;
		}
		if (c < 0x20 || c == 0x7f)
			return -EBADMSG;
		r = buf_put_byte(ret, c);
		if (r < 0)
			return r;
	}
	/* There is no NUL in it. */
	if (buf_put_byte(ret, 0) < 0)
		return -ENOMEM;
	ret->n--;
	return utf8_is_text((const char *)ret->p + start) ? 0 : -EBADMSG;
}

static bool is_plain_path(struct view p)
{
	if (p.n == 0 || p.p[0] != '/')
		return false;
	for (size_t i = 0; i < p.n;) {
		size_t from = i + 1, to = from;

		while (to < p.n && p.p[to] != '/')
			to++;
		/* The last part may be empty: "/" and "/incidents/". */
		if (to == from && to < p.n)
			return false;
		if (p.p[i] != '/' || memchr(p.p + from, '\\', to - from))
			return false;
		if ((to - from == 1 && p.p[from] == '.') ||
			(to - from == 2 && p.p[from] == '.' && p.p[from + 1] == '.'))
			return false;
		i = to;
	}
	return true;
}

int request_uri(struct view raw, struct buf *ret_path, struct view *ret_query)
{
	const uint8_t *mark = raw.n ? memchr(raw.p, '?', raw.n) : NULL;
	struct view path = mark ? view_of(raw.p, (size_t)(mark - raw.p)) : raw;
	int r;

	if (raw.n == 0 || raw.n > REQUEST_URI_MAX || raw.p[0] != '/')
		return -EBADMSG;
	/* A "/" that is written otherwise is no separator to others. */
	for (size_t i = 0; i + 2 < path.n; i++)
		if (path.p[i] == '%' &&
			((path.p[i + 1] == '2' && (path.p[i + 2] | 0x20) == 'f') ||
				(path.p[i + 1] == '5' && (path.p[i + 2] | 0x20) == 'c')))
			return -EBADMSG;
	r = decode(path, false, ret_path);
	if (r == 0 && !is_plain_path(buf_view(ret_path)))
		r = -EBADMSG;
	*ret_query = mark ? view_of(mark + 1, (size_t)(raw.p + raw.n - mark - 1)) : VIEW_EMPTY;
	return r;
}

void request_query_done(struct request_query *q)
{
	buf_done(&q->storage);
	q->n = 0;
}

static int add_pair(struct request_query *q, struct view raw)
{
	const uint8_t *is = raw.n ? memchr(raw.p, '=', raw.n) : NULL;
	size_t n = is ? (size_t)(is - raw.p) : raw.n, at = q->storage.n, middle;
	int r;

	if (raw.n == 0)
		return 0;
	if (q->n >= REQUEST_PAIRS_MAX)
		return -E2BIG;
	r = decode(view_of(raw.p, n), true, &q->storage);
	middle = q->storage.n;
	if (r == 0 && is)
		r = decode(view_of(is + 1, raw.n - n - 1), true, &q->storage);
	if (r < 0)
		return r;
	q->v[q->n++] = (struct request_pair){view_of(q->storage.p + at, middle - at),
		view_of(q->storage.p + middle, q->storage.n - middle)};
	return 0;
}

int request_query(struct view raw, struct request_query *ret)
{
	int r;

	*ret = (struct request_query){.storage = BUF_INIT(REQUEST_URI_MAX + 1)};
	if (raw.n > REQUEST_URI_MAX)
		return -E2BIG;
	/* It never gets longer, and so stays where it is. */
	r = buf_reserve(&ret->storage, raw.n + 1);
	for (size_t at = 0; r == 0 && at < raw.n;) {
		const uint8_t *end = memchr(raw.p + at, '&', raw.n - at);
		size_t n = end ? (size_t)(end - raw.p) - at : raw.n - at;

		r = add_pair(ret, view_of(raw.p + at, n));
		at += n + 1;
	}
	if (r < 0)
		request_query_done(ret);
	return r;
}

struct view request_get(const struct request_query *q, const char *key)
{
	for (size_t i = 0; i < q->n; i++)
		if (view_eq(q->v[i].key, view_str(key)))
			return q->v[i].value;
	return VIEW_EMPTY;
}

int request_number(const struct request_query *q, const char *key, uint64_t max, uint64_t standard,
	uint64_t *ret)
{
	struct view v = request_get(q, key);
	uint64_t n = 0;

	if (v.n == 0) {
		*ret = standard;
		return 0;
	}
	if (v.n > 18)
		return -EBADMSG;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return -EBADMSG;
		n = n * 10 + (v.p[i] - '0');
	}
	if (n > max)
		return -EBADMSG;
	*ret = n;
	return 0;
}

bool request_cookie(struct view header, const char *name, struct view *ret)
{
	size_t length = strlen(name);
	unsigned found = 0;

	for (size_t at = 0; at < header.n;) {
		const uint8_t *end = memchr(header.p + at, ';', header.n - at);
		size_t n = end ? (size_t)(end - header.p) - at : header.n - at;
		struct view one = view_of(header.p + at, n);

		while (one.n > 0 && *one.p == ' ')
			one = view_sub(one, 1, one.n - 1);
		while (one.n > 0 && one.p[one.n - 1] == ' ')
			one.n--;
		if (one.n > length && memcmp(one.p, name, length) == 0 && one.p[length] == '=') {
			*ret = view_sub(one, length + 1, one.n - length - 1);
			found++;
		}
		at += n + 1;
	}
	return found == 1;
}

static bool is_port(struct view v)
{
	uint32_t port = 0;

	if (v.n == 0 || v.n > 5)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		port = port * 10 + (v.p[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX;
}

bool request_host(struct view host)
{
	static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		size_t n = strlen(own[i]);

		if (host.n < n || strncasecmp((const char *)host.p, own[i], n) != 0)
			continue;
		if (host.n == n)
			return true;
		return host.p[n] == ':' && is_port(view_sub(host, n + 1, host.n - n - 1));
	}
	return false;
}

bool request_origin(struct view origin, struct view host)
{
	static const char scheme[] = "http://";
	size_t n = strlen(scheme);

	return origin.n == n + host.n && memcmp(origin.p, scheme, n) == 0 &&
		memcmp(origin.p + n, host.p, host.n) == 0;
}

bool request_same_secret(struct view a, struct view b)
{
	uint8_t differ = 0;

	if (a.n != b.n || a.n == 0)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ |= (uint8_t)(a.p[i] ^ b.p[i]);
	return differ == 0;
}
