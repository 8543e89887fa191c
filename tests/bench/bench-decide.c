/* SPDX-License-Identifier: Apache-2.0 */
/* Nanoseconds per decision with few and with many rules: ./bench-decide */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "decide/policy_builder.h"

#define ROUNDS    200U
#define DECISIONS 2000U

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

struct run {
	struct buf blob;
	struct policy *p;
	double best; /* ns per decision */
};

static void measure(struct run *r, uint16_t content)
{
	struct question q = {.uid = 7,
		.path = "/home/an/Tài liệu/kế hoạch quý 4.docx",
		.facts.content = content};
	unsigned blocked = 0;
	uint64_t start = clock_now();
	double each;

	for (unsigned i = 0; i < DECISIONS; i++) {
		struct verdict v;

		q.facts.level = (uint8_t)(i % 5);
		q.app = i % 300;
		policy_decide(r->p, &q, &v);
		blocked += v.action == ACTION_BLOCK;
	}
	each = (double)(clock_now() - start) / DECISIONS;
	if (blocked != DECISIONS / 5 * 4) {
		fprintf(stderr, "bench-decide: %u of %u blocked\n", blocked, DECISIONS);
		exit(1);
	}
	if (r->best == 0 || each < r->best)
		r->best = each;
}

/* As many overrides as there may be, all of one content and other applications. */
static void override(struct run *r)
{
	struct policy_override o[POLICY_OVERRIDES_MAX];
	struct buf with = {0};

	for (uint32_t i = 0; i < POLICY_OVERRIDES_MAX; i++)
		o[i] = (struct policy_override){
			.until = UINT64_MAX, .id = i + 1, .app = 1000 + i, .content = 1};
	policy_close(r->p);
	if (policy_blob_with_overrides(buf_view(&r->blob), o, POLICY_OVERRIDES_MAX, &with) < 0 ||
		policy_open(buf_view(&with), &r->p) < 0)
		exit(1);
	buf_done(&r->blob);
	r->blob = with;
}

/* By turns, the quickest of each: what else the machine does slows single rounds. */
int main(void)
{
	struct run few = {0}, many = {0}, overridden = {0};

	few.p = build(10, &few.blob);
	many.p = build(1000, &many.blob);
	overridden.p = build(1000, &overridden.blob);
	override(&overridden);
	for (unsigned i = 0; i < ROUNDS; i++) {
		measure(&few, 0);
		measure(&many, 0);
		measure(&overridden, 1);
	}
	printf("10 rules:   %7.1f ns per decision\n", few.best);
	printf("1000 rules: %7.1f ns per decision (goal: under 2000)\n", many.best);
	printf("the same, refusing a content with %u overrides for others: %.1f ns\n",
		POLICY_OVERRIDES_MAX, overridden.best);
	printf("ratio:      %7.2f (goal: at most 3)\n", many.best / few.best);
	for (struct run *const *r = (struct run *const[]){&few, &many, &overridden, NULL}; *r;
		r++) {
		policy_close((*r)->p);
		buf_done(&(*r)->blob);
	}
	return 0;
}
