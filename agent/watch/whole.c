/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: fanotify(7), "information records"; name_to_handle_at(2). */
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#ifndef FAN_REPORT_DFID_NAME
#define FAN_REPORT_DFID_NAME 0x00000c00
#endif
#ifndef FAN_EVENT_INFO_TYPE_DFID_NAME
#define FAN_EVENT_INFO_TYPE_DFID_NAME 2
#endif

#define EVENTS \
	(FAN_CREATE | FAN_CLOSE_WRITE | FAN_MOVED_TO | FAN_MOVED_FROM | FAN_DELETE | FAN_ONDIR)
#define READ_BYTES  (64U << 10)
#define HANDLE_MAX  128U /* MAX_HANDLE_SZ */
#define NAME_OFFSET sizeof(struct fanotify_event_info_fid)

struct file_system {
	uint64_t dev;
	uint64_t fsid; /* that its events carry */
};

struct whole {
	int fd;
	struct hash_key key;
	struct file_system v[WHOLE_MAX];
	uint32_t n;
	_Alignas(8) uint8_t buffer[READ_BYTES];
};

/* What a handle is hashed from. */
struct identity {
	uint64_t fsid;
	uint32_t bytes;
	int32_t type;
	uint8_t handle[HANDLE_MAX];
};

static uint64_t key_of(const struct whole *w, const struct identity *id)
{
	uint64_t key = hash_bytes(
		w->key, view_of(id, offsetof(struct identity, handle) + id->bytes));

	return key ? key : 1;
}

int whole_new(struct whole **ret)
{
	struct whole *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->key = hash_key_new();
	/* Bounded: where too much comes at once the walk finds it. */
	w->fd = fanotify_init(
		FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME, O_RDONLY);
	if (w->fd < 0) {
		r = -errno;
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct whole *whole_free(struct whole *w)
{
	if (w)
		fd_close(w->fd);
	free(w);
	return NULL;
}

int whole_fd(const struct whole *w)
{
	return w->fd;
}

static const struct file_system *find(const struct whole *w, uint64_t dev)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->v[i].dev == dev)
			return &w->v[i];
	return NULL;
}

static bool read_handle(int path_fd, struct identity *ret)
{
	union {
		struct file_handle h;
		uint8_t space[sizeof(struct file_handle) + HANDLE_MAX];
	} u;
	int mount;

	u.h.handle_bytes = HANDLE_MAX;
	if (name_to_handle_at(path_fd, "", &u.h, &mount, AT_EMPTY_PATH) < 0 ||
		u.h.handle_bytes > HANDLE_MAX)
		return false;
	ret->bytes = u.h.handle_bytes;
	ret->type = u.h.handle_type;
	memcpy(ret->handle, u.h.f_handle, u.h.handle_bytes);
	return true;
}

int whole_mark(struct whole *w, int path_fd)
{
	struct identity id;
	struct statfs fs;
	struct stat st;
	char path[32];

	if (fstat(path_fd, &st) < 0 || fstatfs(path_fd, &fs) < 0)
		return -errno;
	if (find(w, st.st_dev))
		return 0;
	if (w->n == WHOLE_MAX)
		return -ENOSPC;
	if (!read_handle(path_fd, &id))
		return -EOPNOTSUPP;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	if (fanotify_mark(w->fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, EVENTS, AT_FDCWD, path) < 0)
		return -errno;
	w->v[w->n].dev = st.st_dev;
	memcpy(&w->v[w->n].fsid, &fs.f_fsid, sizeof(w->v[w->n].fsid));
	w->n++;
	return 0;
}

uint64_t whole_key(const struct whole *w, int path_fd)
{
	const struct file_system *fs;
	struct identity id;
	struct stat st;

	/* A subvolume has a device of its own; its events may carry either number. */
	if (fstat(path_fd, &st) < 0)
		return 0;
	fs = find(w, st.st_dev);
	if (!fs || !read_handle(path_fd, &id))
		return 0;
	id.fsid = fs->fsid;
	return key_of(w, &id);
}

static unsigned bits_of(uint64_t mask)
{
	return (mask & FAN_CREATE ? WHOLE_CREATED : 0U) |
		(mask & FAN_CLOSE_WRITE ? WHOLE_WRITTEN : 0U) |
		(mask & FAN_MOVED_TO ? WHOLE_ARRIVED : 0U) |
		(mask & (FAN_MOVED_FROM | FAN_DELETE) ? WHOLE_LEFT : 0U) |
		(mask & FAN_ONDIR ? WHOLE_DIR : 0U);
}

/* One information record; what is not the directory and name is passed over. */
static int take(struct whole *w, const uint8_t *p, size_t n, uint64_t mask,
	int (*fn)(void *userdata, uint64_t key, const char *name, unsigned bits), void *userdata)
{
	struct fanotify_event_info_header header;
	struct file_handle h;
	struct identity id;
	size_t name;

	memcpy(&header, p, sizeof(header));
	if (header.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME || n < NAME_OFFSET + sizeof(h))
		return 0;
	memcpy(&h, p + NAME_OFFSET, sizeof(h));
	name = NAME_OFFSET + sizeof(h) + h.handle_bytes;
	if (h.handle_bytes > HANDLE_MAX || name >= n || !memchr(p + name, 0, n - name))
		return 0;
	memcpy(&id.fsid, p + offsetof(struct fanotify_event_info_fid, fsid), sizeof(id.fsid));
	id.bytes = h.handle_bytes;
	id.type = h.handle_type;
	memcpy(id.handle, p + NAME_OFFSET + sizeof(h), h.handle_bytes);
	return fn(userdata, key_of(w, &id), (const char *)p + name, bits_of(mask));
}

int whole_read(struct whole *w,
	int (*fn)(void *userdata, uint64_t key, const char *name, unsigned bits), void *userdata)
{
	ssize_t got = read(w->fd, w->buffer, sizeof(w->buffer));
	bool lost = false;
	int r = 0;

	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	for (size_t at = 0; r == 0 && at + sizeof(struct fanotify_event_metadata) <= (size_t)got;) {
		struct fanotify_event_metadata m; /* with names, events lie at multiples of four */
		size_t end, info;

		memcpy(&m, w->buffer + at, sizeof(m));
		end = at + m.event_len;
		info = at + m.metadata_len;
		if (m.event_len < sizeof(m) || end > (size_t)got)
			return -EPROTO;
		lost |= (m.mask & FAN_Q_OVERFLOW) != 0;
		while (r == 0 && info + sizeof(struct fanotify_event_info_header) <= end) {
			struct fanotify_event_info_header h;

			memcpy(&h, w->buffer + info, sizeof(h));
			if (h.len < sizeof(h) || info + h.len > end)
				return -EPROTO;
			r = take(w, w->buffer + info, h.len, m.mask, fn, userdata);
			info += h.len;
		}
		at = end;
	}
	return r < 0 ? r : lost ? -EOVERFLOW : 0;
}
