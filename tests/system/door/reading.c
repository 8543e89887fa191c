/* SPDX-License-Identifier: Apache-2.0 */
/* From a descriptor to its bytes, by each call that can. */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "door.h"

#define WANTED 64

int tell(ssize_t n, const char *call)
{
	int e = errno;

	if (n > 0) {
		printf("READ %zd\n", n);
		return 0;
	}
	if (n < 0 && (e == EPERM || e == EACCES)) {
		printf("REFUSED %s %s\n", call, strerrorname_np(e));
		return 1;
	}
	printf("FAILED %s %s\n", call, n < 0 ? strerrorname_np(e) : "nothing");
	return 2;
}

static ssize_t by_read(int fd)
{
	char text[WANTED];

	return read(fd, text, sizeof(text));
}

static ssize_t by_pread(int fd)
{
	char text[WANTED];

	return pread(fd, text, sizeof(text), 0);
}

static ssize_t by_readv(int fd)
{
	char text[WANTED];
	struct iovec v = {text, sizeof(text)};

	return readv(fd, &v, 1);
}

static ssize_t by_preadv2(int fd)
{
	char text[WANTED];
	struct iovec v = {text, sizeof(text)};

	return preadv2(fd, &v, 1, 0, RWF_NOWAIT);
}

static ssize_t by_sendfile(int fd)
{
	off_t at = 0;
	int into = memfd_create("into", MFD_CLOEXEC);

	return sendfile(into, fd, &at, WANTED);
}

static ssize_t by_splice(int fd)
{
	loff_t at = 0;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	return splice(fd, &at, p[1], NULL, WANTED, 0);
}

/* Into a file beside it: the call does not leave the file system everywhere. */
static ssize_t by_copy_file_range(int fd)
{
	char name[64], path[4096];
	loff_t at = 0;
	ssize_t n;
	int into;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof(path) - 32);
	if (n < 0)
		return -1;
	snprintf(path + n, 32, ".copied");
	into = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (into < 0)
		return -1;
	n = copy_file_range(fd, &at, into, NULL, WANTED, 0);
	if (unlink(path) < 0)
		return -1;
	return n;
}

static ssize_t by_uring(int fd)
{
	char text[WANTED];
	struct io_uring_sqe *e;
	struct ring r;

	if (ring_new(&r, 0) < 0)
		return 0;
	e = ring_next(&r);
	e->opcode = IORING_OP_READ;
	e->fd = fd;
	e->addr = (uint64_t)(uintptr_t)text;
	e->len = sizeof(text);
	return ring_do(&r);
}

static ssize_t by_uring_fixed(int fd)
{
	char text[WANTED];
	struct io_uring_sqe *e;
	int32_t file = fd;
	struct ring r;

	if (ring_new(&r, 0) < 0 ||
		syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &file, 1) < 0)
		return 0;
	e = ring_next(&r);
	e->opcode = IORING_OP_READ;
	e->flags = IOSQE_FIXED_FILE;
	e->addr = (uint64_t)(uintptr_t)text;
	e->len = sizeof(text);
	return ring_do(&r);
}

static ssize_t by_aio(int fd)
{
	char text[WANTED];
	struct iocb cb = {.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uint64_t)(uintptr_t)text,
		.aio_nbytes = sizeof(text)};
	struct iocb *list = &cb;
	struct io_event done;
	aio_context_t ctx = 0;

	if (syscall(SYS_io_setup, 1, &ctx) < 0)
		return 0;
	if (syscall(SYS_io_submit, ctx, 1, &list) < 0 ||
		syscall(SYS_io_getevents, ctx, 1, 1, &done, NULL) < 0)
		return -1;
	if (done.res < 0)
		errno = (int)-done.res;
	return done.res < 0 ? -1 : (ssize_t)done.res;
}

static ssize_t by_mmap(int fd)
{
	const volatile char *p = mmap(NULL, WANTED, PROT_READ, MAP_SHARED, fd, 0);
	char first;

	if (p == MAP_FAILED)
		return -1;
	first = p[0];
	return first ? WANTED : 0;
}

static const struct {
	const char *name;
	ssize_t (*fn)(int fd);
} ways[] = {
	{"read", by_read},
	{"pread", by_pread},
	{"readv", by_readv},
	{"preadv2", by_preadv2},
	{"sendfile", by_sendfile},
	{"splice", by_splice},
	{"copy_file_range", by_copy_file_range},
	{"uring", by_uring},
	{"uring-fixed", by_uring_fixed},
	{"aio", by_aio},
	{"mmap", by_mmap},
};

int read_by(int fd, const char *how)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, how) == 0)
			return tell(ways[i].fn(fd), how);
	fprintf(stderr, "door: no way \"%s\"\n", how);
	return 2;
}
