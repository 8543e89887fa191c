/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/tags.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/list.h"
#include "supervisor/mounts.h"

struct group_dir {
	struct list node;
	char path[];
};

struct tags {
	char root[PATH_MAX]; /* mount point of cgroup2 */
	struct list dirs;    /* made by us, perhaps still in use */
};

int tags_new(struct tags **ret)
{
	struct tags *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	list_init(&t->dirs);
	r = mounts_find_type("cgroup2", t->root, sizeof(t->root));
	if (r == 0 && access(t->root, W_OK) < 0)
		r = -errno;
	if (r < 0) {
		free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void tags_sweep(struct tags *t)
{
	list_for_each_safe(n, tmp, &t->dirs) {
		struct group_dir *d = list_entry(n, struct group_dir, node);

		if (rmdir(d->path) < 0 && errno != ENOENT)
			continue; /* in use */
		list_remove(n);
		free(d);
	}
}

struct tags *tags_free(struct tags *t)
{
	if (!t)
		return NULL;
	tags_sweep(t);
	list_for_each_safe(n, tmp, &t->dirs) {
		list_remove(n);
		free(list_entry(n, struct group_dir, node));
	}
	free(t);
	return NULL;
}

/* The process's group below the root, from the "0::/path" line. */
static int own_group(uint32_t pid, char *ret, size_t size)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(64U << 10);
	char path[64];
	char *line, *end;
	int r;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	r = fd_read_path(path, 60U << 10, &b);
	if (r == 0)
		r = buf_terminate(&b);
	if (r < 0)
		return r;
	line = strncmp((char *)b.p, "0::", 3) == 0 ? (char *)b.p : strstr((char *)b.p, "\n0::");
	if (!line)
		return -ENOENT;
	line = strstr(line, "0::") + 3;
	end = strchr(line, '\n');
	if (end)
		*end = 0;
	return snprintf(ret, size, "%s", strcmp(line, "/") == 0 ? "" : line) >= (int)size
		? -ENAMETOOLONG
		: 0;
}

static int remember(struct tags *t, const char *path)
{
	struct group_dir *d;

	list_for_each(n, &t->dirs)
		if (strcmp(list_entry(n, struct group_dir, node)->path, path) == 0)
			return 0;
	d = calloc(1, sizeof(*d) + strlen(path) + 1);
	if (!d)
		return -ENOMEM;
	memcpy(d->path, path, strlen(path) + 1);
	list_init(&d->node);
	list_append(&t->dirs, &d->node);
	return 0;
}

static bool is_populated(const char *dir)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);
	char path[PATH_MAX * 2 + 16];

	snprintf(path, sizeof(path), "%s/cgroup.events", dir);
	return fd_read_path(path, 4000, &b) == 0 && buf_terminate(&b) == 0 &&
		strstr((const char *)b.p, "populated 1");
}

bool tags_populated(
	const struct tags *t, bool (*wanted)(void *userdata, const char *app_id), void *userdata)
{
	list_for_each(n, &t->dirs) {
		const struct group_dir *d = list_entry(n, struct group_dir, node);
		const char *name = strrchr(d->path, '/') + 1;

		if (wanted(userdata, name + strlen(TAG_PREFIX)) && is_populated(d->path))
			return true;
	}
	return false;
}

/* Whether root made the tag that the group lies in; one that a user made in his own control groups
   says nothing, and is cut off, so that the real one is made beside it. */
static bool is_tagged(const struct tags *t, char *group)
{
	char *at = strstr(group, "/" TAG_PREFIX), *end;
	char dir[PATH_MAX * 2];
	struct stat st;

	if (!at)
		return false;
	end = at + 1 + strcspn(at + 1, "/");
	snprintf(dir, sizeof(dir), "%s%.*s", t->root, (int)(end - group), group);
	if (stat(dir, &st) == 0 && st.st_uid == 0)
		return true;
	*at = 0;
	return false;
}

int tags_put(struct tags *t, uint32_t pid, const char *app_id)
{
	cleanup_with(fd_closep) int fd = -1;
	char group[PATH_MAX / 2], dir[PATH_MAX * 2], procs[PATH_MAX * 2 + 16], text[16];
	int n, r = own_group(pid, group, sizeof(group));

	if (r < 0)
		return r;
	if (is_tagged(t, group))
		return 0; /* an application started by one: the outer tag stays */
	if (strchr(app_id, '/'))
		return -EINVAL;
	snprintf(dir, sizeof(dir), "%s%s/" TAG_PREFIX "%s", t->root, group, app_id);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	/* One that a user made under that name is his own no more. */
	if (chown(dir, 0, 0) < 0)
		return -errno;
	r = remember(t, dir);
	if (r < 0)
		return r;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", dir);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%u", pid);
	return fd_write_all(fd, view_of(text, (size_t)n));
}

void tags_each(const struct tags *t, void (*fn)(void *userdata, uint32_t pid, const char *app_id),
	void *userdata)
{
	list_for_each(n, &t->dirs) {
		const struct group_dir *d = list_entry(n, struct group_dir, node);
		cleanup_with(buf_done) struct buf b = BUF_INIT(128U << 10);
		char path[PATH_MAX * 2 + 16];

		snprintf(path, sizeof(path), "%s/cgroup.procs", d->path);
		if (fd_read_path(path, 120U << 10, &b) < 0 || buf_terminate(&b) < 0)
			continue;
		for (char *at = (char *)b.p, *end; *at; at = end + (*end == '\n')) {
			uint32_t pid = (uint32_t)strtoul(at, &end, 10);

			if (end == at)
				break;
			if (pid) /* 0: of another namespace */
				fn(userdata, pid, strrchr(d->path, '/') + 1 + strlen(TAG_PREFIX));
		}
	}
}
