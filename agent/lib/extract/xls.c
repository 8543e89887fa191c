/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/xls.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "extract/crypt.h"
#include "extract/officeart.h"
#include "extract/ole.h"
#include "extract/xls_record.h"
#include "extract/xlsx.h"

#define ROWS 65536

/* A font is large from so many twentieths of a point on. */
#define LARGE (16 * 20)

enum {
	REC_FORMULA = 0x0006,
	REC_END = 0x000a,
	REC_HEADER = 0x0014,
	REC_FOOTER = 0x0015,
	REC_NOTE = 0x001c,
	REC_PASSWORD = 0x002f,
	REC_FONT = 0x0031,
	REC_CODE_PAGE = 0x0042,
	REC_OBJECT = 0x005d,
	REC_SHEET = 0x0085,
	REC_PALETTE = 0x0092,
	REC_RICH_LABEL = 0x00d6,
	REC_FORMAT = 0x00e0,
	REC_DRAWINGS = 0x00eb,
	REC_DRAWING = 0x00ec,
	REC_STRINGS = 0x00fc,
	REC_SHARED_LABEL = 0x00fd,
	REC_TEXT_OBJECT = 0x01b6,
	REC_LABEL = 0x0204,
	REC_STRING = 0x0207,
	REC_ROW = 0x0208,
	REC_FORMULA_4 = 0x0406,
	REC_BEGIN = 0x0809,
	REC_HEADERS = 0x089c,
	REC_SERIES_TEXT = 0x100d,
};

enum { VERSION_8 = 0x0600, OBJECT_NOTE = 0x19, COLOURS_AT = 8, COLOURS = 56 };

struct sheet {
	uint32_t at; /* its first record */
	bool is_hidden;
};

struct font {
	struct look look;
	uint16_t colour;
};

struct xls {
	struct extractor *x;
	struct xls_record rec;
	bool has_begun, is_8;
	enum encoding encoding;   /* of 8-bit text, before BIFF 8 */
	struct buf text, strings; /* struct xlsx_string */
	struct buf units, utf8;
	struct buf drawings; /* what all sheets share, put together */
	struct buf formats;  /* uint16_t: font of each cell format */
	size_t n_sheets, n_fonts;
	struct sheet sheets[XLSX_SHEETS_MAX];
	struct font fonts[XLSX_FONTS_MAX];
	bool is_red[COLOURS];
	uint8_t hidden[ROWS / 8];
	uint32_t page, flags;
	uint32_t row, format; /* of the cell being read */
	uint16_t object;      /* type of the last one */
};

/* --- strings ---------------------------------------------------------------------------------- */

static int units_to_utf8(struct xls *b)
{
	buf_clear(&b->utf8);
	return encoding_decode(ENCODING_UTF16LE, buf_view(&b->units), &b->utf8);
}

/* A string into `utf8`; its length has `bytes` bytes. */
static int take_string(struct xls *b, unsigned bytes)
{
	struct xls_record *r = &b->rec;
	uint32_t n, flags;
	int k;

	buf_clear(&b->utf8);
	if (r->rest.n < bytes)
		return 0;
	n = bytes == 1 ? r->rest.p[0] : load_le16(r->rest.p);
	r->rest = view_sub(r->rest, bytes, r->rest.n);
	if (!b->is_8)
		return encoding_decode(b->encoding, view_sub(r->rest, 0, n), &b->utf8);
	if (r->rest.n == 0)
		return 0;
	flags = r->rest.p[0];
	r->rest = view_sub(r->rest, 1, r->rest.n);
	k = xls_take_units(r, n, flags & 1, &b->units);
	return k == 0 ? units_to_utf8(b) : k;
}

/* One of the shared strings: flags say what stands before and behind its characters. */
static int take_shared(struct xls *b, uint32_t n)
{
	struct xls_record *r = &b->rec;
	uint32_t flags, runs = 0, more = 0;
	int k;

	/* the flags do not part from the length */
	if (r->rest.n == 0)
		return 0;
	flags = r->rest.p[0];
	r->rest = view_sub(r->rest, 1, r->rest.n);
	if (((flags & 8) && !xls_take16(r, &runs)) || ((flags & 4) && !xls_take32(r, &more)))
		return 0;
	k = xls_take_units(r, n, flags & 1, &b->units);
	if (k == 0)
		k = units_to_utf8(b);
	(void)xls_skip(r, (uint64_t)runs * 4 + more);
	return k;
}

static int read_strings(struct xls *b)
{
	uint32_t n;
	int k = 0;

	if (b->strings.n > 0 || !xls_skip(&b->rec, 8))
		return 0;
	while (k == 0 && xls_take16(&b->rec, &n)) {
		struct xlsx_string s = {.at = (uint32_t)b->text.n};

		if (b->strings.n / sizeof(s) == XLS_STRINGS_MAX) {
			extractor_fail(b->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			return 0;
		}
		k = take_shared(b, n);
		s.n = (uint32_t)b->utf8.n;
		if (k == 0)
			k = buf_put_view(&b->text, buf_view(&b->utf8));
		if (k == 0)
			k = buf_put(&b->strings, &s, sizeof(s));
		if (k == 0)
			k = extractor_tick(b->x, b->utf8.n + 16);
		buf_clear(&b->utf8);
	}
	return k;
}

/* --- looks ------------------------------------------------------------------------------------ */

static int read_font(struct xls *b)
{
	struct view v = b->rec.rest;
	struct font *f;
	int k;

	if (v.n < 15 || b->n_fonts == XLSX_FONTS_MAX)
		return 0;
	f = &b->fonts[b->n_fonts++];
	f->look.flags = (load_le16(v.p) >= LARGE ? BLOCK_LARGE : 0) |
		(load_le16(v.p + 2) & 8 ? BLOCK_STRUCK : 0) |
		(load_le16(v.p + 6) >= 600 ? BLOCK_BOLD : 0);
	f->colour = load_le16(v.p + 4);
	b->rec.rest = view_sub(v, 14, v.n);
	k = take_string(b, 1);
	if (k == 0)
		look_set_font(&f->look, buf_view(&b->utf8));
	return k;
}

static int read_format(struct xls *b)
{
	struct view v = b->rec.rest;

	if (v.n < 2 || b->formats.n >= 2 * XLSX_FORMATS_MAX)
		return 0;
	return buf_put(&b->formats, v.p, 2);
}

static void read_palette(struct xls *b)
{
	struct view v = b->rec.rest;
	size_t n = v.n >= 2 ? MIN((size_t)load_le16(v.p), (size_t)COLOURS) : 0;

	for (size_t i = 0; i < n && checked_range(2 + i * 4, 4, v.n); i++)
		b->is_red[i] = look_is_red(v.p[2 + i * 4], v.p[2 + i * 4 + 1], v.p[2 + i * 4 + 2]);
}

/* Font 4 does not exist. */
static struct look look_of(const struct xls *b, uint32_t format)
{
	const struct font *f;
	struct look look = {0};
	size_t i;

	if (format >= b->formats.n / 2)
		return look;
	i = load_le16(b->formats.p + (size_t)format * 2);
	i -= i > 4;
	if (i >= b->n_fonts)
		return look;
	f = &b->fonts[i];
	look = f->look;
	if (f->colour == 2 ||
		(f->colour >= COLOURS_AT && f->colour < COLOURS_AT + COLOURS &&
			b->is_red[f->colour - COLOURS_AT]))
		look.flags |= BLOCK_RED;
	return look;
}

/* --- sheets ----------------------------------------------------------------------------------- */

static int emit_cell(struct xls *b, struct view text)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	struct look look = look_of(b, b->format);
	struct block block = {
		.place = PLACE_TABLE_CELL,
		.page = b->page,
		.row = b->row + 1U,
		.flags = b->flags | look.flags | BLOCK_SHAPE_END,
		.text = text,
	};

	if (look.is_legacy) {
		int k = encoding_decode_mojibake(look.legacy, text, &decoded);

		if (k == 0)
			block.text = buf_view(&decoded);
		else if (k == -ENOMEM)
			return k;
	}
	if (b->row < XLSX_TOP_ROWS)
		block.flags |= BLOCK_TOP;
	if (b->page == 1 && b->row < XLSX_PAGE_ROWS)
		block.flags |= BLOCK_FIRST_PAGE;
	if (b->row < ROWS && b->hidden[b->row / 8] & 1 << b->row % 8)
		block.flags |= BLOCK_HIDDEN;
	block.shape = extractor_shape(b->x);
	return extractor_emit(b->x, &block);
}

/* Row, column and format of a cell; false where the record is too short. */
static bool take_cell(struct xls *b)
{
	struct view v = b->rec.rest;

	if (v.n < 6)
		return false;
	b->row = load_le16(v.p);
	b->format = load_le16(v.p + 4);
	b->rec.rest = view_sub(v, 6, v.n);
	return true;
}

static int read_shared_label(struct xls *b)
{
	struct xlsx_string *strings = (struct xlsx_string *)(void *)b->strings.p;
	uint32_t i;

	if (!take_cell(b) || !xls_take32(&b->rec, &i) || i >= b->strings.n / sizeof(*strings))
		return 0;
	strings[i].is_shown = true;
	return emit_cell(b, view_sub(buf_view(&b->text), strings[i].at, strings[i].n));
}

static int read_label(struct xls *b)
{
	int k = take_cell(b) ? take_string(b, 2) : 0;

	return k == 0 ? emit_cell(b, buf_view(&b->utf8)) : k;
}

/* What a formula gave; the cell is that of the formula before. */
static int read_result(struct xls *b)
{
	int k = take_string(b, 2);

	return k == 0 ? emit_cell(b, buf_view(&b->utf8)) : k;
}

static void read_row(struct xls *b)
{
	struct view v = b->rec.rest;
	uint32_t row;

	if (v.n < 14)
		return;
	row = load_le16(v.p);
	if (load_le16(v.p + 12) & 0x20)
		b->hidden[row / 8] |= (uint8_t)(1 << row % 8);
}

/* Lines of one shape. */
static int emit_lines(struct xls *b, enum place place, struct view text)
{
	struct block block = {.place = place, .page = b->page, .flags = b->flags};
	int k = 0;

	block.shape = extractor_shape(b->x);
	while (k == 0 && text.n > 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;

		block.text = view_sub(text, 0, n);
		text = view_sub(text, n + 1, text.n);
		if (text.n == 0)
			block.flags |= BLOCK_SHAPE_END;
		k = extractor_emit(b->x, &block);
	}
	return k;
}

static int read_text_object(struct xls *b)
{
	enum place place = b->object == OBJECT_NOTE ? PLACE_COMMENT : PLACE_TEXT_BOX;
	struct view v = b->rec.rest;
	size_t n = v.n >= 12 ? load_le16(v.p + 10) : 0;
	int k;

	if (n == 0)
		return 0;
	/* the text is in the records that follow */
	b->rec.rest = VIEW_EMPTY;
	k = xls_take_units(&b->rec, n, false, &b->units);
	if (k == 0)
		k = units_to_utf8(b);
	return k == 0 ? emit_lines(b, place, buf_view(&b->utf8)) : k;
}

/* Before BIFF 8 the text is in the note itself. */
static int read_note(struct xls *b)
{
	int k;

	if (b->is_8 || b->rec.rest.n < 6)
		return 0;
	b->rec.rest = view_sub(b->rec.rest, 4, b->rec.rest.n);
	k = take_string(b, 2);
	return k == 0 ? emit_lines(b, PLACE_COMMENT, buf_view(&b->utf8)) : k;
}

static int read_header(struct xls *b, enum place place)
{
	int k = take_string(b, b->is_8 ? 2 : 1);

	return k == 0 ? xlsx_header_footer(b->x, buf_view(&b->utf8), place, b->page, b->flags) : k;
}

/* Those of even pages and of the first one. */
static int read_headers(struct xls *b)
{
	static const enum place places[] = {PLACE_HEADER, PLACE_FOOTER, PLACE_HEADER, PLACE_FOOTER};
	struct view v = b->rec.rest;
	int k = 0;

	if (v.n < 38)
		return 0;
	b->rec.rest = view_sub(v, 38, v.n);
	for (unsigned i = 0; k == 0 && i < ARRAY_SIZE(places); i++)
		if (load_le16(v.p + 30 + (size_t)i * 2) > 0)
			k = read_header(b, places[i]);
	return k;
}

static int read_series_text(struct xls *b)
{
	int k;

	b->rec.rest = view_sub(b->rec.rest, 2, b->rec.rest.n);
	k = take_string(b, 1);
	return k == 0 ? emit_lines(b, PLACE_TEXT_BOX, buf_view(&b->utf8)) : k;
}

static int read_sheet_name(struct xls *b)
{
	struct block block = {.place = PLACE_SHEET_NAME, .flags = BLOCK_SHAPE_END};
	struct view v = b->rec.rest;
	int k;

	if (v.n < 7)
		return 0;
	if (v.p[4] & 3)
		block.flags |= BLOCK_HIDDEN;
	if (b->n_sheets < XLSX_SHEETS_MAX) {
		b->sheets[b->n_sheets++] = (struct sheet){
			load_le32(v.p), block.flags & BLOCK_HIDDEN};
		block.page = (uint32_t)b->n_sheets;
	}
	b->rec.rest = view_sub(v, 6, v.n);
	k = take_string(b, 1);
	block.text = buf_view(&b->utf8);
	block.shape = extractor_shape(b->x);
	return k == 0 ? extractor_emit(b->x, &block) : k;
}

static void begin(struct xls *b)
{
	struct view v = b->rec.rest;

	if (v.n < 4)
		return;
	if (!b->has_begun)
		b->is_8 = load_le16(v.p) >= VERSION_8;
	b->has_begun = true;
	for (size_t i = 0; i < b->n_sheets; i++)
		if (b->sheets[i].at == b->rec.at) {
			b->page = (uint32_t)i + 1;
			b->flags = b->sheets[i].is_hidden ? BLOCK_HIDDEN : 0;
			memset(b->hidden, 0, sizeof(b->hidden));
			return;
		}
}

/* Pictures go on in the records that follow. */
static int read_drawings(struct xls *b)
{
	int k;

	do
		k = buf_put_view(&b->drawings, b->rec.rest);
	while (k == 0 && xls_continue(&b->rec));
	return k;
}

/* --- */

static int record(struct xls *b)
{
	struct view v = b->rec.rest;

	switch (b->rec.type) {
	case REC_BEGIN: begin(b); return 0;
	case REC_CODE_PAGE:
		if (v.n >= 2)
			(void)encoding_of_code_page(load_le16(v.p), &b->encoding);
		return 0;
	case REC_SHEET: return read_sheet_name(b);
	case REC_STRINGS: return read_strings(b);
	case REC_FONT: return read_font(b);
	case REC_FORMAT: return read_format(b);
	case REC_PALETTE: read_palette(b); return 0;
	case REC_ROW: read_row(b); return 0;
	case REC_SHARED_LABEL: return read_shared_label(b);
	case REC_LABEL:
	case REC_RICH_LABEL: return read_label(b);
	case REC_FORMULA:
	case REC_FORMULA_4: (void)take_cell(b); return 0;
	case REC_STRING: return read_result(b);
	case REC_NOTE: return read_note(b);
	case REC_HEADER: return read_header(b, PLACE_HEADER);
	case REC_FOOTER: return read_header(b, PLACE_FOOTER);
	case REC_HEADERS: return read_headers(b);
	case REC_OBJECT: b->object = v.n >= 6 ? load_le16(v.p + 4) : 0; return 0;
	case REC_TEXT_OBJECT: return read_text_object(b);
	case REC_SERIES_TEXT: return read_series_text(b);
	case REC_DRAWINGS: return read_drawings(b);
	case REC_DRAWING: return officeart_words(b->x, v, b->page, b->flags);
	default: return 0;
	}
}

/* Strings that no cell shows. */
static int emit_unshown(struct xls *b)
{
	const struct xlsx_string *s = (const struct xlsx_string *)(const void *)b->strings.p;
	int k = 0;

	for (size_t i = 0; k == 0 && i < b->strings.n / sizeof(*s); i++) {
		struct block block = {
			.place = PLACE_TABLE_CELL,
			.flags = BLOCK_HIDDEN | BLOCK_SHAPE_END,
			.text = view_sub(buf_view(&b->text), s[i].at, s[i].n),
		};

		if (s[i].is_shown)
			continue;
		block.shape = extractor_shape(b->x);
		k = extractor_emit(b->x, &block);
	}
	return k;
}

static int read_book(struct xls *b, struct buf *stream)
{
	int k = 0;

	while (k == 0 && xls_next(&b->rec)) {
		if (b->rec.type == REC_PASSWORD)
			k = xls_decrypt(b->x, b->rec.rest, b->is_8, b->rec.next, stream);
		else
			k = record(b);
		if (k == CRYPT_LOCKED) {
			extractor_fail(b->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
			return 0;
		}
		if (k == 0)
			k = extractor_tick(b->x, 64);
	}
	if (k == 0 && !b->has_begun)
		extractor_fail(b->x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
	if (k == 0)
		k = officeart_words(b->x, buf_view(&b->drawings), 0, 0);
	if (k == 0)
		k = officeart_pictures(b->x, buf_view(&b->drawings), VIEW_EMPTY);
	return k == 0 ? emit_unshown(b) : k;
}

int xls_extract(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf stream = BUF_INIT(0);
	struct xls *b;
	int r = cfb_read_name(c, storage, "Workbook", &stream);

	if (r == CFB_ABSENT)
		r = cfb_read_name(c, storage, "Book", &stream);
	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->x = c->x;
	b->rec.stream = buf_view(&stream);
	b->encoding = ENCODING_CP1252;
	/* as the palette is where the workbook has none of its own */
	b->is_red[10 - COLOURS_AT] = true;
	r = read_book(b, &stream);
	buf_done(&b->text);
	buf_done(&b->strings);
	buf_done(&b->units);
	buf_done(&b->utf8);
	buf_done(&b->formats);
	buf_done(&b->drawings);
	free(b);
	return r;
}
