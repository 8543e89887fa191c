/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JBIG2 (ITU-T T.88) as PDF embeds it: scanned pages in black and white. Generic regions, symbols,
 * text regions and refinements that are coded arithmetically, which is what scanners and converters
 * write; Huffman codes, halftones and fax-coded regions are unsupported. Own code because the
 * packaged decoder's licence (AGPL) does not go with this one's.
 */
#pragma once

#include "base/view.h"
#include "stamp/jbig2_bitmap.h"

#define JBIG2_SEGMENTS_MAX 4096U
#define JBIG2_SYMBOLS_MAX  65536U      /* of one stream, all dictionaries together */
#define JBIG2_WORK_MAX     (96U << 20) /* pixels of everything that is decoded, borders too */
#define JBIG2_SYMBOL_WORK  (16U << 20) /* of that, for the symbols of each dictionary */

/*
 * `globals` come first (PDF's JBIG2Globals) and may be empty; `height` is taken where the page
 * doesn't say, `work` is JBIG2_WORK_MAX or less. 0 and a bitmap that the caller owns; or
 * IMAGE_DAMAGED, IMAGE_UNSUPPORTED, IMAGE_TOO_BIG or -ENOMEM. Data that is cut off within a region
 * decodes to something all the same.
 */
must_check int jbig2_decode(struct view globals, struct view data, uint32_t height, uint64_t work,
	struct jbig2_bitmap *ret);
