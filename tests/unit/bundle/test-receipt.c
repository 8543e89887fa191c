/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: what goes in comes out; each byte counts; other keys' signatures do not. */
#include "../unit.h"

#include <errno.h>

#include "bundle/receipt.h"

static struct receipt sample(void)
{
	return (struct receipt){.host = "may-tram",
		.journal = "00112233445566778899aabbccddeeff",
		.first = 1,
		.last = 1234567,
		.hash = {1, 2, 3},
		.statement = {4, 5, 6},
		.time = "2026-11-23T08:00:00.000Z"};
}

static void there_and_back(void **state)
{
	cleanup_with(buf_done) struct buf text = {0};
	struct receipt r = sample(), back;
	struct sign_secret keys[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(sign_generate(&keys[i]), 0);
	assert_int_equal(receipt_put(&r, &keys[0], &text), 0);
	assert_int_equal(receipt_parse(buf_view(&text), &back), 0);
	assert_string_equal(back.host, "may-tram");
	assert_int_equal(back.last, 1234567);
	assert_memory_equal(back.statement, r.statement, SHA256_SIZE);
	assert_int_equal(receipt_check(&back, &keys[0].public, 1), SIGN_VALID);
	assert_int_equal(receipt_check(&back, &keys[1].public, 1), SIGN_INVALID);
	assert_int_equal(receipt_check(&back, NULL, 0), SIGN_INVALID);
	/* the other key's id over this key's signature */
	memcpy(back.signature.id, keys[1].public.id, SIGN_ID_TEXT);
	assert_int_equal(receipt_check(&back, &keys[1].public, 1), SIGN_INVALID);
	back = r;
	back.last++;
	assert_int_equal(receipt_check(&back, &keys[0].public, 1), SIGN_INVALID);
}

static void what_is_none_is_not_signed(void **state)
{
	struct receipt r = sample();
	struct sign_secret key;
	struct buf text = {0};

	(void)state;
	assert_int_equal(sign_generate(&key), 0);
	memcpy(r.host, "a b", 4);
	assert_int_equal(receipt_put(&r, &key, &text), -EINVAL);
	r = sample();
	r.first = r.last + 1;
	assert_int_equal(receipt_put(&r, &key, &text), -EINVAL);
	r = sample();
	r.journal[3] = 'X';
	assert_int_equal(receipt_put(&r, &key, &text), -EINVAL);
	r = sample();
	r.time[0] = '\n';
	assert_int_equal(receipt_put(&r, &key, &text), -EINVAL);
	assert_int_equal(text.n, 0);
}

static void every_byte_counts(void **state)
{
	cleanup_with(buf_done) struct buf good = {0};
	struct receipt r = sample(), back;
	struct sign_secret key;

	(void)state;
	assert_int_equal(sign_generate(&key), 0);
	assert_int_equal(receipt_put(&r, &key, &good), 0);
	for (size_t i = 0; i < good.n; i++) {
		assert_int_equal(receipt_parse(view_of(good.p, i), &back), -EBADMSG);
		for (unsigned bit = 0; bit < 8; bit++) {
			good.p[i] ^= (uint8_t)(1U << bit);
			if (receipt_parse(buf_view(&good), &back) == 0)
				assert_int_equal(
					receipt_check(&back, &key.public, 1), SIGN_INVALID);
			good.p[i] ^= (uint8_t)(1U << bit);
		}
	}
	assert_int_equal(buf_put_byte(&good, '\n'), 0);
	assert_int_equal(receipt_parse(buf_view(&good), &back), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_none_is_not_signed),
		cmocka_unit_test(every_byte_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
