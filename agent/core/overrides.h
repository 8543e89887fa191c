/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overrides in force. They are kept in the state directory, so that a restart does not end
 * them; what ends them is their time, which stands in the compiled policy as well: the gate needs
 * nobody to tell it. The policy's bounds hold when one is added and at every later moment.
 */
#pragma once

#include "base/json.h"
#include "core/core.h"
#include "decide/policy.h"
#include "subject/apptable.h"
#include "wire/justify.h"
#include "wire/override.h"

#define OVERRIDES_TAG (UINT64_C(1) << 61) /* in the ledger: that the file was damaged */

struct overrides;

/* A file that is damaged is put aside, and the journal has it; then there are none. */
must_check int overrides_new(struct core *core, struct overrides **ret);
struct overrides *overrides_free(struct overrides *o); /* takes NULL */

/* 0; 1 where the policy or the request forbids it, and `ret_text` says why; or -errno. `ret_text`
   is JSON otherwise. */
must_check int overrides_request(
	struct overrides *o, const struct override_request *r, uint32_t uid, struct buf *ret_text);

/* `incident`'s content for its application, for the user whom it happened to; `r` has all but the
   minutes, which are the policy's. 0; 1 where `ret_why` says no, with its number in `ret_n`; or
   -errno. `ret_text` is JSON. */
must_check int overrides_justify(struct overrides *o, const struct override_request *r,
	uint32_t uid, const char *incident, struct buf *ret_text, enum justify_refusal *ret_why,
	uint32_t *ret_n);

/* What one user gave a reason for, as a JSON array. */
void overrides_of_user(const struct overrides *o, uint32_t uid, struct json *j);

/* The number that stands for the content in facts and in the table; 0: nothing is about it. */
uint16_t overrides_content(const struct overrides *o, const struct facts *f);

/* What of them the policy and its applications let be in force. */
struct override_table {
	struct policy_override v[POLICY_PASSES_MAX];
	size_t n;
};
void overrides_table(const struct overrides *o, const struct policy *p, const struct apptable *apps,
	struct override_table *ret);

void overrides_status(const struct overrides *o, struct json *j);

/* The ledger's answer for OVERRIDES_TAG; `seq` 0: it is not in the journal. */
void overrides_told(struct overrides *o, uint64_t seq);
