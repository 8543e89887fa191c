/* SPDX-License-Identifier: Apache-2.0 */
/* The policy that a command is about, compiled. */
#pragma once

#include "base/diag.h"
#include "ctl/commands.h"
#include "policyfile/policyfile.h"

struct policy_load {
	char *path;
	struct policyfile_info info;
	struct buf policy_blob, apps_blob;
	struct policy *policy; /* NULL where the file is not valid */
	struct apptable *apps; /* likewise */
	struct diags diags;
};

/*
 * `path` NULL: what the configuration names. CTL_DONE; CTL_FOUND where the policy is not valid
 * (the diagnostics say why; to be freed too); CTL_FAILED after a message where it could not be
 * read.
 */
must_check int policy_load(const struct ctl *ctl, const char *path, struct policy_load **ret);
/* The same, with warnings of what this host has not got. */
must_check int policy_load_check(const struct ctl *ctl, const char *path, struct policy_load **ret);
struct policy_load *policy_load_free(struct policy_load *l); /* takes NULL, returns NULL */
