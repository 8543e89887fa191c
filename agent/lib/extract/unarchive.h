/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archives and compressed files that libarchive reads: 7z, RAR, CAB, ISO 9660, tar, cpio, ar
 * (deb), RPM, LHA; xz, bzip2, zstd, lz4, lzip, lzma, compress; and the ZIP methods beyond deflate.
 * Formats and filters are named one by one, so that nothing ever runs a program; libarchive gets
 * bytes in memory and opens no file.
 *
 * Names come in what the process says its character set is: have LC_CTYPE be a UTF-8 one.
 */
#pragma once

#include "extract/extractor.h"

/* Headers in a row that are none before an archive is given up. */
#define UNARCHIVE_RETRIES_MAX 10000

int unarchive_bid(struct view content);
must_check int unarchive_extract(struct extractor *x, struct view content);

/* A gzip file: as a stream, because it is a tarball of any length. */
must_check int unarchive_gzip(struct extractor *x, struct view content);

/* True where the bytes begin as an archive that is worth streaming. */
bool unarchive_is_stream(struct view head);

/* One entry of a ZIP, by any method that libarchive knows. */
struct unarchive_zip {
	uint16_t method, flags;
	uint64_t size; /* uncompressed, as the headers say */
	struct view data;
};

/* Appends its bytes to `out`, what there is of them where it breaks off: 0 (look at out->n; the
   reason is recorded), EXTRACT_STOP, -ENOMEM. */
must_check int unarchive_zip(
	struct extractor *x, const struct unarchive_zip *entry, struct buf *out);

/* The name of a member as UTF-8, if what it is stored in can be recognised. Appends. */
must_check int unarchive_name(struct view stored, struct buf *out);
