/* SPDX-License-Identifier: Apache-2.0 */
/* Is a word Vietnamese? By a list of common syllables, and by how syllables are built. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define VI_SYLLABLE_MAX 7 /* letters: "nghiêng" */

enum vi_verdict {
	VI_NO,
	VI_POSSIBLE, /* built like a syllable: onset, rime, and a tone that the rime can bear */
	VI_KNOWN,
};

/* `word` is in small letters. */
enum vi_verdict vi_syllable(const uint32_t *word, size_t n);
