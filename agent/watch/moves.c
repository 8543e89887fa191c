/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: fanotify(7), FAN_RENAME and its information records; open_by_handle_at(2). */
#include "moves.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "subject/procline.h"

#ifndef FAN_EVENT_INFO_TYPE_DFID_NAME
#define FAN_EVENT_INFO_TYPE_DFID_NAME 2
#endif
#ifndef FAN_EVENT_INFO_TYPE_OLD_DFID_NAME
#define FAN_EVENT_INFO_TYPE_OLD_DFID_NAME 10
#define FAN_EVENT_INFO_TYPE_NEW_DFID_NAME 12
#endif

#define HANDLE_MAX      128U
#define FID_BYTES       sizeof(struct fanotify_event_info_fid)
#define MOUNTS_AGAIN_NS NSEC_PER_SEC /* the mount table is read again, at most that often */
#define MOUNTINFO_MAX   (4U << 20)

struct mount_point {
	uint64_t fsid;
	char *path;
};

struct moves {
	int group;
	const struct config_paths *protect;
	struct mount_point mounts[MOVES_MOUNTS_MAX];
	uint32_t n_mounts;
	uint64_t looked; /* monotonic */
	_Alignas(8) uint8_t batch[16U << 10];
};

/* A folder and a name in it, as an event has them. */
struct place {
	uint64_t fsid;
	union {
		struct file_handle h;
		uint8_t space[sizeof(struct file_handle) + HANDLE_MAX];
	} handle;
	char name[256];
};

/* ---- mounts ---- */

/* Which may be opened without waiting for anybody. */
static bool is_local(struct view type)
{
	static const struct view types[] = {VIEW_LIT("ext4"), VIEW_LIT("ext3"), VIEW_LIT("ext2"),
		VIEW_LIT("xfs"), VIEW_LIT("btrfs"), VIEW_LIT("f2fs"), VIEW_LIT("tmpfs"),
		VIEW_LIT("vfat"), VIEW_LIT("exfat"), VIEW_LIT("ntfs3")};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (view_eq(types[i], type))
			return true;
	return false;
}

static bool unescape(struct view v, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n && n + 1 < size; i++, n++) {
		const char *p = (const char *)v.p + i;

		if (p[0] == '\\' && i + 3 < v.n) {
			ret[n] = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		} else {
			ret[n] = p[0];
		}
	}
	ret[n] = 0;
	return n > 0 && n + 1 < size;
}

static int open_folder(const char *path, uint64_t *ret_fsid)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0) {
		fd_close(fd);
		return -EIO;
	}
	memcpy(ret_fsid, &fs.f_fsid, sizeof(*ret_fsid));
	return fd;
}

static void forget_mounts(struct moves *m)
{
	while (m->n_mounts > 0)
		free(m->mounts[--m->n_mounts].path);
}

/* Not kept open: who wants to unmount could not. */
static void read_mounts(struct moves *m)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(MOUNTINFO_MAX);
	struct procline_mount one;
	struct view text;
	char path[4096];

	forget_mounts(m);
	m->looked = clock_now();
	if (fd_read_path("/proc/self/mountinfo", MOUNTINFO_MAX, &b) < 0)
		return;
	text = buf_view(&b);
	while (m->n_mounts < MOVES_MOUNTS_MAX && procline_next_mount(&text, &one)) {
		struct mount_point *p = &m->mounts[m->n_mounts];
		int fd;

		if (!is_local(one.type) || !unescape(one.point, path, sizeof(path)))
			continue;
		fd = open_folder(path, &p->fsid);
		if (fd < 0)
			continue;
		fd_close(fd);
		p->path = strdup(path);
		m->n_mounts += p->path != NULL;
	}
}

static bool is_protected(const struct moves *m, const char *path)
{
	for (uint32_t i = 0; i < m->protect->n; i++)
		if (procline_is_below(path, m->protect->v[i]))
			return true;
	return m->protect->n == 0;
}

/* The folder, by way of this mount; its path in `ret`. */
static int open_by(const struct mount_point *p, struct place *place, char *ret, size_t size)
{
	cleanup_with(fd_closep) int mount = -1;
	char link[64];
	uint64_t fsid;
	ssize_t n;
	int fd;

	mount = open_folder(p->path, &fsid);
	if (mount < 0 || fsid != place->fsid)
		return -ESTALE;
	fd = open_by_handle_at(mount, &place->handle.h, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, size - 1);
	ret[MAX(n, 0)] = 0;
	return fd;
}

/* A descriptor of the folder where it is a protected one; -ENOENT where it is another. */
static int open_place(struct moves *m, struct place *place)
{
	char path[4096];

	for (int again = 0; again < 2; again++) {
		bool found = false;

		for (uint32_t i = 0; i < m->n_mounts; i++) {
			int fd;

			if (m->mounts[i].fsid != place->fsid)
				continue;
			fd = open_by(&m->mounts[i], place, path, sizeof(path));
			found |= fd >= 0;
			if (fd >= 0 && is_protected(m, path))
				return fd;
			fd_close(fd);
		}
		if (found || clock_now() < m->looked + MOUNTS_AGAIN_NS)
			break;
		read_mounts(m);
	}
	return -ENOENT;
}

/* ---- events ---- */

static bool read_place(const uint8_t *p, size_t n, struct place *ret)
{
	struct file_handle h;
	size_t name;

	if (n < FID_BYTES + sizeof(h))
		return false;
	memcpy(&h, p + FID_BYTES, sizeof(h));
	name = FID_BYTES + sizeof(h) + h.handle_bytes;
	if (h.handle_bytes > HANDLE_MAX || name >= n || !memchr(p + name, 0, n - name) ||
		strlen((const char *)p + name) >= sizeof(ret->name))
		return false;
	memcpy(&ret->fsid, p + offsetof(struct fanotify_event_info_fid, fsid), sizeof(ret->fsid));
	memcpy(ret->handle.space, p + FID_BYTES, sizeof(h) + h.handle_bytes);
	memcpy(ret->name, p + name, strlen((const char *)p + name) + 1);
	return true;
}

/* The new place of the event, or false where it came from a protected one. */
static bool find_new(struct moves *m, const uint8_t *p, size_t n, struct place *ret)
{
	bool found = false;
	struct place old;

	while (n >= sizeof(struct fanotify_event_info_header)) {
		struct fanotify_event_info_header h;

		memcpy(&h, p, sizeof(h));
		if (h.len < sizeof(h) || h.len > n)
			return false;
		if (h.info_type == FAN_EVENT_INFO_TYPE_OLD_DFID_NAME &&
			read_place(p, h.len, &old)) {
			int fd = open_place(m, &old);

			fd_close(fd);
			if (fd >= 0)
				return false;
		}
		if (h.info_type == FAN_EVENT_INFO_TYPE_NEW_DFID_NAME ||
			h.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME)
			found = read_place(p, h.len, ret);
		p += h.len;
		n -= h.len;
	}
	return found;
}

static void take_one(struct moves *m, uint32_t pid, struct place *place,
	void (*take)(void *userdata, uint32_t pid, int fd), void *userdata)
{
	cleanup_with(fd_closep) int dir = open_place(m, place);
	struct stat st;
	int fd;

	/* By the name that it has there now: never a pipe or a device. */
	if (dir < 0 || fstatat(dir, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(st.st_mode))
		return;
	fd = openat(dir, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		take(userdata, pid, fd);
}

int moves_read(struct moves *m, bool (*wanted)(void *userdata, uint32_t pid),
	void (*take)(void *userdata, uint32_t pid, int fd), void *userdata)
{
	ssize_t got = read(m->group, m->batch, sizeof(m->batch));
	bool lost = false;

	for (size_t at = 0;
		got > 0 && at + sizeof(struct fanotify_event_metadata) <= (size_t)got;) {
		struct fanotify_event_metadata e; /* with names, events lie at multiples of four */
		struct place place;

		memcpy(&e, m->batch + at, sizeof(e));
		if (e.event_len < e.metadata_len || e.metadata_len < sizeof(e) ||
			at + e.event_len > (size_t)got)
			break;
		lost |= (e.mask & FAN_Q_OVERFLOW) != 0;
		if (e.pid > 0 && wanted(userdata, (uint32_t)e.pid) &&
			find_new(m, m->batch + at + e.metadata_len, e.event_len - e.metadata_len,
				&place))
			take_one(m, (uint32_t)e.pid, &place, take, userdata);
		at += e.event_len;
	}
	return lost ? -EOVERFLOW : got > 0;
}

int moves_new(int group, const struct config_paths *protect, struct moves **ret)
{
	struct moves *m = calloc(1, sizeof(*m));

	if (!m || fcntl(group, F_SETFL, O_NONBLOCK) < 0) {
		int r = m ? -errno : -ENOMEM;

		free(m);
		fd_close(group);
		return r;
	}
	m->group = group;
	m->protect = protect;
	*ret = m;
	return 0;
}

struct moves *moves_free(struct moves *m)
{
	if (!m)
		return NULL;
	forget_mounts(m);
	fd_close(m->group);
	free(m);
	return NULL;
}
