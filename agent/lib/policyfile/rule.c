/* SPDX-License-Identifier: Apache-2.0 */
/* One rule from its node. keywords_check() has seen the shape; here is the meaning. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "policyfile/compile.h"
#include "text/canon.h"

#define ID_BUFFER (64U << 10) /* for a line of passwd or group */

/* How far ahead a date may lie without a word. */
#define YEAR                (UINT64_C(31557600) * NSEC_PER_SEC)
#define FROM_YEARS_MAX      1U
#define EXCEPTION_YEARS_MAX 10U

void rule_done(struct rule *r)
{
	free(r->apps);
	free(r->users);
	free(r->groups);
	free((void *)r->paths);
	free((void *)r->destinations);
	free(r->times);
	free(r->week);
}

static uint32_t word_bit(const char *text, const char *const *words)
{
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return UINT32_C(1) << i;
	return 0; /* already reported */
}

/* The set of a list of words, or 0 where the key is absent. */
static uint32_t read_words(const struct conf_node *when, const char *key, const char *const *words)
{
	const struct conf_node *n = conf_get(when, key);
	const struct conf_node *const *items;
	uint32_t set = 0;
	size_t count;

	if (!n)
		return 0;
	items = keyword_items(&n, &count);
	for (size_t i = 0; i < count; i++)
		if (items[i]->type == CONF_SCALAR)
			set |= word_bit(items[i]->text, words);
	return set;
}

static uint32_t levels_of_families(uint32_t families)
{
	const uint32_t state_secret = 1U << LEVEL_CONFIDENTIAL | 1U << LEVEL_SECRET |
		1U << LEVEL_TOP_SECRET;
	const uint32_t of[] = {
		state_secret, 1U << LEVEL_INTERNAL, state_secret | 1U << LEVEL_INTERNAL};
	uint32_t levels = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(of); i++)
		if (families >> i & 1)
			levels |= of[i];
	return levels;
}

static void read_levels(
	struct rule_context *ctx, const struct conf_node *when, struct policy_rule_def *def)
{
	bool level = conf_get(when, "level"), family = conf_get(when, "family");
	uint32_t levels = read_words(when, "level", level_names);
	uint32_t families = levels_of_families(read_words(when, "family", keyword_families));

	if (!level && !family)
		return;
	def->when |= POLICY_WHEN_LEVEL;
	def->levels = level && family ? levels & families : levels | families;
	if (def->levels == 0 && levels && families)
		(void)conf_error(ctx->conf, conf_get(when, "family"), P_NOTHING, ctx->diags,
			"no level of `level` belongs to `family`: the rule never matches");
}

static void read_sets(const struct conf_node *when, struct policy_rule_def *def)
{
	const struct {
		const char *key;
		const char *const *words;
		enum policy_condition condition;
		uint32_t *set;
	} sets[] = {
		{"completeness", completeness_names, POLICY_WHEN_COMPLETENESS, &def->completeness},
		{"reason", reason_names, POLICY_WHEN_REASON, &def->reasons},
		{"tag", tag_names, POLICY_WHEN_TAG, &def->tags},
		{"category", category_names, POLICY_WHEN_CATEGORY, &def->categories},
		{"channel", channel_names, POLICY_WHEN_CHANNEL, &def->channels},
		{"posture", posture_names, POLICY_WHEN_POSTURE, &def->posture},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		if (conf_get(when, sets[i].key)) {
			def->when |= sets[i].condition;
			*sets[i].set = read_words(when, sets[i].key, sets[i].words);
		}
}

void rule_unknown_app(struct rule_context *ctx, const struct conf_node *n)
{
	struct diag *e = conf_error(
		ctx->conf, n, P_APP, ctx->diags, "no application `%.80s` is defined", n->text);
	size_t count = apptable_n(ctx->apps);
	const char **ids = calloc(count + 1, sizeof(char *));

	if (!ids)
		return; /* a hint less */
	for (uint32_t i = 0; i < count; i++)
		ids[i] = apptable_id(ctx->apps, i);
	keywords_hint(e, n->text, ids);
	free((void *)ids);
}

/* The scalars of a list; NULL key: none. Lists over their bound were reported and are left out. */
static const struct conf_node *const *scalars(
	const struct conf_node *when, const char *key, const struct conf_node **slot, size_t *ret)
{
	*slot = conf_get(when, key);
	*ret = 0;
	if (!*slot)
		return NULL;
	const struct conf_node *const *items = keyword_items(
		(const struct conf_node *const *)slot, ret);

	if (*ret > POLICYFILE_LIST_MAX)
		*ret = 0;
	return items;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_numbers(uint32_t *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_numbers);
}

static int read_apps(struct rule_context *ctx, const struct conf_node *when, struct rule *r)
{
	const struct conf_node *slot;
	size_t n;
	const struct conf_node *const *items = scalars(when, "app", &slot, &n);

	if (!slot)
		return 0;
	r->def.when |= POLICY_WHEN_APP;
	r->def.apps = r->apps = calloc(n + 1, sizeof(*r->apps));
	if (!r->apps)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t app;

		if (items[i]->type != CONF_SCALAR || !items[i]->text[0])
			continue;
		app = apptable_find(ctx->apps, items[i]->text);
		if (app == APP_NONE) {
			rule_unknown_app(ctx, items[i]);
			continue;
		}
		r->apps[r->def.n_apps++] = app;
		r->app_categories |= 1U << apptable_category(ctx->apps, app);
	}
	sort_numbers(r->apps, r->def.n_apps);
	if ((r->def.when & POLICY_WHEN_CATEGORY) && r->app_categories &&
		!(r->app_categories & r->def.categories))
		(void)conf_error(ctx->conf, slot, P_NOTHING, ctx->diags,
			"no application of `app` belongs to `category`: the rule never matches");
	return 0;
}

static bool parse_id(const struct conf_node *n, uint32_t *ret)
{
	uint64_t v = 0;

	if (n->quoted || !n->text[0] || strlen(n->text) > 10)
		return false;
	for (const char *s = n->text; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* 0, -ENOENT where nobody is called that, or -errno. */
static int find_id(const char *name, bool group, char *buffer, uint32_t *ret)
{
	struct passwd pw, *p = NULL;
	struct group gr, *g = NULL;
	int r = group ? getgrnam_r(name, &gr, buffer, ID_BUFFER, &g)
		      : getpwnam_r(name, &pw, buffer, ID_BUFFER, &p);

	if (g)
		*ret = g->gr_gid;
	else if (p)
		*ret = p->pw_uid;
	else
		return r == ENOMEM ? -ENOMEM : -ENOENT;
	return 0;
}

/* What no account can be called: patterns, several in one text, numbers out of bounds. */
static bool is_no_name(const struct conf_node *n)
{
	return strpbrk(n->text, "*?,:/") || n->text[0] == '!' ||
		(!n->quoted && n->text[strspn(n->text, "0123456789")] == 0);
}

/* Nobody is called so; somebody whose name is spelled otherwise may be meant. */
static void unknown_id(
	struct rule_context *ctx, const struct conf_node *n, bool group, char *buffer)
{
	struct diag *e = diags_warning(ctx->diags, P_UNKNOWN_ID, conf_file(ctx->conf), n->line,
		n->col, "this host knows no %s `%.80s`", group ? "group" : "user", n->text);
	cleanup_with(buf_done) struct buf composed = BUF_INIT(0);
	uint32_t id;

	for (enum spelling s = 0; s < SPELLING_MAX; s++) {
		cleanup_with(buf_done) struct buf other = BUF_INIT(0);

		if (spelling_other(s, n->text, &other) &&
			find_id((const char *)other.p, group, buffer, &id) == 0) {
			diag_hint(e, "did you mean `%.80s`?", (const char *)other.p);
			return;
		}
	}
	/* Composed, and in small letters, as names of accounts are. */
	if (canon_text(view_str(n->text), &composed, NULL) == 0 && buf_terminate(&composed) == 0 &&
		find_id((const char *)composed.p, group, buffer, &id) == 0)
		diag_hint(e, "did you mean `%.80s`?", (const char *)composed.p);
}

static int read_ids(struct rule_context *ctx, const struct conf_node *when, bool group,
	struct rule *rule, uint32_t **ret_ids, size_t *ret_n)
{
	const char *key = group ? "group" : "user";
	cleanup_with(freep) char *buffer = malloc(ID_BUFFER);
	const struct conf_node *slot;
	size_t n;
	const struct conf_node *const *items = scalars(when, key, &slot, &n);
	size_t errors = ctx->diags->errors;

	if (!slot)
		return 0;
	rule->def.when |= group ? POLICY_WHEN_GROUP : POLICY_WHEN_USER;
	*ret_ids = calloc(n + 1, sizeof(**ret_ids));
	if (!*ret_ids || !buffer)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		uint32_t id;
		int r = 0;

		if (items[i]->type != CONF_SCALAR || !items[i]->text[0])
			continue;
		if (!parse_id(items[i], &id) && is_no_name(items[i])) {
			diag_hint(conf_error(ctx->conf, items[i], P_VALUE, ctx->diags,
					  "no %s can be called `%.80s`", key, items[i]->text),
				"one name or number for each entry; patterns do not exist here");
			continue;
		}
		if (!parse_id(items[i], &id))
			r = find_id(items[i]->text, group, buffer, &id);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			(*ret_ids)[(*ret_n)++] = id;
		else
			unknown_id(ctx, items[i], group, buffer);
	}
	sort_numbers(*ret_ids, *ret_n);
	if (n > 0 && *ret_n == 0 && ctx->diags->errors == errors) {
		(void)diags_warning(ctx->diags, P_IDLE, conf_file(ctx->conf), slot->line, slot->col,
			"the rule can do nothing on this host: it knows nobody of `%s`", key);
		ctx->n_idle++;
	}
	return 0;
}

static const char *read_text(struct rule_context *ctx, const struct conf_node *n, size_t max)
{
	if (!n || n->type != CONF_SCALAR)
		return NULL;
	if (strlen(n->text) >= max) {
		(void)conf_error(
			ctx->conf, n, P_LIMIT, ctx->diags, "longer than %zu bytes", max - 1);
		return NULL;
	}
	return n->text;
}

static bool is_listed(const struct conf_node *const *items, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (items[i]->type == CONF_SCALAR && strcmp(items[i]->text, text) == 0)
			return true;
	return false;
}

/* Where the other spelling of a Vietnamese name is in no entry: files have both. */
static void check_spelling(struct rule_context *ctx, const struct conf_node *n, const char *key,
	const struct conf_node *const *items, size_t count)
{
	for (enum spelling s = 0; s < SPELLING_MAX; s++) {
		cleanup_with(buf_done) struct buf other = BUF_INIT(0);

		if (!spelling_other(s, n->text, &other) ||
			is_listed(items, count, (const char *)other.p))
			continue;
		diag_hint(diags_warning(ctx->diags, P_SPELLING, conf_file(ctx->conf), n->line,
				  n->col, "`%.80s` has another spelling, which `%s` does not match",
				  n->text, key),
			"add `%.120s`", (const char *)other.p);
	}
}

/* Names of peers are compared without regard to case, but A to Z alone. */
static void check_capitals(struct rule_context *ctx, const struct conf_node *n)
{
	cleanup_with(buf_done) struct buf small = BUF_INIT(0);

	if (canon_text(view_str(n->text), &small, NULL) < 0 || buf_terminate(&small) < 0 ||
		strcasecmp(n->text, (const char *)small.p) == 0)
		return;
	diag_hint(diags_warning(ctx->diags, P_SPELLING, conf_file(ctx->conf), n->line, n->col,
			  "`%.80s` is not as names of sites and peers are written", n->text),
		"write `%.120s`", (const char *)small.p);
}

static int read_globs(struct rule_context *ctx, const struct conf_node *when, const char *key,
	const char ***ret, size_t *ret_n)
{
	const struct conf_node *slot;
	size_t n;
	const struct conf_node *const *items = scalars(when, key, &slot, &n);

	bool is_path = strcmp(key, "path") == 0;

	*ret = calloc(n + 1, sizeof(char *));
	if (!*ret)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *problem;

		if (items[i]->type != CONF_SCALAR || !items[i]->text[0] ||
			!read_text(ctx, items[i], POLICYFILE_GLOB_MAX))
			continue;
		problem = glob_problem(items[i]->text, is_path);
		if (problem) {
			(void)conf_error(ctx->conf, items[i], P_GLOB, ctx->diags, "`%.80s`: %s",
				items[i]->text, problem);
			continue;
		}
		if (!is_path)
			check_capitals(ctx, items[i]);
		(*ret)[(*ret_n)++] = items[i]->text;
		check_spelling(ctx, items[i], key, items, n);
	}
	return 0;
}

static int read_times(struct rule_context *ctx, const struct conf_node *when, struct rule *r)
{
	const struct conf_node *slot;
	size_t n;
	const struct conf_node *const *items = scalars(when, "time", &slot, &n);
	struct week all;

	if (!slot)
		return 0;
	r->def.when |= POLICY_WHEN_TIME;
	r->def.times = r->times = calloc(n + 1, sizeof(*r->times));
	if (!r->times)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (items[i]->type != CONF_SCALAR || !items[i]->text[0])
			continue;
		if (window_parse(items[i]->text, &r->times[r->def.n_times]) == 0)
			r->def.n_times++;
		else
			diag_hint(conf_error(ctx->conf, items[i], P_TIME, ctx->diags,
					  "`%.80s` is no time", items[i]->text),
				"as in `mon-fri 08:00-17:30`, `sat,sun` or `22:00-06:00`: small "
				"letters, plain hyphens");
	}
	r->week = calloc(1, sizeof(*r->week));
	if (!r->week)
		return -ENOMEM;
	windows_week(r->times, r->def.n_times, r->week);
	week_fill(&all);
	r->always = week_covers(r->week, &all);
	return 0;
}

/* False where there is none that could be read. */
static bool read_date(struct rule_context *ctx, const struct conf_node *n,
	int (*parse)(const char *text, uint64_t *ret), uint64_t *ret)
{
	if (!n || n->type != CONF_SCALAR || !n->text[0])
		return false;
	if (parse(n->text, ret) == 0)
		return true;
	diag_hint(conf_error(ctx->conf, n, P_DATE, ctx->diags, "`%.80s` is no date", n->text),
		"as in 2026-12-31 or 2026-12-31T17:00:00+07:00");
	return false;
}

/* A slip of the year: the rule sleeps for years, or the exception is for good. */
static void check_far(struct rule_context *ctx, const struct conf_node *n, uint64_t at,
	uint64_t years, const char *what)
{
	if (at > ctx->now && at - ctx->now > years * YEAR)
		diag_hint(diags_warning(ctx->diags, P_FAR, conf_file(ctx->conf), n->line, n->col,
				  "`%.40s` is years away: %s", n->text, what),
			"look at the year");
}

static void read_dates(struct rule_context *ctx, struct rule *r)
{
	const struct conf_node *from = conf_get(r->node, "valid-from");
	const struct conf_node *until = conf_get(r->node, "valid-until");
	bool has_from = read_date(ctx, from, from_parse, &r->def.valid_from);

	r->begun = r->def.valid_from <= ctx->now;
	if (has_from)
		check_far(ctx, from, r->def.valid_from, FROM_YEARS_MAX,
			"until then the rule does nothing");
	if (!read_date(ctx, until, until_parse, &r->def.valid_until))
		return;
	if (ctx->exceptions)
		check_far(ctx, until, r->def.valid_until, EXCEPTION_YEARS_MAX,
			"such an exception has no end");
	if (has_from && r->def.valid_until <= r->def.valid_from)
		(void)conf_error(ctx->conf, until, P_NOTHING, ctx->diags,
			"`valid-until` is not after `valid-from`: the rule never matches");
	else if (r->def.valid_until <= ctx->now)
		(void)diags_warning(ctx->diags, P_PAST, conf_file(ctx->conf), until->line,
			until->col, "`%s` is past: the rule no longer matches", until->text);
}

/* keywords_check() has seen that it is a boolean. */
static bool is_true(const struct conf_node *n)
{
	return n->type == CONF_SCALAR &&
		word_bit(n->text, (const char *[]){"true", "yes", "on", NULL});
}

static int read_when(struct rule_context *ctx, const struct conf_node *when, struct rule *r)
{
	struct policy_rule_def *def = &r->def;
	const struct conf_node *meeting = conf_get(when, "meeting");
	int e;

	read_levels(ctx, when, def);
	read_sets(when, def);
	if (meeting) {
		def->when |= POLICY_WHEN_MEETING;
		def->meeting = is_true(meeting);
	}
	if (def->completeness == 1U << COMPLETENESS_FULL && (def->when & POLICY_WHEN_REASON))
		(void)conf_error(ctx->conf, conf_get(when, "reason"), P_NOTHING, ctx->diags,
			"a document that was read in full has no reason: the rule never matches");
	e = read_apps(ctx, when, r);
	if (e == 0)
		e = read_ids(ctx, when, false, r, &r->users, &def->n_users);
	if (e == 0)
		e = read_ids(ctx, when, true, r, &r->groups, &def->n_groups);
	if (e == 0)
		e = read_globs(ctx, when, "path", &r->paths, &def->n_paths);
	if (e == 0)
		e = read_globs(ctx, when, "destination", &r->destinations, &def->n_destinations);
	if (e == 0)
		e = read_times(ctx, when, r);
	for (size_t i = 0; i < def->n_paths; i++)
		r->any_path |= pattern_is_any(r->paths[i]);
	if (conf_get(when, "path"))
		def->when |= POLICY_WHEN_PATH;
	if (conf_get(when, "destination"))
		def->when |= POLICY_WHEN_DESTINATION;
	def->users = r->users;
	def->groups = r->groups;
	def->paths = r->paths;
	def->destinations = r->destinations;
	return e;
}

static void never(struct rule_context *ctx, const struct conf_node *n, const char *why)
{
	(void)conf_error(ctx->conf, n, P_NOTHING, ctx->diags, "%s: the rule never matches", why);
}

/* Documents that lie there: nobody opens them. */
static void check_at_rest(
	struct rule_context *ctx, const struct conf_node *n, const struct policy_rule_def *def)
{
	const struct conf_node *what = conf_get(n, "do"), *when = conf_get(n, "when");

	if (def->when & POLICY_WHEN_APP)
		never(ctx, conf_get(when, "app"), "what lies at rest is opened by no application");
	if ((def->when & POLICY_WHEN_CATEGORY) && !(def->categories & 1U << CATEGORY_OTHER))
		never(ctx, conf_get(when, "category"),
			"what lies at rest is opened by no application");
	if ((def->when & POLICY_WHEN_MEETING) && def->meeting)
		never(ctx, conf_get(when, "meeting"), "what lies at rest is in no meeting");
	if (action_refuses(def->action))
		diag_hint(diags_warning(ctx->diags, P_NEEDLESS, conf_file(ctx->conf), what->line,
				  what->col,
				  "what lies at rest cannot be refused: it is only recorded"),
			"say `notify` or `log`");
}

/* Programs that start: they are looked up, and not read. */
static void check_exec(
	struct rule_context *ctx, const struct conf_node *n, const struct policy_rule_def *def)
{
	const struct conf_node *what = conf_get(n, "do"), *when = conf_get(n, "when");
	const struct conf_node *level = conf_get(when, "level");

	if ((def->when & POLICY_WHEN_LEVEL) && !(def->levels & 1U << LEVEL_NONE))
		never(ctx, level ? level : conf_get(when, "family"),
			"a program that starts has no level");
	if (def->when & POLICY_WHEN_TAG)
		never(ctx, conf_get(when, "tag"), "a program that starts has no tag");
	if (def->when & POLICY_WHEN_REASON)
		never(ctx, conf_get(when, "reason"), "a program that starts is not read");
	if ((def->when & POLICY_WHEN_COMPLETENESS) &&
		!(def->completeness & 1U << COMPLETENESS_FULL))
		never(ctx, conf_get(when, "completeness"), "a program that starts is not read");
	if (def->action == ACTION_JUSTIFY)
		diag_hint(diags_warning(ctx->diags, P_NEEDLESS, conf_file(ctx->conf), what->line,
				  what->col,
				  "no reason is taken for a program that starts: the rule "
				  "refuses as `block` does"),
			"say `block`, `notify` or `log`");
}

/* What is said only of some channels. */
static void check_channels(
	struct rule_context *ctx, const struct conf_node *n, const struct policy_rule_def *def)
{
	const struct conf_node *what = conf_get(n, "do"), *when = conf_get(n, "when");
	const uint32_t receive = 1U << CHANNEL_RECEIVE, exec = 1U << CHANNEL_EXEC;
	bool has_channels = def->when & POLICY_WHEN_CHANNEL;

	if (def->action == ACTION_QUARANTINE && (!has_channels || def->channels != receive))
		diag_hint(conf_error(ctx->conf, what, P_VALUE, ctx->diags,
				  "only what an application wrote can be moved to quarantine"),
			"say `channel: receive` in `when`");
	if (action_refuses(def->action) && has_channels && def->channels == receive)
		diag_hint(diags_warning(ctx->diags, P_NEEDLESS, conf_file(ctx->conf), what->line,
				  what->col,
				  "what was received cannot be refused any more: it "
				  "is only recorded"),
			"say `quarantine`, `notify` or `log`");
	if (has_channels && def->channels == 1U << CHANNEL_AT_REST)
		check_at_rest(ctx, n, def);
	if ((def->when & POLICY_WHEN_POSTURE) || (has_channels && def->channels == exec))
		check_exec(ctx, n, def);
	if ((def->when & POLICY_WHEN_POSTURE) && has_channels &&
		!(def->channels & 1U << CHANNEL_EXEC))
		never(ctx, conf_get(when, "posture"),
			"findings about programs are for channel `exec`");
}

/* Copies belong to incidents. */
static void check_evidence(
	struct rule_context *ctx, const struct conf_node *n, const struct policy_rule_def *def)
{
	const struct conf_node *evidence = conf_get(n, "evidence");

	if (evidence && def->action == ACTION_ALLOW)
		diag_hint(diags_warning(ctx->diags, P_NEEDLESS, conf_file(ctx->conf),
				  evidence->line, evidence->col,
				  "what `allow` lets pass is not recorded, and no copy of it kept"),
			"say `log`");
}

int rule_read(struct rule_context *ctx, const struct conf_node *n, struct rule *ret)
{
	const struct conf_node *action = conf_get(n, "do");
	int r;
	const char *name = read_text(ctx, conf_get(n, "name"), POLICY_NAME_MAX);

	*ret = (struct rule){.conf = ctx->conf, .node = n};
	ret->def.name = name ? name : "";
	ret->def.message = read_text(ctx, conf_get(n, "message"), POLICY_MESSAGE_MAX);
	ret->def.action = ctx->exceptions ? ACTION_LOG : ACTION_ALLOW;
	if (action && action->type == CONF_SCALAR)
		(void)action_parse(action->text, &ret->def.action);
	ret->def.monitor = conf_get(n, "mode");      /* the one word there is */
	ret->def.evidence = conf_get(n, "evidence"); /* likewise */
	if (name && strcmp(name, "none") == 0)
		diag_hint(conf_error(ctx->conf, conf_get(n, "name"), P_VALUE, ctx->diags,
				  "a rule cannot be called `none`: in decision tables that means "
				  "that no rule decided"),
			"give it another name");
	read_dates(ctx, ret);
	r = read_when(ctx, conf_get(n, "when"), ret);
	if (r == 0)
		check_channels(ctx, n, &ret->def);
	if (r == 0)
		check_evidence(ctx, n, &ret->def);
	if (r == 0 && ctx->host)
		host_check(ctx, ret);
	return r;
}
