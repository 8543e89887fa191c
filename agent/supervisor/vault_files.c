/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/vault_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define COPY_BYTES (256U << 10)

/* ---- folders and names ---- */

/* The folder that a path lies in, without following any link; `ret_name` is the rest. */
int vault_open_parent(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	char dir[4096];
	int fd;

	if (path[0] != '/' || !slash[1])
		return -EINVAL;
	snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	fd = (int)syscall(SYS_openat2, AT_FDCWD, dir, &how, sizeof(how));
	*ret_name = slash + 1;
	return fd < 0 ? -errno : fd;
}

int vault_open_folder(const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/* A file without a name in the folder; where the file system has no such thing, one whose name goes
   to `ret_name`. */
int vault_open_nameless(int dir, mode_t mode, char ret_name[40])
{
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	uint64_t noise = clock_realtime();

	ret_name[0] = 0;
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd < 0 ? -errno : fd;
	unchecked(getrandom(&noise, sizeof(noise), 0));
	snprintf(ret_name, 40, ".sealgate-%016jx", (uintmax_t)noise);
	fd = openat(dir, ret_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

/* Gives it its name, unless there is one already: -EEXIST. -ESTALE where somebody has put another
   file in the place of the temporary name. */
int vault_give_name(int fd, int dir, const char *temporary, const char *name)
{
	struct stat st, got;
	char link[64];

	if (temporary[0]) {
		if (renameat2(dir, temporary, dir, name, RENAME_NOREPLACE) < 0)
			return -errno;
		if (fstat(fd, &st) < 0 || fstatat(dir, name, &got, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_dev != got.st_dev || st.st_ino != got.st_ino)
			return -ESTALE;
		return 0;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, dir, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

void vault_drop_nameless(int dir, const char *temporary)
{
	if (temporary[0])
		(void)unlinkat(dir, temporary, 0);
}

/* ---- content ---- */

/* 0, -EFBIG where more than `max` came, -errno. */
int vault_copy(int from, int to, uint64_t max, uint64_t *ret_bytes)
{
	cleanup_with(freep) uint8_t *piece = malloc(COPY_BYTES);
	uint64_t at = 0;
	int r = piece ? 0 : -ENOMEM;

	while (r == 0) {
		ssize_t n = pread(from, piece, COPY_BYTES, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n < 0 ? -errno : 0;
			break;
		}
		at += (uint64_t)n;
		r = at > max ? -EFBIG : fd_write_all(to, view_of(piece, (size_t)n));
	}
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	*ret_bytes = at;
	return r;
}

/* The first one of a file is replaced whole or not at all: without it the file could not be given
   back. */
int vault_put_record(int dir, const struct vault_record *record)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(VAULT_RECORD_MAX);
	cleanup_with(fd_closep) int fd = -1;
	char temporary[80], name[64];
	int r = vault_record_write(record, &text);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s.record", record->id);
	snprintf(temporary, sizeof(temporary), ".%s", name);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_view(&text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

int vault_get_record(int dir, const char *id, struct vault_record *ret)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(VAULT_RECORD_MAX);
	cleanup_with(fd_closep) int fd = -1;
	char name[64];
	int r;

	if (!vault_id_is_valid(id))
		return -EINVAL;
	snprintf(name, sizeof(name), "%s.record", id);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	r = fd_read_all(fd, VAULT_RECORD_MAX, &text);
	return r < 0 ? r : vault_record_read(buf_view(&text), ret);
}

void vault_forget(int dir, const char *id)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.data", id);
	(void)unlinkat(dir, name, 0);
	snprintf(name, sizeof(name), "%s.record", id);
	(void)unlinkat(dir, name, 0);
	(void)fsync(dir);
}

int vault_open_data(int dir, const char *id)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%s.data", id);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}
