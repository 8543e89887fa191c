/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/checked.h"
#include "stamp/jbig2.h"
#include "stamp/stamp.h"

/* Pictures with more pixels than this are decoded at half the size where the coding can. */
#define HALVE_PIXELS (16U << 20)

#define DPI_MIN 50
#define DPI_MAX 1300

void pixp_free(PIX **p)
{
	pixDestroy(p);
}

static bool fits(uint64_t w, uint64_t h)
{
	return w > 0 && h > 0 && w <= STAMP_SIDE_MAX && h <= STAMP_SIDE_MAX &&
		w * h <= STAMP_PIXELS_MAX;
}

/* 1, 2, 4, 16 bits, colour tables and transparency become 8 bits grey or 32 bits RGB. */
static PIX *plain(PIX *pix)
{
	cleanup_with(pixp_free) PIX *in = pix, *flat = NULL;
	PIX *out = NULL;

	if (!in)
		return NULL;
	if (pixGetDepth(in) == 32 && pixGetSpp(in) == 4) {
		flat = pixAlphaBlendUniform(in, 0xffffff00);
		if (flat)
			pixSetSpp(flat, 3);
		return steal(&flat);
	}
	if (pixGetColormap(in))
		flat = pixRemoveColormap(in, REMOVE_CMAP_BASED_ON_SRC);
	else
		flat = steal(&in);
	if (!flat)
		return NULL;
	out = pixGetDepth(flat) == 32 ? steal(&flat) : pixConvertTo8(flat, 0);
	return out;
}

static double dpi_of(const PIX *pix)
{
	int x = pixGetXRes(pix), y = pixGetYRes(pix);

	if (x < DPI_MIN || x > DPI_MAX || y < DPI_MIN || y > DPI_MAX)
		return 0;
	return x;
}

/* A decoder works through every pass of a progressive JPEG; a file can have thousands. */
static bool jpeg_is_sane(struct view v)
{
	unsigned scans = 0;

	for (size_t i = 0; i + 1 < v.n; i++) {
		const uint8_t *p = memchr(v.p + i, 0xff, v.n - i - 1);

		if (!p)
			break;
		i = (size_t)(p - v.p);
		scans += p[1] == 0xda;
	}
	return scans <= STAMP_SCANS_MAX;
}

static int decode_jpeg(struct view v, uint64_t pixels, struct image *ret)
{
	int reduction = pixels > HALVE_PIXELS ? 2 : 1, warnings = 0;

	if (!jpeg_is_sane(v))
		return IMAGE_TOO_BIG;
	ret->pix = pixReadMemJpeg(v.p, v.n, 0, reduction, &warnings, L_JPEG_CONTINUE_WITH_BAD_DATA);
	if (!ret->pix)
		return IMAGE_DAMAGED;
	ret->dpi = dpi_of(ret->pix) / reduction;
	return 0;
}

static int decode_tiff(struct view v, unsigned frame, struct image *ret)
{
	l_int32 w, h, bits, channels, dpi = 0, mapped, format;

	if (readHeaderMemTiff(
		    v.p, v.n, (l_int32)frame, &w, &h, &bits, &channels, &dpi, &mapped, &format))
		return frame ? IMAGE_END : IMAGE_DAMAGED;
	if (!fits((uint64_t)w, (uint64_t)h))
		return IMAGE_TOO_BIG;
	ret->pix = pixReadMemTiff(v.p, v.n, (l_int32)frame);
	if (!ret->pix)
		return IMAGE_UNSUPPORTED;
	ret->dpi = dpi_of(ret->pix);
	return 0;
}

/* The end of the first picture of a GIF, behind its data; 0 where it is broken. Its own size goes
   to `ret_w`, `ret_h`: it may be larger than the screen it is shown on. */
static size_t gif_first(struct view v, unsigned *ret_w, unsigned *ret_h)
{
	size_t at = 13;

	if (v.n < 14)
		return 0;
	if (v.p[10] & 0x80)
		at += 3 * ((size_t)2 << (v.p[10] & 7));
	while (at < v.n && v.p[at] == 0x21) { /* extensions */
		for (at += 2; at < v.n && v.p[at]; at += (size_t)v.p[at] + 1)
			continue;
		at++;
	}
	if (at + 11 > v.n || v.p[at] != 0x2c)
		return 0;
	*ret_w = load_le16(v.p + at + 5);
	*ret_h = load_le16(v.p + at + 7);
	at += 10 + (v.p[at + 9] & 0x80 ? 3 * ((size_t)2 << (v.p[at + 9] & 7)) : 0) + 1;
	while (at < v.n && v.p[at])
		at += (size_t)v.p[at] + 1;
	return at < v.n ? at + 1 : 0;
}

/* Only the first picture: decoders unpack all that move. */
static int decode_gif(struct view v, struct image *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	unsigned w = 0, h = 0;
	size_t end = gif_first(v, &w, &h);
	int r;

	if (end == 0)
		return IMAGE_DAMAGED;
	if (!fits(w, h) || !fits(load_le16(v.p + 6), load_le16(v.p + 8)))
		return IMAGE_TOO_BIG;
	r = buf_put_view(&b, view_sub(v, 0, end));
	if (r == 0)
		r = buf_put_byte(&b, 0x3b);
	if (r < 0)
		return r == -E2BIG ? IMAGE_TOO_BIG : r;
	ret->pix = pixReadMemGif(b.p, b.n);
	return ret->pix ? 0 : IMAGE_DAMAGED;
}

/* Of JPEG 2000 (ISO/IEC 15444-1 A.5.1): whether all components have the picture's size. Leptonica
   1.82 reads beyond the end of one that is smaller. */
static bool has_even_components(struct view v)
{
	static const uint8_t begin[] = {
		0xff, 0x4f, 0xff, 0x51}; /* of the codestream, and its size */
	const uint8_t *at = v.p, *end = v.p + v.n;

	while ((at = memmem(at, (size_t)(end - at), begin, sizeof(begin)))) {
		size_t n;

		at += sizeof(begin);
		if (end - at < 38)
			return false;
		n = (size_t)at[36] << 8 | at[37];
		if ((size_t)(end - at) < 38 + 3 * n)
			return false;
		for (size_t i = 0; i < n; i++)
			if (at[38 + 3 * i + 1] != 1 || at[38 + 3 * i + 2] != 1)
				return false;
	}
	return true;
}

static int decode_file(struct view v, unsigned frame, struct image *ret)
{
	l_int32 format = IFF_UNKNOWN, w = 0, h = 0, bits, channels, mapped;

	if (v.n < 16 || findFileFormatBuffer(v.p, &format))
		return frame ? IMAGE_END : v.n < 16 ? IMAGE_DAMAGED : IMAGE_UNSUPPORTED;
	if (format >= IFF_TIFF && format <= IFF_TIFF_ZIP)
		format = IFF_TIFF;
	if (format == IFF_TIFF || format == IFF_TIFF_JPEG)
		return decode_tiff(v, frame, ret);
	if (frame)
		return IMAGE_END;
	if (format == IFF_GIF)
		return decode_gif(v, ret);
	if (format != IFF_JFIF_JPEG && format != IFF_PNG && format != IFF_BMP &&
		format != IFF_WEBP && format != IFF_JP2)
		return IMAGE_UNSUPPORTED;
	if (pixReadHeaderMem(v.p, v.n, &format, &w, &h, &bits, &channels, &mapped))
		return format == IFF_WEBP ? IMAGE_UNSUPPORTED : IMAGE_DAMAGED;
	if (!fits((uint64_t)w, (uint64_t)h))
		return IMAGE_TOO_BIG;
	if (format == IFF_JP2 && !has_even_components(v))
		return IMAGE_UNSUPPORTED;
	if (format == IFF_JFIF_JPEG)
		return decode_jpeg(v, (uint64_t)w * (uint64_t)h, ret);
	ret->pix = format == IFF_PNG ? pixReadMemPng(v.p, v.n)
		: format == IFF_BMP  ? pixReadMemBmp(v.p, v.n)
		: format == IFF_WEBP ? pixReadMemWebP(v.p, v.n)
				     : pixReadMemJp2k(v.p, v.n, 1, NULL, 0, 0);
	if (!ret->pix)
		return IMAGE_DAMAGED;
	ret->dpi = dpi_of(ret->pix);
	return 0;
}

static unsigned sample(const uint8_t *row, uint64_t i, unsigned bits)
{
	if (bits == 8)
		return row[i];
	if (bits == 16)
		return row[2 * i];
	return (unsigned)row[i * bits / 8] >> (8 - bits - i * bits % 8) & ((1U << bits) - 1);
}

static l_uint32 rgb(unsigned r, unsigned g, unsigned b)
{
	return (l_uint32)r << 24 | (l_uint32)g << 16 | (l_uint32)b << 8;
}

static l_uint32 samples_pixel(const struct picture_piece *p, const uint8_t *row, uint64_t x)
{
	unsigned c[4], max = p->bits >= 8 ? 255 : (1U << p->bits) - 1;

	for (unsigned k = 0; k < p->channels; k++) {
		c[k] = sample(row, x * p->channels + k, p->bits);
		if (p->palette.n)
			break;
		c[k] = p->inverted ? 255 - c[k] * 255 / max : c[k] * 255 / max;
	}
	if (p->palette.n) {
		size_t at = 3 * (size_t)c[0];

		if (at + 3 > p->palette.n)
			return 0;
		return rgb(p->palette.p[at], p->palette.p[at + 1], p->palette.p[at + 2]);
	}
	if (p->channels == 1)
		return c[0];
	if (p->channels == 3)
		return rgb(c[0], c[1], c[2]);
	return rgb((255 - c[0]) * (255 - c[3]) / 255, (255 - c[1]) * (255 - c[3]) / 255,
		(255 - c[2]) * (255 - c[3]) / 255);
}

static int decode_samples(const struct picture_piece *p, struct image *ret)
{
	bool colour = p->channels > 1 || p->palette.n;
	uint64_t stride;

	if ((p->channels != 1 && p->channels != 3 && p->channels != 4) ||
		(p->bits != 1 && p->bits != 2 && p->bits != 4 && p->bits != 8 && p->bits != 16) ||
		(p->palette.n && p->channels != 1))
		return IMAGE_UNSUPPORTED;
	if (!fits(p->width, p->height))
		return IMAGE_TOO_BIG;
	stride = ((uint64_t)p->width * p->channels * p->bits + 7) / 8;
	if (p->bytes.n < stride)
		return IMAGE_DAMAGED;
	ret->pix = pixCreate((l_int32)p->width, (l_int32)p->height, colour ? 32 : 8);
	if (!ret->pix)
		return -ENOMEM;
	pixSetAll(ret->pix);
	for (uint32_t y = 0; y < p->height && (y + UINT64_C(1)) * stride <= p->bytes.n; y++) {
		const uint8_t *row = p->bytes.p + y * stride;
		l_uint32 *out = pixGetData(ret->pix) + (size_t)y * (size_t)pixGetWpl(ret->pix);

		for (uint32_t x = 0; x < p->width; x++) {
			l_uint32 v = samples_pixel(p, row, x);

			if (colour)
				out[x] = v;
			else
				SET_DATA_BYTE(out, x, (l_uint8)v);
		}
	}
	return 0;
}

static int put_tag(struct buf *b, unsigned tag, unsigned type, uint32_t value)
{
	const uint8_t entry[12] = {(uint8_t)tag, (uint8_t)(tag >> 8), (uint8_t)type, 0, 1, 0, 0, 0,
		(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
		(uint8_t)(value >> 24)};

	return buf_put(b, entry, sizeof(entry));
}

/* A fax is a TIFF without its head. */
static int decode_fax(const struct picture_piece *p, struct image *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	const struct {
		unsigned tag, type;
		uint32_t value;
	} tags[] = {{256, 4, p->width}, {257, 4, p->height}, {258, 3, 1},
		{259, 3, p->fax_k < 0 ? 4 : 3}, {262, 3, 0}, {273, 4, 8 + 2 + 10 * 12 + 4},
		{277, 3, 1}, {278, 4, p->height}, {279, 4, (uint32_t)p->bytes.n},
		{p->fax_k < 0 ? 293 : 292, 4, p->fax_k > 0 ? 1 : 0}};
	const uint8_t head[] = {'I', 'I', 42, 0, 8, 0, 0, 0, ARRAY_SIZE(tags), 0};
	const uint8_t end[4] = {0};
	int r;

	if (p->fax_aligned)
		return IMAGE_UNSUPPORTED;
	if (!fits(p->width, p->height) || p->bytes.n > UINT32_MAX / 2)
		return IMAGE_TOO_BIG;
	r = buf_put(&b, head, sizeof(head));
	for (size_t i = 0; i < ARRAY_SIZE(tags) && r == 0; i++)
		r = put_tag(&b, tags[i].tag, tags[i].type, tags[i].value);
	if (r == 0)
		r = buf_put(&b, end, sizeof(end));
	if (r == 0)
		r = buf_put_view(&b, p->bytes);
	if (r < 0)
		return r == -E2BIG ? IMAGE_TOO_BIG : r;
	ret->pix = pixReadMemTiff(b.p, b.n, 0);
	if (!ret->pix)
		return IMAGE_DAMAGED;
	if (p->inverted)
		pixInvert(ret->pix, ret->pix);
	return 0;
}

static int decode_jbig2(const struct picture_piece *p, struct image *ret)
{
	cleanup_with(jbig2_bitmap_done) struct jbig2_bitmap b;
	int r = jbig2_decode(p->globals, p->bytes, p->height, JBIG2_WORK_MAX, &b);

	if (r != 0)
		return r;
	if (!fits(b.w, b.h))
		return IMAGE_TOO_BIG;
	ret->pix = pixCreate((l_int32)b.w, (l_int32)b.h, 8);
	if (!ret->pix)
		return -ENOMEM;
	for (uint32_t y = 0; y < b.h; y++) {
		const uint8_t *row = jbig2_row(&b, y);
		l_uint32 *out = pixGetData(ret->pix) + (size_t)y * (size_t)pixGetWpl(ret->pix);

		for (uint32_t x = 0; x < b.w; x++)
			SET_DATA_BYTE(out, x, row[x] != p->inverted ? 0 : 255);
	}
	return 0;
}

int image_decode(const struct picture_piece *piece, unsigned frame, struct image *ret)
{
	int r = IMAGE_END;

	*ret = (struct image){0};
	if (piece->coding == PICTURE_FILE)
		r = decode_file(piece->bytes, frame, ret);
	else if (frame == 0)
		r = piece->coding == PICTURE_FAX         ? decode_fax(piece, ret)
			: piece->coding == PICTURE_JBIG2 ? decode_jbig2(piece, ret)
							 : decode_samples(piece, ret);
	if (r == 0) {
		ret->pix = plain(ret->pix);
		if (!ret->pix)
			r = -ENOMEM;
	}
	return r;
}
