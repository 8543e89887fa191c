/* SPDX-License-Identifier: Apache-2.0 */
/* Codings become pixels; sizes are bounded before anything is decoded. */
#include "../unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "stamp/image.h"
#include "stamp/page.h"
#include "stamp/stamp.h"

static struct picture_piece file_of(struct view v)
{
	return (struct picture_piece){.coding = PICTURE_FILE, .bytes = v};
}

/* White with a red square in the middle. */
static PIX *red_square(void)
{
	PIX *pix = pixCreate(64, 48, 32);
	BOX *box = boxCreate(16, 12, 32, 24);

	assert_non_null(pix);
	pixSetAll(pix);
	assert_int_equal(pixSetInRectArbitrary(pix, box, 0xd0101000), 0);
	pixSetResolution(pix, 200, 200);
	boxDestroy(&box);
	return pix;
}

static void expect(const struct picture_piece *piece, unsigned frame, int outcome)
{
	struct image image;

	assert_int_equal(image_decode(piece, frame, &image), outcome);
	if (outcome)
		assert_null(image.pix);
	pixDestroy(&image.pix);
}

static void encode(PIX *pix, int format, struct buf *out)
{
	l_uint8 *data = NULL;
	size_t n = 0;

	assert_int_equal(pixWriteMem(&data, &n, pix, format), 0);
	assert_int_equal(buf_put(out, data, n), 0);
	lept_free(data);
}

static void test_files(void **state)
{
	static const struct {
		int format;
		double dpi;
		bool lossy;
	} cases[] = {{IFF_PNG, 200, false}, {IFF_JFIF_JPEG, 200, true}, {IFF_TIFF_LZW, 200, false},
		{IFF_TIFF_ZIP, 200, false}, {IFF_BMP, 200, false}, {IFF_GIF, 0, true},
		{IFF_WEBP, 0, true}};
	cleanup_with(pixp_free) PIX *square = red_square();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		struct picture_piece piece;
		struct image image;
		l_uint32 v;

		encode(square, cases[i].format, &b);
		piece = file_of(buf_view(&b));
		assert_int_equal(image_decode(&piece, 0, &image), 0);
		assert_int_equal(pixGetDepth(image.pix), 32);
		assert_int_equal(pixGetWidth(image.pix), 64);
		assert_int_equal(pixGetHeight(image.pix), 48);
		assert_true(image.dpi > cases[i].dpi - 1 && image.dpi < cases[i].dpi + 1);
		pixGetPixel(image.pix, 32, 24, &v);
		assert_true(image_red(v) > 150 && image_green(v) < 70 && image_blue(v) < 70);
		pixGetPixel(image.pix, 4, 4, &v);
		assert_true(image_green(v) > 230);
		pixDestroy(&image.pix);
		/* half a file is damaged or half a picture, and never more */
		piece.bytes.n /= 2;
		if (image_decode(&piece, 0, &image) == 0)
			assert_int_equal(pixGetWidth(image.pix), 64);
		pixDestroy(&image.pix);
		expect(&piece, cases[i].format == IFF_TIFF_LZW ? 7 : 1, IMAGE_END);
	}
}

/* Half as wide, the last component would be read beyond its end. */
static void test_uneven_components(void **state)
{
	static const uint8_t begin[] = {0xff, 0x4f, 0xff, 0x51};
	cleanup_with(pixp_free) PIX *square = red_square();
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct picture_piece piece;
	struct image image;
	uint8_t *at;

	(void)state;
	encode(square, IFF_JP2, &b);
	piece = file_of(buf_view(&b));
	assert_int_equal(image_decode(&piece, 0, &image), 0);
	assert_int_equal(pixGetWidth(image.pix), 64);
	pixDestroy(&image.pix);
	at = memmem(b.p, b.n, begin, sizeof(begin));
	assert_non_null(at);
	at[sizeof(begin) + 38 + 2 * 3 + 1] = 2;
	expect(&piece, 0, IMAGE_UNSUPPORTED);
	piece.bytes.n = (size_t)(at - b.p) + 20;
	expect(&piece, 0, IMAGE_UNSUPPORTED);
}

static void test_no_picture(void **state)
{
	struct picture_piece piece = file_of(VIEW_LIT("this is no picture at all"));

	(void)state;
	expect(&piece, 0, IMAGE_UNSUPPORTED);
	piece.bytes = VIEW_LIT("GIF89a");
	expect(&piece, 0, IMAGE_DAMAGED);
	piece.bytes = VIEW_LIT("\x89PNG\r\n\x1a\n and no more than that");
	expect(&piece, 0, IMAGE_DAMAGED);
	piece.bytes = VIEW_EMPTY;
	expect(&piece, 0, IMAGE_DAMAGED);
}

static void test_too_big(void **state)
{
	static const struct {
		int w, h, format;
	} cases[] = {{(int)STAMP_SIDE_MAX + 1, 1, IFF_PNG},
		{1, (int)STAMP_SIDE_MAX + 1, IFF_TIFF_G4}, {8000, 8000, IFF_PNG},
		{8000, 8000, IFF_TIFF_G4}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *pix = pixCreate(cases[i].w, cases[i].h, 1);
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		struct picture_piece piece;

		assert_non_null(pix);
		encode(pix, cases[i].format, &b);
		piece = file_of(buf_view(&b));
		expect(&piece, 0, IMAGE_TOO_BIG);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct picture_piece piece = {.coding = i % 2 ? PICTURE_FAX : PICTURE_SAMPLES,
			.bytes = VIEW_LIT("x"),
			.width = (uint32_t)cases[i].w,
			.height = (uint32_t)cases[i].h,
			.channels = 1,
			.bits = 1};

		expect(&piece, 0, IMAGE_TOO_BIG);
	}
}

static void test_jpeg_scans(void **state)
{
	cleanup_with(pixp_free) PIX *square = red_square();
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct picture_piece piece;

	(void)state;
	encode(square, IFF_JFIF_JPEG, &b);
	for (unsigned i = 0; i <= STAMP_SCANS_MAX; i++)
		assert_int_equal(buf_put(&b, "\xff\xda", 2), 0);
	piece = file_of(buf_view(&b));
	expect(&piece, 0, IMAGE_TOO_BIG);
}

static unsigned pixel(PIX *pix, int x, int y)
{
	l_uint32 v = 0;

	assert_int_equal(pixGetPixel(pix, x, y, &v), 0);
	return v;
}

static PIX *decode(const struct picture_piece *piece)
{
	struct image image;

	assert_int_equal(image_decode(piece, 0, &image), 0);
	return image.pix;
}

static void test_samples(void **state)
{
	struct picture_piece p = {.coding = PICTURE_SAMPLES, .width = 2, .height = 2};
	cleanup_with(pixp_free) PIX *grey = NULL, *bits = NULL, *turned = NULL, *rgb = NULL,
				    *cmyk = NULL, *indexed = NULL, *wide = NULL;

	(void)state;
	p.channels = 1;
	p.bits = 8;
	p.bytes = VIEW_LIT("\x00\x40\x80\xff");
	grey = decode(&p);
	assert_int_equal(pixGetDepth(grey), 8);
	assert_int_equal(pixel(grey, 1, 0), 0x40);
	assert_int_equal(pixel(grey, 1, 1), 0xff);
	p.bits = 1;
	p.bytes = VIEW_LIT("\x40\x80");
	bits = decode(&p);
	assert_int_equal(pixel(bits, 0, 0), 0);
	assert_int_equal(pixel(bits, 1, 0), 255);
	p.inverted = true;
	turned = decode(&p);
	assert_int_equal(pixel(turned, 0, 0), 255);
	p.inverted = false;
	p.bits = 16;
	p.bytes = VIEW_LIT("\x12\x34\x56\x78\x9a\xbc\xde\xf0");
	wide = decode(&p);
	assert_int_equal(pixel(wide, 1, 1), 0xde);
	p.bits = 8;
	p.channels = 3;
	p.bytes = VIEW_LIT("\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b");
	rgb = decode(&p);
	assert_int_equal(pixel(rgb, 0, 0) >> 8, 0xff0102);
	assert_int_equal(pixel(rgb, 1, 1) >> 8, 0x090a0b);
	p.channels = 4;
	p.bytes = VIEW_LIT("\x00\xff\xff\x00"
			   "\x00\x00\x00\xff"
			   "\x00\x00\x00\x00"
			   "\xff\xff\xff\xff");
	cmyk = decode(&p);
	assert_int_equal(pixel(cmyk, 0, 0) >> 8, 0xff0000);
	assert_int_equal(pixel(cmyk, 1, 0) >> 8, 0);
	assert_int_equal(pixel(cmyk, 0, 1) >> 8, 0xffffff);
	p.channels = 1;
	p.bits = 4;
	p.palette = VIEW_LIT("\x00\x00\x00\xc8\x14\x1e");
	p.bytes = VIEW_LIT("\x01\x2f"); /* the second row: 2 and 15 are in no palette */
	indexed = decode(&p);
	assert_int_equal(pixel(indexed, 1, 0) >> 8, 0xc8141e);
	assert_int_equal(pixel(indexed, 1, 1) >> 8, 0);
}

static void test_samples_refused(void **state)
{
	struct picture_piece p = {.coding = PICTURE_SAMPLES,
		.width = 4,
		.height = 2,
		.channels = 2,
		.bits = 8,
		.bytes = VIEW_LIT("12345678")};
	cleanup_with(pixp_free) PIX *half = NULL;

	(void)state;
	expect(&p, 0, IMAGE_UNSUPPORTED);
	p.channels = 1;
	p.bits = 7;
	expect(&p, 0, IMAGE_UNSUPPORTED);
	p.bits = 8;
	p.bytes.n = 3;
	expect(&p, 0, IMAGE_DAMAGED);
	/* rows that are not there are white */
	p.bytes.n = 5;
	half = decode(&p);
	assert_int_equal(pixel(half, 0, 0), '1');
	assert_int_equal(pixel(half, 0, 1), 255);
	expect(&p, 1, IMAGE_END);
}

static void test_fax(void **state)
{
	/* eight rows that are like the white one before the first, and the end */
	struct picture_piece p = {.coding = PICTURE_FAX,
		.width = 16,
		.height = 8,
		.fax_k = -1,
		.bytes = VIEW_LIT("\xff\x00\x10\x01")};
	cleanup_with(pixp_free) PIX *white = NULL, *black = NULL;

	(void)state;
	white = decode(&p);
	assert_int_equal(pixGetWidth(white), 16);
	assert_int_equal(pixel(white, 3, 3), 255);
	p.inverted = true;
	black = decode(&p);
	assert_int_equal(pixel(black, 3, 3), 0);
	p.fax_aligned = true;
	expect(&p, 0, IMAGE_UNSUPPORTED);
}

static void test_tiff_pages(void **state)
{
	cleanup_with(pixp_free) PIX *square = red_square();
	PIXA *pages = pixaCreate(2);
	struct picture_piece piece;
	l_uint8 *data = NULL;
	size_t n = 0;

	(void)state;
	pixaAddPix(pages, square, L_COPY);
	pixaAddPix(pages, square, L_COPY);
	assert_int_equal(pixaWriteMemMultipageTiff(&data, &n, pages), 0);
	piece = file_of(view_of(data, n));
	expect(&piece, 0, 0);
	expect(&piece, 1, 0);
	expect(&piece, 2, IMAGE_END);
	lept_free(data);
	pixaDestroy(&pages);
}

/* The lower half of a page as one piece, the upper as another. */
static void test_strips(void **state)
{
	struct picture_piece pieces[] = {
		{.coding = PICTURE_SAMPLES,
			.width = 200,
			.height = 100,
			.channels = 3,
			.bits = 8,
			.place = {144, 0, 0, 72, 0, 0}},
		{.coding = PICTURE_SAMPLES,
			.width = 200,
			.height = 100,
			.channels = 1,
			.bits = 8,
			.place = {144, 0, 0, 72, 0, 72}},
	};
	struct picture picture = {.pieces = pieces, .n = 2, .width = 144, .height = 144};
	cleanup_with(page_done) struct page page;
	static uint8_t red[200 * 100 * 3], grey[200 * 100];

	(void)state;
	for (size_t i = 0; i < sizeof(red); i++)
		red[i] = i % 3 ? 10 : 200;
	memset(grey, 90, sizeof(grey));
	pieces[0].bytes = view_of(red, sizeof(red));
	pieces[1].bytes = view_of(grey, sizeof(grey));
	assert_int_equal(page_make(&picture, 0, &page), 0);
	assert_int_equal(page.dpi, 100);
	assert_true(page.measured);
	assert_int_equal(pixGetWidth(page.pix), 200);
	assert_int_equal(pixel(page.pix, 100, 150) >> 8, 0xc80a0a);
	assert_int_equal(pixel(page.pix, 100, 50) >> 8, 0x5a5a5a);
	/* one that cannot be read leaves the others */
	pieces[1].bits = 3;
	page_done(&page);
	assert_int_equal(page_make(&picture, 0, &page), IMAGE_UNSUPPORTED);
	assert_int_equal(pixel(page.pix, 100, 150) >> 8, 0xc80a0a);
	assert_int_equal(pixel(page.pix, 100, 50) >> 8, 0xffffff);
}

/* A page of another scale than pages have is taken for A4, with one picture or several. */
static void test_odd_page(void **state)
{
	static uint8_t grey[600 * 100];
	struct picture_piece pieces[2];

	(void)state;
	for (unsigned n = 1; n <= 2; n++)
		for (double side = 20; side < 20000; side *= 500) {
			struct picture picture = {
				.pieces = pieces, .n = n, .width = side, .height = side};
			cleanup_with(page_done) struct page page;

			for (unsigned i = 0; i < n; i++)
				pieces[i] = (struct picture_piece){.coding = PICTURE_SAMPLES,
					.width = 600,
					.height = 100,
					.channels = 1,
					.bits = 8,
					.bytes = view_of(grey, sizeof(grey)),
					.place = {side, 0, 0, side / 6, 0, 0}};
			assert_int_equal(page_make(&picture, 0, &page), 0);
			assert_true(page.dpi > 70 && page.dpi < 210);
		}
}

/* A picture lying on its side is set upright. */
static void test_turned(void **state)
{
	/* black at its upper left */
	static const uint8_t corner[] = {0, 255, 255, 255, 255, 255};
	static const struct {
		double place[6];
		int x, y, w;
	} cases[] = {
		{{72, 0, 0, 72, 0, 0}, 0, 0, 3},     /* as it is */
		{{-72, 0, 0, -72, 72, 72}, 2, 1, 3}, /* upside down */
		{{0, -72, 72, 0, 0, 72}, 1, 0, 2},   /* a quarter clockwise */
		{{0, 72, -72, 0, 72, 0}, 0, 2, 2},   /* a quarter the other way */
		{{-72, 0, 0, 72, 72, 0}, 2, 0, 3},   /* in a mirror */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct picture_piece piece = {.coding = PICTURE_SAMPLES,
			.width = 3,
			.height = 2,
			.channels = 1,
			.bits = 8,
			.bytes = view_of(corner, sizeof(corner))};
		struct picture picture = {.pieces = &piece, .n = 1, .width = 72, .height = 72};
		cleanup_with(page_done) struct page page;

		memcpy(piece.place, cases[i].place, sizeof(piece.place));
		assert_int_equal(page_make(&picture, 0, &page), 0);
		assert_int_equal(pixGetWidth(page.pix), cases[i].w);
		assert_int_equal(pixel(page.pix, cases[i].x, cases[i].y), 0);
	}
}

static void test_scale_is_guessed(void **state)
{
	static const struct {
		int w, h, dpi_said;
		double dpi;
	} cases[] = {{1240, 1754, 150, 150}, {1654, 2339, 72, 200}, {1654, 2339, 0, 200},
		{300, 100, 0, 96}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *pix = pixCreate(cases[i].w, cases[i].h, 8);
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		cleanup_with(page_done) struct page page;
		struct picture_piece piece;
		struct picture picture = {.pieces = &piece, .n = 1};

		pixSetResolution(pix, cases[i].dpi_said, cases[i].dpi_said);
		encode(pix, IFF_PNG, &b);
		piece = file_of(buf_view(&b));
		assert_int_equal(page_make(&picture, 0, &page), 0);
		assert_true(page.dpi > cases[i].dpi - 1 && page.dpi < cases[i].dpi + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_uneven_components),
		cmocka_unit_test(test_no_picture),
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_jpeg_scans),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_samples_refused),
		cmocka_unit_test(test_fax),
		cmocka_unit_test(test_tiff_pages),
		cmocka_unit_test(test_strips),
		cmocka_unit_test(test_odd_page),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_scale_is_guessed),
	};

	setMsgSeverity(L_SEVERITY_NONE);
	return cmocka_run_group_tests_name("stamp image", tests, NULL, NULL);
}
