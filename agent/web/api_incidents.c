/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of incidents, and one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/action.h"
#include "web/api.h"
#include "web/filter.h"

#define CATCH_UP_NS (50 * NSEC_PER_MSEC) /* of the journal, before a list */

/* What is new, as far as a request may wait for it. */
static bool catch_up(struct exchange *x)
{
	int r = catalog_follow(x->web->catalog, CATCH_UP_NS);

	if (r == 0 || r == 1 || r == -ENOENT)
		return true;
	exchange_fail(x, API_INTERNAL, "the journal cannot be read");
	return false;
}

static void put_next(struct json *j, const char *next)
{
	json_key_str(j, "next", next[0] ? next : NULL);
	json_object_end(j);
}

static void put_complete(struct json *j, const struct web *w)
{
	struct catalog_about about;

	catalog_about(w->catalog, &about);
	json_key_bool(j, "complete", about.complete);
	json_key_u64(j, "seen", about.last_seq);
}

static int put_incident(struct web *w, struct json *j, uint32_t row)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	int r = catalog_json(w->catalog, row, &b);

	if (r == 0)
		json_raw(j, buf_view(&b));
	return r;
}

static void list(struct exchange *x, const struct filter *f)
{
	cleanup_with(freep) struct catalog_found *found = calloc(1, sizeof(*found));
	int r = found ? catalog_list(x->web->catalog, &f->filter, &f->page, found) : -ENOMEM;
	struct json j;

	if (r < 0) {
		exchange_fail(x, r == -EINVAL ? API_BAD_REQUEST : API_INTERNAL, NULL);
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_u64(&j, "total", found->total);
	put_complete(&j, x->web);
	json_key(&j, "incidents");
	json_array(&j);
	/* One that was dropped meanwhile is not there. */
	for (size_t i = 0; i < found->n; i++)
		if (put_incident(x->web, &j, found->rows[i]) == -ENOMEM)
			break;
	json_array_end(&j);
	put_next(&j, found->next);
	exchange_json(x, &j);
}

static void put_group(struct web *w, struct json *j, const struct catalog_group *g)
{
	char last[CLOCK_TEXT_MAX];

	clock_format(g->last, last);
	json_object(j);
	json_key_view(j, "key", g->key);
	if (g->name.n)
		json_key_view(j, "name", g->name);
	json_key_u64(j, "count", g->count);
	json_key_str(j, "last", last);
	json_key(j, "levels");
	json_object(j);
	for (unsigned i = 0; i < LEVEL_MAX; i++)
		if (g->levels[i])
			json_key_u64(j, level_name((enum level)i), g->levels[i]);
	json_object_end(j);
	json_key_u64(j, "open", g->open);
	json_key_u64(j, "false_positive", g->false_positive);
	json_key_view(j, "sample_id", catalog_id(w->catalog, g->sample));
	json_object_end(j);
}

static void group(struct exchange *x, const struct filter *f)
{
	cleanup_with(catalog_groups_done) struct catalog_groups g = {0};
	int r = catalog_group(x->web->catalog, &f->filter, f->group, &f->page, &g);
	struct json j;

	if (r < 0) {
		exchange_fail(x, r == -EINVAL ? API_BAD_REQUEST : API_INTERNAL, NULL);
		return;
	}
	json_init(&j, &x->answer);
	json_object(&j);
	json_key_u64(&j, "total", g.total);
	put_complete(&j, x->web);
	json_key(&j, "groups");
	json_array(&j);
	for (size_t i = 0; i < g.n; i++)
		put_group(x->web, &j, &g.v[i]);
	json_array_end(&j);
	put_next(&j, g.next);
	exchange_json(x, &j);
}

void api_incidents(struct exchange *x)
{
	const char *why;
	struct filter f;

	if (filter_parse(&x->query, &f, &why) < 0)
		exchange_fail(x, API_BAD_REQUEST, why);
	else if (!catch_up(x))
		return;
	else if (f.grouped)
		group(x, &f);
	else
		list(x, &f);
}

/* What one person did with one application and one kind of marking, as a list's query. */
static void put_similar(struct web *w, struct json *j, const struct incident *i)
{
	cleanup_with(freep) struct catalog_found *found = calloc(1, sizeof(*found));
	struct incident_evidence e = {0};
	char rule[512] = "";
	cleanup_with(buf_done) struct buf href = BUF_INIT(8192);
	const struct {
		const char *key, *value;
		enum catalog_field field;
	} terms[] = {
		{"app", i->app, CATALOG_APP},
		{"user", i->user, CATALOG_USER},
		{"rule", rule, CATALOG_RULE},
	};
	struct catalog_filter f = {0};
	struct catalog_page p = {.limit = 1};
	int r;

	if (i->n_evidence > 0) {
		e = incident_evidence(i, 0);
		snprintf(rule, sizeof(rule), "%s/%s", e.pack, e.rule);
	} else {
		snprintf(rule, sizeof(rule), "%s", i->rule);
	}
	r = buf_put_str(&href, "/incidents");
	for (size_t n = 0; r == 0 && n < ARRAY_SIZE(terms); n++) {
		const char *v = terms[n].value;

		if (!*v)
			continue;
		f.terms[f.n_terms++] = (struct catalog_term){terms[n].field, false, view_str(v)};
		r = buf_printf(&href, "%c%s=", f.n_terms == 1 ? '?' : '&', terms[n].key);
		for (; r == 0 && *v; v++) {
			bool plain = (*v >= 'a' && *v <= 'z') || (*v >= 'A' && *v <= 'Z') ||
				(*v >= '0' && *v <= '9') || *v == '-' || *v == '_' || *v == '.';

			r = plain ? buf_put_byte(&href, (uint8_t)*v)
				  : buf_printf(&href, "%%%02X", (uint8_t)*v);
		}
	}
	if (r < 0 || !found || catalog_list(w->catalog, &f, &p, found) < 0)
		return;
	json_key(j, "similar");
	json_object(j);
	json_key_u64(j, "count", found->total);
	json_key_view(j, "href", buf_view(&href));
	json_object_end(j);
}

static void put_neighbour(struct web *w, struct json *j, const char *key, uint32_t row)
{
	json_key(j, key);
	if (row == UINT32_MAX)
		json_null(j);
	else
		json_view(j, catalog_id(w->catalog, row));
}

/* incident_json() and more members. */
static void put_whole(struct exchange *x, uint32_t row, const struct incident *i)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0), more = BUF_INIT(0);
	struct catalog_about about;
	struct json j;
	int r = incident_json(i, &b);

	json_init(&j, &more);
	json_object(&j);
	put_similar(x->web, &j, i);
	put_neighbour(x->web, &j, "prev", catalog_newer(x->web->catalog, row));
	put_neighbour(x->web, &j, "next", catalog_older(x->web->catalog, row));
	catalog_about(x->web->catalog, &about);
	json_key_u64(&j, "seen", about.last_seq);
	json_object_end(&j);
	if (r == 0)
		r = json_error(&j);
	/* "{...}" and "{...}": one object of both. */
	if (r == 0 && b.n > 2)
		r = buf_put(&x->answer, b.p, b.n - 1);
	if (r == 0)
		r = buf_put_byte(&x->answer, ',');
	if (r == 0)
		r = buf_put(&x->answer, more.p + 1, more.n - 1);
	if (r < 0)
		exchange_fail(x, API_INTERNAL, NULL);
	else
		exchange_done(x, 200);
}

void api_show(struct exchange *x, bool reveal)
{
	cleanup_with(incident_freep) struct incident *i = NULL;
	uint32_t row;
	int r;

	if (!catch_up(x))
		return;
	row = catalog_find(x->web->catalog, x->argument);
	if (row == UINT32_MAX) {
		exchange_fail(x, API_NOT_FOUND, NULL);
		return;
	}
	r = catalog_load(x->web->catalog, row, reveal, &i);
	if (r < 0)
		exchange_fail(x, r == -ESTALE ? API_GONE : API_INTERNAL, NULL);
	else
		put_whole(x, row, i);
}

void api_incident(struct exchange *x)
{
	api_show(x, false);
}
