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
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "journal/journal_private.h"
#include "journal/payload.h"

#define CHUNK         (64U << 10)         /* bytes per read while looking for the last line */
#define CLOCK_JUMP_NS (60 * NSEC_PER_SEC) /* of the wall clock against the running one */

static void journal_closep(struct journal **j)
{
	*j = journal_close(*j);
}

struct journal *journal_close(struct journal *j)
{
	if (j) {
		fd_close(j->fd);
		fd_close(j->head_fd);
		fd_close(j->lock_fd);
		fd_close(j->dir_fd);
		sha256_free(j->sha);
		segments_done(&j->closed);
		sign_secret_wipe(&j->secret);
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

static int line_at(struct journal *j, int fd, uint64_t begin, size_t n, struct line *ret)
{
	struct view v;
	int r;

	buf_clear(&j->line);
	r = buf_reserve(&j->line, n);
	if (r == 0)
		r = read_at(fd, j->line.p, n, begin);
	if (r < 0)
		return r;
	v = view_of(j->line.p, n - 1);
	r = line_parse(v, ret);
	return r < 0 ? r : line_check(v, ret, j->sha);
}

int journal_last_line(struct journal *j, int fd, uint64_t size, struct line *ret)
{
	uint64_t begin;
	int r = size == 0 ? -EBADMSG : find_line_end(fd, size - 1, LINE_MAX_BYTES, &begin);

	return r < 0 ? r : line_at(j, fd, begin, (size_t)(size - begin), ret);
}

int journal_first_line(struct journal *j, int fd, struct line *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(LINE_MAX_BYTES + 1);
	const uint8_t *nl;
	int r = fd_read_all(fd, LINE_MAX_BYTES, &b);

	if (r < 0 && r != -E2BIG)
		return r;
	nl = b.n ? memchr(b.p, '\n', b.n) : NULL;
	return nl ? line_at(j, fd, 0, (size_t)(nl - b.p) + 1, ret) : -EBADMSG;
}

/* What the chain goes on from. */
static void go_on_from(struct journal *j, const struct line *l)
{
	j->now.seq = l->seq;
	memcpy(j->now.hash, l->hash, sizeof(l->hash));
	memcpy(j->now.time, l->time, sizeof(l->time));
}

/* The birth record and the first record of each further file have the journal's id. */
static void take_first(struct journal *j, const struct line *l)
{
	struct view id;

	j->first_seq = l->seq;
	memcpy(j->first_time, l->time, sizeof(j->first_time));
	if (payload_text(l->payload, "id", &id) && id.n == SEAL_ID_SIZE)
		memcpy(j->id, id.p, id.n);
}

/* The file that is written has records: its first and its last. */
static int read_ends(struct journal *j)
{
	struct line l;
	int r = journal_first_line(j, j->fd, &l);

	if (r == 0)
		take_first(j, &l);
	else if (r != -EBADMSG)
		return r; /* a damaged front is for verify to tell */
	r = journal_last_line(j, j->fd, j->now.size, &l);
	if (r == 0)
		go_on_from(j, &l);
	return r;
}

/* The file that is written is empty, and there are closed ones before it. */
static int follow_closed(struct journal *j)
{
	const struct segment *last = &j->closed.v[j->closed.n - 1];
	cleanup_with(fd_closep) int fd = openat(
		j->dir_fd, last->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char payload[160];
	struct line l;
	int r;

	if (fd < 0)
		return -errno;
	r = journal_first_line(j, fd, &l);
	if (r == 0)
		take_first(j, &l);
	r = journal_last_line(j, fd, last->size, &l);
	if (r < 0)
		return r == -EBADMSG ? -EUCLEAN : r;
	go_on_from(j, &l);
	snprintf(payload, sizeof(payload), "{\"kind\":\"segment\",\"after\":\"%s\",\"id\":\"%s\"}",
		last->name, j->id);
	return journal_append_own(j, view_str(payload));
}

/* Takes out of the file what a failed write left behind. */
static int roll_back(struct journal *j, const struct journal_state *to, int error)
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
	struct journal_state before = j->now;
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
	if (before.size == 0) {
		j->first_seq = seq;
		memcpy(j->first_time, l.time, sizeof(j->first_time));
	}
	return 0;
}

int journal_append_own(struct journal *j, struct view payload)
{
	char now[CLOCK_TEXT_MAX];

	clock_format(clock_realtime(), now);
	/* Times do not run backwards but in a record that says so. */
	return append_at(
		j, j->now.seq + 1, strcmp(now, j->now.time) < 0 ? j->now.time : now, payload);
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
	snprintf(j->id, sizeof(j->id), "%016" PRIx64 "%016" PRIx64, id[0], id[1]);
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

void journal_own_like_directory(const struct journal *j, int fd)
{
	struct stat st;

	if (geteuid() == 0 && fstat(j->dir_fd, &st) == 0)
		unchecked(fchown(fd, st.st_uid, st.st_gid));
}

static int open_files(struct journal *j, const char *dir)
{
	j->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir_fd < 0)
		return -errno;
	/* A file of its own, for the writer alone: whoever may read the others could lock them, and
	   with that keep records out. */
	j->lock_fd = openat(
		j->dir_fd, JOURNAL_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->lock_fd < 0)
		return -errno;
	journal_own_like_directory(j, j->lock_fd);
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	j->fd = openat(j->dir_fd, JOURNAL_FILE,
		O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (j->fd < 0)
		return -errno;
	journal_own_like_directory(j, j->fd);
	return sha256_new(&j->sha);
}

int journal_begin_file(struct journal *j)
{
	int fd = openat(j->dir_fd, JOURNAL_FILE,
		O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd < 0)
		return -errno;
	journal_own_like_directory(j, fd);
	fd_close(j->fd);
	j->fd = fd;
	j->now.size = 0;
	return 0;
}

int journal_open(const char *dir, struct journal **ret, struct journal_opened *ret_how)
{
	cleanup_with(journal_closep) struct journal *j = calloc(1, sizeof(*j));
	struct journal_opened how = {0};
	int r;

	if (!j)
		return -ENOMEM;
	*j = (struct journal){.fd = -1,
		.dir_fd = -1,
		.head_fd = -1,
		.lock_fd = -1,
		.line = BUF_INIT(LINE_MAX_BYTES)};
	memset(j->id, '0', SEAL_ID_SIZE); /* of a journal whose front is damaged */
	r = open_files(j, dir);
	if (r == 0)
		r = settle_tail(j, &how);
	if (r < 0)
		return r;
	r = segments_list(j->dir_fd, &j->closed);
	if (r < 0)
		return r;
	for (size_t i = 0; i < j->closed.n; i++)
		j->closed_bytes += j->closed.v[i].size;
	how.created = j->now.size == 0 && j->closed.n == 0;
	r = how.created ? write_birth(j) : j->now.size == 0 ? follow_closed(j) : read_ends(j);
	if (r == 0)
		r = compare_head(j, &how);
	if (r < 0)
		return r;
	j->head_fd = openat(
		j->dir_fd, JOURNAL_HEAD, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (j->head_fd < 0)
		return -errno;
	journal_own_like_directory(j, j->head_fd);
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
	*j = (struct journal){.fd = -1, .dir_fd = -1, .head_fd = -1, .lock_fd = -1};
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

static uint64_t boottime(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_BOOTTIME, &t) == 0
		? (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec
		: 0;
}

static int note_clock(struct journal *j, const char *from, const char *now, int64_t jump_ms)
{
	char payload[160];

	snprintf(payload, sizeof(payload),
		"{\"kind\":\"clock\",\"from\":\"%s\",\"to\":\"%s\",\"jump_ms\":%" PRId64 "}", from,
		now, jump_ms);
	return append_at(j, j->now.seq + 1, now, view_str(payload));
}

/* The wall clock went back, or jumped against the clock that nobody can set: a record of its own
   says so. Then the times may run backwards. */
static int check_clock(struct journal *j, uint64_t realtime, const char *now)
{
	uint64_t boot = boottime(), expected = j->realtime + (boot - j->boottime);
	bool known = j->realtime > 0;
	char from[CLOCK_TEXT_MAX];

	j->realtime = realtime;
	j->boottime = boot;
	if (known &&
		(realtime > expected ? realtime - expected : expected - realtime) > CLOCK_JUMP_NS) {
		clock_format(expected, from);
		return note_clock(j, from, now,
			((int64_t)realtime - (int64_t)expected) / (int64_t)NSEC_PER_MSEC);
	}
	return strcmp(now, j->now.time) < 0 ? note_clock(j, j->now.time, now, 0) : 0;
}

/* Would it be more than the journal may have? */
static bool is_over(const struct journal *j, size_t n)
{
	return j->limits.total_bytes > 0 && !j->limits.drop_oldest &&
		j->closed_bytes + j->now.size + n + LINE_MAX_BYTES - JOURNAL_RECORD_MAX >
		j->limits.total_bytes;
}

int journal_append(struct journal *j, struct view payload, uint64_t *ret_seq)
{
	uint64_t realtime = clock_realtime();
	char now[CLOCK_TEXT_MAX];
	struct view kind;
	int r;

	if (payload.n > JOURNAL_RECORD_MAX || payload_check(payload, &kind) < 0)
		return -EINVAL;
	if (j->broken)
		return -ESTALE;
	if (is_over(j, payload.n))
		return -EDQUOT;
	clock_format(realtime, now);
	r = check_clock(j, realtime, now);
	if (r == 0)
		r = append_at(j, j->now.seq + 1, now, payload);
	if (r == 0 && j->unsealed_since == 0)
		j->unsealed_since = clock_now();
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
