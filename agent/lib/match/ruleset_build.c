/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The builder's tables are the blob's tables, grown one entry at a time; strings are interned.
 * Compiling and proving are in ruleset_compile.c.
 */
#include "match/ruleset_build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "match/limits.h"
#include "match/name.h"
#include "match/ruleset_builder.h"
#include "text/canon.h"
#include "text/disguise.h"

int ruleset_build_new(struct ruleset_build **ret)
{
	struct ruleset_build *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	for (unsigned i = 0; i < RS_SECTION_MAX; i++)
		b->table[i].max = RULESET_BLOB_MAX;
	b->seeds.max = b->samples.max = b->scales.max = RULESET_BLOB_MAX;
	b->links.max = b->index.max = RULESET_BLOB_MAX;
	b->key = hash_key_new();
	*ret = b;
	return 0;
}

struct ruleset_build *ruleset_build_free(struct ruleset_build *b)
{
	if (!b)
		return NULL;
	for (unsigned i = 0; i < RS_SECTION_MAX; i++)
		buf_done(&b->table[i]);
	buf_done(&b->seeds);
	buf_done(&b->samples);
	buf_done(&b->scales);
	buf_done(&b->links);
	buf_done(&b->index);
	free(b);
	return NULL;
}

int builder_fail(struct ruleset_build *b, const struct build_at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(b->error, sizeof(b->error), fmt, ap);
	va_end(ap);
	b->error_at = at ? *at : (struct build_at){0};
	return -EINVAL;
}

const char *ruleset_build_error(const struct ruleset_build *b, struct build_at *ret_at)
{
	*ret_at = b->error_at;
	return b->error;
}

static int put_string(struct ruleset_build *b, struct view v, struct rs_span *ret)
{
	struct buf *s = &b->table[RS_STRINGS];
	size_t off = s->n;
	int e = buf_put_view(s, v);

	if (e == 0)
		e = buf_put_byte(s, 0);
	if (e < 0)
		return e;
	*ret = (struct rs_span){(uint32_t)off, (uint32_t)v.n};
	return 0;
}

static uint32_t count(const struct ruleset_build *b, enum rs_section s, size_t entry)
{
	return (uint32_t)(b->table[s].n / entry);
}

/* Appends an entry; its index is the result. */
static int add(struct ruleset_build *b, enum rs_section s, const void *entry, size_t n)
{
	int index = (int)count(b, s, n);
	int e = buf_put(&b->table[s], entry, n);

	return e < 0 ? e : index;
}

int build_pack(struct ruleset_build *b, const char *name, const char *version)
{
	struct rs_pack p = {0};
	int e = put_string(b, view_str(name), &p.name);

	if (e == 0)
		e = put_string(b, view_str(version), &p.version);
	return e < 0 ? e : add(b, RS_PACKS, &p, sizeof(p));
}

/* Scales are few: a list of NUL-terminated names, numbered from 1. */
static int scale_number(struct ruleset_build *b, const char *name)
{
	int number = 1;

	if (!name)
		return 0;
	for (size_t off = 0; off < b->scales.n; number++) {
		const char *s = (const char *)b->scales.p + off;

		if (strcmp(s, name) == 0)
			return number;
		off += strlen(s) + 1;
	}
	if (number > 0xffff)
		return -E2BIG;
	int e = buf_put(&b->scales, name, strlen(name) + 1);

	return e < 0 ? e : number;
}

int build_mark(struct ruleset_build *b, const struct build_mark *m)
{
	struct rs_mark mark = {.pack = m->pack, .level = (uint8_t)m->level, .tag = m->tag};
	int scale = scale_number(b, m->scale);
	int e = scale < 0 ? scale : put_string(b, view_str(m->name), &mark.name);

	if (e < 0)
		return e;
	mark.scale = (uint16_t)scale;
	return add(b, RS_MARKS, &mark, sizeof(mark));
}

/* Makes the letters of a regular expression canonical and keeps `[^...]` inside a line. */
static int regex_canonical(struct ruleset_build *b, const struct build_text *t, struct buf *out)
{
	struct view v = view_str(t->text);
	int e = 0;

	for (size_t i = 0; e == 0 && i < v.n; i++) {
		uint8_t c = v.p[i];
		size_t n = 1;

		if (c >= 'A' && c <= 'Z')
			return builder_fail(b, &t->at,
				"regular expressions see lower-case text: write '%c' small", c);
		if (c == '\\' && i + 1 < v.n) {
			uint8_t next = v.p[i + 1];

			if (strchr("bBWDSsRXCKpPAGzZ", next))
				return builder_fail(b, &t->at,
					"'\\%c' cannot be used in rules; a blank is ' '", next);
			e = buf_put(out, v.p + i++, 2);
		} else if (c == '[' && i + 1 < v.n && v.p[i + 1] == '^') {
			e = buf_put_str(out, "[^\\n");
			i++;
		} else if (c < 0x80) {
			e = buf_put_byte(out, c);
		} else {
			while (i + n < v.n && v.p[i + n] >= 0x80)
				n++;
			e = canon_text(view_of(v.p + i, n), out, NULL);
			i += n - 1;
		}
	}
	return e;
}

static int text_canonical(struct ruleset_build *b, const struct build_text *t, struct buf *out)
{
	int e;

	if (strlen(t->text) > RULESET_TEXT_MAX)
		return builder_fail(b, &t->at, "longer than %u bytes", RULESET_TEXT_MAX);
	if (t->sample)
		return regex_canonical(b, t, out);
	e = canon_text(view_str(t->text), out, NULL);
	if (e == 0 && out->n == 0)
		return builder_fail(b, &t->at, "nothing to look for");
	return e;
}

/* Patterns with one text are one: an open hash of indices into `seeds`, 0 is free. */
static int index_grow(struct ruleset_build *b, size_t n_seeds)
{
	size_t slots = b->index.n / sizeof(uint32_t), want = slots ? slots * 2 : 1024;
	struct buf fresh = BUF_INIT(RULESET_BLOB_MAX);
	uint32_t *v;
	int e;

	if (n_seeds * 2 < slots)
		return 0;
	e = buf_reserve(&fresh, want * sizeof(uint32_t));
	if (e < 0)
		return e;
	fresh.n = want * sizeof(uint32_t);
	memset(fresh.p, 0, fresh.n);
	v = (uint32_t *)(void *)fresh.p;
	for (size_t i = 0; i < n_seeds; i++) {
		size_t at = (size_t)builder_seeds(b)[i].hash & (want - 1);

		while (v[at])
			at = (at + 1) & (want - 1);
		v[at] = (uint32_t)i + 1;
	}
	buf_done(&b->index);
	b->index = fresh;
	return 0;
}

static int seed_find(
	struct ruleset_build *b, struct view text, bool regex, uint64_t hash, size_t *ret_slot)
{
	size_t mask = b->index.n / sizeof(uint32_t) - 1, at = (size_t)hash & mask;
	const uint32_t *v = (const uint32_t *)(const void *)b->index.p;

	for (; v[at]; at = (at + 1) & mask) {
		const struct builder_seed *s = &builder_seeds(b)[v[at] - 1];

		if (s->hash == hash && (s->regex != 0) == regex &&
			view_eq(text, view_of(b->table[RS_STRINGS].p + s->text.off, s->text.n)))
			return (int)(v[at] - 1);
	}
	*ret_slot = at;
	return -ENOENT;
}

static int seed_add(struct ruleset_build *b, const struct build_text *t, struct view text,
	uint64_t hash, size_t slot)
{
	struct builder_seed s = {.at = t->at, .regex = t->sample != NULL, .hash = hash};
	size_t n = b->seeds.n / sizeof(s);
	int e;

	if (n >= RULESET_PATTERNS_MAX)
		return -E2BIG;
	s.sample.off = (uint32_t)b->samples.n;
	if (t->sample)
		e = canon_text(view_str(t->sample), &b->samples, NULL);
	else
		e = buf_put_view(&b->samples, text);
	s.sample.n = (uint32_t)b->samples.n - s.sample.off;
	if (e == 0)
		e = buf_put_byte(&b->samples, '\n');
	if (e == 0)
		e = put_string(b, text, &s.text);
	if (e == 0)
		e = buf_put(&b->seeds, &s, sizeof(s));
	if (e < 0)
		return e;
	((uint32_t *)(void *)b->index.p)[slot] = (uint32_t)n + 1;
	return (int)n;
}

static int add_canonical(
	struct ruleset_build *b, const struct build_text *t, struct view text, struct rs_use use)
{
	uint64_t hash = hash_bytes(b->key, text) ^ (t->sample != NULL);
	struct builder_link link = {.use = use};
	size_t slot;
	int e = index_grow(b, b->seeds.n / sizeof(struct builder_seed));

	if (e < 0)
		return e;
	e = seed_find(b, text, t->sample != NULL, hash, &slot);
	if (e == -ENOENT)
		e = seed_add(b, t, text, hash, slot);
	if (e < 0)
		return e;
	link.pattern = (uint32_t)e;
	link.order = (uint32_t)(b->links.n / sizeof(link));
	return buf_put(&b->links, &link, sizeof(link));
}

static int add_compact(
	struct ruleset_build *b, const struct build_text *t, struct view text, struct rs_use use)
{
	cleanup_with(buf_done) struct buf compact = {0};
	int e = 0;

	if (!memchr(text.p, ' ', text.n))
		return 0;
	for (size_t i = 0; e == 0 && i < text.n; i++)
		if (text.p[i] != ' ')
			e = buf_put_byte(&compact, text.p[i]);
	use.how = RS_FORM_COMPACT;
	return e < 0 ? e : add_canonical(b, t, buf_view(&compact), use);
}

/* Latin letters that look like those of the spelling are the spelling. */
static int add_latin(struct ruleset_build *b, const struct build_text *t, struct rs_use use)
{
	cleanup_with(buf_done) struct buf latin = {0};
	cleanup_with(buf_done) struct buf text = {0};
	int e = disguise_latin(view_str(t->text), &latin);

	if (e <= 0)
		return e;
	e = canon_text(buf_view(&latin), &text, NULL);
	return e < 0 ? e : add_canonical(b, t, buf_view(&text), use);
}

static int add_partial(
	struct ruleset_build *b, const struct build_text *t, struct view text, struct rs_use use)
{
	cleanup_with(buf_done) struct buf bare = {0};
	int e = canon_strip(text, &bare);

	if (e < 0 || view_eq(buf_view(&bare), text))
		return e;
	use.how = RS_FORM_PARTIAL;
	e = put_string(b, text, &use.full);
	return e < 0 ? e : add_canonical(b, t, buf_view(&bare), use);
}

int build_form(
	struct ruleset_build *b, uint32_t mark, enum rs_form form, const struct build_text *t)
{
	cleanup_with(buf_done) struct buf text = {0};
	struct rs_use use = {.index = mark, .kind = RS_USE_MARK, .how = (uint16_t)form};
	int e = text_canonical(b, t, &text);

	if (e == 0)
		e = add_canonical(b, t, buf_view(&text), use);
	if (e < 0 || form != RS_FORM_EXACT || t->sample)
		return e;
	e = add_compact(b, t, buf_view(&text), use);
	if (e == 0)
		e = add_latin(b, t, use);
	return e < 0 ? e : add_partial(b, t, buf_view(&text), use);
}

int build_context(struct ruleset_build *b, const char *name, unsigned within, bool document)
{
	struct rs_context c = {.within = (uint16_t)within, .document = document};
	int e;

	if (within > MATCH_WINDOW_MAX || count(b, RS_CONTEXTS, sizeof(c)) >= RULESET_CONTEXTS_MAX)
		return -E2BIG;
	e = put_string(b, view_str(name), &c.name);
	return e < 0 ? e : add(b, RS_CONTEXTS, &c, sizeof(c));
}

int build_context_text(struct ruleset_build *b, uint32_t context, enum rs_anchor anchor,
	const struct build_text *t)
{
	cleanup_with(buf_done) struct buf text = {0};
	struct rs_use use = {.index = context, .kind = RS_USE_CONTEXT, .how = (uint16_t)anchor};
	int e = text_canonical(b, t, &text);

	return e < 0 ? e : add_canonical(b, t, buf_view(&text), use);
}

/* A literal as a regular expression. */
static int put_quoted(struct buf *out, struct view v)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < v.n; i++) {
		uint8_t c = v.p[i];

		if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ' ')
			e = buf_put_byte(out, '\\');
		if (e == 0)
			e = buf_put_byte(out, c);
	}
	return e;
}

int build_tail(struct ruleset_build *b, const struct build_text *alternatives, size_t n)
{
	cleanup_with(buf_done) struct buf regex = {0};
	struct rs_tail tail = {0};
	int e = buf_put_str(&regex, "(?:");

	if (count(b, RS_TAILS, sizeof(tail)) >= RULESET_TAILS_MAX)
		return -E2BIG;
	for (size_t i = 0; e == 0 && i < n; i++) {
		cleanup_with(buf_done) struct buf one = {0};

		e = i ? buf_put_byte(&regex, '|') : 0;
		if (e == 0)
			e = text_canonical(b, &alternatives[i], &one);
		if (e == 0)
			e = alternatives[i].sample ? buf_put_view(&regex, buf_view(&one))
						   : put_quoted(&regex, buf_view(&one));
		if (e == 0)
			e = builder_prove_tail(b, &alternatives[i], buf_view(&one));
	}
	if (e == 0)
		e = buf_put_str(&regex, ")");
	if (e == 0)
		e = put_string(b, buf_view(&regex), &tail.regex);
	return e < 0 ? e : add(b, RS_TAILS, &tail, sizeof(tail));
}

int build_conds(struct ruleset_build *b, const struct rs_cond *v, size_t n, struct rs_span *ret)
{
	uint32_t first = count(b, RS_CONDS, sizeof(*v));
	int e = buf_put(&b->table[RS_CONDS], v, n * sizeof(*v));

	if (e < 0)
		return e;
	*ret = (struct rs_span){first, (uint32_t)n};
	return 0;
}

static int put_name(struct ruleset_build *b, const char *text, bool normalise, struct rs_span *ret)
{
	cleanup_with(buf_done) struct buf name = {0};
	int e = normalise ? name_normalise(view_str(text), true, &name)
			  : canon_text(view_str(text), &name, NULL);

	return e < 0 ? e : put_string(b, buf_view(&name), ret);
}

static int put_names(struct ruleset_build *b, const struct build_rule *u, struct rs_rule *rule)
{
	bool label = u->as == RS_AS_LABEL || u->as == RS_AS_TAG || u->as == RS_AS_END;
	int e = 0;

	rule->names = (struct rs_span){
		count(b, RS_NAMES, sizeof(struct rs_name)), (uint32_t)u->n_names};
	for (size_t i = 0; e == 0 && i < u->n_names; i++) {
		struct rs_name name = {0};

		e = put_name(b, u->names[i], label, &name.text);
		if (e == 0)
			e = buf_put(&b->table[RS_NAMES], &name, sizeof(name));
	}
	rule->switches = (struct rs_span){
		count(b, RS_SWITCHES, sizeof(struct rs_switch)), (uint32_t)u->n_switches};
	for (size_t i = 0; e == 0 && i < u->n_switches; i++) {
		struct rs_switch s = {0};

		e = put_name(b, u->switches[i].name, true, &s.name);
		if (e == 0)
			e = put_name(b, u->switches[i].value, false, &s.value);
		if (e == 0)
			e = buf_put(&b->table[RS_SWITCHES], &s, sizeof(s));
	}
	return e;
}

int build_rule(struct ruleset_build *b, const struct build_rule *u)
{
	struct rs_rule rule = {
		.pack = u->pack,
		.places = u->places,
		.flags = (u->folded ? RS_RULE_FOLDED : 0U) | (u->misspelt ? RS_RULE_MISSPELT : 0U),
		.score = u->score,
		.level_at = u->level_at,
		.suspect_at = u->suspect_at,
		.precedence = u->precedence,
		.as = (uint8_t)u->as,
		.letter_case = (uint8_t)u->letter_case,
		.need = u->need,
		.conds = {u->conds[0], u->conds[1]},
		.tails = {count(b, RS_RULE_TAILS, 4), (uint32_t)u->n_tails},
	};
	uint32_t number = count(b, RS_RULES, sizeof(rule));
	struct rs_pack *packs = (struct rs_pack *)(void *)b->table[RS_PACKS].p;
	int e;

	if (number >= RULESET_RULES_MAX)
		return -E2BIG;
	e = put_string(b, view_str(u->name), &rule.name);
	if (e == 0)
		e = put_names(b, u, &rule);
	if (e == 0)
		e = buf_put(&b->table[RS_RULE_TAILS], u->tails, u->n_tails * 4);
	for (size_t i = 0; e == 0 && i < u->n_marks; i++) {
		struct builder_mark_rule link = {u->marks[i], number};

		e = buf_put(&b->table[RS_MARK_RULES], &link, sizeof(link));
	}
	if (e < 0)
		return e;
	packs[u->pack].n_rules++;
	return add(b, RS_RULES, &rule, sizeof(rule));
}

int build_stamp(struct ruleset_build *b, const struct build_stamp *s)
{
	struct rs_stamp stamp = {
		.errors = s->errors, .width_mm = s->width_mm, .harmless = s->harmless};
	int e;

	if (count(b, RS_STAMPS, sizeof(stamp)) >= RULESET_STAMPS_MAX)
		return -E2BIG;
	/* with its NUL */
	e = put_string(b, view_of(s->text, strlen(s->text) + 1), &stamp.text);
	return e < 0 ? e : add(b, RS_STAMPS, &stamp, sizeof(stamp));
}
