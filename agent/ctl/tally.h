/* SPDX-License-Identifier: Apache-2.0 */
/* Counts by key: what stats, groups and reports are made of. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "journal/incident.h"

#define TALLY_KEYS_MAX 100000U /* different keys; what is of others counts under "..." */

struct tally_entry {
	uint64_t n, refused, retries, judged, false_positive;
	char *key;
	char first[32], last[32];     /* times */
	char id[INCIDENT_ID_MAX + 1]; /* of the newest */
};

struct tally;

must_check int tally_new(struct tally **ret);
struct tally *tally_free(struct tally *t); /* takes NULL, returns NULL */
void tally_freep(struct tally **t);

must_check int tally_add(struct tally *t, const char *key, const struct incident *i);

size_t tally_count(const struct tally *t);
/* By number, the largest first; `by_key`: by key. Valid until the next tally_add(). */
void tally_sort(struct tally *t, bool by_key);
const struct tally_entry *tally_at(const struct tally *t, size_t n);
