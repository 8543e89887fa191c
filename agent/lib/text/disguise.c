/* SPDX-License-Identifier: Apache-2.0 */
#include "text/disguise.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "text/canon_compose.h"
#include "text/canon_table.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

/* Times that text may have been escaped, or been taken for CP1252. */
#define ROUNDS_MAX 3

enum sign {
	SIGN_ESCAPE = 1 << 0,
	SIGN_MOJIBAKE = 1 << 1,
	SIGN_REVERSED = 1 << 2,
	SIGN_VIQR = 1 << 3,
	SIGN_DIGIT = 1 << 4, /* a digit or the like beside a letter, among capitals */
	SIGN_MARK = 1 << 5,
	SIGN_FOREIGN = 1 << 6,
	SIGN_LATIN = 1 << 7,
	SIGN_SMALL = 1 << 8, /* a small letter other than l */
};

struct reading {
	size_t n;
	uint32_t cp[DISGUISE_LINE_MAX];
};

static bool is_letter(uint32_t cp)
{
	return cp < 0x80 ? (cp | 0x20) >= 'a' && (cp | 0x20) <= 'z'
			 : (canon_prop(cp) & CANON_LETTER) != 0;
}

static int hex_digit(uint32_t cp)
{
	if (cp >= '0' && cp <= '9')
		return (int)cp - '0';
	cp |= 0x20;
	return cp >= 'a' && cp <= 'f' ? (int)cp - 'a' + 10 : -1;
}

/* --- signs of a disguise ---------------------------------------------------------------------- */

/* Digits and signs that stand for a letter. */
static uint32_t letter_of_sign(uint32_t cp)
{
	switch (cp) {
	case '0': return 'O';
	case '1':
	case '|':
	case 'l': return 'I';
	case '3': return 'E';
	case '4':
	case '@': return 'A';
	case '5':
	case '$': return 'S';
	case '7': return 'T';
	case '8': return 'B';
	default: return 0;
	}
}

static unsigned look_ascii(struct view v, size_t i)
{
	uint8_t c = v.p[i], next = i + 1 < v.n ? v.p[i + 1] : ' ';

	switch (c) {
	case '&': return next == '#' || is_letter(next) ? SIGN_ESCAPE : 0;
	case '\\': return next == 'u' ? SIGN_ESCAPE : 0;
	case '%': return hex_digit(next) >= 8 ? SIGN_ESCAPE : 0;
	case '^': return SIGN_VIQR;
	case '0':
	case '1':
	case '3':
	case '4':
	case '5':
	case '7':
	case '8':
	case '@':
	case '$':
	case '|':
	case 'l':
		return is_letter(next) || next >= 0x80 ||
				(i > 0 && (is_letter(v.p[i - 1]) || v.p[i - 1] >= 0x80))
			? SIGN_DIGIT
			: 0;
	default: break;
	}
	if (c >= 'a' && c <= 'z')
		return SIGN_SMALL;
	return c >= 'A' && c <= 'Z' ? SIGN_LATIN : 0;
}

/* A letter that a lead byte of UTF-8 is in CP1252, and behind it one that a trail byte is. */
static bool is_mojibake(const uint8_t *p, size_t n)
{
	return n >= 4 && p[0] == 0xc3 &&
		(p[2] == 0xc2 || p[2] == 0xc5 || p[2] == 0xcb || p[2] == 0xe2 ||
			(p[2] == 0xc6 && p[3] == 0x92));
}

/* The marks of Vietnamese, and nothing else, are meant. */
static bool is_vietnamese_mark(uint32_t cp)
{
	return (cp >= 0x300 && cp <= 0x303) || cp == 0x306 || cp == 0x309 || cp == 0x31b ||
		cp == 0x323;
}

static bool is_drawn_mark(uint32_t cp)
{
	return ((cp >= 0x300 && cp < 0x370) || (cp >= 0x20d0 && cp < 0x2100)) &&
		!is_vietnamese_mark(cp);
}

static unsigned look_high(struct view v, size_t i, size_t *ret_len)
{
	uint8_t c = v.p[i];
	uint32_t cp;

	*ret_len = 2;
	if (c == 0xc3 && is_mojibake(v.p + i, v.n - i))
		return SIGN_MOJIBAKE;
	if (c >= 0xc3 && c < 0xc9)
		return SIGN_LATIN;
	*ret_len = 3;
	if (c == 0xe1 && i + 2 < v.n && (v.p[i + 1] & 0xfe) == 0xba)
		return SIGN_LATIN;
	cp = utf8_next(v.p + i, v.n - i, ret_len, NULL);
	if (cp == 0x202e)
		return SIGN_REVERSED;
	if (is_drawn_mark(cp))
		return SIGN_MARK;
	return canon_script(canon_entry(cp)) >= CANON_SCRIPT_FOREIGN ? SIGN_FOREIGN : 0;
}

/* Most lines have a small letter and none of the bytes that begin a sign of anything; this is asked
   of every line. */
struct bytes {
	bool odd, small, capital;
};

static struct bytes bytes_of(const uint8_t *p)
{
	struct bytes b = {0};

#if defined(__SSE2__)
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* as signed bytes: 0xc9-0xd6 (combining marks to Armenian), 0xe2-0xff, 0xc2 */
	__m128i odd = _mm_or_si128(_mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(-56)),
					   _mm_cmplt_epi8(v, _mm_set1_epi8(-41))),
		_mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(-31)),
			_mm_cmplt_epi8(v, _mm_setzero_si128())));
	__m128i sign = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')),
					    _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
		_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('%')),
			_mm_cmpeq_epi8(v, _mm_set1_epi8('^'))));
	__m128i small = _mm_andnot_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('l')),
		_mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('a' - 1)),
			_mm_cmplt_epi8(v, _mm_set1_epi8('z' + 1))));

	odd = _mm_or_si128(odd, _mm_or_si128(sign, _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xc2))));
	b.odd = _mm_movemask_epi8(odd) != 0;
	b.small = _mm_movemask_epi8(small) != 0;
	b.capital = _mm_movemask_epi8(_mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
			    _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)))) != 0;
#else
	for (size_t i = 0; i < 16; i++) {
		uint8_t c = p[i];

		b.odd |= (c >= 0xc9 && c <= 0xd6) || c >= 0xe2 || c == 0xc2 || c == '&' ||
			c == '\\' || c == '%' || c == '^';
		b.small |= c >= 'a' && c <= 'z' && c != 'l';
		b.capital |= c >= 'A' && c <= 'Z';
	}
#endif
	return b;
}

static bool is_worth_a_look(struct view v)
{
	uint8_t tail[16];
	bool small = false, capital = false;

	for (size_t i = 0; i < v.n; i += sizeof(tail)) {
		const uint8_t *p = v.p + i;
		struct bytes b;

		if (v.n - i < sizeof(tail)) {
			memset(tail, ' ', sizeof(tail));
			memcpy(tail, p, v.n - i);
			p = tail;
		}
		b = bytes_of(p);
		if (b.odd)
			return true;
		small |= b.small;
		capital |= b.capital;
	}
	/* numbers are no words in disguise */
	return capital && !small;
}

static unsigned look(struct view v)
{
	unsigned signs = 0;
	size_t len;

	for (size_t i = 0; i < v.n; i += len) {
		len = 1;
		signs |= v.p[i] < 0x80 ? look_ascii(v, i) : look_high(v, i, &len);
	}
	return signs;
}

/* --- escapes ---------------------------------------------------------------------------------- */

/* "&#7852;", "&#x1eac;", "&amp;": its length, or 0. */
static size_t read_entity(const uint32_t *p, size_t n, uint32_t *ret)
{
	uint32_t base = 10, v = 0;
	size_t i = 2;

	if (n >= 5 && p[1] == 'a' && p[2] == 'm' && p[3] == 'p' && p[4] == ';') {
		*ret = '&';
		return 5;
	}
	if (n < 4 || p[1] != '#')
		return 0;
	if ((p[2] | 0x20) == 'x') {
		base = 16;
		i = 3;
	}
	for (; i < n && p[i] != ';'; i++) {
		int d = hex_digit(p[i]);

		if (d < 0 || d >= (int)base || v > 0x10ffff)
			return 0;
		v = v * base + (uint32_t)d;
	}
	if (i == n || v < 0x20 || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	*ret = v;
	return i + 1;
}

/* "\u1eac" */
static size_t read_backslash(const uint32_t *p, size_t n, uint32_t *ret)
{
	uint32_t v = 0;

	if (n < 6 || p[1] != 'u')
		return 0;
	for (size_t i = 2; i < 6; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return 0;
		v = v << 4 | (uint32_t)d;
	}
	if (v < 0x20 || (v >= 0xd800 && v < 0xe000))
		return 0;
	*ret = v;
	return 6;
}

/* "%E1%BA%AC": the bytes of one code point. */
static size_t read_percent(const uint32_t *p, size_t n, uint32_t *ret)
{
	uint8_t bytes[4];
	size_t k = 0, len;
	int ok;

	while (k < sizeof(bytes) && 3 * k + 2 < n && p[3 * k] == '%') {
		int hi = hex_digit(p[3 * k + 1]), lo = hex_digit(p[3 * k + 2]);

		if (hi < 8 || lo < 0)
			break;
		bytes[k++] = (uint8_t)(hi << 4 | lo);
	}
	if (k == 0)
		return 0;
	*ret = utf8_next(bytes, k, &len, &ok);
	return ok ? 3 * len : 0;
}

static bool unescape(struct reading *r)
{
	size_t to = 0, len;
	bool changed = false;

	for (size_t i = 0; i < r->n; i += len) {
		uint32_t cp = r->cp[i];

		len = cp == '&'      ? read_entity(r->cp + i, r->n - i, &cp)
			: cp == '\\' ? read_backslash(r->cp + i, r->n - i, &cp)
			: cp == '%'  ? read_percent(r->cp + i, r->n - i, &cp)
				     : 0;
		changed |= len > 0;
		if (len == 0)
			len = 1;
		r->cp[to++] = cp;
	}
	r->n = to;
	return changed;
}

/* --- UTF-8 taken for CP1252 ------------------------------------------------------------------- */

/* The byte that CP1252 has for a code point, or -1. */
static int byte_of(uint32_t cp)
{
	if (cp < 0x100)
		return (int)cp;
	for (int i = 0; i < 32; i++)
		if (encoding_high[ENCODING_CP1252][i] == cp)
			return 0x80 + i;
	return -1;
}

static bool unmojibake(struct reading *r)
{
	uint8_t bytes[DISGUISE_LINE_MAX];
	size_t n = 0, len;
	bool high = false;
	int ok;

	for (size_t i = 0; i < r->n; i++) {
		int b = byte_of(r->cp[i]);

		if (b < 0)
			return false;
		bytes[n++] = (uint8_t)b;
	}
	for (size_t i = 0; i < n; i += len) {
		(void)utf8_next(bytes + i, n - i, &len, &ok);
		if (!ok)
			return false;
		high |= len > 1;
	}
	if (!high)
		return false;
	r->n = 0;
	for (size_t i = 0; i < n; i += len)
		r->cp[r->n++] = utf8_next(bytes + i, n - i, &len, NULL);
	return true;
}

/* --- reversed --------------------------------------------------------------------------------- */

static bool is_mark(uint32_t cp)
{
	return canon_kind(canon_entry(cp)) == CANON_MARK;
}

static void swap(uint32_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint32_t t = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = t;
	}
}

/* What stands between a right-to-left override and its end is read from its end on; marks stay
   behind their letters. */
static void unreverse(struct reading *r)
{
	for (size_t i = 0, end; i < r->n; i = end + 1) {
		end = i;
		if (r->cp[i] != 0x202e)
			continue;
		while (end + 1 < r->n && r->cp[end + 1] != 0x202c)
			end++;
		swap(r->cp + i + 1, end - i);
		for (size_t k = i + 1, n; k <= end; k += n + 1) {
			n = 0;
			while (k + n < end && is_mark(r->cp[k + n]))
				n++;
			swap(r->cp + k, n + 1);
		}
	}
}

/* --- VIQR ------------------------------------------------------------------------------------- */

static uint32_t viqr_mark(uint32_t cp)
{
	switch (cp) {
	case '^': return 0x302;
	case '(': return 0x306;
	case '+':
	case '*': return 0x31b;
	case '`': return 0x300;
	case '\'': return 0x301;
	case '?': return 0x309;
	case '~': return 0x303;
	case '.': return 0x323;
	default: return 0;
	}
}

static void unviqr(struct reading *r)
{
	size_t to = 0;

	for (size_t i = 0; i < r->n; i++) {
		uint32_t cp = r->cp[i], both;

		if ((cp | 0x20) == 'd' && i + 1 < r->n && r->cp[i + 1] == cp) {
			cp = cp == 'd' ? 0x111 : 0x110;
			i++;
		}
		while (i + 1 < r->n && viqr_mark(r->cp[i + 1]) &&
			(both = canon_pair(cp, viqr_mark(r->cp[i + 1])))) {
			cp = both;
			i++;
		}
		r->cp[to++] = cp;
	}
	r->n = to;
}

/* --- letters ---------------------------------------------------------------------------------- */

static void drop_marks(struct reading *r)
{
	size_t to = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!is_drawn_mark(r->cp[i]))
			r->cp[to++] = r->cp[i];
	r->n = to;
}

static bool in_word(uint32_t cp)
{
	return is_letter(cp) || letter_of_sign(cp) || is_mark(cp);
}

/* Words of letters and such signs; a word with any other digit is a number or a code. */
static void read_signs(struct reading *r)
{
	for (size_t i = 0, end; i < r->n; i = end + 1) {
		size_t letters = 0, signs = 0;

		for (end = i; end < r->n && in_word(r->cp[end]); end++) {
			bool sign = letter_of_sign(r->cp[end]) != 0;

			signs += sign;
			letters += !sign && !is_mark(r->cp[end]);
		}
		if (letters == 0 || signs > 2 * letters ||
			(end < r->n && r->cp[end] >= '0' && r->cp[end] <= '9'))
			continue;
		for (size_t k = i; k < end; k++)
			if (letter_of_sign(r->cp[k]))
				r->cp[k] = letter_of_sign(r->cp[k]);
	}
}

static void read_looks(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->cp[i] = canon_look_alike(r->cp[i]);
}

/* --- */

static void read_line(struct reading *r, struct view v)
{
	size_t len;

	r->n = 0;
	for (size_t i = 0; i < v.n; i += len)
		r->cp[r->n++] = utf8_next(v.p + i, v.n - i, &len, NULL);
}

static int put_reading(const struct reading *r, struct buf *out)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < r->n; i++)
		e = buf_put_utf8(out, r->cp[i]);
	return e;
}

static bool is_same(const struct reading *a, const struct reading *b)
{
	return a->n == b->n && memcmp(a->cp, b->cp, a->n * sizeof(a->cp[0])) == 0;
}

int disguise_remove(struct view line, bool latin, struct buf *out)
{
	const unsigned any = SIGN_ESCAPE | SIGN_MOJIBAKE | SIGN_REVERSED | SIGN_VIQR | SIGN_MARK;
	struct reading r, before;
	unsigned signs;
	int e;

	if (line.n > DISGUISE_LINE_MAX || !is_worth_a_look(line))
		return 0;
	signs = look(line);
	if (!(signs & any) && !((signs & SIGN_DIGIT) && !(signs & SIGN_SMALL)) &&
		!((signs & SIGN_FOREIGN) && (latin || (signs & (SIGN_LATIN | SIGN_SMALL)))))
		return 0;
	read_line(&r, line);
	before = r;
	if (signs & SIGN_ESCAPE)
		for (unsigned i = 0; i < ROUNDS_MAX && unescape(&r); i++)
			continue;
	if (signs & (SIGN_MOJIBAKE | SIGN_ESCAPE))
		for (unsigned i = 0; i < ROUNDS_MAX && unmojibake(&r); i++)
			continue;
	if (signs & SIGN_REVERSED)
		unreverse(&r);
	if (signs & SIGN_VIQR)
		unviqr(&r);
	if (signs & SIGN_MARK)
		drop_marks(&r);
	if ((signs & SIGN_DIGIT) && !(signs & SIGN_SMALL))
		read_signs(&r);
	if (signs & SIGN_FOREIGN)
		read_looks(&r);
	if (is_same(&r, &before))
		return 0;
	e = put_reading(&r, out);
	return e < 0 ? e : 1;
}

int disguise_latin(struct view text, struct buf *out)
{
	bool changed = false;
	size_t len;
	int e = 0;

	for (size_t i = 0; e == 0 && i < text.n; i += len) {
		uint32_t cp = utf8_next(text.p + i, text.n - i, &len, NULL);
		uint32_t latin = canon_look_alike(cp);

		changed |= latin != cp;
		e = buf_put_utf8(out, latin);
	}
	return e < 0 ? e : changed;
}
