/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is logged in: a cookie leads to the agent's session, a person and their roles. A cookie
 * serves the user of this computer alone who logged in with it (agent/web/peeruid.h), so that
 * another who gets hold of it has nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "wire/console.h"

#define SESSION_COOKIE    "sealgate_session"
#define SESSIONS_MAX      128U
#define SESSIONS_USER_MAX 4U /* of one person: the oldest makes room, as the agent's does */

struct session {
	char cookie[CONSOLE_SECRET_SIZE], csrf[CONSOLE_SECRET_SIZE];
	char agent[CONSOLE_SECRET_SIZE]; /* the agent's session */
	char user[64], name[128];
	uint32_t uid, roles, peer_uid;
	uint64_t number;      /* counts up; 0: none */
	uint64_t until, used; /* clock_now() */
	uint64_t until_realtime;
};

struct sessions;

must_check int sessions_new(uint64_t idle_ns, struct sessions **ret);
struct sessions *sessions_free(struct sessions *s); /* takes NULL, returns NULL */

/* Cookie, CSRF token, number and times are made here; the rest is `from`'s. */
must_check int sessions_add(struct sessions *s, const struct session *from, uint64_t lasts_ns,
	const struct session **ret);
/* NULL where there is none, or it is over, or another user's. Counts as a use. */
const struct session *sessions_find(struct sessions *s, struct view cookie, uint32_t peer_uid);
const struct session *sessions_by_number(struct sessions *s, uint64_t number);
void sessions_end(struct sessions *s, uint64_t number);
