/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a short line says to its reader where its code points say something else: escapes written
 * out (&#7852; \u1eac %E1), UTF-8 that was taken for CP1252, letters in reverse behind a bidi
 * override, VIQR, signs drawn over letters, digits and look-alikes in the place of letters. Letter
 * case and diacritics stay as they are.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

/* Longer lines (bytes) are taken at their word. */
#define DISGUISE_LINE_MAX 240U

/* Appends and returns 1 where the line reads otherwise than it is written, else 0, or -errno.
   `latin`: the document is written in Latin letters, so that a line without any is no sentence. */
must_check int disguise_remove(struct view line, bool latin, struct buf *out);

/* The Latin letters that look like those of `text`, case by case. Appends; 1 where one differs. */
must_check int disguise_latin(struct view text, struct buf *out);

/* Does the canonical text whose canon_strip() form holds at `from` that of `full` say the same with
   diacritics missing or on another letter? Each word must have some or none of those that its
   fellow in `full` has, and no others. `ret_bare`: it has none at all. A single word must have
   some, and be no Vietnamese word.
 */
bool disguise_lacks_marks(struct view canonical, size_t from, struct view full, bool *ret_bare);
