/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate counts of opens that nobody could judge: records for the journal, and status. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/macros.h"

/* Between two records of the same failure, kind of document and outcome. */
#define FAILURES_AGAIN_NS   (60 * NSEC_PER_SEC)
#define FAILURES_ALLOWED_NS (3600 * NSEC_PER_SEC)

struct agent;
struct failures;

must_check int failures_new(struct failures **ret);
struct failures *failures_free(struct failures *f); /* takes NULL, returns NULL */

/* Tells what is due; `all`: everything, because the agent ends. */
void failures_tell(struct agent *a, bool all);
void failures_status(const struct agent *a, struct json *j); /* key "failures" */
