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

/* Sectors of the directory, each with four entries, and of all that a table has room for. */
#define DIRECTORY 6
#define ENTRIES   (DIRECTORY * 4)
#define SECTORS   128
#define SECTOR    512

static int take(void *userdata, const struct block *b)
{
	const uint64_t *text_max = userdata;

	if ((unsigned)b->place >= PLACE_MAX || b->text.n > *text_max || !utf8_is_valid(b->text) ||
		!utf8_is_valid(b->name))
		abort();
	return 0;
}

/* What comes behind a storage is in it, up to an empty name. New ones go to the end: the seeds have
   numbers. */
static const char *const names[] = {"WordDocument", "0Table", "1Table", "Workbook", "Book",
	"PowerPoint Document", "Current User", "\5SummaryInformation",
	"\5DocumentSummaryInformation", "__properties_version1.0", "__substg1.0_1000001F",
	"__substg1.0_0037001E", "__substg1.0_10090102", "__substg1.0_10130102",
	"__substg1.0_007D001F", "Package", "\1Ole10Native", "Pictures", "__substg1.0_8000001F", "",
	"/__nameid_version1.0", "/__attach_version1.0_#00000000", "/__substg1.0_3701000D",
	"__substg1.0_00030102", "__substg1.0_00040102", "__substg1.0_37010102",
	"__substg1.0_3707001F", "__substg1.0_8000101F-00000000", "__substg1.0_001A001F",
	"EncryptionInfo", "EncryptedPackage", "LabelInfo", "/ObjectPool", "Data"};

static void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static void put_entry(uint8_t *e, const char *name, unsigned type, uint32_t start, size_t size)
{
	for (size_t i = 0; name[i]; i++)
		e[2 * i] = (uint8_t)name[i];
	e[64] = (uint8_t)(strlen(name) * 2 + 2);
	e[66] = (uint8_t)type;
	memset(e + 68, 0xff, 12);
	put32(e + 116, start);
	put32(e + 120, (uint32_t)size);
}

/* All streams in sectors of their own, one table. The entries of a storage are a chain. */
static size_t wrap(uint8_t *out, struct view in)
{
	uint8_t *fat = out + SECTOR, *dir = fat + SECTOR;
	uint32_t next = 1 + DIRECTORY, n = 1, parent[ENTRIES] = {0}, last[ENTRIES] = {0}, at = 0;

	memset(out, 0, SECTOR);
	memset(fat, 0xff, SECTOR);
	memset(dir, 0, DIRECTORY * SECTOR);
	memcpy(out, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	out[30] = 9;
	out[32] = 6;
	put32(out + 48, 1);
	put32(out + 60, 0xfffffffe);
	put32(out + 68, 0xfffffffe);
	memset(out + 76, 0xff, SECTOR - 76);
	put32(out + 76, 0);
	for (uint32_t i = 1; i < DIRECTORY; i++)
		put32(fat + i * 4, i + 1);
	put_entry(dir, "R", 5, 0xfffffffe, 0);
	while (in.n > 3 && n < ENTRIES) {
		const char *name = names[in.p[0] % ARRAY_SIZE(names)];
		bool is_storage = name[0] == '/';
		struct view data = view_sub(in, 3, is_storage ? 0 : load_le16(in.p + 1));
		uint32_t sectors = (uint32_t)((data.n + SECTOR - 1) / SECTOR);

		in = view_sub(in, 3 + data.n, in.n);
		if (next + sectors > SECTORS)
			break;
		if (name[0] == 0) {
			at = parent[at];
			continue;
		}
		put_entry(dir + n * 128, name + is_storage, is_storage ? 1 : 2, next, data.n);
		put32(last[at] ? dir + last[at] * 128 + 72 : dir + at * 128 + 76, n);
		last[at] = n;
		if (is_storage) {
			parent[n] = at;
			at = n;
		}
		memset(out + (next + 1) * SECTOR, 0, sectors * SECTOR);
		if (data.n > 0)
			memcpy(out + (next + 1) * SECTOR, data.p, data.n);
		for (uint32_t i = 0; i < sectors; i++)
			put32(fat + (next + i) * 4, i + 1 < sectors ? next + i + 1 : 0xfffffffe);
		next += sectors;
		n++;
	}
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
		wrapped = malloc((SECTORS + 2) * SECTOR);
		if (!wrapped)
			abort();
		content = view_of(wrapped, wrap(wrapped, content));
	}
	extract_limits_default(&limits);
	limits.member_bytes = 1 << 18;
	limits.total_bytes = 1 << 21;
	limits.text_bytes = 1 << 20;
	limits.members = 200;
	limits.cpu_ns = 200000000;
	extractor_init(&x, &limits, &sink, &result);
	if (ole_extract(&x, content) < 0)
		abort();
	extractor_done(&x);
	free(wrapped);
	return 0;
}
