/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small window that asks for one line of text, by a program of the desktop (zenity or kdialog).
 * Nothing waits for it: dialog_fd() is readable when there is something to take.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/macros.h"

#define DIALOG_TEXT_MAX 4096U /* bytes of an answer; more is none */

struct dialog;

bool dialog_exists(void); /* one of the programs is on the PATH */

/* Neither text holds more than it says: programs take some characters for markup. -ENOENT where
   there is no such program. */
must_check int dialog_new(const char *title, const char *text, struct dialog **ret);
struct dialog *dialog_free(struct dialog *d); /* closes its window; takes NULL */

int dialog_fd(const struct dialog *d);

/* 0: not yet; 1: `ret` is what was typed, without its line's end; -ECANCELED; or -errno. */
must_check int dialog_take(struct dialog *d, struct buf *ret);
