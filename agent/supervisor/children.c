/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/children.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wire/pack.h"

#define BACKOFF_MIN_NS (50 * NSEC_PER_MSEC)
#define STABLE_NS      (10 * NSEC_PER_SEC) /* alive so long: the next restart is at once again */
#define ROWS_MAX       12
/* A killed one that waits in the kernel is not waited for: only so many at a time. */
#define LEAVE_NS (100 * NSEC_PER_MSEC)
#define LEFT_MAX 8U

struct proc {
	struct loop *loop;
	const struct proc_kind *kind;
	uint32_t index;
	const struct config *config;
	const char *libexec;
	const struct proc_events *events;
	void *userdata;

	pid_t pid; /* 0: not running */
	int pidfd;
	struct loop_source *pidfd_source;
	struct wire_peer *control;
	struct loop_timer *ping_timer, *restart_timer;
	struct wire_row rows[ROWS_MAX];

	pid_t left[LEFT_MAX]; /* killed predecessors that have not ended; 0: none */
	uint64_t killed;
	bool ready, stopping, hung;
	uint32_t restarts;
	uint64_t started, last_alive, backoff;
	char note[256], fatal[2048];
};

static const struct wire_row own_rows[] = {
	{CHILD_READY, 4, 4096, 0},
	{CHILD_PONG, 0, 0, 0},
	{CHILD_FATAL, 4, 4096, 0},
};

static const char *const role_names[] = {
	"supervisor", "gate", "core", "watch", "scan", "log", "ctl"};
static_assert(ARRAY_SIZE(role_names) == ROLE_MAX, "one name per role");

const char *proc_name(const struct proc *p)
{
	return role_names[p->kind->role];
}

enum role proc_role(const struct proc *p)
{
	return p->kind->role;
}

uint32_t proc_index(const struct proc *p)
{
	return p->index;
}

bool proc_is_running(const struct proc *p)
{
	return p->pid > 0;
}

bool proc_is_ready(const struct proc *p)
{
	return p->pid > 0 && p->ready;
}

const char *proc_fatal(const struct proc *p)
{
	return p->fatal;
}

void proc_alive(struct proc *p)
{
	p->last_alive = clock_now();
}

static void unpack_text(const struct wire_frame *f, char *ret, size_t size)
{
	struct unpack u = {f->body, 0};

	unpack_str(&u, ret, size);
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct proc *p = userdata;

	if (!f) {
		/* The end itself is told by the pidfd; a broken protocol is a reason to end it. */
		p->control = wire_peer_free(peer);
		if (why < 0)
			proc_kill(p, false);
		return 0;
	}
	proc_alive(p);
	switch (f->type) {
	case CHILD_PONG: return 0;
	case CHILD_FATAL: unpack_text(f, p->fatal, sizeof(p->fatal)); return 0;
	case CHILD_READY:
		unpack_text(f, p->note, sizeof(p->note));
		if (!p->ready) {
			p->ready = true;
			p->events->ready(p->userdata, p);
		}
		return 0;
	default: return p->events->frame(p->userdata, p, f);
	}
}

/* Its last words may still lie in the socket. */
static void read_last_words(struct proc *p)
{
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;

	while (p->control && wire_receive(wire_peer_fd(p->control), &storage, &f) == 0) {
		if (f.type == CHILD_FATAL)
			unpack_text(&f, p->fatal, sizeof(p->fatal));
		wire_frame_done(&f);
	}
}

static void gone(struct proc *p, int status)
{
	bool hung = p->hung;

	p->pidfd_source = loop_source_remove(p->pidfd_source);
	p->pidfd = fd_close(p->pidfd);
	read_last_words(p);
	p->control = wire_peer_free(p->control);
	p->pid = 0;
	p->ready = p->hung = false;
	p->killed = 0;
	loop_timer_set(p->ping_timer, 0);
	if (!p->stopping) {
		uint64_t now = clock_now();

		if (now - p->started >= STABLE_NS)
			p->backoff = 0;
		loop_timer_set(p->restart_timer, now + p->backoff + 1);
		p->backoff = p->backoff ? MIN(p->backoff * 2, p->kind->backoff_ns) : BACKOFF_MIN_NS;
		p->restarts++;
	}
	p->events->ended(p->userdata, p, hung, status);
}

static int on_end(void *userdata, int fd, uint32_t events)
{
	struct proc *p = userdata;
	siginfo_t si = {0};

	(void)events;
	if (waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOHANG) == 0 && si.si_pid != 0)
		gone(p, si.si_status);
	return 0;
}

/* It waits in the kernel, and not to read: what it would read belongs to it alone until it ends. */
static bool can_be_left(pid_t pid)
{
	cleanup_with(fd_closep) int fd = -1;
	char name[32], text[32];
	ssize_t n = -1;

	snprintf(name, sizeof(name), "/proc/%d/syscall", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	return (text[0] >= '0' && text[0] <= '9' && strtol(text, NULL, 10) != SYS_read) ||
		text[0] == '-';
}

/* The last to close a file of a file system that was unmounted meanwhile writes all of it back, and
   no signal ends that. It runs no more of its program, so that a successor can begin. */
static void leave(struct proc *p)
{
	pid_t *place = NULL;

	for (size_t i = 0; i < LEFT_MAX; i++) {
		if (p->left[i] && waitpid(p->left[i], NULL, WNOHANG) != 0)
			p->left[i] = 0;
		if (!p->left[i])
			place = &p->left[i];
	}
	if (place && p->pid && p->killed && clock_now() - p->killed >= LEAVE_NS &&
		can_be_left(p->pid)) {
		*place = p->pid;
		gone(p, SIGKILL);
	}
}

static int on_restart(void *userdata)
{
	struct proc *p = userdata;
	int r = p->stopping ? 0 : proc_start(p);

	if (r < 0) {
		snprintf(p->fatal, sizeof(p->fatal), "cannot start: %s", strerror(-r));
		loop_timer_set(p->restart_timer, clock_now() + p->kind->backoff_ns);
	}
	return 0;
}

static int on_ping(void *userdata)
{
	struct proc *p = userdata;
	uint64_t now = clock_now(), limit = p->ready ? p->kind->hang_ns : p->kind->start_ns;

	if (!p->pid)
		return 0;
	if (now - p->last_alive >= limit && !p->killed)
		proc_kill(p, true);
	if (p->kind->at_once) {
		leave(p);
		if (p->pid)
			loop_timer_set(p->ping_timer, now + p->kind->ping_ns);
	}
	if (!p->pid || p->killed)
		return 0;
	if (p->control && wire_peer_queued(p->control) == 0 &&
		wire_peer_send(p->control, SUP_PING, 0, VIEW_EMPTY, NULL, 0) < 0)
		p->last_alive = MIN(p->last_alive, now);
	loop_timer_set(p->ping_timer, now + p->kind->ping_ns);
	return 0;
}

int proc_new(struct loop *l, const struct proc_kind *kind, uint32_t index,
	const struct config *config, const char *libexec, const struct proc_events *events,
	void *userdata, struct proc **ret)
{
	struct proc *p = calloc(1, sizeof(*p));
	int r;

	assert(ARRAY_SIZE(own_rows) + kind->n_rows <= ROWS_MAX);
	if (!p)
		return -ENOMEM;
	p->loop = l;
	p->kind = kind;
	p->index = index;
	p->config = config;
	p->libexec = libexec;
	p->events = events;
	p->userdata = userdata;
	p->pidfd = -1;
	memcpy(p->rows, own_rows, sizeof(own_rows));
	if (kind->n_rows > 0)
		memcpy(p->rows + ARRAY_SIZE(own_rows), kind->rows,
			kind->n_rows * sizeof(*kind->rows));
	r = loop_timer_new(l, on_ping, p, &p->ping_timer);
	if (r == 0)
		r = loop_timer_new(l, on_restart, p, &p->restart_timer);
	if (r < 0) {
		proc_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct proc *proc_free(struct proc *p)
{
	if (!p)
		return NULL;
	if (p->pid > 0) {
		(void)kill(p->pid, SIGKILL);
		(void)waitpid(p->pid, NULL, 0);
	}
	loop_source_remove(p->pidfd_source);
	fd_close(p->pidfd);
	wire_peer_free(p->control);
	loop_timer_free(p->ping_timer);
	loop_timer_free(p->restart_timer);
	free(p);
	return NULL;
}

/* Spawns with `sock` as descriptor 3 and nothing else inherited but 0 to 2. */
static int spawn(const char *path, int sock, pid_t *ret)
{
	static char *const envp[] = {
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LANG=C.UTF-8", NULL};
	char *argv[] = {(char *)path, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	sigemptyset(&none);
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	posix_spawn_file_actions_adddup2(&actions, sock, PROTOCOL_CONTROL_FD);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawn(ret, path, &actions, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -r;
}

static int send_config(struct proc *p)
{
	struct config c = *p->config;
	struct buf b = BUF_INIT(0);
	struct pack pk = {&b, 0};
	int r;

	c.index = p->index;
	pack_config(&pk, &c);
	r = pk.error ? pk.error : wire_peer_send(p->control, SUP_CONFIG, 0, buf_view(&b), NULL, 0);
	buf_done(&b);
	return r;
}

void proc_run_at_once(pid_t pid)
{
	const struct sched_param first = {.sched_priority = 1};

	if (sched_setscheduler(pid, SCHED_RR | SCHED_RESET_ON_FORK, &first) < 0)
		(void)setpriority(PRIO_PROCESS, (id_t)pid, -20); /* not everywhere one may */
}

int proc_start(struct proc *p)
{
	char path[PATH_MAX];
	int pair[2], r;

	snprintf(path, sizeof(path), "%s/%s", p->libexec, p->kind->program);
	r = wire_pair(pair);
	if (r < 0)
		return r;
	r = spawn(path, pair[1], &p->pid);
	fd_close(pair[1]);
	if (r < 0) {
		p->pid = 0;
		fd_close(pair[0]);
		return r;
	}
	if (p->kind->nice != 0)
		(void)setpriority(PRIO_PROCESS, (id_t)p->pid, p->kind->nice);
	if (p->kind->at_once)
		proc_run_at_once(p->pid);
	p->started = clock_now();
	p->last_alive = p->started;
	r = wire_peer_new(p->loop, pair[0], p->rows, ARRAY_SIZE(own_rows) + p->kind->n_rows,
		on_frame, p, &p->control);
	if (r == 0) {
		p->pidfd = pidfd_open(p->pid, 0);
		r = p->pidfd < 0 ? -errno : 0;
	}
	if (r == 0)
		r = loop_add(p->loop, p->pidfd, EPOLLIN, on_end, p, &p->pidfd_source);
	if (r == 0)
		r = send_config(p);
	if (r < 0)
		return r;
	if (p->kind->ping_ns)
		loop_timer_set(p->ping_timer, p->started + p->kind->ping_ns);
	p->events->started(p->userdata, p);
	return 0;
}

void proc_stop(struct proc *p)
{
	if (p->stopping)
		return;
	p->stopping = true;
	loop_timer_set(p->restart_timer, 0);
	loop_timer_set(p->ping_timer, 0);
	if (p->pid > 0 && p->control &&
		wire_peer_send(p->control, SUP_STOP, 0, VIEW_EMPTY, NULL, 0) < 0)
		(void)kill(p->pid, SIGKILL);
}

void proc_kill(struct proc *p, bool hung)
{
	if (p->pid > 0) {
		p->hung = hung;
		if (!p->killed)
			p->killed = clock_now();
		(void)kill(p->pid, SIGKILL);
	}
}

int proc_send(struct proc *p, uint16_t type, uint32_t id, struct view body, const int *fds,
	unsigned n_fds)
{
	return p->control ? wire_peer_send(p->control, type, id, body, fds, n_fds) : -EPIPE;
}

int proc_give_peer(struct proc *p, enum role role, uint32_t index, int sock)
{
	struct buf b = BUF_INIT(16);
	struct pack pk = {&b, 0};
	int r;

	pack_u8(&pk, (uint8_t)role);
	pack_u32(&pk, index);
	r = pk.error ? pk.error : proc_send(p, SUP_PEER, 0, buf_view(&b), &sock, 1);
	buf_done(&b);
	return r;
}

void proc_status(const struct proc *p, struct json *j)
{
	json_object(j);
	json_key_str(j, "role", proc_name(p));
	json_key_u64(j, "index", p->index);
	json_key_u64(j, "pid", (uint64_t)p->pid);
	json_key_str(j, "state", proc_is_ready(p) ? "ready" : p->pid ? "starting" : "down");
	json_key_u64(j, "restarts", p->restarts);
	json_key_str(j, "note", p->note);
	json_key_str(j, "last_error", p->fatal);
	json_object_end(j);
}
