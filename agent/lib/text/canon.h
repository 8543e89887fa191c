/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical text: what patterns and documents are both turned into before they meet. One pass:
 * NFKC compatibility folding and composition, case folding, format characters dropped (zero width,
 * soft hyphen, bidi controls, BOM), every space one blank and runs of blanks one, look-alike
 * letters of other scripts folded to Latin in tokens that mix scripts. Unicode 15.0 data. The map
 * leads back to the original, and to its letter case.
 *
 * Without look-alikes the result is Unicode's NFKC_Casefold, but that control and all format
 * characters go, white space (line ends too) is one blank, Ð, ð, Ɖ, ɖ are đ, and white letters on
 * black (circles, squares) and regional indicators are the letters. A token is a row of letters and
 * marks; it mixes scripts where letters of two stand in it, or where a Cyrillic, Greek ... letter
 * bears a circumflex, tilde, hook, horn or dot below. A letter keeps at least 30 marks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

/* About every 256 output bytes a pair (output offset, input offset), counted from where the one
   call that filled it began to append. Zero-initialised and owned by the caller; can be used again.
 */
struct canon_map {
	struct buf points;
};

/* Appends the canonical form of `in` (any bytes; what is not UTF-8 becomes U+FFFD) to `out`. `map`
   may be NULL. 0, -ENOMEM, or -E2BIG where `out` is full: what fitted is there then, and the map
   holds for it. */
must_check int canon_text(struct view in, struct buf *out, struct canon_map *map);
void canon_map_done(struct canon_map *m);

/* The part of the original `in` that canonical [from, to) came from, whole letters with their
   marks; empty where there is no such text. Costs a canonicalisation of about 256 bytes twice. */
struct view canon_origin(struct view in, const struct canon_map *map, size_t from, size_t to);

/* Without diacritics, of already canonical text: đ is d, no combining marks. Appends. */
must_check int canon_strip(struct view canonical, struct buf *out);

/* True where every letter with case in `original` is upper case (and there is at least one). */
bool canon_is_upper(struct view original);

/* False where no part of `original` with two letters or more can be upper case: it has no two such
   letters without a lower-case one between them. */
bool canon_may_be_upper(struct view original);

/* How a text is written, for rules that depend on it; told from the first bytes of letters, so
   that a few signs of rare blocks count as letters. */
struct canon_stats {
	uint32_t letters; /* with case or not */
	uint32_t letters_non_ascii;
};
void canon_count(struct view canonical, struct canon_stats *add_to);
