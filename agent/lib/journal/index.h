/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where each incident of a journal is, with the later records about it, in the order of the
 * journal. Holds places, not texts: a journal of a million incidents takes about 100 MB here.
 */
#pragma once

#include <stdbool.h>

#include "base/macros.h"
#include "journal/incident.h"
#include "journal/journal.h"

struct index; /* of one journal, as it was when it was walked */

/* Called once per incident as it was first written. True: it is one of those wanted. */
typedef bool (*index_want_fn)(void *userdata, const struct incident *i);

must_check int index_build(const char *dir, index_want_fn want, void *userdata, struct index **ret);
/* By their ids alone (NULL: all), for which no record is taken apart. */
typedef bool (*index_want_id_fn)(void *userdata, const char *id);
must_check int index_build_by_id(
	const char *dir, index_want_id_fn want, void *userdata, struct index **ret);
struct index *index_free(struct index *x); /* takes NULL, returns NULL */
void index_freep(struct index **x);

/* Looks at each wanted one again, with all that came later, and keeps those still wanted. */
must_check int index_refine(struct index *x, index_want_fn want, void *userdata);

size_t index_count(const struct index *x);      /* of the wanted ones */
uint64_t index_gaps(const struct index *x);     /* records of the kind "gap" */
uint64_t index_last_seq(const struct index *x); /* of the last record; 0 where there is none */
uint64_t index_unread(const struct index *x);   /* lines and records that could not be read */

/* The n-th wanted incident, with all that came later. 0, or -errno. */
must_check int index_load(struct index *x, size_t n, struct incident **ret);

/* How many characters tell this id from every other in the journal. */
size_t index_id_length(const struct index *x, size_t n);
