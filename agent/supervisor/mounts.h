/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#pragma once

#include <stddef.h>

#include "base/macros.h"

struct mount_entry {
	const char *mount_point; /* unescaped */
	const char *type;
};

/* Calls `fn` for every mount; a negative return ends the walk and is forwarded. */
must_check int mounts_walk(int (*fn)(void *userdata, const struct mount_entry *m), void *userdata);

/* The type of the file system that `path` is on, "?" where unknown. */
void mounts_type_of(const char *path, char *ret, size_t size);

/* The mount point of the first file system of this type; -ENOENT where there is none. */
must_check int mounts_find_type(const char *type, char *ret, size_t size);
