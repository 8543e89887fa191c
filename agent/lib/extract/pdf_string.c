/* SPDX-License-Identifier: Apache-2.0 */
/* Text strings outside of pages: UTF-16, UTF-8 or PDFDocEncoding. */
#include "base/checked.h"
#include "extract/pdf_reader.h"

static const uint16_t doc_low[8] = {
	0x2D8, 0x2C7, 0x2C6, 0x2D9, 0x2DD, 0x2DB, 0x2DA, 0x2DC}; /* from 0x18 */

static const uint16_t doc_high[33] = {0x2022, 0x2020, 0x2021, 0x2026, 0x2014, 0x2013, 0x192, 0x2044,
	0x2039, 0x203A, 0x2212, 0x2030, 0x201E, 0x201C, 0x201D, 0x2018, 0x2019, 0x201A, 0x2122,
	0xFB01, 0xFB02, 0x141, 0x152, 0x160, 0x178, 0x17D, 0x131, 0x142, 0x153, 0x161, 0x17E,
	0xFFFD, 0x20AC}; /* from 0x80 */

static uint32_t unit(const uint8_t *p, bool little)
{
	return little ? load_le16(p) : load_be16(p);
}

static int put_utf16(struct view v, bool little, struct buf *out)
{
	for (size_t i = 0; i + 1 < v.n; i += 2) {
		uint32_t c = unit(v.p + i, little);

		if (c >= 0xD800 && c < 0xDC00 && i + 3 < v.n) {
			uint32_t low = unit(v.p + i + 2, little);
			if (low >= 0xDC00 && low < 0xE000) {
				c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		int r = c ? buf_put_utf8(out, c) : 0;
		if (r)
			return r;
	}
	return 0;
}

int pdf_string_text(const struct pdf_object *o, struct buf *out)
{
	buf_clear(out);
	if (o->type != PDF_STRING && o->type != PDF_NAME)
		return 0;

	struct view v = o->text;
	if (view_starts(v, VIEW_LIT("\xFE\xFF")))
		return put_utf16(view_sub(v, 2, v.n), false, out);
	if (view_starts(v, VIEW_LIT("\xFF\xFE")))
		return put_utf16(view_sub(v, 2, v.n), true, out);
	if (view_starts(v, VIEW_LIT("\xEF\xBB\xBF")))
		return buf_put_view(out, view_sub(v, 3, v.n));
	if (o->type == PDF_NAME)
		return buf_put_view(out, v);
	for (size_t i = 0; i < v.n; i++) {
		uint32_t c = v.p[i];
		if (c >= 0x18 && c < 0x20)
			c = doc_low[c - 0x18];
		else if (c >= 0x80 && c <= 0xA0)
			c = doc_high[c - 0x80];
		int r = buf_put_utf8(out, c);
		if (r)
			return r;
	}
	return 0;
}
