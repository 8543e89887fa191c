/* SPDX-License-Identifier: Apache-2.0 */
/* The promise that every block is valid UTF-8, kept in one place. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/view.h"

bool utf8_is_valid(struct view v); /* RFC 3629: shortest forms, no surrogates */

/* Appends `v` with U+FFFD for each byte that does not belong. 0, -ENOMEM, -E2BIG. */
must_check int utf8_repair(struct view v, struct buf *out);
