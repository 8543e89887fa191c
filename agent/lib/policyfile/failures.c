/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `failures`, and what is built in behind it: the answers of a policy that says nothing
 * about a failure. Where nobody looked, it may be a state secret, and meeting and chat applications
 * do not get it; what a document was when it was last read goes on counting where it can no longer
 * be read. Everybody else goes on.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "policyfile/compile.h"

#define BIT(x) (UINT32_C(1) << (x))

static const struct policy_failure_def built_in[] = {
	{.name = "failure-undecided",
		.action = ACTION_BLOCK,
		.failures = BIT(FAILURE_DEADLINE) | BIT(FAILURE_CRASH) | BIT(FAILURE_PRESSURE) |
			BIT(FAILURE_CORE_GONE) | BIT(FAILURE_DESCRIPTORS),
		.categories = BIT(CATEGORY_MEETING) | BIT(CATEGORY_CHAT)},
	{.name = "failure-was-classified",
		.action = ACTION_BLOCK,
		.may_be = BIT(MAY_BE_STATE_SECRET) | BIT(MAY_BE_INTERNAL),
		.categories = BIT(CATEGORY_MEETING) | BIT(CATEGORY_CHAT)},
	{.name = "failure-was-classified-browser",
		.action = ACTION_LOG,
		.may_be = BIT(MAY_BE_STATE_SECRET) | BIT(MAY_BE_INTERNAL),
		.categories = BIT(CATEGORY_BROWSER)},
};
static_assert(ARRAY_SIZE(built_in) == FAILURES_BUILT_IN, "room is kept for them");

void failures_done(struct failure_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].apps);
	l->n = 0;
}

/* The set of a list of words, moved up by `shift`; 0 where the key is absent. */
static uint32_t read_set(
	const struct conf_node *n, const char *key, const char *const *words, unsigned shift)
{
	const struct conf_node *list = conf_get(n, key);
	const struct conf_node *const *items;
	uint32_t set = 0;
	size_t count;

	if (!list)
		return 0;
	items = keyword_items(&list, &count);
	for (size_t i = 0; i < count; i++)
		for (unsigned w = 0; items[i]->type == CONF_SCALAR && words[w]; w++)
			if (strcmp(words[w], items[i]->text) == 0)
				set |= BIT(w + shift);
	return set;
}

static int read_apps(struct rule_context *ctx, const struct conf_node *n, struct failure_entry *e)
{
	const struct conf_node *list = conf_get(n, "app");
	const struct conf_node *const *items;
	size_t count;

	if (!list)
		return 0;
	items = keyword_items(&list, &count);
	if (count > POLICYFILE_LIST_MAX)
		return 0; /* reported */
	e->def.apps = e->apps = calloc(count + 1, sizeof(*e->apps));
	if (!e->apps)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		uint32_t app;

		if (items[i]->type != CONF_SCALAR || !items[i]->text[0])
			continue;
		app = apptable_find(ctx->apps, items[i]->text);
		if (app == APP_NONE)
			rule_unknown_app(ctx, items[i]);
		else
			e->apps[e->def.n_apps++] = app;
	}
	return 0;
}

static const char *read_text(
	struct rule_context *ctx, const struct conf_node *n, const char *key, size_t max)
{
	const struct conf_node *v = conf_get(n, key);

	if (!v || v->type != CONF_SCALAR)
		return NULL;
	if (strlen(v->text) < max)
		return v->text;
	(void)conf_error(ctx->conf, v, P_LIMIT, ctx->diags, "longer than %zu bytes", max - 1);
	return NULL;
}

static int read_entry(
	struct rule_context *ctx, const struct conf_node *n, struct failure_entry *ret)
{
	const struct conf_node *action = conf_get(n, "do");

	*ret = (struct failure_entry){.node = n};
	ret->def.name = read_text(ctx, n, "name", POLICY_NAME_MAX) ?: "";
	ret->def.message = read_text(ctx, n, "message", POLICY_MESSAGE_MAX);
	if (action && action->type == CONF_SCALAR)
		(void)action_parse(action->text, &ret->def.action);
	ret->def.failures = read_set(n, "failure", keyword_failures, FAILURE_NONE + 1);
	ret->def.may_be = read_set(n, "may-be", may_be_names, 0);
	ret->def.categories = read_set(n, "category", category_names, 0);
	return read_apps(ctx, n, ret);
}

/* Applications of `app` are of none of the categories of `category`. */
static void check_category(struct rule_context *ctx, const struct failure_entry *e)
{
	uint32_t categories = 0;

	for (size_t i = 0; i < e->def.n_apps; i++)
		categories |= BIT(apptable_category(ctx->apps, e->apps[i]));
	if (categories && e->def.categories && !(categories & e->def.categories))
		(void)conf_error(ctx->conf, conf_get(e->node, "app"), P_NOTHING, ctx->diags,
			"no application of `app` belongs to `category`: the entry never matches");
}

static bool covers(uint32_t outer, uint32_t inner)
{
	return outer == 0 || (inner != 0 && (inner & ~outer) == 0);
}

static bool covers_apps(const struct policy_failure_def *o, const struct policy_failure_def *i)
{
	if (!o->apps)
		return true;
	if (!i->apps || i->n_apps == 0)
		return false;
	for (size_t k = 0; k < i->n_apps; k++) {
		size_t j = 0;

		while (j < o->n_apps && o->apps[j] != i->apps[k])
			j++;
		if (j == o->n_apps)
			return false;
	}
	return true;
}

/* Where it was a state secret when it was last read, and neither this entry nor one before says
   anything about that. */
static void check_lets_pass(struct rule_context *ctx, const struct failure_list *l, size_t n)
{
	const uint32_t people = BIT(CATEGORY_MEETING) | BIT(CATEGORY_CHAT);
	const struct failure_entry *e = &l->v[n];
	uint32_t categories = e->def.categories;

	for (size_t i = 0; i < e->def.n_apps; i++)
		categories |= BIT(apptable_category(ctx->apps, e->apps[i]));
	if (e->def.action == ACTION_BLOCK || e->def.may_be ||
		(categories && !(categories & people)))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct policy_failure_def *o = &l->v[i].def;

		if (covers(o->may_be, BIT(MAY_BE_STATE_SECRET)) &&
			covers(o->failures, e->def.failures) &&
			covers(o->categories, e->def.categories) && covers_apps(o, &e->def))
			return;
	}
	diag_hint(diags_warning(ctx->diags, P_SHADOWS, conf_file(ctx->conf), e->node->line,
			  e->node->col,
			  "`%s` lets documents pass too that were state secrets when they were "
			  "last read",
			  e->def.name),
		"where that is meant, say `may-be: [state-secret, internal, unknown]`; else "
		"`may-be: unknown`");
}

static void check_reachable(struct rule_context *ctx, const struct failure_list *l, size_t n)
{
	const struct failure_entry *e = &l->v[n];

	for (size_t i = 0; i < n; i++) {
		const struct policy_failure_def *o = &l->v[i].def;

		if (!covers(o->failures, e->def.failures) || !covers(o->may_be, e->def.may_be) ||
			!covers(o->categories, e->def.categories) || !covers_apps(o, &e->def))
			continue;
		(void)conf_error(ctx->conf, e->node, P_UNREACHABLE, ctx->diags,
			"`%s` can never match: `%s` in line %u matches all that it would",
			e->def.name, o->name, l->v[i].node->line);
		return;
	}
}

void failures_check(struct rule_context *ctx, const struct failure_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].node) {
			check_category(ctx, &l->v[i]);
			check_lets_pass(ctx, l, i);
			check_reachable(ctx, l, i);
		}
}

int failures_read(struct rule_context *ctx, struct failure_list *ret)
{
	const struct conf_node *list = conf_get(conf_root(ctx->conf), "failures");
	int r = 0;

	if (list && list->type == CONF_SEQUENCE && list->n > FAILURES_READ_MAX) {
		(void)conf_error(ctx->conf, list->items[FAILURES_READ_MAX], P_LIMIT, ctx->diags,
			"more than %u entries", FAILURES_READ_MAX);
		return 0;
	}
	for (size_t i = 0; list && list->type == CONF_SEQUENCE && r == 0 && i < list->n; i++)
		if (list->items[i]->type == CONF_MAPPING)
			r = read_entry(ctx, list->items[i], &ret->v[ret->n++]);
	for (size_t i = 0; i < ARRAY_SIZE(built_in); i++)
		ret->v[ret->n++] = (struct failure_entry){.def = built_in[i]};
	return r;
}
