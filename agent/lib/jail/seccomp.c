/* SPDX-License-Identifier: Apache-2.0 */
/* A profile's tables as a seccomp filter. */
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>

#include "jail/jail_private.h"

static void ctx_release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* -EDOM: not on this architecture. */
static int keep(int r)
{
	return r == -EDOM ? 0 : r;
}

static int add_call(scmp_filter_ctx ctx, uint32_t action, const struct jail_call *c)
{
	struct scmp_arg_cmp cmp = {.arg = c->arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = c->value};

	if (c->check == JAIL_CHECK_NONE)
		return keep(seccomp_rule_add(ctx, action, c->nr, 0));
	if (c->check == JAIL_CHECK_EQUAL) {
		cmp.datum_a = UINT32_MAX;
		cmp.datum_b = c->value;
	}
	return keep(seccomp_rule_add_array(ctx, action, c->nr, 1, &cmp));
}

static int add_table(scmp_filter_ctx ctx, uint32_t action, const struct jail_table *t)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0; i++)
		r = add_call(ctx, action, &t->v[i]);
	return r;
}

/* Libraries that would compile code at run time (PCRE2) see a refusal and do without. */
static int add_exec_pages(scmp_filter_ctx ctx, bool map_exec)
{
	static const int maps[] = {SCMP_SYS(mmap), SCMP_SYS(mmap2)};
	struct scmp_arg_cmp exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
	int r = keep(
		seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mprotect), 1, &exec));

	for (size_t i = 0; i < ARRAY_SIZE(maps) && r == 0; i++) {
		if (!map_exec) {
			r = keep(seccomp_rule_add_array(
				ctx, SCMP_ACT_ERRNO(EACCES), maps[i], 1, &exec));
			continue;
		}
		/* Files yes, never writable ones; anonymous memory no. */
		r = keep(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, maps[i], 2,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0)));
		if (r == 0)
			r = keep(seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), maps[i], 2,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC),
				SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)));
	}
	return r;
}

int jail_seccomp_load(const struct jail_rules *rules)
{
	uint32_t refuse = rules->refusal == JAIL_KILL ? SCMP_ACT_KILL_PROCESS
						      : SCMP_ACT_ERRNO(EPERM);
	cleanup_with(ctx_release) scmp_filter_ctx ctx = seccomp_init(refuse);
	int r;

	if (!ctx)
		return -ENOMEM;
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 1);
	/* A binary tree: the tables are long and pread is as frequent as anything. */
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (size_t i = 0; i < ARRAY_SIZE(rules->calls) && r == 0; i++)
		r = add_table(ctx, SCMP_ACT_ALLOW, &rules->calls[i]);
	if (r == 0)
		r = add_table(ctx, SCMP_ACT_ERRNO(EACCES), &rules->probes);
	if (r == 0)
		r = add_exec_pages(ctx, rules->map_exec);
	/* The filter's own action may not be added as a rule. */
	if (r == 0 && rules->refusal != JAIL_KILL)
		r = add_table(ctx, SCMP_ACT_KILL_PROCESS, &jail_forbidden);
	return r < 0 ? r : seccomp_load(ctx);
}
