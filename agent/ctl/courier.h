/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of "sealgate courier" share: docs/policy-lifecycle.md says what goes where. */
#pragma once

#include "bundle/bundle.h"
#include "ctl/incidents.h"
#include "ctl/medium.h"
#include "journal/seal.h"

#define COURIER_BYTES_MAX (64U << 20)  /* of one export's records; the next has what is left */
#define COURIER_TEXT_MAX  (256U << 10) /* of a statement, a receipt, a state */
#define COURIER_NAME_MAX  128U
#define COURIER_FILE(ret, host, what) \
	snprintf((ret), COURIER_NAME_MAX, "sealgate-%s.%s", (host), (what))

struct courier {
	struct incidents_options o;
	struct medium medium, state; /* the state directory's folder "courier" */
	char state_path[4200];
	char host[BUNDLE_HOST_MAX + 1]; /* this one */
	const char *key, *reason;
	uint64_t limit; /* records of an export; 0: none */
};

int courier_export(struct courier *c);  /* on the agent's host */
int courier_receipt(struct courier *c); /* on the reviewers' side */
