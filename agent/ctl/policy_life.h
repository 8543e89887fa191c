/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of `policy` about versions: asking the running agent. */
#pragma once

#include "base/buf.h"
#include "bundle/bundle.h"
#include "ctl/commands.h"

int policy_apply(const struct ctl *ctl, int argc, char **argv);
int policy_history(const struct ctl *ctl, int argc, char **argv);
int policy_rollback(const struct ctl *ctl, int argc, char **argv);
int policy_show(const struct ctl *ctl, int argc, char **argv);

/* The bytes of a bundle: of the file, which is one itself or a policy with all that it includes. An
   exit status, CTL_DONE where it could be read; the diagnostics are printed. */
must_check int policy_read_bundle(const char *path, struct buf *ret, bool *ret_is_bundle);

/* A version's bundle from the agent (0: the one in force); `ret_about` has the agent's JSON. */
must_check int policy_fetch(
	const struct ctl *ctl, uint32_t version, struct buf *ret_about, struct buf *ret_bundle);

/* Hands a bundle to the agent and says what became of it. */
struct policy_said {
	const char *reason;
	uint32_t base; /* only where this version is in force still; 0: in any case */
	bool json;
};
must_check int policy_send(
	const struct ctl *ctl, struct view bundle, uint8_t flags, const struct policy_said *said);
