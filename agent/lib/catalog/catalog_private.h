/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "catalog/catalog.h"
#include "catalog/names.h"
#include "journal/journal.h"
#include "model/action.h"

#define LEVEL_UNKNOWN 0xff

/* A line of the journal: in the file whose first record is segments[segment]. */
struct place {
	uint32_t segment, offset;
	uint64_t seq;
};

struct update {
	struct place at;
	uint32_t next; /* of the same incident; NAMES_NONE */
};

/* Numbers of names; lists are in `numbers`, with their length first. */
struct row {
	struct place at;
	uint64_t time;
	uint32_t first, last; /* of its updates */
	uint32_t id, app, app_name, user, uid, host, path, exe, sha256, rule, message, destination;
	uint32_t channel, status, assignee;
	uint32_t retries;
	uint32_t rules, tags, texts; /* lists */
	uint8_t level, action;
	bool dirty; /* its updates were not looked at yet */
};

struct catalog {
	char *dir;
	enum level hide_names, hide_snippets;
	struct names names;
	struct row *rows;
	struct update *updates;
	uint32_t *numbers, *dirty;
	uint64_t *segments; /* numbers of their first records */
	uint32_t n_rows, cap_rows, n_updates, cap_updates, n_numbers, cap_numbers;
	uint32_t n_dirty, cap_dirty, n_segments, cap_segments;
	uint32_t first_row; /* what is before it was dropped from the journal */
	/* where reading goes on */
	struct journal_reader *reader;
	uint64_t base;     /* of the file being read, in the reader's places */
	uint64_t last_seq; /* that was read */
	uint64_t looked;   /* when the files were */
	uint64_t behind;   /* that the head was, at the last look: last_seq then; 0: it was not */
	struct catalog_about about;
	/* the file that was loaded from last */
	int load_fd;
	uint32_t load_segment;
};

/* Room for one more of `size` bytes. */
must_check int catalog_grow(void *array, uint32_t n, uint32_t *cap, size_t size);

/* The line at a place, as a record with its payload in `storage`. */
must_check int catalog_read(
	struct catalog *c, const struct place *at, struct buf *storage, struct view *ret_payload);
/* As it is now, nothing concealed. */
must_check int catalog_parse(struct catalog *c, const struct row *row, struct incident **ret);
must_check int catalog_fill(struct catalog *c, struct row *row, struct incident *i);
must_check int catalog_conceal(const struct catalog *c, struct incident *i);

static inline const uint32_t *catalog_numbers(const struct catalog *c, uint32_t at, uint32_t *ret_n)
{
	*ret_n = at == NAMES_NONE ? 0 : c->numbers[at];
	return at == NAMES_NONE ? NULL : c->numbers + at + 1;
}
