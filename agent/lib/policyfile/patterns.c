/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths and peers that can match nothing, or nearly all. */
#include <string.h>

#include "base/glob.h"
#include "policyfile/compile.h"

static bool is_component(const char *s, size_t n, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == n && strncmp(s, *words, n) == 0)
			return true;
	return false;
}

/* The kernel names documents by their one true path, and nobody replaces anything in a pattern. */
static const char *component_problem(const char *s, size_t n)
{
	static const char *const nothing[] = {"", ".", "..", NULL};
	static const char *const variables[] = {
		"$HOME", "$USER", "$LOGNAME", "$UID", "%h", "%u", "%H", "%U", "~", NULL};

	if (is_component(s, n, nothing))
		return "no document's path has empty, `.` or `..` parts";
	if (is_component(s, n, variables))
		return "variables are not replaced: for each person's folder write /home/*/";
	return NULL;
}

static const char *path_problem(const char *text)
{
	const char *bar = strchr(text, '|'), *s = text;
	size_t n = strlen(text);

	if (text[0] != '/' && strncmp(text, "**", 2) != 0)
		return "a path begins with / or with **/";
	if (text[n - 1] == '/')
		return "no document's path ends with /: for all beneath a folder write /** at the "
		       "end";
	if (bar && memchr(text, '(', (size_t)(bar - text)) && strchr(bar, ')'))
		return "this is no regular expression: write several patterns";
	for (s += *s == '/'; *s; s += *s == '/') {
		const char *problem;

		n = strcspn(s, "/");
		problem = component_problem(s, n);
		if (problem)
			return problem;
		s += n;
	}
	return NULL;
}

/* What a site or peer is called, without the rest of an address. */
static const char *peer_problem(const char *text)
{
	if (strstr(text, "://"))
		return "a site is known by its name: leave out what is before and after it, as in "
		       "zalo.me";
	if (text[strlen(text) - 1] == '/')
		return "no site or peer has a name that ends with /";
	return strpbrk(text, ",; \t")
		? "this is no name of a site or peer: write one for each entry"
		: NULL;
}

const char *glob_problem(const char *text, bool path)
{
	const char *problem = glob_error(text);
	unsigned n = 0;

	if (!problem)
		problem = path ? path_problem(text) : peer_problem(text);
	if (problem)
		return problem;
	for (const char *s = text; (s = strpbrk(s, "*?")); s++)
		n += *s == '*' && s[1] != '*';
	return n > POLICYFILE_WILDCARDS_MAX ? "more than 16 wildcards take too long to try" : NULL;
}

bool pattern_is_any(const char *text)
{
	return text[strspn(text, "/*?")] == 0;
}

bool pattern_is_tree(const char *text)
{
	size_t n;

	if (text[0] != '/')
		return false;
	n = 1 + strcspn(text + 1, "/");
	return n > 1 && n + 1 == strcspn(text, "*?") && strcmp(text + n, "/**") == 0;
}

bool pattern_is_wide(const char *text)
{
	size_t n = strspn(text, "/*?");

	return text[n] == 0 ||
		(n > 0 && text[n - 1] == '*' && text[n] == '.' && !strpbrk(text + n, "/*?"));
}
