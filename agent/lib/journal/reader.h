/* SPDX-License-Identifier: Apache-2.0 */
/* Whole lines out of the journal, whatever is in it. */
#pragma once

#include "journal/journal.h"
#include "journal/line.h"

#define READER_END  JOURNAL_END
#define READER_LONG 2 /* over LINE_MAX_BYTES, or the unfinished end of a closed file: skipped */

struct raw_line {
	struct view text; /* without the line feed; in the reader's memory until the next call */
	uint64_t line, offset;
	uint64_t place;   /* for journal_reader_seek() */
	const char *file; /* valid as long as the reader, but not behind its next file */
};

/* 0, READER_END, READER_LONG or -errno. */
must_check int reader_line(struct journal_reader *r, struct raw_line *ret);
/* Bytes behind the last line feed that were seen when READER_END came. */
uint64_t reader_unfinished(const struct journal_reader *r);
uint64_t reader_offset(const struct journal_reader *r); /* of the next line */
uint64_t reader_line_number(const struct journal_reader *r);
const char *reader_file(const struct journal_reader *r);
int reader_dir(const struct journal_reader *r);
