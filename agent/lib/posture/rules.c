/* SPDX-License-Identifier: Apache-2.0 */
#include "posture/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/posture.h"
#include "posture/version.h"

#define FIELDS_MAX 6

static const char *const origins[] = {"none", "deb", "rpm", "snap", "flatpak"};

_Static_assert(ARRAY_SIZE(origins) == POSTURE_ORIGIN_MAX, "one name per origin");

const char *posture_origin_name(enum posture_origin o)
{
	return (unsigned)o < POSTURE_ORIGIN_MAX ? origins[o] : "?";
}

int posture_rules_put_origin(struct buf *b, enum posture_origin o, const char *remote)
{
	return buf_printf(b, "origin\t%s\t%s\n", posture_origin_name(o), remote);
}

int posture_rules_put_path(struct buf *b, const char *pattern)
{
	return buf_printf(b, "path\t%s\n", pattern);
}

int posture_rules_put_minimum(struct buf *b, const char *app, const char *version)
{
	return buf_printf(b, "minimum\t%s\t%s\n", app, version);
}

int posture_rules_put_advisory(struct buf *b, const char *app, const char *id, const char *fixed,
	const char *since, const char *text)
{
	return buf_printf(b, "advisory\t%s\t%s\t%s\t%s\t%s\n", app, id, fixed, since, text);
}

/* The fields of a line, which end with NUL afterwards. */
static size_t split(char *line, const char *fields[FIELDS_MAX])
{
	size_t n = 0;

	while (line && n < FIELDS_MAX) {
		char *tab = strchr(line, '\t');

		if (tab)
			*tab++ = 0;
		fields[n++] = line;
		line = tab;
	}
	return line ? 0 : n;
}

static int take_origin(struct posture_rules *r, const char *name, const char *remote)
{
	for (unsigned i = 0; i < POSTURE_ORIGIN_MAX; i++)
		if (strcmp(name, origins[i]) == 0) {
			if (*remote)
				r->remotes[r->n_remotes++] = remote;
			else
				r->origins |= 1U << i;
			return 0;
		}
	return -EBADMSG;
}

static int take_line(struct posture_rules *r, char *line)
{
	const char *f[FIELDS_MAX];
	size_t n = split(line, f);

	if (n == 3 && strcmp(f[0], "origin") == 0)
		return take_origin(r, f[1], f[2]);
	if (n == 2 && strcmp(f[0], "path") == 0)
		r->paths[r->n_paths++] = f[1];
	else if (n == 3 && strcmp(f[0], "minimum") == 0)
		r->minimums[r->n_minimums++] = (struct posture_rule){.app = f[1], .fixed = f[2]};
	else if (n == 6 && strcmp(f[0], "advisory") == 0)
		r->advisories[r->n_advisories++] = (struct posture_rule){
			.app = f[1], .id = f[2], .fixed = f[3], .since = f[4], .text = f[5]};
	else
		return -EBADMSG;
	return 0;
}

int posture_rules_read(struct view text, struct posture_rules *ret)
{
	struct posture_rules r = {.text = BUF_INIT(POSTURE_RULES_MAX + 1)};
	size_t lines = 1;
	int e = 0;

	if (text.n > POSTURE_RULES_MAX || (text.n > 0 && memchr(text.p, 0, text.n)) ||
		(text.n > 0 && text.p[text.n - 1] != '\n'))
		return -EBADMSG;
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	r.remotes = calloc(lines, sizeof(*r.remotes));
	r.paths = calloc(lines, sizeof(*r.paths));
	r.minimums = calloc(lines, sizeof(*r.minimums));
	r.advisories = calloc(lines, sizeof(*r.advisories));
	if (!r.remotes || !r.paths || !r.minimums || !r.advisories)
		e = -ENOMEM;
	if (e == 0)
		e = buf_put_view(&r.text, text);
	if (e == 0)
		e = buf_terminate(&r.text);
	for (char *line = e == 0 ? (char *)r.text.p : NULL; e == 0 && line && *line;) {
		char *end = strchr(line, '\n');

		*end = 0;
		e = take_line(&r, line);
		line = end + 1;
	}
	if (e < 0) {
		posture_rules_done(&r);
		return e;
	}
	*ret = r;
	return 0;
}

void posture_rules_done(struct posture_rules *r)
{
	free((void *)r->remotes);
	free((void *)r->paths);
	free(r->minimums);
	free(r->advisories);
	buf_done(&r->text);
	*r = (struct posture_rules){0};
}

/* What a policy says is about the program; the revision of its package is the distribution's, who
   mends old versions. So a bound without a revision is compared without one. */
static int compare(const char *version, const char *bound, enum posture_origin origin)
{
	char upstream[256];
	const char *dash = strrchr(version, '-'), *colon = strchr(version, ':');

	if (colon && !strchr(bound, ':')) {
		version = colon + 1;
		dash = strrchr(version, '-');
	}
	if (dash && !strchr(bound, '-') && (size_t)(dash - version) < sizeof(upstream)) {
		memcpy(upstream, version, (size_t)(dash - version));
		upstream[dash - version] = 0;
		version = upstream;
	}
	return origin == POSTURE_ORIGIN_RPM ? version_compare_rpm(version, bound)
					    : version_compare(version, bound);
}

uint32_t posture_rules_judge(const struct posture_rules *r, const char *app, const char *version,
	enum posture_origin origin, char *ret_ids, size_t size)
{
	uint32_t bits = 0;
	size_t at = 0;

	if (size > 0)
		ret_ids[0] = 0;
	for (size_t i = 0; i < r->n_minimums; i++)
		if (strcmp(r->minimums[i].app, app) == 0 &&
			compare(version, r->minimums[i].fixed, origin) < 0)
			bits |= POSTURE_BIT(POSTURE_OUTDATED);
	for (size_t i = 0; i < r->n_advisories; i++) {
		const struct posture_rule *a = &r->advisories[i];
		size_t n = strlen(a->id);

		if (strcmp(a->app, app) != 0 || compare(version, a->fixed, origin) >= 0 ||
			(*a->since && compare(version, a->since, origin) < 0))
			continue;
		bits |= POSTURE_BIT(POSTURE_ADVISORY);
		if (at + n + 2 > size)
			continue;
		if (at > 0)
			ret_ids[at++] = ' ';
		memcpy(ret_ids + at, a->id, n + 1);
		at += n;
	}
	return bits;
}
