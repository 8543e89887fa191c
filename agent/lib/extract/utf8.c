/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"

#ifdef __SSE2__
/*
 * Passes over letters of at most three bytes, sixteen bytes at a time: bytes inside of letters
 * stand behind leading ones, and nowhere else. Leading bytes that say something of the next one are
 * left to utf8_length(). `i` and what is returned are where a letter begins.
 */
static size_t pass_blocks(struct view v, size_t i)
{
	unsigned open = 0; /* the next bytes are inside of a letter; a bit each */

	for (; v.n - i >= 16; i += 16) {
		const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(v.p + i));
		unsigned high = (unsigned)_mm_movemask_epi8(b), inside, three, odd, wanted;

		if ((high | open) == 0)
			continue;
		/* as signed bytes: 0x80 is the least, 0xff is -1 */
		inside = (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(b, _mm_set1_epi8(-64)));
		three = high & (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(b, _mm_set1_epi8(-33)));
		/* 0xc0, 0xc1, 0xe0, 0xed, 0xf0 and what is above */
		odd = (unsigned)_mm_movemask_epi8(_mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(_mm_and_si128(b, _mm_set1_epi8(-2)),
					     _mm_set1_epi8(-64)),
				_mm_cmpeq_epi8(_mm_max_epu8(b, _mm_set1_epi8(-16)), b)),
			_mm_or_si128(_mm_cmpeq_epi8(b, _mm_set1_epi8(-32)),
				_mm_cmpeq_epi8(b, _mm_set1_epi8(-19)))));
		wanted = open | (high & ~inside) << 1 | three << 2;
		if (odd || (wanted & 0xffff) != inside)
			break;
		open = wanted >> 16;
	}
	/* back to where the letter began that goes on here */
	while (open && (v.p[--i] & 0xc0) == 0x80)
		;
	return i;
}
#else
static size_t pass_blocks(struct view v, size_t i)
{
	(void)v;
	return i;
}
#endif

static size_t valid_prefix(struct view v)
{
	size_t i = 0;

	while (i < v.n) {
		size_t step, end;

		i = pass_blocks(v, i);
		for (end = MIN(i + 16, v.n); i < end; i += step) {
			step = utf8_length(view_sub(v, i, v.n));
			if (step == 0)
				return i;
		}
	}
	return i;
}

bool utf8_is_valid(struct view v)
{
	return valid_prefix(v) == v.n;
}

int utf8_repair(struct view v, struct buf *out)
{
	while (v.n > 0) {
		size_t good = valid_prefix(v);
		int r = buf_put(out, v.p, good);

		if (r < 0)
			return r;
		v = view_sub(v, good, v.n);
		if (v.n == 0)
			break;
		r = buf_put_utf8(out, 0xfffd);
		if (r < 0)
			return r;
		v = view_sub(v, 1, v.n);
	}
	return 0;
}
