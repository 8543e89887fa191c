/* SPDX-License-Identifier: Apache-2.0 */
#include "web/job.h"

#include <errno.h>
#include <stdlib.h>

struct job {
	uint64_t number; /* counts up; 0: free */
	uint32_t uid;
	bool running;
	uint64_t done, total; /* while it runs; total 0: it does not say */
	command_fn also;
	void *userdata;
	int outcome;
	struct buf out, err;
};

struct jobs {
	struct job v[JOBS_MAX];
	uint64_t last;
};

int jobs_new(struct jobs **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void clear(struct job *j)
{
	buf_done(&j->out);
	buf_done(&j->err);
	*j = (struct job){0};
}

struct jobs *jobs_free(struct jobs *j)
{
	for (size_t i = 0; j && i < JOBS_MAX; i++)
		clear(&j->v[i]);
	free(j);
	return NULL;
}

static void on_progress(void *userdata, uint64_t done, uint64_t total)
{
	struct job *j = userdata;

	j->done = done;
	j->total = total;
}

static void on_done(void *userdata, int outcome, struct view out, struct view err)
{
	struct job *j = userdata;

	if (j->also)
		j->also(j->userdata, outcome, out, err);

	j->running = false;
	j->outcome = outcome;
	if (buf_put_view(&j->out, out) < 0 || buf_put_view(&j->err, err) < 0)
		j->outcome = -ENOMEM;
}

bool jobs_runs(const struct jobs *j, uint64_t number)
{
	for (size_t i = 0; number && i < JOBS_MAX; i++)
		if (j->v[i].number == number)
			return j->v[i].running;
	return false;
}

int jobs_start(struct jobs *j, struct commands *c, uint32_t uid, const struct command *what,
	command_fn done, void *userdata, uint64_t *ret)
{
	struct command told = *what;
	struct job *one = NULL;
	int r;

	told.progress = on_progress;

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (!j->v[i].running && (!one || j->v[i].number < one->number))
			one = &j->v[i];
	if (!one)
		return -EAGAIN;
	clear(one);
	r = commands_run(c, &told, on_done, one);
	if (r < 0)
		return r;
	one->also = done;
	one->userdata = userdata;
	one->number = ++j->last;
	one->uid = uid;
	one->running = true;
	*ret = one->number;
	return 0;
}

static struct view trimmed(const struct buf *b)
{
	struct view v = buf_view(b);

	while (v.n > 0 && v.p[v.n - 1] == '\n')
		v.n--;
	return v;
}

int jobs_put(const struct jobs *j, uint64_t number, uint32_t uid, struct json *out)
{
	const struct job *one = NULL;
	bool failed;

	for (size_t i = 0; i < JOBS_MAX; i++)
		if (number && j->v[i].number == number && j->v[i].uid == uid)
			one = &j->v[i];
	if (!one)
		return -ENOENT;
	/* 1 is "something found". */
	failed = !one->running && (one->outcome < 0 || one->outcome > 1);
	json_object(out);
	json_key_str(out, "state", one->running ? "running" : failed ? "failed" : "done");
	json_key_u64(out, "done", !one->running ? MAX(one->total, UINT64_C(1)) : one->done);
	json_key_u64(out, "total", MAX(one->total, UINT64_C(1)));
	json_key(out, "result");
	if (one->running || failed || trimmed(&one->out).n == 0)
		json_null(out);
	else
		json_raw(out, trimmed(&one->out));
	if (failed)
		json_key_view(out, "error", trimmed(&one->err));
	json_object_end(out);
	return 0;
}
