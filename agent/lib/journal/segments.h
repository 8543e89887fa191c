/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's files in their order: closed ones, named after their first record, and the one that
 * is written. The chain goes through all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "journal/journal.h"

#define SEGMENTS_MAX 100000U

struct segment {
	uint64_t first_seq, size;
	uint64_t base; /* bytes in the segments before it */
	char name[JOURNAL_NAME_MAX];
};

struct segments {
	struct segment *v; /* closed ones, oldest first */
	size_t n;
};

/* 0, -E2BIG over SEGMENTS_MAX, or -errno. */
must_check int segments_list(int dir_fd, struct segments *ret);
void segments_done(struct segments *s);

void segment_name(uint64_t first_seq, char ret[JOURNAL_NAME_MAX]);

/* Whose first record is later than all of `old`: appended to it. */
must_check int segments_more(int dir_fd, struct segments *old);
