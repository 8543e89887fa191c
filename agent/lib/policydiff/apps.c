/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications are recognised otherwise. */
#include <string.h>

#include "policydiff/internal.h"

static bool app_has(const struct apptable *t, uint32_t app, enum app_pattern kind, const char *text)
{
	const char *pattern;
	uint32_t owner;

	for (uint32_t i = 0; apptable_pattern(t, kind, i, &owner, &pattern); i++)
		if (owner == app && strcmp(pattern, text) == 0)
			return true;
	return false;
}

/* Whether all patterns of `app` in `a` are those of `other` in `b`. */
static bool app_covers(
	const struct apptable *a, uint32_t app, const struct apptable *b, uint32_t other)
{
	const char *pattern;
	uint32_t owner;

	for (unsigned kind = 0; kind < APP_PATTERN_MAX; kind++)
		for (uint32_t i = 0;
			apptable_pattern(a, (enum app_pattern)kind, i, &owner, &pattern); i++)
			if (owner == app && !app_has(b, other, (enum app_pattern)kind, pattern))
				return false;
	return true;
}

enum policydiff_app_change policydiff_app(const struct policydiff *d, size_t value)
{
	const struct policydiff_value *v = &d->dims[POLICYDIFF_APP].v[value];
	const struct apptable *a = d->side[0].apps, *b = d->side[1].apps;

	if (v->app[0] == APP_NONE && v->app[1] == APP_NONE)
		return POLICYDIFF_APP_SAME;
	if (v->app[0] == APP_NONE)
		return POLICYDIFF_APP_ADDED;
	if (v->app[1] == APP_NONE)
		return POLICYDIFF_APP_REMOVED;
	if (!app_covers(a, v->app[0], b, v->app[1]))
		return POLICYDIFF_APP_LESS;
	return app_covers(b, v->app[1], a, v->app[0]) ? POLICYDIFF_APP_SAME : POLICYDIFF_APP_MORE;
}

bool apps_differ(const struct policydiff *d)
{
	for (size_t i = 0; i < d->dims[POLICYDIFF_APP].n; i++)
		if (policydiff_app(d, i) != POLICYDIFF_APP_SAME)
			return true;
	return false;
}
