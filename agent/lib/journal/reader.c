/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define BUFFER_SIZE (2 * LINE_MAX_BYTES)

struct journal_reader {
	int fd, dir_fd;
	size_t begin, end;    /* what is in the buffer */
	uint64_t offset;      /* of p[begin] in the file */
	uint64_t line;        /* of the next one, 1-based */
	uint64_t long_offset; /* where the line being skipped began */
	uint64_t unfinished;
	bool skipping;
	uint8_t p[BUFFER_SIZE];
};

int journal_reader_open(const char *dir, struct journal_reader **ret)
{
	struct journal_reader *r = calloc(1, sizeof(*r));
	struct stat st;
	int e;

	if (!r)
		return -ENOMEM;
	r->line = 1;
	r->fd = -1;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd >= 0)
		r->fd = openat(r->dir_fd, JOURNAL_FILE, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0) {
		e = -errno;
		journal_reader_close(r);
		return e;
	}
	if (!S_ISREG(st.st_mode)) {
		journal_reader_close(r);
		return -EINVAL;
	}
	*ret = r;
	return 0;
}

struct journal_reader *journal_reader_close(struct journal_reader *r)
{
	if (r) {
		fd_close(r->fd);
		fd_close(r->dir_fd);
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

int reader_line(struct journal_reader *r, struct raw_line *ret)
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
		.line = raw.line,
		.offset = raw.offset};
	memcpy(ret->time, l.time, sizeof(l.time));
	return 0;
}

void journal_reader_seek(struct journal_reader *r, uint64_t offset, uint64_t line)
{
	uint64_t base = r->offset - r->begin;

	/* What was read already serves again: a journal only grows. */
	if (offset >= base && offset - base < r->end)
		r->begin = (size_t)(offset - base);
	else
		r->begin = r->end = 0;
	r->offset = offset;
	r->line = line;
	r->skipping = false;
}
