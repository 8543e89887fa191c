/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which processes belong to applications, as the gate knows them: memory that the gate writes and
 * watch reads, so that who wrote a file is known without asking, and also after he has ended. An
 * entry stays until its number is given to another process, or until its place is needed.
 *
 * One writer; a reader sees an entry whole or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SUBJECTS_MAGIC    UINT32_C(0x53474a31)
#define SUBJECTS_SETS     1024U /* a power of two */
#define SUBJECTS_WAYS     4U    /* of one set; over it the one that ended first goes */
#define SUBJECTS_GIDS_MAX 32U   /* kept of a process */

struct subject {
	uint32_t pid; /* 0: free */
	uint32_t ppid, uid, n_gids;
	uint64_t start_time; /* ticks since boot */
	uint64_t ended;      /* monotonic; 0: alive */
	uint32_t gids[SUBJECTS_GIDS_MAX];
	char app[64];        /* application id */
	char identified[32]; /* how it was recognised */
	char comm[16];
	char exe[256]; /* cut at the front */
};

struct subject_entry {
	uint32_t round; /* odd while it is being written */
	struct subject subject;
};

struct subjects {
	uint32_t magic;
	uint32_t lost; /* entries of living processes that had to give way */
	struct subject_entry v[SUBJECTS_SETS][SUBJECTS_WAYS];
};

/* The writer's. */
void subjects_put(struct subjects *t, const struct subject *s);
void subjects_end(struct subjects *t, uint32_t pid, uint64_t now);
void subjects_forget(struct subjects *t, uint32_t pid);

/* The reader's. False where the process belongs to no application, as far as the gate knows. */
bool subjects_find(const struct subjects *t, uint32_t pid, struct subject *ret);
