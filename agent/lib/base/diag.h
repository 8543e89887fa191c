/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what a loader has to say about bad input. Libraries collect them, processes print
 * them. A code is permanent once released, and documented in docs/diagnostics.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/macros.h"

#define DIAG_MAX 64 /* kept per load; more are counted in `dropped` */

struct diag {
	const char *code; /* static, such as "P012" */
	char file[256];
	unsigned line, col; /* 1-based; 0 where unknown */
	bool warning;
	char text[400]; /* what is wrong and what was expected */
	char hint[200]; /* empty where there is none */
};

/* Owned by the caller; zero-initialise. Holds no memory of its own. */
struct diags {
	struct diag v[DIAG_MAX];
	size_t n, dropped;
	size_t errors;
};

/* Adds an error. The returned diagnostic may be given a hint; never NULL (when full, a spare). */
struct diag *diags_error(struct diags *d, const char *code, const char *file, unsigned line,
	unsigned col, const char *fmt, ...) printf_like(6, 7);
struct diag *diags_warning(struct diags *d, const char *code, const char *file, unsigned line,
	unsigned col, const char *fmt, ...) printf_like(6, 7);
void diag_hint(struct diag *d, const char *fmt, ...) printf_like(2, 3);

/* "FILE:LINE:COL: CODE: text (hint)", without a newline, cut to fit. */
void diag_format(const struct diag *d, char *ret, size_t size);
/* A line for each that is no warning, as far as there is room. */
void diags_put_errors(const struct diags *d, struct buf *out);

/* The entry of `names` (NULL-terminated) nearest to `word` by edit distance, or NULL where none is
   near enough to be what was meant. */
const char *diag_nearest(const char *word, const char *const *names);
