/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a spelling that was found stands in its line as a rule wants it. */
#pragma once

#include "match/ruleset.h"
#include "model/place.h"

/* A spelling in a canonical line. */
struct part {
	struct view line;
	size_t from, to;
	enum place place;
	struct view name; /* normalised name of the property or header */
};

struct part_fit {
	uint32_t shape;   /* enum shape_flag */
	uint32_t tails;   /* bit set of tails that stand beside it */
	struct view star; /* labels: what `*` stood for */
};

bool part_fits(const struct ruleset *r, const struct rs_rule *u, const struct part *p,
	pcre2_match_data *data, pcre2_match_context *limits, struct part_fit *ret);

/* The line is something that may stand beside a mark of this rule. */
bool part_is_tail(const struct ruleset *r, const struct rs_rule *u, struct view line,
	pcre2_match_data *data, pcre2_match_context *limits);

/* The whole line is the spelling, apart from frames and what stands in brackets after it. */
bool part_is_line(const struct part *p);

/* A line that begins with a box, ticked or not: one of the choices of a form. */
bool part_begins_with_box(struct view line);

/* A line that is a field's key and nothing else: its value is in the next cell. */
bool part_is_key(const struct ruleset *r, struct view line);
