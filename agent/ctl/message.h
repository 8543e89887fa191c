/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said in English, in the reader's language. Libraries and the agent say things in English
 * alone, already put together: a text is found by the format that it was made of, and what was
 * filled in is filled in again. What is not in the catalogue (messages.vi) stays as it is.
 */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "base/lang.h"

struct message_pair {
	const char *en, *vi; /* formats of printf */
};

extern const struct message_pair ctl_messages[]; /* ends with an empty one */

#define MESSAGE_MAX 2048U /* bytes of a text that is looked up */

/* `text` itself, or what `room` then holds. */
const char *message_in(enum lang lang, const char *text, struct buf *room);

/* A line as diag_format() makes it, or any other text. */
const char *message_line(enum lang lang, const char *line, struct buf *room);

/* As diag_format(). */
void message_diag(enum lang lang, const struct diag *d, struct buf *ret);
