/* SPDX-License-Identifier: Apache-2.0 */
#include "arrivals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "model/filekey.h"
#include "moves.h"
#include "subject/procline.h"
#include "wire/pack.h"
#include "wire/protocol.h"
#include "wire/subjects.h"

#define STRANGERS    256U /* processes that are remembered to belong to nobody */
#define STRANGER_NS  NSEC_PER_SEC
#define CGROUP_BYTES 8192U
#define STAT_BYTES   1024U
#define READS_MAX    16 /* batches in a round */

struct arrival {
	struct list node; /* by time of the first close */
	int fd;
	uint64_t dev, ino;
	uint64_t due, latest; /* monotonic */
	uint64_t realtime;    /* of the last close */
	uint32_t sent;        /* id, or 0 */
	struct subject subject;
};

struct stranger {
	uint32_t pid;
	uint64_t until;
};

struct arrivals {
	struct loop *loop;
	struct loop_source *source, *moves_source;
	struct moves *moves;
	struct loop_timer *timer;
	const struct config *config;
	struct wire_peer *core;
	const struct subjects *subjects;
	int group;
	struct list list;
	uint32_t n, n_sent, last_id;
	uint64_t missed, missed_told;
	struct stranger strangers[STRANGERS];
};

static void release(struct arrivals *a, struct arrival *e)
{
	list_remove(&e->node);
	a->n--;
	a->n_sent -= e->sent != 0;
	fd_close(e->fd);
	free(e);
}

/* ---- who wrote it ---- */

static size_t read_proc(uint32_t pid, const char *what, void *ret, size_t size)
{
	cleanup_with(fd_closep) int fd = -1;
	char name[64];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/%u/%s", pid, what);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	n = fd >= 0 ? read(fd, ret, size) : -1;
	return n > 0 ? (size_t)n : 0;
}

/* One that the gate has not met, as it only inherited what it writes to: its control group says. */
static bool find_tagged(uint32_t pid, struct subject *ret)
{
	struct subject s = {.pid = pid, .identified = "cgroup"};
	char text[CGROUP_BYTES], name[32];
	struct stat st;
	size_t n = read_proc(pid, "cgroup", text, sizeof(text));

	if (n == 0 || !procline_cgroup_tag(view_of(text, n), s.app, sizeof(s.app)))
		return false;
	n = read_proc(pid, "comm", s.comm, sizeof(s.comm) - 1);
	if (n > 0 && s.comm[n - 1] == '\n')
		s.comm[n - 1] = 0;
	snprintf(name, sizeof(name), "/proc/%u", pid);
	if (stat(name, &st) == 0)
		s.uid = st.st_uid;
	*ret = s;
	return true;
}

/* A number that was given again is another process's. Of one that has ended the gate's word counts.
 */
static bool is_same(uint32_t pid, const struct subject *s)
{
	char text[STAT_BYTES];
	struct procline_stat st;
	size_t n = read_proc(pid, "stat", text, sizeof(text));

	return n == 0 || s->start_time == 0 || !procline_stat(view_of(text, n), &st) ||
		st.start_time == s->start_time;
}

static bool find_writer(struct arrivals *a, uint32_t pid, uint64_t now, struct subject *ret)
{
	struct stranger *s = &a->strangers[pid % STRANGERS];

	if (subjects_find(a->subjects, pid, ret) && is_same(pid, ret))
		return true;
	if (s->pid == pid && now < s->until)
		return false;
	if (find_tagged(pid, ret))
		return true;
	*s = (struct stranger){pid, now + STRANGER_NS};
	return false;
}

/* ---- events ---- */

static struct arrival *find(struct arrivals *a, const struct stat *st, uint32_t pid)
{
	list_for_each(n, &a->list) {
		struct arrival *e = list_entry(n, struct arrival, node);

		if (e->ino == st->st_ino && e->dev == st->st_dev && e->subject.pid == pid &&
			!e->sent)
			return e;
	}
	return NULL;
}

/* Takes the descriptor over. */
static void take(struct arrivals *a, int fd, const struct subject *s, uint64_t now)
{
	struct arrival *e;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		fd_close(fd);
		return;
	}
	e = find(a, &st, s->pid);
	if (!e) {
		e = a->n < ARRIVALS_MAX ? calloc(1, sizeof(*e)) : NULL;
		if (!e) {
			a->missed++;
			fd_close(fd);
			return;
		}
		*e = (struct arrival){.fd = fd,
			.dev = st.st_dev,
			.ino = st.st_ino,
			.latest = now + ARRIVALS_LATEST_NS};
		list_init(&e->node);
		list_append(&a->list, &e->node);
		a->n++;
	} else {
		fd_close(fd);
	}
	e->subject = *s;
	e->realtime = clock_realtime();
	e->due = MIN(now + ARRIVALS_SETTLE_NS, e->latest);
}

static void take_event(struct arrivals *a, const struct fanotify_event_metadata *m, uint64_t now)
{
	struct subject s;

	if (m->mask & FAN_Q_OVERFLOW)
		a->missed++;
	if (m->fd < 0)
		return;
	if (m->pid > 0 && find_writer(a, (uint32_t)m->pid, now, &s))
		take(a, m->fd, &s, now);
	else
		close(m->fd);
}

static void schedule(struct arrivals *a)
{
	uint64_t next = UINT64_MAX;

	list_for_each(n, &a->list) {
		const struct arrival *e = list_entry(n, struct arrival, node);

		if (!e->sent)
			next = MIN(next, e->due);
	}
	if (a->core && a->n_sent < ARRIVALS_SENT_MAX && next != UINT64_MAX)
		loop_timer_set(a->timer, MAX(next, 1U));
}

static int on_group(void *userdata, int fd, uint32_t events)
{
	_Alignas(8) uint8_t batch[4096];
	struct arrivals *a = userdata;
	uint64_t now = clock_now();

	(void)events;
	for (int i = 0; i < READS_MAX; i++) {
		const struct fanotify_event_metadata *m = (const void *)batch;
		ssize_t n = read(fd, batch, sizeof(batch));

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			a->missed += errno != ENOENT && errno != ENXIO;
		if (n <= 0)
			break;
		/* FAN_EVENT_NEXT would cast from char. */
		for (; FAN_EVENT_OK(m, n);
			n -= m->event_len, m = (const void *)((const uint8_t *)m + m->event_len))
			take_event(a, m, now);
	}
	schedule(a);
	return 0;
}

static bool is_wanted(void *userdata, uint32_t pid)
{
	struct subject s;

	return find_writer(userdata, pid, clock_now(), &s);
}

static void on_moved(void *userdata, uint32_t pid, int fd)
{
	struct arrivals *a = userdata;
	struct subject s;

	if (find_writer(a, pid, clock_now(), &s))
		take(a, fd, &s, clock_now());
	else
		fd_close(fd);
}

static int on_moves(void *userdata, int fd, uint32_t events)
{
	struct arrivals *a = userdata;
	int r = 1;

	(void)fd;
	(void)events;
	for (int i = 0; i < READS_MAX && r > 0; i++) {
		r = moves_read(a->moves, is_wanted, on_moved, a);
		a->missed += r < 0;
	}
	schedule(a);
	return 0;
}

/* ---- offering ---- */

static bool is_outside(const struct arrivals *a, const char *path)
{
	const struct config *c = a->config;

	/* Of another namespace's mounts: nothing is known about where that is. */
	if (path[0] != '/')
		return false;
	if (procline_is_below(path, c->state_dir) || procline_is_below(path, c->runtime_dir))
		return true;
	for (uint32_t i = 0; i < c->protect.n; i++)
		if (procline_is_below(path, c->protect.v[i]))
			return false;
	return c->protect.n > 0;
}

/* By the bytes that the kernel goes by when it executes. */
static bool is_program(int fd)
{
	uint8_t start[4];
	ssize_t n = pread(fd, start, sizeof(start), 0);

	return (n == 4 && memcmp(start, "\177ELF", 4) == 0) ||
		(n >= 2 && memcmp(start, "#!", 2) == 0);
}

static void pack_subject(struct pack *p, const struct subject *s)
{
	pack_u32(p, s->pid);
	pack_u32(p, s->ppid);
	pack_u32(p, s->uid);
	pack_u64(p, s->start_time);
	pack_u32(p, s->n_gids);
	for (uint32_t i = 0; i < s->n_gids; i++)
		pack_u32(p, s->gids[i]);
	pack_str(p, s->app);
	pack_str(p, s->identified);
	pack_str(p, s->comm);
	pack_str(p, s->exe);
}

/* 0 where core has it, 1 where there is nothing to offer any more, or -errno. */
static int offer(struct arrivals *a, struct arrival *e)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};
	char link[64], path[4096];
	struct file_key key;
	struct stat st;
	ssize_t n;
	int r;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", e->fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	if (fstat(e->fd, &st) < 0 || st.st_nlink == 0 || file_key_read(e->fd, &key) < 0 ||
		key.size == 0 || is_outside(a, path))
		return 1;
	if (++a->last_id == 0)
		a->last_id = 1;
	pack_key(&p, &key);
	pack_subject(&p, &e->subject);
	pack_u64(&p, e->realtime);
	pack_str(&p, path);
	pack_u8(&p, is_program(e->fd));
	pack_u8(&p, file_has_no_writer(e->fd));
	r = p.error
		? p.error
		: wire_peer_send(a->core, WATCH_RECEIVED, a->last_id, buf_view(&body), &e->fd, 1);
	if (r == 0) {
		e->sent = a->last_id;
		a->n_sent++;
	}
	return r;
}

static void tell_missed(struct arrivals *a)
{
	uint64_t n = a->missed - a->missed_told;
	uint8_t body[8];

	for (int i = 0; i < 8; i++)
		body[i] = (uint8_t)(n >> 8 * i);
	if (n > 0 && wire_peer_send(a->core, WATCH_MISSED, 0, view_of(body, 8), NULL, 0) == 0)
		a->missed_told = a->missed;
}

static int on_timer(void *userdata)
{
	struct arrivals *a = userdata;
	uint64_t now = clock_now();

	if (!a->core)
		return 0;
	tell_missed(a);
	list_for_each_safe(n, tmp, &a->list) {
		struct arrival *e = list_entry(n, struct arrival, node);

		if (e->sent || e->due > now)
			continue;
		if (a->n_sent >= ARRIVALS_SENT_MAX)
			break;
		/* A core that does not take it is going away; its successor is asked. */
		if (offer(a, e) == 1)
			release(a, e);
		else if (!e->sent)
			e->due = now + ARRIVALS_SETTLE_NS;
	}
	schedule(a);
	return 0;
}

void arrivals_core(struct arrivals *a, struct wire_peer *core)
{
	a->core = core;
	list_for_each(n, &a->list)
		list_entry(n, struct arrival, node)->sent = 0;
	a->n_sent = 0;
	schedule(a);
}

void arrivals_taken(struct arrivals *a, uint32_t id)
{
	list_for_each(n, &a->list) {
		struct arrival *e = list_entry(n, struct arrival, node);

		if (e->sent == id && id != 0) {
			release(a, e);
			break;
		}
	}
	schedule(a);
}

int arrivals_moves(struct arrivals *a, int group)
{
	int r = a->moves ? -EPROTO : moves_new(group, &a->config->protect, &a->moves);

	return r < 0 ? r : loop_add(a->loop, group, EPOLLIN, on_moves, a, &a->moves_source);
}

int arrivals_start(struct arrivals *a, int group, int memory)
{
	const struct subjects *s;
	struct stat st;
	int r;

	if (a->group >= 0 || fstat(memory, &st) < 0 || st.st_size < (off_t)sizeof(*s)) {
		fd_close(group);
		return -EPROTO;
	}
	s = mmap(NULL, sizeof(*s), PROT_READ, MAP_SHARED, memory, 0);
	if (s == MAP_FAILED) {
		fd_close(group);
		return -errno;
	}
	a->subjects = s;
	a->group = group;
	r = fcntl(group, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	return r < 0 ? r : loop_add(a->loop, group, EPOLLIN, on_group, a, &a->source);
}

int arrivals_new(struct loop *l, const struct config *config, struct arrivals **ret)
{
	struct arrivals *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->loop = l;
	a->config = config;
	a->group = -1;
	list_init(&a->list);
	r = loop_timer_new(l, on_timer, a, &a->timer);
	if (r < 0) {
		free(a);
		return r;
	}
	*ret = a;
	return 0;
}

struct arrivals *arrivals_free(struct arrivals *a)
{
	if (!a)
		return NULL;
	list_for_each_safe(n, tmp, &a->list)
		release(a, list_entry(n, struct arrival, node));
	loop_source_remove(a->source);
	loop_source_remove(a->moves_source);
	moves_free(a->moves);
	loop_timer_free(a->timer);
	fd_close(a->group);
	if (a->subjects)
		munmap((void *)a->subjects, sizeof(*a->subjects));
	free(a);
	return NULL;
}
