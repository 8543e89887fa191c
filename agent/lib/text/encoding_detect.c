/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which encoding are these bytes in? Unicode forms are told by their structure. Among the others
 * each candidate reads the words that hold a byte over 0x7f: Vietnamese by known and possible
 * syllables, Russian by how frequent its letters are, Chinese by frequent characters. Where nobody
 * recognises anything, the text is Western.
 *
 * Limits: LOOK_AT bytes, WORDS_MAX words per candidate.
 */
#include <string.h>

#include "base/checked.h"
#include "text/canon_table.h"
#include "text/encoding_table.h"
#include "text/utf8.h"
#include "text/vi_syllable.h"

#define LOOK_AT   65536
#define WORDS_MAX 400 /* words with a byte over 0x7f, per candidate */
#define WORD_MAX  32  /* letters; of a longer word the rest is not looked at */

/* --- is it text at all? ----------------------------------------------------------------------- */

static bool is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) ||
		c == 0x7f;
}

/* At most 2 % control characters and one more (VISCII has letters among them); a NUL weighs as
   four, so that one of them is tolerated in a text of some length. NULs at the end are padding. */
static bool is_text(struct view v)
{
	size_t controls = 0;

	while (v.n > 1 && v.p[v.n - 1] == 0)
		v.n--;
	for (size_t i = 0; i < v.n; i++)
		if (is_control(v.p[i]))
			controls += v.p[i] == 0 ? 4 : 1;
	return controls * 50 <= v.n + 50;
}

/* --- Unicode forms ---------------------------------------------------------------------------- */

static bool is_ascii(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] >= 0x80)
			return false;
	return true;
}

/* Valid, but for a cut at the end and a stray byte among many good sequences. */
static bool is_utf8(struct view v)
{
	size_t good = 0, bad = 0, len;

	for (size_t i = 0; i < v.n; i += len) {
		int ok;
		uint32_t cp = utf8_next(v.p + i, v.n - i, &len, &ok);

		if (!ok && v.n - i >= 4)
			bad++;
		else if (cp >= 0x80 && ok)
			good++;
		else if (!ok && v.n < LOOK_AT)
			bad++;
	}
	return good > 0 && bad * 8 <= good;
}

struct wide_count {
	size_t units, ascii, letters, strange;
};

/* Is this what people write? Letters of living scripts and common signs, not private or unassigned
   areas. */
static void wide_count(struct wide_count *c, uint32_t cp)
{
	c->units++;
	if (cp < 0x80 && !is_control(cp))
		c->ascii++;
	else if (is_control(cp) || cp == UTF8_INVALID || cp > 0x10ffff ||
		(cp >= 0xe000 && cp < 0xf900) || (cp >= 0x80 && cp < 0xa0))
		c->strange++;
	else if (canon_prop(cp) & CANON_LETTER)
		c->letters++;
	else if (!(cp >= 0x2000 && cp < 0x3100) && !(cp >= 0x300 && cp < 0x370) &&
		!(cp >= 0xff00 && cp < 0xfff0) && cp >= 0x100)
		c->strange++;
}

static uint32_t wide_unit(const uint8_t *p, enum encoding e)
{
	switch ((int)e) {
	case ENCODING_UTF16LE: return load_le16(p);
	case ENCODING_UTF16BE: return load_be16(p);
	case ENCODING_UTF32LE: return load_le32(p);
	default: return load_be32(p);
	}
}

static struct wide_count wide_look(struct view v, enum encoding e)
{
	size_t size = e == ENCODING_UTF16LE || e == ENCODING_UTF16BE ? 2 : 4;
	struct wide_count c = {0};

	for (size_t i = 0; i + size <= v.n; i += size) {
		uint32_t cp = wide_unit(v.p + i, e);

		if (size == 2 && cp >= 0xd800 && cp < 0xe000) {
			uint32_t low = i + 4 <= v.n ? wide_unit(v.p + i + 2, e) : 0;

			cp = cp < 0xdc00 && low >= 0xdc00 && low < 0xe000
				? 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00)
				: UTF8_INVALID;
			if (cp != UTF8_INVALID)
				i += 2;
		}
		wide_count(&c, cp);
	}
	return c;
}

static bool is_among(const uint16_t *sorted, size_t n, uint32_t cp)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (sorted[mid] == cp)
			return true;
		if (sorted[mid] < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool encoding_is_hanzi(uint32_t cp)
{
	return is_among(encoding_hanzi, encoding_hanzi_n, cp);
}

/* At least one unit in 20 is ASCII, which no 8-bit text read as 16-bit units brings about (that
   gives letters of the far east, at random); or many of the units are frequent Chinese. */
static bool is_wide(struct view v, enum encoding e)
{
	struct wide_count c = wide_look(v, e);
	size_t frequent = 0;

	if (c.units == 0 || c.strange * 50 > c.units)
		return false;
	if (c.ascii * 20 >= c.units && c.ascii > 0)
		return true;
	if (e != ENCODING_UTF16LE && e != ENCODING_UTF16BE)
		return false;
	for (size_t i = 0; i + 2 <= v.n; i += 2)
		frequent += encoding_is_hanzi(wide_unit(v.p + i, e));
	return frequent >= 4 && frequent * 4 >= c.units;
}

static bool detect_bom(struct view v, enum encoding *ret)
{
	static const struct {
		uint8_t n, bytes[4];
		enum encoding encoding;
	} boms[] = {
		{4, {0xff, 0xfe, 0, 0}, ENCODING_UTF32LE},
		{4, {0, 0, 0xfe, 0xff}, ENCODING_UTF32BE},
		{3, {0xef, 0xbb, 0xbf}, ENCODING_UTF8},
		{2, {0xff, 0xfe}, ENCODING_UTF16LE},
		{2, {0xfe, 0xff}, ENCODING_UTF16BE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(boms); i++) {
		struct view rest = view_sub(v, boms[i].n, v.n);
		enum encoding e = boms[i].encoding;

		if (!view_starts(v, view_of(boms[i].bytes, boms[i].n)))
			continue;
		if (e == ENCODING_UTF8) {
			if (!is_text(rest))
				continue;
		} else {
			struct wide_count c = wide_look(rest, e);

			if (c.strange * 10 > c.units)
				continue;
		}
		*ret = e;
		return true;
	}
	return false;
}

static bool detect_wide(struct view v, enum encoding *ret)
{
	static const enum encoding wide[] = {
		ENCODING_UTF32LE, ENCODING_UTF32BE, ENCODING_UTF16LE, ENCODING_UTF16BE};

	/* Little-endian needs whole units; a byte left over is a cut text. */
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		if (v.n >= 4 && is_wide(v, wide[i])) {
			*ret = wide[i];
			return true;
		}
	}
	return false;
}

/* --- words ------------------------------------------------------------------------------------ */

struct word {
	uint32_t small[WORD_MAX]; /* lower-case */
	size_t n;                 /* letters, also those beyond WORD_MAX */
	bool high;                /* has a letter that is not ASCII */
	bool turned;              /* a capital follows a small letter */
	bool differs;             /* Western decoding would give something else */
	bool broken;              /* a sign that no text has there stands next to it */
};

static uint32_t to_small(uint32_t cp)
{
	uint64_t entry = canon_entry(cp);
	uint8_t utf8[4];
	size_t len;

	if (canon_kind(entry) != CANON_ONE)
		return cp;
	for (size_t i = 0; i < 4; i++)
		utf8[i] = (uint8_t)(entry >> 8 * i);
	return utf8_next(utf8, 4, &len, NULL);
}

/* Is the byte the same letter to a Western reader? */
static bool is_western(const struct encoding_reader *before, const uint8_t *after, uint32_t cp)
{
	const uint8_t *p = before->p;

	if (cp < 0x80)
		return true;
	if (before->mojibake) {
		size_t len;

		return utf8_next(p, (size_t)(before->end - p), &len, NULL) == cp &&
			after == p + len;
	}
	return after == p + 1 && *p >= 0x80 && encoding_high[ENCODING_CP1252][*p - 0x80] == cp;
}

/* Moves to the beginning of the next word that holds a byte over 0x7f. False at the end. */
static bool next_high(struct encoding_reader *r)
{
	const uint8_t *p = r->p;

	while (p < r->end && *p < 0x80)
		p++;
	if (p == r->end)
		return false;
	while (p > r->p && canon_prop(p[-1]) & CANON_LETTER)
		p--;
	r->p = p;
	return true;
}

/* Signs that may stand next to a word: blanks, quotes, dashes, the currency of Vietnam. */
static bool is_usual_sign(uint32_t cp)
{
	return cp < 0x80 || cp == 0xa0 || cp == 0xab || cp == 0xbb || cp == 0xb7 ||
		(cp >= 0x2010 && cp <= 0x203a) || cp == 0x20ab;
}

/* Reads a word; false at the end of the text. */
static bool next_word(struct encoding_reader *r, struct word *w)
{
	bool small = false;

	if (!next_high(r))
		return false;
	memset(w, 0, sizeof(*w));
	while (r->p < r->end) {
		struct encoding_reader before = *r;
		uint32_t cp = encoding_read(r);
		unsigned prop = canon_prop(cp);

		if (!(prop & CANON_LETTER)) {
			bool broken = !is_usual_sign(cp);

			if (w->n > 0) {
				w->broken |= broken;
				break;
			}
			w->broken = broken;
			continue;
		}
		if (small && (prop & CANON_UPPER))
			w->turned = true;
		small = (prop & CANON_LOWER) != 0;
		if (cp >= 0x80)
			w->high = true;
		if (!is_western(&before, r->p, cp))
			w->differs = true;
		if (w->n < WORD_MAX)
			w->small[w->n] = to_small(cp);
		w->n++;
	}
	return w->n > 0;
}

/* --- Vietnamese ------------------------------------------------------------------------------- */

struct vi_score {
	size_t known, possible, same, missed;
	long points;
};

static struct vi_score vi_look(enum encoding e, bool mojibake, struct view v)
{
	struct encoding_reader r = {e, mojibake, v.p, view_end(v)};
	struct vi_score s = {0};
	struct word w;

	for (size_t i = 0; i < WORDS_MAX && next_word(&r, &w); i++) {
		enum vi_verdict verdict;

		if (w.broken) {
			s.missed++;
			continue;
		}
		if (!w.high || w.n < 2)
			continue;
		verdict = vi_syllable(w.small, w.n);
		/* TCVN3 has no capitals with a tone, so there capitals follow small letters. */
		if (verdict == VI_POSSIBLE && w.turned && e != ENCODING_TCVN3)
			verdict = VI_NO;
		if (verdict == VI_NO)
			s.missed++;
		else if (!w.differs)
			s.same++;
		else if (verdict == VI_KNOWN)
			s.known++;
		else
			s.possible++;
	}
	s.points = 3 * (long)s.known + 2 * (long)s.possible + (long)s.same - 4 * (long)s.missed;
	return s;
}

/* Two thirds of the words are syllables, and one is known, or several are possible. */
static bool vi_accept(const struct vi_score *s)
{
	return s->points > 0 && s->missed * 2 <= s->known + s->possible &&
		(s->known > 0 || s->possible >= 3);
}

static bool detect_vi(struct view v, bool mojibake, const enum encoding *hint, enum encoding *ret)
{
	static const enum encoding candidates[] = {
		ENCODING_TCVN3, ENCODING_VNI, ENCODING_CP1258, ENCODING_VISCII, ENCODING_VPS};
	bool found = false;
	long best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		enum encoding e = candidates[i];
		struct vi_score s = vi_look(e, mojibake, v);

		if (!vi_accept(&s))
			continue;
		if (hint && *hint == e)
			s.points += s.points / 4 + 1;
		if (s.points > best) {
			best = s.points;
			*ret = e;
			found = true;
		}
	}
	return found;
}

/* --- Russian ---------------------------------------------------------------------------------- */

/* Mean frequency, per mille, of the Cyrillic letters; 0 where words are not all Cyrillic. In
   Russian prose it is about 60, in the wrong table about 30. */
static unsigned ru_look(enum encoding e, struct view v)
{
	static const uint8_t frequency[32] = {80, 16, 45, 17, 30, 85, 9, 17, 74, 12, 35, 44, 32, 67,
		110, 28, 47, 55, 63, 26, 3, 10, 5, 14, 7, 4, 1, 19, 17, 3, 6, 20};
	struct encoding_reader r = {e, false, v.p, view_end(v)};
	size_t letters = 0, sum = 0, words = 0, odd = 0;
	struct word w;

	for (size_t i = 0; i < WORDS_MAX && next_word(&r, &w); i++) {
		size_t n = w.n < WORD_MAX ? w.n : WORD_MAX;
		bool all = true;

		for (size_t k = 0; k < n; k++) {
			uint32_t c = w.small[k];

			if (c >= 0x430 && c < 0x450)
				sum += frequency[c - 0x430];
			else if (c != 0x451)
				all = false;
		}
		words++;
		letters += n;
		if (!all || w.turned)
			odd++;
	}
	if (letters < 4 || letters < 2 * words || odd * 5 > words)
		return 0;
	return (unsigned)(sum / letters);
}

#define RU_ENOUGH 42

static bool is_cyrillic(enum encoding e)
{
	return e == ENCODING_CP1251 || e == ENCODING_KOI8R || e == ENCODING_CP866;
}

static bool detect_ru(struct view v, const enum encoding *hint, enum encoding *ret)
{
	static const enum encoding candidates[] = {ENCODING_CP1251, ENCODING_KOI8R, ENCODING_CP866};
	enum encoding found = ENCODING_MAX;
	unsigned best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		unsigned looks = ru_look(candidates[i], v);

		if (looks > best) {
			best = looks;
			found = candidates[i];
		}
	}
	if (hint && best && is_cyrillic(*hint))
		best += 8;
	if (best < RU_ENOUGH)
		return false;
	*ret = found;
	return true;
}

/* --- Chinese ---------------------------------------------------------------------------------- */

static bool detect_zh(struct view v, const enum encoding *hint, enum encoding *ret)
{
	const uint8_t *p = v.p, *end = view_end(v);
	size_t wide = 0, frequent = 0, usual = 0, bad = 0;

	while (p < end && wide < 20 * WORDS_MAX) {
		bool ok;
		uint8_t lead = *p;
		uint32_t cp = encoding_read_gb(&p, end, &ok);

		if (!ok) {
			bad += end - p >= 3 || v.n < LOOK_AT;
			continue;
		}
		if (cp < 0x80)
			continue;
		wide++;
		frequent += encoding_is_hanzi(cp);
		/* Level 1 of GB 2312 and its signs. */
		usual += (lead >= 0xb0 && lead <= 0xd7) || (lead >= 0xa1 && lead <= 0xa3);
	}
	if (wide < 2 || bad * 50 > wide || usual * 5 < wide * 4)
		return false;
	if (frequent * (hint && *hint == ENCODING_GB18030 ? 10 : 5) < wide)
		return false;
	*ret = ENCODING_GB18030;
	return true;
}

/* --- Japanese, Korean, Chinese in Big5 ---------------------------------------------------------
 */

struct double_look {
	size_t wide, bad, kana, hangul, hanzi;
};

static struct double_look double_look(enum encoding e, struct view v)
{
	const uint8_t *p = v.p, *end = view_end(v);
	struct double_look l = {0};

	while (p < end && l.wide < 20 * WORDS_MAX) {
		bool ok;
		uint32_t cp = encoding_read_double(e, &p, end, &ok);

		if (!ok) {
			l.bad += end - p >= 2 || v.n < LOOK_AT;
			continue;
		}
		if (cp < 0x80)
			continue;
		l.wide++;
		l.kana += cp >= 0x3041 && cp <= 0x30fe;
		l.hangul += is_among(encoding_hangul, encoding_hangul_n, cp);
		l.hanzi += encoding_is_hanzi(cp);
	}
	return l;
}

/* A quarter of Japanese is kana at least, a quarter of Korean frequent syllables, a fifth of
   Chinese frequent characters; at random it is a twentieth. */
static bool detect_double(struct view v, const enum encoding *hint, enum encoding *ret)
{
	static const enum encoding candidates[] = {
		ENCODING_SHIFT_JIS, ENCODING_EUC_JP, ENCODING_EUC_KR, ENCODING_BIG5};
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		enum encoding e = candidates[i];
		struct double_look l = double_look(e, v);
		size_t known = e == ENCODING_BIG5 ? l.hanzi
			: e == ENCODING_EUC_KR    ? l.hangul
						  : l.kana + l.hanzi;
		bool japanese = e == ENCODING_SHIFT_JIS || e == ENCODING_EUC_JP;
		size_t share = l.wide ? known * 100 / l.wide : 0;

		if (hint && *hint == e)
			share *= 2;
		if (l.wide < 4 || l.bad * 50 > l.wide || share < 22 ||
			(japanese && l.kana * 5 < l.wide && !(hint && *hint == e)))
			continue;
		if (share > best) {
			best = share;
			*ret = e;
		}
	}
	return best > 0;
}

/* Kana tell Japanese from Chinese, which GB18030 would read as well. */
static bool detect_kana(struct view v, enum encoding *ret)
{
	static const enum encoding candidates[] = {ENCODING_SHIFT_JIS, ENCODING_EUC_JP};

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++) {
		struct double_look l = double_look(candidates[i], v);

		if (l.wide >= 8 && l.bad * 50 <= l.wide && l.kana * 4 >= l.wide) {
			*ret = candidates[i];
			return true;
		}
	}
	return false;
}

/* --- */

bool encoding_detect(struct view bytes, const enum encoding *hint, enum encoding *ret)
{
	struct view v = view_sub(bytes, 0, LOOK_AT);

	if (v.n == 0) {
		*ret = ENCODING_UTF8;
		return true;
	}
	if (detect_bom(v, ret))
		return true;
	if (memchr(v.p, 0, v.n) && detect_wide(v, ret))
		return true;
	if (!is_text(v))
		return detect_wide(v, ret);
	if (is_ascii(v) || is_utf8(v)) {
		*ret = is_ascii(v) && encoding_is_utf7(v) ? ENCODING_UTF7 : ENCODING_UTF8;
		return true;
	}
	if (detect_vi(v, false, hint, ret) || detect_ru(v, hint, ret))
		return true;
	if (detect_kana(v, ret) || detect_zh(v, hint, ret) || detect_double(v, hint, ret))
		return true;
	if (detect_wide(v, ret))
		return true;
	*ret = hint &&
			(encoding_is_single(*hint) || encoding_is_double(*hint) ||
				*hint == ENCODING_GB18030)
		? *hint
		: ENCODING_CP1252;
	return true;
}

bool encoding_detect_mojibake(struct view utf8, enum encoding *ret)
{
	return detect_vi(view_sub(utf8, 0, LOOK_AT), true, NULL, ret);
}
