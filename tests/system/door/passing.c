/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile user's own programs do for an application, and the application with what it gets.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door.h"

#define AMOUNT 64

/* ---- something else than the opened file ---- */

static int copy_in_memory(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), into = memfd_create("copy", MFD_CLOEXEC);

	if (from < 0 || into < 0 || sendfile(into, from, NULL, AMOUNT) != AMOUNT)
		return -1;
	return into;
}

/* A ring with the file in its own table. */
static int ring_of(const char *path)
{
	int32_t file = open(path, O_RDONLY | O_CLOEXEC);
	struct ring r;

	if (file < 0 || ring_new(&r, 0) < 0 ||
		syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, &file, 1) < 0)
		return -1;
	return r.fd;
}

/* NAME PATH KIND: as "give" does. */
int do_give_other(char **arg)
{
	int fd = -1;

	if (strcmp(arg[2], "path") == 0)
		fd = open(arg[1], O_PATH | O_CLOEXEC);
	else if (strcmp(arg[2], "memory") == 0)
		fd = copy_in_memory(arg[1]);
	else if (strcmp(arg[2], "ring") == 0)
		fd = ring_of(arg[1]);
	return fd < 0 ? tell(-1, arg[2]) : hand_over(arg[0], fd);
}

static int reopen(int fd)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? tell(-1, "open") : read_by(fd, "read");
}

static int read_of_ring(int fd)
{
	char text[AMOUNT];
	struct io_uring_sqe *e;
	struct ring r;

	if (ring_map(&r, fd) < 0)
		return tell(-1, "mmap");
	e = ring_next(&r);
	e->opcode = IORING_OP_READ;
	e->flags = IOSQE_FIXED_FILE;
	e->addr = (uint64_t)(uintptr_t)text;
	e->len = sizeof(text);
	return tell(ring_do(&r), "ring");
}

/* Into a file of the reader's own, which it has open already, and read from there. */
static int read_of_clone(int fd, const char *own)
{
	int into = open(own, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (into < 0)
		return tell(-1, "own");
	return ioctl(into, FICLONE, fd) < 0 ? tell(-1, "clone") : read_by(into, "pread");
}

/* NAME KIND [OWN] */
int do_receive_other(char **arg)
{
	int fd = receive(arg[0]);

	if (fd < 0)
		return tell(-1, "recvmsg");
	if (strcmp(arg[1], "ring") == 0)
		return read_of_ring(fd);
	if (strcmp(arg[1], "clone") == 0)
		return read_of_clone(fd, arg[2]);
	return reopen(fd);
}

/* ---- pipes ---- */

static ssize_t pour(const char *path, const char *way)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct iovec v = {.iov_len = AMOUNT};
	char text[AMOUNT];
	loff_t at = 0;

	if (fd < 0)
		return -1;
	if (strcmp(way, "splice") == 0)
		return splice(fd, &at, STDOUT_FILENO, NULL, AMOUNT, 0);
	if (strcmp(way, "sendfile") == 0)
		return sendfile(STDOUT_FILENO, fd, NULL, AMOUNT);
	if (strcmp(way, "vmsplice") == 0) {
		v.iov_base = mmap(NULL, AMOUNT, PROT_READ, MAP_SHARED, fd, 0);
		return v.iov_base == MAP_FAILED ? -1 : vmsplice(STDOUT_FILENO, &v, 1, 0);
	}
	return read(fd, text, sizeof(text)) == AMOUNT ? write(STDOUT_FILENO, text, AMOUNT) : -1;
}

/* PATH WAY: the start of it into the standard output, a pipe. */
int do_pour(char **arg)
{
	return pour(arg[0], arg[1]) == AMOUNT ? 0 : 2;
}

int do_drink(char **arg)
{
	char text[AMOUNT];

	(void)arg;
	return tell(read(STDIN_FILENO, text, sizeof(text)), "pipe");
}

/* ---- memory ---- */

/* PATH: the start of it in memory; prints where, and waits. */
int do_show(char **arg)
{
	static char text[AMOUNT];
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text)) != AMOUNT)
		return tell(-1, "read");
	printf("%d %ju\n", getpid(), (uintmax_t)(uintptr_t)text);
	fflush(stdout);
	return getchar() == EOF ? 0 : 2;
}

static ssize_t peek(pid_t pid, uintptr_t address, const char *way)
{
	char text[AMOUNT], name[64];
	struct iovec own = {text, AMOUNT}, other = {(void *)address, AMOUNT};
	long word;
	int fd;

	if (strcmp(way, "process_vm_readv") == 0)
		return process_vm_readv(pid, &own, 1, &other, 1, 0);
	if (strcmp(way, "mem") == 0) {
		snprintf(name, sizeof(name), "/proc/%d/mem", pid);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? -1 : pread(fd, text, AMOUNT, (off_t)address);
	}
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, NULL, 0) < 0)
		return -1;
	errno = 0;
	word = ptrace(PTRACE_PEEKDATA, pid, (void *)address, NULL);
	return errno == 0 && word != 0 ? (ssize_t)sizeof(word) : -1;
}

/* PID ADDRESS WAY */
int do_peek(char **arg)
{
	return tell(peek(atoi(arg[0]), (uintptr_t)strtoull(arg[1], NULL, 10), arg[2]), arg[2]);
}

/* PATH: maps it, closes it, and reads from the mapping at each line of the standard input. */
int do_hold_map(char **arg)
{
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);
	char line[64];
	char *p = fd < 0 ? MAP_FAILED : mmap(NULL, AMOUNT, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return tell(-1, "mmap");
	close(fd);
	puts("MAPPED");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("%.2s\n", p);
		fflush(stdout);
	}
	return 0;
}

/* ---- a tracer ---- */

/* The path is another one by the time the kernel reads it. True once that was done. */
static int replace_path(pid_t pid, const char *from, const char *to)
{
	struct user_regs_struct regs;
	char path[256] = "";
	struct iovec own = {path, sizeof(path) - 1}, other;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 || regs.orig_rax != SYS_openat)
		return 0;
	other = (struct iovec){(void *)regs.rsi, strlen(from) + 1};
	own.iov_len = other.iov_len;
	if (process_vm_readv(pid, &own, 1, &other, 1, 0) < 0 || strcmp(path, from) != 0)
		return 0;
	own = (struct iovec){(void *)to, strlen(to) + 1};
	other.iov_len = own.iov_len;
	return process_vm_writev(pid, &own, 1, &other, 1, 0) > 0;
}

/* PID FROM TO: makes the process open another file than it asks for; TO is no longer than FROM. */
int do_trace(char **arg)
{
	pid_t pid = atoi(arg[0]);
	int status, done = 0;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0)
		return tell(-1, "ptrace");
	puts("TRACING");
	fflush(stdout);
	while (!done) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) < 0 ||
			WIFEXITED(status))
			return 2;
		done = replace_path(pid, arg[1], arg[2]);
	}
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0;
}
