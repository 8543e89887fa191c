/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be in the journal. Owns the journal and the waiting records. A record leaves only
 * when it is durable; while the disk takes nothing, up to WRITER_WAITING_MAX bytes stay in memory,
 * and what no longer fits is counted and said in the gap record that follows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "journal/journal.h"

#define WRITER_WAITING_MAX    (8U << 20) /* bytes of records in memory, with their bookkeeping */
#define WRITER_BACKOFF_MIN_MS 100
#define WRITER_BACKOFF_MAX_MS 10000

struct writer;

struct writer_events {
	/* `seq` is durable; 0 says that this record was refused or lost, and that a gap record
	   counts it. */
	void (*done)(void *userdata, uint64_t client, uint32_t id, uint64_t seq);
	/* For the process's own messages. */
	void (*say)(void *userdata, const char *text);
};

enum writer_request {
	WRITER_APPEND,
	WRITER_SEAL,    /* the record, if any, and a checkpoint right behind it */
	WRITER_NEW_KEY, /* no record: a new signing key */
};

/* `events` must stay valid. Does not touch the disk yet. 0 or -ENOMEM. */
must_check int writer_new(const char *dir, const struct journal_limits *limits,
	const struct writer_events *events, void *userdata, struct writer **ret);
struct writer *writer_free(struct writer *w); /* takes NULL, returns NULL */

/* Takes a copy. What cannot be kept is counted as lost, and done() is called at once. */
void writer_add(struct writer *w, uint64_t client, uint32_t id, enum writer_request what,
	struct view payload);

/* Makes all that waits durable with one fdatasync(2). When the disk refuses, tries again at
   writer_retry_at(). */
void writer_flush(struct writer *w);

/* Call now and then: what is due by the clock (checkpoints, retention). */
void writer_tick(struct writer *w);
/* At the end: a checkpoint over all that is there. */
void writer_end(struct writer *w);

uint64_t writer_retry_at(const struct writer *w); /* clock_now() time; 0 where all is well */
size_t writer_waiting(const struct writer *w);    /* records */
uint64_t writer_lost(const struct writer *w);     /* that no gap record has said yet */
