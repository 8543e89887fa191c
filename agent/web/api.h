/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "web/exchange.h"

#define API_BODY_MAX   (64U << 10) /* of most requests */
#define API_POLICY_MAX (8U << 20)  /* of those with a policy in them */
#define API_TEST_MAX   (64U << 20) /* of a document */
#define API_PREFIX     "/api/"

/* NULL where there is none; `ret_known`: there is one of another method. */
const struct route *api_find(
	enum method m, struct view path, struct view *ret_argument, bool *ret_known);

void api_login(struct exchange *x);
void api_session(struct exchange *x);
void api_logout(struct exchange *x);
void api_health(struct exchange *x);
void api_overview(struct exchange *x);
void api_incidents(struct exchange *x);
void api_incident(struct exchange *x);
void api_show(struct exchange *x, bool reveal); /* the one of the path */
void api_trace(struct exchange *x);
void api_verify(struct exchange *x);
void api_mark(struct exchange *x);
void api_reveal(struct exchange *x);
void api_inventory(struct exchange *x);
void api_policy(struct exchange *x);
void api_policy_history(struct exchange *x);
void api_policy_check(struct exchange *x);
void api_policy_diff(struct exchange *x);
void api_policy_simulate(struct exchange *x);
void api_policy_apply(struct exchange *x);
void api_policy_rollback(struct exchange *x);
void api_policy_exception(struct exchange *x);
void api_job(struct exchange *x);
void api_test(struct exchange *x);
void api_report(struct exchange *x);
void api_suggest(struct exchange *x);
void api_apps(struct exchange *x);

#define ROLES_SEE (CONSOLE_ROLE(CONSOLE_REVIEWER) | CONSOLE_ROLE(CONSOLE_AUDITOR))
#define ROLES_POLICY                                                     \
	(CONSOLE_ROLE(CONSOLE_AUTHOR) | CONSOLE_ROLE(CONSOLE_APPROVER) | \
		CONSOLE_ROLE(CONSOLE_AUDITOR))
