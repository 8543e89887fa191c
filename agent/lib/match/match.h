/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in, facts out. A ruleset is immutable and shared; a match is the state of one document.
 * Block texts are canonicalised here (text/canon.h), matched against all packs in one pass, and
 * weighed as evidence in context when the document ends. Bounds are in match/limits.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "model/block.h"
#include "model/facts.h"

struct ruleset;
struct match;

/* `blob` is what ruleset_build() (match/ruleset_build.h) made; it must stay valid.
   0, -EBADMSG, -ENOMEM. */
must_check int ruleset_open(struct view blob, struct ruleset **ret);
struct ruleset *ruleset_close(struct ruleset *r);

uint32_t ruleset_n_rules(const struct ruleset *r);

/* What stamps in pictures can say, for whoever reads pictures. */
struct ruleset_stamp {
	const char *text;
	unsigned errors;   /* hundredths of a misread letter that are forgiven */
	unsigned width_mm; /* of its frame; 0: any */
	bool harmless;     /* not handed on */
};
uint32_t ruleset_n_stamps(const struct ruleset *r);
void ruleset_stamp(const struct ruleset *r, uint32_t i, struct ruleset_stamp *ret);

must_check int match_new(const struct ruleset *r, struct match **ret);
struct match *match_free(struct match *m);

/* One document. `file_name` may be empty; it is itself a place where a marking can stand. */
must_check int match_begin(struct match *m, struct view file_name);
must_check int match_take(struct match *m, const struct block *b); /* 0 or -errno */
/* Adds level, tags and evidence to `f`; completeness and reasons stay the caller's. */
must_check int match_end(struct match *m, struct facts *f);
