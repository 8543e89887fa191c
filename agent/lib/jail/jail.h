/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confines the calling process, for good. Two functions, one table of profiles; seccomp, landlock,
 * namespaces and rlimits are details of jail/. libseccomp is included here alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"

enum jail_profile {
	JAIL_SCAN,  /* no file system, network, exec, fork, signals: memory and given descriptors */
	JAIL_GATE,  /* procfs reads, fanotify responses, given sockets */
	JAIL_WATCH, /* reads directories and files, inotify */
	JAIL_CORE,  /* its own files, reads configuration */
	JAIL_LOG,   /* its one directory */
	JAIL_MAX,
};

struct jail_options {
	uid_t uid; /* (uid_t)-1: stay who we are */
	gid_t gid;
	uint64_t keep_caps;            /* bits of capabilities to keep across the change of uid */
	const char *const *write_dirs; /* NULL-terminated; landlock: read and write below */
	const char *const *read_dirs;  /* NULL-terminated; landlock: read below */
	uint64_t memory_max;           /* RLIMIT_AS in bytes; 0: none */
};

enum jail_layer { /* bits */
	JAIL_LAYER_UID = 1 << 0,
	JAIL_LAYER_NAMESPACES = 1 << 1,
	JAIL_LAYER_LANDLOCK = 1 << 2,
	JAIL_LAYER_SECCOMP = 1 << 3,
	JAIL_LAYER_RLIMITS = 1 << 4,
};

/* Confines. Without privilege (the CLI's own worker) namespaces and the change of uid are left out.
   seccomp and no_new_privs are never optional. `ret_layers` says what is in force, for status.
   0 or -errno; after an error the caller must exit. */
must_check int jail_enter(
	enum jail_profile profile, const struct jail_options *o, unsigned *ret_layers);

/* Words for the layers, "uid+namespaces+landlock+seccomp+rlimits". */
void jail_layers_format(unsigned layers, char *ret, size_t size);
