/* SPDX-License-Identifier: Apache-2.0 */
/* What another policy would be and do. It goes to `sealgate policy` as a bundle. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "web/api.h"
#include "web/command.h"
#include "web/job.h"
#include "web/policy_work.h"
#include "web/workdir.h"

#define SIMULATE_NS (600 * NSEC_PER_SEC)
#define DAYS_MAX    3660U

/* What the command says is what the page gets: 1 is "something found". */
static void on_command(void *userdata, int outcome, struct view out, struct view err)
{
	struct exchange *x = userdata;

	if (outcome < 0)
		exchange_fail(x, outcome == -EAGAIN ? API_BUSY : API_INTERNAL,
			outcome == -ETIMEDOUT ? "it took too long" : NULL);
	else if (outcome > 1 || out.n == 0)
		exchange_fail_view(x, API_INVALID, err);
	else if (buf_put_view(&x->answer, out) < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

static void run(struct exchange *x, const struct command *c, command_fn done, void *userdata)
{
	int r = commands_run(x->web->commands, c, done, userdata);

	if (r < 0)
		exchange_fail(x, r == -EAGAIN ? API_BUSY : API_INTERNAL, NULL);
	else
		exchange_wait(x);
}

struct check {
	char dir[WORKDIR_SIZE];
};

static void check_free(void *state)
{
	struct check *c = state;

	workdir_done(c->dir);
	free(c);
}

/* In a folder of their own, where they name each other. */
void api_policy_check(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	cleanup_with(bundle_done) struct bundle b = {0};
	struct command c = {
		.args = {"policy", "check", "--json", BUNDLE_POLICY}, .wait_ns = POLICY_CHECK_NS};
	struct check *state;
	int r;

	if (!exchange_body(x, &d))
		return;
	state = calloc(1, sizeof(*state));
	r = state ? policy_work_files(&d, &b) : -ENOMEM;
	if (state) {
		x->state = state;
		x->state_free = check_free;
	}
	if (r == 0)
		r = workdir_new(x->web->work, state->dir);
	if (r == 0)
		r = bundle_extract(&b, BUNDLE_KIND_POLICY, state->dir);
	if (r == -EINVAL || r == -EEXIST || r == -E2BIG)
		exchange_fail(x, API_BAD_REQUEST, POLICY_FILES);
	else if (r < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else {
		c.dir = state->dir;
		run(x, &c, on_command, x);
	}
}

/* ---- differences, twice: in each language ---- */

struct diff {
	struct exchange *x;
	struct buf vi, en;
	int left, worst;
	int fd, old_fd;
};

static void diff_free(void *state)
{
	struct diff *f = state;

	buf_done(&f->vi);
	buf_done(&f->en);
	fd_close(f->fd);
	fd_close(f->old_fd);
	free(f);
}

/* An array of the lines. */
static void put_lines(struct json *j, const char *key, struct view v)
{
	json_key(j, key);
	json_array(j);
	while (v.n > 0) {
		const uint8_t *end = memchr(v.p, '\n', v.n);
		size_t n = end ? (size_t)(end - v.p) : v.n;

		if (n > 0)
			json_view(j, view_of(v.p, n));
		v = view_sub(v, n + 1, v.n);
	}
	json_array_end(j);
}

static void put_diff(struct diff *f)
{
	struct exchange *x = f->x;
	struct json j;
	size_t n = f->en.n;

	/* The English one is JSON: "{...}", and more members behind it. */
	while (n > 0 && f->en.p[n - 1] != '}')
		n--;
	if (n < 2 || buf_put(&x->answer, f->en.p, n - 1) < 0) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	json_init(&j, &f->en);
	buf_clear(&f->en);
	json_object(&j);
	put_lines(&j, "lines_vi", buf_view(&f->vi));
	json_object_end(&j);
	if (json_error(&j) < 0 || buf_put_byte(&x->answer, ',') < 0 ||
		buf_put(&x->answer, f->en.p + 1, f->en.n - 1) < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

static void diff_part(
	struct diff *f, struct buf *into, int outcome, struct view out, struct view err)
{
	if (f->worst == 0 && (outcome < 0 || outcome > 1)) {
		f->worst = 1;
		exchange_fail_view(f->x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
	}
	if (f->worst == 0 && buf_put_view(into, out) < 0) {
		f->worst = 1;
		exchange_fail(f->x, API_INTERNAL, NULL);
	}
}

static void on_diff_json(void *userdata, int outcome, struct view out, struct view err)
{
	struct diff *f = userdata;

	diff_part(f, &f->en, outcome, out, err);
	if (f->worst == 0)
		put_diff(f);
}

static void on_diff_vi(void *userdata, int outcome, struct view out, struct view err)
{
	struct diff *f = userdata;
	struct command c = {
		.args = {"policy", "diff", "--json", "/proc/self/fd/10", "/proc/self/fd/11"},
		.n_fds = 2,
		.wait_ns = POLICY_CHECK_NS,
		.fds = {f->old_fd, f->fd}};
	int r;

	diff_part(f, &f->vi, outcome, out, err);
	if (f->worst != 0)
		return;
	r = commands_run(f->x->web->commands, &c, on_diff_json, f);
	if (r < 0)
		exchange_fail(f->x, API_BUSY, NULL);
}

static void diff(struct policy_work *w)
{
	struct command c = {.args = {"--lang", "vi", "policy", "diff", "--all", "/proc/self/fd/10",
				    "/proc/self/fd/11"},
		.n_fds = 2,
		.wait_ns = POLICY_CHECK_NS};
	struct exchange *x = w->x;
	struct diff *f = calloc(1, sizeof(*f));

	if (!f) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	*f = (struct diff){.x = x, .fd = fd_steal(&w->fd), .old_fd = fd_steal(&w->old_fd)};
	policy_work_free(w);
	x->state = f;
	x->state_free = diff_free;
	c.fds[0] = f->old_fd;
	c.fds[1] = f->fd;
	if (commands_run(x->web->commands, &c, on_diff_vi, f) < 0)
		exchange_fail(x, API_BUSY, NULL);
}

void api_policy_diff(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;

	if (exchange_body(x, &d) && (w = policy_work_new(x)) && policy_work_bundle(x, &d, w))
		policy_work_with_old(x, w, diff);
}

static void simulate(struct policy_work *w)
{
	char since[24];
	struct command c = {
		.args = {"policy", "simulate", "--json", "--since", since, "/proc/self/fd/10"},
		.fds = {w->fd},
		.n_fds = 1,
		.wait_ns = SIMULATE_NS};
	struct exchange *x = w->x;
	uint64_t job;
	struct json j;

	snprintf(since, sizeof(since), "%ud", w->days);
	if (jobs_start(x->web->jobs, x->web->commands, x->who.uid, &c, NULL, NULL, &job) < 0) {
		exchange_fail(x, API_BUSY, NULL);
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_u64(&j, "job", job);
	json_object_end(&j);
	exchange_json(x, &j);
}

void api_policy_simulate(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;
	uint64_t days = 30;

	if (!exchange_body(x, &d) || !(w = policy_work_new(x)) || !policy_work_bundle(x, &d, w))
		return;
	if (json_get(&d, d.v, "days") &&
		(!json_get_u64(json_get(&d, d.v, "days"), &days) || days == 0 || days > DAYS_MAX)) {
		exchange_fail(x, API_BAD_REQUEST, "days");
		return;
	}
	w->days = (unsigned)days;
	policy_work_with_old(x, w, simulate);
}
