/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small page is drawn as the bytes say, in grey or colour, and looked at; then a box of it is cut
 * out, its text taken away, straightened and freed of its frame. Letters are not read, but what
 * follows the drawing is taken for what was read.
 *
 * Bytes: 8 for the page and the way, 4 for the box, 6 for each thing that is drawn, up to a zero.
 */
#include <math.h>
#include <stdlib.h>

#include "base/checked.h"
#include "stamp/crop.h"
#include "stamp/ink.h"
#include "stamp/tone.h"
#include "stamp/words.h"

#define HEAD_BYTES   12U
#define FIGURE_BYTES 6U
#define FIGURES_MAX  48U
#define SIDE_MIN     24U
#define BOXES_MAX    1U /* of those that were found */

static const struct stamp_word list[] = {
	{"TUYỆT MẬT", 200, 40, false},
	{"TỐI MẬT", 150, 30, false},
	{"MẬT", 50, 20, false},
	{"KHẨN", 100, 0, true},
	{"CÓ MẶT", 100, 0, true},
};

static l_uint32 colour_of(uint8_t v, bool grey)
{
	l_uint32 r = (v >> 5) * 36U, g = (v >> 2 & 7U) * 36U, b = (v & 3U) * 85U;

	return grey ? v : r << 24 | g << 16 | b << 8;
}

static void put(PIX *pix, int x, int y, l_uint32 colour)
{
	if (x >= 0 && y >= 0 && x < pixGetWidth(pix) && y < pixGetHeight(pix))
		(void)pixSetPixel(pix, x, y, colour);
}

static void fill(PIX *pix, int x, int y, int w, int h, l_uint32 colour)
{
	for (int i = MAX(y, 0); i < MIN(y + h, pixGetHeight(pix)); i++)
		for (int k = MAX(x, 0); k < MIN(x + w, pixGetWidth(pix)); k++)
			(void)pixSetPixel(pix, k, i, colour);
}

static void frame(PIX *pix, int x, int y, int w, int h, int line, l_uint32 colour)
{
	fill(pix, x, y, w, line, colour);
	fill(pix, x, y + h - line, w, line, colour);
	fill(pix, x, y, line, h, colour);
	fill(pix, x + w - line, y, line, h, colour);
}

/* A filled box, one frame, two, a line askew, specks, or strokes like letters. */
static void draw(PIX *pix, const uint8_t *f)
{
	bool grey = pixGetDepth(pix) == 8;
	l_uint32 colour = colour_of(f[5], grey), noise = f[5] * 2654435761U + f[0];
	int pw = pixGetWidth(pix), ph = pixGetHeight(pix);
	int x = f[1] * pw / 256, y = f[2] * ph / 256;
	int w = f[3] * pw / 256 + 1, h = f[4] * ph / 256 + 1, line = 1 + (f[0] >> 6);

	switch (f[0] % 6) {
	case 0: fill(pix, x, y, w, h, colour); break;
	case 2:
		frame(pix, x + 3 * line, y + 3 * line, w - 6 * line, h - 6 * line, line, colour);
		__attribute__((fallthrough));
	case 1: frame(pix, x, y, w, h, line, colour); break;
	case 3:
		for (int i = 0; i < w; i++)
			fill(pix, x + i, y + i * h / w, line, line, colour);
		break;
	case 4:
		for (int i = 0; i < w * h / 8; i++) {
			noise = noise * 1664525U + 1013904223U;
			put(pix, x + (int)(noise >> 8) % w, y + (int)(noise >> 20) % h, colour);
		}
		break;
	default:
		for (int i = 0; i < w; i += 4 * line)
			fill(pix, x + i, y, line, h, colour);
		break;
	}
}

static void check_crop(struct crop *c)
{
	bool dot;

	if (c->sides > 4 || !(c->ink >= 0 && c->ink <= 1) || !(c->inside_mm >= 0))
		abort();
	if (c->letters) {
		cleanup_with(pixp_free) PIX *mask = NULL;

		if (pixGetDepth(c->letters) != 8)
			abort();
		mask = pixThresholdToBinary(c->letters, 128);
		if (mask && tone_dot(mask, &dot) < 0)
			abort();
	}
	crop_done(c);
}

static void check_box(const struct ink_box *b)
{
	if (!(isfinite(b->x) && isfinite(b->y) && b->w > 0 && b->h > 0))
		abort();
}

static void crop_one(const struct page *page, const struct ink_box *box, const uint8_t *data)
{
	struct crop crop;

	check_box(box);
	if (crop_make(page, box, data[4], data[3] % (CROP_TONE + 1U),
		    (data[3] >> 3) % (CROP_SOFT + 1U), data[3] >> 6, &crop) < 0)
		abort();
	check_crop(&crop);
}

static void look(const struct page *page, const uint8_t *data)
{
	struct ink ink, frames;
	bool grey = pixGetDepth(page->pix) == 8;
	double w = pixGetWidth(page->pix), h = pixGetHeight(page->pix);
	struct ink_box box = {data[8] * w / 256, data[9] * h / 256, (data[10] + 1) * w / 200,
		(data[11] + 1) * h / 200};
	int r = data[5] & 1 ? ink_look_dark(page, &ink) : ink_look(page, &ink);

	if (r < 0)
		abort();
	r = grey ? ink_look_frames(page, &ink, &frames) : ink_look_blue(page, &frames);
	if (r < 0 || ink.n > ARRAY_SIZE(ink.boxes) || frames.n > ARRAY_SIZE(frames.boxes))
		abort();
	crop_one(page, &box, data);
	for (size_t i = 0; i < MIN(ink.n, (size_t)BOXES_MAX); i++)
		crop_one(page, &ink.boxes[i], data);
	for (size_t i = 0; i < MIN(frames.n, (size_t)BOXES_MAX); i++)
		crop_one(page, &frames.boxes[i], data);
}

static void find(struct view text, double frame_mm)
{
	const struct stamp_words words = {list, ARRAY_SIZE(list)};
	unsigned errors = 0;
	const struct stamp_word *w = words_find(&words, text, frame_mm, &errors);

	if (w && (errors > w->errors || words_tone(w, text) > WORDS_TONE_HAT))
		abort();
	(void)words_has_other_tone(&words, text, frame_mm > 20);
	(void)words_have_width(&words, frame_mm);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setMsgSeverity(L_SEVERITY_NONE);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page page = {.measured = true};
	size_t at = HEAD_BYTES;

	if (size < HEAD_BYTES)
		return 0;
	page.dpi = 120.0 + data[2] / 2.0;
	page.pix = pixCreate((l_int32)(SIDE_MIN + data[0] * 3U / 4U),
		(l_int32)(SIDE_MIN + data[1] * 3U / 8U), data[5] & 2 ? 32 : 8);
	if (!page.pix)
		return 0;
	(void)pixSetAllArbitrary(
		page.pix, data[5] & 2 ? 0xf8f4f000U | (l_uint32)data[6] << 8 : 255U - data[6] / 4U);
	for (unsigned i = 0; i < FIGURES_MAX && at + FIGURE_BYTES <= size && data[at]; i++) {
		draw(page.pix, data + at);
		at += FIGURE_BYTES;
	}
	look(&page, data);
	page_done(&page);
	find(view_sub(view_of(data, size), at, size), data[7] / 4.0);
	return 0;
}
