/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/vault_work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "model/level.h"
#include "supervisor/vault_files.h"

#define NAME_TRIES  9
#define PLACE_WORDS ".cach-ly.txt" /* after the file's name */

printf_like(2, 3) static void say(struct vault_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
}

/* What lies in the quarantine, in bytes. */
static uint64_t used(int dir)
{
	int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	const struct dirent *e;
	uint64_t sum = 0;
	struct stat st;

	if (!d) {
		fd_close(own);
		return UINT64_MAX;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			sum += (uint64_t)st.st_size;
	closedir(d);
	return sum;
}

/* ---- in ---- */

static void make_id(char ret[VAULT_ID_MAX])
{
	time_t now = (time_t)(clock_realtime() / NSEC_PER_SEC);
	uint32_t noise = (uint32_t)clock_now();
	struct tm tm = {0};

	unchecked(getrandom(&noise, sizeof(noise), 0));
	(void)gmtime_r(&now, &tm);
	snprintf(ret, VAULT_ID_MAX, "%04d%02d%02d-%02d%02d%02d-%06x", (tm.tm_year + 1900) % 10000,
		(tm.tm_mon + 1) % 100, tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
		tm.tm_sec % 100, noise & 0xffffff);
}

/* ctime is not compared: taking the file's name away changes it. */
static bool is_same(const struct stat *st, const struct file_key *k)
{
	return st->st_dev == k->dev && st->st_ino == k->ino && (uint64_t)st->st_size == k->size &&
		st->st_mtim.tv_sec * (int64_t)NSEC_PER_SEC + st->st_mtim.tv_nsec == k->mtime;
}

static int put_content(
	int dir, int file, const struct vault_order *o, uint64_t max, struct vault_result *ret)
{
	cleanup_with(fd_closep) int fd = -1;
	uint64_t before = used(dir), bytes;
	char temporary[40], name[64];
	int r;

	if (before > max || o->key.size > max - before) {
		say(ret, "the quarantine is full: %ju of %ju bytes are used, the file has %ju",
			(uintmax_t)before, (uintmax_t)max, (uintmax_t)o->key.size);
		return -ENOSPC;
	}
	fd = vault_open_nameless(dir, 0600, temporary);
	r = fd < 0 ? fd : vault_copy(file, fd, o->key.size, &bytes);
	if (r == 0 && bytes != o->key.size)
		r = -EFBIG;
	snprintf(name, sizeof(name), "%s.data", ret->id);
	if (r == 0)
		r = vault_give_name(fd, dir, temporary, name);
	if (r < 0 && fd >= 0)
		vault_drop_nameless(dir, temporary);
	if (r == -EFBIG)
		say(ret, "it was changed while it was copied");
	else if (r < 0)
		say(ret, "it could not be copied: %s", strerror(-r));
	return r;
}

/* Takes the file's name away; under the new one nobody looks for it. 0 where it is the file that
   was read, and nobody writes to it. */
static int take_name(int parent, const char *name, const char *temporary, int file,
	const struct vault_order *o, struct vault_record *record, struct vault_result *ret)
{
	struct stat st;
	int r = 0;

	if (renameat2(parent, name, parent, temporary, RENAME_NOREPLACE) < 0) {
		r = -errno;
		say(ret, "it could not be taken from its folder: %s", strerror(-r));
		return r;
	}
	if (fstatat(parent, temporary, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_same(&st, &o->key)) {
		say(ret, "another file, or a changed one, has its name meanwhile");
		r = -ESTALE;
	} else if (!file_has_no_writer(file)) {
		say(ret, "somebody has it open for writing");
		r = -ETXTBSY;
	} else {
		/* It may have got others while it was copied. */
		record->other_names = (uint32_t)st.st_nlink - 1;
	}
	if (r < 0 && renameat2(parent, temporary, parent, name, RENAME_NOREPLACE) < 0)
		say(ret, "it was changed meanwhile, and is called %.60s now, as its name is taken",
			temporary);
	return r;
}

/* Of this computer, as people write it. */
static void local_time(char *ret, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm) || strftime(ret, size, "%Y-%m-%d %H:%M", &tm) == 0)
		ret[0] = 0;
}

static int write_placeholder(
	int fd, const struct vault_order *o, const struct vault_result *res, const char *name)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(16384);
	enum level level;
	const char *marking = level_parse(o->level, &level) == 0 ? level_display_vi(level)
								 : o->level;
	char when[64];
	int r;

	local_time(when, sizeof(when));
	r = buf_printf(&b,
		"Tệp \"%s\" đã được chuyển vào khu cách ly.\n\n"
		"Một ứng dụng (%s) đã lưu tệp này vào máy, và nội dung của tệp mang dấu độ mật "
		"%s.\n"
		"Tệp không bị xóa. Nếu cần tệp này, hãy gửi quản trị viên mã cách ly %s\n"
		"(sự cố %s, lúc %s, máy %s).\n\n",
		name, o->app, marking, res->id, o->incident, when, o->host);
	if (r == 0 && o->message[0])
		r = buf_printf(&b, "%s\n\n", o->message);
	if (r == 0)
		r = buf_printf(&b,
			"--\n\nThe file \"%s\" was moved to quarantine.\n\n"
			"An application (%s) saved it on this computer, and its content is marked "
			"%s.\n"
			"It is not deleted. Where you need it, give your administrator its "
			"quarantine id %s\n(incident %s, %s, computer %s).\n",
			name, o->app, marking, res->id, o->incident, when, o->host);
	return r < 0 ? r : fd_write_all(fd, buf_view(&b));
}

/* Room for the added words, at a whole character. */
static void placeholder_name(const char *name, int attempt, char ret[256])
{
	size_t n = strlen(name), max = 255 - sizeof(PLACE_WORDS) - 2;

	if (n > max) {
		n = max;
		while (n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
	}
	if (attempt == 1)
		snprintf(ret, 256, "%.*s" PLACE_WORDS, (int)n, name);
	else
		snprintf(ret, 256, "%.*s.%d" PLACE_WORDS, (int)n, name, attempt % 10);
}

/* That it could not be put there is told, and is no reason to leave the file. */
static void put_placeholder(int parent, const char *name, const struct vault_order *o,
	struct vault_record *record, struct vault_result *ret)
{
	cleanup_with(fd_closep) int fd = -1;
	char temporary[40], called[256];
	struct stat st;
	int r;

	fd = vault_open_nameless(parent, 0644, temporary);
	r = fd < 0 ? fd : write_placeholder(fd, o, ret, name);
	if (r == 0 &&
		(fchmod(fd, 0644) < 0 || fchown(fd, record->uid, record->gid) < 0 ||
			fstat(fd, &st) < 0))
		r = -errno;
	for (int i = 1; r == 0 && i <= NAME_TRIES; i++) {
		placeholder_name(name, i, called);
		r = vault_give_name(fd, parent, temporary, called);
		if (r == -EEXIST && i < NAME_TRIES)
			r = 0;
		else if (r == 0)
			break;
	}
	if (r < 0) {
		if (fd >= 0)
			vault_drop_nameless(parent, temporary);
		say(ret, "moved, but no text could be put in its place: %s", strerror(-r));
		return;
	}
	snprintf(record->placeholder, sizeof(record->placeholder), "%.*s%s",
		(int)(strrchr(record->path, '/') - record->path + 1), record->path, called);
	record->placeholder_dev = st.st_dev;
	record->placeholder_ino = st.st_ino;
}

static int look_at(int file, const struct vault_order *o, struct vault_record *record,
	struct vault_result *ret)
{
	char link[64];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	n = readlink(link, ret->path, sizeof(ret->path) - 1);
	ret->path[n > 0 ? n : 0] = 0;
	if (fstat(file, &st) < 0 || !S_ISREG(st.st_mode)) {
		say(ret, "it is no file");
		return -EINVAL;
	}
	if (!is_same(&st, &o->key)) {
		say(ret, "it was changed after it was read");
		return -ESTALE;
	}
	if (st.st_nlink == 0) {
		say(ret, "it has no name any more");
		return -ENOENT;
	}
	if (!file_has_no_writer(file)) {
		say(ret, "somebody has it open for writing");
		return -ETXTBSY;
	}
	*record = (struct vault_record){
		.size = o->key.size,
		.time = clock_realtime(),
		.mtime = (uint64_t)o->key.mtime,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.mode = st.st_mode & 0777,
		.other_names = (uint32_t)st.st_nlink - 1,
	};
	memcpy(record->id, ret->id, sizeof(record->id));
	memcpy(record->path, ret->path, sizeof(record->path));
	memcpy(record->incident, o->incident, sizeof(record->incident));
	memcpy(record->app, o->app, sizeof(record->app));
	memcpy(record->level, o->level, sizeof(record->level));
	memcpy(record->rule, o->rule, sizeof(record->rule));
	memcpy(record->sha256, o->sha256, sizeof(record->sha256));
	return 0;
}

/* Of a move that ended later than it began: its rule's message is not known any more. */
bool vault_work_placeholder(
	int dir, int parent, const char *name, const struct vault_record *record)
{
	cleanup_with(freep) struct vault_result *res = calloc(1, sizeof(*res));
	cleanup_with(freep) struct vault_record *r = calloc(1, sizeof(*r));
	struct vault_order o = {0};

	if (!res || !r)
		return false;
	*r = *record;
	memcpy(res->id, r->id, sizeof(res->id));
	memcpy(o.app, r->app, sizeof(o.app));
	memcpy(o.level, r->level, sizeof(o.level));
	memcpy(o.incident, r->incident, sizeof(o.incident));
	if (gethostname(o.host, sizeof(o.host) - 1) < 0)
		o.host[0] = 0;
	put_placeholder(parent, name, &o, r, res);
	/* It is listed with or without it. */
	return vault_put_record(dir, r) == 0 && r->placeholder[0] != 0;
}

void vault_work_move(
	int dir, int file, const struct vault_order *o, uint64_t max, struct vault_result *ret)
{
	cleanup_with(freep) struct vault_record *record = calloc(1, sizeof(*record));
	cleanup_with(fd_closep) int parent = -1;
	const char *name = "";
	char temporary[64];
	struct stat st;

	*ret = (struct vault_result){.outcome = VAULT_NOT_MOVED};
	make_id(ret->id);
	if (!record || look_at(file, o, record, ret) < 0)
		return;
	parent = vault_open_parent(ret->path, &name);
	if (parent < 0) {
		say(ret, "its folder cannot be opened: %s", strerror(-parent));
		return;
	}
	/* By its name in the folder, which may be another one meanwhile. */
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_same(&st, &o->key)) {
		say(ret, "it has another name meanwhile, or another file has its name");
		return;
	}
	if (put_content(dir, file, o, max, ret) < 0)
		return;
	snprintf(temporary, sizeof(temporary), ".sealgate-%s", ret->id);
	if (vault_put_record(dir, record) < 0) {
		say(ret, "the quarantine takes no record of it");
		vault_forget(dir, ret->id);
		return;
	}
	if (fsync(dir) < 0 || take_name(parent, name, temporary, file, o, record, ret) < 0) {
		vault_forget(dir, ret->id);
		return;
	}
	if (unlinkat(parent, temporary, 0) < 0) {
		say(ret, "it could not be removed: %s", strerror(errno));
		(void)renameat2(parent, temporary, parent, name, RENAME_NOREPLACE);
		vault_forget(dir, ret->id);
		return;
	}
	ret->outcome = VAULT_MOVED;
	ret->other_names = record->other_names;
	if (ret->other_names > 0)
		say(ret, "%u other name%s (hard link%s) of the same content still lead to it",
			ret->other_names, ret->other_names == 1 ? "" : "s",
			ret->other_names == 1 ? "" : "s");
	put_placeholder(parent, name, o, record, ret);
	if (vault_put_record(dir, record) < 0)
		say(ret, "moved, but its record could not be completed");
}

/* ---- out ---- */

static void remove_placeholder(const struct vault_record *r)
{
	cleanup_with(fd_closep) int parent = -1;
	const char *name;
	struct stat st;

	if (!r->placeholder[0])
		return;
	parent = vault_open_parent(r->placeholder, &name);
	/* Only ours, and not what somebody has made of it. */
	if (parent >= 0 && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_dev == r->placeholder_dev && st.st_ino == r->placeholder_ino)
		(void)unlinkat(parent, name, 0);
}

static int put_back(int data, int parent, const char *name, const struct vault_record *r)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
		{(time_t)(r->mtime / NSEC_PER_SEC), (long)(r->mtime % NSEC_PER_SEC)}};
	cleanup_with(fd_closep) int fd = -1;
	char temporary[40];
	uint64_t bytes;
	int e;

	fd = vault_open_nameless(parent, 0600, temporary);
	e = fd < 0 ? fd : vault_copy(data, fd, r->size, &bytes);
	if (e == 0 && bytes != r->size)
		e = -EBADMSG;
	if (e == 0 &&
		(fchown(fd, r->uid, r->gid) < 0 || fchmod(fd, r->mode & 0777) < 0 ||
			futimens(fd, times) < 0))
		e = -errno;
	if (e == 0)
		e = vault_give_name(fd, parent, temporary, name);
	if (e < 0 && fd >= 0)
		vault_drop_nameless(parent, temporary);
	/* Before the quarantine forgets it. A file system that cannot is as good as it gets. */
	if (e == 0 && fsync(parent) < 0 && errno != EINVAL && errno != ENOTSUP) {
		e = -errno;
		(void)unlinkat(parent, name, 0);
	}
	return e;
}

void vault_work_restore(int dir, const char *id, const char *folder, struct vault_result *ret)
{
	cleanup_with(freep) struct vault_record *r = calloc(1, sizeof(*r));
	cleanup_with(fd_closep) int data = -1, parent = -1;
	const char *name = "";
	int e = r ? 0 : -ENOMEM;

	*ret = (struct vault_result){.outcome = VAULT_NOT_MOVED};
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	if (e == 0)
		e = vault_get_record(dir, id, r);
	if (e == 0) {
		data = vault_open_data(dir, id);
		e = MIN(data, 0);
	}
	if (e < 0) {
		say(ret, "nothing with this id can be read in the quarantine: %s", strerror(-e));
		return;
	}
	parent = vault_open_parent(r->path, &name);
	if (folder[0]) {
		fd_close(parent);
		parent = vault_open_folder(folder);
		name = strrchr(r->path, '/') + 1;
		snprintf(ret->path, sizeof(ret->path), "%.3800s%s%.255s", folder,
			folder[strlen(folder) - 1] == '/' ? "" : "/", name);
	} else {
		memcpy(ret->path, r->path, sizeof(ret->path));
	}
	e = parent < 0 ? parent : put_back(data, parent, name, r);
	if (e == -EEXIST)
		say(ret, "there is a file of this name now; name another folder with --to");
	else if (e < 0)
		say(ret, "it cannot be put there: %s", strerror(-e));
	if (e < 0)
		return;
	ret->outcome = VAULT_MOVED;
	remove_placeholder(r);
	vault_forget(dir, id);
}

void vault_work_delete(int dir, const char *id, struct vault_result *ret)
{
	cleanup_with(freep) struct vault_record *r = calloc(1, sizeof(*r));
	int e = r ? vault_get_record(dir, id, r) : -ENOMEM;

	*ret = (struct vault_result){.outcome = VAULT_NOT_MOVED};
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	if (e < 0) {
		say(ret, "nothing with this id can be read in the quarantine: %s", strerror(-e));
		return;
	}
	memcpy(ret->path, r->path, sizeof(ret->path));
	vault_forget(dir, id);
	ret->outcome = VAULT_MOVED;
}
