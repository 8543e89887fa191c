/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/tty.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

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

/* Length of the harmless character at the front, or 0. C1 controls (U+0080..U+009F) and the
   bidirectional overrides are not harmless. */
static size_t safe_length(struct view v)
{
	const uint8_t *p = v.p;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n == 0 || n > v.n || p[0] > 0xf4 || p[0] < 0x20 || p[0] == 0x7f)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return 0;
	if (n == 3 && p[0] == 0xe2 &&
		((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
			(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return 0;
	return n;
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
