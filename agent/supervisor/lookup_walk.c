/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/lookup_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "subject/buildid.h"
#include "subject/procline.h"
#include "supervisor/helper.h"
#include "supervisor/lookup.h"
#include "wire/frame.h"
#include "wire/pack.h"

#define START_BYTES 4096U /* the gate reads no more of a process either */

struct walk {
	const struct lookup_job *job;
	char *found[LOOKUP_PROGRAMS_MAX];
	size_t n_found;
	char path[PATH_MAX]; /* as far as a pattern has been followed */
	int error;
};

/* Says where we are going. False where that is not to be touched. */
static bool touch(const struct walk *w, const char *path)
{
	struct lookup_progress *p = w->job->progress;

	for (size_t i = 0; i < w->job->n_avoid; i++)
		if (procline_is_below(path, w->job->avoid[i]))
			return false;
	snprintf(p->path, sizeof(p->path), "%s", path);
	__atomic_add_fetch(&p->steps, 1, __ATOMIC_RELEASE);
	return true;
}

static void say(struct walk *w, uint16_t type, const struct buf *body, int fd)
{
	struct pollfd out = {.fd = w->job->sock, .events = POLLOUT};
	int r;

	while ((r = wire_send(w->job->sock, type, 0, buf_view(body), &fd, fd >= 0)) == -EAGAIN)
		(void)poll(&out, 1, -1);
	if (w->error == 0)
		w->error = r;
}

/* Marking asks the file system, which the supervisor cannot wait for. */
static bool is_this_machines(int fd)
{
	static const long others[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, CIFS_SUPER_MAGIC,
		SMB2_SUPER_MAGIC, SMB_SUPER_MAGIC, V9FS_MAGIC, AFS_SUPER_MAGIC, AFS_FS_MAGIC,
		CEPH_SUPER_MAGIC, CODA_SUPER_MAGIC, NCP_SUPER_MAGIC, OCFS2_SUPER_MAGIC};
	struct statfs s;

	if (fstatfs(fd, &s) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if ((long)s.f_type == others[i])
			return false;
	return true;
}

/* The file itself, without opening it: what a user put there may be a device, or leased. */
static int open_file(const char *path, struct stat *ret)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode))
		return fd_close(fd);
	return fd;
}

/* Of what a user put there it would make an application of any program that others have copied. */
static void read_id(int fd, struct build_id *ret)
{
	char name[32];
	uint8_t start[START_BYTES];
	ssize_t n = -1;
	int file;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	file = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file >= 0)
		n = pread(file, start, sizeof(start), 0);
	if (n <= 0 || !build_id_read(view_of(start, (size_t)n), ret))
		ret->n = 0;
	fd_close(file);
}

static bool is_found(const struct walk *w, const char *path)
{
	for (size_t i = 0; i < w->n_found; i++)
		if (strcmp(w->found[i], path) == 0)
			return true;
	return false;
}

static void tell(struct walk *w, const char *real)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(2 * PATH_MAX);
	cleanup_with(fd_closep) int fd = -1;
	struct build_id id = {0};
	struct pack p = {&body, 0};
	struct stat st;
	bool trusted;

	fd = open_file(real, &st);
	if (fd < 0)
		return;
	trusted = st.st_uid == 0 && !(st.st_mode & 022);
	if (trusted)
		read_id(fd, &id);
	pack_u64(&p, st.st_dev);
	pack_u64(&p, st.st_ino);
	pack_u8(&p, trusted);
	pack_view(&p, view_of(id.v, id.n));
	pack_str(&p, real);
	if (p.error == 0)
		say(w, LOOKUP_PROGRAM, &body, is_this_machines(fd) ? fd : -1);
}

/* A path that a pattern has led to. */
static void take(struct walk *w)
{
	char *real = touch(w, w->path) ? realpath(w->path, NULL) : NULL;

	/* An interpreter behind a link named like an application must not be marked: exec of the
	   link's target is any program's. realpath() of an application's own link is its binary. */
	if (!real || w->n_found == LOOKUP_PROGRAMS_MAX || is_found(w, real)) {
		free(real);
		return;
	}
	w->found[w->n_found++] = real;
	if (touch(w, real))
		tell(w, real);
}

static void follow(struct walk *w, size_t n, const char *rest);

static void each_entry(struct walk *w, size_t n, const char *name, const char *rest)
{
	DIR *d = touch(w, n ? w->path : "/") ? opendir(n ? w->path : "/") : NULL;
	const struct dirent *e;

	while (d && w->error == 0 && (e = readdir(d))) {
		int k;

		if (fnmatch(name, e->d_name, FNM_PERIOD) != 0)
			continue;
		k = snprintf(w->path + n, sizeof(w->path) - n, "/%s", e->d_name);
		if ((size_t)k < sizeof(w->path) - n)
			follow(w, n + (size_t)k, rest);
		w->path[n] = 0;
	}
	if (d)
		closedir(d);
}

/* What is left of a pattern, from the first `n` bytes of the path on. */
static void follow(struct walk *w, size_t n, const char *rest)
{
	char name[NAME_MAX + 1];
	size_t k;

	while (*rest == '/')
		rest++;
	if (!*rest) {
		take(w);
		return;
	}
	k = strcspn(rest, "/");
	if (k >= sizeof(name) || n + k + 2 > sizeof(w->path))
		return;
	memcpy(name, rest, k);
	name[k] = 0;
	if (strpbrk(name, "*?[\\")) {
		each_entry(w, n, name, rest + k);
		return;
	}
	w->path[n] = '/';
	memcpy(w->path + n + 1, name, k + 1);
	follow(w, n + k + 1, rest + k);
	w->path[n] = 0;
}

/* Where users have nothing first: what they do further on keeps nobody from these. */
static bool is_turn(const char *pattern, int turn)
{
	return (strpbrk(pattern, "*?[\\") != NULL) == (turn > 0);
}

int lookup_walk(void *userdata)
{
	static const struct buf nothing = {0};
	cleanup_with(freep) struct walk *w = calloc(1, sizeof(*w));
	const char *pattern;
	struct stat st;
	uint32_t app;

	if (!w)
		return -ENOMEM;
	w->job = userdata;
	helper_keep_only(&w->job->sock, 1);
	for (int turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; w->error == 0 &&
			apptable_pattern(w->job->apps, APP_PATTERN_EXE, i, &app, &pattern);
			i++)
			if (is_turn(pattern, turn))
				follow(w, 0, pattern);
	for (size_t i = 0; w->error == 0 && i < w->job->n_before; i++) {
		cleanup_with(fd_closep) int fd = -1;

		if (is_found(w, w->job->before[i]) || !touch(w, w->job->before[i]))
			continue;
		fd = open_file(w->job->before[i], &st);
		if (fd >= 0 && is_this_machines(fd))
			say(w, LOOKUP_OTHER, &nothing, fd);
	}
	if (w->error == 0)
		say(w, LOOKUP_END, &nothing, -1);
	return w->error;
}
