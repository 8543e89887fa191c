/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/zip.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "extract/inflate.h"
#include "extract/unarchive.h"

#define LOCAL_SIZE   30
#define CENTRAL_SIZE 46
#define END_SIZE     22
#define END64_SIZE   56

#define METHOD_STORED  0
#define METHOD_DEFLATE 8
#define METHOD_AES     99

#define EXTRA_NAME 0x7075

#define FLAG_ENCRYPTED  0x0001
#define FLAG_DESCRIPTOR 0x0008

/* The end record is looked for in this many bytes at the end: its own comment and some junk. */
#define END_SEARCH (UINT64_C(1) << 17)

static const uint8_t sig_local[4] = {'P', 'K', 3, 4};
static const uint8_t sig_central[4] = {'P', 'K', 1, 2};
static const uint8_t sig_end[4] = {'P', 'K', 5, 6};
static const uint8_t sig_end64[4] = {'P', 'K', 6, 6};

static bool has_sig(struct view v, uint64_t off, const uint8_t sig[4])
{
	return checked_range(off, 4, v.n) && memcmp(v.p + off, sig, 4) == 0;
}

static int add(struct extractor *x, struct zip *z, const struct zip_entry *e)
{
	if (z->n > x->limits->members) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return ZIP_NOTHING;
	}
	if (z->n == z->cap) {
		size_t cap = z->cap ? z->cap * 2 : 32;
		struct zip_entry *p = realloc(z->entries, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		z->entries = p;
		z->cap = cap;
	}
	z->entries[z->n++] = *e;
	return 0;
}

/* The 64-bit sizes of an extra field, in the order of those fields that say 0xffffffff. */
static void read_zip64(struct view extra, uint64_t *size, uint64_t *csize, uint64_t *offset)
{
	while (extra.n >= 4) {
		uint16_t id = load_le16(extra.p), n = load_le16(extra.p + 2);
		struct view f = view_sub(extra, 4, n);
		uint64_t *const field[] = {size, csize, offset};

		if (id == 1)
			for (size_t i = 0; i < 3; i++)
				if (field[i] && *field[i] == UINT32_MAX && f.n >= 8) {
					*field[i] = load_le64(f.p);
					f = view_sub(f, 8, f.n);
				}
		extra = view_sub(extra, (size_t)n + 4, extra.n);
	}
}

/* The name as UTF-8 where a program that stores another one put it into the extra field, too. */
static struct view full_name(struct view extra, struct view name)
{
	while (extra.n >= 4) {
		uint16_t id = load_le16(extra.p), n = load_le16(extra.p + 2);
		struct view f = view_sub(extra, 4, n);

		/* version, sum of the other name */
		if (id == EXTRA_NAME && f.n > 5 && f.p[0] == 1)
			return view_sub(f, 5, f.n);
		extra = view_sub(extra, (size_t)n + 4, extra.n);
	}
	return name;
}

/* Parses the local header at `off`. `ret->end` is what it says, which may be nonsense. */
static bool read_local(struct view c, uint64_t off, struct zip_entry *ret, bool *ret_open_end)
{
	const uint8_t *p = c.p + off;
	uint64_t size, csize, data;
	uint16_t flags, n_name, n_extra;

	if (!has_sig(c, off, sig_local) || !checked_range(off, LOCAL_SIZE, c.n))
		return false;
	flags = load_le16(p + 6);
	n_name = load_le16(p + 26);
	n_extra = load_le16(p + 28);
	data = off + LOCAL_SIZE + n_name + n_extra;
	if (data > c.n)
		return false;
	csize = load_le32(p + 18);
	size = load_le32(p + 22);
	read_zip64(view_of(p + LOCAL_SIZE + n_name, n_extra), &size, &csize, NULL);
	*ret = (struct zip_entry){
		.name = full_name(
			view_of(p + LOCAL_SIZE + n_name, n_extra), view_of(p + LOCAL_SIZE, n_name)),
		.offset = off,
		.size = size,
		.method = load_le16(p + 8),
		.flags = flags,
		.is_encrypted = flags & FLAG_ENCRYPTED,
		.is_directory = n_name > 0 && p[LOCAL_SIZE + n_name - 1] == '/' && csize == 0,
		.data = view_of(c.p + data, c.n - data),
	};
	*ret_open_end = (flags & FLAG_DESCRIPTOR) && csize == 0;
	if (!checked_add(data, csize, &ret->end) || ret->end > c.n) {
		ret->end = c.n;
		*ret_open_end = true;
	}
	return true;
}

/* Where the central directory begins, and how far everything is shifted by a prefix. */
static bool find_directory(struct view c, uint64_t *ret_at, uint64_t *ret_n, uint64_t *ret_shift)
{
	uint64_t first = c.n > END_SEARCH ? c.n - END_SEARCH : 0;
	uint64_t at, size, start, real, count;

	if (c.n < END_SIZE)
		return false;
	for (at = c.n - END_SIZE + 1; at-- > first;)
		if (c.p[at] == 'P' && has_sig(c, at, sig_end))
			break;
	if (at == UINT64_MAX || at < first || !has_sig(c, at, sig_end))
		return false;
	count = load_le16(c.p + at + 10);
	size = load_le32(c.p + at + 12);
	start = load_le32(c.p + at + 16);
	if ((size == UINT32_MAX || start == UINT32_MAX || count == UINT16_MAX) &&
		at >= END64_SIZE + 20 && has_sig(c, at - 20 - END64_SIZE, sig_end64)) {
		at -= 20 + END64_SIZE;
		count = load_le64(c.p + at + 32);
		size = load_le64(c.p + at + 40);
		start = load_le64(c.p + at + 48);
	}
	if (size > at)
		return false;
	/* The directory stands right before its end record, whatever `start` says. */
	real = at - size;
	if (!has_sig(c, real, sig_central) && has_sig(c, start, sig_central))
		real = start;
	*ret_shift = real >= start ? real - start : 0;
	*ret_at = real;
	*ret_n = count;
	return true;
}

bool zip_is_at_end(struct view content)
{
	uint64_t dir, count, shift;
	size_t at = content.n > END_SIZE + UINT16_MAX ? content.n - END_SIZE - UINT16_MAX : 0;

	/* The third byte of the signature is rare in text, and hardly more than that elsewhere. */
	while (content.n >= END_SIZE && at + END_SIZE <= content.n) {
		const uint8_t *p = memchr(
			content.p + at + 2, sig_end[2], content.n - at - (END_SIZE - 1));

		if (!p)
			return false;
		at = (size_t)(p - content.p) - 2;
		if (has_sig(content, at, sig_end) &&
			at + END_SIZE + load_le16(content.p + at + 20) == content.n)
			return find_directory(content, &dir, &count, &shift) &&
				has_sig(content, dir, sig_central);
		at++;
	}
	return false;
}

static int read_directory(struct extractor *x, struct zip *z)
{
	struct view c = z->content;
	uint64_t at, count, shift;
	int r = 0;

	if (!find_directory(c, &at, &count, &shift))
		return 0;
	/* The count is not trusted: the signature ends the directory. */
	while (r == 0 && has_sig(c, at, sig_central) && checked_range(at, CENTRAL_SIZE, c.n)) {
		const uint8_t *p = c.p + at;
		uint64_t csize = load_le32(p + 20), size = load_le32(p + 24);
		uint64_t offset = load_le32(p + 42), end;
		uint16_t n_name = load_le16(p + 28), n_extra = load_le16(p + 30);
		struct zip_entry e, local;
		struct view extra;
		bool open_end;

		if (!checked_range(at, CENTRAL_SIZE + (uint64_t)n_name + n_extra, c.n))
			break;
		extra = view_of(p + CENTRAL_SIZE + n_name, n_extra);
		read_zip64(extra, &size, &csize, &offset);
		at += CENTRAL_SIZE + (uint64_t)n_name + n_extra + load_le16(p + 32);
		r = extractor_tick(x, 64);
		if (!checked_add(offset, shift, &offset) ||
			!read_local(c, offset, &local, &open_end)) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
			continue;
		}
		e = local;
		e.name = view_of(p + CENTRAL_SIZE, n_name);
		e.method = load_le16(p + 10);
		e.is_encrypted |= load_le16(p + 8) & FLAG_ENCRYPTED;
		e.size = size;
		/* The two headers may disagree; the larger extent loses nothing. */
		if (!checked_add((uint64_t)(local.data.p - c.p), csize, &end) || end > c.n)
			end = c.n;
		e.end = open_end ? end : MAX(end, local.end);
		e.is_directory = n_name > 0 && e.name.p[n_name - 1] == '/' && csize == 0;
		e.name = full_name(extra, e.name);
		if (r == 0)
			r = add(x, z, &e);
		/* Programs differ in which of the headers they believe. */
		if (r == 0 && e.method != local.method) {
			e.method = local.method;
			r = add(x, z, &e);
		}
	}
	return r;
}

/* Offset of the next "PK" that starts a header in [from, to), or `to`. */
static uint64_t next_header(struct view c, uint64_t from, uint64_t to)
{
	while (from + 4 <= to) {
		const uint8_t *p = memchr(c.p + from, 'P', (size_t)(to - from - 3));

		if (!p)
			break;
		from = (uint64_t)(p - c.p);
		if (p[1] == 'K' &&
			((p[2] == 3 && p[3] == 4) || (p[2] == 1 && p[3] == 2) ||
				(p[2] == 5 && p[3] == 6)))
			return from;
		from++;
	}
	return to;
}

static bool is_known(const struct zip *z, size_t n_sorted, uint64_t offset)
{
	size_t lo = 0, hi = n_sorted;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->entries[mid].offset == offset)
			return true;
		if (z->entries[mid].offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Adds every local header in [from, to) that the first `n_sorted` entries don't have. */
static int read_gap(struct extractor *x, struct zip *z, size_t n_sorted, uint64_t from, uint64_t to)
{
	struct view c = z->content;

	while (from + LOCAL_SIZE <= to) {
		struct zip_entry e;
		bool open_end;
		uint64_t at = next_header(c, from, to);
		int r = extractor_tick(x, at - from + 64);

		if (r != 0)
			return r;
		from = at + 4;
		if (at >= to || !read_local(c, at, &e, &open_end) || is_known(z, n_sorted, at))
			continue;
		if (open_end || e.end > to)
			e.end = next_header(c, (uint64_t)(e.data.p - c.p), to);
		r = add(x, z, &e);
		if (r != 0)
			return r;
		from = MAX(from, e.end);
	}
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct zip_entry *ea = a, *eb = b;

	if (ea->offset != eb->offset)
		return ea->offset < eb->offset ? -1 : 1;
	return ea->method < eb->method ? -1 : ea->method > eb->method;
}

static int read_gaps(struct extractor *x, struct zip *z)
{
	size_t n = z->n, kept = 0;
	uint64_t at = 0;
	int r = 0;

	if (n > 0)
		qsort(z->entries, n, sizeof(*z->entries), by_offset);
	/* Two directory entries on one local header are one file. */
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || by_offset(&z->entries[kept - 1], &z->entries[i]) != 0)
			z->entries[kept++] = z->entries[i];
	z->n = n = kept;
	for (size_t i = 0; i < n && r == 0; i++) {
		uint64_t offset = z->entries[i].offset;

		if (offset > at)
			r = read_gap(x, z, n, at, offset);
		at = MAX(at, z->entries[i].end);
	}
	if (r == 0)
		r = read_gap(x, z, n, at, z->content.n);
	return r;
}

int zip_open(struct extractor *x, struct view content, struct zip *ret)
{
	int r;

	*ret = (struct zip){.content = content};
	r = read_directory(x, ret);
	if (r == 0)
		r = read_gaps(x, ret);
	return r == ZIP_NOTHING ? 0 : r;
}

void zip_close(struct zip *z)
{
	free(z->entries);
	buf_done(&z->scratch);
	*z = (struct zip){0};
}

static int read_deflated(struct extractor *x, struct zip *z, const struct zip_entry *e)
{
	uint64_t data = (uint64_t)(e->data.p - z->content.p);
	size_t used;
	int r = inflate_view(x, INFLATE_RAW, e->data, e->size, &z->scratch, &used);

	if (r == INFLATE_DAMAGED)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	if (r < 0 || r == EXTRACT_STOP)
		return r;
	/* What the headers count as data but the stream did not need may hide files. */
	if (r == 0 && data + used + LOCAL_SIZE <= e->end) {
		r = read_gap(x, z, 0, data + used, e->end);
		if (r < 0 || r == EXTRACT_STOP)
			return r;
	}
	return z->scratch.n > 0 ? 0 : ZIP_NOTHING;
}

static int read_other(struct extractor *x, struct zip *z, const struct zip_entry *e)
{
	struct unarchive_zip u = {
		.method = e->method,
		.flags = e->flags,
		.size = e->size,
		.data = view_sub(
			e->data, 0, (size_t)(e->end - (uint64_t)(e->data.p - z->content.p))),
	};
	int r = unarchive_zip(x, &u, &z->scratch);

	/* Where the stream ends is not known; a header in it is no accident. */
	if (r == 0)
		r = read_gap(x, z, 0, (uint64_t)(e->data.p - z->content.p), e->end);
	return r == 0 && z->scratch.n == 0 ? ZIP_NOTHING : r;
}

int zip_read(struct extractor *x, struct zip *z, size_t i, struct view *ret)
{
	struct zip_entry e = z->entries[i];
	struct view stored;
	int r;

	if (e.is_directory)
		return ZIP_NOTHING;
	if (e.is_encrypted || e.method == METHOD_AES) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
		return ZIP_NOTHING;
	}
	if (e.method != METHOD_STORED) {
		buf_clear(&z->scratch);
		r = e.method == METHOD_DEFLATE ? read_deflated(x, z, &e) : read_other(x, z, &e);
		*ret = buf_view(&z->scratch);
		return r;
	}
	stored = view_sub(e.data, 0, (size_t)(e.end - (uint64_t)(e.data.p - z->content.p)));
	if (stored.n > x->limits->member_bytes) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		stored.n = (size_t)x->limits->member_bytes;
	}
	*ret = stored;
	if (!extractor_charge(x, stored.n))
		return ZIP_NOTHING;
	r = extractor_tick(x, stored.n / 16);
	return r;
}
