/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program belongs to one application: literal paths first, then patterns in their order. Where
 * patterns of two categories meet, one takes programs that the rules about the other are meant for.
 */
#include <string.h>

#include "base/glob.h"
#include "policyfile/compile.h"

#define OVERLAP_PAIRS_MAX 4000000U /* that are compared: it takes a fraction of a second */
#define OVERLAP_TOLD_MAX  8U

/* Is there a name that both components match? `a` and `b` end at a slash or the end. */
static bool names_meet(const char *a, const char *b)
{
	while (*a && *a != '/' && *a != '*' && *b && *b != '/' && *b != '*') {
		if (*a != *b && *a != '?' && *b != '?')
			return false;
		a++;
		b++;
	}
	if (*a != '*' && *b != '*')
		return (!*a || *a == '/') && (!*b || *b == '/');
	/* What is before a `*` met; what is behind the last one must. */
	const char *end_a = a + strcspn(a, "/"), *end_b = b + strcspn(b, "/");

	for (; end_a > a && end_b > b && end_a[-1] != '*' && end_b[-1] != '*'; end_a--, end_b--)
		if (end_a[-1] != end_b[-1] && end_a[-1] != '?' && end_b[-1] != '?')
			return false;
	/* Without a `*` of its own the other one has to fill what is left; that is taken for so. */
	return true;
}

static bool patterns_meet(const char *a, const char *b)
{
	for (;;) {
		if (!names_meet(a, b))
			return false;
		a += strcspn(a, "/");
		b += strcspn(b, "/");
		if (!*a || !*b)
			return !*a && !*b;
		a++;
		b++;
	}
}

struct pattern {
	const char *text;
	uint32_t app;
};

static bool get(const struct apptable *t, uint32_t i, struct pattern *ret)
{
	return apptable_pattern(t, APP_PATTERN_EXE, i, &ret->app, &ret->text);
}

void overlap_check(const struct apptable *t, struct rule_context *ctx)
{
	const struct conf_node *root = conf_root(ctx->conf), *apps = conf_get(root, "apps");
	const struct conf_node *at = apps ? apps : root;
	uint32_t first = 0, told = 0, pairs = 0;
	struct pattern a, b;

	/* Literal ones come first. */
	while (get(t, first, &a) && !strpbrk(a.text, "*?"))
		first++;
	for (uint32_t i = first; told < OVERLAP_TOLD_MAX && get(t, i, &a); i++) {
		pairs += i;
		if (pairs > OVERLAP_PAIRS_MAX) {
			(void)diags_warning(ctx->diags, P_OVERLAP, conf_file(ctx->conf), at->line,
				at->col,
				"there are too many patterns of programs to compare them all");
			return;
		}
		for (uint32_t k = 0; k < i && get(t, k, &b); k++) {
			if (apptable_category(t, a.app) == apptable_category(t, b.app) ||
				!(k < first ? glob_match(a.text, b.text, false)
					    : patterns_meet(a.text, b.text)))
				continue;
			(void)diags_warning(ctx->diags, P_OVERLAP, conf_file(ctx->conf), at->line,
				at->col,
				"`%.80s` of `%s` (%s) and `%.80s` of `%s` (%s) are about the same "
				"programs: they belong to `%s`",
				b.text, apptable_id(t, b.app),
				category_name(apptable_category(t, b.app)), a.text,
				apptable_id(t, a.app), category_name(apptable_category(t, a.app)),
				apptable_id(t, b.app));
			told++;
			break;
		}
	}
}
