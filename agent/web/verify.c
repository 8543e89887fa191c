/* SPDX-License-Identifier: Apache-2.0 */
#include "web/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "journal/payload.h"
#include "web/api.h"
#include "web/job.h"

#define EACH_NS  (3600 * NSEC_PER_SEC)
#define AGAIN_NS NSEC_PER_SEC
#define WAIT_NS  (1800 * NSEC_PER_SEC)

static const struct command command = {
	.args = {"incidents", "verify", "--json", "--progress"}, .wait_ns = WAIT_NS};

static void take_text(struct view answer, const char *name, char *ret, size_t size)
{
	struct view v = VIEW_EMPTY;

	(void)payload_text(answer, name, &v);
	snprintf(ret, size, "%.*s", (int)MIN(v.n, size - 1), (const char *)v.p);
}

static void on_verified(void *userdata, int outcome, struct view out, struct view err)
{
	struct web *w = userdata;
	struct verification *v = &w->verification;
	struct view kind;

	(void)err;
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	/* One that could not be done says nothing of the journal, nor does it take back what was
	   found before. */
	if (outcome < 0 || outcome > 1 || payload_check(out, &kind) < 0)
		return;
	v->state = outcome == 0 ? WEB_WHOLE : WEB_NOT_WHOLE;
	v->at = clock_realtime();
	v->records = v->last_seq = v->sealed_seq = 0;
	(void)payload_number(out, "records", &v->records);
	(void)payload_number(out, "last_seq", &v->last_seq);
	v->sealed = payload_number(out, "sealed_seq", &v->sealed_seq);
	take_text(out, "sealed_time", v->sealed_time, sizeof(v->sealed_time));
	take_text(out, "key", v->key, sizeof(v->key));
}

void verify_tick(struct web *w)
{
	struct verification *v = &w->verification;

	if (clock_now() < v->due)
		return;
	v->due = clock_now() + EACH_NS;
	if (commands_run(w->commands, &command, on_verified, w) < 0)
		v->due = clock_now() + AGAIN_NS;
}

void verify_put(const struct web *w, struct json *j)
{
	const struct verification *v = &w->verification;
	char time[CLOCK_TEXT_MAX];

	json_key(j, "verified");
	if (v->state == WEB_NOT_VERIFIED) {
		json_null(j);
		return;
	}
	json_bool(j, v->state == WEB_WHOLE);
	clock_format(v->at, time);
	json_key_str(j, "verified_at", time);
	json_key_u64(j, "verified_records", v->records);
	json_key_u64(j, "verified_seq", v->last_seq);
	if (!v->sealed)
		return;
	json_key_u64(j, "sealed_seq", v->sealed_seq);
	json_key_str(j, "sealed_time", v->sealed_time);
	json_key_str(j, "key", v->key);
}

/* Whoever asks while it runs gets their own one that runs. */
void api_verify(struct exchange *x)
{
	struct verification *v = &x->web->verification;
	struct json j;

	if ((v->job_uid != x->who.uid || !jobs_runs(x->web->jobs, v->job)) &&
		jobs_start(x->web->jobs, x->web->commands, x->who.uid, &command, on_verified,
			x->web, &v->job) < 0) {
		exchange_fail(x, API_BUSY, NULL);
		return;
	}
	v->job_uid = x->who.uid;
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_u64(&j, "job", v->job);
	json_object_end(&j);
	exchange_json(x, &j);
}
