/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encrypted files. data/encrypted-*.pdf are one page of our own, encrypted with qpdf 11 and an
 * empty user password ("pw" in encrypted-password.pdf). The folder is argument 1.
 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>

#include "base/fd.h"
#include "digest/cipher.h"
#include "pdfwriter.h"

static const char *folder;
static struct gathered g;

static void read_file(const char *name, struct buf *b)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/encrypted-%s.pdf", folder, name);
	assert_int_equal(fd_read_path(path, 1 << 20, b), 0);
}

static void gather_file(const char *name)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	read_file(name, &b);
	g = (struct gathered){0};
	assert_int_equal(gather(&g, buf_view(&b)), 0);
}

static void test_empty_password(void **state)
{
	static const char *const names[] = {
		"rc4-40", "rc4-128", "aes-128", "aes-256", "aes-256-r5"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		gather_file(names[i]);
		assert_non_null(gathered_find(&g, "opened"));
		assert_non_null(gathered_find(&g, "secret title"));
		assert_int_equal(g.result.completeness, COMPLETENESS_FULL);
	}
}

static void test_password(void **state)
{
	(void)state;
	gather_file("password");
	assert_int_equal(g.n, 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(g.result.reasons, REASON_BIT(REASON_ENCRYPTED));
}

static void test_unknown_handler(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	read_file("aes-256", &b);
	uint8_t *p = memmem(b.p, b.n, "/Standard", 9);
	assert_non_null(p);
	p[1] = 's';
	g = (struct gathered){0};
	assert_int_equal(gather(&g, buf_view(&b)), 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(g.result.reasons, REASON_BIT(REASON_ENCRYPTED));
}

static void test_spoilt(void **state)
{
	(void)state;
	/* a flipped byte anywhere in the keys or the data ends well */
	for (size_t at = 0;; at += 5) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		read_file("aes-256", &b);
		if (at >= b.n)
			break;
		b.p[at] ^= 0x41;
		g = (struct gathered){0};
		assert_int_equal(gather(&g, buf_view(&b)), 0);
	}
}

/* RFC 1321, RFC 6229, FIPS 180-4, NIST SP 800-38A */
static void test_ciphers(void **state)
{
	static const uint8_t md5[] = {0x90, 0x01, 0x50, 0x98, 0x3C, 0xD2, 0x4F, 0xB0, 0xD6, 0x96,
		0x3F, 0x7D, 0x28, 0xE1, 0x7F, 0x72};
	static const uint8_t rc4[] = {0xB2, 0x39, 0x63, 0x05, 0xF0, 0x3D, 0xC0, 0x27};
	static const uint8_t sha384[] = {0xCB, 0x00, 0x75, 0x3F};
	static const uint8_t key[] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7,
		0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
	static const uint8_t plain[] = {0x6B, 0xC1, 0xBE, 0xE2, 0x2E, 0x40, 0x9F, 0x96, 0xE9, 0x3D,
		0x7E, 0x11, 0x73, 0x93, 0x17, 0x2A};
	static const uint8_t secret[] = {0x76, 0x49, 0xAB, 0xAC, 0x81, 0x19, 0xB2, 0x46, 0xCE, 0xE9,
		0x8E, 0x9B, 0x12, 0xE9, 0x19, 0x7D};
	uint8_t iv[16], out[SHA2_SIZE_MAX], zero[8] = {0};

	(void)state;
	assert_int_equal(cipher_md5(VIEW_LIT("a"), VIEW_LIT("bc"), out), 0);
	assert_memory_equal(out, md5, sizeof(md5));
	cipher_rc4(VIEW_LIT("\x01\x02\x03\x04\x05"), view_of(zero, 8), out);
	assert_memory_equal(out, rc4, sizeof(rc4));
	assert_int_equal(cipher_sha2(384, VIEW_LIT("abc"), out), 0);
	assert_memory_equal(out, sha384, sizeof(sha384));
	for (uint8_t i = 0; i < 16; i++)
		iv[i] = i;
	assert_int_equal(cipher_aes_encrypt(view_of(key, 16), iv, view_of(plain, 16), out), 0);
	assert_memory_equal(out, secret, sizeof(secret));
	assert_int_equal(cipher_aes_decrypt(view_of(key, 16), iv, view_of(secret, 16), out), 0);
	assert_memory_equal(out, plain, sizeof(plain));
	assert_int_equal(
		cipher_aes_decrypt(view_of(key, 15), iv, view_of(secret, 16), out), -EINVAL);
	assert_int_equal(
		cipher_aes_decrypt(view_of(key, 16), iv, view_of(secret, 15), out), -EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_password),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_unknown_handler),
		cmocka_unit_test(test_spoilt),
		cmocka_unit_test(test_ciphers),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
