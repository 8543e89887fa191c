/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/rescue.h"

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
#include "supervisor/tags.h"

#define LOOK_NS  (25 * NSEC_PER_MSEC)
#define STILL_NS (75 * NSEC_PER_MSEC) /* without a heartbeat: the gate may be in the kernel */
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
	struct counts *counts; /* shared with the rescuers */
	pid_t pids[RESCUERS];
};

struct rescuer {
	const struct rescue *rescue;
	uint32_t index;
};

static void nap(void)
{
	const struct timespec t = {.tv_nsec = (long)LOOK_NS};

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

/* Anywhere but in the loop, which would see the events: to open, look at or close a server's file.
 */
static bool waits_in_the_kernel(uint32_t pid)
{
	char text[64];

	read_proc(pid, "syscall", text, sizeof(text));
	return text[0] >= '0' && text[0] <= '9' && strtol(text, NULL, 10) != SYS_epoll_wait;
}

static bool is_application(int32_t pid)
{
	char text[4096];

	read_proc((uint32_t)pid, "cgroup", text, sizeof(text));
	return strstr(text, "/" TAG_PREFIX) != NULL;
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
	allow = !(m.mask & FAN_OPEN_EXEC_PERM) && !is_application(m.pid);
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
	for (;; nap()) {
		if (*beat != last) {
			last = *beat;
			since = clock_now();
		}
		if (clock_now() - since < STILL_NS || !has_events(0, 0) ||
			!waits_in_the_kernel(r.shared->gate_pid))
			continue;
		while (*beat == last && has_events(0, 5) && waits_in_the_kernel(r.shared->gate_pid))
			answer_one(&r);
	}
}

int rescue_new(int group_fd, const struct gate_shared *shared, struct rescue **ret)
{
	struct rescue *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->group_fd = group_fd;
	r->shared = shared;
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
