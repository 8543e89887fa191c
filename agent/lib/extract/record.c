/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/record.h"

#include <limits.h>
#include <string.h>

#include "extract/xml.h"

struct record {
	struct extractor *x;
	uint32_t flags;
	unsigned members;
	struct buf line;
	unsigned depth_max; /* of objects in objects; deeper members are passed over */
	bool dry;           /* members are counted only */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct view trim(struct view v)
{
	while (v.n > 0 && is_blank(v.p[0]))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && is_blank(v.p[v.n - 1]))
		v.n--;
	return v;
}

static bool is_small(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* "securityClassification", "do_mat" and "Do-Mat" are words. */
static int put_key(struct buf *out, struct view key)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < key.n; i++) {
		uint8_t c = key.p[i];

		if (c >= 'A' && c <= 'Z' && i > 0 && is_small(key.p[i - 1]))
			r = buf_put_byte(out, ' ');
		if (r == 0)
			r = buf_put_byte(out, c == '_' || c == '-' ? ' ' : c);
	}
	return r == 0 ? buf_put_str(out, ": ") : r;
}

static bool is_member(const struct record *rec, struct view key, struct view value)
{
	return rec->members < RECORD_MEMBERS_MAX && key.n > 0 && key.n <= RECORD_KEY_MAX &&
		value.n > 0 && value.n <= RECORD_VALUE_MAX;
}

static int end_member(struct record *rec)
{
	const struct block b = {
		.place = PLACE_BODY, .flags = rec->flags, .text = buf_view(&rec->line)};

	rec->members++;
	return rec->dry ? 0 : extractor_emit(rec->x, &b);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* "1ead" behind "\u"; 0 where it is no letter by itself. */
static uint32_t code_unit(struct view v)
{
	uint32_t cp = 0;

	if (v.n < 4)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		if (hex(v.p[i]) < 0)
			return 0;
		cp = cp << 4 | (uint32_t)hex(v.p[i]);
	}
	return cp >= 0xd800 && cp < 0xe000 ? 0 : cp;
}

static int put_json(struct buf *out, struct view v)
{
	int r = 0;

	while (r == 0 && v.n > 0) {
		uint32_t cp;

		if (v.p[0] != '\\' || v.n < 2) {
			r = buf_put_byte(out, v.p[0]);
			v = view_sub(v, 1, v.n);
			continue;
		}
		cp = v.p[1] == 'u' ? code_unit(view_sub(v, 2, v.n)) : 0;
		if (cp)
			r = buf_put_utf8(out, cp);
		else
			r = buf_put_byte(out, strchr("\"\\/", v.p[1]) && v.p[1] ? v.p[1] : ' ');
		v = view_sub(v, cp ? 6 : 2, v.n);
	}
	return r;
}

/* The string that `v` starts with, without its quotes; `v` goes behind it. False where it has no
   end. */
static bool next_string(struct view *v, struct view *ret)
{
	for (size_t i = 1; i < v->n; i++) {
		if (v->p[i] == '\\') {
			i++;
		} else if (v->p[i] == '"') {
			*ret = view_sub(*v, 1, i - 1);
			*v = view_sub(*v, i + 1, v->n);
			return true;
		}
	}
	return false;
}

static int json_members(struct record *rec, struct view v)
{
	struct view key = VIEW_EMPTY, string;
	bool after_colon = false;
	unsigned depth = 0;
	int r = 0;

	while (r == 0 && v.n > 0) {
		size_t left = v.n;

		if (v.p[0] != '"') {
			if (v.p[0] == '{' || v.p[0] == '[')
				depth++;
			else if ((v.p[0] == '}' || v.p[0] == ']') && depth > 0)
				depth--;
			if (!is_blank(v.p[0])) {
				after_colon = v.p[0] == ':' && key.n > 0;
				if (!after_colon)
					key = VIEW_EMPTY;
			}
			v = view_sub(v, 1, v.n);
			r = extractor_tick(rec->x, 1);
			continue;
		}
		if (!next_string(&v, &string))
			return 0;
		if (after_colon && depth <= rec->depth_max && is_member(rec, key, string)) {
			buf_clear(&rec->line);
			r = put_key(&rec->line, key);
			if (r == 0)
				r = put_json(&rec->line, string);
			if (r == 0)
				r = end_member(rec);
		}
		key = after_colon ? VIEW_EMPTY : string;
		after_colon = false;
		if (r == 0)
			r = extractor_tick(rec->x, left - v.n);
	}
	return r;
}

/* A file of one object that people may read, its members a line each: a document's record, not a
   catalogue of words or the settings of a program, which have more of them. */
static int json_pretty(struct record *rec, struct view v)
{
	int r;

	if (v.n > RECORD_PRETTY_MAX)
		return 0;
	rec->depth_max = RECORD_PRETTY_DEPTH;
	rec->dry = true;
	r = json_members(rec, v);
	if (r != 0 || rec->members > RECORD_PRETTY_MEMBERS)
		return r;
	rec->dry = false;
	rec->members = 0;
	rec->flags &= ~(uint32_t)BLOCK_CODE;
	return json_members(rec, v);
}

/* --- XML -------------------------------------------------------------------------------------- */

/* What the root says of the document: <report classification="SECRET">. */
static int xml_attributes(struct record *rec, const struct xml_token *t)
{
	struct view attrs = t->attrs, name, value;
	int r = 0;

	while (r == 0 && xml_attr_next(&attrs, &name, &value)) {
		if (!is_member(rec, name, value))
			continue;
		buf_clear(&rec->line);
		r = put_key(&rec->line, name);
		if (r == 0)
			r = xml_decode(value, &rec->line);
		if (r == 0)
			r = end_member(rec);
	}
	return r;
}

static int xml_members(struct record *rec, struct view v)
{
	struct xml s = xml_begin(v);
	struct view name = VIEW_EMPTY, value = VIEW_EMPTY;
	struct xml_token t;
	bool root = true;
	int r = 0;

	while (r == 0 && xml_next(&s, &t) != XML_END) {
		r = extractor_tick(rec->x, 32);
		if (t.kind == XML_TEXT || t.kind == XML_CDATA) {
			value = trim(t.text);
			continue;
		}
		if (r == 0 && t.kind == XML_CLOSE && view_eq(t.name, name) &&
			is_member(rec, name, value)) {
			buf_clear(&rec->line);
			r = put_key(&rec->line, name);
			if (r == 0)
				r = xml_decode(value, &rec->line);
			if (r == 0)
				r = end_member(rec);
		}
		if (r == 0 && root && (t.kind == XML_OPEN || t.kind == XML_EMPTY)) {
			r = xml_attributes(rec, &t);
			root = false;
		}
		name = t.kind == XML_OPEN ? t.name : VIEW_EMPTY;
		value = VIEW_EMPTY;
	}
	return r;
}

int record_members(struct extractor *x, struct view text, uint32_t flags)
{
	struct record rec = {.x = x, .flags = flags, .line = BUF_INIT(0), .depth_max = UINT_MAX};
	int r = 0;

	text = trim(text);
	if (text.n > 1 && text.p[0] == '{' && text.p[text.n - 1] == '}')
		r = memchr(text.p, '\n', text.n) ? json_pretty(&rec, text)
						 : json_members(&rec, text);
	else if (xml_looks_like(text))
		r = xml_members(&rec, text);
	buf_done(&rec.line);
	return r;
}
