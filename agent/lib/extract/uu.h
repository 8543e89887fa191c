/* SPDX-License-Identifier: Apache-2.0 */
/* Files in text: uuencode, as old mail programs attach and as .uue files hold. */
#pragma once

#include "extract/extractor.h"

/* The next "begin 644 name" in a text: what stands before it, the name, the decoded content, and
   what stands behind it. False where there is none. */
struct uu_file {
	struct view before, name, body, after;
};
bool uu_find(struct view text, struct uu_file *ret);

/* Reads the file by its true type. */
must_check int uu_read(struct extractor *x, const struct uu_file *file);

/* A text that begins with such a file. */
int uu_bid(struct view content);
must_check int uu_extract(struct extractor *x, struct view content);
