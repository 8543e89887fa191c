/* SPDX-License-Identifier: Apache-2.0 */
/* Days, hours and dates as admins write them. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "policyfile/compile.h"

static int parse_day(const char **s, unsigned *ret)
{
	static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

	for (unsigned i = 0; i < ARRAY_SIZE(days); i++)
		if (strncmp(*s, days[i], 3) == 0) {
			*s += 3;
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* "mon", "mon-fri", "fri-mon", and such with commas between. */
static int parse_days(const char **s, uint8_t *ret)
{
	unsigned set = 0;

	do {
		unsigned first, last;

		*s += set != 0; /* the comma */
		if (parse_day(s, &first) < 0)
			return -EINVAL;
		last = first;
		if (**s == '-') {
			(*s)++;
			if (parse_day(s, &last) < 0)
				return -EINVAL;
		}
		for (unsigned d = first;; d = (d + 1) % 7) {
			set |= 1U << d;
			if (d == last)
				break;
		}
	} while (**s == ',');
	*ret = (uint8_t)set;
	return 0;
}

static int parse_digits(const char **s, unsigned *ret)
{
	const char *p = *s;

	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -EINVAL;
	*ret = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	*s += 2;
	return 0;
}

static int parse_minute(const char **s, uint16_t *ret)
{
	unsigned h, m;

	if (parse_digits(s, &h) < 0 || **s != ':')
		return -EINVAL;
	(*s)++;
	if (parse_digits(s, &m) < 0 || m > 59 || h * 60 + m > MINUTES_A_DAY)
		return -EINVAL;
	*ret = (uint16_t)(h * 60 + m);
	return 0;
}

int window_parse(const char *text, struct policy_window *ret)
{
	struct policy_window w = {.days = 0x7f, .from = 0, .to = MINUTES_A_DAY};
	const char *s = text;

	if (*s < '0' || *s > '9') {
		if (parse_days(&s, &w.days) < 0)
			return -EINVAL;
		if (*s == 0) {
			*ret = w;
			return 0;
		}
		if (*s++ != ' ')
			return -EINVAL;
	}
	if (parse_minute(&s, &w.from) < 0 || *s++ != '-' || parse_minute(&s, &w.to) < 0 || *s)
		return -EINVAL;
	if (w.from == w.to || w.from == MINUTES_A_DAY)
		return -EINVAL;
	*ret = w;
	return 0;
}

static void mark_window(const struct policy_window *w, unsigned day, struct week *ret)
{
	unsigned length = (w->to + (w->to > w->from ? 0U : MINUTES_A_DAY)) - w->from;

	for (unsigned i = 0; i < length; i++) {
		unsigned m = (day * MINUTES_A_DAY + w->from + i) % MINUTES_A_WEEK;

		ret->minutes[m / 64] |= UINT64_C(1) << m % 64;
	}
}

void windows_week(const struct policy_window *w, size_t n, struct week *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n; i++)
		for (unsigned day = 0; day < 7; day++)
			if (w[i].days >> day & 1)
				mark_window(&w[i], day, ret);
}

bool week_covers(const struct week *outer, const struct week *inner)
{
	for (size_t k = 0; k < ARRAY_SIZE(outer->minutes); k++)
		if (inner->minutes[k] & ~outer->minutes[k])
			return false;
	return true;
}

void week_fill(struct week *ret)
{
	static const struct policy_window all = {.days = 0x7f, .to = MINUTES_A_DAY};

	windows_week(&all, 1, ret);
}

/* What a time ends with says of which zone it is; without, each reader thinks of his own. */
static bool has_zone(const char *text)
{
	const char *t = strpbrk(text, "T ");

	return !t || strpbrk(t, "Zz+-");
}

/* A bare date is midnight here, `days` later. */
static int date_parse(const char *text, int days, uint64_t *ret)
{
	struct tm tm = {0}, back;
	uint64_t t;
	time_t s;

	if (clock_parse(text, &t) < 0 || !has_zone(text))
		return -EINVAL;
	if (strlen(text) > strlen("2026-12-31")) {
		*ret = t;
		return 0;
	}
	/* A bare date was read as midnight UTC; a midnight of this host is meant. */
	s = (time_t)(t / NSEC_PER_SEC);
	if (!gmtime_r(&s, &back))
		return -EINVAL;
	tm.tm_year = back.tm_year;
	tm.tm_mon = back.tm_mon;
	tm.tm_mday = back.tm_mday + days;
	tm.tm_isdst = -1;
	s = mktime(&tm);
	if (s <= 0)
		return -EINVAL;
	*ret = (uint64_t)s * NSEC_PER_SEC;
	return 0;
}

int until_parse(const char *text, uint64_t *ret)
{
	return date_parse(text, 1, ret);
}

int from_parse(const char *text, uint64_t *ret)
{
	return date_parse(text, 0, ret);
}
