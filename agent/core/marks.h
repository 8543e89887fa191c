/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who marked which incident lately, so that a reviewer who had not seen it yet does not overwrite
 * it: a mark says up to which record its reviewer had read. Of this run of the process alone, and
 * of so many incidents; what is forgotten is not refused. The journal keeps both in any case.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define MARKS_MAX 4096U

struct marks;

must_check int marks_new(struct marks **ret);
struct marks *marks_free(struct marks *m); /* takes NULL, returns NULL */

/* Whether another user has marked it behind record `seen` (0: not asked). */
bool marks_is_late(const struct marks *m, const char *id, uint32_t uid, uint64_t seen);
/* A mark goes to the journal under this tag, which is told when it is there; `seq` 0: it is not. */
void marks_begin(struct marks *m, const char *id, uint32_t uid, uint64_t tag);
void marks_end(struct marks *m, uint64_t tag, uint64_t seq);
