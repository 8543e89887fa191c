/* SPDX-License-Identifier: Apache-2.0 */
/* Which incidents a filter takes, in which order, and how many of what. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "catalog/catalog_private.h"
#include "wire/review.h"

static const char *const field_names[] = {"level", "app", "user", "rule", "action", "channel",
	"status", "assignee", "tag", "host", "file"};
_Static_assert(ARRAY_SIZE(field_names) == CATALOG_FIELD_MAX, "one name per field");

static const char *const sort_names[] = {
	"time", "level", "retries", "app", "user", "file", "status"};
_Static_assert(ARRAY_SIZE(sort_names) == CATALOG_SORT_MAX, "one name per order");

static int parse_name(const char *const *names, unsigned n, struct view name, unsigned *ret)
{
	for (unsigned i = 0; i < n; i++)
		if (view_eq(name, view_str(names[i]))) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

int catalog_field_parse(struct view name, enum catalog_field *ret)
{
	unsigned i;
	int r = parse_name(field_names, CATALOG_FIELD_MAX, name, &i);

	if (r == 0)
		*ret = (enum catalog_field)i;
	return r;
}

int catalog_sort_parse(struct view name, enum catalog_sort *ret)
{
	unsigned i;
	int r = parse_name(sort_names, CATALOG_SORT_MAX, name, &i);

	if (r == 0)
		*ret = (enum catalog_sort)i;
	return r;
}

/* ---- filters ---- */

struct term {
	enum catalog_field field;
	bool not ;
	uint32_t name; /* NAMES_NONE: no incident has it */
	uint8_t level, action;
};

struct query {
	const struct catalog *c;
	const struct catalog_filter *f;
	struct term terms[CATALOG_TERMS_MAX];
	uint32_t wanted; /* bits: fields that a term names without "not" */
	uint64_t *bits;  /* names that have the text; NULL: any */
	uint32_t id;     /* a row whose id is the text; NAMES_NONE */
};

static void query_done(struct query *q)
{
	free(q->bits);
}

static int query_init(struct query *q, const struct catalog *c, const struct catalog_filter *f)
{
	cleanup_with(buf_done) struct buf folded = BUF_INIT(64U << 10);
	char text[64];
	int r;

	*q = (struct query){.c = c, .f = f, .id = NAMES_NONE};
	for (size_t i = 0; i < f->n_terms; i++) {
		const struct catalog_term *from = &f->terms[i];
		struct term *t = &q->terms[i];
		enum level level;
		enum action action;

		*t = (struct term){from->field, from->not, names_find(&c->names, from->value),
			LEVEL_UNKNOWN, ACTION_MAX};
		snprintf(text, sizeof(text), "%.*s", (int)MIN(from->value.n, sizeof(text) - 1),
			(const char *)from->value.p);
		if (level_parse(text, &level) == 0)
			t->level = (uint8_t)level;
		if (action_parse(text, &action) == 0)
			t->action = (uint8_t)action;
		if (from->field == CATALOG_ASSIGNEE && view_eq(from->value, VIEW_LIT("-")))
			t->name = names_find(&c->names, VIEW_LIT(""));
		if (!t->not )
			q->wanted |= UINT32_C(1) << t->field;
	}
	if (f->text.n == 0)
		return 0;
	r = names_fold(f->text, &folded);
	q->bits = calloc(c->names.n / 64 + 1, sizeof(*q->bits));
	if (r < 0 || !q->bits)
		return r < 0 ? r : -ENOMEM;
	q->id = catalog_find(c, f->text);
	names_search(&c->names, buf_view(&folded), q->bits);
	return 0;
}

static bool has(const struct catalog *c, uint32_t list, uint32_t name)
{
	uint32_t n;
	const uint32_t *v = catalog_numbers(c, list, &n);

	for (uint32_t i = 0; i < n; i++)
		if (v[i] == name)
			return true;
	return false;
}

static bool meets(const struct catalog *c, const struct row *row, const struct term *t)
{
	switch (t->field) {
	case CATALOG_LEVEL: return row->level == t->level && t->level != LEVEL_UNKNOWN;
	case CATALOG_ACTION: return row->action == t->action && t->action != ACTION_MAX;
	case CATALOG_APP: return row->app == t->name || row->app_name == t->name;
	case CATALOG_USER: return row->user == t->name || row->uid == t->name;
	case CATALOG_RULE: return row->rule == t->name || has(c, row->rules, t->name);
	case CATALOG_CHANNEL: return row->channel == t->name;
	case CATALOG_STATUS: return row->status == t->name;
	case CATALOG_ASSIGNEE: return row->assignee == t->name;
	case CATALOG_TAG: return has(c, row->tags, t->name);
	case CATALOG_HOST: return row->host == t->name;
	case CATALOG_FILE: return row->path == t->name;
	case CATALOG_FIELD_MAX: break;
	}
	return false;
}

static bool has_bit(const struct query *q, uint32_t name)
{
	return q->bits[name / 64] >> name % 64 & 1;
}

static bool any_bit(const struct query *q, uint32_t list)
{
	uint32_t n;
	const uint32_t *v = catalog_numbers(q->c, list, &n);

	for (uint32_t i = 0; i < n; i++)
		if (has_bit(q, v[i]))
			return true;
	return false;
}

static bool has_text(const struct query *q, const struct row *row)
{
	const uint32_t names[] = {row->path, row->app, row->app_name, row->user, row->host,
		row->exe, row->rule, row->message, row->sha256, row->destination, row->assignee};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (has_bit(q, names[i]))
			return true;
	return any_bit(q, row->rules) || any_bit(q, row->texts) || any_bit(q, row->tags) ||
		(q->id != NAMES_NONE && row == &q->c->rows[q->id]);
}

static bool wants(const struct query *q, const struct row *row)
{
	uint32_t met = 0;

	if ((q->f->from && row->time < q->f->from) || (q->f->to && row->time > q->f->to))
		return false;
	for (size_t i = 0; i < q->f->n_terms; i++) {
		const struct term *t = &q->terms[i];

		if (!t->not &&met & UINT32_C(1) << t->field)
			continue;
		if (!meets(q->c, row, t))
			continue;
		if (t->not )
			return false;
		met |= UINT32_C(1) << t->field;
	}
	return met == q->wanted && (!q->bits || has_text(q, row));
}

/* ---- lists ---- */

struct order {
	const struct catalog *c;
	enum catalog_sort sort;
	bool ascending;
};

static int by_name(const struct catalog *c, uint32_t a, uint32_t b)
{
	struct view x, y;
	int r;

	if (a == b)
		return 0;
	x = names_text(&c->names, a);
	y = names_text(&c->names, b);
	r = memcmp(x.p, y.p, MIN(x.n, y.n));
	return r != 0 ? r : x.n < y.n ? -1 : x.n > y.n;
}

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(const void *pa, const void *pb, void *userdata)
{
	const struct order *o = userdata;
	uint32_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
	const struct row *a = &o->c->rows[ia], *b = &o->c->rows[ib];
	int r = 0;

	switch (o->sort) {
	case CATALOG_SORT_LEVEL: r = by_number(a->level, b->level); break;
	case CATALOG_SORT_RETRIES: r = by_number(a->retries, b->retries); break;
	case CATALOG_SORT_APP: r = by_name(o->c, a->app, b->app); break;
	case CATALOG_SORT_USER: r = by_name(o->c, a->user, b->user); break;
	case CATALOG_SORT_FILE: r = by_name(o->c, a->path, b->path); break;
	case CATALOG_SORT_STATUS: r = by_name(o->c, a->status, b->status); break;
	case CATALOG_SORT_TIME:
	case CATALOG_SORT_MAX: break;
	}
	if (!o->ascending)
		r = -r;
	return r != 0 ? r : by_number(ib, ia); /* the newest first */
}

/* "SEQ" or "SEQ.OFFSET": what is younger than SEQ was not there with the first page. */
static int parse_after(struct view v, uint64_t *ret_seq, uint64_t *ret_offset)
{
	char text[48], *end;

	*ret_seq = UINT64_MAX;
	*ret_offset = 0;
	if (v.n == 0)
		return 0;
	if (v.n >= sizeof(text) || v.p[0] < '0' || v.p[0] > '9')
		return -EINVAL;
	memcpy(text, v.p, v.n);
	text[v.n] = 0;
	errno = 0;
	*ret_seq = strtoull(text, &end, 10);
	if (*end == '.' && end[1] >= '0' && end[1] <= '9')
		*ret_offset = strtoull(end + 1, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

/* The first row at or behind this record. */
static uint32_t row_at(const struct catalog *c, uint64_t seq)
{
	uint32_t low = c->first_row, high = c->n_rows;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->rows[middle].at.seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int list_by_time(
	const struct query *q, const struct catalog_page *p, struct catalog_found *ret)
{
	const struct catalog *c = q->c;
	uint64_t seq, offset;
	int r = parse_after(p->after, &seq, &offset);
	uint32_t end;
	bool more = false;

	if (r < 0)
		return r;
	/* Newest first: those before `end`; oldest first: those from there on. */
	if (p->ascending)
		end = p->after.n ? row_at(c, seq) + 1 : c->first_row;
	else
		end = p->after.n ? row_at(c, seq) : c->n_rows;
	for (uint32_t k = c->first_row; k < c->n_rows; k++) {
		uint32_t i = p->ascending ? k : c->n_rows - 1 - (k - c->first_row);

		if (!wants(q, &c->rows[i]))
			continue;
		ret->total++;
		if (p->ascending ? i < end : i >= end)
			continue;
		if (ret->n < p->limit)
			ret->rows[ret->n++] = i;
		else
			more = true;
	}
	if (more)
		snprintf(ret->next, sizeof(ret->next), "%" PRIu64,
			c->rows[ret->rows[ret->n - 1]].at.seq);
	return 0;
}

/* The first `max` of an order, as they come by: a heap whose top is the last of them. */
struct first {
	struct order order;
	uint32_t *v;
	size_t n, max;
};

static bool is_later(struct first *f, size_t a, size_t b)
{
	return compare(&f->v[a], &f->v[b], &f->order) > 0;
}

static void swap(struct first *f, size_t a, size_t b)
{
	uint32_t was = f->v[a];

	f->v[a] = f->v[b];
	f->v[b] = was;
}

static void sink(struct first *f)
{
	for (size_t at = 0, next; (next = 2 * at + 1) < f->n; at = next) {
		if (next + 1 < f->n && is_later(f, next + 1, next))
			next++;
		if (!is_later(f, next, at))
			return;
		swap(f, next, at);
	}
}

static void offer(struct first *f, uint32_t row)
{
	if (f->n < f->max) {
		size_t at = f->n++;

		f->v[at] = row;
		for (; at > 0 && is_later(f, at, (at - 1) / 2); at = (at - 1) / 2)
			swap(f, at, (at - 1) / 2);
	} else if (compare(&row, &f->v[0], &f->order) < 0) {
		f->v[0] = row;
		sink(f);
	}
}

static int list_sorted(
	const struct query *q, const struct catalog_page *p, struct catalog_found *ret)
{
	const struct catalog *c = q->c;
	cleanup_with(freep) uint32_t *all = NULL;
	struct first f = {.order = {c, p->sort, p->ascending}};
	uint64_t seq, offset;
	int r = parse_after(p->after, &seq, &offset);

	if (r < 0)
		return r;
	offset = MIN(offset, (uint64_t)(c->n_rows - c->first_row));
	f.max = MIN((size_t)offset + p->limit, (size_t)(c->n_rows - c->first_row));
	f.v = all = reallocarray(NULL, f.max + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (uint32_t i = c->first_row; f.max > 0 && i < c->n_rows; i++)
		if (c->rows[i].at.seq <= seq && wants(q, &c->rows[i])) {
			ret->total++;
			offer(&f, i);
		}
	qsort_r(f.v, f.n, sizeof(*f.v), compare, &f.order);
	while (offset < f.n && ret->n < p->limit)
		ret->rows[ret->n++] = f.v[offset++];
	if (offset < ret->total && ret->n > 0)
		snprintf(ret->next, sizeof(ret->next), "%" PRIu64 ".%" PRIu64,
			MIN(seq, c->rows[c->n_rows - 1].at.seq), offset);
	return 0;
}

int catalog_list(struct catalog *c, const struct catalog_filter *f, const struct catalog_page *p,
	struct catalog_found *ret)
{
	cleanup_with(query_done) struct query q = {0};
	int r = query_init(&q, c, f);

	ret->total = 0;
	ret->n = 0;
	ret->next[0] = 0;
	if (r < 0 || p->limit == 0 || p->limit > CATALOG_PAGE_MAX)
		return r < 0 ? r : -EINVAL;
	return p->sort == CATALOG_SORT_TIME ? list_by_time(&q, p, ret) : list_sorted(&q, p, ret);
}

/* ---- groups ---- */

/* The rule that found a marking says more than that of the policy. */
static uint32_t group_key(const struct catalog *c, const struct row *row, enum catalog_field by)
{
	uint32_t n;
	const uint32_t *rules;

	switch (by) {
	case CATALOG_APP: return row->app;
	case CATALOG_USER: return row->user;
	case CATALOG_HOST: return row->host;
	case CATALOG_FILE: return row->path;
	case CATALOG_STATUS: return row->status;
	case CATALOG_CHANNEL: return row->channel;
	case CATALOG_ASSIGNEE: return row->assignee;
	case CATALOG_RULE:
		rules = catalog_numbers(c, row->rules, &n);
		return n > 0 ? rules[0] : row->rule;
	case CATALOG_LEVEL:
	case CATALOG_ACTION:
	case CATALOG_TAG:
	case CATALOG_FIELD_MAX: break;
	}
	return NAMES_NONE;
}

static bool is_status(const struct catalog *c, const struct row *row, enum review_status s)
{
	return view_eq(names_text(&c->names, row->status), view_str(review_status_name(s)));
}

static void count(const struct catalog *c, uint32_t i, struct catalog_group *g)
{
	const struct row *row = &c->rows[i];

	g->count++;
	g->open += is_status(c, row, REVIEW_STATUS_NEW) ||
		is_status(c, row, REVIEW_STATUS_IN_PROGRESS);
	g->false_positive += is_status(c, row, REVIEW_STATUS_FALSE_POSITIVE);
	if (row->level < LEVEL_MAX)
		g->levels[row->level]++;
	if (g->count == 1 || row->time >= g->last) {
		g->last = row->time;
		g->sample = i;
	}
}

static int by_count(const void *a, const void *b)
{
	const struct catalog_group *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->sample < y->sample ? 1 : x->sample > y->sample ? -1 : 0;
}

static int count_all(struct query *q, enum catalog_field by, struct catalog_groups *ret)
{
	const struct catalog *c = q->c;
	cleanup_with(freep) uint32_t *of = reallocarray(NULL, c->names.n + 1, sizeof(*of));
	uint32_t cap = 0, n = 0;

	if (!of)
		return -ENOMEM;
	memset(of, 0xff, (c->names.n + 1) * sizeof(*of));
	for (uint32_t i = c->first_row; i < c->n_rows; i++) {
		uint32_t key = group_key(c, &c->rows[i], by);
		int r;

		if (key == NAMES_NONE || !wants(q, &c->rows[i]))
			continue;
		if (of[key] == NAMES_NONE) {
			if (n >= CATALOG_GROUPS_MAX)
				continue;
			r = catalog_grow(&ret->v, n, &cap, sizeof(*ret->v));
			if (r < 0)
				return r;
			ret->v[n] = (struct catalog_group){.key = names_text(&c->names, key)};
			if (by == CATALOG_APP)
				ret->v[n].name = names_text(&c->names, c->rows[i].app_name);
			of[key] = n++;
		}
		count(c, i, &ret->v[of[key]]);
	}
	ret->n = n;
	return 0;
}

int catalog_group(struct catalog *c, const struct catalog_filter *f, enum catalog_field by,
	const struct catalog_page *p, struct catalog_groups *ret)
{
	cleanup_with(query_done) struct query q = {0};
	uint64_t seq, offset;
	int r = parse_after(p->after, &seq, &offset);

	*ret = (struct catalog_groups){0};
	if (r == 0 && (by == CATALOG_LEVEL || by == CATALOG_ACTION || by == CATALOG_TAG))
		r = -EINVAL;
	if (r == 0)
		r = query_init(&q, c, f);
	if (r == 0)
		r = count_all(&q, by, ret);
	if (r < 0) {
		catalog_groups_done(ret);
		return r;
	}
	ret->total = ret->n;
	if (ret->n > 0)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_count);
	offset = MIN(offset, (uint64_t)ret->n);
	ret->n = MIN(ret->n - (size_t)offset, p->limit);
	if (offset > 0)
		memmove(ret->v, ret->v + offset, ret->n * sizeof(*ret->v));
	if (offset + ret->n < ret->total)
		snprintf(ret->next, sizeof(ret->next), "0.%" PRIu64, offset + ret->n);
	return 0;
}

void catalog_groups_done(struct catalog_groups *g)
{
	free(g->v);
	*g = (struct catalog_groups){0};
}

/* ---- days ---- */

static void name_days(struct catalog_day *days, size_t n)
{
	time_t now = (time_t)(clock_realtime() / NSEC_PER_SEC);

	for (size_t i = 0; i < n; i++) {
		struct tm tm;

		days[i] = (struct catalog_day){0};
		/* Noon: days of 23 and 25 hours are days. */
		if (!localtime_r(&now, &tm))
			continue;
		tm.tm_hour = 12;
		tm.tm_mday -= (int)(n - 1 - i);
		tm.tm_isdst = -1;
		if (mktime(&tm) != (time_t)-1)
			(void)strftime(days[i].day, sizeof(days[i].day), "%Y-%m-%d", &tm);
	}
}

int catalog_days(
	struct catalog *c, const struct catalog_filter *f, struct catalog_day *days, size_t n)
{
	cleanup_with(query_done) struct query q = {0};
	uint64_t hour = UINT64_MAX;
	size_t at = n;
	int r = query_init(&q, c, f);

	if (r < 0)
		return r;
	name_days(days, n);
	for (uint32_t i = c->first_row; i < c->n_rows; i++) {
		const struct row *row = &c->rows[i];
		uint64_t quarter = row->time / NSEC_PER_SEC / 900;
		char day[12];
		struct tm tm;
		time_t t = (time_t)(row->time / NSEC_PER_SEC);

		if (!wants(&q, row))
			continue;
		/* A day begins at a quarter of an hour, wherever one is. */
		if (quarter != hour) {
			hour = quarter;
			at = n;
			if (!localtime_r(&t, &tm) ||
				strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
				continue;
			for (at = 0; at < n && strcmp(days[at].day, day) != 0; at++)
				;
		}
		if (at == n)
			continue;
		days[at].count++;
		if (row->action < ACTION_MAX)
			days[at].actions[row->action]++;
		days[at].false_positive += is_status(c, row, REVIEW_STATUS_FALSE_POSITIVE);
	}
	return 0;
}
