/* SPDX-License-Identifier: Apache-2.0 */
/* Names of fields, properties and headers in the one form in which they are compared. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

/* Canonical, without diacritics, blanks and ASCII punctuation ("Độ mật", "DoMat" and "do_mat" are
   one). `*` is kept where `pattern`. Appends. */
must_check int name_normalise(struct view name, bool pattern, struct buf *out);

/* `*` in `pattern` stands for any run; what the first one stood for is `ret_star` (may be NULL). */
bool name_matches(struct view pattern, struct view name, struct view *ret_star);
