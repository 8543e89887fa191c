/* SPDX-License-Identifier: Apache-2.0 */
/* The first 64 bytes make a question, the rest is the blob. */
#include <stdlib.h>
#include <string.h>

#include "decide/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUESTION 64U

static struct question question(const uint8_t *u, char *path, const uint32_t *gids)
{
	memcpy(path, u + 32, QUESTION - 32);
	path[QUESTION - 32] = 0;
	return (struct question){
		.facts = {.level = u[0], .completeness = u[1], .tags = u[2], .reasons = u[3]},
		.app = u[4],
		.category = (enum category)(u[5] % CATEGORY_MAX),
		.channel = (enum channel)(u[6] % CHANNEL_MAX),
		.uid = u[7],
		.gids = gids,
		.n_gids = 2,
		.path = u[8] & 1 ? path : NULL,
		.destination = u[8] & 2 ? path : NULL,
		.realtime = (uint64_t)u[9] << 56 | (uint64_t)u[10] << 48 | u[11],
		.utc_offset = (int32_t)((uint32_t)u[12] << 24 | u[13]),
		.meeting = u[8] & 4,
	};
}

static void ask(const struct policy *p, const uint8_t *u)
{
	const uint32_t gids[] = {u[14], u[15]};
	char path[QUESTION - 32 + 1];
	struct question q = question(u, path, gids);
	uint32_t expect = POLICY_RULE_NONE;
	struct verdict v;

	policy_decide(p, &q, &v);
	/* The index must agree with a walk over the rules. */
	for (uint32_t i = 0; i < policy_n_rules(p) && expect == POLICY_RULE_NONE; i++)
		if (!policy_rule_mismatch(p, i, &q))
			expect = i;
	if (v.rule != expect || (unsigned)v.action >= ACTION_MAX ||
		strlen(policy_rule_name(p, v.rule)) >= POLICY_NAME_MAX)
		abort();
	(void)policy_rule_message(p, v.rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p;
	uint8_t *blob;

	if (size <= QUESTION)
		return 0;
	blob = malloc(size - QUESTION); /* aligned, and its end guarded */
	if (!blob)
		return 0;
	memcpy(blob, data + QUESTION, size - QUESTION);
	if (policy_open(view_of(blob, size - QUESTION), &p) == 0) {
		ask(p, data);
		policy_close(p);
	}
	free(blob);
	return 0;
}
