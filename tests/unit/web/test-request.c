/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "../unit.h"

#include "web/filter.h"
#include "web/request.h"

static int uri(const char *text)
{
	struct buf path = BUF_INIT(REQUEST_URI_MAX + 1);
	struct view query;
	int r = request_uri(view_str(text), &path, &query);

	buf_done(&path);
	return r;
}

static void test_paths(void **state)
{
	static const char *const good[] = {"/", "/incidents", "/incidents/", "/a/b?x=../..",
		"/a%20b", "/b%C3%A1o", "/a..b", "/.a", "/...", "/a%3Fb"};
	static const char *const bad[] = {"", "x", "*", "http://h/", "//", "//a", "/a//b", "/.",
		"/..", "/./a", "/a/..", "/a/../b", "/%2e", "/%2e%2e/a", "/a/%2E.", "/%2f", "/a%2Fb",
		"/a%5cb", "/a\\b", "/%00", "/a%0a", "/%", "/%2", "/%zz", "/%ff", "/%c3", "/\x7f",
		"/a b", "/%ed%a0%80", "/%c0%af"};
	char longest[REQUEST_URI_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(uri(good[i]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(uri(bad[i]), -EBADMSG);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[REQUEST_URI_MAX] = 0;
	assert_int_equal(uri(longest), 0);
	longest[REQUEST_URI_MAX] = 'a';
	longest[REQUEST_URI_MAX + 1] = 0;
	assert_int_equal(uri(longest), -EBADMSG);
}

static void test_queries(void **state)
{
	static const char *const bad[] = {
		"a=%00", "a=%0a", "a=%", "a=%f", "%zz", "a=%ff", "a=\x01"};
	char many[3 * REQUEST_PAIRS_MAX + 8];
	struct request_query q;
	uint64_t n;

	(void)state;
	assert_int_equal(request_query(VIEW_LIT("q=b%C3%A1o+c%2Bo&&x&y=&q=2&n=12"), &q), 0);
	assert_int_equal(q.n, 5);
	assert_true(view_eq(request_get(&q, "q"), VIEW_LIT("báo c+o")));
	assert_int_equal(request_get(&q, "x").n, 0);
	assert_int_equal(request_get(&q, "none").n, 0);
	assert_int_equal(request_number(&q, "n", 12, 1, &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(request_number(&q, "n", 11, 1, &n), -EBADMSG);
	assert_int_equal(request_number(&q, "q", 11, 1, &n), -EBADMSG);
	assert_int_equal(request_number(&q, "none", 11, 7, &n), 0);
	assert_int_equal(n, 7);
	request_query_done(&q);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(request_query(view_str(bad[i]), &q), -EBADMSG);
	for (size_t i = 0; i <= REQUEST_PAIRS_MAX; i++)
		memcpy(many + 2 * i, "a&", 2);
	assert_int_equal(request_query(view_of(many, 2 * REQUEST_PAIRS_MAX), &q), 0);
	request_query_done(&q);
	assert_int_equal(request_query(view_of(many, 2 * REQUEST_PAIRS_MAX + 2), &q), -E2BIG);
}

static void test_cookies(void **state)
{
	struct view v;

	(void)state;
	assert_true(request_cookie(VIEW_LIT("a=1; s=abc; b=2"), "s", &v));
	assert_true(view_eq(v, VIEW_LIT("abc")));
	assert_true(request_cookie(VIEW_LIT("s=a=b"), "s", &v));
	assert_true(view_eq(v, VIEW_LIT("a=b")));
	assert_false(request_cookie(VIEW_LIT("s=1; s=2"), "s", &v));
	assert_false(request_cookie(VIEW_LIT("xs=1; s"), "s", &v));
	assert_false(request_cookie(VIEW_LIT(""), "s", &v));
	assert_false(request_cookie(VIEW_LIT(";;; ;"), "s", &v));
}

static void test_hosts(void **state)
{
	static const char *const own[] = {
		"127.0.0.1", "127.0.0.1:8620", "LocalHost:1", "[::1]", "[::1]:65535"};
	static const char *const other[] = {"", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
		"127.0.0.1:1x", "127.0.0.10", "127.0.0.1.x", "localhost.", "localhost@x", "::1",
		"evil", "127.0.0.1 ", " 127.0.0.1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		assert_true(request_host(view_str(own[i])));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		assert_false(request_host(view_str(other[i])));
	assert_true(request_origin(VIEW_LIT("http://localhost:1"), VIEW_LIT("localhost:1")));
	assert_false(request_origin(VIEW_LIT("http://localhost:2"), VIEW_LIT("localhost:1")));
	assert_false(request_origin(VIEW_LIT("https://localhost:1"), VIEW_LIT("localhost:1")));
	assert_false(request_origin(VIEW_LIT("null"), VIEW_LIT("localhost:1")));
	assert_false(request_origin(VIEW_EMPTY, VIEW_LIT("localhost:1")));
	assert_true(request_same_secret(VIEW_LIT("ab"), VIEW_LIT("ab")));
	assert_false(request_same_secret(VIEW_LIT("ab"), VIEW_LIT("ac")));
	assert_false(request_same_secret(VIEW_EMPTY, VIEW_EMPTY));
}

static int parse(const char *text, struct filter *f)
{
	static struct request_query q;
	const char *why;

	request_query_done(&q);
	assert_int_equal(request_query(view_str(text), &q), 0);
	return filter_parse(&q, f, &why);
}

static void test_filters(void **state)
{
	static const char *const bad[] = {"x=1", "level=x", "level=%2B", "sort=x", "group=x",
		"limit=x", "limit=1001", "from=x", "to=2026-99-99", "not.q=x", "not.=1"};
	char many[CATALOG_TERMS_MAX * 7 + 8] = "";
	struct filter f;

	(void)state;
	assert_int_equal(parse("level=secret%2B&not.app=zalo&app=a&app=b&q=x&from=2026-11-23&"
			       "to=2026-11-23&sort=-level&limit=7&after=9&user=",
				 &f),
		0);
	assert_int_equal(f.filter.n_terms, 5);
	assert_int_equal(f.filter.terms[0].field, CATALOG_LEVEL);
	assert_true(f.filter.terms[2].not );
	assert_int_equal(f.filter.to - f.filter.from, UINT64_C(86400000000000) - 1);
	assert_int_equal(f.page.sort, CATALOG_SORT_LEVEL);
	assert_false(f.page.ascending || f.grouped);
	assert_int_equal(f.page.limit, 7);
	assert_int_equal(parse("group=rule&sort=time", &f), 0);
	assert_true(f.grouped && f.group == CATALOG_RULE && f.page.ascending);
	assert_int_equal(parse("", &f), 0);
	assert_int_equal(f.page.limit, FILTER_LIMIT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse(bad[i], &f), -EBADMSG);
	for (size_t i = 0; i <= CATALOG_TERMS_MAX; i++)
		memcpy(many + 6 * i, "app=a&", 7);
	assert_int_equal(parse(many, &f), -EBADMSG);
	many[6 * CATALOG_TERMS_MAX] = 0;
	assert_int_equal(parse(many, &f), 0);
	parse("", &f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
