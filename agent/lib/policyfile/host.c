/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule asks for that this host has not got. For `check`: the agent compiles without it. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* A category none of whose applications is here: the rule waits for one to be installed. */
static void check_category(
	struct rule_context *ctx, const struct conf_node *n, const struct rule *r)
{
	uint32_t wanted = r->def.categories;

	/* Programs that no application claims are of this one. */
	if (wanted & 1U << CATEGORY_OTHER)
		return;
	for (uint32_t app = 0; app < apptable_n(ctx->apps); app++)
		if ((wanted >> apptable_category(ctx->apps, app) & 1) &&
			policyfile_app_installed(ctx->apps, app))
			return;
	say(ctx, n, false, "no application of the category is installed on this host");
}

static void check_channel(struct rule_context *ctx, const struct conf_node *n, const struct rule *r)
{
	static const struct {
		uint32_t channels;
		enum policyfile_part part;
	} needs[] = {
		{1U << CHANNEL_OPEN | 1U << CHANNEL_EXEC | 1U << CHANNEL_RECEIVE,
			POLICYFILE_PART_GATE},
		{1U << CHANNEL_AT_REST, POLICYFILE_PART_CRAWL},
	};
	uint32_t asked = CHANNELS_ASKED;
	char text[300];

	if (r->def.channels & ~CHANNELS_ASKED) {
		say(ctx, n, !(r->def.channels & CHANNELS_ASKED),
			"nothing on this host asks about one of its channels (known here: open, "
			"exec, receive, at-rest)");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const char *why = ctx->host->lacks[needs[i].part];

		if (!why || !(r->def.channels & needs[i].channels))
			continue;
		asked &= ~needs[i].channels;
		snprintf(text, sizeof(text), "one of its channels is never asked about: %.200s",
			why);
		say(ctx, n, !(r->def.channels & asked), text);
	}
}

static void check_tag(struct rule_context *ctx, const struct conf_node *n, const struct rule *r)
{
	const char *why = ctx->host->lacks[POLICYFILE_PART_STAMPS];
	char text[300];

#ifndef SEALGATE_OCR
	why = "the agent is built without their reader";
#endif
	if (!why || !(r->def.tags & TAG_BIT(TAG_UNREADABLE_STAMP)))
		return;
	snprintf(text, sizeof(text), "stamps in pictures are not read: %.200s", why);
	say(ctx, n, r->def.tags == TAG_BIT(TAG_UNREADABLE_STAMP), text);
}

/* The folders before the first wildcard, without the last slash. */
static size_t fixed_part(const char *pattern)
{
	size_t n = strcspn(pattern, "*?");

	while (n > 0 && pattern[n - 1] != '/')
		n--;
	return n > 0 ? n - 1 : 0;
}

static bool is_beneath(const char *path, size_t n, const char *folder)
{
	size_t m = strlen(folder);

	while (m > 0 && folder[m - 1] == '/')
		m--;
	return n >= m && strncmp(path, folder, m) == 0 && (n == m || path[m] == '/');
}

static bool may_be_in(const char *pattern, const char *place)
{
	char fixed[PATH_MAX];
	size_t n = glob_is_literal(pattern) ? strlen(pattern) : fixed_part(pattern);

	if (is_beneath(pattern, n, place))
		return true;
	if (glob_is_literal(pattern) || n >= sizeof(fixed))
		return false;
	memcpy(fixed, pattern, n);
	fixed[n] = 0;
	return is_beneath(place, strlen(place), fixed);
}

static bool is_judged(const struct policyfile_host *h, const char *pattern)
{
	bool found = h->n_places == 0;

	for (size_t i = 0; !found && i < h->n_places; i++) {
		cleanup_with(freep) char *real = realpath(h->places[i], NULL);

		found = may_be_in(pattern, real ? real : h->places[i]);
	}
	return found;
}

/* Where a link is among the pattern's folders: the kernel names documents by where they are. */
static bool leads_by_link(const char *pattern, char *ret, size_t size)
{
	size_t n = fixed_part(pattern);

	for (; n > 0; n--) {
		cleanup_with(freep) char *folder = NULL, *real = NULL;

		if (pattern[n] != '/' && pattern[n] != 0)
			continue;
		folder = strndup(pattern, n);
		real = folder ? realpath(folder, NULL) : NULL;
		if (!real)
			continue; /* not there, or not to be seen */
		if (strcmp(real, folder) == 0)
			return false;
		snprintf(ret, size, "%s%s", real, pattern + n);
		return true;
	}
	return false;
}

static bool is_folder(const char *pattern)
{
	struct stat st;

	return glob_is_literal(pattern) && stat(pattern, &st) == 0 && S_ISDIR(st.st_mode);
}

static void check_paths(struct rule_context *ctx, const struct conf_node *n, const struct rule *r)
{
	const struct conf_node *const *items;
	size_t count, idle = 0;
	char real[PATH_MAX + POLICYFILE_GLOB_MAX];

	/* There it is the program's. */
	if ((r->def.when & POLICY_WHEN_CHANNEL) && (r->def.channels & 1U << CHANNEL_EXEC))
		return;
	items = keyword_items(&n, &count);
	for (size_t i = 0; i < count; i++) {
		const struct conf_node *item = items[i];

		if (item->type != CONF_SCALAR || item->text[0] != '/')
			continue;
		if (leads_by_link(item->text, real, sizeof(real)))
			diag_hint(diags_warning(ctx->diags, P_NOTHING_HERE, conf_file(ctx->conf),
					  item->line, item->col,
					  "a folder of `%.200s` is a link, and documents are known "
					  "by where they are",
					  item->text),
				"write `%.150s`", real);
		else if (!is_judged(ctx->host, item->text))
			say(ctx, item, false,
				"no document there is judged: it is outside of `protect` and "
				"`watch` in agent.yaml");
		else if (is_folder(item->text))
			diag_hint(
				diags_warning(ctx->diags, P_NOTHING_HERE, conf_file(ctx->conf),
					item->line, item->col, "`%.200s` is a folder", item->text),
				"for all beneath it write `%.150s/**`", item->text);
		else
			continue;
		idle++;
	}
	if (idle > 0 && idle == r->def.n_paths)
		say(ctx, n, true, "no document is judged there");
}

static void check_evidence(struct rule_context *ctx, const struct rule *r)
{
	const struct conf_node *n = conf_get(r->node, "evidence");
	const char *why = ctx->host->lacks[POLICYFILE_PART_EVIDENCE];

	if (n && why)
		diag_hint(diags_warning(ctx->diags, P_NO_KEY, conf_file(ctx->conf), n->line, n->col,
				  "no copies are kept on this host: %.200s", why),
			"name the reviewers' certificate in agent.yaml: `evidence: {certificate: "
			"FILE}`");
}

void host_check(struct rule_context *ctx, const struct rule *r)
{
	const struct conf_node *when = conf_get(r->node, "when");
	const struct conf_node *destination = conf_get(when, "destination");
	static const struct {
		const char *key;
		void (*check)(
			struct rule_context *ctx, const struct conf_node *n, const struct rule *r);
	} checks[] = {
		{"app", check_apps},
		{"category", check_category},
		{"channel", check_channel},
		{"tag", check_tag},
		{"path", check_paths},
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (conf_get(when, checks[i].key))
			checks[i].check(ctx, conf_get(when, checks[i].key), r);
	check_evidence(ctx, r);
	if (destination)
		say(ctx, destination, true, "none of the channels here knows a destination");
}

void host_check_policy(struct rule_context *ctx, const struct conf_node *rules)
{
	const char *why = ctx->host->lacks[POLICYFILE_PART_GATE];
	char text[300];

	if (!why)
		return;
	snprintf(text, sizeof(text), "nothing is ever refused on this host: %.200s", why);
	say(ctx, rules, false, text);
}
