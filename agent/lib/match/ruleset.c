/* SPDX-License-Identifier: Apache-2.0 */
#include "match/ruleset.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "match/limits.h"
#include "match/numbers.h"
#include "model/level.h"
#include "model/tag.h"

pcre2_code *ruleset_regex(struct view source, bool whole, int *ret_error, size_t *ret_offset)
{
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE;

	options |= whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : PCRE2_USE_OFFSET_LIMIT;
	return pcre2_compile(source.p, source.n, options, ret_error, ret_offset, NULL);
}

struct section_of {
	size_t entry;
	const void **table;
	uint32_t *n;
};

static int section_open(struct view blob, const struct rs_head *head, enum rs_section s,
	const struct section_of *to)
{
	struct rs_span span = head->section[s];

	if (!checked_range(span.off, span.n, blob.n) || span.off % RULESET_ALIGN != 0 ||
		span.n % to->entry != 0)
		return -EBADMSG;
	*to->table = blob.p + span.off;
	*to->n = (uint32_t)(span.n / to->entry);
	return 0;
}

static int sections_open(struct ruleset *r, struct view blob, const struct rs_head *head)
{
	uint32_t n_strings = 0;
	const struct section_of sections[] = {
		[RS_STRINGS] = {1, (const void **)&r->strings, &n_strings},
		[RS_PACKS] = {sizeof(*r->packs), (const void **)&r->packs, &r->n_packs},
		[RS_MARKS] = {sizeof(*r->marks), (const void **)&r->marks, &r->n_marks},
		[RS_PATTERNS] = {sizeof(*r->patterns), (const void **)&r->patterns, &r->n_patterns},
		[RS_USES] = {sizeof(*r->uses), (const void **)&r->uses, &r->n_uses},
		[RS_CONTEXTS] = {sizeof(*r->contexts), (const void **)&r->contexts, &r->n_contexts},
		[RS_TAILS] = {sizeof(*r->tails), (const void **)&r->tails, &r->n_tails},
		[RS_CONDS] = {sizeof(*r->conds), (const void **)&r->conds, &r->n_conds},
		[RS_RULES] = {sizeof(*r->rules), (const void **)&r->rules, &r->n_rules},
		[RS_MARK_RULES] = {4, (const void **)&r->mark_rules, &r->n_mark_rules},
		[RS_RULE_TAILS] = {4, (const void **)&r->rule_tails, &r->n_rule_tails},
		[RS_NAMES] = {sizeof(*r->names), (const void **)&r->names, &r->n_names},
		[RS_SWITCHES] = {sizeof(*r->switches), (const void **)&r->switches, &r->n_switches},
		[RS_STAMPS] = {sizeof(*r->stamps), (const void **)&r->stamps, &r->n_stamps},
	};

	for (unsigned s = 0; s < ARRAY_SIZE(sections); s++)
		if (section_open(blob, head, (enum rs_section)s, &sections[s]) < 0)
			return -EBADMSG;
	r->n_strings = n_strings;
	return 0;
}

static bool in(struct rs_span s, size_t n)
{
	return checked_range(s.off, s.n, n);
}

static bool conds_are_sound(const struct ruleset *r)
{
	for (uint32_t i = 0; i < r->n_conds; i++) {
		const struct rs_cond *c = &r->conds[i];

		if (c->kind >= RS_COND_MAX ||
			(c->kind == RS_COND_CONTEXT && c->arg >= r->n_contexts) ||
			(c->kind == RS_COND_TAIL && c->arg >= r->n_tails))
			return false;
	}
	return true;
}

static bool rules_are_sound(const struct ruleset *r)
{
	for (uint32_t i = 0; i < r->n_rules; i++) {
		const struct rs_rule *u = &r->rules[i];

		if (!in(u->name, r->n_strings) || u->pack >= r->n_packs || u->as >= RS_AS_MAX ||
			u->letter_case >= RS_CASE_MAX || !in(u->tails, r->n_rule_tails) ||
			!in(u->names, r->n_names) || !in(u->switches, r->n_switches) ||
			!in(u->need, r->n_conds) || !in(u->conds[0], r->n_conds) ||
			!in(u->conds[1], r->n_conds))
			return false;
	}
	for (uint32_t i = 0; i < r->n_mark_rules; i++)
		if (r->mark_rules[i] >= r->n_rules)
			return false;
	for (uint32_t i = 0; i < r->n_rule_tails; i++)
		if (r->rule_tails[i] >= r->n_tails)
			return false;
	return true;
}

static bool uses_are_sound(const struct ruleset *r)
{
	for (uint32_t i = 0; i < r->n_patterns; i++)
		if (!in(r->patterns[i].text, r->n_strings) || !in(r->patterns[i].uses, r->n_uses))
			return false;
	for (uint32_t i = 0; i < r->n_uses; i++) {
		const struct rs_use *u = &r->uses[i];

		if (!in(u->full, r->n_strings))
			return false;
		if (u->kind == RS_USE_MARK ? u->index >= r->n_marks || u->how >= RS_FORM_MAX
					   : u->kind != RS_USE_CONTEXT ||
					u->index >= r->n_contexts || u->how >= RS_ANCHOR_MAX)
			return false;
	}
	return true;
}

static bool stamps_are_sound(const struct ruleset *r)
{
	for (uint32_t i = 0; i < r->n_stamps; i++) {
		struct rs_span t = r->stamps[i].text;

		if (!in(t, r->n_strings) || t.n == 0 || t.n > RULESET_STAMP_TEXT_MAX ||
			r->strings[t.off + t.n - 1] != 0)
			return false;
	}
	return r->n_stamps <= RULESET_STAMPS_MAX;
}

static bool tables_are_sound(const struct ruleset *r)
{
	if (r->n_contexts > RULESET_CONTEXTS_MAX || r->n_tails > RULESET_TAILS_MAX ||
		!stamps_are_sound(r))
		return false;
	for (uint32_t i = 0; i < r->n_packs; i++)
		if (!in(r->packs[i].name, r->n_strings) || !in(r->packs[i].version, r->n_strings))
			return false;
	for (uint32_t i = 0; i < r->n_marks; i++) {
		const struct rs_mark *m = &r->marks[i];

		if (!in(m->name, r->n_strings) || !in(m->rules, r->n_mark_rules) ||
			m->pack >= r->n_packs || m->level >= LEVEL_MAX ||
			(m->tag >= TAG_MAX && m->tag != RS_NO_TAG))
			return false;
	}
	for (uint32_t i = 0; i < r->n_contexts; i++)
		if (!in(r->contexts[i].name, r->n_strings) ||
			r->contexts[i].within > MATCH_WINDOW_MAX)
			return false;
	for (uint32_t i = 0; i < r->n_tails; i++)
		if (!in(r->tails[i].regex, r->n_strings))
			return false;
	for (uint32_t i = 0; i < r->n_names; i++)
		if (!in(r->names[i].text, r->n_strings))
			return false;
	for (uint32_t i = 0; i < r->n_switches; i++)
		if (!in(r->switches[i].name, r->n_strings) ||
			!in(r->switches[i].value, r->n_strings))
			return false;
	return uses_are_sound(r) && conds_are_sound(r) && rules_are_sound(r);
}

/* The bytes that a match may begin with; all where the expression does not tell. */
static void first_bytes(struct view source, uint8_t ret[32])
{
	const uint8_t *set = NULL;
	uint32_t type = 0, byte = 0;
	size_t at;
	int error;
	pcre2_code *code = ruleset_regex(source, false, &error, &at);

	memset(ret, 0xff, 32);
	if (code && pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type) == 0 && type == 1 &&
		pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &byte) == 0) {
		memset(ret, 0, 32);
		/* it may stand for a capital of an expression that ignores case */
		ret[(byte & 0xff) / 8] |= (uint8_t)(1U << byte % 8);
		ret[((byte | 0x20) & 0xff) / 8] |= (uint8_t)(1U << (byte | 0x20) % 8);
	} else if (code && type == 0 &&
		pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &set) == 0 && set) {
		memcpy(ret, set, 32);
	}
	pcre2_code_free(code);
}

static int regexes_compile(struct ruleset *r)
{
	int error;
	size_t at;

	r->pattern_code = calloc(r->n_patterns + 1, sizeof(*r->pattern_code));
	r->tail_code = calloc(r->n_tails + 1, sizeof(*r->tail_code));
	r->tail_first = calloc(r->n_tails + 1, sizeof(*r->tail_first));
	if (!r->pattern_code || !r->tail_code || !r->tail_first)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_patterns; i++) {
		if (!(r->patterns[i].flags & RS_PATTERN_REGEX))
			continue;
		r->pattern_code[i] = ruleset_regex(
			ruleset_str(r, r->patterns[i].text), false, &error, &at);
		if (!r->pattern_code[i])
			return -EBADMSG;
	}
	for (uint32_t i = 0; i < r->n_tails; i++) {
		r->tail_code[i] = ruleset_regex(
			ruleset_str(r, r->tails[i].regex), true, &error, &at);
		if (!r->tail_code[i])
			return -EBADMSG;
		first_bytes(ruleset_str(r, r->tails[i].regex), r->tail_first[i]);
	}
	return 0;
}

static void key_lengths_add(struct ruleset *r, const struct rs_rule *u)
{
	for (uint32_t i = 0; i < u->names.n; i++) {
		struct view key = ruleset_str(r, r->names[u->names.off + i].text);

		if (key.n)
			r->key_lengths[key.p[0]] |= UINT64_C(1) << key.n % 64;
	}
}

static int field_rules_list(struct ruleset *r)
{
	r->field_rules = calloc(r->n_rules + 1, sizeof(*r->field_rules));
	if (!r->field_rules)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_rules; i++)
		if (r->rules[i].as == RS_AS_FIELD) {
			r->field_rules[r->n_field_rules++] = i;
			key_lengths_add(r, &r->rules[i]);
		}
	return 0;
}

static int database_open(struct ruleset *r, struct view blob, struct rs_span at)
{
	if (!in(at, blob.n) || at.off % RULESET_ALIGN != 0)
		return -EBADMSG;
	if (r->n_patterns == 0)
		return 0;
	switch (hs_deserialize_database((const char *)blob.p + at.off, at.n, &r->database)) {
	case HS_SUCCESS: return 0;
	case HS_NOMEM: return -ENOMEM;
	default: return -EBADMSG;
	}
}

static void ruleset_closep(struct ruleset **r)
{
	*r = ruleset_close(*r);
}

int ruleset_open(struct view blob, struct ruleset **ret)
{
	cleanup_with(ruleset_closep) struct ruleset *r = NULL;
	const struct rs_head *head = (const void *)blob.p;
	int e;

	if (blob.n < sizeof(*head) || (uintptr_t)blob.p % _Alignof(struct rs_head) != 0 ||
		head->magic != RULESET_MAGIC || head->version != RULESET_VERSION ||
		head->size != blob.n)
		return -EBADMSG;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	e = sections_open(r, blob, head);
	if (e < 0)
		return e;
	if (!tables_are_sound(r))
		return -EBADMSG;
	e = database_open(r, blob, head->section[RS_DATABASE]);
	if (e < 0)
		return e;
	e = regexes_compile(r);
	if (e == 0)
		e = field_rules_list(r);
	if (e < 0)
		return e;
	numbers_set_bounds(r);
	*ret = steal(&r);
	return 0;
}

struct ruleset *ruleset_close(struct ruleset *r)
{
	if (!r)
		return NULL;
	for (uint32_t i = 0; r->pattern_code && i < r->n_patterns; i++)
		pcre2_code_free(r->pattern_code[i]);
	for (uint32_t i = 0; r->tail_code && i < r->n_tails; i++)
		pcre2_code_free(r->tail_code[i]);
	free(r->pattern_code);
	free(r->tail_code);
	free(r->tail_first);
	free(r->field_rules);
	if (r->database)
		hs_free_database(r->database);
	free(r);
	return NULL;
}

uint32_t ruleset_n_stamps(const struct ruleset *r)
{
	return r->n_stamps;
}

void ruleset_stamp(const struct ruleset *r, uint32_t i, struct ruleset_stamp *ret)
{
	const struct rs_stamp *s = &r->stamps[i];

	*ret = (struct ruleset_stamp){
		r->strings + s->text.off, s->errors, s->width_mm, s->harmless != 0};
}

uint32_t ruleset_n_rules(const struct ruleset *r)
{
	return r->n_rules;
}
