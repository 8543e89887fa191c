/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fact store: what was found in files, under their keys. A cache that survives restarts
 * (sqlite, included here alone): losing it costs scans, never protection. Writes are gathered and
 * committed by store_flush(). A damaged store is put aside and begun anew.
 */
#pragma once

/* A core that was killed may not be gone yet, and has its databases locked until it is. */
#define STORE_BUSY_MS 5000

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "model/facts.h"
#include "model/filekey.h"

struct store;

/* `dir` must exist and be writable. `ret_recreated` tells that a damaged one was put aside.
   0 or -errno. */
must_check int store_open(const char *dir, struct store **ret, bool *ret_recreated);
struct store *store_close(struct store *s); /* flushes; takes NULL, returns NULL */

#define STORE_MISS 1
/* 0, STORE_MISS (unknown, changed since, or seen by other rules), or -EIO. */
must_check int store_get(
	struct store *s, const struct file_key *key, uint32_t generation, struct facts *ret);

/* Replaces what was known about the inode. 0, or -EIO / -ENOSPC: then nothing was kept. */
must_check int store_put(struct store *s, const struct file_key *key, const struct facts *f);

must_check int store_flush(struct store *s);

/* How often it was damaged and begun anew since it was opened. */
uint64_t store_lost(const struct store *s);
/* True while facts that were known once may be missing: from a loss to store_is_whole(), which says
   that all files were looked at again. */
bool store_is_incomplete(const struct store *s);
void store_is_whole(struct store *s);

uint64_t store_count(struct store *s);         /* files with facts */
uint64_t store_pending(const struct store *s); /* puts since the last flush */
uint64_t store_failed(const struct store *s);  /* puts that could not be kept */
