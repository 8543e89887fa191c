/* SPDX-License-Identifier: Apache-2.0 */
/* Making the table. Used by policyfile and tests, not by the gate. */
#include <errno.h>
#include <string.h>

#include "base/glob.h"
#include "subject/apptable_format.h"

struct built_app {
	char *id, *name;
	enum category category;
};

struct built_pattern {
	enum apptable_group group;
	uint32_t app;
	uint32_t order;
	char *text;
};

struct apptable_builder {
	struct built_app *apps;
	uint32_t n_apps, cap_apps;
	struct built_pattern *patterns;
	uint32_t n_patterns, cap_patterns;
};

int apptable_builder_new(struct apptable_builder **ret)
{
	struct apptable_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	*ret = b;
	return 0;
}

struct apptable_builder *apptable_builder_free(struct apptable_builder *b)
{
	if (!b)
		return NULL;
	for (uint32_t i = 0; i < b->n_apps; i++) {
		free(b->apps[i].id);
		free(b->apps[i].name);
	}
	for (uint32_t i = 0; i < b->n_patterns; i++)
		free(b->patterns[i].text);
	free(b->apps);
	free(b->patterns);
	free(b);
	return NULL;
}

/* Room for one more of `size` bytes; the capacity doubles. */
static int grow(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	void **a = array;
	uint32_t more = *cap ? 2 * *cap : 32;
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*a, more * size);
	if (!p)
		return -ENOMEM;
	*a = p;
	*cap = more;
	return 0;
}

static int check_length(const char *s, uint32_t max)
{
	size_t n = strlen(s);

	if (n == 0)
		return -EINVAL;
	return n < max ? 0 : -E2BIG;
}

int apptable_builder_app(struct apptable_builder *b, const char *id, const char *name,
	enum category category, uint32_t *ret_app)
{
	cleanup_with(freep) char *own_id = NULL, *own_name = NULL;
	int r = check_length(id, APPTABLE_ID_MAX);

	if (r == 0)
		r = check_length(name, APPTABLE_NAME_MAX);
	if (r == 0 && (unsigned)category >= CATEGORY_MAX)
		r = -EINVAL;
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < b->n_apps; i++)
		if (strcmp(b->apps[i].id, id) == 0)
			return -EEXIST;
	if (b->n_apps == APPTABLE_APPS_MAX)
		return -E2BIG;
	r = grow(&b->apps, b->n_apps, &b->cap_apps, sizeof(*b->apps));
	own_id = strdup(id);
	own_name = strdup(name);
	if (r < 0 || !own_id || !own_name)
		return -ENOMEM;
	*ret_app = b->n_apps;
	b->apps[b->n_apps++] = (struct built_app){steal(&own_id), steal(&own_name), category};
	return 0;
}

int apptable_builder_pattern(
	struct apptable_builder *b, uint32_t app, enum app_pattern kind, const char *pattern)
{
	static const enum apptable_group groups[APP_PATTERN_MAX] = {
		[APP_PATTERN_EXE] = APPTABLE_EXE_LITERAL,
		[APP_PATTERN_FLATPAK] = APPTABLE_FLATPAK,
		[APP_PATTERN_SNAP] = APPTABLE_SNAP,
		[APP_PATTERN_PACKAGE] = APPTABLE_PACKAGE,
	};
	enum apptable_group group;
	char *text;
	int r = check_length(pattern, APPTABLE_PATTERN_MAX);

	if (r < 0)
		return r;
	if (app >= b->n_apps || (unsigned)kind >= APP_PATTERN_MAX ||
		(kind == APP_PATTERN_EXE && pattern[0] != '/'))
		return -EINVAL;
	if (b->n_patterns == APPTABLE_PATTERNS_MAX)
		return -E2BIG;
	group = groups[kind];
	if (kind == APP_PATTERN_EXE && !glob_is_literal(pattern))
		group = APPTABLE_EXE_GLOB;
	r = grow(&b->patterns, b->n_patterns, &b->cap_patterns, sizeof(*b->patterns));
	if (r < 0)
		return r;
	text = strdup(pattern);
	if (!text)
		return -ENOMEM;
	b->patterns[b->n_patterns] = (struct built_pattern){group, app, b->n_patterns, text};
	b->n_patterns++;
	return 0;
}

static int compare_patterns(const void *x, const void *y)
{
	const struct built_pattern *a = x, *b = y;
	int c = 0;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->group != APPTABLE_EXE_GLOB)
		c = strcmp(a->text, b->text);
	if (c == 0)
		c = a->app < b->app ? -1 : a->app > b->app;
	if (c == 0)
		c = a->order < b->order ? -1 : a->order > b->order;
	return c;
}

static int put_string(struct buf *strings, const char *s, uint32_t *ret_offset)
{
	*ret_offset = (uint32_t)strings->n;
	return buf_put(strings, s, strlen(s) + 1);
}

static int put_apps(const struct apptable_builder *b, struct buf *out, struct buf *strings)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < b->n_apps; i++) {
		struct apptable_app a = {.category = b->apps[i].category};

		r = put_string(strings, b->apps[i].id, &a.id);
		if (r == 0)
			r = put_string(strings, b->apps[i].name, &a.name);
		if (r == 0)
			r = buf_put(out, &a, sizeof(a));
	}
	return r;
}

static int put_patterns(const struct apptable_builder *b, struct buf *out, struct buf *strings)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < b->n_patterns; i++) {
		struct apptable_pattern p = {.app = b->patterns[i].app};

		r = put_string(strings, b->patterns[i].text, &p.text);
		if (r == 0)
			r = buf_put(out, &p, sizeof(p));
	}
	return r;
}

int apptable_builder_finish(struct apptable_builder *b, struct buf *ret_blob)
{
	struct apptable_header h = {
		.magic = APPTABLE_MAGIC, .format = APPTABLE_FORMAT, .n_apps = b->n_apps};
	cleanup_with(buf_done) struct buf out = {0}, strings = {0};
	int r;

	if (b->n_patterns > 0)
		qsort(b->patterns, b->n_patterns, sizeof(*b->patterns), compare_patterns);
	for (uint32_t i = 0; i < b->n_patterns; i++)
		h.group[b->patterns[i].group]++;
	r = put_apps(b, &out, &strings);
	if (r == 0)
		r = put_patterns(b, &out, &strings);
	if (r < 0)
		return r;
	h.n_strings = (uint32_t)strings.n;
	h.size = (uint32_t)(sizeof(h) + out.n + strings.n);
	r = buf_reserve(ret_blob, h.size);
	if (r < 0)
		return r;
	r = buf_put(ret_blob, &h, sizeof(h));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&out));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&strings));
	return r;
}
