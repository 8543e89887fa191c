/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that begin and end, as the supervisor sees them: records of the kind `meeting`, and once a
 * day for each user a record of the kind `reminder` with the text of the policy's
 * `meeting-reminder`, which is what a program in the user's session shows.
 */
#pragma once

#include "core/core.h"
#include "wire/frame.h"

must_check int calls_changed(struct core *core, const struct wire_frame *f); /* SUP_CALL */
