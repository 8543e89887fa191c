/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closing files of the journal, and dropping the oldest where the limits say so. What is dropped is
 * a record before it goes, with the hash that the rest goes on from, so that the chain can be told
 * from one that was cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "journal/journal_private.h"

#define LOOK_NS       (60 * NSEC_PER_SEC) /* between two looks for what is too old */
#define RESERVE_BYTES (256 << 10)
#define AGE_PARTS     8U /* of `keep_ns`: a file is closed at that age, so that it can go */

void journal_limit(struct journal *j, const struct journal_limits *l)
{
	j->limits = *l;
	j->looked = 0;
}

static uint64_t age_since(uint64_t then)
{
	uint64_t now = clock_realtime();

	return then < now ? now - then : 0;
}

static uint64_t age_of(const char *time)
{
	uint64_t then;

	return clock_parse(time, &then) == 0 ? age_since(then) : 0;
}

static int relist(struct journal *j)
{
	struct segments s;
	int r = segments_list(j->dir_fd, &s);

	if (r < 0)
		return r;
	segments_done(&j->closed);
	j->closed = s;
	j->closed_bytes = 0;
	for (size_t i = 0; i < s.n; i++)
		j->closed_bytes += s.v[i].size;
	return 0;
}

/* Between the two names the journal has no file that is written; journal_open() goes on from that,
   and a reader too. */
static int rotate(struct journal *j)
{
	char name[JOURNAL_NAME_MAX], payload[160];
	int r = journal_sync(j);

	if (r < 0)
		return r;
	segment_name(j->first_seq, name);
	if (renameat2(j->dir_fd, JOURNAL_FILE, j->dir_fd, name, RENAME_NOREPLACE) < 0)
		return -errno;
	r = journal_begin_file(j);
	if (r < 0) {
		/* The old one is gone on with, under its old name. */
		if (renameat2(j->dir_fd, name, j->dir_fd, JOURNAL_FILE, RENAME_NOREPLACE) < 0)
			j->broken = true;
		return r;
	}
	snprintf(payload, sizeof(payload), "{\"kind\":\"segment\",\"after\":\"%s\",\"id\":\"%s\"}",
		name, j->id);
	j->synced = j->now;
	r = journal_append_own(j, view_str(payload));
	if (r == 0)
		r = journal_sync(j);
	if (r == 0 && fsync(j->dir_fd) < 0)
		r = -errno;
	/* Where the disk is full the file stays empty; the chain goes on with the next record. */
	return r == 0 ? relist(j) : r;
}

struct dropped {
	uint64_t from_seq, to_seq;
	char from[LINE_TIME_SIZE + 1], to[LINE_TIME_SIZE + 1];
	uint8_t hash[SHA256_SIZE];
};

/* What is in the first `n` closed files. */
static int describe(struct journal *j, size_t n, struct dropped *ret)
{
	cleanup_with(fd_closep) int first = openat(
		j->dir_fd, j->closed.v[0].name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_with(fd_closep) int last = openat(
		j->dir_fd, j->closed.v[n - 1].name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct line l;
	int r;

	if (first < 0 || last < 0)
		return -errno;
	r = journal_first_line(j, first, &l);
	if (r < 0)
		return r;
	ret->from_seq = l.seq;
	memcpy(ret->from, l.time, sizeof(ret->from));
	r = journal_last_line(j, last, j->closed.v[n - 1].size, &l);
	if (r < 0)
		return r;
	ret->to_seq = l.seq;
	memcpy(ret->to, l.time, sizeof(ret->to));
	memcpy(ret->hash, l.hash, sizeof(ret->hash));
	return 0;
}

/* Where they are damaged: what their names and the file behind them say. */
static int describe_damaged(struct journal *j, size_t n, struct dropped *ret)
{
	cleanup_with(fd_closep) int fd = openat(j->dir_fd,
		n < j->closed.n ? j->closed.v[n].name : JOURNAL_FILE,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct line l;
	int r = fd < 0 ? -errno : journal_first_line(j, fd, &l);

	if (r == 0 && l.seq <= j->closed.v[0].first_seq)
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret = (struct dropped){.from_seq = j->closed.v[0].first_seq, .to_seq = l.seq - 1};
	memcpy(ret->hash, l.prev, sizeof(ret->hash));
	return 0;
}

static int record_drop(struct journal *j, const char *what, const struct dropped *d, size_t n)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(JOURNAL_RECORD_MAX);
	struct json w;
	int r;

	json_init(&w, &b);
	json_object(&w);
	json_key_str(&w, "kind", "retention");
	json_key_str(&w, "what", what);
	json_key_str(&w, "text", "the oldest records were removed");
	json_key_u64(&w, "records", d->to_seq - d->from_seq + 1);
	json_key_u64(&w, "from_seq", d->from_seq);
	json_key_u64(&w, "to_seq", d->to_seq);
	if (d->from[0]) {
		json_key_str(&w, "from", d->from);
		json_key_str(&w, "to", d->to);
	}
	json_key(&w, "last_hash");
	json_hex(&w, d->hash, sizeof(d->hash));
	json_key_u64(&w, "files", n);
	json_object_end(&w);
	r = json_error(&w);
	if (r == 0)
		r = journal_append_own(j, buf_view(&b));
	return r == 0 ? journal_sync(j) : r;
}

/* Only what is durable as dropped goes. */
static int drop(struct journal *j, const char *what, size_t n)
{
	struct dropped d;
	int r = describe(j, n, &d);

	/* A damaged file must not keep the others from going until the disk is full: it goes along
	   with them. */
	if (r == -EBADMSG)
		r = describe_damaged(j, n, &d);
	while (r == -EBADMSG && n < j->closed.n)
		r = describe_damaged(j, ++n, &d);
	if (r == 0)
		r = record_drop(j, what, &d, n);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (unlinkat(j->dir_fd, j->closed.v[i].name, 0) < 0 && errno != ENOENT)
			r = -errno;
	if (r == 0 && fsync(j->dir_fd) < 0)
		r = -errno;
	return r == 0 ? relist(j) : r;
}

/* A file is too old when the first record of the next one is. */
static int drop_old(struct journal *j)
{
	size_t n = 0;

	while (n < j->closed.n) {
		bool last = n + 1 == j->closed.n;
		cleanup_with(fd_closep) int fd = last ? -1
						      : openat(j->dir_fd, j->closed.v[n + 1].name,
								O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		struct stat st;
		struct line l;
		uint64_t age;
		int r = last ? 0 : fd < 0 ? -errno : journal_first_line(j, fd, &l);

		/* Damaged: no older than when it was closed. */
		if (r == -EBADMSG && fstat(fd, &st) == 0)
			age = age_since((uint64_t)st.st_mtim.tv_sec * NSEC_PER_SEC);
		else if (r < 0)
			return r;
		else
			age = age_of(last ? j->first_time : l.time);
		if (age < j->limits.keep_ns)
			break;
		n++;
	}
	return n > 0 ? drop(j, "age", n) : 0;
}

static int drop_large(struct journal *j)
{
	uint64_t total = j->closed_bytes + j->now.size;
	size_t n = 0;

	while (n < j->closed.n && total > j->limits.total_bytes)
		total -= j->closed.v[n++].size;
	return n > 0 ? drop(j, "size", n) : 0;
}

/* What a full disk will still take: the record of what goes. */
static void keep_reserve(struct journal *j)
{
	cleanup_with(fd_closep) int fd = openat(j->dir_fd, JOURNAL_RESERVE,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && fallocate(fd, 0, 0, RESERVE_BYTES) < 0)
		(void)unlinkat(j->dir_fd, JOURNAL_RESERVE, 0);
}

static bool wants_rotation(const struct journal *j)
{
	const struct journal_limits *l = &j->limits;

	if (l->segment_bytes > 0 && j->now.size >= l->segment_bytes)
		return true;
	return l->keep_ns > 0 && j->now.seq > j->first_seq &&
		age_of(j->first_time) > l->keep_ns / AGE_PARTS;
}

int journal_maintain(struct journal *j)
{
	uint64_t now = clock_now(), seq;
	int r = 0;

	if (journal_wants_seal(j)) {
		r = journal_seal(j, VIEW_EMPTY, &seq);
		if (r == 0)
			r = journal_sync(j);
	}
	if (r == 0 && wants_rotation(j))
		r = rotate(j);
	if (r == 0 && j->limits.total_bytes > 0 && j->limits.drop_oldest)
		r = drop_large(j);
	if (r == 0 && (j->looked == 0 || now - j->looked >= LOOK_NS)) {
		j->looked = now;
		if (j->limits.keep_ns > 0)
			r = drop_old(j);
		if (j->limits.drop_oldest)
			keep_reserve(j);
	}
	return r;
}

int journal_make_room(struct journal *j)
{
	bool freed = unlinkat(j->dir_fd, JOURNAL_RESERVE, 0) == 0;
	int r;

	if (!j->limits.drop_oldest || j->closed.n == 0)
		return freed;
	r = drop(j, "disk-full", 1);
	j->looked = 0; /* the reserve is made again when there is room */
	return r < 0 ? r : 1;
}
