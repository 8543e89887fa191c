/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marked documents that are known on this endpoint, by path: what `sealgate inventory` lists,
 * and what the channel `at-rest` is asked about. A database of its own beside the fact store; a
 * damaged one is put aside and filled again by the next walk. Writes are gathered until
 * inventory_tick().
 *
 * One incident for a document, however often it is walked over: it is told when the document is in
 * the database for good, under an id that the database remembers, so that a death in between makes
 * neither two of it nor none. Of a crowd each is named in one incident of them all; after such a
 * death some may be named again.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/json.h"
#include "core/core.h"

/* A path that is gone stays so long: it may come back under another name, or be written anew. */
#define INVENTORY_GONE_NS (10 * NSEC_PER_SEC)
#define INVENTORY_TAG     (UINT64_C(1) << 62) /* in the ledger: of a document's incident */
/* Rows of one answer, incidents and disappearances of one tick. */
#define INVENTORY_PAGE_MAX 100U
#define INVENTORY_TICK_MAX 256U
/* So many documents have an incident each in INVENTORY_CROWD_NS. Of what is found in it beyond
   them, those of one owner and rule are named in one together, INCIDENTS_FILES_MAX in each. */
#define INVENTORY_CROWD    256U
#define INVENTORY_CROWD_NS (60 * NSEC_PER_SEC)

struct inventory;

must_check int inventory_new(struct core *core, const char *dir, struct inventory **ret);
struct inventory *inventory_free(struct inventory *i); /* flushes; takes NULL, returns NULL */

/* The file is there and this is what is in it: a marked document, or none (any more). */
void inventory_saw(struct inventory *i, const char *path, const struct file_key *key,
	const struct stat *st, const struct facts *f);
/* The file is there, and could not be read now: it is still what it was. */
void inventory_touch(struct inventory *i, const char *path);
/* It is not there any more; `below`: nor anything below it. */
void inventory_gone(struct inventory *i, const char *path, bool below);
/* A whole walk that could read everything has ended, which began at `since` (realtime): what it did
   not meet is gone. */
void inventory_swept(struct inventory *i, uint64_t since);

/* Commits, and tells what is due: incidents, and documents that are gone. */
void inventory_tick(struct inventory *i);
/* Log has the incident. */
void inventory_told(struct inventory *i, uint64_t tag);

/* Whether this user was not reminded on this day; he is from here on. (Kept here because it has to
   outlive core, and this is the database beside the facts.) */
bool inventory_first_today(struct inventory *i, uint32_t uid, uint64_t day);

struct inventory_ask {
	uint32_t uid;      /* who may know of them: 0 all, others what belongs to them */
	const char *after; /* this path; "" from the beginning */
	enum level level;  /* and higher */
	const char *below; /* a folder, or "" for all */
	enum level hide;   /* names from this level up; LEVEL_NONE and LEVEL_MAX: never */
};

/* The array "documents" of those; and "next", the path to go on after, or null: of one whose name
   is not hidden where there is one, so that the next page may begin with some of this one. */
must_check int inventory_list(struct inventory *i, const struct inventory_ask *ask, struct json *j);
void inventory_status(struct inventory *i, struct json *j); /* key "inventory" */
