/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's files on the disk, where compilers find them. Names were checked when the bundle was
   read: none leaves the folder. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"

static int path_of(const struct bundle_file *f, const char *dir, char ret[PATH_MAX])
{
	int n = snprintf(
		ret, PATH_MAX, "%s/%s%s", dir, f->name[0] == '/' ? BUNDLE_ROOT : "", f->name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The folders between `dir` and the file. */
static int make_folders(char *path, size_t from)
{
	for (char *p = path + from + 1; *p; p++) {
		int r;

		if (*p != '/')
			continue;
		*p = 0;
		r = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
		*p = '/';
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_file(const struct bundle_file *f, const char *path)
{
	cleanup_with(fd_closep) int fd = open(
		path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd_write_all(fd, view_of(f->content, f->n));
}

int bundle_extract(const struct bundle *b, enum bundle_kind kind, const char *dir)
{
	char path[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n_files; i++) {
		if (b->files[i].kind != kind)
			continue;
		r = path_of(&b->files[i], dir, path);
		if (r == 0)
			r = make_folders(path, strlen(dir));
		if (r == 0)
			r = write_file(&b->files[i], path);
	}
	return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path) < 0 ? -1 : 0;
}

int bundle_remove(const char *dir)
{
	if (nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}
