/* SPDX-License-Identifier: Apache-2.0 */
/* Spellings from which diacritics are missing. */
#include "text/canon_compose.h"
#include "text/canon_table.h"
#include "text/disguise.h"
#include "text/utf8.h"
#include "text/vi_syllable.h"

#define GONE 0xffff /* in canon_strips: a mark */

/* How many of each mark a word has; last, of all others. */
struct marks {
	uint8_t n[9];
};

static uint32_t stripped(uint32_t cp)
{
	uint32_t to = cp < 0x2000 ? canon_strips[cp] : 0;

	return to ? to : cp;
}

static void count_marks(struct marks *m, uint32_t letter)
{
	static const uint32_t known[] = {0x300, 0x301, 0x302, 0x303, 0x306, 0x309, 0x31b, 0x323};
	struct canon_cluster c = {0};

	canon_cluster_add(&c, letter);
	for (size_t i = stripped(letter) == GONE ? 0 : 1; i < c.n; i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(known) && known[k] != c.cp[i])
			k++;
		if (m->n[k] < UINT8_MAX)
			m->n[k]++;
	}
}

static bool has_no_more(const struct marks *a, const struct marks *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->n); i++)
		if (a->n[i] > b->n[i])
			return false;
	return true;
}

/* The offset in `canonical` that offset `from` of its stripped form came from. */
static size_t before_strip(struct view canonical, size_t from)
{
	size_t i = 0, at = 0, len;

	for (; i < canonical.n && at < from; i += len) {
		uint8_t utf8[4];
		uint32_t to = stripped(utf8_next(canonical.p + i, canonical.n - i, &len, NULL));

		if (to != GONE)
			at += utf8_put(utf8, to);
	}
	return i;
}

bool disguise_lacks_marks(struct view canonical, size_t from, struct view full, bool *ret_bare)
{
	uint32_t word[VI_SYLLABLE_MAX + 1];
	struct view v = view_sub(canonical, before_strip(canonical, from), canonical.n);
	struct marks has = {0}, wants = {0};
	size_t len, n_text, n = 0;
	bool words = false, less = false;

	*ret_bare = true;
	for (size_t k = 0; k <= full.n; k += len) {
		uint32_t want = ' ', cp = ' ';

		for (; v.n; v = view_sub(v, len, v.n)) { /* loose marks of the letter before */
			cp = utf8_next(v.p, v.n, &len, NULL);
			if (stripped(cp) != GONE)
				break;
			count_marks(&has, cp);
			less = true;
		}
		if (k == full.n)
			break;
		want = utf8_next(full.p + k, full.n - k, &len, NULL);
		if (v.n == 0 || stripped(cp) != stripped(want) || (cp == 0x111 && want != cp))
			return false;
		if (cp == ' ') {
			if (!has_no_more(&has, &wants))
				return false;
			has = wants = (struct marks){0};
		}
		words |= cp == ' ';
		less |= cp != want;
		*ret_bare = *ret_bare && cp < 0x80;
		count_marks(&has, cp);
		count_marks(&wants, want);
		if (n < ARRAY_SIZE(word))
			word[n++] = cp;
		(void)utf8_next(v.p, v.n, &n_text, NULL);
		v = view_sub(v, n_text, v.n);
	}
	return less && has_no_more(&has, &wants) &&
		(words || (!*ret_bare && vi_syllable(word, n) == VI_NO));
}
