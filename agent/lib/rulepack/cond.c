/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: {place: [header, footer], score: 40}. */
#include "rulepack/loader.h"

#include <errno.h>
#include <string.h>

#include "model/block.h"
#include "model/place.h"

#define CONDS_MAX 64U
#define SCORE_MAX 1000

struct flag_key {
	const char *key;
	enum rs_cond_kind kind;
	uint32_t arg;
};

/* Keys whose value is `true`. */
static const struct flag_key flag_keys[] = {
	{"framed", RS_COND_FLAG, BLOCK_FRAMED},
	{"red", RS_COND_FLAG, BLOCK_RED},
	{"large", RS_COND_FLAG, BLOCK_LARGE},
	{"bold", RS_COND_FLAG, BLOCK_BOLD},
	{"centred", RS_COND_FLAG, BLOCK_CENTRED},
	{"code", RS_COND_FLAG, BLOCK_CODE},
	{"ocr", RS_COND_FLAG, BLOCK_OCR},
	{"hidden", RS_COND_FLAG, BLOCK_HIDDEN},
	{"ruled", RS_COND_RULED, 0},
	{"quoted", RS_COND_QUOTED, 0},
	{"bracketed", RS_COND_BRACKETED, 0},
	{"bulleted", RS_COND_BULLETED, 0},
	{"spaced", RS_COND_SPACED, 0},
	{"declassified", RS_COND_DECLASSIFIED, 0},
	{"own-row", RS_COND_OWN_ROW, 0},
};

/* Keys whose value is a number. */
static const struct flag_key number_keys[] = {
	{"first-blocks", RS_COND_FIRST, 1000},
	{"last-blocks", RS_COND_LAST, 1000},
	{"opens-short", RS_COND_OPENS_SHORT, 10000},
	{"other-level", RS_COND_OTHER_LEVEL, MATCH_WINDOW_MAX},
	{"repeats", RS_COND_REPEATS, 1000},
	{"levels", RS_COND_LEVELS, MATCH_LEVELS_MAX},
};

static int place_one(
	struct loader *l, const struct pack_source *p, const struct conf_node *n, uint32_t *places)
{
	const char *name;
	enum place place;
	int e = conf_string(p->conf, n, "R006", l->d, &name);

	if (e < 0)
		return e;
	if (place_parse(name, &place) < 0) {
		struct diag *d = conf_error(p->conf, n, "R009", l->d, "no place '%s'", name);
		const char *near = diag_nearest(name, place_names);

		if (near)
			diag_hint(d, "did you mean '%s'?", near);
		return -EBADMSG;
	}
	*places |= UINT32_C(1) << place;
	return 0;
}

int places_read(
	struct loader *l, const struct pack_source *p, const struct conf_node *n, uint32_t *ret)
{
	uint32_t places = 0;
	int e = 0;

	if (n->type == CONF_SCALAR) {
		e = place_one(l, p, n, &places);
	} else if (n->type == CONF_SEQUENCE) {
		for (size_t i = 0; e == 0 && i < n->n; i++)
			e = place_one(l, p, n->items[i], &places);
	} else {
		conf_error(p->conf, n, "R006", l->d, "expected a place or a list of places");
		e = -EBADMSG;
	}
	if (e == 0)
		*ret = places;
	return e;
}

static const struct flag_key *key_find(const struct flag_key *v, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].key, key) == 0)
			return &v[i];
	return NULL;
}

static int cond_value(struct loader *l, const struct pack_source *p, const char *key,
	const struct conf_node *value, struct rs_cond *ret)
{
	const struct flag_key *k = key_find(flag_keys, ARRAY_SIZE(flag_keys), key);
	struct symbol *s;
	uint64_t number;
	bool on;
	int e;

	if (k) {
		e = conf_bool(p->conf, value, "R006", l->d, &on);
		if (e == 0 && !on) {
			conf_error(p->conf, value, "R006", l->d, "'%s' can only be true", key);
			e = -EBADMSG;
		}
		ret->kind = (uint16_t)k->kind;
		ret->arg = k->arg;
		return e;
	}
	k = key_find(number_keys, ARRAY_SIZE(number_keys), key);
	if (k) {
		e = conf_u64(p->conf, value, 1, k->arg, "R006", l->d, &number);
		if (e < 0)
			return e;
		ret->kind = (uint16_t)k->kind;
		ret->arg = (uint32_t)number;
		return 0;
	}
	if (strcmp(key, "place") == 0) {
		ret->kind = RS_COND_PLACE;
		return places_read(l, p, value, &ret->arg);
	}
	s = symbol_get(l, p, strcmp(key, "tail") == 0 ? SYMBOL_TAIL : SYMBOL_CONTEXT, value);
	if (!s)
		return -EBADMSG;
	s->used = true;
	ret->kind = strcmp(key, "tail") == 0 ? RS_COND_TAIL : RS_COND_CONTEXT;
	ret->arg = s->index;
	return 0;
}

static int cond_one(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	bool need_score, struct rs_cond *ret)
{
	const struct conf_node *score = conf_get(n, "score"), *except = conf_get(n, "except");
	unsigned kinds = 0;
	int64_t number = 0;
	int e;

	*ret = (struct rs_cond){0};
	if (n->type != CONF_MAPPING) {
		conf_error(p->conf, n, "R006", l->d, "expected a condition such as {red: true}");
		return -EBADMSG;
	}
	e = conf_check_keys(p->conf, n, keys_condition, "R004", l->d);
	if (e < 0)
		return e;
	if (need_score != (score != NULL)) {
		conf_error(p->conf, score ? score : n, "R005", l->d,
			need_score ? "'score' is missing" : "'need' has no scores");
		return -EBADMSG;
	}
	if (score)
		e = conf_i64(p->conf, score, -SCORE_MAX, SCORE_MAX, "R006", l->d, &number);
	if (e == 0 && except)
		e = places_read(l, p, except, &ret->except);
	ret->score = (int16_t)number;
	for (size_t i = 0; e == 0 && i < n->n; i++) {
		if (n->items[i] == score || n->items[i] == except)
			continue;
		kinds++;
		e = cond_value(l, p, n->keys[i]->text, n->items[i], ret);
	}
	if (e == 0 && kinds != 1) {
		conf_error(p->conf, n, "R005", l->d, "a condition looks at one thing, this at %u",
			kinds);
		e = -EBADMSG;
	}
	return e;
}

int cond_list(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	bool need_score, struct rs_span *ret)
{
	struct rs_cond conds[CONDS_MAX];
	int bad = 0, e;

	if (n->type != CONF_SEQUENCE || n->n > CONDS_MAX) {
		conf_error(p->conf, n, "R006", l->d, "expected a list of at most %u conditions",
			CONDS_MAX);
		return -EBADMSG;
	}
	for (size_t i = 0; i < n->n; i++) {
		e = cond_one(l, p, n->items[i], need_score, &conds[i]);
		if (e < 0 && e != -EBADMSG)
			return e;
		bad = bad ? bad : e;
	}
	if (bad)
		return bad;
	e = build_conds(l->b, conds, n->n, ret);
	return e < 0 ? builder_diag(l, p, n, e) : 0;
}
