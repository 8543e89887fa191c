/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/usage.h"

#include <stdarg.h>
#include <string.h>

#include "ctl/message.h"
#include "ctl/tty.h"

#define OPTION_COLUMN 26

static const char *say(const char *text, struct buf *room)
{
	return message_in(ctl_lang, text, room);
}

void usage_print(FILE *f, const struct usage *u)
{
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);

	fprintf(f, "%s: sealgate %s\n\n%s\n", lang_pick(ctl_lang, "usage", "cách dùng"),
		u->synopsis, say(u->text, &room));
	if (u->options[0].option)
		fprintf(f, "\n%s:\n", lang_pick(ctl_lang, "options", "tùy chọn"));
	for (size_t i = 0; i < ARRAY_SIZE(u->options) && u->options[i].option; i++) {
		const struct usage_option *o = &u->options[i];
		const char *text = say(o->text, &room);

		if (strlen(o->option) + 4 > OPTION_COLUMN)
			fprintf(f, "  %s\n%*s%s\n", o->option, OPTION_COLUMN, "", text);
		else
			fprintf(f, "  %-*s%s\n", OPTION_COLUMN - 2, o->option, text);
	}
}

static printf_like(1, 0) void message(const char *fmt, va_list ap)
{
	cleanup_with(buf_done) struct buf room = BUF_INIT(0);
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	fputs("sealgate: ", stderr);
	tty_put_safe(stderr, view_str(say(line, &room)));
	fputc('\n', stderr);
}

int usage_error(const struct usage *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s: sealgate %s\n", lang_pick(ctl_lang, "usage", "cách dùng"),
		u->synopsis);
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
	cleanup_with(buf_done) struct buf line = BUF_INIT(0);

	for (size_t i = 0; i < d->n; i++) {
		message_diag(ctl_lang, &d->v[i], &line);
		tty_put_safe(stderr, buf_view(&line));
		fputc('\n', stderr);
	}
	if (d->dropped > 0)
		fprintf(stderr,
			lang_pick(ctl_lang, "sealgate: %zu more not shown\n",
				"sealgate: còn %zu lỗi nữa không in ra\n"),
			d->dropped);
}
