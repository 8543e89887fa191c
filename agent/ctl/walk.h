/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents below what was named on the command line. Directories recurse; symbolic links are
 * not followed but where one was named itself; what is no regular file is skipped.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"

#define WALK_DEPTH_MAX 200U /* directories in directories */

struct walk {
	/* A regular file, open for reading; taken over. A negative return ends the walk. */
	int (*file)(void *userdata, int fd, const char *path, uint64_t size);
	/* What could not be read, and an errno (ELOOP: WALK_DEPTH_MAX). The walk goes on. */
	void (*trouble)(void *userdata, const char *path, int error);
	void *userdata;
};

/* 0, or what `file` said. */
must_check int walk_path(const struct walk *w, const char *path);
