/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes to UTF-8: byte order marks, UTF-16 with and without one, UTF-8, and the 8-bit encodings
 * that Vietnamese offices still have. Decided by what the bytes say; a declared charset is a hint.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/view.h"

enum encoding {
	ENCODING_UTF8,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_UTF32LE,
	ENCODING_UTF32BE,
	ENCODING_CP1252,
	ENCODING_CP1258,
	ENCODING_TCVN3, /* ABC: capitals with tone are stored small */
	ENCODING_VNI,
	ENCODING_VISCII,
	ENCODING_VPS,
	ENCODING_CP1251,
	ENCODING_KOI8R,
	ENCODING_CP866,
	ENCODING_GB18030,
	ENCODING_BIG5,
	ENCODING_SHIFT_JIS,
	ENCODING_EUC_JP,
	ENCODING_EUC_KR,
	ENCODING_UTF7,
	ENCODING_MAX,
};

const char *encoding_name(enum encoding e);

/* By IANA name or alias ("windows-1258", "x-viet-tcvn5712"), case-insensitive. 0 or -EINVAL. */
int encoding_parse(struct view name, enum encoding *ret);

/* By the number that Windows programs give it (1258, 65001). False where there is no table. */
bool encoding_of_code_page(uint32_t code_page, enum encoding *ret);

/* The encoding of a text from its first bytes (64 KiB are looked at). `hint` may be NULL. Returns
   false where the bytes are no text at all (binary); `ret` is then untouched. */
bool encoding_detect(struct view bytes, const enum encoding *hint, enum encoding *ret);

/* Appends as UTF-8; a BOM is dropped, what does not decode becomes U+FFFD. 0, -ENOMEM, -E2BIG (what
   fitted is there then), or -ENOTSUP where this build has no table for it. TCVN3 has no capitals
   with a tone: "TUYỆT MẬT" was stored as, and comes back as, "TUYệT MậT". */
must_check int encoding_decode(enum encoding e, struct view bytes, struct buf *out);

/* Text that went through a wrong decoder: Latin-1 look-alikes of TCVN3 or VNI ("tuyÖt mËt") in
   valid UTF-8, as legacy fonts leave them in office files. True where one of them fits, by the
   share of known syllables. */
bool encoding_detect_mojibake(struct view utf8, enum encoding *ret);
must_check int encoding_decode_mojibake(enum encoding e, struct view utf8, struct buf *out);

/* Text of a whole document that went through a wrong decoder: appends what was meant. 1, or 0 where
   it is as it should be, or -errno. */
must_check int encoding_repair(struct view utf8, struct buf *out);

/* The encoding that a font name stands for (".VnTime", "VNI-Times", "VPS Times"). False where it is
   an ordinary font. `ret_capitals` is set for TCVN3's capital fonts (names that end in H). */
bool encoding_of_font(struct view font, enum encoding *ret, bool *ret_capitals);
