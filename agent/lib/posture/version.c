/* SPDX-License-Identifier: Apache-2.0 */
#include "posture/version.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"

struct part {
	const char *p;
	size_t n;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Before the end comes ~, then the end, letters, and the rest by their codes. */
static int order(struct part s, size_t i)
{
	char c = i < s.n ? s.p[i] : 0;

	if (c == 0 || is_digit(c))
		return 0;
	if (c == '~')
		return -1;
	return is_letter(c) ? c : (unsigned char)c + 256;
}

/* Runs of digits as numbers of any length. */
static int compare_numbers(struct part a, size_t *i, struct part b, size_t *k)
{
	int first = 0;

	while (*i < a.n && a.p[*i] == '0')
		++*i;
	while (*k < b.n && b.p[*k] == '0')
		++*k;
	while (*i < a.n && *k < b.n && is_digit(a.p[*i]) && is_digit(b.p[*k])) {
		if (first == 0)
			first = a.p[*i] - b.p[*k];
		++*i;
		++*k;
	}
	if (*i < a.n && is_digit(a.p[*i]))
		return 1;
	if (*k < b.n && is_digit(b.p[*k]))
		return -1;
	return first;
}

static int compare_part(struct part a, struct part b)
{
	size_t i = 0, k = 0;

	while (i < a.n || k < b.n) {
		int r;

		while ((i < a.n && !is_digit(a.p[i])) || (k < b.n && !is_digit(b.p[k]))) {
			r = order(a, i) - order(b, k);
			if (r != 0)
				return r;
			i += i < a.n;
			k += k < b.n;
		}
		r = compare_numbers(a, &i, b, &k);
		if (r != 0)
			return r;
	}
	return 0;
}

struct version {
	struct part epoch, upstream, revision;
};

static struct version split(const char *text)
{
	struct version v = {.epoch = {"0", 1}};
	const char *colon = strchr(text, ':'), *dash;

	if (colon) {
		v.epoch = (struct part){text, (size_t)(colon - text)};
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	v.upstream = (struct part){text, dash ? (size_t)(dash - text) : strlen(text)};
	v.revision = dash ? (struct part){dash + 1, strlen(dash + 1)} : (struct part){"", 0};
	return v;
}

int version_compare(const char *a, const char *b)
{
	struct version x = split(a), y = split(b);
	int r = compare_part(x.epoch, y.epoch);

	if (r == 0)
		r = compare_part(x.upstream, y.upstream);
	return r != 0 ? r : compare_part(x.revision, y.revision);
}

/* RPM compares runs of letters or digits; what stands between them only separates, but for ~
   (before everything) and ^ (after the end, before anything else). */
static void skip_separators(struct part *s)
{
	while (s->n > 0 && !is_digit(*s->p) && !is_letter(*s->p) && *s->p != '~' && *s->p != '^') {
		s->p++;
		s->n--;
	}
}

static struct part take_run(struct part *s, bool digits)
{
	struct part run = {s->p, 0};

	while (run.n < s->n && (digits ? is_digit(s->p[run.n]) : is_letter(s->p[run.n])))
		run.n++;
	s->p += run.n;
	s->n -= run.n;
	return run;
}

static int compare_runs(struct part a, struct part b, bool digits)
{
	size_t i = 0, k = 0;
	int r;

	if (digits)
		return compare_numbers(a, &i, b, &k);
	r = memcmp(a.p, b.p, MIN(a.n, b.n));
	return r != 0 ? r : a.n < b.n ? -1 : a.n > b.n;
}

/* 1 where only `a` begins with it, -1 where only `b` does, 2 where both do, 0 where none. */
static int begins(struct part *a, struct part *b, char c)
{
	bool x = a->n > 0 && *a->p == c, y = b->n > 0 && *b->p == c;

	if (x && y) {
		a->p++;
		a->n--;
		b->p++;
		b->n--;
		return 2;
	}
	return x - y;
}

static int compare_rpm_part(struct part a, struct part b)
{
	while (a.n > 0 || b.n > 0) {
		bool digits;
		int r;

		skip_separators(&a);
		skip_separators(&b);
		r = begins(&a, &b, '~');
		if (r == 2)
			continue;
		if (r != 0)
			return -r;
		r = begins(&a, &b, '^');
		if (r == 2)
			continue;
		if (r == 1)
			return b.n == 0 ? 1 : -1;
		if (r == -1)
			return a.n == 0 ? -1 : 1;
		if (a.n == 0 || b.n == 0)
			break;
		digits = is_digit(*a.p);
		/* A number is newer than letters. */
		if (digits != is_digit(*b.p))
			return digits ? 1 : -1;
		r = compare_runs(take_run(&a, digits), take_run(&b, digits), digits);
		if (r != 0)
			return r;
	}
	return a.n > 0 ? 1 : b.n > 0 ? -1 : 0;
}

int version_compare_rpm(const char *a, const char *b)
{
	struct version x = split(a), y = split(b);
	int r = compare_rpm_part(x.epoch, y.epoch);

	if (r == 0)
		r = compare_rpm_part(x.upstream, y.upstream);
	/* A version without a release stands for all of them. */
	if (r != 0 || x.revision.n == 0 || y.revision.n == 0)
		return r;
	return compare_rpm_part(x.revision, y.revision);
}

bool version_is_valid(const char *v)
{
	size_t n = strlen(v);

	if (n == 0 || n >= VERSION_TEXT_MAX || !is_digit(*v))
		return false;
	for (; *v; v++)
		if (!is_digit(*v) && !is_letter(*v) && !strchr(".+-:~", *v))
			return false;
	return true;
}
