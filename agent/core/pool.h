/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan workers: who is idle, what waits, and how long a job may take. Urgent jobs (an opener
 * waits) go first, and background jobs never take the last idle worker. A worker that dies or is
 * past its deadline costs one verdict.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/macros.h"
#include "model/facts.h"

#define POOL_WORKERS_MAX 32U
#define POOL_QUEUE_MAX   4096U /* jobs waiting; more are refused with -ENOBUFS */

struct pool;

/* Called once per job, also when it failed: then `f` says why (crashed, timed-out). */
typedef void (*pool_done_fn)(void *userdata, const struct facts *f);
/* Asks the supervisor to replace worker `index`. */
typedef void (*pool_kill_fn)(void *userdata, uint32_t index);

must_check int pool_new(
	struct loop *l, uint32_t workers, pool_kill_fn kill_fn, void *userdata, struct pool **ret);
struct pool *pool_free(struct pool *p); /* takes NULL; does not call the jobs back */

/* A (new) worker's socket; taken over. */
must_check int pool_worker(struct pool *p, uint32_t index, int sock);

/* Rules for all workers, now and later ones; `fd` stays the caller's. Jobs handed out afterwards
   are done with them. */
must_check int pool_rules(struct pool *p, uint32_t generation, int fd);

/* `fd` is duplicated. 0, or -ENOBUFS. */
must_check int pool_submit(struct pool *p, int fd, const char *name, bool urgent, uint64_t cpu_ns,
	pool_done_fn done, void *userdata);

struct pool_counts {
	uint32_t workers, idle, waiting_urgent, waiting_background;
	uint64_t done, crashed, timed_out;
};
void pool_count(const struct pool *p, struct pool_counts *ret);
