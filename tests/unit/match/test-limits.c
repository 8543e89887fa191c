/* SPDX-License-Identifier: Apache-2.0 */
/* Each bound of match/limits.h, reached. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>

#include "match/limits.h"

#define N_MARKS 300

/* Many marks, so that every table can be filled: "mark-N" in capitals, and "needle" anywhere. */
static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct ruleset_build *b;
	char name[32];

	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	for (int i = 0; i < N_MARKS; i++) {
		snprintf(name, sizeof(name), "MARK %d", i);
		add_rule(b, name, RS_AS_WHOLE, add_mark(b, name, LEVEL_INTERNAL, NULL, RS_NO_TAG),
			(int16_t)(40 + i % 20), (struct rs_span){0});
	}
	add_rule(b, "needle", RS_AS_ANYWHERE,
		add_mark(b, "needle in hay", LEVEL_SECRET, NULL, RS_NO_TAG), 70,
		(struct rs_span){0});
	add_rule(b, "top", RS_AS_WHOLE, add_mark(b, "PEAK", LEVEL_TOP_SECRET, NULL, RS_NO_TAG), 90,
		(struct rs_span){0});
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

static enum level in_hay(struct fixture *x, size_t size, size_t at)
{
	static const char needle[] = " needle in hay ";
	char *text = malloc(size + 1);
	struct block b = {.text = view_of(text, size)};

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 7 ? 'x' : ' ';
	memcpy(text + at, needle, sizeof(needle) - 1);
	begin(x);
	assert_int_equal(match_take(x->m, &b), 0);
	free(text);
	return end(x);
}

/* MATCH_PIECE_SIZE, MATCH_PIECE_OVERLAP: nothing is lost at the cuts of a long line. */
static void test_pieces(void **state)
{
	struct fixture *x = *state;

	for (size_t at = MATCH_PIECE_SIZE - 40; at < MATCH_PIECE_SIZE + 40; at++)
		assert_int_equal(in_hay(x, 3 * MATCH_PIECE_SIZE, at), LEVEL_SECRET);
	assert_int_equal(in_hay(x, 20U << 20, 19U << 20), LEVEL_SECRET);
}

/* No blank to cut at, and code points of three bytes. */
static void test_pieces_without_blanks(void **state)
{
	struct fixture *x = *state;
	size_t n = 3 * MATCH_PIECE_SIZE + 60;
	char *text = malloc(n);
	struct block b = {.text = view_of(text, n)};

	assert_non_null(text);
	for (size_t i = 0; i + 3 <= n; i += 3)
		memcpy(text + i, "密", 3);
	memcpy(text + n - 15, " needle in hay ", 15);
	begin(x);
	assert_int_equal(match_take(x->m, &b), 0);
	free(text);
	assert_int_equal(end(x), LEVEL_SECRET);
}

/* MATCH_CHUNK_SIZE: many chunks of short blocks. */
static void test_chunks(void **state)
{
	struct fixture *x = *state;

	begin(x);
	for (int i = 0; i < 40000; i++)
		take(x, PLACE_BODY, 0, i == 39990 ? "PEAK" : "Một dòng ngắn của văn bản.");
	assert_int_equal(end(x), LEVEL_TOP_SECRET);
}

/* MATCH_LINE_SHORT_MAX: a longer line is prose, whatever stands at its ends. */
static void test_short_line(void **state)
{
	struct fixture *x = *state;
	char line[MATCH_LINE_SHORT_MAX + 2];

	memset(line, '*', sizeof(line));
	memcpy(line + 100, " PEAK ", 6);
	line[MATCH_LINE_SHORT_MAX] = 0;
	assert_int_equal(one(x, line), LEVEL_TOP_SECRET);
	line[MATCH_LINE_SHORT_MAX] = '*';
	line[MATCH_LINE_SHORT_MAX + 1] = 0;
	assert_int_equal(one(x, line), LEVEL_NONE);
}

/* MATCH_JOIN_LINES, MATCH_JOIN_LINE_MAX. */
static void test_join(void **state)
{
	struct fixture *x = *state;
	char line[MATCH_JOIN_LINE_MAX + 8];

	assert_int_equal(one(x, "MARK\n299"), LEVEL_NONE);
	assert_int_equal(x->f.tags, TAG_BIT(TAG_SUSPECTED));
	/* the frame is cut off only after the line was found too long to be joined */
	memset(line, '*', sizeof(line));
	memcpy(line, "MARK", 4);
	memcpy(line + MATCH_JOIN_LINE_MAX + 1, "\n299", 5);
	assert_int_equal(one(x, line), LEVEL_NONE);
	assert_int_equal(x->f.tags, 0);
	memcpy(line + MATCH_JOIN_LINE_MAX, "\n299", 5);
	assert_int_equal(one(x, line), LEVEL_NONE);
	assert_int_equal(x->f.tags, 0);
}

/* MATCH_COLUMN_MAX: a mark of as many letters, one below the other. */
static void test_column(void **state)
{
	struct fixture x = {0};
	struct ruleset_build *b;
	char mark[MATCH_COLUMN_MAX + 2] = "", column[2 * sizeof(mark)];

	(void)state;
	assert_int_equal(ruleset_build_new(&b), 0);
	must(build_pack(b, "p", "1"));
	memset(mark, 'A', MATCH_COLUMN_MAX);
	add_rule(b, "most", RS_AS_WHOLE, add_mark(b, mark, LEVEL_SECRET, NULL, RS_NO_TAG), 70,
		(struct rs_span){0});
	mark[MATCH_COLUMN_MAX] = 'A';
	add_rule(b, "more", RS_AS_WHOLE, add_mark(b, mark, LEVEL_SECRET, NULL, RS_NO_TAG), 70,
		(struct rs_span){0});
	fixture_open(&x, b);
	for (size_t i = 0; i <= MATCH_COLUMN_MAX; i++)
		memcpy(column + 2 * i, "A\n", 2);
	column[2 * MATCH_COLUMN_MAX] = 0;
	assert_int_equal(one(&x, column), LEVEL_SECRET);
	column[2 * MATCH_COLUMN_MAX] = 'A';
	column[2 * MATCH_COLUMN_MAX + 2] = 0;
	assert_int_equal(one(&x, column), LEVEL_NONE);
	fixture_close(&x);
}

/* MATCH_TAIL_MAX: a tail of as many bytes. */
static void test_tail(void **state)
{
	struct fixture x = {0};
	struct ruleset_build *b;
	struct build_text t = {.text = "v[0-9]*", .sample = "v1"};
	char line[8 + MATCH_TAIL_MAX + 1] = "PEAK V";
	uint32_t mark, tail;

	(void)state;
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	tail = (uint32_t)must(build_tail(b, &t, 1));
	mark = add_mark(b, "PEAK", LEVEL_SECRET, NULL, RS_NO_TAG);
	must(build_rule(b,
		&(struct build_rule){.name = "tailed",
			.as = RS_AS_WHOLE,
			.letter_case = RS_CASE_CAPITALS,
			.score = 90,
			.level_at = 70,
			.suspect_at = 40,
			.marks = &mark,
			.n_marks = 1,
			.tails = &tail,
			.n_tails = 1}));
	fixture_open(&x, b);
	memset(line + 6, '1', MATCH_TAIL_MAX - 1);
	assert_int_equal(one(&x, line), LEVEL_SECRET);
	line[5 + MATCH_TAIL_MAX] = '1';
	assert_int_equal(one(&x, line), LEVEL_NONE);
	fixture_close(&x);
}

/* Rows of so many different marks of one scale. */
static enum level ranks(struct fixture *x, unsigned n)
{
	char name[16];

	begin(x);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "RANK %c", 'A' + (char)i);
		take(x, PLACE_BODY, 0, name);
	}
	return end(x);
}

/* MATCH_LEVELS_MAX: as many are told apart, and more do no harm. */
static void test_levels(void **state)
{
	struct fixture x = {0};
	struct ruleset_build *b;
	const struct rs_cond list = {.kind = RS_COND_LEVELS, .arg = MATCH_LEVELS_MAX, .score = -90};
	struct rs_span conds;
	char name[16];

	(void)state;
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	must(build_conds(b, &list, 1, &conds));
	for (unsigned i = 0; i < 2 * MATCH_LEVELS_MAX; i++) {
		snprintf(name, sizeof(name), "RANK %c", 'A' + (char)i);
		add_rule(b, name, RS_AS_WHOLE, add_mark(b, name, LEVEL_SECRET, "s", RS_NO_TAG), 90,
			conds);
	}
	fixture_open(&x, b);
	assert_int_equal(ranks(&x, MATCH_LEVELS_MAX - 1), LEVEL_SECRET);
	assert_int_equal(ranks(&x, MATCH_LEVELS_MAX), LEVEL_NONE);
	assert_int_equal(ranks(&x, 2 * MATCH_LEVELS_MAX), LEVEL_NONE);
	fixture_close(&x);
}

/* MATCH_PENDING_MAX and MATCH_SETTLED_MAX: the strongest stays. */
static void test_candidates(void **state)
{
	struct fixture *x = *state;
	char text[32];

	assert_true(N_MARKS > MATCH_SETTLED_MAX && N_MARKS > MATCH_PENDING_MAX);
	for (int first = 0; first < 2; first++) {
		begin(x);
		if (first)
			take(x, PLACE_BODY, 0, "PEAK");
		for (int i = 0; i < N_MARKS; i++) {
			/* headers do not count as blocks: the window never closes */
			snprintf(text, sizeof(text), "MARK %d", i);
			take(x, PLACE_HEADER, 0, text);
		}
		if (!first)
			take(x, PLACE_BODY, 0, "PEAK");
		assert_int_equal(end(x), LEVEL_TOP_SECRET);
		assert_int_equal(x->f.evidence[0].score, 90);
		assert_int_equal(x->f.n_evidence, EVIDENCE_MAX);
		assert_int_equal(x->f.n_dropped + EVIDENCE_MAX, MATCH_SETTLED_MAX);
	}
}

/* MATCH_DEPTH_MAX: deeper members are still judged. */
static void test_depth(void **state)
{
	struct fixture *x = *state;
	struct buf path = {0};

	begin(x);
	for (unsigned i = 0; i < MATCH_DEPTH_MAX + 4; i++) {
		must(buf_printf(&path, "%sm%u", i ? "/" : "", i));
		must(buf_terminate(&path));
		take_in(x, (const char *)path.p,
			i == MATCH_DEPTH_MAX + 3 ? "PEAK" : "Không có gì.");
	}
	assert_int_equal(end(x), LEVEL_TOP_SECRET);
	assert_true(x->f.evidence[0].member[0] != 0);
	buf_done(&path);
}

static void test_long_member(void **state)
{
	struct fixture *x = *state;
	char path[600];

	for (size_t i = 0; i + 1 < sizeof(path); i += 2)
		memcpy(path + i, "ậ", 2);
	path[sizeof(path) - 1] = 0;
	begin(x);
	take_in(x, path, "PEAK");
	assert_int_equal(end(x), LEVEL_TOP_SECRET);
	assert_true(strlen(x->f.evidence[0].member) >= 250);
}

/* The builder's bounds. */
static void test_builder(void **state)
{
	struct ruleset_build *b;
	struct build_text t = spelling("x");
	char *huge = calloc(1, RULESET_TEXT_MAX + 2);
	struct build_at at;

	(void)state;
	must(ruleset_build_new(&b));
	must(build_pack(b, "p", "1"));
	for (unsigned i = 0; i < RULESET_CONTEXTS_MAX; i++)
		must(build_context(b, "c", 1, false));
	assert_int_equal(build_context(b, "c", 1, false), -E2BIG);
	assert_int_equal(build_context(b, "c", MATCH_WINDOW_MAX + 1, false), -E2BIG);
	for (unsigned i = 0; i < RULESET_TAILS_MAX; i++)
		must(build_tail(b, &t, 1));
	assert_int_equal(build_tail(b, &t, 1), -E2BIG);
	memset(huge, 'x', RULESET_TEXT_MAX + 1);
	t.text = huge;
	assert_int_equal(build_context_text(b, 0, RS_ANCHOR_ANY, &t), -EINVAL);
	assert_non_null(strstr(ruleset_build_error(b, &at), "longer"));
	free(huge);
	ruleset_build_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_pieces_without_blanks),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_short_line),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_column),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_long_member),
		cmocka_unit_test(test_builder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
