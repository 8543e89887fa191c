/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to change a file that a cache might not notice. The size stays where the way lets it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door.h"

static int by_aio(int fd, const char *text, size_t n)
{
	struct iocb cb = {.aio_lio_opcode = IOCB_CMD_PWRITE,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uint64_t)(uintptr_t)text,
		.aio_nbytes = n};
	struct iocb *list = &cb;
	struct io_event done;
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 1, &ctx) < 0 || syscall(SYS_io_submit, ctx, 1, &list) < 0 ||
		syscall(SYS_io_getevents, ctx, 1, 1, &done, NULL) < 0)
		return -1;
	return done.res == (int64_t)n ? 0 : -1;
}

static int by_map(int fd, const char *text, size_t n)
{
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -1;
	memcpy(p, text, n);
	return munmap(p, n);
}

/* The text lies behind a block that is cut out. */
static int by_collapse(int fd, const char *text, size_t n)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || pwrite(fd, text, n, st.st_blksize) != (ssize_t)n)
		return -1;
	return fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, st.st_blksize);
}

/* From a file beside it, made by somebody else. */
static int by_file(const char *path, int fd, const char *way, const char *from)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (source < 0 || fstat(source, &st) < 0)
		return -1;
	if (strcmp(way, "clone") == 0)
		return ioctl(fd, FICLONE, source);
	if (strcmp(way, "copy") == 0)
		return copy_file_range(source, NULL, fd, NULL, (size_t)st.st_size, 0) == st.st_size
			? 0
			: -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, path, 2 /* RENAME_EXCHANGE */);
}

int do_write(char **arg)
{
	const char *path = arg[0], *way = arg[1], *text = arg[2];
	int fd = open(path, O_RDWR | O_CLOEXEC), r = -1;
	size_t n = strlen(text);

	if (fd < 0)
		return tell(-1, "open");
	if (strcmp(way, "aio") == 0)
		r = by_aio(fd, text, n);
	else if (strcmp(way, "map") == 0)
		r = by_map(fd, text, n);
	else if (strcmp(way, "collapse") == 0)
		r = by_collapse(fd, text, n);
	else if (strcmp(way, "plain") == 0)
		r = pwrite(fd, text, n, 0) == (ssize_t)n ? 0 : -1;
	else if (strcmp(way, "shorten") == 0)
		r = ftruncate(fd, (off_t)strtoul(text, NULL, 10));
	else
		r = by_file(path, fd, way, text);
	return r < 0 ? tell(-1, way) : tell(1, way);
}
