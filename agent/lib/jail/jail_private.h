/* SPDX-License-Identifier: Apache-2.0 */
/* Inside jail/: what a profile is made of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "jail/jail.h"

enum jail_refusal {
	JAIL_KILL,  /* the process dies by SIGSYS */
	JAIL_EPERM, /* the call fails */
};

/* A system call in a table, with what is asked of one of its arguments. */
enum jail_check {
	JAIL_CHECK_NONE,
	JAIL_CHECK_EQUAL, /* argument `arg` is `value` (32 bits of it) */
	JAIL_CHECK_CLEAR, /* no bit of `value` is set in argument `arg` */
};

struct jail_call {
	int nr;
	uint8_t check; /* enum jail_check */
	uint8_t arg;
	uint32_t value;
};

struct jail_table {
	const struct jail_call *v;
	size_t n;
};

#define JAIL_LIMIT_KEEP UINT64_MAX

struct jail_rules {
	const char *name;
	enum jail_refusal refusal; /* of what is in no table */
	int namespaces;            /* CLONE_NEW*, where privileged */
	bool empty_root;           /* with CLONE_NEWNS: the root becomes an empty file system */
	bool landlock;
	bool map_exec; /* files may be mapped executable: needs dlopen(3), for NSS */
	uint64_t max_files, max_file_size;
	struct jail_table calls[4]; /* allowed */
	struct jail_table probes;   /* fail with EACCES whatever `refusal` says */
};

extern const struct jail_rules jail_rules[JAIL_MAX];

/* What no confined process ever does, whatever its profile: kills. */
extern const struct jail_table jail_forbidden;

must_check int jail_seccomp_load(const struct jail_rules *rules);

/* Two steps, because directories are opened with the old uid and the restriction comes last.
   A descriptor; -EOPNOTSUPP where the kernel has none; -errno. */
must_check int jail_landlock_prepare(const struct jail_options *o);
must_check int jail_landlock_restrict(int ruleset);

/* Bits of the effective capabilities. */
must_check int jail_caps_get(uint64_t *ret);
/* Effective and permitted become exactly `caps`; inheritable and ambient none. */
must_check int jail_caps_set(uint64_t caps);
/* Empties the bounding set; needs CAP_SETPCAP. */
must_check int jail_caps_drop_bounding(void);
