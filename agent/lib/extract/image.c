/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/image.h"

int image_extract(struct extractor *x, struct view content)
{
	struct picture_piece piece = {.coding = PICTURE_FILE, .bytes = content};
	struct picture p = {.pieces = &piece, .n = 1, .whole = true};

	return extractor_picture(x, &p);
}
