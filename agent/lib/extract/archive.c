/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/archive.h"

#include "base/checked.h"
#include "extract/inflate.h"
#include "extract/office.h"
#include "extract/zip.h"

/* Junk before a ZIP (self-extracting programs keep their own format) and before its first header
   that still lets the bytes count as one. */
#define ZIP_PREFIX_MAX 65536

#define TAR_BLOCK 512

int archive_zip_bid(struct view v)
{
	if (v.n < 22 || v.p[0] != 'P' || v.p[1] != 'K')
		return BID_NONE;
	if ((v.p[2] == 3 && v.p[3] == 4) || (v.p[2] == 5 && v.p[3] == 6) ||
		(v.p[2] == 1 && v.p[3] == 2))
		return BID_MAGIC;
	/* a split or repaired archive: "PK00", "PK\7\8" before the first header */
	return memmem(v.p, MIN(v.n, (size_t)64), "PK\3\4", 4) ? BID_MAGIC : BID_NONE;
}

static int archive_members(struct extractor *x, struct zip *z)
{
	int r = 0;

	/* The list may grow while it is read. */
	for (size_t i = 0; r == 0 && i < z->n; i++) {
		struct view name = z->entries[i].name, content;

		if (z->entries[i].is_directory)
			continue;
		r = extractor_tick(x, 256);
		if (r == 0)
			r = extractor_file_name(x, name);
		if (r != 0)
			break;
		if (x->members >= x->limits->members) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		r = zip_read(x, z, i, &content);
		if (r == 0)
			r = extractor_nested(x, name, content);
		else if (r == ZIP_NOTHING)
			r = 0;
	}
	return r;
}

int archive_zip(struct extractor *x, struct view content)
{
	cleanup_with(zip_close) struct zip z = {0};
	const char *format;
	int r = zip_open(x, content, &z);

	if (r != 0)
		return r;
	if (z.n == 0 && content.p[2] != 5)
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
	format = office_format(x, &z);
	if (!format)
		return archive_members(x, &z);
	extractor_format(x, format);
	return office_read(x, &z, format);
}

int archive_gzip_bid(struct view v)
{
	return v.n >= 18 && v.p[0] == 0x1f && v.p[1] == 0x8b && v.p[2] == 8 && v.p[3] < 32
		? BID_MAGIC
		: BID_NONE;
}

/* The stored file name, without the directory; "data" where there is none. */
static struct view gzip_name(struct view v)
{
	size_t at = 10;
	const uint8_t *end;

	if (v.p[3] & 4)
		at += 2 + (size_t)load_le16(v.p + 10);
	if (!(v.p[3] & 8) || at >= v.n)
		return VIEW_LIT("data");
	end = memchr(v.p + at, 0, MIN(v.n - at, (size_t)512));
	return end ? view_of(v.p + at, (size_t)(end - v.p) - at) : VIEW_LIT("data");
}

int archive_gzip(struct extractor *x, struct view content)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct view name = gzip_name(content), rest = content;
	uint64_t declared = load_le32(content.p + content.n - 4);
	int r = 0;

	/* One file may come as several gzip members one behind the other. */
	while (r == 0 && archive_gzip_bid(rest) != BID_NONE) {
		size_t used;

		r = inflate_view(x, INFLATE_GZIP, rest, out.n == 0 ? declared : 0, &out, &used);
		rest = view_sub(rest, used, rest.n);
	}
	if (r < 0 || r == EXTRACT_STOP)
		return r;
	if (r == INFLATE_DAMAGED)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return out.n > 0 ? extractor_nested(x, name, buf_view(&out)) : 0;
}

static uint64_t octal(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] >= '0' && p[i] <= '7')
			v = v * 8 + (uint64_t)(p[i] - '0');
		else if (p[i] != ' ')
			break;
	return v;
}

/* Octal digits, or base 256 where the first bit is set. */
static uint64_t tar_size(const uint8_t *p)
{
	uint64_t v = 0;

	if (!(p[0] & 0x80))
		return octal(p, 12);
	for (size_t i = 4; i < 12; i++)
		v = v << 8 | p[i];
	return v;
}

static bool tar_checksum_fits(const uint8_t *p)
{
	uint32_t sum = 8 * ' ';

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? 0 : p[i];
	return octal(p + 148, 8) == sum;
}

int archive_tar_bid(struct view v)
{
	return v.n >= TAR_BLOCK && v.p[0] != 0 && tar_checksum_fits(v.p) ? BID_MAGIC : BID_NONE;
}

static struct view tar_name(const uint8_t *p)
{
	const uint8_t *end = memchr(p, 0, 100);

	return view_of(p, end ? (size_t)(end - p) : 100);
}

int archive_tar(struct extractor *x, struct view content)
{
	struct view long_name = VIEW_EMPTY;
	uint64_t at = 0;

	while (checked_range(at, TAR_BLOCK, content.n)) {
		const uint8_t *p = content.p + at;
		uint64_t size = tar_size(p + 124);
		struct view name, body;
		int r = extractor_tick(x, TAR_BLOCK);

		if (r != 0)
			return r;
		at += TAR_BLOCK;
		if (!tar_checksum_fits(p)) {
			/* End of archive, padding, or damage: the next header tells. */
			if (p[0] != 0)
				extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
			continue;
		}
		if (!checked_range(at, size, content.n)) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
			size = content.n - at;
		}
		body = view_sub(content, (size_t)at, (size_t)size);
		at += (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
		if (p[156] == 'L') {
			long_name = body;
			while (long_name.n > 0 && long_name.p[long_name.n - 1] == 0)
				long_name.n--;
			continue;
		}
		name = long_name.n > 0 ? long_name : tar_name(p);
		long_name = VIEW_EMPTY;
		if ((p[156] != '0' && p[156] != 0 && p[156] != '7') || body.n == 0)
			continue;
		if (body.n > x->limits->member_bytes) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			body.n = (size_t)x->limits->member_bytes;
		}
		r = extractor_file_name(x, name);
		if (r == 0)
			r = extractor_nested(x, name, body);
		if (r != 0)
			return r;
	}
	return 0;
}
