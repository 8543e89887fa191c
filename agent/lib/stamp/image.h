/* SPDX-License-Identifier: Apache-2.0 */
/* Coded bytes become pixels. Hostile input: sizes are looked at before anything is allocated. */
#pragma once

#include <leptonica/allheaders.h>

#include "base/macros.h"
#include "model/picture.h"

enum {
	IMAGE_DAMAGED = 1,
	IMAGE_UNSUPPORTED = 2,
	IMAGE_TOO_BIG = 3,
	IMAGE_END = 4, /* no such page */
};

struct image {
	PIX *pix;   /* 32 bits RGB or 8 bits grey */
	double dpi; /* 0: the file does not say */
};

void pixp_free(PIX **p); /* for cleanup_with() */

/* `frame` counts the pages of a TIFF. 0, IMAGE_*, or -ENOMEM. */
must_check int image_decode(const struct picture_piece *piece, unsigned frame, struct image *ret);

/* Red, green, blue in a 32-bit pixel. */
static inline unsigned image_red(l_uint32 v)
{
	return v >> 24;
}
static inline unsigned image_green(l_uint32 v)
{
	return v >> 16 & 0xff;
}
static inline unsigned image_blue(l_uint32 v)
{
	return v >> 8 & 0xff;
}
