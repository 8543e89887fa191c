/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions that the index cannot answer. */
#include "base/clock.h"
#include "base/glob.h"
#include "decide/policy_internal.h"

#define MINUTES_A_DAY 1440

bool policy_has_number(const struct policy *p, const struct policy_list *l, uint32_t v)
{
	const uint32_t *w = p->words + l->first;
	uint32_t low = 0, high = l->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (w[middle] < v)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->n && w[low] == v;
}

static bool is_in_group(
	const struct policy *p, const struct policy_list *l, const struct question *q)
{
	for (uint32_t i = 0; i < q->n_gids; i++)
		if (policy_has_number(p, l, q->gids[i]))
			return true;
	return false;
}

static bool matches_glob(
	const struct policy *p, const struct policy_list *l, const char *text, bool fold)
{
	if (!text)
		return false;
	for (uint32_t i = 0; i < l->n; i++)
		if (glob_match(p->strings + p->words[l->first + i], text, fold))
			return true;
	return false;
}

static bool window_has(uint32_t days, uint32_t range, unsigned weekday, unsigned minute)
{
	unsigned from = range >> 16, to = range & 0xffff;
	unsigned yesterday = (weekday + 6) % 7;

	if (from < to)
		return (days >> weekday & 1) && minute >= from && minute < to;
	return ((days >> weekday & 1) && minute >= from) ||
		((days >> yesterday & 1) && minute < to);
}

static bool is_time(const struct policy *p, const struct policy_list *l, const struct question *q)
{
	/* Unsigned all along: 2^64 ns last until 2554, and the offset is less than a day. */
	uint64_t minutes = (q->realtime / NSEC_PER_SEC + 86400U * 7U +
				   (uint64_t)(int64_t)q->utc_offset) /
		60;
	unsigned minute = (unsigned)(minutes % MINUTES_A_DAY);
	unsigned weekday = (unsigned)((minutes / MINUTES_A_DAY + 4) %
		7); /* 1970 began on a Thursday */

	for (uint32_t i = 0; i < l->n; i += 2)
		if (window_has(p->words[l->first + i], p->words[l->first + i + 1], weekday, minute))
			return true;
	return false;
}

enum policy_condition policy_rule_rest(
	const struct policy *p, const struct policy_rule *r, const struct question *q)
{
	uint32_t when = r->when;

	if ((when & POLICY_WHEN_TAG) && !(r->tags & q->facts.tags))
		return POLICY_WHEN_TAG;
	if ((when & POLICY_WHEN_REASON) && !(r->reasons & q->facts.reasons))
		return POLICY_WHEN_REASON;
	if ((when & POLICY_WHEN_POSTURE) && !(r->posture & q->posture))
		return POLICY_WHEN_POSTURE;
	if ((when & POLICY_WHEN_USER) && !policy_has_number(p, &r->list[POLICY_LIST_USERS], q->uid))
		return POLICY_WHEN_USER;
	if ((when & POLICY_WHEN_GROUP) && !is_in_group(p, &r->list[POLICY_LIST_GROUPS], q))
		return POLICY_WHEN_GROUP;
	if ((when & POLICY_WHEN_TIME) && !is_time(p, &r->list[POLICY_LIST_TIMES], q))
		return POLICY_WHEN_TIME;
	if ((when & POLICY_WHEN_PATH) &&
		!matches_glob(p, &r->list[POLICY_LIST_PATHS], q->path, false))
		return POLICY_WHEN_PATH;
	if ((when & POLICY_WHEN_DESTINATION) &&
		!matches_glob(p, &r->list[POLICY_LIST_DESTINATIONS], q->destination, true))
		return POLICY_WHEN_DESTINATION;
	return (enum policy_condition)0;
}
