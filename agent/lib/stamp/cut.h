/* SPDX-License-Identifier: Apache-2.0 */
/* The ink inside a box on a page, with what text on it hides guessed from around the text. */
#pragma once

#include "stamp/crop.h"

/* 8 bits, ink dark on white, in the page's scale; NULL where there is nothing to be read. `paper`
   as for crop_make(). 0 or -ENOMEM. */
must_check int cut_make(const struct page *page, const struct ink_box *box, unsigned paper,
	enum crop_channel channel, PIX **ret);
