/* SPDX-License-Identifier: Apache-2.0 */
/* The codings of mail: base64, quoted-printable, encoded words. */
#pragma once

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

/* Lenient: what does not belong is passed over. All append; 0, -ENOMEM, -E2BIG. */
must_check int mail_base64(struct view in, struct buf *out);
must_check int mail_quoted(struct view in, bool is_word, struct buf *out); /* word: _ is a blank */

/* A header's value: unfolded, RFC 2047 words decoded, 8-bit bytes by what they look like; UTF-8. */
must_check int mail_words(struct view raw, struct buf *out);

/* Pieces of one parameter. */
#define MAIL_PIECES_MAX 100

/* The parameter `name` (in small letters) of a structured header, as it stands; empty where there
   is none. */
struct view mail_parameter(struct view value, const char *name);

/* The same put together from its pieces and decoded. Appends UTF-8. */
must_check int mail_parameter_text(struct view value, const char *name, struct buf *out);
