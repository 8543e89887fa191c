/* SPDX-License-Identifier: Apache-2.0 */
/* Exception files: rules that let something narrow pass, with a reason, an owner and an end. */
#include <errno.h>

#include "model/tag.h"
#include "policyfile/compile.h"

#define TAGS_ALL ((UINT32_C(1) << TAG_MAX) - 1)

struct reading {
	struct rule_context *ctx;
	struct rules *rules;
	struct confs *confs;
};

int rules_add(struct rules *r, struct rule **ret)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;
		struct rule *v = realloc(r->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		r->v = v;
		r->cap = cap;
	}
	*ret = &r->v[r->n++];
	**ret = (struct rule){0};
	return 0;
}

void rules_done(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		rule_done(&r->v[i]);
	free(r->v);
	*r = (struct rules){0};
}

void confs_done(struct confs *c)
{
	for (size_t i = 0; i < c->n; i++)
		conf_free(c->v[i]);
	free((void *)c->v);
	*c = (struct confs){0};
}

static int keep(struct confs *c, struct conf *conf)
{
	struct conf **v = realloc((void *)c->v, (c->n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	c->v = v;
	c->v[c->n++] = conf;
	return 0;
}

/* The first that is about nearly everything, or NULL. */
static const char *first_wide(
	const char *const *patterns, size_t n, bool (*is_wide)(const char *text))
{
	for (size_t i = 0; i < n; i++)
		if (is_wide(patterns[i]))
			return patterns[i];
	return NULL;
}

/* All beneath /srv or /home, whoever asks: that can be meant, and is no small thing. */
static void check_tree(struct rule_context *ctx, const struct rule *rule)
{
	const uint32_t state_secret = 1U << LEVEL_CONFIDENTIAL | 1U << LEVEL_SECRET |
		1U << LEVEL_TOP_SECRET;
	const char *tree = first_wide(rule->paths, rule->def.n_paths, pattern_is_tree);

	if (!tree || rule->def.n_destinations > 0 || (rule->def.when & POLICY_WHEN_TAG) ||
		((rule->def.when & POLICY_WHEN_LEVEL) && !(rule->def.levels & state_secret)))
		return;
	diag_hint(diags_warning(ctx->diags, P_WIDE, conf_file(ctx->conf), rule->node->line,
			  rule->node->col,
			  "the exception lets state secrets of everybody pass in all of `%.80s`",
			  tree),
		"name a folder in it, or a user or group");
}

/* What makes an exception narrow: a document, a person, or a peer; never a whole application. */
static void check_narrow(struct rule_context *ctx, const struct rule *rule)
{
	const struct policy_rule_def *d = &rule->def;
	const char *path = first_wide(rule->paths, d->n_paths, pattern_is_wide);
	const char *peer = first_wide(rule->destinations, d->n_destinations, pattern_is_any);
	const char *wide = path ? path : peer;
	struct diag *e;

	if (d->when & (POLICY_WHEN_USER | POLICY_WHEN_GROUP))
		return;
	check_tree(ctx, rule);
	if (((d->when & POLICY_WHEN_PATH) && !path) ||
		((d->when & POLICY_WHEN_DESTINATION) && !peer) ||
		((d->when & POLICY_WHEN_TAG) && d->tags != TAGS_ALL))
		return;
	e = wide ? conf_error(ctx->conf, rule->node, P_WIDE, ctx->diags,
			   "the exception is not narrow: `%.80s` is about all documents and people",
			   wide)
		 : conf_error(ctx->conf, rule->node, P_WIDE, ctx->diags,
			   "the exception is not narrow: it is about all documents and people");
	diag_hint(e, "name a path, user, group, destination or tag; for the rest, write a rule");
}

static int read_exception(struct reading *g, const struct conf_node *n)
{
	struct rule_context *ctx = g->ctx;
	struct rule *rule;
	int r;

	if (g->rules->n == POLICYFILE_EXCEPTIONS_MAX) {
		(void)conf_error(ctx->conf, n, P_LIMIT, ctx->diags, "more than %u exceptions",
			POLICYFILE_EXCEPTIONS_MAX);
		return 0;
	}
	r = rules_add(g->rules, &rule);
	if (r == 0)
		r = rule_read(ctx, n, rule);
	if (r == 0)
		check_narrow(ctx, rule);
	return r;
}

static int read_file(void *userdata, const char *path)
{
	struct reading *g = userdata;
	struct rule_context *ctx = g->ctx;
	const struct conf *policy = ctx->conf;
	cleanup_with(conf_freep) struct conf *c = NULL;
	const struct conf_node *list;
	int r = include_load(path, keywords_exceptions, ctx->diags, &c);

	if (r < 0 || !c)
		return r;
	r = keep(g->confs, c);
	if (r < 0)
		return r;
	ctx->conf = steal(&c);
	list = conf_get(conf_root(ctx->conf), "exceptions");
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = read_exception(g, list->items[i]);
	ctx->conf = policy;
	return r;
}

int exceptions_load(struct rule_context *ctx, struct rules *rules, struct confs *confs)
{
	struct reading g = {ctx, rules, confs};
	struct includes inc = {.policy = ctx->conf,
		.diags = ctx->diags,
		.what = "exceptions",
		.may_be_empty = true,
		.max_files = POLICYFILE_EXCEPTION_FILES_MAX,
		.file = read_file,
		.userdata = &g};
	const struct conf_node *list = conf_get(conf_root(ctx->conf), "exceptions");
	int r;

	if (!list)
		return 0;
	ctx->exceptions = true;
	r = include_each(&inc, list);
	ctx->exceptions = false;
	return r;
}
