/* SPDX-License-Identifier: Apache-2.0 */
#include "policyfile/policyfile.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "policyfile/compile.h"
#include "text/canon.h"
#include "text/disguise.h"

#define PACKAGE_DIR "/var/lib/dpkg/info"

struct compile {
	struct conf *conf;
	struct diags *diags;
	struct apptable *apps;
	struct rules rules;
	struct failure_list failures;
	struct confs exceptions;
	uint32_t n_idle, n_exceptions;
	const struct policyfile_host *host; /* to look at what it has, too; or NULL */
};

static void compile_done(struct compile *c)
{
	failures_done(&c->failures);
	rules_done(&c->rules);
	confs_done(&c->exceptions);
	(void)apptable_close(c->apps);
	c->conf = conf_free(c->conf);
}

/* The literal patterns of one kind come sorted, so that equal ones are neighbours. */
static void check_taken(struct compile *c)
{
	static const enum app_pattern kinds[] = {
		APP_PATTERN_EXE, APP_PATTERN_FLATPAK, APP_PATTERN_SNAP, APP_PATTERN_PACKAGE};
	const struct conf_node *root = conf_root(c->conf), *apps = conf_get(root, "apps");
	const struct conf_node *where = apps ? apps : root;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const char *text, *before = "";
		uint32_t app, owner = 0;

		for (uint32_t i = 0; apptable_pattern(c->apps, kinds[k], i, &app, &text); i++) {
			if (strcmp(text, before) == 0 && app != owner)
				(void)conf_error(c->conf, where, P_TAKEN, c->diags,
					"`%.80s` belongs to two applications, `%s` and `%s`", text,
					apptable_id(c->apps, owner), apptable_id(c->apps, app));
			before = text;
			owner = app;
		}
	}
}

/* An application as people know it, without regard to case. */
struct known_as {
	char *name;
	uint32_t app;
};

static int compare_known(const void *a, const void *b)
{
	const struct known_as *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->app < y->app ? -1 : 1);
}

static int know(const struct apptable *t, uint32_t app, struct known_as *ret)
{
	struct buf b = BUF_INIT(0);
	int r = canon_text(view_str(apptable_name(t, app)), &b, NULL);

	if (r == 0)
		r = buf_terminate(&b);
	if (r < 0) {
		buf_done(&b);
		return r;
	}
	*ret = (struct known_as){(char *)b.p, app};
	return 0;
}

/* Notices and reports show names: people cannot tell what is called the same. */
static int check_same_names(struct compile *c)
{
	const struct conf_node *root = conf_root(c->conf), *apps = conf_get(root, "apps");
	const struct conf_node *where = apps ? apps : root;
	uint32_t count = apptable_n(c->apps), n = 0;
	struct known_as *v = calloc(count + 1, sizeof(*v));
	int r = v ? 0 : -ENOMEM;

	for (; r == 0 && n < count; n += r == 0)
		r = know(c->apps, n, &v[n]);
	if (n > 0)
		qsort(v, n, sizeof(*v), compare_known);
	for (uint32_t i = 1; r == 0 && i < n; i++)
		if (strcmp(v[i].name, v[i - 1].name) == 0)
			diag_hint(diags_warning(c->diags, P_SAME_NAME, conf_file(c->conf),
					  where->line, where->col,
					  "applications `%s` and `%s` are both shown as `%.80s`",
					  apptable_id(c->apps, v[i - 1].app),
					  apptable_id(c->apps, v[i].app),
					  apptable_name(c->apps, v[i].app)),
				"give each its own `name`");
	for (uint32_t i = 0; i < n; i++)
		free(v[i].name);
	free(v);
	return r;
}

static int compile_apps(struct compile *c, struct buf *ret)
{
	struct apps_context ctx = {.diags = c->diags};
	cleanup_with(buf_done) struct buf named = {0};
	int r = apptable_builder_new(&ctx.builder);

	if (r == 0)
		r = apps_load(&ctx, c->conf, conf_get(conf_root(c->conf), "apps"));
	if (r == 0)
		r = apptable_builder_finish(ctx.builder, &named);
	if (r == 0)
		r = apptable_open(buf_view(&named), &c->apps);
	if (r == 0) {
		check_taken(c);
		r = check_same_names(c);
	}
	if (r == 0) {
		r = packages_expand(ctx.builder, c->apps, PACKAGE_DIR);
		c->apps = apptable_close(c->apps);
	}
	if (r == 0)
		r = apptable_builder_finish(ctx.builder, ret);
	ctx.builder = apptable_builder_free(ctx.builder);
	return r < 0 ? r : apptable_open(buf_view(ret), &c->apps);
}

struct named {
	const char *name;
	const struct conf *conf;
	const struct conf_node *node;
	size_t at; /* in order */
};

static int compare_names(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (x->at < y->at ? -1 : 1);
}

static int compare_name(const void *key, const void *named)
{
	return strcmp(key, ((const struct named *)named)->name);
}

/* A name with letters of another script that shows as another rule's: incidents carry it. */
static int check_look_alike(
	struct compile *c, const struct named *sorted, size_t n, const struct named *x)
{
	cleanup_with(buf_done) struct buf latin = BUF_INIT(0);
	const struct named *like;
	int r = disguise_latin(view_str(x->name), &latin);

	if (r <= 0)
		return r;
	r = buf_terminate(&latin);
	if (r < 0)
		return r;
	like = bsearch(latin.p, sorted, n, sizeof(*sorted), compare_name);
	if (like && like->node && x->node)
		diag_hint(diags_warning(c->diags, P_NAME, conf_file(x->conf),
				  conf_get(x->node, "name")->line, conf_get(x->node, "name")->col,
				  "the name shows as `%s`, which is in line %u, and is another",
				  like->name, like->node->line),
			"it has letters of another script: type it anew");
	return 0;
}

static int check_names(struct compile *c)
{
	/* What is built in comes first: a rule of that name would be taken for it. */
	struct named *sorted = calloc(c->rules.n + c->failures.n + 1, sizeof(*sorted));
	size_t n = 0;
	int r = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < c->rules.n; i++, n++)
		sorted[n] = (struct named){
			c->rules.v[i].def.name, c->rules.v[i].conf, c->rules.v[i].node, n + 1};
	for (size_t i = 0; i < c->failures.n; i++) {
		const struct conf_node *node = c->failures.v[i].node;

		sorted[n] = (struct named){
			c->failures.v[i].def.name, c->conf, node, node ? n + 1 : 0};
		n++;
	}
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < n; i++) {
		const struct named *x = &sorted[i - 1], *y = &sorted[i];
		bool here = x->conf == y->conf;

		if (!y->name[0] || strcmp(y->name, x->name) != 0)
			continue;
		if (!x->node) {
			(void)conf_error(y->conf, conf_get(y->node, "name"), P_NAME, c->diags,
				"`%s` is the name of an answer that is built in", y->name);
			continue;
		}
		(void)conf_error(y->conf, conf_get(y->node, "name"), P_NAME, c->diags,
			"rule `%s` is already in line %u%s%s", y->name, x->node->line,
			here ? "" : " of ", here ? "" : conf_file(x->conf));
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = check_look_alike(c, sorted, n, &sorted[i]);
	free(sorted);
	return r;
}

static void check_minutes(struct compile *c, const char *section)
{
	const struct conf_node *n = conf_get(conf_get(conf_root(c->conf), section), "minutes");

	if (n && n->type == CONF_SCALAR && strcmp(n->text, "0") == 0)
		(void)conf_error(c->conf, n, P_NOTHING, c->diags,
			"what lasts 0 minutes ends at once: nothing passes");
}

/* A rule that asks for a reason where none is taken. */
static void check_justify(struct compile *c)
{
	const struct conf_node *max = conf_get(conf_get(conf_root(c->conf), "justify"), "max");

	for (size_t i = 0; i < c->rules.n && max; i++) {
		const struct rule *r = &c->rules.v[i];
		const struct conf_node *what = conf_get(r->node, "do");

		if (r->def.action != ACTION_JUSTIFY || strcmp(max->text, "0") != 0)
			continue;
		diag_hint(diags_warning(c->diags, P_NEEDLESS, conf_file(r->conf), what->line,
				  what->col,
				  "no reason is taken (`justify: {max: 0}`): the rule refuses as "
				  "`block` does"),
			"say `block`, or a higher `max`");
		return;
	}
}

static int read_rules(struct compile *c, size_t errors)
{
	const struct conf_node *list = conf_get(conf_root(c->conf), "rules");
	struct rule_context ctx = {.conf = c->conf,
		.apps = c->apps,
		.diags = c->diags,
		.now = clock_realtime(),
		.host = c->host};
	int r = exceptions_load(&ctx, &c->rules, &c->exceptions);

	check_minutes(c, "overrides");
	check_minutes(c, "justify");
	if (r < 0 || !list || list->type != CONF_SEQUENCE)
		return r;
	c->n_exceptions = (uint32_t)c->rules.n;
	if (list->n + c->rules.n > POLICY_RULES_MAX) {
		(void)conf_error(c->conf, list->items[POLICY_RULES_MAX - c->rules.n], P_LIMIT,
			c->diags, "more than %u rules%s", POLICY_RULES_MAX,
			c->rules.n > 0 ? " and exceptions" : "");
		return 0;
	}
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		struct rule *rule;

		if (list->items[i]->type != CONF_MAPPING)
			continue;
		r = rules_add(&c->rules, &rule);
		if (r == 0)
			r = rule_read(&ctx, list->items[i], rule);
	}
	if (r == 0)
		r = failures_read(&ctx, &c->failures);
	if (r == 0)
		r = check_names(c);
	/* Half-read rules would be compared for what they are not. */
	if (r == 0 && c->diags->errors == errors) {
		r = rules_check(&ctx, c->rules.v, c->rules.n);
		check_justify(c);
		overlap_check(c->apps, &ctx);
		failures_check(&ctx, &c->failures);
		if (c->rules.n == 0 && !conf_get(conf_root(c->conf), "failures"))
			(void)diags_warning(c->diags, P_NO_RULES, conf_file(c->conf), list->line,
				list->col,
				"there are no rules: everything is allowed, and nothing recorded");
	}
	if (r == 0 && c->host)
		host_check_policy(&ctx, list);
	c->n_idle = ctx.n_idle;
	return r;
}

static enum mode read_mode(const struct compile *c)
{
	const struct conf_node *n = conf_get(conf_root(c->conf), "mode");
	enum mode mode = MODE_ENFORCE;

	if (n && n->type == CONF_SCALAR)
		(void)mode_parse(n->text, &mode);
	return mode;
}

static uint32_t read_bound(
	const struct compile *c, const char *section, const char *key, uint32_t absent)
{
	const struct conf_node *n = conf_get(conf_get(conf_root(c->conf), section), key);
	uint64_t v = absent;

	if (n && conf_u64(c->conf, n, 0, UINT32_MAX, P_VALUE, c->diags, &v) < 0)
		return 0;
	return (uint32_t)v;
}

static int add_bounds(const struct compile *c, struct policy_builder *b)
{
	int r = policy_builder_overrides(
		b, read_bound(c, "overrides", "max", 0), read_bound(c, "overrides", "minutes", 0));

	return r < 0
		? r
		: policy_builder_justify(b, read_bound(c, "justify", "max", POLICY_JUSTIFY_MAX),
			  read_bound(c, "justify", "minutes", POLICY_JUSTIFY_MINUTES),
			  read_bound(c, "justify", "reason", POLICY_JUSTIFY_REASON));
}

/* NULL where there is none, or where it is too long, which is reported. */
static const char *read_reminder(struct compile *c)
{
	const struct conf_node *n = conf_get(conf_root(c->conf), "meeting-reminder");

	if (!n || n->type != CONF_SCALAR)
		return NULL;
	if (strlen(n->text) < POLICY_MESSAGE_MAX)
		return n->text;
	(void)conf_error(
		c->conf, n, P_LIMIT, c->diags, "longer than %u bytes", POLICY_MESSAGE_MAX - 1);
	return NULL;
}

static int build(struct compile *c, uint32_t version, struct buf *ret)
{
	struct policy_builder *b = NULL;
	int r = policy_builder_new(&b);

	for (size_t i = 0; r == 0 && i < c->failures.n; i++)
		r = policy_builder_add_failure(b, &c->failures.v[i].def);
	for (size_t i = 0; r == 0 && i < c->rules.n; i++)
		r = policy_builder_add(b, &c->rules.v[i].def);
	if (r == 0)
		r = add_bounds(c, b);
	if (r == 0)
		r = policy_builder_reminder(b, read_reminder(c));
	if (r == 0)
		r = policy_builder_finish(b, read_mode(c), version, ret);
	policy_builder_free(b);
	return r;
}

static int compile_file(const char *path, uint32_t version, const struct policyfile_host *host,
	struct diags *d, struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps,
	struct buf *ret_posture)
{
	cleanup_with(compile_done) struct compile c = {.diags = d, .host = host};
	cleanup_with(buf_done) struct buf apps = {0}, policy = {0}, posture = {0};
	size_t errors = d->errors;
	int r = conf_load(path, d, &c.conf);

	if (r == 0)
		r = keywords_check(c.conf, conf_root(c.conf), keywords_policy, d);
	if (r == 0)
		r = compile_apps(&c, &apps);
	if (r < 0)
		return r;
	r = read_rules(&c, errors);
	if (r == 0)
		r = posture_compile(c.conf, c.apps, d, &posture);
	if (r == 0 && d->errors > errors)
		r = -EBADMSG;
	if (r == 0)
		r = build(&c, version, &policy);
	if (r == 0)
		r = buf_put_view(ret_policy, buf_view(&policy));
	if (r == 0)
		r = buf_put_view(ret_apps, buf_view(&apps));
	if (r == 0)
		r = buf_put_view(ret_posture, buf_view(&posture));
	if (r == 0)
		*ret = (struct policyfile_info){
			.mode = read_mode(&c),
			.n_rules = (uint32_t)c.rules.n,
			.n_exceptions = c.n_exceptions,
			.n_apps = apptable_n(c.apps),
			.n_idle = c.n_idle,
		};
	return r;
}

int policyfile_compile(const char *path, uint32_t version, struct diags *d,
	struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps)
{
	cleanup_with(buf_done) struct buf posture = {0};

	return policyfile_compile_all(path, version, d, ret, ret_policy, ret_apps, &posture);
}

int policyfile_compile_all(const char *path, uint32_t version, struct diags *d,
	struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps,
	struct buf *ret_posture)
{
	return compile_file(path, version, NULL, d, ret, ret_policy, ret_apps, ret_posture);
}

int policyfile_check(const char *path, const struct policyfile_host *host, struct diags *d,
	struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps)
{
	cleanup_with(buf_done) struct buf posture = {0};

	return compile_file(path, 0, host, d, ret, ret_policy, ret_apps, &posture);
}
