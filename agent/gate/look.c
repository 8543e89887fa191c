/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who lives? While the file systems carry no mark, an application is seen by the exec of its marked
 * executable. This finds the others: those that ran before, and those that no mark can see start. A
 * look goes through /proc in short turns, so that answers do not wait for it. A process whose
 * executable is the one of the last look costs one readlink; a new or changed one is identified.
 *
 * It also says when the last one has ended: only a look at all processes sees the children that an
 * application left behind and that have opened nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "wire/pack.h"

#define INDEX_MASK (GATE_LOOK_PROCESSES - 1)

static uint64_t cpu_now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) < 0)
		return clock_now();
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static size_t slot_of(const struct seen_process *t, int32_t pid)
{
	size_t i = hash_u64((uint64_t)pid) & INDEX_MASK;

	while (t[i].pid != 0 && t[i].pid != pid)
		i = (i + 1) & INDEX_MASK;
	return i;
}

/* Where there is no room, it is identified again at the next look: dearer, not weaker. */
static void remember(struct look_table *t, int32_t pid, uint32_t exe)
{
	struct seen_process *seen = t->seen[t->now];

	if (t->n_seen >= GATE_LOOK_PROCESSES / 4 * 3)
		return;
	seen[slot_of(seen, pid)] = (struct seen_process){pid, exe};
	t->n_seen++;
}

static uint32_t exe_of(struct gate *g, int32_t pid)
{
	char name[32], exe[GATE_PATH_MAX];
	size_t n;

	snprintf(name, sizeof(name), "%d/exe", pid);
	n = identify_link(g, name, exe, sizeof(exe));
	return (uint32_t)hash_bytes(g->look.key, view_of(exe, n));
}

static void tell(struct gate *g, struct proc *p)
{
	struct look_table *t = &g->look;
	int32_t pid = p->pid;
	uint32_t app = p->app;
	bool first = t->announce;
	char file[GATE_PATH_MAX] = "";
	uint32_t n;
	struct pack k;

	g->shared->counters.found++;
	if (t->n_told >= GATE_LOOK_TOLD_MAX)
		return;
	t->n_told++;
	t->told_idle = false;
	n = first ? fds_audit(g, p, true, file, sizeof(file)) : 0;
	k = gate_pack(g);
	pack_u32(&k, (uint32_t)pid);
	pack_u32(&k, app);
	pack_u8(&k, first);
	pack_u32(&k, n);
	pack_str(&k, file);
	/* Where it could not be told, the next look begins with everything anew. */
	if (k.error ||
		child_send(g->child, GATE_FOUND, hold_next_id(g), buf_view(&g->frame), NULL, 0) < 0)
		t->again = true;
}

/* It may have had the file open before that was classified. */
static void audit(struct gate *g, struct proc *p)
{
	char file[GATE_PATH_MAX];

	if (!g->look.audit)
		return;
	(void)fds_audit(g, p, false, file, sizeof(file));
	maps_audit(g, p);
}

static void identify_one(struct gate *g, int32_t pid, uint32_t exe)
{
	struct look_table *t = &g->look;
	struct proc *p = proc_find(g, pid);

	if (p && p->app == APP_NONE)
		p->valid_until = 0;
	p = proc_get(g, pid);
	if (p->app == APP_NONE || p->agent) {
		/* A process that is too new to be believed stays to be looked at. */
		if (p->known)
			remember(t, pid, exe);
		return;
	}
	t->n_gated++;
	if (t->announce || (g->config.on_demand && !g->covered))
		tell(g, p);
	else
		audit(g, p);
}

static void look_at(struct gate *g, int32_t pid)
{
	struct look_table *t = &g->look;
	const struct seen_process *old = t->seen[!t->now];
	struct proc *p = proc_find(g, pid);
	uint32_t exe;

	if (p && p->agent)
		return;
	if (p && p->app != APP_NONE && !t->announce) {
		t->n_gated++;
		/* What should have covered the file systems was not heard, or not done. */
		if (g->config.on_demand && !g->covered && t->n_told == 0)
			tell(g, p);
		else
			audit(g, p);
		return;
	}
	exe = exe_of(g, pid);
	old = &old[slot_of(old, pid)];
	if (old->pid == pid && old->exe == exe && !t->fresh)
		remember(t, pid, exe);
	else
		identify_one(g, pid, exe);
}

/* The next name of /proc; -1 at the end. */
static int32_t next_pid(struct gate *g)
{
	struct look_table *t = &g->look;

	for (;;) {
		struct dirent64 *e;
		int32_t pid;

		if (t->at >= t->n) {
			long n = syscall(SYS_getdents64, t->dir, t->entries, sizeof(t->entries));

			if (n <= 0)
				return -1;
			t->at = 0;
			t->n = (size_t)n;
		}
		e = (struct dirent64 *)(void *)(t->entries + t->at);
		t->at += e->reclen;
		pid = fds_number(e->name);
		if (pid > 0)
			return pid;
	}
}

static void begin(struct gate *g)
{
	struct look_table *t = &g->look;

	t->dir = openat(g->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	t->at = t->n = 0;
	t->fresh = t->again;
	t->announce = t->announce_next;
	t->audit = t->audit_next;
	t->again = t->announce_next = t->audit_next = false;
	t->n_gated = t->n_told = 0;
	t->cpu = 0;
	t->now = !t->now;
	t->n_seen = 0;
	memset(t->seen[t->now], 0, sizeof(t->seen[t->now]));
	t->execs = g->shared->counters.execs;
}

/* "None lives" holds only if nothing began meanwhile, and no exec waits. */
static void say_idle(struct gate *g)
{
	struct look_table *t = &g->look;

	if (t->n_gated > 0 || g->procs.n_gated > 0 || t->again || t->announce_next ||
		t->execs != g->shared->counters.execs || exec_any(g))
		return;
	if (t->told_idle && !g->covered)
		return;
	if (child_send(g->child, GATE_IDLE, 0, VIEW_EMPTY, NULL, 0) < 0)
		return; /* the next look tries again */
	/* From here on every exec asks: an answer to an older question says nothing any more. */
	g->covered = false;
	facts_unwatched(g);
	g->covered_after = hold_next_id(g);
	t->told_idle = true;
}

static void end(struct gate *g)
{
	struct look_table *t = &g->look;
	uint64_t interval = t->cpu * GATE_LOOK_SHARE;

	t->dir = fd_close(t->dir);
	g->shared->counters.looks++;
	g->shared->counters.look_ns += t->cpu;
	if (t->fresh || interval < GATE_LOOK_MIN_NS) /* the first is dear, the others are not */
		interval = GATE_LOOK_MIN_NS;
	interval = MIN(interval, GATE_LOOK_MAX_NS);
	g->shared->look_interval_ns = interval;
	if (g->config.on_demand) {
		say_idle(g);
		loop_timer_set(g->look_timer, g->now + interval);
	}
	if (t->again)
		loop_timer_set(g->look_timer, g->now + GATE_LOOK_PAUSE_NS);
	else if (t->audit_next && !g->config.on_demand)
		loop_timer_set(g->look_timer, g->now + interval);
}

int look_turn(void *userdata)
{
	struct gate *g = userdata;
	struct look_table *t = &g->look;
	uint64_t cpu = cpu_now();
	int32_t pid = 1;

	g->now = clock_now();
	proc_drain_exits(g); /* a number that was given again is not the old process */
	if (t->dir < 0)
		begin(g);
	if (t->dir < 0) { /* out of descriptors: later */
		t->again = true;
		loop_timer_set(g->look_timer, g->now + GATE_LOOK_MIN_NS);
		return 0;
	}
	while (clock_now() < g->now + GATE_LOOK_TURN_NS && (pid = next_pid(g)) > 0)
		if (pid != g->self)
			look_at(g, pid);
	t->cpu += cpu_now() - cpu;
	if (pid > 0)
		loop_timer_set(g->look_timer, g->now + GATE_LOOK_PAUSE_NS);
	else
		end(g);
	return 0;
}

void look_ask(struct gate *g, bool announce)
{
	g->look.again = true;
	g->look.announce_next |= announce;
	g->look.told_idle = false;
	/* One that is under way ends first. */
	if (g->look.dir < 0)
		loop_timer_set(g->look_timer, clock_now() + 1);
}

/* With the next look: not one for each file that is classified. */
void look_audit(struct gate *g)
{
	g->look.audit_next = true;
	if (!g->config.on_demand && g->look.dir < 0 && !loop_timer_due(g->look_timer))
		loop_timer_set(g->look_timer, clock_now() + GATE_LOOK_MIN_NS);
}
