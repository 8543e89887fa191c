/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/words.h"

#include <string.h>

/* Costs in hundredths of a letter. */
#define LETTER 100
#define ALIKE  50 /* letters that look alike, and doubled ones */

const struct stamp_words stamp_words_default = {
	(const struct stamp_word[]){
		{"TUYỆT MẬT", 200, false},
		{"TỐI MẬT", 150, false},
		{"MẬT", 50, false},
		{"GIẢI MẬT", 150, false},
		{"ĐÃ GIẢI MẬT", 150, false},
		{"LƯU HÀNH NỘI BỘ", 300, false},
		{"TÀI LIỆU LƯU HÀNH NỘI BỘ", 400, false},
		{"TÀI LIỆU NỘI BỘ", 300, false},
		{"NỘI BỘ", 100, false},
		{"XEM XONG TRẢ LẠI", 300, false},
		{"TÀI LIỆU THU HỒI", 300, true},
		{"HỎA TỐC", 150, true},
		{"HỎA TỐC HẸN GIỜ", 200, true},
		{"THƯỢNG KHẨN", 200, true},
		{"KHẨN", 100, true},
		{"ĐẾN", 50, true},
		{"BẢN SAO", 150, true},
		{"SAO Y", 100, true},
		{"SAO Y BẢN CHÍNH", 300, true},
		{"SAO LỤC", 150, true},
		{"DỰ THẢO", 150, true},
		{"CÓ MẶT", 100, true},
		{"VẮNG MẶT", 150, true},
		{"ĐÃ DUYỆT", 150, true},
		{"ĐÃ THU TIỀN", 200, true},
		{"CHỨNG THỰC", 200, true},
		{"TOP SECRET", 200, false},
		{"SECRET", 100, false},
		{"CONFIDENTIAL", 200, false},
		{"INTERNAL USE ONLY", 300, false},
	},
	30,
};

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
	case '!': return 'I';
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
	return 0;
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

static bool is_stroke(char c)
{
	return c == 'I' || c == 'L' || c == 'J' || c == 'T';
}

size_t words_fold(struct view text, char *ret, size_t size)
{
	size_t n = 0, start = 0, first = 0, before = 0, tokens = 0;

	for (size_t at = 0; at <= text.n && n + 1 < size;) {
		uint32_t cp = at < text.n ? next_code(text, &at) : (at++, ' ');
		char c = base_letter(cp);

		if (c) {
			ret[n++] = c;
		} else if (cp == ' ' && n > start) {
			before = start;
			start = n;
			if (tokens++ == 0)
				first = n;
		}
	}
	/* strokes at the ends, set apart */
	if (tokens > 1 && n - before == 1 && is_stroke(ret[before]))
		n--;
	if (tokens > 1 && first == 1 && n > 1 && is_stroke(ret[0])) {
		memmove(ret, ret + 1, n - 1);
		n--;
	}
	ret[n] = 0;
	return n;
}

static unsigned swap_cost(char a, char b)
{
	static const char *const groups[] = {"TILJFY", "OCDQ", "EF"};

	if (a == b)
		return 0;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strchr(groups[i], a) && strchr(groups[i], b))
			return ALIKE;
	return LETTER;
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
			unsigned drop = last[j] + (doubled ? ALIKE : LETTER);
			unsigned miss = row[j - 1] + LETTER;
			unsigned best = swap < drop ? swap : drop;

			row[j] = best < miss ? best : miss;
		}
		t = last;
		last = row;
		row = t;
	}
	return last[m];
}

const struct stamp_word *words_find(
	const struct stamp_words *words, struct view text, unsigned *ret_errors)
{
	char read[STAMP_TEXT_MAX + 1], word[STAMP_TEXT_MAX + 1];
	size_t n = words_fold(text, read, sizeof(read));
	const struct stamp_word *best = NULL;
	unsigned best_errors = 0;

	if (n == 0)
		return NULL;
	for (size_t i = 0; i < words->n; i++) {
		const struct stamp_word *w = &words->v[i];
		size_t m = words_fold(view_str(w->text), word, sizeof(word));
		unsigned errors = distance(read, n, word, m);

		/* of two that are equally near, the harmless one */
		if (!best || errors < best_errors ||
			(errors == best_errors && w->harmless && !best->harmless)) {
			best = w;
			best_errors = errors;
		}
	}
	if (!best || best_errors > best->errors)
		return NULL;
	*ret_errors = best_errors;
	return best;
}
