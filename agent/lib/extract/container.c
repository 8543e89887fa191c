/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/container.h"

#include "base/checked.h"
#include "extract/inflate.h"
#include "extract/office.h"
#include "extract/unarchive.h"
#include "extract/zip.h"

/* So much of a gzip file's content is looked at for what it is. */
#define GZIP_HEAD 1024

int container_zip_bid(struct view v)
{
	if (v.n < 22 || v.p[0] != 'P' || v.p[1] != 'K')
		return BID_NONE;
	if ((v.p[2] == 3 && v.p[3] == 4) || (v.p[2] == 5 && v.p[3] == 6) ||
		(v.p[2] == 1 && v.p[3] == 2))
		return BID_MAGIC;
	/* a split or repaired archive: "PK00", "PK\7\8" before the first header */
	return memmem(v.p, MIN(v.n, (size_t)64), "PK\3\4", 4) ? BID_MAGIC : BID_NONE;
}

static int zip_members(struct extractor *x, struct zip *z)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	int r = 0;

	/* The list may grow while it is read. */
	for (size_t i = 0; r == 0 && i < z->n; i++) {
		struct view name = z->entries[i].name, content;

		if (z->entries[i].is_directory)
			continue;
		r = extractor_tick(x, 256);
		buf_clear(&decoded);
		if (r == 0)
			r = unarchive_name(name, &decoded);
		name = buf_view(&decoded);
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

/* What else comes as a ZIP of files that are read one by one. */
static const char *zip_format(const struct zip *z)
{
	for (size_t i = 0; i < z->n; i++) {
		struct view name = z->entries[i].name;

		if (view_eq(name, VIEW_LIT("META-INF/container.xml")))
			return "epub";
		if (view_starts(name, VIEW_LIT("Index/")) && view_ends(name, VIEW_LIT(".iwa")))
			return "iwork";
	}
	return "zip";
}

int container_zip(struct extractor *x, struct view content)
{
	cleanup_with(zip_close) struct zip z = {0};
	const char *format;
	int r = zip_open(x, content, &z);

	if (r != 0)
		return r;
	if (z.n == 0 && content.p[2] != 5)
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
	format = office_format(x, &z);
	if (!format) {
		extractor_format(x, zip_format(&z));
		return zip_members(x, &z);
	}
	extractor_format(x, format);
	return office_read(x, &z, format);
}

int container_gzip_bid(struct view v)
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

int container_gzip(struct extractor *x, struct view content)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct view name = gzip_name(content), rest = content;
	uint64_t declared = load_le32(content.p + content.n - 4);
	uint8_t head[GZIP_HEAD];
	int r = 0;

	if (unarchive_is_stream(view_of(head, inflate_head(content, head, sizeof(head)))))
		return unarchive_gzip(x, content);
	/* One file may come as several gzip members one behind the other. */
	while (r == 0 && container_gzip_bid(rest) != BID_NONE) {
		size_t used;

		if (out.n >= x->limits->member_bytes) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}

		r = inflate_view(x, INFLATE_GZIP, rest, out.n == 0 ? declared : 0, &out, &used);
		rest = view_sub(rest, used, rest.n);
	}
	if (r < 0 || r == EXTRACT_STOP)
		return r;
	if (r == INFLATE_DAMAGED)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return out.n > 0 ? extractor_nested(x, name, buf_view(&out)) : 0;
}
