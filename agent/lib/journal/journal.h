/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: one JSON object per line, each holding the hash of the line before it. A record is
 * durable once journal_append() or journal_sync() has returned. Format: docs/journal.md.
 *
 *   {"seq":N,"time":"...","prev":"<64 hex>","record":{...payload...},"hash":"<64 hex>"}
 *
 * hash = SHA-256 of the line's bytes up to and without `,"hash"`. The first line is the journal's
 * birth record, number 0, whose prev is all zeros. Anybody can check it with sha256sum.
 * JOURNAL_HEAD beside it names the newest durable record, so that a cut end is noticed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

#define JOURNAL_RECORD_MAX (96U << 10) /* bytes of payload */
#define JOURNAL_FILE       "incidents.jsonl"
#define JOURNAL_HEAD       "incidents.head"

/* Writing: one process holds the journal (flock). */
struct journal;

struct journal_opened {
	bool created; /* a new journal: the birth record was written */
	uint64_t last_seq;
	uint64_t cut_bytes; /* of an unfinished last line, moved aside to a .torn file; 0 mostly */
	uint64_t missing;   /* records that were durable once and are gone from the end; 0 mostly */
	char torn_file[64]; /* where the cut bytes are; "" mostly */
};

/* `dir` must exist. 0; -EBUSY where another process holds it; -EBADMSG where the last complete line
   is no record (nothing is changed: verify says more); -errno. */
must_check int journal_open(const char *dir, struct journal **ret, struct journal_opened *ret_how);
struct journal *journal_close(struct journal *j); /* takes NULL, returns NULL */

/* After -EBADMSG: renames the damaged journal, so that a new one can begin. `ret_name` is where it
   is now. -EBUSY where somebody holds it. */
must_check int journal_set_aside(const char *dir, char ret_name[64]);

/* Appends one record. `payload` must be one JSON object without a newline. Not durable before
   journal_sync(). 0; -EINVAL; -ENOSPC and the like, after which nothing of it is in the file.
   Where the wall clock has gone back, a record of the kind "clock" comes before it. */
must_check int journal_append(struct journal *j, struct view payload, uint64_t *ret_seq);
/* On error everything since the last sync is out of the file again, and must be appended again.
   -ESTALE: the file is not what it was (removed, renamed, cut, written by another): open anew. */
must_check int journal_sync(struct journal *j);

/* Reading: any process that may read the file; no lock, sees whole lines only. */
struct journal_reader;

struct journal_entry {
	uint64_t seq;
	char time[32];
	struct view payload; /* in the reader's memory until the next call */
	struct view kind;    /* in the payload; empty where it has none */
	uint64_t line;       /* 1-based */
	uint64_t offset;     /* bytes */
};

must_check int journal_reader_open(const char *dir, struct journal_reader **ret);
struct journal_reader *journal_reader_close(struct journal_reader *r);
/* 0; JOURNAL_END; -EBADMSG for a line that is no record (the reader goes on behind it). */
#define JOURNAL_END 1
must_check int journal_read(struct journal_reader *r, struct journal_entry *ret);
/* Goes on at the entry of this place (from an earlier journal_entry). */
void journal_reader_seek(struct journal_reader *r, uint64_t offset, uint64_t line);

/* Walks the chain. What it finds wrong is data. */
enum journal_fault {
	JOURNAL_FAULT_MALFORMED, /* the line is no record */
	JOURNAL_FAULT_HASH,      /* the line was altered */
	JOURNAL_FAULT_PREV,      /* does not follow the line before it */
	JOURNAL_FAULT_SEQ,       /* a number is missing or repeated */
	JOURNAL_FAULT_TIME,      /* runs backwards without a clock record */
	JOURNAL_FAULT_TORN,      /* the last line is unfinished */
	JOURNAL_FAULT_HEAD,      /* the end is not where the head says, or there is no head */
	JOURNAL_FAULT_MAX,
};
struct journal_finding {
	enum journal_fault fault;
	uint64_t line, offset, seq;
	char text[200];
};
struct journal_verify_result {
	uint64_t records;
	uint64_t first_seq, last_seq;
	uint8_t last_hash[32];
	uint64_t findings; /* all of them, also beyond what the callback was told */
	uint64_t gaps;     /* records of the kind "gap": what the agent says it missed */
};
const char *journal_fault_name(enum journal_fault fault); /* "malformed", "hash", ... */
typedef void (*journal_finding_fn)(void *userdata, const struct journal_finding *f);
must_check int journal_verify(
	const char *dir, journal_finding_fn fn, void *userdata, struct journal_verify_result *ret);
