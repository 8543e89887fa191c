/* SPDX-License-Identifier: Apache-2.0 */
#include "match/numbers.h"

#include <string.h>

/* Groups inside each other that are looked into. */
#define DEPTH_MAX 8

static bool is_of_numbers(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == ',' || c == '-' || c == ' ';
}

bool numbers_only(struct view text)
{
	bool digit = false;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (!is_of_numbers(c) || (c == ' ' && i > 0 && text.p[i - 1] == ' '))
			return false;
		digit = digit || (c >= '0' && c <= '9');
	}
	return digit;
}

static bool has_other(struct view v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!is_of_numbers(v.p[i]))
			return true;
	return false;
}

/* Behind the class that begins at `i`. */
static size_t behind_class(struct view re, size_t i)
{
	i += 1 + (i + 1 < re.n && re.p[i + 1] == '^');
	/* a bracket that comes first is a member */
	i += i < re.n && re.p[i] == ']';
	while (i < re.n && re.p[i] != ']') {
		if (re.p[i] == '[' && i + 1 < re.n && re.p[i + 1] == ':')
			while (i < re.n && re.p[i] != ']')
				i++;
		i += 1 + (i < re.n && re.p[i] == '\\');
	}
	return MIN(i + 1, re.n);
}

static size_t behind_group(struct view re, size_t i)
{
	unsigned depth = 0;

	while (i < re.n) {
		uint8_t c = re.p[i];

		i = c == '[' ? behind_class(re, i) : i + 1 + (c == '\\');
		depth += c == '(';
		depth -= c == ')';
		if (depth == 0)
			break;
	}
	return MIN(i, re.n);
}

static bool may_be_absent(struct view re, size_t i)
{
	return i < re.n &&
		(re.p[i] == '?' || re.p[i] == '*' ||
			(re.p[i] == '{' &&
				(i + 1 == re.n || re.p[i + 1] < '1' || re.p[i + 1] > '9')));
}

static bool each_has_other(struct view re, unsigned depth);

/* The literal that begins at `i`: is it of other text than numbers? -1 where nobody knows. */
static int literal_is_other(struct view re, size_t i, size_t *ret_next)
{
	uint8_t c = re.p[i];

	*ret_next = i + 1;
	if (c == '\\') {
		/* other letters have arguments, which are none of the text */
		if (i + 1 == re.n || (c = re.p[i + 1]) >= 0x80)
			return -1;
		*ret_next = i + 2;
		if ((uint8_t)((c | 0x20) - 'a') < 26)
			return strchr("bBdDsSwW", c) ? 0 : -1;
		return !is_of_numbers(c);
	}
	while (c >= 0xc0 && *ret_next < re.n && (re.p[*ret_next] & 0xc0) == 0x80)
		++*ret_next;
	return !is_of_numbers(c) && !strchr("^$*+?{})]", c);
}

/* One alternative: something in it must be there and is of other text than numbers. */
static bool has_own_other(struct view re, unsigned depth)
{
	for (size_t i = 0, next; i < re.n; i = next) {
		int other;

		if (re.p[i] == '(') {
			next = behind_group(re, i);
			/* a group with a sign of its own may be no text: "(?!...)" */
			other = i + 1 < next && re.p[i + 1] != '?' && re.p[i + 1] != '*' &&
				each_has_other(view_of(re.p + i + 1, next - i - 2), depth + 1);
		} else if (re.p[i] == '[') {
			next = behind_class(re, i);
			other = 0;
		} else {
			other = literal_is_other(re, i, &next);
			if (other < 0)
				return false;
		}
		if (other && !may_be_absent(re, next))
			return true;
	}
	return false;
}

static bool each_has_other(struct view re, unsigned depth)
{
	size_t from = 0, next;

	if (depth == DEPTH_MAX)
		return false;
	for (size_t i = 0; i < re.n; i = next) {
		next = re.p[i] == '('    ? behind_group(re, i)
			: re.p[i] == '[' ? behind_class(re, i)
					 : i + 1 + (re.p[i] == '\\');
		if (re.p[i] == '|') {
			if (!has_own_other(view_of(re.p + from, i - from), depth))
				return false;
			from = next;
		}
	}
	return has_own_other(view_sub(re, from, re.n), depth);
}

/* The least bytes of a text of numbers that the pattern finds something in. */
static uint32_t least_numbers(const struct ruleset *r, uint32_t pattern)
{
	struct view text = ruleset_str(r, r->patterns[pattern].text);
	uint32_t n = 0;

	if (!r->pattern_code[pattern])
		return has_other(text) ? UINT32_MAX : (uint32_t)text.n;
	if (each_has_other(text, 0))
		return UINT32_MAX;
	(void)pcre2_pattern_info(r->pattern_code[pattern], PCRE2_INFO_MINLENGTH, &n);
	return n;
}

static bool is_mark(const struct ruleset *r, uint32_t pattern)
{
	struct rs_span uses = r->patterns[pattern].uses;

	for (uint32_t i = 0; i < uses.n; i++)
		if (r->uses[uses.off + i].kind == RS_USE_MARK)
			return true;
	return false;
}

void numbers_set_bounds(struct ruleset *r)
{
	r->number_min = r->joined_number_min = UINT32_MAX;
	for (uint32_t i = 0; i < r->n_patterns; i++) {
		uint32_t n = least_numbers(r, i);

		r->number_min = MIN(r->number_min, n);
		if (is_mark(r, i))
			r->joined_number_min = MIN(r->joined_number_min, n);
	}
	/* the key of a field */
	for (uint32_t i = 0; i < r->n_names; i++)
		if (!has_other(ruleset_str(r, r->names[i].text)))
			r->number_min = 0;
}
