/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of files, kept over the end of core. */
#include "../../unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/store.h"
#include "some_facts.h"

static char dir[] = "/tmp/test-store-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-store-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
		"facts.db", "facts.db-wal", "facts.db.damaged", "facts.db-shm"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static void facts_outlive_the_process(void **state)
{
	struct file_key key = {1, 2, 3, 4, 5}, other = key;
	struct facts f = some_facts(LEVEL_SECRET), g;
	struct store *s;
	bool recreated;

	(void)state;
	assert_int_equal(store_open(dir, &s, &recreated), 0);
	assert_false(recreated);
	assert_int_equal(store_get(s, &key, 7, &g), STORE_MISS);
	assert_int_equal(store_put(s, &key, &f), 0);
	assert_int_equal(store_get(s, &key, 7, &g), 0); /* before any commit */
	s = store_close(s);
	assert_int_equal(store_open(dir, &s, &recreated), 0);
	assert_int_equal(store_get(s, &key, 7, &g), 0);
	assert_memory_equal(&f, &g, sizeof(f));
	assert_int_equal(store_count(s), 1);
	/* other rules, or any change, and it is unknown */
	assert_int_equal(store_get(s, &key, 8, &g), STORE_MISS);
	other.ctime++;
	assert_int_equal(store_get(s, &other, 7, &g), STORE_MISS);
	/* the newer key of an inode replaces the older */
	assert_int_equal(store_put(s, &other, &f), 0);
	assert_int_equal(store_get(s, &key, 7, &g), STORE_MISS);
	assert_int_equal(store_count(s), 1);
	store_close(s);
}

/* One that was killed and is not gone yet has it locked: that is no damage. */
static void a_store_of_one_that_is_ending_is_waited_for(void **state)
{
	const struct timespec soon = {.tv_nsec = 300000000};
	struct facts f = some_facts(LEVEL_SECRET);
	const struct file_key key = {1, 2, 3, 4, 5};
	struct store *s;
	bool recreated;
	int ready[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		if (store_open(dir, &s, &recreated) < 0 || store_put(s, &key, &f) < 0 ||
			store_flush(s) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		nanosleep(&soon, NULL);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(store_open(dir, &s, &recreated), 0);
	assert_false(recreated);
	assert_int_equal(store_count(s), 1);
	store_close(s);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void a_damaged_store_is_put_aside(void **state)
{
	struct store *s;
	bool recreated;
	char path[64];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/facts.db", dir);
	f = fopen(path, "we");
	for (int i = 0; i < 5000; i++)
		fputs("this is no database ", f);
	fclose(f);
	assert_int_equal(store_open(dir, &s, &recreated), 0);
	assert_true(recreated);
	store_close(s);
	snprintf(path, sizeof(path), "%s/facts.db.damaged", dir);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(facts_outlive_the_process, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			a_store_of_one_that_is_ending_is_waited_for, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_damaged_store_is_put_aside, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
