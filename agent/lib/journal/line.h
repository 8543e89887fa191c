/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the journal: its form and its hash. The head file's one line too. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"
#include "digest/sha256.h"
#include "journal/journal.h"

#define LINE_MAX_BYTES (JOURNAL_RECORD_MAX + 512U) /* with the line feed */
#define LINE_TIME_SIZE 24U                         /* 2026-11-23T08:30:00.123Z */
#define HEAD_SIZE      86U                         /* 20 digits, blank, 64 hex digits, line feed */

struct line {
	uint64_t seq;
	char time[LINE_TIME_SIZE + 1]; /* sorts as text */
	uint8_t prev[SHA256_SIZE], hash[SHA256_SIZE];
	struct view payload, kind; /* in the line */
	size_t hashed;             /* bytes at the front that the hash covers */
};

/* Form alone: `v` is a line without its line feed. 0 or -EBADMSG. */
must_check int line_parse(struct view v, struct line *ret);
/* 0; -EBADMSG where the hash is not the line's; -errno. */
must_check int line_check(struct view v, const struct line *line, struct sha256 *sha);

/* Appends a whole line. `l` says seq, time, prev and payload; its hash is filled in. */
must_check int line_put(struct buf *out, struct line *l, struct sha256 *sha);

struct head {
	uint64_t seq;
	uint8_t hash[SHA256_SIZE];
};
void head_format(const struct head *h, char ret[HEAD_SIZE + 1]);
/* 0; -ENOENT; -EBADMSG where it is no head; -errno. */
must_check int head_read(int dir_fd, struct head *ret);
