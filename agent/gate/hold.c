/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that wait: opens for core's facts, execs for their tag. Each has a slot here and its like
 * in shared memory, and a deadline of the gate's own. All wait equally long, so the lists are in
 * order of deadline. Several openers of one file share one request; a request outlives its
 * openers' deadline, so that the second try finds the facts.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>

#include "base/fd.h"
#include "gate/gate.h"

static const struct facts_brief timed_out = {
	.completeness = COMPLETENESS_UNREADABLE, .reasons = REASON_BIT(REASON_TIMED_OUT)};
static const struct facts_brief crashed = {
	.completeness = COMPLETENESS_UNREADABLE, .reasons = REASON_BIT(REASON_CRASHED)};

void hold_init(struct gate *g)
{
	struct hold_table *t = &g->holds;

	list_init(&t->free);
	list_init(&t->opens);
	list_init(&t->execs);
	list_init(&t->free_requests);
	list_init(&t->sent);
	for (uint32_t i = 0; i < GATE_BUCKETS; i++)
		list_init(&t->buckets[i]);
	for (uint32_t i = 0; i < GATE_SLOTS_MAX; i++) {
		list_init(&t->v[i].by_file);
		list_append(&t->free, &t->v[i].node);
	}
	for (uint32_t i = 0; i < GATE_REQUESTS_MAX; i++) {
		t->requests[i].fd = -1;
		list_init(&t->requests[i].waiting);
		list_init(&t->requests[i].bucket);
		list_append(&t->free_requests, &t->requests[i].node);
	}
}

uint32_t hold_next_id(struct gate *g)
{
	if (++g->holds.next_id == 0)
		g->holds.next_id = 1;
	return g->holds.next_id;
}

/* Slots. */

static struct gate_slot *shared_of(struct gate *g, const struct hold *h)
{
	return &g->shared->slots[h - g->holds.v];
}

struct hold *hold_take(struct gate *g, struct event *ev, uint32_t app, const struct file_key *key,
	enum gate_slot_kind kind)
{
	struct hold_table *t = &g->holds;
	struct gate_slot *s;
	struct hold *h;

	if (list_is_empty(&t->free))
		return NULL;
	h = list_first(&t->free, struct hold, node);
	list_remove(&h->node);
	list_append(kind == GATE_SLOT_EXEC ? &t->execs : &t->opens, &h->node);
	h->event = *ev;
	h->app = app;
	h->exec = kind == GATE_SLOT_EXEC;
	h->request = NULL;
	h->id = 0;
	s = shared_of(g, h);
	s->fd = ev->fd;
	s->pid = ev->pid;
	s->mask = (uint32_t)ev->mask;
	s->app = app;
	s->arrived = ev->arrived;
	s->realtime = ev->realtime;
	s->key = key ? *key : (struct file_key){0};
	judge_copy_tail(s->path, sizeof(s->path), g->path);
	__atomic_store_n(&s->kind, (uint32_t)kind, __ATOMIC_RELEASE);
	event_forget(g, ev);
	g->shared->n_held++;
	return h;
}

void hold_free(struct gate *g, struct hold *h)
{
	event_done(&h->event);
	__atomic_store_n(&shared_of(g, h)->kind, (uint32_t)GATE_SLOT_FREE, __ATOMIC_RELEASE);
	list_remove(&h->node);
	list_remove(&h->by_file);
	list_append(&g->holds.free, &h->node);
	g->shared->n_held--;
}

static void count_cause(struct gate *g, enum record_cause cause)
{
	struct gate_counters *c = &g->shared->counters;

	switch (cause) {
	case RECORD_CAUSE_STORE:
	case RECORD_CAUSE_SCANNED: c->scanned++; break;
	case RECORD_CAUSE_DESCRIPTORS: c->descriptors++; break;
	case RECORD_CAUSE_DEADLINE: c->deadline++; break;
	case RECORD_CAUSE_CORE_GONE: c->core_gone++; break;
	case RECORD_CAUSE_PRESSURE: c->pressure++; break;
	case RECORD_CAUSE_SUCCESSOR: c->successor++; break;
	case RECORD_CAUSE_KNOWN:
	case RECORD_CAUSE_MAX: break;
	}
}

static void resolve_open(
	struct gate *g, struct hold *h, const struct facts_brief *facts, enum record_cause cause)
{
	struct proc *p = proc_get(g, h->event.pid);

	count_cause(g, cause);
	judge_path(g, h->event.fd);
	judge(g, &h->event, p, h->app, &shared_of(g, h)->key, facts, cause);
	hold_free(g, h);
}

/* Requests. */

static struct list *bucket_of(struct gate *g, const struct file_key *key)
{
	return &g->holds.buckets[file_key_hash(key) & (GATE_BUCKETS - 1)];
}

static struct request *request_find(struct gate *g, const struct file_key *key)
{
	list_for_each(n, bucket_of(g, key)) {
		struct request *q = list_entry(n, struct request, bucket);

		if (file_key_eq(&q->key, key) && q->epoch == g->epoch)
			return q;
	}
	return NULL;
}

static void request_free(struct gate *g, struct request *q)
{
	q->fd = fd_close(q->fd);
	q->id = 0;
	list_remove(&q->bucket);
	list_remove(&q->node);
	list_append(&g->holds.free_requests, &q->node);
	g->holds.n_requests--;
}

/* A free one; the oldest that nobody waits for any more has to go where there is none. */
static struct request *request_take(struct gate *g)
{
	struct hold_table *t = &g->holds;

	if (list_is_empty(&t->free_requests)) {
		list_for_each(n, &t->sent) {
			struct request *q = list_entry(n, struct request, node);

			if (!list_is_empty(&q->waiting))
				continue;
			request_free(g, q);
			break;
		}
	}
	return list_is_empty(&t->free_requests)
		? NULL
		: list_first(&t->free_requests, struct request, node);
}

static int request_send(
	struct gate *g, struct request *q, int32_t pid, uint64_t arrived, uint32_t app)
{
	struct pack p = gate_pack(g);

	pack_key(&p, &q->key);
	pack_u32(&p, app);
	pack_u32(&p, (uint32_t)pid);
	pack_u64(&p, arrived + g->config.hold_ns);
	pack_u8(&p, q->no_writer);
	return p.error ? p.error : link_send(g, GATE_CLASSIFY, q->id, q->fd);
}

/* Asks core about the file. -EAGAIN where it cannot take it, -EPIPE where it is gone, -EMFILE for
   want of a descriptor. */
static int request_new(struct gate *g, int fd, int32_t pid, uint64_t arrived, uint32_t app,
	const struct file_key *key, enum file_track track, struct request **ret)
{
	struct request *q = files_is_short(g) ? NULL : request_take(g);
	int r;

	if (!q)
		return files_is_short(g) ? -EMFILE : -EAGAIN;
	q->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (q->fd < 0)
		return -EMFILE;
	/* Being scanned is not being read by somebody; a file system that cannot do it may not
	 * care. */
	unchecked(fcntl(q->fd, F_SETFL, O_NOATIME));
	q->key = *key;
	q->id = hold_next_id(g);
	q->epoch = g->epoch;
	q->track = (uint8_t)track;
	q->about = 0;
	facts_watch(g, track); /* from before the look at who writes */
	q->no_writer = track >= FILE_TRACK_SHORT && file_has_no_writer(q->fd);
	q->sent = clock_now();
	q->sent_realtime = clock_realtime();
	list_remove(&q->node);
	list_append(&g->holds.sent, &q->node);
	g->holds.n_requests++;
	list_prepend(bucket_of(g, key), &q->bucket);
	r = request_send(g, q, pid, arrived, app);
	if (r < 0)
		request_free(g, q);
	else
		*ret = q;
	return r;
}

static struct request *request_by_id(struct gate *g, uint32_t id)
{
	list_for_each(n, &g->holds.sent) {
		struct request *q = list_entry(n, struct request, node);

		if (q->id == id)
			return q;
	}
	return NULL;
}

/* Holding. */

static enum record_cause cause_of(int error)
{
	return error == -EPIPE     ? RECORD_CAUSE_CORE_GONE
		: error == -EMFILE ? RECORD_CAUSE_DESCRIPTORS
				   : RECORD_CAUSE_PRESSURE;
}

static void judge_at_once(struct gate *g, struct event *ev, struct proc *p,
	const struct file_key *key, const struct facts_brief *facts, enum record_cause cause)
{
	count_cause(g, cause);
	judge(g, ev, p, p->app, key, facts, cause);
	event_done(ev);
}

void hold_wait(struct gate *g, struct hold *h, struct request *q)
{
	h->request = q;
	list_append(&q->waiting, &h->by_file);
	hold_arm(g);
}

void hold_open(struct gate *g, struct event *ev, struct proc *p, const struct file_key *key,
	uint64_t mount)
{
	struct request *q = request_find(g, key);
	struct hold *h;
	int r = 0;

	if (g->core < 0 || g->stopping) {
		judge_at_once(g, ev, p, key, &crashed, RECORD_CAUSE_CORE_GONE);
		return;
	}
	if (list_is_empty(&g->holds.free)) {
		judge_at_once(g, ev, p, key, &timed_out, RECORD_CAUSE_PRESSURE);
		return;
	}
	if (files_is_short(g)) {
		judge_at_once(g, ev, p, key, &crashed, RECORD_CAUSE_DESCRIPTORS);
		return;
	}
	if (q)
		g->shared->counters.shared++;
	else
		r = request_new(g, ev->fd, ev->pid, ev->arrived, p->app, key,
			mounts_track(g, mount, ev->pid), &q);
	if (r < 0) {
		judge_at_once(g, ev, p, key, &crashed, cause_of(r));
		return;
	}
	g->shared->counters.held++;
	h = hold_take(g, ev, p->app, key, GATE_SLOT_OPEN);
	hold_wait(g, h, q);
}

void hold_stop_waiting(struct hold *h)
{
	h->request = NULL;
	list_remove(&h->by_file);
}

int hold_request(struct gate *g, int fd, const struct event *ev, uint32_t app,
	const struct file_look *look, struct request **ret)
{
	if (g->core < 0 || g->stopping)
		return -EPIPE;
	/* A request of its own: a scan that began earlier may have read other content. */
	return request_new(g, fd, ev->pid, ev->arrived, app, &look->key,
		mounts_track(g, look->mount, ev->pid), ret);
}

void hold_ask(struct gate *g, struct proc *p, int fd, const struct file_look *look)
{
	struct request *q = request_find(g, &look->key);

	if (g->core < 0 || g->stopping ||
		(!q &&
			request_new(g, fd, p->pid, g->now, p->app, &look->key,
				mounts_track(g, look->mount, p->pid), &q) < 0))
		return;
	q->about = p->pid;
	q->about_app = p->app;
}

/* The checks after the scan: what was read is what the file still is. */
static bool unchanged(struct request *q)
{
	struct file_look look;

	return q->no_writer && q->track >= FILE_TRACK_SHORT && judge_look(q->fd, &look) == 0 &&
		file_key_eq(&look.key, &q->key) && file_key_is_settled(&q->key, q->sent_realtime) &&
		file_has_no_writer(q->fd);
}

/* Those that joined after the scan began, of a file that changes: one more scan for all of them. */
static void ask_again(struct gate *g, struct list *waiting, enum file_track track)
{
	struct hold *first = list_first(waiting, struct hold, by_file);
	struct request *q = NULL;
	struct file_look look;
	int r = judge_look(first->event.fd, &look);

	if (r == 0)
		r = request_new(g, first->event.fd, first->event.pid, first->event.arrived,
			first->app, &look.key, track, &q);
	list_for_each_safe(n, tmp, waiting) {
		struct hold *h = list_entry(n, struct hold, by_file);

		list_remove(n);
		if (r < 0) {
			resolve_open(g, h, &crashed, cause_of(r));
			continue;
		}
		h->request = q;
		shared_of(g, h)->key = look.key;
		list_append(&q->waiting, &h->by_file);
	}
}

void hold_opened(struct gate *g, const struct file_key *key)
{
	list_for_each(n, bucket_of(g, key)) {
		struct request *q = list_entry(n, struct request, bucket);

		if (q->track == FILE_TRACK_SHORT && q->key.ino == key->ino &&
			q->key.dev == key->dev)
			q->no_writer = false;
	}
}

static void confirm(struct gate *g, uint32_t id, bool agree)
{
	struct pack p = gate_pack(g);

	pack_u8(&p, agree);
	/* Where core does not take it, it keeps nothing, which is safe. */
	if (p.error || link_send(g, GATE_CONFIRM, id, -1) < 0)
		return;
}

/* The process that had it open already when it was looked at. */
static void tell_about(struct gate *g, struct request *q, const struct facts_brief *facts)
{
	struct proc *p = q->about ? proc_find(g, q->about) : NULL;

	if (!p || p->app == APP_NONE || p->app != q->about_app)
		return;
	judge_path(g, q->fd);
	judge_already(g, p, &q->key, facts);
}

void hold_facts(struct gate *g, uint32_t id, const struct file_key *key,
	const struct facts_brief *facts, bool may_keep, enum record_cause cause)
{
	struct request *q = request_by_id(g, id);
	struct list again;
	bool sound, late;

	if (!q || !file_key_eq(&q->key, key)) {
		confirm(g, id, false);
		return;
	}
	list_init(&again);
	late = list_is_empty(&q->waiting);
	sound = may_keep && q->epoch == g->epoch && unchanged(q);
	if (sound) {
		facts_keep(g, &q->key, facts, (enum file_track)q->track);
		g->shared->counters.late += late;
	}
	/* Before the answer: the descriptor that comes of it raises events only then. */
	marks_facts(g, q->fd, (enum file_track)q->track, &q->key, facts);
	tell_about(g, q, facts);
	list_for_each_safe(n, tmp, &q->waiting) {
		struct hold *h = list_entry(n, struct hold, by_file);

		if (h->exec) {
			count_cause(g, cause);
			exec_facts(g, h, facts, cause);
			continue;
		}
		if (sound || h->event.arrived <= q->sent) {
			resolve_open(g, h, facts, cause);
			continue;
		}
		list_remove(n);
		list_append(&again, n);
	}
	confirm(g, id, sound && q->track == FILE_TRACK_FULL);
	if (!list_is_empty(&again))
		ask_again(g, &again, (enum file_track)q->track);
	request_free(g, q);
	hold_arm(g);
}

/* The first of the list where its time is up, else NULL. */
static struct hold *due(struct gate *g, struct list *l, uint64_t wait)
{
	struct hold *h = list_is_empty(l) ? NULL : list_first(l, struct hold, node);

	return h && h->event.arrived + wait <= g->now ? h : NULL;
}

void hold_expire(struct gate *g)
{
	struct hold_table *t = &g->holds;
	uint64_t until;
	struct hold *h;

	g->now = clock_now();
	until = g->now + GATE_ROUND_NS; /* what is left is due at once: see hold_arm() */
	while (clock_now() < until && (h = due(g, &t->execs, GATE_TAG_NS)))
		exec_late(g, h);
	while (clock_now() < until && (h = due(g, &t->opens, g->config.hold_ns)))
		resolve_open(g, h, &timed_out, RECORD_CAUSE_DEADLINE);
	while (!list_is_empty(&t->sent)) {
		struct request *q = list_first(&t->sent, struct request, node);

		if (q->sent + GATE_LATE_NS > g->now || !list_is_empty(&q->waiting))
			break;
		request_free(g, q);
	}
	hold_arm(g);
}

/* Sets the timer to the next deadline. */
void hold_arm(struct gate *g)
{
	struct hold_table *t = &g->holds;
	uint64_t at = 0;

	if (!list_is_empty(&t->opens))
		at = list_first(&t->opens, struct hold, node)->event.arrived + g->config.hold_ns;
	if (!list_is_empty(&t->execs)) {
		uint64_t exec = list_first(&t->execs, struct hold, node)->event.arrived +
			GATE_TAG_NS;

		if (at == 0 || exec < at)
			at = exec;
	}
	if (g->hold_timer) /* core may come and go before the gate serves */
		loop_timer_set(g->hold_timer, at);
}

void hold_core_gone(struct gate *g)
{
	struct hold_table *t = &g->holds;

	g->now = clock_now();
	while (!list_is_empty(&t->opens))
		resolve_open(g, list_first(&t->opens, struct hold, node), &crashed,
			RECORD_CAUSE_CORE_GONE);
	exec_core_gone(g);
	while (!list_is_empty(&t->sent))
		request_free(g, list_first(&t->sent, struct request, node));
	hold_arm(g);
}

void hold_shed(struct gate *g, uint32_t n)
{
	struct hold_table *t = &g->holds;

	list_for_each_safe(at, tmp, &t->sent) {
		struct request *q = list_entry(at, struct request, node);

		if (n == 0 || !list_is_empty(&q->waiting))
			continue;
		request_free(g, q);
		n--;
	}
	for (; n > 0 && !list_is_empty(&t->opens); n--)
		resolve_open(g, list_first(&t->opens, struct hold, node), &crashed,
			RECORD_CAUSE_DESCRIPTORS);
	hold_arm(g);
}

void hold_release(struct gate *g)
{
	hold_core_gone(g);
	exec_release(g);
	hold_arm(g);
}

/* An event that a dead gate had read, known by its number alone: the descriptor is gone. */
static void recover(struct gate *g, struct event *ev, uint32_t app, const struct file_key *key)
{
	struct proc *p;

	g->shared->counters.successor++;
	if (ev->mask & FAN_OPEN_EXEC_PERM) {
		event_answer(g, ev, true);
		return;
	}
	p = proc_get(g, ev->pid);
	if (p->app != APP_NONE)
		app = p->app;
	if (app == APP_NONE || p->agent)
		event_answer(g, ev, true);
	else
		judge(g, ev, p, app, key, &crashed, RECORD_CAUSE_SUCCESSOR);
}

static void recover_batched(struct gate *g, struct event *ev)
{
	g->path[0] = 0;
	recover(g, ev, APP_NONE, NULL);
}

void hold_recover(struct gate *g)
{
	/* Numbers of applications mean something only in the table they were taken from. */
	bool same_apps = g->shared->policy_version == g->policy_version;

	identify_memory_recover(g);
	for (uint32_t i = 0; i < GATE_SLOTS_MAX; i++) {
		struct gate_slot *s = &g->shared->slots[i];
		struct event ev = {.fd = s->fd,
			.pid = s->pid,
			.mask = s->mask,
			.arrived = s->arrived,
			.realtime = s->realtime};
		uint32_t app = s->app;

		if (s->kind == GATE_SLOT_FREE)
			continue;
		if (!same_apps || app >= apptable_n(g->apps))
			app = APP_NONE;
		s->path[sizeof(s->path) - 1] = 0;
		snprintf(g->path, sizeof(g->path), "%s", s->path);
		recover(g, &ev, app, &s->key);
		s->kind = GATE_SLOT_FREE;
	}
	event_batch(g, recover_batched);
	g->shared->n_held = 0;
}

static void renumber(struct gate *g, struct list *l, const struct apptable *old)
{
	list_for_each(n, l) {
		struct hold *h = list_entry(n, struct hold, node);

		if (h->app != APP_NONE)
			h->app = apptable_find(g->apps, apptable_id(old, h->app));
		shared_of(g, h)->app = h->app;
	}
}

void hold_new_apps(struct gate *g, const struct apptable *old)
{
	renumber(g, &g->holds.opens, old);
	renumber(g, &g->holds.execs, old);
}

void hold_epoch(struct gate *g, uint32_t id)
{
	struct request *q = request_by_id(g, id);

	if (q)
		q->epoch = g->epoch;
}
