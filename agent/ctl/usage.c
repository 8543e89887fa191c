/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/usage.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/tty.h"

#define OPTION_COLUMN 26

void usage_print(FILE *f, const struct usage *u)
{
	fprintf(f, "usage: sealgate %s\n\n%s\n", u->synopsis, u->text);
	if (u->options[0].option)
		fputs("\noptions:\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(u->options) && u->options[i].option; i++) {
		const struct usage_option *o = &u->options[i];

		if (strlen(o->option) + 4 > OPTION_COLUMN)
			fprintf(f, "  %s\n%*s%s\n", o->option, OPTION_COLUMN, "", o->text);
		else
			fprintf(f, "  %-*s%s\n", OPTION_COLUMN - 2, o->option, o->text);
	}
}

static printf_like(1, 0) void message(const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	fputs("sealgate: ", stderr);
	tty_put_safe(stderr, view_str(line));
	fputc('\n', stderr);
}

int usage_error(const struct usage *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	fprintf(stderr, "usage: sealgate %s\n", u->synopsis);
	return CTL_FAILED;
}

int ctl_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	return CTL_FAILED;
}

void ctl_diags(const struct diags *d)
{
	char line[1024];

	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		tty_put_safe(stderr, view_str(line));
		fputc('\n', stderr);
	}
	if (d->dropped > 0)
		fprintf(stderr, "sealgate: %zu more not shown\n", d->dropped);
}
