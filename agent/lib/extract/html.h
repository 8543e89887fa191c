/* SPDX-License-Identifier: Apache-2.0 */
/* HTML as it is met in files and mails: tags through the XML scanner, whatever is left is text. */
#pragma once

#include "extract/extractor.h"
#include "text/encoding.h"

/* The declaration of the character set, and what makes bytes HTML, are looked for in so many. */
#define HTML_HEAD 2048

int html_bid(struct view content);
must_check int html_extract(struct extractor *x, struct view content);

/* `hint` (may be NULL) is what a mail says; a body has another place than a file. */
must_check int html_extract_as(
	struct extractor *x, struct view content, enum place place, const enum encoding *hint);
