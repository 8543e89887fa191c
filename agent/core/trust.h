/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signatures count, and what needs one (agent.yaml: require-signatures, trusted-keys,
   two-signatures). Keys are read each time: one that was taken away counts no more. */
#pragma once

#include "bundle/bundle.h"
#include "bundle/versions.h"
#include "decide/policy.h"
#include "subject/apptable.h"
#include "wire/config.h"

#define TRUST_POLICY     (1U << 0) /* bits of require_signatures */
#define TRUST_RULES      (1U << 1)
#define TRUST_ADVISORIES (1U << 2)

#define TRUST_KEYS_MAX 64U

/* Whether the rules of this bundle may be used. -EBADMSG with `ret_why`, or another error. */
must_check int trust_check_rules(const struct config *c, const struct bundle *b, uint64_t newest,
	char *ret_why, size_t why_size);

/* What came on a medium: also where no signature is required, a trusted key must have signed it,
   and it must be newer than all that was in force. As above. */
must_check int trust_check_courier(const struct config *c, const struct bundle *b, uint64_t newest,
	char *ret_why, size_t why_size);

/*
 * Whether this bundle may become the policy. `newest` is the highest counter that was in force; the
 * policies in force (NULL where there is none) and to come are for the rule of two signatures. 0,
 * or -EBADMSG with `ret_why`, or another error. `ret_by` has the trusted signers.
 */
must_check int trust_check_policy(const struct config *c, const struct bundle *b,
	enum version_how how, uint64_t newest, const struct policy *old,
	const struct apptable *old_apps, const struct policy *fresh,
	const struct apptable *fresh_apps, char *ret_by, size_t by_size, char *ret_why,
	size_t why_size);
