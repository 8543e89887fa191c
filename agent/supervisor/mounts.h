/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/mountinfo (proc_pid_mountinfo(5)). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct mount_entry {
	const char *mount_point; /* unescaped */
	const char *type;
	const char *options; /* of the file system */
	uint64_t dev;        /* of the file system: a btrfs subvolume's files have another */
	uint32_t id;
};

/* Calls `fn` for every mount; a negative return ends the walk and is forwarded. */
must_check int mounts_walk(int (*fn)(void *userdata, const struct mount_entry *m), void *userdata);

/* The same for another process's: "/proc/PID/mountinfo". */
must_check int mounts_walk_of(const char *mountinfo,
	int (*fn)(void *userdata, const struct mount_entry *m), void *userdata);

struct mount_place {
	char type[32];
	uint64_t dev;
	uint32_t id;
};

/* The mount that `path` is on. Asks no file system. */
must_check int mounts_place(const char *path, struct mount_place *ret);

/* The mount point of the first file system of this type; -ENOENT where there is none. */
must_check int mounts_find_type(const char *type, char *ret, size_t size);
