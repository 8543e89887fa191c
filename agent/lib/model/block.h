/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block: one paragraph, cell, line, box or property of a document, with its place. Extraction
 * makes blocks, matching reads them. All views are valid for the call that hands the block over.
 */
#pragma once

#include <stdint.h>

#include "base/view.h"
#include "model/place.h"

enum block_flag {
	BLOCK_FRAMED = 1 << 0, /* border, frame, 1x1 table, content control */
	BLOCK_RED = 1 << 1,
	BLOCK_LARGE = 1 << 2,  /* among the document's largest sizes */
	BLOCK_STRUCK = 1 << 3, /* struck through */
	BLOCK_HIDDEN = 1 << 4,
	BLOCK_TOP = 1 << 5,          /* top third of its page, where geometry is known */
	BLOCK_FIRST_PAGE = 1 << 6,   /* where pages are known */
	BLOCK_CASE_UNKNOWN = 1 << 7, /* decoded from TCVN3: capitals with tone are stored small */
	BLOCK_CAPS = 1 << 8, /* shown in capitals whatever is stored (w:caps, capital fonts) */
	BLOCK_BOLD = 1 << 9,
	BLOCK_CENTRED = 1 << 10,
	BLOCK_OCR = 1 << 11,
	BLOCK_SHAPE_END = 1 << 12, /* last block of its shape, cell, note or box */
	BLOCK_CODE = 1 << 13,      /* the document is source code, configuration or data */
};

struct block {
	enum place place;
	uint32_t page;  /* page, sheet or slide, 1-based; 0 where unknown */
	uint32_t shape; /* blocks of one paragraph group, box or cell share a number; 0 = none */
	uint32_t row;   /* of a cell: its row in the sheet, never 0; 0 elsewhere or where unknown */
	uint32_t flags; /* enum block_flag */
	struct view text;   /* valid UTF-8, as stored: not canonical */
	struct view name;   /* property, mail header or field name; else empty */
	struct view member; /* path inside containers, "a.zip/b.docx" style; empty at the top */
};

/* Takes one block. Returns 0 to go on, negative to stop the document (the reader forwards it). */
struct block_sink {
	int (*take)(void *userdata, const struct block *block);
	void *userdata;
};
