/* SPDX-License-Identifier: Apache-2.0 */
/* What a notice says to the person at the desk, in Vietnamese or English. */
#pragma once

#include "base/buf.h"
#include "base/lang.h"
#include "wire/notice.h"

/* Both are appended to and end without NUL. `more`: other documents of the same application that
   this notice stands for. 0 or -ENOMEM. */
must_check int words_title(struct buf *out, enum lang lang, const struct notice *n, unsigned more);
must_check int words_body(struct buf *out, enum lang lang, const struct notice *n);

/* How a reason can be given for it: by answering the notice, or by a command. A line of its own. */
must_check int words_how(struct buf *out, enum lang lang, const struct notice *n, bool by_answer);
const char *words_button(enum lang lang);
/* What the person is asked, and what became of it. */
must_check int words_question(struct buf *out, enum lang lang, const struct notice *n);
must_check int words_granted(struct buf *out, enum lang lang, const struct notice *n);

/* Without control characters and what turns the direction of writing, cut with "…" behind `max`
   characters; with `markup`, & < > are escaped, as notification servers that know markup want. */
#define WORDS_NAME_MAX 80U
must_check int words_clean(struct buf *out, const char *s, unsigned max, bool markup);
