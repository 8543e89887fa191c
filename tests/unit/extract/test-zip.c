/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever any reader could find in a ZIP is found. */
#include "sample.h"

#include <string.h>

static struct seen *s;

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	seen_free(s);
	return 0;
}

static void test_members_and_names(void **state)
{
	struct zip_builder z = {0};
	const struct seen_block *b;

	(void)state;
	zip_add_str(&z, "a/one.txt", "first line\nsecond line\n", 0);
	zip_add_str(&z, "dir/", "", ZIP_STORED);
	zip_add_str(&z, "two.txt", "stored text", ZIP_STORED);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "zip");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	b = seen_text(s, "second line");
	assert_string_equal(b->member, "a/one.txt");
	assert_int_equal(b->place, PLACE_BODY);
	assert_string_equal(seen_text(s, "stored text")->member, "two.txt");
	b = seen_text(s, "one.txt");
	assert_int_equal(b->place, PLACE_FILE_NAME);
	assert_int_equal(seen_count(s, "dir"), 0);
}

static void test_descriptor_and_zip64(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "d.txt", "behind a descriptor", ZIP_DESCRIPTOR);
	zip_add_str(&z, "s.txt", "stored with a descriptor", ZIP_DESCRIPTOR | ZIP_STORED);
	zip_add_str(&z, "q.txt", "sizes of 64 bits", ZIP_64);
	zip_add_str(&z, "e.txt", "the end", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	seen_text(s, "behind a descriptor");
	seen_text(s, "stored with a descriptor");
	seen_text(s, "sizes of 64 bits");
	seen_text(s, "the end");
}

static void test_unlisted_members(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "hidden-first.txt", "before the first", ZIP_UNLISTED);
	zip_add_str(&z, "listed.txt", "plain to see", 0);
	zip_add_str(&z, "gap.txt", "in a gap", ZIP_UNLISTED | ZIP_DESCRIPTOR);
	zip_add_str(&z, "listed-too.txt", "also plain", 0);
	zip_end(&z);
	/* behind the end record */
	zip_add_str(&z, "tail.txt", "in the tail", ZIP_UNLISTED);
	assert_int_equal(seen_run(s, buf_view(&z.out)), 0);
	zip_builder_done(&z);
	seen_text(s, "before the first");
	seen_text(s, "plain to see");
	seen_text(s, "in a gap");
	seen_text(s, "also plain");
	seen_text(s, "in the tail");
	assert_int_equal(seen_count(s, "plain to see"), 1);
}

static void test_no_directory(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "a.txt", "no end record", 0);
	zip_add_str(&z, "b.txt", "none at all", ZIP_DESCRIPTOR);
	assert_int_equal(seen_run(s, buf_view(&z.out)), 0);
	zip_builder_done(&z);
	seen_text(s, "no end record");
	seen_text(s, "none at all");
}

static void test_concatenated(void **state)
{
	struct zip_builder a = {0}, b = {0};

	(void)state;
	zip_add_str(&a, "x.txt", "the first archive", 0);
	zip_end(&a);
	zip_add_str(&b, "x.txt", "the second archive", 0);
	zip_end(&b);
	assert_int_equal(buf_put_view(&a.out, buf_view(&b.out)), 0);
	assert_int_equal(seen_run(s, buf_view(&a.out)), 0);
	zip_builder_done(&a);
	zip_builder_done(&b);
	seen_text(s, "the first archive");
	seen_text(s, "the second archive");
}

static void test_forged_sizes(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "a.txt", "more than three bytes", ZIP_SIZE_LIES);
	zip_add_str(&z, "b.txt", "compressed to more than three", ZIP_CSIZE_LIES);
	zip_add_str(&z, "c.txt", "stored in more than three", ZIP_CSIZE_LIES | ZIP_STORED);
	assert_int_equal(seen_zip(s, &z), 0);
	seen_text(s, "more than three bytes");
	seen_text(s, "compressed to more than three");
	seen_text(s, "stored in more than three");
}

/* A member whose compressed size covers another one that no directory lists. */
static void test_hidden_behind_a_stream(void **state)
{
	struct zip_builder z = {0};
	size_t first;
	uint32_t all;

	(void)state;
	zip_add_str(&z, "cover.txt", "harmless", 0);
	first = z.out.n;
	zip_add_str(&z, "inside.txt", "covered by the first", ZIP_UNLISTED);
	assert_int_equal(buf_put_str(&z.out, "padding padding padding"), 0);
	all = (uint32_t)(z.out.n - 30 - strlen("cover.txt"));
	assert_true(first < all);
	memcpy(z.out.p + 18, &all, 4);
	memcpy(z.central.p + 20, &all, 4);
	assert_int_equal(seen_zip(s, &z), 0);
	seen_text(s, "harmless");
	seen_text(s, "covered by the first");
}

static void test_encrypted_and_unsupported(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "secret.txt", "\x8a\x01\x02\x03\x04\x05\x06", ZIP_STORED | ZIP_ENCRYPTED);
	zip_add_str(&z, "lzma.txt", "\x8a\x01\x02\x03\x04\x05\x06", ZIP_METHOD_IMPLODE);
	zip_add_str(&z, "open.txt", "can be read", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED) | REASON_BIT(REASON_UNSUPPORTED));
	seen_text(s, "can be read");
	seen_text(s, "secret.txt");

	zip_add_str(&z, "secret.txt", "\x8a\x01\x02\x03\x04\x05\x06", ZIP_STORED | ZIP_ENCRYPTED);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
}

static void test_damaged(void **state)
{
	struct zip_builder z = {0};
	char text[20000];

	(void)state;
	for (uint32_t i = 0, x = 1; i < sizeof(text); i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)(i % 50 == 49 ? '\n' : 'a' + (x >> 16) % 26);
	}
	zip_add(&z, "a.txt", view_of(text, sizeof(text)), 0);
	assert_true(z.out.n > 1000);
	/* Cut off in the middle of the stream: the beginning is still read. */
	assert_int_equal(seen_run(s, view_of(z.out.p, z.out.n / 2)), 0);
	zip_builder_done(&z);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	assert_true(s->n > 10);

	assert_int_equal(seen_run(s, VIEW_LIT("PK\3\4 and nothing that fits a header")), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
}

static void test_empty_archive(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(s->result.format, "zip");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

static void test_zip_in_zip(void **state)
{
	struct zip_builder in = {0}, out = {0};
	const struct seen_block *b;

	(void)state;
	zip_add_str(&in, "deep.txt", "two levels down", 0);
	zip_end(&in);
	zip_add(&out, "inner.jpg", buf_view(&in.out), 0);
	zip_builder_done(&in);
	assert_int_equal(seen_zip(s, &out), 0);
	b = seen_text(s, "two levels down");
	assert_string_equal(b->member, "inner.jpg/deep.txt");
}

static void test_no_byte_is_safe_to_change(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "a.txt", "some text to be found", 0);
	zip_add_str(&z, "b.txt", "and some more of it", ZIP_STORED | ZIP_DESCRIPTOR);
	zip_end(&z);
	/* Whatever a byte becomes, reading ends and the result is one of the documented ones. */
	for (size_t i = 0; i < z.out.n; i++)
		for (unsigned change = 1; change < 256; change += 60) {
			z.out.p[i] = (uint8_t)(z.out.p[i] ^ change);
			assert_int_equal(seen_run(s, buf_view(&z.out)), 0);
			assert_in_range(s->result.completeness, 0, COMPLETENESS_MAX - 1);
			z.out.p[i] = (uint8_t)(z.out.p[i] ^ change);
		}
	zip_builder_done(&z);
}

static void test_sink_stops(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "a.txt", "one\ntwo\nthree", 0);
	s->answer = -5;
	assert_int_equal(seen_zip(s, &z), -5);
	assert_int_equal(s->n, 1);
	s->answer = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members_and_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor_and_zip64, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unlisted_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_concatenated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forged_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden_behind_a_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_and_unsupported, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_archive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_zip_in_zip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_byte_is_safe_to_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sink_stops, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
