/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy: what is in force, what another would be and do, and putting it in force. What is
 * compared and tried goes to `sealgate policy` as a bundle; what is put in force to the agent, in
 * the person's name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/fd.h"
#include "bundle/bundle.h"
#include "bundle/versions.h"
#include "journal/payload.h"
#include "web/api.h"
#include "web/command.h"
#include "web/job.h"
#include "web/link.h"
#include "web/workdir.h"
#include "wire/pack.h"
#include "wire/protocol.h"

#define ASK_NS      (5 * NSEC_PER_SEC)
#define APPLY_NS    (20 * NSEC_PER_SEC) /* compiling a large policy, and the gate's answer */
#define CHECK_NS    (30 * NSEC_PER_SEC)
#define SIMULATE_NS (600 * NSEC_PER_SEC)
#define DAYS_MAX    3660U
#define FILES_FORM  "files: [{name, text}], policy.yaml among them, each name once"

/* What a request about a policy keeps until it is answered. */
struct policy_work {
	struct exchange *x;
	struct bundle bundle;                /* of the request */
	int fd;                              /* and as it goes on; -1: not yet */
	int old_fd;                          /* the one in force; -1: not yet */
	void (*then)(struct policy_work *w); /* with all of these */
	uint32_t base;                       /* that the person had before them */
	char reason[VERSIONS_REASON_MAX];
	char *yaml;    /* an exception */
	unsigned days; /* to simulate */
};

static void work_free(void *state)
{
	struct policy_work *w = state;

	bundle_done(&w->bundle);
	fd_close(w->fd);
	fd_close(w->old_fd);
	free(w->yaml);
	free(w);
}

static struct policy_work *work_new(struct exchange *x)
{
	struct policy_work *w = calloc(1, sizeof(*w));

	if (!w) {
		exchange_fail(x, API_INTERNAL, NULL);
		return NULL;
	}
	w->x = x;
	w->fd = w->old_fd = -1;
	x->state = w;
	x->state_free = work_free;
	return w;
}

/* ---- bundles ---- */

/* `files` of a body: their names as the bundle has them. */
static int add_files(const struct json_doc *d, struct bundle *b)
{
	const struct json_value *files = json_get(d, d->v, "files");

	if (!files || files->type != JSON_ARRAY || files->n == 0 || files->n > BUNDLE_FILES_MAX)
		return -EINVAL;
	for (const struct json_value *f = NULL; (f = json_next(d, files, f));) {
		struct view name, text, kind = VIEW_LIT("policy");
		char path[BUNDLE_NAME_MAX + 1];
		int r;

		if (!json_get_text(json_get(d, f, "name"), &name) || name.n > BUNDLE_NAME_MAX ||
			!json_get_text(json_get(d, f, "text"), &text))
			return -EINVAL;
		(void)json_get_text(json_get(d, f, "kind"), &kind);
		if (!view_eq(kind, VIEW_LIT("policy")))
			continue; /* rules stay what they are */
		memcpy(path, name.p, name.n);
		path[name.n] = 0;
		r = bundle_add(b, BUNDLE_KIND_POLICY, path, text);
		if (r < 0)
			return r;
	}
	return bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY) ? 0 : -EINVAL;
}

static int seal(const struct bundle *b)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	int r = bundle_write(b, &bytes);

	return r < 0 ? r : fd_memfd_sealed("policy", buf_view(&bytes));
}

/* The body's files as a bundle. False after a refusal. */
static bool take_bundle(struct exchange *x, const struct json_doc *d, struct policy_work *w)
{
	int r = add_files(d, &w->bundle);

	if (r < 0)
		exchange_fail(x, r == -ENOMEM ? API_INTERNAL : API_BAD_REQUEST, FILES_FORM);
	return r == 0;
}

static int parse_bundle(int fd, struct bundle *ret)
{
	struct view v;
	char why[200];
	int r = fd_map_sealed(fd, &v);

	if (r < 0)
		return r;
	r = bundle_parse(v, ret, why, sizeof(why));
	munmap((void *)v.p, v.n);
	return r;
}

static bool take_reason(struct exchange *x, const struct json_doc *d, struct policy_work *w)
{
	struct view reason = VIEW_EMPTY;
	uint64_t base = 0;
	bool ok = json_get_text(json_get(d, d->v, "reason"), &reason) && reason.n > 0 &&
		reason.n < sizeof(w->reason);

	if (!ok) {
		exchange_fail(x, API_INVALID, "say why (reason)");
		return false;
	}
	memcpy(w->reason, reason.p, reason.n);
	if (json_get(d, d->v, "base") && !json_get_u64(json_get(d, d->v, "base"), &base)) {
		exchange_fail(x, API_BAD_REQUEST, "base");
		return false;
	}
	w->base = (uint32_t)MIN(base, (uint64_t)UINT32_MAX);
	return true;
}

/* ---- what is in force ---- */

static void put_file(struct json *j, const struct bundle_file *f)
{
	json_object(j);
	json_key_str(j, "name", f->name);
	json_key_view(j, "text", view_of(f->content, f->n));
	json_object_end(j);
}

/* The policy itself first, then what it includes. */
static void put_files(struct json *j, const struct bundle *b)
{
	const struct bundle_file *main = bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY);

	json_key(j, "files");
	json_array(j);
	if (main)
		put_file(j, main);
	for (size_t i = 0; i < b->n_files; i++)
		if (b->files[i].kind == BUNDLE_KIND_POLICY && &b->files[i] != main)
			put_file(j, &b->files[i]);
	json_array_end(j);
}

static void put_policy(struct exchange *x, struct view about, int fd)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	static const char *const members[] = {"version", "time", "user", "uid", "how", "reason",
		"digest", "in_force_since", "signers"};
	struct view v;
	struct json j;
	int r = parse_bundle(fd, &b);

	if (r < 0) {
		exchange_fail(x, API_INTERNAL, "the bundle in force cannot be read");
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!payload_member(about, members[i], &v))
			continue;
		json_key(&j, members[i]);
		json_raw(&j, v);
		if (strcmp(members[i], "user") == 0) {
			json_key(&j, "author");
			json_raw(&j, v);
		}
	}
	put_files(&j, &b);
	/* Signed elsewhere: nothing that is not can be put in force here. */
	json_key_bool(&j, "managed",
		x->web->settings.require_signatures & UINT32_C(1) << SETTINGS_SIGNED_POLICY);
	json_object_end(&j);
	exchange_json(x, &j);
}

static void on_shown(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	cleanup_with(fd_closep) int own = fd;

	if (outcome != 0)
		exchange_fail_link(x, outcome, text);
	else
		put_policy(x, text, own);
}

static int ask_version(struct exchange *x, uint32_t version, link_fn done, void *userdata)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16);
	struct pack p = {&body, 0};

	pack_u32(&p, version);
	return p.error ? p.error
		       : link_ask(x->web->link, x->who.agent, CTL_POLICY_SHOW, buf_view(&body), -1,
				 ASK_NS, done, userdata);
}

/* What is included from elsewhere on this computer (names that begin with a slash) is as it is in
   force, where the request does not say otherwise. */
static int complete(struct policy_work *w)
{
	cleanup_with(bundle_done) struct bundle old = {0};
	int r = parse_bundle(w->old_fd, &old);

	for (size_t i = 0; r == 0 && i < old.n_files; i++) {
		const struct bundle_file *f = &old.files[i];

		if (f->kind == BUNDLE_KIND_POLICY && f->name[0] == '/' &&
			!bundle_find(&w->bundle, f->kind, f->name))
			r = bundle_add(&w->bundle, f->kind, f->name, view_of(f->content, f->n));
	}
	if (r == 0)
		w->fd = r = seal(&w->bundle);
	return r < 0 ? r : 0;
}

static bool is_base(const struct policy_work *w, struct view about)
{
	uint64_t version;

	return w->base == 0 || (payload_number(about, "version", &version) && version == w->base);
}

static void on_in_force(void *userdata, int outcome, struct view text, int fd)
{
	struct policy_work *w = userdata;

	w->old_fd = fd;
	if (outcome != 0)
		exchange_fail_link(w->x, outcome, text);
	else if (!is_base(w, text))
		exchange_fail(w->x, API_CONFLICT, NULL);
	else if (complete(w) < 0)
		exchange_fail(w->x, API_INTERNAL, NULL);
	else
		w->then(w);
}

/* Goes on with `then` when the one in force is there. */
static void with_the_one_in_force(
	struct exchange *x, struct policy_work *w, void (*then)(struct policy_work *w))
{
	w->then = then;
	exchange_asked(x, ask_version(x, 0, on_in_force, w));
}

void api_policy(struct exchange *x)
{
	uint64_t version;

	if (request_number(&x->query, "version", UINT32_MAX, 0, &version) < 0)
		exchange_fail(x, API_BAD_REQUEST, "version");
	else
		exchange_asked(x, ask_version(x, (uint32_t)version, on_shown, x));
}

static void on_history(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	cleanup_with(fd_closep) int own = fd;
	struct view v;
	int r;

	if (outcome != 0) {
		exchange_fail_link(x, outcome, text);
		return;
	}
	r = fd_map_sealed(own, &v);
	if (r == 0) {
		r = buf_put_view(&x->answer, v);
		munmap((void *)v.p, v.n);
	}
	if (r < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

void api_policy_history(struct exchange *x)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16);
	struct pack p = {&body, 0};
	uint64_t limit;

	if (request_number(&x->query, "limit", 10000, 200, &limit) < 0) {
		exchange_fail(x, API_BAD_REQUEST, "limit");
		return;
	}
	pack_u32(&p, (uint32_t)limit);
	exchange_asked(x,
		p.error ? p.error
			: link_ask(x->web->link, x->who.agent, CTL_POLICY_HISTORY, buf_view(&body),
				  -1, ASK_NS, on_history, x));
}

/* ---- what another one would be ---- */

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
		.args = {"policy", "check", "--json", BUNDLE_POLICY}, .wait_ns = CHECK_NS};
	struct check *state;
	int r;

	if (!exchange_body(x, &d))
		return;
	state = calloc(1, sizeof(*state));
	r = state ? add_files(&d, &b) : -ENOMEM;
	if (state) {
		x->state = state;
		x->state_free = check_free;
	}
	if (r == 0)
		r = workdir_new(x->web->work, state->dir);
	if (r == 0)
		r = bundle_extract(&b, BUNDLE_KIND_POLICY, state->dir);
	if (r == -EINVAL || r == -EEXIST || r == -E2BIG)
		exchange_fail(x, API_BAD_REQUEST, FILES_FORM);
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
		.wait_ns = CHECK_NS,
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
		.wait_ns = CHECK_NS};
	struct exchange *x = w->x;
	struct diff *f = calloc(1, sizeof(*f));

	if (!f) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	*f = (struct diff){.x = x, .fd = fd_steal(&w->fd), .old_fd = fd_steal(&w->old_fd)};
	work_free(w);
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

	if (exchange_body(x, &d) && (w = work_new(x)) && take_bundle(x, &d, w))
		with_the_one_in_force(x, w, diff);
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
	if (jobs_start(x->web->jobs, x->web->commands, x->who.uid, &c, &job) < 0) {
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

	if (!exchange_body(x, &d) || !(w = work_new(x)) || !take_bundle(x, &d, w))
		return;
	if (json_get(&d, d.v, "days") &&
		(!json_get_u64(json_get(&d, d.v, "days"), &days) || days == 0 || days > DAYS_MAX)) {
		exchange_fail(x, API_BAD_REQUEST, "days");
		return;
	}
	w->days = (unsigned)days;
	with_the_one_in_force(x, w, simulate);
}

/* ---- putting one in force ---- */

static void apply(struct policy_work *w)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(VERSIONS_REASON_MAX + 64);
	struct pack p = {&body, 0};
	int r;

	pack_u8(&p, 0);
	pack_str(&p, w->reason);
	r = p.error ? p.error
		    : link_ask(w->x->web->link, w->x->who.agent, CTL_POLICY_APPLY, buf_view(&body),
			      w->fd, APPLY_NS, exchange_pass, w->x);
	exchange_asked(w->x, r);
}

void api_policy_apply(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;

	if (exchange_body(x, &d) && (w = work_new(x)) && take_bundle(x, &d, w) &&
		take_reason(x, &d, w))
		with_the_one_in_force(x, w, apply);
}

void api_policy_rollback(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	cleanup_with(buf_done) struct buf body = BUF_INIT(VERSIONS_REASON_MAX + 64);
	struct pack p = {&body, 0};
	struct policy_work *w;
	uint64_t version = 0;
	int r;

	if (!exchange_body(x, &d) || !(w = work_new(x)) || !take_reason(x, &d, w))
		return;
	if (!json_get_u64(json_get(&d, d.v, "version"), &version) || version == 0 ||
		version > UINT32_MAX) {
		exchange_fail(x, API_BAD_REQUEST, "version");
		return;
	}
	pack_u32(&p, (uint32_t)version);
	pack_str(&p, w->reason);
	r = p.error ? p.error
		    : link_ask(x->web->link, x->who.agent, CTL_POLICY_ROLLBACK, buf_view(&body), -1,
			      APPLY_NS, exchange_pass, w->x);
	exchange_asked(x, r);
}

/* ---- exceptions ---- */

#define EXCEPTIONS_FILE "console-exceptions.yaml"
#define EXCEPTIONS_HEAD "version: 1\nexceptions:\n"

/* policy.yaml with this file among its "exceptions". -EINVAL where its form is not one that can be
   added to by hand alike. */
static int name_exceptions(struct view text, struct buf *ret)
{
	static const char key[] = "exceptions:", name[] = EXCEPTIONS_FILE;
	const char *p = (const char *)text.p;
	size_t at = 0;
	int r;

	while (at < text.n && !view_starts(view_sub(text, at, text.n), VIEW_LIT("exceptions:"))) {
		const char *end = memchr(p + at, '\n', text.n - at);

		at = end ? (size_t)(end - p) + 1 : text.n;
	}
	if (at >= text.n) {
		r = buf_put_view(ret, text);
		if (r == 0 && text.n > 0 && p[text.n - 1] != '\n')
			r = buf_put_byte(ret, '\n');
		return r < 0 ? r : buf_printf(ret, "%s [%s]\n", key, name);
	}
	at += strlen(key);
	while (at < text.n && p[at] == ' ')
		at++;
	if (at >= text.n || (p[at] != '\n' && p[at] != '['))
		return -EINVAL;
	r = buf_put_view(ret, view_sub(text, 0, at + 1));
	if (r == 0 && p[at] == '\n')
		r = buf_printf(ret, "  - %s\n", name);
	else if (r == 0)
		r = buf_printf(ret, "%s%s", name, at + 1 < text.n && p[at + 1] == ']' ? "" : ", ");
	return r < 0 ? r : buf_put_view(ret, view_sub(text, at + 1, text.n));
}

/* Everything of the bundle in force, with one more entry in the console's own file. */
static int add_exception(const struct bundle *old, const char *yaml, struct bundle *ret)
{
	const struct bundle_file *had = bundle_find(old, BUNDLE_KIND_POLICY, EXCEPTIONS_FILE);
	cleanup_with(buf_done) struct buf b = BUF_INIT(BUNDLE_BYTES_MAX), main = BUF_INIT(0);
	int r = 0;

	if (strncmp(yaml, EXCEPTIONS_HEAD, strlen(EXCEPTIONS_HEAD)) != 0)
		return -EINVAL;
	r = buf_put_view(&b, had ? view_of(had->content, had->n) : VIEW_LIT(EXCEPTIONS_HEAD));
	if (r == 0 && b.n > 0 && b.p[b.n - 1] != '\n')
		r = buf_put_byte(&b, '\n');
	if (r == 0)
		r = buf_put_str(&b, yaml + strlen(EXCEPTIONS_HEAD));
	if (r == 0)
		r = bundle_add(ret, BUNDLE_KIND_POLICY, EXCEPTIONS_FILE, buf_view(&b));
	for (size_t i = 0; r == 0 && i < old->n_files; i++) {
		const struct bundle_file *f = &old->files[i];
		struct view content = view_of(f->content, f->n);

		if (f->kind != BUNDLE_KIND_POLICY || f == had)
			continue;
		if (!had && strcmp(f->name, BUNDLE_POLICY) == 0) {
			r = name_exceptions(content, &main);
			content = buf_view(&main);
		}
		if (r == 0)
			r = bundle_add(ret, f->kind, f->name, content);
	}
	return r;
}

static void on_exception(void *userdata, int outcome, struct view text, int fd)
{
	cleanup_with(bundle_done) struct bundle old = {0}, new = {0};
	cleanup_with(fd_closep) int own = fd;
	struct policy_work *w = userdata;
	int r;

	if (outcome != 0) {
		exchange_fail_link(w->x, outcome, text);
		return;
	}
	if (!is_base(w, text)) {
		exchange_fail(w->x, API_CONFLICT, NULL);
		return;
	}
	r = parse_bundle(own, &old);
	if (r == 0)
		r = add_exception(&old, w->yaml, &new);
	if (r == 0)
		w->fd = r = seal(&new);
	if (r < 0)
		exchange_fail(w->x, API_INVALID,
			"this exception cannot be added to the policy in force: add it by hand");
	else
		apply(w);
}

void api_policy_exception(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	struct policy_work *w;
	struct view yaml;

	if (!exchange_body(x, &d) || !(w = work_new(x)) || !take_reason(x, &d, w))
		return;
	if (!json_get_text(json_get(&d, d.v, "yaml"), &yaml) ||
		!(w->yaml = strndup((const char *)yaml.p, yaml.n))) {
		exchange_fail(x, API_BAD_REQUEST, "yaml");
		return;
	}
	exchange_asked(x, ask_version(x, 0, on_exception, w));
}
