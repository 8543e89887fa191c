/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, digests of digests, and AES in its key sizes, against published values. */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "digest/cipher.h"

static void check(enum cipher_hash h, const char *want, size_t n)
{
	uint8_t got[SHA2_SIZE_MAX];

	assert_int_equal(cipher_hash(h, VIEW_LIT("a"), VIEW_LIT("bc"), got), 0);
	assert_int_equal(cipher_hash_size(h), n);
	assert_memory_equal(got, want, 8);
}

static void test_hashes(void **state)
{
	(void)state;
	check(CIPHER_MD5, "\x90\x01\x50\x98\x3c\xd2\x4f\xb0", 16);
	check(CIPHER_SHA1, "\xa9\x99\x3e\x36\x47\x06\x81\x6a", 20);
	check(CIPHER_SHA256, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 32);
	check(CIPHER_SHA384, "\xcb\x00\x75\x3f\x45\xa3\x5e\x8b", 48);
	check(CIPHER_SHA512, "\xdd\xaf\x35\xa1\x93\x61\x7a\xba", 64);
}

/* In two goes as in one, and as by hand. */
static void test_spin(void **state)
{
	uint8_t a[SHA2_SIZE_MAX] = {1}, b[SHA2_SIZE_MAX] = {1}, c[SHA2_SIZE_MAX] = {1};
	uint8_t before[SHA2_SIZE_MAX];

	(void)state;
	assert_int_equal(cipher_hash_spin(CIPHER_SHA1, 0, 300, a), 0);
	assert_int_equal(cipher_hash_spin(CIPHER_SHA1, 0, 257, b), 0);
	assert_int_equal(cipher_hash_spin(CIPHER_SHA1, 257, 300, b), 0);
	for (unsigned i = 0; i < 300; i++) {
		const uint8_t number[] = {(uint8_t)i, (uint8_t)(i >> 8), 0, 0};

		memcpy(before, c, sizeof(before));
		assert_int_equal(
			cipher_hash(CIPHER_SHA1, view_of(number, 4), view_of(before, 20), c), 0);
	}
	assert_memory_equal(a, b, 20);
	assert_memory_equal(a, c, 20);
}

/* FIPS 197, appendix C. */
static void test_aes(void **state)
{
	static const char *const want[] = {
		"\x69\xc4\xe0\xd8\x6a\x7b\x04\x30\xd8\xcd\xb7\x80\x70\xb4\xc5\x5a",
		"\xdd\xa9\x7c\xa4\x86\x4c\xdf\xe0\x6e\xaf\x70\xa0\xec\x0d\x71\x91",
		"\x8e\xa2\xb7\xca\x51\x67\x45\xbf\xea\xfc\x49\x90\x4b\x49\x60\x89"};
	uint8_t key[32], plain[16], out[16], zero[AES_BLOCK] = {0};

	(void)state;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (unsigned i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 0x11);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct view k = view_of(key, 16 + i * 8);

		assert_int_equal(cipher_aes_encrypt(k, NULL, view_of(plain, 16), out), 0);
		assert_memory_equal(out, want[i], 16);
		assert_int_equal(cipher_aes_decrypt(k, NULL, view_of(out, 16), out), 0);
		assert_memory_equal(out, plain, 16);
		/* one block with a vector of zeros is the same */
		assert_int_equal(cipher_aes_encrypt(k, zero, view_of(plain, 16), out), 0);
		assert_memory_equal(out, want[i], 16);
	}
	assert_int_equal(cipher_aes_decrypt(view_of(key, 16), NULL, VIEW_EMPTY, NULL), 0);
	assert_int_equal(
		cipher_aes_decrypt(view_of(key, 20), NULL, view_of(out, 16), out), -EINVAL);
	assert_int_equal(
		cipher_aes_decrypt(view_of(key, 16), NULL, view_of(out, 15), out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_aes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
