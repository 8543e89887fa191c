/* SPDX-License-Identifier: Apache-2.0 */
/* One who asks over the control socket, for control.c and control_policy.c. */
#pragma once

#include <sys/socket.h>

#include "base/list.h"
#include "core/core.h"
#include "wire/notice.h"
#include "wire/peer.h"

struct caller {
	struct list node;
	struct control *control;
	struct core *core;
	struct wire_peer *peer;
	uint32_t uid;
	bool wants_notices;
	enum notice_form form; /* of these */
	bool reviewer;         /* root, this process's own user, the reviewers' group */
	bool may_apply;        /* likewise, and the policy's group */
	bool is_console;       /* may ask CTL_CONSOLE_LOGIN and the like */
	uint32_t roles;        /* bits of enum console_role */
	uint64_t as;           /* a session of the console, whose person this is now; 0: none */
	uint32_t peer_uid;     /* of the socket, whoever is asked for */
	uint32_t review_id;    /* of a CTL_REVIEW that waits to be durable */
	uint64_t review_tag;   /* 0: none */
	uint32_t waiting_id;   /* of a CTL_STATUS that waits for the supervisor's part */
	bool waiting;
	uint32_t policy_id; /* of a request that waits for the gate; one at a time */
	bool policy_waits, policy_failed;
	struct buf policy_text; /* of a reload */
	uint32_t vault_id;      /* of a CTL_VAULT that waits for the supervisor */
	uint32_t vault_asks;    /* its number there; 0: none */
};

must_check int caller_send_text(struct caller *c, uint32_t id, bool failed, struct view text);
/* Refused because somebody else was first. */
must_check int caller_send_late(struct caller *c, uint32_t id, struct view text);
/* This caller may not. */
must_check int caller_send_forbidden(struct caller *c, uint32_t id, struct view text);

/* Negative: the caller is to go. */
must_check int caller_on_reload(struct caller *c, uint32_t id);
must_check int caller_on_apply(struct caller *c, struct wire_frame *f);
must_check int caller_on_rollback(struct caller *c, struct wire_frame *f);
must_check int caller_on_history(struct caller *c, struct wire_frame *f);
must_check int caller_on_show(struct caller *c, struct wire_frame *f);
void caller_forget_policy(struct caller *c);

bool caller_is_member(int sock, const struct ucred *cred, uint32_t gid);
void caller_take_roles(struct caller *c, int sock, const struct ucred *cred);
bool caller_sees_policy(const struct caller *c);
bool caller_may_now(struct caller *c, uint16_t request); /* of a session: it goes on */
must_check int caller_on_token(struct caller *c, uint32_t id);
must_check int caller_on_login(struct caller *c, const struct wire_frame *f);
must_check int caller_on_as(struct caller *c, const struct wire_frame *f);
must_check int caller_on_end(struct caller *c, const struct wire_frame *f);
