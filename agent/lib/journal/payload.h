/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this one JSON object that may stand on a line of the journal? A checker, not a parser: it
 * allocates nothing, so that the log process needs no JSON library.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"

#define PAYLOAD_DEPTH_MAX 24U /* levels of nesting */

/* RFC 8259, UTF-8, one object, no line feed. `ret_kind` gets the bytes of the object's own "kind"
   where that is a string without escapes, else it is empty. 0 or -EINVAL. */
must_check int payload_check(struct view v, struct view *ret_kind);

/* The value of a member of the object itself, as written: strings with their quotes. `v` is one
   that payload_check() took. False where there is none. The first of several. */
bool payload_member(struct view v, const char *name, struct view *ret);
/* The same, where it is a string without escapes, or a number. */
bool payload_text(struct view v, const char *name, struct view *ret);
bool payload_number(struct view v, const char *name, uint64_t *ret);
bool payload_hex(struct view v, const char *name, uint8_t *ret, size_t n);
