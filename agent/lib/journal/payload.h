/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this one JSON object that may stand on a line of the journal? A checker, not a parser: it
 * allocates nothing, so that the log process needs no JSON library.
 */
#pragma once

#include "base/macros.h"
#include "base/view.h"

#define PAYLOAD_DEPTH_MAX 24U /* levels of nesting */

/* RFC 8259, UTF-8, one object, no line feed. `ret_kind` gets the bytes of the object's own "kind"
   where that is a string without escapes, else it is empty. 0 or -EINVAL. */
must_check int payload_check(struct view v, struct view *ret_kind);
