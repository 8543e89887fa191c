/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/rescue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/helper.h"
#include "supervisor/servers.h"
#include "supervisor/tags.h"
#include "subject/procline.h"

#define LOOK_NS       (25 * NSEC_PER_MSEC)
#define FIRST_NS      (5 * NSEC_PER_MSEC)   /* one of them looks more often */
#define STILL_NS      (75 * NSEC_PER_MSEC)  /* without a heartbeat: the gate may be in the kernel */
#define GONE_NS       (250 * NSEC_PER_MSEC) /* that a successor is given, who can judge */
#define ANCESTORS_MAX 32
/* Events are answered by their number, which is a descriptor's in the table of who read it. Each
   rescuer has the highest few that it may have, of its own; the gate takes the lowest that are
   free. */
#define NUMBERS_BELOW 32768U
#define NUMBERS_EACH  16U

struct counts {
	uint64_t answered, refused;
};

struct rescue {
	int group_fd;
	const struct gate_shared *shared;
	const struct subjects *subjects;
	struct counts *counts; /* shared with the rescuers */
	pid_t pids[RESCUERS];
};

struct rescuer {
	const struct rescue *rescue;
	uint32_t index;
};

static void nap(uint32_t index)
{
	const struct timespec t = {.tv_nsec = (long)(index == 0 ? FIRST_NS : LOOK_NS)};

	nanosleep(&t, NULL);
}

/* The beginning of a file of a process in procfs; "" where there is none. */
static void read_proc(uint32_t pid, const char *name, char *ret, size_t size)
{
	char path[32];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, ret, size - 1);
	fd_close(fd);
	ret[MAX(n, 0)] = 0;
}

enum gate_state { GATE_GOES_ON, GATE_WAITS, GATE_GONE };

/* It waits where it is anywhere but in the loop, which would see the events: to open, look at or
   close a file. */
static enum gate_state gate_state(uint32_t pid)
{
	char text[64];

	if (pid == 0 || (kill((pid_t)pid, 0) < 0 && errno == ESRCH))
		return GATE_GONE;
	read_proc(pid, "syscall", text, sizeof(text));
	return text[0] >= '0' && text[0] <= '9' && strtol(text, NULL, 10) != SYS_epoll_wait
		? GATE_WAITS
		: GATE_GOES_ON;
}

static bool serves(int proc)
{
	int fds = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fds >= 0 ? fdopendir(fds) : NULL;
	const struct dirent *e;
	char to[32];
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		ssize_t n = readlinkat(fds, e->d_name, to, sizeof(to) - 1);

		to[MAX(n, 0)] = 0;
		found = strcmp(to, "/dev/fuse") == 0;
	}
	if (d)
		closedir(d);
	else
		fd_close(fds);
	return found;
}

static bool has_a_thread_in_fanotify(int proc)
{
	int tasks = openat(proc, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = tasks >= 0 ? fdopendir(tasks) : NULL;
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		char name[300], text[64];
		ssize_t n = -1;
		int fd;

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/wchan", e->d_name);
		fd = openat(tasks, name, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			n = read(fd, text, sizeof(text) - 1);
		fd_close(fd);
		text[MAX(n, 0)] = 0;
		found = strstr(text, "fanotify") != NULL;
	}
	if (d)
		closedir(d);
	else
		fd_close(tasks);
	return found;
}

/* A server of files waits for an answer of the gate: then neither goes on by itself. */
static bool a_server_waits_for_the_gate(void)
{
	DIR *d = opendir("/proc");
	const struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d))) {
		int proc;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		proc = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = proc >= 0 && has_a_thread_in_fanotify(proc) && serves(proc);
		fd_close(proc);
	}
	if (d)
		closedir(d);
	return found;
}

/* One that the gate knows. Its number may be another process's by now. */
static bool is_known(const struct rescue *r, uint32_t pid, uint64_t start_time)
{
	struct subject s;

	return r->subjects && subjects_find(r->subjects, pid, &s) && s.ended == 0 &&
		(s.start_time == 0 || s.start_time == start_time);
}

/* By its tag; and where there are no tags, by what the gate knows of it and of its parents. */
static bool is_application(const struct rescue *r, int32_t pid)
{
	uint32_t at = (uint32_t)pid;
	struct procline_stat st;
	char text[4096];

	read_proc(at, "cgroup", text, sizeof(text));
	if (strstr(text, "/" TAG_PREFIX))
		return true;
	for (int i = 0; i < ANCESTORS_MAX && at > 1; i++) {
		read_proc(at, "stat", text, sizeof(text));
		if (!procline_stat(view_str(text), &st))
			return false;
		if (is_known(r, at, st.start_time))
			return true;
		at = st.ppid;
	}
	return false;
}

static bool has_events(int group_fd, int ms)
{
	struct pollfd p = {.fd = group_fd, .events = POLLIN};

	return poll(&p, 1, ms) > 0 && p.revents & POLLIN;
}

/* The start of an application is refused too: nobody could tag it. */
static void answer_one(const struct rescue *r)
{
	struct fanotify_event_metadata m;
	struct fanotify_response answer;
	bool allow;

	if (read(r->group_fd, &m, sizeof(m)) != (ssize_t)sizeof(m) || m.fd < 0)
		return;
	allow = !(m.mask & FAN_OPEN_EXEC_PERM) && !is_application(r, m.pid);
	answer = (struct fanotify_response){.fd = m.fd, .response = allow ? FAN_ALLOW : FAN_DENY};
	if (write(r->group_fd, &answer, sizeof(answer)) < 0 && errno != ENOENT) {
		answer.response = FAN_DENY;
		(void)!write(r->group_fd, &answer, sizeof(answer));
	}
	close(m.fd);
	__atomic_add_fetch(&r->counts->answered, 1, __ATOMIC_RELAXED);
	if (!allow)
		__atomic_add_fetch(&r->counts->refused, 1, __ATOMIC_RELAXED);
}

/* Takes all numbers below its own, and keeps no other file of the supervisor's open. */
static int take_numbers(int group_fd, uint32_t index)
{
	struct rlimit files;
	rlim_t from;
	int fd = -1;

	if (dup2(group_fd, 0) < 0 || getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	from = MIN(files.rlim_cur, (rlim_t)NUMBERS_BELOW) - (rlim_t)(index + 1) * NUMBERS_EACH;
	closefrom(1);
	while ((rlim_t)(fd + 1) < from) {
		fd = dup(0);
		if (fd < 0)
			return -errno;
	}
	return 0;
}

static int watch_over(void *userdata)
{
	const struct rescuer *me = userdata;
	struct rescue r = *me->rescue;
	const volatile uint64_t *beat = &r.shared->beat;
	uint64_t last = 0, since = 0;
	int e = take_numbers(r.group_fd, me->index);

	if (e < 0)
		return e;
	r.group_fd = 0;
	for (;; nap(me->index)) {
		uint32_t gate = r.shared->gate_pid;
		enum gate_state state = GATE_GOES_ON;

		if (*beat == last && has_events(0, 0))
			state = gate_state(gate);
		if (state == GATE_GOES_ON) {
			last = *beat;
			since = 0;
			continue;
		}
		if (since == 0)
			since = clock_now();
		if (clock_now() - since < (state == GATE_GONE ? GONE_NS : STILL_NS) &&
			!(servers_waits((pid_t)gate) && a_server_waits_for_the_gate()))
			continue;
		while (*beat == last && has_events(0, 5) && gate_state(gate) != GATE_GOES_ON)
			answer_one(&r);
	}
}

int rescue_new(int group_fd, const struct gate_shared *shared, const struct subjects *subjects,
	struct rescue **ret)
{
	struct rescue *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->group_fd = group_fd;
	r->shared = shared;
	r->subjects = subjects;
	r->counts = mmap(NULL, sizeof(*r->counts), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->counts == MAP_FAILED) {
		int e = -errno;

		free(r);
		return e;
	}
	*ret = r;
	return 0;
}

struct rescue *rescue_free(struct rescue *r)
{
	if (!r)
		return NULL;
	rescue_stop(r);
	munmap(r->counts, sizeof(*r->counts));
	free(r);
	return NULL;
}

int rescue_start(struct rescue *r)
{
	for (uint32_t i = 0; i < RESCUERS; i++) {
		struct rescuer me = {r, i};

		if (r->pids[i] > 0 && helper_wait(r->pids[i], 0) == -EAGAIN)
			continue;
		r->pids[i] = helper_start(watch_over, &me);
		if (r->pids[i] < 0)
			return r->pids[i];
	}
	return 0;
}

void rescue_stop(struct rescue *r)
{
	for (uint32_t i = 0; i < RESCUERS; i++) {
		/* Not waited for: one may itself wait for a server. */
		if (r->pids[i] > 0 && kill(r->pids[i], SIGKILL) == 0)
			unchecked(helper_wait(r->pids[i], 20));
		r->pids[i] = 0;
	}
}

void rescue_counts(const struct rescue *r, uint64_t *ret_answered, uint64_t *ret_refused)
{
	*ret_answered = __atomic_load_n(&r->counts->answered, __ATOMIC_RELAXED);
	*ret_refused = __atomic_load_n(&r->counts->refused, __ATOMIC_RELAXED);
}

void rescue_pids(const struct rescue *r, pid_t ret[RESCUERS])
{
	memcpy(ret, r->pids, sizeof(r->pids));
}
