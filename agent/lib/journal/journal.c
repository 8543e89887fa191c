/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's writer. Owns the file, its lock and the head file. What is in the file beyond the
 * last sync may be lost and is then taken out again; what was synced is never touched.
 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "journal/line.h"
#include "journal/payload.h"

#define CHUNK (64U << 10) /* bytes per read while looking for the last line */

struct state {
	uint64_t seq;  /* of the last record */
	uint64_t size; /* of the file */
	uint8_t hash[SHA256_SIZE];
	char time[LINE_TIME_SIZE + 1];
};

struct journal {
	int fd, dir_fd, head_fd;
	bool broken; /* could not be brought back to a known state */
	struct state now, synced;
	struct buf line;
	struct sha256 *sha;
};

static void journal_closep(struct journal **j)
{
	*j = journal_close(*j);
}

struct journal *journal_close(struct journal *j)
{
	if (j) {
		fd_close(j->fd);
		fd_close(j->head_fd);
		fd_close(j->dir_fd);
		sha256_free(j->sha);
		buf_done(&j->line);
		free(j);
	}
	return NULL;
}

static int read_at(int fd, uint8_t *p, size_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t k = pread(fd, p, n, (off_t)offset);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? -errno : -EIO;
		p += k;
		n -= (size_t)k;
		offset += (uint64_t)k;
	}
	return 0;
}

/* Where the last line feed before `end` is, plus one; 0 where there is none. Does not look further
   back than `limit` bytes. */
static int find_line_end(int fd, uint64_t end, uint64_t limit, uint64_t *ret)
{
	uint8_t b[CHUNK];
	uint64_t stop = end > limit ? end - limit : 0;

	while (end > stop) {
		size_t n = (size_t)MIN(end - stop, (uint64_t)sizeof(b));
		const uint8_t *nl;
		int r = read_at(fd, b, n, end - n);

		if (r < 0)
			return r;
		nl = memrchr(b, '\n', n);
		end -= n;
		if (nl) {
			*ret = end + (uint64_t)(nl - b) + 1;
			return 0;
		}
	}
	*ret = stop;
	return stop == 0 ? 0 : -EBADMSG;
}

/* A name beside the journal that nothing has yet. */
static void aside_name(char ret[64], const char *what)
{
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_realtime(), now);
	for (char *c = now; *c; c++)
		if (*c == ':')
			*c = '.';
	snprintf(ret, 64, JOURNAL_FILE ".%s-%s", what, now);
}

static int copy_tail(struct journal *j, uint64_t from, uint64_t to, const char *name)
{
	cleanup_with(fd_closep) int fd = openat(
		j->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	uint8_t b[CHUNK];
	int r = 0;

	if (fd < 0)
		return -errno;
	while (from < to && r == 0) {
		size_t n = (size_t)MIN(to - from, (uint64_t)sizeof(b));

		r = read_at(j->fd, b, n, from);
		if (r == 0)
			r = fd_write_all(fd, view_of(b, n));
		from += n;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(j->dir_fd, name, 0);
	return r;
}

/* Moves what is behind the last line feed aside, and leaves j->now.size at that place. */
static int settle_tail(struct journal *j, struct journal_opened *how)
{
	struct stat st;
	uint64_t size, end;
	int r;

	if (fstat(j->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	size = (uint64_t)st.st_size;
	r = find_line_end(j->fd, size, UINT64_MAX, &end);
	if (r < 0)
		return r;
	j->now.size = end;
	if (end == size)
		return 0;
	aside_name(how->torn_file, "torn");
	r = copy_tail(j, end, size, how->torn_file);
	if (r < 0)
		return r;
	how->cut_bytes = size - end;
	return ftruncate(j->fd, (off_t)end) < 0 ? -errno : 0;
}

/* Takes number, hash and time from the last line. */
static int read_last(struct journal *j)
{
	uint64_t begin;
	size_t n;
	struct line l;
	struct view v;
	int r = find_line_end(j->fd, j->now.size - 1, LINE_MAX_BYTES, &begin);

	if (r < 0)
		return r;
	n = (size_t)(j->now.size - begin);
	buf_clear(&j->line);
	r = buf_reserve(&j->line, n);
	if (r == 0)
		r = read_at(j->fd, j->line.p, n, begin);
	if (r < 0)
		return r;
	v = view_of(j->line.p, n - 1);
	r = line_parse(v, &l);
	if (r == 0)
		r = line_check(v, &l, j->sha);
	if (r < 0)
		return r;
	j->now.seq = l.seq;
	memcpy(j->now.hash, l.hash, sizeof(l.hash));
	memcpy(j->now.time, l.time, sizeof(l.time));
	return 0;
}

/* Takes out of the file what a failed write left behind. */
static int roll_back(struct journal *j, const struct state *to, int error)
{
	if (ftruncate(j->fd, (off_t)to->size) < 0)
		j->broken = true;
	else
		j->now = *to;
	return error;
}

static int append_at(struct journal *j, uint64_t seq, const char *now, struct view payload)
{
	struct line l = {.seq = seq, .payload = payload};
	struct state before = j->now;
	int r;

	memcpy(l.time, now, sizeof(l.time));
	memcpy(l.prev, j->now.hash, sizeof(l.prev));
	buf_clear(&j->line);
	r = line_put(&j->line, &l, j->sha);
	if (r < 0)
		return r;
	r = fd_write_all(j->fd, buf_view(&j->line));
	if (r < 0)
		return roll_back(j, &before, r);
	j->now.seq = seq;
	j->now.size += j->line.n;
	memcpy(j->now.hash, l.hash, sizeof(l.hash));
	memcpy(j->now.time, l.time, sizeof(l.time));
	return 0;
}

static int write_birth(struct journal *j)
{
	char now[CLOCK_TEXT_MAX], payload[128];
	uint64_t id[2] = {clock_realtime(), clock_now()};

	/* Two journals must not begin alike, or records could be moved between them. */
	if (getrandom(id, sizeof(id), GRND_NONBLOCK) < 0)
		id[1] ^= (uint64_t)getpid() << 32;
	snprintf(payload, sizeof(payload),
		"{\"kind\":\"birth\",\"format\":1,\"id\":\"%016" PRIx64 "%016" PRIx64 "\"}", id[0],
		id[1]);
	clock_format(clock_realtime(), now);
	return append_at(j, 0, now, view_str(payload));
}

/* What was durable once, and is gone. The numbers go on behind it, so that it stays visible. */
static int compare_head(struct journal *j, struct journal_opened *how)
{
	struct head h;
	int r = head_read(j->dir_fd, &h);

	if (r == -ENOENT || r == -EBADMSG)
		return 0; /* verify tells; the next sync writes it anew */
	if (r < 0)
		return r;
	if (h.seq > j->now.seq) {
		how->missing = h.seq - j->now.seq;
		j->now.seq = h.seq;
	}
	return 0;
}

static int open_files(struct journal *j, const char *dir)
{
	j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir_fd < 0)
		return -errno;
	j->fd = openat(j->dir_fd, JOURNAL_FILE,
		O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (j->fd < 0)
		return -errno;
	if (flock(j->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return sha256_new(&j->sha);
}

int journal_open(const char *dir, struct journal **ret, struct journal_opened *ret_how)
{
	cleanup_with(journal_closep) struct journal *j = calloc(1, sizeof(*j));
	struct journal_opened how = {0};
	int r;

	if (!j)
		return -ENOMEM;
	*j = (struct journal){
		.fd = -1, .dir_fd = -1, .head_fd = -1, .line = BUF_INIT(LINE_MAX_BYTES)};
	r = open_files(j, dir);
	if (r == 0)
		r = settle_tail(j, &how);
	if (r < 0)
		return r;
	how.created = j->now.size == 0;
	r = how.created ? write_birth(j) : read_last(j);
	if (r == 0)
		r = compare_head(j, &how);
	if (r < 0)
		return r;
	j->head_fd = openat(
		j->dir_fd, JOURNAL_HEAD, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (j->head_fd < 0)
		return -errno;
	r = journal_sync(j);
	if (r == 0 && fsync(j->dir_fd) < 0)
		r = -errno;
	if (r < 0)
		return r;
	how.last_seq = j->now.seq;
	*ret_how = how;
	*ret = steal(&j);
	return 0;
}

int journal_set_aside(const char *dir, char ret_name[64])
{
	cleanup_with(journal_closep) struct journal *j = calloc(1, sizeof(*j));
	char name[64];
	int r;

	if (!j)
		return -ENOMEM;
	*j = (struct journal){.fd = -1, .dir_fd = -1, .head_fd = -1};
	r = open_files(j, dir);
	if (r < 0)
		return r;
	aside_name(name, "damaged");
	if (renameat2(j->dir_fd, JOURNAL_FILE, j->dir_fd, name, RENAME_NOREPLACE) < 0)
		return -errno;
	/* The head stays: the new journal's numbers go on behind it. */
	if (fsync(j->dir_fd) < 0)
		return -errno;
	memcpy(ret_name, name, sizeof(name));
	return 0;
}

/* The wall clock went back: a record of its own says so, then the times may run backwards. */
static int note_clock(struct journal *j, const char *now)
{
	char payload[128];

	snprintf(payload, sizeof(payload), "{\"kind\":\"clock\",\"from\":\"%s\",\"to\":\"%s\"}",
		j->now.time, now);
	return append_at(j, j->now.seq + 1, now, view_str(payload));
}

int journal_append(struct journal *j, struct view payload, uint64_t *ret_seq)
{
	char now[CLOCK_TEXT_MAX];
	struct view kind;
	int r = 0;

	if (payload.n > JOURNAL_RECORD_MAX || payload_check(payload, &kind) < 0)
		return -EINVAL;
	if (j->broken)
		return -ESTALE;
	clock_format(clock_realtime(), now);
	if (strcmp(now, j->now.time) < 0)
		r = note_clock(j, now);
	if (r == 0)
		r = append_at(j, j->now.seq + 1, now, payload);
	if (r == 0)
		*ret_seq = j->now.seq;
	return r;
}

/* Is the file under its name still ours, and as long as we made it? */
static bool is_ours(const struct journal *j)
{
	struct stat mine, named;

	return fstat(j->fd, &mine) == 0 &&
		fstatat(j->dir_fd, JOURNAL_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		mine.st_ino == named.st_ino && mine.st_dev == named.st_dev &&
		(uint64_t)mine.st_size == j->now.size;
}

int journal_sync(struct journal *j)
{
	char text[HEAD_SIZE + 1];
	struct head h = {.seq = j->now.seq};

	if (j->broken || !is_ours(j)) {
		j->broken = true;
		return -ESTALE;
	}
	if (fdatasync(j->fd) < 0)
		return roll_back(j, &j->synced, -errno);
	j->synced = j->now;
	memcpy(h.hash, j->now.hash, sizeof(h.hash));
	head_format(&h, text);
	/* A head that lags behind is in order, so this need not be durable nor even succeed. */
	if (pwrite(j->head_fd, text, HEAD_SIZE, 0) != HEAD_SIZE)
		return 0;
	return 0;
}
