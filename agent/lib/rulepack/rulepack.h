/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule packs: a folder with pack.yaml and samples.yaml. Loads them, says what is wrong with them in
 * the words of the person who wrote them, and gives the engine its form. Diagnostics are R001 to
 * R016 (docs/diagnostics.md). For the core and the CLI.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/macros.h"
#include "base/view.h"
#include "model/facts.h"
#include "model/level.h"

#define RULEPACK_PACKS_MAX   64U
#define RULEPACK_SAMPLES_MAX 20000U /* per pack */
#define RULEPACK_NAME_MAX    48U

struct rulepack_pack {
	char name[RULEPACK_NAME_MAX];
	char version[32];
	char title[160];
	char path[256]; /* the folder */
	uint32_t n_marks, n_rules;
};

/* Owned by the caller; plain data. */
struct rulepack_info {
	uint32_t n_packs;
	struct rulepack_pack packs[RULEPACK_PACKS_MAX];
};

/* Each of `dirs` is a pack or a folder of packs (taken in the order of their names); a drop-in
   folder, whose name ends in ".d", may be empty or absent. Appends what ruleset_open() takes. 0;
   -EBADMSG with at least one error in `d`; or -errno. `d` may hold warnings after a success. */
must_check int rulepack_compile(const char *const *dirs, size_t n_dirs, struct diags *d,
	struct rulepack_info *ret_info, struct buf *ret_blob);

/* Changes when a pack file, or this program's version, does: by names, sizes and times, so that it
   costs microseconds where compiling costs 0.3 s. Equal stamps: the same packs, as far as that
   tells. */
uint64_t rulepack_stamp(const char *const *dirs, size_t n_dirs);

/* One pack from memory. */
must_check int rulepack_compile_text(const char *file, struct view text, struct diags *d,
	struct rulepack_info *ret_info, struct buf *ret_blob);

/* One sample, run through the engine. */
struct rulepack_result {
	const char *pack, *file; /* samples.yaml */
	unsigned line;
	const char *name; /* the sample's, or "" */
	const char *text; /* its first line */
	bool ok;
	enum level want, got;
	uint32_t want_tags, got_tags;
	const struct facts *facts;
};

typedef int (*rulepack_on_result)(void *userdata, const struct rulepack_result *r);

/* All samples of all packs in `dirs`, with all those packs loaded. `on_result` may be NULL. Errors
   are those of rulepack_compile(); a sample that fails is none. */
must_check int rulepack_test(const char *const *dirs, size_t n_dirs, struct diags *d,
	rulepack_on_result on_result, void *userdata, size_t *ret_run, size_t *ret_failed);
