/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the reader, and of one look at a picture. Internal to stamp/. */
#pragma once

#include "base/buf.h"
#include "stamp/crop.h"
#include "stamp/ink.h"
#include "stamp/letters.h"
#include "stamp/stamp.h"

struct stamp {
	struct buf model;
	struct letters *letters; /* NULL until the first box */
	struct stamp_words words;
	unsigned looks;
	uint64_t cpu_start; /* of the document at hand */
};

#define TRUST_CLEAR 86 /* of 100: what the engine is so sure of is read rightly */

/* What reading a box gave. */
struct found {
	const struct stamp_word *word;
	unsigned errors;
	unsigned sides; /* of its frame */
	int trust;      /* how sure the engine was of what it read, 0 ... 100 */
	bool doubt;     /* a short word was read without the marks that tell it from others */
	bool other; /* clearly read as a word that is a letter or more from the one it was taken for
		     */
	bool part;  /* a word was read that may be the end of a higher one */
	unsigned turn; /* quarters, of what said a word */
	bool pale;     /* the word is paler than the text on it */
	double ink;

	/* A short word, which is taken only where more speaks for its tone than against it. */
	const struct stamp_word *short_word;
	unsigned short_errors;
	int tone_for, tone_against;
	bool compared; /* with the dark of the page */
};

/* A box that was read. */
struct reading {
	struct ink_box box;
	const struct stamp_word *word; /* NULL: clearly something else, or: */
	bool unreadable;
	bool said; /* handed on */
	unsigned sides;
};

struct look {
	struct stamp *stamp;
	const struct block_sink *out;
	struct picture_result *result;
	uint64_t cpu_end;
	bool late;

	/* of the page at hand */
	const struct page *page;
	uint32_t number;
	bool page_like; /* of a page's size, not a drawing of unknown scale */
	struct ink ink;
	struct reading read[STAMP_BOXES_MAX];
	size_t n_read, n_read_before; /* the first ones were handed on */
	unsigned n_emitted;
	double paper_share;
	bool whole;
	unsigned reads;
	bool upright; /* something was read the right way up */
	bool framed;  /* only what has a frame says anything: text has the same ink */
};

/* One way to read a box. */
struct look_try {
	enum crop_channel channel;
	enum crop_way way;
	unsigned turn;
};

void look_lower(struct look *l, enum completeness c, enum reason r);
bool look_is_late(struct look *l);
must_check int look_engine(struct stamp *s);
/* Reads all boxes of l->ink, each in one way after the other until one tells. */
must_check int look_boxes(struct look *l, const struct look_try *tries, size_t n_tries);
/* One box of l->page; `ret` is zeroed. */
must_check int box_read(struct look *l, const struct ink_box *box, const struct look_try *tries,
	size_t n, struct found *ret);
/* Hands on what the boxes said. */
must_check int look_emit_all(struct look *l, uint32_t flags);

/* grey.c, heading.c: the costly looks. */
must_check int look_grey(struct look *l);
must_check int look_text(struct look *l);
