/* SPDX-License-Identifier: Apache-2.0 */
#include "core/package.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#define NAME_SIZE 96U

struct known {
	char exe[512], package[NAME_SIZE];
};

struct packages {
	struct known v[PACKAGES_KNOWN_MAX];
	unsigned next;
	char dir[];
};

int packages_new(const char *dir, struct packages **ret)
{
	size_t n = strlen(dir) + 1;
	struct packages *p = calloc(1, sizeof(*p) + n);

	if (!p)
		return -ENOMEM;
	memcpy(p->dir, dir, n);
	*ret = p;
	return 0;
}

struct packages *packages_free(struct packages *p)
{
	free(p);
	return NULL;
}

static bool has_line(struct view text, const char *line)
{
	size_t n = strlen(line);
	const uint8_t *at = text.p;

	while ((at = memmem(at, (size_t)(view_end(text) - at), line, n))) {
		if ((at == text.p || at[-1] == '\n') && at + n < view_end(text) && at[n] == '\n')
			return true;
		at++;
	}
	return false;
}

/* Packages for several architectures have theirs in the list's name. */
static bool list_has(const struct packages *p, const char *package, const char *exe)
{
	static const char *const forms[] = {"%s/%s.list", "%s/%s:amd64.list", "%s/%s:arm64.list"};
	char path[512];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(PACKAGES_LIST_MAX + 1);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), forms[i], p->dir, package);
#pragma GCC diagnostic pop
		if (fd_read_path(path, PACKAGES_LIST_MAX, &b) == 0)
			return has_line(buf_view(&b), exe);
	}
	return false;
}

/* A package is mostly called like its program, or like a directory above it. */
static void look(const struct packages *p, const char *exe, char ret[NAME_SIZE])
{
	const char *end = exe + strlen(exe);

	while (end > exe) {
		const char *begin = end;
		char name[NAME_SIZE];

		while (begin > exe && begin[-1] != '/')
			begin--;
		if (end - begin > 1 && (size_t)(end - begin) < sizeof(name) && begin[0] != '.') {
			memcpy(name, begin, (size_t)(end - begin));
			name[end - begin] = 0;
			if (list_has(p, name, exe)) {
				memcpy(ret, name, sizeof(name));
				return;
			}
		}
		end = begin > exe ? begin - 1 : exe;
	}
}

const char *package_of(struct packages *p, const char *exe)
{
	struct known *k;

	if (!p || exe[0] != '/' || strlen(exe) >= sizeof(k->exe))
		return "";
	for (unsigned i = 0; i < PACKAGES_KNOWN_MAX; i++)
		if (strcmp(p->v[i].exe, exe) == 0)
			return p->v[i].package;
	k = &p->v[p->next++ % PACKAGES_KNOWN_MAX];
	*k = (struct known){0};
	memcpy(k->exe, exe, strlen(exe) + 1);
	look(p, exe, k->package);
	return k->package;
}
