/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy in force and its versions (bundle/versions.h, in state-dir/core/policies). A new one
 * comes from the command line or from the policy file. It is compiled from its bundle, stored,
 * given to the gate, and put in force when the gate has taken it; whatever fails before that leaves
 * the last good one in force everywhere. The compiled pair is kept as well (policy.last), for a
 * start on which nothing else can be had.
 */
#pragma once

#include "base/json.h"
#include "bundle/versions.h"
#include "core/core.h"
#include "decide/policy.h"
#include "subject/apptable.h"

#define POLICIES_OWN SEALGATE_SYSCONFDIR "/policy.yaml"

struct policies;

/* Who wants it, and why. */
struct policies_request {
	uint32_t uid;
	char user[VERSIONS_USER_MAX];
	const char *reason;
	enum version_how how;
	bool dry_run;
	bool courier;    /* trust_check_courier() */
	const char *via; /* what it came through, or NULL */
};

/* `failed`: nothing changed, `text` says why in lines; else a JSON object. */
typedef void (*policies_done_fn)(void *userdata, bool failed, struct view text);

/* Opens the store and finds the policy to begin with. -EBADMSG where there is none; `ret_why` has
   the diagnostics. */
must_check int policies_new(struct core *core, struct buf *ret_why, struct policies **ret);
struct policies *policies_free(struct policies *p); /* takes NULL, returns NULL */

/* These call `done` once, at once or when the gate has answered, unless forgotten before. */
void policies_apply(struct policies *p, const struct policies_request *r, struct view bundle,
	policies_done_fn done, void *userdata);
void policies_rollback(struct policies *p, const struct policies_request *r, uint32_t version,
	policies_done_fn done, void *userdata);
void policies_forget(struct policies *p, void *userdata); /* nobody waits any more */

/* Looks at the policy file: what was edited becomes a version. 0; 1 where another is being put in
   force, and it is to be tried again; -EBADMSG with diagnostics in `ret_why`. */
must_check int policies_file(struct policies *p, struct buf *ret_why);

bool policies_is_busy(const struct policies *p); /* one waits for the gate */
/* Calls back when none waits any more; at once where that is so. */
void policies_when_settled(struct policies *p, policies_done_fn done, void *userdata);

/* The supervisor's word about what was sent under `id`. */
void policies_answer(struct policies *p, uint32_t id, uint32_t version, uint32_t error);

must_check int policies_send(struct policies *p); /* the one in force, once more */

const struct policy *policies_policy(const struct policies *p);
const struct apptable *policies_apps(const struct policies *p);
/* Of a version that is, just was, or is about to be in force; else the one in force. */
const struct policy *policies_policy_at(const struct policies *p, uint32_t version);
uint32_t policies_version(const struct policies *p);

/* JSON: {"current": N, "versions": [...]}, the newest first, `limit` of them (0: all). */
must_check int policies_history(const struct policies *p, uint32_t limit, struct buf *ret);
/* The bundle, and a JSON object about it. -ENOENT. `version` 0: the one in force. */
must_check int policies_show(
	const struct policies *p, uint32_t version, struct buf *ret_about, struct buf *ret_bundle);

void policies_status(const struct policies *p, struct json *j); /* members of "policy" */
const char *policies_error(const struct policies *p); /* of the file that was refused, or "" */
