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

void canon_count(struct view canonical, struct canon_stats *add_to)
{
	size_t len;

	for (size_t i = 0; i < canonical.n; i += len) {
		uint32_t cp = canonical.p[i];
		unsigned prop;

		if (cp < 0x80) { /* most of any text, and folded already */
			len = 1;
			add_to->letters += cp >= 'a' && cp <= 'z';
			continue;
		}
		cp = utf8_next(canonical.p + i, canonical.n - i, &len, NULL);
		prop = canon_prop(cp);
		if (!(prop & CANON_LETTER))
			continue;
		add_to->letters++;
		if (prop & CANON_VI)
			add_to->letters_vi++;
		add_to->letters_non_ascii++;
	}
}
