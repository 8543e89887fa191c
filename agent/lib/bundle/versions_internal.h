/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the store of versions. */
#pragma once

#include <limits.h>
#include <sys/types.h>

#include "bundle/versions.h"

struct versions {
	char dir[PATH_MAX];
	int log;        /* opened for appending */
	bool read_only; /* the file system is */
	off_t size;
	struct version *v;
	size_t n, cap;
	uint32_t last, current;
	uint32_t base; /* the last number when versions were removed */
	uint64_t counter;
	uint8_t seen[SHA256_SIZE];
	bool has_seen;
};

/* A version's line, with its end. */
must_check int versions_put(const struct version *n, struct buf *b);
/* "seen ..." and "current ..." */
must_check int versions_put_seen(const uint8_t digest[SHA256_SIZE], struct buf *b);
must_check int versions_put_current(uint32_t number, uint64_t now, struct buf *b);
