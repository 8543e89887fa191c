/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

struct statedir {
	int lock_fd, alive_fd;
	uint64_t unclean_end;
	char alive[PATH_MAX];
	char control[PATH_MAX];
};

/* The directory and what is missing above it. */
static int make_dir(const char *path, mode_t mode)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	if (mkdir(part, mode) < 0 && errno != EEXIST)
		return -errno;
	return chmod(part, mode) < 0 ? -errno : 0;
}

/* The journal's files are read by the group of their directory, also after a change of it. */
static int share_files(int dir, uint32_t gid)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		r = -errno;
		fd_close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)))
		if (strncmp(e->d_name, "incidents", strlen("incidents")) == 0 &&
			fchownat(dir, e->d_name, (uid_t)-1, gid, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
	closedir(d);
	return r;
}

static int make_owned(
	const char *state_dir, const char *name, uint32_t uid, uint32_t gid, bool share)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[PATH_MAX];
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", state_dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = make_dir(path, 0750);
	if (r < 0)
		return r;
	/* Through a descriptor: nobody but root can have put a link here, and none is followed. */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, uid, gid) < 0)
		return -errno;
	return share ? share_files(fd, gid) : 0;
}

static int take_lock(struct statedir *d, const char *state_dir, char *ret_why, size_t why_size)
{
	/* Not flock: helpers are copies of this process and would hold that too, and one that waits
	 * for a dead server of a file system can outlive the agent for long.
	 */
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lock", state_dir);
	d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock_fd < 0) {
		snprintf(ret_why, why_size, "cannot open %s: %s", path, strerror(errno));
		return -errno;
	}
	if (fcntl(d->lock_fd, F_SETLK, &whole) < 0) {
		snprintf(ret_why, why_size, "another agent already runs on %s (it holds %s)",
			state_dir, path);
		return -EBUSY;
	}
	return 0;
}

static int open_alive(struct statedir *d, const char *state_dir)
{
	struct stat st;

	snprintf(d->alive, sizeof(d->alive), "%s/alive", state_dir);
	if (stat(d->alive, &st) == 0)
		d->unclean_end = (uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC +
			(uint64_t)st.st_mtim.tv_nsec;
	d->alive_fd = open(d->alive, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return d->alive_fd < 0 ? -errno : 0;
}

int statedir_open(const char *state_dir, const char *runtime_dir, uint32_t core_uid,
	uint32_t core_gid, uint32_t log_uid, uint32_t log_gid, char *ret_why, size_t why_size,
	struct statedir **ret)
{
	struct statedir *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->lock_fd = d->alive_fd = -1;
	ret_why[0] = 0;
	r = make_dir(state_dir, 0711);
	if (r == 0)
		r = take_lock(d, state_dir, ret_why, why_size);
	if (r == 0)
		r = make_owned(state_dir, "core", core_uid, core_gid, false);
	if (r == 0)
		r = make_owned(state_dir, "journal", log_uid, log_gid, true);
	if (r == 0)
		r = open_alive(d, state_dir);
	if (r == 0)
		r = make_dir(runtime_dir, 0755);
	if (r == 0 &&
		snprintf(d->control, sizeof(d->control), "%s/control.sock", runtime_dir) >=
			(int)sizeof(((struct sockaddr_un *)0)->sun_path))
		r = -ENAMETOOLONG;
	if (r < 0) {
		if (!ret_why[0])
			snprintf(ret_why, why_size, "cannot prepare %s and %s: %s", state_dir,
				runtime_dir, strerror(-r));
		statedir_close(d, false);
		return r;
	}
	*ret = d;
	return 0;
}

struct statedir *statedir_close(struct statedir *d, bool orderly)
{
	if (!d)
		return NULL;
	if (orderly) {
		(void)unlink(d->alive);
		(void)unlink(d->control);
	}
	fd_close(d->alive_fd);
	fd_close(d->lock_fd);
	free(d);
	return NULL;
}

uint64_t statedir_unclean_end(const struct statedir *d)
{
	return d->unclean_end;
}

void statedir_touch(const struct statedir *d)
{
	(void)futimens(d->alive_fd, NULL);
}

int statedir_listen(const struct statedir *d)
{
	cleanup_with(fd_closep) int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(d->control) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, d->control, strlen(d->control) + 1);
	/* The lock says that no agent lives: what lies here is a dead one's. */
	(void)unlink(d->control);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(d->control, 0666) < 0 ||
		listen(fd, 32) < 0)
		return -errno;
	return fd_steal(&fd);
}
