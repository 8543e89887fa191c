/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deflate in its three wrappings, into a bounded buffer. Whole members with a credible declared
 * size go through libdeflate, everything else through a zlib stream that grows as bytes arrive.
 * Limits: limits->member_bytes per call, limits->total_bytes per document, and the CPU budget.
 */
#pragma once

#include "extract/extractor.h"

enum inflate_wrap {
	INFLATE_RAW, /* zip members */
	INFLATE_ZLIB,
	INFLATE_GZIP, /* one gzip member */
};

/* How it ended; in both cases `out` holds what came before the end. */
enum {
	INFLATE_DAMAGED = 2, /* not deflate, or broken off; nothing was recorded */
	INFLATE_CUT = 3,     /* a size limit; too-big was recorded */
};

/* Deflate cannot do better than this, so a larger declared size is a lie. */
#define INFLATE_RATIO_MAX 1032

/*
 * Appends the decompressed bytes of `in` to `out` (whose own `max` is not looked at). `declared` is
 * the size that the container states, or 0. `ret_used` (may be NULL) gets the bytes of `in` that
 * were eaten. 0, INFLATE_DAMAGED, INFLATE_CUT, EXTRACT_STOP, or -ENOMEM.
 */
must_check int inflate_view(struct extractor *x, enum inflate_wrap wrap, struct view in,
	uint64_t declared, struct buf *out, size_t *ret_used);

/* The first bytes of what a gzip file holds, at most `n`; how many there are. */
size_t inflate_head(struct view in, uint8_t *out, size_t n);
