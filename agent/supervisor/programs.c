/* SPDX-License-Identifier: Apache-2.0 */
/* The applications' programs: marked, asked about, and what is known of them told. */
#include "supervisor/agent_state.h"
#include "wire/protocol.h"

static const struct apptable *apps_in_force(void *userdata)
{
	const struct agent *a = userdata;

	return a->stopping ? NULL : a->policy.apps;
}

static bool mark_program(void *userdata, int fd)
{
	struct agent *a = userdata;

	return group_mark_program(a->group, fd, true) == 0;
}

static void unmark_program(void *userdata, int fd)
{
	struct agent *a = userdata;

	/* One that stays costs its starts a question. */
	unchecked(group_mark_program(a->group, fd, false));
}

static void on_looked(void *userdata)
{
	struct agent *a = userdata;
	uint32_t marked = 0;
	size_t n;
	const struct program *v = lookup_programs(a->lookup, &n);

	for (size_t i = 0; i < n; i++)
		marked += v[i].marked;
	group_count_programs(a->group, marked, (uint32_t)n - marked);
	/* Those of a policy that the gate has and we have not yet follow when we have. */
	if (!a->next_sent)
		agent_give_build_ids(a, a->policy.apps);
	origins_ask(a->origins, a->policy.apps, a->ask_again);
	a->ask_again = false;
}

static void on_stalled(void *userdata, const char *place)
{
	struct agent *a = userdata;

	agent_say(a, "%s does not answer: applications are not looked for there", place);
	agent_record(a, "gap", "programs", clock_realtime(),
		"%s does not answer: applications whose programs lie there are noticed only after "
		"their start; it is tried again in ten minutes",
		place);
}

int agent_new_lookup(struct agent *a)
{
	static const struct lookup_events events = {
		.apps = apps_in_force,
		.mark = mark_program,
		.unmark = unmark_program,
		.ended = on_looked,
		.stalled = on_stalled,
	};

	return lookup_new(a->loop, &events, a, &a->lookup);
}

void agent_look_at_programs(struct agent *a, bool again, int wait_ms)
{
	a->ask_again |= again;
	lookup_ask(a->lookup, wait_ms);
}

void agent_give_posture(struct agent *a, struct proc *p)
{
	int fd = proc_role(p) == ROLE_GATE ? origins_table_fd(a->origins)
					   : origins_text_fd(a->origins);

	/* One that is away gets it when it is started again. */
	if (fd >= 0 && proc_send(p, SUP_POSTURE, 0, VIEW_EMPTY, &fd, 1) < 0)
		return;
}

static void on_databases(void *userdata)
{
	struct agent *a = userdata;

	if (a->serving && a->policy.apps)
		agent_look_at_programs(a, true, 0);
}

static void on_posture(void *userdata)
{
	struct agent *a = userdata;

	agent_give_posture(a, a->gate);
	agent_give_posture(a, a->core);
}

static void on_no_posture(void *userdata, const char *why)
{
	struct agent *a = userdata;

	agent_say(a, "what is known of programs stays as it was: %s", why);
	agent_record(a, "gap", "posture", clock_realtime(),
		"versions and origins of programs could not be asked: %s", why);
}

int agent_new_posture(struct agent *a)
{
	const struct origins_options o = {
		.libexec = a->options->libexec,
		.uid = a->accounts[ACCOUNT_SCAN].uid,
		.gid = a->accounts[ACCOUNT_SCAN].gid,
		.group = a->group,
		.lookup = a->lookup,
		.changed = on_databases,
		.answered = on_posture,
		.failed = on_no_posture,
		.userdata = a,
	};

	return origins_new(a->loop, &o, &a->origins);
}
