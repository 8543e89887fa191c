/* SPDX-License-Identifier: Apache-2.0 */
/* What `sealgate status` shows of the supervisor and the gate. */
#include <string.h>
#include <unistd.h>

#include "supervisor/agent_state.h"
#include "wire/protocol.h"

static void write_gate(const struct agent *a, struct json *j)
{
	const struct gate_counters *c = &a->shared->counters;

	json_key(j, "gate");
	json_object(j);
	json_key_u64(j, "policy_version", a->shared->policy_version);
	json_key_u64(j, "held_now", a->shared->n_held);
	json_key_u64(j, "processes", a->shared->n_processes);
	json_key_u64(j, "processes_gated", a->shared->n_gated);
	json_key_u64(j, "allowed_ungated", c->allowed);
	json_key_u64(j, "gated", c->gated);
	json_key_u64(j, "outside", c->outside);
	json_key_u64(j, "known", c->known);
	json_key_u64(j, "held", c->held);
	json_key_u64(j, "scanned", c->scanned);
	json_key_u64(j, "denied", c->denied);
	json_key_u64(j, "deadline", c->deadline);
	json_key_u64(j, "core_gone", c->core_gone);
	json_key_u64(j, "pressure", c->pressure);
	json_key_u64(j, "successor", c->successor);
	json_key_u64(j, "descriptors", c->descriptors);
	json_key_u64(j, "files_short", c->files_short);
	json_key_u64(j, "execs", c->execs);
	json_key_u64(j, "tag_timeouts", c->tag_timeouts);
	json_key_u64(j, "cover_timeouts", c->cover_timeouts);
	json_key_u64(j, "found", c->found);
	json_key_u64(j, "looks", c->looks);
	json_key_u64(j, "look_ms", c->look_ns / NSEC_PER_MSEC);
	/* A look begins this long after the last one, and may see a process after its exec only at
	   the next. */
	json_key_u64(j, "noticed_within_s",
		(2 * a->shared->look_interval_ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
	json_key_u64(j, "stuck", c->stuck);
	json_key_u64(j, "unidentified", c->unidentified);
	json_key_u64(j, "answer_errors", c->answer_errors);
	json_key_u64(j, "read_errors", c->read_errors);
	json_key_u64(j, "marks", a->shared->n_marks);
	json_key_u64(j, "marks_refused", c->marks_refused);
	json_key_u64(j, "reads", c->reads);
	json_key_u64(j, "inherited", c->inherited);
	json_key_u64(j, "records", c->records);
	json_key_u64(j, "records_lost", c->records_lost);
	json_key(j, "max_ms");
	json_object(j);
	json_key(j, "ungated");
	json_double(j, (double)c->max_allowed_ns / 1e6, 3);
	json_key(j, "known");
	json_double(j, (double)c->max_known_ns / 1e6, 3);
	json_key(j, "held");
	json_double(j, (double)c->max_held_ns / 1e6, 3);
	json_object_end(j);
	json_object_end(j);
}

static void write_processes(const struct agent *a, struct json *j)
{
	json_key(j, "processes");
	json_array(j);
	proc_status(a->gate, j);
	proc_status(a->core, j);
	proc_status(a->watch, j);
	proc_status(a->log, j);
	for (uint32_t i = 0; i < a->n_scan; i++)
		proc_status(a->scan[i], j);
	json_array_end(j);
}

static void write_limits(const struct agent *a, struct json *j)
{
	json_key(j, "lineage");
	json_str(j,
		!a->tags ? "partial: no writable cgroup2, children are known by their parents"
			: a->tags_error[0] ? "partial: some application could not be tagged"
					   : "full");
	json_key_str(j, "lineage_error", a->tags_error);
	json_key_bool(j, "accounts_missing", a->accounts_missing);
	json_key_u64(j, "events_lost", a->events_lost);
	json_key(j, "protect");
	json_array(j);
	for (size_t i = 0; i < a->settings->protect.n; i++)
		json_str(j, a->settings->protect.v[i]);
	json_array_end(j);
}

void agent_answer_status(struct agent *a, uint32_t id)
{
	struct buf text = BUF_INIT(WIRE_BODY_MAX - 16), body = BUF_INIT(WIRE_BODY_MAX);
	struct pack p = {&body, 0};
	struct json j;

	json_init(&j, &text);
	json_object(&j);
	json_key_u64(&j, "pid", (uint64_t)getpid());
	json_key_bool(&j, "serving", a->serving);
	json_key_u64(&j, "uptime_ms", (clock_now() - a->started) / NSEC_PER_MSEC);
	write_processes(a, &j);
	json_key(&j, "arming");
	arming_status(a->arming, &j);
	group_status(a->group, &j);
	agent_write_ways(a, &j);
	origins_status(a->origins, &j);
	lookup_status(a->lookup, &j);
	failures_status(a, &j);
	meeting_status(a->meeting, &j);
	copies_status(a->copies, &j);
	write_limits(a, &j);
	write_gate(a, &j);
	json_object_end(&j);
	pack_view(&p, buf_view(&text));
	/* Core answers its callers without our part after a second. */
	if (json_error(&j) == 0 && !p.error &&
		proc_send(a->core, SUP_STATUS, id, buf_view(&body), NULL, 0) < 0)
		agent_say(a, "core went away while it asked for the status");
	buf_done(&text);
	buf_done(&body);
}
