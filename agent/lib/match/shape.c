/* SPDX-License-Identifier: Apache-2.0 */
#include "match/shape.h"

#include "match/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* A gap of this many blanks is a column's. */
#define GAP_MIN 3

/* Longer lines (bytes) are not looked at for signs between letters. */
#define SIGNS_LINE_MAX 160

#define SPACED_LETTERS_MIN 3
#define SPACED_CJK_MIN     2

/* Bit n says it of byte n. */
struct bytes64 {
	uint64_t blank, inner; /* ' '; later bytes of a code point */
	uint64_t odd;          /* a tab, or what begins another blank, a combining mark, something
				  invisible or a script without capitals: 0xc2, 0xcc, 0xcd, 0xe2- */
};

static struct bytes64 bytes64_of(const uint8_t *p)
{
	struct bytes64 b = {0};

#if defined(__SSE2__)
	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i * 16));
		/* as signed bytes: 0x80-0xbf is what is below -64, 0xe2-0xff lies between -30 and 0
		 */
		__m128i inner = _mm_cmplt_epi8(v, _mm_set1_epi8(-64));
		__m128i high = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(-31)),
			_mm_cmplt_epi8(v, _mm_setzero_si128()));
		__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
		__m128i c2 = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)0xc2));
		/* 0xcc and 0xcd */
		__m128i mark = _mm_cmpeq_epi8(
			_mm_and_si128(v, _mm_set1_epi8((char)0xfe)), _mm_set1_epi8((char)0xcc));
		__m128i odd = _mm_or_si128(_mm_or_si128(high, tab), _mm_or_si128(c2, mark));
		__m128i blank = _mm_cmpeq_epi8(v, _mm_set1_epi8(' '));

		b.blank |= (uint64_t)(uint16_t)_mm_movemask_epi8(blank) << i * 16;
		b.inner |= (uint64_t)(uint16_t)_mm_movemask_epi8(inner) << i * 16;
		b.odd |= (uint64_t)(uint16_t)_mm_movemask_epi8(odd) << i * 16;
	}
#else
	for (unsigned i = 0; i < 64; i++) {
		b.blank |= (uint64_t)(p[i] == ' ') << i;
		b.inner |= (uint64_t)((p[i] & 0xc0) == 0x80) << i;
		b.odd |= (uint64_t)(p[i] == '\t' || p[i] == 0xc2 || (p[i] & 0xfe) == 0xcc ||
				 p[i] >= 0xe2)
			<< i;
	}
#endif
	return b;
}

/* Bytes looked at a time: a character and the blank after it fit beyond the last of them. */
#define STRIDE 58

bool shape_is_plain(struct view line)
{
	const uint64_t in_stride = (UINT64_C(1) << STRIDE) - 1;
	uint8_t tail[64];
	uint64_t after_blank = 1;
	int lone = 0; /* characters that stand alone */

	for (size_t i = 0; i < line.n; i += STRIDE) {
		size_t n = MIN(line.n - i, sizeof(tail));
		const uint8_t *p = line.p + i;
		struct bytes64 b;
		uint64_t starts, ends;

		if (n < sizeof(tail)) {
			memset(tail, '.', sizeof(tail));
			memcpy(tail, p, n);
			if (n + 1 < sizeof(tail))
				tail[n] = ' ';
			p = tail;
		}
		b = bytes64_of(p);
		if (b.odd || (b.blank & b.blank >> 1 & b.blank >> 2))
			return false;
		starts = (b.blank << 1 | after_blank) & ~b.blank & in_stride;
		/* adding carries a start through the bytes of its character to the one after them
		 */
		ends = ((starts << 1) + b.inner) & ~b.inner;
		lone += __builtin_popcountll(ends & b.blank);
		after_blank = b.blank >> (STRIDE - 1) & 1;
	}
	return lone < SPACED_LETTERS_MIN;
}

int shape_columns(struct view line, struct buf *out)
{
	size_t n = 1, blanks = 0, start = 0;
	bool tab = false;
	int e = 0;

	for (size_t i = 0; e == 0 && i <= line.n; i += n) {
		uint32_t cp = i < line.n ? utf8_at(line, i, &n) : 0;

		if (i < line.n && utf8_is_blank(cp)) {
			if (blanks++ == 0)
				start = i;
			tab = tab || cp == '\t';
			continue;
		}
		if (blanks && out->n && i < line.n && (tab || blanks >= GAP_MIN))
			e = buf_put_str(out, " | ");
		else if (blanks)
			e = buf_put(out, line.p + start, i - start);
		if (e == 0 && i < line.n)
			e = buf_put(out, line.p + i, n);
		blanks = 0;
		tab = false;
	}
	return e;
}

struct token {
	size_t from, to, gap; /* gap: blanks before it */
	bool letter, cjk;
	bool pair; /* two letters that a program set too close */
};

/* The next run of non-blanks from `*at`. */
static bool next_token(struct view line, size_t *at, struct token *ret)
{
	size_t n, letters = 0;
	uint32_t cp = 0;

	*ret = (struct token){.letter = true, .pair = true};
	for (; *at < line.n && utf8_is_blank(utf8_at(line, *at, &n)); *at += n)
		ret->gap++;
	ret->from = *at;
	for (; *at < line.n; *at += n) {
		cp = utf8_at(line, *at, &n);
		if (utf8_is_blank(cp))
			break;
		if (utf8_is_combining(cp) || (cp >= 0x200b && cp <= 0x200f) || cp == 0xfeff ||
			cp == 0xad)
			continue;
		ret->cjk = cp >= 0x2e80 && cp < 0xa000;
		if ((cp >= '0' && cp <= '9') || !(utf8_is_word(cp) || ret->cjk))
			ret->pair = ret->letter = false;
		if (++letters > 1)
			ret->letter = false;
	}
	ret->to = *at;
	ret->pair = ret->pair && letters == 2;
	ret->letter = ret->letter && letters == 1;
	return ret->to > ret->from;
}

static bool is_letter_sign(uint32_t cp)
{
	return cp == '.' || cp == '-' || cp == '_' || cp == '*' || cp == '/' || cp == 0xb7 ||
		cp == 0x2022 || cp == 0x2219 || cp == 0x22c5 || (cp >= 0x2010 && cp <= 0x2015);
}

static bool is_bare_letter(uint32_t cp)
{
	return utf8_is_word(cp) && !(cp >= '0' && cp <= '9');
}

/* The signs between the letters of a token "T.Ố.I", all alike; 0 where it is something else. A
   stroke may be one of the letters ("S.E.C././.N.F"). */
static uint32_t token_sign(struct view t)
{
	uint32_t sign = 0, cp;
	bool letter = false;

	for (size_t i = 0, n; i < t.n; i += n) {
		cp = utf8_at(t, i, &n);
		if (utf8_is_combining(cp) && letter)
			continue;
		if (letter ? !is_letter_sign(cp) || (sign && cp != sign)
			   : !is_bare_letter(cp) && !(cp == '/' && sign && sign != '/'))
			return 0;
		if (letter)
			sign = cp;
		letter = !letter;
	}
	return letter ? sign : 0;
}

/* A token without the signs between its letters, or with blanks for those between its words. */
static int put_piece(struct view t, bool *ret_changed, struct buf *out)
{
	uint32_t sign = token_sign(t), cp, next;
	bool before = false;
	size_t n, unused;
	int e = 0;

	for (size_t i = 0; e == 0 && i < t.n; i += n, before = is_bare_letter(cp)) {
		cp = utf8_at(t, i, &n);
		next = i + n < t.n ? utf8_at(t, i + n, &unused) : ' ';
		if (sign ? cp != sign
			 : !is_letter_sign(cp) || cp == '/' || !before || !is_bare_letter(next)) {
			e = buf_put(out, t.p + i, n);
			continue;
		}
		*ret_changed = true;
		if (!sign)
			e = buf_put_byte(out, ' ');
	}
	return e;
}

/* "S.E.C.R.E.T//N.O.F.O.R.N" is two. */
static int put_token(struct view t, bool *ret_changed, struct buf *out)
{
	const uint8_t *slashes = memmem(t.p, t.n, "//", 2);
	size_t n = slashes ? (size_t)(slashes - t.p) : t.n;
	int e = put_piece(view_of(t.p, n), ret_changed, out);

	if (e < 0 || !slashes)
		return e;
	e = buf_put_str(out, "//");
	return e < 0 ? e : put_piece(view_sub(t, n + 2, t.n), ret_changed, out);
}

/* In capitals, and with something that may set its letters or words apart. */
static bool may_have_signs(struct view line)
{
	bool sign = false;

	if (line.n > SIGNS_LINE_MAX)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (c >= 'a' && c <= 'z')
			return false;
		sign |= c == '.' || c == '-' || c == '_' || c == '*' || c == '/' || c == '\t' ||
			c == 0xc2 || c == 0xe2 || (c == ' ' && i > 0 && line.p[i - 1] == ' ');
	}
	return sign;
}

int shape_part_signs(struct view line, struct buf *out)
{
	size_t at = 0, start = out->n;
	bool changed = false;
	struct token t;
	int e = 0;

	if (!may_have_signs(line))
		return 0;
	while (e == 0 && next_token(line, &at, &t)) {
		if (out->n > start) {
			changed |= t.gap >= GAP_MIN;
			e = buf_put_byte(out, ' ');
		}
		if (e == 0)
			e = put_token(view_of(line.p + t.from, t.to - t.from), &changed, out);
	}
	return e < 0 ? e : changed;
}

/* "T U Y Ệ T   MẬ T": a line of single letters with a pair or two among them. */
static bool has_close_pairs(struct view line)
{
	size_t at = 0, letters = 0, pairs = 0;
	struct token t;

	if (line.n > SIGNS_LINE_MAX)
		return false;
	while (next_token(line, &at, &t)) {
		if (!t.letter && !t.pair)
			return false;
		letters += t.letter;
		pairs += t.pair;
	}
	return letters >= SPACED_LETTERS_MIN && pairs * 2 <= letters;
}

int shape_join_letters(struct view line, struct buf *out)
{
	size_t at = 0, ahead, start = out->n;
	struct token t, next;
	bool joined = false, pairs = has_close_pairs(line);
	int e = 0;

	while (e == 0 && next_token(line, &at, &t)) {
		bool first = t.letter || (pairs && t.pair);
		size_t run = first, scan = at;

		if (out->n > start)
			e = buf_put_byte(out, ' ');
		for (ahead = at; first && next_token(line, &ahead, &next) &&
			(next.letter || (pairs && next.pair));
			scan = ahead)
			run++;
		if (e == 0)
			e = buf_put(out, line.p + t.from, t.to - t.from);
		if (run < (t.cjk ? SPACED_CJK_MIN : SPACED_LETTERS_MIN))
			continue;
		joined = true;
		while (e == 0 && at < scan && next_token(line, &at, &next)) {
			if (next.gap >= 2)
				e = buf_put_byte(out, ' ');
			if (e == 0)
				e = buf_put(out, line.p + next.from, next.to - next.from);
		}
	}
	return e < 0 ? e : joined;
}

/* Box drawing, stars, warning signs, emoji; not the boxes that are ticked (part.c). */
static bool is_picture(uint32_t cp)
{
	if ((cp >= 0x2610 && cp <= 0x2612) || cp == 0x2713 || cp == 0x2714 || cp == 0x25a1 ||
		cp == 0x25a3 || cp == 0x25fb || cp == 0x2b1c || cp == 0x1f5f5 || cp == 0x1f5f9)
		return false;
	return (cp >= 0x2190 && cp <= 0x21ff) || (cp >= 0x2300 && cp <= 0x23ff) ||
		(cp >= 0x2500 && cp <= 0x27bf) || (cp >= 0x2b00 && cp <= 0x2bff) ||
		(cp >= 0x1f300 && cp <= 0x1faff) || cp == 0x203c || cp == 0x2049 || cp == 0x203b ||
		cp == 0xff01;
}

/* Frame characters, by what they say. */
static uint32_t frame_of(uint32_t cp)
{
	switch (cp) {
	case '*':
	case '=':
	case '_':
	case '|':
	case '+':
	case '#':
	case '~':
	case '!': return SHAPE_RULED;
	case '(':
	case ')':
	case '[':
	case ']':
	case '{':
	case '}':
	case 0x3010: /* 【】 */
	case 0x3011: return SHAPE_BRACKETED;
	case '"':
	case '\'':
	case 0xab:
	case 0xbb:
	case 0x2018 ... 0x201f:
	case 0x300a ... 0x300f: return SHAPE_QUOTED;
	case '-':
	case '.':
	case ',':
	case '<':
	case '>':
	case 0xb7:
	case 0x2010 ... 0x2015:
	case 0x2022:
	case 0x25aa:
	case 0x25cf:
	case 0x25a0:
	case 0x2192: return SHAPE_BULLETED;
	default:
		if (is_picture(cp))
			return SHAPE_RULED;
		return utf8_is_blank(cp) || cp == 0xfe0f ? SHAPE_SPACED : 0;
	}
}

struct side {
	uint32_t seen;
	size_t rules, bullets, dashes;
};

static bool is_dash(uint32_t cp)
{
	return cp == '-' || (cp >= 0x2010 && cp <= 0x2015);
}

static void side_see(struct side *s, uint32_t kind, uint32_t cp)
{
	if (kind == SHAPE_SPACED)
		return;
	s->seen |= kind;
	s->dashes += is_dash(cp);
	s->rules += kind == SHAPE_RULED;
	s->bullets += kind == SHAPE_BULLETED;
}

static struct side trim_end(struct view *v)
{
	struct side s = {0};
	size_t n;

	while (v->n) {
		uint32_t cp = utf8_before(*v, v->n, &n), kind = frame_of(cp);

		if (!kind)
			break;
		side_see(&s, kind, cp);
		v->n -= n;
	}
	return s;
}

static struct side trim_start(struct view *v)
{
	struct side s = {0};
	size_t n;

	while (v->n) {
		uint32_t cp = utf8_at(*v, 0, &n), kind = frame_of(cp);

		if (!kind)
			break;
		side_see(&s, kind, cp);
		v->p += n;
		v->n -= n;
	}
	return s;
}

void shape_trim(struct view *left, struct view *right, uint32_t *ret_flags)
{
	/* "- MẬT;" and "- MẬT." are items as well */
	bool stops = right->n == 1 && memchr(".,;", right->p[0], 3);
	struct side l = trim_end(left), r = trim_start(right);
	uint32_t flags = 0;

	/* "– MẬT –" as well as "*** MẬT ***" */
	if ((l.rules && r.rules) || l.rules >= 2 || (l.bullets >= 3 && r.bullets >= 3) ||
		(left->n == 0 && right->n == 0 && l.dashes && l.dashes == r.dashes &&
			l.bullets == l.dashes && r.bullets == r.dashes))
		flags |= SHAPE_RULED;
	if (l.seen & r.seen & SHAPE_BRACKETED)
		flags |= SHAPE_BRACKETED;
	if (l.seen & r.seen & SHAPE_QUOTED)
		flags |= SHAPE_QUOTED;
	if (left->n == 0 && l.bullets + l.rules == 1 && (stops || !(r.bullets || r.rules)))
		flags |= SHAPE_BULLETED;
	*ret_flags = flags;
}

struct view shape_trim_line(struct view line)
{
	trim_start(&line);
	trim_end(&line);
	return line;
}

struct view shape_trim_front(struct view line)
{
	trim_start(&line);
	return line;
}

/* The length of a separator at `off`, or 0. Dashes and strokes need blanks around them. */
static size_t separator_at(struct view v, size_t off, bool sentence)
{
	size_t n;
	uint32_t cp = utf8_at(v, off, &n);
	bool blank_before = off == 0 || v.p[off - 1] == ' ';
	bool blank_after = off + n >= v.n || v.p[off + n] == ' ';

	switch (cp) {
	case '|':
	case ';':
	case '(':
	case ')':
	case '[':
	case ']':
	case 0xa6:
	case 0xb7:
	case 0x2022:
	case 0x2502: return n;
	case '-':
	case 0x2010 ... 0x2015: return blank_before && blank_after ? n : 0;
	case '/':
	case '\\': return n;
	case '.':
	case ',': return sentence && blank_after ? n : 0;
	default: return 0;
	}
}

/* The first bytes of what separator_at() takes for one outside of sentences. */
static const bool begins_separator[256] = {
	['|'] = true,
	[';'] = true,
	['('] = true,
	[')'] = true,
	['['] = true,
	[']'] = true,
	['-'] = true,
	['/'] = true,
	['\\'] = true,
	[0xc2] = true,
	[0xe2] = true,
};

bool shape_next_part(struct view *rest, struct view *ret)
{
	size_t i = 0, n = 0;

	if (rest->n == 0)
		return false;
	for (; i < rest->n; i++)
		if (begins_separator[rest->p[i]] && (n = separator_at(*rest, i, false)) > 0)
			break;
	*ret = view_of(rest->p, i);
	i += n;
	*rest = view_of(rest->p + i, rest->n - i);
	return true;
}

bool shape_ends_part(struct view left, bool sentence)
{
	size_t n, end = left.n;

	while (end && (left.p[end - 1] == ' ' || left.p[end - 1] == '*'))
		end--;
	if (end == 0)
		return true;
	utf8_before(left, end, &n);
	return separator_at(left, end - n, sentence) != 0;
}

bool shape_starts_part(struct view right, bool sentence)
{
	size_t i = 0;

	while (i < right.n && (right.p[i] == ' ' || right.p[i] == '*'))
		i++;
	if (i < right.n && right.p[i] == '.' && i + 1 == right.n)
		return true;
	return i == right.n || separator_at(right, i, sentence) != 0;
}
