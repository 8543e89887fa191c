/* SPDX-License-Identifier: Apache-2.0 */
/* The included application files. */
#include <errno.h>
#include <string.h>

#include "base/glob.h"
#include "policyfile/compile.h"

struct app_file {
	struct apps_context *ctx;
	const struct conf *conf;
};

static bool is_id(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && !strchr("-_.", *s))
			return false;
	return true;
}

/* Builder's refusals as diagnostics; -ENOMEM stays. */
static int explain(struct app_file *f, const struct conf_node *n, int r)
{
	if (r == -E2BIG)
		(void)conf_error(f->conf, n, P_LIMIT, f->ctx->diags,
			"too long, or more than %u applications or %u patterns in all",
			APPTABLE_APPS_MAX, APPTABLE_PATTERNS_MAX);
	else if (r == -EEXIST)
		(void)conf_error(f->conf, n, P_APP_TWICE, f->ctx->diags,
			"application `%.60s` is defined twice", n->text);
	else if (r < 0 && r != -ENOMEM)
		(void)conf_error(f->conf, n, P_PATTERN, f->ctx->diags, "not usable");
	return r == -ENOMEM ? r : 0;
}

static const char *exe_problem(const char *path)
{
	const char *problem = glob_error(path);

	if (problem)
		return problem;
	if (path[0] != '/')
		return "the path of a program must be absolute";
	if (strstr(path, "**"))
		return "** is not allowed for programs";
	if (path[strlen(path) - 1] == '/')
		return "this is a folder";
	if (strstr(path, "//") || strstr(path, "/./") || strstr(path, "/../"))
		return "no program's path has empty, `.` or `..` parts";
	if (strstr(path, " /") || strstr(path, " --"))
		return "the program alone, without its arguments";
	return NULL;
}

/* What runs programs of others: with a version or not. */
static bool is_interpreter(const char *path)
{
	static const char *const names[] = {"sh", "bash", "dash", "zsh", "ksh", "fish", "env",
		"python", "perl", "ruby", "node", "nodejs", "java", "php", "lua", "luajit", "tclsh",
		"wish", "gjs", "mono", "wine", "wine64", "wineloader", "electron", "flatpak",
		"snap", "bwrap"};
	const char *base = strrchr(path, '/') + 1;
	size_t n = strcspn(base, "0123456789*?[");

	if (strncmp(base, "ld-linux", 8) == 0 || strncmp(base, "ld.so", 5) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(base, names[i]) == 0 ||
			(strncmp(base, names[i], n) == 0 && names[i][n] == 0 && n > 0 &&
				base[n + strspn(base + n, "0123456789.*?[-]")] == 0))
			return true;
	return false;
}

/* Debian's rule for names; no architecture, no version. */
static bool is_package(const char *s)
{
	return s[0] && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == 0;
}

static const char *pattern_problem(enum app_pattern kind, const char *text)
{
	if (kind == APP_PATTERN_EXE)
		return exe_problem(text);
	if (kind == APP_PATTERN_PACKAGE)
		return is_package(text) ? NULL : "this is no name of a package";
	return strpbrk(text, "/*?[] ") ? "this is no name" : NULL;
}

static int add_patterns(struct app_file *f, const struct conf_node *n, uint32_t app,
	enum app_pattern kind, uint32_t *n_patterns)
{
	const struct conf_node *const *items;
	size_t count;
	int r = 0;

	if (!n)
		return 0;
	items = keyword_items(&n, &count);
	for (size_t i = 0; r == 0 && i < count && i < POLICYFILE_LIST_MAX; i++) {
		const char *problem;

		++*n_patterns;
		if (items[i]->type != CONF_SCALAR || !items[i]->text[0])
			continue;
		problem = pattern_problem(kind, items[i]->text);
		if (problem) {
			(void)conf_error(f->conf, items[i], P_PATTERN, f->ctx->diags, "`%.80s`: %s",
				items[i]->text, problem);
			continue;
		}
		if (kind == APP_PATTERN_EXE && is_interpreter(items[i]->text))
			diag_hint(diags_warning(f->ctx->diags, P_INTERPRETER, conf_file(f->conf),
					  items[i]->line, items[i]->col,
					  "`%.80s` runs other programs: each of them counts as "
					  "this application",
					  items[i]->text),
				"name the script or program itself, however it is started");
		r = apptable_builder_pattern(f->ctx->builder, app, kind, items[i]->text);
		r = explain(f, items[i], r);
	}
	return r;
}

static int read_app(struct app_file *f, const struct conf_node *n)
{
	static const char *const keys[APP_PATTERN_MAX] = {
		[APP_PATTERN_EXE] = "exe",
		[APP_PATTERN_FLATPAK] = "flatpak",
		[APP_PATTERN_SNAP] = "snap",
		[APP_PATTERN_PACKAGE] = "package",
	};
	const struct conf_node *id = conf_get(n, "id"), *name = conf_get(n, "name");
	const struct conf_node *category = conf_get(n, "category");
	enum category c = CATEGORY_OTHER;
	uint32_t app, n_patterns = 0;
	int r;

	if (!is_id(id->text)) {
		(void)conf_error(f->conf, id, P_VALUE, f->ctx->diags,
			"`%.60s` is no id: small letters, digits, - _ and .", id->text);
		return 0;
	}
	(void)category_parse(category->text, &c);
	r = apptable_builder_app(f->ctx->builder, id->text, name->text, c, &app);
	if (r < 0)
		return explain(f, id, r);
	for (unsigned k = 0; r == 0 && k < APP_PATTERN_MAX; k++)
		r = add_patterns(f, conf_get(n, keys[k]), app, (enum app_pattern)k, &n_patterns);
	if (r == 0 && n_patterns == 0)
		diag_hint(conf_error(f->conf, id, P_APP_BLIND, f->ctx->diags,
				  "nothing says how to recognise application `%.60s`", id->text),
			"give exe, flatpak, snap or package");
	return r;
}

static int read_file(void *userdata, const char *path)
{
	struct apps_context *ctx = userdata;
	cleanup_with(conf_freep) struct conf *c = NULL;
	struct app_file f = {.ctx = ctx};
	const struct conf_node *apps;
	int r = include_load(path, keywords_apps, ctx->diags, &c);

	if (r < 0 || !c)
		return r;
	f.conf = c;
	apps = conf_get(conf_root(c), "apps");
	for (size_t i = 0; r == 0 && i < apps->n; i++)
		r = read_app(&f, apps->items[i]);
	return r;
}

int apps_load(struct apps_context *ctx, const struct conf *policy, const struct conf_node *includes)
{
	struct includes inc = {.policy = policy,
		.diags = ctx->diags,
		.what = "applications",
		.max_files = POLICYFILE_APP_FILES_MAX,
		.file = read_file,
		.userdata = ctx};

	if (conf_root(policy)->type != CONF_MAPPING || conf_root(policy)->n == 0)
		return 0; /* there is no policy to complete */
	return includes ? include_each(&inc, includes)
			: include_one(&inc, conf_root(policy), APPS_SHIPPED);
}
