/* SPDX-License-Identifier: Apache-2.0 */
/* From an event to its answer: who asks, for what, and what the policy says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "gate/gate.h"

#define STATX_WANTED (STATX_BASIC_STATS | STATX_MNT_ID)

static int64_t nanoseconds(struct statx_timestamp t)
{
	return t.tv_sec * (int64_t)NSEC_PER_SEC + t.tv_nsec;
}

/* The file of a user's own FUSE mount: to others the kernel tells only which mount it is on.
   Nothing about it is kept, so that a key which is no other's does. */
static int look_from_outside(int dir, const char *name, int flags, struct file_look *ret)
{
	struct statx st;

	if (statx(dir, name, flags | AT_STATX_DONT_SYNC, 0, &st) < 0)
		return -errno;
	*ret = (struct file_look){
		.key = {.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
			.size = 1,
			.mtime = (int64_t)clock_now()},
		.mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : UINT64_MAX,
		.regular = true,
	};
	return 0;
}

/* As file_key_read(), but never asks a server: fstat(2) on a user's FUSE mount waits for him. */
int judge_look_at(int dir, const char *name, int flags, struct file_look *ret)
{
	struct statx st;

	if (statx(dir, name, flags | AT_STATX_DONT_SYNC, STATX_WANTED, &st) < 0)
		return errno == EACCES ? look_from_outside(dir, name, flags, ret) : -errno;
	*ret = (struct file_look){
		.key = {.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
			.ino = st.stx_ino,
			.size = st.stx_size,
			.mtime = nanoseconds(st.stx_mtime),
			.ctime = nanoseconds(st.stx_ctime)},
		.mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : UINT64_MAX,
		.regular = S_ISREG(st.stx_mode),
	};
	return 0;
}

int judge_look(int fd, struct file_look *ret)
{
	return judge_look_at(fd, "", AT_EMPTY_PATH, ret);
}

void judge_path(struct gate *g, int fd)
{
	char name[16];
	ssize_t n;

	snprintf(name, sizeof(name), "%d", fd);
	n = readlinkat(g->own_files, name, g->path, sizeof(g->path) - 1);
	g->path[n > 0 ? n : 0] = 0;
}

void judge_copy_tail(char *ret, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size) {
		from += n - (size - 1);
		while (((unsigned char)*from & 0xc0) == 0x80)
			from++;
	}
	n = MIN(strlen(from), size - 1);
	memcpy(ret, from, n);
	ret[n] = 0;
}

static void fill(struct gate *g, struct gate_record *r, const struct event *ev,
	const struct proc *p, uint32_t app, const struct file_key *key, const struct question *q,
	const struct verdict *v, enum record_cause cause, enum record_way way)
{
	memset(r, 0, sizeof(*r));
	r->realtime = ev->realtime;
	r->pid = (uint32_t)ev->pid;
	r->ppid = p->ppid;
	r->start_time = p->start_time;
	r->uid = p->user.uid;
	r->policy_version = v->version;
	r->action = v->action;
	r->intended = v->intended;
	r->override = v->override;
	r->channel = q->channel;
	r->cause = cause;
	r->posture = q->posture;
	r->way = way;
	if (key)
		r->key = *key;
	r->facts = q->facts;
	r->failure = v->failure;
	r->may_be = v->may_be;
	r->meeting = q->meeting;
	snprintf(r->app, sizeof(r->app), "%s", apptable_id(g->apps, app));
	snprintf(r->rule, sizeof(r->rule), "%s", policy_rule_name(g->policy, v->rule));
	snprintf(r->identified, sizeof(r->identified), "%s", proc_how_name((enum proc_how)p->how));
	judge_copy_tail(r->path, sizeof(r->path), g->path);
	/* While the opener still waits: afterwards it may be gone. */
	identify_names(g, ev->pid, p, r);
}

/* A read that may go on is recorded once, where it would be refused in another mode: each call is
   one, and what is only logged was recorded when the file was opened. */
static bool is_recorded(
	const struct verdict *v, struct proc *p, const struct file_key *key, enum record_way way)
{
	bool refused = action_refuses(v->action), would = action_refuses(v->intended);

	if (would && !refused && key && proc_is_told(p, key) && way == RECORD_WAY_READ)
		return false;
	if (way == RECORD_WAY_READ && !refused && !would)
		return false;
	return v->rule != POLICY_RULE_NONE &&
		(v->action > ACTION_ALLOW || v->intended > ACTION_ALLOW);
}

/* What is answered although nobody could look: one count for each open. */
static void count_failure(struct gate *g, const struct verdict *v)
{
	enum gate_outcome outcome = action_refuses(v->action) ? GATE_OUTCOME_REFUSED
		: v->action == ACTION_ALLOW                   ? GATE_OUTCOME_ALLOWED
							      : GATE_OUTCOME_LOGGED;

	if (v->failure != FAILURE_NONE)
		g->shared->counters.failures[v->failure][v->may_be][outcome]++;
}

static void ask_policy(struct gate *g, const struct proc *p, uint32_t app, enum channel channel,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause,
	const struct event *ev, struct question *q, struct verdict *v)
{
	*q = (struct question){
		.facts = *facts,
		.app = app,
		.category = apptable_category(g->apps, app),
		.channel = channel,
		.uid = p->user.uid,
		.gids = p->user.gids,
		.n_gids = p->user.n_gids,
		.path = g->path[0] ? g->path : NULL,
		.realtime = ev->realtime,
		.utc_offset = g->utc_offset,
		.meeting = g->meeting,
		.was = marks_level(g, key),
	};
	if (facts->completeness != COMPLETENESS_FULL)
		q->failure = record_cause_failure(cause);
	if (channel == CHANNEL_EXEC)
		q->posture = posture_of(g, ev->fd);
	policy_decide(g->policy, q, v);
}

void judge(struct gate *g, struct event *ev, struct proc *p, uint32_t app,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause)
{
	struct gate_counters *c = &g->shared->counters;
	enum channel channel = ev->mask & FAN_OPEN_EXEC_PERM ? CHANNEL_EXEC : CHANNEL_OPEN;
	enum record_way way = ev->mask & (FAN_OPEN_EXEC_PERM | FAN_OPEN_PERM) ? RECORD_WAY_OPEN
									      : RECORD_WAY_READ;
	struct gate_kept_record *kept = NULL;
	struct question q;
	struct verdict v;

	/* An application that a new table no longer has. */
	if (app == APP_NONE) {
		event_answer(g, ev, true);
		return;
	}
	ask_policy(g, p, app, channel, key, facts, cause, ev, &q, &v);
	count_failure(g, &v);
	if (is_recorded(&v, p, key, way)) {
		kept = record_next(g);
		if (kept)
			fill(g, &kept->record, ev, p, app, key, &q, &v, cause, way);
	}
	event_answer(g, ev, !action_refuses(v.action));
	event_count(ev,
		cause == RECORD_CAUSE_KNOWN && channel == CHANNEL_OPEN ? &c->max_known_ns
								       : &c->max_held_ns,
		c->gated_us);
	if (kept) {
		kept->record.hold_ns = clock_now() - ev->arrived;
		/* Nobody waits any more, and it may be gone: then there is less to tell. */
		identify_descent(g, ev->pid, &kept->record);
		record_commit(g, kept);
	}
}

bool judge_refuses_start(struct gate *g, const struct event *ev, const struct proc *p, uint32_t app)
{
	static const struct facts_brief nothing = {.level = LEVEL_NONE};
	struct question q;
	struct verdict v;

	ask_policy(g, p, app, CHANNEL_EXEC, NULL, &nothing, RECORD_CAUSE_KNOWN, ev, &q, &v);
	return action_refuses(v.action);
}

bool judge_inherited(struct gate *g, const struct event *ev, const struct proc *p, uint32_t app,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause)
{
	struct gate_kept_record *kept;
	struct question q;
	struct verdict v;

	ask_policy(g, p, app, CHANNEL_OPEN, key, facts, cause, ev, &q, &v);
	count_failure(g, &v);
	if (!action_refuses(v.action) && !action_refuses(v.intended))
		return false; /* what is only recorded is recorded when it opens files itself */
	kept = record_next(g);
	if (kept) {
		fill(g, &kept->record, ev, p, app, key, &q, &v, cause, RECORD_WAY_INHERITED);
		kept->record.hold_ns = clock_now() - ev->arrived;
		/* Its start waits for some lines of procfs more, where it is refused or recorded.
		 */
		identify_descent(g, ev->pid, &kept->record);
		record_commit(g, kept);
	}
	return action_refuses(v.action);
}

void judge_already(
	struct gate *g, struct proc *p, const struct file_key *key, const struct facts_brief *facts)
{
	const struct event now = {
		.fd = -1, .pid = p->pid, .arrived = g->now, .realtime = g->boot_offset + g->now};
	struct gate_kept_record *kept;
	struct question q;
	struct verdict v;

	ask_policy(g, p, p->app, CHANNEL_OPEN, key, facts, RECORD_CAUSE_KNOWN, &now, &q, &v);
	if (!action_refuses(v.action) && !action_refuses(v.intended))
		return;
	kept = record_next(g);
	if (!kept)
		return;
	fill(g, &kept->record, &now, p, p->app, key, &q, &v, RECORD_CAUSE_KNOWN,
		RECORD_WAY_ALREADY);
	kept->record.action = ACTION_LOG; /* nothing could be refused any more */
	kept->record.intended = MAX(v.action, v.intended);
	identify_descent(g, p->pid, &kept->record);
	record_commit(g, kept);
}

static void allow(struct gate *g, struct event *ev)
{
	struct gate_counters *c = &g->shared->counters;

	event_answer(g, ev, true);
	event_done(ev);
	c->allowed++;
	event_count(ev, &c->max_allowed_ns, c->allowed_us);
}

bool judge_is_outside(struct gate *g, uint64_t mount)
{
	if (g->config.protect.n == 0 || g->path[0] != '/')
		return false;
	for (uint32_t i = 0; i < g->config.protect.n; i++)
		if (procline_is_below(g->path, g->config.protect.v[i]))
			return false;
	return mounts_is_host(g, mount);
}

static void judge_open(struct gate *g, struct event *ev, struct proc *p)
{
	struct gate_counters *c = &g->shared->counters;
	static const struct facts_brief empty = {.level = LEVEL_NONE};
	struct facts_brief facts;
	struct file_look look;

	c->gated++;
	c->reads += !(ev->mask & FAN_OPEN_PERM);
	judge_path(g, ev->fd);
	if (judge_look(ev->fd, &look) < 0) {
		facts = (struct facts_brief){.completeness = COMPLETENESS_UNREADABLE,
			.reasons = REASON_BIT(REASON_CRASHED)};
		judge(g, ev, p, p->app, NULL, &facts, RECORD_CAUSE_KNOWN);
		event_done(ev);
		return;
	}
	if (!look.regular || judge_is_outside(g, look.mount)) {
		c->outside++;
		event_answer(g, ev, true);
		event_count(ev, &c->max_known_ns, c->gated_us);
	} else if (look.key.size == 0) {
		/* Nothing in it to look at; what is written later is the next open's matter. */
		c->known++;
		judge(g, ev, p, p->app, &look.key, &empty, RECORD_CAUSE_KNOWN);
	} else if (facts_known(g, &look.key, ev->fd, &facts)) {
		c->known++;
		judge(g, ev, p, p->app, &look.key, &facts, RECORD_CAUSE_KNOWN);
	} else {
		hold_open(g, ev, p, &look.key, look.mount);
		return;
	}
	event_done(ev);
}

/* The application that the executed file is, or APP_NONE. */
static uint32_t executed_app(struct gate *g, int fd)
{
	char snap[256];
	uint32_t app;

	judge_path(g, fd);
	app = apptable_match_exe(g->apps, g->path);
	if (app == APP_NONE && procline_snap_path(g->path, snap, sizeof(snap)))
		app = apptable_match_snap(g->apps, snap);
	if (app == APP_NONE)
		app = starts_app(g, fd);
	return app;
}

/* A program that an application wrote, started by anybody: decided as that application's. It goes
   on as the other opens do where it may. */
static bool judge_dropped(struct gate *g, struct event *ev, struct proc *p)
{
	static const struct facts_brief nothing = {.level = LEVEL_NONE};
	uint32_t writer = posture_writer(g, ev->fd);

	if (writer == APP_NONE)
		return false;
	identify_user(g, p);
	p->valid_until = 0; /* that it belongs to none is looked at again */
	p->unsettled = g->now + GATE_EXEC_SETTLE_NS;
	judge_path(g, ev->fd);
	judge(g, ev, p, writer, NULL, &nothing, RECORD_CAUSE_KNOWN);
	event_done(ev);
	return true;
}

static void judge_exec(struct gate *g, struct event *ev)
{
	struct gate_counters *c = &g->shared->counters;
	uint32_t app = executed_app(g, ev->fd);
	struct proc *p;

	p = proc_get(g, ev->pid);
	if (app == APP_NONE && !p->agent && judge_dropped(g, ev, p))
		return;
	if (app == APP_NONE || p->agent) {
		p->unsettled = g->now + GATE_EXEC_SETTLE_NS;
		allow(g, ev);
		return;
	}
	c->gated++;
	c->execs++;
	exec_begin(g, ev, p, app);
}

void judge_event(struct gate *g, struct event *ev)
{
	struct proc *p;

	if (ev->mask & FAN_OPEN_EXEC_PERM) {
		judge_exec(g, ev);
		return;
	}
	p = proc_get(g, ev->pid);
	if (p->app != APP_NONE && !p->agent) {
		judge_open(g, ev, p);
		return;
	}
	facts_opened(g, ev->fd);
	allow(g, ev);
}
