/* SPDX-License-Identifier: Apache-2.0 */
/* Files in state-dir/core that the next start falls back on. */
#pragma once

#include "core/core.h"

#define KEEP_BYTES_MAX (64U << 20)

/* Written beside and renamed: a power cut leaves the old one or the new one. */
must_check int keep_save(const struct core *core, const char *name, const struct buf *content);
must_check int keep_load(const struct core *core, const char *name, struct buf *ret);
