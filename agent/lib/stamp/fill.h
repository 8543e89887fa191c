/* SPDX-License-Identifier: Apache-2.0 */
/* What text on a stamp hides of it: guessed from what stands around the text. */
#pragma once

#include "stamp/image.h"

/* Gives the pixels of `pix` (8 bits) that `mask` marks the mean of their neighbours, from the edges
   of what is hidden inwards; what lies deeper than `passes` pixels becomes white. 0 or -ENOMEM. */
must_check int fill_hidden(PIX *pix, PIX *mask, unsigned passes);
