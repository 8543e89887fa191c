/* SPDX-License-Identifier: Apache-2.0 */
#include "text/vi_syllable.h"

#include <stdbool.h>
#include <string.h>

#include "text/encoding_table.h"
#include "text/utf8.h"

enum vi_tone_mark {
	VI_LEVEL,
	VI_GRAVE,
	VI_ACUTE,
	VI_TILDE,
	VI_HOOK,
	VI_DOT,
};

/* False where it does not fit: then it is no syllable. */
static bool make_key(struct vi_key *key, const uint32_t *word, size_t n)
{
	size_t len = 0;

	memset(key, 0, sizeof(*key));
	for (size_t i = 0; i < n; i++) {
		uint8_t utf8[4];
		size_t k = utf8_put(utf8, word[i]);

		if (len + k > sizeof(key->utf8))
			return false;
		memcpy(key->utf8 + len, utf8, k);
		len += k;
	}
	return true;
}

static bool has_key(const struct vi_key *keys, size_t n, const uint32_t *word, size_t len)
{
	struct vi_key key;
	size_t lo = 0, hi = n;

	if (!make_key(&key, word, len))
		return false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = memcmp(keys[mid].utf8, key.utf8, sizeof(key.utf8));

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Takes the tone off a letter. */
static uint32_t plain_letter(uint32_t cp, uint8_t *ret_tone)
{
	size_t lo = 0, hi = vi_tones_n;

	*ret_tone = VI_LEVEL;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (vi_tones[mid].cp == cp) {
			*ret_tone = vi_tones[mid].tone;
			return vi_tones[mid].base;
		}
		if (vi_tones[mid].cp < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return cp;
}

/* A rime that ends in a stop has the acute or the dot, and no other tone. */
static bool tone_fits(const uint32_t *plain, size_t n, uint8_t tone)
{
	uint32_t last = plain[n - 1];
	bool stop = last == 'c' || last == 'p' || last == 't' ||
		(last == 'h' && n > 1 && plain[n - 2] == 'c');

	return !stop || tone == VI_ACUTE || tone == VI_DOT;
}

enum vi_verdict vi_syllable(const uint32_t *word, size_t n)
{
	uint32_t plain[VI_SYLLABLE_MAX];
	uint8_t tone = VI_LEVEL;

	if (n < 2 || n > VI_SYLLABLE_MAX)
		return VI_NO;
	if (has_key(vi_syllables, vi_syllables_n, word, n))
		return VI_KNOWN;
	for (size_t i = 0; i < n; i++) {
		uint8_t t;

		plain[i] = plain_letter(word[i], &t);
		if (t != VI_LEVEL && tone != VI_LEVEL)
			return VI_NO;
		if (t != VI_LEVEL)
			tone = t;
	}
	if (!tone_fits(plain, n, tone))
		return VI_NO;
	for (size_t onset = 0; onset < n && onset <= 3; onset++)
		if ((onset == 0 || has_key(vi_onsets, vi_onsets_n, plain, onset)) &&
			has_key(vi_rimes, vi_rimes_n, plain + onset, n - onset))
			return VI_POSSIBLE;
	return VI_NO;
}
