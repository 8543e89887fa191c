/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>

#include "base/buf.h"
#include "extract/pdf_object.h"

struct fixture {
	struct pdf_arena arena;
	struct pdf_lex lex;
};

static void start(struct fixture *f, const char *text, bool refs)
{
	f->arena = PDF_ARENA_INIT((size_t)1 << 20);
	pdf_lex_init(&f->lex, view_str(text), &f->arena, refs);
}

static void finish(struct fixture *f)
{
	pdf_lex_done(&f->lex);
	pdf_arena_done(&f->arena);
}

static struct pdf_object next(struct fixture *f)
{
	struct pdf_object o = {0};
	assert_int_equal(pdf_lex_next(&f->lex, &o), 0);
	return o;
}

static void assert_text(struct pdf_object o, enum pdf_type type, const char *text)
{
	assert_int_equal(o.type, type);
	assert_int_equal(o.text.n, strlen(text));
	assert_memory_equal(o.text.p, text, o.text.n);
}

static void assert_number(struct pdf_object o, double v)
{
	assert_int_equal(o.type, PDF_NUMBER);
	assert_true(o.number >= v - 1e-9 && o.number <= v + 1e-9);
}

static void test_numbers(void **state)
{
	struct fixture f;
	struct pdf_object o;

	(void)state;
	start(&f, "12 -3.25 +.5 4. --7 0.00000000001 99999999999999999999 -0", false);
	assert_number(next(&f), 12);
	assert_number(next(&f), -3.25);
	assert_number(next(&f), .5);
	assert_number(next(&f), 4);
	assert_number(next(&f), -7);
	assert_number(next(&f), 0);
	assert_number(next(&f), 1e15);
	assert_number(next(&f), 0);
	assert_int_equal(pdf_lex_next(&f.lex, &o), PDF_LEX_END);
	finish(&f);
}

static void test_strings(void **state)
{
	struct fixture f;

	(void)state;
	start(&f,
		"(plain) (a\\(b\\)\\\\\\n\\101\\7) (nest (ed) ok) (line\\\nbroken) <48 65 6C6c6F7> "
		"(open",
		false);
	assert_text(next(&f), PDF_STRING, "plain");
	assert_text(next(&f), PDF_STRING, "a(b)\\\nA\a");
	assert_text(next(&f), PDF_STRING, "nest (ed) ok");
	assert_text(next(&f), PDF_STRING, "linebroken");
	assert_text(next(&f), PDF_STRING, "Hellop");
	assert_text(next(&f), PDF_STRING, "open");
	finish(&f);
}

static void test_names_and_words(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "/Name /A#20B#zz /% comment\n true false null Tj'", false);
	assert_text(next(&f), PDF_NAME, "Name");
	assert_text(next(&f), PDF_NAME, "A B#zz");
	assert_text(next(&f), PDF_NAME, "");
	assert_int_equal(next(&f).type, PDF_BOOL);
	assert_int_equal(next(&f).type, PDF_BOOL);
	assert_int_equal(next(&f).type, PDF_NULL);
	assert_text(next(&f), PDF_KEYWORD, "Tj'");
	finish(&f);
}

static void test_containers(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "<</A [1 (x) /N [2]] /B <</C 12 0 R>> /D 12 0 /E 3>>", true);
	struct pdf_object d = next(&f);
	assert_int_equal(d.type, PDF_DICT);

	const struct pdf_object *a = pdf_dict_get(&d, "A");
	assert_int_equal(a->type, PDF_ARRAY);
	assert_int_equal(a->n, 4);
	assert_int_equal(a->items[3].n, 1);
	const struct pdf_object *c = pdf_dict_get(pdf_dict_get(&d, "B"), "C");
	assert_int_equal(c->type, PDF_REF);
	assert_int_equal(c->n, 12);
	assert_number(*pdf_dict_get(&d, "D"), 12);
	assert_number(*pdf_dict_get(&d, "E"), 3); /* the stray 0 is skipped */
	assert_null(pdf_dict_get(&d, "F"));
	assert_null(pdf_dict_get(a, "A"));
	finish(&f);
}

static void test_unclosed(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "<</A [1 2 endobj 7", true);
	struct pdf_object d = next(&f);
	assert_int_equal(pdf_dict_get(&d, "A")->n, 2);
	finish(&f);
}

static void test_references_only_in_files(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "1 0 R 1 0 Rx", false);
	assert_number(next(&f), 1);
	finish(&f);
	start(&f, "1 0 Rx 7 0 R", true);
	assert_number(next(&f), 1);
	assert_number(next(&f), 0);
	assert_text(next(&f), PDF_KEYWORD, "Rx");
	assert_int_equal(next(&f).type, PDF_REF);
	finish(&f);
}

static void test_depth_limit(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct fixture f;
	struct pdf_object o;

	(void)state;
	for (int i = 0; i < PDF_DEPTH_MAX + 1; i++)
		assert_int_equal(buf_put_byte(&b, '['), 0);
	assert_int_equal(buf_terminate(&b), 0);
	start(&f, (const char *)b.p, false);
	assert_int_equal(pdf_lex_next(&f.lex, &o), -E2BIG);
	finish(&f);
	start(&f, (const char *)b.p + 1, false);
	assert_int_equal(pdf_lex_next(&f.lex, &o), 0);
	finish(&f);
}

static void test_items_limit(void **state)
{
	size_t n = 2 * (size_t)PDF_ITEMS_MAX + 8;
	cleanup_with(freep) uint8_t *text = malloc(n);
	struct fixture f;
	struct pdf_object o;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 2 ? '1' : ' ';
	text[0] = '[';
	f.arena = PDF_ARENA_INIT((size_t)256 << 20);
	pdf_lex_init(&f.lex, view_of(text, n), &f.arena, false);
	assert_int_equal(pdf_lex_next(&f.lex, &o), -E2BIG);
	finish(&f);
}

static void test_arena_limit(void **state)
{
	struct pdf_arena a = PDF_ARENA_INIT(100000);

	(void)state;
	struct pdf_arena_mark m = pdf_arena_mark(&a);
	assert_non_null(pdf_arena_alloc(&a, 60000));
	assert_null(pdf_arena_alloc(&a, 60000));
	pdf_arena_release(&a, m);
	assert_int_equal(a.used, 0);
	assert_non_null(pdf_arena_alloc(&a, 60000));
	pdf_arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_names_and_words),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_references_only_in_files),
		cmocka_unit_test(test_depth_limit),
		cmocka_unit_test(test_items_limit),
		cmocka_unit_test(test_arena_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
