/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring(7) by its system calls alone. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door.h"

#define ENTRIES 4

static int map(struct ring *r, struct io_uring_params p)
{
	uint8_t *sq, *cq;

	sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, r->fd, (off_t)IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		(off_t)IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, r->fd, (off_t)IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->sq_tail = (uint32_t *)(void *)(sq + p.sq_off.tail);
	r->sq_flags = (uint32_t *)(void *)(sq + p.sq_off.flags);
	r->sq_mask = *(uint32_t *)(void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (uint32_t *)(void *)(sq + p.sq_off.array);
	r->cq_head = (uint32_t *)(void *)(cq + p.cq_off.head);
	r->cq_tail = (uint32_t *)(void *)(cq + p.cq_off.tail);
	r->cq_mask = *(uint32_t *)(void *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
	return 0;
}

int ring_new(struct ring *r, uint32_t flags)
{
	struct io_uring_params p = {.flags = flags, .sq_thread_idle = 100};

	r->flags = flags;
	r->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
	return r->fd < 0 ? -errno : map(r, p);
}

int ring_map(struct ring *r, int fd)
{
	struct io_uring_params p = {0};
	int like = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);

	if (like < 0)
		return -errno;
	close(like);
	r->flags = 0;
	r->fd = fd;
	return map(r, p);
}

struct io_uring_sqe *ring_next(struct ring *r)
{
	struct io_uring_sqe *e = &r->sqes[*r->sq_tail & r->sq_mask];

	memset(e, 0, sizeof(*e));
	return e;
}

ssize_t ring_do(struct ring *r)
{
	uint32_t tail = *r->sq_tail, head = *r->cq_head;
	bool sqpoll = r->flags & IORING_SETUP_SQPOLL;
	unsigned flags = IORING_ENTER_GETEVENTS;
	int32_t result;

	r->sq_array[tail & r->sq_mask] = tail & r->sq_mask;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_SEQ_CST);
	if (sqpoll && __atomic_load_n(r->sq_flags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	while (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(SYS_io_uring_enter, r->fd, sqpoll ? 0 : 1, 1, flags, NULL, 0) < 0 &&
			errno != EINTR)
			return -errno;
	result = r->cqes[head & r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	if (result < 0)
		errno = -result;
	return result < 0 ? -1 : result;
}

static void ask_open(struct ring *r, const char *path)
{
	struct io_uring_sqe *e = ring_next(r);

	e->opcode = IORING_OP_OPENAT;
	e->fd = AT_FDCWD;
	e->addr = (uint64_t)(uintptr_t)path;
	e->open_flags = O_RDONLY;
}

int open_by_ring(const char *path, uint32_t flags)
{
	struct ring r;

	if (ring_new(&r, flags) < 0)
		return -2;
	ask_open(&r, path);
	return (int)ring_do(&r);
}

int read_direct(const char *path)
{
	char text[64];
	int32_t none = -1;
	struct io_uring_sqe *e;
	struct ring r;

	if (ring_new(&r, 0) < 0 ||
		syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &none, 1) < 0)
		return tell(-1, "io_uring_setup");
	ask_open(&r, path);
	r.sqes[*r.sq_tail & r.sq_mask].file_index = 1;
	if (ring_do(&r) < 0)
		return tell(-1, "openat_direct");
	e = ring_next(&r);
	e->opcode = IORING_OP_READ;
	e->flags = IOSQE_FIXED_FILE;
	e->addr = (uint64_t)(uintptr_t)text;
	e->len = sizeof(text);
	return tell(ring_do(&r), "read_fixed");
}
