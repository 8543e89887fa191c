/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where rule packs are compiled from: the configured folders, and the bundles (*.bundle) in them,
 * unpacked below state-dir/core. Where agent.yaml requires signed rules, folders other than the
 * package's count for their bundles alone, which must be signed by a trusted key and be no older
 * than the bundle with which one of their packs was in force.
 */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "core/core.h"

#define RULEFILES_BUNDLES_MAX 32U

struct rulefiles {
	char *dirs[CONFIG_PATHS_MAX + RULEFILES_BUNDLES_MAX];
	size_t n;
	struct buf counters; /* of the bundles, by pack */
};

/* 0, or -EBADMSG with diagnostics, or -errno. */
must_check int rulefiles_find(const struct core *core, struct diags *d, struct rulefiles *ret);
void rulefiles_done(struct rulefiles *f);

/* They are in force: older ones are refused from now on. */
must_check int rulefiles_accept(const struct core *core, const struct rulefiles *f);

/* Changes when a pack or a bundle does. */
uint64_t rulefiles_stamp(const struct core *core);
