/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures against RFC 8032's vectors; key files as others write them, broken and exposed ones.
 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "digest/sign.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		unsigned v;

		assert_int_equal(sscanf(hex, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

/* RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc). */
static const struct {
	const char *seed, *public, *message, *signature;
} vectors[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	{"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
		"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		"dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
		"09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

static void the_standards_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		uint8_t seed[SIGN_KEY_SIZE], public[SIGN_KEY_SIZE], want[SIGN_SIZE], got[SIGN_SIZE];
		uint8_t message[64];
		struct sign_secret s;

		unhex(vectors[i].seed, seed);
		unhex(vectors[i].public, public);
		unhex(vectors[i].signature, want);
		struct view m = view_of(message, unhex(vectors[i].message, message));

		assert_int_equal(sign_secret_from_seed(seed, &s), 0);
		assert_memory_equal(s.public.key, public, sizeof(public));
		assert_int_equal(sign_message(&s, "", m, got), 0);
		assert_memory_equal(got, want, sizeof(want));
		assert_int_equal(sign_verify(&s.public, "", m, want), SIGN_VALID);
	}
}

static void a_changed_bit_anywhere_is_refused(void **state)
{
	struct sign_secret s, other;
	uint8_t sig[SIGN_SIZE];
	char message[] = "a policy";

	(void)state;
	assert_int_equal(sign_generate(&s), 0);
	assert_int_equal(sign_generate(&other), 0);
	assert_string_not_equal(s.public.id, other.public.id);
	assert_int_equal(sign_message(&s, "policy", view_str(message), sig), 0);
	assert_int_equal(sign_verify(&s.public, "policy", view_str(message), sig), SIGN_VALID);
	assert_int_equal(
		sign_verify(&other.public, "policy", view_str(message), sig), SIGN_INVALID);
	for (size_t i = 0; i < sizeof(sig) * 8; i++) {
		sig[i / 8] ^= (uint8_t)(1U << i % 8);
		assert_int_equal(
			sign_verify(&s.public, "policy", view_str(message), sig), SIGN_INVALID);
		sig[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	for (size_t i = 0; i < (sizeof(message) - 1) * 8; i++) {
		message[i / 8] = (char)(message[i / 8] ^ (1 << i % 8));
		assert_int_equal(sign_verify(&s.public, "policy",
					 view_of(message, sizeof(message) - 1), sig),
			SIGN_INVALID);
		message[i / 8] = (char)(message[i / 8] ^ (1 << i % 8));
	}
}

/* A word and a message are told apart: neither another word nor a shifted border will do. */
static void a_purpose_is_part_of_what_is_signed(void **state)
{
	char word[SIGN_WORD_MAX + 2];
	struct sign_secret s;
	uint8_t sig[SIGN_SIZE];

	(void)state;
	assert_int_equal(sign_generate(&s), 0);
	assert_int_equal(sign_message(&s, "policy", VIEW_LIT("x"), sig), 0);
	assert_int_equal(sign_verify(&s.public, "receipt", VIEW_LIT("x"), sig), SIGN_INVALID);
	assert_int_equal(sign_verify(&s.public, "polic", VIEW_LIT("yx"), sig), SIGN_INVALID);
	assert_int_equal(sign_verify(&s.public, "", VIEW_LIT("x"), sig), SIGN_INVALID);
	memset(word, 'w', sizeof(word));
	word[SIGN_WORD_MAX + 1] = '\0';
	assert_int_equal(sign_message(&s, word, VIEW_LIT("x"), sig), -EINVAL);
	word[SIGN_WORD_MAX] = '\0';
	assert_int_equal(sign_message(&s, word, VIEW_LIT("x"), sig), 0);
}

/* As `openssl genpkey` and `openssl pkey -pubout` write RFC 8410's example. */
#define PEM_SECRET                                                           \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n" \
	"-----END PRIVATE KEY-----\n"
#define PEM_PUBLIC                                                       \
	"-----BEGIN PUBLIC KEY-----\n"                                   \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n" \
	"-----END PUBLIC KEY-----\n"

static void key_files_of_others(void **state)
{
	struct sign_secret s, again;
	struct sign_public p, raw;

	(void)state;
	assert_int_equal(sign_secret_parse(VIEW_LIT(PEM_SECRET), &s), SIGN_FILE_OK);
	assert_int_equal(sign_public_parse(VIEW_LIT(PEM_PUBLIC), &p), SIGN_FILE_OK);
	assert_memory_equal(s.public.key, p.key, sizeof(p.key));
	assert_string_equal(s.public.id, p.id);
	assert_int_equal(strlen(p.id), SIGN_ID_TEXT - 1);
	assert_int_equal(
		sign_public_parse(
			VIEW_LIT(" Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\r\n"), &raw),
		SIGN_FILE_OK);
	assert_string_equal(raw.id, p.id);
	assert_int_equal(
		sign_secret_parse(VIEW_LIT("1O5y2/kTWErVttjx92n4rTr+fCjL8dT74Jeoj0R1WEI="), &again),
		SIGN_FILE_OK);
	assert_string_equal(again.public.id, p.id);
}

static void what_is_no_key(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE",  /* no padding */
		"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZg==", /* 31 bytes */
		"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuEB", /* 33 bytes */
		"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAx*uE=",
		"-----BEGIN PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
		/* cut short; another algorithm (X25519) */
		"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9E\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VuAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
		"-----END PUBLIC KEY-----\n",
		PEM_SECRET,
	};
	struct sign_public p;
	struct sign_secret s;
	char longer[SIGN_FILE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(sign_public_parse(view_str(bad[i]), &p), SIGN_FILE_BAD);
	assert_int_equal(sign_secret_parse(VIEW_LIT(PEM_PUBLIC), &s), SIGN_FILE_BAD);
	memset(longer, '\n', sizeof(longer));
	memcpy(longer, PEM_PUBLIC, sizeof(PEM_PUBLIC) - 1);
	assert_int_equal(sign_public_parse(view_of(longer, SIGN_FILE_MAX), &p), SIGN_FILE_OK);
	assert_int_equal(sign_public_parse(view_of(longer, SIGN_FILE_MAX + 1), &p), SIGN_FILE_BAD);
}

static void files_on_disk(void **state)
{
	char dir[] = "/tmp/test-sign-XXXXXX", secret[64], public[64];
	struct sign_secret s, back;
	struct sign_public p;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(secret, sizeof(secret), "%s/key", dir);
	snprintf(public, sizeof(public), "%s/key.pub", dir);
	assert_int_equal(sign_generate(&s), 0);
	assert_int_equal(sign_secret_read(secret, &back), -ENOENT);
	assert_int_equal(sign_secret_write(secret, &s), 0);
	assert_int_equal(sign_secret_write(secret, &s), -EEXIST);
	assert_int_equal(sign_public_write(public, &s.public), 0);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(sign_secret_read(secret, &back), SIGN_FILE_OK);
	assert_memory_equal(back.seed, s.seed, sizeof(s.seed));
	assert_int_equal(sign_public_read(public, &p), SIGN_FILE_OK);
	assert_string_equal(p.id, s.public.id);
	assert_int_equal(chmod(secret, 0640), 0);
	assert_int_equal(sign_secret_read(secret, &back), SIGN_FILE_OK);
	assert_int_equal(chmod(secret, 0644), 0);
	assert_int_equal(sign_secret_read(secret, &back), SIGN_FILE_EXPOSED);
	assert_int_equal(truncate(public, SIGN_FILE_MAX + 1), 0);
	assert_int_equal(sign_public_read(public, &p), SIGN_FILE_BAD);
	sign_secret_wipe(&back);
	for (size_t i = 0; i < sizeof(back.seed); i++)
		assert_int_equal(back.seed[i], 0);
	assert_int_equal(unlink(secret) | unlink(public) | rmdir(dir), 0);
}

static void base64(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	uint8_t back[3];

	(void)state;
	for (size_t n = 1; n <= 3; n++) {
		static const char *const want[] = {"Zg==", "Zm8=", "Zm9v"};

		buf_clear(&b);
		assert_int_equal(sign_base64_put(&b, view_of("foo", n)), 0);
		assert_true(view_eq(buf_view(&b), view_str(want[n - 1])));
		assert_int_equal(sign_base64_get(buf_view(&b), back, n), 0);
		assert_memory_equal(back, "foo", n);
		assert_int_equal(sign_base64_get(buf_view(&b), back, n == 1 ? 2 : 1), -EBADMSG);
	}
	assert_int_equal(sign_base64_get(VIEW_LIT("===="), back, 1), -EBADMSG);
	assert_int_equal(sign_base64_get(VIEW_LIT("Z==="), back, 1), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_vectors),
		cmocka_unit_test(a_changed_bit_anywhere_is_refused),
		cmocka_unit_test(a_purpose_is_part_of_what_is_signed),
		cmocka_unit_test(key_files_of_others),
		cmocka_unit_test(what_is_no_key),
		cmocka_unit_test(files_on_disk),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
