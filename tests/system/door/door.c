/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- opening ---- */

static void *open_in_thread(void *path)
{
	intptr_t fd = open(path, O_RDONLY | O_CLOEXEC);

	return (void *)(fd < 0 ? -(intptr_t)errno : fd); /* errno is the thread's */
}

static int by_thread(const char *path)
{
	pthread_t t;
	void *r;

	if (pthread_create(&t, NULL, open_in_thread, (void *)path) != 0 || pthread_join(t, &r) != 0)
		return -1;
	if ((intptr_t)r < 0)
		errno = (int)-(intptr_t)r;
	return (intptr_t)r < 0 ? -1 : (int)(intptr_t)r;
}

static int by_opath(const char *path)
{
	char name[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return open(name, O_RDONLY | O_CLOEXEC);
}

static int by_handle(const char *path)
{
	char folder[4096];
	struct {
		struct file_handle h;
		unsigned char space[128];
	} h = {.h = {.handle_bytes = 128}};
	int mount_id, dir;

	if (name_to_handle_at(AT_FDCWD, path, &h.h, &mount_id, 0) < 0)
		return -1;
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : open_by_handle_at(dir, &h.h, O_RDONLY | O_CLOEXEC);
}

static void on_alarm(int number)
{
	(void)number;
}

/* A handled signal comes while it waits. */
static int by_signalled(const char *path)
{
	const struct sigaction handled = {.sa_handler = on_alarm};
	const struct itimerval soon = {{0, 20000}, {0, 20000}};

	if (sigaction(SIGALRM, &handled, NULL) < 0 || setitimer(ITIMER_REAL, &soon, NULL) < 0)
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int open_by(const char *path, const char *how)
{
	if (strcmp(how, "signalled") == 0)
		return by_signalled(path);
	if (strcmp(how, "rdwr") == 0)
		return open(path, O_RDWR | O_CLOEXEC);
	if (strcmp(how, "thread") == 0)
		return by_thread(path);
	if (strcmp(how, "opath") == 0)
		return by_opath(path);
	if (strcmp(how, "handle") == 0)
		return by_handle(path);
	if (strcmp(how, "uring") == 0)
		return open_by_ring(path, 0);
	if (strcmp(how, "sqpoll") == 0)
		return open_by_ring(path, IORING_SETUP_SQPOLL);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int do_open(char **arg)
{
	const char *how = arg[1] ? arg[1] : "rdonly";
	int fd;

	if (strcmp(how, "direct") == 0)
		return read_direct(arg[0]);
	fd = open_by(arg[0], how);
	return fd < 0 ? tell(-1, "open") : read_by(fd, "read");
}

/* Opens each file that the standard input names, when it does. */
static int do_wait(char **arg)
{
	char line[4096];

	(void)arg;
	puts("READY");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		(void)do_open((char *[]){line, NULL});
		fflush(stdout);
	}
	return 0;
}

/* ---- descriptors of others ---- */

static int address(const char *name, struct sockaddr_un *ret, socklen_t *ret_n)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	*ret_n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "%s", name));
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int hand_over(const char *name, int fd)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} c = {.h = {.cmsg_len = CMSG_LEN(sizeof(int)),
		       .cmsg_level = SOL_SOCKET,
		       .cmsg_type = SCM_RIGHTS}};
	char byte = 'x';
	struct iovec v = {&byte, 1};
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};
	struct sockaddr_un a;
	socklen_t n;
	int sock = address(name, &a, &n), peer;

	if (sock < 0 || bind(sock, (struct sockaddr *)&a, n) < 0 || listen(sock, 1) < 0)
		return tell(-1, "bind");
	puts("LISTENING");
	fflush(stdout);
	peer = accept(sock, NULL, NULL);
	memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
	if (peer < 0 || sendmsg(peer, &m, 0) < 0)
		return tell(-1, "sendmsg");
	return read(peer, &byte, 1) < 0;
}

/* Hands the opened file to whoever connects. */
static int do_give(char **arg)
{
	int fd = open(arg[1], O_RDONLY | O_CLOEXEC);

	return fd < 0 ? tell(-1, "open") : hand_over(arg[0], fd);
}

int receive(const char *name)
{
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} c;
	char byte;
	struct iovec v = {&byte, 1};
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)};
	struct sockaddr_un a;
	socklen_t n;
	int sock = address(name, &a, &n), fd;

	if (sock < 0 || connect(sock, (struct sockaddr *)&a, n) < 0 ||
		recvmsg(sock, &m, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	if (m.msg_controllen < CMSG_LEN(sizeof(int)) || !CMSG_FIRSTHDR(&m)) {
		errno = EACCES; /* it was not delivered */
		return -1;
	}
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static int do_receive(char **arg)
{
	int fd = receive(arg[0]);

	return fd < 0 ? tell(-1, "recvmsg") : read_by(fd, arg[1]);
}

static int do_getfd(char **arg)
{
	int pidfd = (int)syscall(SYS_pidfd_open, atoi(arg[0]), 0);
	int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, atoi(arg[1]), 0);

	return fd < 0 ? tell(-1, "pidfd_getfd") : read_by(fd, arg[2]);
}

/* Keeps it open. Each line of the standard input is a way to read it then. */
static int do_hold(char **arg)
{
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);
	char line[64];

	if (fd < 0)
		return tell(-1, "open");
	printf("%d %d\n", getpid(), fd);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		(void)read_by(fd, line);
		fflush(stdout);
	}
	return 0;
}

/* PATH keep|close ARGS: executes the program that NEXT names with the file as descriptor 9. */
static int do_bequeath(char **arg)
{
	const char *next = getenv("NEXT");
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !next)
		return tell(-1, "open");
	if (dup3(fd, 9, strcmp(arg[1], "close") == 0 ? O_CLOEXEC : 0) < 0)
		return tell(-1, "dup3");
	execv(next, arg + 1);
	return tell(-1, "execve");
}

static int do_use(char **arg)
{
	return read_by(atoi(arg[0]), arg[1]);
}

/* ---- children ---- */

static int wait_for(pid_t pid)
{
	int status;

	return pid < 0 || waitpid(pid, &status, __WALL) < 0 ? 2 : WEXITSTATUS(status);
}

static int child_vfork(char **arg)
{
	char *argv[] = {(char *)"door", (char *)"open", arg[0], NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execv("/proc/self/exe", argv);
		_exit(2);
	}
	return wait_for(pid);
}

/* The grandchild outlives its parents; it says so itself. */
static int child_double(char **arg)
{
	pid_t pid = fork();

	if (pid != 0)
		return wait_for(pid);
	if (setsid() < 0 || fork() != 0)
		_exit(0);
	usleep(300000);
	return do_open((char *[]){arg[0], NULL});
}

/* The new process is the caller's sibling: by its parent nobody can tell where it comes from. */
static int child_of_parent(char **arg)
{
	struct clone_args a = {.flags = CLONE_PARENT};
	long pid = syscall(SYS_clone3, &a, sizeof(a));

	if (pid < 0)
		return tell(-1, "clone3");
	if (pid > 0) {
		fflush(stdout);
		_exit(0);
	}
	usleep(200000); /* its sibling has ended */
	return do_open((char *[]){arg[0], NULL});
}

static int do_child(char **arg)
{
	pid_t pid;

	if (strcmp(arg[1], "vfork") == 0)
		return child_vfork(arg);
	if (strcmp(arg[1], "double") == 0)
		return child_double(arg);
	if (strcmp(arg[1], "parent") == 0)
		return child_of_parent(arg);
	pid = fork();
	if (pid != 0)
		return wait_for(pid);
	if (strcmp(arg[1], "exec") == 0) {
		execl("/bin/cat", "cat", arg[0], NULL);
		return 2;
	}
	return do_open((char *[]){arg[0], NULL});
}

/* ---- writing ---- */

/* Each line of the standard input: the text to store at the start of the mapping, or "close",
   "unmap", "sync", "look". */
static int do_map(char **arg)
{
	int fd = open(arg[0], O_RDWR | O_CLOEXEC);
	struct stat st;
	char line[4096];
	char *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return tell(-1, "open");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return tell(-1, "mmap");
	puts("MAPPED");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = strcspn(line, "\n");

		line[n] = 0;
		if (strcmp(line, "close") == 0)
			close(fd);
		else if (strcmp(line, "unmap") == 0)
			munmap(p, (size_t)st.st_size);
		else if (strcmp(line, "sync") == 0)
			(void)msync(p, (size_t)st.st_size, MS_SYNC);
		else if (strcmp(line, "look") == 0)
			(void)*(volatile char *)p;
		else
			for (size_t i = 0; i < n && i < (size_t)st.st_size; i++)
				p[i] = line[i] == '\\' ? '\n' : line[i];
		puts("DONE");
		fflush(stdout);
	}
	return 0;
}

/* ---- a storm of threads, in the middle of which one child opens the file ---- */

static void *nothing(void *userdata)
{
	return userdata;
}

static int do_storm(char **arg)
{
	long n = strtol(arg[1], NULL, 10);
	pid_t pid = -1;

	for (long i = 0; i < n; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, nothing, NULL) != 0 || pthread_join(t, NULL) != 0)
			return tell(-1, "pthread_create");
		if (i == n / 2) {
			fflush(stdout);
			pid = fork();
			if (pid == 0)
				return do_open((char *[]){arg[0], NULL});
		}
	}
	return wait_for(pid);
}

/* ---- many at once ---- */

struct crowd {
	const char *path;
	unsigned opened, refused, other;
	pthread_barrier_t ready;
};

static void *one_of_crowd(void *userdata)
{
	struct crowd *c = userdata;
	int fd, e;

	pthread_barrier_wait(&c->ready);
	fd = open(c->path, O_RDONLY | O_CLOEXEC);
	e = errno;
	if (fd >= 0)
		close(fd);
	__atomic_fetch_add(fd >= 0   ? &c->opened
			: e == EPERM ? &c->refused
				     : &c->other,
		1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* PATH N: prints how many of N threads opened it, were refused, and failed otherwise. */
static int do_crowd(char **arg)
{
	struct crowd c = {.path = arg[0]};
	unsigned n = (unsigned)strtoul(arg[1], NULL, 10);
	pthread_t *t = calloc(n, sizeof(*t));
	pthread_attr_t small;
	struct rlimit files;

	/* Each takes a descriptor before it asks. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (!t || pthread_attr_init(&small) != 0 || pthread_attr_setstacksize(&small, 32768) != 0 ||
		pthread_barrier_init(&c.ready, NULL, n) != 0)
		return 2;
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&t[i], &small, one_of_crowd, &c) != 0)
			return tell(-1, "pthread_create");
	for (unsigned i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	printf("%u %u %u\n", c.opened, c.refused, c.other);
	return 0;
}

/* ---- another listener ---- */

/* DIRECTORY SECONDS: reads each file before it may be opened, as a virus scanner does. */
static int do_listen(char **arg)
{
	int group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_UNLIMITED_QUEUE, O_RDONLY);
	struct fanotify_event_metadata m[64];

	if (group < 0 ||
		fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_PERM, AT_FDCWD,
			arg[0]) < 0)
		return tell(-1, "fanotify_mark");
	puts("LISTENING");
	fflush(stdout);
	alarm((unsigned)strtoul(
		arg[1], NULL, 10)); /* whatever happens, its end lets everybody go */
	for (;;) {
		ssize_t n = read(group, m, sizeof(m));

		for (struct fanotify_event_metadata *e = m; n > 0 && FAN_EVENT_OK(e, n);
			n -= e->event_len, e = (void *)((char *)e + e->event_len)) {
			struct fanotify_response r = {.fd = e->fd, .response = FAN_ALLOW};
			char text[4096];

			if (e->pid != getpid())
				while (read(e->fd, text, sizeof(text)) > 0)
					;
			if (write(group, &r, sizeof(r)) < 0)
				return tell(-1, "answer");
			close(e->fd);
		}
		if (n < 0)
			return tell(-1, "listen");
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*fn)(char **arg);
	} commands[] = {
		{"open", 1, do_open},                       /* PATH [HOW] */
		{"wait", 0, do_wait}, {"give", 2, do_give}, /* SOCKET PATH */
		{"receive", 2, do_receive},                 /* SOCKET WAY */
		{"getfd", 3, do_getfd},                     /* PID FD WAY */
		{"hold", 1, do_hold},                       /* PATH */
		{"bequeath", 2, do_bequeath},               /* PATH keep|close ARGS... */
		{"use", 2, do_use},                         /* FD WAY */
		{"child", 2, do_child},                     /* PATH fork|exec|vfork|double|parent */
		{"map", 1, do_map},                         /* PATH */
		{"write", 3, do_write},                     /* PATH WAY TEXT */
		{"crowd", 2, do_crowd},                     /* PATH COUNT */
		{"listen", 2, do_listen},                   /* DIRECTORY SECONDS */
		{"storm", 2, do_storm},                     /* PATH COUNT */
		{"give-other", 3, do_give_other},           /* SOCKET PATH path|memory|ring */
		{"receive-other", 2, do_receive_other},     /* SOCKET reopen|ring|clone [OWN] */
		{"pour", 2, do_pour},                       /* PATH WAY */
		{"drink", 0, do_drink}, {"show", 1, do_show}, /* PATH */
		{"peek", 3, do_peek},                         /* PID ADDRESS WAY */
		{"hold-map", 1, do_hold_map},                 /* PATH */
		{"trace", 3, do_trace},                       /* PID FROM TO */
	};

	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0 && argc - 2 >= commands[i].args)
			return commands[i].fn(argv + 2);
	fputs("see door.c\n", stderr);
	return 2;
}
