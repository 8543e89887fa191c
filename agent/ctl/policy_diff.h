/* SPDX-License-Identifier: Apache-2.0 */
/* Policies to compare: files, bundles, and versions of the running agent. */
#pragma once

#include "base/buf.h"
#include "ctl/commands.h"
#include "policydiff/diff.h"

struct policy_side {
	struct buf policy_blob, apps_blob;
	struct policy *policy;
	struct apptable *apps;
};

/* CTL_DONE, or CTL_FAILED after saying why. */
must_check int policy_side_load(const struct ctl *ctl, const char *name, struct policy_side *ret);
void policy_side_done(struct policy_side *s);

int policy_diff(const struct ctl *ctl, int argc, char **argv);
