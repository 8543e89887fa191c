/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is logged in to the web console (wire/console.h): tokens that were given out and sessions,
 * in memory alone, so that a restart of core is the end of all logins. Each login and its end is a
 * record.
 */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "core/core.h"
#include "wire/console.h"

#define CONSOLE_TOKENS_MAX   64U
#define CONSOLE_SESSIONS_MAX 128U
#define CONSOLE_USER_MAX     4U /* tokens, and sessions, of one person: the oldest makes room */

/* Refused logins within a minute are one record. */
#define CONSOLE_REFUSED_NS (60 * NSEC_PER_SEC)

struct console;

struct console_person {
	uint32_t uid, roles; /* bits of enum console_role */
};

must_check int console_new(struct core *core, struct console **ret);
struct console *console_free(struct console *c); /* takes NULL, returns NULL */

/* 0; -ENOSPC where too many people ask at once; -errno. */
must_check int console_token(
	struct console *c, const struct console_person *who, char ret[CONSOLE_SECRET_SIZE]);

/* 0; 1 where there is no such token (any more), which is counted and recorded; -errno. */
must_check int console_login(struct console *c, const char *token, struct console_person *ret_who,
	char ret_session[CONSOLE_SECRET_SIZE], uint64_t *ret_lasts_ns);

/* A session's number, for console_is(); 0 where there is none (any more). */
uint64_t console_find(struct console *c, const char *session, struct console_person *ret);
bool console_is(struct console *c, uint64_t number); /* still logged in */
void console_end(struct console *c, const char *session);

void console_status(const struct console *c, struct json *j); /* key "console" */
