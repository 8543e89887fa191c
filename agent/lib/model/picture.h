/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture: pixels in their coding, and where they lie on a page. Extraction makes pictures,
 * stamp/ reads them. All views are valid for the call that hands the picture over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/view.h"
#include "model/block.h"
#include "model/completeness.h"

/* Where distributions keep the models of tesseract, and the one that stamps are read with. */
#define PICTURE_MODEL_DIRS                                                      \
	"/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract/tessdata", \
		"/usr/share/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata"
#define PICTURE_MODEL "vie.traineddata"

enum picture_coding {
	PICTURE_FILE,    /* a JPEG, PNG, TIFF, ... with its own header */
	PICTURE_SAMPLES, /* rows of samples, each row padded to a byte */
	PICTURE_FAX,     /* CCITT group 3 or 4 */
	PICTURE_JBIG2,   /* as PDF embeds it */
};

/* One of the pictures that a page is made of. */
struct picture_piece {
	enum picture_coding coding;
	struct view bytes;
	uint32_t width, height; /* pixels; PICTURE_FILE says by itself */
	uint8_t channels;       /* samples: 1 grey or palette, 3 RGB, 4 CMYK */
	uint8_t bits;           /* samples: 1, 2, 4, 8 or 16 */
	bool inverted;          /* the highest value is black; of one bit: 1 is black */
	bool stencil;           /* paints black (or red) where it is black, nothing elsewhere */
	bool red;               /* of a stencil */
	struct view palette;    /* RGB triples, or empty */
	struct view globals;    /* JBIG2: what comes before, or empty */
	int32_t fax_k;    /* below 0 group 4, 0 group 3, above 0 group 3 with two dimensions */
	bool fax_aligned; /* rows start at bytes */
	/* Where the unit square lands, in points from the lower left of the page as it is shown. */
	double place[6];
};

struct picture {
	const struct picture_piece *pieces;
	uint32_t n;
	double width,
		height; /* of the page in points; 0: one piece, and its file says what it knows */
	uint32_t page;  /* 0: not known; the pages of a TIFF count from 1 */
	bool whole;     /* this is all of the page: typed headings are looked for, too */
};

struct picture_result {
	enum completeness completeness;
	uint32_t reasons; /* REASON_BIT */
};

/* Who reads pictures. `read` hands what it found to `out` and forwards what that returns; else 0,
   or -ENOMEM. `cpu_end` is the value of clock_cpu() at which it must be done. */
struct picture_reader {
	int (*read)(void *userdata, const struct picture *p, uint64_t cpu_end,
		const struct block_sink *out, struct picture_result *ret);
	void *userdata;
};
