/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a compiled policy: every offset is checked and the index of rows made here, so that
 * deciding checks nothing, allocates nothing and cannot fail.
 */
#include "decide/policy.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "base/macros.h"
#include "decide/policy_internal.h"

#define APPS_MAX 65536U /* bound of an application's number */

static bool take(struct view *v, uint64_t n, size_t size, const void **ret)
{
	uint64_t bytes;

	if (!checked_mul(n, (uint64_t)size, &bytes) || bytes > v->n)
		return false;
	*ret = v->p;
	*v = view_of(v->p + bytes, v->n - (size_t)bytes);
	return true;
}

/* The pool ends with a NUL, so that any offset within begins a string within. */
static bool is_string(const struct policy *p, uint32_t off)
{
	return off < p->header->n_strings;
}

static bool list_fits(const struct policy *p, const struct policy_list *l)
{
	return checked_range(l->first, l->n, p->header->n_words);
}

static bool numbers_are_sorted(const struct policy *p, const struct policy_list *l)
{
	for (uint32_t i = 1; i < l->n; i++)
		if (p->words[l->first + i - 1] > p->words[l->first + i])
			return false;
	return true;
}

static bool strings_are_valid(const struct policy *p, const struct policy_list *l)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (!is_string(p, p->words[l->first + i]))
			return false;
	return true;
}

static bool rule_is_valid(const struct policy *p, const struct policy_rule *r)
{
	const struct policy_list *apps = &r->list[POLICY_LIST_APPS];

	for (unsigned i = 0; i < POLICY_LIST_MAX; i++)
		if (!list_fits(p, &r->list[i]))
			return false;
	if (!is_string(p, r->name) || !is_string(p, r->message) || r->action >= ACTION_MAX ||
		(r->when & ~(uint32_t)POLICY_WHEN_ALL) || r->meeting > 1 || r->monitor > 1 ||
		r->evidence > 1)
		return false;
	if (strnlen(p->strings + r->name, POLICY_NAME_MAX) == POLICY_NAME_MAX)
		return false;
	if (!numbers_are_sorted(p, apps) || !numbers_are_sorted(p, &r->list[POLICY_LIST_USERS]) ||
		!numbers_are_sorted(p, &r->list[POLICY_LIST_GROUPS]))
		return false;
	if (apps->n > 0 && p->words[apps->first + apps->n - 1] >= APPS_MAX)
		return false;
	return strings_are_valid(p, &r->list[POLICY_LIST_PATHS]) &&
		strings_are_valid(p, &r->list[POLICY_LIST_DESTINATIONS]) &&
		r->list[POLICY_LIST_TIMES].n % 2 == 0;
}

static bool overrides_are_valid(const struct policy *p)
{
	const struct policy_override *o = p->overrides;

	for (uint32_t i = 0; i < p->header->n_overrides; i++)
		if (o[i].content == 0 || (i > 0 && o[i - 1].content > o[i].content))
			return false;
	return true;
}

static bool parse(struct policy *p, struct view blob)
{
	struct view rest = blob;
	const void *v;

	if ((uintptr_t)blob.p % _Alignof(struct policy_rule) != 0 ||
		!take(&rest, 1, sizeof(*p->header), &v))
		return false;
	p->header = v;
	if (p->header->magic != POLICY_MAGIC || p->header->format != POLICY_FORMAT ||
		p->header->size != blob.n || p->header->mode >= MODE_MAX ||
		p->header->n_rules > POLICY_RULES_MAX ||
		p->header->n_overrides > POLICY_PASSES_MAX ||
		p->header->override_max > POLICY_OVERRIDES_MAX ||
		p->header->override_minutes > POLICY_OVERRIDE_MINUTES_MAX ||
		p->header->justify_max > POLICY_JUSTIFIED_MAX ||
		p->header->justify_minutes > POLICY_OVERRIDE_MINUTES_MAX ||
		p->header->justify_reason > POLICY_JUSTIFY_REASON_MAX ||
		p->header->n_failures > POLICY_FAILURES_MAX ||
		p->header->n_words > POLICY_WORDS_MAX)
		return false;
	if (!take(&rest, p->header->n_rules, sizeof(*p->rules), &v))
		return false;
	p->rules = v;
	if (!take(&rest, p->header->n_overrides, sizeof(*p->overrides), &v))
		return false;
	p->overrides = v;
	if (!take(&rest, p->header->n_failures, sizeof(*p->failures), &v))
		return false;
	p->failures = v;
	if (!take(&rest, p->header->n_words, sizeof(*p->words), &v))
		return false;
	p->words = v;
	if (p->header->n_strings != rest.n || rest.n == 0 || rest.p[rest.n - 1] != 0)
		return false;
	p->strings = (const char *)rest.p;
	if (!is_string(p, p->header->reminder))
		return false;
	p->first_about_document = p->header->n_rules;
	for (uint32_t i = p->header->n_rules; i-- > 0;) {
		if (!rule_is_valid(p, &p->rules[i]))
			return false;
		p->when |= p->rules[i].when;
		if (p->rules[i].when & POLICY_ABOUT_DOCUMENT)
			p->first_about_document = i;
	}
	return policy_failures_valid(p, APPS_MAX) && overrides_are_valid(p);
}

static void set_bit(const struct policy *p, uint64_t *row, uint32_t rule)
{
	uint32_t w = rule / 64;

	row[w / 64] |= UINT64_C(1) << w % 64;
	row[p->n_summary + w] |= UINT64_C(1) << rule % 64;
}

static bool has_bit(const struct policy *p, const uint64_t *row, uint32_t rule)
{
	return row[p->n_summary + rule / 64] >> rule % 64 & 1;
}

/* A row per value of one bit-set condition. */
static void fill_rows(struct policy *p, uint64_t **next, enum policy_condition when, size_t offset,
	unsigned n, const uint64_t **ret)
{
	for (unsigned value = 0; value < n; value++) {
		uint64_t *row = *next;

		*next += p->n_row;
		ret[value] = row;
		for (uint32_t i = 0; i < p->header->n_rules; i++) {
			const struct policy_rule *r = &p->rules[i];
			uint32_t set;

			memcpy(&set, (const uint8_t *)r + offset, sizeof(set));
			if (!(r->when & when) || (set >> value & 1))
				set_bit(p, row, i);
		}
	}
}

static void fill_meeting(struct policy *p, uint64_t **next)
{
	for (unsigned value = 0; value < 2; value++) {
		uint64_t *row = *next;

		*next += p->n_row;
		p->meeting[value] = row;
		for (uint32_t i = 0; i < p->header->n_rules; i++)
			if (!(p->rules[i].when & POLICY_WHEN_MEETING) ||
				p->rules[i].meeting == value)
				set_bit(p, row, i);
	}
}

static void fill_apps(struct policy *p, uint64_t **next)
{
	uint64_t *no_app = *next;

	*next += p->n_row;
	p->no_app = no_app;
	for (uint32_t i = 0; i < p->header->n_rules; i++)
		if (!(p->rules[i].when & POLICY_WHEN_APP))
			set_bit(p, no_app, i);
	for (uint32_t i = 0; i < p->header->n_rules; i++) {
		const struct policy_list *l = &p->rules[i].list[POLICY_LIST_APPS];

		if (!(p->rules[i].when & POLICY_WHEN_APP))
			continue;
		for (uint32_t k = 0; k < l->n; k++) {
			uint32_t app = p->words[l->first + k];

			if (!p->app[app]) {
				memcpy(*next, no_app, p->n_row * sizeof(uint64_t));
				p->app[app] = *next;
				*next += p->n_row;
			}
			set_bit(p, (uint64_t *)p->app[app], i);
		}
	}
}

/* How many applications rules name, and the highest number. */
static int count_apps(struct policy *p, uint32_t *ret_named)
{
	cleanup_with(freep) uint8_t *seen = calloc(APPS_MAX, 1);
	uint32_t named = 0;

	if (!seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->header->n_rules; i++) {
		const struct policy_list *l = &p->rules[i].list[POLICY_LIST_APPS];

		if (!(p->rules[i].when & POLICY_WHEN_APP))
			continue;
		for (uint32_t k = 0; k < l->n; k++) {
			uint32_t app = p->words[l->first + k];

			named += !seen[app];
			seen[app] = 1;
			p->n_app = MAX(p->n_app, app + 1);
		}
	}
	*ret_named = named;
	return 0;
}

static int make_index(struct policy *p)
{
	enum { FIXED = LEVEL_MAX + COMPLETENESS_MAX + CATEGORY_MAX + CHANNEL_MAX + 2 + 1 };
	uint64_t *next;
	uint32_t named;
	int r = count_apps(p, &named);

	if (r < 0)
		return r;
	p->n_row = (p->header->n_rules + 63) / 64;
	p->n_summary = (p->n_row + 63) / 64;
	p->n_row += p->n_summary;
	p->rows = calloc((size_t)(FIXED + named) * p->n_row + 1, sizeof(uint64_t));
	p->app = calloc((size_t)p->n_app + 1, sizeof(uint64_t *));
	if (!p->rows || !p->app)
		return -ENOMEM;
	next = p->rows;
	fill_rows(p, &next, POLICY_WHEN_LEVEL, offsetof(struct policy_rule, levels), LEVEL_MAX,
		p->level);
	fill_rows(p, &next, POLICY_WHEN_COMPLETENESS, offsetof(struct policy_rule, completeness),
		COMPLETENESS_MAX, p->completeness);
	fill_rows(p, &next, POLICY_WHEN_CATEGORY, offsetof(struct policy_rule, categories),
		CATEGORY_MAX, p->category);
	fill_rows(p, &next, POLICY_WHEN_CHANNEL, offsetof(struct policy_rule, channels),
		CHANNEL_MAX, p->channel);
	fill_meeting(p, &next);
	fill_apps(p, &next);
	return 0;
}

int policy_open(struct view blob, struct policy **ret)
{
	struct policy *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	r = parse(p, blob) ? make_index(p) : -EBADMSG;
	if (r < 0) {
		policy_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct policy *policy_close(struct policy *p)
{
	if (!p)
		return NULL;
	free(p->rows);
	free((void *)p->app);
	free(p);
	return NULL;
}

static bool is_for(const struct policy_override *o, const struct question *q, enum action refusal)
{
	return o->app == q->app && q->realtime < o->until &&
		(o->uid == POLICY_USER_ANY || (o->uid == q->uid && refusal == ACTION_JUSTIFY));
}

/* Of the question's content and application, in force now; or 0. */
static uint32_t find_override(const struct policy *p, const struct question *q, enum action refusal)
{
	const struct policy_override *o = p->overrides;

	for (uint32_t i = 0; i < p->header->n_overrides && o[i].content <= q->facts.content; i++)
		if (o[i].content == q->facts.content && is_for(&o[i], q, refusal))
			return o[i].id;
	return 0;
}

static void conclude(
	const struct policy *p, const struct question *q, uint32_t rule, struct verdict *ret)
{
	ret->rule = rule;
	ret->version = p->header->version;
	ret->intended = policy_rule_action(p, rule);
	ret->action = ret->intended;
	ret->override = 0;
	if (!action_interferes(ret->intended))
		return;
	if (q->facts.content != 0)
		ret->override = find_override(p, q, ret->intended);
	if (ret->override != 0 || policy_rule_mode(p, rule) == MODE_MONITOR)
		ret->action = ACTION_LOG;
}

enum row {
	ROW_LEVEL,
	ROW_COMPLETENESS,
	ROW_CATEGORY,
	ROW_APP,
	ROW_CHANNEL,
	ROW_MEETING,
	ROW_MAX,
};

/* Values out of range can only come from damage: the strictest one is assumed. */
static void pick_rows(const struct policy *p, const struct question *q, const uint64_t **ret)
{
	ret[ROW_LEVEL] = p->level[MIN((unsigned)q->facts.level, (unsigned)LEVEL_MAX - 1)];
	ret[ROW_COMPLETENESS] = p->completeness[MIN(
		(unsigned)q->facts.completeness, (unsigned)COMPLETENESS_MAX - 1)];
	ret[ROW_CATEGORY] = p->category[MIN((unsigned)q->category, (unsigned)CATEGORY_MAX - 1)];
	ret[ROW_APP] = q->app < p->n_app && p->app[q->app] ? p->app[q->app] : p->no_app;
	ret[ROW_CHANNEL] =
		p->channel[(unsigned)q->channel < CHANNEL_MAX ? q->channel : CHANNEL_OPEN];
	ret[ROW_MEETING] = p->meeting[q->meeting];
}

static uint64_t shared(const uint64_t *const *row, uint32_t i)
{
	uint64_t m = row[0][i];

	for (unsigned k = 1; k < ROW_MAX; k++)
		m &= row[k][i];
	return m;
}

/* The first of the 64 rules of word `w` that matches. */
static uint32_t first_in_word(
	const struct policy *p, const struct question *q, const uint64_t *const *row, uint32_t w)
{
	for (uint64_t m = shared(row, p->n_summary + w); m; m &= m - 1) {
		uint32_t i = w * 64 + (uint32_t)__builtin_ctzll(m);
		const struct policy_rule *r = &p->rules[i];

		if (policy_rule_is_valid(r, q) && !policy_rule_rest(p, r, q))
			return i;
	}
	return POLICY_RULE_NONE;
}

static uint32_t first_match(const struct policy *p, const struct question *q)
{
	const uint64_t *row[ROW_MAX];

	pick_rows(p, q, row);
	for (uint32_t s = 0; s < p->n_summary; s++)
		for (uint64_t m = shared(row, s); m; m &= m - 1) {
			uint32_t w = s * 64 + (uint32_t)__builtin_ctzll(m);
			uint32_t rule = first_in_word(p, q, row, w);

			if (rule != POLICY_RULE_NONE)
				return rule;
		}
	return POLICY_RULE_NONE;
}

void policy_decide(const struct policy *p, const struct question *q, struct verdict *ret)
{
	conclude(p, q, policy_failure_decide(p, q, first_match(p, q), ret), ret);
}

bool policy_wants_path(const struct policy *p)
{
	return p->when & POLICY_WHEN_PATH;
}

bool policy_wants_groups(const struct policy *p)
{
	return p->when & POLICY_WHEN_GROUP;
}

uint32_t policy_override_max(const struct policy *p)
{
	return p->header->override_max;
}

uint32_t policy_override_minutes(const struct policy *p)
{
	return p->header->override_minutes;
}

uint32_t policy_justify_max(const struct policy *p)
{
	return p->header->justify_max;
}

uint32_t policy_justify_minutes(const struct policy *p)
{
	return p->header->justify_minutes;
}

uint32_t policy_justify_reason(const struct policy *p)
{
	return p->header->justify_reason;
}

bool policy_rule_names_channel(const struct policy *p, uint32_t rule)
{
	return rule < p->header->n_rules && (p->rules[rule].when & POLICY_WHEN_CHANNEL);
}

const char *policy_reminder(const struct policy *p)
{
	return p->strings + p->header->reminder;
}

uint32_t policy_version(const struct policy *p)
{
	return p->header->version;
}

enum mode policy_mode(const struct policy *p)
{
	return (enum mode)p->header->mode;
}

uint32_t policy_n_rules(const struct policy *p)
{
	return p->header->n_rules;
}

uint32_t policy_n_failures(const struct policy *p)
{
	return p->header->n_failures;
}

/* The entry of `failures` that a rule's number stands for, or NULL. */
static const struct policy_failure *failure_of(const struct policy *p, uint32_t rule)
{
	rule -= MIN(rule, p->header->n_rules);
	return rule < p->header->n_failures ? &p->failures[rule] : NULL;
}

enum action policy_rule_action(const struct policy *p, uint32_t rule)
{
	const struct policy_failure *f;

	if (rule < p->header->n_rules)
		return (enum action)p->rules[rule].action;
	f = failure_of(p, rule);
	return f ? (enum action)f->action : ACTION_ALLOW;
}

const char *policy_rule_name(const struct policy *p, uint32_t rule)
{
	const struct policy_failure *f;

	if (rule < p->header->n_rules)
		return p->strings + p->rules[rule].name;
	f = failure_of(p, rule);
	return f ? p->strings + f->name : "";
}

uint32_t policy_find_rule(const struct policy *p, const char *name)
{
	uint32_t n = policy_n_rules(p);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(policy_rule_name(p, i), name) == 0)
			return i;
	return POLICY_RULE_NONE;
}

const char *policy_rule_message(const struct policy *p, uint32_t rule)
{
	const struct policy_failure *f;

	if (rule < p->header->n_rules)
		return p->strings + p->rules[rule].message;
	f = failure_of(p, rule);
	return f ? p->strings + f->message : "";
}

enum mode policy_rule_mode(const struct policy *p, uint32_t rule)
{
	bool monitor = rule < p->header->n_rules && p->rules[rule].monitor;

	return monitor ? MODE_MONITOR : policy_mode(p);
}

bool policy_rule_keeps_evidence(const struct policy *p, uint32_t rule)
{
	return rule < p->header->n_rules && p->rules[rule].evidence;
}

bool policy_keeps_evidence(const struct policy *p)
{
	for (uint32_t i = 0; i < p->header->n_rules; i++)
		if (p->rules[i].evidence)
			return true;
	return false;
}

const char *policy_rule_mismatch(const struct policy *p, uint32_t rule, const struct question *q)
{
	static const struct {
		enum policy_condition condition;
		const char *text;
	} rest[] = {
		{POLICY_WHEN_TAG, "the document has none of the rule's tags"},
		{POLICY_WHEN_REASON,
			"none of the rule's reasons for an incomplete reading applies"},
		{POLICY_WHEN_POSTURE, "the program has none of the rule's findings"},
		{POLICY_WHEN_USER, "the user is not in the rule's list"},
		{POLICY_WHEN_GROUP, "the user is in none of the rule's groups"},
		{POLICY_WHEN_PATH, "the path matches none of the rule's patterns"},
		{POLICY_WHEN_DESTINATION, "the destination matches none of the rule's patterns"},
		{POLICY_WHEN_TIME, "it is outside the rule's hours"},
	};
	static const char *const rows[ROW_MAX] = {
		[ROW_LEVEL] = "the document's level is not in the rule's list",
		[ROW_COMPLETENESS] =
			"how completely the document was read is not in the rule's list",
		[ROW_CATEGORY] = "the application's category is not in the rule's list",
		[ROW_APP] = "the application is not in the rule's list",
		[ROW_CHANNEL] = "the channel is not in the rule's list",
		[ROW_MEETING] = "the rule asks the opposite of whether a meeting is in progress",
	};
	const uint64_t *row[ROW_MAX];
	enum policy_condition failed;

	if (rule >= p->header->n_rules && rule - p->header->n_rules < p->header->n_failures)
		return policy_failure_mismatch(p, rule - p->header->n_rules, q);
	if (rule >= p->header->n_rules)
		return "there is no such rule";
	if (!policy_rule_is_valid(&p->rules[rule], q))
		return q->realtime < p->rules[rule].valid_from ? "the rule is not valid yet"
							       : "the rule is no longer valid";
	pick_rows(p, q, row);
	for (unsigned k = 0; k < ROW_MAX; k++)
		if (!has_bit(p, row[k], rule))
			return rows[k];
	failed = policy_rule_rest(p, &p->rules[rule], q);
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++)
		if (rest[i].condition == failed)
			return rest[i].text;
	return NULL;
}
