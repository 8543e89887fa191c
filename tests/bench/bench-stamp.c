/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ./bench-stamp LOOKS PICTURE...: what stamps say, and what it costs, page by page. LOOKS is the
 * sum of 1 red and blue, 2 grey, 4 typed lines; 0 only decodes. Its words are those of the unit
 * tests.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "stamp/image.h"
#include "unit/stamp/words-list.h"

#define FILE_MAX   (64U << 20)
#define CPU_MAX_NS (60 * NSEC_PER_SEC)

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	if (b->place == PLACE_IMAGE)
		printf("\t%.*s%s", (int)b->text.n, (const char *)b->text.p,
			b->flags & BLOCK_FRAMED ? " (framed)" : "");
	return 0;
}

static int decode(const struct picture_piece *piece)
{
	struct image image = {0};
	int r = image_decode(piece, 0, &image);

	pixDestroy(&image.pix);
	return r;
}

static int one(struct stamp *s, unsigned looks, const char *path)
{
	cleanup_with(buf_done) struct buf file = BUF_INIT(FILE_MAX);
	struct picture_piece piece = {.coding = PICTURE_FILE};
	struct picture picture = {.pieces = &piece, .n = 1, .whole = true};
	struct block_sink out = {take, NULL};
	struct picture_result result = {0};
	int r = fd_read_path(path, FILE_MAX, &file);
	uint64_t start;

	if (r < 0)
		return r;
	piece.bytes = buf_view(&file);
	printf("%s", path);
	stamp_begin(s, looks);
	start = clock_cpu();
	r = looks ? stamp_read(s, &picture, start + CPU_MAX_NS, &out, &result) : decode(&piece);
	printf("\t%.1f ms%s\n", (double)(clock_cpu() - start) / 1e6,
		result.completeness == COMPLETENESS_FULL ? "" : "\tpartial");
	fflush(stdout);
	return r;
}

int main(int argc, char **argv)
{
	struct stamp *s;
	int r;

	if (argc < 3) {
		fprintf(stderr, "usage: %s LOOKS PICTURE...\n", argv[0]);
		return 2;
	}
	r = stamp_new(NULL, &s);
	if (r < 0) {
		fprintf(stderr, "no model of letters here\n");
		return 1;
	}
	stamp_set_words(s, (struct stamp_words){test_words, ARRAY_SIZE(test_words)});
	for (int i = 2; i < argc && r == 0; i++)
		r = one(s, (unsigned)strtoul(argv[1], NULL, 10), argv[i]);
	stamp_free(s);
	return r != 0;
}
