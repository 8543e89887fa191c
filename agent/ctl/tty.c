/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/tty.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

#define WIDTH_DEFAULT  80
#define PROGRESS_EVERY (100 * NSEC_PER_MSEC)

bool tty_has_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb") != 0 && isatty(fileno(f));
}

unsigned tty_width(FILE *f)
{
	struct winsize ws;

	if (ioctl(fileno(f), TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
		return WIDTH_DEFAULT;
	return ws.ws_col;
}

const char *tty_style(FILE *f, enum tty_style style)
{
	static const char *const escapes[] = {
		"\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[33m", "\033[32m"};

	_Static_assert(ARRAY_SIZE(escapes) == TTY_STYLE_MAX, "one escape per style");
	return tty_has_colour(f) ? escapes[style] : "";
}

/* Of the character at the front that is harmless, or 0. */
static size_t safe_length(struct view v)
{
	uint8_t first[5] = {0};

	memcpy(first, v.p, MIN(v.n, sizeof(first) - 1));
	return first[0] ? utf8_shown_length(first) : 0;
}

void tty_put_safe(FILE *f, struct view v)
{
	if (!isatty(fileno(f))) {
		fwrite(v.p, 1, v.n, f);
		return;
	}
	while (v.n > 0) {
		size_t n = safe_length(v);

		if (n > 0)
			fwrite(v.p, 1, n, f);
		else
			fputc('?', f);
		n = MAX(n, (size_t)1);
		v.p += n;
		v.n -= n;
	}
}

void tty_progress_init(struct tty_progress *p, FILE *f)
{
	*p = (struct tty_progress){.f = f, .on = isatty(fileno(f)) != 0};
}

void tty_progress(struct tty_progress *p, const char *fmt, ...)
{
	char line[512];
	unsigned long long now;
	va_list ap;

	if (!p->on)
		return;
	now = clock_now();
	if (now < p->next)
		return;
	p->next = now + PROGRESS_EVERY;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fputs("\r\033[K", p->f);
	/* Bytes, not columns: shorter than the line at worst. */
	tty_put_safe(p->f, view_sub(view_str(line), 0, tty_width(p->f) - 1));
	fflush(p->f);
	p->shown = true;
}

void tty_progress_clear(struct tty_progress *p)
{
	if (!p->shown)
		return;
	fputs("\r\033[K", p->f);
	fflush(p->f);
	p->shown = false;
}
