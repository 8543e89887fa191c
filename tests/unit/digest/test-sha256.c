/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "digest/sha256.h"

/* FIPS 180-4's examples. */
static const uint8_t abc[SHA256_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41,
	0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4,
	0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static void the_standards_example(void **state)
{
	uint8_t d[SHA256_SIZE];

	(void)state;
	assert_int_equal(sha256(VIEW_LIT("abc"), d), 0);
	assert_memory_equal(d, abc, sizeof(d));
}

static void pieces_and_reuse(void **state)
{
	cleanup_with(sha256_freep) struct sha256 *s = NULL;
	uint8_t d[SHA256_SIZE];

	(void)state;
	assert_int_equal(sha256_new(&s), 0);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(sha256_update(s, VIEW_LIT("a")), 0);
		assert_int_equal(sha256_update(s, VIEW_LIT("bc")), 0);
		assert_int_equal(sha256_final(s, d), 0);
		assert_memory_equal(d, abc, sizeof(d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_example),
		cmocka_unit_test(pieces_and_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
