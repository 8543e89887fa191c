/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/tnef.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "extract/html.h"
#include "extract/msg.h"
#include "extract/plain.h"
#include "extract/rtf.h"

#define HEADER_SIZE    6
#define ATTRIBUTE_SIZE 9 /* level, name, length; a checksum stands behind the data */

/* Attributes */
enum {
	SUBJECT = 0x00018004,
	ATTACH_TITLE = 0x00018010,
	BODY = 0x0002800c,
	ATTACH_RENDER = 0x00069002, /* begins an attachment */
	MESSAGE_PROPERTIES = 0x00069003,
	ATTACH_PROPERTIES = 0x00069005,
	CODE_PAGE = 0x00069007,
	ATTACH_DATA = 0x0006800f,
};

/* Property types */
enum {
	TYPE_STRING = 0x001e,
	TYPE_UNICODE = 0x001f,
	TYPE_OBJECT = 0x000d,
	TYPE_BINARY = 0x0102,
	TYPE_MULTIPLE = 0x1000,
};

/* Property names */
enum {
	PROP_SUBJECT = 0x0037,
	PROP_BODY = 0x1000,
	PROP_RTF = 0x1009,
	PROP_HTML = 0x1013,
	PROP_ATTACH_DATA = 0x3701,
	PROP_ATTACH_LONG_NAME = 0x3707,
};

/* Bytes of the interface's name before an embedded message. */
#define OBJECT_ID 16

struct tnef {
	struct extractor *x;
	enum encoding code_page;
	bool has_code_page;
	struct buf name; /* of the attachment at hand */
	struct view data;
};

static void tnef_done(struct tnef *t)
{
	buf_done(&t->name);
}

int tnef_bid(struct view content)
{
	return view_starts(content, VIEW_LIT("\x78\x9f\x3e\x22")) && content.n >= HEADER_SIZE
		? BID_MAGIC
		: BID_NONE;
}

static struct view without_nul(struct view v, size_t unit)
{
	while (v.n >= unit && v.p[v.n - 1] == 0 && (unit == 1 || v.p[v.n - 2] == 0))
		v.n -= unit;
	return v;
}

/* A string, of this type, as UTF-8. */
static int put_string(const struct tnef *t, uint16_t type, struct view v, struct buf *out)
{
	enum encoding e = t->code_page;

	if (type == TYPE_UNICODE)
		return encoding_decode(ENCODING_UTF16LE, without_nul(v, 2), out);
	v = without_nul(v, 1);
	if (!encoding_detect(v, t->has_code_page ? &t->code_page : NULL, &e))
		return buf_put_view(out, v);
	return encoding_decode(e, v, out);
}

static int read_subject(struct tnef *t, uint16_t type, struct view v)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct block b = {
		.place = PLACE_MAIL_HEADER, .flags = BLOCK_TOP, .name = VIEW_LIT("Subject")};
	int r = put_string(t, type, v, &text);

	if (r < 0)
		return r == -ENOTSUP ? 0 : r;
	b.text = buf_view(&text);
	return extractor_emit(t->x, &b);
}

static int read_body(struct tnef *t, uint16_t type, struct view v)
{
	enum encoding utf16 = ENCODING_UTF16LE;
	const enum encoding *hint = type == TYPE_UNICODE ? &utf16
		: t->has_code_page                       ? &t->code_page
							 : NULL;
	int r;

	v = without_nul(v, type == TYPE_UNICODE ? 2 : 1);
	if (v.n == 0)
		return 0;
	r = plain_extract(t->x, v, PLACE_MAIL_BODY, hint);
	return r == EXTRACT_NO_TEXT ? 0 : r;
}

static int read_rtf(struct extractor *x, struct view packed)
{
	cleanup_with(buf_done) struct buf rtf = BUF_INIT(0);
	int r = msg_rtf_unpack(x, packed, &rtf);

	if (r == MSG_RTF_DAMAGED) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		r = 0;
	}
	return r == 0 && rtf.n > 0 ? rtf_extract_as(x, buf_view(&rtf), PLACE_MAIL_BODY) : r;
}

static int set_name(struct tnef *t, uint16_t type, struct view v)
{
	int r;

	buf_clear(&t->name);
	r = put_string(t, type, v, &t->name);
	return r == -ENOTSUP ? 0 : r;
}

static int message_property(struct tnef *t, uint16_t id, uint16_t type, struct view v)
{
	switch (id) {
	case PROP_SUBJECT: return read_subject(t, type, v);
	case PROP_BODY: return read_body(t, type, v);
	case PROP_RTF: return read_rtf(t->x, v);
	case PROP_HTML:
		return html_extract_as(
			t->x, v, PLACE_MAIL_BODY, t->has_code_page ? &t->code_page : NULL);
	default: return 0;
	}
}

static int attach_property(struct tnef *t, uint16_t id, uint16_t type, struct view v)
{
	if (id == PROP_ATTACH_LONG_NAME)
		return set_name(t, type, v);
	/* An embedded message stands behind the name of its interface. */
	if (id == PROP_ATTACH_DATA && type == TYPE_OBJECT && v.n > OBJECT_ID)
		t->data = view_sub(v, OBJECT_ID, v.n);
	else if (id == PROP_ATTACH_DATA && type == TYPE_BINARY && t->data.n == 0)
		t->data = v;
	return 0;
}

static uint32_t take32(struct view *v)
{
	uint32_t n = v->n >= 4 ? load_le32(v->p) : 0;

	*v = view_sub(*v, 4, v->n);
	return n;
}

/* `n` bytes, filled up to four. */
static struct view take_bytes(struct view *v, uint32_t n)
{
	struct view bytes = view_sub(*v, 0, n);

	*v = view_sub(*v, ((size_t)n + 3) & ~(size_t)3, v->n);
	return bytes;
}

static uint32_t fixed_size(uint16_t type)
{
	switch (type) {
	case 0x0005: /* double, currency, date, 64 bits, time */
	case 0x0006:
	case 0x0007:
	case 0x0014:
	case 0x0040: return 8;
	case 0x0048: return 16;
	default: return 4;
	}
}

/* The name of a property that has no number. */
static void skip_name(struct view *v)
{
	uint32_t kind;

	*v = view_sub(*v, 16, v->n);
	kind = take32(v);
	if (kind == 0)
		(void)take32(v);
	else
		(void)take_bytes(v, take32(v));
}

static int read_properties(struct tnef *t, struct view v,
	int (*property)(struct tnef *, uint16_t, uint16_t, struct view))
{
	uint32_t count = take32(&v);
	int r = 0;

	while (r == 0 && count-- > 0 && v.n >= 4) {
		uint16_t type = load_le16(v.p), id = load_le16(v.p + 2), single;
		uint32_t values = 1;
		bool is_long;

		v = view_sub(v, 4, v.n);
		if (id >= 0x8000)
			skip_name(&v);
		single = type & (uint16_t)~TYPE_MULTIPLE;
		is_long = single == TYPE_STRING || single == TYPE_UNICODE ||
			single == TYPE_OBJECT || single == TYPE_BINARY;
		if (is_long || single != type)
			values = take32(&v);
		while (r == 0 && values-- > 0 && v.n > 0) {
			struct view value = take_bytes(
				&v, is_long ? take32(&v) : fixed_size(single));

			r = extractor_tick(t->x, 64);
			if (r == 0)
				r = property(t, id, single, value);
		}
	}
	return r;
}

static int finish_attachment(struct tnef *t)
{
	struct view data = t->data, name = buf_view(&t->name);
	int r = 0;

	t->data = VIEW_EMPTY;
	if (name.n > 0)
		r = extractor_file_name(t->x, name);
	else
		name = VIEW_LIT("attachment");
	if (r == 0 && data.n > 0)
		r = extractor_nested(t->x, name, data);
	buf_clear(&t->name);
	return r;
}

static int attribute(struct tnef *t, uint32_t what, struct view v)
{
	switch (what) {
	case CODE_PAGE:
		t->has_code_page = v.n >= 4 && encoding_of_code_page(load_le32(v.p), &t->code_page);
		return 0;
	case SUBJECT: return read_subject(t, TYPE_STRING, v);
	case BODY: return read_body(t, TYPE_STRING, v);
	case MESSAGE_PROPERTIES: return read_properties(t, v, message_property);
	case ATTACH_RENDER: return finish_attachment(t);
	case ATTACH_TITLE: return t->name.n > 0 ? 0 : set_name(t, TYPE_STRING, v);
	case ATTACH_DATA: t->data = v; return 0;
	case ATTACH_PROPERTIES: return read_properties(t, v, attach_property);
	default: return 0;
	}
}

int tnef_extract(struct extractor *x, struct view content)
{
	cleanup_with(tnef_done) struct tnef t = {.x = x, .name = BUF_INIT(0)};
	size_t at = HEADER_SIZE;
	int r = 0;

	while (r == 0 && at + ATTRIBUTE_SIZE <= content.n) {
		const uint8_t *p = content.p + at;
		uint32_t n = load_le32(p + 5);

		at += ATTRIBUTE_SIZE;
		if (!checked_range(at, n, content.n)) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
			n = (uint32_t)(content.n - at);
		}
		r = attribute(&t, load_le32(p + 1), view_sub(content, at, n));
		at += (size_t)n + 2;
		if (r == 0)
			r = extractor_tick(x, 64);
	}
	return r == 0 ? finish_attachment(&t) : r;
}
