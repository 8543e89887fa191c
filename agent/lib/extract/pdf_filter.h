/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stream codecs of PDF that yield text or structure: bytes in, bytes out, bounded by the
 * extractor's budgets. Each appends to `out` and keeps what came before an error.
 */
#pragma once

#include "base/buf.h"
#include "extract/extractor.h"

/* Bytes of one row that a predictor may have. */
#define PDF_ROW_MAX (1U << 20)

enum {
	PDF_FILTER_DAMAGED = 5, /* broken off */
	PDF_FILTER_CUT = 6,     /* a size limit; too-big was recorded */
};

struct pdf_predictor {
	uint32_t predictor; /* 1: none, 2: TIFF, 10 and more: PNG */
	uint32_t colors, bits, columns;
};

/* 0, PDF_FILTER_*, EXTRACT_STOP or -ENOMEM */
must_check int pdf_filter_hex(struct extractor *x, struct view in, struct buf *out);
must_check int pdf_filter_ascii85(struct extractor *x, struct view in, struct buf *out);
must_check int pdf_filter_run_length(struct extractor *x, struct view in, struct buf *out);
must_check int pdf_filter_lzw(
	struct extractor *x, struct view in, bool early_change, struct buf *out);
must_check int pdf_filter_flate(struct extractor *x, struct view in, struct buf *out);

/* Undoes the prediction inside `b`. */
must_check int pdf_filter_unpredict(const struct pdf_predictor *p, struct buf *b);
