/* SPDX-License-Identifier: Apache-2.0 */
/* An incident of the journal as the question that was asked about it, for asking again. */
#pragma once

#include "decide/policy.h"
#include "journal/incident.h"
#include "subject/apptable.h"

#define RECORDED_GROUPS_MAX 64

/* The groups of one user, kept from one incident to the next. */
struct recorded {
	uint32_t gids[RECORDED_GROUPS_MAX];
	uint64_t gids_of; /* uid + 1 */
	uint32_t n_gids;
};

/* Groups are those of today: the journal does not have those of then. An application that is not in
   `apps` is APP_NONE. The question points into the incident and into `r`. */
void recorded_ask(struct recorded *r, const struct apptable *apps, const struct incident *i,
	struct question *ret);

/* What the journal tells of the document may have come after the answer, where that could not wait:
   the question as it was then. False where the answer did not come so. */
bool recorded_unread(const struct incident *i, struct question *q);
