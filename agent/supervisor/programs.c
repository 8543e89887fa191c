/* SPDX-License-Identifier: Apache-2.0 */
/* The applications' programs: marked, asked about, and what is known of them told. */
#include "supervisor/agent_state.h"
#include "wire/protocol.h"

void agent_look_at_programs(struct agent *a, bool again)
{
	group_mark_apps(a->group, a->policy.apps);
	agent_give_starts(a, a->policy.apps);
	origins_ask(a->origins, a->policy.apps, again);
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
		agent_look_at_programs(a, true);
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
		.changed = on_databases,
		.answered = on_posture,
		.failed = on_no_posture,
		.userdata = a,
	};

	return origins_new(a->loop, &o, &a->origins);
}
