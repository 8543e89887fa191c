/* SPDX-License-Identifier: Apache-2.0 */
/* What a terminal can do: colour, width, a progress line. Everything is plain on anything else. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/view.h"

enum tty_style {
	TTY_PLAIN,
	TTY_BOLD,
	TTY_DIM,
	TTY_RED,
	TTY_YELLOW,
	TTY_GREEN,
	TTY_STYLE_MAX,
};

/* A terminal, NO_COLOR unset or empty (no-color.org), TERM not "dumb". */
bool tty_has_colour(FILE *f);

/* Columns; 80 where unknown. */
unsigned tty_width(FILE *f);

/* The escape that begins `style`, or "" where `f` has no colour. TTY_PLAIN ends any style. */
const char *tty_style(FILE *f, enum tty_style style);

/* Writes text that came from outside (paths, snippets): control characters, which could move a
   terminal's cursor, and bytes that are not UTF-8 become "?" on a terminal; elsewhere unchanged. */
void tty_put_safe(FILE *f, struct view v);

/* One line that is rewritten in place, at most ten times a second; nothing off a terminal. */
struct tty_progress {
	FILE *f;
	bool on, shown;
	unsigned long long next; /* clock_now() time */
};

void tty_progress_init(struct tty_progress *p, FILE *f);
void tty_progress(struct tty_progress *p, const char *fmt, ...) printf_like(2, 3);
void tty_progress_clear(struct tty_progress *p); /* before anything else is written */
