/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "model/action.h"
#include "model/facts.h"
#include "model/filekey.h"

static void names_go_there_and_back(void **state)
{
	enum level level;
	enum reason reason;

	(void)state;
	for (unsigned i = 0; i < LEVEL_MAX; i++) {
		assert_int_equal(level_parse(level_name((enum level)i), &level), 0);
		assert_int_equal(level, i);
	}
	assert_int_equal(level_parse("top secret", &level), -EINVAL);
	assert_int_equal(reason_parse("timed-out", &reason), 0);
	assert_int_equal(reason, REASON_TIMED_OUT);
	assert_string_equal(level_name((enum level)99), "?");
	assert_string_equal(level_display_vi(LEVEL_SECRET), "TỐI MẬT");
	assert_true(level_is_state_secret(LEVEL_CONFIDENTIAL));
	assert_false(level_is_state_secret(LEVEL_INTERNAL));
}

static void the_best_evidence_is_kept(void **state)
{
	struct facts f = {0};

	(void)state;
	for (int i = 0; i < (int)EVIDENCE_MAX + 10; i++) {
		struct evidence e = {.score = i * 7 % 50};

		facts_add_evidence(&f, &e);
	}
	assert_int_equal(f.n_evidence, EVIDENCE_MAX);
	assert_int_equal(f.n_dropped, 10);
	for (uint32_t i = 1; i < f.n_evidence; i++)
		assert_true(f.evidence[i - 1].score >= f.evidence[i].score);
	assert_int_equal(f.evidence[0].score, 49);
}

static void completeness_only_falls(void **state)
{
	struct facts f = {0};

	(void)state;
	facts_lower(&f, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	facts_lower(&f, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	assert_int_equal(f.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(f.reasons, REASON_BIT(REASON_ENCRYPTED) | REASON_BIT(REASON_TOO_BIG));
}

static void facts_have_the_contracts_keys(void **state)
{
	struct facts f = {.level = LEVEL_SECRET,
		.tags = TAG_BIT(TAG_MEETING_ACCESS),
		.format = "docx",
		.size = 5,
		.cpu_ns = 1500000,
		.n_evidence = 1,
		.evidence = {{.rule = "r", .pack = "p", .level = LEVEL_SECRET, .score = 90}}};
	struct buf b = BUF_INIT(0);
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_object(&j);
	facts_json(&f, &j);
	json_object_end(&j);
	assert_true(view_eq(buf_view(&b),
		VIEW_LIT(
			"{\"level\":\"secret\",\"tags\":[\"meeting-access\"],"
			"\"completeness\":\"full\",\"reasons\":[],\"format\":\"docx\",\"size\":5,"
			"\"sha256\":null,\"ms\":1.500,\"evidence\":[{\"rule\":\"r\",\"pack\":\"p\","
			"\"level\":\"secret\",\"part\":\"body\",\"page\":0,\"member\":\"\","
			"\"snippet\":\"\",\"score\":90}]}")));
	buf_done(&b);
}

static void file_keys_tell_changes(void **state)
{
	char path[] = "/tmp/test-model-XXXXXX";
	cleanup_with(fd_closep) int writer = mkstemp(path);
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct timespec old[2] = {{1, 0}, {1, 0}};
	struct file_key a, b;
	int dir;

	(void)state;
	unlink(path);
	assert_int_equal(file_key_read(fd, &a), 0);
	assert_true(file_key_eq(&a, &a));
	usleep(30000);
	/* a forged mtime shows in ctime */
	assert_int_equal(futimens(writer, old), 0);
	assert_int_equal(file_key_read(fd, &b), 0);
	assert_false(file_key_eq(&a, &b));
	assert_false(file_key_is_settled(&b, (uint64_t)b.ctime + 19 * NSEC_PER_MSEC));
	assert_true(file_key_is_settled(&b, (uint64_t)b.ctime + 20 * NSEC_PER_MSEC));
	dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_key_read(dir, &a), -EINVAL);
	close(dir);
}

static void writers_are_seen(void **state)
{
	char path[] = "/tmp/test-model-XXXXXX";
	cleanup_with(fd_closep) int writer = mkstemp(path);
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map;

	(void)state;
	unlink(path);
	assert_int_equal(ftruncate(writer, 4096), 0);
	assert_false(file_has_no_writer(fd));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	fd_closep(&writer);
	/* the mapping outlives its descriptor and can still store */
	assert_false(file_has_no_writer(fd));
	munmap(map, 4096);
	assert_true(file_has_no_writer(fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(the_best_evidence_is_kept),
		cmocka_unit_test(completeness_only_falls),
		cmocka_unit_test(facts_have_the_contracts_keys),
		cmocka_unit_test(file_keys_tell_changes),
		cmocka_unit_test(writers_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
