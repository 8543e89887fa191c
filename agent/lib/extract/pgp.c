/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pgp.h"

#include <string.h>

#include "extract/mail_coding.h"

#define ARMOUR VIEW_LIT("-----BEGIN PGP MESSAGE")

/* Another program's, with the same purpose: armoured and not. */
#define AGE        VIEW_LIT("-----BEGIN AGE ENCRYPTED FILE-----")
#define AGE_BINARY VIEW_LIT("age-encryption.org/v1\n")

/* Packet tags */
enum {
	TAG_KEY = 1,
	TAG_PASSWORD = 3,
	TAG_ONE_PASS = 4,
	TAG_COMPRESSED = 8,
	TAG_ENCRYPTED = 9,
	TAG_SEALED = 18,
};

/* Of a binary message; 0 where it is none. */
static unsigned first_tag(struct view v)
{
	if (v.n < 2 || !(v.p[0] & 0x80))
		return 0;
	return v.p[0] & 0x40 ? v.p[0] & 0x3f : (v.p[0] & 0x3f) >> 2;
}

/* A session key's packet names its version, and holds few bytes. */
static bool is_binary(struct view v)
{
	unsigned tag = first_tag(v);
	size_t at = v.n > 0 && v.p[0] & 0x40 ? 2 : 2 + (v.n > 0 ? v.p[0] & 3 : 0);

	if (v.n < 32 || at > 3)
		return false;
	/* an old header with four bytes of length is no key's */
	if (v.p[0] & 0x40 && v.p[1] >= 192)
		at++;
	if (tag == TAG_KEY)
		return v.p[at] == 3 && v.p[at + 9] >= 1 && v.p[at + 9] <= 25;
	return tag == TAG_PASSWORD && v.p[at] >= 4 && v.p[at] <= 5 && v.p[at + 1] <= 13 &&
		v.p[1] < 64;
}

size_t pgp_find(struct view text)
{
	const uint8_t *p = text.n > 0 ? memmem(text.p, text.n, ARMOUR.p, ARMOUR.n) : NULL;

	return p && (p == text.p || p[-1] == '\n') ? (size_t)(p - text.p) : SIZE_MAX;
}

static bool is_age(struct view v)
{
	return view_starts(v, AGE) || view_starts(v, AGE_BINARY);
}

int pgp_bid(struct view content)
{
	return is_age(content) || view_starts(content, ARMOUR) || is_binary(content) ? BID_MAGIC
										     : BID_NONE;
}

/* What the armour is around. */
static unsigned armoured_tag(struct view v)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	const uint8_t *p = memmem(v.p, v.n, "\n\n", 2), *q = memmem(v.p, v.n, "\r\n\r\n", 4);

	p = p ? p + 2 : q ? q + 4 : NULL;
	if (!p || mail_base64(view_sub(v, (size_t)(p - v.p), 16), &out) < 0)
		return 0;
	return first_tag(buf_view(&out));
}

int pgp_extract(struct extractor *x, struct view content)
{
	unsigned tag = view_starts(content, ARMOUR) ? armoured_tag(view_sub(content, 0, 1024))
						    : first_tag(content);
	bool is_open = !is_age(content) && (tag == TAG_COMPRESSED || tag == TAG_ONE_PASS);

	if (is_age(content))
		extractor_format(x, "age");
	extractor_fail(x, COMPLETENESS_UNREADABLE, is_open ? REASON_UNSUPPORTED : REASON_ENCRYPTED);
	return 0;
}
