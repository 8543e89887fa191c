/* SPDX-License-Identifier: Apache-2.0 */
#include "policyfile/keywords.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "model/action.h"
#include "model/completeness.h"
#include "model/failure.h"
#include "model/level.h"
#include "model/posture.h"
#include "model/tag.h"
#include "policyfile/compile.h"
#include "policyfile/policyfile.h"

#define KEYWORDS_MAX 24 /* in one table */

const char *const keyword_families[] = {"state-secret", "internal", "any", NULL};

/* A rule cannot enforce where the policy does not. */
static const char *const rule_modes[] = {"monitor", NULL};
static const char *const rule_evidence[] = {"copy", NULL};
static const char *const exception_actions[] = {"allow", "log", "notify", NULL};

static const struct keyword keywords_when[] = {
	{"level", KEYWORD_WORDS, false, level_names, NULL, "Level of the document."},
	{"family", KEYWORD_WORDS, false, keyword_families, NULL,
		"Group of levels: state-secret (confidential and higher), internal, any (every "
		"level "
		"but none)."},
	{"tag", KEYWORD_WORDS, false, tag_names, NULL, "A second finding besides the level."},
	{"completeness", KEYWORD_WORDS, false, completeness_names, NULL,
		"How much of the document was read."},
	{"reason", KEYWORD_WORDS, false, reason_names, NULL, "Why not all of it was read."},
	{"app", KEYWORD_TEXTS, false, NULL, NULL, "Application, by its id."},
	{"category", KEYWORD_WORDS, false, category_names, NULL, "Category of the application."},
	{"channel", KEYWORD_WORDS, false, channel_names, NULL, "How the document would go."},
	{"user", KEYWORD_IDS, false, NULL, NULL, "User, by name or number."},
	{"group", KEYWORD_IDS, false, NULL, NULL, "Group of the user, by name or number."},
	{"path", KEYWORD_TEXTS, false, NULL, NULL,
		"Path of the document; * and ? within a name, ** for any folders."},
	{"destination", KEYWORD_TEXTS, false, NULL, NULL,
		"Site or peer, where the channel knows it; * ? and ** as in path."},
	{"time", KEYWORD_TEXTS, false, NULL, NULL,
		"Days and hours in the host's zone, as in `mon-fri 08:00-17:30`."},
	{"meeting", KEYWORD_BOOL, false, NULL, NULL, "Whether a call is in progress."},
	{"posture", KEYWORD_WORDS, false, posture_names, NULL,
		"A finding about the program that starts (channel exec)."},
	{0},
};

static const struct keyword keywords_rule[] = {
	{"name", KEYWORD_TEXT, true, NULL, NULL, "Unique; incidents carry it."},
	{"when", KEYWORD_MAP, false, NULL, keywords_when,
		"All of the keys must match; of a list, any entry."},
	{"do", KEYWORD_WORD, true, action_names, NULL, "What happens."},
	{"message", KEYWORD_TEXT, false, NULL, NULL, "What the person is told."},
	{"mode", KEYWORD_WORD, false, rule_modes, NULL,
		"monitor: refusals of this rule are recorded but not carried out."},
	{"evidence", KEYWORD_WORD, false, rule_evidence, NULL,
		"copy: the document is kept with the incident, encrypted to the reviewers' key; "
		"default: no content is kept."},
	{"valid-from", KEYWORD_TEXT, false, NULL, NULL,
		"First day of the rule (2026-12-01), or a time (2026-12-01T08:00:00+07:00)."},
	{"valid-until", KEYWORD_TEXT, false, NULL, NULL,
		"Last day of the rule (2026-12-31), or a time (2026-12-31T17:00:00+07:00)."},
	{0},
};

/* Those that an open can be answered with at once. */
const char *const keyword_failure_actions[] = {"allow", "log", "block", NULL};
const char *const keyword_failures[] = {
	"deadline", "crash", "unreadable", "pressure", "core-gone", "descriptors", "store", NULL};
static_assert(ARRAY_SIZE(keyword_failures) == FAILURE_MAX, "one word per failure");

static const struct keyword keywords_failure[] = {
	{"name", KEYWORD_TEXT, true, NULL, NULL,
		"Unique among rules and failures; incidents carry it."},
	{"failure", KEYWORD_WORDS, false, keyword_failures, NULL,
		"Why nobody could say what the document is; default: any failure."},
	{"may-be", KEYWORD_WORDS, false, may_be_names, NULL,
		"What it was when it was last read, or unknown; default: anything."},
	{"category", KEYWORD_WORDS, false, category_names, NULL, "Category of the application."},
	{"app", KEYWORD_TEXTS, false, NULL, NULL, "Application, by its id."},
	{"do", KEYWORD_WORD, true, keyword_failure_actions, NULL, "What happens."},
	{"message", KEYWORD_TEXT, false, NULL, NULL, "What the person is told."},
	{0},
};

static const struct keyword keywords_minimum[] = {
	{"app", KEYWORD_TEXT, true, NULL, NULL, "Application, by its id."},
	{"version", KEYWORD_TEXT, true, NULL, NULL,
		"Lowest version that is not `outdated`, compared as packages are."},
	{0},
};

static const struct keyword keywords_posture[] = {
	{"official", KEYWORD_TEXTS, false, NULL, NULL,
		"Where programs may come from: deb, rpm, snap, flatpak, flatpak:REMOTE, or paths "
		"of programs that only root can write; default: deb, rpm, snap and flatpak."},
	{"minimum", KEYWORD_MAPS, false, NULL, keywords_minimum,
		"Versions below which applications are `outdated`."},
	{"advisories", KEYWORD_TEXTS, false, NULL, NULL,
		"Advisory files or folders, relative to this file; default: the shipped ones."},
	{0},
};

static const struct keyword keywords_overrides[] = {
	{"max", KEYWORD_NUMBER, true, NULL, NULL, "How many may be in force at a time.",
		POLICY_OVERRIDES_MAX},
	{"minutes", KEYWORD_NUMBER, true, NULL, NULL, "How long one may last.",
		POLICY_OVERRIDE_MINUTES_MAX},
	{0},
};

static const struct keyword keywords_justify[] = {
	{"max", KEYWORD_NUMBER, false, NULL, NULL,
		"How many may be in force at a time for one user; 0: none; default: 8.",
		POLICY_JUSTIFIED_MAX},
	{"minutes", KEYWORD_NUMBER, false, NULL, NULL, "How long one lasts; default: 15.",
		POLICY_OVERRIDE_MINUTES_MAX},
	{"reason", KEYWORD_NUMBER, false, NULL, NULL,
		"How many characters the reason has at least; default: 10.",
		POLICY_JUSTIFY_REASON_MAX},
	{0},
};
static_assert(
	POLICY_JUSTIFY_MAX == 8 && POLICY_JUSTIFY_MINUTES == 15 && POLICY_JUSTIFY_REASON == 10,
	"the texts name the defaults");

const struct keyword keywords_policy[] = {
	{"version", KEYWORD_VERSION, true, NULL, NULL, "Version of this format."},
	{"mode", KEYWORD_WORD, false, mode_names, NULL,
		"enforce, or monitor: refusals are recorded but not carried out."},
	{"apps", KEYWORD_TEXTS, false, NULL, NULL,
		"Application files or folders, relative to this file; default: the shipped ones."},
	{"posture", KEYWORD_MAP, false, NULL, keywords_posture,
		"What is asked of the programs of applications."},
	{"exceptions", KEYWORD_TEXTS, false, NULL, NULL,
		"Exception files or folders, relative to this file; they come before the rules."},
	{"overrides", KEYWORD_MAP, false, NULL, keywords_overrides,
		"Bounds of what an administrator may let pass for a while; default: nothing."},
	{"justify", KEYWORD_MAP, false, NULL, keywords_justify,
		"What a person may let pass for a while by giving a reason, where a rule says "
		"`do: justify`."},
	{"rules", KEYWORD_MAPS, true, NULL, keywords_rule, "In order; the first match decides."},
	{"failures", KEYWORD_MAPS, false, NULL, keywords_failure,
		"In order; what happens where nobody could say what a document is."},
	{"meeting-reminder", KEYWORD_TEXT, false, NULL, NULL,
		"What a person is told when a call begins, once a day; default: nothing."},
	{0},
};

static const struct keyword keywords_exception[] = {
	{"name", KEYWORD_TEXT, true, NULL, NULL, "Unique among rules too; incidents carry it."},
	{"reason", KEYWORD_TEXT, true, NULL, NULL, "Why it is needed."},
	{"owner", KEYWORD_TEXT, true, NULL, NULL, "Who answers for it."},
	{"when", KEYWORD_MAP, true, NULL, keywords_when,
		"As in rules; must name a path, user, group, destination or tag."},
	{"do", KEYWORD_WORD, false, exception_actions, NULL, "What happens; default: log."},
	{"message", KEYWORD_TEXT, false, NULL, NULL, "What the person is told."},
	{"valid-from", KEYWORD_TEXT, false, NULL, NULL, "First day, or a time."},
	{"valid-until", KEYWORD_TEXT, true, NULL, NULL, "Last day, or a time."},
	{0},
};

const struct keyword keywords_exceptions[] = {
	{"version", KEYWORD_VERSION, true, NULL, NULL, "Version of this format."},
	{"exceptions", KEYWORD_MAPS, true, NULL, keywords_exception,
		"Exceptions, before all rules."},
	{0},
};

static const struct keyword keywords_app[] = {
	{"id", KEYWORD_TEXT, true, NULL, NULL, "What rules and incidents call it."},
	{"name", KEYWORD_TEXT, true, NULL, NULL, "What people call it."},
	{"category", KEYWORD_WORD, true, category_names, NULL, "What it is for."},
	{"exe", KEYWORD_TEXTS, false, NULL, NULL,
		"Absolute path of a binary or script; * and ? within a name."},
	{"flatpak", KEYWORD_TEXTS, false, NULL, NULL, "Flatpak application id."},
	{"snap", KEYWORD_TEXTS, false, NULL, NULL, "Snap name."},
	{"package", KEYWORD_TEXTS, false, NULL, NULL,
		"Debian package whose programs (in bin directories) count."},
	{0},
};

const struct keyword keywords_apps[] = {
	{"version", KEYWORD_VERSION, true, NULL, NULL, "Version of this format."},
	{"apps", KEYWORD_MAPS, true, NULL, keywords_app, "Applications."},
	{0},
};

static const struct keyword keywords_advisory[] = {
	{"id", KEYWORD_TEXT, true, NULL, NULL, "What incidents call it, as in CVE-2022-28762."},
	{"app", KEYWORD_TEXT, true, NULL, NULL, "Application, by its id."},
	{"fixed", KEYWORD_TEXT, true, NULL, NULL, "First version that is not affected."},
	{"since", KEYWORD_TEXT, false, NULL, NULL, "First affected version; default: all before."},
	{"text", KEYWORD_TEXT, true, NULL, NULL, "What the fault is, in a sentence."},
	{0},
};

const struct keyword keywords_advisories[] = {
	{"version", KEYWORD_VERSION, true, NULL, NULL, "Version of this format."},
	{"advisories", KEYWORD_MAPS, true, NULL, keywords_advisory, "Faults of applications."},
	{0},
};

static const struct keyword keywords_case[] = {
	{"name", KEYWORD_TEXT, false, NULL, NULL, "What the case shows."},
	{"app", KEYWORD_TEXT, true, NULL, NULL, "Application that asks, by its id."},
	{"channel", KEYWORD_WORD, false, channel_names, NULL, "Default: open."},
	{"level", KEYWORD_WORD, false, level_names, NULL, "Default: none."},
	{"tag", KEYWORD_WORDS, false, tag_names, NULL, "Default: no tag."},
	{"completeness", KEYWORD_WORD, false, completeness_names, NULL, "Default: full."},
	{"reason", KEYWORD_WORDS, false, reason_names, NULL, "Default: no reason."},
	{"uid", KEYWORD_NUMBER, false, NULL, NULL, "Default: 1000.", UINT32_MAX - 1},
	{"gid", KEYWORD_NUMBER, false, NULL, NULL, "Default: no group.", UINT32_MAX - 1},
	{"path", KEYWORD_TEXT, false, NULL, NULL, "Default: unknown."},
	{"destination", KEYWORD_TEXT, false, NULL, NULL, "Default: unknown."},
	{"at", KEYWORD_TEXT, false, NULL, NULL,
		"Time of the question, as in 2026-11-23T10:00:00Z; days and hours are the host's "
		"then."},
	{"meeting", KEYWORD_BOOL, false, NULL, NULL, "Default: false."},
	{"failure", KEYWORD_WORD, false, keyword_failures, NULL, "Default: what the reasons say."},
	{"may-be", KEYWORD_WORD, false, may_be_names, NULL,
		"What it was when it was last read; default: unknown."},
	{"posture", KEYWORD_WORDS, false, posture_names, NULL, "Default: no finding."},
	{"expect", KEYWORD_WORD, true, action_names, NULL,
		"The action that must come out; under monitor, the intended one."},
	{"rule", KEYWORD_TEXT, false, NULL, NULL, "The rule that must decide; `none`: no rule."},
	{0},
};

const struct keyword keywords_cases[] = {
	{"version", KEYWORD_VERSION, true, NULL, NULL, "Version of this format."},
	{"cases", KEYWORD_MAPS, true, NULL, keywords_case, "The decision table."},
	{0},
};

const struct conf_node *const *keyword_items(const struct conf_node *const *n, size_t *ret)
{
	if ((*n)->type != CONF_SEQUENCE) {
		*ret = 1;
		return n;
	}
	*ret = (*n)->n;
	return (*n)->items;
}

static void check_word(const struct conf *c, const struct conf_node *n, const char *key,
	const char *const *words, struct diags *d)
{
	const char *text;

	if (conf_string(c, n, P_VALUE, d, &text) < 0)
		return;
	for (const char *const *w = words; *w; w++)
		if (strcmp(*w, text) == 0)
			return;
	keywords_hint(
		conf_error(c, n, P_WORD, d, "`%.80s` is no value of `%s`", text, key), text, words);
}

static void check_text(
	const struct conf *c, const struct conf_node *n, const char *key, struct diags *d)
{
	const char *text;

	if (conf_string(c, n, P_VALUE, d, &text) < 0)
		return;
	if (!text[0])
		(void)conf_error(c, n, P_VALUE, d, "the text is empty");
	else
		spelling_check(c, n, key, d);
}

static void check_list(
	const struct conf *c, const struct conf_node *n, const struct keyword *k, struct diags *d)
{
	size_t count;
	const struct conf_node *const *items = keyword_items(&n, &count);

	if (count == 0)
		(void)conf_error(c, n, P_NOTHING, d, "`%s` is empty and never matches", k->key);
	if (count > POLICYFILE_LIST_MAX) {
		(void)conf_error(c, n, P_LIMIT, d, "`%s` has more than %u entries", k->key,
			POLICYFILE_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (k->type == KEYWORD_WORDS)
			check_word(c, items[i], k->key, k->words, d);
		else
			check_text(c, items[i], k->key, d);
}

static int check_maps(
	const struct conf *c, const struct conf_node *n, const struct keyword *k, struct diags *d)
{
	int r = 0;

	if (n->type != CONF_SEQUENCE) {
		(void)conf_error(c, n, P_VALUE, d, "`%s` must be a list", k->key);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < n->n; i++)
		r = keywords_check(c, n->items[i], k->below, d);
	return r;
}

static int check_value(
	const struct conf *c, const struct conf_node *n, const struct keyword *k, struct diags *d)
{
	uint64_t number;
	bool flag;

	switch (k->type) {
	case KEYWORD_VERSION:
		if (n->type != CONF_SCALAR || n->quoted || strcmp(n->text, "1") != 0)
			diag_hint(conf_error(c, n, P_VERSION, d, "the only known version is 1"),
				"write `version: 1`, without quotes");
		break;
	case KEYWORD_TEXT: check_text(c, n, k->key, d); break;
	case KEYWORD_BOOL:
		if (conf_bool(c, n, P_VALUE, d, &flag) < 0)
			return 0;
		break;
	case KEYWORD_NUMBER:
		if (conf_u64(c, n, 0, k->max, P_VALUE, d, &number) < 0)
			return 0;
		break;
	case KEYWORD_WORD: check_word(c, n, k->key, k->words, d); break;
	case KEYWORD_TEXTS:
	case KEYWORD_IDS:
	case KEYWORD_WORDS: check_list(c, n, k, d); break;
	case KEYWORD_MAP: return keywords_check(c, n, k->below, d);
	case KEYWORD_MAPS: return check_maps(c, n, k, d);
	}
	return 0;
}

static const struct keyword *find(const struct keyword *table, const char *key)
{
	for (; table->key; table++)
		if (strcmp(table->key, key) == 0)
			return table;
	return NULL;
}

/* The mapping of `table` that has the key, as after a wrong indentation; or NULL. */
static const struct keyword *find_below(const struct keyword *table, const char *key)
{
	for (; table->key; table++)
		if (table->below && find(table->below, key))
			return table;
	return NULL;
}

static void unknown_key(const struct conf *c, const struct conf_node *key,
	const struct keyword *table, struct diags *d)
{
	const char *names[KEYWORDS_MAX + 1] = {0};
	const struct keyword *below = find_below(table, key->text);
	struct diag *e = conf_error(c, key, P_KEY, d, "unknown key `%.80s`", key->text);

	for (size_t i = 0; table[i].key && i < KEYWORDS_MAX; i++)
		names[i] = table[i].key;
	if (strcmp(key->text, "<<") == 0)
		diag_hint(e, "merge keys are not supported: write the keys out");
	else if (below)
		diag_hint(e, "it belongs below `%s`: indent it further", below->key);
	else if (table == keywords_when && find(keywords_rule, key->text))
		diag_hint(e, "it is a key of rules: indent it less, as `name`");
	else
		keywords_hint(e, key->text, names);
}

int keywords_check(const struct conf *c, const struct conf_node *map, const struct keyword *table,
	struct diags *d)
{
	int r = 0;

	if (map->type != CONF_MAPPING) {
		r = conf_check_keys(c, map, (const char *const[]){NULL}, P_VALUE, d);
		return r == -ENOMEM ? r : 0;
	}
	for (size_t i = 0; i < map->n; i++)
		if (!find(table, map->keys[i]->text))
			unknown_key(c, map->keys[i], table, d);
	for (const struct keyword *k = table; r == 0 && k->key; k++) {
		const struct conf_node *n = conf_get(map, k->key);

		if (n)
			r = check_value(c, n, k, d);
		else if (k->required)
			(void)conf_error(c, map, P_MISSING, d, "`%s` is missing", k->key);
	}
	return r;
}
