/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../digest/test-envelope-keys.h"
#include "base/fd.h"
#include "supervisor/copies_work.h"

#define CONTENT "a document that was judged\n"

struct place {
	char top[64], copies[80], document[80], certificate[80];
	int dir;
	struct copies_order order;
	struct copies_bounds bounds;
};

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, view_str(text)), 0);
	close(fd);
}

static void learn_key(struct place *p)
{
	int fd = open(p->document, O_RDONLY | O_CLOEXEC);

	assert_int_equal(file_key_read(fd, &p->order.key), 0);
	close(fd);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	snprintf(p->top, sizeof(p->top), "/tmp/test-copies-XXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->copies, sizeof(p->copies), "%s/copies", p->top);
	snprintf(p->document, sizeof(p->document), "%s/document", p->top);
	snprintf(p->certificate, sizeof(p->certificate), "%s/certificate", p->top);
	assert_int_equal(mkdir(p->copies, 0700), 0);
	p->dir = open(p->copies, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(p->document, CONTENT);
	write_file(p->certificate, EC_CERTIFICATE);
	learn_key(p);
	snprintf(p->order.incident, sizeof(p->order.incident), "01ABC");
	snprintf(p->order.path, sizeof(p->order.path), "%s", p->document);
	assert_int_equal(sha256(VIEW_LIT(CONTENT), p->order.sha256), 0);
	p->bounds = (struct copies_bounds){p->certificate, 1024, 4096, getegid()};
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	(void)unlink(p->document);
	(void)unlink(p->certificate);
	assert_int_equal(rmdir(p->copies), 0); /* each test leaves it empty: no temporary file */
	assert_int_equal(rmdir(p->top), 0);
	close(p->dir);
	free(p);
	return 0;
}

/* Nothing is kept, nothing is left, and it is said why. */
static void check_refused(const struct place *p, uint64_t used, const char *why)
{
	struct copies_result r;

	copies_work(p->dir, used, &p->order, &p->bounds, &r);
	assert_false(r.kept);
	if (!strstr(r.why, why))
		fail_msg("expected %s, got %s", why, r.why);
}

static void one_copy_of_a_content(void **state)
{
	struct place *p = *state;
	struct copies_result r;
	struct stat st;

	copies_work(p->dir, 0, &p->order, &p->bounds, &r);
	assert_true(r.kept);
	assert_int_equal(r.size, strlen(CONTENT));
	assert_int_equal(fstatat(p->dir, r.name, &st, 0), 0);
	assert_int_equal(st.st_size, r.copy_size);
	assert_int_equal(st.st_mode & 0777, 0640);
	copies_work(p->dir, 0, &p->order, &p->bounds, &r);
	assert_true(r.there_before && !r.kept);
	assert_int_equal(unlinkat(p->dir, r.name, 0), 0);
}

static void what_is_no_longer_that_is_not_kept(void **state)
{
	struct place *p = *state;
	char other[100];

	/* the same file, as long as before */
	write_file(p->document, "A document that was judged\n");
	check_refused(p, 0, "was changed");
	write_file(p->document, CONTENT "and more");
	check_refused(p, 0, "was changed");
	write_file(p->document, "less");
	check_refused(p, 0, "was changed");
	/* another file, a link to it, what would be waited for, nothing */
	snprintf(other, sizeof(other), "%s/other", p->top);
	assert_int_equal(rename(p->document, other), 0);
	write_file(p->document, CONTENT);
	check_refused(p, 0, "another file");
	assert_int_equal(unlink(p->document), 0);
	assert_int_equal(symlink(other, p->document), 0);
	check_refused(p, 0, "another file");
	assert_int_equal(unlink(p->document), 0);
	assert_int_equal(mkfifo(p->document, 0600), 0);
	check_refused(p, 0, "another file");
	assert_int_equal(unlink(p->document), 0);
	check_refused(p, 0, "gone");
	snprintf(p->order.path, sizeof(p->order.path), "cut/at/the/front");
	check_refused(p, 0, "path is not known");
	/* by way of a folder that is a link now */
	assert_int_equal(rename(other, p->document), 0);
	assert_int_equal(symlink(p->top, other), 0);
	snprintf(p->order.path, sizeof(p->order.path), "%s/document", other);
	check_refused(p, 0, "cannot be reached");
	assert_int_equal(unlink(other), 0);
}

static void bounds_hold(void **state)
{
	struct place *p = *state;

	check_refused(p, 5000, "max-size");
	check_refused(p, 4090, "max-size");
	/* the document would fit, the copy does not */
	check_refused(p, 4096 - strlen(CONTENT) - 10, "max-size");
	p->bounds.file_bytes = strlen(CONTENT) - 1;
	check_refused(p, 0, "file-size");
}

static void names_and_certificates_are_checked(void **state)
{
	struct place *p = *state;

	snprintf(p->order.incident, sizeof(p->order.incident), "../01ABC");
	check_refused(p, 0, "no id");
	p->order.incident[0] = 0;
	check_refused(p, 0, "no id");
	snprintf(p->order.incident, sizeof(p->order.incident), "01ABC");
	p->bounds.certificate = "";
	check_refused(p, 0, "names no certificate");
	p->bounds.certificate = "/nonexistent/certificate";
	check_refused(p, 0, "cannot be read");
	p->bounds.certificate = p->document;
	check_refused(p, 0, "no certificate that can be encrypted to");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_copy_of_a_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_no_longer_that_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_hold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			names_and_certificates_are_checked, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
