/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "subject/procline.h"
#include "supervisor/helper.h"
#include "supervisor/lookup_walk.h"
#include "supervisor/mounts.h"
#include "wire/frame.h"
#include "wire/pack.h"

#define LOOK_NS     (100 * NSEC_PER_MSEC) /* whether the copy gets on */
#define LEAVING_MAX 8U

/* A place that did not answer. */
struct stuck {
	pid_t pid; /* of the copy that waits there; 0: it has ended */
	uint64_t until;
	char place[PATH_MAX];
};

struct list_of_programs {
	struct program *v;
	size_t n;
};

struct lookup {
	struct loop *loop;
	struct lookup_events events;
	void *userdata;
	struct loop_timer *timer;
	struct loop_source *source;
	int sock;                         /* to the copy */
	pid_t helper;                     /* 0: none */
	bool again;                       /* asked for while it was at it */
	pid_t leaving[LEAVING_MAX];       /* have said all, and are about to end */
	struct lookup_progress *progress; /* shared with the copy */
	uint32_t steps;
	uint64_t moved; /* when it last got on */
	struct buf storage;
	struct list_of_programs known, fresh;
	struct stuck stuck[LOOKUP_STUCK_MAX];
	uint32_t n_stuck;
	uint64_t times, stalls;
};

static void forget(struct list_of_programs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct list_of_programs){0};
}

static int add(struct list_of_programs *l, struct program *p)
{
	struct program *v;

	if (l->n == LOOKUP_PROGRAMS_MAX)
		return -E2BIG;
	v = realloc(l->v, (l->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	l->v = v;
	v[l->n++] = *p;
	p->path = NULL;
	return 0;
}

static bool has(const struct list_of_programs *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].path, path) == 0)
			return true;
	return false;
}

/* ---- the copy's end ---- */

static void stop_listening(struct lookup *l)
{
	l->source = loop_source_remove(l->source);
	l->sock = fd_close(l->sock);
	loop_timer_set(l->timer, 0);
	l->helper = 0;
}

static bool is_stuck(const struct lookup *l, const char *path)
{
	for (uint32_t i = 0; i < l->n_stuck; i++)
		if (procline_is_below(path, l->stuck[i].place))
			return true;
	return false;
}

/* What was found is what is known now. What was not looked at again is as it was. */
static void settle(struct lookup *l, bool complete)
{
	struct list_of_programs *old = &l->known;

	for (size_t i = 0; i < old->n; i++) {
		struct program *p = &old->v[i];

		if ((!complete || is_stuck(l, p->path)) && !has(&l->fresh, p->path) &&
			add(&l->fresh, p) < 0)
			break;
	}
	forget(old);
	*old = l->fresh;
	l->fresh = (struct list_of_programs){0};
	l->times++;
	l->events.ended(l->userdata);
}

static void start(struct lookup *l);

/* Reaped later. */
static void will_end(struct lookup *l, pid_t helper)
{
	(void)kill(helper, SIGKILL);
	for (size_t i = 0; i < LEAVING_MAX; i++)
		if (l->leaving[i] == 0) {
			l->leaving[i] = helper;
			return;
		}
}

static void end(struct lookup *l, bool complete)
{
	pid_t helper = l->helper;

	stop_listening(l);
	if (helper_wait(helper, 20) == -EAGAIN)
		will_end(l, helper);
	settle(l, complete);
	if (l->again)
		start(l);
}

/* ---- what it says ---- */

static void take_program(struct lookup *l, struct wire_frame *f)
{
	cleanup_with(fd_closep) int fd = wire_frame_take_fd(f, 0);
	struct unpack u = {f->body, 0};
	struct program p = {0};
	char path[PATH_MAX];
	struct view id;

	p.dev = unpack_u64(&u);
	p.ino = unpack_u64(&u);
	p.trusted = unpack_u8(&u) != 0;
	id = unpack_view(&u);
	unpack_str(&u, path, sizeof(path));
	if (unpack_end(&u) < 0 || id.n > sizeof(p.id.v))
		return;
	p.id.n = (uint8_t)id.n;
	if (id.n > 0)
		memcpy(p.id.v, id.p, id.n);
	p.marked = fd >= 0 && l->events.mark(l->userdata, fd);
	p.path = strdup(path);
	if (!p.path || add(&l->fresh, &p) < 0)
		free(p.path);
}

static void take_other(struct lookup *l, struct wire_frame *f)
{
	cleanup_with(fd_closep) int fd = wire_frame_take_fd(f, 0);

	if (fd >= 0)
		l->events.unmark(l->userdata, fd);
}

static int on_answer(void *userdata, int fd, uint32_t events)
{
	struct lookup *l = userdata;
	struct wire_frame f;
	uint16_t type;
	int r;

	(void)events;
	while ((r = wire_receive(fd, &l->storage, &f)) == 0) {
		l->moved = clock_now();
		type = f.type;
		if (type == LOOKUP_PROGRAM)
			take_program(l, &f);
		else if (type == LOOKUP_OTHER)
			take_other(l, &f);
		wire_frame_done(&f);
		if (type == LOOKUP_END) {
			end(l, true);
			return 0;
		}
	}
	if (r != -EAGAIN)
		end(l, false);
	return 0;
}

/* ---- places that do not answer ---- */

static bool is_answered_for(const char *type)
{
	static const char *const types[] = {
		"fuse", "nfs", "cifs", "smb", "9p", "afs", "ceph", "coda", "autofs"};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strncmp(type, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

struct longest {
	const char *path;
	char place[PATH_MAX];
};

static int on_mount(void *userdata, const struct mount_entry *m)
{
	struct longest *l = userdata;
	size_t n = strlen(m->mount_point);

	if (n > 1 && n >= strlen(l->place) && strncmp(l->path, m->mount_point, n) == 0 &&
		(l->path[n] == 0 || l->path[n] == '/') && is_answered_for(m->type))
		snprintf(l->place, sizeof(l->place), "%s", m->mount_point);
	return 0;
}

/* All of the file system that a server answers for; else the path itself, which may be a link. */
static void find_place(const char *path, char *ret, size_t size)
{
	struct longest l = {.path = path};

	unchecked(mounts_walk(on_mount, &l));
	snprintf(ret, size, "%s", l.place[0] ? l.place : path);
}

/* It runs, or would: then it only lacks its turn. */
static bool is_runnable(pid_t pid)
{
	cleanup_with(fd_closep) int fd = -1;
	char name[32], text[512];
	const char *state;
	ssize_t n = -1;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	state = strrchr(text, ')');
	return state && state[1] == ' ' && state[2] == 'R';
}

static void give_up(struct lookup *l)
{
	struct stuck *s = &l->stuck[l->n_stuck++];

	s->pid = l->helper;
	s->until = clock_now() + LOOKUP_AGAIN_NS;
	l->progress->path[sizeof(l->progress->path) - 1] = 0;
	find_place(l->progress->path, s->place, sizeof(s->place));
	l->stalls++;
	helper_kill(s->pid);
	l->events.stalled(l->userdata, s->place);
}

/* Those whose time is over, and whose copy is gone. */
static void reap(struct lookup *l)
{
	for (size_t i = 0; i < LEAVING_MAX; i++)
		if (l->leaving[i] && helper_wait(l->leaving[i], 0) != -EAGAIN)
			l->leaving[i] = 0;
	for (uint32_t i = 0; i < l->n_stuck;) {
		struct stuck *s = &l->stuck[i];

		if (s->pid && helper_wait(s->pid, 0) != -EAGAIN)
			s->pid = 0;
		if (s->pid || clock_now() < s->until)
			i++;
		else
			*s = l->stuck[--l->n_stuck];
	}
}

static int on_look(void *userdata)
{
	struct lookup *l = userdata;
	uint32_t steps = __atomic_load_n(&l->progress->steps, __ATOMIC_ACQUIRE);
	uint64_t now = clock_now();

	if (steps != l->steps || is_runnable(l->helper)) {
		l->steps = steps;
		l->moved = now;
	}
	if (now - l->moved < LOOKUP_STALL_NS) {
		loop_timer_set(l->timer, now + LOOK_NS);
		return 0;
	}
	give_up(l);
	stop_listening(l);
	settle(l, false);
	start(l);
	return 0;
}

/* ---- the beginning ---- */

static pid_t run(struct lookup *l, const struct apptable *apps, int sock)
{
	cleanup_with(freep) const char **before = calloc(l->known.n + 1, sizeof(*before));
	const char *avoid[LOOKUP_STUCK_MAX];
	struct lookup_job job = {apps, avoid, l->n_stuck, before, l->known.n, l->progress, sock};

	if (!before)
		return -ENOMEM;
	for (size_t i = 0; i < l->known.n; i++)
		before[i] = l->known.v[i].path;
	for (uint32_t i = 0; i < l->n_stuck; i++)
		avoid[i] = l->stuck[i].place;
	return helper_start(lookup_walk, &job);
}

/* A copy goes on where others could not: places that stall are left out. */
static void start(struct lookup *l)
{
	const struct apptable *apps = l->events.apps(l->userdata);
	int pair[2], r;

	l->again = false;
	forget(&l->fresh);
	reap(l);
	if (!apps || l->n_stuck == LOOKUP_STUCK_MAX || wire_pair(pair) < 0)
		return; /* what is known stays known; the next look tries again */
	l->helper = run(l, apps, pair[1]);
	fd_close(pair[1]);
	l->sock = pair[0];
	r = l->helper > 0 ? loop_add(l->loop, l->sock, EPOLLIN, on_answer, l, &l->source)
			  : l->helper;
	if (r < 0) {
		if (l->helper > 0)
			will_end(l, l->helper);
		stop_listening(l);
		return;
	}
	l->steps = __atomic_load_n(&l->progress->steps, __ATOMIC_ACQUIRE);
	l->moved = clock_now();
	loop_timer_set(l->timer, l->moved + LOOK_NS);
}

void lookup_ask(struct lookup *l, int wait_ms)
{
	uint64_t until = clock_now() + (uint64_t)wait_ms * NSEC_PER_MSEC;

	l->again = l->helper > 0;
	if (!l->again)
		start(l);
	while (l->helper > 0 && clock_now() < until) {
		struct pollfd p = {.fd = l->sock, .events = POLLIN};

		if (poll(&p, 1, 20) > 0)
			(void)on_answer(l, l->sock, EPOLLIN);
		else
			(void)on_look(l);
	}
}

void lookup_tick(struct lookup *l)
{
	reap(l);
}

const struct program *lookup_programs(const struct lookup *l, size_t *ret_n)
{
	*ret_n = l->known.n;
	return l->known.v;
}

const char *lookup_stalled(const struct lookup *l, uint32_t *ret_n)
{
	*ret_n = l->n_stuck;
	return l->n_stuck ? l->stuck[l->n_stuck - 1].place : "";
}

void lookup_status(const struct lookup *l, struct json *j)
{
	json_key(j, "programs");
	json_object(j);
	json_key_u64(j, "known", l->known.n);
	json_key_u64(j, "looks", l->times);
	json_key_u64(j, "stalls", l->stalls);
	json_key(j, "stalled");
	json_array(j);
	for (uint32_t i = 0; i < l->n_stuck; i++)
		json_str(j, l->stuck[i].place);
	json_array_end(j);
	json_object_end(j);
}

int lookup_new(
	struct loop *loop, const struct lookup_events *events, void *userdata, struct lookup **ret)
{
	struct lookup *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	l->events = *events;
	l->userdata = userdata;
	l->sock = -1;
	l->storage = BUF_INIT(0);
	l->progress = mmap(NULL, sizeof(*l->progress), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r = l->progress == MAP_FAILED ? -errno : loop_timer_new(loop, on_look, l, &l->timer);
	if (r < 0) {
		lookup_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct lookup *lookup_free(struct lookup *l)
{
	if (!l)
		return NULL;
	if (l->helper > 0)
		helper_kill(l->helper);
	loop_source_remove(l->source);
	fd_close(l->sock);
	loop_timer_free(l->timer);
	if (l->progress != MAP_FAILED)
		munmap(l->progress, sizeof(*l->progress));
	buf_done(&l->storage);
	forget(&l->known);
	forget(&l->fresh);
	free(l);
	return NULL;
}
