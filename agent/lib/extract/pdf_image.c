/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pictures of a page: their coded bytes and what is needed to read them. Nothing is rendered.
 * A page that is made of pictures is handed over as one; else each picture for itself.
 */
#include <errno.h>
#include <math.h>

#include "extract/pdf_reader.h"

#define PIECES_MAX 64 /* of one page: strips, tiles, layers */

/* A page is a scan where its pictures cover so much of it. */
#define SCAN_SHARE 0.5

#define PICTURE_SIDE_MIN 20.0 /* points; smaller ones hold no stamp */
#define PALETTE_MAX      256

struct page_picture {
	struct picture_piece pieces[PIECES_MAX];
	struct buf bytes[PIECES_MAX], globals[PIECES_MAX];
	struct buf palettes;
	uint32_t n;
	bool unread; /* one of them cannot be read */
};

static const struct pdf_object *either(struct pdf_file *f, const struct pdf_object *dict,
	const char *key, const char *abbreviation)
{
	const struct pdf_object *o = pdf_get(f, dict, key);

	return o->type == PDF_NULL ? pdf_get(f, dict, abbreviation) : o;
}

static uint32_t whole_number(double v)
{
	return v >= 0 && v < 1e9 ? (uint32_t)v : 0;
}

/* The last item where it is a list. */
static const struct pdf_object *last_of(struct pdf_file *f, const struct pdf_object *o)
{
	return o->type == PDF_ARRAY && o->n ? pdf_item(f, o, o->n - 1) : o;
}

/* The colours of an indexed space as RGB triples, appended to `palettes`. */
static int palette_read(
	struct pdf_file *f, const struct pdf_object *space, uint8_t channels, struct buf *palettes)
{
	const struct pdf_object *table = pdf_item(f, space, 3);
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct view v = VIEW_EMPTY;
	int e = 0;

	if (table->type == PDF_STRING) {
		v = table->text;
	} else if (table->type == PDF_STREAM) {
		e = pdf_stream_decode(f, table, &b);
		if (e < 0 || e == EXTRACT_STOP)
			return e;
		v = buf_view(&b);
	}
	for (size_t i = 0; i < PALETTE_MAX && (i + 1) * channels <= v.n; i++) {
		const uint8_t *c = v.p + i * channels;
		uint8_t rgb[3] = {c[0], c[channels > 1], c[channels > 2 ? 2 : 0]};

		for (unsigned k = 0; k < 3 && channels == 4; k++)
			rgb[k] = (uint8_t)((255 - c[k]) * (255 - c[3]) / 255);
		e = buf_put(palettes, rgb, sizeof(rgb));
		if (e)
			return e;
	}
	return 0;
}

/* How many channels a colour space has; 0: unknown. */
static uint8_t space_channels(struct pdf_file *f, const struct pdf_object *space)
{
	const struct pdf_object *name = space->type == PDF_ARRAY ? pdf_item(f, space, 0) : space;

	if (pdf_is_name(name, "DeviceGray") || pdf_is_name(name, "G") ||
		pdf_is_name(name, "CalGray"))
		return 1;
	if (pdf_is_name(name, "DeviceRGB") || pdf_is_name(name, "RGB") ||
		pdf_is_name(name, "CalRGB"))
		return 3;
	if (pdf_is_name(name, "DeviceCMYK") || pdf_is_name(name, "CMYK"))
		return 4;
	if (pdf_is_name(name, "ICCBased")) {
		double n = pdf_get_number(f, pdf_item(f, space, 1), "N", 0);

		return n == 1 || n == 3 || n == 4 ? (uint8_t)n : 0;
	}
	return 0;
}

/* How the samples of an image without a coding of its own are to be read. False: nobody knows. */
static int samples_fill(struct pdf_file *f, const struct pdf_object *image, struct page_picture *p,
	struct picture_piece *piece)
{
	const struct pdf_object *space = either(f, image, "ColorSpace", "CS");
	const struct pdf_object *decode = either(f, image, "Decode", "D");
	const struct pdf_object *first = pdf_item(f, space, 0);
	size_t palette = p->palettes.n;
	int e = 0;

	piece->coding = PICTURE_SAMPLES;
	piece->bits = piece->stencil
		? 1
		: (uint8_t)whole_number(
			  either(f, image, "BitsPerComponent", "BPC")->type == PDF_NUMBER
				  ? either(f, image, "BitsPerComponent", "BPC")->number
				  : 8);
	piece->channels = piece->stencil ? 1 : space_channels(f, space);
	if (space->type == PDF_ARRAY &&
		(pdf_is_name(first, "Indexed") || pdf_is_name(first, "I"))) {
		uint8_t channels = space_channels(f, pdf_item(f, space, 1));

		piece->channels = channels ? 1 : 0;
		if (channels)
			e = palette_read(f, space, channels, &p->palettes);
		piece->palette = view_of(NULL, p->palettes.n - palette); /* placed later */
	} else if (space->type == PDF_ARRAY && pdf_is_name(first, "Separation")) {
		piece->channels = 1; /* how much of an ink */
		piece->inverted = true;
	}
	if (decode->type == PDF_ARRAY && decode->n >= 2 &&
		pdf_item(f, decode, 0)->type == PDF_NUMBER &&
		pdf_item(f, decode, 1)->type == PDF_NUMBER &&
		pdf_item(f, decode, 0)->number > pdf_item(f, decode, 1)->number)
		piece->inverted = !piece->inverted;
	return e;
}

static void fax_fill(
	struct pdf_file *f, const struct pdf_object *image, struct picture_piece *piece)
{
	const struct pdf_object *params = last_of(f, either(f, image, "DecodeParms", "DP"));
	const struct pdf_object *black = pdf_get(f, params, "BlackIs1");
	const struct pdf_object *aligned = pdf_get(f, params, "EncodedByteAlign");
	uint32_t columns = whole_number(pdf_get_number(f, params, "Columns", 1728));
	bool inverted = piece->inverted;

	piece->coding = PICTURE_FAX;
	piece->width = columns;
	piece->fax_k = (int32_t)MAX(MIN(pdf_get_number(f, params, "K", 0), 1.0), -1.0);
	piece->fax_aligned = aligned->type == PDF_BOOL && aligned->number != 0;
	/* Decoded samples are 0 for black unless BlackIs1; `inverted` turns them. */
	piece->inverted = (black->type == PDF_BOOL && black->number != 0) != inverted;
}

/* What pages of a document share comes before their own data. */
static int jbig2_fill(struct pdf_file *f, const struct pdf_object *image,
	struct picture_piece *piece, struct buf *globals)
{
	const struct pdf_object *params = last_of(f, either(f, image, "DecodeParms", "DP"));
	const struct pdf_object *o = pdf_get(f, params, "JBIG2Globals");
	int e = o->type == PDF_STREAM ? pdf_stream_decode(f, o, globals) : 0;

	piece->coding = PICTURE_JBIG2;
	piece->globals = buf_view(globals);
	return e < 0 || e == EXTRACT_STOP ? e : 0;
}

/* 0, 1 where nobody can read it, EXTRACT_STOP or -errno. */
static int piece_read(struct pdf_reader *r, const struct pdf_image *image, struct page_picture *p)
{
	struct picture_piece *piece = &p->pieces[p->n];
	const struct pdf_object *o = image->object, *filter;
	const struct pdf_object *mask = either(&r->file, o, "ImageMask", "IM");
	struct buf *bytes = &p->bytes[p->n];
	int e, f;

	*piece = (struct picture_piece){
		.width = whole_number(either(&r->file, o, "Width", "W")->type == PDF_NUMBER
				? either(&r->file, o, "Width", "W")->number
				: 0),
		.height = whole_number(either(&r->file, o, "Height", "H")->type == PDF_NUMBER
				? either(&r->file, o, "Height", "H")->number
				: 0),
		.stencil = mask->type == PDF_BOOL && mask->number != 0,
		.red = image->red,
	};
	memcpy(piece->place, image->place, sizeof(piece->place));
	e = pdf_stream_decode(&r->file, o, bytes);
	if (e < 0 || e == EXTRACT_STOP)
		return e;
	if (e == PDF_STREAM_UNKNOWN) {
		p->unread = true;
		return 0;
	}
	if (e == PDF_STREAM_DAMAGED)
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	f = samples_fill(&r->file, o, p, piece);
	if (f)
		return f;
	if (e == PDF_STREAM_IMAGE) {
		filter = last_of(&r->file, either(&r->file, o, "Filter", "F"));
		if (pdf_is_name(filter, "DCTDecode") || pdf_is_name(filter, "DCT") ||
			pdf_is_name(filter, "JPXDecode"))
			piece->coding = PICTURE_FILE;
		else if (pdf_is_name(filter, "CCITTFaxDecode") || pdf_is_name(filter, "CCF"))
			fax_fill(&r->file, o, piece);
		else if (pdf_is_name(filter, "JBIG2Decode"))
			f = jbig2_fill(&r->file, o, piece, &p->globals[p->n]);
		else
			e = PDF_STREAM_UNKNOWN;
	} else if (piece->channels == 0) {
		e = PDF_STREAM_UNKNOWN;
	}
	if (f)
		return f;
	if (e == PDF_STREAM_UNKNOWN) {
		p->unread = true;
		return 0;
	}
	piece->bytes = buf_view(bytes);
	p->n++;
	return 0;
}

/* What an image covers of its page, in points. */
static void image_size(const struct pdf_image *image, double *ret_w, double *ret_h)
{
	const double *m = image->place;

	*ret_w = fabs(m[0]) + fabs(m[2]);
	*ret_h = fabs(m[1]) + fabs(m[3]);
}

static bool is_small(const struct pdf_image *image)
{
	double w, h;

	image_size(image, &w, &h);
	return !(w >= PICTURE_SIDE_MIN && h >= PICTURE_SIDE_MIN / 2 && w < 1e6 && h < 1e6);
}

static double covered(const struct pdf_page *page)
{
	double sum = 0;

	for (uint32_t i = 0; i < page->content.n_pictures; i++) {
		double w, h;

		if (is_small(&page->content.pictures[i]))
			continue;
		image_size(&page->content.pictures[i], &w, &h);
		sum += MIN(w, page->width) * MIN(h, page->height);
	}
	return sum / (page->width * page->height);
}

/* Palettes lie in one buffer, which has stopped growing. */
static void palettes_place(struct page_picture *p)
{
	size_t at = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		struct view *v = &p->pieces[i].palette;

		*v = view_sub(buf_view(&p->palettes), at, v->n);
		at += v->n;
	}
}

static int hand_over(
	struct pdf_reader *r, const struct pdf_page *page, struct page_picture *p, bool whole)
{
	struct picture picture = {
		.pieces = p->pieces,
		.n = p->n,
		.width = page->width,
		.height = page->height,
		.page = page->number,
		.whole = whole,
	};
	int e = 0;

	palettes_place(p);
	if (p->n)
		e = extractor_picture(r->x, &picture);
	p->n = 0;
	buf_clear(&p->palettes);
	return e;
}

static int pieces_read(struct pdf_reader *r, const struct pdf_page *page, struct page_picture *p)
{
	bool scan = covered(page) >= SCAN_SHARE, silent = page->layout.n == 0;
	int e = 0;

	for (uint32_t i = 0; i < page->content.n_pictures && e == 0; i++) {
		const struct pdf_image *image = &page->content.pictures[i];

		if (is_small(image))
			continue;
		if (!scan && image->object->raw->bytes.n &&
			extractor_is_known(r->x, image->object->raw->bytes))
			continue;
		if (p->n == PIECES_MAX) {
			extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		e = piece_read(r, image, p);
		if (e == 0 && !scan)
			e = hand_over(r, page, p, false);
	}
	if (e == 0 && scan)
		e = hand_over(r, page, p, silent);
	if (silent && (p->unread || page->content.lost_images))
		r->pictures++;
	return e;
}

int pdf_pictures_read(struct pdf_reader *r, const struct pdf_page *page)
{
	struct page_picture *p;
	int e;

	if (page->content.images == 0 && page->content.lost_images == 0)
		return 0;
	if (!r->x->pictures) {
		r->pictures += page->layout.n == 0;
		r->x->images += page->content.images;
		return 0;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	e = pieces_read(r, page, p);
	for (uint32_t i = 0; i < PIECES_MAX; i++) {
		buf_done(&p->bytes[i]);
		buf_done(&p->globals[i]);
	}
	buf_done(&p->palettes);
	free(p);
	return e;
}
