/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/buf.h"
#include "base/fd.h"

#define MOUNTINFO_MAX (8U << 20)

/* Octal escapes stand for blank, tab, newline and backslash. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++, out++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*out = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*out = *s;
		}
	}
	*out = 0;
}

/* "36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/root rw" */
static int parse_line(char *line, struct mount_entry *ret)
{
	char *save = NULL, *field = strtok_r(line, " ", &save), *point = NULL;
	unsigned major = 0, minor = 0;

	for (int i = 0; field && strcmp(field, "-") != 0; i++) {
		if (i == 0)
			ret->id = (uint32_t)strtoul(field, NULL, 10);
		if (i == 2 && sscanf(field, "%u:%u", &major, &minor) != 2)
			return -EPROTO;
		if (i == 4)
			point = field;
		field = strtok_r(NULL, " ", &save);
	}
	if (!field || !point)
		return -EPROTO;
	ret->type = strtok_r(NULL, " ", &save);
	(void)strtok_r(NULL, " ", &save);
	ret->options = strtok_r(NULL, " ", &save);
	if (!ret->type || !ret->options)
		return -EPROTO;
	unescape(point);
	ret->mount_point = point;
	ret->dev = makedev(major, minor);
	return 0;
}

int mounts_walk_of(const char *mountinfo, int (*fn)(void *userdata, const struct mount_entry *m),
	void *userdata)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(MOUNTINFO_MAX);
	struct mount_entry m;
	char *line, *save = NULL;
	int r = fd_read_path(mountinfo, MOUNTINFO_MAX - 1, &b);

	if (r == 0)
		r = buf_terminate(&b);
	if (r < 0)
		return r;
	for (line = strtok_r((char *)b.p, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (parse_line(line, &m) < 0)
			continue;
		r = fn(userdata, &m);
		if (r < 0)
			return r;
	}
	return 0;
}

int mounts_walk(int (*fn)(void *userdata, const struct mount_entry *m), void *userdata)
{
	return mounts_walk_of("/proc/self/mountinfo", fn, userdata);
}

struct longest {
	const char *path;
	size_t n;
	struct mount_place *ret;
};

static int on_place(void *userdata, const struct mount_entry *m)
{
	struct longest *l = userdata;
	size_t n = strlen(m->mount_point);

	if (n == 1)
		n = 0; /* the root is above everything */
	if (n >= l->n && strncmp(l->path, m->mount_point, n) == 0 &&
		(l->path[n] == 0 || l->path[n] == '/')) {
		l->n = n;
		snprintf(l->ret->type, sizeof(l->ret->type), "%s", m->type);
		l->ret->dev = m->dev;
		l->ret->id = m->id;
	}
	return 0;
}

int mounts_place(const char *path, struct mount_place *ret)
{
	struct longest l = {path, 0, ret};
	int r;

	*ret = (struct mount_place){.type = "?"};
	r = mounts_walk(on_place, &l);
	return r < 0 ? r : ret->id ? 0 : -ENOENT;
}

struct find_type {
	const char *type;
	char *ret;
	size_t size;
};

static int on_find_type(void *userdata, const struct mount_entry *m)
{
	struct find_type *f = userdata;

	if (strcmp(m->type, f->type) == 0 && !f->ret[0])
		snprintf(f->ret, f->size, "%s", m->mount_point);
	return 0;
}

int mounts_find_type(const char *type, char *ret, size_t size)
{
	struct find_type f = {type, ret, size};
	int r;

	ret[0] = 0;
	r = mounts_walk(on_find_type, &f);
	if (r < 0)
		return r;
	return ret[0] ? 0 : -ENOENT;
}
