/* SPDX-License-Identifier: Apache-2.0 */
/* What this host has of the parts that a policy counts on. */
#pragma once

#include "ctl/commands.h"
#include "policyfile/policyfile.h"
#include "settings/settings.h"

struct host {
	struct policyfile_host known; /* borrows from the rest */
	const char *places[2 * SETTINGS_PATHS_MAX];
};

/* `s` must stay valid. What cannot be found out is taken to be there. */
void host_look(const struct settings *s, struct host *ret);
