/* SPDX-License-Identifier: Apache-2.0 */
/* Single records out of the journal, by where they were. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "catalog/catalog_private.h"
#include "journal/line.h"
#include "journal/reader.h"
#include "journal/segments.h"

/* The file that a record is in has one of two names. */
static int open_segment(struct catalog *c, uint32_t segment, bool closed)
{
	char name[JOURNAL_NAME_MAX];
	struct stat st;
	int fd;

	segment_name(c->segments[segment], name);
	fd = openat(reader_dir(c->reader), closed ? name : JOURNAL_FILE,
		O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		fd_close(fd);
		return -EINVAL;
	}
	fd_close(c->load_fd);
	c->load_fd = fd;
	c->load_segment = segment;
	return 0;
}

/* 0; -ESTALE where another line, or none, is there. */
static int read_line(
	struct catalog *c, const struct place *at, struct buf *storage, struct view *ret_payload)
{
	size_t want = 8192;
	const uint8_t *end = NULL;
	struct line l;

	buf_clear(storage);
	while (!end) {
		size_t had = storage->n;
		ssize_t n;
		int r = buf_reserve(storage, want);

		if (r < 0)
			return r;
		n = pread(c->load_fd, storage->p + had, want, (off_t)(at->offset + had));
		if (n < 0)
			return -errno;
		storage->n += (size_t)n;
		end = memchr(storage->p + had, '\n', (size_t)n);
		if (!end && (n == 0 || storage->n > LINE_MAX_BYTES))
			return -ESTALE;
		want *= 2;
	}
	if (line_parse(view_of(storage->p, (size_t)(end - storage->p)), &l) < 0 || l.seq != at->seq)
		return -ESTALE;
	*ret_payload = l.payload;
	return 0;
}

int catalog_read(
	struct catalog *c, const struct place *at, struct buf *storage, struct view *ret_payload)
{
	int r = -ESTALE;

	if (!c->reader)
		return -ESTALE;
	if (c->load_fd >= 0 && c->load_segment == at->segment)
		r = read_line(c, at, storage, ret_payload);
	/* It may be closed between the two. */
	for (int try = 0; r == -ESTALE && try < 3; try++) {
		r = open_segment(c, at->segment, try != 1);
		r = r == 0 ? read_line(c, at, storage, ret_payload) : r == -ENOENT ? -ESTALE : r;
	}
	return r;
}

int catalog_parse(struct catalog *c, const struct row *row, struct incident **ret)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	cleanup_with(buf_done) struct buf storage = BUF_INIT(4 * LINE_MAX_BYTES);
	struct view payload;
	int r = catalog_read(c, &row->at, &storage, &payload);

	if (r == 0)
		r = incident_parse(payload, &i);
	for (uint32_t u = row->first; r == 0 && u != NAMES_NONE; u = c->updates[u].next) {
		r = catalog_read(c, &c->updates[u].at, &storage, &payload);
		if (r == 0)
			r = incident_merge(i, payload);
	}
	if (r == 0)
		*ret = steal(&i);
	return r;
}

/* Maybe: an unknown level is looked at. */
static bool conceals(const struct catalog *c, const struct row *row)
{
	return (c->hide_names > LEVEL_NONE && row->level >= (uint8_t)c->hide_names) ||
		(c->hide_snippets > LEVEL_NONE && row->level >= (uint8_t)c->hide_snippets);
}

/* As it was written, without the journal's own word. 1 where that is not how it begins. */
static int copy_payload(struct view payload, struct buf *out)
{
	static const char head[] = "{\"kind\":\"incident\",\"id\":";
	size_t cut = strlen("\"kind\":\"incident\",");
	size_t had = out->n;
	int r;

	if (!view_starts(payload, view_str(head)))
		return 1;
	r = buf_put_byte(out, '{');
	if (r == 0)
		r = buf_put_view(out, view_sub(payload, cut + 1, payload.n));
	if (r < 0)
		out->n = had;
	return r;
}

int catalog_json(struct catalog *c, uint32_t row, struct buf *out)
{
	const struct row *at = &c->rows[row];
	cleanup_with(incident_freep) struct incident *i = NULL;
	int r = 1;

	if (at->first == NAMES_NONE && !conceals(c, at)) {
		cleanup_with(buf_done) struct buf storage = BUF_INIT(4 * LINE_MAX_BYTES);
		struct view payload;

		r = catalog_read(c, &at->at, &storage, &payload);
		if (r == 0)
			r = copy_payload(payload, out);
	}
	if (r != 1)
		return r;
	r = catalog_load(c, row, false, &i);
	return r < 0 ? r : incident_json(i, out);
}

int catalog_conceal(const struct catalog *c, struct incident *i)
{
	/* A level of another version may be anything. */
	enum level level = i->level_known ? i->level : LEVEL_TOP_SECRET;
	bool name = c->hide_names > LEVEL_NONE && level >= c->hide_names,
	     snippets = c->hide_snippets > LEVEL_NONE && level >= c->hide_snippets;

	return name || snippets ? incident_conceal(i, name, snippets) : 0;
}

int catalog_load(struct catalog *c, uint32_t row, bool reveal, struct incident **ret)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	int r = catalog_parse(c, &c->rows[row], &i);

	if (r == 0 && !reveal)
		r = catalog_conceal(c, i);
	if (r == 0)
		*ret = steal(&i);
	return r;
}
