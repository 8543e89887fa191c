/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "journal/segments.h"

#define BUFFER_SIZE (2 * LINE_MAX_BYTES)

struct journal_reader {
	int fd, dir_fd;
	struct segments old;  /* as listed, with those closed since */
	size_t at;            /* the segment that is read; old.n: the one being written */
	size_t begin, end;    /* what is in the buffer */
	uint64_t offset;      /* of p[begin] in the file */
	uint64_t line;        /* of the next one, 1-based */
	uint64_t long_offset; /* where the line being skipped began */
	uint64_t unfinished;
	bool skipping;
	uint8_t p[BUFFER_SIZE];
};

static const char *name_at(const struct journal_reader *r)
{
	return r->at < r->old.n ? r->old.v[r->at].name : JOURNAL_FILE;
}

static uint64_t base_at(const struct journal_reader *r, size_t at)
{
	const struct segment *last;

	if (at < r->old.n)
		return r->old.v[at].base;
	if (r->old.n == 0)
		return 0;
	last = &r->old.v[r->old.n - 1];
	return last->base + last->size;
}

static int open_at(struct journal_reader *r, size_t at)
{
	struct stat st;
	int fd;

	r->fd = fd_close(r->fd);
	r->at = at;
	r->begin = r->end = 0;
	r->offset = 0;
	r->line = 1;
	r->skipping = false;
	fd = openat(r->dir_fd, name_at(r), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r->fd = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

/* The next that is there: retention may have removed some since they were listed. */
static int open_from(struct journal_reader *r, size_t at)
{
	int e = -ENOENT;

	for (; at <= r->old.n && e == -ENOENT; at++)
		e = open_at(r, at);
	/* A journal whose writer died between closing one file and beginning the next. */
	return e == -ENOENT && r->old.n > 0 ? 0 : e;
}

int journal_reader_open(const char *dir, struct journal_reader **ret)
{
	struct journal_reader *r = calloc(1, sizeof(*r));
	int e = 0;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		e = -errno;
	if (e == 0)
		e = segments_list(r->dir_fd, &r->old);
	if (e == 0)
		e = open_from(r, 0);
	if (e < 0) {
		journal_reader_close(r);
		return e;
	}
	*ret = r;
	return 0;
}

struct journal_reader *journal_reader_close(struct journal_reader *r)
{
	if (r) {
		fd_close(r->fd);
		fd_close(r->dir_fd);
		segments_done(&r->old);
		free(r);
	}
	return NULL;
}

/* Reads more behind what is there. 0 or READER_END or -errno. */
static int fill(struct journal_reader *r)
{
	ssize_t n;

	if (r->begin > 0) {
		memmove(r->p, r->p + r->begin, r->end - r->begin);
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->fd < 0)
		return READER_END;
	do
		n = pread(r->fd, r->p + r->end, BUFFER_SIZE - r->end, (off_t)(r->offset + r->end));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->end += (size_t)n;
	return n == 0 ? READER_END : 0;
}

static void drop(struct journal_reader *r, size_t n)
{
	r->begin += n;
	r->offset += n;
}

/* A line of the file that is open. 0, READER_END, READER_LONG or -errno. */
static int line_here(struct journal_reader *r, struct raw_line *ret)
{
	size_t seen = 0; /* bytes of the buffer without a line feed */

	for (;;) {
		size_t have = r->end - r->begin;
		const uint8_t *nl = memchr(r->p + r->begin + seen, '\n', have - seen);
		int e;

		if (nl) {
			size_t n = (size_t)(nl - (r->p + r->begin));
			bool was_long = r->skipping || n + 1 > LINE_MAX_BYTES;

			ret->text = view_of(r->p + r->begin, n);
			ret->offset = r->skipping ? r->long_offset : r->offset;
			ret->line = r->line++;
			ret->file = name_at(r);
			ret->place = base_at(r, r->at) + ret->offset;
			r->skipping = false;
			drop(r, n + 1);
			return was_long ? READER_LONG : 0;
		}
		if (have >= LINE_MAX_BYTES) {
			if (!r->skipping)
				r->long_offset = r->offset;
			r->skipping = true;
			drop(r, have);
			have = 0;
		}
		seen = have;
		e = fill(r);
		if (e != 0) {
			r->unfinished = r->end - r->begin;
			if (r->skipping)
				r->unfinished += r->offset - r->long_offset;
			return e;
		}
	}
}

/* Is there a file behind the one that was read to its end? */
static bool has_next(struct journal_reader *r)
{
	struct stat mine, named;

	if (r->at < r->old.n)
		return true;
	if (r->fd < 0)
		return faccessat(r->dir_fd, JOURNAL_FILE, F_OK, 0) == 0;
	if (fstat(r->fd, &mine) < 0)
		return false;
	if (fstatat(r->dir_fd, JOURNAL_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		named.st_ino == mine.st_ino && named.st_dev == mine.st_dev)
		return false;
	/* It has another name now, or it is gone: then this is the end. */
	if (segments_more(r->dir_fd, &r->old) < 0)
		return false;
	return r->at < r->old.n &&
		fstatat(r->dir_fd, name_at(r), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		named.st_ino == mine.st_ino && named.st_dev == mine.st_dev;
}

/* What a closed file has behind its last line feed is no record, but it is told as a line. */
static bool take_rest(struct journal_reader *r, struct raw_line *ret)
{
	if (r->unfinished == 0)
		return false;
	*ret = (struct raw_line){.line = r->line,
		.offset = r->skipping ? r->long_offset : r->offset,
		.file = name_at(r)};
	ret->place = base_at(r, r->at) + ret->offset;
	drop(r, r->end - r->begin);
	r->skipping = false;
	r->unfinished = 0;
	return true;
}

int reader_line(struct journal_reader *r, struct raw_line *ret)
{
	for (;;) {
		int e = line_here(r, ret);

		if (e != READER_END || !has_next(r))
			return e;
		/* Lines may have come between the look at its end and its closing. */
		e = line_here(r, ret);
		if (e != READER_END)
			return e;
		if (take_rest(r, ret))
			return READER_LONG;
		e = open_from(r, r->at + (r->at < r->old.n));
		if (e < 0)
			return e;
	}
}

uint64_t reader_unfinished(const struct journal_reader *r)
{
	return r->unfinished;
}

uint64_t reader_offset(const struct journal_reader *r)
{
	return r->skipping ? r->long_offset : r->offset;
}

uint64_t reader_line_number(const struct journal_reader *r)
{
	return r->line;
}

const char *reader_file(const struct journal_reader *r)
{
	return name_at(r);
}

int reader_dir(const struct journal_reader *r)
{
	return r->dir_fd;
}

int journal_read(struct journal_reader *r, struct journal_entry *ret)
{
	struct raw_line raw;
	struct line l;
	int e = reader_line(r, &raw);

	if (e == READER_LONG)
		return -EBADMSG;
	if (e != 0)
		return e;
	e = line_parse(raw.text, &l);
	if (e < 0)
		return e;
	*ret = (struct journal_entry){.seq = l.seq,
		.payload = l.payload,
		.kind = l.kind,
		.whole = raw.text,
		.file = raw.file,
		.line = raw.line,
		.offset = raw.place};
	memcpy(ret->time, l.time, sizeof(l.time));
	memcpy(ret->hash, l.hash, sizeof(l.hash));
	return 0;
}

void journal_reader_seek(struct journal_reader *r, uint64_t place, uint64_t line)
{
	uint64_t base, offset;
	size_t at = r->old.n;

	while (at > 0 && place < base_at(r, at))
		at--;
	if (at != r->at && open_at(r, at) < 0)
		r->fd = fd_close(r->fd); /* gone meanwhile: nothing is read from it */
	offset = place - base_at(r, at);
	base = r->offset - r->begin;
	/* What was read already serves again: a journal only grows. */
	if (offset >= base && offset - base < r->end)
		r->begin = (size_t)(offset - base);
	else
		r->begin = r->end = 0;
	r->offset = offset;
	r->line = line;
	r->skipping = false;
}
