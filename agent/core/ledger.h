/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: what log has not yet acknowledged. Keeps every payload until LOG_APPENDED, over
 * restarts of log, up to LEDGER_MAX; what does not fit is counted and told in a gap record.
 */
#pragma once

#include <stdint.h>

#include "base/loop.h"
#include "base/macros.h"
#include "base/view.h"

#define LEDGER_MAX 20000U /* payloads waiting */

struct ledger;

/* `tag` is the caller's, from ledger_add(). */
typedef void (*ledger_done_fn)(void *userdata, uint64_t tag, uint64_t seq);

must_check int ledger_new(struct loop *l, ledger_done_fn done, void *userdata, struct ledger **ret);
struct ledger *ledger_free(struct ledger *g); /* takes NULL, returns NULL */

must_check int ledger_log(struct ledger *g, int sock); /* a (new) log process; socket taken over */

/* The same for LOG_SEAL and LOG_NEW_KEY (wire/protocol.h). */
must_check int ledger_request(struct ledger *g, uint16_t type, struct view payload, uint64_t tag);

/* A JSON object for the journal; copied. 0, or -ENOBUFS (counted as lost). */
must_check int ledger_add(struct ledger *g, struct view payload, uint64_t tag);

uint32_t ledger_waiting(const struct ledger *g);
uint64_t ledger_appended(const struct ledger *g);
uint64_t ledger_lost(const struct ledger *g);
uint64_t ledger_last_seq(const struct ledger *g);
