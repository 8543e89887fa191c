/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/ole_props.h"

#include <errno.h>

#include "base/checked.h"
#include "text/encoding.h"

/* Bytes of a property's name that are kept. */
#define NAME_MAX_BYTES 256

#define UTF16_PAGE 1200

enum {
	TYPE_I2 = 2,
	TYPE_BSTR = 8,
	TYPE_BOOL = 11,
	TYPE_LPSTR = 30,
	TYPE_LPWSTR = 31,
	TYPE_VECTOR = 0x1000,
};

struct set {
	struct extractor *x;
	struct view bytes;
	uint32_t n;
	uint32_t code_page;
	enum encoding encoding;
	const char *const *names; /* NULL: the set has a dictionary */
	size_t n_names;
};

static const char *const summary[] = {[2] = "title",
	[3] = "subject",
	[4] = "creator",
	[5] = "keywords",
	[6] = "description",
	[8] = "lastModifiedBy"};
static const char *const document[] = {[2] = "category",
	[14] = "Manager",
	[15] = "Company",
	[26] = "contentType",
	[27] = "contentStatus"};

static const uint8_t summary_id[] = {0xe0, 0x85, 0x9f, 0xf2, 0xf9, 0x4f, 0x68, 0x10};
static const uint8_t document_id[] = {0x02, 0xd5, 0xcd, 0xd5, 0x9c, 0x2e, 0x1b, 0x10};
static const uint8_t user_id[] = {0x05, 0xd5, 0xcd, 0xd5, 0x9c, 0x2e, 0x1b, 0x10};

static uint32_t at32(struct view v, size_t at)
{
	return checked_range(at, 4, v.n) ? load_le32(v.p + at) : 0;
}

static struct view until_nul(struct view v, size_t unit)
{
	for (size_t i = 0; i + unit <= v.n; i += unit)
		if (v.p[i] == 0 && (unit == 1 || v.p[i + 1] == 0))
			return view_sub(v, 0, i);
	return v;
}

/* Where the value of a property starts, 0 where the set does not have it. */
static size_t offset_of(const struct set *s, uint32_t id)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (at32(s->bytes, 8 + (size_t)i * 8) == id)
			return at32(s->bytes, 12 + (size_t)i * 8);
	return 0;
}

/* A string of the set's code page at `at`: its length first. */
static int decode_string(const struct set *s, size_t at, bool is_wide, struct buf *out)
{
	size_t n = at32(s->bytes, at);
	struct view v = view_sub(s->bytes, at + 4, is_wide ? n * 2 : n);

	if (is_wide || s->code_page == UTF16_PAGE)
		return encoding_decode(ENCODING_UTF16LE, until_nul(v, 2), out);
	return encoding_decode(s->encoding, until_nul(v, 1), out);
}

static int emit(const struct set *s, struct view name, size_t at)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct block b = {.place = PLACE_PROPERTY, .name = name};
	uint32_t type = at32(s->bytes, at) & 0xffff;
	int r = 0;

	if (type == TYPE_LPSTR || type == TYPE_BSTR)
		r = decode_string(s, at + 4, false, &text);
	else if (type == TYPE_LPWSTR)
		r = decode_string(s, at + 4, true, &text);
	else if (type == TYPE_BOOL)
		r = buf_put_str(&text, at32(s->bytes, at + 4) & 0xffff ? "true" : "false");
	if (r < 0)
		return r;
	b.text = buf_view(&text);
	return extractor_emit(s->x, &b);
}

/* Names and values of the properties that users define. */
static int read_user(const struct set *s)
{
	size_t at = offset_of(s, 0);
	uint32_t n = MIN(at32(s->bytes, at), (uint32_t)OLE_PROPS_MAX);
	int r = 0;

	if (at == 0)
		return 0;
	at += 4;
	for (uint32_t i = 0; r == 0 && i < n && at < s->bytes.n; i++) {
		cleanup_with(buf_done) struct buf name = BUF_INIT(0);
		uint32_t id = at32(s->bytes, at);
		size_t units = at32(s->bytes, at + 4), value = offset_of(s, id);
		bool is_wide = s->code_page == UTF16_PAGE;
		size_t bytes = is_wide ? (units * 2 + 3) & ~(size_t)3 : units;

		r = decode_string(s, at + 4, is_wide, &name);
		if (r < 0)
			return r;
		if (value != 0)
			r = emit(s, view_sub(buf_view(&name), 0, NAME_MAX_BYTES), value);
		if (r == 0)
			r = extractor_tick(s->x, 64 + (uint64_t)s->n);
		at += 8 + bytes;
	}
	return r;
}

static int read_known(const struct set *s)
{
	int r = 0;

	for (uint32_t id = 0; r == 0 && id < s->n_names; id++) {
		size_t at = s->names[id] ? offset_of(s, id) : 0;

		if (at != 0)
			r = emit(s, view_str(s->names[id]), at);
	}
	return r;
}

static int read_set(struct extractor *x, const uint8_t *id, struct view bytes)
{
	struct set s = {.x = x, .bytes = bytes, .encoding = ENCODING_CP1252};
	size_t at;

	s.n = at32(bytes, 4);
	if (s.n > OLE_PROPS_MAX) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		s.n = OLE_PROPS_MAX;
	}
	at = offset_of(&s, 1);
	if (at != 0 && at32(bytes, at) == TYPE_I2)
		s.code_page = at32(bytes, at + 4) & 0xffff;
	(void)encoding_of_code_page(s.code_page, &s.encoding);
	if (memcmp(id, summary_id, sizeof(summary_id)) == 0) {
		s.names = summary;
		s.n_names = ARRAY_SIZE(summary);
	} else if (memcmp(id, document_id, sizeof(document_id)) == 0) {
		s.names = document;
		s.n_names = ARRAY_SIZE(document);
	} else if (memcmp(id, user_id, sizeof(user_id)) == 0) {
		return read_user(&s);
	}
	return read_known(&s);
}

static int read_stream(struct extractor *x, struct view v)
{
	uint32_t n;
	int r = 0;

	if (v.n < 48 || load_le16(v.p) != 0xfffe)
		return 0;
	n = MIN(load_le32(v.p + 24), 2U);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		size_t head = 28 + (size_t)i * 20;

		if (!checked_range(head, 20, v.n))
			break;
		r = read_set(x, v.p + head, view_sub(v, load_le32(v.p + head + 16), v.n));
	}
	return r;
}

int ole_props(struct cfb *c, uint32_t storage)
{
	static const char *const streams[] = {
		"\5SummaryInformation", "\5DocumentSummaryInformation"};
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		int r = cfb_read_name(c, storage, streams[i], &bytes);

		if (r == CFB_ABSENT)
			continue;
		if (r == 0)
			r = read_stream(c->x, buf_view(&bytes));
		if (r != 0)
			return r;
	}
	return 0;
}
