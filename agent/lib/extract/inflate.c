/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/inflate.h"

#include <errno.h>
#include <libdeflate.h>
#include <zlib.h>

/* A stream is inflated in steps of this many bytes of output, with a look at the budgets. */
#define INFLATE_STEP ((size_t)128 << 10)

/* Smaller declared sizes than this are not worth doubting. */
#define INFLATE_SMALL 4096

static bool is_credible(const struct extractor *x, struct view in, uint64_t declared)
{
	return declared > 0 && declared <= x->limits->member_bytes &&
		declared <= x->limits->total_bytes - x->inflated &&
		(declared <= INFLATE_SMALL || declared / INFLATE_RATIO_MAX <= in.n);
}

/* True where the declared size was right and all is done. */
static int inflate_whole(struct extractor *x, enum inflate_wrap wrap, struct view in, size_t size,
	struct buf *out, size_t *ret_used)
{
	enum libdeflate_result r;
	size_t used, got;

	if (!x->decompressor)
		x->decompressor = libdeflate_alloc_decompressor();
	if (!x->decompressor)
		return -ENOMEM;
	if (buf_reserve(out, size) < 0)
		return -ENOMEM;
	switch (wrap) {
	case INFLATE_RAW:
		r = libdeflate_deflate_decompress_ex(
			x->decompressor, in.p, in.n, out->p + out->n, size, &used, &got);
		break;
	case INFLATE_ZLIB:
		r = libdeflate_zlib_decompress_ex(
			x->decompressor, in.p, in.n, out->p + out->n, size, &used, &got);
		break;
	case INFLATE_GZIP:
		r = libdeflate_gzip_decompress_ex(
			x->decompressor, in.p, in.n, out->p + out->n, size, &used, &got);
		break;
	default: return INFLATE_DAMAGED;
	}
	if (r != LIBDEFLATE_SUCCESS)
		return INFLATE_DAMAGED;
	out->n += got;
	*ret_used = used;
	return extractor_charge(x, got) ? 0 : INFLATE_CUT;
}

static int step(struct extractor *x, z_stream *z, uint64_t left, struct buf *out)
{
	size_t room = MIN((uint64_t)INFLATE_STEP, left), got;
	int zr;

	/* A step more than the limit tells "just full" from "too big". */
	room = MAX(room, (size_t)1);
	if (buf_reserve(out, room) < 0)
		return -ENOMEM;
	z->next_out = out->p + out->n;
	z->avail_out = (uInt)room;
	zr = inflate(z, Z_NO_FLUSH);
	got = room - z->avail_out;
	if (got > left || !extractor_charge(x, got)) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return INFLATE_CUT;
	}
	out->n += got;
	if (zr == Z_STREAM_END)
		return 0;
	if (zr == Z_MEM_ERROR)
		return -ENOMEM;
	if (zr != Z_OK || (got == 0 && z->avail_in == 0))
		return INFLATE_DAMAGED;
	zr = extractor_tick(x, got + 1024);
	return zr != 0 ? zr : -EAGAIN;
}

static int inflate_stream(struct extractor *x, enum inflate_wrap wrap, struct view in,
	struct buf *out, size_t *ret_used)
{
	static const int window[] = {[INFLATE_RAW] = -MAX_WBITS,
		[INFLATE_ZLIB] = MAX_WBITS,
		[INFLATE_GZIP] = MAX_WBITS + 16};
	size_t start = out->n, eaten = 0;
	z_stream z = {0};
	int r = -EAGAIN;

	if (inflateInit2(&z, window[wrap]) != Z_OK)
		return -ENOMEM;
	while (r == -EAGAIN) {
		uInt chunk = (uInt)MIN(in.n - eaten, (size_t)1 << 30);
		uint64_t done = out->n - start;

		z.next_in = (Bytef *)(uintptr_t)(in.p + eaten);
		z.avail_in = chunk;
		r = step(x, &z, x->limits->member_bytes - MIN(done, x->limits->member_bytes), out);
		eaten += chunk - z.avail_in;
	}
	inflateEnd(&z);
	*ret_used = eaten;
	return r;
}

int inflate_view(struct extractor *x, enum inflate_wrap wrap, struct view in, uint64_t declared,
	struct buf *out, size_t *ret_used)
{
	size_t used = 0;
	int r = INFLATE_DAMAGED;

	if (ret_used)
		*ret_used = 0;
	if (in.n == 0)
		return r;
	out->max = (size_t)MIN(x->limits->member_bytes, (uint64_t)(SIZE_MAX / 2)) + out->n +
		INFLATE_STEP;
	if (is_credible(x, in, declared))
		r = inflate_whole(x, wrap, in, (size_t)declared, out, &used);
	/* A size that lies, or a stream that is broken: what there is of it is still wanted. */
	if (r == INFLATE_DAMAGED)
		r = inflate_stream(x, wrap, in, out, &used);
	else if (r == 0)
		r = extractor_tick(x, declared);
	if (ret_used)
		*ret_used = used;
	return r;
}

size_t inflate_head(struct view in, uint8_t *out, size_t n)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p,
		.avail_in = (uInt)MIN(in.n, (size_t)1 << 30),
		.next_out = out,
		.avail_out = (uInt)n};

	if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
		return 0;
	unchecked(inflate(&z, Z_SYNC_FLUSH)); /* what came out, came out */
	n -= z.avail_out;
	inflateEnd(&z);
	return n;
}
