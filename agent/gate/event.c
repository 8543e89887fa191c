/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of the fanotify group: reading them into shared memory, and the one place that answers.
 * Every event is answered once: here, or by number by a successor who finds it in the batch or in
 * a slot.
 */
#include <errno.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"

/* The event in the batch at `off`, or NULL at the end. */
static struct fanotify_event_metadata *at(struct gate_shared *s, size_t off)
{
	struct fanotify_event_metadata *m;

	if (off + sizeof(*m) > sizeof(s->batch))
		return NULL;
	m = (struct fanotify_event_metadata *)(void *)(s->batch + off);
	return m->event_len >= sizeof(*m) && m->vers == FANOTIFY_METADATA_VERSION ? m : NULL;
}

static void each(struct gate *g, void (*take)(struct gate *g, struct event *ev))
{
	struct fanotify_event_metadata *m;

	for (size_t off = 0; (m = at(g->shared, off)); off += m->event_len) {
		struct event ev = {.fd = m->fd,
			.pid = m->pid,
			.mask = m->mask,
			.arrived = g->now,
			.realtime = g->boot_offset + g->now};

		if (m->fd >= 0)
			take(g, &ev);
		else if (m->mask & FAN_Q_OVERFLOW)
			g->shared->counters.read_errors++;
	}
}

/* Hands over what is in the batch, read by us or by a predecessor, without reading more. */
void event_batch(struct gate *g, void (*take)(struct gate *g, struct event *ev))
{
	each(g, take);
}

/* The kernel opens the file for us, and refuses who waits where it cannot: it says so in the event,
   or (before 6.12) only where it was the first. */
static void count_refused(struct gate *g)
{
	const struct fanotify_event_metadata *m;

	for (size_t off = 0; (m = at(g->shared, off)); off += m->event_len)
		if (m->fd < 0 && !(m->mask & FAN_Q_OVERFLOW))
			g->shared->counters.read_errors++;
}

int event_read(struct gate *g, void (*take)(struct gate *g, struct event *ev))
{
	struct gate_shared *s = g->shared;
	size_t room = files_for_events(g, sizeof(s->batch));
	ssize_t n;

	memset(s->batch, 0, sizeof(s->batch));
	n = read(g->group, s->batch, room);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return -EAGAIN;
		/* The kernel refused that one event for want of a descriptor and the like. */
		s->counters.read_errors++;
		if (errno == EMFILE)
			files_look(g);
		return errno == EBADF || errno == EINVAL ? -errno : 0;
	}
	/* Between the read and here a process may have ended and its number been given again. */
	proc_drain_exits(g);
	g->now = clock_now();
	count_refused(g);
	each(g, take);
	return (size_t)n + sizeof(struct fanotify_event_metadata) > room;
}

/* Marks it as no longer in the batch. */
void event_forget(struct gate *g, const struct event *ev)
{
	struct fanotify_event_metadata *m;

	for (size_t off = 0; (m = at(g->shared, off)); off += m->event_len)
		if (m->fd == ev->fd)
			m->fd = FAN_NOFD;
}

static int respond(struct gate *g, int fd, uint32_t response)
{
	struct fanotify_response r = {.fd = fd, .response = response};
	ssize_t n;

	do
		n = write(g->group, &r, sizeof(r));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(r) ? 0 : n < 0 ? -errno : -EIO;
}

void event_beat(struct gate *g)
{
	g->shared->beat_time = clock_now();
	g->shared->beat++;
}

void event_answer(struct gate *g, const struct event *ev, bool allow)
{
	int r = respond(g, ev->fd, allow ? FAN_ALLOW : FAN_DENY);

	/* ENOENT: the opener was killed meanwhile, nobody waits. */
	if (r < 0 && r != -ENOENT) {
		g->shared->counters.answer_errors++;
		/* Again, and if it must be with the other answer: hanging is worse than either. */
		if (respond(g, ev->fd, allow ? FAN_ALLOW : FAN_DENY) < 0 &&
			respond(g, ev->fd, allow ? FAN_DENY : FAN_ALLOW) < 0)
			g->shared->counters.answer_errors++;
	}
	if (!allow)
		g->shared->counters.denied++;
	event_forget(g, ev);
	/* Each answer wakes all who wait, which takes milliseconds where they are thousands: that
	   is still being alive. */
	event_beat(g);
}

void event_done(struct event *ev)
{
	ev->fd = fd_close(ev->fd);
}

void event_count(const struct event *ev, uint64_t *max, uint64_t *histogram)
{
	uint64_t ns = clock_now() - ev->arrived, limit = 1000;
	unsigned i = 0;

	if (ns > *max)
		*max = ns;
	while (i < GATE_HISTOGRAM_MAX - 1 && ns >= limit) {
		limit *= 4;
		i++;
	}
	histogram[i]++;
}
