/* SPDX-License-Identifier: Apache-2.0 */
/* Why an incident was decided so, rule by rule. `sealgate incidents show --trace` does it, with the
   record from here and the policy of then from the agent. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "web/api.h"
#include "web/command.h"
#include "web/policy_work.h"

#define TRACE_NS (30 * NSEC_PER_SEC)

struct trace {
	struct exchange *x;
	uint64_t version;
	int record, policy; /* descriptors, or -1 */
};

static void trace_free(void *state)
{
	struct trace *t = state;

	fd_close(t->record);
	fd_close(t->policy);
	free(t);
}

/* What the command says is the whole incident, with what its level conceals concealed. */
static void on_traced(void *userdata, int outcome, struct view out, struct view err)
{
	struct trace *t = userdata;

	if (outcome != 0)
		exchange_fail_view(t->x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
	else if (buf_put_view(&t->x->answer, out) < 0)
		exchange_fail(t->x, API_INTERNAL, NULL);
	else
		exchange_done(t->x, 200);
}

static void put_unavailable(struct trace *t)
{
	struct json j;

	json_init(&j, &t->x->answer);
	json_object(&j);
	json_key(&j, "trace");
	json_object(&j);
	json_key_u64(&j, "policy_version", t->version);
	json_key_bool(&j, "available", false);
	json_object_end(&j);
	json_object_end(&j);
	exchange_json(t->x, &j);
}

static void on_policy(void *userdata, int outcome, struct view text, int fd)
{
	struct trace *t = userdata;
	const struct command c = {.args = {"incidents", "show", "--json", "--trace", "--record",
					  "/proc/self/fd/10", "--policy", "/proc/self/fd/11"},
		.fds = {t->record, fd},
		.n_fds = 2,
		.wait_ns = TRACE_NS};

	t->policy = fd;
	if (outcome > 0)
		put_unavailable(t); /* that version is not kept any more */
	else if (outcome < 0)
		exchange_fail_link(t->x, outcome, text);
	else if (commands_run(t->x->web->commands, &c, on_traced, t) < 0)
		exchange_fail(t->x, API_BUSY, NULL);
}

/* As the journal has it: rules may ask for what is concealed. */
static int seal_record(struct web *w, uint32_t row, struct trace *t)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	int r = catalog_load(w->catalog, row, true, &i);

	if (r == 0)
		r = incident_json(i, &b);
	if (r == 0)
		t->record = r = fd_memfd_sealed("incident", buf_view(&b));
	if (r >= 0)
		t->version = i->policy_version;
	return r < 0 ? r : 0;
}

void api_trace(struct exchange *x)
{
	uint32_t row = catalog_find(x->web->catalog, x->argument);
	struct trace *t;
	int r;

	if (row == UINT32_MAX) {
		exchange_fail(x, API_NOT_FOUND, NULL);
		return;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	*t = (struct trace){.x = x, .record = -1, .policy = -1};
	x->state = t;
	x->state_free = trace_free;
	r = seal_record(x->web, row, t);
	if (r < 0)
		exchange_fail(x, r == -ESTALE ? API_GONE : API_INTERNAL, NULL);
	else if (t->version == 0 || t->version > UINT32_MAX)
		put_unavailable(t);
	else
		exchange_asked(x, policy_work_ask(x, (uint32_t)t->version, on_policy, t));
}
