/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose process is it? Asked of procfs once per process, by links and short texts that no user can
 * make hang. /proc/PID/root is never entered: what lies there may be a user's own file system.
 *
 * What a user can forge (command line, environment, his cgroups) only ever adds an application to
 * a process that would have none; nothing takes one away but the exec of another application.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"

size_t identify_link(struct gate *g, const char *name, char *ret, size_t size)
{
	ssize_t n = readlinkat(g->proc, name, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

bool identify_text(struct gate *g, const char *name, size_t max, struct view *ret)
{
	cleanup_with(fd_closep) int fd = openat(
		g->proc, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	size_t n = 0;

	if (fd < 0)
		return false;
	while (n < max) {
		ssize_t k = read(fd, g->text + n, max - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		if (k == 0)
			break;
		n += (size_t)k;
	}
	*ret = view_of(g->text, n);
	return true;
}

#define PROC_NAME_MAX 48
#define SHORT_TEXT    8192U /* of stat, status, cgroup, cmdline */
#define ENVIRON_TEXT  (64U << 10)

static const char *name_of(char ret[PROC_NAME_MAX], int32_t pid, const char *what)
{
	snprintf(ret, PROC_NAME_MAX, "%d/%s", pid, what);
	return ret;
}

static void match(struct gate *g, struct proc *p, uint32_t app, enum proc_how how)
{
	if (p->app == APP_NONE && app != APP_NONE)
		proc_set_app(g, p, app, how);
}

static void read_stat(struct gate *g, struct proc *p)
{
	char name[PROC_NAME_MAX];
	struct procline_stat st;
	struct view text;

	p->known = identify_text(g, name_of(name, p->pid, "stat"), SHORT_TEXT, &text) &&
		procline_stat(text, &st);
	if (p->known) {
		p->ppid = st.ppid;
		p->start_time = st.start_time;
	}
}

/* `hints` collects what may be forged, for use when nothing better is known. */
struct hints {
	uint32_t snap, flatpak, script;
};

static void read_cgroup(struct gate *g, struct proc *p, struct hints *h)
{
	char name[PROC_NAME_MAX], id[256];
	struct view text;

	if (!identify_text(g, name_of(name, p->pid, "cgroup"), SHORT_TEXT, &text)) {
		p->known = false;
		return;
	}
	p->tag = procline_cgroup_tag(text, id, sizeof(id)) ? apptable_find(g->apps, id) : APP_NONE;
	match(g, p, p->tag, PROC_HOW_CGROUP);
	if (procline_cgroup_flatpak(text, id, sizeof(id)))
		h->flatpak = apptable_match_flatpak(g->apps, id);
	if (procline_cgroup_snap(text, id, sizeof(id)))
		h->snap = apptable_match_snap(g->apps, id);
}

static void read_exe(struct gate *g, struct proc *p, struct hints *h)
{
	char name[PROC_NAME_MAX], exe[GATE_PATH_MAX], snap[256];

	/* Kernel threads have none. */
	if (!identify_link(g, name_of(name, p->pid, "exe"), exe, sizeof(exe)))
		return;
	procline_strip_deleted(exe);
	match(g, p, apptable_match_exe(g->apps, exe), PROC_HOW_EXE);
	if (procline_snap_path(exe, snap, sizeof(snap)))
		h->snap = apptable_match_snap(g->apps, snap);
}

/* Of the user whose process stopped a gate it would stop the next one. */
static bool is_stuck(const struct gate *g, uint32_t uid)
{
	for (size_t i = 0; i < GATE_STUCK_USERS; i++)
		if (g->now < g->shared->stuck[i].until && g->shared->stuck[i].uid == uid)
			return true;
	return false;
}

bool identify_memory_begin(struct gate *g, int32_t pid)
{
	char name[PROC_NAME_MAX];
	struct statx st;

	snprintf(name, sizeof(name), "%d", pid);
	if (statx(g->proc, name, AT_STATX_DONT_SYNC, STATX_UID, &st) < 0 || is_stuck(g, st.stx_uid))
		return false;
	g->shared->reading_memory_uid = st.stx_uid;
	__atomic_store_n(&g->shared->reading_memory_of, (uint32_t)pid, __ATOMIC_RELEASE);
	return true;
}

void identify_memory_end(struct gate *g)
{
	__atomic_store_n(&g->shared->reading_memory_of, 0, __ATOMIC_RELEASE);
}

void identify_memory_recover(struct gate *g)
{
	struct gate_shared *s = g->shared;

	if (s->reading_memory_of == 0)
		return;
	s->reading_memory_of = 0;
	s->counters.stuck++;
	s->stuck[s->next_stuck++ % GATE_STUCK_USERS] = (struct gate_stuck){
		s->reading_memory_uid, g->now + GATE_STUCK_NS};
}

/* The command line or the environment: memory of the process, behind a lock of its own. */
static bool read_memory(
	struct gate *g, const struct proc *p, const char *what, size_t max, struct view *ret)
{
	char name[PROC_NAME_MAX];
	bool done;

	if (!identify_memory_begin(g, p->pid))
		return false;
	done = identify_text(g, name_of(name, p->pid, what), max, ret);
	identify_memory_end(g);
	return done;
}

/* A script stands in the command line of its interpreter, and a program behind ld.so in its. */
static void read_script(struct gate *g, struct proc *p, struct hints *h)
{
	char name[PROC_NAME_MAX], cwd[GATE_PATH_MAX], path[GATE_PATH_MAX];
	size_t n_cwd = 0, tried = 0;
	struct view text, arg;

	if (!read_memory(g, p, "cmdline", SHORT_TEXT, &text) || !procline_next_arg(&text, &arg))
		return;
	while (tried < GATE_SCRIPT_ARGS_MAX && h->script == APP_NONE &&
		procline_next_arg(&text, &arg)) {
		if (arg.n == 0 || arg.p[0] == '-')
			continue;
		tried++;
		if (arg.p[0] != '/' && n_cwd == 0)
			n_cwd = identify_link(g, name_of(name, p->pid, "cwd"), cwd, sizeof(cwd));
		if (procline_resolve(view_of(cwd, n_cwd), arg, path, sizeof(path)))
			h->script = apptable_match_exe(g->apps, path);
	}
}

/* Inside its sandbox, flatpak says in the environment which application it is. */
static void read_flatpak(struct gate *g, struct proc *p, struct hints *h)
{
	char id[256];
	struct view text;

	if (h->flatpak == APP_NONE && read_memory(g, p, "environ", ENVIRON_TEXT, &text) &&
		procline_environ(text, "FLATPAK_ID", id, sizeof(id)))
		h->flatpak = apptable_match_flatpak(g->apps, id);
}

void identify_user(struct gate *g, struct proc *p)
{
	char name[PROC_NAME_MAX];
	struct view text;

	if (identify_text(g, name_of(name, p->pid, "status"), SHORT_TEXT, &text))
		(void)procline_status(text, &p->user);
	p->valid_until = g->now + GATE_USER_NS;
	subjects_tell(g, p, NULL);
}

static bool is_agent(const struct gate *g, int32_t pid)
{
	return pid == g->self || (uint32_t)pid == g->config.agent_pid;
}

/* All that a process shows of itself, without its ancestors. */
static void look(struct gate *g, struct proc *p, struct hints *h)
{
	p->checked = g->now;
	g->shared->counters.identified++;
	read_stat(g, p);
	read_exe(g, p, h);
	read_cgroup(g, p, h);
}

static void use_hints(struct gate *g, struct proc *p, struct hints *h)
{
	if (p->app != APP_NONE)
		return;
	read_script(g, p, h);
	read_flatpak(g, p, h);
	match(g, p, h->snap, PROC_HOW_SNAP);
	match(g, p, h->script, PROC_HOW_SCRIPT);
	match(g, p, h->flatpak, PROC_HOW_FLATPAK);
	if (p->app == APP_NONE)
		match(g, p, copies_match(g, p), PROC_HOW_COPY);
}

/* "None" is believed as long as the process has lived, within bounds: young ones exec. */
static void set_validity(struct gate *g, struct proc *p)
{
	uint64_t started = p->start_time * (NSEC_PER_SEC / 100); /* USER_HZ is 100 everywhere */
	struct timespec boot;
	uint64_t age;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	age = (uint64_t)boot.tv_sec * NSEC_PER_SEC + (uint64_t)boot.tv_nsec;
	age = age > started ? age - started : 0;

	if (p->app != APP_NONE) {
		identify_user(g, p);
		return;
	}
	if (age < GATE_NONE_MIN_NS)
		age = GATE_NONE_MIN_NS;
	p->valid_until = g->now + MIN(age, GATE_NONE_MAX_NS);
}

/* What the parent is known as, looking it up (and its own parents) where it is not remembered. */
static void inherit(struct gate *g, struct proc *p, unsigned depth);

static void identify_at(struct gate *g, struct proc *p, unsigned depth)
{
	struct hints h = {APP_NONE, APP_NONE, APP_NONE};

	p->busy = true; /* its ancestors may need room in the table */
	look(g, p, &h);
	if (p->app == APP_NONE && p->known)
		inherit(g, p, depth);
	if (!p->agent)
		use_hints(g, p, &h);
	set_validity(g, p);
	p->busy = false;
}

static void inherit(struct gate *g, struct proc *p, unsigned depth)
{
	struct proc *parent, scratch;

	if (p->ppid <= 1 || depth >= GATE_ANCESTORS_MAX)
		return;
	if (is_agent(g, (int32_t)p->ppid)) {
		p->agent = true;
		return;
	}
	parent = proc_find(g, (int32_t)p->ppid);
	if (!parent ||
		(parent->app == APP_NONE && !parent->agent &&
			(g->now >= parent->valid_until || parent->checked <= parent->unsettled))) {
		if (!parent)
			parent = proc_add(g, (int32_t)p->ppid);
		if (!parent) {
			parent = &scratch;
			scratch = (struct proc){.pid = (int32_t)p->ppid,
				.pidfd = -1,
				.app = APP_NONE,
				.tag = APP_NONE};
		}
		identify_at(g, parent, depth + 1);
	}
	/* A parent is older: else the number was given again. */
	if (!parent->known || parent->start_time > p->start_time)
		return;
	p->agent = parent->agent;
	match(g, p, parent->app, PROC_HOW_PARENT);
}

void identify(struct gate *g, struct proc *p)
{
	if (p->pid <= 1 || is_agent(g, p->pid)) {
		p->agent = true;
		return;
	}
	identify_at(g, p, 0);
	if (!p->known)
		g->shared->counters.unidentified++;
}

void identify_names(struct gate *g, int32_t pid, const struct proc *p, struct gate_record *ret)
{
	char name[PROC_NAME_MAX];
	struct procline_stat st;
	struct view text;

	identify_link(g, name_of(name, pid, "exe"), ret->exe, sizeof(ret->exe));
	/* "stat" adds up all threads of the process, of which there may be thousands. */
	if (p->known && identify_text(g, name_of(name, pid, "comm"), SHORT_TEXT, &text)) {
		size_t n = text.n > 0 && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n;

		n = MIN(n, sizeof(ret->comm) - 1);
		memcpy(ret->comm, text.p, n);
		ret->comm[n] = 0;
		return;
	}
	if (identify_text(g, name_of(name, pid, "stat"), SHORT_TEXT, &text) &&
		procline_stat(text, &st)) {
		memcpy(ret->comm, st.comm, sizeof(ret->comm));
		ret->ppid = st.ppid;
		ret->start_time = st.start_time;
	}
}

static void name_ancestor(struct gate *g, int32_t pid, struct record_ancestor *ret)
{
	char name[PROC_NAME_MAX], exe[GATE_PATH_MAX];
	struct view text;

	ret->pid = (uint32_t)pid;
	identify_link(g, name_of(name, pid, "exe"), exe, sizeof(exe));
	judge_copy_tail(ret->exe, sizeof(ret->exe), exe);
	if (identify_text(g, name_of(name, pid, "comm"), SHORT_TEXT, &text)) {
		size_t n = text.n > 0 && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n;

		n = MIN(n, sizeof(ret->comm) - 1);
		memcpy(ret->comm, text.p, n);
		ret->comm[n] = 0;
	}
}

/* 0 where it is not known, or there is none. */
static int32_t parent_of(struct gate *g, int32_t pid)
{
	const struct proc *p = proc_find(g, pid);
	char name[PROC_NAME_MAX];
	struct procline_stat st;
	struct view text;

	if (p && p->known)
		return (int32_t)p->ppid;
	if (identify_text(g, name_of(name, pid, "stat"), SHORT_TEXT, &text) &&
		procline_stat(text, &st))
		return (int32_t)st.ppid;
	return 0;
}

static void find_sandbox(struct gate *g, int32_t pid, struct gate_record *ret)
{
	char name[PROC_NAME_MAX], id[88];
	struct view text;

	if (procline_snap_path(ret->exe, id, sizeof(id)))
		snprintf(ret->sandbox, sizeof(ret->sandbox), "snap:%s", id);
	else if (!identify_text(g, name_of(name, pid, "cgroup"), SHORT_TEXT, &text))
		return;
	else if (procline_cgroup_flatpak(text, id, sizeof(id)))
		snprintf(ret->sandbox, sizeof(ret->sandbox), "flatpak:%s", id);
	else if (procline_cgroup_snap(text, id, sizeof(id)))
		snprintf(ret->sandbox, sizeof(ret->sandbox), "snap:%s", id);
}

void identify_descent(struct gate *g, int32_t pid, struct gate_record *ret)
{
	int32_t parent = (int32_t)ret->ppid;

	find_sandbox(g, pid, ret);
	while (parent > 0 && ret->n_ancestors < RECORD_ANCESTORS_MAX) {
		name_ancestor(g, parent, &ret->ancestors[ret->n_ancestors++]);
		parent = parent_of(g, parent);
	}
}
