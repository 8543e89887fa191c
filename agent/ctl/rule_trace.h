/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of a policy, with why it did or did not match, and which one decided. */
#pragma once

#include "base/json.h"
#include "base/lang.h"
#include "decide/policy.h"

/* A line each, on standard output; the entries of `failures` where there was one. */
void rule_trace_put(
	const struct policy *p, const struct question *q, const struct verdict *v, enum lang lang);

/* The members "rules" and "failures" of an object. */
void rule_trace_json(
	const struct policy *p, const struct question *q, const struct verdict *v, struct json *j);
