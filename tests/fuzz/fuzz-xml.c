/* SPDX-License-Identifier: Apache-2.0 */
/* The tag scanner alone, then every reader of XML parts, chosen by the root element. */
#include <stdlib.h>

#include "extract/office.h"

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	(void)b;
	return 0;
}

static void scan(struct view v)
{
	struct xml x = xml_begin(v);
	struct xml_token t;

	while (xml_next(&x, &t) != XML_END) {
		cleanup_with(buf_done) struct buf text = BUF_INIT(0);
		struct view attrs = t.attrs, name, value;
		const uint8_t *before = x.p;

		if (x.p > x.end || before < v.p)
			abort();
		if (t.kind == XML_TEXT && xml_decode(t.text, &text) < 0)
			abort();
		if (t.kind == XML_OPEN || t.kind == XML_EMPTY)
			while (xml_attr_next(&attrs, &name, &value))
				if (name.n > v.n || value.n > v.n)
					abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct block_sink sink = {take, NULL};
	struct view v = view_of(data, size);
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	struct office o = {.x = &x};

	scan(v);
	extract_limits_default(&limits);
	extractor_init(&x, &limits, &sink, &result);
	/* Parts that others need may come from the same bytes. */
	if (docx_styles_read(&o, v) < 0 || xlsx_strings(&o, v) < 0 || xlsx_styles(&o, v) < 0 ||
		xlsx_workbook(&o, v) < 0 || office_part(&o, v, VIEW_LIT("part.xml")) < 0 ||
		xlsx_sheet(&o, v, VIEW_LIT("sheet1.xml")) < 0 || odf_part(&o, v) < 0 ||
		xlsx_finish(&o) < 0)
		abort();
	o.styles = docx_styles_free(o.styles);
	o.book = xlsx_book_free(o.book);
	o.odf = odf_styles_free(o.odf);
	extractor_done(&x);
	return 0;
}
