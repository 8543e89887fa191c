/* SPDX-License-Identifier: Apache-2.0 */
/* Compound files: tables, trees, limits; property sets; what else is wrapped in them. */
#include "cfbwriter.h"

#include <stdio.h>
#include <string.h>

#include "extract/cfb.h"
#include "extract/extractor.h"
#include "extract/ole_props.h"

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

static int ignore(void *userdata, const struct block *b)
{
	(void)userdata;
	(void)b;
	return 0;
}

/* Opens what was built and reads one stream of it. */
static int read_one(struct buf *file, const char *name, struct buf *out, uint32_t *ret_reasons)
{
	const struct block_sink sink = {ignore, NULL};
	struct extract_result result;
	struct extractor x;
	struct cfb c;
	int r;

	extractor_init(&x, &s->limits, &sink, &result);
	r = cfb_open(&c, &x, buf_view(file));
	if (r == 0)
		r = c.n_entries > 0 ? cfb_read_name(&c, 0, name, out) : CFB_ABSENT;
	cfb_done(&c);
	extractor_done(&x);
	*ret_reasons = result.reasons;
	return r;
}

static void fill(struct buf *b, size_t n)
{
	buf_clear(b);
	for (size_t i = 0; i < n; i++)
		put8(b, (unsigned)(i * 7 + (i >> 9)) & 0xff);
}

static void test_streams(void **state)
{
	/* in the mini stream, in sectors, and so big that the list of tables leaves the header */
	static const size_t sizes[] = {0, 1, 63, 64, 65, 4095, 4096, 4097, 8 << 20};
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	uint32_t reasons;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct cfb_builder b = cfb_builder_new();

		fill(&data, sizes[i]);
		cfb_add(&b, 0, "Other", VIEW_LIT("before"));
		cfb_add(&b, 0, "Stream", buf_view(&data));
		cfb_build(&b, &file);
		cfb_builder_free(&b);
		assert_int_equal(read_one(&file, "sTREAM", &out, &reasons), 0);
		assert_int_equal(reasons, 0);
		assert_int_equal(out.n, data.n);
		assert_true(view_eq(buf_view(&out), buf_view(&data)));
		assert_int_equal(read_one(&file, "Absent", &out, &reasons), CFB_ABSENT);
		/* cut in the middle: whatever is left, without a byte too far */
		file.n = file.n / 2;
		assert_true(read_one(&file, "Stream", &out, &reasons) >= 0);
	}
}

static void test_budgets(void **state)
{
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct cfb_builder b = cfb_builder_new();
	uint32_t reasons;

	(void)state;
	fill(&data, 5000);
	cfb_add(&b, 0, "Stream", buf_view(&data));
	cfb_build(&b, &file);
	cfb_builder_free(&b);
	s->limits.member_bytes = 4999;
	assert_int_equal(read_one(&file, "Stream", &out, &reasons), CFB_ABSENT);
	assert_int_equal(reasons, REASON_BIT(REASON_TOO_BIG));
	s->limits.member_bytes = 5000;
	assert_int_equal(read_one(&file, "Stream", &out, &reasons), 0);
	s->limits.total_bytes = 4999;
	assert_int_equal(read_one(&file, "Stream", &out, &reasons), CFB_ABSENT);
	assert_int_equal(reasons, REASON_BIT(REASON_TOO_BIG));
}

/* Chains and trees that lead back into themselves. */
static void test_loops(void **state)
{
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct cfb_builder b = cfb_builder_new();
	size_t fat, dir;
	uint32_t reasons;

	(void)state;
	fill(&data, 5000);
	cfb_add(&b, 0, "Stream", buf_view(&data));
	cfb_add(&b, cfb_add_storage(&b, 0, "Storage"), "Inner", VIEW_LIT("x"));
	cfb_build(&b, &file);
	cfb_builder_free(&b);
	fat = ((size_t)file.p[76] + 1) * 512;
	dir = ((size_t)file.p[48] + 1) * 512;
	/* the stream's second sector follows itself; so does the directory */
	set32(&file, fat + 4, 1);
	set32(&file, fat + 4 * (size_t)file.p[48], file.p[48]);
	/* the storage's child is the storage, the root's neighbour the root */
	set32(&file, dir + 2 * 128 + 76, 2);
	set32(&file, dir + 128 + 68, 1);
	set32(&file, dir + 128 + 72, 2);
	assert_true(read_one(&file, "Stream", &out, &reasons) >= 0);
	assert_true(out.n <= 5000);
	/* a list of tables that names itself */
	set32(&file, 68, (uint32_t)(fat / 512 - 1));
	assert_true(read_one(&file, "Stream", &out, &reasons) >= 0);
	/* a size that the file does not have */
	set32(&file, dir + 128 + 120, 0x7fffffff);
	set32(&file, fat + 4, 0xfffffffe);
	s->limits.member_bytes = UINT64_C(1) << 32;
	assert_int_equal(read_one(&file, "Stream", &out, &reasons), 0);
	assert_int_equal(out.n, 1024);
	assert_int_equal(reasons, REASON_BIT(REASON_DAMAGED));
}

static void test_damaged(void **state)
{
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	struct cfb_builder b = cfb_builder_new();

	(void)state;
	cfb_build(&b, &file);
	cfb_builder_free(&b);
	assert_int_equal(seen_run(s, buf_view(&file)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
	file.p[30] = 40;
	assert_int_equal(seen_run(s, buf_view(&file)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	file.p[30] = 9;
	set32(&file, 48, 0x00ffffff);
	assert_int_equal(seen_run(s, buf_view(&file)), 0);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	for (size_t n = 8; n < 512; n += 63) {
		assert_int_equal(seen_run(s, view_of(file.p, n)), 0);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	}
}

static void test_depth_and_entries(void **state)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	uint32_t reasons;

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		struct cfb_builder b = cfb_builder_new();
		unsigned storage = 0;

		for (unsigned i = 0; i < CFB_DEPTH_MAX - 1 + k; i++)
			storage = cfb_add_storage(&b, storage, "Storage");
		cfb_add(&b, storage, "Bottom", VIEW_LIT("x"));
		cfb_add(&b, 0, "Stream", VIEW_LIT("text"));
		cfb_build(&b, &file);
		cfb_builder_free(&b);
		assert_int_equal(read_one(&file, "Stream", &out, &reasons), 0);
		assert_int_equal(reasons, k ? REASON_BIT(REASON_TOO_DEEP) : 0);
	}
	for (unsigned k = 0; k < 2; k++) {
		struct cfb_builder b = cfb_builder_new();

		cfb_add(&b, 0, "Stream", VIEW_LIT("text"));
		/* the directory fills its sectors, so four entries are the step */
		while (b.n < CFB_ENTRIES_MAX + k)
			cfb_add(&b, 0, "More", VIEW_EMPTY);
		cfb_build(&b, &file);
		cfb_builder_free(&b);
		assert_int_equal(read_one(&file, "Stream", &out, &reasons), 0);
		assert_int_equal(reasons, k ? REASON_BIT(REASON_TOO_BIG) : 0);
	}
}

static void test_wrapped(void **state)
{
	cleanup_with(buf_done) struct buf native = BUF_INIT(0);
	struct cfb_builder b = cfb_builder_new();
	unsigned storage;

	(void)state;
	cfb_add(&b, 0, "EncryptedPackage", VIEW_LIT("\1\2\3"));
	cfb_add(&b, 0, "EncryptionInfo", VIEW_LIT("\4\0\4\0"));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "ooxml");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));

	b = cfb_builder_new();
	cfb_add(&b, 0, "Package", VIEW_LIT("text in a package\n"));
	storage = cfb_add_storage(&b, cfb_add_storage(&b, 0, "ObjectPool"), "_12");
	cfb_add(&b, storage, "CONTENTS", VIEW_LIT("text of a control\n"));
	storage = cfb_add_storage(&b, 0, "MBD1");
	put32(&native, 0);
	assert_int_equal(buf_put(&native, "\2\0a.txt\0C:\\a.txt\0\0\0\3\0", 21), 0);
	put32(&native, 2);
	assert_int_equal(buf_put(&native, "T", 2), 0);
	put32(&native, 15);
	assert_int_equal(buf_put_str(&native, "text in a file\n"), 0);
	set32(&native, 0, (uint32_t)native.n - 4);
	cfb_add(&b, storage, "\1Ole10Native", buf_view(&native));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_string_equal(seen_text(s, "text in a package")->member, "package");
	assert_string_equal(seen_text(s, "text of a control")->member, "_12/package");
	assert_string_equal(seen_text(s, "text in a file")->member, "MBD1/a.txt");
	assert_int_equal(seen_text(s, "a.txt")->place, PLACE_FILE_NAME);
}

static void test_empty_object(void **state)
{
	struct cfb_builder b = cfb_builder_new();

	(void)state;
	cfb_add(&b, 0, "\1Ole10Native", VIEW_EMPTY);
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
}

static void test_too_deep_inside(void **state)
{
	struct cfb_builder b = cfb_builder_new();

	(void)state;
	s->limits.depth = 1;
	cfb_add(&b, 0, "Package", VIEW_LIT("first\n"));
	cfb_add(&b, cfb_add_storage(&b, 0, "MBD1"), "Package", VIEW_LIT("second\n"));
	assert_int_equal(seen_cfb(s, &b), 0);
	seen_text(s, "first");
	assert_null(seen_find(s, "second"));
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_DEEP));
}

/* --- property sets ---------------------------------------------------------------------------- */

static const uint8_t summary_id[16] = {0xe0, 0x85, 0x9f, 0xf2, 0xf9, 0x4f, 0x68, 0x10};
static const uint8_t user_id[16] = {0x05, 0xd5, 0xcd, 0xd5, 0x9c, 0x2e, 0x1b, 0x10};

static void put_set_head(struct buf *b, const uint8_t *id)
{
	put16(b, 0xfffe);
	put16(b, 0);
	put32(b, 0);
	put_zeros(b, 16);
	put32(b, 1);
	assert_int_equal(buf_put(b, id, 16), 0);
	put32(b, 48);
}

static void put_lpstr(struct buf *b, const char *text)
{
	put32(b, 30);
	put32(b, (uint32_t)strlen(text) + 1);
	assert_int_equal(buf_put(b, text, strlen(text) + 1), 0);
	while (b->n % 4)
		put8(b, 0);
}

static void run_set(const char *stream, const struct buf *set)
{
	struct cfb_builder b = cfb_builder_new();

	cfb_add(&b, 0, "Package", VIEW_LIT("text\n"));
	cfb_add(&b, 0, stream, buf_view(set));
	assert_int_equal(seen_cfb(s, &b), 0);
}

static void test_properties(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	put_set_head(&b, summary_id);
	put32(&b, 0);
	put32(&b, 3);
	put32(&b, 1);
	put32(&b, 32);
	put32(&b, 2);
	put32(&b, 40);
	put32(&b, 5);
	put32(&b, 60);
	put32(&b, 2); /* code page */
	put32(&b, 1258);
	put_lpstr(&b, "M\xc2\xf2T tr\xeau"); /* at 40, 20 bytes */
	put32(&b, 31);
	put32(&b, 4);
	put_utf16(&b, "MẬT");
	put16(&b, 0);
	run_set("\5SummaryInformation", &b);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_string_equal(seen_text(s, "MẬT trêu")->name, "title");
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_PROPERTY);
	assert_string_equal(seen_text(s, "MẬT")->name, "keywords");
	/* any cut is borne */
	for (; b.n > 0; b.n -= MIN(b.n, (size_t)5))
		run_set("\5SummaryInformation", &b);
}

/* A dictionary names what users define. */
static void test_user_properties(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	put_set_head(&b, user_id);
	put32(&b, 0);
	put32(&b, 4);
	for (unsigned i = 0; i < 4; i++) {
		put32(&b, i);
		put32(&b, 0);
	}
	set32(&b, 48 + 12, (uint32_t)b.n - 48);
	put32(&b, 2);
	put32(&b, 2);
	put32(&b, 9);
	assert_int_equal(buf_put(&b, "\xc4\x90\xe1\xbb\x99 m.", 9), 0);
	put32(&b, 3);
	put32(&b, 2);
	assert_int_equal(buf_put(&b, "b", 2), 0);
	set32(&b, 48 + 20, (uint32_t)b.n - 48);
	put32(&b, 2);
	put32(&b, 65001);
	set32(&b, 48 + 28, (uint32_t)b.n - 48);
	put_lpstr(&b, "M\xe1\xba\xacT");
	set32(&b, 48 + 36, (uint32_t)b.n - 48);
	put32(&b, 11);
	put32(&b, 0xffff);
	run_set("\5DocumentSummaryInformation", &b);
	assert_string_equal(seen_text(s, "MẬT")->name, "Độ m.");
	assert_string_equal(seen_text(s, "true")->name, "b");
}

static void test_many_properties(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		uint32_t n = OLE_PROPS_MAX + k;

		buf_clear(&b);
		put_set_head(&b, summary_id);
		put32(&b, 0);
		put32(&b, n);
		for (uint32_t i = 0; i < n; i++) {
			put32(&b, i == n - 1 ? 2 : 1000 + i);
			put32(&b, 8 + 8 * n);
		}
		put_lpstr(&b, "the title");
		run_set("\5SummaryInformation", &b);
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_BIG) : 0);
		assert_int_equal(seen_count(s, "the title"), 1 - k);
	}
}

/* Labels and custom XML, in whatever storage and coding; rights management. */
static void test_labels(void **state)
{
	cleanup_with(buf_done) struct buf utf16 = BUF_INIT(0);
	struct cfb_builder b = cfb_builder_new();
	unsigned at;

	(void)state;
	put16(&utf16, 0xfeff);
	put_utf16(&utf16, "<?xml version=\"1.0\"?><a><Classification>TỐI MẬT</Classification></a>");
	at = cfb_add_storage(&b, 0, "MsoDataStore");
	at = cfb_add_storage(&b, at, "\u00c0\u00c1");
	cfb_add(&b, at, "Item", buf_view(&utf16));
	cfb_add(&b, at, "Properties", VIEW_LIT("<p>no item</p>"));
	cfb_add(&b, 0, "Item", VIEW_LIT("<p>elsewhere</p>"));
	at = cfb_add_storage(&b, 0, "\6DataSpaces");
	cfb_add(&b, at, "LabelInfo",
		VIEW_LIT("\1\0\0\0<clbl:labelList><clbl:label id=\"{id}\"/></clbl:labelList>"));
	cfb_add(&b, 0, "\tDRMContent", VIEW_LIT("locked"));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_PROPERTY);
	assert_string_equal(seen_text(s, "TỐI MẬT")->name, "Classification");
	assert_string_equal(seen_text(s, "{id}")->name, "LabelInfo:id");
	assert_null(seen_find(s, "no item"));
	assert_null(seen_find(s, "elsewhere"));
}

/* What nobody reads has its name, and is told. */
static void test_other_programs(void **state)
{
	static const char *const known[][2] = {
		{"BodyText", "hwp"},
		{"VisioDocument", "visio"},
		{"Quill", "publisher"},
		{"StarWriterDocument", "staroffice"},
		{"PerfectOffice_MAIN", "wordperfect"},
		{"Catalog", "thumbs-db"},
		{"\u4840\u3f7f\u4164\u422f\u4836", "msi"},
		{"something", "cfb"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct cfb_builder b = cfb_builder_new();

		cfb_add(&b, 0, known[i][0], VIEW_LIT("bytes"));
		assert_int_equal(seen_cfb(s, &b), 0);
		assert_string_equal(s->result.format, known[i][1]);
		assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_streams, setup, teardown),
		cmocka_unit_test_setup_teardown(test_budgets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth_and_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_programs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty_object, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_deep_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(test_properties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_user_properties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_properties, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
