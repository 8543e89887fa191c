/* SPDX-License-Identifier: Apache-2.0 */
#include "web/filter.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "model/level.h"

/* A time, or a day, which for "to" is all of it. */
static int parse_time(struct view v, bool to, uint64_t *ret)
{
	char text[40];

	if (v.n == 0 || v.n >= sizeof(text))
		return v.n == 0 ? 0 : -EBADMSG;
	memcpy(text, v.p, v.n);
	text[v.n] = 0;
	if (clock_parse(text, ret) < 0)
		return -EBADMSG;
	if (to && v.n == strlen("2026-11-23"))
		*ret += 86400 * NSEC_PER_SEC - 1;
	return 0;
}

static int add(struct filter *f, enum catalog_field field, bool not, struct view value)
{
	if (f->filter.n_terms >= CATALOG_TERMS_MAX || value.n > CATALOG_VALUE_MAX)
		return -EBADMSG;
	f->filter.terms[f->filter.n_terms++] = (struct catalog_term){field, not, value};
	return 0;
}

/* "secret+": that and above. */
static int add_level(struct filter *f, bool not, struct view value)
{
	char name[24];
	enum level level;
	int r = 0;

	if (value.n == 0 || value.n >= sizeof(name))
		return -EBADMSG;
	memcpy(name, value.p, value.n);
	name[value.n] = 0;
	if (name[value.n - 1] != '+')
		return level_parse(name, &level) < 0 ? -EBADMSG : add(f, CATALOG_LEVEL, not, value);
	name[value.n - 1] = 0;
	if (level_parse(name, &level) < 0)
		return -EBADMSG;
	for (unsigned i = level; r == 0 && i < LEVEL_MAX; i++)
		r = add(f, CATALOG_LEVEL, not, view_str(level_name((enum level)i)));
	return r;
}

static int add_term(struct filter *f, const struct request_pair *p)
{
	bool not = view_starts(p->key, VIEW_LIT("not."));
	struct view key = not ? view_sub(p->key, 4, p->key.n) : p->key;
	enum catalog_field field;

	/* An empty choice is none. */
	if (catalog_field_parse(key, &field) < 0)
		return -EBADMSG;
	if (p->value.n == 0)
		return 0;
	return field == CATALOG_LEVEL ? add_level(f, not, p->value) : add(f, field, not, p->value);
}

static int parse_sort(struct view v, struct catalog_page *ret)
{
	ret->sort = CATALOG_SORT_TIME;
	ret->ascending = v.n > 0 && *v.p != '-';
	if (v.n > 0 && (*v.p == '-' || *v.p == '+' || *v.p == ' '))
		v = view_sub(v, 1, v.n - 1);
	return v.n == 0 ? 0 : catalog_sort_parse(v, &ret->sort) < 0 ? -EBADMSG : 0;
}

static int parse_pair(struct filter *f, const struct request_query *q, const struct request_pair *p)
{
	uint64_t limit;
	int r;

	if (view_eq(p->key, VIEW_LIT("from")))
		return parse_time(p->value, false, &f->filter.from);
	if (view_eq(p->key, VIEW_LIT("to")))
		return parse_time(p->value, true, &f->filter.to);
	if (view_eq(p->key, VIEW_LIT("q"))) {
		f->filter.text = p->value;
		return p->value.n > 1024 ? -EBADMSG : 0;
	}
	if (view_eq(p->key, VIEW_LIT("sort")))
		return parse_sort(p->value, &f->page);
	if (view_eq(p->key, VIEW_LIT("after"))) {
		f->page.after = p->value;
		return 0;
	}
	if (view_eq(p->key, VIEW_LIT("group"))) {
		f->grouped = p->value.n > 0;
		return f->grouped && catalog_field_parse(p->value, &f->group) < 0 ? -EBADMSG : 0;
	}
	if (view_eq(p->key, VIEW_LIT("limit"))) {
		r = request_number(q, "limit", CATALOG_PAGE_MAX, FILTER_LIMIT, &limit);
		f->page.limit = MAX((size_t)limit, (size_t)1);
		return r;
	}
	return add_term(f, p);
}

int filter_parse(const struct request_query *q, struct filter *ret, const char **ret_why)
{
	*ret = (struct filter){.page = {.limit = FILTER_LIMIT}};
	for (size_t i = 0; i < q->n; i++)
		if (parse_pair(ret, q, &q->v[i]) < 0) {
			*ret_why = "the query has a key or a value that is none";
			return -EBADMSG;
		}
	return 0;
}
