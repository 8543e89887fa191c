/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the programs that start: a table that the supervisor sends, sorted, and the
 * files that applications wrote, in shared memory because their marks outlive a gate. Looked up,
 * never asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "model/posture.h"

#ifndef FAN_MARK_EVICTABLE /* Linux 5.19; without it the call fails, and is counted */
#define FAN_MARK_EVICTABLE 0x00000200
#endif

int posture_set(struct gate *g, int fd)
{
	struct view v = VIEW_EMPTY;
	int r = fd_map_sealed(fd, &v);

	if (r < 0)
		return r;
	if (v.n % sizeof(struct posture_entry) != 0) {
		munmap((void *)v.p, v.n);
		return -EINVAL;
	}
	if (g->posture.n > 0)
		munmap((void *)g->posture.p, g->posture.n);
	g->posture = v;
	g->posture_known = true;
	return 0;
}

/* The bits of the program; unknown where nobody has looked at it. */
static uint32_t find(const struct gate *g, const struct file_key *k)
{
	const struct posture_entry *v = (const void *)g->posture.p;
	size_t low = 0, high = g->posture.n / sizeof(*v);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct posture_entry *e = &v[middle];

		if (e->dev == k->dev && e->ino == k->ino)
			return e->bits;
		if (e->dev < k->dev || (e->dev == k->dev && e->ino < k->ino))
			low = middle + 1;
		else
			high = middle;
	}
	/* Of a file system that is one program's as a whole, that counts for all in it. */
	return k->ino != 0 ? find(g, &(struct file_key){.dev = k->dev})
			   : POSTURE_BIT(POSTURE_UNKNOWN);
}

static const struct gate_dropped *find_dropped(const struct gate *g, const struct file_key *k)
{
	const struct gate_dropped *v = g->shared->dropped;

	for (uint32_t i = 0; i < GATE_DROPPED_MAX; i++)
		if (v[i].ino == k->ino && v[i].dev == k->dev && k->ino != 0)
			return &v[i];
	return NULL;
}

uint32_t posture_of(struct gate *g, int fd)
{
	struct file_look look;

	uint32_t bits;

	if (fd < 0 || judge_look(fd, &look) < 0)
		return POSTURE_BIT(POSTURE_UNKNOWN);
	bits = find_dropped(g, &look.key) ? POSTURE_BIT(POSTURE_DROPPED) : 0;
	/* Of what is no application's program nothing else is asked. */
	return apptable_match_exe(g->apps, g->path) == APP_NONE && starts_app(g, fd) == APP_NONE &&
			bits
		? bits
		: bits | find(g, &look.key);
}

void posture_dropped(struct gate *g, int fd, const char *app)
{
	struct gate_shared *s = g->shared;
	/* A mark that stays keeps its file in memory, which must have an end; a mark can only be
	   taken off where the file is at hand. */
	bool firm = s->next_dropped < GATE_DROPPED_FIRM_LIMIT;
	struct gate_dropped *d;
	struct file_look look;
	uint32_t at;

	if (judge_look(fd, &look) < 0 || !look.regular || find_dropped(g, &look.key))
		return;
	if (fanotify_mark(g->group, FAN_MARK_ADD | (firm ? 0 : FAN_MARK_EVICTABLE),
		    FAN_OPEN_EXEC_PERM, fd, NULL) < 0) {
		s->counters.marks_refused++;
		return;
	}
	at = s->next_dropped;
	if (at >= GATE_DROPPED_LIMIT)
		at = GATE_DROPPED_FIRM_LIMIT +
			(at - GATE_DROPPED_FIRM_LIMIT) %
				(GATE_DROPPED_LIMIT - GATE_DROPPED_FIRM_LIMIT);
	s->next_dropped++;
	d = &s->dropped[at];
	*d = (struct gate_dropped){.dev = look.key.dev, .ino = look.key.ino};
	snprintf(d->app, sizeof(d->app), "%s", app);
}

uint32_t posture_writer(struct gate *g, int fd)
{
	const struct gate_dropped *d = NULL;
	struct file_look look;

	if (judge_look(fd, &look) == 0)
		d = find_dropped(g, &look.key);
	return d ? apptable_find(g->apps, d->app) : APP_NONE;
}
