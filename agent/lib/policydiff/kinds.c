/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of both policies that say the same, whatever they are called; and `failures`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "policydiff/internal.h"

struct digest {
	uint64_t h[2];
};

static void mix(struct digest *g, const void *p, size_t n)
{
	for (unsigned i = 0; i < 2; i++)
		g->h[i] = hash_bytes((struct hash_key){g->h[i], i + 1}, view_of(p, n));
}

/* Without names: they tell who decided, not what. */
static struct digest digest_of(const struct policydiff *d, unsigned side, uint32_t i)
{
	const struct policy *p = d->side[side].policy;
	const struct policy_rule *r = &p->rules[i];
	uint32_t when = r->when;
	const uint32_t parts[] = {r->action, when, when & POLICY_WHEN_LEVEL ? r->levels : 0,
		when & POLICY_WHEN_COMPLETENESS ? r->completeness : 0,
		when & POLICY_WHEN_CATEGORY ? r->categories : 0,
		when & POLICY_WHEN_CHANNEL ? r->channels : 0, when & POLICY_WHEN_TAG ? r->tags : 0,
		when & POLICY_WHEN_REASON ? r->reasons : 0,
		when & POLICY_WHEN_MEETING ? r->meeting : 0,
		when & POLICY_WHEN_POSTURE ? r->posture : 0,
		r->monitor || policy_mode(p) == MODE_MONITOR, r->evidence,
		i < p->first_about_document};
	struct digest g = {{1, 2}};

	mix(&g, parts, sizeof(parts));
	mix(&g, &r->valid_from, sizeof(r->valid_from));
	mix(&g, &r->valid_until, sizeof(r->valid_until));
	mix(&g, p->strings + r->message, strlen(p->strings + r->message));
	for (unsigned k = 0; k < POLICY_LIST_MAX; k++) {
		const struct policy_list *l = &r->list[k];

		mix(&g, &l->n, sizeof(l->n));
		for (uint32_t w = 0; w < l->n; w++) {
			uint32_t word = p->words[l->first + w];
			const char *text = k == POLICY_LIST_APPS
				? apptable_id(d->side[side].apps, word)
				: p->strings + word;

			if (k == POLICY_LIST_APPS || k == POLICY_LIST_PATHS ||
				k == POLICY_LIST_DESTINATIONS)
				mix(&g, text, strlen(text) + 1);
			else
				mix(&g, &word, sizeof(word));
		}
	}
	return g;
}

struct digest_at {
	struct digest g;
	size_t at;
};

static int compare_digest(const void *a, const void *b)
{
	return memcmp(&((const struct digest_at *)a)->g, &((const struct digest_at *)b)->g,
		sizeof(struct digest));
}

int kinds_make(struct policydiff *d)
{
	size_t n = (size_t)d->n_rules[0] + d->n_rules[1], at = 0;
	struct digest_at *v = calloc(n + 1, sizeof(*v));
	uint32_t kind = 0;

	d->kind = calloc(d->words * 64 + 1, sizeof(*d->kind));
	if (!v || !d->kind) {
		free(v);
		return -ENOMEM;
	}
	for (unsigned s = 0; s < 2; s++)
		for (uint32_t i = 0; i < d->n_rules[s]; i++)
			v[at++] = (struct digest_at){
				digest_of(d, s, i), (s ? d->first_word * 64 : 0) + i};
	qsort(v, n, sizeof(*v), compare_digest);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || compare_digest(&v[i - 1], &v[i]) != 0)
			kind++;
		d->kind[v[i].at] = kind;
	}
	free(v);
	return 0;
}

static bool same_failure(const struct policydiff *d, uint32_t i)
{
	const struct policy *a = d->side[0].policy, *b = d->side[1].policy;
	const struct policy_failure *x = &a->failures[i], *y = &b->failures[i];

	if (x->action != y->action || x->failures != y->failures || x->may_be != y->may_be ||
		x->categories != y->categories || x->asks_app != y->asks_app ||
		x->apps.n != y->apps.n ||
		strcmp(a->strings + x->message, b->strings + y->message) != 0)
		return false;
	for (uint32_t k = 0; k < x->apps.n; k++)
		if (strcmp(apptable_id(d->side[0].apps, a->words[x->apps.first + k]),
			    apptable_id(d->side[1].apps, b->words[y->apps.first + k])) != 0)
			return false;
	return true;
}

void kinds_of_failures(struct policydiff *d)
{
	uint32_t a = d->side[0].policy->header->n_failures;
	uint32_t b = d->side[1].policy->header->n_failures;

	d->failures = a > 0 || b > 0;
	d->same_failures = a == b;
	for (uint32_t i = 0; d->same_failures && i < a; i++)
		d->same_failures = same_failure(d, i);
	if (policy_mode(d->side[0].policy) != policy_mode(d->side[1].policy))
		d->same_failures = false;
}
