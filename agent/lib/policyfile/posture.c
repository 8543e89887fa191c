/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `posture` of a policy, and advisory files. An advisory file comes in by read_file()
 * alone: there its signature is to be checked where policy files are signed.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/glob.h"
#include "policyfile/compile.h"
#include "posture/rules.h"
#include "posture/version.h"

#define ID_MAX   64U
#define TEXT_MAX 300U

struct posture_context {
	const struct conf *conf; /* of the file in hand */
	const struct apptable *apps;
	struct diags *diags;
	struct buf *out;
	uint32_t n_advisories;
};

/* Tabs and line feeds would be fields and lines of the compiled form. */
static bool is_plain(const char *s, size_t max)
{
	if (!*s || strlen(s) >= max)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static const char *checked_version(struct posture_context *c, const struct conf_node *n)
{
	if (!n || n->type != CONF_SCALAR)
		return NULL;
	if (version_is_valid(n->text))
		return n->text;
	diag_hint(conf_error(c->conf, n, P_VALUE, c->diags, "`%.80s` is no version", n->text),
		"as in 6.1.0 or 2:1.4.2-1");
	return NULL;
}

static const char *checked_text(struct posture_context *c, const struct conf_node *n, size_t max)
{
	if (!n || n->type != CONF_SCALAR)
		return NULL;
	if (is_plain(n->text, max))
		return n->text;
	(void)conf_error(c->conf, n, P_VALUE, c->diags,
		"one line of at most %zu bytes without control characters", max - 1);
	return NULL;
}

static int read_advisory(struct posture_context *c, const struct conf_node *n)
{
	const struct conf_node *s = conf_get(n, "since");
	const char *id = checked_text(c, conf_get(n, "id"), ID_MAX);
	const char *app = checked_text(c, conf_get(n, "app"), ID_MAX);
	const char *text = checked_text(c, conf_get(n, "text"), TEXT_MAX);
	const char *fixed = checked_version(c, conf_get(n, "fixed"));
	const char *since = s ? checked_version(c, s) : "";

	if (!id || !app || !text || !fixed || !since)
		return 0;
	if (strchr(id, ' ')) {
		(void)conf_error(c->conf, conf_get(n, "id"), P_VALUE, c->diags,
			"`%.60s` is no id: it has blanks", id);
		return 0;
	}
	if (*since && version_compare(since, fixed) >= 0) {
		(void)conf_error(c->conf, s, P_NOTHING, c->diags,
			"no version is from %.40s on and below %.40s", since, fixed);
		return 0;
	}
	if (c->n_advisories++ >= POLICYFILE_ADVISORIES_MAX) {
		if (c->n_advisories == POLICYFILE_ADVISORIES_MAX + 1)
			(void)conf_error(c->conf, n, P_LIMIT, c->diags, "more than %u advisories",
				POLICYFILE_ADVISORIES_MAX);
		return 0;
	}
	return posture_rules_put_advisory(c->out, app, id, fixed, since, text);
}

static int read_file(void *userdata, const char *path)
{
	cleanup_with(conf_freep) struct conf *conf = NULL;
	struct posture_context c = *(struct posture_context *)userdata;
	const struct conf_node *list;
	int r = include_load(path, keywords_advisories, c.diags, &conf);

	if (r < 0 || !conf)
		return r;
	c.conf = conf;
	list = conf_get(conf_root(conf), "advisories");
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = read_advisory(&c, list->items[i]);
	((struct posture_context *)userdata)->n_advisories = c.n_advisories;
	return r;
}

static int read_advisories(struct posture_context *c, const struct conf_node *posture)
{
	const struct conf_node *list = conf_get(posture, "advisories");
	struct includes inc = {.policy = c->conf,
		.diags = c->diags,
		.what = "advisories",
		.max_files = POLICYFILE_ADVISORY_FILES_MAX,
		.file = read_file,
		.userdata = c};

	if (list)
		return include_each(&inc, list);
	/* Not installed, as in a build tree: there are none. */
	if (access(ADVISORIES_SHIPPED, F_OK) < 0)
		return 0;
	return include_one(&inc, conf_root(c->conf), ADVISORIES_SHIPPED);
}

/* As `exe` of an application: the path of programs. */
static const char *official_problem(const char *text)
{
	const char *problem = glob_problem(text, true);

	return problem                           ? problem
		: text[strspn(text, "/*?")] == 0 ? "this is every program there is"
						 : NULL;
}

static bool is_beneath(const char *text, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(text, folder, n) == 0 && (text[n] == '/' || !text[n]);
}

/* A program that others than root can write is not official, whatever the policy says. */
static void check_official(struct posture_context *c, const struct conf_node *n)
{
	static const char *const open[] = {"/home", "/tmp", "/var/tmp", "/dev/shm", "/run/user",
		"/run/media", "/media", "/run/lock", "/var/lock", NULL};
	const char *text = n->text;
	struct stat st;

	for (const char *const *folder = open; *folder; folder++)
		if (is_beneath(text, *folder)) {
			diag_hint(diags_warning(c->diags, P_NOT_OFFICIAL, conf_file(c->conf),
					  n->line, n->col,
					  "others than root write in `%.80s`: what they can "
					  "write is not official",
					  text),
				"name a folder that only root can write, as /opt/tools/**");
			return;
		}
	if (glob_is_literal(text) && stat(text, &st) == 0 && S_ISDIR(st.st_mode))
		diag_hint(diags_warning(c->diags, P_NOT_OFFICIAL, conf_file(c->conf), n->line,
				  n->col, "`%.80s` is a folder, and no program", text),
			"for all beneath it write `%.80s/**`", text);
}

static int read_origin(struct posture_context *c, const struct conf_node *n)
{
	static const char *const known[] = {"deb", "rpm", "snap", "flatpak", NULL};
	const char *problem, *text = checked_text(c, n, 256);
	struct diag *e;

	if (!text)
		return 0;
	for (unsigned i = 0; known[i]; i++)
		if (strcmp(known[i], text) == 0)
			return posture_rules_put_origin(
				c->out, (enum posture_origin)(POSTURE_ORIGIN_DEB + i), "");
	if (strncmp(text, "flatpak:", 8) == 0 && text[8] && !strpbrk(text + 8, "/ "))
		return posture_rules_put_origin(c->out, POSTURE_ORIGIN_FLATPAK, text + 8);
	if (text[0] == '/') {
		problem = official_problem(text);
		if (!problem) {
			check_official(c, n);
			return posture_rules_put_path(c->out, text);
		}
		(void)conf_error(c->conf, n, P_GLOB, c->diags, "`%.80s`: %s", text, problem);
		return 0;
	}
	e = conf_error(c->conf, n, P_WORD, c->diags, "`%.80s` is no value of `official`", text);
	diag_hint(e, "known: deb, rpm, snap, flatpak, flatpak:REMOTE, or an absolute path");
	return 0;
}

static int read_official(struct posture_context *c, const struct conf_node *list)
{
	const struct conf_node *const *items;
	size_t n;
	int r = 0;

	if (!list) {
		for (unsigned o = POSTURE_ORIGIN_DEB; r == 0 && o < POSTURE_ORIGIN_MAX; o++)
			r = posture_rules_put_origin(c->out, (enum posture_origin)o, "");
		return r;
	}
	items = keyword_items(&list, &n);
	for (size_t i = 0; r == 0 && i < n && i < POLICYFILE_LIST_MAX; i++)
		r = read_origin(c, items[i]);
	return r;
}

/* Does an earlier entry name the application of the entry `at`? */
static bool before(const struct conf_node *list, size_t at)
{
	const struct conf_node *app = conf_get(list->items[at], "app");

	for (size_t i = 0; i < at; i++) {
		const struct conf_node *other = conf_get(list->items[i], "app");

		if (other && other->type == CONF_SCALAR && strcmp(other->text, app->text) == 0)
			return true;
	}
	return false;
}

static int read_minimums(struct posture_context *c, const struct conf_node *list)
{
	int r = 0;

	if (!list || list->type != CONF_SEQUENCE)
		return 0;
	if (list->n > POLICYFILE_LIST_MAX) {
		(void)conf_error(c->conf, list, P_LIMIT, c->diags, "more than %u versions",
			POLICYFILE_LIST_MAX);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		const struct conf_node *app = conf_get(list->items[i], "app");
		const char *version = checked_version(c, conf_get(list->items[i], "version"));

		if (!app || app->type != CONF_SCALAR || !version)
			continue;
		if (apptable_find(c->apps, app->text) == APP_NONE)
			(void)conf_error(c->conf, app, P_APP, c->diags,
				"no application `%.80s` is defined", app->text);
		else if (before(list, i))
			(void)conf_error(c->conf, app, P_VALUE, c->diags,
				"the lowest version of `%.80s` is said twice", app->text);
		else
			r = posture_rules_put_minimum(c->out, app->text, version);
	}
	return r;
}

int posture_compile(
	const struct conf *policy, const struct apptable *apps, struct diags *d, struct buf *ret)
{
	struct posture_context c = {.conf = policy, .apps = apps, .diags = d, .out = ret};
	const struct conf_node *posture = conf_get(conf_root(policy), "posture");
	int r;

	ret->max = POSTURE_RULES_MAX;
	r = read_official(&c, conf_get(posture, "official"));
	if (r == 0)
		r = read_minimums(&c, conf_get(posture, "minimum"));
	if (r == 0)
		r = read_advisories(&c, posture);
	if (r == -E2BIG) {
		(void)conf_error(policy, conf_root(policy), P_LIMIT, d,
			"advisories and versions of more than %u bytes", POSTURE_RULES_MAX);
		r = 0;
	}
	return r;
}
