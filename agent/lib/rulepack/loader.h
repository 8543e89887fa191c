/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of rulepack/ share while packs are being loaded. Internal to rulepack/. */
#pragma once

#include "conf/conf.h"
#include "match/limits.h"
#include "match/ruleset_build.h"
#include "rulepack/rulepack.h"

#define LIST_MAX 512U /* entries of one list in a pack */

enum symbol_kind {
	SYMBOL_MARK,
	SYMBOL_TAIL,
	SYMBOL_CONTEXT,
	SYMBOL_SCORING,
	SYMBOL_KEYS,
	SYMBOL_NAMES,
	SYMBOL_RULE,
	SYMBOL_MAX,
};

struct symbol {
	enum symbol_kind kind;
	uint32_t pack;
	const char *name;
	const struct conf_node *node; /* its definition */
	uint32_t index;               /* marks, tails, contexts */
	struct rs_span span;          /* scorings */
	bool used;
};

struct pack_source {
	char *path; /* of pack.yaml */
	struct conf *conf;
	const char *name;
	uint32_t index;
};

struct loader {
	struct diags *d;
	struct ruleset_build *b;
	struct pack_source packs[RULEPACK_PACKS_MAX];
	uint32_t n_packs;
	struct buf symbols; /* struct symbol */
	struct rulepack_info *info;
};

void loader_done(struct loader *l);
must_check int loader_find(struct loader *l, const char *const *dirs, size_t n_dirs);
must_check int loader_add_text(struct loader *l, const char *file, struct view text);
must_check int loader_build(struct loader *l, struct buf *ret_blob);

/* All of rule.c and cond.c: errors are diagnosed; the result is 0, -EBADMSG or -errno. */
must_check int cond_list(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	bool need_score, struct rs_span *ret);
must_check int places_read(
	struct loader *l, const struct pack_source *p, const struct conf_node *n, uint32_t *ret);
/* The `labels` of a pack, as marks and two rules. */
must_check int labels_load(struct loader *l, const struct pack_source *p);
/* The `stamps` of a pack. */
must_check int stamps_load(struct loader *l, const struct pack_source *p);
must_check int rule_load(struct loader *l, const struct pack_source *p, const struct conf_node *n);
must_check int texts_check(struct loader *l, const struct pack_source *p, const struct conf_node *n,
	struct build_text *ret);

/* A definition by "name" (of the same pack) or "pack/name"; diagnosed where there is none. */
struct symbol *symbol_get(struct loader *l, const struct pack_source *p, enum symbol_kind kind,
	const struct conf_node *n);
must_check int symbol_add(struct loader *l, const struct pack_source *p, enum symbol_kind kind,
	const struct conf_node *key, const struct conf_node *node);

static inline struct symbol *loader_symbols(const struct loader *l)
{
	return (struct symbol *)(void *)l->symbols.p;
}

/* Turns a builder's failure into a diagnostic. */
int builder_diag(struct loader *l, const struct pack_source *p, const struct conf_node *n, int e);

#define WORDS_FLAG_MAX 13

extern const char *const keys_pack[], *const keys_mark[], *const keys_form[], *const keys_context[];
extern const char *const keys_condition[], *const keys_rule[], *const keys_switch[];
extern const char *const keys_label[], *const keys_stamp[], *const keys_samples[],
								    *const keys_sample[];
extern const char *const keys_block[];
extern const char *const words_as[RS_AS_MAX + 1], *const words_case[RS_CASE_MAX + 1];
extern const char *const words_flag[WORDS_FLAG_MAX + 1];
