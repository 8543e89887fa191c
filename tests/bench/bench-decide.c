/* SPDX-License-Identifier: Apache-2.0 */
/* Nanoseconds per decision with few and with many rules: ./bench-decide */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "decide/policy_builder.h"

#define ROUNDS 200000U

/* A site's policy: exceptions for single applications, users and folders before general rules. */
static struct policy *build(unsigned n_rules, struct buf *blob)
{
	struct policy_builder *b = NULL;
	struct policy *p = NULL;
	int r = policy_builder_new(&b);

	for (unsigned i = 0; r == 0 && i < n_rules; i++) {
		const uint32_t app = i % 200, user = 1000 + i;
		char name[16], glob[64];
		const char *const paths[] = {glob};
		struct policy_rule_def d = {
			.name = name,
			.action = ACTION_LOG,
			.when = POLICY_WHEN_LEVEL,
			.levels = 1U << (1 + i % 4),
			.apps = &app,
			.n_apps = 1,
			.users = &user,
			.n_users = 1,
			.paths = paths,
			.n_paths = 1,
		};

		snprintf(name, sizeof(name), "rule-%u", i);
		snprintf(glob, sizeof(glob), "/srv/share/department-%u/**/*.docx", i);
		if (i == n_rules - 1) { /* what everything comes to in the end */
			d.levels = 0x1e;
			d.action = ACTION_BLOCK;
		} else {
			d.when |= POLICY_WHEN_APP | (i % 3 ? POLICY_WHEN_PATH : POLICY_WHEN_USER);
		}
		r = policy_builder_add(b, &d);
	}
	if (r == 0)
		r = policy_builder_finish(b, MODE_ENFORCE, 1, blob);
	policy_builder_free(b);
	if (r < 0 || policy_open(buf_view(blob), &p) < 0) {
		fprintf(stderr, "bench-decide: cannot build the policy\n");
		exit(1);
	}
	return p;
}

static double measure(unsigned n_rules)
{
	cleanup_with(buf_done) struct buf blob = {0};
	struct policy *p = build(n_rules, &blob);
	struct question q = {.uid = 7, .path = "/home/an/Tài liệu/kế hoạch quý 4.docx"};
	unsigned blocked = 0;
	uint64_t start = clock_now();

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct verdict v;

		q.facts.level = (uint8_t)(i % 5);
		q.app = i % 300;
		policy_decide(p, &q, &v);
		blocked += v.action == ACTION_BLOCK;
	}
	start = clock_now() - start;
	policy_close(p);
	if (blocked != ROUNDS / 5 * 4) {
		fprintf(stderr, "bench-decide: %u of %u blocked\n", blocked, ROUNDS);
		exit(1);
	}
	return (double)start / ROUNDS;
}

int main(void)
{
	double few = measure(10), many = measure(1000);

	printf("10 rules:   %7.1f ns per decision\n", few);
	printf("1000 rules: %7.1f ns per decision (goal: under 2000)\n", many);
	printf("ratio:      %7.2f (goal: at most 3)\n", many / few);
	return 0;
}
