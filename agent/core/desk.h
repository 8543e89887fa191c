/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's desk: answers GATE_CLASSIFY with facts, turns GATE_RECORD into incidents. */
#pragma once

#include "base/json.h"
#include "core/core.h"

struct desk;

must_check int desk_new(struct core *core, struct desk **ret);
struct desk *desk_free(struct desk *d);             /* takes NULL, returns NULL */
must_check int desk_gate(struct desk *d, int sock); /* a (new) gate; socket taken over */

/* Log has this record (the ledger's tag): the gate may forget it. */
void desk_recorded(struct desk *d, uint64_t tag);

/* Facts found elsewhere (crawl), for incidents that come soon. */
/* A file that watch has seen and core has read: the gate puts a mark on it, or takes it off. What
   the gate cannot be told now waits for its successor. */
void desk_classified(struct desk *d, int fd, const struct file_key *key, const struct facts *f);

/* A program that an application wrote. False where the gate cannot be told. */
bool desk_dropped(struct desk *d, int fd, const struct file_key *key, const char *app);

void desk_remember(struct desk *d, const struct file_key *key, const struct facts *f);

void desk_status(const struct desk *d, struct json *j); /* key "gate_requests" */
