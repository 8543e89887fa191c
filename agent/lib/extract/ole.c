/* SPDX-License-Identifier: Apache-2.0 */
/* Compound files (OLE2): so far only told apart from those that hold an encrypted OOXML package. */
#include "extract/ole.h"

#include "base/checked.h"

/* The stream's name stands in the directory, which is seldom longer than this. */
#define DIRECTORY_SEARCH ((size_t)64 << 10)

int ole_bid(struct view v)
{
	return view_starts(v, VIEW_LIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) ? BID_MAGIC : BID_NONE;
}

/* The directory starts in the sector that the header names; sector -1 is the header itself. */
static bool names_encrypted_package(struct view v)
{
	static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
	struct view directory;
	uint64_t at;

	if (v.n < 512)
		return false;
	at = ((uint64_t)load_le32(v.p + 48) + 1) << (load_le16(v.p + 30) & 15);
	if (at >= v.n)
		return false;
	directory = view_sub(v, (size_t)at, DIRECTORY_SEARCH);
	return memmem(directory.p, directory.n, name, sizeof(name)) != NULL;
}

int ole_extract(struct extractor *x, struct view content)
{
	extractor_fail(x, COMPLETENESS_UNREADABLE,
		names_encrypted_package(content) ? REASON_ENCRYPTED : REASON_UNSUPPORTED);
	return 0;
}
