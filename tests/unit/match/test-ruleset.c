/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed form: what is cut or altered is refused, and never followed. */
#include "fixture.h"

#include <errno.h>

static void build(struct buf *blob)
{
	struct ruleset_build *b;

	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	add_rule(b, "r", RS_AS_WHOLE, add_mark(b, "TOP SECRET", LEVEL_TOP_SECRET, "s", RS_NO_TAG),
		70, (struct rs_span){0});
	must(ruleset_build(b, blob));
	ruleset_build_free(b);
}

static void test_open(void **state)
{
	struct buf blob = {0};
	struct ruleset *r = NULL;

	(void)state;
	build(&blob);
	assert_int_equal(ruleset_open(buf_view(&blob), &r), 0);
	assert_int_equal(ruleset_n_rules(r), 1);
	r = ruleset_close(r);
	assert_null(r);
	assert_null(ruleset_close(NULL));
	buf_done(&blob);
}

static void test_cut(void **state)
{
	struct buf blob = {0};
	struct ruleset *r = NULL;

	(void)state;
	build(&blob);
	for (size_t n = 0; n < blob.n; n += n < 600 ? 1 : 37)
		assert_int_equal(ruleset_open(view_of(blob.p, n), &r), -EBADMSG);
	assert_null(r);
	buf_done(&blob);
}

/* Every byte of the tables, altered: refused, or opened to something that still runs. */
static void test_altered(void **state)
{
	struct buf blob = {0};
	const struct rs_head *head;
	size_t end;

	(void)state;
	build(&blob);
	head = (const struct rs_head *)(const void *)blob.p;
	end = head->section[RS_DATABASE].off;
	for (size_t i = 0; i < end; i++) {
		uint8_t was = blob.p[i];
		struct ruleset *r = NULL;
		struct match *m = NULL;
		struct facts f = {0};
		struct block b = {.text = VIEW_LIT("TOP SECRET")};

		blob.p[i] = (uint8_t)(was + 1 + i % 250);
		if (ruleset_open(buf_view(&blob), &r) == 0) {
			must(match_new(r, &m));
			must(match_begin(m, VIEW_EMPTY));
			must(match_take(m, &b));
			must(match_end(m, &f));
		}
		m = match_free(m);
		r = ruleset_close(r);
		blob.p[i] = was;
	}
	buf_done(&blob);
}

static void test_empty(void **state)
{
	struct fixture x = {0};
	struct ruleset_build *b;

	(void)state;
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	fixture_open(&x, b);
	assert_int_equal(one(&x, "TUYỆT MẬT"), LEVEL_NONE);
	fixture_close(&x);
}

/* What counts at the start of a line only needs a sample that begins with it, a frame aside. */
static void test_sample_begins(void **state)
{
	static const struct {
		const char *sample;
		enum rs_anchor anchor;
		int result;
	} v[] = {
		{"Số: 12", RS_ANCHOR_START, 0},
		{"- Số: 12", RS_ANCHOR_WHOLE, 0},
		{"Công văn số: 12", RS_ANCHOR_ANY, 0},
		{"Công văn số: 12", RS_ANCHOR_START, -EINVAL},
		{"Công văn số: 12", RS_ANCHOR_WHOLE, -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		struct build_text t = {"số: \\d+", v[i].sample, {0}};
		struct ruleset_build *b;
		struct buf blob = {0};

		must(ruleset_build_new(&b));
		must(build_pack(b, "p", "1"));
		must(build_context(b, "c", 1, false));
		must(build_context_text(b, 0, v[i].anchor, &t));
		assert_int_equal(ruleset_build(b, &blob), v[i].result);
		ruleset_build_free(b);
		buf_done(&blob);
	}
}

/* Five thousand patterns: the database still finds each one's own sample, else building fails. */
static void test_many(void **state)
{
	struct fixture x = {0};
	struct ruleset_build *b;
	struct buf name = {0};

	(void)state;
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	for (unsigned i = 0; i < 5000; i++) {
		buf_clear(&name);
		must(buf_printf(&name, "DỰ ÁN %u MÃ %u", i, i * 7919 % 10007));
		must(buf_terminate(&name));
		add_rule(b, "r", RS_AS_WHOLE,
			add_mark(b, (const char *)name.p, LEVEL_INTERNAL, NULL, RS_NO_TAG), 70,
			(struct rs_span){0});
	}
	fixture_open(&x, b);
	assert_int_equal(ruleset_n_rules(x.r), 5000);
	assert_int_equal(one(&x, (const char *)name.p), LEVEL_INTERNAL);
	assert_int_equal(one(&x, "DỰ ÁN 5001 MÃ 1"), LEVEL_NONE);
	buf_done(&name);
	fixture_close(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_altered),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_sample_begins),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
