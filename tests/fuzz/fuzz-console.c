/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers send to the console: address, query and filter, cookie, host, origin, JSON. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_read.h"
#include "web/filter.h"
#include "web/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_uri(struct view v)
{
	struct buf path = BUF_INIT(REQUEST_URI_MAX + 1);
	struct view query;

	if (request_uri(v, &path, &query) == 0) {
		assert(path.n > 0 && path.p[0] == '/' && path.n <= v.n);
		assert(!memchr(path.p, 0, path.n));
		assert(!memmem(path.p, path.n, "/../", 4) && !memmem(path.p, path.n, "//", 2));
	}
	buf_done(&path);
}

static void try_query(struct view v)
{
	struct request_query q;
	const char *why = NULL;
	struct filter f;
	uint64_t n;

	if (request_query(v, &q) < 0)
		return;
	for (size_t i = 0; i < q.n; i++)
		assert(q.v[i].key.n + q.v[i].value.n <= v.n);
	if (request_number(&q, "limit", 1000, 7, &n) == 0)
		assert(n <= 1000);
	if (filter_parse(&q, &f, &why) == 0)
		assert(f.filter.n_terms <= CATALOG_TERMS_MAX && f.page.limit >= 1 &&
			f.page.limit <= CATALOG_PAGE_MAX);
	else
		assert(why);
	request_query_done(&q);
}

static void try_headers(struct view v)
{
	const uint8_t *zero = v.n ? memchr(v.p, 0, v.n) : NULL;
	size_t n = zero ? (size_t)(zero - v.p) : v.n;
	struct view a = view_sub(v, 0, n), b = view_sub(v, n + 1, v.n), cookie;

	if (request_cookie(a, "sealgate_session", &cookie))
		assert(cookie.n <= a.n);
	if (request_host(a))
		assert(a.n <= strlen("127.0.0.1:65535"));
	if (request_origin(b, a))
		assert(b.n == a.n + strlen("http://"));
	assert(request_same_secret(a, a) == (a.n > 0));
}

static void try_json(struct view v)
{
	struct buf text = BUF_INIT(0);
	struct json_doc d;

	if (buf_put_view(&text, v) == 0 && json_read(&text, &d) == 0) {
		assert(d.n >= 1 && d.n <= JSON_READ_VALUES_MAX && d.v[0].next == d.n);
		for (uint32_t i = 0; i < d.n; i++) {
			const struct json_value *item = NULL;
			uint32_t n = 0;
			struct view s;

			while ((item = json_next(&d, &d.v[i], item)))
				n++;
			assert(n == d.v[i].n);
			if (json_get_text(&d.v[i], &s))
				assert(!s.n || !memchr(s.p, 0, s.n));
		}
		(void)json_get(&d, d.v, "ids");
		json_doc_done(&d);
	}
	buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct view v) = {try_uri, try_query, try_headers, try_json};

	if (size > 0)
		tries[data[0] % ARRAY_SIZE(tries)](view_of(data + 1, size - 1));
	return 0;
}
