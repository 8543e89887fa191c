/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the table. Everything is checked once in apptable_open(), nothing later. */
#include "subject/apptable.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/glob.h"
#include "subject/apptable_format.h"

struct apptable {
	const struct apptable_app *apps;
	uint32_t n_apps;
	const struct apptable_pattern *group[APPTABLE_GROUP_MAX];
	uint32_t n_group[APPTABLE_GROUP_MAX];
	const char *strings;
	uint32_t n_strings;
};

/* Takes `n` records of `size` bytes from the front of `v`. */
static bool take(struct view *v, uint32_t n, size_t size, const void **ret)
{
	uint64_t bytes;

	if (!checked_mul((uint64_t)n, (uint64_t)size, &bytes) || bytes > v->n)
		return false;
	*ret = v->p;
	*v = view_of(v->p + bytes, v->n - (size_t)bytes);
	return true;
}

static bool string_fits(const struct apptable *t, uint32_t off, uint32_t max)
{
	size_t n;

	if (off >= t->n_strings)
		return false;
	n = strnlen(t->strings + off, t->n_strings - off);
	return n < t->n_strings - off && n > 0 && n < max;
}

static bool patterns_are_valid(const struct apptable *t, enum apptable_group g)
{
	const struct apptable_pattern *p = t->group[g];

	for (uint32_t i = 0; i < t->n_group[g]; i++) {
		if (p[i].app >= t->n_apps || !string_fits(t, p[i].text, APPTABLE_PATTERN_MAX))
			return false;
		/* The search by halves below depends on it. */
		if (g != APPTABLE_EXE_GLOB && i > 0 &&
			strcmp(t->strings + p[i - 1].text, t->strings + p[i].text) > 0)
			return false;
	}
	return true;
}

static bool apps_are_valid(const struct apptable *t)
{
	for (uint32_t i = 0; i < t->n_apps; i++)
		if (!string_fits(t, t->apps[i].id, APPTABLE_ID_MAX) ||
			!string_fits(t, t->apps[i].name, APPTABLE_NAME_MAX) ||
			t->apps[i].category >= CATEGORY_MAX)
			return false;
	return true;
}

static bool parse(struct apptable *t, struct view blob)
{
	const struct apptable_header *h;
	struct view rest = blob;
	const void *p;
	uint32_t total = 0;

	if ((uintptr_t)blob.p % _Alignof(struct apptable_header) != 0 ||
		!take(&rest, 1, sizeof(*h), &p))
		return false;
	h = p;
	if (h->magic != APPTABLE_MAGIC || h->format != APPTABLE_FORMAT || h->size != blob.n ||
		h->n_apps > APPTABLE_APPS_MAX)
		return false;
	if (!take(&rest, h->n_apps, sizeof(struct apptable_app), &p))
		return false;
	t->apps = p;
	t->n_apps = h->n_apps;
	for (unsigned g = 0; g < APPTABLE_GROUP_MAX; g++) {
		if (!checked_add(total, h->group[g], &total) || total > APPTABLE_PATTERNS_MAX ||
			!take(&rest, h->group[g], sizeof(struct apptable_pattern), &p))
			return false;
		t->group[g] = p;
		t->n_group[g] = h->group[g];
	}
	if (h->n_strings != rest.n)
		return false;
	t->strings = (const char *)rest.p;
	t->n_strings = h->n_strings;
	if (!apps_are_valid(t))
		return false;
	for (unsigned g = 0; g < APPTABLE_GROUP_MAX; g++)
		if (!patterns_are_valid(t, (enum apptable_group)g))
			return false;
	return true;
}

int apptable_open(struct view blob, struct apptable **ret)
{
	struct apptable *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	if (!parse(t, blob)) {
		free(t);
		return -EBADMSG;
	}
	*ret = t;
	return 0;
}

struct apptable *apptable_close(struct apptable *t)
{
	free(t);
	return NULL;
}

uint32_t apptable_n(const struct apptable *t)
{
	return t->n_apps;
}

const char *apptable_id(const struct apptable *t, uint32_t app)
{
	return app < t->n_apps ? t->strings + t->apps[app].id : "";
}

const char *apptable_name(const struct apptable *t, uint32_t app)
{
	return app < t->n_apps ? t->strings + t->apps[app].name : "";
}

enum category apptable_category(const struct apptable *t, uint32_t app)
{
	return app < t->n_apps ? (enum category)t->apps[app].category : CATEGORY_OTHER;
}

uint32_t apptable_find(const struct apptable *t, const char *id)
{
	for (uint32_t i = 0; i < t->n_apps; i++)
		if (strcmp(t->strings + t->apps[i].id, id) == 0)
			return i;
	return APP_NONE;
}

/* The first of equal texts: the builder sorts equal ones by application. */
static uint32_t match_literal(const struct apptable *t, enum apptable_group g, const char *text)
{
	const struct apptable_pattern *p = t->group[g];
	uint32_t low = 0, high = t->n_group[g];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(t->strings + p[middle].text, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < t->n_group[g] && strcmp(t->strings + p[low].text, text) == 0)
		return p[low].app;
	return APP_NONE;
}

uint32_t apptable_match_exe(const struct apptable *t, const char *path)
{
	const struct apptable_pattern *p = t->group[APPTABLE_EXE_GLOB];
	uint32_t app = match_literal(t, APPTABLE_EXE_LITERAL, path);

	for (uint32_t i = 0; app == APP_NONE && i < t->n_group[APPTABLE_EXE_GLOB]; i++)
		if (glob_match(t->strings + p[i].text, path, false))
			app = p[i].app;
	return app;
}

uint32_t apptable_match_flatpak(const struct apptable *t, const char *id)
{
	return match_literal(t, APPTABLE_FLATPAK, id);
}

uint32_t apptable_match_snap(const struct apptable *t, const char *name)
{
	return match_literal(t, APPTABLE_SNAP, name);
}

bool apptable_pattern(const struct apptable *t, enum app_pattern kind, uint32_t i,
	uint32_t *ret_app, const char **ret_pattern)
{
	static const enum apptable_group first[APP_PATTERN_MAX] = {
		[APP_PATTERN_EXE] = APPTABLE_EXE_LITERAL,
		[APP_PATTERN_FLATPAK] = APPTABLE_FLATPAK,
		[APP_PATTERN_SNAP] = APPTABLE_SNAP,
		[APP_PATTERN_PACKAGE] = APPTABLE_PACKAGE,
	};
	enum apptable_group g;

	if ((unsigned)kind >= APP_PATTERN_MAX)
		return false;
	g = first[kind];
	if (kind == APP_PATTERN_EXE && i >= t->n_group[g]) {
		i -= t->n_group[g];
		g = APPTABLE_EXE_GLOB;
	}
	if (i >= t->n_group[g])
		return false;
	*ret_app = t->group[g][i].app;
	*ret_pattern = t->strings + t->group[g][i].text;
	return true;
}
