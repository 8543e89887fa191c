/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: flatpak-deploy(5) and snap(8) for where they lie. */
#include "supervisor/sandboxed.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "wire/starts.h"

static int add(struct sandboxed *s, uint32_t app, const char *path, uint64_t dev, uint64_t ino)
{
	struct sandboxed_program *p;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].dev == dev && s->v[i].ino == ino)
			return 0;
	if (s->n == STARTS_MAX)
		return -E2BIG;
	p = realloc(s->v, (s->n + 1) * sizeof(*p));
	if (!p)
		return -ENOMEM;
	s->v = p;
	p[s->n] = (struct sandboxed_program){strdup(path), dev, ino, app};
	if (!p[s->n].path)
		return -ENOMEM;
	s->n++;
	return 0;
}

/* No link: inside the sandbox it leads elsewhere than here. */
static bool is_program(const char *path, struct stat *ret)
{
	return lstat(path, ret) == 0 && S_ISREG(ret->st_mode) && ret->st_mode & 0111 &&
		ret->st_uid == 0 && !(ret->st_mode & 022);
}

static int add_found(struct sandboxed *s, uint32_t app, const char *pattern)
{
	struct stat st;
	glob_t found;
	int r = 0;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
		if (is_program(found.gl_pathv[i], &st))
			r = add(s, app, found.gl_pathv[i], st.st_dev, st.st_ino);
	globfree(&found);
	return r;
}

/* A name that is no more than that. */
static bool is_plain(const char *name)
{
	return *name && name[0] != '.' && !strpbrk(name, "/*?[\\");
}

static int add_flatpak(struct sandboxed *s, uint32_t app, const char *id)
{
	char pattern[1200];

	snprintf(pattern, sizeof(pattern), "/var/lib/flatpak/app/%s/*/*/active/files/bin/*", id);
	return add_found(s, app, pattern);
}

/* A snap is a file system of its own, which holds nothing else. */
static int add_snap(struct sandboxed *s, uint32_t app, const char *name)
{
	static const char *const tops[] = {"/snap", "/var/lib/snapd/snap"};
	static const char *const places[] = {"bin", "usr/bin", "."};
	char path[1200];
	int r = 0;

	for (size_t t = 0; r == 0 && t < ARRAY_SIZE(tops); t++) {
		struct stat above, st;

		snprintf(path, sizeof(path), "%s/%s", tops[t], name);
		if (lstat(path, &above) < 0 || !S_ISDIR(above.st_mode) || above.st_uid != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s/current/.", tops[t], name);
		if (stat(path, &st) < 0 || st.st_uid != 0)
			continue;
		if (st.st_dev != above.st_dev) {
			r = add(s, app, path, st.st_dev, 0);
			continue;
		}
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
			snprintf(
				path, sizeof(path), "%s/%s/current/%s/*", tops[t], name, places[i]);
			r = add_found(s, app, path);
		}
	}
	return r;
}

int sandboxed_find(const struct apptable *apps, struct sandboxed *ret)
{
	static const struct {
		enum app_pattern kind;
		int (*add)(struct sandboxed *s, uint32_t app, const char *name);
	} kinds[] = {{APP_PATTERN_FLATPAK, add_flatpak}, {APP_PATTERN_SNAP, add_snap}};
	struct sandboxed s = {0};
	const char *name;
	uint32_t app;
	int r = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (uint32_t i = 0;
			r == 0 && apptable_pattern(apps, kinds[k].kind, i, &app, &name); i++)
			if (is_plain(name))
				r = kinds[k].add(&s, app, name);
	if (r == -ENOMEM) {
		sandboxed_done(&s);
		return r;
	}
	*ret = s; /* over the bound: those that fit; the others are noticed as before */
	return 0;
}

void sandboxed_done(struct sandboxed *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	*s = (struct sandboxed){0};
}

/* By the file that it was found to be, whatever the path leads to now. */
static void mark(const struct sandboxed_program *p, int group, unsigned how)
{
	cleanup_with(fd_closep) int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != p->dev || (p->ino && st.st_ino != p->ino))
		return;
	if (p->ino == 0)
		how |= FAN_MARK_FILESYSTEM;
	(void)fanotify_mark(group, how, FAN_OPEN_EXEC_PERM, fd, NULL);
}

static bool has(const struct sandboxed *s, const struct sandboxed_program *p)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].dev == p->dev && s->v[i].ino == p->ino)
			return true;
	return false;
}

void sandboxed_mark(const struct sandboxed *s, const struct sandboxed *old, int group)
{
	for (size_t i = 0; i < s->n; i++)
		mark(&s->v[i], group, FAN_MARK_ADD);
	for (size_t i = 0; i < old->n; i++)
		if (!has(s, &old->v[i]))
			mark(&old->v[i], group, FAN_MARK_REMOVE);
}

void sandboxed_mark_file_systems(const struct sandboxed *s, int group)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].ino == 0)
			mark(&s->v[i], group, FAN_MARK_ADD);
}

static int by_number(const void *a, const void *b)
{
	const struct start_entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

int sandboxed_table(const struct sandboxed *s)
{
	cleanup_with(freep) struct start_entry *v = calloc(s->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		v[i] = (struct start_entry){
			.dev = s->v[i].dev, .ino = s->v[i].ino, .app = s->v[i].app};
	if (s->n > 0)
		qsort(v, s->n, sizeof(*v), by_number);
	return fd_memfd_sealed("starts", view_of(v, s->n * sizeof(*v)));
}
