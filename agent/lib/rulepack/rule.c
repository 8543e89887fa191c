/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, and the two kinds that are refused because they would fire on ordinary words. */
#include "rulepack/loader.h"

#include <errno.h>
#include <string.h>

#include "match/utf8.h"
#include "text/canon.h"

/* Folded words up to this long are too many other words ("mat", "noi"). */
#define FOLDED_LETTERS_MIN 4

static int choice(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	const char *key, const char *const *names, unsigned fallback, unsigned *ret)
{
	const struct conf_node *n = conf_get(map, key);
	const char *text;
	int e;

	*ret = fallback;
	if (!n)
		return 0;
	e = conf_string(p->conf, n, "R006", l->d, &text);
	if (e < 0)
		return e;
	for (unsigned i = 0; names[i]; i++)
		if (strcmp(names[i], text) == 0) {
			*ret = i;
			return 0;
		}
	struct diag *d = conf_error(p->conf, n, "R009", l->d, "'%s' is no '%s'", text, key);
	const char *near = diag_nearest(text, names);

	if (near)
		diag_hint(d, "did you mean '%s'?", near);
	return -EBADMSG;
}

static int number(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	const char *key, int64_t fallback, int16_t *ret)
{
	const struct conf_node *n = conf_get(map, key);
	int64_t v = fallback;
	int e = n ? conf_i64(p->conf, n, -1000, 1000, "R006", l->d, &v) : 0;

	*ret = (int16_t)v;
	return e;
}

/* The indices that a list of names stands for. */
static int symbols_read(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	const char *key, enum symbol_kind kind, uint32_t *ret, size_t *ret_n)
{
	const struct conf_node *n = conf_get(map, key);

	*ret_n = 0;
	if (!n)
		return 0;
	if (n->type != CONF_SEQUENCE || n->n > LIST_MAX) {
		conf_error(
			p->conf, n, "R006", l->d, "expected a list of at most %u names", LIST_MAX);
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		struct symbol *s = symbol_get(l, p, kind, n->items[i]);

		if (!s)
			return -EBADMSG;
		s->used = true;
		ret[i] = s->index;
	}
	*ret_n = n->n;
	return 0;
}

/* All entries of the named lists, in one. */
static int names_read(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	const char *key, enum symbol_kind kind, const char **ret, size_t *ret_n)
{
	const struct conf_node *n = conf_get(map, key);
	size_t total = 0;

	*ret_n = 0;
	if (!n)
		return 0;
	if (n->type != CONF_SEQUENCE) {
		conf_error(p->conf, n, "R006", l->d, "expected a list of names of lists");
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		struct symbol *s = symbol_get(l, p, kind, n->items[i]);

		if (!s)
			return -EBADMSG;
		s->used = true;
		for (size_t j = 0; j < s->node->n; j++) {
			if (total == LIST_MAX) {
				conf_error(
					p->conf, n, "R013", l->d, "more than %u entries", LIST_MAX);
				return -EBADMSG;
			}
			if (conf_string(l->packs[s->pack].conf, s->node->items[j], "R006", l->d,
				    &ret[total++]) < 0)
				return -EBADMSG;
		}
	}
	*ret_n = total;
	return 0;
}

static int switches_read(struct loader *l, const struct pack_source *p, const struct conf_node *map,
	struct build_switch *ret, size_t max, size_t *ret_n)
{
	const struct conf_node *n = conf_get(map, "off-when");

	*ret_n = 0;
	if (!n)
		return 0;
	if (n->type != CONF_SEQUENCE || n->n > max) {
		conf_error(p->conf, n, "R006", l->d, "expected a list of at most %zu", max);
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		const struct conf_node *one = n->items[i], *name = conf_get(one, "name"),
				       *value = conf_get(one, "value");

		if (!name || !value) {
			conf_error(p->conf, one, "R005", l->d, "expected {name: ..., value: ...}");
			return -EBADMSG;
		}
		if (conf_check_keys(p->conf, one, keys_switch, "R004", l->d) < 0 ||
			conf_string(p->conf, name, "R006", l->d, &ret[i].name) < 0 ||
			conf_string(p->conf, value, "R006", l->d, &ret[i].value) < 0)
			return -EBADMSG;
	}
	*ret_n = n->n;
	return 0;
}

static size_t letters_of(const char *text)
{
	struct canon_stats stats = {0};
	cleanup_with(buf_done) struct buf canonical = {0};

	if (canon_text(view_str(text), &canonical, NULL) < 0)
		return 0;
	canon_count(buf_view(&canonical), &stats);
	return stats.letters;
}

static bool is_one_word(const char *text)
{
	return !strchr(text, ' ') && !strpbrk(text, ":/-");
}

/* Scripts without case (Chinese) have no bare lower-case words. */
static bool has_case(const char *text)
{
	struct view v = view_str(text);
	size_t n;

	for (size_t i = 0; i < v.n; i += n) {
		uint32_t cp = utf8_at(v, i, &n);

		if (utf8_is_word(cp) && !(cp >= '0' && cp <= '9'))
			return true;
	}
	return false;
}

static int refuse_weak(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	const struct build_rule *u)
{
	const struct conf_node *marks = conf_get(n, "marks");
	bool loose = u->as == RS_AS_WHOLE || u->as == RS_AS_SEGMENT || u->as == RS_AS_END ||
		u->as == RS_AS_ANYWHERE;
	int e = 0;

	if (!loose || u->need.n)
		return 0;
	for (size_t i = 0; i < marks->n; i++) {
		const struct symbol *s = symbol_get(l, p, SYMBOL_MARK, marks->items[i]);
		const struct conf_node *forms = conf_get(s->node, "forms"),
				       *folded = conf_get(s->node, "folded");

		for (size_t j = 0; forms && u->letter_case != RS_CASE_CAPITALS && j < forms->n;
			j++) {
			const struct conf_node *f = forms->items[j];

			if (f->type != CONF_SCALAR || !is_one_word(f->text) || !has_case(f->text))
				continue;
			diag_hint(conf_error(p->conf, marks->items[i], "R012", l->d,
					  "would fire on the bare word '%s'", f->text),
				"case: capitals, as: field or label, or a 'need'");
			e = -EBADMSG;
		}
		for (size_t j = 0; folded && u->folded && j < folded->n; j++) {
			const struct conf_node *f = folded->items[j];

			if (f->type != CONF_SCALAR || !is_one_word(f->text) ||
				letters_of(f->text) >= FOLDED_LETTERS_MIN)
				continue;
			diag_hint(conf_error(p->conf, marks->items[i], "R012", l->d,
					  "would fire on '%s', which without diacritics is many "
					  "words",
					  f->text),
				"as: field, or a 'need' such as {framed: true}");
			e = -EBADMSG;
		}
	}
	return e;
}

static int scores_read(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	struct build_rule *u)
{
	const struct conf_node *scoring = conf_get(n, "scoring"), *add = conf_get(n, "add"),
			       *need = conf_get(n, "need"), *places = conf_get(n, "places");
	int e = 0;

	if (!conf_get(n, "score")) {
		conf_error(p->conf, n, "R005", l->d, "'score' is missing");
		return -EBADMSG;
	}
	if (number(l, p, n, "score", 0, &u->score) < 0 ||
		number(l, p, n, "level-at", 70, &u->level_at) < 0 ||
		number(l, p, n, "suspect-at", 40, &u->suspect_at) < 0 ||
		number(l, p, n, "precedence", 0, &u->precedence) < 0)
		return -EBADMSG;
	if (u->suspect_at > u->level_at) {
		conf_error(p->conf, n, "R006", l->d, "'suspect-at' is over 'level-at'");
		return -EBADMSG;
	}
	if (scoring) {
		struct symbol *s = symbol_get(l, p, SYMBOL_SCORING, scoring);

		if (!s)
			return -EBADMSG;
		s->used = true;
		u->conds[0] = s->span;
	}
	if (add)
		e = cond_list(l, p, add, true, &u->conds[1]);
	if (e == 0 && need)
		e = cond_list(l, p, need, false, &u->need);
	if (e == 0 && places)
		e = places_read(l, p, places, &u->places);
	return e;
}

static int lists_check(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	const struct build_rule *u)
{
	if (u->n_marks == 0) {
		conf_error(p->conf, n, "R005", l->d, "'marks' is missing: nothing to look for");
		return -EBADMSG;
	}
	if ((u->as == RS_AS_FIELD) != (conf_get(n, "keys") != NULL)) {
		conf_error(p->conf, n, "R005", l->d,
			"'keys' and 'as: field' belong together: one of them is missing");
		return -EBADMSG;
	}
	if (conf_get(n, "names") && u->as != RS_AS_LABEL && u->as != RS_AS_TAG &&
		u->as != RS_AS_END) {
		conf_error(p->conf, n, "R005", l->d,
			"'names' belongs to 'as: label', 'as: tag' or 'as: end'");
		return -EBADMSG;
	}
	if (u->as == RS_AS_LABEL && !u->places) {
		conf_error(p->conf, n, "R005", l->d, "'as: label' needs 'places'");
		return -EBADMSG;
	}
	return 0;
}

int rule_load(struct loader *l, const struct pack_source *p, const struct conf_node *n)
{
	uint32_t marks[LIST_MAX], tails[LIST_MAX];
	const char *names[LIST_MAX];
	struct build_switch switches[16];
	struct build_rule u = {.pack = p->index,
		.name = conf_get(n, "id")->text,
		.marks = marks,
		.tails = tails,
		.names = names,
		.switches = switches};
	const struct conf_node *folded = conf_get(n, "folded");
	const struct conf_node *misspelt = conf_get(n, "misspelt");
	unsigned as, letter_case;
	int e;

	if (conf_check_keys(p->conf, n, keys_rule, "R004", l->d) < 0 ||
		choice(l, p, n, "as", words_as, RS_AS_WHOLE, &as) < 0 ||
		choice(l, p, n, "case", words_case, RS_CASE_CAPITALS, &letter_case) < 0 ||
		symbols_read(l, p, n, "marks", SYMBOL_MARK, marks, &u.n_marks) < 0 ||
		symbols_read(l, p, n, "tails", SYMBOL_TAIL, tails, &u.n_tails) < 0)
		return -EBADMSG;
	u.as = (enum rs_as)as;
	u.letter_case = (enum rs_case)letter_case;
	if (folded && conf_bool(p->conf, folded, "R006", l->d, &u.folded) < 0)
		return -EBADMSG;
	if (misspelt && conf_bool(p->conf, misspelt, "R006", l->d, &u.misspelt) < 0)
		return -EBADMSG;
	e = u.as == RS_AS_FIELD ? names_read(l, p, n, "keys", SYMBOL_KEYS, names, &u.n_names)
				: names_read(l, p, n, "names", SYMBOL_NAMES, names, &u.n_names);
	if (e == 0)
		e = switches_read(l, p, n, switches, ARRAY_SIZE(switches), &u.n_switches);
	if (e == 0)
		e = scores_read(l, p, n, &u);
	if (e == 0)
		e = lists_check(l, p, n, &u);
	if (e == 0)
		e = refuse_weak(l, p, n, &u);
	if (e < 0)
		return e;
	e = build_rule(l->b, &u);
	return e < 0 ? builder_diag(l, p, n, e) : 0;
}
