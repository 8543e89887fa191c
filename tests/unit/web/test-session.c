/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../unit.h"

#include "base/clock.h"
#include "web/session.h"

#define HOUR (3600 * NSEC_PER_SEC)

static const struct session *add(struct sessions *s, uint32_t uid, uint64_t lasts)
{
	struct session from = {.uid = uid, .peer_uid = uid, .roles = 1};
	const struct session *ret;

	assert_int_equal(sessions_add(s, &from, lasts, &ret), 0);
	return ret;
}

static struct view cookie(const char *text)
{
	return view_str(text);
}

static void test_found(void **state)
{
	struct sessions *s;
	const struct session *a, *b;
	char text[CONSOLE_SECRET_SIZE], other[CONSOLE_SECRET_SIZE + 1];

	(void)state;
	assert_int_equal(sessions_new(HOUR, &s), 0);
	a = add(s, 1, HOUR);
	b = add(s, 2, HOUR);
	assert_string_not_equal(a->cookie, b->cookie);
	assert_string_not_equal(a->cookie, a->csrf);
	assert_int_equal(strlen(a->cookie), CONSOLE_SECRET_SIZE - 1);
	assert_ptr_equal(sessions_find(s, cookie(a->cookie), 1), a);
	assert_null(sessions_find(s, cookie(a->cookie), 2));
	assert_null(sessions_find(s, cookie(a->cookie), 0));
	assert_null(sessions_find(s, VIEW_EMPTY, 1));
	snprintf(other, sizeof(other), "%sx", a->cookie);
	assert_null(sessions_find(s, cookie(other), 1));
	other[CONSOLE_SECRET_SIZE - 2] = 0;
	assert_null(sessions_find(s, cookie(other), 1));
	memset(other, 0, sizeof(other));
	assert_null(sessions_find(s, view_of(other, CONSOLE_SECRET_SIZE - 1), 0));
	memcpy(text, a->cookie, sizeof(text));
	sessions_end(s, a->number);
	assert_null(sessions_find(s, cookie(text), 1));
	sessions_end(s, 0);
	assert_non_null(sessions_by_number(s, b->number));
	sessions_free(s);
}

static void test_over(void **state)
{
	const struct session *a;
	struct sessions *s;

	(void)state;
	assert_int_equal(sessions_new(HOUR, &s), 0);
	a = add(s, 1, 0);
	assert_null(sessions_find(s, cookie(a->cookie), 1));
	sessions_free(s);
	assert_int_equal(sessions_new(1, &s), 0); /* a nanosecond without use */
	a = add(s, 1, HOUR);
	for (uint64_t until = clock_now() + 2; clock_now() < until;)
		;
	assert_null(sessions_find(s, cookie(a->cookie), 1));
	assert_null(sessions_by_number(s, a->number));
	sessions_free(s);
}

static void test_room(void **state)
{
	const struct session *own[SESSIONS_USER_MAX + 1], *mine;
	char first[CONSOLE_SECRET_SIZE];
	struct sessions *s;

	(void)state;
	assert_int_equal(sessions_new(HOUR, &s), 0);
	mine = add(s, 7, HOUR);
	own[0] = add(s, 1, HOUR);
	memcpy(first, own[0]->cookie, sizeof(first));
	for (unsigned i = 1; i <= SESSIONS_USER_MAX; i++)
		own[i] = add(s, 1, HOUR);
	assert_null(sessions_find(s, cookie(first), 1));
	assert_non_null(sessions_find(s, cookie(own[1]->cookie), 1));
	assert_non_null(sessions_find(s, cookie(mine->cookie), 7));
	/* More people than there is room for: the oldest of all makes it. */
	memcpy(first, mine->cookie, sizeof(first));
	for (uint32_t uid = 100; uid < 100 + SESSIONS_MAX; uid++)
		assert_non_null(sessions_find(s, cookie(add(s, uid, HOUR)->cookie), uid));
	assert_null(sessions_find(s, cookie(first), 7));
	sessions_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
