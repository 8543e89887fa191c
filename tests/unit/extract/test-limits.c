/* SPDX-License-Identifier: Apache-2.0 */
/* Each limit is reached, and says so. */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "extract/inflate.h"

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

/* `n` bytes of lines, each with one text. */
static struct view lines(size_t n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = i % 80 == 79 ? '\n' : 'x';
	return view_of(p, n);
}

static void test_defaults(void **state)
{
	struct extract_limits l;

	(void)state;
	extract_limits_default(&l);
	assert_int_equal(l.member_bytes, 64 << 20);
	assert_int_equal(l.total_bytes, 512 << 20);
	assert_int_equal(l.text_bytes, 256 << 20);
	assert_int_equal(l.members, 10000);
	assert_int_equal(l.depth, 8);
	assert_int_equal(l.cpu_ns, 2 * NSEC_PER_SEC);
}

static void test_member_bytes(void **state)
{
	static const unsigned ways[] = {0, ZIP_SIZE_LIES, ZIP_STORED, ZIP_DESCRIPTOR};
	struct view big = lines(100000);

	(void)state;
	s->limits.member_bytes = 8000;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct zip_builder z = {0};

		zip_add(&z, "big.txt", big, ways[i]);
		zip_add_str(&z, "small.txt", "small enough", 0);
		assert_int_equal(seen_zip(s, &z), 0);
		assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
		seen_text(s, "small enough");
		assert_true(s->n <= 8000 / 80 + 4);
	}
	/* Exactly as much as is allowed is allowed. */
	s->limits.member_bytes = big.n;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct zip_builder z = {0};

		zip_add(&z, "big.txt", big, ways[i]);
		assert_int_equal(seen_zip(s, &z), 0);
		assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
		assert_int_equal(s->total, 100000 / 80 + 1);
	}
	free((void *)(uintptr_t)big.p);
}

static void test_total_bytes(void **state)
{
	struct view big = lines(50000);
	struct zip_builder z = {0};

	(void)state;
	s->limits.total_bytes = 120000;
	for (unsigned i = 0; i < 4; i++)
		zip_add(&z, "big.txt", big, i & 1 ? ZIP_SIZE_LIES : 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	assert_in_range(s->total, 2 * 625, 120000 / 80 + 4);
	free((void *)(uintptr_t)big.p);
}

static void test_members(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	s->limits.members = 10;
	for (unsigned i = 0; i < 10; i++)
		zip_add_str(&z, "m.txt", "member", 0);
	zip_end(&z);
	assert_int_equal(seen_run(s, buf_view(&z.out)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_count(s, "member"), 10);
	zip_builder_done(&z);
	for (unsigned i = 0; i < 11; i++)
		zip_add_str(&z, "m.txt", "member", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(seen_count(s, "member"), 10);
}

static void test_depth(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "x.txt", "at the bottom", 0);
	zip_end(&z);
	for (unsigned level = 1; level <= 9; level++) {
		struct zip_builder outer = {0};

		assert_int_equal(seen_run(s, buf_view(&z.out)), 0);
		if (level <= 8) {
			assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
			seen_text(s, "at the bottom");
		} else {
			assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
			assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_DEEP));
			assert_null(seen_find(s, "at the bottom"));
		}
		zip_add(&outer, "x.zip", buf_view(&z.out), 0);
		zip_end(&outer);
		zip_builder_done(&z);
		z = outer;
	}
	zip_builder_done(&z);
}

static void test_text_bytes(void **state)
{
	struct view big = lines(8000);

	(void)state;
	s->limits.text_bytes = 79 * 50;
	assert_int_equal(seen_run(s, big), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(s->total, 50);
	s->limits.text_bytes = 79 * 100;
	assert_int_equal(seen_run(s, big), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(s->total, 100);
	free((void *)(uintptr_t)big.p);
}

static void test_cpu(void **state)
{
	struct view big = lines(4 << 20);

	(void)state;
	s->limits.cpu_ns = 1;
	assert_int_equal(seen_run(s, big), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TIMED_OUT));
	/* It ended at the first look at the clock, not at the end. */
	assert_in_range(s->total, 1, 2000);
	free((void *)(uintptr_t)big.p);
}

/* A budget used up in the middle of XML, of inflating, of walking a directory. */
static void test_cpu_everywhere(void **state)
{
	cleanup_with(buf_done) struct buf xml = BUF_INIT(0);
	struct zip_builder z = {0};

	(void)state;
	s->limits.cpu_ns = 1;
	assert_int_equal(buf_put_str(&xml, "<w:document>"), 0);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf_put_str(&xml, "<w:p/>"), 0);
	zip_add(&z, "word/document.xml", buf_view(&xml), 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TIMED_OUT));
}

/* 1 GiB of zeros in 1 MB: ends at the limit of the member, in time and memory. */
static void test_deflate_bomb(void **state)
{
	struct zip_builder z = {0};
	struct view zeros = lines(48 << 20);
	uint64_t before;

	(void)state;
	memset((void *)(uintptr_t)zeros.p, 'x', zeros.n);
	for (unsigned i = 0; i < 4; i++)
		zip_add(&z, "bomb.txt", zeros, ZIP_SIZE_LIES);
	s->limits.member_bytes = 1 << 20;
	before = clock_cpu();
	assert_int_equal(seen_zip(s, &z), 0);
	assert_true(clock_cpu() - before < 5 * NSEC_PER_SEC);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	free((void *)(uintptr_t)zeros.p);
}

static int none(void *userdata, const struct block *b)
{
	(void)userdata;
	(void)b;
	return 0;
}

static void test_inflate_wrappings(void **state)
{
	static const int window[] = {[INFLATE_RAW] = -MAX_WBITS,
		[INFLATE_ZLIB] = MAX_WBITS,
		[INFLATE_GZIP] = MAX_WBITS + 16};
	const struct block_sink sink = {none, NULL};
	struct view text = lines(300000);

	(void)state;
	for (int wrap = INFLATE_RAW; wrap <= INFLATE_GZIP; wrap++)
		for (int known = 0; known < 2; known++) {
			cleanup_with(buf_done) struct buf out = BUF_INIT(0);
			uint8_t packed[20000];
			struct extractor x;
			z_stream z = {0};
			size_t used, n;

			assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window[wrap], 8, 0), Z_OK);
			z.next_in = (Bytef *)(uintptr_t)text.p;
			z.avail_in = (uInt)text.n;
			z.next_out = packed;
			z.avail_out = sizeof(packed);
			assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
			n = sizeof(packed) - z.avail_out;
			deflateEnd(&z);

			extractor_init(&x, &s->limits, &sink, &s->result);
			/* Bytes behind the stream are left alone. */
			assert_int_equal(
				inflate_view(&x, (enum inflate_wrap)wrap, view_of(packed, n + 9),
					known ? text.n : 0, &out, &used),
				0);
			assert_int_equal(used, n);
			assert_true(view_eq(buf_view(&out), text));
			buf_clear(&out);
			assert_int_equal(
				inflate_view(&x, (enum inflate_wrap)wrap, view_of(packed, n / 2),
					known ? text.n : 0, &out, &used),
				INFLATE_DAMAGED);
			assert_true(out.n > 0 && out.n < text.n);
			extractor_done(&x);
		}
	free((void *)(uintptr_t)text.p);
}

static void test_gzip_and_tar(void **state)
{
	uint8_t tar[2048] = {0}, packed[2048];
	uint32_t sum = 0;
	z_stream z = {0};

	(void)state;
	memcpy(tar, "dir/in.txt", 10);
	memcpy(tar + 100, "0000644", 7);
	memcpy(tar + 124, "00000000023", 11);
	memset(tar + 148, ' ', 8);
	tar[156] = '0';
	memcpy(tar + 257, "ustar", 5);
	for (unsigned i = 0; i < 512; i++)
		sum += tar[i];
	assert_int_equal(snprintf((char *)tar + 148, 8, "%06o", sum), 6);
	memcpy(tar + 512, "inside of a tarball", 19);
	assert_int_equal(seen_run(s, view_of(tar, sizeof(tar))), 0);
	assert_string_equal(s->result.format, "tar");
	assert_string_equal(seen_text(s, "inside of a tarball")->member, "dir/in.txt");

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
	z.next_in = tar;
	z.avail_in = sizeof(tar);
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(seen_run(s, view_of(packed, sizeof(packed) - z.avail_out)), 0);
	deflateEnd(&z);
	assert_string_equal(s->result.format, "gzip");
	assert_string_equal(seen_text(s, "inside of a tarball")->member, "dir/in.txt");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test_setup_teardown(test_member_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_total_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_text_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_everywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deflate_bomb, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inflate_wrappings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gzip_and_tar, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
