/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox, proved by trying: each trial is a forked child that confines itself and then does
 * one thing. */
#include "../../unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "jail/jail.h"
#include "wire/frame.h"

#define NOBODY 65534

/* What a child reports. */
enum outcome {
	WORKED = 10,
	REFUSED, /* by an errno */
	KILLED,  /* SIGSYS */
	NO_JAIL, /* could not be confined */
	ODD,     /* anything else */
};

struct ground {
	char dir[64], other[64]; /* two directories with a file "f" each */
	int file;                /* descriptor of the first, for reading */
	int wfile;               /* and for writing */
	int pair[2];
	char *page;
};

typedef long (*trial_fn)(struct ground *g);

static int ground_setup(void **state)
{
	static struct ground g;
	char path[128];

	snprintf(g.dir, sizeof(g.dir), "/tmp/test-jail-XXXXXX");
	snprintf(g.other, sizeof(g.other), "/tmp/test-jail-XXXXXX");
	assert_non_null(mkdtemp(g.dir));
	assert_non_null(mkdtemp(g.other));
	assert_int_equal(0, chmod(g.dir, 0777));
	assert_int_equal(0, chmod(g.other, 0777));
	for (int i = 0; i < 2; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/f", i ? g.other : g.dir);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		assert_true(fd >= 0);
		assert_int_equal(5, write(fd, "hello", 5));
		assert_int_equal(0, fchmod(fd, 0666));
		close(fd);
	}
	snprintf(path, sizeof(path), "%s/secret", g.dir);
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	snprintf(path, sizeof(path), "%s/f", g.dir);
	g.file = open(path, O_RDONLY | O_CLOEXEC);
	g.wfile = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(0, wire_pair(g.pair));
	g.page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.page != MAP_FAILED);
	*state = &g;
	return 0;
}

static int ground_teardown(void **state)
{
	static const char *const names[] = {"f", "secret", "new"};
	struct ground *g = *state;
	char path[128];

	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			snprintf(path, sizeof(path), "%s/%s", i ? g->other : g->dir, names[k]);
			unlink(path);
		}
		rmdir(i ? g->other : g->dir);
	}
	return 0;
}

static struct jail_options as_nobody(void)
{
	uid_t to = geteuid() == 0 ? NOBODY : (uid_t)-1;

	return (struct jail_options){.uid = to, .gid = to};
}

static int in_child(struct ground *g, enum jail_profile profile, bool drop_first,
	const struct jail_options *given, trial_fn fn)
{
	struct jail_options o = given ? *given : (struct jail_options){0};
	unsigned layers;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(20);
		if (drop_first && geteuid() == 0 &&
			(setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				setresuid(NOBODY, NOBODY, NOBODY) < 0))
			_exit(NO_JAIL);
		if (!given)
			o = as_nobody();
		if (jail_enter(profile, &o, &layers) < 0)
			_exit(NO_JAIL);
		_exit(fn(g) < 0 ? REFUSED : WORKED);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : ODD;
	return WEXITSTATUS(status);
}

/* What must not work. */

static long try_openat(struct ground *g)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/f", g->dir);
	return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
}

#ifdef SYS_open
static long try_open(struct ground *g)
{
	(void)g;
	return syscall(SYS_open, "/", O_RDONLY, 0);
}
#endif

static long try_stat(struct ground *g)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/f", g->dir);
	return stat(path, &st);
}

static long try_socket(struct ground *g)
{
	(void)g;
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_socket_unix(struct ground *g)
{
	(void)g;
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long try_connect(struct ground *g)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(9)};

	return connect(g->pair[0], (struct sockaddr *)&sa, sizeof(sa));
}

static long try_execve(struct ground *g)
{
	char *argv[] = {(char *)"true", NULL};

	(void)g;
	return execve("/bin/true", argv, NULL);
}

static long try_execveat(struct ground *g)
{
	char *argv[] = {(char *)"f", NULL};

	return syscall(SYS_execveat, g->file, "", argv, NULL, AT_EMPTY_PATH);
}

static long try_kill(struct ground *g)
{
	(void)g;
	return kill(getppid(), 0);
}

static long try_ptrace(struct ground *g)
{
	(void)g;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_fork(struct ground *g)
{
	pid_t pid = fork();

	(void)g;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_clone(struct ground *g)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	(void)g;
	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_unshare(struct ground *g)
{
	(void)g;
	return unshare(CLONE_NEWUSER);
}

static long try_mount(struct ground *g)
{
	return mount("none", g->dir, "tmpfs", 0, NULL);
}

static long try_setuid(struct ground *g)
{
	(void)g;
	return syscall(SYS_setuid, 0);
}

static long try_bpf(struct ground *g)
{
	(void)g;
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_io_uring(struct ground *g)
{
	(void)g;
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long try_inotify(struct ground *g)
{
	(void)g;
	return syscall(SYS_inotify_init1, 0);
}

static long try_unlink(struct ground *g)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/f", g->other);
	return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static long try_exec_page(struct ground *g)
{
	return mprotect(g->page, 4096, PROT_READ | PROT_EXEC);
}

static long try_exec_map(struct ground *g)
{
	(void)g;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED
		? -1
		: 0;
}

static long try_big_map(struct ground *g)
{
	(void)g;
	return mmap(NULL, 256U << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED
		? -1
		: 0;
}

static long try_many_files(struct ground *g)
{
	for (int i = 0; i < 64; i++)
		if (fcntl(g->file, F_DUPFD_CLOEXEC, 0) < 0)
			return -1;
	return 0;
}

static long try_write_file(struct ground *g)
{
	return write(g->wfile, "x", 1);
}

static const struct {
	const char *name;
	trial_fn fn;
	int expected;
} refusals[] = {
#ifdef SYS_open
	{"open", try_open, REFUSED},
#endif
	{"openat", try_openat, REFUSED},
	{"stat", try_stat, REFUSED},
	{"socket", try_socket, KILLED},
	{"socket unix", try_socket_unix, KILLED},
	{"connect", try_connect, KILLED},
	{"execve", try_execve, KILLED},
	{"execveat", try_execveat, KILLED},
	{"kill", try_kill, KILLED},
	{"ptrace", try_ptrace, KILLED},
	{"fork", try_fork, KILLED},
	{"clone", try_clone, KILLED},
	{"unshare", try_unshare, KILLED},
	{"mount", try_mount, KILLED},
	{"setuid", try_setuid, KILLED},
	{"bpf", try_bpf, KILLED},
	{"io_uring", try_io_uring, KILLED},
	{"inotify", try_inotify, KILLED},
	{"unlink", try_unlink, KILLED},
	{"mprotect exec", try_exec_page, REFUSED},
	{"mmap exec", try_exec_map, REFUSED},
	{"files", try_many_files, REFUSED},
	{"write file", try_write_file, REFUSED},
};

static void scan_refuses(struct ground *g, bool drop_first)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		int got = in_child(g, JAIL_SCAN, drop_first, NULL, refusals[i].fn);

		if (got != refusals[i].expected)
			fail_msg("%s: outcome %d, expected %d", refusals[i].name, got,
				refusals[i].expected);
	}
}

static void test_scan_refuses_root(void **state)
{
	if (geteuid() != 0)
		skip();
	scan_refuses(*state, false);
}

static void test_scan_refuses_user(void **state)
{
	scan_refuses(*state, true);
}

/* What must work. */

static long try_read(struct ground *g)
{
	char b[5];

	return lseek(g->file, 0, SEEK_SET) == 0 && read(g->file, b, 5) == 5 ? 0 : -1;
}

static long try_pread(struct ground *g)
{
	char b[5];

	return pread(g->file, b, 5, 0) == 5 && memcmp(b, "hello", 5) == 0 ? 0 : -1;
}

static long try_fstat(struct ground *g)
{
	struct stat st;

	return fstat(g->file, &st) == 0 && st.st_size == 5 ? 0 : -1;
}

static long try_map_file(struct ground *g)
{
	const char *p = mmap(NULL, 5, PROT_READ, MAP_SHARED, g->file, 0);

	return p != MAP_FAILED && memcmp(p, "hello", 5) == 0 ? 0 : -1;
}

static long try_map(struct ground *g)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)g;
	if (p == MAP_FAILED)
		return -1;
	memset(p, 1, 1 << 20);
	return munmap(p, 1 << 20);
}

static long try_malloc(struct ground *g)
{
	void *volatile p = malloc(32U << 20);

	(void)g;
	if (!p)
		return -1;
	memset(p, 1, 32U << 20);
	free(p);
	return 0;
}

static long try_memfd(struct ground *g)
{
	(void)g;
	return memfd_create("x", MFD_CLOEXEC);
}

static long try_messages(struct ground *g)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct wire_frame f;

	if (wire_send(g->pair[0], 7, 8, VIEW_LIT("body"), &g->file, 1) < 0 ||
		wire_receive(g->pair[1], &b, &f) != 0)
		return -1;
	return f.type == 7 && f.id == 8 && f.n_fds == 1 && view_eq(f.body, VIEW_LIT("body")) ? 0
											     : -1;
}

static long try_clock(struct ground *g)
{
	(void)g;
	return clock_now() > 0 && clock_cpu() > 0 ? 0 : -1;
}

static long try_confined(struct ground *g)
{
	(void)g;
	return 0;
}

static const struct {
	const char *name;
	trial_fn fn;
} permissions[] = {
	{"nothing", try_confined},
	{"read", try_read},
	{"pread", try_pread},
	{"fstat", try_fstat},
	{"mmap file", try_map_file},
	{"mmap", try_map},
	{"malloc", try_malloc},
	{"memfd_create", try_memfd},
	{"sendmsg, recvmsg", try_messages},
	{"clock", try_clock},
};

static void scan_allows(struct ground *g, bool drop_first)
{
	for (size_t i = 0; i < ARRAY_SIZE(permissions); i++) {
		int got = in_child(g, JAIL_SCAN, drop_first, NULL, permissions[i].fn);

		if (got != WORKED)
			fail_msg("%s: outcome %d", permissions[i].name, got);
	}
}

static void test_scan_allows_root(void **state)
{
	if (geteuid() != 0)
		skip();
	scan_allows(*state, false);
}

static void test_scan_allows_user(void **state)
{
	scan_allows(*state, true);
}

#if !defined(__SANITIZE_ADDRESS__) /* the limit is left out there */
static void test_memory_limit(void **state)
{
	struct jail_options o = as_nobody();

	assert_int_equal(WORKED, in_child(*state, JAIL_SCAN, false, &o, try_big_map));
	o.memory_max = 128U << 20;
	assert_int_equal(REFUSED, in_child(*state, JAIL_SCAN, false, &o, try_big_map));
}
#endif

/* Directories, and the other profiles. */

static long read_file(const char *dir, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : close(fd);
}

static long try_read_inside(struct ground *g)
{
	return read_file(g->dir, "f");
}

static long try_read_outside(struct ground *g)
{
	return read_file(g->other, "f");
}

static long try_read_secret(struct ground *g)
{
	return read_file(g->dir, "secret");
}

static long try_create_inside(struct ground *g)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", g->dir);
	return openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long try_lease(struct ground *g)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/f", g->other);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -1 : fcntl(fd, F_SETLEASE, F_RDLCK);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) >= 1;
}

static void test_directories(void **state)
{
	struct ground *g = *state;
	const char *const inside[] = {g->dir, "/nonexistent/dir", NULL};
	struct jail_options o = as_nobody();

	if (!has_landlock())
		skip();
	o.read_dirs = inside;
	assert_int_equal(WORKED, in_child(g, JAIL_WATCH, false, &o, try_read_inside));
	assert_int_equal(REFUSED, in_child(g, JAIL_WATCH, false, &o, try_read_outside));
	assert_int_equal(REFUSED, in_child(g, JAIL_WATCH, false, &o, try_create_inside));
	o.read_dirs = NULL;
	o.write_dirs = inside;
	assert_int_equal(WORKED, in_child(g, JAIL_LOG, false, &o, try_read_inside));
	assert_int_equal(WORKED, in_child(g, JAIL_LOG, false, &o, try_create_inside));
	assert_int_equal(REFUSED, in_child(g, JAIL_LOG, false, &o, try_read_outside));
	assert_int_equal(REFUSED, in_child(g, JAIL_LOG, false, &o, try_unlink));
}

static void test_kept_capabilities(void **state)
{
	struct ground *g = *state;
	const char *const all[] = {"/", NULL};
	struct jail_options o = as_nobody();

	if (geteuid() != 0)
		skip();
	o.read_dirs = all;
	assert_int_equal(REFUSED, in_child(g, JAIL_WATCH, false, &o, try_read_secret));
	assert_int_equal(REFUSED, in_child(g, JAIL_WATCH, false, &o, try_lease));
	o.keep_caps = UINT64_C(1) << CAP_DAC_READ_SEARCH;
	assert_int_equal(WORKED, in_child(g, JAIL_WATCH, false, &o, try_read_secret));
	o.keep_caps = UINT64_C(1) << CAP_LEASE;
	assert_int_equal(WORKED, in_child(g, JAIL_WATCH, false, &o, try_lease));
}

static void test_all_profiles(void **state)
{
	static const trial_fn killers[] = {
		try_execve, try_ptrace, try_fork, try_mount, try_unshare, try_bpf, try_setuid};

	for (unsigned p = 0; p < JAIL_MAX; p++) {
		assert_int_equal(
			WORKED, in_child(*state, (enum jail_profile)p, false, NULL, try_messages));
		for (size_t i = 0; i < ARRAY_SIZE(killers); i++)
			assert_int_equal(KILLED,
				in_child(*state, (enum jail_profile)p, false, NULL, killers[i]));
		assert_int_equal(REFUSED,
			in_child(*state, (enum jail_profile)p, false, NULL, try_exec_page));
		assert_int_equal(
			REFUSED, in_child(*state, (enum jail_profile)p, false, NULL, try_exec_map));
		if (p != JAIL_SCAN)
			assert_int_equal(REFUSED,
				in_child(*state, (enum jail_profile)p, false, NULL, try_socket));
	}
}

static void test_layers(void **state)
{
	char text[80];
	unsigned layers = 0;
	int status, pipefd[2];
	pid_t pid;

	(void)state;
	assert_int_equal(0, pipe(pipefd));
	pid = fork();
	if (pid == 0) {
		struct jail_options o = as_nobody();

		if (jail_enter(JAIL_SCAN, &o, &layers) == 0)
			(void)!write(pipefd[1], &layers, sizeof(layers));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	close(pipefd[1]);
	assert_int_equal(sizeof(layers), read(pipefd[0], &layers, sizeof(layers)));
	assert_true(layers & JAIL_LAYER_SECCOMP);
	assert_true(layers & JAIL_LAYER_RLIMITS);
	assert_int_equal(has_landlock(), !!(layers & JAIL_LAYER_LANDLOCK));
	assert_int_equal(geteuid() == 0, !!(layers & JAIL_LAYER_UID));
	jail_layers_format(0x1f, text, sizeof(text));
	assert_string_equal("uid+namespaces+landlock+seccomp+rlimits", text);
	jail_layers_format(JAIL_LAYER_SECCOMP, text, sizeof(text));
	assert_string_equal("seccomp", text);
	jail_layers_format(0, text, sizeof(text));
	assert_string_equal("", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan_refuses_root),
		cmocka_unit_test(test_scan_refuses_user),
		cmocka_unit_test(test_scan_allows_root),
		cmocka_unit_test(test_scan_allows_user),
#if !defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test(test_memory_limit),
#endif
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_kept_capabilities),
		cmocka_unit_test(test_all_profiles),
		cmocka_unit_test(test_layers),
	};

	return cmocka_run_group_tests(tests, ground_setup, ground_teardown);
}
