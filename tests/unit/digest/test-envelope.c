/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "digest/envelope.h"
#include "test-envelope-keys.h"

#define BIG    (5U << 20)
#define BORDER (BIG + (64U << 10)) /* of one piece that reaches the sink, and more */

struct taken {
	struct buf b;
	size_t longest;
	size_t refuse_at; /* bytes; 0: never */
};

static int take(void *userdata, struct view v)
{
	struct taken *t = userdata;

	t->longest = MAX(t->longest, v.n);
	if (t->refuse_at && t->b.n + v.n > t->refuse_at)
		return -ENOSPC;
	return buf_put_view(&t->b, v);
}

static void seal(struct view certificate, struct view content, size_t piece, struct taken *ret)
{
	cleanup_with(envelope_freep) struct envelope *e = NULL;

	*ret = (struct taken){.b = BUF_INIT(BORDER * 2)};
	assert_int_equal(envelope_new(certificate, take, ret, &e), 0);
	for (size_t at = 0; at < content.n; at += piece)
		assert_int_equal(envelope_write(e,
					 view_of((const uint8_t *)content.p + at,
						 MIN(piece, content.n - at))),
			0);
	assert_int_equal(envelope_finish(e), 0);
}

static void check(struct view certificate, struct view key, struct view content, size_t piece)
{
	struct taken sealed, opened = {.b = BUF_INIT(BORDER * 2)};

	seal(certificate, content, piece, &sealed);
	assert_int_equal(envelope_open(key, buf_view(&sealed.b), take, &opened), 0);
	assert_int_equal(opened.b.n, content.n);
	if (content.n > 0)
		assert_memory_equal(opened.b.p, content.p, content.n);
	buf_done(&sealed.b);
	buf_done(&opened.b);
}

static void what_is_sealed_opens(void **state)
{
	uint8_t *big = malloc(BIG);

	(void)state;
	assert_non_null(big);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 31 + i / 251);
	check(view_str(RSA_CERTIFICATE), view_str(RSA_KEY), VIEW_LIT("abc\r\nd\n\0e"), 3);
	check(view_str(RSA_CERTIFICATE), view_str(RSA_KEY), view_of(big, BIG), BIG);
	check(view_str(EC_CERTIFICATE), view_str(EC_KEY), view_of(big, BIG), 4093);
	free(big);
}

static void memory_is_bounded(void **state)
{
	uint8_t *big = calloc(1, BIG);
	struct taken sealed;

	(void)state;
	assert_non_null(big);
	seal(view_str(EC_CERTIFICATE), view_of(big, BIG), BIG, &sealed);
	assert_true(sealed.b.n >= BIG);
	assert_true(sealed.longest < 256U << 10);
	/* not in the clear */
	assert_null(memmem(sealed.b.p, sealed.b.n, big, 64));
	buf_done(&sealed.b);
	free(big);
}

static void check_refused_or_same(struct view sealed)
{
	struct taken opened = {.b = BUF_INIT(BORDER)};

	if (envelope_open(view_str(EC_KEY), sealed, take, &opened) == 0)
		assert_true(view_eq(buf_view(&opened.b), VIEW_LIT("what nobody else reads")));
	else
		assert_int_equal(opened.b.n, 0);
	buf_done(&opened.b);
}

static void damage_and_other_keys_are_refused(void **state)
{
	struct taken sealed, opened = {.b = BUF_INIT(BORDER)};

	(void)state;
	seal(view_str(EC_CERTIFICATE), VIEW_LIT("what nobody else reads"), 5, &sealed);
	assert_int_not_equal(
		envelope_open(view_str(RSA_KEY), buf_view(&sealed.b), take, &opened), 0);
	assert_int_equal(envelope_open(VIEW_LIT("no key"), buf_view(&sealed.b), take, &opened),
		ENVELOPE_BAD);
	assert_int_equal(opened.b.n, 0);
	/* The same bytes may be wrapped in other ways, but no other bytes come out. */
	for (size_t i = 0; i < sealed.b.n; i++) {
		sealed.b.p[i] ^= 1;
		check_refused_or_same(buf_view(&sealed.b));
		sealed.b.p[i] ^= 1;
	}
	for (size_t n = 0; n < sealed.b.n; n++)
		assert_int_not_equal(
			envelope_open(view_str(EC_KEY), view_of(sealed.b.p, n), take, &opened), 0);
	assert_int_equal(opened.b.n, 0); /* nothing that was not authenticated */
	buf_done(&sealed.b);
	buf_done(&opened.b);
}

static void certificates_that_do_not_do(void **state)
{
	const char *const bad[] = {"", "-----BEGIN CERTIFICATE-----\nAAAA\n", RSA_KEY,
		SHORT_CERTIFICATE, ED25519_CERTIFICATE};
	struct taken t = {.b = BUF_INIT(BORDER)};
	struct envelope *e = NULL;
	char *huge = malloc(ENVELOPE_CERTIFICATE_MAX + 2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(envelope_new(view_str(bad[i]), take, &t, &e), ENVELOPE_BAD);
	assert_non_null(huge);
	memset(huge, '\n', ENVELOPE_CERTIFICATE_MAX + 1);
	memcpy(huge, RSA_CERTIFICATE, strlen(RSA_CERTIFICATE));
	assert_int_equal(envelope_new(view_of(huge, ENVELOPE_CERTIFICATE_MAX + 1), take, &t, &e),
		ENVELOPE_BAD);
	assert_null(e);
	free(huge);
}

static void a_sink_that_refuses_ends_it(void **state)
{
	cleanup_with(envelope_freep) struct envelope *e = NULL;
	struct taken t = {.b = BUF_INIT(BORDER), .refuse_at = 100U << 10};
	uint8_t *big = calloc(1, BIG);

	(void)state;
	assert_non_null(big);
	assert_int_equal(envelope_new(view_str(EC_CERTIFICATE), take, &t, &e), 0);
	assert_int_equal(envelope_write(e, view_of(big, BIG)), -ENOSPC);
	assert_true(t.b.n <= 100U << 10);
	buf_done(&t.b);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(damage_and_other_keys_are_refused),
		cmocka_unit_test(certificates_that_do_not_do),
		cmocka_unit_test(a_sink_that_refuses_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
