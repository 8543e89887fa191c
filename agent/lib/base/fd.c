/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

int fd_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

void fd_closep(int *fd)
{
	*fd = fd_close(*fd);
}

int fd_steal(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

int fd_read_all(int fd, size_t max, struct buf *b)
{
	uint64_t off = 0;

	for (;;) {
		size_t want = 64U << 10;
		ssize_t n;
		int r;

		if (off >= max)
			want = 1; /* only to see whether there is more */
		else
			want = MIN(want, max - (size_t)off);
		r = buf_reserve(b, want);
		if (r < 0)
			return r;
		n = pread(fd, b->p + b->n, want, (off_t)off);
		if (n < 0 && errno == ESPIPE)
			n = read(fd, b->p + b->n, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (off >= max)
			return -E2BIG;
		b->n += (size_t)n;
		off += (uint64_t)n;
	}
}

int fd_read_path(const char *path, size_t max, struct buf *b)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return fd_read_all(fd, max, b);
	/* A named pipe would be waited for, maybe for ever; a shell's is being written already. */
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (S_ISFIFO(st.st_mode) && fs.f_type != PIPEFS_MAGIC)
		return -ENOTSUP;
	return fcntl(fd, F_SETFL, 0) < 0 ? -errno : fd_read_all(fd, max, b);
}

int fd_sync_dir(const char *path)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int fd_write_all(int fd, struct view v)
{
	while (v.n > 0) {
		ssize_t n = write(fd, v.p, v.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		v.p += n;
		v.n -= (size_t)n;
	}
	return 0;
}

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int fd_memfd_sealed(const char *name, struct view v)
{
	cleanup_with(fd_closep) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, v);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		return -errno;
	return fd_steal(&fd);
}

int fd_map_sealed(int fd, struct view *ret)
{
	struct stat st;
	void *p;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size == 0) {
		*ret = VIEW_EMPTY;
		return 0;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret = view_of(p, (size_t)st.st_size);
	return 0;
}
