/* SPDX-License-Identifier: Apache-2.0 */
/* A page as pixels, put together from its pieces and upright, with its scale. */
#pragma once

#include "stamp/image.h"

/* Pages of a finer scale are reduced to about this one. */
#define PAGE_DPI 300.0

struct page {
	PIX *pix; /* 32 bits RGB or 8 bits grey */
	double dpi;
	bool measured; /* the scale is known, not guessed */
};

void page_done(struct page *p); /* for cleanup_with() */

static inline double page_mm(const struct page *p, double pixels)
{
	return pixels * 25.4 / p->dpi;
}

/* 0, IMAGE_* or -ENOMEM. */
must_check int page_make(const struct picture *picture, unsigned frame, struct page *ret);
