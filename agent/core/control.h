/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: what the command line asks. Everybody may ask for the status (the worker can
 * see that the agent runs, what it judges and what it records); reload is root's. Peers are known
 * by SO_PEERCRED.
 */
#pragma once

#define CONTROL_TAG (UINT64_C(1) << 63) /* in the ledger: of a caller's record */

#include "core/core.h"
#include "wire/notice.h"

#define CONTROL_PEERS_MAX 256U
#define CONTROL_USER_MAX  8U /* of one user that is not root: nobody takes the others' places */
#define CONTROL_ROOT_MIN                                                         \
	16U /* of CONTROL_PEERS_MAX: a user may have others' numbers, as subuids \
	     */

struct control;

must_check int control_new(struct core *core, struct control **ret);
struct control *control_free(struct control *c);            /* takes NULL, returns NULL */
must_check int control_listen(struct control *c, int sock); /* listening; taken over */

/* What the supervisor and the gate say about themselves: a JSON object, or empty. */
/* SUP_QUARANTINED about something that a caller asked for. */
void control_vault_done(struct control *c, const struct wire_frame *f);

/* SUP_POSTURE; taken over. 0. */
int control_posture(struct control *c, int fd);

void control_supervisor_status(struct control *c, struct view json);

/* Whether somebody waits for this user's notices; and sends them one. */
bool control_has_listener(const struct control *c, uint32_t uid);
void control_notify(struct control *c, uint32_t uid, const struct notice *n);

/* The ledger's answer for a tag with CONTROL_TAG. */
void control_appended(struct control *c, uint64_t tag, uint64_t seq);
