/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications write: closes after writing come from a fanotify group that only tells and
 * holds nobody, and who wrote is what the gate knows of the process. A file is offered to core when
 * it has been left alone for a moment, under the name that it has then. Owns the descriptors until
 * core has taken them.
 */
#pragma once

#include "base/loop.h"
#include "wire/config.h"
#include "wire/peer.h"

#define ARRIVALS_MAX       1024U /* files that wait; one more is counted and told as missed */
#define ARRIVALS_SENT_MAX  16U   /* with core at a time */
#define ARRIVALS_SETTLE_NS (300 * NSEC_PER_MSEC) /* without another close after writing */
#define ARRIVALS_LATEST_NS (3 * NSEC_PER_SEC)    /* after the first close it is offered anyway */

struct arrivals;

/* `config` must outlive it. */
must_check int arrivals_new(struct loop *l, const struct config *config, struct arrivals **ret);
struct arrivals *arrivals_free(struct arrivals *a); /* takes NULL, returns NULL */

/* SUP_ARRIVALS: takes the group over, maps the memory. */
must_check int arrivals_start(struct arrivals *a, int group, int memory);

/* After it: the group of renames, which is taken over. */
must_check int arrivals_moves(struct arrivals *a, int group);

/* The core to offer to, or NULL. What the last one had not taken is offered again. */
void arrivals_core(struct arrivals *a, struct wire_peer *core);
void arrivals_taken(struct arrivals *a, uint32_t id); /* CORE_RECEIVED */
