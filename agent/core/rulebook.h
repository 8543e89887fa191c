/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy (policies.h) and the rule packs in force. Reads them at start, on SUP_RELOAD and when
 * their files change. What does not pass stays out, and the last good one stays in force, over
 * restarts too (state-dir/core/rules.last). Compiling blocks core: about 100 ms for the rules.
 */
#pragma once

#include "base/json.h"
#include "core/core.h"
#include "decide/policy.h"
#include "subject/apptable.h"

struct rulebook;

/* Loads both and hands them out. -EBADMSG where one does not pass and there is no last good one;
   `ret_why` then has the diagnostics, a line each. */
must_check int rulebook_new(struct core *core, struct buf *ret_why, struct rulebook **ret);
struct rulebook *rulebook_free(struct rulebook *b); /* takes NULL, returns NULL */

/* Reads both again. 0, or -EBADMSG: `ret_why` has the diagnostics and what stays in force. */
must_check int rulebook_reload(struct rulebook *b, struct buf *ret_why);

struct policies *rulebook_policies(const struct rulebook *b); /* core/policies.h */
/* Gives the gate the policy again, with the overrides of now. */
must_check int rulebook_publish(struct rulebook *b);

const struct policy *rulebook_policy(const struct rulebook *b);
const struct apptable *rulebook_apps(const struct rulebook *b);
uint32_t rulebook_generation(const struct rulebook *b); /* of the rules; never 0 */

void rulebook_status(const struct rulebook *b, struct json *j); /* keys "policy" and "rules" */
