/* SPDX-License-Identifier: Apache-2.0 */
/* One sink's work: from the journal to where it goes, from its cursor on. */
#pragma once

#include "settings/settings.h"

struct forward {
	const char *journal; /* directory */
	const char *state;   /* directory of the cursors */
	const struct settings_sink *sink;
	bool once; /* up to the journal's end, and to the first failure */
};

/* 0 when `once` is done; else does not return but for an error that waiting does not help. */
must_check int forward_run(const struct forward *f);
