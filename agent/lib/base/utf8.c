/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

size_t utf8_length(struct view v)
{
	uint8_t c = v.p[0], low = 0x80, high = 0xbf;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (v.n < n)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (v.p[1] < low || v.p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((v.p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool utf8_is_shown(uint32_t cp)
{
	return !(cp < 0x20 || cp == 0x7f || (cp >= 0x80 && cp < 0xa0) || cp == 0x61c ||
		cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
		(cp >= 0x2066 && cp <= 0x2069));
}

size_t utf8_shown_length(const uint8_t *p)
{
	const uint8_t *end = p;
	uint32_t cp = utf8_next(&end);

	/* UTF8_NONE may be that very character. */
	return utf8_is_shown(cp) && (cp != UTF8_NONE || *p == UTF8_NONE) ? (size_t)(end - p) : 0;
}

bool utf8_is_text(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	while (*p) {
		uint8_t first = *p;

		/* UTF8_NONE may be that very character. */
		if (utf8_next(&p) == UTF8_NONE && first != UTF8_NONE)
			return false;
	}
	return true;
}

bool utf8_is_line(const char *s)
{
	for (size_t n; *s; s += n) {
		n = utf8_shown_length((const uint8_t *)s);
		if (n == 0)
			return false;
	}
	return true;
}

void utf8_make_line(char *s)
{
	for (size_t n; *s; s += n) {
		n = utf8_shown_length((const uint8_t *)s);
		if (n == 0) {
			*s = '?';
			n = 1;
		}
	}
}

uint32_t utf8_next(const uint8_t **p)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const uint8_t *s = *p;
	unsigned more = s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : s[0] < 0xf8 ? 3 : 0;
	uint32_t cp = more ? s[0] & (0x3fU >> more) : s[0];

	++*p;
	if (s[0] >= 0x80 && more == 0)
		return UTF8_NONE;
	for (unsigned i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return UTF8_NONE;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	*p = s + more + 1;
	return cp < least[more] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) ? UTF8_NONE : cp;
}
