/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications wrote, as watch tells it: read by the workers, decided by policy on channel
 * `receive`, moved to quarantine by the supervisor where a rule says so. Nobody waits for it. An
 * incident of a file that is to be moved is written when it is known what became of it.
 */
#pragma once

#include "core/core.h"
#include "wire/frame.h"

#define RECEIVE_FILES_MAX 64U                  /* under way; watch keeps the others */
#define RECEIVE_MOVES_MAX 48U                  /* of these, after which watch has to wait */
#define RECEIVE_MOVE_NS   (120 * NSEC_PER_SEC) /* then it counts as not moved */

struct receive;

must_check int receive_new(struct core *core, struct receive **ret);
struct receive *receive_free(struct receive *r); /* takes NULL, returns NULL */

/* WATCH_RECEIVED and WATCH_MISSED. 0 or -EPROTO. */
must_check int receive_file(struct receive *r, struct wire_frame *f);
must_check int receive_missed(struct receive *r, const struct wire_frame *f);
/* SUP_QUARANTINED for one of ours; false where it is about something else. */
bool receive_moved(struct receive *r, const struct wire_frame *f);
/* What still waits for the supervisor is recorded as it stands. */
void receive_stop(struct receive *r);

void receive_status(const struct receive *r, struct json *j); /* key "receive" */
