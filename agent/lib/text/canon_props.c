/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about text: letter case, diacritics, how it is written. */
#include <string.h>

#include "text/canon.h"
#include "text/canon_table.h"
#include "text/utf8.h"

#define STRIPS     0x2000 /* code points in canon_strips */
#define STRIP_GONE 0xffff

static bool is_symbol_mark(uint32_t cp)
{
	return (cp >= 0x20d0 && cp <= 0x20f0) || (cp >= 0xfe20 && cp <= 0xfe2f);
}

int canon_strip(struct view canonical, struct buf *out)
{
	const size_t base = out->n;
	size_t i = 0;

	while (i < canonical.n) {
		size_t from = i, len;
		uint32_t cp, to;
		int r;

		while (i < canonical.n && canonical.p[i] < 0x80 && canonical.p[i] != ' ')
			i++;
		r = buf_put(out, canonical.p + from, i - from);
		if (r < 0)
			return r;
		if (i == canonical.n)
			break;
		cp = utf8_next(canonical.p + i, canonical.n - i, &len, NULL);
		i += len;
		to = cp < STRIPS ? canon_strips[cp] : is_symbol_mark(cp) ? STRIP_GONE : 0;
		/* A mark that stood alone between two blanks leaves one of them. */
		if (to == STRIP_GONE || (cp == ' ' && out->n > base && out->p[out->n - 1] == ' '))
			continue;
		r = buf_put_utf8(out, to ? to : cp);
		if (r < 0)
			return r;
	}
	return 0;
}

bool canon_is_upper(struct view original)
{
	bool upper = false;
	size_t len;

	for (size_t i = 0; i < original.n; i += len) {
		unsigned prop = canon_prop(utf8_next(original.p + i, original.n - i, &len, NULL));

		if (prop & CANON_LOWER)
			return false;
		if (prop & CANON_UPPER)
			upper = true;
	}
	return upper;
}

bool canon_may_be_upper(struct view original)
{
	bool upper = false;
	size_t len;

	for (size_t i = 0; i < original.n; i += len) {
		uint8_t c = original.p[i];
		unsigned prop;

		if (c < 0x80) {
			len = 1;
			prop = (uint8_t)(c - 'a') < 26    ? CANON_LOWER
				: (uint8_t)(c - 'A') < 26 ? CANON_UPPER
							  : 0;
		} else {
			prop = canon_prop(utf8_next(original.p + i, original.n - i, &len, NULL));
		}
		if (prop & CANON_UPPER && upper)
			return true;
		upper = (upper || prop & CANON_UPPER) && !(prop & CANON_LOWER);
	}
	return false;
}

/* The first byte of a code point that is a letter, as good as always: Latin-1 signs (0xc2), marks
   (0xcc, 0xcd) and punctuation and symbols (0xe2) begin with others. */
static bool begins_letter(uint8_t c)
{
	return c >= 0xc3 && c != 0xcc && c != 0xcd && c != 0xe2;
}

void canon_count(struct view canonical, struct canon_stats *add_to)
{
	uint32_t ascii = 0, others = 0;

	/* no branches, no tables: this is done to every line */
	for (size_t i = 0; i < canonical.n; i++) {
		uint8_t c = canonical.p[i];

		ascii += (uint8_t)(c - 'a') < 26;
		others += begins_letter(c);
	}
	add_to->letters += ascii + others;
	add_to->letters_non_ascii += others;
}
