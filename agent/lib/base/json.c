/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <assert.h>

#include "base/utf8.h"

static void keep(struct json *j, int r)
{
	if (r < 0 && !j->error)
		j->error = r;
}

void json_init(struct json *j, struct buf *out)
{
	*j = (struct json){.out = out};
	j->first[0] = true;
}

int json_error(const struct json *j)
{
	return j->error;
}

static void before_value(struct json *j)
{
	if (!j->after_key && !j->first[j->depth])
		keep(j, buf_put_byte(j->out, ','));
	j->first[j->depth] = false;
	j->after_key = false;
}

static void open_level(struct json *j, char c)
{
	before_value(j);
	assert(j->depth + 1 < JSON_DEPTH_MAX);
	j->first[++j->depth] = true;
	keep(j, buf_put_byte(j->out, (uint8_t)c));
}

static void close_level(struct json *j, char c)
{
	assert(j->depth > 0 && !j->after_key);
	j->depth--;
	keep(j, buf_put_byte(j->out, (uint8_t)c));
}

void json_object(struct json *j)
{
	open_level(j, '{');
}

void json_object_end(struct json *j)
{
	close_level(j, '}');
}

void json_array(struct json *j)
{
	open_level(j, '[');
}

void json_array_end(struct json *j)
{
	close_level(j, ']');
}

/* What turns the direction of a line, or ends it, where it is read: 0x80 to 0x9f, U+061C, U+200E,
   U+200F, U+2028 to U+202E, U+2066 to U+2069. The configuration's reader takes none of it raw. */
static uint32_t deceiving(const uint8_t *p)
{
	uint32_t cp = utf8_next(&p);

	return (cp >= 0x80 && cp < 0xa0) || cp == 0x61c || cp == 0x200e || cp == 0x200f ||
			(cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069)
		? cp
		: 0;
}

static void put_quoted(struct json *j, struct view v)
{
	keep(j, buf_put_byte(j->out, '"'));
	while (v.n > 0) {
		size_t n = utf8_length(v);

		if (n == 0) {
			keep(j, buf_put_str(j->out, "\xef\xbf\xbd"));
			n = 1;
		} else if (v.p[0] == '"' || v.p[0] == '\\') {
			keep(j, buf_printf(j->out, "\\%c", v.p[0]));
		} else if (v.p[0] == '\n') {
			keep(j, buf_put_str(j->out, "\\n"));
		} else if (v.p[0] < 0x20 || v.p[0] == 0x7f) {
			keep(j, buf_printf(j->out, "\\u%04x", v.p[0]));
		} else if ((n == 2 || n == 3) && deceiving(v.p)) {
			keep(j, buf_printf(j->out, "\\u%04x", deceiving(v.p)));
		} else {
			keep(j, buf_put(j->out, v.p, n));
		}
		v.p += n;
		v.n -= n;
	}
	keep(j, buf_put_byte(j->out, '"'));
}

void json_key(struct json *j, const char *key)
{
	assert(!j->after_key);
	before_value(j);
	put_quoted(j, view_str(key));
	keep(j, buf_put_byte(j->out, ':'));
	j->after_key = true;
}

void json_str(struct json *j, const char *s)
{
	if (s)
		json_view(j, view_str(s));
	else
		json_null(j);
}

void json_view(struct json *j, struct view v)
{
	before_value(j);
	put_quoted(j, v);
}

void json_u64(struct json *j, uint64_t n)
{
	before_value(j);
	keep(j, buf_printf(j->out, "%ju", (uintmax_t)n));
}

void json_i64(struct json *j, int64_t n)
{
	before_value(j);
	keep(j, buf_printf(j->out, "%jd", (intmax_t)n));
}

void json_double(struct json *j, double d, int decimals)
{
	before_value(j);
	keep(j, buf_printf(j->out, "%.*f", decimals, d));
}

void json_bool(struct json *j, bool b)
{
	before_value(j);
	keep(j, buf_put_str(j->out, b ? "true" : "false"));
}

void json_null(struct json *j)
{
	before_value(j);
	keep(j, buf_put_str(j->out, "null"));
}

void json_hex(struct json *j, const uint8_t *p, size_t n)
{
	before_value(j);
	keep(j, buf_put_byte(j->out, '"'));
	keep(j, buf_put_hex(j->out, p, n));
	keep(j, buf_put_byte(j->out, '"'));
}

void json_raw(struct json *j, struct view value)
{
	before_value(j);
	keep(j, buf_put_view(j->out, value));
}

void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_key_view(struct json *j, const char *key, struct view v)
{
	json_key(j, key);
	json_view(j, v);
}

void json_key_u64(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_u64(j, n);
}

void json_key_bool(struct json *j, const char *key, bool b)
{
	json_key(j, key);
	json_bool(j, b);
}
