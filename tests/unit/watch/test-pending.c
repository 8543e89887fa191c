/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pending.h"

static void expect(struct pendings *p, uint64_t now, const char *path, enum found found)
{
	struct pending *e = pendings_take(p, now);

	assert_non_null(e);
	assert_string_equal(path, e->path);
	assert_int_equal(found, e->found);
	pending_free(e);
}

static void test_order(void **state)
{
	struct pendings p;
	struct pending *e;

	(void)state;
	assert_int_equal(0, pendings_init(&p));
	assert_int_equal(UINT64_MAX, pendings_next(&p));
	assert_int_equal(0, pendings_add(&p, 0, "crawled", FOUND_CRAWL));
	assert_int_equal(0, pendings_add(&p, 0, "both", FOUND_CRAWL));
	assert_int_equal(0, pendings_add(&p, 0, "event", FOUND_EVENT));
	assert_int_equal(0, pendings_add(&p, 0, "event", FOUND_CREATED));
	assert_int_equal(0, pendings_add(&p, 0, "both", FOUND_EVENT));
	assert_int_equal(0, pendings_add(&p, 1, "event", FOUND_EVENT));
	assert_int_equal(0, pendings_next(&p));
	assert_int_equal(3, p.n_urgent);
	assert_int_equal(1, p.n_crawl);
	expect(&p, 1, "event", FOUND_EVENT);
	expect(&p, 1, "both", FOUND_EVENT);
	e = pendings_take(&p, 1);
	assert_int_equal(1, e->root);

	/* later: nothing is due, then it is, before all else */
	pendings_again(&p, e, 100);
	expect(&p, 1, "crawled", FOUND_CRAWL);
	assert_null(pendings_take(&p, 99));
	assert_int_equal(100, pendings_next(&p));
	assert_int_equal(0, pendings_add(&p, 0, "urgent", FOUND_EVENT));
	e = pendings_take(&p, 100);
	assert_int_equal(1, e->tries);
	assert_int_equal(1, e->root);
	/* an event while it is out: one is enough */
	assert_int_equal(0, pendings_add(&p, 1, "event", FOUND_EVENT));
	pendings_again(&p, e, 200);
	expect(&p, 1, "urgent", FOUND_EVENT);
	expect(&p, 1, "event", FOUND_EVENT);
	assert_null(pendings_take(&p, 1000));
	assert_int_equal(0, p.n_urgent + p.n_crawl);
	pendings_done(&p);
}

static void test_due_order(void **state)
{
	static const uint64_t dues[] = {30, 10, 20, 40};
	struct pendings p;
	char name[8];

	(void)state;
	assert_int_equal(0, pendings_init(&p));
	for (unsigned i = 0; i < ARRAY_SIZE(dues); i++) {
		snprintf(name, sizeof(name), "%u", (unsigned)dues[i]);
		assert_int_equal(0, pendings_add(&p, 0, name, FOUND_EVENT));
		pendings_again(&p, pendings_take(&p, 1), dues[i]);
	}
	expect(&p, 100, "10", FOUND_EVENT);
	expect(&p, 100, "20", FOUND_EVENT);
	expect(&p, 100, "30", FOUND_EVENT);
	pendings_done(&p); /* one is left */
}

static void test_bounds(void **state)
{
	struct pendings p;
	char name[16];

	(void)state;
	assert_int_equal(0, pendings_init(&p));
	for (unsigned i = 0; i < PENDING_CRAWL_MAX; i++) {
		assert_false(pendings_crawl_full(&p));
		snprintf(name, sizeof(name), "c%u", i);
		assert_int_equal(0, pendings_add(&p, 0, name, FOUND_CRAWL));
	}
	assert_true(pendings_crawl_full(&p));
	for (unsigned i = 0; i < PENDING_URGENT_MAX; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_int_equal(0, pendings_add(&p, 0, name, FOUND_EVENT));
	}
	assert_int_equal(-ENOBUFS, pendings_add(&p, 0, "one more", FOUND_EVENT));
	assert_int_equal(0, pendings_add(&p, 0, "u7", FOUND_EVENT));
	pendings_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_due_order),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
