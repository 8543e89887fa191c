/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/copies_work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "digest/envelope.h"

#define PIECE      (64U << 10)
#define ID_LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

printf_like(2, 3) static int say(struct copies_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return -ECANCELED;
}

bool copies_name(const struct copies_order *o, char ret[COPIES_NAME_MAX])
{
	if (!o->incident[0] || o->incident[strspn(o->incident, ID_LETTERS)])
		return false;
	snprintf(ret, COPIES_NAME_MAX, "%s-%02x%02x%02x%02x.cms", o->incident, o->sha256[0],
		o->sha256[1], o->sha256[2], o->sha256[3]);
	return true;
}

/* First as a mere place, which has no effect whatever lies there; read only where it is the file.
 */
static int open_document(const struct copies_order *o, struct copies_result *ret)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	cleanup_with(fd_closep) int place = -1;
	char link[64];
	struct stat st;
	int fd;

	if (o->path[0] != '/')
		return say(ret, "its path is not known");
	place = (int)syscall(SYS_openat2, AT_FDCWD, o->path, &how, sizeof(how));
	if (place < 0 || fstat(place, &st) < 0)
		return say(ret, "it is gone, or cannot be reached: %s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_dev != o->key.dev || st.st_ino != o->key.ino)
		return say(ret, "another file has its name meanwhile");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? say(ret, "it cannot be read: %s", strerror(errno)) : fd;
}

struct copy {
	int fd;
	struct sha256 *digest;
	uint64_t size, room; /* written, and what may be */
};

static int write_copy(void *userdata, struct view v)
{
	struct copy *c = userdata;
	int r;

	if (v.n > c->room - c->size)
		return -EFBIG;
	r = fd_write_all(c->fd, v);
	if (r == 0)
		r = sha256_update(c->digest, v);
	c->size += v.n;
	return r;
}

/* Every byte into the envelope, and its digest to `ret`. */
static int pour(
	int from, uint64_t max, struct envelope *e, uint64_t *ret_size, uint8_t ret[SHA256_SIZE])
{
	cleanup_with(sha256_freep) struct sha256 *digest = NULL;
	cleanup_with(freep) uint8_t *piece = malloc(PIECE);
	uint64_t at = 0;
	int r = piece ? sha256_new(&digest) : -ENOMEM;

	while (r == 0) {
		ssize_t n = pread(from, piece, PIECE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = n < 0 ? -errno : 0;
			break;
		}
		at += (uint64_t)n;
		r = at > max ? -ESTALE : sha256_update(digest, view_of(piece, (size_t)n));
		if (r == 0)
			r = envelope_write(e, view_of(piece, (size_t)n));
	}
	*ret_size = at;
	return r < 0 ? r : sha256_final(digest, ret);
}

static int new_envelope(const struct copies_bounds *b, struct copy *c, struct envelope **ret,
	struct copies_result *res)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(ENVELOPE_CERTIFICATE_MAX);
	int r;

	if (!b->certificate[0])
		return say(res,
			"agent.yaml names no certificate of the reviewers (evidence.certificate)");
	r = fd_read_path(b->certificate, ENVELOPE_CERTIFICATE_MAX, &text);
	if (r < 0)
		return say(res, "the certificate %.150s cannot be read: %s", b->certificate,
			strerror(-r));
	r = envelope_new(buf_view(&text), write_copy, c, ret);
	if (r == ENVELOPE_BAD)
		return say(
			res, "%.150s is no certificate that can be encrypted to", b->certificate);
	return r < 0 ? say(res, "nothing can be encrypted: %s", strerror(-r)) : 0;
}

/* What the file says while it is read. */
static int encrypt(int from, const struct copies_order *o, const struct copies_bounds *b,
	struct copy *c, struct copies_result *ret)
{
	cleanup_with(envelope_freep) struct envelope *e = NULL;
	uint8_t digest[SHA256_SIZE];
	int r = new_envelope(b, c, &e, ret);

	if (r < 0)
		return r;
	r = pour(from, o->key.size, e, &ret->size, digest);
	if (r == -ESTALE || (r == 0 && memcmp(digest, o->sha256, SHA256_SIZE) != 0))
		return say(ret, "it was changed after it was judged");
	if (r == 0)
		r = envelope_finish(e);
	if (r == 0)
		r = sha256_final(c->digest, ret->copy_sha256);
	if (r == 0 && (fchmod(c->fd, 0640) < 0 || fchown(c->fd, (uid_t)-1, b->gid) < 0))
		r = -errno;
	if (r == 0 && fsync(c->fd) < 0)
		r = -errno;
	if (r == -EFBIG)
		return say(ret, "the copies would take more than evidence.max-size");
	return r < 0 ? say(ret, "it could not be copied: %s", strerror(-r)) : 0;
}

static int keep(int dir, uint64_t used, int from, const struct copies_order *o,
	const struct copies_bounds *b, struct copies_result *ret)
{
	cleanup_with(fd_closep) int fd = -1;
	cleanup_with(sha256_freep) struct sha256 *digest = NULL;
	struct copy c = {.room = b->total_bytes - used};
	char temporary[COPIES_NAME_MAX + 1];
	int r = sha256_new(&digest);

	snprintf(temporary, sizeof(temporary), ".%s", ret->name);
	if (r == 0) {
		fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			0600);
		r = fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return say(ret, "no copy could be begun: %s", strerror(-r));
	c.fd = fd;
	c.digest = digest;
	r = encrypt(from, o, b, &c, ret);
	ret->copy_size = c.size;
	if (r == 0 && renameat2(dir, temporary, dir, ret->name, RENAME_NOREPLACE) < 0)
		r = say(ret, "the copy could not be given its name: %s", strerror(errno));
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	else if (fsync(dir) < 0)
		r = say(ret, "the copy may be lost: %s", strerror(errno));
	return r;
}

void copies_work(int dir, uint64_t used, const struct copies_order *o,
	const struct copies_bounds *b, struct copies_result *ret)
{
	cleanup_with(fd_closep) int from = -1;
	struct stat st;

	*ret = (struct copies_result){0};
	if (!copies_name(o, ret->name)) {
		(void)say(ret, "the incident has no id that a file could have");
		return;
	}
	ret->there_before = fstatat(dir, ret->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (ret->there_before)
		return;
	if (o->key.size > b->file_bytes) {
		(void)say(ret, "it has %ju bytes, more than evidence.file-size",
			(uintmax_t)o->key.size);
		return;
	}
	if (used > b->total_bytes || o->key.size > b->total_bytes - used) {
		(void)say(ret, "the copies would take more than evidence.max-size");
		return;
	}
	from = open_document(o, ret);
	ret->kept = from >= 0 && keep(dir, used, from, o, b, ret) == 0;
}
