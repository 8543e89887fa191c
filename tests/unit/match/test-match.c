/* SPDX-License-Identifier: Apache-2.0 */
/* How blocks become evidence: lines, shapes, contexts, members, snippets. */
#include "fixture.h"

#define NO_CONDS ((struct rs_span){0, 0})

/* MẬT, TỐI MẬT (one scale), GIẢI MẬT (tag), "bản đồ" within 2 adds, "tiểu thuyết" in the document
   takes away. */
static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct ruleset_build *b;
	struct build_text near = spelling("bản đồ"), far = spelling("tiểu thuyết");
	struct build_text agency = {"(sở|bộ)( [^ .,:;]+){1,3}", "Sở Nội vụ", {0}};
	struct build_text number = {"số ?: ?\\d+", "Số: 12", {0}};
	struct rs_span span;
	uint32_t mat, toi, giai;

	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	mat = add_mark(b, "MẬT", LEVEL_CONFIDENTIAL, "vn", RS_NO_TAG);
	toi = add_mark(b, "TỐI MẬT", LEVEL_SECRET, "vn", RS_NO_TAG);
	giai = add_mark(b, "GIẢI MẬT", LEVEL_NONE, NULL, TAG_DECLASSIFIED);
	uint32_t c_near = (uint32_t)must(build_context(b, "near", 2, false));
	uint32_t c_far = (uint32_t)must(build_context(b, "far", 0, true));
	must(build_context_text(b, c_near, RS_ANCHOR_ANY, &near));
	must(build_context_text(b, c_far, RS_ANCHOR_ANY, &far));
	must(build_context_text(b, c_near, RS_ANCHOR_WHOLE, &agency));
	must(build_context_text(b, c_near, RS_ANCHOR_START, &number));
	const struct rs_cond conds[] = {
		{.kind = RS_COND_FLAG, .arg = BLOCK_RED, .score = 30},
		{.kind = RS_COND_CONTEXT, .arg = c_near, .score = 30},
		{.kind = RS_COND_CONTEXT, .arg = c_far, .score = -100},
		{.kind = RS_COND_OTHER_LEVEL, .arg = 3, .score = -60},
		{.kind = RS_COND_DECLASSIFIED, .score = -150},
		{.kind = RS_COND_REPEATS, .arg = 3, .score = 5},
	};
	must(build_conds(b, conds, ARRAY_SIZE(conds), &span));
	add_rule(b, "mat", RS_AS_WHOLE, mat, 40, span);
	add_rule(b, "toi-mat", RS_AS_WHOLE, toi, 40, span);
	add_rule(b, "giai-mat", RS_AS_WHOLE, giai, 70, NO_CONDS);
	fixture_open(x, b);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	fixture_close(*state);
	free(*state);
	return 0;
}

static void test_flag(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	take(x, PLACE_BODY, 0, "Văn bản có dấu tiếng Việt.");
	assert_int_equal(end(x), LEVEL_CONFIDENTIAL);
	assert_int_equal(x->f.n_evidence, 1);
	assert_string_equal(x->f.evidence[0].rule, "mat");
	assert_string_equal(x->f.evidence[0].pack, "p");
	assert_string_equal(x->f.evidence[0].snippet, "MẬT");
	assert_int_equal(x->f.evidence[0].score, 70);
	assert_int_equal(x->f.tags, 0);
}

static void test_suspected(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(one(x, "MẬT"), LEVEL_NONE);
	assert_int_equal(x->f.tags, TAG_BIT(TAG_SUSPECTED));
	assert_int_equal(x->f.n_evidence, 1);
	assert_int_equal(one(x, "mật"), LEVEL_NONE);
	assert_int_equal(x->f.tags, 0);
	assert_int_equal(x->f.n_evidence, 0);
}

/* A context within 2 blocks, on both sides, and not one block farther. */
static void test_window(void **state)
{
	struct fixture *x = *state;

	for (int gap = 0; gap < 4; gap++)
		for (int before = 0; before < 2; before++) {
			begin(x);
			if (before)
				take(x, PLACE_BODY, 0, "Kèm theo bản đồ.");
			else
				take(x, PLACE_BODY, 0, "MẬT");
			for (int i = 0; i < gap; i++)
				take(x, PLACE_BODY, 0, "Dòng giữa.");
			if (before)
				take(x, PLACE_BODY, 0, "MẬT");
			else
				take(x, PLACE_BODY, 0, "Kèm theo bản đồ.");
			assert_int_equal(end(x), gap < 2 ? LEVEL_CONFIDENTIAL : LEVEL_NONE);
		}
}

/* Expressions that count at the start of a line, or where they are all of it. */
static void test_line_start(void **state)
{
	static const struct {
		const char *line;
		bool counts;
	} v[] = {
		{"SỞ NỘI VỤ", true},
		{"— “Sở Nội vụ” —", true},
		{"*** Bộ Nội vụ", true},
		{"Theo Sở Nội vụ", false},
		{"Cán bộ Sở Nội vụ", false},
		{"Sở Nội vụ, hôm qua", false},
		{"Số: 12 và nhiều thứ", true},
		{"(Số: 12)", true},
		{"Công văn số: 12", false},
	};
	struct fixture *x = *state;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		begin(x);
		take(x, PLACE_BODY, 0, v[i].line);
		take(x, PLACE_BODY, 0, "MẬT");
		assert_int_equal(end(x), v[i].counts ? LEVEL_CONFIDENTIAL : LEVEL_NONE);
	}
}

static void test_document_context(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	for (int i = 0; i < 500; i++)
		take(x, PLACE_BODY, 0, "Dòng giữa.");
	take(x, PLACE_BODY, 0, "Hết cuốn tiểu thuyết.");
	assert_int_equal(end(x), LEVEL_NONE);
	assert_int_equal(x->f.n_evidence, 0);
}

/* Words do not count inside words. */
static void test_borders(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, 0, "MẬT");
	take(x, PLACE_BODY, 0, "Kèm theo bản đồng.");
	assert_int_equal(end(x), LEVEL_NONE);
	assert_int_equal(one(x, "MẬTX"), LEVEL_NONE);
	assert_int_equal(x->f.n_evidence, 0);
}

static void test_list(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "TỐI MẬT");
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	assert_int_equal(end(x), LEVEL_NONE);
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "TỐI MẬT");
	for (int i = 0; i < 3; i++)
		take(x, PLACE_BODY, 0, "Dòng giữa.");
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	assert_int_equal(end(x), LEVEL_SECRET);
}

static void test_joined(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "TỐI");
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	assert_int_equal(end(x), LEVEL_SECRET);
	assert_int_equal(x->f.n_evidence, 1);
	/* in one block, and with another place between */
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "TỐI\nMẬT");
	assert_int_equal(end(x), LEVEL_SECRET);
	begin(x);
	take(x, PLACE_HEADER, BLOCK_RED, "TỐI");
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	assert_int_equal(end(x), LEVEL_CONFIDENTIAL);
}

static void test_flags_that_take_away(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED | BLOCK_STRUCK, "MẬT");
	assert_int_equal(end(x), LEVEL_NONE);
	assert_int_equal(x->f.tags, 0);
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "MẬT");
	take(x, PLACE_BODY, 0, "GIẢI MẬT");
	assert_int_equal(end(x), LEVEL_NONE);
	assert_int_equal(x->f.tags, TAG_BIT(TAG_DECLASSIFIED));
}

static void test_case(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED | BLOCK_CAPS, "mật");
	assert_int_equal(end(x), LEVEL_CONFIDENTIAL);
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED | BLOCK_CASE_UNKNOWN, "TốI MậT");
	assert_int_equal(end(x), LEVEL_SECRET);
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED | BLOCK_CASE_UNKNOWN, "Tối mật");
	assert_int_equal(end(x), LEVEL_NONE);
}

/* Each member is a document of its own; its parent goes on after it. */
static void test_members(void **state)
{
	struct fixture *x = *state;
	struct block red = {.flags = BLOCK_RED, .text = VIEW_LIT("TỐI MẬT")};

	begin(x);
	take(x, PLACE_BODY, 0, "Thư gửi kèm.");
	red.member = VIEW_LIT("a.zip/b.docx");
	assert_int_equal(match_take(x->m, &red), 0);
	take_in(x, "a.zip/c.docx", "GIẢI MẬT");
	take_in(x, "", "Trân trọng.");
	assert_int_equal(end(x), LEVEL_SECRET);
	assert_int_equal(x->f.tags, TAG_BIT(TAG_DECLASSIFIED));
	assert_string_equal(x->f.evidence[0].member[0] ? "b" : "", "b");
	/* the parent's own GIẢI MẬT is not its member's */
	begin(x);
	take_in(x, "", "GIẢI MẬT");
	red.member = VIEW_LIT("b.docx");
	assert_int_equal(match_take(x->m, &red), 0);
	assert_int_equal(end(x), LEVEL_SECRET);
}

static void test_repeats_once(void **state)
{
	struct fixture *x = *state;

	begin(x);
	for (int i = 0; i < 50; i++) {
		take(x, PLACE_HEADER, BLOCK_RED, "MẬT");
		take(x, PLACE_BODY, 0, "Trang.");
	}
	assert_int_equal(end(x), LEVEL_CONFIDENTIAL);
	assert_int_equal(x->f.n_evidence, 1);
	assert_int_equal(x->f.evidence[0].score, 75);
}

/* The marking alone: what could steer a terminal is gone. */
static void test_snippet(void **state)
{
	struct fixture *x = *state;

	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "\xe2\x80\xae***\x1b M\xc2\xadẬT ***");
	assert_int_equal(end(x), LEVEL_CONFIDENTIAL);
	assert_string_equal(x->f.evidence[0].snippet, "*** MẬT ***");
}

static void test_reuse(void **state)
{
	struct fixture *x = *state;

	test_flag(state);
	assert_int_equal(one(x, "Không có gì."), LEVEL_NONE);
	assert_int_equal(x->f.tags, 0);
	assert_int_equal(x->f.n_evidence, 0);
	/* a document that was given up */
	begin(x);
	take(x, PLACE_BODY, BLOCK_RED, "TỐI MẬT");
	assert_int_equal(one(x, "Không có gì."), LEVEL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flag),
		cmocka_unit_test(test_suspected),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_line_start),
		cmocka_unit_test(test_document_context),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_flags_that_take_away),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_repeats_once),
		cmocka_unit_test(test_snippet),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
