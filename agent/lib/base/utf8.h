/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of UTF-8, mostly of text that ends with NUL. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

/* The bytes of the well-formed sequence (RFC 3629) that `v`, which is not empty, begins with; 0
   where there is none. */
size_t utf8_length(struct view v);

#define UTF8_NONE ((uint32_t)'?') /* in the place of a byte that begins no character */

/* The character at `*p`, which is not the NUL, and moves behind it: one byte where it is none. */
uint32_t utf8_next(const uint8_t **p);

/* False for control characters and those that turn the direction of writing. */
bool utf8_is_shown(uint32_t cp);

/* The bytes of the character at `p`, which is not the NUL; 0 where it is none, or not shown. */
size_t utf8_shown_length(const uint8_t *p);

/* Nothing that is no character; control characters may be there. */
bool utf8_is_text(const char *s);

/* One line of such characters, and nothing that is no character; "" is. */
bool utf8_is_line(const char *s);

/* Every byte that belongs to none of these becomes '?'. */
void utf8_make_line(char *s);
