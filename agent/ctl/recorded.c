/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/recorded.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "wire/record.h"

static void find_groups(struct recorded *r, uint64_t uid)
{
	gid_t groups[RECORDED_GROUPS_MAX];
	int n = RECORDED_GROUPS_MAX;
	const struct passwd *pw;

	if (r->gids_of == uid + 1)
		return;
	r->gids_of = uid + 1;
	r->n_gids = 0;
	pw = getpwuid((uid_t)uid);
	if (!pw)
		return;
	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
		n = RECORDED_GROUPS_MAX;
	for (int i = 0; i < n; i++)
		r->gids[r->n_gids++] = groups[i];
}

static enum failure cause_failure(const struct incident *i)
{
	for (unsigned k = 0; k < RECORD_CAUSE_MAX; k++)
		if (strcmp(record_cause_name((enum record_cause)k), i->cause) == 0)
			return record_cause_failure((enum record_cause)k);
	return FAILURE_NONE;
}

static void set_time(const struct incident *i, struct question *q)
{
	struct tm tm;
	time_t t;

	if (clock_parse(i->time, &q->realtime) < 0)
		return;
	t = (time_t)(q->realtime / NSEC_PER_SEC);
	if (localtime_r(&t, &tm))
		q->utc_offset = (int32_t)tm.tm_gmtoff;
}

static void set_facts(const struct incident *i, struct question *q)
{
	enum completeness c = COMPLETENESS_FULL;

	(void)completeness_parse(i->completeness, &c);
	q->facts = (struct facts_brief){.level = (uint8_t)(i->level_known ? i->level : LEVEL_NONE),
		.completeness = (uint8_t)c};
	for (size_t k = 0; k < i->n_tags; k++) {
		enum tag tag;

		if (tag_parse(incident_tag(i, k), &tag) == 0)
			q->facts.tags |= TAG_BIT(tag);
	}
	for (size_t k = 0; k < i->n_reasons; k++) {
		enum reason reason;

		if (reason_parse(incident_reason(i, k), &reason) == 0)
			q->facts.reasons |= REASON_BIT(reason);
	}
}

static void set_posture(const struct incident *i, struct question *q)
{
	for (size_t k = 0; *incident_item(i, "posture", k); k++) {
		enum posture p;

		if (posture_parse(incident_item(i, "posture", k), &p) == 0)
			q->posture |= POSTURE_BIT(p);
	}
}

static enum level was_of(const struct incident *i)
{
	enum may_be m;

	if (may_be_parse(incident_text(i, "may_be"), &m) < 0)
		return LEVEL_NONE;
	return m == MAY_BE_STATE_SECRET ? LEVEL_SECRET
		: m == MAY_BE_INTERNAL  ? LEVEL_INTERNAL
					: LEVEL_NONE;
}

void recorded_ask(struct recorded *r, const struct apptable *apps, const struct incident *i,
	struct question *ret)
{
	enum channel channel = CHANNEL_OPEN;

	(void)channel_parse(i->channel, &channel);
	find_groups(r, i->uid);
	*ret = (struct question){.app = apptable_find(apps, i->app),
		.category = CATEGORY_OTHER,
		.channel = channel,
		.uid = (uint32_t)i->uid,
		.gids = r->gids,
		.n_gids = r->n_gids,
		.path = *i->path ? i->path : NULL,
		.destination = *i->destination ? i->destination : NULL,
		.meeting = i->meeting,
		.failure = cause_failure(i),
		.was = was_of(i)};
	set_facts(i, ret);
	set_posture(i, ret);
	if (ret->app != APP_NONE)
		ret->category = apptable_category(apps, ret->app);
	set_time(i, ret);
}

bool recorded_unread(const struct incident *i, struct question *q)
{
	enum failure f = cause_failure(i);

	if (f == FAILURE_NONE)
		return false;
	q->facts = (struct facts_brief){
		.completeness = COMPLETENESS_UNREADABLE, .reasons = failure_reasons(f)};
	return true;
}
