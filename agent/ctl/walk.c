/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

/* Paths are put together for people and records; opening goes by descriptor. */
#define PATH_BYTES_MAX (1U << 20)

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int walk_at(
	const struct walk *w, int at, const char *name, struct buf *path, unsigned depth);

static const char *text(const struct buf *path)
{
	return (const char *)path->p;
}

static int walk_entry(
	const struct walk *w, int at, const char *name, struct buf *path, unsigned depth)
{
	size_t n = path->n;
	int r = 0;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (n > 0 && path->p[n - 1] != '/')
		r = buf_put_byte(path, '/');
	if (r == 0)
		r = buf_put_str(path, name);
	if (r == 0)
		r = buf_terminate(path);
	if (r == 0)
		r = walk_at(w, at, name, path, depth);
	path->n = n;
	path->p[n] = 0;
	if (r == -E2BIG) {
		w->trouble(w->userdata, text(path), ENAMETOOLONG);
		return 0;
	}
	return r;
}

static int walk_dir(const struct walk *w, int fd, struct buf *path, unsigned depth)
{
	cleanup_with(closedirp) DIR *dir = NULL;
	int r = 0;

	if (depth >= WALK_DEPTH_MAX) {
		fd_close(fd);
		w->trouble(w->userdata, text(path), ELOOP);
		return 0;
	}
	dir = fdopendir(fd);
	if (!dir) {
		w->trouble(w->userdata, text(path), errno);
		fd_close(fd);
		return 0;
	}
	while (r == 0) {
		struct dirent *e;

		errno = 0;
		e = readdir(dir);
		if (!e) {
			if (errno)
				w->trouble(w->userdata, text(path), errno);
			break;
		}
		if (e->d_type == DT_REG || e->d_type == DT_DIR || e->d_type == DT_UNKNOWN)
			r = walk_entry(w, fd, e->d_name, path, depth + 1);
	}
	return r;
}

static int walk_at(const struct walk *w, int at, const char *name, struct buf *path, unsigned depth)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0);
	struct stat st;
	int fd;

	/* Looked at before it is opened: opening a device can do things. */
	if (fstatat(at, name, &st, depth > 0 ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
		w->trouble(w->userdata, text(path), errno);
		return 0;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		if (depth == 0) /* it was asked for */
			w->trouble(w->userdata, text(path), EOPNOTSUPP);
		return 0;
	}
	fd = openat(at, name, flags);
	if (fd < 0) {
		if (errno != ELOOP) /* a symbolic link by now */
			w->trouble(w->userdata, text(path), errno);
		return 0;
	}
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		fd_close(fd);
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return walk_dir(w, fd, path, depth);
	return w->file(w->userdata, fd, text(path), (uint64_t)st.st_size);
}

int walk_path(const struct walk *w, const char *path)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(PATH_BYTES_MAX);
	int r = buf_put_str(&b, path);

	if (r == 0)
		r = buf_terminate(&b);
	return r < 0 ? r : walk_at(w, AT_FDCWD, path, &b, 0);
}
