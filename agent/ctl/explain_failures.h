/* SPDX-License-Identifier: Apache-2.0 */
/* The table of "sealgate explain --failures", for the application and user of `q`. */
#pragma once

#include "base/lang.h"
#include "ctl/policy_load.h"

must_check int explain_failures_json(const struct policy_load *load, const struct question *q);
void explain_failures_text(
	const struct policy_load *load, const struct question *q, enum lang lang);
