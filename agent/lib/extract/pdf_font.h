/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fonts: what each code shows and how wide it is. A glyph's text is UTF-8 packed into four bytes;
 * longer texts (ligatures, letters with several marks) stand in `strings`.
 */
#pragma once

#include "extract/pdf_file.h"
#include "text/encoding.h"

#define PDF_FONTS_MAX        4096       /* of one file */
#define PDF_GLYPH_TEXT_MAX   64         /* bytes that one glyph can stand for */
#define PDF_FONT_STRINGS_MAX (1U << 20) /* bytes of all longer texts of a font */

struct pdf_glyph {
	uint8_t utf8[4]; /* 0xFF: a 24-bit place in `strings`; all 0: not mapped */
	float width;     /* in ems, negative: the font's default */
};

#define PDF_GLYPH_LONG 0xFF

struct pdf_font {
	const struct pdf_object *dict;
	struct pdf_glyph *pages[256]; /* by the code's high byte; NULL: nothing known */
	float width;                  /* of codes without one */
	struct buf strings;           /* length byte and text */
	bool wide;                    /* codes have two bytes */
	bool unicode;                 /* codes are UTF-16: predefined CMaps for Unicode */
	bool bold;
	bool symbols; /* pictures for letters: what isn't mapped isn't missed */
	bool legacy;  /* a Vietnamese 8-bit font */
	enum encoding encoding;
	bool capitals; /* of such a font */
};

struct pdf_fonts {
	struct pdf_font **v;
	size_t n, cap;
};

void pdf_fonts_done(struct pdf_fonts *s);

/* The font of a font dictionary (resolved). 0, EXTRACT_STOP or -errno; `ret` is NULL where it is no
   font or there are too many. */
must_check int pdf_fonts_get(struct pdf_file *f, struct pdf_fonts *s, const struct pdf_object *dict,
	struct pdf_font **ret);

/* For cmaps. 0, -ENOMEM or -E2BIG. */
must_check int pdf_font_map(
	struct pdf_file *f, struct pdf_font *font, uint32_t code, const uint8_t *utf8, size_t n);

/* Reads a ToUnicode CMap. 0, EXTRACT_STOP or -errno */
must_check int pdf_cmap_read(struct pdf_file *f, struct pdf_font *font, struct view cmap);
/* Bytes per code of an embedded CMap for /Encoding. */
bool pdf_cmap_is_wide(struct pdf_file *f, struct view cmap);
