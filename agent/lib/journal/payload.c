/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/payload.h"

#include <errno.h>
#include <stdint.h>

struct scan {
	const uint8_t *p, *end;
};

static int value(struct scan *s, unsigned depth);

static void blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r'))
		s->p++;
}

static bool take(struct scan *s, uint8_t c)
{
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static int hex4(struct scan *s, uint32_t *ret)
{
	uint32_t v = 0;

	if (s->end - s->p < 4)
		return -EINVAL;
	for (int i = 0; i < 4; i++) {
		uint8_t c = *s->p++;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

static int escape(struct scan *s)
{
	uint32_t hi, lo;

	if (s->p >= s->end)
		return -EINVAL;
	switch (*s->p++) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't': return 0;
	case 'u': break;
	default: return -EINVAL;
	}
	if (hex4(s, &hi) < 0 || (hi >= 0xdc00 && hi < 0xe000))
		return -EINVAL;
	if (hi < 0xd800 || hi >= 0xe000)
		return 0;
	if (!take(s, '\\') || !take(s, 'u') || hex4(s, &lo) < 0 || lo < 0xdc00 || lo >= 0xe000)
		return -EINVAL;
	return 0;
}

/* One UTF-8 sequence of more than one byte. */
static int multibyte(struct scan *s)
{
	uint8_t c = *s->p, low = 0x80, high = 0xbf;
	ptrdiff_t n;

	if (c >= 0xc2 && c < 0xe0)
		n = 2;
	else if (c >= 0xe0 && c < 0xf0)
		n = 3;
	else if (c >= 0xf0 && c < 0xf5)
		n = 4;
	else
		return -EINVAL;
	if (s->end - s->p < n)
		return -EINVAL;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (s->p[1] < low || s->p[1] > high)
		return -EINVAL;
	for (ptrdiff_t i = 2; i < n; i++)
		if ((s->p[i] & 0xc0) != 0x80)
			return -EINVAL;
	s->p += n;
	return 0;
}

/* `ret` gets what stands between the quotes, as written. */
static int string(struct scan *s, struct view *ret)
{
	const uint8_t *begin;

	if (!take(s, '"'))
		return -EINVAL;
	begin = s->p;
	while (s->p < s->end) {
		uint8_t c = *s->p;

		if (c == '"') {
			*ret = view_of(begin, (size_t)(s->p - begin));
			s->p++;
			return 0;
		}
		if (c < 0x20)
			return -EINVAL;
		if (c >= 0x80) {
			if (multibyte(s) < 0)
				return -EINVAL;
			continue;
		}
		s->p++;
		if (c == '\\' && escape(s) < 0)
			return -EINVAL;
	}
	return -EINVAL;
}

static bool digits(struct scan *s)
{
	const uint8_t *begin = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > begin;
}

static int number(struct scan *s)
{
	(void)take(s, '-');
	if (!take(s, '0') && !digits(s))
		return -EINVAL;
	if (take(s, '.') && !digits(s))
		return -EINVAL;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		if (!digits(s))
			return -EINVAL;
	}
	return 0;
}

static int word(struct scan *s, struct view w)
{
	if (!view_starts(view_of(s->p, (size_t)(s->end - s->p)), w))
		return -EINVAL;
	s->p += w.n;
	return 0;
}

static int array(struct scan *s, unsigned depth)
{
	s->p++;
	blanks(s);
	if (take(s, ']'))
		return 0;
	for (;;) {
		if (value(s, depth) < 0)
			return -EINVAL;
		blanks(s);
		if (take(s, ']'))
			return 0;
		if (!take(s, ','))
			return -EINVAL;
	}
}

/* `kind` may be NULL. */
static int object(struct scan *s, unsigned depth, struct view *kind)
{
	s->p++;
	blanks(s);
	if (take(s, '}'))
		return 0;
	for (;;) {
		struct view key, text;
		const uint8_t *begin;

		blanks(s);
		if (string(s, &key) < 0)
			return -EINVAL;
		blanks(s);
		if (!take(s, ':'))
			return -EINVAL;
		blanks(s);
		begin = s->p;
		if (value(s, depth) < 0)
			return -EINVAL;
		text = view_of(begin, (size_t)(s->p - begin));
		if (kind && kind->n == 0 && view_eq(key, VIEW_LIT("kind")) && text.n > 2 &&
			text.p[0] == '"' && !memchr(text.p, '\\', text.n))
			*kind = view_sub(text, 1, text.n - 2);
		blanks(s);
		if (take(s, '}'))
			return 0;
		if (!take(s, ','))
			return -EINVAL;
	}
}

/* Bounded by PAYLOAD_DEPTH_MAX. */
static int value(struct scan *s, unsigned depth)
{
	struct view ignored;

	blanks(s);
	if (s->p >= s->end || depth >= PAYLOAD_DEPTH_MAX)
		return -EINVAL;
	switch (*s->p) {
	case '{': return object(s, depth + 1, NULL);
	case '[': return array(s, depth + 1);
	case '"': return string(s, &ignored);
	case 't': return word(s, VIEW_LIT("true"));
	case 'f': return word(s, VIEW_LIT("false"));
	case 'n': return word(s, VIEW_LIT("null"));
	default: return number(s);
	}
}

int payload_check(struct view v, struct view *ret_kind)
{
	struct scan s = {v.p, view_end(v)};
	struct view kind = VIEW_EMPTY;

	if (v.n == 0 || v.p[0] != '{' || object(&s, 0, &kind) < 0 || s.p != s.end)
		return -EINVAL;
	*ret_kind = kind;
	return 0;
}
