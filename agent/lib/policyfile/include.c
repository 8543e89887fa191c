/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders that a policy names: each .yaml file of them, in an order that means the same
   everywhere. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "policyfile/compile.h"

static int is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

/* What somebody put there to be read, and is not. Of a file system that does not say what is a
   folder, none is told. */
static int is_left_out(const struct dirent *e)
{
	static const char *const ends[] = {".yml", ".yaml", NULL};
	size_t n = strlen(e->d_name);

	if (e->d_type == DT_DIR && e->d_name[0] != '.')
		return !is_yaml(e); /* as a file, it is an error */
	for (const char *const *end = ends; *end && e->d_name[0] != '.'; end++) {
		size_t m = strlen(*end);

		if (n > m && strcasecmp(e->d_name + n - m, *end) == 0)
			return !is_yaml(e);
	}
	return 0;
}

static void free_entries(struct dirent **entries, int n)
{
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free((void *)entries);
}

/* By byte order: the locale must not change what a policy means. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Where an include is named: at `n`, or the policy as a whole for the default. */
static void fail(
	const struct includes *inc, const struct conf_node *n, const char *path, const char *why)
{
	(void)conf_error(
		inc->policy, n, P_INCLUDE, inc->diags, "%s in %s: %s", inc->what, path, why);
}

static void tell_left_out(const struct includes *inc, const struct conf_node *n, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_left_out, compare_entries);

	for (int i = 0; i < count; i++)
		diag_hint(diags_warning(inc->diags, P_NOT_READ, conf_file(inc->policy), n->line,
				  n->col, "%s in %s: %s is not read", inc->what, path,
				  entries[i]->d_name),
			"%s",
			entries[i]->d_type == DT_DIR
				? "folders in it are not looked into: name this one too"
				: "names of files end with .yaml, in small letters");
	free_entries(entries, count);
}

static int take(struct includes *inc, const struct conf_node *n, const char *path)
{
	if (inc->n_files++ >= inc->max_files) {
		if (inc->n_files == inc->max_files + 1)
			fail(inc, n, path, "too many files");
		return 0;
	}
	return inc->file(inc->userdata, path);
}

static int read_folder(struct includes *inc, const struct conf_node *n, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_yaml, compare_entries), r = 0;

	if (count < 0) {
		fail(inc, n, path, strerror(errno));
		return 0;
	}
	tell_left_out(inc, n, path);
	if (count == 0 && !inc->may_be_empty)
		fail(inc, n, path, "the folder has no .yaml file");
	for (int i = 0; r == 0 && i < count; i++) {
		cleanup_with(freep) char *file = NULL;

		r = asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0 ? -ENOMEM
									   : take(inc, n, file);
	}
	free_entries(entries, count);
	return r;
}

static int read_path(struct includes *inc, const struct conf_node *n, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		/* A bundle has no empty folders. */
		if (!inc->may_be_empty || errno != ENOENT ||
			!strstr(conf_file(inc->policy), "/" POLICYFILE_ROOT "/"))
			fail(inc, n, path, strerror(errno));
		return 0;
	}
	return S_ISDIR(st.st_mode) ? read_folder(inc, n, path) : take(inc, n, path);
}

int include_one(struct includes *inc, const struct conf_node *n, const char *text)
{
	cleanup_with(freep) char *path = NULL;
	int r = include_resolve(conf_file(inc->policy), text, &path);

	if (r == -EINVAL) {
		fail(inc, n, text, "leads out of the bundle");
		return 0;
	}
	return r < 0 ? r : read_path(inc, n, path);
}

int include_each(struct includes *inc, const struct conf_node *list)
{
	const struct conf_node *const *items;
	size_t n;
	int r = 0;

	items = keyword_items(&list, &n);
	for (size_t i = 0; r == 0 && i < n && i <= inc->max_files; i++)
		if (items[i]->type == CONF_SCALAR && items[i]->text[0])
			r = include_one(inc, items[i], items[i]->text);
	return r;
}

int include_load(const char *path, const struct keyword *table, struct diags *d, struct conf **ret)
{
	cleanup_with(conf_freep) struct conf *c = NULL;
	size_t errors = d->errors;
	int r = conf_load(path, d, &c);

	*ret = NULL;
	if (r < 0 && r != -EBADMSG && r != -ENOMEM)
		(void)diags_error(d, P_INCLUDE, path, 0, 0, "cannot be read: %s", strerror(-r));
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = keywords_check(c, conf_root(c), table, d);
	if (r == 0 && d->errors == errors)
		*ret = steal(&c);
	return r;
}
