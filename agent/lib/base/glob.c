/* SPDX-License-Identifier: Apache-2.0 */
#include "base/glob.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static char lower(char c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_deep(const char *pattern, const char *p)
{
	return (p == pattern || p[-1] == '/') && p[0] == '*' && p[1] == '*' &&
		(p[2] == 0 || p[2] == '/');
}

static const char *next_character(const char *t)
{
	t++;
	while (((uint8_t)*t & 0xc0) == 0x80)
		t++;
	return t;
}

/*
 * Greedy with two places to fall back to: the last `*` within its component and the last `**`.
 * Earlier ones need no memory: the shortest match of what precedes leaves the most for the rest,
 * and a `*` cannot leave its component.
 */
bool glob_match(const char *pattern, const char *text, bool fold)
{
	const char *p = pattern, *t = text;
	const char *star_p = NULL, *star_t = NULL, *deep_p = NULL, *deep_t = NULL;

	for (;;) {
		if (is_deep(pattern, p)) {
			if (p[2] == 0)
				return true;
			deep_p = p += 3;
			deep_t = t;
			star_p = NULL;
		} else if (*p == '*') {
			star_p = ++p;
			star_t = t;
		} else if (*p == '?' && *t && *t != '/') {
			p++;
			t = next_character(t);
		} else if (*t && lower(*p, fold) == lower(*t, fold)) {
			p++;
			t++;
		} else if (!*p && !*t) {
			return true;
		} else if (star_p && *star_t && *star_t != '/') {
			t = ++star_t;
			p = star_p;
		} else if (deep_p && (deep_t = strchr(deep_t, '/'))) {
			t = ++deep_t;
			p = deep_p;
			star_p = NULL;
		} else {
			return false;
		}
	}
}

bool glob_is_literal(const char *pattern)
{
	return !strpbrk(pattern, "*?");
}

const char *glob_error(const char *pattern)
{
	if (!*pattern)
		return "the pattern is empty";
	if (strpbrk(pattern, "[]{}\\"))
		return "sets, braces and escapes are not supported: use * ? or **";
	for (const char *p = pattern; (p = strstr(p, "**")); p += 2) {
		if (!is_deep(pattern, p))
			return "** must stand alone between slashes";
	}
	return NULL;
}

/* `outer` is PREFIX/ and **: covers what begins with the literal PREFIX/. */
static bool covers_below(const char *outer, const char *inner, bool fold)
{
	size_t n = strlen(outer);

	if (n < 2 || strcmp(outer + n - 2, "**") != 0)
		return false;
	n -= 2;
	if (n > 0 && outer[n - 1] != '/')
		return false;
	if (strcspn(outer, "*?") < n || strcspn(inner, "*?") < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(outer[i], fold) != lower(inner[i], fold))
			return false;
	return true;
}

bool glob_covers(const char *outer, const char *inner, bool fold)
{
	if (strcmp(outer, inner) == 0)
		return true;
	if (glob_is_literal(inner))
		return glob_match(outer, inner, fold);
	return covers_below(outer, inner, fold);
}
