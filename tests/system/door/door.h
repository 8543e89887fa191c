/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways in which a process comes by a document: installed under two names, as an application and as
 * a program that is none. Each command prints one line: "READ N", "REFUSED CALL ERRNO" where the
 * kernel said EPERM or EACCES, else "FAILED CALL ERRNO".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints the line and returns the exit status: 0 read, 1 refused, 2 anything else. */
int tell(ssize_t n, const char *call);

/* Reads the start of the file by the way `how`; prints what came of it. */
int read_by(int fd, const char *how);

/* One io_uring request, on a ring of its own. */
struct ring {
	int fd;
	uint32_t flags;
	uint32_t *sq_tail, *sq_flags, *cq_head, *cq_tail;
	uint32_t sq_mask, cq_mask;
	uint32_t *sq_array;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};
int ring_new(struct ring *r, uint32_t flags);
/* The next request, cleared. */
struct io_uring_sqe *ring_next(struct ring *r);
/* Its result, or -errno; with errno set. */
ssize_t ring_do(struct ring *r);

int open_by_ring(const char *path, uint32_t flags);
int read_direct(const char *path); /* into the ring's own table, and read from there */

int ring_map(struct ring *r, int fd); /* one that somebody made with the same number of entries */

int do_write(char **arg);

/* Gives the descriptor to whoever connects; receives one. */
int hand_over(const char *name, int fd);
int receive(const char *name);

/* passing.c */
int do_give_other(char **arg);
int do_receive_other(char **arg);
int do_pour(char **arg);
int do_drink(char **arg);
int do_show(char **arg);
int do_peek(char **arg);
int do_hold_map(char **arg);
int do_trace(char **arg);
