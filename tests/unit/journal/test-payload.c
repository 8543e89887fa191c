/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "journal/payload.h"

static int check(struct view v, struct view *kind)
{
	/* Of exactly this size, so that the sanitizer sees a read behind the end. */
	uint8_t *copy = malloc(v.n ? v.n : 1);
	struct view k;
	int r;

	assert_non_null(copy);
	if (v.n)
		memcpy(copy, v.p, v.n);
	r = payload_check(view_of(copy, v.n), &k);
	if (r == 0 && kind)
		*kind = view_of(v.p + (k.p ? k.p - copy : 0), k.n);
	free(copy);
	return r;
}

static void test_accepts(void **state)
{
	static const char *const good[] = {"{}", "{ }", "{\"a\":1}", "{\"a\":-0.5e+10}",
		"{\"a\":[1,2,{\"b\":null}],\"c\":true,\"d\":false}",
		"{\"a\":\"\\u00e1\\n\\\"\\\\\"}", "{\"a\":\"\\ud83d\\ude00\"}",
		"{\"a\":\"TUYỆT MẬT 😀\"}", "{\"a\" : [ ] }", "{\"\":\"\"}", "{\"a\":1E5}",
		"{\"a\":0}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (check(view_str(good[i]), NULL) != 0)
			fail_msg("refused: %s", good[i]);
}

static void test_refuses(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "\"a\"", "{", "}", "{}x", "{} ", " {}",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\":01}", "{\"a\":1.}",
		"{\"a\":.5}", "{\"a\":+1}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":tru}",
		"{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\"}",
		"{\"a\":\"", "{\"a\":\"\\", "{\"a\":\"\t\"}", "{\"a\":1\n}", "{\n}",
		"{\"a\":\"\n\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xe1\xba\"}",
		"{\"a\":\"\xe1\xba", "{\"a\":NaN}", "{\"a\":'b'}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (check(view_str(bad[i]), NULL) != -EINVAL)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(check(VIEW_LIT("{\"a\":\"\0\"}"), NULL), -EINVAL);
}

static void test_kind(void **state)
{
	static const struct {
		const char *text, *kind;
	} rows[] = {{"{\"kind\":\"gap\"}", "gap"}, {"{\"a\":{\"kind\":\"x\"}}", ""},
		{"{\"a\":{\"kind\":\"x\"},\"kind\":\"gap\"}", "gap"}, {"{\"kind\":1}", ""},
		{"{\"kind\":\"a\\u0062\"}", ""}, {"{\"kinds\":\"gap\"}", ""},
		{"{\"kind\":\"\"}", ""}, {"{\"kind\" : \"clock\" ,\"b\":2}", "clock"},
		{"{\"a\":\"\\\"kind\\\":\\\"gap\\\"\"}", ""}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct view kind;

		assert_int_equal(check(view_str(rows[i].text), &kind), 0);
		if (!view_eq(kind, view_str(rows[i].kind)))
			fail_msg("%s: %.*s", rows[i].text, (int)kind.n, (const char *)kind.p);
	}
}

static void nested(struct buf *b, unsigned depth)
{
	buf_clear(b);
	for (unsigned i = 0; i + 1 < depth; i++)
		assert_int_equal(buf_put_str(b, "{\"a\":"), 0);
	assert_int_equal(buf_put_str(b, "{}"), 0);
	for (unsigned i = 0; i + 1 < depth; i++)
		assert_int_equal(buf_put_str(b, "}"), 0);
}

static void test_depth(void **state)
{
	struct buf b = {0};

	(void)state;
	nested(&b, PAYLOAD_DEPTH_MAX + 1); /* the object itself and 24 in it */
	assert_int_equal(check(buf_view(&b), NULL), 0);
	nested(&b, PAYLOAD_DEPTH_MAX + 2);
	assert_int_equal(check(buf_view(&b), NULL), -EINVAL);
	nested(&b, 20000);
	assert_int_equal(check(buf_view(&b), NULL), -EINVAL);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
