/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two halves of the SpreadsheetML reader: the workbook and its sheets. */
#pragma once

#include "extract/office.h"

/* Sheets, fonts and cell formats that are kept; further ones have no number or look. */
#define XLSX_SHEETS_MAX  1024
#define XLSX_FONTS_MAX   1024
#define XLSX_FORMATS_MAX 65536

/* Rows that count as the top of a sheet, and as its first page. */
#define XLSX_TOP_ROWS  14
#define XLSX_PAGE_ROWS 50

struct xlsx_sheet_info {
	uint64_t relation; /* hash of r:id */
	uint64_t target;   /* hash of the part's last path segment */
	bool is_hidden;
};

struct xlsx_string {
	uint32_t at, n; /* in `text` */
	bool is_shown;
};

struct xlsx_book {
	struct buf text;    /* of the shared strings */
	struct buf strings; /* struct xlsx_string */
	struct buf formats; /* uint16_t: font of each cell format */
	struct xlsx_sheet_info sheets[XLSX_SHEETS_MAX];
	struct look fonts[XLSX_FONTS_MAX];
	size_t n_sheets, n_fonts;
};

/* Number of the sheet that a part holds, 1-based; 0 where nobody says. */
uint32_t xlsx_page(const struct xlsx_book *b, struct view part_name, bool *ret_hidden);

must_check int xlsx_book(struct office *o, struct xlsx_book **ret);

/* Header and footer with & codes. */
must_check int xlsx_header_footer(
	struct extractor *x, struct view raw, enum place place, uint32_t page, uint32_t flags);
