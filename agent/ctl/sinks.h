/* SPDX-License-Identifier: Apache-2.0 */
/* How far sealgate-relay is with each sink of agent.yaml, for "sealgate status". */
#pragma once

#include <stdint.h>

#include "base/json.h"
#include "ctl/commands.h"

/* Appends the member "sinks" to the JSON object in `status`, where agent.yaml names sinks.
   `newest` is the journal's newest record; 0: not known. 0 or -errno. */
must_check int sinks_add(const struct ctl *ctl, uint64_t newest, struct buf *status);
