/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people may give a reason for: the documents that a rule with `do: justify` refused them of
 * late, with their content and the application. Kept in memory, a bounded number for each user; a
 * reason for one of them becomes an override of its own kind (core/overrides.h).
 */
#pragma once

#include "core/core.h"
#include "wire/justify.h"
#include "wire/record.h"

#define JUSTIFY_KEPT_MAX 512U /* the oldest goes for a new one */
#define JUSTIFY_USER_MAX 16U  /* of one user, likewise: nobody takes the others' places */
#define JUSTIFY_KEPT_NS  (UINT64_C(24) * 3600 * NSEC_PER_SEC)

struct justify;

must_check int justify_new(struct core *core, struct justify **ret);
struct justify *justify_free(struct justify *j); /* takes NULL */

/* One answered open of the incident `id`; those that no reason is asked for are left out. `f` may
   be NULL. True where a reason lets it pass now. */
bool justify_heard(
	struct justify *j, const char *id, const struct gate_record *r, const struct facts *f);

/* 0; 1 where the answer is a refusal; or -errno. `ret_text` is JSON. */
must_check int justify_request(
	struct justify *j, const struct justify_request *r, uint32_t uid, struct buf *ret_text);
