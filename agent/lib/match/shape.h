/* SPDX-License-Identifier: Apache-2.0 */
/* How a line is set: letter spacing, column gaps, frames of characters around it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

enum shape_flag {
	SHAPE_RULED = 1 << 0,     /* ***, ===, | | */
	SHAPE_BRACKETED = 1 << 1, /* (...), [...], 【...】 */
	SHAPE_QUOTED = 1 << 2,
	SHAPE_BULLETED = 1 << 3, /* a list's sign before it and nothing after it */
	SHAPE_SPACED = 1 << 4,   /* letters set apart */
};

/* True where neither shape_columns() nor shape_join_letters() would change the line: true of most
   prose, and cheap. False does not mean that one would. */
bool shape_is_plain(struct view line);

/* The line with tabs and wide gaps written as " | ". Appends. */
must_check int shape_columns(struct view line, struct buf *out);

/* Joins letters that are set apart ("M Ậ T"); two or more blanks are a word gap. Appends and
   returns 1, or 0 where nothing is set apart, or -errno. */
must_check int shape_join_letters(struct view line, struct buf *out);

/* Takes the signs out that stand between letters ("T.Ố.I M.Ậ.T") or words ("TỐI_MẬT") of a line in
   capitals. Appends and returns 1, or 0 where there are none, or -errno. */
must_check int shape_part_signs(struct view line, struct buf *out);

/* Takes frame characters off the ends of what stands left and right of a mark; says what they were.
   A line that is nothing but frame characters ends empty. */
void shape_trim(struct view *left, struct view *right, uint32_t *ret_flags);

/* One side only, outermost frame first: for whole lines. */
struct view shape_trim_line(struct view line);
struct view shape_trim_front(struct view line);

/* The next part of `rest`, up to a separator (" - ", "|", "•", "/", ";", a bracket). */
bool shape_next_part(struct view *rest, struct view *ret);

/* Whether a separator ends `left` or starts `right`; empty counts. `sentence`: also ". " and ",".
 */
bool shape_ends_part(struct view left, bool sentence);
bool shape_starts_part(struct view right, bool sentence);
