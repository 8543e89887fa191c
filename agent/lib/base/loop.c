/* SPDX-License-Identifier: Apache-2.0 */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

struct loop_source {
	struct list node;
	struct loop *loop;
	int fd;
	loop_fd_fn fn; /* NULL: removed, waiting to be freed */
	void *userdata;
};

struct loop_timer {
	struct list node;
	struct loop *loop;
	uint64_t at;
	loop_timer_fn fn;
	void *userdata;
};

struct loop {
	int epoll_fd;
	int signal_fd;
	struct loop_source *signal_source;
	loop_signal_fn signal_fn;
	void *signal_userdata;
	struct list sources;
	struct list removed;
	struct list timers; /* few: a walk is cheaper than a heap */
};

int loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	list_init(&l->sources);
	list_init(&l->removed);
	list_init(&l->timers);
	l->signal_fd = -1;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0) {
		int r = -errno;

		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

static void free_removed(struct loop *l)
{
	list_for_each_safe(n, tmp, &l->removed) {
		list_remove(n);
		free(list_entry(n, struct loop_source, node));
	}
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	list_for_each_safe(n, tmp, &l->sources)
		loop_source_remove(list_entry(n, struct loop_source, node));
	free_removed(l);
	list_for_each_safe(t, tmp2, &l->timers)
		loop_timer_free(list_entry(t, struct loop_timer, node));
	fd_close(l->signal_fd);
	fd_close(l->epoll_fd);
	free(l);
	return NULL;
}

void loop_freep(struct loop **l)
{
	*l = loop_free(*l);
}

int loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *userdata,
	struct loop_source **ret)
{
	struct loop_source *s = calloc(1, sizeof(*s));
	struct epoll_event ev = {.events = events, .data.ptr = s};

	if (!s)
		return -ENOMEM;
	*s = (struct loop_source){.loop = l, .fd = fd, .fn = fn, .userdata = userdata};
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		int r = -errno;

		free(s);
		return r;
	}
	list_append(&l->sources, &s->node);
	if (ret)
		*ret = s;
	return 0;
}

int loop_source_events(struct loop_source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	return epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_MOD, s->fd, &ev) < 0 ? -errno : 0;
}

struct loop_source *loop_source_remove(struct loop_source *s)
{
	if (!s)
		return NULL;
	(void)epoll_ctl(s->loop->epoll_fd, EPOLL_CTL_DEL, s->fd, NULL);
	s->fn = NULL;
	list_remove(&s->node);
	/* Events of this round may still point here. */
	list_append(&s->loop->removed, &s->node);
	return NULL;
}

static int on_signal(void *userdata, int fd, uint32_t events)
{
	struct loop *l = userdata;
	struct signalfd_siginfo si;
	int r = 0;

	(void)events;
	while (r == 0 && read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		r = l->signal_fn(l->signal_userdata, &si);
	return r;
}

int loop_signals(struct loop *l, const int *signals, size_t n, loop_signal_fn fn, void *userdata)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < n; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l->signal_fd < 0)
		return -errno;
	l->signal_fn = fn;
	l->signal_userdata = userdata;
	return loop_add(l, l->signal_fd, EPOLLIN, on_signal, l, &l->signal_source);
}

int loop_timer_new(struct loop *l, loop_timer_fn fn, void *userdata, struct loop_timer **ret)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct loop_timer){.loop = l, .fn = fn, .userdata = userdata};
	list_append(&l->timers, &t->node);
	*ret = t;
	return 0;
}

void loop_timer_set(struct loop_timer *t, uint64_t at)
{
	t->at = at;
}

uint64_t loop_timer_due(const struct loop_timer *t)
{
	return t->at;
}

struct loop_timer *loop_timer_free(struct loop_timer *t)
{
	if (t) {
		list_remove(&t->node);
		free(t);
	}
	return NULL;
}

static int next_timeout(struct loop *l, int timeout_ms)
{
	uint64_t now = clock_now(), first = 0, ms;

	list_for_each(n, &l->timers) {
		uint64_t at = list_entry(n, struct loop_timer, node)->at;

		if (at && (!first || at < first))
			first = at;
	}
	if (!first)
		return timeout_ms;
	if (first <= now)
		return 0;
	ms = (first - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	if (timeout_ms >= 0 && ms > (uint64_t)timeout_ms)
		return timeout_ms;
	return ms > 1000000 ? 1000000 : (int)ms;
}

/* The first due timer of the list, or NULL. A callback may free any timer, so look anew each time.
 */
static struct loop_timer *due_timer(struct loop *l, uint64_t now)
{
	list_for_each(n, &l->timers) {
		struct loop_timer *t = list_entry(n, struct loop_timer, node);

		if (t->at && t->at <= now)
			return t;
	}
	return NULL;
}

int loop_step(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[32];
	struct loop_timer *t;
	uint64_t now;
	int n, r = 0;

	n = epoll_wait(l->epoll_fd, ev, ARRAY_SIZE(ev), next_timeout(l, timeout_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n && r == 0; i++) {
		struct loop_source *s = ev[i].data.ptr;

		if (s->fn)
			r = s->fn(s->userdata, s->fd, ev[i].events);
	}
	now = clock_now();
	while (r == 0 && (t = due_timer(l, now))) {
		t->at = 0;
		r = t->fn(t->userdata);
	}
	free_removed(l);
	return r;
}

int loop_run(struct loop *l)
{
	int r;

	do
		r = loop_step(l, -1);
	while (r == 0);
	return r;
}
