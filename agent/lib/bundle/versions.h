/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the policy, below one folder that this process owns:
 *
 *   log             what happened, a line each, appended: a version came, a version is in force,
 *                   a policy file was seen
 *   DIGEST.bundle   what a version consists of, named by the SHA-256 of its bytes
 *
 * A line counts when its end is on the disk. An unfinished one, of a crash or a full disk, is cut
 * off. Bundles are written before the line that names them. No version is ever changed; the oldest
 * are removed where there are more than are to be kept (versions_prune()).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"
#include "digest/sha256.h"

#define VERSIONS_MAX        1000000U
#define VERSIONS_KEEP_MIN   10U   /* that may be asked for */
#define VERSIONS_KEEP       1000U /* unless something else is asked for */
#define VERSIONS_REASON_MAX 1024U /* bytes with the NUL */
#define VERSIONS_USER_MAX   64U
#define VERSIONS_BY_MAX     320U /* ids of the signers */

enum version_how {
	VERSION_HOW_FILE,    /* the policy file was edited */
	VERSION_HOW_SHIPPED, /* the package's own */
	VERSION_HOW_APPLIED,
	VERSION_HOW_ROLLBACK,
	VERSION_HOW_MAX,
};

const char *version_how_name(enum version_how how);

struct version {
	uint32_t number; /* from 1 */
	uint32_t uid;
	uint32_t from; /* of a rollback: the version that it repeats; else 0 */
	enum version_how how;
	uint64_t time;               /* realtime */
	uint64_t in_force;           /* since; 0: never was */
	uint64_t counter;            /* of a signed bundle; else 0 */
	uint8_t digest[SHA256_SIZE]; /* bundle_digest() */
	uint8_t bundle[SHA256_SIZE];
	char user[VERSIONS_USER_MAX];
	char signers[VERSIONS_BY_MAX];
	char *reason; /* "" where none was given */
};

struct versions;

/* `first`: the number before the first, where there is no log yet. The folder is made. 0 or
   -errno; `ret_cut` says how many bytes of an unfinished line were cut off, or bad ones skipped. */
must_check int versions_open(
	const char *dir, uint32_t first, size_t *ret_cut, struct versions **ret);
struct versions *versions_close(struct versions *v); /* takes NULL, returns NULL */

/* Durable when it returns 0. `number`, `in_force` and `bundle` are not looked at. Strings that are
   too long are cut. -EOVERFLOW after VERSIONS_MAX. */
must_check int versions_add(
	struct versions *v, const struct version *about, struct view bundle, uint32_t *ret_number);
/* The version is in force from now on, over restarts too. */
must_check int versions_use(struct versions *v, uint32_t number, uint64_t now);
/* The policy file has been dealt with: it is no news until it changes again. */
must_check int versions_saw(struct versions *v, const uint8_t digest[SHA256_SIZE]);

struct versions_pruned {
	size_t n;
	uint32_t first, last; /* the lowest and the highest number that went */
};

/* Removes the oldest where there are more than `keep` (0: none is removed), but never the one in
   force, what it repeats, or what a rollback goes back to. Numbers and the counter go on. 0, also
   with nothing to do, or -errno with all of them still there. */
must_check int versions_prune(struct versions *v, size_t keep, struct versions_pruned *ret);
/* Removes bundles that no version has: what a crash left. */
void versions_sweep(const struct versions *v);

size_t versions_n(const struct versions *v);
const struct version *versions_at(const struct versions *v, size_t i);         /* oldest first */
const struct version *versions_get(const struct versions *v, uint32_t number); /* or NULL */
const struct version *versions_current(const struct versions *v);              /* or NULL */
/* What a rollback goes back to: the newest one before the current that was in force; a rollback
   counts as what it repeats, so that the next goes further back. NULL where there is none. */
const struct version *versions_before(const struct versions *v);
bool versions_is_seen(const struct versions *v, const uint8_t digest[SHA256_SIZE]);
uint64_t versions_counter(const struct versions *v); /* the highest that was ever in force */

/* Its bundle's bytes, compared with their digest: -EBADMSG where they were changed. */
must_check int versions_read(const struct versions *v, const struct version *n, struct buf *ret);
