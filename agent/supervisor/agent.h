/* SPDX-License-Identifier: Apache-2.0 */
/* The running agent: its processes, wired together, from start to stop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "settings/settings.h"
#include "wire/config.h"

/* Exit statuses of sealgated. */
enum {
	AGENT_STOPPED = 0,
	AGENT_FAILED = 1,      /* could not go on */
	AGENT_NOT_STARTED = 2, /* nothing was marked, nothing is running */
};

struct agent_options {
	const char *libexec;
	bool quiet;
};

/* Whether the directories to protect are there; says on stderr which are not. */
must_check int agent_check_protect(const struct settings *s);

/* Runs until SIGTERM or SIGINT. Says on stderr why where it does not start. Returns an exit status.
 */
must_check int agent_run(const struct settings *s, const struct agent_options *o);
