/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/vault.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct field {
	const char *name;
	size_t offset;
	size_t size; /* of a text; 0: a number of 8 bytes, 4: one of 4 */
	bool number;
};

#define TEXT(f)                                                                                    \
	{                                                                                          \
#f, offsetof(struct vault_record, f), sizeof(((struct vault_record *)0)->f), false \
	}
#define NUMBER(f)                                                                                 \
	{                                                                                         \
#f, offsetof(struct vault_record, f), sizeof(((struct vault_record *)0)->f), true \
	}

static const struct field fields[] = {TEXT(id), TEXT(incident), TEXT(app), TEXT(level), TEXT(rule),
	TEXT(sha256), TEXT(path), TEXT(placeholder), NUMBER(placeholder_dev),
	NUMBER(placeholder_ino), NUMBER(size), NUMBER(time), NUMBER(mtime), NUMBER(uid),
	NUMBER(gid), NUMBER(mode), NUMBER(other_names)};

static int put_text(const char *s, struct buf *ret)
{
	int r = 0;

	for (; r == 0 && *s; s++) {
		unsigned char c = (unsigned char)*s;

		r = c <= ' ' || c >= 0x7f || c == '%' ? buf_printf(ret, "%%%02x", c)
						      : buf_put_byte(ret, c);
	}
	return r;
}

static uint64_t number_of(const struct vault_record *r, const struct field *f)
{
	const uint8_t *at = (const uint8_t *)r + f->offset;
	uint64_t wide;
	uint32_t narrow;

	if (f->size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

int vault_record_write(const struct vault_record *r, struct buf *ret)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];

		e = buf_printf(ret, "%s ", f->name);
		if (e == 0)
			e = f->number ? buf_printf(ret, "%ju", (uintmax_t)number_of(r, f))
				      : put_text((const char *)r + f->offset, ret);
		if (e == 0)
			e = buf_put_byte(ret, '\n');
	}
	return e;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_text(struct view v, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < v.n; i++, n++) {
		uint8_t c = v.p[i];

		if (n + 1 >= size)
			return -EBADMSG;
		if (c == '%') {
			if (i + 2 >= v.n || digit(v.p[i + 1]) < 0 || digit(v.p[i + 2]) < 0)
				return -EBADMSG;
			c = (uint8_t)(digit(v.p[i + 1]) << 4 | digit(v.p[i + 2]));
			i += 2;
		}
		if (c == 0)
			return -EBADMSG;
		ret[n] = (char)c;
	}
	ret[n] = 0;
	return 0;
}

static int read_number(struct view v, struct vault_record *r, const struct field *f)
{
	uint64_t max = f->size == sizeof(uint64_t) ? UINT64_MAX : UINT32_MAX, wide = 0;
	uint32_t narrow;

	if (v.n == 0)
		return -EBADMSG;
	for (size_t i = 0; i < v.n; i++) {
		unsigned d = (unsigned)v.p[i] - '0';

		if (d > 9 || wide > (max - d) / 10)
			return -EBADMSG;
		wide = wide * 10 + d;
	}
	narrow = (uint32_t)wide;
	memcpy((uint8_t *)r + f->offset, max == UINT64_MAX ? (void *)&wide : (void *)&narrow,
		f->size);
	return 0;
}

static int read_line(struct view line, struct vault_record *r, uint32_t *seen)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];
		size_t n = strlen(f->name);
		struct view value;

		if (line.n <= n || memcmp(line.p, f->name, n) != 0 || line.p[n] != ' ')
			continue;
		value = view_of(line.p + n + 1, line.n - n - 1);
		*seen |= 1U << i;
		return f->number ? read_number(value, r, f)
				 : read_text(value, (char *)r + f->offset, f->size);
	}
	return 0; /* of a later version */
}

int vault_record_read(struct view text, struct vault_record *ret)
{
	struct vault_record r = {0};
	uint32_t seen = 0;
	int e = 0;

	while (e == 0 && text.n > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.n);

		if (!end)
			return -EBADMSG;
		e = read_line(view_of(text.p, (size_t)(end - text.p)), &r, &seen);
		text = view_of(end + 1, text.n - (size_t)(end - text.p) - 1);
	}
	if (e < 0)
		return e;
	if (seen != (1U << ARRAY_SIZE(fields)) - 1 || !vault_id_is_valid(r.id) || r.path[0] != '/')
		return -EBADMSG;
	*ret = r;
	return 0;
}

bool vault_id_is_valid(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n < VAULT_ID_MAX &&
		strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz-") == n;
}
