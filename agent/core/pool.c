/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "wire/peer.h"
#include "wire/protocol.h"
#include "wire/wire_facts.h"

/* Wall time a job may take: a worker watches its CPU time by itself, this is for one that sleeps (a
   file system that hangs). Where nobody waits, a busy machine gets more. */
#define WALL_FACTOR_URGENT 2
#define WALL_FACTOR        4
#define GRACE_NS           NSEC_PER_SEC

struct job {
	struct list node;
	int fd;
	bool urgent;
	uint64_t cpu_ns;
	pool_done_fn done;
	void *userdata;
	char name[256]; /* the last component is all that recognition looks at */
};

struct worker {
	struct pool *pool;
	struct wire_peer *peer; /* NULL: not there (yet) */
	uint32_t index;
	uint32_t generation; /* of the rules it has; 0: none */
	struct job *job;
	uint32_t job_id;
	uint64_t deadline;
	bool killed; /* at its deadline, waiting for its end */
};

struct pool {
	struct loop *loop;
	struct loop_timer *timer;
	pool_kill_fn kill_fn;
	void *userdata;
	struct worker workers[POOL_WORKERS_MAX];
	uint32_t n_workers;
	struct list urgent, background;
	uint32_t n_urgent, n_background;
	uint32_t generation;
	int rules_fd;
	uint32_t next_id;
	uint64_t done, crashed, timed_out;
};

static const struct wire_row rows[] = {
	{SCAN_RESULT, 8, WIRE_BODY_MAX, 0},
};

static void job_free(struct job *j)
{
	fd_close(j->fd);
	free(j);
}

static void job_end(struct job *j, const struct facts *f)
{
	j->done(j->userdata, f);
	job_free(j);
}

static void job_fail(struct pool *p, struct job *j, enum reason reason)
{
	struct facts f = {.completeness = COMPLETENESS_UNREADABLE,
		.reasons = REASON_BIT(reason),
		.generation = p->generation};

	if (reason == REASON_TIMED_OUT)
		p->timed_out++;
	else
		p->crashed++;
	job_end(j, &f);
}

static bool is_idle(const struct worker *w)
{
	return w->peer && !w->job && !w->killed;
}

static uint32_t count_idle(const struct pool *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_workers; i++)
		n += is_idle(&p->workers[i]);
	return n;
}

static struct worker *idle_worker(struct pool *p)
{
	for (uint32_t i = 0; i < p->n_workers; i++)
		if (is_idle(&p->workers[i]))
			return &p->workers[i];
	return NULL;
}

static void set_timer(struct pool *p)
{
	uint64_t first = 0;

	for (uint32_t i = 0; i < p->n_workers; i++) {
		struct worker *w = &p->workers[i];

		if (w->job && !w->killed && (!first || w->deadline < first))
			first = w->deadline;
	}
	loop_timer_set(p->timer, first);
}

static int give_rules(struct pool *p, struct worker *w)
{
	struct buf body = BUF_INIT(16);
	struct pack pk = {&body, 0};
	int r;

	if (w->generation == p->generation)
		return 0;
	pack_u32(&pk, p->generation);
	r = pk.error ? pk.error
		     : wire_peer_send(w->peer, SCAN_RULES, 0, buf_view(&body), &p->rules_fd, 1);
	if (r == 0)
		w->generation = p->generation;
	buf_done(&body);
	return r;
}

static int give_job(struct pool *p, struct worker *w, struct job *j)
{
	struct buf body = BUF_INIT(1024);
	struct pack pk = {&body, 0};
	int r = give_rules(p, w);

	pack_u64(&pk, j->cpu_ns);
	pack_u8(&pk, SCAN_WANT_SHA256 | SCAN_WANT_OCR);
	pack_str(&pk, j->name);
	if (r == 0)
		r = pk.error;
	if (r == 0) {
		w->job_id = ++p->next_id;
		r = wire_peer_send(w->peer, SCAN_JOB, w->job_id, buf_view(&body), &j->fd, 1);
	}
	buf_done(&body);
	if (r < 0)
		return r;
	w->job = j;
	w->deadline = clock_now() + (j->urgent ? WALL_FACTOR_URGENT : WALL_FACTOR) * j->cpu_ns +
		GRACE_NS;
	j->fd = fd_close(j->fd);
	return 0;
}

static void worker_lost(struct worker *w)
{
	struct job *j = w->job;
	bool killed = w->killed;

	w->peer = wire_peer_free(w->peer);
	w->job = NULL;
	w->killed = false;
	w->generation = 0;
	if (j)
		job_fail(w->pool, j, killed ? REASON_TIMED_OUT : REASON_CRASHED);
}

static void dispatch(struct pool *p)
{
	while (p->generation != 0) {
		struct worker *w = idle_worker(p);
		struct list *from = &p->urgent;
		struct job *j;

		if (!w)
			break;
		if (list_is_empty(from)) {
			if (p->n_workers > 1 && count_idle(p) < 2)
				break;
			from = &p->background;
		}
		if (list_is_empty(from))
			break;
		j = list_first(from, struct job, node);
		list_remove(&j->node);
		if (j->urgent)
			p->n_urgent--;
		else
			p->n_background--;
		if (give_job(p, w, j) < 0) {
			worker_lost(w);
			p->kill_fn(p->userdata, w->index);
			job_fail(p, j, REASON_CRASHED);
		}
	}
	set_timer(p);
}

static int on_frame(void *userdata, struct wire_peer *peer, struct wire_frame *f, int why)
{
	struct worker *w = userdata;
	struct facts facts;
	struct unpack u;
	struct job *j = w->job;

	(void)peer;
	(void)why;
	if (f) {
		u = (struct unpack){f->body, 0};
		unpack_facts(&u, &facts);
		if (unpack_end(&u) == 0 && j && f->id == w->job_id) {
			w->job = NULL;
			w->pool->done++;
			facts.generation = w->generation;
			job_end(j, &facts);
			dispatch(w->pool);
			return 0;
		}
		w->pool->kill_fn(w->pool->userdata, w->index);
	}
	worker_lost(w);
	dispatch(w->pool);
	return 0;
}

static int on_deadline(void *userdata)
{
	struct pool *p = userdata;
	uint64_t now = clock_now();

	for (uint32_t i = 0; i < p->n_workers; i++) {
		struct worker *w = &p->workers[i];

		if (w->job && !w->killed && w->deadline <= now) {
			w->killed = true;
			p->kill_fn(p->userdata, w->index);
		}
	}
	set_timer(p);
	return 0;
}

int pool_new(
	struct loop *l, uint32_t workers, pool_kill_fn kill_fn, void *userdata, struct pool **ret)
{
	struct pool *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->loop = l;
	p->n_workers = MIN(workers, POOL_WORKERS_MAX);
	p->kill_fn = kill_fn;
	p->userdata = userdata;
	p->rules_fd = -1;
	list_init(&p->urgent);
	list_init(&p->background);
	for (uint32_t i = 0; i < p->n_workers; i++)
		p->workers[i] = (struct worker){.pool = p, .index = i};
	r = loop_timer_new(l, on_deadline, p, &p->timer);
	if (r < 0) {
		pool_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void free_jobs(struct list *l)
{
	list_for_each_safe(n, tmp, l) {
		list_remove(n);
		job_free(list_entry(n, struct job, node));
	}
}

struct pool *pool_free(struct pool *p)
{
	if (!p)
		return NULL;
	for (uint32_t i = 0; i < p->n_workers; i++) {
		wire_peer_free(p->workers[i].peer);
		if (p->workers[i].job)
			job_free(p->workers[i].job);
	}
	free_jobs(&p->urgent);
	free_jobs(&p->background);
	loop_timer_free(p->timer);
	fd_close(p->rules_fd);
	free(p);
	return NULL;
}

int pool_worker(struct pool *p, uint32_t index, int sock)
{
	struct worker *w;
	int r;

	if (index >= p->n_workers) {
		fd_close(sock);
		return -EINVAL;
	}
	w = &p->workers[index];
	if (w->peer)
		worker_lost(w);
	r = wire_peer_new(p->loop, sock, rows, ARRAY_SIZE(rows), on_frame, w, &w->peer);
	if (r == 0)
		dispatch(p);
	return r;
}

int pool_rules(struct pool *p, uint32_t generation, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	fd_close(p->rules_fd);
	p->rules_fd = copy;
	p->generation = generation;
	dispatch(p);
	return 0;
}

int pool_submit(struct pool *p, int fd, const char *name, bool urgent, uint64_t cpu_ns,
	pool_done_fn done, void *userdata)
{
	const char *base = strrchr(name, '/');
	struct job *j;

	if (p->n_urgent + p->n_background >= POOL_QUEUE_MAX)
		return -ENOBUFS;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	*j = (struct job){.urgent = urgent, .cpu_ns = cpu_ns, .done = done, .userdata = userdata};
	list_init(&j->node);
	strncpy(j->name, base ? base + 1 : name, sizeof(j->name) - 1);
	j->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (j->fd < 0) {
		int r = -errno;

		free(j);
		return r;
	}
	list_append(urgent ? &p->urgent : &p->background, &j->node);
	if (urgent)
		p->n_urgent++;
	else
		p->n_background++;
	dispatch(p);
	return 0;
}

void pool_count(const struct pool *p, struct pool_counts *ret)
{
	*ret = (struct pool_counts){
		.idle = count_idle(p),
		.waiting_urgent = p->n_urgent,
		.waiting_background = p->n_background,
		.done = p->done,
		.crashed = p->crashed,
		.timed_out = p->timed_out,
	};
	for (uint32_t i = 0; i < p->n_workers; i++)
		ret->workers += p->workers[i].peer != NULL;
}
