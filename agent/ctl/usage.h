/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts and messages of the commands: one form for all. */
#pragma once

#include <stdio.h>

#include "base/diag.h"
#include "base/lang.h"
#include "base/macros.h"

/* Exit status of every command. */
#define CTL_DONE   0 /* done; nothing found; valid */
#define CTL_FOUND  1 /* something found; not valid */
#define CTL_FAILED 2 /* wrong usage, or it could not be done */

/* What was said with --lang, or the environment's; set by main() alone. */
extern enum lang ctl_lang;

struct usage_option {
	const char *option; /* "--json", "-r, --rules DIR" */
	const char *text;
};

struct usage {
	const char *synopsis;            /* after "sealgate ": "scan [--json] PATH..." */
	const char *text;                /* what it does, a paragraph */
	struct usage_option options[40]; /* up to the first without a name */
};

void usage_print(FILE *f, const struct usage *u);

/* "sealgate: message" and where to find help, on stderr. Returns CTL_FAILED. */
int usage_error(const struct usage *u, const char *fmt, ...) printf_like(2, 3);

/* "sealgate: message" on stderr. Returns CTL_FAILED. */
int ctl_error(const char *fmt, ...) printf_like(1, 2);

/* Each diagnostic as "FILE:LINE:COL: ..." on stderr, and how many were dropped. All of this is said
   in the reader's language, where ctl/message.h has it. */
void ctl_diags(const struct diags *d);
