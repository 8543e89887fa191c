/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of installed Debian packages, from the lists that dpkg keeps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/glob.h"
#include "policyfile/compile.h"

#define PACKAGE_LIST_MAX (16U << 20) /* bytes of one package's list of files */

static bool is_program(const char *path)
{
	static const char *const dirs[] = {"/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/",
		"/usr/games/", "/usr/local/bin/", "/usr/libexec/"};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0 && path[strlen(dirs[i])])
			return glob_is_literal(path);
	return false;
}

/* Every program of the package's list becomes a pattern, unless an application names it itself. */
static int add_programs(
	struct apptable_builder *b, const struct apptable *t, uint32_t app, struct buf *list)
{
	char *line = (char *)list->p;
	int r = 0;

	while (r == 0 && line && *line) {
		char *end = strchr(line, '\n');

		if (end)
			*end = 0;
		if (is_program(line) && apptable_match_exe(t, line) == APP_NONE)
			r = apptable_builder_pattern(b, app, APP_PATTERN_EXE, line);
		line = end ? end + 1 : NULL;
	}
	return r;
}

static int expand_package(struct apptable_builder *b, const struct apptable *t, const char *dir,
	uint32_t app, const char *package)
{
	static const char *const suffixes[] = {".list", ":amd64.list", ":arm64.list", ":i386.list"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		cleanup_with(buf_done) struct buf list = BUF_INIT(PACKAGE_LIST_MAX + 1);
		char path[512];
		int n = snprintf(path, sizeof(path), "%s/%s%s", dir, package, suffixes[i]);
		int r;

		if (n < 0 || (size_t)n >= sizeof(path))
			return 0; /* no package has such a name */
		r = fd_read_path(path, PACKAGE_LIST_MAX, &list);
		if (r == 0)
			r = buf_terminate(&list);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			return add_programs(b, t, app, &list);
	}
	return 0; /* not installed here */
}

int packages_expand(struct apptable_builder *b, const struct apptable *t, const char *dir)
{
	const char *package;
	uint32_t app;
	int r = 0;

	for (uint32_t i = 0; r == 0 && apptable_pattern(t, APP_PATTERN_PACKAGE, i, &app, &package);
		i++)
		r = expand_package(b, t, dir, app, package);
	return r;
}
