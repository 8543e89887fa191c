/* SPDX-License-Identifier: Apache-2.0 */
/* What the codes of diagnostics mean: docs/diagnostics.md and its Vietnamese counterpart. */
#pragma once

#include <stdbool.h>

#include "ctl/commands.h"

struct code {
	const char *code;
	const char *wrong[LANG_MAX], *advice[LANG_MAX];
};

extern const struct code ctl_codes[]; /* up to the one without a code; made by gen-codes.py */

/* `--explain CODE`; "all" prints every one. An exit status. */
must_check int codes_explain(const struct ctl *ctl, const char *code, bool json);
