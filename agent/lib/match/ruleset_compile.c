/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables to blob: groups uses by pattern and rules by mark, compiles all patterns into one database
 * and proves it. The proof runs the database over every pattern's own sample, because databases of
 * many patterns have lost matches before (VectorCamp/vectorscan issue 358).
 */
#include <errno.h>
#include <hs/hs.h>
#include <stdlib.h>

#include "match/limits.h"
#include "match/ruleset.h"
#include "match/ruleset_builder.h"
#include "match/shape.h"
#include "text/canon.h"

/* Bounded repeats beyond this make automata that cannot be interrupted. */
#define REPEAT_MAX 200

static int link_order(const void *a, const void *b)
{
	const struct builder_link *x = a, *y = b;

	if (x->pattern != y->pattern)
		return x->pattern < y->pattern ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int mark_rule_order(const void *a, const void *b)
{
	const struct builder_mark_rule *x = a, *y = b;

	if (x->mark != y->mark)
		return x->mark < y->mark ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static int group_patterns(struct ruleset_build *b)
{
	size_t n = b->seeds.n / sizeof(struct builder_seed);
	size_t n_links = b->links.n / sizeof(struct builder_link), at = 0;
	struct builder_link *links = (struct builder_link *)(void *)b->links.p;

	if (n_links)
		qsort(links, n_links, sizeof(*links), link_order);
	for (size_t i = 0; i < n; i++) {
		const struct builder_seed *s = &builder_seeds(b)[i];
		struct rs_pattern p = {.text = s->text,
			.flags = s->regex ? RS_PATTERN_REGEX | RS_PATTERN_STARTS : 0,
			.uses.off = (uint32_t)at};

		for (; at < n_links && links[at].pattern == i; at++) {
			const struct rs_use *u = &links[at].use;
			int e = buf_put(&b->table[RS_USES], u, sizeof(*u));

			if (e < 0)
				return e;
			if (u->kind != RS_USE_CONTEXT || u->how == RS_ANCHOR_ANY)
				p.flags &= ~(uint32_t)RS_PATTERN_STARTS;
		}
		p.uses.n = (uint32_t)at - p.uses.off;
		int e = buf_put(&b->table[RS_PATTERNS], &p, sizeof(p));

		if (e < 0)
			return e;
	}
	return 0;
}

static int group_mark_rules(struct ruleset_build *b)
{
	cleanup_with(buf_done) struct buf pairs = b->table[RS_MARK_RULES];
	struct builder_mark_rule *v = (struct builder_mark_rule *)(void *)pairs.p;
	struct rs_mark *marks = (struct rs_mark *)(void *)b->table[RS_MARKS].p;
	size_t n = pairs.n / sizeof(*v), n_marks = b->table[RS_MARKS].n / sizeof(*marks), at = 0;
	int e = 0;

	b->table[RS_MARK_RULES] = BUF_INIT(RULESET_BLOB_MAX);
	if (n)
		qsort(v, n, sizeof(*v), mark_rule_order);
	for (size_t i = 0; i < n_marks; i++) {
		marks[i].rules.off = (uint32_t)at;
		for (; e == 0 && at < n && v[at].mark == i; at++)
			e = buf_put(&b->table[RS_MARK_RULES], &v[at].rule, 4);
		marks[i].rules.n = (uint32_t)at - marks[i].rules.off;
	}
	return e;
}

/* A literal for the database: every byte that could mean something is written as \xNN. */
static int put_pattern(struct buf *out, struct view text, uint32_t flags)
{
	int e = 0;

	if (flags & RS_PATTERN_STARTS) {
		/* no letter is part of a frame; what else may stand there is asked later */
		e = buf_put_str(out, "^[^a-z\\n]*(?:");
		if (e == 0)
			e = buf_put_view(out, text);
		return e < 0 ? e : buf_put_byte(out, ')');
	}
	if (flags & RS_PATTERN_REGEX)
		return buf_put_view(out, text);
	for (size_t i = 0; e == 0 && i < text.n; i++) {
		uint8_t c = text.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			e = buf_put_byte(out, c);
		else
			e = buf_printf(out, "\\x%02x", c);
	}
	return e;
}

static int compile_failed(struct ruleset_build *b, hs_compile_error_t *error)
{
	const struct builder_seed *s = error->expression >= 0 ? &builder_seeds(b)[error->expression]
							      : NULL;
	int e = builder_fail(b, s ? &s->at : NULL, "does not compile: %s", error->message);

	hs_free_compile_error(error);
	return e;
}

/* Refuses repeats such as {1,5000}: a scan cannot be cancelled. */
static int check_repeats(struct ruleset_build *b, const struct builder_seed *s)
{
	struct view v = view_of(b->table[RS_STRINGS].p + s->text.off, s->text.n);
	unsigned number = 0;
	bool inside = false;

	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c == '\\') {
			i++;
		} else if (c == '{') {
			inside = true;
			number = 0;
		} else if (inside && c >= '0' && c <= '9') {
			number = MIN(number * 10 + (c - '0'), 100000U);
			if (number > REPEAT_MAX)
				return builder_fail(
					b, &s->at, "repeats more than %d times", REPEAT_MAX);
		} else {
			inside = inside && c == ',';
			number = 0;
		}
	}
	return 0;
}

struct sources {
	struct buf text;
	const char **v;
	unsigned *flags, *ids;
};

static void sources_done(struct sources *s)
{
	buf_done(&s->text);
	free(s->v);
	free(s->flags);
	free(s->ids);
}

static int sources_make(struct ruleset_build *b, size_t n, struct sources *s)
{
	cleanup_with(freep) size_t *at = calloc(n, sizeof(*at));
	const struct rs_pattern *patterns = (const void *)b->table[RS_PATTERNS].p;

	s->v = calloc(n, sizeof(*s->v));
	s->flags = calloc(n, sizeof(*s->flags));
	s->ids = calloc(n, sizeof(*s->ids));
	if (!s->v || !s->flags || !s->ids || !at)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct builder_seed *seed = &builder_seeds(b)[i];
		struct view text = view_of(b->table[RS_STRINGS].p + seed->text.off, seed->text.n);
		int e = seed->regex ? check_repeats(b, seed) : 0;

		at[i] = s->text.n;
		if (e == 0)
			e = put_pattern(&s->text, text, patterns[i].flags);
		if (e == 0)
			e = buf_put_byte(&s->text, 0);
		if (e < 0)
			return e;
		s->ids[i] = (unsigned)i;
		if (seed->regex)
			s->flags[i] = HS_FLAG_UTF8 | HS_FLAG_MULTILINE;
	}
	for (size_t i = 0; i < n; i++)
		s->v[i] = (const char *)s->text.p + at[i];
	return 0;
}

static int compile(struct ruleset_build *b)
{
	cleanup_with(sources_done) struct sources s = {.text.max = RULESET_BLOB_MAX};
	size_t n = b->seeds.n / sizeof(struct builder_seed), size;
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;
	char *bytes = NULL;
	int e;

	if (n == 0)
		return 0;
	e = sources_make(b, n, &s);
	if (e < 0)
		return e;
	if (hs_compile_multi(s.v, s.flags, s.ids, (unsigned)n, HS_MODE_BLOCK, NULL, &db, &error) !=
		HS_SUCCESS)
		return compile_failed(b, error);
	if (hs_serialize_database(db, &bytes, &size) != HS_SUCCESS)
		e = -ENOMEM;
	else
		e = buf_put(&b->table[RS_DATABASE], bytes, size);
	free(bytes);
	hs_free_database(db);
	return e;
}

static int write_blob(struct ruleset_build *b, struct buf *out)
{
	struct rs_head head = {.magic = RULESET_MAGIC, .version = RULESET_VERSION};
	static const uint8_t zero[RULESET_ALIGN];
	size_t start = out->n, at = (sizeof(head) + RULESET_ALIGN - 1) & ~(RULESET_ALIGN - 1UL);
	int e;

	for (unsigned i = 0; i < RS_SECTION_MAX; i++) {
		head.section[i] = (struct rs_span){(uint32_t)at, (uint32_t)b->table[i].n};
		at = (at + b->table[i].n + RULESET_ALIGN - 1) & ~(RULESET_ALIGN - 1UL);
		if (at > RULESET_BLOB_MAX)
			return -E2BIG;
	}
	head.size = at;
	e = buf_put(out, &head, sizeof(head));
	for (unsigned i = 0; e == 0 && i <= RS_SECTION_MAX; i++) {
		size_t to = i < RS_SECTION_MAX ? head.section[i].off : at;

		e = buf_put(out, zero, start + to - out->n);
		if (e == 0 && i < RS_SECTION_MAX)
			e = buf_put(out, b->table[i].p, b->table[i].n);
	}
	return e;
}

struct proof {
	const struct ruleset_build *b;
	uint8_t *found;
};

static int on_found(
	unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *userdata)
{
	struct proof *p = userdata;
	const struct builder_seed *s = &builder_seeds(p->b)[id];

	(void)from;
	(void)flags;
	if (to > s->sample.off && to <= (uint64_t)s->sample.off + s->sample.n)
		p->found[id] = 1;
	return 0;
}

static int prove_patterns(struct ruleset_build *b, const struct ruleset *r, const uint8_t *found)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *bounds = pcre2_match_context_create(NULL);
	int e = data && bounds ? 0 : -ENOMEM;

	for (uint32_t i = 0; e == 0 && i < r->n_patterns; i++) {
		const struct builder_seed *s = &builder_seeds(b)[i];
		struct view sample = view_of(b->samples.p + s->sample.off, s->sample.n);
		struct view text = view_of(b->table[RS_STRINGS].p + s->text.off, s->text.n);
		bool starts = r->patterns[i].flags & RS_PATTERN_STARTS, oracle;

		pcre2_set_offset_limit(
			bounds, starts ? sample.n - shape_trim_front(sample).n : PCRE2_UNSET);
		oracle = s->regex ? pcre2_match(r->pattern_code[i], sample.p, sample.n, 0, 0, data,
					    bounds) >= 0
				  : memmem(sample.p, sample.n, text.p, text.n) != NULL;

		if (!oracle)
			e = builder_fail(b, &s->at,
				starts ? "the sample does not begin with the expression"
				       : "the sample does not fit the expression");
		else if (!found[i])
			e = builder_fail(b, &s->at,
				"self-test failed: the database does not find the sample");
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(bounds);
	return e;
}

static int prove(struct ruleset_build *b, struct view blob)
{
	cleanup_with(freep) uint8_t *found = NULL;
	struct ruleset *r = NULL;
	hs_scratch_t *scratch = NULL;
	int e = ruleset_open(blob, &r);

	if (e < 0)
		return e == -EBADMSG ? builder_fail(b, NULL, "the ruleset does not open again") : e;
	found = calloc(r->n_patterns + 1, 1);
	if (!found)
		e = -ENOMEM;
	if (e == 0 && r->database) {
		struct proof p = {b, found};

		if (hs_alloc_scratch(r->database, &scratch) != HS_SUCCESS)
			e = -ENOMEM;
		else if (hs_scan(r->database, (const char *)b->samples.p, (unsigned)b->samples.n, 0,
				 scratch, on_found, &p) != HS_SUCCESS)
			e = builder_fail(b, NULL, "self-test failed: the database does not run");
		hs_free_scratch(scratch);
	}
	if (e == 0)
		e = prove_patterns(b, r, found);
	r = ruleset_close(r);
	return e;
}

int builder_prove_tail(struct ruleset_build *b, const struct build_text *t, struct view canonical)
{
	cleanup_with(buf_done) struct buf sample = {0};
	pcre2_match_data *data;
	pcre2_code *code;
	int error, e;
	size_t at;

	if (!t->sample)
		return 0;
	code = ruleset_regex(canonical, true, &error, &at);
	if (!code)
		return builder_fail(b, &t->at, "does not compile at character %zu", at + 1);
	data = pcre2_match_data_create(1, NULL);
	e = data ? canon_text(view_str(t->sample), &sample, NULL) : -ENOMEM;
	if (e == 0 && pcre2_match(code, sample.p, sample.n, 0, 0, data, NULL) < 0)
		e = builder_fail(b, &t->at, "the sample does not fit the expression");
	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return e;
}

/* pcre2 first: its messages name the place, and both must understand an expression alike. */
static int check_regexes(struct ruleset_build *b)
{
	size_t n = b->seeds.n / sizeof(struct builder_seed);

	for (size_t i = 0; i < n; i++) {
		const struct builder_seed *s = &builder_seeds(b)[i];
		pcre2_code *code;
		int error;
		size_t at;

		if (!s->regex)
			continue;
		code = ruleset_regex(view_of(b->table[RS_STRINGS].p + s->text.off, s->text.n),
			false, &error, &at);
		if (!code) {
			PCRE2_UCHAR why[120] = "";

			pcre2_get_error_message(error, why, sizeof(why));
			return builder_fail(
				b, &s->at, "%s (at character %zu)", (const char *)why, at + 1);
		}
		pcre2_code_free(code);
	}
	return 0;
}

int ruleset_build(struct ruleset_build *b, struct buf *ret_blob)
{
	cleanup_with(buf_done) struct buf blob = BUF_INIT(RULESET_BLOB_MAX);
	int e = check_regexes(b);

	if (e == 0)
		e = group_patterns(b);
	if (e == 0)
		e = group_mark_rules(b);
	if (e == 0)
		e = compile(b);
	if (e == 0)
		e = write_blob(b, &blob);
	if (e == 0)
		e = prove(b, buf_view(&blob));
	return e < 0 ? e : buf_put_view(ret_blob, buf_view(&blob));
}
