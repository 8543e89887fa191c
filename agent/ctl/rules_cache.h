/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled rule packs, kept between runs: compiling takes 0.3 s, a scan of one document a
 * millisecond. In $XDG_CACHE_HOME/sealgate (or ~/.cache/sealgate), one file, used where its stamp
 * is that of the packs and it is the caller's own; any trouble with it means compiling.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/macros.h"

/* The ruleset of these folders (rulepack/rulepack.h), appended to `ret_blob`. As
 * rulepack_compile(). */
must_check int rules_cache_get(
	const char *const *dirs, size_t n_dirs, struct diags *d, struct buf *ret_blob);
