/* SPDX-License-Identifier: Apache-2.0 */
/* What core keeps for its next start is there before anybody is told so. */
#include "../../unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/keep.h"

static unsigned files, folders;

/* In the place of libc's. */
int fsync(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (S_ISDIR(st.st_mode))
		folders++;
	else
		files++;
	return 0;
}

static void a_saved_file_is_on_the_disk_under_its_name(void **state)
{
	char dir[] = "/tmp/test-keep-XXXXXX", path[64];
	struct core core = {.config.state_dir = dir};
	struct buf b = BUF_INIT(256U << 10);

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(buf_put_str(&b, "overrides"), 0);
	assert_int_equal(keep_save(&core, "overrides", &b), -ENOENT);
	snprintf(path, sizeof(path), "%s/core", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(keep_save(&core, "overrides", &b), 0);
	assert_int_equal(files, 1);
	assert_int_equal(folders, 1);
	buf_clear(&b);
	assert_int_equal(keep_load(&core, "overrides", &b), 0);
	assert_true(view_eq(buf_view(&b), view_str("overrides")));
	buf_done(&b);
	snprintf(path, sizeof(path), "%s/core/overrides", dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/core", dir);
	assert_int_equal(rmdir(path), 0); /* and nothing else is left */
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_saved_file_is_on_the_disk_under_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
