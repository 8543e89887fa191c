/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of workers, which are faked. */
#include "../../unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "core/pool.h"
#include "some_facts.h"
#include "wire/peer.h"
#include "wire/protocol.h"
#include "wire/wire_facts.h"

struct bench {
	struct loop *loop;
	struct pool *pool;
	int worker[4]; /* the fake workers' ends */
	uint32_t killed[8], n_killed;
	struct facts results[16];
	int order[16], n_results;
};

struct tracked {
	struct bench *bench;
	int number;
};

static void on_kill(void *userdata, uint32_t index)
{
	struct bench *b = userdata;

	b->killed[b->n_killed++] = index;
}

static void on_done(void *userdata, const struct facts *f)
{
	struct tracked *t = userdata;

	t->bench->order[t->bench->n_results] = t->number;
	t->bench->results[t->bench->n_results++] = *f;
}

static void add_worker(struct bench *b, uint32_t index)
{
	int pair[2];

	assert_int_equal(wire_pair(pair), 0);
	b->worker[index] = pair[1];
	assert_int_equal(pool_worker(b->pool, index, pair[0]), 0);
}

static void bench_init(struct bench *b, uint32_t workers)
{
	cleanup_with(fd_closep) int rules = fd_memfd_sealed("rules", VIEW_LIT("rules"));

	*b = (struct bench){0};
	assert_int_equal(loop_new(&b->loop), 0);
	assert_int_equal(pool_new(b->loop, workers, on_kill, b, &b->pool), 0);
	assert_int_equal(pool_rules(b->pool, 7, rules), 0);
	for (uint32_t i = 0; i < workers; i++)
		add_worker(b, i);
}

static void bench_done(struct bench *b)
{
	pool_free(b->pool);
	for (size_t i = 0; i < ARRAY_SIZE(b->worker); i++)
		if (b->worker[i] > 0)
			close(b->worker[i]);
	loop_free(b->loop);
}

/* What worker `i` was given: the type of the next frame, its id in `ret_id`; 0 where nothing. */
static uint16_t worker_next(struct bench *b, int i, uint32_t *ret_id, char *ret_name)
{
	cleanup_with(buf_done) struct buf storage = BUF_INIT(0);
	struct wire_frame f;
	uint16_t type;

	if (wire_receive(b->worker[i], &storage, &f) != 0)
		return 0;
	type = f.type;
	*ret_id = f.id;
	if (type == SCAN_JOB) {
		struct unpack u = {f.body, 0};

		(void)unpack_u64(&u);
		(void)unpack_u8(&u);
		unpack_str(&u, ret_name, 256);
		assert_int_equal(unpack_end(&u), 0);
		assert_int_equal(f.n_fds, 1);
	}
	wire_frame_done(&f);
	return type;
}

static void worker_answer(struct bench *b, int i, uint32_t id, enum level level)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(0);
	struct pack p = {&body, 0};
	struct facts f = some_facts(level);

	pack_facts(&p, &f);
	assert_int_equal(wire_send(b->worker[i], SCAN_RESULT, id, buf_view(&body), NULL, 0), 0);
	assert_int_equal(loop_step(b->loop, 100), 0);
}

static void submit(struct bench *b, struct tracked *t, int number, bool urgent, uint64_t cpu_ns)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("doc", VIEW_LIT("content"));
	char name[32];

	snprintf(name, sizeof(name), "/a/b/doc-%d", number);
	*t = (struct tracked){b, number};
	assert_int_equal(pool_submit(b->pool, fd, name, urgent, cpu_ns, on_done, t), 0);
}

static void urgent_jobs_go_first(void **state)
{
	struct bench b;
	struct tracked t[4];
	uint32_t id;
	char name[256];

	(void)state;
	bench_init(&b, 2);
	submit(&b, &t[0], 0, false, NSEC_PER_SEC);
	assert_int_equal(worker_next(&b, 0, &id, name), SCAN_RULES);
	assert_int_equal(worker_next(&b, 0, &id, name), SCAN_JOB);
	assert_string_equal(name, "doc-0");
	/* the last idle worker is kept for an opener that waits */
	submit(&b, &t[1], 1, false, NSEC_PER_SEC);
	assert_int_equal(worker_next(&b, 1, &id, name), 0);
	submit(&b, &t[2], 2, true, NSEC_PER_SEC);
	assert_int_equal(worker_next(&b, 1, &id, name), SCAN_RULES);
	assert_int_equal(worker_next(&b, 1, &id, name), SCAN_JOB);
	assert_string_equal(name, "doc-2");
	worker_answer(&b, 1, id, LEVEL_SECRET);
	assert_int_equal(b.n_results, 1);
	assert_int_equal(b.order[0], 2);
	assert_int_equal(b.results[0].level, LEVEL_SECRET);
	assert_int_equal(b.results[0].generation, 7);
	bench_done(&b);
}

static void a_dead_worker_costs_one_verdict(void **state)
{
	struct bench b;
	struct tracked t[2];
	struct pool_counts n;
	uint32_t id;
	char name[256];

	(void)state;
	bench_init(&b, 1);
	submit(&b, &t[0], 0, true, NSEC_PER_SEC);
	submit(&b, &t[1], 1, true, NSEC_PER_SEC);
	close(b.worker[0]);
	b.worker[0] = 0;
	assert_int_equal(loop_step(b.loop, 100), 0);
	assert_int_equal(b.n_results, 1);
	assert_int_equal(b.results[0].completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(b.results[0].reasons, REASON_BIT(REASON_CRASHED));
	/* the next one waits for the successor */
	add_worker(&b, 0);
	assert_int_equal(worker_next(&b, 0, &id, name), SCAN_RULES);
	assert_int_equal(worker_next(&b, 0, &id, name), SCAN_JOB);
	assert_string_equal(name, "doc-1");
	pool_count(b.pool, &n);
	assert_int_equal(n.crashed, 1);
	bench_done(&b);
}

static void a_late_worker_is_killed(void **state)
{
	struct bench b;
	struct tracked t;
	struct pool_counts n;

	(void)state;
	bench_init(&b, 1);
	submit(&b, &t, 0, true, 1); /* the grace is all it has */
	for (int i = 0; i < 200 && b.n_killed == 0; i++)
		assert_int_equal(loop_step(b.loop, 20), 0);
	assert_int_equal(b.n_killed, 1);
	assert_int_equal(b.n_results, 0);
	close(b.worker[0]); /* the supervisor did as asked */
	b.worker[0] = 0;
	assert_int_equal(loop_step(b.loop, 100), 0);
	assert_int_equal(b.n_results, 1);
	assert_int_equal(b.results[0].reasons, REASON_BIT(REASON_TIMED_OUT));
	pool_count(b.pool, &n);
	assert_int_equal(n.timed_out, 1);
	bench_done(&b);
}

static void the_queue_is_bounded(void **state)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("doc", VIEW_LIT("content"));
	struct tracked t = {0};
	struct bench b = {0};
	int r = 0;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(loop_new(&b.loop), 0);
	assert_int_equal(pool_new(b.loop, 1, on_kill, &b, &b.pool), 0);
	t.bench = &b;
	/* descriptors run out first where the limit is low; that too is refused, not lost */
	while (r == 0 && n <= POOL_QUEUE_MAX) {
		r = pool_submit(b.pool, fd, "x", true, 1, on_done, &t);
		n += r == 0;
	}
	assert_true(r == -ENOBUFS || r == -EMFILE);
	assert_true(n <= POOL_QUEUE_MAX);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urgent_jobs_go_first),
		cmocka_unit_test(a_dead_worker_costs_one_verdict),
		cmocka_unit_test(a_late_worker_is_killed),
		cmocka_unit_test(the_queue_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
