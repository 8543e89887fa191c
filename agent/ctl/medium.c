/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/medium.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ctl/usage.h"

void medium_done(struct medium *m)
{
	m->fd = fd_close(m->fd);
}

int medium_open(const char *path, bool make, struct medium *ret)
{
	char plain[PATH_MAX];
	size_t n = strlen(path);

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return ctl_error("%s: %s", path, strerror(errno));
	/* With a slash behind it, a link would be followed. */
	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n >= sizeof(plain))
		return ctl_error("%s: %s", path, strerror(ENAMETOOLONG));
	memcpy(plain, path, n);
	plain[n] = 0;
	ret->path = path;
	ret->fd = open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->fd < 0 && errno == ENOTDIR)
		return ctl_error("%s: a folder is needed, and no link to one", path);
	return ret->fd < 0 ? ctl_error("%s: %s", path, strerror(errno)) : CTL_DONE;
}

int medium_read(const struct medium *m, const char *name, size_t max, struct buf *ret)
{
	cleanup_with(fd_closep) int fd = openat(
		m->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP ? -EINVAL : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? fd_read_all(fd, max, ret) : -EINVAL;
}

/* Where the file system cannot do that for a folder, the file itself is there all the same. */
static int sync_folder(const struct medium *m)
{
	return fsync(m->fd) < 0 && errno != EINVAL && errno != ENOTSUP ? -errno : 0;
}

int medium_write(const struct medium *m, const char *name, mode_t mode, struct view content)
{
	cleanup_with(fd_closep) int fd = -1;
	char part[256];
	int r;

	if (snprintf(part, sizeof(part), "%s.part", name) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	(void)unlinkat(m->fd, part, 0);
	fd = openat(m->fd, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	r = fd < 0 ? -errno : fd_write_all(fd, content);
	if (r == 0 && (fsync(fd) < 0 || renameat(m->fd, part, m->fd, name) < 0))
		r = -errno;
	if (r == 0)
		r = sync_folder(m);
	else if (fd >= 0)
		(void)unlinkat(m->fd, part, 0);
	return r;
}

int medium_remove(const struct medium *m, const char *name)
{
	if (unlinkat(m->fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return sync_folder(m);
}
