/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "supervisor/vault_files.h"
#include "supervisor/vault_work.h"

#define ROOM (1U << 20)

static char top[] = "/tmp/test-vault-XXXXXX";

static const char *at(const char *name)
{
	static char path[4][200];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", top, name);
	return path[next];
}

static void put(const char *name, const char *text)
{
	cleanup_with(fd_closep) int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, view_str(text)), 0);
}

static void expect(const char *name, const char *text)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);

	assert_int_equal(fd_read_path(at(name), 4096, &b), 0);
	assert_true(view_eq(buf_view(&b), view_str(text)));
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0;
}

struct scene {
	int dir, file;
	struct vault_order order;
	struct vault_result result;
};

static void scene_done(struct scene *s)
{
	fd_close(s->dir);
	fd_close(s->file);
}

static void set_scene(struct scene *s)
{
	*s = (struct scene){.order = {.app = "zalo", .level = "secret", .message = "Hỏi văn thư."}};
	put("docs/a.txt", "MẬT");
	s->dir = open(at("vault"), O_RDONLY | O_DIRECTORY);
	s->file = open(at("docs/a.txt"), O_RDONLY);
	assert_true(s->dir >= 0 && s->file >= 0);
	assert_int_equal(file_key_read(s->file, &s->order.key), 0);
}

static void move(struct scene *s)
{
	vault_work_move(s->dir, s->file, &s->order, ROOM, &s->result);
}

/* Nothing was taken, and nothing is left behind. */
static void expect_left(const struct scene *s, const char *why)
{
	char name[80];

	assert_int_equal(s->result.outcome, VAULT_NOT_MOVED);
	if (!strstr(s->result.why, why))
		fail_msg("%s is not in: %s", why, s->result.why);
	snprintf(name, sizeof(name), "vault/%s.data", s->result.id);
	assert_false(is_there(name));
	snprintf(name, sizeof(name), "vault/%s.record", s->result.id);
	assert_false(is_there(name));
	assert_false(is_there("docs/a.txt.cach-ly.txt"));
}

static void test_there_and_back(void **state)
{
	cleanup_with(scene_done) struct scene s;
	struct vault_result back;
	struct stat st;
	char name[80];

	(void)state;
	set_scene(&s);
	move(&s);
	assert_int_equal(s.result.outcome, VAULT_MOVED);
	assert_false(is_there("docs/a.txt"));
	assert_true(is_there("docs/a.txt.cach-ly.txt"));
	snprintf(name, sizeof(name), "vault/%s.data", s.result.id);
	expect(name, "MẬT");
	assert_int_equal(stat(at(name), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	vault_work_restore(s.dir, s.result.id, "", &back);
	assert_int_equal(back.outcome, VAULT_MOVED);
	expect("docs/a.txt", "MẬT");
	assert_int_equal(stat(at("docs/a.txt"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(
		st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec, s.order.key.mtime);
	assert_false(is_there("docs/a.txt.cach-ly.txt"));
	assert_false(is_there(name));
}

static void test_changed_after_it_was_read(void **state)
{
	cleanup_with(scene_done) struct scene s;

	(void)state;
	set_scene(&s);
	put("docs/a.txt", "đã sửa, dài hơn");
	move(&s);
	expect_left(&s, "changed");
	expect("docs/a.txt", "đã sửa, dài hơn");
}

static void test_another_file_has_the_name(void **state)
{
	cleanup_with(scene_done) struct scene s;

	(void)state;
	set_scene(&s);
	/* A link keeps the old content alive: only its name is somebody else's. */
	assert_int_equal(link(at("docs/a.txt"), at("docs/b.txt")), 0);
	put("docs/c.txt", "khác");
	assert_int_equal(rename(at("docs/c.txt"), at("docs/a.txt")), 0);
	/* The descriptor's path is the old name; taking it must not take the new file. */
	move(&s);
	expect_left(&s, "name");
	expect("docs/a.txt", "khác");
	assert_int_equal(unlink(at("docs/b.txt")), 0);
}

static void test_open_for_writing(void **state)
{
	cleanup_with(scene_done) struct scene s;
	cleanup_with(fd_closep) int writer = -1;

	(void)state;
	set_scene(&s);
	writer = open(at("docs/a.txt"), O_WRONLY);
	assert_true(writer >= 0);
	move(&s);
	expect_left(&s, "writing");
	expect("docs/a.txt", "MẬT");
}

static void test_no_name_any_more(void **state)
{
	cleanup_with(scene_done) struct scene s;

	(void)state;
	set_scene(&s);
	assert_int_equal(unlink(at("docs/a.txt")), 0);
	move(&s);
	expect_left(&s, "no name");
}

static void test_full(void **state)
{
	cleanup_with(scene_done) struct scene s;

	(void)state;
	set_scene(&s);
	vault_work_move(s.dir, s.file, &s.order, s.order.key.size - 1, &s.result);
	expect_left(&s, "full");
	expect("docs/a.txt", "MẬT");
}

static void test_placeholders_do_not_replace(void **state)
{
	cleanup_with(scene_done) struct scene s;
	char name[40];

	(void)state;
	set_scene(&s);
	put("docs/a.txt.cach-ly.txt", "của người dùng");
	for (int i = 2; i <= 9; i++) {
		snprintf(name, sizeof(name), "docs/a.txt.%d.cach-ly.txt", i);
		put(name, "của người dùng");
	}
	move(&s);
	assert_int_equal(s.result.outcome, VAULT_MOVED);
	assert_non_null(strstr(s.result.why, "no text could be put"));
	expect("docs/a.txt.cach-ly.txt", "của người dùng");
	for (int i = 2; i <= 9; i++) {
		snprintf(name, sizeof(name), "docs/a.txt.%d.cach-ly.txt", i);
		assert_int_equal(unlink(at(name)), 0);
	}
	assert_int_equal(unlink(at("docs/a.txt.cach-ly.txt")), 0);
}

/* Where there is no room for the second record, the first one still leads back. */
static void test_no_room_for_the_second_record(void **state)
{
	cleanup_with(scene_done) struct scene s;
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
	struct vault_result back;
	char dir[200] = "docs/", to[400];

	(void)state;
	/* Names that are written thrice as long: a record is longer than the text in place. */
	for (size_t n = 5; n < 155; n += 3)
		memcpy(dir + n, "\xe1\xba\xad", 4);
	assert_int_equal(mkdir(at(dir), 0755), 0);
	set_scene(&s);
	snprintf(to, sizeof(to), "%s/%s/%s/a.txt", top, dir, dir + 5);
	to[strlen(to) - 6] = 0;
	assert_int_equal(mkdir(to, 0755), 0);
	strncat(to, "/a.txt", sizeof(to) - strlen(to) - 1);
	assert_int_equal(rename(at("docs/a.txt"), to), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1700, RLIM_INFINITY}), 0);
	move(&s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(s.result.outcome, VAULT_MOVED);
	if (!strstr(s.result.why, "record could not be completed"))
		fail_msg("%s", s.result.why);
	vault_work_restore(s.dir, s.result.id, "", &back);
	assert_string_equal(back.why, "");
	assert_int_equal(back.outcome, VAULT_MOVED);
	assert_int_equal(access(to, F_OK), 0);
}

static void test_hostile_ids(void **state)
{
	static const char *const ids[] = {"", "..", "../x", "a/b", "20260101-000000-zzzzzz", "A",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	cleanup_with(scene_done) struct scene s;

	(void)state;
	set_scene(&s);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		vault_work_restore(s.dir, ids[i], "", &s.result);
		assert_int_equal(s.result.outcome, VAULT_NOT_MOVED);
		vault_work_delete(s.dir, ids[i], &s.result);
		assert_int_equal(s.result.outcome, VAULT_NOT_MOVED);
	}
}

static void test_records(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(VAULT_RECORD_MAX);
	struct vault_record r = {.id = "1-a",
				    .path = "/home/lan/báo cáo %41\n\"x\xff",
				    .size = UINT64_MAX,
				    .uid = UINT32_MAX,
				    .level = "secret"},
			    got;

	(void)state;
	assert_int_equal(vault_record_write(&r, &b), 0);
	assert_int_equal(vault_record_read(buf_view(&b), &got), 0);
	assert_string_equal(got.path, r.path);
	assert_string_equal(got.level, "secret");
	assert_true(got.size == UINT64_MAX && got.uid == UINT32_MAX);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(vault_record_read(view_of(b.p, n), &got), -EBADMSG);
	assert_int_equal(vault_record_read(view_str("uid 4294967296\n"), &got), -EBADMSG);
	assert_int_equal(vault_record_read(view_str("path %4\n"), &got), -EBADMSG);
	assert_int_equal(vault_record_read(view_str("path %00\n"), &got), -EBADMSG);
}

static int set_up(void **state)
{
	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	return mkdtemp(top) && mkdir(at("docs"), 0755) == 0 && mkdir(at("vault"), 0700) == 0 ? 0
											     : -1;
}

static int tear_down(void **state)
{
	char line[200];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf '%s'", top);
	return system(line);
}

#define BROKEN "20260102-030405-abcdef"

/* What lies there after content and record were put, and nothing was taken. */
static void break_off(struct scene *s, bool content, bool record)
{
	struct vault_record r = {.id = BROKEN, .app = "zalo", .level = "secret", .size = 5};
	struct stat st;

	set_scene(s);
	assert_int_equal(stat(at("docs/a.txt"), &st), 0);
	r.size = (uint64_t)st.st_size;
	r.mtime = (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec;
	r.uid = st.st_uid;
	r.gid = st.st_gid;
	snprintf(r.path, sizeof(r.path), "%s", at("docs/a.txt"));
	if (content)
		put("vault/" BROKEN ".data", "MẬT");
	if (record)
		assert_int_equal(vault_put_record(s->dir, &r), 0);
}

static void expect_healed(const struct scene *s, const char *why)
{
	struct vault_result r;

	vault_work_heal(s->dir, &r);
	assert_int_equal(r.outcome, VAULT_MOVED);
	if (!strstr(r.why, why))
		fail_msg("%s is not in: %s", why, r.why);
}

static void expect_whole(const struct scene *s)
{
	struct vault_result r;

	vault_work_heal(s->dir, &r);
	assert_int_equal(r.outcome, VAULT_NOT_MOVED);
}

/* Also what the tests before have left there. */
static void clear(void)
{
	static const char *const folders[] = {"vault", "docs"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		DIR *d = opendir(at(folders[i]));
		const struct dirent *e;

		assert_non_null(d);
		while ((e = readdir(d)))
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				(void)unlinkat(dirfd(d), e->d_name, 0);
		closedir(d);
	}
}

static void test_what_a_killed_supervisor_left_in_the_quarantine(void **state)
{
	cleanup_with(scene_done) struct scene s = {0};

	(void)state;
	clear();
	break_off(&s, true, false);
	put("vault/.sealgate-0123456789abcdef", "M");
	put("vault/." BROKEN ".record", "id");
	expect_healed(&s, "");
	expect_healed(&s, "");
	expect_healed(&s, "");
	expect_whole(&s);
	assert_false(is_there("vault/" BROKEN ".data"));
	assert_false(is_there("vault/.sealgate-0123456789abcdef"));
	expect("docs/a.txt", "MẬT");
	scene_done(&s);

	break_off(&s, false, true); /* as a deletion leaves it */
	expect_healed(&s, "without content");
	expect_whole(&s);
	assert_false(is_there("vault/" BROKEN ".record"));
	scene_done(&s);

	break_off(&s, true, true);
	expect_healed(&s, "where it was");
	expect_whole(&s);
	assert_false(is_there("vault/" BROKEN ".data"));
	expect("docs/a.txt", "MẬT");
}

static void test_what_a_killed_supervisor_left_of_the_file(void **state)
{
	cleanup_with(scene_done) struct scene s = {0};
	struct vault_result back;

	(void)state;
	clear();
	break_off(&s, true, true);
	assert_int_equal(rename(at("docs/a.txt"), at("docs/.sealgate-" BROKEN)), 0);
	expect_healed(&s, "was ended");
	expect_whole(&s);
	assert_false(is_there("docs/.sealgate-" BROKEN));
	assert_true(is_there("docs/a.txt.cach-ly.txt"));
	vault_work_restore(s.dir, BROKEN, "", &back);
	assert_int_equal(back.outcome, VAULT_MOVED);
	expect("docs/a.txt", "MẬT");
	assert_false(is_there("docs/a.txt.cach-ly.txt"));
	scene_done(&s);

	clear();
	break_off(&s, true, true); /* the name was removed, and that was all */
	assert_int_equal(unlink(at("docs/a.txt")), 0);
	expect_healed(&s, "text in its place");
	expect_whole(&s);
	assert_true(is_there("docs/a.txt.cach-ly.txt"));
	scene_done(&s);

	/* What somebody else has put there is his, and the copy stays. */
	clear();
	break_off(&s, true, true);
	assert_int_equal(unlink(at("docs/a.txt")), 0);
	put("docs/.sealgate-" BROKEN, "TAM");
	expect_whole(&s);
	assert_int_equal(unlink(at("docs/.sealgate-" BROKEN)), 0);
	assert_int_equal(symlink("/etc/passwd", at("docs/a.txt")), 0);
	expect_whole(&s);
	assert_true(is_there("vault/" BROKEN ".data") && is_there("vault/" BROKEN ".record"));
	clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_changed_after_it_was_read),
		cmocka_unit_test(test_another_file_has_the_name),
		cmocka_unit_test(test_open_for_writing),
		cmocka_unit_test(test_no_name_any_more),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_placeholders_do_not_replace),
		cmocka_unit_test(test_no_room_for_the_second_record),
		cmocka_unit_test(test_hostile_ids),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_what_a_killed_supervisor_left_in_the_quarantine),
		cmocka_unit_test(test_what_a_killed_supervisor_left_of_the_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
