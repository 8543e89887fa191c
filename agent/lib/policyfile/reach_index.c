/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule that asks for users, groups, paths, destinations or applications covers only rules that
 * ask for some of the same. So each lies in the index under its values of the one condition that is
 * rarest among all rules, or under no value; and is compared with a later rule only where that has
 * the value too, first in its list: all of a list must be covered.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "policyfile/reach.h"

/* Conditions by which rules are looked up. */
enum by {
	BY_USER,
	BY_GROUP,
	BY_APP,
	BY_PATH,
	BY_DESTINATION,
	BY_MAX,
	BY_NOTHING = BY_MAX,
};

struct entry {
	uint64_t key;
	uint32_t rule;
};

struct entries {
	struct entry *v;
	size_t n, cap;
};

struct reach_index {
	const struct rule *rules;
	struct entries entries; /* sorted */
	uint32_t *found;        /* what reach_index_before() returned */
	size_t cap;
};

/* What is looked for, besides numbers and whole patterns. */
enum of {
	OF_VALUE,
	OF_BENEATH,  /* all beneath a folder */
	OF_PATTERNS, /* any other pattern, which only a literal text is matched with */
};

static uint64_t key_of(enum by by, enum of of, const void *p, size_t n, bool fold)
{
	const uint8_t *s = p;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = (h ^ ((uint64_t)by << 2 | of)) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (fold && s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 32U : s[i])) *
			UINT64_C(0x100000001b3);
	return h;
}

static uint64_t number_key(enum by by, uint32_t number)
{
	return key_of(by, OF_VALUE, &number, sizeof(number), false);
}

static int add(struct entries *e, uint64_t key, size_t rule)
{
	if (e->n == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 256;
		struct entry *v = realloc(e->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		e->v = v;
		e->cap = cap;
	}
	e->v[e->n++] = (struct entry){key, (uint32_t)rule};
	return 0;
}

struct numbers {
	const uint32_t *v;
	size_t n;
};

struct patterns {
	const char *const *v;
	size_t n;
};

static struct numbers numbers_by(const struct rule *r, enum by by)
{
	if (by == BY_USER && (r->def.when & POLICY_WHEN_USER))
		return (struct numbers){r->users, r->def.n_users};
	if (by == BY_GROUP && (r->def.when & POLICY_WHEN_GROUP))
		return (struct numbers){r->groups, r->def.n_groups};
	if (by == BY_APP && (r->def.when & POLICY_WHEN_APP))
		return (struct numbers){r->apps, r->def.n_apps};
	return (struct numbers){0};
}

static struct patterns patterns_by(const struct rule *r, enum by by)
{
	if (by == BY_PATH && (r->def.when & POLICY_WHEN_PATH))
		return (struct patterns){r->paths, r->def.n_paths};
	if (by == BY_DESTINATION && (r->def.when & POLICY_WHEN_DESTINATION))
		return (struct patterns){r->destinations, r->def.n_destinations};
	return (struct patterns){0};
}

/* Can the rule be left out where a later one has none of these values? */
static bool is_keyed(const struct rule *r, enum by by)
{
	struct patterns p = patterns_by(r, by);

	if (by == BY_PATH && r->any_path)
		return false;
	for (size_t i = 0; i < p.n; i++)
		if (strcmp(p.v[i], "**") == 0)
			return false;
	return p.n > 0 || numbers_by(r, by).n > 0;
}

/* Where it finds what is beneath it: the folder with its slash. */
static uint64_t pattern_key(enum by by, const char *pattern, enum of *ret)
{
	size_t n = strlen(pattern), literal = strcspn(pattern, "*?");
	bool fold = by == BY_DESTINATION;

	*ret = OF_VALUE;
	if (literal == n)
		return key_of(by, OF_VALUE, pattern, n, fold);
	if (literal + 2 == n && literal > 0 && strcmp(pattern + literal, "**") == 0) {
		*ret = OF_BENEATH;
		return key_of(by, OF_BENEATH, pattern, literal, fold);
	}
	*ret = OF_PATTERNS;
	return key_of(by, OF_PATTERNS, NULL, 0, false);
}

static int put(struct entries *e, const struct rule *rules, size_t at, enum by by)
{
	struct numbers numbers = numbers_by(&rules[at], by);
	struct patterns patterns = patterns_by(&rules[at], by);
	int r = 0;

	if (by == BY_NOTHING)
		return add(e, number_key(by, 0), at);
	for (size_t i = 0; r == 0 && i < numbers.n; i++)
		r = add(e, number_key(by, numbers.v[i]), at);
	for (size_t i = 0; r == 0 && i < patterns.n; i++) {
		const char *text = patterns.v[i];
		enum of of;

		r = add(e, pattern_key(by, text, &of), at);
		/* The same pattern again. */
		if (r == 0 && of != OF_VALUE)
			r = add(e, key_of(by, OF_VALUE, text, strlen(text), by == BY_DESTINATION),
				at);
	}
	return r;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort(struct entries *e)
{
	if (e->n > 0)
		qsort(e->v, e->n, sizeof(*e->v), compare_entries);
}

/* The first entry of the key that is not less. */
static size_t find(const struct entries *e, uint64_t key)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (e->v[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many entries lie where the rule's would. */
static size_t crowd(const struct entries *all, const struct rule *rules, size_t at, enum by by)
{
	struct entries own = {0};
	size_t n = 0;

	if (put(&own, rules, at, by) < 0)
		n = SIZE_MAX;
	for (size_t i = 0; i < own.n && n != SIZE_MAX; i++)
		n += find(all, own.v[i].key + 1) - find(all, own.v[i].key);
	free(own.v);
	return n;
}

static enum by rarest(const struct entries *all, const struct rule *rules, size_t at)
{
	enum by best = BY_NOTHING;
	size_t least = SIZE_MAX;

	for (enum by by = 0; by < BY_MAX; by++) {
		size_t n = is_keyed(&rules[at], by) ? crowd(all, rules, at, by) : SIZE_MAX;

		if (n < least) {
			least = n;
			best = by;
		}
	}
	return best;
}

/* It asks for people, and this host knows none of them: it matches nothing. */
static bool is_of_nobody(const struct rule *r)
{
	return ((r->def.when & POLICY_WHEN_USER) && r->def.n_users == 0) ||
		((r->def.when & POLICY_WHEN_GROUP) && r->def.n_groups == 0);
}

int reach_index_new(const struct rule *rules, size_t n, struct reach_index **ret)
{
	struct reach_index *x = calloc(1, sizeof(*x));
	struct entries all = {0};
	int r = x ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		for (enum by by = 0; r == 0 && by < BY_MAX; by++)
			r = is_keyed(&rules[i], by) ? put(&all, rules, i, by) : 0;
	sort(&all);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!is_of_nobody(&rules[i]))
			r = put(&x->entries, rules, i, rarest(&all, rules, i));
	free(all.v);
	if (r < 0) {
		reach_index_free(x);
		return r;
	}
	sort(&x->entries);
	x->rules = rules;
	*ret = x;
	return 0;
}

void reach_index_free(struct reach_index *x)
{
	if (!x)
		return;
	free(x->entries.v);
	free(x->found);
	free(x);
}

static int take(struct reach_index *x, uint64_t key, size_t at, size_t *n)
{
	for (size_t i = find(&x->entries, key); i < x->entries.n; i++) {
		const struct entry *e = &x->entries.v[i];

		if (e->key != key || e->rule >= at)
			return 0;
		if (*n == x->cap) {
			size_t cap = x->cap ? 2 * x->cap : 256;
			uint32_t *found = realloc(x->found, cap * sizeof(*found));

			if (!found)
				return -ENOMEM;
			x->found = found;
			x->cap = cap;
		}
		x->found[(*n)++] = e->rule;
	}
	return 0;
}

/* The same pattern; the folders above it; and where it is literal any pattern. */
static int take_patterns(struct reach_index *x, enum by by, const char *text, size_t at, size_t *n)
{
	size_t size = strlen(text), literal = strcspn(text, "*?");
	bool fold = by == BY_DESTINATION;
	int r = take(x, key_of(by, OF_VALUE, text, size, fold), at, n);

	for (size_t i = 0; r == 0 && i < literal; i++)
		if (text[i] == '/')
			r = take(x, key_of(by, OF_BENEATH, text, i + 1, fold), at, n);
	if (r == 0 && literal == size)
		r = take(x, key_of(by, OF_PATTERNS, NULL, 0, false), at, n);
	return r;
}

int reach_index_before(struct reach_index *x, size_t at, const uint32_t **ret, size_t *ret_n)
{
	size_t n = 0, kept = 0;
	int r = take(x, number_key(BY_NOTHING, 0), at, &n);

	for (enum by by = 0; r == 0 && by < BY_MAX; by++) {
		struct numbers numbers = numbers_by(&x->rules[at], by);
		struct patterns patterns = patterns_by(&x->rules[at], by);

		if (numbers.n > 0)
			r = take(x, number_key(by, numbers.v[0]), at, &n);
		if (r == 0 && patterns.n > 0)
			r = take_patterns(x, by, patterns.v[0], at, &n);
	}
	if (n > 0)
		qsort(x->found, n, sizeof(*x->found), compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || x->found[kept - 1] != x->found[i])
			x->found[kept++] = x->found[i];
	*ret = x->found;
	*ret_n = kept;
	return r;
}
