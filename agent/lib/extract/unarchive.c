/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/unarchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "extract/rar.h"
#include "extract/utf8.h"
#include "text/encoding.h"

/* Work that a header stands for: the clock is looked at for each. */
#define HEADER_WORK EXTRACT_TICK_WORK

/* Work that a block stands for, however few its bytes are. */
#define BLOCK_WORK 4096

/* Bytes of memory that are kept from one member for the next. */
#define OUT_KEEP ((size_t)1 << 20)

/* Outcomes of reading a member: it ends here; the archive does. */
#define END_OF_MEMBER 4
#define LAST_MEMBER   5

#define TAR_BLOCK 512

struct kind {
	const char *format;
	uint32_t offset;
	struct view magic;
	int (*support)(struct archive *);
	bool is_filter; /* one compressed file, or a tarball */
};

#define ARCHIVE(format, off, magic, support)                                               \
	{                                                                                  \
		format, off, VIEW_LIT(magic), archive_read_support_format_##support, false \
	}
#define FILTER(format, magic, support)                                                  \
	{                                                                               \
		format, 0, VIEW_LIT(magic), archive_read_support_filter_##support, true \
	}

static const struct kind kinds[] = {
	ARCHIVE("7z", 0, "7z\xbc\xaf\x27\x1c", 7zip),
	ARCHIVE("rar", 0, "Rar!\x1a\x07\0", rar),
	ARCHIVE("rar", 0, "Rar!\x1a\x07\1\0", rar5),
	ARCHIVE("cab", 0, "MSCF\0\0\0\0", cab),
	ARCHIVE("iso", 0x8001, "CD001", iso9660),
	ARCHIVE("cpio", 0, "070701", cpio),
	ARCHIVE("cpio", 0, "070702", cpio),
	ARCHIVE("cpio", 0, "070707", cpio),
	ARCHIVE("ar", 0, "!<arch>\n", ar),
	FILTER("rpm", "\xed\xab\xee\xdb", rpm),
	FILTER("xz",
		"\xfd"
		"7zXZ\0",
		xz),
	FILTER("bzip2", "BZh", bzip2),
	FILTER("zstd", "\x28\xb5\x2f\xfd", zstd),
	FILTER("lz4", "\x04\x22\x4d\x18", lz4),
	FILTER("lz4", "\x02\x21\x4c\x18", lz4),
	FILTER("lzip", "LZIP\1", lzip),
	FILTER("compress", "\x1f\x9d", compress),
};

static const struct kind kind_tar = ARCHIVE("tar", 0, "", tar);
static const struct kind kind_lha = ARCHIVE("lha", 0, "", lha);
static const struct kind kind_lzma = FILTER("lzma", "", lzma);
static const struct kind kind_gzip = FILTER("gzip", "", gzip);

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

/* Old programs added the bytes up as signed ones. */
static bool is_tar(struct view v)
{
	uint32_t sum = 8 * ' ', other = 8 * ' ';
	uint64_t want;

	if (v.n < TAR_BLOCK || v.p[0] == 0)
		return false;
	want = octal(v.p + 148, 8);
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		uint8_t c = i >= 148 && i < 156 ? 0 : v.p[i];

		sum += c;
		other += (uint32_t)(int8_t)c;
	}
	return sum == want || other == want;
}

/* "-lh5-" and its kin behind the header's length and sum. */
static bool is_lha(struct view v)
{
	return v.n > 24 && v.p[2] == '-' && v.p[3] == 'l' && (v.p[4] == 'h' || v.p[4] == 'z') &&
		v.p[6] == '-' && v.p[20] <= 3;
}

/* No magic: properties, a dictionary that programs use, and a size that may be. */
static bool is_lzma(struct view v)
{
	uint32_t dictionary;
	uint64_t size;

	if (v.n < 18 || v.p[0] != 0x5d)
		return false;
	dictionary = load_le32(v.p + 1);
	size = load_le64(v.p + 5);
	return dictionary >= 1U << 12 && dictionary <= 1U << 30 &&
		(dictionary & (dictionary - 1)) == 0 && (size == UINT64_MAX || size < 1ULL << 40) &&
		v.p[13] == 0;
}

static const struct kind *find_kind(struct view v)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct view magic = kinds[i].magic;

		if (view_starts(view_sub(v, kinds[i].offset, magic.n), magic))
			return &kinds[i];
	}
	if (is_lha(v))
		return &kind_lha;
	if (is_lzma(v))
		return &kind_lzma;
	return is_tar(v) ? &kind_tar : NULL;
}

int unarchive_bid(struct view content)
{
	const struct kind *k = content.n < 8 ? NULL : find_kind(content);

	if (!k)
		return BID_NONE;
	/* Text can begin with these letters. */
	if (k->support == archive_read_support_filter_bzip2)
		return content.n >= 14 && content.p[3] >= '1' && content.p[3] <= '9' &&
				(content.p[4] == 0x31 || content.p[4] == 0x17)
			? BID_MAGIC
			: BID_NONE;
	return k == &kind_lzma ? BID_CONTENT : BID_MAGIC;
}

bool unarchive_is_stream(struct view head)
{
	return is_tar(head) || view_starts(head, VIEW_LIT("07070"));
}

int unarchive_name(struct view stored, struct buf *out)
{
	size_t before = out->n;
	enum encoding e;
	int r;

	if (utf8_is_valid(stored) || !encoding_detect(stored, NULL, &e))
		return buf_put_view(out, stored);
	r = encoding_decode(e, stored, out);
	if (r != -ENOTSUP)
		return r;
	out->n = before;
	return buf_put_view(out, stored);
}

struct reading {
	struct extractor *x;
	struct archive *a;
	struct reading *from;   /* whose decompressed bytes this one reads, or NULL */
	struct view first;      /* of them, if they were looked at already */
	int stop;               /* what ended the flow of bytes from there */
	struct rar_headers rar; /* what libarchive does not tell */
	struct buf name, out;
	size_t seen;  /* entries */
	size_t files; /* of them */
};

static void reading_done(struct reading *g)
{
	archive_read_free(g->a);
	rar_headers_done(&g->rar);
	buf_done(&g->name);
	buf_done(&g->out);
}

static bool says(const char *message, const char *word)
{
	return message && strstr(message, word);
}

/* libarchive 3.6 asks a format beyond the end of its list where it recognised none. */
static bool has_encrypted(struct archive *a)
{
	return archive_format(a) != 0 && archive_read_has_encrypted_entries(a) == 1;
}

/* libarchive has one number for nearly all that can be wrong with a file, so its words decide. */
static enum reason reason_of(struct archive *a)
{
	const char *message = archive_error_string(a);

	if (archive_errno(a) == ENOMEM || says(message, "memory"))
		return REASON_TOO_BIG;
	if (says(message, "too many filters"))
		return REASON_TOO_DEEP;
	if (says(message, "ncrypt") || says(message, "Crypto") || has_encrypted(a))
		return REASON_ENCRYPTED;
	/* Without a word: a name that it cannot convert. */
	return !message || says(message, "upported") ? REASON_UNSUPPORTED : REASON_DAMAGED;
}

static void fail(struct reading *g)
{
	enum reason r = reason_of(g->a);

	/* What follows from having no more bytes is known already. */
	if (g->stop)
		return;
	/* What comes out of encrypted bytes is no damage. */
	if (r == REASON_DAMAGED && g->rar.is_encrypted)
		r = REASON_ENCRYPTED;
	extractor_fail(g->x, COMPLETENESS_PARTIAL, r);
}

/* A block at its place: what lies between is zeros, as in sparse files. */
static bool put_at(struct reading *g, uint64_t offset, const void *p, size_t n)
{
	uint64_t end, max = g->x->limits->member_bytes;
	struct buf *out = &g->out;

	if (offset < out->n || !checked_add(offset, n, &end))
		return true;
	if (end > max) {
		extractor_fail(g->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		if (offset >= max)
			return true;
		n = (size_t)(max - offset);
		end = max;
	}
	out->max = (size_t)max;
	if (buf_reserve(out, (size_t)end - out->n) < 0)
		return false;
	if (offset > out->n && !extractor_charge(g->x, offset - out->n))
		return true;
	if (offset > out->n)
		memset(out->p + out->n, 0, (size_t)offset - out->n);
	if (n > 0)
		memcpy(out->p + offset, p, n);
	out->n = (size_t)end;
	return true;
}

/* One block of the current entry: END_OF_MEMBER, LAST_MEMBER, or as ever. */
static int next_block(struct reading *g, struct view *ret, uint64_t *ret_offset)
{
	const void *p = NULL;
	size_t n = 0;
	la_int64_t offset = 0;
	int status = archive_read_data_block(g->a, &p, &n, &offset);

	if (g->stop)
		return g->stop;
	if (status == ARCHIVE_EOF)
		return END_OF_MEMBER;
	if (status < ARCHIVE_WARN || offset < 0) {
		fail(g);
		return status == ARCHIVE_FATAL ? LAST_MEMBER : END_OF_MEMBER;
	}
	*ret = view_of(p, n);
	*ret_offset = (uint64_t)offset;
	return extractor_tick(g->x, n + BLOCK_WORK);
}

/* All of the current entry's bytes, as far as limits go. What is over them is still run through:
   the clock ends that, where letting libarchive skip it would not. */
static int read_data(struct reading *g, struct view first)
{
	uint64_t offset = 0;
	struct view v = first;
	int r = 0;

	/* Containers in containers hold as many of these at the same time. */
	if (g->out.cap > OUT_KEEP)
		buf_done(&g->out);
	buf_clear(&g->out);
	if (v.n == 0)
		r = next_block(g, &v, &offset);
	while (r == 0) {
		if (!extractor_charge(g->x, v.n))
			return LAST_MEMBER;
		if (!put_at(g, offset, v.p, v.n))
			return -ENOMEM;
		r = next_block(g, &v, &offset);
	}
	return r == END_OF_MEMBER ? 0 : r;
}

static int entry_name(struct reading *g, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);

	if (!name)
		name = archive_entry_pathname_utf8(e);
	buf_clear(&g->name);
	if (!name)
		return buf_put_str(&g->name, "data");
	return unarchive_name(view_str(name), &g->name);
}

static bool is_file(struct archive_entry *e)
{
	unsigned type = archive_entry_filetype(e);

	return (type == 0 || type == AE_IFREG) && !archive_entry_hardlink(e);
}

static int read_member(struct reading *g, struct archive_entry *e)
{
	struct extractor *x = g->x;
	size_t number = g->seen++;
	struct view name;
	int status, r = entry_name(g, e);

	if (r < 0)
		return r;
	if (!is_file(e))
		/* Links and directories can have content, too; read_data() bounds it. */
		return archive_entry_size(e) > 0 ? read_data(g, VIEW_EMPTY) : 0;
	/* Empty ones count, too. */
	if (x->members >= x->limits->members || g->files++ >= x->limits->members) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return LAST_MEMBER;
	}
	name = buf_view(&g->name);
	r = extractor_file_name(x, name);
	if (r != 0)
		return r;
	if (archive_entry_is_encrypted(e) || rar_headers_encrypted(&g->rar, number)) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
		return 0;
	}
	status = read_data(g, VIEW_EMPTY);
	if (status != 0 && status != LAST_MEMBER)
		return status;
	if (g->out.n > 0)
		r = extractor_nested(x, name, buf_view(&g->out));
	return r != 0 ? r : status;
}

static int read_members(struct reading *g)
{
	unsigned retries = 0;
	int r = 0;

	while (r == 0) {
		struct archive_entry *e;
		int status = archive_read_next_header(g->a, &e);

		if (g->stop || status == ARCHIVE_EOF)
			return g->stop;
		r = extractor_tick(g->x, HEADER_WORK);
		if (r != 0)
			break;
		if (status == ARCHIVE_RETRY && ++retries <= UNARCHIVE_RETRIES_MAX) {
			fail(g);
			continue;
		}
		if (status < ARCHIVE_WARN) {
			fail(g);
			return 0;
		}
		r = read_member(g, e);
	}
	return r == LAST_MEMBER ? 0 : r;
}

/* --- one compressed file, or an archive in it --------------------------------------------------
 */

/* The bytes of one archive's only entry for another one. Here the clock is looked at, however long
   the other one goes on without an entry. */
static la_ssize_t pull(struct archive *a, void *userdata, const void **ret)
{
	struct reading *g = userdata;
	struct view v = g->first;
	uint64_t offset;
	int r = 0;

	(void)a;
	g->first = VIEW_EMPTY;
	while (r == 0 && v.n == 0)
		r = next_block(g->from, &v, &offset);
	if (r == END_OF_MEMBER || r == LAST_MEMBER)
		return 0;
	if (r != 0) {
		g->stop = r;
		return ARCHIVE_FATAL;
	}
	*ret = v.p;
	return (la_ssize_t)v.n;
}

/* What stands behind the end of a tarball is read by some. */
static int support_tar(struct archive *a)
{
	return MIN(archive_read_support_format_tar(a),
		archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1"));
}

static int read_stream(struct reading *from, struct view first)
{
	cleanup_with(reading_done) struct reading g = {
		.x = from->x, .from = from, .first = first, .a = archive_read_new()};

	if (!g.a)
		return -ENOMEM;
	if (support_tar(g.a) < ARCHIVE_WARN ||
		archive_read_support_format_cpio(g.a) < ARCHIVE_WARN ||
		archive_read_open(g.a, &g, NULL, pull, NULL) < ARCHIVE_WARN) {
		fail(&g);
		return g.stop;
	}
	return read_members(&g);
}

static int read_filtered(struct reading *g)
{
	struct archive_entry *e;
	struct view first = VIEW_EMPTY;
	uint64_t offset;
	int r, status = archive_read_next_header(g->a, &e);

	if (status == ARCHIVE_EOF)
		return 0;
	if (status < ARCHIVE_WARN) {
		fail(g);
		return 0;
	}
	/* Bytes that no filter took would come back as they went in. */
	if (archive_filter_count(g->a) < 2) {
		extractor_fail(g->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		return 0;
	}
	r = next_block(g, &first, &offset);
	if (r == 0 && unarchive_is_stream(first))
		return read_stream(g, first);
	if (r == 0)
		r = read_data(g, first);
	if ((r == 0 || r == LAST_MEMBER) && g->out.n > 0)
		r = extractor_nested(g->x, VIEW_LIT("data"), buf_view(&g->out));
	return r == LAST_MEMBER || r == END_OF_MEMBER ? 0 : r;
}

static int support(struct archive *a, const struct kind *k)
{
	static int (*const in_rpm[])(struct archive *) = {
		archive_read_support_filter_gzip,
		archive_read_support_filter_bzip2,
		archive_read_support_filter_xz,
		archive_read_support_filter_lzma,
		archive_read_support_filter_zstd,
	};
	int status = k == &kind_tar ? support_tar(a) : k->support(a);

	if (k->is_filter)
		status = MIN(status,
			MIN(archive_read_support_format_raw(a),
				archive_read_support_format_empty(a)));
	if (k->support == archive_read_support_filter_rpm)
		for (size_t i = 0; i < ARRAY_SIZE(in_rpm); i++)
			status = MIN(status, in_rpm[i](a));
	return status;
}

static int extract_kind(struct extractor *x, struct view content, const struct kind *k)
{
	cleanup_with(reading_done) struct reading g = {.x = x, .a = archive_read_new()};
	int r;

	if (!g.a)
		return -ENOMEM;
	extractor_format(x, k->format);
	r = rar_headers_read(x, content, &g.rar);
	if (r != 0)
		return r;
	if (support(g.a, k) < ARCHIVE_WARN) {
		extractor_fail(x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
		return 0;
	}
	if (archive_read_open_memory(g.a, content.p, content.n) < ARCHIVE_WARN) {
		fail(&g);
		return 0;
	}
	return k->is_filter ? read_filtered(&g) : read_members(&g);
}

int unarchive_extract(struct extractor *x, struct view content)
{
	const struct kind *k = find_kind(content);

	return k ? extract_kind(x, content, k) : 0;
}

int unarchive_gzip(struct extractor *x, struct view content)
{
	return extract_kind(x, content, &kind_gzip);
}

/* --- entries of a ZIP ------------------------------------------------------------------------- */

#define ZIP_LOCAL_SIZE 30
#define ZIP_NAME_SIZE  1

struct pieces {
	uint8_t header[ZIP_LOCAL_SIZE + ZIP_NAME_SIZE];
	struct view v[2];
	unsigned next;
};

static la_ssize_t next_piece(struct archive *a, void *userdata, const void **ret)
{
	struct pieces *p = userdata;
	struct view v;

	(void)a;
	if (p->next == ARRAY_SIZE(p->v))
		return 0;
	v = p->v[p->next++];
	*ret = v.p;
	return (la_ssize_t)v.n;
}

static void store_le32(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* A header of our own before the entry's data: what the file says of them is zip.c's to judge. */
static void make_header(const struct unarchive_zip *e, struct pieces *p)
{
	memcpy(p->header, "PK\3\4", 4);
	p->header[4] = 63;
	p->header[6] = (uint8_t)(e->flags & 6); /* options of the methods */
	p->header[8] = (uint8_t)e->method;
	p->header[9] = (uint8_t)(e->method >> 8);
	store_le32(p->header + 18, MIN(e->data.n, (size_t)UINT32_MAX - 1));
	store_le32(p->header + 22, MIN(e->size, (uint64_t)UINT32_MAX - 1));
	p->header[26] = ZIP_NAME_SIZE;
	p->header[ZIP_LOCAL_SIZE] = 'm';
	p->v[0] = view_of(p->header, sizeof(p->header));
	p->v[1] = e->data;
}

int unarchive_zip(struct extractor *x, const struct unarchive_zip *entry, struct buf *out)
{
	cleanup_with(reading_done) struct reading g = {
		.x = x, .out = *out, .a = archive_read_new()};
	struct pieces pieces = {.next = 0};
	struct archive_entry *e;
	int r = 0;

	/* It comes back below. */
	*out = BUF_INIT(0);
	if (!g.a)
		return -ENOMEM;
	make_header(entry, &pieces);
	if (archive_read_support_format_zip_streamable(g.a) < ARCHIVE_WARN ||
		archive_read_set_format_option(g.a, "zip", "ignorecrc32", "1") < ARCHIVE_WARN ||
		archive_read_open(g.a, &pieces, NULL, next_piece, NULL) < ARCHIVE_WARN ||
		archive_read_next_header(g.a, &e) < ARCHIVE_WARN)
		fail(&g);
	else
		r = read_data(&g, VIEW_EMPTY);
	*out = g.out;
	g.out = BUF_INIT(0);
	return r == LAST_MEMBER ? 0 : r;
}
