/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the sealed form of a ruleset (match/match.h opens it). Filled by a loader, in the engine's
 * words; knows no YAML. Texts are given as people write them and made canonical here. For the core
 * and the CLI only: a scan worker never compiles.
 *
 * Everything returned is an index for later calls; negative is -errno: -ENOMEM, -E2BIG over a limit
 * of match/limits.h, -EINVAL for a text that cannot be used (ruleset_build_error() says why).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"
#include "match/ruleset_format.h"
#include "model/level.h"

struct ruleset_build;

/* Where a text came from; `file` must outlive the builder. */
struct build_at {
	const char *file;
	unsigned line, col;
};

/* A spelling, or a regular expression over canonical (lower-case) text with a sample it finds. */
struct build_text {
	const char *text;
	const char *sample; /* NULL: a spelling */
	struct build_at at;
};

must_check int ruleset_build_new(struct ruleset_build **ret);
struct ruleset_build *ruleset_build_free(struct ruleset_build *b);

must_check int build_pack(struct ruleset_build *b, const char *name, const char *version);

struct build_mark {
	uint32_t pack;
	const char *name;
	enum level level;
	uint8_t tag;       /* enum tag, or RS_NO_TAG */
	const char *scale; /* NULL: none */
};
must_check int build_mark(struct ruleset_build *b, const struct build_mark *m);
must_check int build_form(
	struct ruleset_build *b, uint32_t mark, enum rs_form form, const struct build_text *t);

must_check int build_context(
	struct ruleset_build *b, const char *name, unsigned within, bool document);
must_check int build_context_text(struct ruleset_build *b, uint32_t context, enum rs_anchor anchor,
	const struct build_text *t);

/* What may stand beside a mark: alternatives that make up the whole of the rest. */
must_check int build_tail(struct ruleset_build *b, const struct build_text *alternatives, size_t n);

/* A run of conditions; rules refer to it. */
must_check int build_conds(
	struct ruleset_build *b, const struct rs_cond *v, size_t n, struct rs_span *ret);

struct build_switch {
	const char *name, *value;
};

struct build_rule {
	uint32_t pack;
	const char *name;
	enum rs_as as;
	enum rs_case letter_case;
	bool folded, misspelt;
	uint32_t places;
	int16_t score, level_at, suspect_at, precedence;
	struct rs_span need, conds[2];
	const uint32_t *marks, *tails;
	size_t n_marks, n_tails;
	const char *const *names; /* field keys, or label name patterns */
	size_t n_names;
	const struct build_switch *switches;
	size_t n_switches;
};
must_check int build_rule(struct ruleset_build *b, const struct build_rule *u);

struct build_stamp {
	const char *text;
	uint16_t errors, width_mm;
	bool harmless;
};
must_check int build_stamp(struct ruleset_build *b, const struct build_stamp *s);

/* What the last failure was about: a sentence, and its place (line 0 where there is none). */
const char *ruleset_build_error(const struct ruleset_build *b, struct build_at *ret_at);

/* Compiles, proves each pattern on its own sample against pcre2 or a plain search, and appends the
   blob. The builder is spent afterwards. */
must_check int ruleset_build(struct ruleset_build *b, struct buf *ret_blob);
