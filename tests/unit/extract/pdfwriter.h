/* SPDX-License-Identifier: Apache-2.0 */
/* Writes small PDFs for tests, and gathers the blocks that come out of reading them. */
#pragma once

#include "base/buf.h"
#include "extract/extract.h"
#include "extract/extractor.h"
#include "model/block.h"

struct pdfwriter {
	struct buf out;
};

void pdfwriter_begin(struct pdfwriter *w);
void pdfwriter_done(struct pdfwriter *w);
/* "N 0 obj ... endobj" */
void pdfwriter_object(struct pdfwriter *w, unsigned n, const char *fmt, ...) printf_like(3, 4);
/* `dict` is what stands in the dictionary besides /Length. */
void pdfwriter_stream(struct pdfwriter *w, unsigned n, const char *dict, struct view data);
void pdfwriter_deflated(struct pdfwriter *w, unsigned n, const char *dict, struct view data);
void pdfwriter_raw(struct pdfwriter *w, const char *text);
/* The trailer; there is no cross-reference table. */
void pdfwriter_end(struct pdfwriter *w, const char *extra);

/* Catalog 1, page tree 2, page 3 of 595 x 842 with content 4 and fonts F1 (5: WinAnsi, all glyphs
   500 wide), F2 (6: the same in bold). `page` is added to the page's dictionary. */
void pdfwriter_page(struct pdfwriter *w, const char *page, const char *content);

#define GATHERED_MAX 512

struct gathered_block {
	enum place place;
	uint32_t page, shape, flags;
	char text[256], name[64], member[64];
};

struct gathered {
	struct gathered_block v[GATHERED_MAX];
	size_t n, total;
	struct extract_limits limits;
	struct extract_result result;
	uint32_t images;
};

/* Reads `content` with the limits in `g` (zero: the usual ones). Returns what pdf_extract() did. */
int gather(struct gathered *g, struct view content);
int gather_writer(struct gathered *g, struct pdfwriter *w); /* and frees the writer */

/* The first block with this text, or NULL. */
const struct gathered_block *gathered_find(const struct gathered *g, const char *text);
size_t gathered_count(const struct gathered *g, const char *text);
