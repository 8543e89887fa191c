/* SPDX-License-Identifier: Apache-2.0 */
/* Which word of a list a misread line means. Knows letters' shapes, no pictures. */
#pragma once

#include <stddef.h>

#include "base/view.h"
#include "stamp/stamp.h"

/* Letters without diacritics, as capitals; anything else goes, and so do lone strokes at the ends
   (the frame's). NUL-terminated; cut at `size`. Returns the number of letters. */
size_t words_fold(struct view text, char *ret, size_t size);

/* Whether a word that is handed on has a frame of that width. */
bool words_have_width(const struct stamp_words *words, double frame_mm);

/* Whether the frame is that of a wider word that is handed on: letters of it may be lost. */
bool words_is_wider(const struct stamp_words *words, const struct stamp_word *w, double frame_mm);

/* Whether another word that is handed on ends with it, as TỐI MẬT with MẬT. */
bool words_is_part(const struct stamp_words *words, const struct stamp_word *w);

/* Whether a line is a piece of the word, the rest of which was cut off. */
bool words_holds(const struct stamp_word *w, struct view line);

/* Whether a text holds no more letters than the word and a stroke. */
bool words_is_alone(const struct stamp_word *w, struct view text);

/* Whether a line ends with such a word, letter by letter, after something else. */
bool words_ends(const struct stamp_words *words, struct view line);

/* Whether another word that is handed on has a wider frame. */
bool words_have_wider(const struct stamp_words *words, const struct stamp_word *w);

/* Whether a frame is as wide as the word's own. */
bool words_fits(const struct stamp_word *w, double frame_mm);

/* What a text says of the tone of a short word that it was taken for: MẤT, MẮT, MẶT are not MẬT. */
enum words_tone {
	WORDS_TONE_SAME,  /* or the word is not short */
	WORDS_TONE_LOST,  /* MÂT */
	WORDS_TONE_BARE,  /* MAT: none of the marks above the letter either */
	WORDS_TONE_OTHER, /* MẤT */
	WORDS_TONE_HAT,   /* MẶT */
};
enum words_tone words_tone(const struct stamp_word *w, struct view text);

/* Whether a text is a short word that is handed on, but for its tone or hat. `dot`: a dot below was
   seen, whatever was read. */
bool words_has_other_tone(const struct stamp_words *words, struct view text, bool dot);

/* The nearest word whose errors are forgiven, or NULL; `ret_errors` is what it took, in hundredths
   of a letter. Only capitals are stamps. `frame_mm` is the width of the whole frame around it, or 0
   where there is none: it speaks for a word that has such a frame. */
const struct stamp_word *words_find(
	const struct stamp_words *words, struct view text, double frame_mm, unsigned *ret_errors);
