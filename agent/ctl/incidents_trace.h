/* SPDX-License-Identifier: Apache-2.0 */
/* Why an incident was decided so: its question, put again to the policy that was in force then. */
#pragma once

#include "base/json.h"
#include "ctl/incidents.h"
#include "ctl/policy_diff.h"
#include "ctl/recorded.h"

struct incidents_trace {
	struct policy_side side;
	struct recorded recorded;
	struct question q;
	struct verdict v;
	char *path, *destination; /* of the question */
	bool available;           /* the policy could be had */
	bool same;                /* it decides as the record says */
	bool unread;              /* when nobody had read the document yet */
};

/* `i` with what is concealed: rules may ask for it. CTL_DONE, also where the policy cannot be had,
   which it says on stderr; CTL_FAILED. */
must_check int incidents_trace(
	const struct incidents_options *o, const struct incident *i, struct incidents_trace *ret);
void incidents_trace_done(struct incidents_trace *t);

/* Neither names what is concealed. */
void incidents_trace_put(const struct incidents_trace *t, const struct incident *i, enum lang lang);
void incidents_trace_json(
	const struct incidents_trace *t, const struct incident *i, struct json *j); /* an object */
