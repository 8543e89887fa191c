/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/payload.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"

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
			size_t n = utf8_length(view_of(s->p, (size_t)(s->end - s->p)));

			if (n == 0)
				return -EINVAL;
			s->p += n;
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

/* The member of an object that is looked for; the first of several counts. */
struct wanted {
	struct view name, value;
	bool found;
};

/* `want` may be NULL. */
static int object(struct scan *s, unsigned depth, struct wanted *want)
{
	s->p++;
	blanks(s);
	if (take(s, '}'))
		return 0;
	for (;;) {
		struct view key;
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
		if (want && !want->found && view_eq(key, want->name)) {
			want->value = view_of(begin, (size_t)(s->p - begin));
			want->found = true;
		}
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

static bool plain_string(struct view value, struct view *ret)
{
	if (value.n < 2 || value.p[0] != '"' || memchr(value.p, '\\', value.n))
		return false;
	*ret = view_sub(value, 1, value.n - 2);
	return true;
}

int payload_check(struct view v, struct view *ret_kind)
{
	struct scan s = {v.p, view_end(v)};
	struct wanted kind = {.name = VIEW_LIT("kind")};

	if (v.n == 0 || v.p[0] != '{' || object(&s, 0, &kind) < 0 || s.p != s.end)
		return -EINVAL;
	*ret_kind = VIEW_EMPTY;
	if (kind.found)
		(void)plain_string(kind.value, ret_kind);
	return 0;
}

bool payload_member(struct view v, const char *name, struct view *ret)
{
	struct scan s = {v.p, view_end(v)};
	struct wanted want = {.name = view_str(name)};

	if (v.n == 0 || v.p[0] != '{' || object(&s, 0, &want) < 0 || !want.found)
		return false;
	*ret = want.value;
	return true;
}

bool payload_text(struct view v, const char *name, struct view *ret)
{
	struct view value;

	return payload_member(v, name, &value) && plain_string(value, ret);
}

bool payload_number(struct view v, const char *name, uint64_t *ret)
{
	struct view value;
	uint64_t n = 0;

	if (!payload_member(v, name, &value) || value.n == 0)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9' || !checked_mul(n, 10U, &n) ||
			!checked_add(n, (uint64_t)(value.p[i] - '0'), &n))
			return false;
	*ret = n;
	return true;
}

static int nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool payload_hex(struct view v, const char *name, uint8_t *ret, size_t n)
{
	struct view text;

	if (!payload_text(v, name, &text) || text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(text.p[2 * i]), lo = nibble(text.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		ret[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}
