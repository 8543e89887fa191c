/* SPDX-License-Identifier: Apache-2.0 */
/* A small ruleset through the builder, and documents in one call. */
#pragma once

#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "match/match.h"
#include "match/ruleset_build.h"
#include "model/block.h"
#include "model/tag.h"

struct fixture {
	struct buf blob;
	struct ruleset *r;
	struct match *m;
	struct facts f;
};

static inline struct build_text spelling(const char *s)
{
	return (struct build_text){.text = s};
}

static inline int must(int e)
{
	if (e < 0)
		fail_msg("error %d", e);
	return e;
}

static inline uint32_t add_mark(
	struct ruleset_build *b, const char *form, enum level level, const char *scale, uint8_t tag)
{
	struct build_mark m = {.name = form, .level = level, .tag = tag, .scale = scale};
	struct build_text t = spelling(form);
	uint32_t mark = (uint32_t)must(build_mark(b, &m));

	must(build_form(b, mark, RS_FORM_EXACT, &t));
	return mark;
}

static inline void add_rule(struct ruleset_build *b, const char *name, enum rs_as as, uint32_t mark,
	int16_t score, struct rs_span conds)
{
	struct build_rule u = {
		.name = name,
		.as = as,
		.letter_case = as == RS_AS_ANYWHERE ? RS_CASE_ANY : RS_CASE_CAPITALS,
		.score = score,
		.level_at = 70,
		.suspect_at = 40,
		.marks = &mark,
		.n_marks = 1,
		.conds = {conds},
	};

	must(build_rule(b, &u));
}

static inline void fixture_open(struct fixture *x, struct ruleset_build *b)
{
	struct build_at at;
	int e = ruleset_build(b, &x->blob);

	if (e < 0)
		fail_msg("%d: %s", e, ruleset_build_error(b, &at));
	ruleset_build_free(b);
	assert_int_equal(ruleset_open(buf_view(&x->blob), &x->r), 0);
	assert_int_equal(match_new(x->r, &x->m), 0);
}

static inline void fixture_close(struct fixture *x)
{
	x->m = match_free(x->m);
	x->r = ruleset_close(x->r);
	buf_done(&x->blob);
}

static inline void begin(struct fixture *x)
{
	memset(&x->f, 0, sizeof(x->f));
	assert_int_equal(match_begin(x->m, VIEW_EMPTY), 0);
}

static inline void take(struct fixture *x, enum place place, uint32_t flags, const char *text)
{
	struct block b = {.place = place, .flags = flags, .text = view_str(text)};

	assert_int_equal(match_take(x->m, &b), 0);
}

static inline void take_in(struct fixture *x, const char *member, const char *text)
{
	struct block b = {.text = view_str(text), .member = view_str(member)};

	assert_int_equal(match_take(x->m, &b), 0);
}

static inline enum level end(struct fixture *x)
{
	assert_int_equal(match_end(x->m, &x->f), 0);
	return x->f.level;
}

static inline enum level one(struct fixture *x, const char *text)
{
	begin(x);
	take(x, PLACE_BODY, 0, text);
	return end(x);
}
