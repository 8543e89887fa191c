/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_cpu(void)
{
	/* The process's clock moves by ticks only while a CPU timer is armed. */
	return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_realtime(void)
{
	return clock_read(CLOCK_REALTIME);
}

void clock_format(uint64_t realtime, char ret[CLOCK_TEXT_MAX])
{
	time_t s = (time_t)(realtime / NSEC_PER_SEC);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(ret, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, CLOCK_TEXT_MAX - n, ".%03uZ",
		(unsigned)(realtime % NSEC_PER_SEC / NSEC_PER_MSEC));
}

#define OFFSET_HOURS_MAX 14 /* Kiribati is the farthest */

/* timegm() would take 30 February for 2 March. */
static int is_day(const struct tm *tm)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = tm->tm_year + 1900;
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return tm->tm_mday <= days[tm->tm_mon] + (tm->tm_mon == 1 ? leap : 0);
}

int clock_parse(const char *text, uint64_t *ret_realtime)
{
	struct tm tm = {0};
	uint64_t frac = 0, unit = NSEC_PER_SEC / 10;
	int offset = 0;
	time_t t;
	const char *p = strptime(text, "%Y-%m-%d", &tm);

	if (!p)
		return -EINVAL;
	if (*p == 'T' || *p == ' ') {
		p = strptime(p + 1, "%H:%M:%S", &tm);
		if (!p)
			return -EINVAL;
		if (*p == '.')
			for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
				frac += (uint64_t)(*p - '0') * unit;
		if (*p == 'Z' || *p == 'z') {
			p++;
		} else if (*p == '+' || *p == '-') {
			int h, m, used = 0;

			if (p[1] < '0' || p[1] > '9' ||
				sscanf(p + 1, "%2d:%2d%n", &h, &m, &used) != 2 || used != 5 ||
				h > OFFSET_HOURS_MAX || m < 0 || m > 59)
				return -EINVAL;
			offset = (h * 60 + m) * 60 * (*p == '-' ? -1 : 1);
			p += 1 + used;
		}
	}
	if (*p || !is_day(&tm))
		return -EINVAL;
	t = timegm(&tm) - offset;
	if (t < 0)
		return -EINVAL;
	*ret_realtime = (uint64_t)t * NSEC_PER_SEC + frac;
	return 0;
}
