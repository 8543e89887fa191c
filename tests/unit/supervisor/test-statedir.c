/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/statedir.h"

struct place {
	char top[64], state[80], runtime[80], why[256];
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->top, sizeof(p->top), "/tmp/test-statedir-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->state, sizeof(p->state), "%s/state", p->top);
	snprintf(p->runtime, sizeof(p->runtime), "%s/run", p->top);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", p->top);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static int open_it(struct place *p, struct statedir **ret)
{
	return statedir_open(p->state, p->runtime, geteuid(), getegid(), geteuid(), getegid(),
		p->why, sizeof(p->why), ret);
}

/* What another process gets that opens it too. */
static int opened_elsewhere(struct place *p)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct statedir *d = NULL;

		_exit(-open_it(p, &d));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void test_second_agent(void **state)
{
	struct place *p = *state;
	struct statedir *d;

	assert_int_equal(open_it(p, &d), 0);
	assert_int_equal(opened_elsewhere(p), -EBUSY);
	statedir_close(d, true);
	assert_int_equal(opened_elsewhere(p), 0);
}

static void test_copy_left_behind(void **state)
{
	struct place *p = *state;
	struct statedir *d;
	int hold[2], status;
	pid_t copy;
	char c;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(open_it(p, &d), 0);
	copy = fork();
	if (copy == 0) {
		close(hold[1]);
		_exit(read(hold[0], &c, 1) != 0);
	}
	statedir_close(d, true);
	assert_int_equal(opened_elsewhere(p), 0);
	close(hold[1]);
	assert_int_equal(waitpid(copy, &status, 0), copy);
	assert_int_equal(status, 0);
	close(hold[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_second_agent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copy_left_behind, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
