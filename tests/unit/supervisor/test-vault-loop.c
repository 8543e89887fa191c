/* SPDX-License-Identifier: Apache-2.0 */
/* One helper at a time, also where a killed one does not go: a file system's server hangs. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/helper.h"
#include "supervisor/vault.h"

static unsigned n_started, n_done;
static bool stays;
static int (*begun)(void *userdata);
static void *begun_with;

pid_t helper_start(int (*fn)(void *userdata), void *userdata)
{
	n_started++;
	begun = fn;
	begun_with = userdata;
	return INT32_MAX; /* there is no such process */
}

int helper_wait(pid_t helper, int ms)
{
	assert_int_equal(helper, INT32_MAX);
	assert_true(ms < 1000); /* the supervisor does not stand still */
	return stays ? -EAGAIN : 0;
}

/* Only in the helper. */
void helper_enter_host(void)
{
	fail();
}

void helper_keep_only(const int *fds, size_t n)
{
	(void)fds;
	(void)n;
	fail();
}

static void on_done(void *userdata, enum vault_what what, uint32_t id, const struct vault_result *r)
{
	(void)userdata;
	(void)id;
	assert_int_equal(what, VAULT_WHAT_DELETE);
	assert_int_equal(r->outcome, VAULT_NOT_MOVED);
	n_done++;
}

static void run_until(struct loop *l, const unsigned *counter, unsigned n)
{
	uint64_t until = clock_now() + 60 * NSEC_PER_SEC;

	while (*counter < n && clock_now() < until)
		assert_int_equal(loop_step(l, 100), 0);
	assert_int_equal(*counter, n);
}

static void test_a_helper_that_stays(void **state)
{
	char top[] = "/tmp/test-vault-loop-XXXXXX", quarantine[64];
	struct vault *v;
	struct loop *l;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(vault_new(l, top, 1 << 20, on_done, NULL, &v), 0);
	stays = true;
	vault_ask(v, 1, VAULT_DELETE, "a", "");
	vault_ask(v, 2, VAULT_DELETE, "b", "");
	/* The first one says nothing: its end of the pipe is closed. */
	run_until(l, &n_done, 1);
	assert_int_equal(n_started, 1);
	assert_true(vault_is_busy(v));
	for (int i = 0; i < 3; i++)
		assert_int_equal(loop_step(l, 500), 0);
	assert_int_equal(n_started, 1);
	stays = false;
	run_until(l, &n_started, 2);
	run_until(l, &n_done, 2);
	assert_false(vault_is_busy(v));
	vault_free(v);
	loop_free(l);
	snprintf(quarantine, sizeof(quarantine), "%s/" VAULT_DIR, top);
	assert_int_equal(rmdir(quarantine), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_helper_that_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
