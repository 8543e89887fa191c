/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of an application, from its exec to its first instruction: what it would inherit is
 * judged as if it opened it; then the file systems are covered and it is tagged; then it goes on.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "gate/gate.h"
#include "wire/pack.h"

static const struct facts_brief nothing = {.level = LEVEL_NONE};
static const struct facts_brief timed_out = {
	.completeness = COMPLETENESS_UNREADABLE, .reasons = REASON_BIT(REASON_TIMED_OUT)};
static const struct facts_brief crashed = {
	.completeness = COMPLETENESS_UNREADABLE, .reasons = REASON_BIT(REASON_CRASHED)};

/* It goes on without an answer of the supervisor. */
static void count_late(struct gate *g)
{
	g->shared->counters.tag_timeouts += g->config.cgroup_tags;
	g->shared->counters.cover_timeouts += g->config.on_demand && !g->covered;
}

/* Its names are those of the program before until it runs: soon they are read again. */
static void will_be(struct gate *g, struct proc *p)
{
	subjects_tell(g, p, g->path);
	p->valid_until = g->now + GATE_EXEC_USER_NS;
}

static void go_on(struct gate *g, struct hold *h)
{
	struct proc *p = proc_get(g, h->event.pid);

	judge_path(g, h->event.fd);
	will_be(g, p);
	judge(g, &h->event, p, h->app, NULL, &nothing, RECORD_CAUSE_KNOWN);
	hold_free(g, h);
}

/* All that it inherits may come along. Without a hold, `ev` is still the caller's. */
static void start(struct gate *g, struct event *ev, struct hold *h, uint32_t app)
{
	struct proc *p = proc_get(g, ev->pid);
	struct pack k;

	proc_set_app(g, p, app, PROC_HOW_EXEC);
	identify_user(g, p);
	judge_path(g, ev->fd);
	will_be(g, p);
	/* Also where it is the first one: no application runs before the file systems are covered.
	 */
	if ((!g->config.cgroup_tags || p->tag == app) && (!g->config.on_demand || g->covered)) {
		judge(g, ev, p, app, NULL, &nothing, RECORD_CAUSE_KNOWN);
		if (h)
			hold_free(g, h);
		else
			event_done(ev);
		return;
	}
	if (!h)
		h = hold_take(g, ev, app, NULL, GATE_SLOT_EXEC);
	if (!h) {
		count_late(g);
		judge(g, ev, p, app, NULL, &nothing, RECORD_CAUSE_PRESSURE);
		event_done(ev);
		return;
	}
	h->id = hold_next_id(g);
	g->look.told_idle = false;
	k = gate_pack(g);
	pack_u32(&k, (uint32_t)ev->pid);
	pack_u32(&k, app);
	if (k.error || child_send(g->child, GATE_TAG, h->id, buf_view(&g->frame), NULL, 0) < 0) {
		count_late(g);
		go_on(g, h);
		return;
	}
	hold_arm(g);
}

enum passed { PASSED, REFUSED, UNKNOWN };

/* Asks about one descriptor. UNKNOWN: core is looking at it. */
static enum passed check_one(struct gate *g, const struct event *ev, struct proc *p, uint32_t app,
	const struct open_file *f, struct request **ret_request)
{
	cleanup_with(fd_closep) int fd = fds_take(g, ev->pid, f->number);
	enum record_cause cause = RECORD_CAUSE_KNOWN;
	struct facts_brief facts;

	g->shared->counters.inherited++;
	if (fd < 0 || !facts_known(g, &f->look.key, fd, &facts)) {
		if (fd >= 0 && hold_request(g, fd, ev, app, &f->look, ret_request) == 0)
			return UNKNOWN;
		facts = crashed;
		cause = files_is_short(g) ? RECORD_CAUSE_DESCRIPTORS : RECORD_CAUSE_CORE_GONE;
	}
	return judge_inherited(g, ev, p, app, &f->look.key, &facts, cause) ? REFUSED : PASSED;
}

/* Of the descriptors from `from` on, of which `ret` is the last that was looked at. */
static enum passed check(struct gate *g, const struct event *ev, struct proc *p, uint32_t app,
	int32_t from, struct open_file *ret, struct request **ret_request)
{
	enum passed passed = PASSED;
	struct fds walk;

	if (!fds_open(g, ev->pid, from, GATE_EXEC_FILES_MAX, &walk))
		return PASSED; /* it is gone */
	while (passed == PASSED && fds_next(g, &walk, ret))
		if (!ret->closed_by_exec)
			passed = check_one(g, ev, p, app, ret, ret_request);
	/* Nobody starts an application with so many by accident. */
	if (passed == PASSED && walk.left == 0) {
		g->path[0] = 0;
		if (judge_inherited(g, ev, p, app, NULL, &timed_out, RECORD_CAUSE_PRESSURE))
			passed = REFUSED;
	}
	fds_close(&walk);
	return passed;
}

static void refuse(struct gate *g, struct event *ev, struct hold *h)
{
	event_answer(g, ev, false);
	if (h)
		hold_free(g, h);
	else
		event_done(ev);
}

/* Where it stands: refused, on to its start, or held for the next file. */
static void proceed(struct gate *g, struct event *ev, struct hold *h, struct proc *p, uint32_t app,
	int32_t from)
{
	struct open_file f = {0};
	struct request *q = NULL;

	switch (check(g, ev, p, app, from, &f, &q)) {
	case REFUSED: refuse(g, ev, h); return;
	case PASSED: start(g, ev, h, app); return;
	case UNKNOWN: break;
	}
	if (!h)
		h = hold_take(g, ev, app, NULL, GATE_SLOT_EXEC);
	if (!h) {
		if (judge_inherited(g, ev, p, app, &f.look.key, &timed_out, RECORD_CAUSE_PRESSURE))
			refuse(g, ev, NULL);
		else
			start(g, ev, NULL, app);
		return;
	}
	h->inherited = f.number;
	h->inherited_key = f.look.key;
	hold_wait(g, h, q);
}

void exec_begin(struct gate *g, struct event *ev, struct proc *p, uint32_t app)
{
	uint64_t until;

	if (p->app == APP_NONE) {
		until = p->valid_until;
		identify_user(g, p);
		p->valid_until = until; /* that it belongs to none is not believed longer for it */
	}
	judge_path(g, ev->fd);
	/* Before it is anybody's: a shell whose exec fails stays what it was. */
	if (judge_refuses_start(g, ev, p, app)) {
		judge(g, ev, p, app, NULL, &nothing, RECORD_CAUSE_KNOWN);
		event_done(ev);
		return;
	}
	/* What an application has open was judged before. */
	if (p->app != APP_NONE) {
		start(g, ev, NULL, app);
		return;
	}
	proceed(g, ev, NULL, p, app, 0);
}

void exec_facts(
	struct gate *g, struct hold *h, const struct facts_brief *facts, enum record_cause cause)
{
	struct proc *p = proc_get(g, h->event.pid);
	char name[64];

	hold_stop_waiting(h);
	snprintf(name, sizeof(name), "%d/fd/%d", h->event.pid, h->inherited);
	identify_link(g, name, g->path, sizeof(g->path));
	if (judge_inherited(g, &h->event, p, h->app, &h->inherited_key, facts, cause))
		refuse(g, &h->event, h);
	else
		proceed(g, &h->event, h, p, h->app, h->inherited + 1);
}

bool exec_any(const struct gate *g)
{
	return !list_is_empty(&g->holds.execs);
}

void exec_tagged(struct gate *g, uint32_t id, bool tagged, bool covered)
{
	/* Numbers go round. */
	if ((int32_t)(id - g->covered_after) > 0)
		g->covered = covered;
	list_for_each(n, &g->holds.execs) {
		struct hold *h = list_entry(n, struct hold, node);
		struct proc *p;

		if (h->id != id || h->request)
			continue;
		p = proc_find(g, h->event.pid);
		if (p && tagged)
			p->tag = h->app;
		g->shared->counters.cover_timeouts += g->config.on_demand && !covered;
		go_on(g, h);
		hold_arm(g);
		return;
	}
}

void exec_late(struct gate *g, struct hold *h)
{
	if (h->request) {
		exec_facts(g, h, &timed_out, RECORD_CAUSE_DEADLINE);
		return;
	}
	count_late(g);
	go_on(g, h);
}

/* Those that wait for facts; the others wait for the supervisor. */
void exec_core_gone(struct gate *g)
{
	list_for_each_safe(n, tmp, &g->holds.execs) {
		struct hold *h = list_entry(n, struct hold, node);

		if (h->request)
			exec_facts(g, h, &crashed, RECORD_CAUSE_CORE_GONE);
	}
}

void exec_release(struct gate *g)
{
	while (!list_is_empty(&g->holds.execs))
		go_on(g, list_first(&g->holds.execs, struct hold, node));
}
