/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf.h"

#include <errno.h>

#include "extract/pdf_reader.h"

/* More glyphs than this whose letters are unknown, and more than this share of all. */
#define UNMAPPED_MIN   20
#define UNMAPPED_SHARE 10 /* percent */

int pdf_bid(struct view content)
{
	struct view head = view_sub(content, 0, PDF_HEAD_MAX);

	if (view_starts(head, VIEW_LIT("%PDF-")))
		return BID_MAGIC;
	return head.n && memmem(head.p, head.n, "%PDF-", 5) ? BID_CONTENT : BID_NONE;
}

static struct pdf_reader *reader_free(struct pdf_reader *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(r->pages); i++) {
		pdf_content_done(&r->pages[i].content);
		pdf_layout_done(&r->pages[i].layout);
	}
	pdf_content_done(&r->appearance.content);
	pdf_layout_done(&r->appearance.layout);
	pdf_fonts_done(&r->fonts);
	pdf_file_close(&r->file);
	buf_done(&r->scratch);
	buf_done(&r->text);
	free(r->visited);
	free(r);
	return NULL;
}

bool pdf_visit(struct pdf_reader *r, const struct pdf_object *ref)
{
	if (ref->type != PDF_REF)
		return true;
	const struct pdf_entry *e = pdf_file_entry(&r->file, ref->n);
	if (!e)
		return true;
	size_t i = (size_t)(e - r->file.entries);
	bool first = !(r->visited[i / 8] & 1U << i % 8);
	r->visited[i / 8] |= (uint8_t)(1U << i % 8);
	return first;
}

static int reader_run(struct pdf_reader *r, struct view content)
{
	int e = pdf_file_open(&r->file, r->x, content);
	if (e)
		return e;
	if (r->file.encrypt && !r->file.crypt) {
		extractor_fail(r->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
		return 0;
	}
	r->visited = calloc(1, r->file.n / 8 + 1);
	if (!r->visited)
		return -ENOMEM;

	e = pdf_properties_read(r);
	if (e == 0)
		e = pdf_pages_read(r);
	if (e)
		return e;
	if (r->unmapped > UNMAPPED_MIN && r->unmapped * 100 > r->glyphs * UNMAPPED_SHARE)
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
	if (r->pictures)
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_UNSUPPORTED);
	e = pdf_attachments_read(r);
	return e ? e : r->file.error;
}

int pdf_extract(struct extractor *x, struct view content)
{
	struct pdf_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->x = x;
	extractor_format(x, "pdf");
	int e = reader_run(r, content);
	reader_free(r);
	if (e == -E2BIG) {
		extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	return e;
}
