/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "../unit.h"

#include "base/json_read.h"

static struct buf text;
static struct json_doc doc;

static int read_view(struct view v)
{
	json_doc_done(&doc);
	buf_clear(&text);
	assert_int_equal(buf_put_view(&text, v), 0);
	return json_read(&text, &doc);
}

static int read_text(const char *s)
{
	return read_view(view_str(s));
}

static void test_values(void **state)
{
	const struct json_value *v, *item = NULL;
	struct view s;
	uint64_t n;

	(void)state;
	assert_int_equal(
		read_text(" {\"a\":[1,\"b\\n\\u1ead\\ud83d\\ude00\\\"\",null,true,false,{}],"
			  "\"n\":12,\"a\":2,\"\":-0.5e+3} "),
		0);
	assert_int_equal(doc.v[0].type, JSON_OBJECT);
	assert_int_equal(doc.v[0].n, 4);
	v = json_get(&doc, doc.v, "a");
	assert_int_equal(v->type, JSON_ARRAY);
	assert_int_equal(v->n, 6);
	item = json_next(&doc, v, NULL);
	assert_true(json_get_u64(item, &n) && n == 1);
	item = json_next(&doc, v, item);
	assert_true(json_get_text(item, &s));
	assert_true(view_eq(s, VIEW_LIT("b\nậ😀\"")));
	for (unsigned i = 0; i < 4; i++)
		item = json_next(&doc, v, item);
	assert_int_equal(item->type, JSON_OBJECT);
	assert_null(json_next(&doc, v, item));
	assert_true(json_get_u64(json_get(&doc, doc.v, "n"), &n) && n == 12);
	assert_false(json_get_u64(json_get(&doc, doc.v, ""), &n));
	assert_null(json_get(&doc, doc.v, "x"));
	assert_null(json_get(&doc, v, "a"));
	assert_null(json_get(&doc, NULL, "a"));
	assert_false(json_get_text(NULL, &s) || json_get_u64(NULL, &n));
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", " ", "{", "}", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}",
		"{\"a\":1,}", "[1 2]", "01", "+1", "1.", ".5", "1e", "-", "tru", "nul", "\"",
		"\"\\x\"", "\"\\u12\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0041\"", "\"\n\"", "\"\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
		"\"\xf5\x80\x80\x80\"", "\"\xe1\xba", "{} {}", "1 1", "NaN", "'a'"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(read_text(bad[i]), -EBADMSG);
	assert_int_equal(read_view(view_of("\"a\0b\"", 5)), -EBADMSG);
}

static void test_limits(void **state)
{
	char deep[2 * JSON_READ_DEPTH_MAX + 3];
	struct buf b = BUF_INIT(0);

	(void)state;
	memset(deep, '[', sizeof(deep));
	memset(deep + JSON_READ_DEPTH_MAX, ']', JSON_READ_DEPTH_MAX);
	assert_int_equal(read_view(view_of(deep, 2 * JSON_READ_DEPTH_MAX)), 0);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(read_view(view_of(deep, JSON_READ_DEPTH_MAX + 1)), -E2BIG);
	for (unsigned extra = 0; extra < 2; extra++) {
		buf_clear(&b);
		assert_int_equal(buf_put_byte(&b, '['), 0);
		for (unsigned i = 1; i < JSON_READ_VALUES_MAX + extra; i++)
			assert_int_equal(buf_put_str(&b, i > 1 ? ",1" : "1"), 0);
		assert_int_equal(buf_put_byte(&b, ']'), 0);
		assert_int_equal(read_view(buf_view(&b)), extra ? -E2BIG : 0);
	}
	buf_done(&b);
	json_doc_done(&doc);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
