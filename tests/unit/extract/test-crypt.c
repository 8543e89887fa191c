/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Office files that are encrypted. data/ holds a sheet of our own with "TUYỆT MẬT" in it:
 * rc4-40.xls and password.xls as LibreOffice 7.4 saves them with a password; the others were
 * encrypted by the published description and read back with LibreOffice or msoffcrypto-tool. All
 * but password.* have the password that opens by itself. The folder is argument 1.
 */
#include "cfbwriter.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "extract/crypt.h"

static const char *folder;
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

static void read_file(const char *name, struct buf *b)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(fd_read_path(path, 1 << 20, b), 0);
}

static void run_file(const char *name)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	read_file(name, &b);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
}

static void test_opens(void **state)
{
	static const char *const names[] = {"agile-sha1.xlsx", "agile-sha512.xlsx",
		"standard-128.xlsx", "standard-256.xlsx", "rc4-40.xls", "rc4-128.xls",
		"rc4-sha1-40.xls", "xor.xls"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		run_file(names[i]);
		assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
		assert_int_equal(seen_text(s, "TUYỆT MẬT")->place, PLACE_TABLE_CELL);
		assert_int_equal(seen_text(s, "Trang 1")->place, PLACE_SHEET_NAME);
	}
}

/* What stands beside the encrypted part is read all the same. */
static void test_password(void **state)
{
	(void)state;
	run_file("password.xlsx");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	assert_int_equal(
		seen_text(s, "{11111111-2222-3333-4444-555555555555}")->place, PLACE_PROPERTY);
	assert_null(seen_find(s, "TUYỆT MẬT"));
	run_file("password.xls");
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	assert_int_equal(s->n, 0);
}

static void run_package(struct view info, struct view package)
{
	struct cfb_builder b = cfb_builder_new();

	cfb_add(&b, 0, "EncryptionInfo", info);
	cfb_add(&b, 0, "EncryptedPackage", package);
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "ooxml");
}

#define PART                                                                          \
	"cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" keyBits=\"128\" " \
	"hashAlgorithm=\"SHA1\" saltValue=\"AAAA\""
#define VALUES                                                     \
	"encryptedVerifierHashInput=\"AAAAAAAAAAAAAAAAAAAAAA==\" " \
	"encryptedVerifierHashValue=\"AAAAAAAAAAAAAAAAAAAAAA==\" " \
	"encryptedKeyValue=\"AAAAAAAAAAAAAAAAAAAAAA==\""

static void run_agile(const char *data, const char *key)
{
	cleanup_with(buf_done) struct buf info = BUF_INIT(0);

	put16(&info, 4);
	put16(&info, 4);
	put32(&info, 0x40);
	assert_int_equal(buf_printf(&info,
				 "<encryption><keyData %s/><p:encryptedKey %s/>"
				 "</encryption>",
				 data, key),
		0);
	run_package(buf_view(&info), VIEW_LIT("\x10\0\0\0\0\0\0\0aaaaaaaaaaaaaaaa"));
}

static void test_broken_packages(void **state)
{
	static const char *const keys[] = {
		PART " spinCount=\"10\" " VALUES,
		PART " spinCount=\"10\"",
		PART " " VALUES,
		"cipherAlgorithm=\"RC2\"",
		PART " spinCount=\"10\" encryptedVerifierHashInput=\"AAAA\"",
	};
	static const char *const parts[] = {
		"cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCFB\"",
		"cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" keyBits=\"7\" "
		"hashAlgorithm=\"SHA1\"",
		"cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" keyBits=\"128\" "
		"hashAlgorithm=\"WHIRLPOOL\"",
		"cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" keyBits=\"128\" "
		"hashAlgorithm=\"SHA1\" "
		"saltValue=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"",
	};
	struct view package = VIEW_LIT("12345678901234567890");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		run_agile(PART, keys[i]);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		run_agile(parts[i], keys[0]);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	}
	run_package(VIEW_LIT("\4\0\4\0\x40\0\0\0<nothing/>"), package);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	run_package(VIEW_LIT("\4\0\2\0\x24\0\0\0\xff\xff\xff\xff"), package);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	run_package(VIEW_LIT("\3\0\3\0\x24\0\0\0"), package);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	run_package(VIEW_LIT("\4"), package);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
}

/* Digests without end are not even begun. */
static void test_spins(void **state)
{
	(void)state;
	s->limits.cpu_ns = 50000000;
	run_agile(PART, PART " spinCount=\"4000000000\" " VALUES);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	s->limits.cpu_ns = 1;
	run_agile(PART, PART " spinCount=\"1000000\" " VALUES);
	assert_true(REASONS(s) & REASON_BIT(REASON_TIMED_OUT));
}

static void put_record(
	struct buf *b, unsigned type, const char *bytes, size_t n, const uint8_t * xor)
{
	put16(b, type);
	put16(b, (unsigned)n);
	for (size_t i = 0, at = b->n; i < n; i++) {
		unsigned c = (uint8_t)bytes[i];

		if (xor)
			c = c ^ xor[(at + n + i) % CRYPT_XOR_SIZE];
		put8(b, xor? (c >> 3 | c << 5) & 0xff : c);
	}
}

/* Excel 5 mixes bytes in and knows nothing else. */
static void test_excel_5(void **state)
{
	cleanup_with(buf_done) struct buf book = BUF_INIT(0);
	uint8_t xor [CRYPT_XOR_SIZE];
	struct cfb_builder b;

	(void)state;
	/* the key and the verifier that the password gives */
	assert_false(crypt_xor_open(0xb359, 1, xor));
	assert_true(crypt_xor_open(0xb359, 0x9a0a, xor));
	for (unsigned k = 0; k < 2; k++) {
		buf_clear(&book);
		put_record(&book, 0x809, "\0\5\5\0\0\0\0\0", 8, NULL);
		put_record(&book, 0x2f, k ? "\x59\xb3\x0b\x9a" : "\x59\xb3\x0a\x9a", 4, NULL);
		put_record(&book, 0x204, "\0\0\0\0\0\0\7\0opened!", 15, xor);
		b = cfb_builder_new();
		cfb_add(&b, 0, "Book", buf_view(&book));
		assert_int_equal(seen_cfb(s, &b), 0);
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_ENCRYPTED) : 0);
		assert_int_equal(seen_count(s, "opened!"), !k);
	}
}

/* Every head of a file that is cut short or changed is told, not followed. */
static void test_changed(void **state)
{
	static const char *const names[] = {
		"agile-sha1.xlsx", "standard-128.xlsx", "rc4-128.xls", "rc4-40.xls", "xor.xls"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);

		read_file(names[i], &b);
		for (size_t at = 0; at < b.n; at += 97) {
			b.p[at] ^= 0x55;
			assert_int_equal(seen_run(s, buf_view(&b)), 0);
			b.p[at] ^= 0x55;
		}
		for (size_t n = 0; n < b.n; n += 301)
			assert_int_equal(seen_run(s, view_of(b.p, n)), 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_opens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_packages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_excel_5, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
	};

	if (argc < 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
