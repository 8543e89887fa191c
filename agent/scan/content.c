/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int content_init(struct content *c)
{
	void *p = mmap(NULL, CONTENT_BUFFER_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*c = (struct content){.buffer = p};
	return 0;
}

static int read_whole(struct content *c, int fd, size_t size)
{
	while (c->used < size) {
		ssize_t n = pread(fd, c->buffer + c->used, size - c->used, (off_t)c->used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break; /* it was cut meanwhile */
		c->used += (size_t)n;
	}
	return 0;
}

int content_open(struct content *c, int fd, uint64_t max, struct view *ret, uint64_t *ret_size)
{
	struct stat st;
	size_t size;
	int r;

	/* What lies on a user's own FUSE mount tells others nothing but its content. */
	if (fstat(fd, &st) < 0) {
		if (errno != EACCES)
			return -errno;
		st = (struct stat){.st_mode = S_IFREG, .st_size = lseek(fd, 0, SEEK_END)};
		if (st.st_size < 0)
			return -errno;
	}
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	size = (size_t)MIN((uint64_t)st.st_size, max);
	if (size <= CONTENT_BUFFER_MAX) {
		r = read_whole(c, fd, size);
		if (r < 0)
			return r;
		*ret = view_of(c->buffer, c->used);
	} else {
		void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (p == MAP_FAILED)
			return -errno;
		c->map = p;
		c->map_size = size;
		*ret = view_of(p, size);
	}
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

void content_release(struct content *c)
{
	if (c->map)
		munmap(c->map, c->map_size);
	c->map = NULL;
	explicit_bzero(c->buffer, MIN(c->used, (size_t)CONTENT_BUFFER_KEEP));
	if (c->used > CONTENT_BUFFER_KEEP)
		(void)madvise(c->buffer + CONTENT_BUFFER_KEEP,
			CONTENT_BUFFER_MAX - CONTENT_BUFFER_KEEP, MADV_DONTNEED);
	c->used = 0;
}
