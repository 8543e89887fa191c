/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that the gate remembers. Each has a pidfd in one epoll, which is drained between
 * reading events and deciding them: a number that was given again is never met with the old entry.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"

#define INDEX_MASK (ARRAY_SIZE(((struct proc_table *)NULL)->index) - 1)
#define MOUNTS     UINT32_MAX /* in the epoll, instead of an entry */

static_assert((INDEX_MASK & (INDEX_MASK + 1)) == 0, "a power of two");
static_assert(GATE_PROCESSES_MAX < UINT16_MAX, "entries fit their index");

const char *proc_how_name(enum proc_how how)
{
	static const char *const names[] = {
		"none", "exec", "exe", "cgroup", "parent", "snap", "script", "flatpak", "copy"};

	static_assert(ARRAY_SIZE(names) == PROC_HOW_MAX, "one name each");
	return (unsigned)how < PROC_HOW_MAX ? names[how] : "?";
}

static size_t home(int32_t pid)
{
	return hash_u64((uint64_t)pid) & INDEX_MASK;
}

static size_t slot_of(const struct proc_table *t, int32_t pid)
{
	size_t i = home(pid);

	while (t->index[i] && t->v[t->index[i] - 1].pid != pid)
		i = (i + 1) & INDEX_MASK;
	return i;
}

struct proc *proc_find(struct gate *g, int32_t pid)
{
	uint16_t k = g->procs.index[slot_of(&g->procs, pid)];

	return k ? &g->procs.v[k - 1] : NULL;
}

/* Open addressing without gravestones: what follows moves up. */
static void unindex(struct proc_table *t, int32_t pid)
{
	size_t hole = slot_of(t, pid), i = hole;

	for (;;) {
		size_t want;

		i = (i + 1) & INDEX_MASK;
		if (!t->index[i])
			break;
		want = home(t->v[t->index[i] - 1].pid);
		if (((i - want) & INDEX_MASK) < ((i - hole) & INDEX_MASK))
			continue;
		t->index[hole] = t->index[i];
		hole = i;
	}
	t->index[hole] = 0;
}

void proc_remove(struct gate *g, struct proc *p)
{
	struct proc_table *t = &g->procs;

	subjects_gone(g, p);
	unindex(t, p->pid);
	fd_close(p->pidfd); /* leaves the epoll by that */
	if (p->app != APP_NONE)
		t->n_gated--;
	memset(p, 0, sizeof(*p));
	t->free[t->n_free++] = (uint16_t)(p - t->v);
	t->n--;
	g->shared->n_processes = t->n;
	g->shared->n_gated = t->n_gated;
}

/* Forgets one that belongs to no application and was not asked for lately. */
static bool make_room(struct gate *g)
{
	struct proc_table *t = &g->procs;

	for (unsigned i = 0; i < 128; i++) {
		struct proc *p = &t->v[t->hand];

		t->hand = (t->hand + 1) % GATE_PROCESSES_MAX;
		if (p->pid == 0 || p->app != APP_NONE || p->busy)
			continue;
		if (!p->used) {
			proc_remove(g, p);
			return true;
		}
		p->used = false;
	}
	return false;
}

void proc_forget_others(struct gate *g)
{
	for (uint32_t i = 0; i < GATE_PROCESSES_MAX; i++) {
		struct proc *p = &g->procs.v[i];

		if (p->pid != 0 && p->app == APP_NONE && !p->busy)
			proc_remove(g, p);
	}
}

struct proc *proc_add(struct gate *g, int32_t pid)
{
	struct proc_table *t = &g->procs;
	struct epoll_event ev = {.events = EPOLLIN};
	struct proc *p;
	int fd;

	if (files_is_short(g) || (t->n_free == 0 && !make_room(g)))
		return NULL;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return NULL;
	p = &t->v[t->free[t->n_free - 1]];
	ev.data.u64 = (uint64_t)(p - t->v);
	if (epoll_ctl(t->exits, EPOLL_CTL_ADD, fd, &ev) < 0) {
		fd_close(fd);
		return NULL;
	}
	subjects_new(g, pid);
	t->n_free--;
	t->n++;
	*p = (struct proc){.pid = pid, .pidfd = fd, .app = APP_NONE, .tag = APP_NONE, .used = true};
	t->index[slot_of(t, pid)] = (uint16_t)(p - t->v + 1);
	g->shared->n_processes = t->n;
	return p;
}

void proc_set_app(struct gate *g, struct proc *p, uint32_t app, enum proc_how how)
{
	if (p->pidfd >= 0) { /* in the table */
		g->procs.n_gated += (app != APP_NONE);
		g->procs.n_gated -= (p->app != APP_NONE);
		g->shared->n_gated = g->procs.n_gated;
	}
	p->app = app;
	p->how = (uint8_t)how;
}

struct proc *proc_get(struct gate *g, int32_t pid)
{
	struct proc *p = proc_find(g, pid);

	if (p) {
		p->used = true;
		/* What it belongs to stays; only an exec changes that. */
		if (p->app != APP_NONE) {
			if (g->now >= p->valid_until)
				identify_user(g, p);
			return p;
		}
		if (p->agent || (g->now < p->valid_until && p->checked > p->unsettled))
			return p;
	} else {
		p = proc_add(g, pid);
		if (!p) {
			g->shared->counters.uncached++;
			p = &g->scratch;
			*p = (struct proc){
				.pid = pid, .pidfd = -1, .app = APP_NONE, .tag = APP_NONE};
		}
	}
	identify(g, p);
	return p;
}

bool proc_is_told(struct proc *p, const struct file_key *key)
{
	uint64_t hash = file_key_hash(key);

	for (unsigned i = 0; i < GATE_TOLD_MAX; i++)
		if (p->told[i] == hash)
			return true;
	p->told[p->next_told] = hash;
	p->next_told = (uint8_t)((p->next_told + 1) % GATE_TOLD_MAX);
	return false;
}

void proc_drain_exits(struct gate *g)
{
	struct proc_table *t = &g->procs;
	struct epoll_event ev[64];
	int n;

	do {
		n = epoll_wait(t->exits, ev, ARRAY_SIZE(ev), 0);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u64 == MOUNTS)
				mounts_changed(g);
			else if (t->v[ev[i].data.u64].pid != 0)
				proc_remove(g, &t->v[ev[i].data.u64]);
		}
	} while (n == (int)ARRAY_SIZE(ev));
}

/* The table of applications was replaced: their numbers change, and any process may belong to one
   now. */
void proc_new_apps(struct gate *g, const struct apptable *old)
{
	for (uint32_t i = 0; i < GATE_PROCESSES_MAX; i++) {
		struct proc *p = &g->procs.v[i];

		if (p->pid == 0)
			continue;
		p->valid_until = 0;
		if (p->tag != APP_NONE)
			p->tag = apptable_find(g->apps, apptable_id(old, p->tag));
		if (p->app != APP_NONE)
			proc_set_app(g, p, apptable_find(g->apps, apptable_id(old, p->app)),
				(enum proc_how)p->how);
	}
}

int proc_init(struct gate *g)
{
	struct proc_table *t = &g->procs;
	struct epoll_event ev = {.events = EPOLLPRI, .data.u64 = MOUNTS};

	for (uint32_t i = 0; i < GATE_PROCESSES_MAX; i++)
		t->free[i] = (uint16_t)(GATE_PROCESSES_MAX - 1 - i);
	t->n_free = GATE_PROCESSES_MAX;
	t->exits = epoll_create1(EPOLL_CLOEXEC);
	if (t->exits < 0)
		return -errno;
	if (g->mounts.fd >= 0 && epoll_ctl(t->exits, EPOLL_CTL_ADD, g->mounts.fd, &ev) < 0)
		return -errno;
	return 0;
}
