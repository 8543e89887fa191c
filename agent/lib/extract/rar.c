/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/rar.h"

#include "base/checked.h"

/* RAR 5 */
enum {
	BLOCK_FILE = 2,
	BLOCK_ENCRYPTION = 4,
	BLOCK_END = 5,
	HAS_EXTRA = 1 << 0,
	HAS_DATA = 1 << 1,
	SPLIT_BEFORE = 1 << 3,
	SPLIT_AFTER = 1 << 4,
	EXTRA_ENCRYPTION = 1,
};

/* RAR 1.5 to 4 */
enum {
	OLD_MAIN = 0x73,
	OLD_FILE = 0x74,
	OLD_END = 0x7b,
	OLD_HEADER_SIZE = 7,
	OLD_MAIN_ENCRYPTED = 0x0080,
	OLD_SPLIT = 0x0003,
	OLD_FILE_ENCRYPTED = 0x0004,
	OLD_LARGE = 0x0100,
	OLD_HAS_DATA = 0x8000,
};

void rar_headers_done(struct rar_headers *h)
{
	buf_done(&h->encrypted);
}

bool rar_headers_encrypted(const struct rar_headers *h, size_t number)
{
	return number < h->encrypted.n && h->encrypted.p[number];
}

/* Seven bits a byte, the lowest first. 0 at the end of `v`. */
static uint64_t number(struct view *v)
{
	uint64_t n = 0;

	for (unsigned shift = 0; v->n > 0 && shift < 63; shift += 7) {
		uint8_t c = v->p[0];

		*v = view_sub(*v, 1, v->n);
		n |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	return n;
}

static bool has_encryption(struct view extra)
{
	while (extra.n > 0) {
		uint64_t size = number(&extra);
		struct view record = view_sub(extra, 0, (size_t)MIN(size, (uint64_t)extra.n));

		if (number(&record) == EXTRA_ENCRYPTION)
			return true;
		if (size == 0 || size >= extra.n)
			break;
		extra = view_sub(extra, (size_t)size, extra.n);
	}
	return false;
}

static int add_file(struct extractor *x, struct rar_headers *h, bool encrypted, bool split)
{
	if (split)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
	h->is_encrypted |= encrypted;
	return buf_put_byte(&h->encrypted, encrypted);
}

static int read_new(struct extractor *x, struct view c, struct rar_headers *h)
{
	uint64_t at = 8;
	int r = 0;

	while (r == 0 && at + 7 <= c.n && h->encrypted.n <= x->limits->members) {
		struct view v = view_sub(c, (size_t)at + 4, c.n), head;
		uint64_t size = number(&v), type, flags, extra = 0, data = 0;
		size_t begin = (size_t)(v.p ? v.p - c.p : 0);

		if (size == 0 || size > v.n)
			break;
		head = view_sub(v, 0, (size_t)size);
		type = number(&head);
		flags = number(&head);
		if (flags & HAS_EXTRA)
			extra = number(&head);
		if (flags & HAS_DATA)
			data = number(&head);
		if (type == BLOCK_FILE)
			r = add_file(x, h,
				extra <= head.n &&
					has_encryption(view_sub(
						head, head.n - (size_t)extra, (size_t)extra)),
				flags & (SPLIT_BEFORE | SPLIT_AFTER));
		if (type == BLOCK_ENCRYPTION)
			h->is_encrypted = true;
		/* Nothing behind can be read, or there is nothing. */
		if (type == BLOCK_ENCRYPTION || type == BLOCK_END ||
			!checked_add(begin + size, data, &at))
			break;
		if (r == 0)
			r = extractor_tick(x, 64);
	}
	return r;
}

static int read_old(struct extractor *x, struct view c, struct rar_headers *h)
{
	uint64_t at = 7;
	int r = 0;

	while (r == 0 && at + OLD_HEADER_SIZE <= c.n && h->encrypted.n <= x->limits->members) {
		const uint8_t *p = c.p + at;
		uint16_t flags = load_le16(p + 3), size = load_le16(p + 5);
		uint64_t data = 0;

		if (size < OLD_HEADER_SIZE || size > c.n - at)
			break;
		if ((flags & OLD_HAS_DATA || p[2] == OLD_FILE) && size >= 11)
			data = load_le32(p + 7);
		if (p[2] == OLD_FILE && flags & OLD_LARGE && size >= 36)
			data |= (uint64_t)load_le32(p + 32) << 32;
		if (p[2] == OLD_FILE)
			r = add_file(x, h, flags & OLD_FILE_ENCRYPTED, flags & OLD_SPLIT);
		if (p[2] == OLD_MAIN && flags & OLD_MAIN_ENCRYPTED) {
			h->is_encrypted = true;
			break;
		}
		if (p[2] == OLD_END || !checked_add(at + size, data, &at))
			break;
		if (r == 0)
			r = extractor_tick(x, 64);
	}
	return r;
}

int rar_headers_read(struct extractor *x, struct view content, struct rar_headers *ret)
{
	int r = 0;

	if (view_starts(content, VIEW_LIT("Rar!\x1a\x07\1\0")))
		r = read_new(x, content, ret);
	else if (view_starts(content, VIEW_LIT("Rar!\x1a\x07\0")))
		r = read_old(x, content, ret);
	if (r == 0 && ret->is_encrypted)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
	return r;
}
