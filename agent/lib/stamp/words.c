/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/words.h"

#include <string.h>

/* Costs in hundredths of a letter. */
#define LETTER        100
#define ALIKE         50 /* letters that look alike, and doubled ones */
#define STROKE        60 /* one that is a stroke: easily lost, easily added by a frame */
#define STOUT         70 /* M, which a worn stamp makes an H or N */
#define SIGN          60 /* a digit: what is left of a worn letter looks like one */
#define TONE          60 /* another tone, in short words */
#define FITTING       50 /* forgiven where the frame has the word's own size */
#define FITTING_SHORT 75 /* a short word with more errors is another: BẬT, ĐẠT */

#define SHORT_WORD 4 /* letters */

/* The letters of U+1EA0 ... U+1EF9 come in pairs: how many code points each base letter has. */
static char vietnamese(uint32_t cp)
{
	static const struct {
		uint32_t last;
		char letter;
	} runs[] = {{0x1eb7, 'A'}, {0x1ec7, 'E'}, {0x1ecb, 'I'}, {0x1ee3, 'O'}, {0x1ef1, 'U'},
		{0x1ef9, 'Y'}};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (cp <= runs[i].last)
			return runs[i].letter;
	return 0;
}

static char base_letter(uint32_t cp)
{
	static const char latin1[] = "AAAAAAACEEEEIIIIDNOOOOO.OUUUUY.S";

	if (cp >= 'a' && cp <= 'z')
		return (char)(cp - 'a' + 'A');
	if (cp >= 'A' && cp <= 'Z')
		return (char)cp;
	switch (cp) {
	case '0': return 'O';
	case '1':
	case '|':
	case '!':
	case 0xa1: return 'I';
	case '5': return 'S';
	case '8': return 'B';
	case 0x102 ... 0x103: return 'A';
	case 0x110 ... 0x111: return 'D';
	case 0x128 ... 0x131: return 'I';
	case 0x168 ... 0x169:
	case 0x1af ... 0x1b0: return 'U';
	case 0x1a0 ... 0x1a1: return 'O';
	case 0x1ea0 ... 0x1ef9: return vietnamese(cp);
	default: break;
	}
	if (cp >= 0xc0 && cp <= 0xff && latin1[(cp - 0xc0) % 32] != '.')
		return latin1[(cp - 0xc0) % 32];
	if (cp >= '0' && cp <= '9')
		return '#';
	/* another letter counts, and is like none */
	return cp >= 0x100 && !(cp >= 0x2b0 && cp <= 0x36f) && !(cp >= 0x2000 && cp <= 0x2bff) ? '*'
											       : 0;
}

/* d(ot), h(ook), a(cute), g(rave), t(ilde), or 0. */
static char tone_of(uint32_t cp)
{
	static const char tones[] = "dhaghtdaghtd"
				    "dhtaghtd"
				    "hd"
				    "dhaghtdaghtd"
				    "dhaghtd"
				    "gdht";

	if (cp >= 0x1ea0 && cp <= 0x1ef9)
		return tones[(cp - 0x1ea0) / 2];
	if (cp < 0xc0 || cp > 0xff || !strchr("AEIOUY", base_letter(cp)))
		return 0;
	switch (cp % 32) {
	case 0x00:
	case 0x08:
	case 0x0c:
	case 0x12:
	case 0x19: return 'g';
	case 0x01:
	case 0x09:
	case 0x0d:
	case 0x13:
	case 0x1a:
	case 0x1d: return 'a';
	case 0x03:
	case 0x15: return 't';
	default: return 0;
	}
}

static bool is_capital(uint32_t cp)
{
	if (cp < 0x80)
		return !(cp >= 'a' && cp <= 'z');
	if (cp < 0x100)
		return cp < 0xe0;
	return (cp & 1) == (cp == 0x1af);
}

static uint32_t next_code(struct view v, size_t *at)
{
	uint8_t c = v.p[(*at)++];
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t cp = more ? c & (0x3fU >> more) : c;

	for (; more && *at < v.n && (v.p[*at] & 0xc0) == 0x80; more--)
		cp = cp << 6 | (v.p[(*at)++] & 0x3f);
	return more ? 0 : cp;
}

/* (c)ircumflex, (b)reve, or 0. */
static char hat_of(uint32_t cp)
{
	switch (cp) {
	case 0xc2:
	case 0xca:
	case 0xd4:
	case 0xe2:
	case 0xea:
	case 0xf4:
	case 0x1ea4 ... 0x1ead:
	case 0x1ebe ... 0x1ec7:
	case 0x1ed0 ... 0x1ed9: return 'c';
	case 0x102 ... 0x103:
	case 0x1eae ... 0x1eb7: return 'b';
	default: return 0;
	}
}

struct folded {
	char letters[STAMP_TEXT_MAX + 1], tones[STAMP_TEXT_MAX], hats[STAMP_TEXT_MAX];
	size_t n, small; /* letters; those that are no capitals */
};

static bool is_stroke(char c)
{
	return c == 'I' || c == 'L' || c == 'J' || c == 'T';
}

static size_t fold(struct view text, struct folded *ret)
{
	size_t start = 0, first = 0, before = 0, tokens = 0, n = 0;

	ret->small = 0;
	for (size_t at = 0; at <= text.n && n < STAMP_TEXT_MAX;) {
		uint32_t cp = at < text.n ? next_code(text, &at) : (at++, ' ');
		char c = base_letter(cp);

		if (c) {
			ret->small += !is_capital(cp);
			ret->tones[n] = tone_of(cp);
			ret->hats[n] = hat_of(cp);
			ret->letters[n++] = c;
		} else if (cp == ' ' && n > start) {
			before = start;
			start = n;
			if (tokens++ == 0)
				first = n;
		}
	}
	/* strokes at the ends, set apart */
	if (tokens > 1 && n - before == 1 && is_stroke(ret->letters[before]))
		n--;
	if (tokens > 1 && first == 1 && n > 1 && is_stroke(ret->letters[0])) {
		memmove(ret->letters, ret->letters + 1, n - 1);
		memmove(ret->tones, ret->tones + 1, n - 1);
		memmove(ret->hats, ret->hats + 1, n - 1);
		n--;
	}
	ret->letters[n] = 0;
	ret->n = n;
	return n;
}

size_t words_fold(struct view text, char *ret, size_t size)
{
	struct folded f;
	size_t n = fold(text, &f);

	n = n < size ? n : size - 1;
	memcpy(ret, f.letters, n);
	ret[n] = 0;
	return n;
}

static unsigned swap_cost(char a, char b)
{
	static const char *const groups[] = {"TILJFY", "OCDQ", "EF", "UV", "VY"};

	if (a == b)
		return 0;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strchr(groups[i], a) && strchr(groups[i], b))
			return ALIKE;
	if (a == '#')
		return SIGN;
	return strchr("MHN", a) && strchr("MHN", b) ? STOUT : LETTER;
}

/* Edit distance of what was read to what is meant. */
static unsigned distance(const char *read, size_t n, const char *word, size_t m)
{
	unsigned rows[2][STAMP_TEXT_MAX + 1];
	unsigned *last = rows[0], *row = rows[1];

	for (size_t j = 0; j <= m; j++)
		last[j] = (unsigned)j * LETTER;
	for (size_t i = 1; i <= n; i++) {
		unsigned *t;

		row[0] = (unsigned)i * LETTER;
		for (size_t j = 1; j <= m; j++) {
			bool doubled = i > 1 && read[i - 1] == read[i - 2];
			unsigned swap = last[j - 1] + swap_cost(read[i - 1], word[j - 1]);
			unsigned drop = last[j] +
				(doubled                                 ? ALIKE
						: is_stroke(read[i - 1]) ? STROKE
									 : LETTER);
			unsigned miss = row[j - 1] + (word[j - 1] == 'I' ? STROKE : LETTER);
			unsigned best = swap < drop ? swap : drop;

			row[j] = best < miss ? best : miss;
		}
		t = last;
		last = row;
		row = t;
	}
	return last[m];
}

/* MẤT and MẮT are not MẬT; that a tone was lost happens. */
static unsigned tone_cost(const struct folded *read, const struct folded *word)
{
	unsigned sum = 0;

	if (word->n > SHORT_WORD || read->n != word->n)
		return 0;
	for (size_t i = 0; i < word->n; i++)
		if (read->tones[i] && read->tones[i] != word->tones[i])
			sum += TONE;
	return sum;
}

static bool has_width(const struct stamp_word *w, double mm)
{
	return w->width_mm && mm > 0.88 * w->width_mm && mm < 1.13 * w->width_mm;
}

const struct stamp_word *words_find(
	const struct stamp_words *words, struct view text, double frame_mm, unsigned *ret_errors)
{
	struct folded read, word;
	const struct stamp_word *best = NULL;
	unsigned best_errors = 0;

	if (fold(text, &read) == 0 || read.small * 2 > read.n)
		return NULL;
	for (size_t i = 0; i < words->n; i++) {
		const struct stamp_word *w = &words->v[i];
		size_t m = fold(view_str(w->text), &word);
		unsigned errors = distance(read.letters, read.n, word.letters, m) +
			tone_cost(&read, &word);

		if (has_width(w, frame_mm) && (m > SHORT_WORD || errors <= FITTING_SHORT))
			errors = errors > FITTING ? errors - FITTING : 0;
		if (errors > w->errors)
			continue;
		/* of two that are equally near, the harmless one */
		if (!best || errors < best_errors ||
			(errors == best_errors && w->harmless && !best->harmless)) {
			best = w;
			best_errors = errors;
		}
	}
	if (best)
		*ret_errors = best_errors;
	return best;
}

bool words_have_width(const struct stamp_words *words, double frame_mm)
{
	for (size_t i = 0; i < words->n; i++)
		if (!words->v[i].harmless && has_width(&words->v[i], frame_mm))
			return true;
	return false;
}

bool words_is_wider(const struct stamp_words *words, const struct stamp_word *w, double frame_mm)
{
	if (!w->width_mm || has_width(w, frame_mm))
		return false;
	for (size_t i = 0; i < words->n; i++)
		if (!words->v[i].harmless && words->v[i].width_mm > w->width_mm &&
			has_width(&words->v[i], frame_mm))
			return true;
	return false;
}

bool words_fits(const struct stamp_word *w, double frame_mm)
{
	return has_width(w, frame_mm);
}

bool words_have_wider(const struct stamp_words *words, const struct stamp_word *w)
{
	for (size_t i = 0; i < words->n; i++)
		if (w->width_mm && !words->v[i].harmless && words->v[i].width_mm > w->width_mm)
			return true;
	return false;
}

bool words_is_part(const struct stamp_words *words, const struct stamp_word *w)
{
	size_t n = strlen(w->text);

	for (size_t i = 0; i < words->n; i++) {
		const struct stamp_word *k = &words->v[i];
		size_t m = strlen(k->text);

		if (!k->harmless && m > n + 1 && k->text[m - n - 1] == ' ' &&
			strcmp(k->text + m - n, w->text) == 0)
			return true;
	}
	return false;
}

bool words_holds(const struct stamp_word *w, struct view line)
{
	struct folded read, word;

	(void)fold(view_str(w->text), &word);
	return fold(line, &read) > 0 && strstr(word.letters, read.letters);
}

bool words_is_alone(const struct stamp_word *w, struct view text)
{
	struct folded word;
	size_t n = 0;

	for (size_t at = 0; at < text.n;)
		n += base_letter(next_code(text, &at)) != 0;
	return n <= fold(view_str(w->text), &word) + 1; /* a frame's side */
}

bool words_ends(const struct stamp_words *words, struct view line)
{
	struct folded end, word;
	size_t from = line.n;

	while (from > 0 && line.p[from - 1] != ' ')
		from--;
	if (from == 0 || fold(view_sub(line, from, line.n - from), &end) == 0)
		return false;
	for (size_t i = 0; i < words->n; i++) {
		const struct stamp_word *w = &words->v[i];

		if (!w->harmless && words_is_part(words, w) &&
			fold(view_str(w->text), &word) == end.n &&
			memcmp(word.letters, end.letters, end.n) == 0 &&
			memcmp(word.tones, end.tones, end.n) == 0)
			return true;
	}
	return false;
}

/* Marks of a text that a word has, and others that the word would be another with. */
static void count_marks(
	const char *read, size_t n, const char *word, size_t m, const char *others, unsigned ret[2])
{
	for (size_t i = 0; i < n; i++) {
		if (!read[i])
			continue;
		if (memchr(word, read[i], m))
			ret[0]++;
		else if (strchr(others, read[i]))
			ret[1]++;
	}
}

static size_t marks_of(const char *word, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += word[i] != 0;
	return sum;
}

enum words_tone words_tone(const struct stamp_word *w, struct view text)
{
	struct folded read, word;
	unsigned tones[2] = {0}, hats[2] = {0};

	if (fold(view_str(w->text), &word) > SHORT_WORD || marks_of(word.tones, word.n) != 1)
		return WORDS_TONE_SAME;
	(void)fold(text, &read);
	/* Syllables that end in -t have an acute or a dot, no other tone: those are misread. */
	count_marks(read.tones, read.n, word.tones, word.n, "ad", tones);
	count_marks(read.hats, read.n, word.hats, word.n, "cb", hats);
	if (hats[1])
		return WORDS_TONE_HAT;
	if (tones[1])
		return WORDS_TONE_OTHER;
	if (tones[0])
		return WORDS_TONE_SAME;
	return hats[0] ? WORDS_TONE_LOST : WORDS_TONE_BARE;
}

bool words_has_other_tone(const struct stamp_words *words, struct view text, bool dot)
{
	struct folded read, word;

	if (fold(text, &read) == 0 || read.n > SHORT_WORD)
		return false;
	for (size_t i = 0; i < words->n; i++) {
		enum words_tone tone;

		if (words->v[i].harmless || fold(view_str(words->v[i].text), &word) != read.n ||
			memcmp(read.letters, word.letters, read.n) != 0)
			continue;
		tone = words_tone(&words->v[i], text);
		if (tone == WORDS_TONE_HAT || (tone == WORDS_TONE_OTHER && !dot))
			return true;
	}
	return false;
}
