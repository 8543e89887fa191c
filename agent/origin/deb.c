/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: dpkg(1), deb-control(5); info/PACKAGE[:ARCH].list has a path a line. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "origin/databases.h"

#define STATUS_MAX (256U << 20)
#define LIST_MAX   (64U << 20)

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct program *const *)a)->path, (*(struct program *const *)b)->path);
}

static int path_against(const void *key, const void *b)
{
	return strcmp(key, (*(struct program *const *)b)->path);
}

/* Also where the list has the old name of a folder that was merged into /usr. */
static void own(struct program **sorted, size_t n, const char *path, const char *package)
{
	struct program **found = bsearch(path, (void *)sorted, n, sizeof(*sorted), path_against);
	char merged[4200];

	if (!found &&
		(strncmp(path, "/bin/", 5) == 0 || strncmp(path, "/sbin/", 6) == 0 ||
			strncmp(path, "/lib", 4) == 0)) {
		snprintf(merged, sizeof(merged), "/usr%.4100s", path);
		found = bsearch(merged, (void *)sorted, n, sizeof(*sorted), path_against);
	}
	if (!found)
		return;
	/* The same program may be listed for several applications. */
	while (found > sorted && strcmp(found[-1]->path, (*found)->path) == 0)
		found--;
	for (const char *same = (*found)->path;
		found < sorted + n && strcmp((*found)->path, same) == 0; found++) {
		(*found)->owner.origin = POSTURE_ORIGIN_DEB;
		snprintf((*found)->owner.package, PACKAGE_NAME_MAX, "%s", package);
	}
}

static int read_list(const char *dir, const char *name, struct program **sorted, size_t n)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(LIST_MAX + 1);
	char path[4200], package[PACKAGE_NAME_MAX];
	size_t len = strcspn(name, ":");
	int r;

	len = MIN(len, strlen(name) - strlen(".list"));
	snprintf(package, sizeof(package), "%.*s", (int)MIN(len, sizeof(package) - 1), name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	r = fd_read_path(path, LIST_MAX, &text);
	if (r == 0)
		r = buf_terminate(&text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (char *line = (char *)text.p; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = 0;
		own(sorted, n, line, package);
		line = end ? end + 1 : NULL;
	}
	return 0;
}

static int read_lists(const char *root, struct program **sorted, size_t n)
{
	char dir[4000];
	const struct dirent *e;
	DIR *d;
	int r = 0;

	snprintf(dir, sizeof(dir), "%.3900s/var/lib/dpkg/info", root);
	d = opendir(dir);
	if (!d)
		return 0;
	while (r == 0 && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && strcmp(e->d_name + len - 5, ".list") == 0)
			r = read_list(dir, e->d_name, sorted, n);
	}
	closedir(d);
	return r;
}

static const char *field(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncmp(line, name, n) == 0 ? line + n : NULL;
}

static void set_version(struct program *v, size_t n, const char *package, const char *version)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].owner.origin == POSTURE_ORIGIN_DEB &&
			strcmp(v[i].owner.package, package) == 0)
			snprintf(v[i].owner.version, PACKAGE_VERSION_MAX, "%s", version);
}

/* Paragraphs end with an empty line. */
static int read_status(const char *root, struct program *v, size_t n)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(STATUS_MAX + 1);
	char path[4000], package[PACKAGE_NAME_MAX] = "", version[PACKAGE_VERSION_MAX] = "";
	bool installed = false;
	int r;

	snprintf(path, sizeof(path), "%.3900s/var/lib/dpkg/status", root);
	r = fd_read_path(path, STATUS_MAX, &text);
	if (r == 0)
		r = buf_put_str(&text, "\n\n");
	if (r == 0)
		r = buf_terminate(&text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (char *line = (char *)text.p; *line;) {
		char *end = strchr(line, '\n');
		const char *value;

		*end = 0;
		if ((value = field(line, "Package: ")))
			snprintf(package, sizeof(package), "%s", value);
		else if ((value = field(line, "Version: ")))
			snprintf(version, sizeof(version), "%s", value);
		else if ((value = field(line, "Status: ")))
			installed = strstr(value, " installed") != NULL;
		else if (!*line && package[0]) {
			if (installed)
				set_version(v, n, package, version);
			package[0] = version[0] = 0;
			installed = false;
		}
		line = end + 1;
	}
	return 0;
}

int deb_find(const char *root, struct program *v, size_t n)
{
	struct program **sorted = calloc(n + 1, sizeof(*sorted));
	int r;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &v[i];
	qsort((void *)sorted, n, sizeof(*sorted), by_path);
	r = read_lists(root, sorted, n);
	if (r == 0)
		r = read_status(root, v, n);
	free((void *)sorted);
	return r;
}
