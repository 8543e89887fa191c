/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/appended.h"

#include "base/checked.h"
#include "extract/container.h"
#include "extract/zip.h"

#define CABINET_HEADER 36
#define PE_HEADER      24
#define PE_SECTION     40
#define PE_SECTIONS    96 /* Windows loads no more */
#define NAME_OF_FILE   VIEW_LIT("appended")

/* Where the sections of a program for Windows end. 0 where it is none. */
static uint64_t pe_end(struct view v)
{
	uint64_t at, end = 0;
	unsigned n;

	if (v.n < 64 || !view_starts(v, VIEW_LIT("MZ")))
		return 0;
	at = load_le32(v.p + 60);
	if (!checked_range(at, PE_HEADER, v.n) || memcmp(v.p + at, "PE\0\0", 4) != 0)
		return 0;
	n = MIN((unsigned)load_le16(v.p + at + 6), (unsigned)PE_SECTIONS);
	at += PE_HEADER + (uint64_t)load_le16(v.p + at + 20);
	for (; n > 0 && checked_range(at, PE_SECTION, v.n); n--, at += PE_SECTION)
		end = MAX(end, (uint64_t)load_le32(v.p + at + 16) + load_le32(v.p + at + 20));
	return end;
}

/* Where the section table of an ELF program ends, which is the last thing in it. */
static uint64_t elf_end(struct view v)
{
	uint64_t table, size;
	bool is_64;

	if (v.n < 64 ||
		!view_starts(v,
			VIEW_LIT("\x7f"
				 "ELF")) ||
		v.p[5] != 1)
		return 0;
	is_64 = v.p[4] == 2;
	table = is_64 ? load_le64(v.p + 0x28) : load_le32(v.p + 0x20);
	size = (uint64_t)load_le16(v.p + (is_64 ? 0x3a : 0x2e)) *
		load_le16(v.p + (is_64 ? 0x3c : 0x30));
	return checked_add(table, size, &table) ? table : 0;
}

static struct view find_magic(struct view v)
{
	static const struct view magics[] = {VIEW_LIT("7z\xbc\xaf\x27\x1c"),
		VIEW_LIT("Rar!\x1a\x07"), VIEW_LIT("PK\3\4"), VIEW_LIT("MSCF\0\0\0\0")};
	struct view head = view_sub(v, 0, APPENDED_SEARCH);
	size_t first = v.n;

	for (size_t i = 0; head.n > 0 && i < ARRAY_SIZE(magics); i++) {
		const uint8_t *p = memmem(head.p, head.n, magics[i].p, magics[i].n);

		if (p)
			first = MIN(first, (size_t)(p - head.p));
	}
	return view_sub(v, first, v.n);
}

/* A cabinet says how long it is: the archive at its end is a member that is read as such, here cut
   into blocks. */
static bool is_whole_cabinet(struct view v)
{
	return v.n >= CABINET_HEADER && view_starts(v, VIEW_LIT("MSCF\0\0\0\0")) &&
		load_le32(v.p + 8) == v.n;
}

int appended_extract(struct extractor *x, struct view content)
{
	uint64_t end;
	struct view archive;
	size_t path;
	int r;

	if (container_zip_bid(content) != BID_NONE)
		return 0;
	if (zip_is_at_end(content)) {
		enum completeness completeness = x->result->completeness;
		uint32_t reasons = x->result->reasons;

		r = extractor_enter(x, NAME_OF_FILE, &path);
		if (r != 0)
			return r == EXTRACT_OUTSIDE ? 0 : r;
		r = container_zip(x, content);
		extractor_leave(x, path);
		if (is_whole_cabinet(content)) {
			x->result->completeness = completeness;
			x->result->reasons = reasons;
		}
		return r;
	}
	end = MAX(pe_end(content), elf_end(content));
	if (end == 0 || end >= content.n)
		return 0;
	archive = find_magic(view_sub(content, (size_t)end, content.n));
	return archive.n > 0 ? extractor_nested(x, NAME_OF_FILE, archive) : 0;
}
