/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fact about a file is kept under. A fact may be kept only under the rules of
 * docs/architecture.md ("stale facts"): ctime two ticks older than the start of the scan, no writer
 * before and after, and a file system whose changes are all visible.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

struct file_key {
	uint64_t dev; /* st_dev of the file itself: right on btrfs subvolumes too */
	uint64_t ino;
	uint64_t size;
	int64_t mtime; /* ns */
	int64_t ctime; /* ns; betrays a forged mtime */
};

/* fstat(2). -errno, or -EINVAL where not a regular file. */
must_check int file_key_read(int fd, struct file_key *ret);

bool file_key_eq(const struct file_key *a, const struct file_key *b);
uint64_t file_key_hash(const struct file_key *k);

/* The second of the rules: true where ctime is at least 20 ms before `realtime` (ns), which is two
   ticks of the coarsest clock (100 Hz). On kernels before 6.13 writes within a tick share a ctime.
 */
bool file_key_is_settled(const struct file_key *k, uint64_t realtime);

/* The third: takes and drops an F_RDLCK lease. True where nobody has the file open or mapped for
   writing; false also where the file system has no leases. Needs CAP_LEASE or the owner's uid, so
   `fd` must be O_RDONLY. */
bool file_has_no_writer(int fd);

/* The fourth: false on FUSE, network and overlay file systems, where a change below is not seen. */
bool file_is_trackable(int fd);
/* False on tmpfs, too, where a store to a shared page that was read before does not change ctime
   (Linux 6.18): what is kept of it ends when somebody opens it, which the gate alone sees. */
bool file_is_storable(int fd);
