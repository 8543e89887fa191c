/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of a message: numbers, strings in their code pages, and those that have names. */
#include <errno.h>
#include <stdio.h>

#include "base/checked.h"
#include "extract/msg.h"

#define ENTRY       16
#define HEAD_ATTACH 8 /* the shortest head before the entries; all are whole eights */
#define FIRST_NAMED 0x8000

/* Name of a property's stream. */
#define STREAM_NAME_MAX 40

static void encoding_of(const struct msg_props *p, uint16_t id, bool *has, enum encoding *ret)
{
	uint32_t page;

	*has = msg_number(p, id, &page) && encoding_of_code_page(page, ret);
}

int msg_props_open(struct msg_props *p, struct cfb *c, uint32_t storage)
{
	int r;

	*p = (struct msg_props){.c = c, .storage = storage};
	r = cfb_read_name(c, storage, MSG_PROPERTIES, &p->fixed);
	if (r != 0 && r != CFB_ABSENT)
		return r;
	encoding_of(p, MSG_CODE_PAGE, &p->has_encoding, &p->encoding);
	encoding_of(p, MSG_INTERNET_PAGE, &p->has_internet, &p->internet);
	return 0;
}

void msg_props_done(struct msg_props *p)
{
	buf_done(&p->fixed);
}

/* The head has 8, 24 or 32 bytes, so each eighth byte can be the start of an entry; its flags are
   small and tell it from a value. */
bool msg_number(const struct msg_props *p, uint16_t id, uint32_t *ret)
{
	uint32_t tag = (uint32_t)id << 16 | MSG_TYPE_LONG;

	for (size_t at = HEAD_ATTACH; checked_range(at, ENTRY, p->fixed.n); at += 8)
		if (load_le32(p->fixed.p + at) == tag && load_le32(p->fixed.p + at + 4) < 16) {
			*ret = load_le32(p->fixed.p + at + 8);
			return true;
		}
	return false;
}

uint32_t msg_stream(const struct msg_props *p, uint16_t id, uint16_t type)
{
	char name[STREAM_NAME_MAX];

	(void)snprintf(name, sizeof(name), "__substg1.0_%04X%04X", (unsigned)id, (unsigned)type);
	return cfb_find(p->c, p->storage, name);
}

/* Bytes whose code page nobody knows are looked at. */
static int decode_bytes(const struct msg_props *p, struct view v, struct buf *out)
{
	enum encoding e = p->encoding;
	int r;

	if (!p->has_encoding && !encoding_detect(v, p->has_internet ? &p->internet : NULL, &e))
		e = ENCODING_CP1252;
	r = encoding_decode(e, v, out);
	if (r == -ENOTSUP) {
		extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
		return 0;
	}
	return r;
}

static int read_string(const struct msg_props *p, uint32_t entry, bool is_wide, struct buf *out)
{
	cleanup_with(buf_done) struct buf raw = BUF_INIT(0);
	struct view v;
	int r = cfb_read(p->c, entry, &raw);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	v = buf_view(&raw);
	r = is_wide ? encoding_decode(ENCODING_UTF16LE, v, out) : decode_bytes(p, v, out);
	if (r == -E2BIG) {
		extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		r = 0;
	}
	while (out->n > 0 && out->p[out->n - 1] == 0)
		out->n--;
	return r;
}

int msg_string(const struct msg_props *p, uint16_t id, struct buf *out)
{
	uint32_t entry = msg_stream(p, id, MSG_TYPE_UNITS);

	buf_clear(out);
	if (entry != CFB_NONE)
		return read_string(p, entry, true, out);
	entry = msg_stream(p, id, MSG_TYPE_BYTES);
	return entry != CFB_NONE ? read_string(p, entry, false, out) : 0;
}

/* --- names ------------------------------------------------------------------------------------ */

typedef int take_fn(const struct msg_props *p, struct view name, struct view value);

/* The values of a list have streams of their own: "-00000000" and so on. */
static int list_values(
	const struct msg_props *p, uint16_t id, bool is_wide, struct view name, take_fn *take)
{
	uint16_t type = (uint16_t)(MSG_TYPE_MANY | (is_wide ? MSG_TYPE_UNITS : MSG_TYPE_BYTES));
	int r = 0;

	for (unsigned i = 0; r == 0 && i <= MSG_VALUES_MAX; i++) {
		cleanup_with(buf_done) struct buf value = BUF_INIT(0);
		char stream[STREAM_NAME_MAX];
		uint32_t entry;

		(void)snprintf(stream, sizeof(stream), "__substg1.0_%04X%04X-%08X", (unsigned)id,
			(unsigned)type, i);
		entry = cfb_find(p->c, p->storage, stream);
		if (entry == CFB_NONE)
			return 0;
		if (i == MSG_VALUES_MAX) {
			extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return 0;
		}
		r = read_string(p, entry, is_wide, &value);
		if (r == 0)
			r = take(p, name, buf_view(&value));
		if (r == 0)
			r = extractor_tick(p->c->x, p->c->n_entries);
	}
	return r;
}

static int values(const struct msg_props *p, uint16_t id, struct view name, take_fn *take)
{
	cleanup_with(buf_done) struct buf value = BUF_INIT(0);
	int r = msg_string(p, id, &value);

	if (r == 0 && value.n > 0)
		r = take(p, name, buf_view(&value));
	if (r == 0)
		r = list_values(p, id, true, name, take);
	return r == 0 ? list_values(p, id, false, name, take) : r;
}

static uint32_t names_storage(const struct cfb *c, uint32_t storage)
{
	uint32_t i = cfb_find(c, storage, "__nameid_version1.0");

	/* messages inside of messages use the names of the outermost one */
	return i != CFB_NONE || storage == 0 ? i : cfb_find(c, 0, "__nameid_version1.0");
}

/* Eight bytes for each: where its name is, and bits that say whether it has one. */
static int read_names(
	const struct msg_props *p, struct view entries, struct view strings, take_fn *take)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 8 <= entries.n; i += 8) {
		cleanup_with(buf_done) struct buf name = BUF_INIT(0);
		const uint8_t *e = entries.p + i;
		uint32_t at = load_le32(e), number = load_le16(e + 6);
		struct view units;

		if (i / 8 == MSG_NAMES_MAX) {
			extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return 0;
		}
		if (!(e[4] & 1) || number >= FIRST_NAMED || !checked_range(at, 4, strings.n))
			continue;
		units = view_sub(strings, (size_t)at + 4,
			MIN((size_t)load_le32(strings.p + at), (size_t)MSG_NAME_MAX));
		r = encoding_decode(ENCODING_UTF16LE, units, &name);
		if (r == 0)
			r = values(p, (uint16_t)(FIRST_NAMED + number), buf_view(&name), take);
		if (r == 0)
			r = extractor_tick(p->c->x, 256 + (uint64_t)p->c->n_entries * 4);
	}
	return r;
}

int msg_names(const struct msg_props *p, take_fn *take)
{
	cleanup_with(buf_done) struct buf entries = BUF_INIT(0);
	cleanup_with(buf_done) struct buf strings = BUF_INIT(0);
	uint32_t storage = names_storage(p->c, p->storage);
	int r;

	if (storage == CFB_NONE)
		return 0;
	r = cfb_read_name(p->c, storage, "__substg1.0_00030102", &entries);
	if (r == 0)
		r = cfb_read_name(p->c, storage, "__substg1.0_00040102", &strings);
	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	return read_names(p, buf_view(&entries), buf_view(&strings), take);
}
