/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical composition: of one pair quickly, of a letter with its marks in full. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Marks that one letter keeps, as in Unicode's stream-safe text; more than that are dropped. */
#define CANON_MARKS_MAX 30

/* A letter, or nothing, and the marks on it. */
struct canon_cluster {
	size_t n;
	uint32_t cp[CANON_MARKS_MAX + 4];
};

/* What `letter` and `mark` compose to, or 0. Letters that bear a mark already are included, in any
   order of marks: ê and a dot below give ệ. */
uint32_t canon_pair(uint32_t letter, uint32_t mark);

/* Adds a code point in its canonical decomposition; dropped where the cluster is full. */
void canon_cluster_add(struct canon_cluster *c, uint32_t cp);

/* Brings the marks into canonical order and composes what can be: the cluster is in NFC then. */
void canon_cluster_compose(struct canon_cluster *c);
