/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's own descriptors. For an event that finds no room in its table the kernel refuses the
 * open, whoever it is, so there is always room for the next one: a few descriptors are kept back,
 * and given up when less is left. From then on nothing is kept open beyond the event in hand until
 * there is room again: processes of no application go on, and for those of applications the policy
 * says what becomes of an open that nobody can be asked about (`failures`).
 */
#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"

#define EVENT_BYTES sizeof(struct fanotify_event_metadata)

/* What is open now, as /proc has it: counted once, before any event. */
static uint32_t count_open(const struct gate *g)
{
	int dir = openat(g->own_files, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(8) uint8_t entries[4096];
	uint32_t n = 0;
	long got;

	while (dir >= 0 && (got = syscall(SYS_getdents64, dir, entries, sizeof(entries))) > 0)
		for (long at = 0; at < got; n++)
			at += ((struct dirent64 *)(void *)(entries + at))->reclen;
	fd_close(dir);
	return n;
}

static void read_limit(struct gate *g)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return;
	if (l.rlim_cur < GATE_FILES && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = MIN(l.rlim_max, (rlim_t)GATE_FILES);
		if (setrlimit(RLIMIT_NOFILE, &l) < 0 && getrlimit(RLIMIT_NOFILE, &l) < 0)
			return;
	}
	g->files.limit = (uint32_t)MIN(l.rlim_cur, (rlim_t)GATE_FILES * 2);
}

static void keep_back(struct gate *g)
{
	struct own_files *f = &g->files;

	while (f->n_reserve < GATE_FILES_RESERVE) {
		int fd = fcntl(g->proc, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return;
		f->reserve[f->n_reserve++] = fd;
	}
}

static void give_up(struct gate *g)
{
	struct own_files *f = &g->files;

	while (f->n_reserve > 0)
		fd_close(f->reserve[--f->n_reserve]);
}

/* Numbers are what the limit counts, and the lowest free one is taken: so many are left. */
static int64_t left(const struct gate *g)
{
	return (int64_t)g->files.limit -
		(int64_t)(g->files.base + g->files.n_reserve + g->procs.n + g->shared->n_held +
			g->holds.n_requests);
}

void files_look(struct gate *g)
{
	struct own_files *f = &g->files;

	read_limit(g);
	if (f->is_short && left(g) >= GATE_FILES_RESERVE + GATE_FILES_LOW)
		f->is_short = false;
	if (!f->is_short)
		keep_back(g);
}

void files_init(struct gate *g)
{
	/* And what is opened for a moment: a text of procfs, a frame's, core's next socket. */
	g->files.base = count_open(g) + GATE_FILES_MOMENT;
	files_look(g);
}

bool files_is_short(const struct gate *g)
{
	return g->files.is_short;
}

size_t files_for_events(struct gate *g, size_t max)
{
	int64_t n;

	/* Cheapest first: who is looked up again, what nobody waits for, who waits. */
	if (left(g) < GATE_FILES_LOW)
		proc_forget_others(g);
	if (left(g) >= GATE_FILES_LOW && !g->files.is_short)
		return max;
	if (!g->files.is_short) {
		g->files.is_short = true;
		g->shared->counters.files_short++;
		give_up(g);
	}
	if (left(g) < GATE_FILES_LOW)
		hold_shed(g, GATE_FILES_LOW);
	n = left(g);
	return n < 1 ? EVENT_BYTES : MIN(max, (size_t)n * EVENT_BYTES);
}
