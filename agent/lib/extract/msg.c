/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/msg.h"

#include <errno.h>

#include "extract/cms.h"
#include "extract/html.h"
#include "extract/mail.h"
#include "extract/ole.h"
#include "extract/plain.h"
#include "extract/rtf.h"

/* A message under rights management: its body is in there. */
#define RIGHTS "\x76\xe8\x04\x60\xc4\x11\xe3\x86"

static int emit_header(struct extractor *x, const char *name, struct view text)
{
	struct block b = {
		.place = PLACE_MAIL_HEADER,
		.flags = BLOCK_TOP,
		.name = view_str(name),
		.text = text,
	};

	return extractor_emit(x, &b);
}

static int read_subject(const struct msg_props *p)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	int r = msg_string(p, MSG_SUBJECT, &text);

	if (r == 0 && text.n == 0)
		r = msg_string(p, MSG_NORMAL_SUBJECT, &text);
	/* a character that says how long the prefix is stands before it in old files */
	if (r == 0 && text.n >= 2 && text.p[0] == 1)
		return emit_header(p->c->x, "Subject", view_sub(buf_view(&text), 2, text.n));
	return r == 0 ? emit_header(p->c->x, "Subject", buf_view(&text)) : r;
}

/* In the words of the mail header. */
static int read_sensitivity(const struct msg_props *p)
{
	static const char *const words[] = {NULL, "Personal", "Private", "Company-Confidential"};
	uint32_t n;

	if (!msg_number(p, MSG_SENSITIVITY, &n) || n >= ARRAY_SIZE(words) || !words[n])
		return 0;
	return emit_header(p->c->x, "Sensitivity", view_str(words[n]));
}

static int read_transport(const struct msg_props *p)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	int r = msg_string(p, MSG_HEADERS, &text);

	return r == 0 ? mail_headers(p->c->x, buf_view(&text)) : r;
}

static int take_named(const struct msg_props *p, struct view name, struct view value)
{
	bool is_header = mail_is_telling(name);
	struct block b = {
		.place = is_header ? PLACE_MAIL_HEADER : PLACE_PROPERTY,
		.flags = is_header ? BLOCK_TOP : 0,
		.name = name,
		.text = value,
	};

	return extractor_emit(p->c->x, &b);
}

/* --- bodies ----------------------------------------------------------------------------------- */

static int read_plain(const struct msg_props *p)
{
	static const enum encoding utf8 = ENCODING_UTF8;
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	int r = msg_string(p, MSG_BODY, &text);

	if (r == 0 && text.n > 0)
		r = plain_extract(p->c->x, buf_view(&text), PLACE_MAIL_BODY, &utf8);
	return r == EXTRACT_NO_TEXT ? 0 : r;
}

/* Bytes in the page of the internet, or a string as all others. */
static int read_html(const struct msg_props *p)
{
	static const enum encoding utf8 = ENCODING_UTF8;
	cleanup_with(buf_done) struct buf html = BUF_INIT(0);
	const enum encoding *hint = p->has_internet ? &p->internet : NULL;
	uint32_t entry = msg_stream(p, MSG_HTML, MSG_TYPE_BINARY);
	int r;

	if (entry != CFB_NONE) {
		r = cfb_read(p->c, entry, &html);
	} else {
		r = msg_string(p, MSG_HTML, &html);
		hint = &utf8;
	}
	if (r != 0 || html.n == 0)
		return r == CFB_ABSENT ? 0 : r;
	return html_extract_as(p->c->x, buf_view(&html), PLACE_MAIL_BODY, hint);
}

static int read_rtf(const struct msg_props *p)
{
	cleanup_with(buf_done) struct buf packed = BUF_INIT(0);
	cleanup_with(buf_done) struct buf rtf = BUF_INIT(0);
	uint32_t entry = msg_stream(p, MSG_RTF, MSG_TYPE_BINARY);
	int r = entry == CFB_NONE ? CFB_ABSENT : cfb_read(p->c, entry, &packed);

	if (r != 0 || packed.n == 0)
		return r == CFB_ABSENT ? 0 : r;
	r = msg_rtf_unpack(p->c->x, buf_view(&packed), &rtf);
	if (r == MSG_RTF_DAMAGED) {
		extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		r = 0;
	}
	return r == 0 && rtf.n > 0 ? rtf_extract_as(p->c->x, buf_view(&rtf), PLACE_MAIL_BODY) : r;
}

/* --- attachments ------------------------------------------------------------------------------ */

static int name_of(const struct msg_props *p, struct buf *name)
{
	static const uint16_t ids[] = {MSG_LONG_NAME, MSG_SHORT_NAME, MSG_DISPLAY_NAME};
	int r = 0;

	for (size_t i = 0; r == 0 && name->n == 0 && i < ARRAY_SIZE(ids); i++)
		r = msg_string(p, ids[i], name);
	if (r == 0 && name->n > 0)
		return extractor_file_name(p->c->x, buf_view(name));
	return r == 0 ? buf_put_str(name, "attachment") : r;
}

static int read_storage(struct cfb *c, uint32_t storage, struct view name)
{
	size_t path;
	int r = extractor_enter(c->x, name, &path);

	if (r != 0)
		return r == EXTRACT_OUTSIDE ? 0 : r;
	r = ole_storage(c, storage);
	extractor_leave(c->x, path);
	return r;
}

/* What is signed is a mail of its own, with too few headers to be known for one. */
static int read_signed(struct extractor *x, struct view name, struct view content)
{
	size_t path;
	int r = extractor_enter(x, name, &path);

	if (r != 0)
		return r == EXTRACT_OUTSIDE ? 0 : r;
	r = mail_extract(x, content);
	extractor_leave(x, path);
	return r;
}

static int read_data(const struct msg_props *p, uint32_t entry, struct view name, bool is_secure)
{
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	cleanup_with(buf_done) struct buf type = BUF_INIT(0);
	int r = msg_string(p, MSG_MIME_TYPE, &type);

	if (r == 0)
		r = cfb_read(p->c, entry, &data);
	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	if (view_eq(buf_view(&type), VIEW_LIT("multipart/signed")))
		return read_signed(p->c->x, name, buf_view(&data));
	if ((is_secure && cms_bid(buf_view(&data)) == BID_NONE) ||
		view_starts(buf_view(&data), VIEW_LIT(RIGHTS))) {
		extractor_fail(p->c->x, COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
		return 0;
	}
	return extractor_nested(p->c->x, name, buf_view(&data));
}

static int read_attachment(struct cfb *c, uint32_t storage, bool is_secure)
{
	cleanup_with(buf_done) struct buf name = BUF_INIT(0);
	struct msg_props p;
	uint32_t entry;
	int r = msg_props_open(&p, c, storage);

	if (r == 0)
		r = name_of(&p, &name);
	if (r == 0) {
		entry = msg_stream(&p, MSG_DATA, MSG_TYPE_BINARY);
		if (entry != CFB_NONE)
			r = read_data(&p, entry, buf_view(&name), is_secure);
	}
	if (r == 0) {
		entry = msg_stream(&p, MSG_DATA, MSG_TYPE_OBJECT);
		if (entry != CFB_NONE && c->entries[entry].type == CFB_STORAGE)
			r = read_storage(c, entry, buf_view(&name));
	}
	msg_props_done(&p);
	return r;
}

static int read_attachments(const struct msg_props *p)
{
	cleanup_with(buf_done) struct buf class = BUF_INIT(0);
	struct cfb *c = p->c;
	bool is_secure;
	int r = msg_string(p, MSG_CLASS, &class);

	/* signed and apart, signed and inside, or encrypted: the content tells */
	is_secure = view_eq(buf_view(&class), VIEW_LIT("IPM.Note.SMIME"));
	for (uint32_t i = c->entries[p->storage].child; r == 0 && i != 0; i = c->entries[i].next) {
		if (c->entries[i].type != CFB_STORAGE ||
			!view_starts(cfb_name(&c->entries[i]), VIEW_LIT("__attach_version1.0_")))
			continue;
		r = read_attachment(c, i, is_secure);
		if (r == 0)
			r = extractor_tick(c->x, 1024);
	}
	return r;
}

int msg_extract(struct cfb *c, uint32_t storage)
{
	static int (*const parts[])(const struct msg_props *p) = {read_subject, read_sensitivity,
		read_transport, read_plain, read_html, read_rtf, read_attachments};
	struct msg_props p;
	int r = msg_props_open(&p, c, storage);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](&p);
	if (r == 0)
		r = msg_names(&p, take_named);
	msg_props_done(&p);
	return r;
}
