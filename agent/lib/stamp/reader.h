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
	const struct stamp_words *words;
	unsigned looks;
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
	struct ink_box read[32]; /* boxes that were read */
	size_t n_read;
	unsigned reads;
};

/* What reading a box gave. */
struct found {
	const struct stamp_word *word;
	unsigned sides;
	double ink;
};

void look_lower(struct look *l, enum completeness c, enum reason r);
must_check int look_letters(struct look *l, PIX *pix, enum letters_layout layout, struct buf *out);
must_check int look_box(struct look *l, const struct ink_box *box, enum crop_channel channel,
	unsigned turn, bool soft, struct found *ret);
must_check int look_emit(
	struct look *l, const struct ink_box *box, const char *text, uint32_t flags);
must_check int look_found(
	struct look *l, const struct ink_box *box, const struct found *f, uint32_t flags);
bool look_was_read(const struct look *l, const struct ink_box *box);
