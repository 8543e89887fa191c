/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: one JSON object per line, each holding the hash of the line before it. A record is
 * durable once journal_append() or journal_sync() has returned. Format: docs/journal.md.
 *
 *   {"seq":N,"time":"...","prev":"<64 hex>","record":{...payload...},"hash":"<64 hex>"}
 *
 * hash = SHA-256 of the line's bytes up to and without `,"hash"`. The first line is the journal's
 * birth record, number 0, whose prev is all zeros. Anybody can check it with sha256sum.
 * JOURNAL_HEAD beside it names the newest durable record, so that a cut end is noticed. A file that
 * is large or old enough is closed under a name of its own (journal/segments.h); the chain goes on.
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
#define JOURNAL_LOCK       "incidents.lock"
#define JOURNAL_RESERVE    "incidents.reserve" /* room for the records of a full disk */
#define JOURNAL_NAME_MAX   48U /* of a closed file: incidents-<number of its first record>.jsonl */

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

/* How large the journal gets and what happens then. Nothing is limited unless this is called. */
struct journal_limits {
	uint64_t segment_bytes; /* a file that large is closed; 0: never */
	uint64_t total_bytes;   /* of all files; 0: no limit */
	uint64_t keep_ns;       /* records older than this go; 0: they stay for ever */
	bool drop_oldest; /* where the total or the disk is full: the oldest file goes, which is a
			     record; else what is new waits, and appending fails with -EDQUOT */
};
void journal_limit(struct journal *j, const struct journal_limits *l);

/* Call after journal_sync(): closes the file when it is time, and drops what limits say. Each drop
   is a record before it happens. 0 or -errno. */
must_check int journal_maintain(struct journal *j);

/* Call when the disk is full: gives up the reserve, and the oldest file where the limits say so.
   1 where there is room now, 0 where there is not, or -errno. */
must_check int journal_make_room(struct journal *j);

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
	uint8_t hash[32];
	struct view payload; /* in the reader's memory until the next call */
	struct view kind;    /* in the payload; empty where it has none */
	struct view whole;   /* the line without its line feed */
	const char *file;    /* its name, until the next call */
	uint64_t line;       /* in that file, 1-based */
	uint64_t offset;     /* a place for journal_reader_seek() of this reader */
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
	JOURNAL_FAULT_SIGNATURE, /* a checkpoint that was not signed by the journal's key */
	JOURNAL_FAULT_ANCHOR,    /* the journal is not the one that an exported checkpoint saw */
	JOURNAL_FAULT_MAX,
};
struct journal_finding {
	enum journal_fault fault;
	const char *file;
	uint64_t line, offset, seq;
	char text[200];
};
struct journal_verify_result {
	uint64_t records;
	uint64_t first_seq, last_seq;
	uint8_t last_hash[32];
	char id[33]; /* the journal's; "" where it is not known */
	char last_time[32];
	uint64_t findings;    /* all of them, also beyond what the callback was told */
	uint64_t gaps;        /* records of the kind "gap": what the agent says it missed */
	uint64_t checkpoints; /* with a good signature */
	uint64_t sealed_seq;  /* the last record that one of them covers */
	char sealed_time[32]; /* "" where there is none */
	bool has_key;
	uint8_t key[32];    /* the last one */
	uint64_t lost_keys; /* changes that the key before did not sign */
	enum {
		JOURNAL_ANCHOR_NONE,    /* no checkpoint was given */
		JOURNAL_ANCHOR_FOUND,   /* its record is there, as it was */
		JOURNAL_ANCHOR_DROPPED, /* retention has removed its record */
		JOURNAL_ANCHOR_MISSING, /* a finding says what is wrong */
	} anchor;
	uint64_t retentions; /* records of the kind "retention": what was dropped as limits say */
};
struct checkpoint; /* journal/seal.h */
/* How many records were walked, of how many. */
typedef void (*journal_progress_fn)(void *userdata, uint64_t done, uint64_t total);
const char *journal_fault_name(enum journal_fault fault); /* "malformed", "hash", ... */
typedef void (*journal_finding_fn)(void *userdata, const struct journal_finding *f);
must_check int journal_verify(
	const char *dir, journal_finding_fn fn, void *userdata, struct journal_verify_result *ret);
/* Also that this is the journal that the checkpoint saw, and that its records up to there are. */
must_check int journal_verify_anchored(const char *dir, const struct checkpoint *anchor,
	journal_finding_fn fn, void *userdata, struct journal_verify_result *ret);
/* The same, and tells now and then how far it is. */
must_check int journal_verify_told(const char *dir, const struct checkpoint *anchor,
	journal_finding_fn fn, journal_progress_fn progress, void *userdata,
	struct journal_verify_result *ret);
