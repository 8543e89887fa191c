/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "conf/conf.h"

static struct diags diags;

static struct conf *parse_ok(const char *text)
{
	struct conf *c = NULL;

	memset(&diags, 0, sizeof(diags));
	if (conf_parse("t.yaml", view_str(text), &diags, &c) != 0) {
		char line[800];

		diag_format(&diags.v[0], line, sizeof(line));
		fail_msg("%s", line);
	}
	assert_int_equal(diags.n, 0);
	return c;
}

static void parse_bad(struct view text, const char *code, unsigned line, unsigned col)
{
	struct conf *c = NULL;

	memset(&diags, 0, sizeof(diags));
	assert_int_equal(conf_parse("t.yaml", text, &diags, &c), -EBADMSG);
	assert_null(c);
	assert_true(diags.errors > 0);
	assert_string_equal(diags.v[0].code, code);
	assert_string_equal(diags.v[0].file, "t.yaml");
	assert_int_equal(diags.v[0].line, line);
	assert_int_equal(diags.v[0].col, col);
}

static void test_tree(void **state)
{
	cleanup_with(conf_freep) struct conf *c = parse_ok("# head\n"
							   "a: 1\n"
							   "list:\n"
							   "  - x\n"
							   "  - \"5\"\n"
							   "  - {k: v}\n"
							   "text: |\n"
							   "  hai\n"
							   "  dòng\n");
	const struct conf_node *root = conf_root(c), *list;

	(void)state;
	assert_string_equal(conf_file(c), "t.yaml");
	assert_int_equal(root->type, CONF_MAPPING);
	assert_int_equal(root->n, 3);
	assert_string_equal(root->keys[1]->text, "list");
	assert_int_equal(root->keys[1]->line, 3);
	assert_int_equal(root->keys[1]->col, 1);
	assert_int_equal(conf_get(root, "a")->line, 2);
	assert_int_equal(conf_get(root, "a")->col, 4);
	assert_false(conf_get(root, "a")->quoted);
	list = conf_get(root, "list");
	assert_int_equal(list->type, CONF_SEQUENCE);
	assert_int_equal(list->n, 3);
	assert_true(list->items[1]->quoted);
	assert_string_equal(conf_get(list->items[2], "k")->text, "v");
	assert_string_equal(conf_get(root, "text")->text, "hai\ndòng\n");
	assert_true(conf_get(root, "text")->quoted);
	assert_null(conf_get(root, "none"));
	assert_null(conf_get(list, "a"));
}

static void test_empty_is_a_mapping(void **state)
{
	static const char *const empty[] = {
		"", "# only a comment\n", "---\n", "\xef\xbb\xbf", "~x: 1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		cleanup_with(conf_freep) struct conf *c = parse_ok(empty[i]);

		assert_int_equal(conf_root(c)->type, CONF_MAPPING);
		assert_int_equal(conf_root(c)->n, i == 4);
	}
}

static void test_refused(void **state)
{
	(void)state;
	parse_bad(VIEW_LIT("a: [1\n"), CONF_CODE_SYNTAX, 2, 1);
	parse_bad(VIEW_LIT("a: 1\n\tb: 2\n"), CONF_CODE_SYNTAX, 2, 1);
	parse_bad(VIEW_LIT("a: 1\nb: \"\xff\"\n"), CONF_CODE_SYNTAX, 2, 5);
	parse_bad(VIEW_LIT("a: &x 1\n"), CONF_CODE_ALIAS, 1, 4);
	parse_bad(VIEW_LIT("a: *x\n"), CONF_CODE_ALIAS, 1, 4);
	parse_bad(VIEW_LIT("a: &x [1]\n"), CONF_CODE_ALIAS, 1, 4);
	parse_bad(VIEW_LIT("a: !ruby/object 1\n"), CONF_CODE_TAG, 1, 4);
	parse_bad(VIEW_LIT("a: !!set {x}\n"), CONF_CODE_TAG, 1, 4);
	parse_bad(VIEW_LIT("a: 1\n---\nb: 1\n"), CONF_CODE_DOCUMENTS, 2, 1);
	parse_bad(VIEW_LIT("a: 1\nb: 2\na: 3\n"), CONF_CODE_DUPLICATE, 3, 1);
	parse_bad(VIEW_LIT("a: \"x\\0y\"\n"), CONF_CODE_CHARACTER, 1, 4);
	parse_bad(VIEW_LIT("a: 1\nbc: x\xe2\x80\xaey\n"), CONF_CODE_CHARACTER, 2, 6);
	parse_bad(VIEW_LIT("? [a, b]\n: 1\n"), CONF_CODE_KEY, 1, 3);
}

static void test_core_tags(void **state)
{
	cleanup_with(conf_freep) struct conf *c = parse_ok(
		"a: !!str 5\nb: !!int 5\nc: !!seq [x]\n");
	uint64_t v;

	(void)state;
	assert_true(conf_get(conf_root(c), "a")->quoted);
	assert_int_equal(conf_u64(c, conf_get(conf_root(c), "b"), 0, 9, "T1", &diags, &v), 0);
	assert_int_equal(v, 5);
}

static void test_every_duplicate_is_told(void **state)
{
	struct conf *c = NULL;

	(void)state;
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(
		conf_parse("t", VIEW_LIT("a: 1\nb: 1\na: 2\nb: 2\n"), &diags, &c), -EBADMSG);
	assert_int_equal(diags.errors, 2);
	assert_non_null(strstr(diags.v[1].text, "line 2"));
}

static void test_depth_limit(void **state)
{
	char text[2 * CONF_DEPTH_MAX + 8];
	struct conf *c;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < CONF_DEPTH_MAX; i++)
		text[n++] = '[';
	for (unsigned i = 0; i < CONF_DEPTH_MAX; i++)
		text[n++] = ']';
	text[n] = 0;
	c = parse_ok(text);
	conf_free(c);
	memmove(text + 1, text, n + 1);
	text[0] = '[';
	text[n + 1] = ']';
	parse_bad(view_of(text, n + 2), CONF_CODE_DEPTH, 1, CONF_DEPTH_MAX + 1);
}

static void test_nodes_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};

	(void)state;
	assert_int_equal(buf_put_byte(&b, '['), 0);
	for (unsigned i = 0; i < CONF_NODES_MAX; i++)
		assert_int_equal(buf_put_str(&b, "1,\n"), 0);
	assert_int_equal(buf_put_byte(&b, ']'), 0);
	parse_bad(buf_view(&b), CONF_CODE_NODES, CONF_NODES_MAX, 1);
}

static void test_size_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	char path[] = "/tmp/test-conf-XXXXXX";
	struct conf *c = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(buf_put_str(&b, "a: 1\n#"), 0);
	while (b.n < CONF_SIZE_MAX)
		assert_int_equal(buf_put_byte(&b, 'x'), 0);
	c = NULL;
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(fd_write_all(fd, buf_view(&b)), 0);
	assert_int_equal(conf_load(path, &diags, &c), 0);
	c = conf_free(c);
	assert_int_equal(buf_put_byte(&b, 'x'), 0);
	parse_bad(buf_view(&b), CONF_CODE_SIZE, 0, 0);
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(fd_write_all(fd, VIEW_LIT("x")), 0);
	assert_int_equal(conf_load(path, &diags, &c), -EBADMSG);
	assert_string_equal(diags.v[0].code, CONF_CODE_SIZE);
	close(fd);
	unlink(path);
	assert_int_equal(conf_load(path, &diags, &c), -ENOENT);
}

/* One key `v` per case, read by `kind`. */
static int read_as(char kind, const char *value, uint64_t *ret)
{
	char text[100];
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *n;
	const char *s;
	int64_t i = 0;
	bool b = false;
	int r = -EINVAL;

	snprintf(text, sizeof(text), "v: %s\n", value);
	c = parse_ok(text);
	n = conf_get(conf_root(c), "v");
	switch (kind) {
	case 'b': r = conf_bool(c, n, "T1", &diags, &b); break;
	case 'u': return conf_u64(c, n, 2, 100, "T1", &diags, ret);
	case 'i':
		r = conf_i64(c, n, -10, INT64_MAX, "T1", &diags, &i);
		*ret = (uint64_t)i;
		return r;
	case 's': return conf_bytes(c, n, "T1", &diags, ret);
	case 'd': return conf_duration(c, n, "T1", &diags, ret);
	case 't': r = conf_string(c, n, "T1", &diags, &s); break;
	}
	*ret = b;
	return r;
}

static void test_typed_reads(void **state)
{
	static const struct {
		char kind;
		const char *text;
		uint64_t expect;
	} good[] = {
		{'b', "true", 1},
		{'b', "no", 0},
		{'u', "2", 2},
		{'u', "100", 100},
		{'i', "-10", (uint64_t)-10},
		{'i', "9223372036854775807", INT64_MAX},
		{'s', "512 MiB", UINT64_C(512) << 20},
		{'s', "1GiB", UINT64_C(1) << 30},
		{'s', "17", 17},
		{'s', "0", 0},
		{'d', "300 ms", 300 * NSEC_PER_MSEC},
		{'d', "2s", 2 * NSEC_PER_SEC},
		{'d', "5 min", 300 * NSEC_PER_SEC},
		{'d', "1 h", 3600 * NSEC_PER_SEC},
		{'d', "1 d", 86400 * NSEC_PER_SEC},
		{'d', "0", 0},
		{'t', "x", 0},
		{'t', "\"\"", 0},
	};
	static const struct {
		char kind;
		const char *text;
	} bad[] = {
		{'b', "\"true\""},
		{'b', "1"},
		{'b', "[true]"},
		{'b', ""},
		{'u', "1"},
		{'u', "101"},
		{'u', "010"},
		{'u', "0x10"},
		{'u', "-3"},
		{'u', "'5'"},
		{'u', "5x"},
		{'u', "18446744073709551616"},
		{'u', "99999999999999999999999"},
		{'i', "-11"},
		{'i', "9223372036854775808"},
		{'i', "--1"},
		{'s', "5 MB"},
		{'s', "99999999999 GiB"},
		{'s', "1.5 MiB"},
		{'s', "-1"},
		{'d', "5"},
		{'d', "5 m"},
		{'d', "300000000000 d"},
		{'t', ""},
		{'t', "[x]"},
		{'t', "{x: 1}"},
	};
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		v = 0;
		if (read_as(good[i].kind, good[i].text, &v) != 0)
			fail_msg("%c %s: %s", good[i].kind, good[i].text, diags.v[0].text);
		if (v != good[i].expect)
			fail_msg("%c %s: %llu", good[i].kind, good[i].text, (unsigned long long)v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (read_as(bad[i].kind, bad[i].text, &v) != -EBADMSG)
			fail_msg("%c %s was taken", bad[i].kind, bad[i].text);
		assert_int_equal(diags.errors, 1);
		assert_string_equal(diags.v[0].code, "T1");
		assert_int_equal(diags.v[0].line, 1);
		assert_int_equal(diags.v[0].col, 4 - (bad[i].text[0] == 0));
	}
}

static void test_check_keys(void **state)
{
	static const char *const names[] = {"level", "category", "channel", NULL};
	cleanup_with(conf_freep) struct conf *c = parse_ok("levle: 1\nchannel: 2\nzzzzz: 3\n");

	(void)state;
	assert_int_equal(conf_check_keys(c, conf_root(c), names, "T2", &diags), -EBADMSG);
	assert_int_equal(diags.errors, 2);
	assert_non_null(strstr(diags.v[0].hint, "`level`"));
	assert_string_equal(diags.v[1].hint, "");
	assert_int_equal(diags.v[1].line, 3);
	memset(&diags, 0, sizeof(diags));
	assert_int_equal(
		conf_check_keys(c, conf_get(conf_root(c), "zzzzz"), names, "T2", &diags), -EBADMSG);
	assert_int_equal(diags.errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_empty_is_a_mapping),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_core_tags),
		cmocka_unit_test(test_every_duplicate_is_told),
		cmocka_unit_test(test_depth_limit),
		cmocka_unit_test(test_nodes_limit),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_typed_reads),
		cmocka_unit_test(test_check_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
