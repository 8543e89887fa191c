/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: limits, damage, encryption, names, and what hides in and behind other files. */
#include "sample.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "extract/appended.h"
#include "extract/unarchive.h"

static struct seen *s;
static uint8_t space[8 << 20];

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

/* --- writing -----------------------------------------------------------------------------------
 */

struct file {
	const char *name;
	struct view content;
};

#define TEXT(name, text) ((struct file){name, VIEW_LIT(text)})

/* An archive of libarchive's own making. */
static struct view make(int (*format)(struct archive *), int (*filter)(struct archive *),
	const struct file *files, size_t n)
{
	struct archive *a = archive_write_new();
	size_t used = 0;

	assert_int_equal(format(a), ARCHIVE_OK);
	if (filter)
		assert_int_equal(filter(a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, space, sizeof(space), &used), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, files[i].name);
		archive_entry_set_size(e, (la_int64_t)files[i].content.n);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		assert_int_equal(archive_write_data(a, files[i].content.p, files[i].content.n),
			files[i].content.n);
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return view_of(space, used);
}

static struct view lines(size_t n)
{
	char *p = malloc(n);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		p[i] = i % 80 == 79 ? '\n' : 'x';
	return view_of(p, n);
}

static void expect(enum completeness c, uint32_t reasons)
{
	assert_int_equal(s->result.completeness, c);
	assert_int_equal(REASONS(s), reasons);
}

/* --- formats -----------------------------------------------------------------------------------
 */

static void test_formats(void **state)
{
	static const struct {
		const char *format;
		int (*make)(struct archive *);
		int (*filter)(struct archive *);
	} ways[] = {
		{"tar", archive_write_set_format_ustar, NULL},
		{"tar", archive_write_set_format_pax, NULL},
		{"tar", archive_write_set_format_gnutar, NULL},
		{"7z", archive_write_set_format_7zip, NULL},
		{"iso", archive_write_set_format_iso9660, NULL},
		{"cpio", archive_write_set_format_cpio_newc, NULL},
		{"cpio", archive_write_set_format_cpio, NULL},
		{"gzip", archive_write_set_format_pax, archive_write_add_filter_gzip},
		{"gzip", archive_write_set_format_cpio_newc, archive_write_add_filter_gzip},
		{"bzip2", archive_write_set_format_pax, archive_write_add_filter_bzip2},
		{"xz", archive_write_set_format_pax, archive_write_add_filter_xz},
		{"lzma", archive_write_set_format_pax, archive_write_add_filter_lzma},
		{"lzip", archive_write_set_format_pax, archive_write_add_filter_lzip},
		{"zstd", archive_write_set_format_pax, archive_write_add_filter_zstd},
		{"lz4", archive_write_set_format_pax, archive_write_add_filter_lz4},
		{"compress", archive_write_set_format_pax, archive_write_add_filter_compress},
		{"zip", archive_write_set_format_zip, NULL},
	};
	const struct file files[] = {
		TEXT("báo cáo.txt", "the first file"), TEXT("b.txt", "the second file")};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct view v = make(ways[i].make, ways[i].filter, files, 2);

		assert_int_equal(seen_run(s, v), 0);
		assert_string_equal(s->result.format, ways[i].format);
		expect(COMPLETENESS_FULL, 0);
		assert_string_equal(seen_text(s, "the first file")->member, "báo cáo.txt");
		assert_int_equal(seen_text(s, "báo cáo.txt")->place, PLACE_FILE_NAME);
		seen_text(s, "the second file");
		/* cut anywhere: no crash, and where something is missing a reason */
		for (size_t n = 1; n < v.n; n += 1 + v.n / 64) {
			assert_int_equal(seen_run(s, view_of(space, n)), 0);
			/* too short to be known, or (.Z) without any end mark */
			if (strcmp(s->result.format, "text") == 0 ||
				strcmp(s->result.format, "compress") == 0)
				continue;
			if (!seen_find(s, "the first file"))
				assert_int_not_equal(s->result.completeness, COMPLETENESS_FULL);
		}
	}
}

/* --- limits ------------------------------------------------------------------------------------
 */

static void test_member_bytes(void **state)
{
	struct view big = lines(100000);
	const struct file files[] = {{"big.txt", big}, TEXT("small.txt", "small enough")};

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct view v = make(archive_write_set_format_pax,
			packed ? archive_write_add_filter_zstd : NULL, files, 2);

		s->limits.member_bytes = 8000;
		assert_int_equal(seen_run(s, v), 0);
		expect(COMPLETENESS_PARTIAL, REASON_BIT(REASON_TOO_BIG));
		seen_text(s, "small enough");
		assert_true(s->n <= 8000 / 80 + 6);
		s->limits.member_bytes = 100000;
		assert_int_equal(seen_run(s, v), 0);
		expect(COMPLETENESS_FULL, 0);
	}
	free((void *)(uintptr_t)big.p);
}

static void test_total_bytes(void **state)
{
	struct view big = lines(50000);
	const struct file files[] = {{"a", big}, {"b", big}, {"c", big}, {"d", big}};

	(void)state;
	s->limits.total_bytes = 120000;
	assert_int_equal(seen_run(s, make(archive_write_set_format_7zip, NULL, files, 4)), 0);
	expect(COMPLETENESS_PARTIAL, REASON_BIT(REASON_TOO_BIG));
	assert_in_range(s->total, 2 * 625, 120000 / 80 + 8);
	free((void *)(uintptr_t)big.p);
}

static void test_members(void **state)
{
	const struct file files[] = {TEXT("a", "member"), TEXT("b", "member"), TEXT("c", "member")};
	const struct file empty[] = {TEXT("none", ""), TEXT("none", ""), TEXT("none", "")};
	struct view v = make(archive_write_set_format_7zip, NULL, files, 3);

	(void)state;
	s->limits.members = 3;
	assert_int_equal(seen_run(s, v), 0);
	expect(COMPLETENESS_FULL, 0);
	s->limits.members = 2;
	assert_int_equal(seen_run(s, v), 0);
	expect(COMPLETENESS_PARTIAL, REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(seen_count(s, "member"), 2);
	/* empty ones count, too */
	v = make(archive_write_set_format_7zip, NULL, empty, 3);
	assert_int_equal(seen_run(s, v), 0);
	expect(COMPLETENESS_UNREADABLE, REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(seen_count(s, "none"), 2);
}

static void test_depth(void **state)
{
	struct file file = TEXT("x", "at the bottom");
	cleanup_with(buf_done) struct buf inner = BUF_INIT(0);

	(void)state;
	s->limits.depth = 2;
	for (unsigned level = 1; level <= 3; level++) {
		struct view v = make(archive_write_set_format_7zip, NULL, &file, 1);

		assert_int_equal(seen_run(s, v), 0);
		if (level <= 2)
			seen_text(s, "at the bottom");
		else
			expect(COMPLETENESS_UNREADABLE, REASON_BIT(REASON_TOO_DEEP));
		buf_clear(&inner);
		assert_int_equal(buf_put_view(&inner, v), 0);
		file.content = buf_view(&inner);
	}
}

/* A million headers' worth of zeros between two archives. */
static void test_cpu(void **state)
{
	cleanup_with(buf_done) struct buf all = BUF_INIT(0);
	const struct file file = TEXT("x", "behind zeros");
	struct file packed = {.name = "zeros"};
	uint64_t begin;

	(void)state;
	assert_int_equal(
		buf_put_view(&all, make(archive_write_set_format_ustar, NULL, &file, 1)), 0);
	assert_int_equal(buf_reserve(&all, 64 << 20), 0);
	memset(all.p + all.n, 0, 64 << 20);
	all.n += 64 << 20;
	packed.content = buf_view(&all);
	packed.content = make(
		archive_write_set_format_raw, archive_write_add_filter_zstd, &packed, 1);
	assert_int_equal(seen_run(s, packed.content), 0);
	seen_text(s, "behind zeros");
	expect(COMPLETENESS_FULL, 0);
	s->limits.cpu_ns = 1;
	begin = clock_cpu();
	assert_int_equal(seen_run(s, packed.content), 0);
	assert_true(clock_cpu() - begin < NSEC_PER_SEC);
	assert_true(REASONS(s) & REASON_BIT(REASON_TIMED_OUT));
	assert_false(REASONS(s) & REASON_BIT(REASON_DAMAGED));
}

/* Blocks that are no headers, one behind another. */
static void test_retries(void **state)
{
	const struct file file = TEXT("x", "the only file");
	struct view v = make(archive_write_set_format_ustar, NULL, &file, 1);
	size_t n = (size_t)UNARCHIVE_RETRIES_MAX + 10;

	(void)state;
	assert_true(v.n + n * 512 <= sizeof(space));
	memset(space + 1024, 'x', n * 512);
	assert_int_equal(seen_run(s, view_of(space, 1024 + n * 512)), 0);
	seen_text(s, "the only file");
	expect(COMPLETENESS_PARTIAL, REASON_BIT(REASON_DAMAGED));
}

static void test_filters_in_filters(void **state)
{
	struct file file = TEXT("x", "far down, but still in reach of the reader");
	cleanup_with(buf_done) struct buf inner = BUF_INIT(0);

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct view v = make(
			archive_write_set_format_raw, archive_write_add_filter_xz, &file, 1);

		buf_clear(&inner);
		assert_int_equal(buf_put_view(&inner, v), 0);
		file.content = buf_view(&inner);
	}
	assert_int_equal(seen_run(s, file.content), 0);
	expect(COMPLETENESS_UNREADABLE, REASON_BIT(REASON_TOO_DEEP));
}

/* --- what hides --------------------------------------------------------------------------------
 */

static void test_tarballs_in_a_row(void **state)
{
	cleanup_with(buf_done) struct buf all = BUF_INIT(0);
	const struct file one = TEXT("x", "the first tarball"),
			  two = TEXT("y", "the second tarball"),
			  three = TEXT("z", "the third tarball");

	(void)state;
	assert_int_equal(
		buf_put_view(&all, make(archive_write_set_format_ustar, NULL, &one, 1)), 0);
	assert_int_equal(
		buf_put_view(&all, make(archive_write_set_format_ustar, NULL, &two, 1)), 0);
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	seen_text(s, "the first tarball");
	seen_text(s, "the second tarball");
	/* and a header that is broken hides nothing behind it */
	all.p[all.n / 2] ^= 1;
	assert_int_equal(
		buf_put_view(&all, make(archive_write_set_format_ustar, NULL, &three, 1)), 0);
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	seen_text(s, "the third tarball");
	assert_int_not_equal(s->result.completeness, COMPLETENESS_FULL);
}

static void appended(struct view before, const char *format)
{
	cleanup_with(buf_done) struct buf all = BUF_INIT(0);
	struct zip_builder z = {0};

	zip_add_str(&z, "in.txt", "behind something else", 0);
	zip_end(&z);
	assert_int_equal(buf_put_view(&all, before), 0);
	assert_int_equal(buf_put_view(&all, buf_view(&z.out)), 0);
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	zip_builder_done(&z);
	assert_string_equal(s->result.format, format);
	assert_string_equal(seen_text(s, "behind something else")->member, "appended/in.txt");
	/* a comment is part of the end record */
	all.p[all.n - 2] = 3;
	assert_int_equal(buf_put_str(&all, "PK!"), 0);
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	seen_text(s, "behind something else");
	/* what only looks like one is none */
	all.p[all.n - 9]++;
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
}

static void test_appended(void **state)
{
	(void)state;
	appended(VIEW_LIT("\xff\xd8\xff\xe0\0\x10JFIF\0\1........"), "jpeg");
	appended(VIEW_LIT("GIF89a........"), "gif");
	appended(VIEW_LIT("#!/bin/sh\nunzip $0\nexit 0\n"), "unknown");
	appended(VIEW_LIT("\x7f"
			  "ELF\2\1\1........."),
		"elf");
	appended(VIEW_LIT("%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"), "pdf");
}

static void put_le(struct buf *b, uint32_t v, unsigned n)
{
	for (; n > 0; n--, v >>= 8)
		assert_int_equal(buf_put_byte(b, (uint8_t)v), 0);
}

/* A zip in a cabinet that is not compressed: its bytes end the cabinet, but blocks cut them. */
static void test_zip_in_cabinet(void **state)
{
	enum { BLOCK = 32768, HEAD = 36 + 8 + 16 + 6 };
	static char text[2 * BLOCK];
	uint32_t seed = 1;
	cleanup_with(buf_done) struct buf all = BUF_INIT(0);
	struct zip_builder z = {0};
	uint32_t n, blocks;

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + ((seed = seed * 1664525 + 1013904223) >> 16) % 26);
	zip_add_str(&z, "in.txt", text, 0);
	zip_end(&z);
	n = (uint32_t)z.out.n;
	blocks = (n + BLOCK - 1) / BLOCK;
	assert_true(blocks > 1);
	assert_int_equal(buf_put_str(&all, "MSCF"), 0);
	put_le(&all, 0, 4);
	put_le(&all, HEAD + n + 8 * blocks, 4);
	put_le(&all, 0, 4);
	put_le(&all, 36 + 8, 4);
	put_le(&all, 0, 4);
	put_le(&all, 0x0103, 2);
	put_le(&all, 1, 2);
	put_le(&all, 1, 2);
	put_le(&all, 0, 4);
	put_le(&all, 0, 2);
	put_le(&all, HEAD, 4);
	put_le(&all, blocks, 2);
	put_le(&all, 0, 2);
	put_le(&all, n, 4);
	put_le(&all, 0, 4);
	put_le(&all, 0, 2);
	put_le(&all, 0x5a21, 2);
	put_le(&all, 0, 2);
	put_le(&all, 0x20, 2);
	assert_int_equal(buf_put(&all, "a.zip", 6), 0);
	assert_int_equal(all.n, HEAD);
	for (uint32_t at = 0; at < n; at += BLOCK) {
		uint32_t size = MIN(n - at, (uint32_t)BLOCK);

		put_le(&all, 0, 4);
		put_le(&all, size, 2);
		put_le(&all, size, 2);
		assert_int_equal(buf_put(&all, z.out.p + at, size), 0);
	}
	zip_builder_done(&z);
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(s->result.reasons, 0);
	/* what the cabinet does not count may be anything */
	all.p[8]--;
	assert_int_equal(seen_run(s, buf_view(&all)), 0);
	assert_int_not_equal(s->result.completeness, COMPLETENESS_FULL);
}

/* The signature of an end record so near the end that nothing else of it is there. */
static void test_cut_end_record(void **state)
{
	char text[64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 32, "PK\5\6", 4);
	for (size_t n = 33; n <= sizeof(text); n++) {
		assert_int_equal(seen_run(s, view_of(text, n)), 0);
		assert_null(seen_find(s, "appended"));
	}
}

/* How far behind a program an archive is looked for. */
static void test_appended_search(void **state)
{
	const struct file file = TEXT("x", "behind a program");
	cleanup_with(buf_done) struct buf all = BUF_INIT(0);
	static const uint8_t elf[64] = {0x7f, 'E', 'L', 'F', 2, 1, 1, [0x28] = 64};
	struct view v = make(archive_write_set_format_7zip, NULL, &file, 1);

	(void)state;
	for (int far = 0; far < 2; far++) {
		size_t gap = far ? APPENDED_SEARCH : APPENDED_SEARCH - 6;

		buf_clear(&all);
		assert_int_equal(buf_put(&all, elf, sizeof(elf)), 0);
		/* a section table that ends where the program does */
		all.p[0x3a] = 1;
		assert_int_equal(buf_reserve(&all, gap), 0);
		memset(all.p + all.n, 0, gap);
		all.n += gap;
		assert_int_equal(buf_put_view(&all, v), 0);
		assert_int_equal(seen_run(s, buf_view(&all)), 0);
		assert_string_equal(s->result.format, "elf");
		assert_int_equal(seen_find(s, "behind a program") != NULL, !far);
	}
}

static void test_two_methods(void **state)
{
	struct zip_builder z = {0};

	(void)state;
	/* the directory says stored, the header before the data deflated */
	zip_add_str(&z, "a.txt", "what it is depends on whom you ask", 0);
	z.central.p[10] = 0;
	assert_int_equal(seen_zip(s, &z), 0);
	seen_text(s, "what it is depends on whom you ask");
	zip_add_str(&z, "a.txt", "or the other way round, as it may be", ZIP_STORED);
	z.central.p[10] = 8;
	assert_int_equal(seen_zip(s, &z), 0);
	seen_text(s, "or the other way round, as it may be");
}

static void test_names(void **state)
{
	static const char extra[] = "\x75\x70\x10\0\1....T\xe1\xbb\x90I M\xe1\xba\xacT";
	struct zip_builder z = {0};

	(void)state;
	zip_add_str(&z, "T\xd4\xecI M\xc2\xf2T - b\xe1o c\xe1o.txt", "windows-1258", 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(seen_text(s, "windows-1258")->member, "TỐI MẬT - báo cáo.txt");
	/* a full name in the extra field of the directory */
	zip_add_str(&z, "TOI_MAT.txt", "two names", 0);
	z.central.p[30] = sizeof(extra) - 1;
	assert_int_equal(buf_put(&z.central, extra, sizeof(extra) - 1), 0);
	assert_int_equal(seen_zip(s, &z), 0);
	assert_string_equal(seen_text(s, "two names")->member, "TỐI MẬT");
}

static void test_no_archive_at_all(void **state)
{
	static const char *const beginnings[] = {"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\1", "MSCF",
		"070701", "!<arch>\n", "\xed\xab\xee\xdb", "\x28\xb5\x2f\xfd", "\x1f\x9d\x90",
		"BZh91AY&SY", "LZIP\1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);

		assert_int_equal(buf_put_str(&b, beginnings[i]), 0);
		for (unsigned k = 0; k < 400; k++)
			assert_int_equal(buf_put_byte(&b, (uint8_t)(k * 97 >> 2)), 0);
		assert_int_equal(seen_run(s, buf_view(&b)), 0);
		assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	}
	/* words that begin like one */
	assert_int_equal(seen_run(s, VIEW_LIT("BZhack is a name, and this is a text.\n")), 0);
	assert_string_equal(s->result.format, "text");
	assert_int_equal(seen_run(s, VIEW_LIT("LZIP is a program, and this is a text.\n")), 0);
	assert_string_equal(s->result.format, "text");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_formats),
		TEST(test_member_bytes),
		TEST(test_total_bytes),
		TEST(test_members),
		TEST(test_depth),
		TEST(test_cpu),
		TEST(test_retries),
		TEST(test_filters_in_filters),
		TEST(test_tarballs_in_a_row),
		TEST(test_appended),
		TEST(test_zip_in_cabinet),
		TEST(test_cut_end_record),
		TEST(test_appended_search),
		TEST(test_two_methods),
		TEST(test_names),
		TEST(test_no_archive_at_all),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
