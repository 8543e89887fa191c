/* SPDX-License-Identifier: Apache-2.0 */
/* Word 97 and later: pieces of text, put together by the piece table. Of Word 6 and 95 the text. */
#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "extract/doc_format.h"
#include "extract/officeart.h"
#include "extract/ole.h"

/* Paragraphs of the first page, where the document does not say where its pages break. */
#define FIRST_PAGE_PARAGRAPHS 60

/* Characters that are looked through for the end of a table with one cell. */
#define TABLE_AHEAD 2048

enum {
	MAGIC_6 = 0xa5dc,
	MAGIC_97 = 0xa5ec,
	FIB_COMPLEX = 0x0004,
	FIB_ENCRYPTED = 0x0100,
	FIB_TABLE_1 = 0x0200,
};

/* Tables that the file's head points to, by their number there. */
enum {
	AT_STYLES = 1,
	AT_FOOTNOTES = 3,
	AT_COMMENTS = 5,
	AT_HEADERS = 11,
	AT_CHARS = 12,
	AT_PARAGRAPHS = 13,
	AT_FONTS = 15,
	AT_PIECES = 33,
	AT_ENDNOTES = 47,
	AT_DRAWINGS = 50,
	AT_BOXES = 56,
	AT_HEADER_BOXES = 58,
};

enum {
	CHAR_CELL = 0x07,
	CHAR_TAB = 0x09,
	CHAR_LINE = 0x0b,
	CHAR_PAGE = 0x0c,
	CHAR_PARAGRAPH = 0x0d,
	CHAR_COLUMN = 0x0e,
	CHAR_FIELD = 0x13,
	CHAR_FIELD_RESULT = 0x14,
	CHAR_FIELD_END = 0x15,
	CHAR_HYPHEN = 0x1e,
	CHAR_SOFT_HYPHEN = 0x1f,
};

struct doc {
	struct extractor *x;
	struct flow flow;
	struct view file, table;
	bool is_97;
	enum encoding narrow; /* of characters of one byte */
	struct doc_formats *formats;
	struct view pieces; /* n + 1 positions, n descriptors of 8 bytes */
	uint32_t n_pieces;
	uint32_t whole[2]; /* positions, where there is no piece table */
	uint32_t whole_at; /* and where the text starts then */
	uint64_t fields;   /* a bit per open field: its code is shown */
	unsigned in_code;  /* fields whose code goes on */
	bool in_cell, after_cell;
	bool is_body;
	uint32_t paragraphs;
	struct buf utf8;
};

/* A run of text with one look. */
struct run {
	struct view bytes;
	unsigned unit; /* bytes of a character */
	struct look look;
	struct doc_para para;
	bool is_deleted;
	uint32_t position; /* of its first character */
};

/* One of the tables; empty where it is not there. */
static struct view table_at(const struct doc *d, unsigned number)
{
	size_t at = (d->is_97 ? 0x9a : 0x58) + (size_t)number * 8;

	if (!checked_range(at, 8, d->file.n))
		return VIEW_EMPTY;
	return view_sub(d->table, load_le32(d->file.p + at), load_le32(d->file.p + at + 4));
}

static uint32_t length_at(const struct doc *d, unsigned number)
{
	size_t at = (d->is_97 ? 0x4c : 0x34) + (size_t)number * 4;

	return checked_range(at, 4, d->file.n) ? load_le32(d->file.p + at) & INT32_MAX : 0;
}

/* --- pieces ----------------------------------------------------------------------------------- */

struct piece {
	uint32_t from, to; /* positions */
	uint32_t at;       /* in the file */
	unsigned unit;
};

static struct piece piece_get(const struct doc *d, uint32_t i)
{
	struct piece p = {d->whole[0], d->whole[1], d->whole_at, 1};
	const uint8_t *descriptor;

	if (d->pieces.n == 0)
		return p;
	descriptor = d->pieces.p + ((size_t)d->n_pieces + 1) * 4 + (size_t)i * 8;
	p.from = load_le32(d->pieces.p + (size_t)i * 4);
	p.to = load_le32(d->pieces.p + (size_t)i * 4 + 4);
	p.at = load_le32(descriptor + 2);
	if (d->is_97 && !(p.at & 0x40000000)) {
		p.unit = 2;
	} else if (d->is_97) {
		p.at = (p.at & 0x3fffffff) / 2;
	}
	return p;
}

/* The piece that holds a position. */
static bool piece_find(const struct doc *d, uint32_t position, struct piece *ret)
{
	uint32_t lo = 0, hi = d->n_pieces;

	while (hi > lo + 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (position < piece_get(d, mid).from)
			hi = mid;
		else
			lo = mid;
	}
	if (d->n_pieces == 0)
		return false;
	*ret = piece_get(d, lo);
	return position >= ret->from && position < ret->to;
}

static void pieces_read(struct doc *d)
{
	struct view clx = table_at(d, AT_PIECES);

	while (clx.n > 3 && clx.p[0] == 1)
		clx = view_sub(clx, 3 + (size_t)load_le16(clx.p + 1), clx.n);
	if (clx.n > 5 && clx.p[0] == 2) {
		d->pieces = view_sub(clx, 5, load_le32(clx.p + 1));
		d->n_pieces = d->pieces.n >= 16 ? (uint32_t)((d->pieces.n - 4) / 12) : 0;
		if (d->n_pieces > 0)
			return;
	}
	d->pieces = VIEW_EMPTY;
	d->n_pieces = 1;
	d->whole_at = load_le32(d->file.p + 0x18);
	d->whole[1] = load_le32(d->file.p + 0x1c) - d->whole_at;
}

/* The character at a position and where it stands in the file; 0 where there is none. */
static uint32_t char_at(const struct doc *d, uint32_t position, uint32_t *ret_at)
{
	struct piece p;
	uint64_t at;

	if (!piece_find(d, position, &p))
		return 0;
	at = p.at + (uint64_t)(position - p.from) * p.unit;
	if (!checked_range(at, p.unit, d->file.n))
		return 0;
	*ret_at = (uint32_t)at;
	return p.unit == 2 ? load_le16(d->file.p + at) : d->file.p[at];
}

/* --- text ------------------------------------------------------------------------------------- */

/* Behind the cell at `position`, does the row end and the text go on outside of the table? */
static bool is_only_cell(const struct doc *d, uint32_t position)
{
	struct doc_para para;
	uint32_t at = 0, end;

	for (uint32_t i = 0; i < TABLE_AHEAD; i++) {
		uint32_t c = char_at(d, position + i, &at);

		if (c == 0)
			return false;
		if (c != CHAR_CELL)
			continue;
		if (char_at(d, position + i + 1, &at) != CHAR_CELL)
			return false;
		doc_para_at(d->formats, at, &para, &end);
		if (!para.is_row_end || char_at(d, position + i + 2, &at) == 0)
			return false;
		doc_para_at(d->formats, at, &para, &end);
		return !para.in_table;
	}
	return false;
}

static int cell_end(struct doc *d)
{
	if (!d->in_cell)
		return flow_paragraph_end(&d->flow);
	d->in_cell = false;
	d->after_cell = true;
	return flow_shape_end(&d->flow);
}

/* Boxes and cells in headers, footers and notes stay what they are in. */
static int cell_begin(struct doc *d, uint32_t position)
{
	enum place outer = flow_frame(&d->flow)->place;
	uint32_t flags = 0;
	int r = 0;

	if (!d->after_cell) {
		r = extractor_tick(d->x, TABLE_AHEAD);
		flags = is_only_cell(d, position) ? BLOCK_FRAMED : 0;
	}
	d->in_cell = true;
	return r == 0 ? flow_shape(&d->flow, outer == PLACE_BODY ? PLACE_TABLE_CELL : outer, flags)
		      : r;
}

static int put_text(struct doc *d, const struct run *run, size_t from, size_t to)
{
	struct view bytes = view_sub(run->bytes, from, to - from);
	int r = 0;

	if (bytes.n == 0 || run->is_deleted || d->in_code > 0)
		return 0;
	if (run->para.in_table && !d->in_cell)
		r = cell_begin(d, run->position + (uint32_t)(from / run->unit));
	else if (!run->para.in_table && d->in_cell)
		r = cell_end(d);
	if (r != 0)
		return r;
	buf_clear(&d->utf8);
	r = encoding_decode(run->unit == 2 ? ENCODING_UTF16LE : d->narrow, bytes, &d->utf8);
	return r < 0 ? r : flow_put(&d->flow, buf_view(&d->utf8), &run->look);
}

static int paragraph_end(struct doc *d, const struct run *run, bool is_cell)
{
	int r;

	flow_frame(&d->flow)->para |= run->para.flags;
	if (is_cell || run->para.is_inner_cell_end) {
		r = cell_end(d);
	} else {
		if (!run->para.in_table)
			d->after_cell = false;
		r = flow_paragraph_end(&d->flow);
	}
	if (d->flow.page == 1 && ++d->paragraphs > FIRST_PAGE_PARAGRAPHS) {
		d->flow.page = 0;
		d->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
	}
	return r;
}

static int page_end(struct doc *d, const struct run *run)
{
	int r = paragraph_end(d, run, false);

	if (d->is_body) {
		d->paragraphs = 0;
		d->flow.page = MAX(d->flow.page, 1U) + 1;
		d->flow.flags &= ~(uint32_t)BLOCK_FIRST_PAGE;
	}
	return r;
}

/* Left, middle and right of a header are parts of their own. */
static int tab(struct doc *d, const struct run *run)
{
	enum place place = flow_frame(&d->flow)->place;

	if (place == PLACE_HEADER || place == PLACE_FOOTER)
		return flow_break(&d->flow);
	return flow_put(&d->flow, VIEW_LIT("\t"), &run->look);
}

/* Of a field the result is shown, its code is not. Deeper than 64 all of them count as one. */
static void field(struct doc *d, uint32_t c)
{
	if (c == CHAR_FIELD) {
		d->fields = d->fields << 1 | 1;
		d->in_code++;
		return;
	}
	if (d->fields & 1)
		d->in_code -= d->in_code > 0;
	if (c == CHAR_FIELD_END)
		d->fields >>= 1;
	else
		d->fields &= ~UINT64_C(1);
}

static int control(struct doc *d, const struct run *run, uint32_t c)
{
	if (c == CHAR_FIELD || c == CHAR_FIELD_RESULT || c == CHAR_FIELD_END) {
		field(d, c);
		return 0;
	}
	/* a deleted end of a paragraph joins it to the next */
	if (run->is_deleted)
		return 0;
	switch (c) {
	case CHAR_CELL: return paragraph_end(d, run, true);
	case CHAR_PARAGRAPH: return paragraph_end(d, run, false);
	case CHAR_PAGE: return page_end(d, run);
	case CHAR_LINE:
	case CHAR_COLUMN: return flow_break(&d->flow);
	case CHAR_TAB: return d->in_code > 0 ? 0 : tab(d, run);
	case CHAR_HYPHEN: return d->in_code > 0 ? 0 : flow_put(&d->flow, VIEW_LIT("-"), &run->look);
	case CHAR_SOFT_HYPHEN:
		return d->in_code > 0 || !look_soft_hyphen_is_letter(&run->look)
			? 0
			: flow_put(&d->flow, VIEW_LIT(LOOK_SOFT_HYPHEN), &run->look);
	default: return 0;
	}
}

static int put_run(struct doc *d, const struct run *run)
{
	size_t from = 0, at;
	int r = 0;

	for (at = 0; r == 0 && at + run->unit <= run->bytes.n; at += run->unit) {
		uint32_t c = run->unit == 2 ? load_le16(run->bytes.p + at) : run->bytes.p[at];

		if (c >= ' ')
			continue;
		r = put_text(d, run, from, at);
		if (r == 0)
			r = control(d, run, c);
		from = at + run->unit;
	}
	return r == 0 ? put_text(d, run, from, at) : r;
}

/* The part of a piece that has one look. */
static int put_piece(struct doc *d, const struct piece *p, uint32_t from, uint32_t to)
{
	uint64_t at = p->at + (uint64_t)(from - p->from) * p->unit;
	uint64_t end = p->at + (uint64_t)(to - p->from) * p->unit;
	int r = 0;

	if (end > d->file.n) {
		extractor_fail(d->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		end = d->file.n;
	}
	while (r == 0 && at + p->unit <= end) {
		struct run run = {.unit = p->unit, .position = from};
		uint32_t chars_end, para_end;
		struct doc_chars chars;
		uint64_t n;

		doc_para_at(d->formats, (uint32_t)at, &run.para, &para_end);
		doc_chars_at(d->formats, (uint32_t)at, run.para.style, &chars, &chars_end);
		n = MIN(MIN(chars_end, para_end) - at, end - at);
		n = MAX(n / p->unit, UINT64_C(1)) * p->unit;
		run.bytes = view_sub(d->file, (size_t)at, (size_t)n);
		run.look = doc_look(d->formats, &chars);
		if (d->narrow == ENCODING_TCVN3)
			run.look.flags |= BLOCK_CASE_UNKNOWN;
		run.is_deleted = chars.is_deleted;
		r = put_run(d, &run);
		at += n;
		from += (uint32_t)(n / p->unit);
		if (r == 0)
			r = extractor_tick(d->x, n + 64);
	}
	return r;
}

static int put_range(struct doc *d, uint32_t from, uint32_t to)
{
	int r = 0;

	while (r == 0 && from < to) {
		struct piece p;
		uint32_t end;

		if (!piece_find(d, from, &p)) {
			extractor_fail(d->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
			return 0;
		}
		end = MIN(p.to, to);
		r = put_piece(d, &p, from, end);
		from = end;
	}
	return r;
}

/* --- stories ---------------------------------------------------------------------------------- */

/* A note, header or box: a shape of its own. */
static int put_story(struct doc *d, enum place place, uint32_t from, uint32_t to)
{
	int r = flow_shape(&d->flow, place, 0);

	d->fields = 0;
	d->in_code = 0;
	d->after_cell = false;
	if (r == 0)
		r = put_range(d, from, to);
	if (r == 0 && d->in_cell)
		r = cell_end(d);
	return r == 0 ? flow_shape_end(&d->flow) : r;
}

/* Six separators of notes, then for each section even and odd header, even and odd footer, first
   header, first footer. */
static enum place header_place(size_t number)
{
	static const enum place places[] = {
		PLACE_HEADER, PLACE_HEADER, PLACE_FOOTER, PLACE_FOOTER, PLACE_HEADER, PLACE_FOOTER};

	return places[number % ARRAY_SIZE(places)];
}

static const struct part {
	enum place place;
	unsigned table;
	size_t item; /* bytes behind the positions in the table */
} parts[] = {
	{PLACE_BODY, 0, 0},
	{PLACE_FOOTNOTE, AT_FOOTNOTES, 0},
	{PLACE_HEADER, AT_HEADERS, 0},
	{PLACE_BODY, 0, 0}, /* macros: no text */
	{PLACE_COMMENT, AT_COMMENTS, 0},
	{PLACE_FOOTNOTE, AT_ENDNOTES, 0},
	{PLACE_TEXT_BOX, AT_BOXES, 22},
	{PLACE_HEADER, AT_HEADER_BOXES, 22},
};

/* The stories of one part of the text, as a table cuts it. */
static int put_part(struct doc *d, const struct part *part, uint32_t base, uint32_t n)
{
	struct view cuts = d->is_97 || part->table < AT_PIECES ? table_at(d, part->table)
							       : VIEW_EMPTY;
	size_t n_cuts = cuts.n >= 4 ? (cuts.n - 4) / (4 + part->item) : 0;
	uint32_t done = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n_cuts; i++) {
		uint32_t from = load_le32(cuts.p + i * 4);
		uint32_t to = MIN(load_le32(cuts.p + i * 4 + 4), n);
		enum place place = part->table == AT_HEADERS ? header_place(i) : part->place;

		if (from < done || to <= from)
			continue;
		done = to;
		r = put_story(d, place, base + from, base + to);
		if (r == 0)
			r = extractor_tick(d->x, 64);
	}
	/* What no table names is read as well. */
	return r == 0 && done < n ? put_story(d, part->place, base + done, base + n) : r;
}

static int put_body(struct doc *d, uint32_t n)
{
	int r;

	d->is_body = true;
	d->flow.page = 1;
	d->flow.flags = BLOCK_FIRST_PAGE;
	r = put_range(d, 0, n);
	if (r == 0 && d->in_cell)
		r = cell_end(d);
	if (r == 0)
		r = flow_paragraph_end(&d->flow);
	d->is_body = false;
	d->flow.page = 0;
	d->flow.flags = 0;
	return r;
}

static int put_all(struct doc *d)
{
	uint32_t base = length_at(d, 0);
	int r;

	if (d->pieces.n == 0)
		d->whole[1] = MIN(d->whole[1], (uint32_t)MIN(d->file.n, (size_t)INT32_MAX));
	r = put_body(d, base);
	for (unsigned i = 1; r == 0 && i < ARRAY_SIZE(parts); i++) {
		uint32_t n = length_at(d, i);

		if (n == 0)
			continue;
		if (parts[i].table != 0)
			r = put_part(d, &parts[i], base, n);
		if (!checked_add(base, n, &base))
			break;
	}
	return r == 0 ? flow_finish(&d->flow) : r;
}

/* --- */

static int read_formats(struct doc *d)
{
	d->formats = calloc(1, sizeof(*d->formats));
	if (!d->formats)
		return -ENOMEM;
	d->formats->file = d->file;
	/* Word 6 has other codes for the same properties. */
	if (!d->is_97)
		return 0;
	d->formats->chars = table_at(d, AT_CHARS);
	d->formats->paragraphs = table_at(d, AT_PARAGRAPHS);
	doc_fonts_read(d->formats, table_at(d, AT_FONTS));
	doc_styles_read(d->formats, table_at(d, AT_STYLES));
	return 0;
}

/* The bytes of Word 6 are in the code page of its language, or what their fonts make of them. */
static enum encoding narrow_encoding(const struct doc *d)
{
	static const struct {
		uint16_t language;
		enum encoding encoding;
	} pages[] = {
		{0x042a, ENCODING_CP1258},
		{0x0419, ENCODING_CP1251},
		{0x0804, ENCODING_GB18030},
	};
	uint32_t from = load_le32(d->file.p + 0x18), to = load_le32(d->file.p + 0x1c);
	enum encoding hint = ENCODING_CP1252, e;

	if (d->is_97)
		return ENCODING_CP1252;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (load_le16(d->file.p + 6) == pages[i].language)
			hint = pages[i].encoding;
	if (to <= from || !encoding_detect(view_sub(d->file, from, to - from), &hint, &e))
		return hint;
	return e <= ENCODING_UTF32BE ? hint : e;
}

static int read_text(struct doc *d)
{
	int r = read_formats(d);

	if (r < 0)
		return r;
	pieces_read(d);
	d->narrow = narrow_encoding(d);
	flow_init(&d->flow, d->x, PLACE_BODY);
	r = put_all(d);
	flow_done(&d->flow);
	buf_done(&d->utf8);
	free(d->formats);
	if (r == 0 && d->is_97)
		r = officeart_words(d->x, table_at(d, AT_DRAWINGS), 0, 0);
	return r;
}

int doc_extract(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf file = BUF_INIT(0);
	cleanup_with(buf_done) struct buf table = BUF_INIT(0);
	cleanup_with(buf_done) struct buf data = BUF_INIT(0);
	struct doc d = {.x = c->x};
	uint16_t magic, flags;
	int r = cfb_read_name(c, storage, "WordDocument", &file);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	d.file = d.table = buf_view(&file);
	magic = d.file.n >= 0x60 ? load_le16(d.file.p) : 0;
	if (magic != MAGIC_97 && magic != MAGIC_6) {
		extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
		return 0;
	}
	flags = load_le16(d.file.p + 10);
	if (flags & FIB_ENCRYPTED) {
		extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
		return 0;
	}
	d.is_97 = magic == MAGIC_97;
	if (d.is_97) {
		r = cfb_read_name(c, storage, flags & FIB_TABLE_1 ? "1Table" : "0Table", &table);
		if (r == CFB_ABSENT)
			extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		else if (r != 0)
			return r;
		d.table = buf_view(&table);
	}
	r = read_text(&d);
	if (r != 0)
		return r;
	if (d.is_97)
		r = officeart_pictures(c->x, table_at(&d, AT_DRAWINGS), d.file);
	if (r == 0)
		r = cfb_read_name(c, storage, "Data", &data);
	return r == 0 || r == CFB_ABSENT ? officeart_in_text(c->x, buf_view(&data)) : r;
}
