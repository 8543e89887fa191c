/* SPDX-License-Identifier: Apache-2.0 */
/* sealgate-watch against a fake core: whatever happens to the tree, every file is offered. */
#include "../../unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "harness.h"

#define SEEN_MAX 65536

static const char *watch_exe;

struct seen {
	char path[300];
	bool urgent, no_writer;
};

struct ground {
	char top[64];
	struct harness h;
	int core;
	struct config config;
	struct seen *seen;
	size_t n;
	size_t outstanding, most; /* offers not answered */
	bool confirm;             /* ask for WATCH_CONFIRM */
	bool silent;              /* answer nothing */
	size_t confirmed, refused;
	uint32_t unanswered[32];
	char gone[400]; /* the last that is not there any more */
	bool gone_folder;
	size_t n_gone;
	struct {
		uint64_t files, dirs, overflows;
		bool complete;
		char note[4096];
		uint64_t walks, last_walk, folders_left, files_left, unreadable;
		unsigned pause;
	} state;
};

static int setup(void **state)
{
	struct ground *g = calloc(1, sizeof(*g));

	assert_non_null(g);
	g->seen = calloc(SEEN_MAX, sizeof(*g->seen));
	assert_non_null(g->seen);
	snprintf(g->top, sizeof(g->top), "/tmp/test-watch-XXXXXX");
	assert_non_null(mkdtemp(g->top));
	assert_int_equal(0, chmod(g->top, 0755));
	g->config.state_dir = g->config.runtime_dir = g->config.policy = (char *)"/nonexistent";
	g->config.watch.v[0] = g->top;
	g->config.watch.n = 1;
	g->config.crawl_under_load = g->config.crawl_on_battery = true;
	harness_uid(&g->config);
	g->core = -1;
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct ground *g = *state;
	char command[100];

	fd_close(g->core);
	if (g->h.control >= 0 && g->h.pid > 0) {
		kill(g->h.pid, SIGCONT);
		assert_int_equal(0, harness_stop(&g->h));
	}
	snprintf(command, sizeof(command), "rm -rf '%s'", g->top);
	assert_int_equal(0, system(command));
	free(g->seen);
	free(g);
	return 0;
}

static char *at(struct ground *g, const char *fmt, ...) printf_like(2, 3);
static char *at(struct ground *g, const char *fmt, ...)
{
	static char path[4][400];
	static unsigned turn;
	char *p = path[turn++ % 4];
	int n = snprintf(p, 400, "%s/", g->top);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p + n, 400 - (size_t)n, fmt, ap);
	va_end(ap);
	return p;
}

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(4, write(fd, "text", 4));
	close(fd);
}

static void dir(const char *path)
{
	if (mkdir(path, 0755) < 0)
		fail_msg("%s: %s", path, strerror(errno));
}

static void start(struct ground *g, void (*prepare)(void))
{
	harness_start(&g->h, watch_exe, &g->config, prepare);
	harness_wait_ready(&g->h);
	g->core = harness_core(&g->h);
}

static void answer(struct ground *g, uint32_t id)
{
	uint8_t want = g->confirm;

	assert_int_equal(0, wire_send(g->core, CORE_WATCHED, id, view_of(&want, 1), NULL, 0));
	g->outstanding--;
}

static void on_offer(struct ground *g, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};
	struct seen *s = &g->seen[g->n];
	struct file_key key, real;

	assert_true(g->n < SEEN_MAX);
	unpack_key(&u, &key);
	unpack_str(&u, s->path, sizeof(s->path));
	s->no_writer = unpack_u8(&u);
	s->urgent = unpack_u8(&u);
	assert_int_equal(0, unpack_end(&u));
	assert_int_equal(1, f->n_fds);
	assert_int_equal(0, file_key_read(f->fds[0], &real));
	assert_int_equal(key.ino, real.ino);
	assert_int_equal(O_RDONLY, fcntl(f->fds[0], F_GETFL) & O_ACCMODE);
	g->n++;
	g->outstanding++;
	g->most = MAX(g->most, g->outstanding);
	if (g->silent)
		g->unanswered[g->outstanding - 1] = f->id;
	else
		answer(g, f->id);
}

static void on_state(struct ground *g, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};

	g->state.files = unpack_u64(&u);
	g->state.dirs = unpack_u64(&u);
	g->state.complete = unpack_u8(&u);
	g->state.overflows = unpack_u64(&u);
	unpack_str(&u, g->state.note, sizeof(g->state.note));
	g->state.walks = unpack_u64(&u);
	g->state.last_walk = unpack_u64(&u);
	g->state.folders_left = unpack_u64(&u);
	g->state.files_left = unpack_u64(&u);
	g->state.unreadable = unpack_u64(&u);
	g->state.pause = unpack_u8(&u);
	assert_int_equal(0, unpack_end(&u));
}

static void on_gone(struct ground *g, struct wire_frame *f)
{
	struct unpack u = {f->body, 0};

	unpack_str(&u, g->gone, sizeof(g->gone));
	g->gone_folder = unpack_u8(&u);
	assert_int_equal(0, unpack_end(&u));
	g->n_gone++;
}

/* One frame from the process; false after `ms` without any. */
static bool step(struct ground *g, int ms)
{
	struct pollfd p = {.fd = g->core, .events = POLLIN};
	struct wire_frame f;

	if (poll(&p, 1, ms) <= 0)
		return false;
	harness_receive(&g->h, g->core, &f);
	switch (f.type) {
	case WATCH_FILE: on_offer(g, &f); break;
	case WATCH_STATE: on_state(g, &f); break;
	case WATCH_GONE: on_gone(g, &f); break;
	case WATCH_CONFIRM:
		assert_int_equal(1, f.body.n);
		if (f.body.p[0])
			g->confirmed++;
		else
			g->refused++;
		break;
	default: fail_msg("frame %d", f.type);
	}
	wire_frame_done(&f);
	return true;
}

/* Until nothing more comes: a walk's end, then 400 ms of silence but for the state. */
static void settle(struct ground *g)
{
	uint64_t end = clock_now() + HARNESS_TIMEOUT_S * NSEC_PER_SEC, quiet = 0;
	size_t n = g->n;

	while (clock_now() < end) {
		(void)step(g, 100);
		if (g->n != n || !quiet)
			quiet = clock_now() + 400 * NSEC_PER_MSEC;
		n = g->n;
		if (g->state.complete && clock_now() > quiet)
			return;
	}
	fail_msg("no rest after %d s", HARNESS_TIMEOUT_S);
}

static const struct seen *find(const struct ground *g, const char *path)
{
	for (size_t i = g->n; i-- > 0;)
		if (strcmp(g->seen[i].path, path) == 0)
			return &g->seen[i];
	return NULL;
}

static void expect(const struct ground *g, const char *path)
{
	if (!find(g, path))
		fail_msg("never offered: %s", path);
}

/* Until `path` was offered. */
static void wait_for(struct ground *g, const char *path)
{
	uint64_t end = clock_now() + HARNESS_TIMEOUT_S * NSEC_PER_SEC;

	while (!find(g, path)) {
		(void)step(g, 100);
		if (clock_now() > end)
			fail_msg("never offered: %s", path);
	}
}

static void forget(struct ground *g)
{
	g->n = 0;
}

static void test_crawl(void **state)
{
	struct ground *g = *state;

	dir(at(g, "a"));
	dir(at(g, "a/b"));
	dir(at(g, "own"));
	put(at(g, "one.txt"));
	put(at(g, "a/b/two.txt"));
	put(at(g, "own/journal"));
	assert_int_equal(0, symlink("/etc", at(g, "link")));
	assert_int_equal(0, symlink(at(g, "one.txt"), at(g, "a/link.txt")));
	assert_int_equal(0, mkfifo(at(g, "pipe"), 0644));
	g->config.state_dir = at(g, "own");
	usleep(60000);
	start(g, NULL);
	settle(g);
	expect(g, at(g, "one.txt"));
	expect(g, at(g, "a/b/two.txt"));
	assert_int_equal(2, g->n);
	assert_false(g->seen[0].urgent);
	assert_true(g->seen[0].no_writer);
	assert_int_equal(3, g->state.dirs);
	while (g->state.files != 2)
		assert_true(step(g, 5000));
	assert_string_equal("", g->state.note);
}

static void test_events(void **state)
{
	struct ground *g = *state;

	dir(at(g, "in"));
	start(g, NULL);
	settle(g);
	put(at(g, "in/new.txt"));
	wait_for(g, at(g, "in/new.txt"));
	assert_true(find(g, at(g, "in/new.txt"))->urgent);
	assert_true(find(g, at(g, "in/new.txt"))->no_writer);
	settle(g);
	assert_int_equal(1, g->n); /* CREATE and CLOSE_WRITE are one offer */
	/* by rename, as browsers and editors do */
	assert_int_equal(0, rename(at(g, "in/new.txt"), at(g, "in/final.docx")));
	wait_for(g, at(g, "in/final.docx"));
	/* a hard link raises no close */
	assert_int_equal(0, link(at(g, "in/final.docx"), at(g, "linked.docx")));
	wait_for(g, at(g, "linked.docx"));
}

static void test_writer(void **state)
{
	struct ground *g = *state;
	int fd;

	put(at(g, "busy.txt"));
	fd = open(at(g, "busy.txt"), O_WRONLY | O_APPEND | O_CLOEXEC);
	usleep(60000);
	start(g, NULL);
	g->confirm = true;
	settle(g);
	assert_false(find(g, at(g, "busy.txt"))->no_writer);
	assert_int_equal(0, g->confirmed);
	assert_int_equal(1, g->refused);
	close(fd);
	wait_for(g, at(g, "busy.txt"));
	settle(g);
	assert_true(find(g, at(g, "busy.txt"))->no_writer);
	assert_int_equal(1, g->confirmed);
}

static void test_changed_while_scanned(void **state)
{
	struct ground *g = *state;

	put(at(g, "f.txt"));
	usleep(60000);
	start(g, NULL);
	g->silent = g->confirm = true;
	wait_for(g, at(g, "f.txt"));
	assert_true(find(g, at(g, "f.txt"))->no_writer);
	put(at(g, "f.txt"));
	answer(g, g->unanswered[0]);
	while (g->refused + g->confirmed == 0)
		assert_true(step(g, 5000));
	assert_int_equal(1, g->refused);
}

static void test_nested(void **state)
{
	struct ground *g = *state;

	start(g, NULL);
	settle(g);
	for (int i = 0; i < 1000; i++) {
		dir(at(g, "t%d", i));
		dir(at(g, "t%d/x", i));
		dir(at(g, "t%d/x/y", i));
		put(at(g, "t%d/x/y/f.txt", i));
	}
	settle(g);
	for (int i = 0; i < 1000; i++)
		wait_for(g, at(g, "t%d/x/y/f.txt", i));
	while (g->state.dirs != 3001)
		assert_true(step(g, 5000));
}

static void wait_gone(struct ground *g, const char *path, bool folder)
{
	uint64_t until = clock_now() + 20 * NSEC_PER_SEC;

	while (strcmp(g->gone, path) != 0 && clock_now() < until)
		(void)step(g, 100);
	assert_string_equal(g->gone, path);
	assert_int_equal(g->gone_folder, folder);
}

static void test_gone(void **state)
{
	struct ground *g = *state;

	dir(at(g, "d"));
	put(at(g, "d/a.txt"));
	put(at(g, "b.txt"));
	start(g, NULL);
	settle(g);
	assert_int_equal(0, unlink(at(g, "b.txt")));
	wait_gone(g, at(g, "b.txt"), false);
	assert_int_equal(0, rename(at(g, "d/a.txt"), at(g, "c.txt")));
	wait_gone(g, at(g, "d/a.txt"), false);
	wait_for(g, at(g, "c.txt"));
	put(at(g, "d/e.txt"));
	settle(g);
	assert_int_equal(0, rename(at(g, "d"), at(g, "f")));
	wait_gone(g, at(g, "d"), true);
	wait_for(g, at(g, "f/e.txt"));
}

/* Asked for, everything comes once more. */
static void test_rescan(void **state)
{
	struct ground *g = *state;

	put(at(g, "a.txt"));
	start(g, NULL);
	settle(g);
	forget(g);
	assert_int_equal(0, wire_send(g->core, CORE_RESCAN, 0, VIEW_EMPTY, NULL, 0));
	wait_for(g, at(g, "a.txt"));
}

static void test_moved_directories(void **state)
{
	struct ground *g = *state;
	char outside[] = "/tmp/test-watch-XXXXXX", path[100], command[100];

	assert_non_null(mkdtemp(outside));
	assert_int_equal(0, chmod(outside, 0755));
	snprintf(path, sizeof(path), "%s/inner", outside);
	dir(path);
	snprintf(path, sizeof(path), "%s/inner/f.txt", outside);
	put(path);
	dir(at(g, "a"));
	start(g, NULL);
	settle(g);
	/* in from elsewhere */
	assert_int_equal(0, rename(outside, at(g, "came")));
	wait_for(g, at(g, "came/inner/f.txt"));
	/* under a new name: paths of later events follow */
	assert_int_equal(0, rename(at(g, "came"), at(g, "a/renamed")));
	wait_for(g, at(g, "a/renamed/inner/f.txt"));
	put(at(g, "a/renamed/inner/later.txt"));
	wait_for(g, at(g, "a/renamed/inner/later.txt"));
	/* out again: no longer ours */
	assert_int_equal(0, rename(at(g, "a/renamed"), outside));
	settle(g);
	forget(g);
	snprintf(path, sizeof(path), "%s/inner/f.txt", outside);
	put(path);
	settle(g);
	assert_int_equal(0, g->n);
	/* removed, and made anew under the same name */
	dir(at(g, "a/again"));
	settle(g);
	assert_int_equal(0, rmdir(at(g, "a/again")));
	dir(at(g, "a/again"));
	put(at(g, "a/again/f.txt"));
	wait_for(g, at(g, "a/again/f.txt"));
	snprintf(command, sizeof(command), "rm -rf '%s'", outside);
	assert_int_equal(0, system(command));
}

static void test_overflow(void **state)
{
	struct ground *g = *state;
	struct buf b = BUF_INIT(64);
	int n;

	assert_int_equal(0, fd_read_path("/proc/sys/fs/inotify/max_queued_events", 32, &b));
	assert_int_equal(0, buf_terminate(&b));
	/* inotify counts two for each file; fanotify, whose bound is the same, makes them one. */
	n = (int)strtol((char *)b.p, NULL, 10) + 500;
	buf_done(&b);
	if (n > SEEN_MAX / 2)
		skip();
	dir(at(g, "many"));
	start(g, NULL);
	settle(g);
	/* While the process stands still, more happens than the kernel keeps. */
	assert_int_equal(0, kill(g->h.pid, SIGSTOP));
	for (int i = 0; i < n; i++)
		put(at(g, "many/f%d", i));
	assert_int_equal(0, kill(g->h.pid, SIGCONT));
	while (g->state.overflows == 0)
		assert_true(step(g, 10000));
	while (g->state.files < (uint64_t)n || !g->state.complete)
		assert_true(step(g, 10000));
	settle(g);
	for (int i = 0; i < n; i += 97)
		expect(g, at(g, "many/f%d", i));
	expect(g, at(g, "many/f%d", n - 1));
}

static void test_outstanding(void **state)
{
	struct ground *g = *state;

	for (int i = 0; i < 400; i++)
		put(at(g, "f%d", i));
	usleep(60000);
	start(g, NULL);
	g->silent = true;
	while (step(g, 700) || !g->n)
		;
	assert_int_equal(16, g->outstanding);
	assert_int_equal(16, g->n);
	g->silent = false;
	for (unsigned i = 0; i < 16; i++)
		answer(g, g->unanswered[i]);
	settle(g);
	assert_int_equal(400, g->n);
	assert_int_equal(16, g->most);
}

static void test_new_core(void **state)
{
	struct ground *g = *state;

	put(at(g, "f.txt"));
	start(g, NULL);
	g->silent = true;
	wait_for(g, at(g, "f.txt"));
	close(g->core);
	put(at(g, "while-gone.txt"));
	g->silent = false;
	forget(g);
	g->core = harness_core(&g->h);
	g->outstanding = 0;
	settle(g);
	expect(g, at(g, "f.txt"));
	expect(g, at(g, "while-gone.txt"));
}

/* As an ordinary user, without the capability to read everything. */
static void drop(void)
{
	if (geteuid() == 0 &&
		(setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
		_exit(125);
}

static void test_unreadable(void **state)
{
	struct ground *g = *state;

	dir(at(g, "closed"));
	put(at(g, "open.txt"));
	assert_int_equal(0, chmod(at(g, "closed"), 0));
	g->config.uid = g->config.gid = UINT32_MAX;
	g->config.watch.v[1] = (char *)"/nonexistent/dir";
	g->config.watch.n = 2;
	start(g, drop);
	settle(g);
	expect(g, at(g, "open.txt"));
	assert_non_null(strstr(g->state.note, at(g, "closed (Permission denied)")));
	assert_non_null(strstr(g->state.note, "/nonexistent/dir (No such file or directory)"));
}

/* A user namespace has a bound of its own for watches. */
static void few_watches(void)
{
	int fd;

	if (unshare(CLONE_NEWUSER) < 0)
		_exit(125);
	fd = open("/proc/sys/user/max_inotify_watches", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "3", 1) != 1)
		_exit(125);
	close(fd);
}

static void test_too_few_watches(void **state)
{
	struct ground *g = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		few_watches();
		_exit(0);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		skip(); /* no user namespaces here */
	for (int i = 0; i < 10; i++) {
		dir(at(g, "d%d", i));
		put(at(g, "d%d/f.txt", i));
	}
	g->config.uid = g->config.gid = UINT32_MAX;
	start(g, few_watches);
	settle(g);
	for (int i = 0; i < 10; i++)
		expect(g, at(g, "d%d/f.txt", i));
	assert_int_equal(3, g->state.dirs);
	assert_non_null(strstr(g->state.note, "8 directories without a watch"));
}

static void test_ping(void **state)
{
	struct ground *g = *state;
	struct wire_frame f;

	start(g, NULL);
	assert_non_null(strstr(g->h.note, "seccomp"));
	assert_int_equal(0, wire_send(g->h.control, SUP_PING, 7, VIEW_EMPTY, NULL, 0));
	harness_receive(&g->h, g->h.control, &f);
	assert_int_equal(CHILD_PONG, f.type);
	assert_int_equal(7, f.id);
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_crawl),
		TEST(test_events),
		TEST(test_writer),
		TEST(test_changed_while_scanned),
		TEST(test_nested),
		TEST(test_gone),
		TEST(test_rescan),
		TEST(test_moved_directories),
		TEST(test_overflow),
		TEST(test_outstanding),
		TEST(test_new_core),
		TEST(test_unreadable),
		TEST(test_too_few_watches),
		TEST(test_ping),
	};

	if (argc < 2)
		return 2;
	watch_exe = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
