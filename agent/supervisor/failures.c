/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens that were answered although nobody could look, by failure, by what the document may be and
 * by what was done: the gate counts them in the shared memory, and here they become records of the
 * journal. The first is told at once; what follows is one record for a minute of refusals, and for
 * an hour of opens that went on.
 */
#include "supervisor/failures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/agent_state.h"

struct cell {
	uint64_t told;  /* of the count */
	uint64_t since; /* realtime: the oldest that is not told */
	uint64_t due;   /* monotonic */
};

struct failures {
	struct cell v[FAILURE_MAX][MAY_BE_MAX][GATE_OUTCOME_MAX];
};

static const char *outcome_action(enum gate_outcome o)
{
	static const enum action actions[GATE_OUTCOME_MAX] = {
		ACTION_ALLOW, ACTION_LOG, ACTION_BLOCK};

	return action_name(actions[o]);
}

int failures_new(struct failures **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct failures *failures_free(struct failures *f)
{
	free(f);
	return NULL;
}

static void write_cell(struct json *j, unsigned m, unsigned o, uint64_t count)
{
	json_key_str(j, "may_be", may_be_name((enum may_be)m));
	json_key_str(j, "action", outcome_action((enum gate_outcome)o));
	json_key_u64(j, "count", count);
}

static void tell(
	struct agent *a, unsigned f, unsigned m, unsigned o, struct cell *c, uint64_t count)
{
	struct buf text = BUF_INIT(4096);
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];
	struct json j;

	clock_format(c->since, from);
	clock_format(clock_realtime(), to);
	json_init(&j, &text);
	json_object(&j);
	json_key_str(&j, "kind", "failure");
	json_key_str(&j, "what", failure_name((enum failure)f));
	json_key_str(&j, "time", to);
	json_key_str(&j, "from", from);
	json_key_str(&j, "to", to);
	write_cell(&j, m, o, count - c->told);
	json_key_u64(&j, "total", count);
	json_key_str(&j, "text",
		"opens of applications were answered although nobody could say what the document "
		"is");
	json_object_end(&j);
	if (json_error(&j) == 0)
		agent_record_json(a, buf_view(&text));
	buf_done(&text);
	c->told = count;
	c->since = 0;
	c->due = clock_now() +
		(o == GATE_OUTCOME_ALLOWED ? FAILURES_ALLOWED_NS : FAILURES_AGAIN_NS);
}

void failures_tell(struct agent *a, bool all)
{
	uint64_t now = clock_now();

	for (unsigned f = 0; f < FAILURE_MAX; f++)
		for (unsigned m = 0; m < MAY_BE_MAX; m++)
			for (unsigned o = 0; o < GATE_OUTCOME_MAX; o++) {
				uint64_t count = a->shared->counters.failures[f][m][o];
				struct cell *c = &a->failures->v[f][m][o];

				if (count == c->told)
					continue;
				if (c->since == 0)
					c->since = clock_realtime();
				if (all || now >= c->due)
					tell(a, f, m, o, c, count);
			}
}

void failures_status(const struct agent *a, struct json *j)
{
	json_key(j, "failures");
	json_array(j);
	for (unsigned f = 0; f < FAILURE_MAX; f++)
		for (unsigned m = 0; m < MAY_BE_MAX; m++)
			for (unsigned o = 0; o < GATE_OUTCOME_MAX; o++) {
				uint64_t count = a->shared->counters.failures[f][m][o];

				if (count == 0)
					continue;
				json_object(j);
				json_key_str(j, "failure", failure_name((enum failure)f));
				write_cell(j, m, o, count);
				json_object_end(j);
			}
	json_array_end(j);
}
