/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths and destinations: a text for each that it matches, and for each two that meet
   one that both do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "base/glob.h"
#include "policydiff/internal.h"

/* A text that the pattern matches, and as few others as possible. */
static char *example(const char *pattern)
{
	char *out = malloc(2 * strlen(pattern) + 2), *to = out;

	for (const char *p = pattern; out && *p; p++) {
		if (p[0] == '*' && p[1] == '*')
			p++;
		*to++ = *p == '*' || *p == '?' ? '\2' : *p;
	}
	if (out)
		*to = 0;
	return out;
}

/* In the folder of one, called as the other. */
static char *meeting_of(const char *folder, const char *name)
{
	const char *a = strrchr(folder, '/'), *b = strrchr(name, '/');
	char *out = NULL;

	if (asprintf(&out, "%.*s/%s", a ? (int)(a - folder) : 0, folder, b ? b + 1 : name) < 0)
		return NULL;
	return out;
}

struct patterns {
	const char **v;
	size_t n;
};

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int all_patterns(
	const struct policydiff *d, uint32_t when, enum policy_list_kind kind, struct patterns *ret)
{
	size_t n = 0, kept = 0;

	for (unsigned pass = 0; pass < 2; pass++) {
		n = 0;
		for (unsigned s = 0; s < 2; s++)
			for (uint32_t i = 0; i < d->n_rules[s]; i++) {
				const struct policy *p = d->side[s].policy;
				const struct policy_rule *r = &p->rules[i];

				for (uint32_t k = 0; (r->when & when) && k < r->list[kind].n; k++) {
					if (pass)
						ret->v[n] = p->strings +
							p->words[r->list[kind].first + k];
					n++;
				}
			}
		if (!pass && !(ret->v = calloc(n + 1, sizeof(char *))))
			return -ENOMEM;
	}
	qsort((void *)ret->v, n, sizeof(char *), compare_text);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(ret->v[kept - 1], ret->v[i]) != 0)
			ret->v[kept++] = ret->v[i];
	ret->n = kept;
	return 0;
}

static int add_example(struct values *l, char *text, const char *a, const char *b)
{
	int r = text ? values_add(l, (struct policydiff_value){.text = text, .pattern = {a, b}})
		     : -ENOMEM;

	if (r < 0)
		free(text);
	return r;
}

/* Patterns of which one covers the other need no third example. */
static int add_meeting(
	struct policydiff *d, struct values *l, const char *a, const char *b, bool fold)
{
	cleanup_with(freep) char *x = example(a), *y = example(b);
	char *text = NULL;

	if (!x || !y)
		return -ENOMEM;
	if (glob_match(a, y, fold) || glob_match(b, x, fold))
		return 0;
	for (unsigned way = 0; way < 2 && !text; way++) {
		text = way ? meeting_of(y, x) : meeting_of(x, y);
		if (!text)
			return -ENOMEM;
		if (!glob_match(a, text, fold) || !glob_match(b, text, fold)) {
			free(text);
			text = NULL;
		}
	}
	if (text)
		return add_example(l, text, a, b);
	/* Two that begin differently never meet; of others nobody knows. */
	for (size_t i = 0;; i++) {
		if (!a[i] || !b[i] || strchr("*?", a[i]) || strchr("*?", b[i])) {
			d->sampled |= !(glob_is_literal(a) || glob_is_literal(b));
			return 0;
		}
		if (a[i] != b[i])
			return 0;
	}
}

int texts_make(struct policydiff *d, struct values *l, enum policydiff_dim dim)
{
	bool path = dim == POLICYDIFF_PATH;
	struct patterns p = {0};
	int r = all_patterns(
		d, domain_conditions[dim], path ? POLICY_LIST_PATHS : POLICY_LIST_DESTINATIONS, &p);
	char *other = strdup(path ? "/\1/\1" : "\1");

	if (!other)
		r = -ENOMEM;
	if (r == 0)
		r = values_add(l, (struct policydiff_value){.text = other, .other = true});
	if (r < 0)
		free(other);
	for (size_t i = 0; r == 0 && i < p.n; i++)
		r = add_example(l, example(p.v[i]), p.v[i], NULL);
	d->sampled |= p.n > PAIRS_MAX;
	for (size_t i = 0; i < p.n && p.n <= PAIRS_MAX; i++)
		for (size_t k = i + 1; r == 0 && k < p.n; k++)
			r = add_meeting(d, l, p.v[i], p.v[k], !path);
	free((void *)p.v);
	return r;
}
