/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a match. `match.c` owns it all: it cuts blocks into lines, gathers them into a chunk
 * and runs the database; `window.c` keeps what is near what; `evidence.c` weighs. A document inside
 * another has a `doc` of its own, because its headings and its GIẢI MẬT are its own.
 */
#pragma once

#include "base/hash.h"
#include "match/limits.h"
#include "match/part.h"
#include "match/ruleset.h"
#include "text/canon.h"

enum line_kind {
	LINE_PLAIN,
	LINE_SPACED, /* letters set apart, joined */
	LINE_JOINED, /* of several lines of one shape, or a key and the cell after it */
	LINE_FOLDED, /* without diacritics */
	LINE_READ,   /* what a disguised line says to its reader */
};

/* What matching remembers of a block's line. */
struct line {
	enum place place;
	uint32_t page, flags;  /* enum block_flag */
	uint32_t block;        /* number in its document, of those that count */
	uint32_t first;        /* joined: number of the first one */
	uint32_t row;          /* block.row */
	bool shares_row;       /* with another cell */
	bool counts;           /* stands in the text: not a header, property or file name */
	bool ruled;            /* below a line of frame characters */
	uint32_t name, n_name; /* in chunk.names */
};

/* A stretch of a chunk. */
struct seg {
	uint32_t off, n;           /* in chunk.text */
	uint32_t original, n_orig; /* in chunk.original: what `text` was made from */
	uint32_t line;
	enum line_kind kind;
	bool whole;  /* a whole, short line: else a piece of prose */
	bool starts; /* the first piece of its line */
};

struct chunk {
	struct buf text, original, names;
	struct buf lines, segs; /* struct line, struct seg */
	uint32_t seg;           /* the one that the pass is in */
};

#define NO_BLOCK UINT32_MAX
#define FAR      UINT32_MAX

struct cand {
	uint32_t rule, mark;
	enum place place;
	uint32_t page, flags, block, first;
	uint32_t shape;  /* enum shape_flag */
	uint32_t length; /* of the marking, in bytes */
	uint32_t tails;
	uint64_t near[RULESET_CONTEXTS_MAX / 64];
	uint32_t other;     /* blocks to the nearest other mark of a scale */
	uint32_t seen_mark; /* marks of no scale: the first of a scale that was near */
	uint64_t star;      /* labels */
	uint32_t times;
	int32_t score;
	uint32_t row; /* of a cell that is alone in it; else 0 */
	bool folded, joined, counts;
	bool bare; /* written without diacritics, though the marking has some */
	char snippet[200];
};

struct recent {
	uint32_t mark, block;
};

struct joinable {
	char text[MATCH_JOIN_LINE_MAX];
	uint32_t n, shape, block, flags;
	enum place place;
	bool one_word, key;
	bool numbers; /* nothing is found in it */
};

/* Lines of one letter each, so far. */
struct column {
	uint32_t letters, n;
	char text[MATCH_COLUMN_MAX * 12];
	struct line line; /* the last */
};

struct doc {
	uint64_t member_hash;
	size_t member_n;
	char member[256];
	struct canon_stats stats;
	uint32_t n_blocks;
	bool after_rule;                   /* the last line was nothing but frame characters */
	uint32_t row, row_page, row_shape; /* of the last cell */
	bool row_shared;
	uint64_t has[RULESET_CONTEXTS_MAX / 64];
	uint32_t last[RULESET_CONTEXTS_MAX]; /* block of a context's last sight */
	struct recent recent[MATCH_RECENT_MAX];
	uint32_t n_recent;                           /* ever */
	uint32_t levels[MATCH_LEVELS_MAX], n_levels; /* different marks with a scale */
	struct cand pending[MATCH_PENDING_MAX];
	uint32_t n_pending;
	struct cand settled[MATCH_SETTLED_MAX];
	uint32_t n_settled;
	uint64_t off[MATCH_SWITCHES_MAX]; /* labels that are switched off */
	uint32_t n_off;
	struct joinable before[MATCH_JOIN_LINES - 1]; /* newest first */
	struct joinable box_key; /* the key over lines of boxes; `n` is 0 where there is none */
	uint32_t n_before;
	struct column column;
};

/* The spelling in hand; each is found out when a rule asks. */
struct hit {
	struct view span; /* its original */
	bool case_known, capitals;
	bool bare; /* RS_FORM_PARTIAL: no diacritics at all */
};

struct match {
	const struct ruleset *r;
	hs_scratch_t *scratch;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	pcre2_match_context *spans; /* the same limits, and how far in a line a match may start */
	struct hash_key key;
	struct chunk chunk;
	uint32_t *regex_seen; /* per pattern: the segment + 1 it was confirmed in */
	struct doc *docs[MATCH_DEPTH_MAX];
	uint32_t depth; /* of the open document + 1; 0 before match_begin() */
	int error;      /* of the pass */
	struct hit hit;
	struct buf work, work2, work3; /* spare, kept for their memory */
	struct facts *out;             /* found so far; completeness and reasons unused */
	enum level suspected;
	uint64_t labels;   /* bit set of levels that labels say */
	uint64_t markings; /* and that other evidence says */
};

static inline struct doc *match_doc(struct match *m)
{
	return m->docs[m->depth - 1];
}

static inline const struct line *chunk_line(const struct match *m, const struct seg *s)
{
	return (const struct line *)(const void *)m->chunk.lines.p + s->line;
}

/* match.c: a segment of the newest line; `canonical` is made where its `p` is NULL. */
must_check int chunk_put(
	struct match *m, struct seg s, struct view original, struct view canonical);
const struct seg *chunk_last(const struct match *m);

/* joined.c: `text` has no blanks at its ends; `plain` is its segment, NULL where nothing but
   numbers stands in it */
must_check int joined_take(struct match *m, const struct line *l, uint32_t shape, struct view text,
	const struct seg *plain);

/* reading.c */
must_check int reading_folded(struct match *m, struct view original, const struct seg *plain);
must_check int reading_others(struct match *m, struct view text, bool is_plain, bool latin);
must_check int column_take(struct match *m, const struct line *l, struct view text);
must_check int column_end(struct match *m);

/* beside.c */
bool beside_word(const struct match *m, const struct seg *s, const struct part *p,
	const struct rs_rule *u, const struct cand *c);

/* window.c */
void window_context(struct match *m, uint32_t context, const struct line *l);
void window_mark(struct match *m, uint32_t mark, const struct line *l);
void window_replace(struct match *m, const struct cand *c);
void window_row(struct doc *d, uint32_t page, uint32_t row);
void window_add(struct match *m, const struct cand *c);
void window_settle(struct match *m, struct doc *d, uint32_t up_to);

/* evidence.c */
must_check int evidence_candidate(struct match *m, uint32_t rule, uint32_t mark, enum rs_form form,
	const struct seg *s, const struct part *p);
int evidence_local(const struct match *m, const struct cand *c);
void evidence_finish(struct match *m, struct doc *d);
