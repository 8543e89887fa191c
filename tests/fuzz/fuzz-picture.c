/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a picture: the first byte says in which coding, and for samples, fax and JBIG2 the
 * next ones how large. What is decoded is looked at for boxes; letters are not read.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "stamp/ink.h"
#include "stamp/jbig2.h"
#include "stamp/page.h"

/* Larger ones only cost time: their sizes are refused elsewhere. */
#define FUZZ_SIDE 512U
#define FUZZ_WORK (4U << 20)

static void look(const struct picture_piece *piece, double width)
{
	struct picture picture = {.pieces = piece, .n = 1, .width = width, .height = width};
	struct page page;
	struct ink ink;

	for (unsigned frame = 0; frame < 3; frame++) {
		int r = page_make(&picture, frame, &page);

		if (r == -1 || r > IMAGE_END)
			abort();
		if (page.pix) {
			if (page.dpi <= 0 || ink_look(&page, &ink) < 0 ||
				ink.n > ARRAY_SIZE(ink.boxes))
				abort();
			if (pixGetDepth(page.pix) == 8) {
				struct ink pale = ink;

				if (ink_look_frames(&page, &pale, &ink) < 0 ||
					ink.n > ARRAY_SIZE(ink.boxes))
					abort();
			}
		}
		page_done(&page);
	}
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
	struct view v = view_of(data, size);
	struct picture_piece piece = {.coding = PICTURE_FILE, .bytes = v};

	if (size < 8)
		return 0;
	if (data[0] == 'S' || data[0] == 'F') {
		piece = (struct picture_piece){
			.coding = data[0] == 'S' ? PICTURE_SAMPLES : PICTURE_FAX,
			.width = load_le16(data + 1) % FUZZ_SIDE,
			.height = load_le16(data + 3) % FUZZ_SIDE,
			.channels = data[5] & 7,
			.bits = data[5] >> 3,
			.inverted = data[6] & 1,
			.stencil = data[6] & 2,
			.fax_k = (data[6] >> 2 & 3) - 1,
			.bytes = view_sub(v, 8, size),
			.place = {100, 0, 0, 100, 0, 0},
		};
		if (data[6] & 16)
			piece.palette = view_sub(v, 8, data[7]);
		if (data[6] & 32) {
			piece.place[1] = piece.place[0];
			piece.place[2] = -100;
			piece.place[0] = piece.place[3] = 0;
		}
		look(&piece, 100);
	} else if (data[0] == 'J') {
		size_t globals = MIN((size_t)load_le16(data + 1), size - 8);
		struct jbig2_bitmap b;
		int r = jbig2_decode(view_sub(v, 8, globals), view_sub(v, 8 + globals, size),
			load_le16(data + 3) % FUZZ_SIDE, FUZZ_WORK, &b);

		if (r < 0 || r > IMAGE_TOO_BIG || (r == 0) != (b.p != NULL))
			abort();
		jbig2_bitmap_done(&b);
	} else {
		/* sizes that take long are tested by test-image */
		if (size > 18 && data[0] == 0x89 && (data[16] || data[17] || data[18] > 8))
			return 0;
		look(&piece, 0);
	}
	return 0;
}
