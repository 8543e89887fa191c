/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static printf_like(7, 0) struct diag *diags_add(struct diags *d, bool warning, const char *code,
	const char *file, unsigned line, unsigned col, const char *fmt, va_list ap)
{
	struct diag *e = &d->v[MIN(d->n, (size_t)DIAG_MAX - 1)];

	if (!warning)
		d->errors++;
	if (d->n < DIAG_MAX)
		d->n++;
	else
		d->dropped++;
	memset(e, 0, sizeof(*e));
	e->code = code;
	snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
	e->line = line;
	e->col = col;
	e->warning = warning;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return e;
}

struct diag *diags_error(struct diags *d, const char *code, const char *file, unsigned line,
	unsigned col, const char *fmt, ...)
{
	struct diag *e;
	va_list ap;

	va_start(ap, fmt);
	e = diags_add(d, false, code, file, line, col, fmt, ap);
	va_end(ap);
	return e;
}

struct diag *diags_warning(struct diags *d, const char *code, const char *file, unsigned line,
	unsigned col, const char *fmt, ...)
{
	struct diag *e;
	va_list ap;

	va_start(ap, fmt);
	e = diags_add(d, true, code, file, line, col, fmt, ap);
	va_end(ap);
	return e;
}

void diag_hint(struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->hint, sizeof(d->hint), fmt, ap);
	va_end(ap);
}

void diag_format(const struct diag *d, char *ret, size_t size)
{
	snprintf(ret, size, "%s:%u:%u: %s%s: %s%s%s%s", d->file[0] ? d->file : "-", d->line, d->col,
		d->warning ? "warning: " : "", d->code, d->text, d->hint[0] ? " (" : "", d->hint,
		d->hint[0] ? ")" : "");
}

void diags_put_errors(const struct diags *d, struct buf *out)
{
	char line[1100];

	for (size_t i = 0; i < d->n; i++) {
		if (d->v[i].warning)
			continue;
		diag_format(&d->v[i], line, sizeof(line));
		if (buf_printf(out, "%s\n", line) < 0)
			return;
	}
}

#define NEAREST_WORD_MAX 40

static unsigned edit_distance(const char *a, const char *b)
{
	size_t m = strlen(a), n = strlen(b);
	unsigned row[NEAREST_WORD_MAX + 1];

	if (m > NEAREST_WORD_MAX || n > NEAREST_WORD_MAX)
		return NEAREST_WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned above = row[j];
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			best = MIN(best, above + 1);
			best = MIN(best, row[j - 1] + 1);
			diagonal = above;
			row[j] = best;
		}
	}
	return row[n];
}

const char *diag_nearest(const char *word, const char *const *names)
{
	const char *best = NULL;
	unsigned least = (unsigned)strlen(word) / 3 + 2;

	for (; *names; names++) {
		unsigned d = edit_distance(word, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	return best;
}
