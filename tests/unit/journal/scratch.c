/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

void scratch_make(struct scratch *s)
{
	/* In memory where there is such a place: thousands of syncs would wear the disk. */
	snprintf(s->dir, sizeof(s->dir), "%s/sealgate-journal-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(s->dir));
}

void scratch_remove(struct scratch *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
	closedir(d);
	assert_int_equal(rmdir(s->dir), 0);
}

static void path_of(const struct scratch *s, const char *name, char ret[320])
{
	snprintf(ret, 320, "%s/%s", s->dir, name);
}

void scratch_write(const struct scratch *s, const char *name, struct view v)
{
	char path[320];
	int fd;

	path_of(s, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, v), 0);
	close(fd);
}

void scratch_read(const struct scratch *s, const char *name, struct buf *ret)
{
	char path[320];

	path_of(s, name, path);
	buf_clear(ret);
	assert_int_equal(fd_read_path(path, 64U << 20, ret), 0);
}

bool scratch_has(const struct scratch *s, const char *name)
{
	char path[320];

	path_of(s, name, path);
	return access(path, F_OK) == 0;
}

void scratch_fill(const struct scratch *s, unsigned first, unsigned n)
{
	struct journal *j;
	struct journal_opened how;
	uint64_t seq;

	assert_int_equal(journal_open(s->dir, &j, &how), 0);
	for (unsigned i = 0; i < n; i++) {
		char payload[64];

		snprintf(payload, sizeof(payload), "{\"kind\":\"test\",\"n\":%u}", first + i);
		assert_int_equal(journal_append(j, view_str(payload), &seq), 0);
		assert_int_equal(seq, how.last_seq + 1 + i);
	}
	assert_int_equal(journal_sync(j), 0);
	journal_close(j);
}

static void on_finding(void *userdata, const struct journal_finding *f)
{
	struct scratch_findings *r = userdata;

	if (r->n++ == 0) {
		r->line = f->line;
		snprintf(r->file, sizeof(r->file), "%s", f->file);
		memcpy(r->text, f->text, sizeof(r->text));
	}
	r->by_fault[f->fault]++;
}

void scratch_verify(const struct scratch *s, struct scratch_findings *ret)
{
	scratch_verify_anchored(s, NULL, ret);
}

void scratch_verify_anchored(
	const struct scratch *s, const struct checkpoint *anchor, struct scratch_findings *ret)
{
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(journal_verify_anchored(s->dir, anchor, on_finding, ret, &ret->result), 0);
	assert_int_equal(ret->n, ret->result.findings);
}
