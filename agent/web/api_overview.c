/* SPDX-License-Identifier: Apache-2.0 */
/* The first page: what happened in these days, and how whole the record is; the inventory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "web/api.h"
#include "web/link.h"
#include "web/verify.h"
#include "wire/pack.h"
#include "wire/protocol.h"
#include "wire/review.h"

#define DAYS_MAX 366U
#define TOP      10U
#define WAIT_NS  (5 * NSEC_PER_SEC)

static void put_days(struct web *w, struct json *j, const struct catalog_filter *f, size_t n)
{
	cleanup_with(freep) struct catalog_day *days = calloc(n, sizeof(*days));
	static const enum action actions[] = {
		ACTION_BLOCK, ACTION_JUSTIFY, ACTION_NOTIFY, ACTION_LOG, ACTION_QUARANTINE};

	json_key(j, "days");
	json_array(j);
	if (days && catalog_days(w->catalog, f, days, n) == 0)
		for (size_t i = 0; i < n; i++) {
			json_object(j);
			json_key_str(j, "day", days[i].day);
			for (size_t k = 0; k < ARRAY_SIZE(actions); k++)
				json_key_u64(
					j, action_name(actions[k]), days[i].actions[actions[k]]);
			json_key_u64(j, "count", days[i].count);
			json_key_u64(j, "false_positive", days[i].false_positive);
			json_object_end(j);
		}
	json_array_end(j);
}

static void put_levels(struct json *j, const struct catalog_groups *g)
{
	json_key(j, "levels");
	json_object(j);
	for (unsigned l = 0; l < LEVEL_MAX; l++) {
		uint64_t n = 0;

		for (size_t i = 0; i < g->n; i++)
			n += g->v[i].levels[l];
		json_key_u64(j, level_name((enum level)l), n);
	}
	json_object_end(j);
}

static void put_status(struct json *j, const struct catalog_groups *g)
{
	json_key(j, "status");
	json_object(j);
	for (unsigned s = 0; s < REVIEW_STATUS_MAX; s++) {
		const char *name = review_status_name((enum review_status)s);
		uint64_t n = 0;

		for (size_t i = 0; i < g->n; i++)
			if (view_eq(g->v[i].key, view_str(name)))
				n = g->v[i].count;
		json_key_u64(j, name, n);
	}
	json_object_end(j);
}

static void put_top(
	struct json *j, const char *key, const char *what, const struct catalog_groups *g)
{
	json_key(j, key);
	json_array(j);
	for (size_t i = 0; i < g->n && i < TOP; i++) {
		json_object(j);
		json_key_view(j, what, g->v[i].key);
		if (g->v[i].name.n)
			json_key_view(j, "name", g->v[i].name);
		json_key_u64(j, "count", g->v[i].count);
		json_key_u64(j, "false_positive", g->v[i].false_positive);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_journal(struct web *w, struct json *j)
{
	struct catalog_about a;

	catalog_about(w->catalog, &a);
	json_key(j, "journal");
	json_object(j);
	json_key_u64(j, "records", a.records);
	json_key_u64(j, "incidents", a.incidents);
	json_key_u64(j, "gaps", a.gaps);
	json_key_u64(j, "unread", a.unread);
	json_key_str(j, "last_checkpoint", a.last_checkpoint[0] ? a.last_checkpoint : NULL);
	json_key_bool(j, "complete", a.complete);
	verify_put(w, j);
	json_object_end(j);
}

static int put_counts(struct web *w, struct json *j, size_t days)
{
	static const struct catalog_page all = {.limit = SIZE_MAX};
	const enum catalog_field by[] = {CATALOG_STATUS, CATALOG_APP, CATALOG_RULE};
	uint64_t ago = (uint64_t)days * 86400 * NSEC_PER_SEC, now = clock_realtime();
	struct catalog_filter f = {.from = now > ago ? now - ago : 0};
	int r = 0;

	put_days(w, j, &f, days);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(by); i++) {
		cleanup_with(catalog_groups_done) struct catalog_groups g = {0};

		r = catalog_group(w->catalog, &f, by[i], &all, &g);
		if (r < 0)
			break;
		switch (i) {
		case 0:
			put_levels(j, &g);
			put_status(j, &g);
			break;
		case 1: put_top(j, "apps", "app", &g); break;
		default: put_top(j, "rules", "rule", &g); break;
		}
	}
	put_journal(w, j);
	return r;
}

static void on_coverage(void *userdata, int outcome, struct view text, int fd)
{
	struct exchange *x = userdata;
	uint64_t days = 30;
	struct json j;

	(void)fd;
	if (outcome == -ESTALE) {
		exchange_fail_link(x, outcome, text);
		return;
	}
	unchecked(request_number(&x->query, "days", DAYS_MAX, 30, &days)); /* was looked at */
	json_init(&j, &x->answer);
	json_object(&j);
	if (put_counts(x->web, &j, days) < 0) {
		exchange_fail(x, API_INTERNAL, NULL);
		return;
	}
	/* Where no agent answers, what it covers is not known. */
	json_key(&j, "coverage");
	if (outcome == 0)
		json_raw(&j, text);
	else
		json_null(&j);
	json_object_end(&j);
	exchange_json(x, &j);
}

void api_overview(struct exchange *x)
{
	uint64_t days;
	int r;

	if (request_number(&x->query, "days", DAYS_MAX, 30, &days) < 0 || days == 0) {
		exchange_fail(x, API_BAD_REQUEST, "days");
		return;
	}
	r = catalog_follow(x->web->catalog, 50 * NSEC_PER_MSEC);
	if (r < 0 && r != -ENOENT) {
		exchange_fail(x, API_INTERNAL, "the journal cannot be read");
		return;
	}
	r = link_ask(
		x->web->link, x->who.agent, CTL_STATUS, VIEW_EMPTY, -1, WAIT_NS, on_coverage, x);
	exchange_asked(x, r);
}

/* ---- inventory ---- */

void api_inventory(struct exchange *x)
{
	cleanup_with(buf_done) struct buf body = BUF_INIT(16U << 10);
	struct view level = request_get(&x->query, "level");
	struct pack p = {&body, 0};
	enum level from = LEVEL_INTERNAL;
	char name[24] = "";
	int r;

	memcpy(name, level.p ? level.p : (const uint8_t *)"", MIN(level.n, sizeof(name) - 1));
	if (level.n >= sizeof(name) || (level.n > 0 && level_parse(name, &from) < 0)) {
		exchange_fail(x, API_BAD_REQUEST, "level");
		return;
	}
	pack_view(&p, request_get(&x->query, "after"));
	pack_u8(&p, (uint8_t)from);
	pack_view(&p, request_get(&x->query, "below"));
	r = p.error ? p.error
		    : link_ask(x->web->link, x->who.agent, CTL_INVENTORY, buf_view(&body), -1,
			      WAIT_NS, exchange_pass, x);
	exchange_asked(x, r);
}
