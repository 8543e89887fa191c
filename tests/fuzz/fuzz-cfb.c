/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of a compound file, wrapped so that their bytes are what changes, not the tables around
 * them. The first byte says which: 0 is a whole file as it comes. Then names and contents: the
 * number of a name, a length of two bytes, so many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "extract/extractor.h"
#include "extract/ole.h"
#include "extract/utf8.h"

#define STREAMS 8
#define SECTOR  512

static int take(void *userdata, const struct block *b)
{
	const uint64_t *text_max = userdata;

	if ((unsigned)b->place >= PLACE_MAX || b->text.n > *text_max || !utf8_is_valid(b->text) ||
		!utf8_is_valid(b->name))
		abort();
	return 0;
}

static const char *const names[] = {"WordDocument", "0Table", "1Table", "Workbook", "Book",
	"PowerPoint Document", "Current User", "\5SummaryInformation",
	"\5DocumentSummaryInformation", "__properties_version1.0", "__substg1.0_1000001F",
	"__substg1.0_0037001E", "__substg1.0_10090102", "__substg1.0_10130102",
	"__substg1.0_007D001F", "Package", "\1Ole10Native", "Pictures", "__substg1.0_8000001F"};

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* All streams in sectors of their own, one directory of three sectors, one table of up to 128. */
static size_t wrap(uint8_t *out, struct view in)
{
	uint8_t *fat = out + SECTOR, *dir = fat + SECTOR;
	uint32_t next = 4, n = 1;

	memset(out, 0, SECTOR);
	memset(fat, 0xff, SECTOR);
	memset(dir, 0, 3 * SECTOR);
	memcpy(out, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	out[30] = 9;
	out[32] = 6;
	put32(out + 48, 1);
	put32(out + 60, 0xfffffffe);
	put32(out + 68, 0xfffffffe);
	memset(out + 76, 0xff, SECTOR - 76);
	put32(out + 76, 0);
	put32(fat + 4, 2);
	put32(fat + 8, 3);
	dir[66] = 5;
	put32(dir + 76, 1);
	while (in.n > 3 && n <= STREAMS) {
		const char *name = names[in.p[0] % ARRAY_SIZE(names)];
		struct view data = view_sub(in, 3, load_le16(in.p + 1));
		uint32_t sectors = (uint32_t)((data.n + SECTOR - 1) / SECTOR);
		uint8_t *e = dir + n * 128;

		if (next + sectors > 128)
			break;
		for (size_t i = 0; name[i]; i++)
			e[2 * i] = (uint8_t)name[i];
		e[64] = (uint8_t)(strlen(name) * 2 + 2);
		e[66] = 2;
		put32(e + 68, 0xffffffff);
		put32(e + 72, 0xffffffff);
		put32(e + 76, 0xffffffff);
		put32(e + 116, next);
		put32(e + 120, (uint32_t)data.n);
		if (n > 1)
			put32(e - 128 + 72, n);
		memset(out + (next + 1) * SECTOR, 0, sectors * SECTOR);
		if (data.n > 0)
			memcpy(out + (next + 1) * SECTOR, data.p, data.n);
		for (uint32_t i = 0; i < sectors; i++)
			put32(fat + (next + i) * 4, i + 1 < sectors ? next + i + 1 : 0xfffffffe);
		next += sectors;
		n++;
		in = view_sub(in, 3 + data.n, in.n);
	}
	put32(dir + (n - 1) * 128 + 72, 0xffffffff);
	return (next + 1) * SECTOR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct extract_limits limits;
	struct extract_result result;
	struct block_sink sink = {take, &limits.text_bytes};
	struct view content = view_of(data, size);
	uint8_t *wrapped = NULL;
	struct extractor x;

	if (size < 2)
		return 0;
	content = view_sub(content, 1, content.n);
	if (data[0] != 0) {
		wrapped = malloc(130 * SECTOR);
		if (!wrapped)
			abort();
		content = view_of(wrapped, wrap(wrapped, content));
	}
	extract_limits_default(&limits);
	limits.member_bytes = 1 << 18;
	limits.total_bytes = 1 << 21;
	limits.text_bytes = 1 << 20;
	limits.members = 200;
	extractor_init(&x, &limits, &sink, &result);
	if (ole_extract(&x, content) < 0)
		abort();
	extractor_done(&x);
	free(wrapped);
	return 0;
}
