/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/officeart.h"

#include <errno.h>

#include "base/checked.h"
#include "extract/inflate.h"
#include "text/encoding.h"

enum {
	RECORD_STORE_ENTRY = 0xf007,
	RECORD_PROPERTIES = 0xf00b,
	RECORD_PICTURE = 0xf01a,
	RECORD_PICTURE_LAST = 0xf02a,
	RECORD_METAFILE_LAST = 0xf01c,
	RECORD_PROPERTIES_2 = 0xf121,
	RECORD_PROPERTIES_3 = 0xf122,
	PROPERTY_WORD_ART = 0x00c0,
	PROPERTY_DESCRIPTION = 0x0381,
	PROPERTY_IS_COMPLEX = 0x8000,
};

/* Bytes before the data of a packed picture, and of an entry of the store without its name. */
#define METAFILE_HEAD 34
#define STORE_ENTRY   36

/* The least that stands before a picture in a text. */
#define PICTURE_HEAD 68

static int emit(struct extractor *x, struct view utf16, struct block *b)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	int r;

	if (utf16.n >= 2 && utf16.p[utf16.n - 2] == 0 && utf16.p[utf16.n - 1] == 0)
		utf16.n -= 2;
	r = encoding_decode(ENCODING_UTF16LE, utf16, &text);
	if (r < 0)
		return r;
	b->text = buf_view(&text);
	b->shape = extractor_shape(x);
	b->flags |= BLOCK_SHAPE_END;
	return extractor_emit(x, b);
}

/* Six bytes each, then the bytes of those that are longer, in the same order. */
static int properties(struct extractor *x, struct view v, unsigned n, uint32_t page, uint32_t flags)
{
	size_t at = (size_t)n * 6;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n && checked_range((uint64_t)i * 6, 6, v.n); i++) {
		uint16_t id = load_le16(v.p + (size_t)i * 6);
		uint32_t size = load_le32(v.p + (size_t)i * 6 + 2);
		struct block b = {.page = page, .flags = flags};

		if (!(id & PROPERTY_IS_COMPLEX))
			continue;
		b.place = (id & 0x3fff) == PROPERTY_WORD_ART ? PLACE_WATERMARK : PLACE_ALT_TEXT;
		if ((id & 0x3fff) == PROPERTY_WORD_ART || (id & 0x3fff) == PROPERTY_DESCRIPTION)
			r = emit(x, view_sub(v, at, size), &b);
		if (!checked_add(at, (size_t)size, &at))
			break;
	}
	return r;
}

int officeart_words(struct extractor *x, struct view art, uint32_t page, uint32_t flags)
{
	int r = 0;

	while (r == 0 && art.n >= OFFICEART_HEADER) {
		uint16_t kind = load_le16(art.p), type = load_le16(art.p + 2);
		uint32_t size = load_le32(art.p + 4);

		/* Word puts a byte between the drawings. */
		if (type < 0xf000 || type > 0xf1ff) {
			art = view_sub(art, 1, art.n);
			r = extractor_tick(x, 1);
			continue;
		}
		art = view_sub(art, OFFICEART_HEADER, art.n);
		r = extractor_tick(x, 32);
		if ((kind & 15) == 15)
			continue;
		if (r == 0 &&
			(type == RECORD_PROPERTIES || type == RECORD_PROPERTIES_2 ||
				type == RECORD_PROPERTIES_3))
			r = properties(x, view_sub(art, 0, size), kind >> 4, page, flags);
		art = view_sub(art, size, art.n);
	}
	return r;
}

/* Behind one or two digests of 16 bytes: a byte, or the head of a packed metafile. */
static int read_picture(struct extractor *x, uint16_t type, unsigned instance, struct view v)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	struct view head = view_sub(v, instance & 1 ? 32 : 16, v.n);
	bool is_packed;
	int r;

	if (type > RECORD_METAFILE_LAST) {
		head = view_sub(head, 1, head.n);
		if (head.n > 0)
			extractor_image(x, head);
		return 0;
	}
	if (head.n <= METAFILE_HEAD)
		return 0;
	is_packed = head.p[METAFILE_HEAD - 2] == 0;
	head = view_sub(head, METAFILE_HEAD, head.n);
	if (!is_packed) {
		extractor_image(x, head);
		return 0;
	}
	r = inflate_view(x, INFLATE_ZLIB, head, 0, &bytes, NULL);
	if (r == INFLATE_DAMAGED)
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	if (bytes.n > 0 && (r == 0 || r == INFLATE_DAMAGED || r == INFLATE_CUT))
		extractor_image(x, buf_view(&bytes));
	return r == INFLATE_DAMAGED || r == INFLATE_CUT ? 0 : r;
}

/* An entry of the store: the picture follows inside of it, behind its name, or is elsewhere. */
static int read_entry(struct extractor *x, struct view *art, size_t size, struct view delayed)
{
	struct view v = view_sub(*art, 0, size), record;

	if (size > STORE_ENTRY || v.n < STORE_ENTRY) {
		*art = view_sub(*art, STORE_ENTRY, art->n);
		return 0;
	}
	*art = view_sub(*art, size, art->n);
	record = view_sub(delayed, load_le32(v.p + 28), load_le32(v.p + 20));
	if (record.n <= OFFICEART_HEADER)
		return 0;
	if (load_le16(record.p + 2) < RECORD_PICTURE ||
		load_le16(record.p + 2) > RECORD_PICTURE_LAST)
		return 0;
	return read_picture(x, load_le16(record.p + 2), load_le16(record.p) >> 4,
		view_sub(record, OFFICEART_HEADER, load_le32(record.p + 4)));
}

int officeart_pictures(struct extractor *x, struct view art, struct view delayed)
{
	int r = 0;

	while (r == 0 && art.n >= OFFICEART_HEADER) {
		uint16_t kind = load_le16(art.p), type = load_le16(art.p + 2);
		uint32_t size = load_le32(art.p + 4);
		struct view body;

		if (type < 0xf000 || type > 0xf1ff) {
			art = view_sub(art, 1, art.n);
			r = extractor_tick(x, 1);
			continue;
		}
		art = view_sub(art, OFFICEART_HEADER, art.n);
		body = view_sub(art, 0, size);
		r = extractor_tick(x, 32);
		if ((kind & 15) == 15)
			continue;
		if (type == RECORD_STORE_ENTRY) {
			if (r == 0)
				r = read_entry(x, &art, size, delayed);
			continue;
		}
		if (r == 0 && type >= RECORD_PICTURE && type <= RECORD_PICTURE_LAST)
			r = read_picture(x, type, kind >> 4, body);
		art = view_sub(art, size, art.n);
	}
	return r;
}

int officeart_in_text(struct extractor *x, struct view data)
{
	int r = 0;

	while (r == 0 && data.n >= PICTURE_HEAD) {
		uint32_t size = load_le32(data.p), head = load_le16(data.p + 4);

		if (size <= head || head < PICTURE_HEAD)
			break;
		r = officeart_pictures(x, view_sub(data, head, size - head), VIEW_EMPTY);
		data = view_sub(data, size, data.n);
		if (r == 0)
			r = extractor_tick(x, 64);
	}
	return r;
}
