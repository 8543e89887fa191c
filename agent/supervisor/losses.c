/* SPDX-License-Identifier: Apache-2.0 */
/* What went wrong elsewhere, by the counters that the gate keeps: each becomes a gap record. */
#include "supervisor/agent_state.h"

#define FILES_AGAIN_NS (60 * NSEC_PER_SEC)

void agent_look_at_gate(struct agent *a)
{
	/* Busy answering is alive, also when its control socket has to wait. */
	if (a->shared->beat != a->last_beat) {
		a->last_beat = a->shared->beat;
		proc_alive(a->gate);
	}
}

/* What the kernel refused because the file could not be opened for the gate; and the times that the
   gate had to do without descriptors of its own. */
static void look_at_descriptors(struct agent *a)
{
	uint64_t n = a->shared->counters.read_errors;

	if (n > a->refused)
		agent_record(a, "gap", "opens-refused", clock_realtime(),
			"the kernel refused %ju opens because it could not open the files for the "
			"gate",
			(uintmax_t)(n - a->refused));
	a->refused = n;
	n = a->shared->counters.files_short;
	if (n == a->files_short || (a->files_told && clock_now() < a->files_told + FILES_AGAIN_NS))
		return;
	a->files_told = clock_now();
	agent_record(a, "gap", "gate-descriptors", clock_realtime(),
		"the gate ran short of descriptors: until there are more, opens of "
		"applications are answered without a look, as the policy's failures say");
	a->files_short = n;
}

/* What the gate had to drop is a gap in the journal. */
void agent_look_at_losses(struct agent *a)
{
	uint64_t lost = a->shared->counters.records_lost, refused;

	if (lost > a->records_lost)
		agent_record(a, "gap", "gate-records", clock_realtime(),
			"the gate dropped %ju records because core did not take them",
			(uintmax_t)(lost - a->records_lost));
	a->records_lost = lost;
	lost = a->shared->counters.cover_timeouts;
	if (lost > a->uncovered)
		agent_record(a, "gap", "arming", clock_realtime(),
			"%ju applications started before the file systems were covered",
			(uintmax_t)(lost - a->uncovered));
	a->uncovered = lost;
	rescue_counts(a->rescue, &lost, &refused);
	if (lost > a->rescued)
		agent_record(a, "gap", "fuse", clock_realtime(),
			"while the gate waited for a server of files, or was gone for long, %ju "
			"opens "
			"were answered for it; in all, %ju of applications were refused",
			(uintmax_t)(lost - a->rescued), (uintmax_t)refused);
	a->rescued = lost;
	look_at_descriptors(a);
}

bool agent_look_at_servers(struct agent *a, bool hurry)
{
	char mount[512];
	uint32_t uid;

	if (!group_end_server(
		    a->group, (pid_t)a->shared->gate_pid, hurry, mount, sizeof(mount), &uid))
		return false;
	agent_say(a, "the FUSE server of %s does not answer and was disconnected", mount);
	agent_record(a, "gap", "fuse-server", clock_realtime(),
		"the FUSE server of %s (of user %u) did not answer the agent, so that opens had to "
		"wait; the connection to it was ended, and for ten minutes what this user mounts "
		"is not covered",
		mount, uid);
	return true;
}
