/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading a stamp that need no letters' engine: frames, hidden ink, the dot below. */
#include "../unit.h"

#include "stamp/fill.h"
#include "stamp/ink.h"
#include "stamp/tone.h"

#define CELL 0.25 /* millimetres */

static void fill_box(PIX *mask, int x, int y, int w, int h)
{
	assert_int_equal(pixRasterop(mask, x, y, w, h, PIX_SET, NULL, 0, 0), 0);
}

static void draw_frame(PIX *mask, int x, int y, int w, int h)
{
	fill_box(mask, x, y, w, 2);
	fill_box(mask, x, y + h - 2, w, 2);
	fill_box(mask, x, y, 2, h);
	fill_box(mask, x + w - 2, y, 2, h);
}

static void test_frames(void **state)
{
	cleanup_with(pixp_free) PIX *mask = pixCreate(840, 1180, 1);
	struct ink ink = {0};

	(void)state;
	draw_frame(mask, 100, 200, 120, 34);
	frame_boxes(mask, CELL, 2, &ink);
	assert_int_equal(ink.n, 1);
	assert_in_range((int)ink.boxes[0].w, 230, 250);
	assert_in_range((int)ink.boxes[0].h, 60, 76);
}

static void ink_box(PIX *pix, int x, int y, int w, int h)
{
	for (int i = y; i < y + h; i++)
		for (int k = x; k < x + w; k++)
			assert_int_equal(pixSetPixel(pix, k, i, 0xc0202000), 0);
}

/* A word of ten millimetres alone, in a frame, and in a line with others, upright and sideways. */
static void test_word_in_line(void **state)
{
	static const struct {
		int x, y, w, h; /* beside the word */
		bool in_line;
	} cases[] = {{0, 0, 0, 0, false}, {302, 200, 60, 36, true}, {130, 202, 50, 34, true},
		{200, 100, 80, 24, false}};
	struct page page = {.dpi = 200, .measured = true};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *pix = pixCreate(800, 800, 32), *turned = NULL;
		struct ink ink;

		(void)pixSetAll(pix);
		ink_box(pix, 200, 200, 80, 36);
		ink_box(pix, cases[i / 2].x, cases[i / 2].y, cases[i / 2].w, cases[i / 2].h);
		turned = pixRotateOrth(pix, i % 2);
		page.pix = turned;
		assert_int_equal(ink_look(&page, &ink), 0);
		assert_int_equal(ink_is_in_line(&ink,
					 i % 2 ? &(struct ink_box){800 - 236, 200, 36, 80}
					       : &(struct ink_box){200, 200, 80, 36}),
			cases[i / 2].in_line);
	}
}

/* No more lines than there is room for. */
static void test_too_many_lines(void **state)
{
	cleanup_with(pixp_free) PIX *pix = pixCreate(1000, 1600, 32);
	struct page page = {pix, 200, true};
	struct ink ink;

	(void)state;
	(void)pixSetAll(pix);
	for (unsigned i = 0; i <= INK_LINES_MAX; i++)
		ink_box(pix, 100, 20 + (int)i * 24, 120, 6);
	assert_int_equal(ink_look(&page, &ink), 0);
	assert_int_equal(ink.n_lines, INK_LINES_MAX);
}

static void test_too_many_frames(void **state)
{
	cleanup_with(pixp_free) PIX *mask = pixCreate(840, 1180, 1);
	struct ink ink = {0};

	(void)state;
	for (unsigned i = 0; i <= FRAME_BEST_MAX; i++)
		draw_frame(mask, 60, 20 + (int)i * 100, 120, 34);
	frame_boxes(mask, CELL, 2, &ink);
	assert_int_equal(ink.n, FRAME_BEST_MAX);
}

/* Upright strokes by the hundred, then a frame: it is found while there is room for its sides. */
static void test_too_many_sides(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		cleanup_with(pixp_free) PIX *mask = pixCreate(2400, 700, 1);
		unsigned n = FRAME_SIDES_MAX - 2 + more;
		struct ink ink = {0};

		for (unsigned i = 0; i < n; i++)
			fill_box(mask, 10 + (int)(i % 200) * 11, 20 + (int)(i / 200) * 120, 2, 30);
		draw_frame(mask, 200, 600, 120, 34);
		frame_boxes(mask, CELL, 2, &ink);
		assert_int_equal(ink.n, more ? 0 : 1);
	}
}

static unsigned grey_at(PIX *pix, unsigned x, unsigned y)
{
	return (unsigned)GET_DATA_BYTE(pixGetData(pix) + y * (size_t)pixGetWpl(pix), x);
}

/* Ink on the left, paper on the right, and a line of text across both. */
static void test_fill(void **state)
{
	cleanup_with(pixp_free) PIX *pix = pixCreate(60, 40, 8), *mask = pixCreate(60, 40, 1);

	(void)state;
	assert_int_equal(pixSetAllArbitrary(pix, 240), 0);
	for (int y = 0; y < 40; y++)
		for (int x = 0; x < 30; x++)
			assert_int_equal(pixSetPixel(pix, x, y, 100), 0);
	fill_box(mask, 0, 16, 60, 6);
	assert_int_equal(fill_hidden(pix, mask, 4), 0);
	assert_int_equal(grey_at(pix, 5, 18), 100);
	assert_int_equal(grey_at(pix, 55, 18), 240);
	assert_int_equal(grey_at(pix, 5, 5), 100);
	/* what lies too deep is paper */
	fill_box(mask, 0, 10, 60, 30);
	assert_int_equal(fill_hidden(pix, mask, 4), 0);
	assert_int_equal(grey_at(pix, 5, 13), 100);
	assert_int_equal(grey_at(pix, 5, 35), 255);
	/* nothing is known */
	fill_box(mask, 0, 0, 60, 40);
	assert_int_equal(fill_hidden(pix, mask, 100), 0);
	assert_int_equal(grey_at(pix, 5, 5), 255);
}

static void test_dot(void **state)
{
	static const struct {
		int x, y, size;
		bool dot;
	} cases[] = {
		{98, 78, 8, true},   /* below the middle letter */
		{98, 83, 8, true},   /* farther below */
		{98, 22, 8, false},  /* above it */
		{40, 78, 8, false},  /* below the first letter */
		{150, 78, 8, false}, /* below the last */
		{98, 78, 2, false},  /* a speck */
		{90, 74, 20, false}, /* no dot, that large */
		{98, 106, 8, false}, /* far below */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_with(pixp_free) PIX *mask = pixCreate(200, 120, 1);
		bool dot;

		fill_box(mask, 30, 34, 40, 38);
		fill_box(mask, 84, 34, 34, 38);
		fill_box(mask, 130, 34, 40, 38);
		fill_box(mask, cases[i].x, cases[i].y, cases[i].size, cases[i].size);
		assert_int_equal(tone_dot(mask, &dot), 0);
		assert_int_equal(dot, cases[i].dot);
	}
}

/* Nothing, a pixel, all of it. */
static void test_dot_of_nothing(void **state)
{
	cleanup_with(pixp_free) PIX *mask = pixCreate(50, 30, 1);
	bool dot = true;

	(void)state;
	assert_int_equal(tone_dot(mask, &dot), 0);
	assert_false(dot);
	fill_box(mask, 20, 20, 1, 1);
	assert_int_equal(tone_dot(mask, &dot), 0);
	assert_false(dot);
	fill_box(mask, 0, 0, 50, 30);
	assert_int_equal(tone_dot(mask, &dot), 0);
	assert_false(dot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_word_in_line),
		cmocka_unit_test(test_too_many_lines),
		cmocka_unit_test(test_too_many_frames),
		cmocka_unit_test(test_too_many_sides),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_dot),
		cmocka_unit_test(test_dot_of_nothing),
	};

	return cmocka_run_group_tests_name("stamp parts", tests, NULL, NULL);
}
