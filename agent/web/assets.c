/* SPDX-License-Identifier: Apache-2.0 */
#include "web/assets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hash.h"

struct assets {
	struct asset *v;
	size_t n, bytes;
	const struct asset *index;
};

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".json", "application/json"},
	{".map", "application/json"},
	{".woff2", "font/woff2"},
	{".txt", "text/plain; charset=utf-8"},
};

struct assets *assets_free(struct assets *a)
{
	if (!a)
		return NULL;
	for (size_t i = 0; i < a->n; i++)
		buf_done(&a->v[i].content);
	free(a->v);
	free(a);
	return NULL;
}

static const char *type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (view_ends(view_str(name), view_str(types[i].suffix)))
			return types[i].type;
	return NULL;
}

/* A file of a kind that pages are made of; others are not served. */
static int add(struct assets *a, int dir, const char *prefix, const char *name)
{
	static const struct hash_key fixed = {UINT64_C(0x736561676174652d), UINT64_C(0x6574616773)};
	cleanup_with(fd_closep) int fd = openat(
		dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct asset *one = &a->v[a->n];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !type_of(name))
		return 0;
	if (a->n >= ASSETS_MAX || a->bytes + (size_t)st.st_size > ASSETS_BYTES_MAX)
		return -E2BIG;
	*one = (struct asset){.type = type_of(name), .immutable = *prefix != 0};
	if (snprintf(one->path, sizeof(one->path), "/%s%s", prefix, name) >= (int)sizeof(one->path))
		return -ENAMETOOLONG;
	r = fd_read_all(fd, ASSETS_BYTES_MAX, &one->content);
	if (r < 0) {
		buf_done(&one->content);
		return r;
	}
	snprintf(one->etag, sizeof(one->etag), "\"%016llx\"",
		(unsigned long long)hash_bytes(fixed, buf_view(&one->content)));
	a->bytes += one->content.n;
	a->n++;
	return 0;
}

static int load_folder(struct assets *a, const char *path, const char *prefix)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (r == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = add(a, dirfd(d), prefix, e->d_name);
	closedir(d);
	return r;
}

int assets_load(const char *dir, struct assets **ret)
{
	struct assets *a = calloc(1, sizeof(*a));
	char path[4200];
	int r = a ? 0 : -ENOMEM;

	if (r == 0 && !(a->v = calloc(ASSETS_MAX + 1, sizeof(*a->v))))
		r = -ENOMEM;
	if (r == 0)
		r = load_folder(a, dir, "");
	if (r == 0) {
		snprintf(path, sizeof(path), "%.4000s/assets", dir);
		r = load_folder(a, path, "assets/");
		if (r == -ENOENT)
			r = 0;
	}
	if (r == 0 && !(a->index = assets_find(a, VIEW_LIT("/index.html"))))
		r = -ENOENT;
	if (r < 0)
		a = assets_free(a);
	else
		*ret = a;
	return r;
}

const struct asset *assets_find(const struct assets *a, struct view path)
{
	for (size_t i = 0; i < a->n; i++)
		if (view_eq(path, view_str(a->v[i].path)))
			return &a->v[i];
	return NULL;
}

const struct asset *assets_index(const struct assets *a)
{
	return a->index;
}
