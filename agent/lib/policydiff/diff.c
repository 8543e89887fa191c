/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk: a decision diagram of the changes, made from the last dimension up. A node has a child
 * for each group of values that leave the same rules; what is equal below is one node, so that
 * regions come out whole. Node 0 is "no change".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "policydiff/internal.h"

#define SAME       0U
#define EDGES_MAX  4096U /* children of one node */
#define FIXED_DIMS 5U    /* up to and with READING: what `failures` ask about */

struct edge {
	size_t values; /* offset of a set of bits, in sets */
	uint32_t child;
};

struct node {
	uint32_t dim; /* POLICYDIFF_DIM_MAX: an answer */
	uint32_t n_edges;
	size_t edges; /* offset, in edges */
	struct verdict verdict[2];
	bool absent[2];
};

struct memory {
	uint64_t hash;
	size_t rules; /* offset of the row, in sets */
	uint64_t context;
	uint32_t dim, node; /* node + 1; 0: free */
};

struct walk {
	struct policydiff *d;
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	struct edge *edges;
	size_t n_edges, cap_edges;
	uint64_t *sets;
	size_t n_sets, cap_sets; /* words */
	struct memory *memory;
	size_t n_memory, cap_memory;
	uint32_t *index; /* of nodes, by what they are; node + 1 */
	size_t cap_index;
	size_t value[POLICYDIFF_DIM_MAX]; /* of the corner in hand */
	uint64_t *rows;                   /* one per depth */
	int error;
};

static bool grow(void **p, size_t *cap, size_t n, size_t size)
{
	size_t wanted = *cap ? *cap : 64;
	void *grown;

	if (n <= *cap)
		return true;
	while (wanted < n)
		wanted *= 2;
	grown = realloc(*p, wanted * size);
	if (!grown)
		return false;
	*p = grown;
	*cap = wanted;
	return true;
}

static bool is_full(const struct walk *w)
{
	return w->n_nodes >= POLICYDIFF_NODES_MAX ||
		w->n_sets * 8 + w->n_memory * sizeof(struct memory) > POLICYDIFF_BYTES_MAX;
}

/* ---- answers ---- */

static void question(const struct walk *w, unsigned side, struct question *q)
{
	*q = (struct question){0};
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++)
		domain_put(w->d, (enum policydiff_dim)dim, w->value[dim], side, q);
	domain_settle_time(q);
}

static void ask(struct walk *w, unsigned side, struct verdict *ret, bool *ret_absent)
{
	struct question q;

	question(w, side, &q);
	*ret_absent = q.app == APP_NONE;
	*ret = (struct verdict){.rule = POLICY_RULE_NONE};
	if (!*ret_absent)
		policy_decide(w->d->side[side].policy, &q, ret);
	w->d->asked++;
}

/* People and journals see the action, what it would have been, the message, and whether a copy of
   the content is kept. */
static bool same_verdict(const struct policydiff *d, const struct verdict v[2])
{
	return v[0].action == v[1].action && v[0].intended == v[1].intended &&
		policy_rule_keeps_evidence(d->side[0].policy, v[0].rule) ==
		policy_rule_keeps_evidence(d->side[1].policy, v[1].rule) &&
		(v[0].intended <= ACTION_LOG ||
			strcmp(policy_rule_message(d->side[0].policy, v[0].rule),
				policy_rule_message(d->side[1].policy, v[1].rule)) == 0);
}

static bool is_state_secret(unsigned level)
{
	return level == LEVEL_CONFIDENTIAL || level == LEVEL_SECRET || level == LEVEL_TOP_SECRET;
}

static void weigh(struct walk *w, const struct node *n)
{
	const struct policydiff_value *level = &w->d->dims[POLICYDIFF_LEVEL]
							.v[w->value[POLICYDIFF_LEVEL]];
	bool secret = is_state_secret(level->number) ||
		(n->verdict[0].failure != FAILURE_NONE &&
			n->verdict[0].may_be == MAY_BE_STATE_SECRET);

	if (secret && n->verdict[1].action < n->verdict[0].action)
		w->d->weaker = true;
}

/* ---- one node for what is equal ---- */

static uint64_t hash_node(const struct walk *w, const struct node *n)
{
	struct hash_key key = {n->dim, n->n_edges};
	uint64_t h = hash_bytes(key, view_of(n->verdict, sizeof(n->verdict)));

	for (uint32_t i = 0; i < n->n_edges; i++) {
		const struct edge *e = &w->edges[n->edges + i];

		key = (struct hash_key){h, e->child};
		h = hash_bytes(key,
			view_of(w->sets + e->values, set_words(w->d, n->dim) * sizeof(uint64_t)));
	}
	return h;
}

static bool same_node(const struct walk *w, const struct node *a, const struct node *b)
{
	if (a->dim != b->dim || a->n_edges != b->n_edges || a->absent[0] != b->absent[0] ||
		a->absent[1] != b->absent[1] ||
		memcmp(a->verdict, b->verdict, sizeof(a->verdict)) != 0)
		return false;
	for (uint32_t i = 0; i < a->n_edges; i++) {
		const struct edge *x = &w->edges[a->edges + i], *y = &w->edges[b->edges + i];

		if (x->child != y->child ||
			memcmp(w->sets + x->values, w->sets + y->values,
				set_words(w->d, a->dim) * sizeof(uint64_t)) != 0)
			return false;
	}
	return true;
}

static bool grow_index(struct walk *w)
{
	size_t cap = w->cap_index ? 2 * w->cap_index : 1024;
	uint32_t *index = calloc(cap, sizeof(*index));

	if (!index)
		return false;
	for (size_t i = 1; i < w->n_nodes; i++) {
		size_t at = hash_node(w, &w->nodes[i]) & (cap - 1);

		while (index[at])
			at = (at + 1) & (cap - 1);
		index[at] = (uint32_t)i + 1;
	}
	free(w->index);
	w->index = index;
	w->cap_index = cap;
	return true;
}

/* The node's number; what was put for it in `edges` and `sets` is taken back where it is known. */
static uint32_t keep_node(struct walk *w, const struct node *n, size_t sets_before)
{
	size_t at;

	if ((2 * w->n_nodes >= w->cap_index && !grow_index(w)) ||
		!grow((void **)&w->nodes, &w->cap_nodes, w->n_nodes + 1, sizeof(*n))) {
		w->error = -ENOMEM;
		return SAME;
	}
	for (at = hash_node(w, n) & (w->cap_index - 1); w->index[at];
		at = (at + 1) & (w->cap_index - 1))
		if (same_node(w, &w->nodes[w->index[at] - 1], n)) {
			w->n_edges -= n->n_edges;
			w->n_sets = sets_before;
			return w->index[at] - 1;
		}
	w->nodes[w->n_nodes] = *n;
	w->index[at] = (uint32_t)w->n_nodes + 1;
	return (uint32_t)w->n_nodes++;
}

static uint32_t answer(struct walk *w)
{
	struct node n = {.dim = POLICYDIFF_DIM_MAX};

	for (unsigned s = 0; s < 2; s++)
		ask(w, s, &n.verdict[s], &n.absent[s]);
	if (same_verdict(w->d, n.verdict))
		return SAME;
	weigh(w, &n);
	/* What does not tell answers apart. */
	for (unsigned s = 0; s < 2; s++) {
		n.verdict[s].version = 0;
		n.verdict[s].may_be = 0;
		n.verdict[s].failure = 0;
	}
	return keep_node(w, &n, w->n_sets);
}

/* ---- what was walked already ---- */

static bool grow_memory(struct walk *w)
{
	size_t cap = w->cap_memory ? 2 * w->cap_memory : 1024;
	struct memory *m = calloc(cap, sizeof(*m));

	if (!m)
		return false;
	for (size_t i = 0; i < w->cap_memory; i++) {
		size_t at = w->memory[i].hash & (cap - 1);

		if (!w->memory[i].node)
			continue;
		while (m[at].node)
			at = (at + 1) & (cap - 1);
		m[at] = w->memory[i];
	}
	free(w->memory);
	w->memory = m;
	w->cap_memory = cap;
	return true;
}

static struct memory *recall(struct walk *w, const struct memory *m, const uint64_t *row)
{
	size_t at = m->hash & (w->cap_memory - 1);

	for (; w->memory[at].node; at = (at + 1) & (w->cap_memory - 1)) {
		const struct memory *k = &w->memory[at];

		if (k->hash == m->hash && k->dim == m->dim && k->context == m->context &&
			memcmp(w->sets + k->rules, row, w->d->words * sizeof(*row)) == 0)
			break;
	}
	return &w->memory[at];
}

static void remember(struct walk *w, struct memory m, const uint64_t *row, uint32_t node)
{
	if ((2 * (w->n_memory + 1) >= w->cap_memory && !grow_memory(w)) ||
		!grow((void **)&w->sets, &w->cap_sets, w->n_sets + w->d->words, sizeof(*w->sets))) {
		w->error = -ENOMEM;
		return;
	}
	struct memory *at = recall(w, &m, row);
	if (at->node)
		return;
	m.rules = w->n_sets;
	m.node = node + 1;
	memcpy(w->sets + w->n_sets, row, w->d->words * sizeof(*row));
	w->n_sets += w->d->words;
	w->n_memory++;
	*at = m;
}

/* What an answer may depend on besides the rules, as far as it is chosen. */
static uint64_t context(const struct walk *w, unsigned dim)
{
	uint64_t c = 0;

	for (unsigned i = 0; i < FIXED_DIMS && i < dim; i++)
		c = c * 1000003 + w->d->dims[i].keys[w->value[i]] + 1;
	return c;
}

/* ---- walking ---- */

static uint32_t next_rule(
	const struct policydiff *d, const uint64_t *row, uint32_t from, bool after)
{
	size_t first = after ? d->first_word : 0, end = after ? d->words : d->first_word;
	size_t i = from;

	for (; i < (end - first) * 64; i++) {
		uint64_t word = row[first + i / 64] >> i % 64;

		if (word)
			return (uint32_t)(i + (unsigned)__builtin_ctzll(word));
		i |= 63;
	}
	return UINT32_MAX;
}

/* Both policies decide by the same rules in the same order, whatever is chosen from here on. */
static bool same_rules(const struct walk *w, const uint64_t *row, unsigned dim)
{
	const struct policydiff *d = w->d;
	uint32_t i = 0, k = 0;

	/* One side does not ask at all where it does not know the application. */
	if (!d->same_apps && dim <= POLICYDIFF_APP)
		return false;
	if (d->failures) {
		const struct policydiff_value *v = &d->dims[POLICYDIFF_READING]
							    .v[w->value[POLICYDIFF_READING]];
		bool known = dim > POLICYDIFF_READING && v->number == COMPLETENESS_FULL &&
			v->failure == FAILURE_NONE;

		if (!known && !d->same_failures)
			return false;
		v = &d->dims[POLICYDIFF_APP].v[w->value[POLICYDIFF_APP]];
		if (!known && !d->same_apps && (v->app[0] == APP_NONE) != (v->app[1] == APP_NONE))
			return false;
	}
	for (;;) {
		i = next_rule(d, row, i, false);
		k = next_rule(d, row, k, true);
		if (i == UINT32_MAX || k == UINT32_MAX)
			return i == k;
		if (d->kind[i] != d->kind[d->first_word * 64 + k])
			return false;
		i++;
		k++;
	}
}

static uint32_t walk(struct walk *w, unsigned dim, const uint64_t *row);

struct groups {
	uint64_t *rows;
	size_t *first; /* value that stands for the group */
	uint32_t *of;  /* group of each value */
	size_t n;
};

static void groups_done(struct groups *g)
{
	free(g->rows);
	free(g->first);
	free(g->of);
}

static int find_group(const struct groups *g, const struct values *l, uint64_t key,
	const uint64_t *row, size_t words)
{
	for (size_t i = 0; i < g->n; i++)
		if (l->keys[g->first[i]] == key &&
			memcmp(g->rows + i * words, row, words * sizeof(*row)) == 0)
			return (int)i;
	return -1;
}

static int make_groups(struct walk *w, unsigned dim, const uint64_t *row, struct groups *g)
{
	const struct values *l = &w->d->dims[dim];
	size_t words = w->d->words;
	cleanup_with(freep) uint64_t *one = calloc(words, sizeof(*one));

	g->rows = calloc(MIN(l->n, (size_t)EDGES_MAX) * words + 1, sizeof(uint64_t));
	g->first = calloc(l->n + 1, sizeof(size_t));
	g->of = calloc(l->n + 1, sizeof(uint32_t));
	if (!one || !g->rows || !g->first || !g->of)
		return -ENOMEM;
	for (size_t v = 0; v < l->n; v++) {
		int found;

		for (size_t i = 0; i < words; i++)
			one[i] = row[i] & l->rules[v * words + i];
		found = find_group(g, l, l->keys[v], one, words);
		if (found < 0 && g->n == EDGES_MAX) {
			w->d->cut = true;
			found = EDGES_MAX - 1;
		}
		if (found < 0) {
			found = (int)g->n++;
			g->first[found] = v;
			memcpy(g->rows + (size_t)found * words, one, words * sizeof(*one));
		}
		g->of[v] = (uint32_t)found;
	}
	return 0;
}

/* Groups with the same child are one edge. */
static uint32_t make_node(
	struct walk *w, unsigned dim, const struct groups *g, const uint32_t *children)
{
	struct node n = {.dim = dim, .edges = w->n_edges};
	size_t words = set_words(w->d, dim), sets_before = w->n_sets;

	for (size_t i = 0; i < g->n; i++) {
		struct edge e = {.values = w->n_sets, .child = children[i]};
		bool done = false;

		for (size_t k = 0; k < i; k++)
			done |= children[k] == children[i];
		if (done)
			continue;
		if (!grow((void **)&w->sets, &w->cap_sets, w->n_sets + words, sizeof(uint64_t)) ||
			!grow((void **)&w->edges, &w->cap_edges, w->n_edges + 1, sizeof(e))) {
			w->error = -ENOMEM;
			return SAME;
		}
		memset(w->sets + w->n_sets, 0, words * sizeof(uint64_t));
		for (size_t v = 0; v < w->d->dims[dim].n; v++)
			if (children[g->of[v]] == children[i])
				set_bit(w->sets + w->n_sets, v);
		w->n_sets += words;
		w->edges[w->n_edges++] = e;
		n.n_edges++;
	}
	if (n.n_edges == 1) {
		w->n_edges--;
		w->n_sets = sets_before;
		return children[0];
	}
	return keep_node(w, &n, sets_before);
}

static uint32_t walk_values(struct walk *w, unsigned dim, const uint64_t *row)
{
	cleanup_with(groups_done) struct groups g = {0};
	cleanup_with(freep) uint32_t *children = NULL;

	w->error = make_groups(w, dim, row, &g);
	if (w->error == 0 && !(children = calloc(g.n + 1, sizeof(*children))))
		w->error = -ENOMEM;
	for (size_t i = 0; w->error == 0 && i < g.n; i++) {
		w->value[dim] = g.first[i];
		children[i] = walk(w, dim + 1, g.rows + i * w->d->words);
	}
	return w->error ? SAME : make_node(w, dim, &g, children);
}

static uint32_t walk(struct walk *w, unsigned dim, const uint64_t *row)
{
	struct memory m = {.dim = dim};
	uint32_t node;

	if (w->error || same_rules(w, row, dim))
		return SAME;
	if (dim == POLICYDIFF_DIM_MAX)
		return answer(w);
	if (is_full(w)) {
		w->d->cut = true;
		return SAME;
	}
	m.context = context(w, dim);
	m.hash = hash_bytes(
		(struct hash_key){dim, m.context}, view_of(row, w->d->words * sizeof(*row)));
	if (w->cap_memory == 0 && !grow_memory(w)) {
		w->error = -ENOMEM;
		return SAME;
	}
	struct memory *known = recall(w, &m, row);
	if (known->node)
		return known->node - 1;
	node = walk_values(w, dim, row);
	if (w->error == 0)
		remember(w, m, row, node);
	return node;
}

/* ---- regions ---- */

static int add_change(struct walk *w, const struct node *leaf, const struct edge *const *at)
{
	struct policydiff *d = w->d;
	struct change *c, *grown;
	size_t words = 0, used = 0;

	if (d->n_changes == POLICYDIFF_CHANGES_MAX) {
		d->cut = true;
		return 0;
	}
	grown = realloc(d->changes, (d->n_changes + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->changes = grown;
	c = &d->changes[d->n_changes];
	*c = (struct change){.public = {.before = leaf->verdict[0],
				     .after = leaf->verdict[1],
				     .absent = {leaf->absent[0], leaf->absent[1]}}};
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++)
		words += set_words(d, dim);
	c->sets = calloc(words, sizeof(uint64_t));
	if (!c->sets)
		return -ENOMEM;
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++) {
		uint64_t *set = c->sets + used;

		c->public.in[dim].any = !at[dim];
		c->public.in[dim].values = set;
		for (size_t v = 0; v < d->dims[dim].n; v++)
			if (!at[dim] || bit(w->sets + at[dim]->values, v))
				set_bit(set, v);
		used += set_words(d, dim);
	}
	d->n_changes++;
	return 0;
}

static int collect(struct walk *w, uint32_t node, const struct edge **at)
{
	const struct node *n = &w->nodes[node];
	int r = 0;

	if (node == SAME)
		return 0;
	if (n->dim == POLICYDIFF_DIM_MAX)
		return add_change(w, n, at);
	for (uint32_t i = 0; r == 0 && i < n->n_edges; i++) {
		at[n->dim] = &w->edges[n->edges + i];
		r = collect(w, at[n->dim]->child, at);
		at[n->dim] = NULL;
		if (w->d->n_changes == POLICYDIFF_CHANGES_MAX && w->d->cut)
			break;
	}
	return r;
}

static void walk_done(struct walk *w)
{
	free(w->nodes);
	free(w->edges);
	free(w->sets);
	free(w->memory);
	free(w->index);
	free(w->rows);
}

static int walk_all(struct policydiff *d)
{
	cleanup_with(walk_done) struct walk w = {.d = d, .n_nodes = 1};
	const struct edge *at[POLICYDIFF_DIM_MAX] = {0};
	uint32_t node;

	w.rows = calloc(d->words + 1, sizeof(uint64_t));
	if (!w.rows || !grow((void **)&w.nodes, &w.cap_nodes, 64, sizeof(struct node)))
		return -ENOMEM;
	w.nodes[SAME] = (struct node){.dim = POLICYDIFF_DIM_MAX};
	for (unsigned s = 0; s < 2; s++)
		for (uint32_t i = 0; i < d->n_rules[s]; i++)
			set_bit(w.rows, (s ? d->first_word * 64 : 0) + i);
	node = walk(&w, 0, w.rows);
	if (w.error == 0)
		w.error = collect(&w, node, at);
	if (w.error == 0)
		regions_unite(d);
	return w.error;
}

/* ---- asking ---- */

int policydiff_new(const struct policydiff_side *before, const struct policydiff_side *after,
	uint64_t now, struct policydiff **ret)
{
	struct policydiff *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->side[0] = *before;
	d->side[1] = *after;
	d->now = now;
	r = domain_make(d);
	if (r == 0)
		r = walk_all(d);
	if (r < 0) {
		policydiff_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

struct policydiff *policydiff_free(struct policydiff *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n_changes; i++)
		free(d->changes[i].sets);
	free(d->changes);
	domain_free(d);
	free(d);
	return NULL;
}

/* What others than the rules may let pass: administrators, and people with a reason. */
static bool lets_more_pass(const struct policy *a, const struct policy *b)
{
	return policy_override_max(b) > policy_override_max(a) ||
		policy_override_minutes(b) > policy_override_minutes(a) ||
		policy_justify_max(b) > policy_justify_max(a) ||
		policy_justify_minutes(b) > policy_justify_minutes(a) ||
		policy_justify_reason(b) < policy_justify_reason(a);
}

bool policydiff_is_same(const struct policydiff *d)
{
	return d->n_changes == 0 && !d->cut && !apps_differ(d) &&
		!lets_more_pass(d->side[0].policy, d->side[1].policy) &&
		!lets_more_pass(d->side[1].policy, d->side[0].policy);
}

bool policydiff_is_cut(const struct policydiff *d)
{
	return d->cut;
}

bool policydiff_is_sampled(const struct policydiff *d)
{
	return d->sampled;
}

uint64_t policydiff_asked(const struct policydiff *d)
{
	return d->asked;
}

bool policydiff_is_weaker(const struct policydiff *d)
{
	if (d->weaker || d->cut || lets_more_pass(d->side[0].policy, d->side[1].policy))
		return true;
	for (size_t i = 0; i < d->dims[POLICYDIFF_APP].n; i++)
		if (policydiff_app(d, i) == POLICYDIFF_APP_LESS)
			return true;
	return false;
}

size_t policydiff_n(const struct policydiff *d)
{
	return d->n_changes;
}

const struct policydiff_change *policydiff_at(const struct policydiff *d, size_t i)
{
	return &d->changes[i].public;
}

bool policydiff_has(const struct policydiff_change *c, enum policydiff_dim dim, size_t value)
{
	return bit(c->in[dim].values, value);
}

size_t policydiff_n_values(const struct policydiff *d, enum policydiff_dim dim)
{
	return d->dims[dim].n;
}

const struct policydiff_value *policydiff_value(
	const struct policydiff *d, enum policydiff_dim dim, size_t i)
{
	return &d->dims[dim].v[i];
}

void policydiff_question(const struct policydiff *d, size_t i, unsigned side, struct question *ret)
{
	*ret = (struct question){0};
	for (unsigned dim = 0; dim < POLICYDIFF_DIM_MAX; dim++)
		for (size_t v = 0; v < d->dims[dim].n; v++)
			if (policydiff_has(&d->changes[i].public, (enum policydiff_dim)dim, v)) {
				domain_put(d, (enum policydiff_dim)dim, v, side, ret);
				break;
			}
	domain_settle_time(ret);
}
