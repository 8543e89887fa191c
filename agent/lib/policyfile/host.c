/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule asks for that this host has not got. For `check`: the agent compiles without it. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/glob.h"
#include "policyfile/compile.h"

/* Those that some part of the agent asks the policy about. */
#define CHANNELS_ASKED \
	(1U << CHANNEL_OPEN | 1U << CHANNEL_EXEC | 1U << CHANNEL_RECEIVE | 1U << CHANNEL_AT_REST)

static bool matches_file(const char *pattern)
{
	glob_t g = {0};
	bool found = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;

	globfree(&g);
	return found;
}

/* The folders and files that the package managers keep for a name. */
static bool is_known_to(enum app_pattern kind, const char *name)
{
	static const char *const places[APP_PATTERN_MAX][3] = {
		[APP_PATTERN_FLATPAK] = {"/var/lib/flatpak/app/%s",
			"/home/*/.local/share/flatpak/app/%s"},
		[APP_PATTERN_SNAP] = {"/snap/%s", "/var/lib/snapd/snap/%s"},
		[APP_PATTERN_PACKAGE] = {"/var/lib/dpkg/info/%s.list",
			"/var/lib/dpkg/info/%s:*.list"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(places[kind]) && places[kind][i]; i++) {
		const char *mark = strstr(places[kind][i], "%s");
		char path[512];
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)(mark - places[kind][i]),
			places[kind][i], name, mark + 2);

		if (n > 0 && (size_t)n < sizeof(path) && matches_file(path))
			return true;
	}
	return false;
}

bool policyfile_app_installed(const struct apptable *t, uint32_t app)
{
	const char *text;
	uint32_t owner;

	for (unsigned kind = 0; kind < APP_PATTERN_MAX; kind++)
		for (uint32_t i = 0; apptable_pattern(t, (enum app_pattern)kind, i, &owner, &text);
			i++) {
			if (owner != app)
				continue;
			if (kind != APP_PATTERN_EXE ? is_known_to((enum app_pattern)kind, text)
					: glob_is_literal(text) ? access(text, F_OK) == 0
								: matches_file(text))
				return true;
		}
	return false;
}

static void say(struct rule_context *ctx, const struct conf_node *n, bool idle, const char *what)
{
	(void)diags_warning(ctx->diags, idle ? P_IDLE : P_NOTHING_HERE, conf_file(ctx->conf),
		n->line, n->col, "%s%s", idle ? "the rule can do nothing on this host: " : "",
		what);
	ctx->n_idle += idle;
}

static void check_apps(struct rule_context *ctx, const struct conf_node *n, const struct rule *r)
{
	const struct conf_node *const *items;
	size_t count, absent = 0;
	char text[160];

	for (size_t i = 0; i < r->def.n_apps; i++)
		absent += !policyfile_app_installed(ctx->apps, r->apps[i]);
	if (absent == r->def.n_apps && absent > 0) {
		say(ctx, n, true, "none of its applications is installed");
		return;
	}
	items = keyword_items(&n, &count);
	for (size_t i = 0; absent > 0 && i < count; i++) {
		uint32_t app = items[i]->type == CONF_SCALAR
			? apptable_find(ctx->apps, items[i]->text)
			: APP_NONE;

		if (app == APP_NONE || policyfile_app_installed(ctx->apps, app))
			continue;
		snprintf(text, sizeof(text), "application `%.80s` is not installed on this host",
			items[i]->text);
		say(ctx, items[i], false, text);
	}
}

void host_check(struct rule_context *ctx, const struct rule *r)
{
	const struct conf_node *when = conf_get(r->node, "when");
	const struct conf_node *app = conf_get(when, "app"), *tag = conf_get(when, "tag");
	const struct conf_node *channel = conf_get(when, "channel");
	const struct conf_node *destination = conf_get(when, "destination");

	if (app)
		check_apps(ctx, app, r);
	if (channel && (r->def.channels & ~CHANNELS_ASKED))
		say(ctx, channel, !(r->def.channels & CHANNELS_ASKED),
			"nothing on this host asks about one of its channels (known here: open, "
			"exec, receive, at-rest)");
	if (destination)
		say(ctx, destination, true, "none of the channels here knows a destination");
#ifndef SEALGATE_OCR
	if (tag && (r->def.tags & TAG_BIT(TAG_UNREADABLE_STAMP)))
		say(ctx, tag, r->def.tags == TAG_BIT(TAG_UNREADABLE_STAMP),
			"stamps in pictures are not read: the agent is built without their reader");
#else
	(void)tag;
#endif
}
