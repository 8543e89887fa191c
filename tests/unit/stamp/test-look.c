/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at pictures. data/ has stamps drawn for the tests, cut out of pages of our own. The
 * folder is argument 1.
 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "stamp/image.h"
#include "stamp/stamp.h"
#include "words-list.h"

static const char *folder;
static struct stamp *stamp;

static struct {
	char text[16][128];
	uint32_t flags[16], page[16];
	enum place place[16];
	size_t n;
	struct picture_result result;
} seen;

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	if (seen.n < ARRAY_SIZE(seen.text)) {
		(void)snprintf(seen.text[seen.n], sizeof(seen.text[0]), "%.*s", (int)b->text.n,
			(const char *)b->text.p);
		seen.flags[seen.n] = b->flags;
		seen.place[seen.n] = b->place;
		seen.page[seen.n] = b->page;
		seen.n++;
	}
	return 0;
}

static int look_until(struct view file, bool whole, unsigned looks, uint64_t cpu_end)
{
	struct picture_piece piece = {.coding = PICTURE_FILE, .bytes = file};
	struct picture picture = {.pieces = &piece, .n = 1, .whole = whole};
	struct block_sink out = {take, NULL};

	memset(&seen, 0, sizeof(seen));
	stamp_begin(stamp, looks);
	return stamp_read(stamp, &picture, cpu_end, &out, &seen.result);
}

static void look(struct view file, bool whole, unsigned looks)
{
	assert_int_equal(look_until(file, whole, looks, clock_cpu() + 60 * NSEC_PER_SEC), 0);
}

static PIX *load(const char *name)
{
	char path[1024];
	PIX *pix;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	pix = pixRead(path);
	assert_non_null(pix);
	return pix;
}

static void look_pix(PIX *pix, bool whole, unsigned looks)
{
	l_uint8 *data = NULL;
	size_t n = 0;

	assert_int_equal(pixWriteMem(&data, &n, pix, IFF_PNG), 0);
	look(view_of(data, n), whole, looks);
	lept_free(data);
}

static void test_levels(void **state)
{
	static const struct {
		const char *file, *text;
	} cases[] = {
		{"tuyet-mat.jpg", "TUYỆT MẬT"}, {"toi-mat.jpg", "TỐI MẬT"}, {"mat.jpg", "MẬT"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *pix = load(cases[i].file);

		look_pix(pix, false, STAMP_LOOK_COLOUR);
		assert_int_equal(seen.n, 1);
		assert_string_equal(seen.text[0], cases[i].text);
		assert_int_equal(seen.place[0], PLACE_IMAGE);
		assert_int_equal(seen.flags[0] & (BLOCK_RED | BLOCK_FRAMED | BLOCK_OCR),
			BLOCK_RED | BLOCK_FRAMED | BLOCK_OCR);
		assert_int_equal(seen.result.reasons, 0);
	}
}

static bool says(const char *text)
{
	for (size_t i = 0; i < seen.n; i++)
		if (strcmp(seen.text[i], text) == 0)
			return true;
	return false;
}

/* Worn MẬT right above KHẨN, without a frame, and with marks that only the brightness tells from
   those of MẶT; and that word itself. */
static void test_short_word(void **state)
{
	static const struct {
		const char *file;
		bool found;
	} cases[] = {{"stacked.jpg", true}, {"alone.jpg", true}, {"blurred.jpg", true},
		{"hat.jpg", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *pix = load(cases[i].file);

		look_pix(pix, false, STAMP_LOOK_COLOUR);
		assert_int_equal(says("MẬT"), cases[i].found);
	}
}

static void test_turned(void **state)
{
	cleanup_with(pixp_free) PIX *pix = load("tuyet-mat.jpg");

	(void)state;
	for (int quarter = 1; quarter < 4; quarter++) {
		cleanup_with(pixp_free) PIX *turned = pixRotateOrth(pix, quarter);

		pixCopyResolution(turned, pix);
		look_pix(turned, false, STAMP_LOOK_COLOUR);
		assert_int_equal(seen.n, 1);
		assert_string_equal(seen.text[0], "TUYỆT MẬT");
	}
}

/* A picture that doesn't say how large it is. */
static void test_no_scale(void **state)
{
	cleanup_with(pixp_free) PIX *pix = load("toi-mat.jpg");

	(void)state;
	pixSetResolution(pix, 0, 0);
	look_pix(pix, false, STAMP_LOOK_COLOUR);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.text[0], "TỐI MẬT");
}

static void test_blank(void **state)
{
	cleanup_with(pixp_free) PIX *pix = pixCreate(1654, 2339, 32);

	(void)state;
	pixSetAll(pix);
	pixSetResolution(pix, 200, 200);
	look_pix(pix, true, STAMP_LOOK_ALL);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.result.reasons, 0);
	assert_int_equal(seen.result.completeness, COMPLETENESS_FULL);
}

/* A page whose typed lines come with their places. */
static void test_typed(void **state)
{
	static const struct {
		const char *text;
		enum place place;
	} lines[] = {{"TÀI LIỆU NỘI BỘ", PLACE_HEADER}, {"BÁO CÁO KHẢO SÁT", PLACE_BODY},
		{"Trang một", PLACE_FOOTER}};
	cleanup_with(pixp_free) PIX *pix = load("typed.png");

	(void)state;
	look_pix(pix, true, STAMP_LOOK_ALL);
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
		size_t i = 0;

		while (i < seen.n && !strstr(seen.text[i], lines[k].text))
			i++;
		assert_true(i < seen.n);
		assert_int_equal(seen.place[i], lines[k].place);
		assert_int_equal(seen.page[i], 1);
		assert_int_equal(seen.flags[i] & (BLOCK_OCR | BLOCK_TOP),
			BLOCK_OCR | (k < 2 ? BLOCK_TOP : 0));
	}
	/* the same on its side, either way */
	for (int quarters = 1; quarters < 4; quarters += 2) {
		cleanup_with(pixp_free) PIX *turned = pixRotateOrth(pix, quarters);

		pixCopyResolution(turned, pix);
		look_pix(turned, true, STAMP_LOOK_ALL);
		for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
			size_t i = 0;

			while (i < seen.n && !strstr(seen.text[i], lines[k].text))
				i++;
			assert_true(i < seen.n);
			assert_int_equal(seen.place[i], lines[k].place);
		}
	}
	/* not asked for, and not the whole of a page: not done */
	look_pix(pix, true, STAMP_LOOK_COLOUR);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_POLICY));
	assert_int_equal(seen.result.completeness, COMPLETENESS_PARTIAL);
	look_pix(pix, false, STAMP_LOOK_ALL);
	assert_int_equal(seen.n, 0);
}

static void test_too_many_boxes(void **state)
{
	cleanup_with(pixp_free) PIX *pix = pixCreate(1654, 2339, 32);

	(void)state;
	pixSetAll(pix);
	pixSetResolution(pix, 200, 200);
	for (unsigned i = 0; i <= STAMP_BOXES_MAX; i++) {
		BOX *box = boxCreate(80 + (int)(i % 3) * 500, 60 + (int)(i / 3) * 220, 300, 70);

		assert_int_equal(pixRenderBoxArb(pix, box, 4, 200, 20, 20), 0);
		boxDestroy(&box);
	}
	look_pix(pix, false, STAMP_LOOK_ALL);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(seen.result.completeness, COMPLETENESS_PARTIAL);
}

static void test_too_many_frames(void **state)
{
	PIXA *pages = pixaCreate(STAMP_FRAMES_MAX + 1);
	l_uint8 *data = NULL;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i <= STAMP_FRAMES_MAX; i++)
		pixaAddPix(pages, pixCreate(8, 8, 1), L_INSERT);
	assert_int_equal(pixaWriteMemMultipageTiff(&data, &n, pages), 0);
	look(view_of(data, n), true, STAMP_LOOK_ALL);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_TOO_BIG));
	lept_free(data);
	pixaDestroy(&pages);
}

static void test_late(void **state)
{
	cleanup_with(pixp_free) PIX *pix = load("tuyet-mat.jpg");
	l_uint8 *data = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(pixWriteMem(&data, &n, pix, IFF_PNG), 0);
	assert_int_equal(look_until(view_of(data, n), true, STAMP_LOOK_ALL, 0), 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_TIMED_OUT));
	lept_free(data);
}

static void test_damaged(void **state)
{
	(void)state;
	look(VIEW_LIT("\x89PNG\r\n\x1a\n and no more than that"), true, STAMP_LOOK_ALL);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_DAMAGED));
	look(VIEW_LIT("not a picture, whatever it is"), true, STAMP_LOOK_ALL);
	assert_int_equal(seen.result.reasons, REASON_BIT(REASON_UNSUPPORTED));
}

static void test_no_model(void **state)
{
	struct stamp *none = NULL;

	(void)state;
	assert_int_equal(stamp_new("/nonexistent", &none), -ENOENT);
	assert_null(none);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_short_word),
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_no_scale),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_too_many_boxes),
		cmocka_unit_test(test_too_many_frames),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_model),
	};
	int r;

	folder = argc > 1 ? argv[1] : ".";
	r = stamp_new(NULL, &stamp);
	if (r == -ENOENT) {
		printf("1..0 # SKIP no model of tesseract here\n");
		return 0;
	}
	if (r < 0)
		return 1;
	stamp_set_words(stamp, (struct stamp_words){test_words, ARRAY_SIZE(test_words)});
	r = cmocka_run_group_tests_name("stamp look", tests, NULL, NULL);
	stamp_free(stamp);
	return r;
}
