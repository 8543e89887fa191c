/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/policy_builder.h"

#include <errno.h>
#include <string.h>

struct policy_builder {
	struct buf rules, failures, words, strings;
	uint32_t n_rules, n_failures, reminder;
	uint32_t override_max, override_minutes;
	uint32_t justify_max, justify_minutes, justify_reason;
};

int policy_builder_new(struct policy_builder **ret)
{
	struct policy_builder *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->words.max = POLICY_WORDS_MAX * sizeof(uint32_t);
	r = buf_put_byte(&b->strings, 0); /* offset 0 is "" */
	if (r < 0) {
		free(b);
		return r;
	}
	*ret = b;
	return 0;
}

struct policy_builder *policy_builder_free(struct policy_builder *b)
{
	if (!b)
		return NULL;
	buf_done(&b->rules);
	buf_done(&b->failures);
	buf_done(&b->words);
	buf_done(&b->strings);
	free(b);
	return NULL;
}

static int put_string(struct policy_builder *b, const char *s, uint32_t *ret)
{
	*ret = (uint32_t)b->strings.n;
	return buf_put(&b->strings, s, strlen(s) + 1);
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int put_numbers(
	struct policy_builder *b, const uint32_t *v, size_t n, struct policy_list *ret)
{
	size_t first = b->words.n;
	int r = buf_put(&b->words, v, n * sizeof(*v));

	if (r < 0)
		return r;
	if (n > 0)
		qsort(b->words.p + first, n, sizeof(*v), compare_u32);
	*ret = (struct policy_list){(uint32_t)(first / sizeof(*v)), (uint32_t)n};
	return 0;
}

static int put_strings(
	struct policy_builder *b, const char *const *v, size_t n, struct policy_list *ret)
{
	struct policy_list l = {(uint32_t)(b->words.n / sizeof(uint32_t)), (uint32_t)n};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t off;

		r = put_string(b, v[i], &off);
		if (r == 0)
			r = buf_put(&b->words, &off, sizeof(off));
	}
	*ret = l;
	return r;
}

static int put_times(
	struct policy_builder *b, const struct policy_window *v, size_t n, struct policy_list *ret)
{
	struct policy_list l = {(uint32_t)(b->words.n / sizeof(uint32_t)), (uint32_t)(2 * n)};
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t w[2] = {v[i].days, (uint32_t)v[i].from << 16 | v[i].to};

		if (v[i].days == 0 || v[i].days > 0x7f || v[i].from > 1440 || v[i].to > 1440)
			return -EINVAL;
		r = buf_put(&b->words, w, sizeof(w));
	}
	*ret = l;
	return r;
}

static int put_lists(
	struct policy_builder *b, const struct policy_rule_def *def, struct policy_list *list)
{
	int r = put_numbers(b, def->apps, def->n_apps, &list[POLICY_LIST_APPS]);

	if (r == 0)
		r = put_numbers(b, def->users, def->n_users, &list[POLICY_LIST_USERS]);
	if (r == 0)
		r = put_numbers(b, def->groups, def->n_groups, &list[POLICY_LIST_GROUPS]);
	if (r == 0)
		r = put_strings(b, def->paths, def->n_paths, &list[POLICY_LIST_PATHS]);
	if (r == 0)
		r = put_strings(
			b, def->destinations, def->n_destinations, &list[POLICY_LIST_DESTINATIONS]);
	if (r == 0)
		r = put_times(b, def->times, def->n_times, &list[POLICY_LIST_TIMES]);
	return r;
}

int policy_builder_add(struct policy_builder *b, const struct policy_rule_def *def)
{
	struct policy_rule rule = {
		.valid_from = def->valid_from,
		.valid_until = def->valid_until,
		.action = def->action,
		.when = def->when,
		.levels = def->levels,
		.completeness = def->completeness,
		.categories = def->categories,
		.channels = def->channels,
		.tags = def->tags,
		.reasons = def->reasons,
		.meeting = def->meeting,
		.posture = def->posture,
		.monitor = def->monitor,
		.evidence = def->evidence,
	};
	int r;

	if (b->n_rules == POLICY_RULES_MAX || strlen(def->name) >= POLICY_NAME_MAX ||
		(def->message && strlen(def->message) >= POLICY_MESSAGE_MAX))
		return -E2BIG;
	if (!def->name[0] || (unsigned)def->action >= ACTION_MAX ||
		(def->when & ~(uint32_t)POLICY_WHEN_ALL))
		return -EINVAL;
	r = put_string(b, def->name, &rule.name);
	if (r == 0 && def->message)
		r = put_string(b, def->message, &rule.message);
	if (r == 0)
		r = put_lists(b, def, rule.list);
	if (r == 0)
		r = buf_put(&b->rules, &rule, sizeof(rule));
	if (r == 0)
		b->n_rules++;
	return r;
}

int policy_builder_add_failure(struct policy_builder *b, const struct policy_failure_def *def)
{
	struct policy_failure f = {
		.action = def->action,
		.failures = def->failures,
		.may_be = def->may_be,
		.categories = def->categories,
		.asks_app = def->apps != NULL,
	};
	int r;

	if (b->n_failures == POLICY_FAILURES_MAX || strlen(def->name) >= POLICY_NAME_MAX ||
		(def->message && strlen(def->message) >= POLICY_MESSAGE_MAX))
		return -E2BIG;
	if (!def->name[0] || (unsigned)def->action >= ACTION_MAX || def->failures >> FAILURE_MAX ||
		def->may_be >> MAY_BE_MAX || def->categories >> CATEGORY_MAX)
		return -EINVAL;
	r = put_string(b, def->name, &f.name);
	if (r == 0 && def->message)
		r = put_string(b, def->message, &f.message);
	if (r == 0)
		r = put_numbers(b, def->apps, def->n_apps, &f.apps);
	if (r == 0)
		r = buf_put(&b->failures, &f, sizeof(f));
	if (r == 0)
		b->n_failures++;
	return r;
}

int policy_builder_overrides(struct policy_builder *b, uint32_t max, uint32_t minutes)
{
	if (max > POLICY_OVERRIDES_MAX || minutes > POLICY_OVERRIDE_MINUTES_MAX)
		return -EINVAL;
	b->override_max = max;
	b->override_minutes = minutes;
	return 0;
}

int policy_builder_justify(
	struct policy_builder *b, uint32_t max, uint32_t minutes, uint32_t reason)
{
	if (max > POLICY_JUSTIFIED_MAX || minutes > POLICY_OVERRIDE_MINUTES_MAX ||
		reason > POLICY_JUSTIFY_REASON_MAX)
		return -EINVAL;
	b->justify_max = max;
	b->justify_minutes = minutes;
	b->justify_reason = reason;
	return 0;
}

int policy_builder_reminder(struct policy_builder *b, const char *text)
{
	if (!text)
		return 0;
	return strlen(text) >= POLICY_MESSAGE_MAX ? -E2BIG : put_string(b, text, &b->reminder);
}

int policy_builder_finish(
	struct policy_builder *b, enum mode mode, uint32_t version, struct buf *ret_blob)
{
	struct policy_header h = {
		.magic = POLICY_MAGIC,
		.format = POLICY_FORMAT,
		.version = version,
		.mode = mode,
		.n_rules = b->n_rules,
		.n_failures = b->n_failures,
		.n_words = (uint32_t)(b->words.n / sizeof(uint32_t)),
		.n_strings = (uint32_t)b->strings.n,
		.override_max = b->override_max,
		.override_minutes = b->override_minutes,
		.justify_max = b->justify_max,
		.justify_minutes = b->justify_minutes,
		.justify_reason = b->justify_reason,
		.reminder = b->reminder,
	};
	int r;

	h.size = (uint32_t)(sizeof(h) + b->rules.n + b->failures.n + b->words.n + b->strings.n);
	r = buf_reserve(ret_blob, h.size);
	if (r == 0)
		r = buf_put(ret_blob, &h, sizeof(h));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&b->rules));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&b->failures));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&b->words));
	if (r == 0)
		r = buf_put_view(ret_blob, buf_view(&b->strings));
	return r;
}

static int compare_contents(const void *a, const void *b)
{
	const struct policy_override *x = a, *y = b;

	return x->content < y->content ? -1 : x->content > y->content;
}

int policy_blob_with_overrides(
	struct view blob, const struct policy_override *v, size_t n, struct buf *ret_blob)
{
	struct policy_header h;
	size_t rules, first = ret_blob->n, at;
	struct view rest;
	int r;

	if (n > POLICY_PASSES_MAX)
		return -E2BIG;
	if (blob.n < sizeof(h))
		return -EBADMSG;
	memcpy(&h, blob.p, sizeof(h));
	if (h.n_rules > POLICY_RULES_MAX || h.n_overrides > POLICY_PASSES_MAX)
		return -EBADMSG;
	rules = sizeof(h) + h.n_rules * sizeof(struct policy_rule);
	at = rules + h.n_overrides * sizeof(*v);
	if (h.magic != POLICY_MAGIC || h.format != POLICY_FORMAT || at > blob.n)
		return -EBADMSG;
	rest = view_sub(blob, at, blob.n);
	h.n_overrides = (uint32_t)n;
	h.size = (uint32_t)(rules + n * sizeof(*v) + rest.n);
	r = buf_reserve(ret_blob, h.size);
	if (r == 0)
		r = buf_put(ret_blob, &h, sizeof(h));
	if (r == 0)
		r = buf_put_view(ret_blob, view_sub(blob, sizeof(h), rules - sizeof(h)));
	at = ret_blob->n;
	if (r == 0)
		r = buf_put(ret_blob, v, n * sizeof(*v));
	if (r == 0 && n > 0)
		qsort(ret_blob->p + at, n, sizeof(*v), compare_contents);
	if (r == 0)
		r = buf_put_view(ret_blob, rest);
	if (r < 0)
		ret_blob->n = first;
	return r;
}
