/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that the journal's key stands for: the text on one line, a record of the journal with its
 * digest, and the checkpoint right behind that record. Can be checked without the journal.
 */
#pragma once

#include "base/buf.h"
#include "ctl/incidents.h"
#include "journal/seal.h"
#include "wire/review.h"

/* Has the record made, and appends both lines to `body`, which has no line feed. An exit status,
   after saying why. */
must_check int proof_make(const struct incidents_options *o, enum review_what what,
	const char *note, struct buf *body);

/* NULL where all of it holds, else what does not. `kind` is the record's; `ret_body` and `ret_c`
   get what was read. */
const char *proof_check(
	struct view file, const char *kind, struct view *ret_body, struct checkpoint *ret_c);
