/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's state, for the files that make it up: journal.c, retain.c, seal.c. */
#pragma once

#include "journal/journal.h"
#include "journal/line.h"
#include "journal/seal.h"
#include "journal/segments.h"

struct journal_state {
	uint64_t seq;  /* of the last record */
	uint64_t size; /* of the file */
	uint8_t hash[SHA256_SIZE];
	char time[LINE_TIME_SIZE + 1];
};

struct journal {
	int fd, dir_fd, head_fd, lock_fd;
	bool broken; /* could not be brought back to a known state */
	struct journal_state now, synced;
	char id[SEAL_ID_SIZE + 1];
	uint64_t first_seq;                  /* of the file */
	char first_time[LINE_TIME_SIZE + 1]; /* of the file */
	struct segments closed;
	uint64_t closed_bytes;
	struct journal_limits limits;
	uint64_t looked; /* for what is too old: clock_now() */
	struct sign_secret secret;
	bool has_key;
	uint64_t sealed;             /* number of the last checkpoint */
	uint64_t unsealed_since;     /* clock_now(); 0 where all is sealed */
	uint64_t realtime, boottime; /* of the last append; 0 before it */
	struct buf line;
	struct sha256 *sha;
};

/* At any time, in the order of the chain; no check of the payload. */
must_check int journal_append_own(struct journal *j, struct view payload);

/* The first or last line of a file of the journal, into j->line. */
must_check int journal_first_line(struct journal *j, int fd, struct line *ret);
must_check int journal_last_line(struct journal *j, int fd, uint64_t size, struct line *ret);

/* Makes the file that is written; it must not exist. The caller appends its first record. */
must_check int journal_begin_file(struct journal *j);

/* Root may write here too, where the agent does not run; the files stay the log process's. */
void journal_own_like_directory(const struct journal *j, int fd);
