/* SPDX-License-Identifier: Apache-2.0 */
/* The part of lookup.h that the short-lived copy does: all that touches a file system. */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "subject/apptable.h"

/* Frames from the copy. */
enum {
	LOOKUP_PROGRAM = 1, /* u64 device, u64 inode, u8 trusted, view build id, str path; 1 fd
			       where its file system is this machine's own */
	LOOKUP_OTHER,       /* one of `before` that is no program of an application now; 1 fd */
	LOOKUP_END,
};

/* Shared with the supervisor: what the copy is about to touch. */
struct lookup_progress {
	uint32_t steps;
	char path[PATH_MAX];
};

struct lookup_job {
	const struct apptable *apps;
	const char *const *avoid; /* these, and all that is below */
	size_t n_avoid;
	const char *const *before; /* programs of the last look */
	size_t n_before;
	struct lookup_progress *progress;
	int sock;
};

/* For helper_start(). */
int lookup_walk(void *job);
