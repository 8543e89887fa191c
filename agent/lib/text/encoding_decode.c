/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes of a known encoding to UTF-8. Nothing here fails on content: what does not decode
   becomes U+FFFD. */
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "text/canon_compose.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

/* Bytes of a text in which encoding_repair() looks for signs. */
#define REPAIR_LOOK_AT 65536

enum {
	GRAVE = 0x300,
	ACUTE = 0x301,
	CIRCUMFLEX = 0x302,
	TILDE = 0x303,
	BREVE = 0x306,
	HOOK = 0x309,
	HORN = 0x31b,
	DOT = 0x323,
};

bool encoding_is_single(enum encoding e)
{
	return e >= ENCODING_CP1252 && e <= ENCODING_CP866;
}

/* --- one byte per character ------------------------------------------------------------------- */

/* The next byte, or a code point over 0xff that is none. */
static uint32_t peek_unit(const struct encoding_reader *r, const uint8_t *p, size_t *ret_len)
{
	*ret_len = 1;
	return r->mojibake ? utf8_next(p, (size_t)(r->end - p), ret_len, NULL) : *p;
}

static uint32_t unit_to_cp(const struct encoding_reader *r, uint32_t unit)
{
	uint32_t cp;

	if (unit > 0xff)
		return unit;
	/* Control characters are letters to VISCII and VPS; in Unicode text they are none. */
	if (unit < 0x20 && !r->mojibake && encoding_low[r->encoding][unit])
		return encoding_low[r->encoding][unit];
	if (unit < 0x80 || (r->mojibake && unit < 0xa0))
		return unit;
	cp = encoding_high[r->encoding][unit - 0x80];
	return cp ? cp : UTF8_INVALID;
}

/* In VNI the mark is a letter of its own after the vowel, and may be of either case. */
static bool vni_mark(uint32_t unit, uint32_t *ret_quality, uint32_t *ret_tone)
{
	static const struct {
		uint8_t unit;
		uint16_t quality, tone;
	} marks[] = {
		{0xf8, 0, GRAVE},
		{0xf9, 0, ACUTE},
		{0xfb, 0, HOOK},
		{0xf5, 0, TILDE},
		{0xef, 0, DOT},
		{0xe2, CIRCUMFLEX, 0},
		{0xe0, CIRCUMFLEX, GRAVE},
		{0xe1, CIRCUMFLEX, ACUTE},
		{0xe5, CIRCUMFLEX, HOOK},
		{0xe3, CIRCUMFLEX, TILDE},
		{0xe4, CIRCUMFLEX, DOT},
		{0xea, BREVE, 0},
		{0xe8, BREVE, GRAVE},
		{0xe9, BREVE, ACUTE},
		{0xfa, BREVE, HOOK},
		{0xfc, BREVE, TILDE},
		{0xeb, BREVE, DOT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (unit <= 0xff && marks[i].unit == (unit | 0x20)) {
			*ret_quality = marks[i].quality;
			*ret_tone = marks[i].tone;
			return true;
		}
	}
	return false;
}

/* Letters that stand for themselves; the rest is as in CP1252. */
static uint32_t vni_letter(uint32_t unit)
{
	switch (unit) {
	case 0xd1: return 0x110; /* Đ */
	case 0xf1: return 0x111;
	case 0xd4: return 0x1a0; /* Ơ */
	case 0xf4: return 0x1a1;
	case 0xd6: return 0x1af; /* Ư */
	case 0xf6: return 0x1b0;
	case 0xc6: return 0x1ec8; /* Ỉ */
	case 0xe6: return 0x1ec9;
	case 0xd3: return 0x128; /* Ĩ */
	case 0xf3: return 0x129;
	case 0xd2: return 0x1eca; /* Ị */
	case 0xf2: return 0x1ecb;
	case 0xce: return 0x1ef4; /* Ỵ */
	case 0xee: return 0x1ef5;
	default: return 0;
	}
}

/* Which vowels bear a circumflex, a breve, a tone. */
static bool vni_fits(uint32_t unit, uint32_t quality)
{
	const char *vowels = quality == CIRCUMFLEX ? "aeo" : quality == BREVE ? "a" : "aeouy";

	if (unit == 0xd4 || unit == 0xf4 || unit == 0xd6 || unit == 0xf6)
		return quality == 0;
	return unit < 0x80 && unit > 0x40 && strchr(vowels, (int)(unit | 0x20)) != NULL;
}

static uint32_t read_vni(struct encoding_reader *r)
{
	size_t len;
	uint32_t unit = peek_unit(r, r->p, &len);
	uint32_t cp = vni_letter(unit);
	uint32_t quality, tone;

	if (!cp)
		cp = unit > 0xff || (r->mojibake && unit < 0xa0) || unit < 0x80
			? unit
			: encoding_high[ENCODING_CP1252][unit - 0x80];
	r->p += len;
	if (r->p < r->end && vni_mark(peek_unit(r, r->p, &len), &quality, &tone) &&
		vni_fits(unit, quality)) {
		uint32_t both = quality ? canon_pair(cp, quality) : cp;

		if (both && tone)
			both = canon_pair(both, tone);
		if (both) {
			r->p += len;
			return both;
		}
	}
	return cp ? cp : UTF8_INVALID;
}

static bool is_tone(uint32_t cp)
{
	return cp == GRAVE || cp == ACUTE || cp == TILDE || cp == HOOK || cp == DOT;
}

uint32_t encoding_read(struct encoding_reader *r)
{
	size_t len;
	uint32_t cp;

	if (r->encoding == ENCODING_VNI)
		return read_vni(r);
	cp = unit_to_cp(r, peek_unit(r, r->p, &len));
	r->p += len;
	if (r->encoding != ENCODING_CP1258 && r->encoding != ENCODING_TCVN3)
		return cp;
	while (r->p < r->end) {
		uint32_t mark = unit_to_cp(r, peek_unit(r, r->p, &len));
		uint32_t both = is_tone(mark) ? canon_pair(cp, mark) : 0;

		if (!both)
			break;
		cp = both;
		r->p += len;
	}
	return cp;
}

static int decode_single(enum encoding e, bool mojibake, struct view bytes, struct buf *out)
{
	struct encoding_reader r = {
		e, mojibake, bytes.p, bytes.n > 0 ? bytes.p + bytes.n : bytes.p};

	while (r.p < r.end) {
		const uint8_t *from = r.p;
		int k;

		/* ASCII as it is, but for a vowel that a mark may follow. */
		while (r.p < r.end && *r.p < 0x80 && *r.p >= 0x20)
			r.p++;
		if (r.p < r.end && r.p > from)
			r.p--;
		k = buf_put(out, from, (size_t)(r.p - from));
		if (k == 0 && r.p < r.end)
			k = buf_put_utf8(out, encoding_read(&r));
		if (k < 0)
			return k;
	}
	return 0;
}

/* --- Unicode ---------------------------------------------------------------------------------- */

static int decode_utf8(struct view v, struct buf *out)
{
	if (view_starts(v, VIEW_LIT("\xef\xbb\xbf")))
		v = view_sub(v, 3, v.n);
	while (v.n > 0) {
		size_t i = 0, len;
		int ok = 1, r;

		while (i < v.n) {
			(void)utf8_next(v.p + i, v.n - i, &len, &ok);
			if (!ok)
				break;
			i += len;
		}
		r = buf_put(out, v.p, i);
		if (r == 0 && !ok) {
			i += len;
			r = buf_put_utf8(out, UTF8_INVALID);
		}
		if (r < 0)
			return r;
		v = view_sub(v, i, v.n);
	}
	return 0;
}

static uint32_t unit16(const uint8_t *p, bool big)
{
	return big ? load_be16(p) : load_le16(p);
}

static int decode_utf16(struct view v, bool big, struct buf *out)
{
	size_t i = v.n >= 2 && unit16(v.p, big) == 0xfeff ? 2 : 0;

	while (i < v.n) {
		uint32_t cp = UTF8_INVALID;
		size_t len = 2;
		int r;

		if (v.n - i >= 2) {
			cp = unit16(v.p + i, big);
			if (cp >= 0xd800 && cp < 0xdc00 && v.n - i >= 4) {
				uint32_t low = unit16(v.p + i + 2, big);

				if (low >= 0xdc00 && low < 0xe000) {
					cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
					len = 4;
				}
			}
		}
		r = buf_put_utf8(out, cp);
		if (r < 0)
			return r;
		i += len;
	}
	return 0;
}

static int decode_utf32(struct view v, bool big, struct buf *out)
{
	for (size_t i = 0; i < v.n; i += 4) {
		uint32_t cp = UTF8_INVALID;
		int r;

		if (v.n - i >= 4)
			cp = big ? load_be32(v.p + i) : load_le32(v.p + i);
		if (i == 0 && cp == 0xfeff)
			continue;
		r = buf_put_utf8(out, cp);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- GB18030 ---------------------------------------------------------------------------------- */

static uint32_t gb_four(const uint8_t *p)
{
	uint32_t linear = ((p[0] - 0x81U) * 10 + p[1] - 0x30U) * 1260 + (p[2] - 0x81U) * 10 + p[3] -
		0x30U;

	/* 90 30 81 30 is U+10000. */
	if (linear >= 189000)
		return linear - 189000 < 0x100000 ? linear - 189000 + 0x10000 : 0;
	for (size_t lo = 0, hi = encoding_gb_four_n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		const struct encoding_run *run = &encoding_gb_four[mid];

		if (linear < run->linear)
			hi = mid;
		else if (linear - run->linear >= run->n)
			lo = mid + 1;
		else
			return run->cp + (linear - run->linear);
	}
	return 0;
}

uint32_t encoding_read_gb(const uint8_t **p, const uint8_t *end, bool *ret_ok)
{
	const uint8_t *s = *p;
	uint32_t cp = 0;

	*ret_ok = true;
	if (*s < 0x80) {
		*p = s + 1;
		return *s;
	}
	if (end - s >= 2 && s[0] >= 0x81 && s[0] <= 0xfe) {
		if (s[1] >= 0x40 && s[1] <= 0xfe) {
			cp = encoding_gb_two[(size_t)(s[0] - 0x81) * ENCODING_GB_COLUMNS + s[1] -
				0x40];
			*p = s + 2;
		} else if (end - s >= 4 && s[1] >= 0x30 && s[1] <= 0x39 && s[2] >= 0x81 &&
			s[2] <= 0xfe && s[3] >= 0x30 && s[3] <= 0x39) {
			cp = gb_four(s);
			*p = s + 4;
		}
	}
	if (cp)
		return cp;
	*ret_ok = false;
	*p = s + 1;
	return UTF8_INVALID;
}

static int decode_gb(struct view v, struct buf *out)
{
	const uint8_t *p = v.p, *end = view_end(v);

	while (p < end) {
		bool ok;
		int r = buf_put_utf8(out, encoding_read_gb(&p, end, &ok));

		if (r < 0)
			return r;
	}
	return 0;
}

/* --- other encodings of two bytes ------------------------------------------------------------- */

bool encoding_is_double(enum encoding e)
{
	return e >= ENCODING_BIG5 && e <= ENCODING_EUC_KR;
}

static uint32_t double_at(enum encoding e, uint32_t lead, uint32_t trail)
{
	const uint16_t *table = e == ENCODING_BIG5 ? encoding_big5
		: e == ENCODING_EUC_KR             ? encoding_euc_kr
						   : encoding_shift_jis;

	if (e == ENCODING_EUC_JP) { /* the same rows, two of them to a lead byte */
		uint32_t row = lead - 0xa1, col = trail - 0xa1;

		if (row > 93 || col > 93)
			return 0;
		lead = row / 2 + (row < 62 ? 0x81 : 0xc1);
		trail = row % 2 ? col + 0x9f : col + 0x40 + (col >= 0x3f);
	}
	if (lead < 0x81 || lead > 0xfe || trail < 0x40 || trail > 0xfe)
		return 0;
	return table[(size_t)(lead - 0x81) * ENCODING_GB_COLUMNS + trail - 0x40];
}

uint32_t encoding_read_double(enum encoding e, const uint8_t **p, const uint8_t *end, bool *ret_ok)
{
	const uint8_t *s = *p;
	uint32_t cp = 0;

	*ret_ok = true;
	*p = s + 1;
	if (*s < 0x80)
		return *s;
	/* half-width katakana */
	if (e == ENCODING_SHIFT_JIS && *s >= 0xa1 && *s <= 0xdf)
		return 0xff61U + *s - 0xa1U;
	if (e == ENCODING_EUC_JP && *s == 0x8e && end - s >= 2 && s[1] >= 0xa1 && s[1] <= 0xdf) {
		*p = s + 2;
		return 0xff61U + s[1] - 0xa1U;
	}
	if (end - s >= 2)
		cp = double_at(e, s[0], s[1]);
	if (cp) {
		*p = s + 2;
		return cp;
	}
	*ret_ok = false;
	return UTF8_INVALID;
}

static int decode_double(enum encoding e, struct view v, struct buf *out)
{
	const uint8_t *p = v.p, *end = view_end(v);
	int r = 0;

	while (r == 0 && p < end) {
		bool ok;

		r = buf_put_utf8(out, encoding_read_double(e, &p, end, &ok));
	}
	return r;
}

/* --- */

int encoding_decode(enum encoding e, struct view bytes, struct buf *out)
{
	switch (e) {
	case ENCODING_UTF8: return decode_utf8(bytes, out);
	case ENCODING_UTF16LE: return decode_utf16(bytes, false, out);
	case ENCODING_UTF16BE: return decode_utf16(bytes, true, out);
	case ENCODING_UTF32LE: return decode_utf32(bytes, false, out);
	case ENCODING_UTF32BE: return decode_utf32(bytes, true, out);
	case ENCODING_GB18030: return decode_gb(bytes, out);
	case ENCODING_BIG5:
	case ENCODING_SHIFT_JIS:
	case ENCODING_EUC_JP:
	case ENCODING_EUC_KR: return decode_double(e, bytes, out);
	case ENCODING_UTF7: return encoding_decode_utf7(bytes, out);
	case ENCODING_CP1252:
	case ENCODING_CP1258:
	case ENCODING_TCVN3:
	case ENCODING_VNI:
	case ENCODING_VISCII:
	case ENCODING_VPS:
	case ENCODING_CP1251:
	case ENCODING_KOI8R:
	case ENCODING_CP866: return decode_single(e, false, bytes, out);
	case ENCODING_MAX: break;
	}
	return -ENOTSUP;
}

int encoding_decode_mojibake(enum encoding e, struct view utf8, struct buf *out)
{
	return encoding_is_single(e) ? decode_single(e, true, utf8, out) : -ENOTSUP;
}

/* Letters that no one-byte encoding of the West has are no sign of a wrong decoder. */
static bool may_be_mojibake(struct view utf8)
{
	size_t latin1 = 0, others = 0;

	for (size_t i = 0; i < utf8.n && i < REPAIR_LOOK_AT; i++) {
		latin1 += utf8.p[i] == 0xc2 || utf8.p[i] == 0xc3;
		others += utf8.p[i] >= 0xc4;
	}
	return latin1 >= 4 && others * 10 <= latin1;
}

int encoding_repair(struct view utf8, struct buf *out)
{
	enum encoding e;
	int r;

	if (!may_be_mojibake(utf8) || !encoding_detect_mojibake(utf8, &e))
		return 0;
	r = encoding_decode_mojibake(e, utf8, out);
	return r < 0 ? r : 1;
}
