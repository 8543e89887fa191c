/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files in a folder that others may have prepared, or that goes away at any time: no link is
 * followed, and a file has its name only when it is whole and on the disk.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

struct medium {
	const char *path; /* not owned */
	int fd;
};

#define MEDIUM_NONE ((struct medium){.fd = -1})

void medium_done(struct medium *m);
/* An exit status, after saying why. `make`: the folder, for its owner alone. */
must_check int medium_open(const char *path, bool make, struct medium *ret);
/* 0; -ENOENT; -EINVAL where it is no plain file; -E2BIG; -errno. */
must_check int medium_read(const struct medium *m, const char *name, size_t max, struct buf *ret);
must_check int medium_write(
	const struct medium *m, const char *name, mode_t mode, struct view content);
must_check int medium_remove(const struct medium *m, const char *name); /* 0 also where it is not */
