/* SPDX-License-Identifier: Apache-2.0 */
/* The store of versions: over restarts, after a crash at any byte, with a damaged bundle. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"
#include "bundle/versions.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test-versions-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return bundle_remove(dir);
}

static struct versions *reopen(struct versions *v, size_t *ret_cut)
{
	versions_close(v);
	assert_int_equal(versions_open(dir, 0, ret_cut, &v), 0);
	return v;
}

static uint32_t add(struct versions *v, enum version_how how, uint32_t from, const char *bytes)
{
	struct version n = {.uid = 1000,
		.how = how,
		.from = from,
		.time = 5,
		.counter = from,
		.user = "lan anh",
		.reason = (char *)"100 % of\nthe reason"};
	uint32_t number;

	assert_int_equal(sha256(view_str(bytes), n.digest), 0);
	assert_int_equal(versions_add(v, &n, view_str(bytes), &number), 0);
	return number;
}

static void over_restarts(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	const struct version *n;
	struct versions *v = NULL;
	uint8_t seen[SHA256_SIZE] = {1}, other[SHA256_SIZE] = {2};
	size_t cut;

	(void)state;
	v = reopen(v, &cut);
	assert_null(versions_current(v));
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 1);
	assert_int_equal(versions_use(v, 1, 100), 0);
	assert_int_equal(versions_use(v, 2, 100), -ENOENT);
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "two"), 2);
	assert_int_equal(versions_saw(v, seen), 0);
	v = reopen(v, &cut);
	assert_int_equal(cut, 0);
	assert_int_equal(versions_n(v), 2);
	/* stored, but never in force */
	assert_int_equal(versions_get(v, 2)->in_force, 0);
	n = versions_current(v);
	assert_int_equal(n->number, 1);
	assert_int_equal(n->in_force, 100);
	assert_int_equal(n->uid, 1000);
	assert_string_equal(n->user, "lan anh");
	assert_string_equal(n->reason, "100 % of\nthe reason");
	assert_true(versions_is_seen(v, seen));
	assert_false(versions_is_seen(v, other));
	assert_int_equal(versions_read(v, n, &b), 0);
	assert_true(view_eq(buf_view(&b), VIEW_LIT("one")));
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "one"), 3); /* the bundle is there */
	versions_close(v);
}

/* Rolling back twice goes back twice. */
static void before(void **state)
{
	struct versions *v = NULL;
	size_t cut;

	(void)state;
	v = reopen(v, &cut);
	assert_null(versions_before(v));
	for (uint32_t i = 1; i <= 4; i++) {
		assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "x"), i);
		if (i != 3) /* which never was in force */
			assert_int_equal(versions_use(v, i, i), 0);
	}
	assert_int_equal(versions_before(v)->number, 2);
	assert_int_equal(add(v, VERSION_HOW_ROLLBACK, 2, "x"), 5);
	assert_int_equal(versions_use(v, 5, 5), 0);
	assert_int_equal(versions_before(v)->number, 1);
	assert_int_equal(add(v, VERSION_HOW_ROLLBACK, 1, "x"), 6);
	assert_int_equal(versions_use(v, 6, 6), 0);
	assert_null(versions_before(v));
	/* Before what was applied after a rollback is what that went back to, not what it undid. */
	assert_int_equal(add(v, VERSION_HOW_ROLLBACK, 2, "x"), 7);
	assert_int_equal(versions_use(v, 7, 7), 0);
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "x"), 8);
	assert_int_equal(versions_use(v, 8, 8), 0);
	assert_int_equal(versions_before(v)->number, 2);
	assert_int_equal(versions_counter(v), 2);
	versions_close(v);
}

/* A crash behind any byte leaves what was whole, and the next line begins anew. */
static void cut_anywhere(void **state)
{
	cleanup_with(buf_done) struct buf log = {0};
	struct versions *v = NULL;
	char path[96];
	size_t cut;

	(void)state;
	v = reopen(v, &cut);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 1);
	assert_int_equal(versions_use(v, 1, 100), 0);
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "two"), 2);
	assert_int_equal(versions_use(v, 2, 200), 0);
	v = versions_close(v);
	snprintf(path, sizeof(path), "%s/log", dir);
	assert_int_equal(fd_read_path(path, 10000, &log), 0);
	for (size_t n = log.n; n-- > 0;) {
		const struct version *now;
		FILE *f = fopen(path, "we");
		uint32_t last;

		assert_int_equal(fwrite(log.p, 1, n, f), n);
		assert_int_equal(fclose(f), 0);
		v = reopen(NULL, &cut);
		last = versions_n(v) ? versions_at(v, versions_n(v) - 1)->number : 0;
		now = versions_current(v);
		assert_true(!now || now->number <= last);
		assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "three"), last + 1);
		assert_int_equal(versions_use(v, last + 1, 300), 0);
		v = reopen(v, &cut);
		assert_int_equal(cut, 0);
		assert_int_equal(versions_current(v)->number, last + 1);
		versions_close(v);
	}
}

static void bad_lines_are_skipped_and_counted(void **state)
{
	static const char *const bad[] = {
		"version 9\n", "current 8 1\n", "current x 1\n", "seen zz\n", "\n", "what\n"};
	struct versions *v = NULL;
	char path[96];
	size_t cut, n = 0;
	FILE *f;

	(void)state;
	v = reopen(v, &cut);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 1);
	assert_int_equal(versions_use(v, 1, 100), 0);
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "ae");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		fputs(bad[i], f);
		n += strlen(bad[i]);
	}
	assert_int_equal(fclose(f), 0);
	v = reopen(v, &cut);
	assert_int_equal(cut, n);
	assert_int_equal(versions_current(v)->number, 1);
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "two"), 2);
	versions_close(v);
}

static void a_damaged_bundle_is_noticed_and_written_again(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	struct versions *v = NULL;
	char command[256];
	size_t cut;

	(void)state;
	v = reopen(v, &cut);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 1);
	snprintf(command, sizeof(command),
		"for f in %s/*.bundle; do chmod u+w $f; echo x >> $f; done", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(versions_read(v, versions_get(v, 1), &b), -EBADMSG);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 2);
	buf_clear(&b);
	assert_int_equal(versions_read(v, versions_get(v, 1), &b), 0);
	versions_close(v);
}

static void numbers_go_on(void **state)
{
	struct versions *v;
	char path[96];
	size_t cut;
	FILE *f;

	(void)state;
	assert_int_equal(versions_open(dir, 41, &cut, &v), 0);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 42);
	versions_close(v);
	/* which is no matter where there is a log */
	assert_int_equal(versions_open(dir, 1000, &cut, &v), 0);
	assert_int_equal(cut, 0);
	assert_int_equal(versions_n(v), 1);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "two"), 43);
	/* up to the last that a verdict can name */
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "ae");
	fprintf(f, "version 4294967294 5 0 root file 0 %064d %064d 0 - -\n", 0, 0);
	assert_int_equal(fclose(f), 0);
	v = reopen(v, &cut);
	struct version n = {.how = VERSION_HOW_FILE};
	uint32_t number;
	assert_int_equal(cut, 0);
	assert_int_equal(versions_add(v, &n, VIEW_LIT("x"), &number), -EOVERFLOW);
	versions_close(v);
}

static bool is_kept(const char *bytes)
{
	uint8_t digest[SHA256_SIZE];
	char path[200], hex[2 * SHA256_SIZE + 1];

	assert_int_equal(sha256(view_str(bytes), digest), 0);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	snprintf(path, sizeof(path), "%s/%s.bundle", dir, hex);
	return access(path, F_OK) == 0;
}

/* 1 .. 30, all in force; then back to 3, which is 31. */
static struct versions *many(void)
{
	struct versions *v = NULL;
	char bytes[32];
	size_t cut;

	v = reopen(v, &cut);
	for (unsigned n = 1; n <= 30; n++) {
		snprintf(bytes, sizeof(bytes), "bytes %u", n);
		/* `from` is the counter, too: the highest is of an early one. */
		assert_int_equal(add(v, VERSION_HOW_APPLIED, n == 5 ? 900 : 0, bytes), n);
		assert_int_equal(versions_use(v, n, 100 + n), 0);
	}
	assert_int_equal(add(v, VERSION_HOW_ROLLBACK, 3, "bytes 3"), 31);
	assert_int_equal(versions_use(v, 31, 200), 0);
	return v;
}

static void old_ones_go(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	uint8_t seen[SHA256_SIZE] = {7};
	struct versions_pruned gone;
	struct versions *v = many();
	size_t cut;

	(void)state;
	assert_int_equal(versions_saw(v, seen), 0);
	assert_int_equal(versions_prune(v, 31, &gone), 0);
	assert_int_equal(gone.n, 0);
	assert_int_equal(versions_prune(v, 0, &gone), 0);
	assert_int_equal(gone.n, 0);
	assert_int_equal(versions_prune(v, 10, &gone), 0);
	assert_int_equal(gone.n, 21);
	assert_int_equal(gone.first, 1);
	assert_int_equal(gone.last, 23);
	for (unsigned again = 0; again < 2; again++) {
		assert_int_equal(versions_n(v), 10);
		/* what is in force, what it repeats, and what the next rollback goes back to */
		assert_int_equal(versions_current(v)->number, 31);
		assert_int_equal(versions_current(v)->in_force, 200);
		assert_non_null(versions_get(v, 3));
		assert_int_equal(versions_before(v)->number, 2);
		assert_null(versions_get(v, 1));
		assert_null(versions_get(v, 23));
		assert_int_equal(versions_get(v, 24)->in_force, 124);
		/* what was said by those that went still holds */
		assert_int_equal(versions_counter(v), 900);
		assert_true(versions_is_seen(v, seen));
		assert_true(is_kept("bytes 3"));
		assert_true(is_kept("bytes 24"));
		assert_false(is_kept("bytes 1"));
		assert_false(is_kept("bytes 23"));
		buf_clear(&b);
		assert_int_equal(versions_read(v, versions_get(v, 2), &b), 0);
		v = reopen(v, &cut);
		assert_int_equal(cut, 0);
	}
	/* Numbers go on, also where the newest is gone. */
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "next"), 32);
	versions_close(v);
}

static void one_that_never_was_in_force_is_no_number_again(void **state)
{
	struct versions_pruned gone;
	struct versions *v = NULL;
	char bytes[32];
	size_t cut;

	(void)state;
	v = reopen(v, &cut);
	assert_int_equal(add(v, VERSION_HOW_FILE, 0, "one"), 1);
	assert_int_equal(versions_use(v, 1, 100), 0);
	for (unsigned n = 2; n <= 20; n++) {
		snprintf(bytes, sizeof(bytes), "refused %u", n);
		assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, bytes), n);
	}
	assert_int_equal(versions_prune(v, 1, &gone), 0);
	assert_int_equal(gone.n, 19);
	v = reopen(v, &cut);
	assert_int_equal(versions_n(v), 1);
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "next"), 21);
	versions_close(v);
}

static void what_a_crash_left_is_swept(void **state)
{
	struct versions_pruned gone;
	struct versions *v = many();
	char path[200], name[65];
	const char *const suffixes[] = {".bundle", ".bundle.part"};

	(void)state;
	memset(name, 'a', 64);
	name[64] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffixes[i]);
		assert_int_equal(close(creat(path, 0600)), 0);
	}
	versions_sweep(v);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffixes[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_true(is_kept("bytes 1"));
	/* An unfinished new log is begun anew; where it cannot be written all stay. */
	snprintf(path, sizeof(path), "%s/log.part", dir);
	assert_int_equal(close(creat(path, 0600)), 0);
	assert_int_equal(versions_prune(v, 20, &gone), 0);
	assert_int_equal(versions_n(v), 20);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_true(versions_prune(v, 10, &gone) < 0);
	assert_int_equal(versions_n(v), 20);
	assert_true(is_kept("bytes 2"));
	assert_int_equal(add(v, VERSION_HOW_APPLIED, 0, "next"), 32);
	versions_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(over_restarts, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(before, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(cut_anywhere, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			bad_lines_are_skipped_and_counted, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			a_damaged_bundle_is_noticed_and_written_again, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(numbers_go_on, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(old_ones_go, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(
			one_that_never_was_in_force_is_no_number_again, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_a_crash_left_is_swept, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
