/* SPDX-License-Identifier: Apache-2.0 */
#include "gaps.h"

#include <stdio.h>
#include <string.h>

void gaps_begin(struct gaps *g)
{
	g->last = g->now;
	memset(&g->now, 0, sizeof(g->now));
	g->walking = true;
}

void gaps_commit(struct gaps *g)
{
	g->walking = false;
}

void gaps_add(struct gaps *g, const char *root, const char *path, int error)
{
	bool top = strcmp(path, ".") == 0;
	char text[512];

	snprintf(text, sizeof(text), "%s%s%s (%s)", root,
		top || root[strlen(root) - 1] == '/' ? "" : "/", top ? "" : path, strerror(error));
	for (uint32_t i = 0; i < MIN(g->now.n, GAPS_EXAMPLES); i++)
		if (strcmp(g->now.examples[i], text) == 0)
			return;
	if (g->now.n < GAPS_EXAMPLES)
		snprintf(g->now.examples[g->now.n], sizeof(text), "%s", text);
	g->now.n++;
}

void gaps_unwatched(struct gaps *g)
{
	g->now.unwatched++;
}

void gaps_too_deep(struct gaps *g)
{
	g->now.too_deep++;
}

void gaps_mount(struct gaps *g)
{
	g->now.mounts++;
}

uint32_t gaps_unreadable(const struct gaps *g)
{
	return g->walking ? MAX(g->last.n, g->now.n) : g->now.n;
}

bool gaps_has_unwatched(const struct gaps *g)
{
	return g->now.unwatched > 0;
}

static int part(struct buf *ret, const char *text)
{
	int r = ret->n > 0 ? buf_put_str(ret, "; ") : 0;

	return r < 0 ? r : buf_put_str(ret, text);
}

int gaps_note(const struct gaps *g, struct buf *ret)
{
	const struct gaps_account *a = g->walking && g->last.n > g->now.n ? &g->last : &g->now;
	uint32_t unwatched = g->walking ? MAX(g->last.unwatched, a->unwatched) : a->unwatched;
	char text[600];
	int r = 0;

	if (unwatched > 0) {
		snprintf(text, sizeof(text),
			"%u directories without a watch, walked again every 10 min "
			"(raise fs.inotify.max_user_watches)",
			unwatched);
		r = part(ret, text);
	}
	for (uint32_t i = 0; i < MIN(a->n, GAPS_EXAMPLES) && r == 0; i++) {
		snprintf(text, sizeof(text), "not read: %s", a->examples[i]);
		r = part(ret, text);
	}
	if (r == 0 && a->n > GAPS_EXAMPLES) {
		snprintf(text, sizeof(text), "and %u more not read", a->n - GAPS_EXAMPLES);
		r = part(ret, text);
	}
	if (r == 0 && a->too_deep > 0) {
		snprintf(text, sizeof(text), "%u names too deep or too long", a->too_deep);
		r = part(ret, text);
	}
	if (r == 0 && a->mounts > 0) {
		snprintf(text, sizeof(text), "%u file systems below not entered", a->mounts);
		r = part(ret, text);
	}
	return r;
}
