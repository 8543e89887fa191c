/* SPDX-License-Identifier: Apache-2.0 */
/* What core and the gate say, beyond what every child does. */
#include <limits.h>

#include "supervisor/agent_state.h"

const struct wire_row agent_core_rows[AGENT_CORE_ROWS] = {
	{CORE_POLICY, 4, 4, 2},
	{CORE_KILL_WORKER, 4, 4, 0},
	{CORE_STATUS_GET, 0, 0, 0},
	{CORE_QUARANTINE, 76, 16U << 10, 1},
	{CORE_VAULT, 9, 8192, 0},
	{CORE_EVIDENCE, 84, 8192, 0},
	{CORE_POSTURE, 0, 0, 1},
};

const struct wire_row agent_gate_rows[AGENT_GATE_ROWS] = {
	{GATE_TAG, 8, 8, 0},
	{GATE_FOUND, 17, 17 + PATH_MAX, 0},
	{GATE_IDLE, 0, 0, 0},
	{GATE_POLICY, 8, 8, 0},
	{GATE_UNLINKED, 0, 0, 0},
};

int agent_frame(void *userdata, struct proc *p, struct wire_frame *f)
{
	struct agent *a = userdata;
	struct unpack u = {f->body, 0};
	uint32_t index;

	(void)p;
	switch (f->type) {
	case CORE_POLICY: agent_policy_from_core(a, f); break;
	case CORE_KILL_WORKER:
		index = unpack_u32(&u);
		if (index < a->n_scan)
			proc_kill(a->scan[index], true);
		break;
	case CORE_STATUS_GET: agent_answer_status(a, f->id); break;
	case CORE_QUARANTINE: agent_quarantine(a, f); break;
	case CORE_VAULT: agent_vault(a, f); break;
	case CORE_EVIDENCE: agent_evidence(a, f); break;
	case CORE_POSTURE:
		origins_rules(a->origins, wire_frame_take_fd(f, 0));
		origins_ask(a->origins, a->policy.apps, false);
		break;
	case GATE_TAG: agent_tagged_start(a, f); break;
	case GATE_FOUND: agent_found(a, f); break;
	case GATE_IDLE: arming_idle(a->arming); break;
	case GATE_POLICY: agent_policy_from_gate(a, f); break;
	case GATE_UNLINKED:
		if (proc_is_ready(a->core))
			agent_connect(a, a->gate, 0, a->core, 0);
		break;
	}
	return 0;
}
