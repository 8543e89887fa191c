/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CTL_OVERRIDE: one content may pass to one application for some minutes, whatever the policy says.
 * Bounded by the policy; each is a record in the journal, with who asked for it, which the agent
 * takes from the socket and not from the request.
 */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "wire/pack.h"

#define OVERRIDE_DIGEST      32U /* SHA-256 */
#define OVERRIDE_APP_SIZE    64U
#define OVERRIDE_REASON_SIZE 257U /* bytes with the NUL */
#define OVERRIDE_OWNER_SIZE  65U

enum override_what {
	OVERRIDE_LIST,
	OVERRIDE_ADD,    /* all members but `id` */
	OVERRIDE_REVOKE, /* `id` alone */
	OVERRIDE_WHAT_MAX,
};

struct override_request {
	enum override_what what;
	uint32_t id;
	uint32_t minutes;
	uint8_t sha256[OVERRIDE_DIGEST];
	char app[OVERRIDE_APP_SIZE];
	char reason[OVERRIDE_REASON_SIZE];
	char owner[OVERRIDE_OWNER_SIZE];
};

void pack_override(struct pack *p, const struct override_request *r);
void unpack_override(struct unpack *u, struct override_request *ret);

/* Says what is wrong with it, or NULL. The policy's bounds are for who knows the policy. */
const char *override_refused(const struct override_request *r);
