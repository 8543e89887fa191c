/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_CONSOLE_*: how a person comes to the web console, and how the agent knows that it is them.
 *
 * The person asks the agent for a token, who knows them by the socket. The console's server gives
 * the token back and gets a session; with it, and only with it, what it asks is that person's. So a
 * server that somebody has taken over can do nothing in the name of people who are not logged in.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"

#define CONSOLE_SECRET_SIZE 65U /* of a token, and of a session: hex digits, with the NUL */
#define CONSOLE_TOKEN_NS    (UINT64_C(60) * 1000000000) /* a token lasts */

enum console_role {
	CONSOLE_REVIEWER,
	CONSOLE_AUTHOR,
	CONSOLE_APPROVER,
	CONSOLE_AUDITOR,
	CONSOLE_ROLE_MAX,
};
#define CONSOLE_ROLE(r)   (UINT32_C(1) << (r))
#define CONSOLE_ALL_ROLES (CONSOLE_ROLE(CONSOLE_ROLE_MAX) - 1)

const char *console_role_name(enum console_role r); /* "reviewer", ... */
