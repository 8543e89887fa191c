/* SPDX-License-Identifier: Apache-2.0 */
/* The letters' engine: dark letters on white become text. One model, given in memory. */
#pragma once

#include <leptonica/allheaders.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

struct letters;

enum letters_layout {
	LETTERS_LINE,  /* one line */
	LETTERS_BLOCK, /* lines of one column */
	LETTERS_PAGE,  /* whatever a page has */
};

/* `model` must stay valid until letters_free(). No file is opened. 0, -ENOMEM, or -EINVAL for a
   model that does not load. */
must_check int letters_new(struct view model, struct letters **ret);
struct letters *letters_free(struct letters *l);

/* Appends UTF-8 with a line feed after each line; `ret_trust` is how sure the engine is, 0 ... 100.
 */
must_check int letters_read(struct letters *l, PIX *pix, int dpi, enum letters_layout layout,
	struct buf *out, int *ret_trust);

/* A line of a page with where it stands, in pixels. */
struct letters_line {
	struct view text;
	int x, y, w, h;
	int trust; /* 0 ... 100 */
};
typedef int (*letters_line_fn)(void *userdata, const struct letters_line *line);

/* Lines of a page or band, from the top down. What `fn` returns ends it. */
must_check int letters_lines(
	struct letters *l, PIX *pix, int dpi, letters_line_fn fn, void *userdata);
