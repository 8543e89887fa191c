/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the supervisor for evidence copies: one per incident and content, after the open was
 * answered. The supervisor records what became of each; what cannot even be asked for is recorded
 * here.
 */
#pragma once

#include "core/core.h"

#define COPIES_ASKED_MAX 1024U /* remembered, so that retries ask for nothing */

struct copies;

must_check int copies_new(struct core *core, struct copies **ret);
struct copies *copies_free(struct copies *e); /* takes NULL */

/* One more event of this incident; nothing where `e` is NULL. */
void copies_heard(struct copies *e, const char *incident, const struct gate_record *r,
	const struct incident_context *c);
