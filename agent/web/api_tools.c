/* SPDX-License-Identifier: Apache-2.0 */
/* What `sealgate` does for a page: a document is tried, a report made, an exception suggested. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "web/api.h"
#include "web/command.h"
#include "web/job.h"
#include "web/workdir.h"

#define SCAN_NS   (120 * NSEC_PER_SEC)
#define REPORT_NS (300 * NSEC_PER_SEC)
#define DAYS_MAX  365U

void api_job(struct exchange *x)
{
	uint64_t number = 0;
	struct json j;

	for (size_t i = 0; i < x->argument.n && number < UINT64_C(1) << 50; i++) {
		uint8_t c = x->argument.p[i];

		number = c >= '0' && c <= '9' ? number * 10 + (c - '0') : UINT64_MAX;
	}
	json_init(&j, &x->answer);
	if (jobs_put(x->web->jobs, number, x->who.uid, &j) < 0)
		exchange_fail(x, API_NOT_FOUND, NULL);
	else
		exchange_json(x, &j);
}

/* ---- one document ---- */

struct trial {
	struct exchange *x;
	char dir[WORKDIR_SIZE], name[256], app[65];
	struct buf scan;
};

static void trial_free(void *state)
{
	struct trial *t = state;

	workdir_done(t->dir);
	buf_done(&t->scan);
	free(t);
}

static struct view line(struct view v)
{
	const uint8_t *end = v.n ? memchr(v.p, '\n', v.n) : NULL;

	return end ? view_of(v.p, (size_t)(end - v.p)) : v;
}

static void put_trial(struct trial *t, struct view explain)
{
	struct exchange *x = t->x;
	struct json j;

	json_init(&j, &x->answer);
	json_object(&j);
	json_key(&j, "scan");
	json_raw(&j, line(buf_view(&t->scan)));
	json_key(&j, "explain");
	if (line(explain).n > 0)
		json_raw(&j, line(explain));
	else
		json_null(&j);
	json_object_end(&j);
	workdir_done(t->dir);
	exchange_json(x, &j);
}

static void on_explained(void *userdata, int outcome, struct view out, struct view err)
{
	struct trial *t = userdata;

	if (outcome < 0 || outcome > 1)
		exchange_fail_view(t->x, API_INVALID, err);
	else
		put_trial(t, out);
}

static void on_scanned(void *userdata, int outcome, struct view out, struct view err)
{
	struct trial *t = userdata;
	struct command c = {
		.args = {"explain", "--json", "--app", t->app, "--user", t->x->who.user, t->name},
		.dir = t->dir,
		.wait_ns = SCAN_NS};

	if (outcome < 0 || outcome > 1 || line(out).n == 0) {
		exchange_fail_view(t->x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
		return;
	}
	if (buf_put_view(&t->scan, out) < 0)
		exchange_fail(t->x, API_INTERNAL, NULL);
	else if (!t->app[0])
		put_trial(t, VIEW_EMPTY);
	else if (commands_run(t->x->web->commands, &c, on_explained, t) < 0)
		exchange_fail(t->x, API_BUSY, NULL);
}

static bool is_app(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || (v.p[i] >= '0' && v.p[i] <= '9') ||
			    (v.p[i] == '-' && i > 0)))
			return false;
	return v.n < sizeof(((struct trial *)0)->app);
}

void api_test(struct exchange *x)
{
	struct view app = request_get(&x->query, "app");
	struct command c = {.args = {"scan", "--json", "--jobs", "1", NULL}, .wait_ns = SCAN_NS};
	struct trial *t;
	int r;

	if (!is_app(app)) {
		exchange_fail(x, API_BAD_REQUEST, "app");
		return;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	t->x = x;
	x->state = t;
	x->state_free = trial_free;
	memcpy(t->app, app.p ? app.p : (const uint8_t *)"", app.n);
	/* "./" so that no name is an option. */
	memcpy(t->name, "./", 2);
	workdir_name(request_get(&x->query, "name"), t->name + 2, sizeof(t->name) - 2);
	r = workdir_new(x->web->work, t->dir);
	if (r == 0)
		r = workdir_put(t->dir, t->name + 2, buf_view(&x->body));
	buf_done(&x->body);
	c.args[4] = t->name;
	c.dir = t->dir;
	if (r == 0)
		r = commands_run(x->web->commands, &c, on_scanned, t);
	if (r < 0)
		exchange_fail(x, r == -EAGAIN ? API_BUSY : API_INTERNAL, NULL);
	else
		exchange_wait(x);
}

/* ---- reports ---- */

static void on_report(void *userdata, int outcome, struct view out, struct view err)
{
	struct exchange *x = userdata;

	if (outcome != 0) {
		exchange_fail_view(x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
		return;
	}
	if (buf_put_view(&x->answer, out) < 0) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	/* Never shown as a page of this console: it is saved. */
	if (view_eq(request_get(&x->query, "format"), VIEW_LIT("csv"))) {
		x->type = "text/csv; charset=utf-8";
		x->download = "sealgate-report.csv";
	} else {
		x->type = "text/html; charset=utf-8";
		x->download = "sealgate-report.html";
	}
	exchange_done(x, 200);
}

/* A value for an option of a command: none that is one itself. */
static bool take_value(struct view v, char *ret, size_t size)
{
	if (v.n >= size || (v.n > 0 && *v.p == '-'))
		return false;
	memcpy(ret, v.p ? v.p : (const uint8_t *)"", v.n);
	ret[v.n] = 0;
	return true;
}

void api_report(struct exchange *x)
{
	struct command c = {.args = {"--lang", "vi", "incidents", "report"}, .wait_ns = REPORT_NS};
	const struct {
		const char *key, *option;
	} options[] = {{"from", "--since"}, {"to", "--until"}, {"unit", "--unit"}};
	char values[3][64];
	size_t n = 4;
	int r;

	if (view_eq(request_get(&x->query, "lang"), VIEW_LIT("en")))
		c.args[1] = "en";
	if (view_eq(request_get(&x->query, "format"), VIEW_LIT("csv")))
		c.args[n++] = "--csv";
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!take_value(
			    request_get(&x->query, options[i].key), values[i], sizeof(values[i]))) {
			exchange_fail(x, API_BAD_REQUEST, options[i].key);
			return;
		}
		if (!values[i][0])
			continue;
		c.args[n++] = options[i].option;
		c.args[n++] = values[i];
	}
	r = commands_run(x->web->commands, &c, on_report, x);
	if (r < 0)
		exchange_fail(x, r == -EAGAIN ? API_BUSY : API_INTERNAL, NULL);
	else
		exchange_wait(x);
}

/* ---- an exception for an incident ---- */

struct suggestion {
	struct exchange *x;
	uint64_t silenced;
};

static void on_suggested(void *userdata, int outcome, struct view out, struct view err)
{
	struct suggestion *s = userdata;
	struct exchange *x = s->x;
	struct json j;

	if (outcome != 0) {
		exchange_fail_view(x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_view(&j, "yaml", out);
	json_key_str(&j, "file", "console-exceptions.yaml");
	json_key(&j, "simulate");
	json_object(&j);
	json_key_u64(&j, "silenced", s->silenced);
	json_object_end(&j);
	json_object_end(&j);
	exchange_json(x, &j);
}

/* The incidents of so many days that the exception is about. */
static uint64_t count_silenced(
	struct exchange *x, const struct incident *i, const char *scope, uint64_t days)
{
	cleanup_with(freep) struct catalog_found *found = calloc(1, sizeof(*found));
	uint64_t ago = days * 86400 * NSEC_PER_SEC, now = clock_realtime();
	struct catalog_filter f = {.from = now > ago ? now - ago : 0};
	struct catalog_page p = {.limit = 1};

	f.terms[f.n_terms++] = (struct catalog_term){CATALOG_CHANNEL, false, view_str(i->channel)};
	if (i->level_known)
		f.terms[f.n_terms++] = (struct catalog_term){
			CATALOG_LEVEL, false, view_str(i->level_text)};
	if (strstr(scope, "file"))
		f.terms[f.n_terms++] = (struct catalog_term){
			CATALOG_FILE, false, view_str(i->path)};
	if (strstr(scope, "app"))
		f.terms[f.n_terms++] = (struct catalog_term){CATALOG_APP, false, view_str(i->app)};
	if (strstr(scope, "user"))
		f.terms[f.n_terms++] = (struct catalog_term){
			CATALOG_USER, false, view_str(i->user)};
	return found && catalog_list(x->web->catalog, &f, &p, found) == 0 ? found->total : 0;
}

static bool take_scope(const struct json_doc *d, const char **ret)
{
	static const char *const scopes[] = {
		"file-app-user", "file-app", "file-user", "app-user", NULL};
	struct view v;

	*ret = scopes[0];
	if (!json_get(d, d->v, "scope"))
		return true;
	if (!json_get_text(json_get(d, d->v, "scope"), &v))
		return false;
	for (size_t i = 0; scopes[i]; i++)
		if (view_eq(v, view_str(scopes[i]))) {
			*ret = scopes[i];
			return true;
		}
	return false;
}

void api_suggest(struct exchange *x)
{
	cleanup_with(json_doc_done) struct json_doc d = {0};
	cleanup_with(incident_freep) struct incident *i = NULL;
	char id[INCIDENT_ID_MAX + 1], days_text[24], note[512];
	struct command c = {.args = {"incidents", "false-positive", "--assign", x->who.user,
				    "--days", days_text, "--scope", NULL, "--note", note, id},
		.wait_ns = SCAN_NS};
	struct view reason = VIEW_LIT("false positive");
	uint64_t days = 30;
	const char *scope;
	struct suggestion *s;
	uint32_t row;
	int r;

	if (!exchange_body(x, &d))
		return;
	if (!take_scope(&d, &scope) ||
		(json_get(&d, d.v, "days") && !json_get_u64(json_get(&d, d.v, "days"), &days)) ||
		days == 0 || days > DAYS_MAX) {
		exchange_fail(x, API_BAD_REQUEST, "scope, days");
		return;
	}
	(void)json_get_text(json_get(&d, d.v, "reason"), &reason);
	row = catalog_find(x->web->catalog, x->argument);
	if (row == UINT32_MAX) {
		exchange_fail(x, API_NOT_FOUND, NULL);
		return;
	}
	r = catalog_load(x->web->catalog, row, false, &i);
	s = calloc(1, sizeof(*s));
	if (r < 0 || !s) {
		free(s);
		exchange_fail(x, r == -ESTALE ? API_GONE : API_INTERNAL, NULL);
		return;
	}
	s->x = x;
	x->state = s;
	x->state_free = free;
	s->silenced = count_silenced(x, i, scope, days);
	snprintf(id, sizeof(id), "%s", i->id);
	snprintf(days_text, sizeof(days_text), "%llu", (unsigned long long)days);
	snprintf(note, sizeof(note), "%.*s", (int)MIN(reason.n, sizeof(note) - 1),
		(const char *)reason.p);
	c.args[7] = scope;
	r = commands_run(x->web->commands, &c, on_suggested, s);
	if (r < 0)
		exchange_fail(x, r == -EAGAIN ? API_BUSY : API_INTERNAL, NULL);
	else
		exchange_wait(x);
}

/* ---- applications ---- */

static void on_apps(void *userdata, int outcome, struct view out, struct view err)
{
	struct exchange *x = userdata;

	if (outcome != 0)
		exchange_fail_view(x, outcome < 0 ? API_INTERNAL : API_INVALID, err);
	else if (buf_put_str(&x->answer, "{\"apps\":") < 0 ||
		buf_put_view(&x->answer, line(out)) < 0 || buf_put_byte(&x->answer, '}') < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

void api_apps(struct exchange *x)
{
	const struct command c = {.args = {"apps", "--json", "list"}, .wait_ns = SCAN_NS};
	int r = commands_run(x->web->commands, &c, on_apps, x);

	if (r < 0)
		exchange_fail(x, r == -EAGAIN ? API_BUSY : API_INTERNAL, NULL);
	else
		exchange_wait(x);
}
