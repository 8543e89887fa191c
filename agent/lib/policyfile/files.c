/* SPDX-License-Identifier: Apache-2.0 */
/* A policy with all that it includes, as a bundle, and a bundle compiled. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "policyfile/compile.h"

#define ROOT POLICYFILE_ROOT

/* The keys that name files and folders, and what is meant where they are not there. */
static const struct {
	const char *section, *key; /* `section` NULL: at the top */
	const char *shipped;
	bool may_be_missing; /* where it is not installed */
} keys[] = {
	{NULL, "apps", APPS_SHIPPED, false},
	{NULL, "exceptions", NULL, false},
	{"posture", "advisories", ADVISORIES_SHIPPED, true},
};

struct collect {
	struct diags *diags;
	struct conf *conf;
	const char *path;
	struct bundle *bundle;
};

static int fail(struct collect *c, const struct conf_node *at, const char *path, const char *why)
{
	(void)conf_error(c->conf, at, P_INCLUDE, c->diags, "%.200s: %s", path, why);
	return -EBADMSG;
}

/* Where anybody may write a file, anybody decides what the policy says. */
static void check_writers(struct collect *c, const struct conf_node *at, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH))
		diag_hint(diags_warning(c->diags, P_OPEN_TO_ALL, conf_file(c->conf), at->line,
				  at->col, "every user may write %.200s", path),
			"chmod o-w");
}

static int add_file(
	struct collect *c, const struct conf_node *at, const char *name, const char *path)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(CONF_SIZE_MAX + 1);
	int r = fd_read_path(path, CONF_SIZE_MAX, &b);

	check_writers(c, at, path);
	if (r == -E2BIG)
		return fail(c, at, path, "too large");
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return fail(c, at, path, strerror(-r));
	r = bundle_add(c->bundle, BUNDLE_KIND_POLICY, name, buf_view(&b));
	if (r == -EEXIST)
		return 0; /* named twice; compiling says so */
	if (r == -E2BIG)
		return fail(c, at, path, "too many files, or too large in all");
	if (r == -EINVAL)
		return fail(c, at, path, "not usable as a file's name");
	return r;
}

static int is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static int add_folder(
	struct collect *c, const struct conf_node *at, const char *name, const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_yaml, NULL), r = 0;

	if (n < 0)
		return fail(c, at, path, strerror(errno));
	for (int i = 0; i < n; i++) {
		cleanup_with(freep) char *file_name = NULL, *file = NULL;

		if (r == 0 &&
			(asprintf(&file_name, "%s/%s", name, entries[i]->d_name) < 0 ||
				asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0))
			r = -ENOMEM;
		if (r == 0)
			r = add_file(c, at, file_name, file);
		free(entries[i]);
	}
	free((void *)entries);
	return r;
}

/* Where a relative one would lead out of the policy's folder, the bundle could not hold it. */
static bool leads_up(const char *text)
{
	for (const char *p = strstr(text, ".."); p; p = strstr(p + 1, ".."))
		if ((p == text || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

/* A shipped policy that was copied goes on naming the shipped folders. */
static int shipped_instead(const char *text, char **path)
{
	char *shipped;

	if (*text == '/' || leads_up(text) || access(*path, F_OK) == 0)
		return 0;
	if (asprintf(&shipped, SEALGATE_DATADIR "/policy/%s", text) < 0)
		return -ENOMEM;
	if (access(shipped, F_OK) < 0) {
		free(shipped);
		return 0;
	}
	free(*path);
	*path = shipped;
	return 0;
}

int include_resolve(const char *policy, const char *text, char **ret)
{
	const char *root = strstr(policy, "/" ROOT "/"), *slash = strrchr(policy, '/');
	int n;

	if (root && leads_up(text))
		return -EINVAL;
	if (*text == '/' && root)
		n = asprintf(
			ret, "%.*s/" ROOT "/" BUNDLE_ROOT "%s", (int)(root - policy), policy, text);
	else if (*text == '/' || !slash)
		n = asprintf(ret, "%s", text);
	else
		n = asprintf(ret, "%.*s/%s", (int)(slash - policy), policy, text);
	if (n < 0)
		return -ENOMEM;
	return root ? 0 : shipped_instead(text, ret);
}

/* Without doubled and trailing slashes and "." components, as the bundle wants it. */
static char *tidy(const char *text)
{
	char *out = malloc(strlen(text) + 1), *to = out;

	if (out && *text == '/')
		*to++ = '/';
	while (out && *text) {
		size_t n;

		text += strspn(text, "/");
		n = strcspn(text, "/");
		if (n > 0 && !(n == 1 && *text == '.')) {
			if (to > out && to[-1] != '/')
				*to++ = '/';
			memcpy(to, text, n);
			to += n;
		}
		text += n;
	}
	if (out)
		*to = 0;
	return out;
}

static int add_include(struct collect *c, const struct conf_node *at, const char *text)
{
	cleanup_with(freep) char *name = tidy(text), *path = NULL;
	struct stat st;
	int r;

	if (!name)
		return -ENOMEM;
	if (leads_up(text))
		return fail(c, at, text, "`..` is not possible here; give an absolute path");
	r = include_resolve(c->path, name, &path);
	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return fail(c, at, path, strerror(errno));
	return S_ISDIR(st.st_mode) ? add_folder(c, at, name, path) : add_file(c, at, name, path);
}

static int add_includes(struct collect *c, size_t key)
{
	const struct conf_node *root = conf_root(c->conf), *n;
	const struct conf_node *const *items;
	size_t count;
	int r = 0;

	n = conf_get(keys[key].section ? conf_get(root, keys[key].section) : root, keys[key].key);
	if (!n && keys[key].shipped &&
		!(keys[key].may_be_missing && access(keys[key].shipped, F_OK) < 0))
		return add_include(c, root, keys[key].shipped);
	if (!n)
		return 0;
	items = keyword_items(&n, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (items[i]->type == CONF_SCALAR && items[i]->text[0])
			r = add_include(c, items[i], items[i]->text);
	return r;
}

int policyfile_bundle(const char *path, struct diags *d, struct bundle *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(CONF_SIZE_MAX + 1);
	cleanup_with(bundle_done) struct bundle out = {0};
	cleanup_with(conf_freep) struct conf *conf = NULL;
	struct collect c = {.diags = d, .path = path, .bundle = &out};
	int r = fd_read_path(path, CONF_SIZE_MAX, &b);

	if (r == 0)
		r = conf_parse(path, buf_view(&b), d, &conf);
	if (r < 0)
		return r;
	c.conf = conf;
	check_writers(&c, conf_root(conf), path);
	r = bundle_add(&out, BUNDLE_KIND_POLICY, BUNDLE_POLICY, buf_view(&b));
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++)
		r = add_includes(&c, i);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct bundle){0};
	return 0;
}

/* Diagnostics name the bundle's files, not where they happened to lie. */
static void name_files(struct diags *d, size_t from, const char *root)
{
	size_t n = strlen(root), absolute = strlen(BUNDLE_ROOT);

	for (size_t i = from; i < d->n; i++) {
		char *file = d->v[i].file;

		if (strncmp(file, root, n) != 0 || file[n] != '/')
			continue;
		memmove(file, file + n + 1, strlen(file + n + 1) + 1);
		if (strncmp(file, BUNDLE_ROOT "/", absolute + 1) == 0)
			memmove(file, file + absolute, strlen(file + absolute) + 1);
	}
}

int policyfile_compile_bundle_all(const struct bundle *b, const char *work, uint32_t version,
	struct diags *d, struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps,
	struct buf *ret_posture)
{
	cleanup_with(freep) char *root = NULL, *path = NULL;
	size_t before = d->n;
	int r;

	if (!bundle_find(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY)) {
		(void)diags_error(d, P_INCLUDE, BUNDLE_POLICY, 0, 0, "the bundle has no policy");
		return -EBADMSG;
	}
	if (asprintf(&root, "%s/" ROOT, work) < 0 || asprintf(&path, "%s/" BUNDLE_POLICY, root) < 0)
		return -ENOMEM;
	r = bundle_remove(root); /* what a crash left behind */
	if (r == 0 && mkdir(root, 0700) < 0)
		r = -errno;
	if (r == 0)
		r = bundle_extract(b, BUNDLE_KIND_POLICY, root);
	if (r == 0)
		r = policyfile_compile_all(
			path, version, d, ret, ret_policy, ret_apps, ret_posture);
	unchecked(bundle_remove(root)); /* the next one begins with it */
	name_files(d, before, root);
	return r;
}

int policyfile_compile_bundle(const struct bundle *b, const char *work, uint32_t version,
	struct diags *d, struct policyfile_info *ret, struct buf *ret_policy, struct buf *ret_apps)
{
	cleanup_with(buf_done) struct buf posture = {0};

	return policyfile_compile_bundle_all(
		b, work, version, d, ret, ret_policy, ret_apps, &posture);
}
