/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, updates, object streams, filters, damage. */
#include "../unit.h"

#include <stdio.h>

#include "extract/pdf.h"
#include "extract/pdf_filter.h"
#include "pdfwriter.h"

#define SHOW "BT /F1 10 Tf 100 700 Td (found) Tj ET"

static struct gathered g;

static void finish(struct pdfwriter *w)
{
	g = (struct gathered){0};
	pdfwriter_end(w, "");
	assert_int_equal(gather_writer(&g, w), 0);
}

static void test_plain(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	assert_int_equal(pdf_bid(buf_view(&w.out)), BID_MAGIC);
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
	assert_string_equal(g.result.format, "pdf");
	assert_int_equal(g.result.completeness, COMPLETENESS_FULL);
}

static void test_update_wins(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "BT /F1 10 Tf 100 700 Td (old) Tj ET");
	pdfwriter_end(&w, "");
	pdfwriter_stream(&w, 4, "", VIEW_LIT("BT /F1 10 Tf 100 700 Td (new) Tj ET"));
	finish(&w);
	assert_non_null(gathered_find(&g, "new"));
	assert_null(gathered_find(&g, "old"));
}

static void test_object_stream(void **state)
{
	static const char objects[] =
		"1 0 2 30 3 90 "
		"<</Type /Catalog /Pages 2 0 R>>"
		"<</Type /Pages /Kids [3 0 R] /MediaBox [0 0 595 842]>>      "
		"<</Type /Page /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>";
	static const char fixed[] = "1 0 2 31 3 86 ";
	char text[sizeof(objects)];
	struct pdfwriter w;

	(void)state;
	memcpy(text, objects, sizeof(text));
	memcpy(text, fixed, sizeof(fixed) - 1);
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	/* the copies outside are spoilt by a later one */
	pdfwriter_object(&w, 1, "null");
	pdfwriter_object(&w, 2, "null");
	pdfwriter_object(&w, 3, "null");
	pdfwriter_deflated(&w, 9, "/Type /ObjStm /N 3 /First 14", view_str(text));
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
	assert_int_equal(g.result.completeness, COMPLETENESS_FULL);
}

static void test_indirect_length(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "");
	pdfwriter_raw(&w, "4 0 obj\n<</Length 8 0 R>>\nstream\r\n" SHOW "\nendstream\nendobj\n");
	pdfwriter_object(&w, 8, "%zu", sizeof(SHOW) - 1);
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
}

static void test_wrong_length(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "");
	pdfwriter_raw(&w, "4 0 obj\n<</Length 7>>\nstream\n" SHOW "\nendstream\nendobj\n");
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
}

/* Objects inside the bytes of a stream are no objects of this file. */
static void test_objects_in_streams(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	pdfwriter_stream(&w, 8, "", VIEW_LIT("4 0 obj\n<<>>\nstream\nBT ET\nendobj\n"));
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
}

static void test_broken_tree(void **state)
{
	struct pdfwriter w;

	(void)state;
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	pdfwriter_object(&w, 2, "<</Type /Pages /Kids [77 0 R]>>");
	finish(&w);
	assert_non_null(gathered_find(&g, "found"));
	assert_int_equal(g.result.completeness, COMPLETENESS_PARTIAL);
	assert_true(g.result.reasons & REASON_BIT(REASON_DAMAGED));
}

static void test_without_trailer(void **state)
{
	struct pdfwriter w;

	(void)state;
	g = (struct gathered){0};
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_non_null(gathered_find(&g, "found"));
}

static void test_cut_off(void **state)
{
	struct pdfwriter w;

	(void)state;
	/* every beginning of a file ends well */
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", SHOW);
	pdfwriter_end(&w, "");
	for (size_t n = 0; n < w.out.n; n += 7) {
		g = (struct gathered){0};
		assert_int_equal(gather(&g, view_sub(buf_view(&w.out), 0, n)), 0);
	}
	pdfwriter_done(&w);
}

static void test_nothing_in_it(void **state)
{
	(void)state;
	g = (struct gathered){0};
	assert_int_equal(gather(&g, VIEW_LIT("%PDF-1.4\nnothing to see")), 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_UNREADABLE);
	assert_true(g.result.reasons & REASON_BIT(REASON_DAMAGED));
	assert_int_equal(pdf_bid(VIEW_LIT("junk %PDF-1.4")), BID_CONTENT);
	assert_int_equal(pdf_bid(VIEW_LIT("%!PS-Adobe")), BID_NONE);
}

static void filtered(const char *filter, struct view data)
{
	struct pdfwriter w;

	pdfwriter_begin(&w);
	pdfwriter_page(&w, "", "");
	pdfwriter_stream(&w, 4, filter, data);
	finish(&w);
}

static void test_filters(void **state)
{
	(void)state;
	filtered("/Filter /ASCIIHexDecode",
		VIEW_LIT("4254202F46312031302054662031303020373030205464202868657829 "
			 "20546A204554>"));
	assert_non_null(gathered_find(&g, "hex"));

	filtered("/Filter [/AHx /A85]",
		VIEW_LIT("36593C3F5030665F3C2430664C72226F273A4634306625393446732D22"));
	assert_int_equal(g.result.completeness, COMPLETENESS_FULL);

	/* literal, then a run of blanks */
	filtered("/Filter /RunLengthDecode",
		VIEW_LIT("\x22"
			 "BT /F1 10 Tf 100 700 Td (run) Tj ET"
			 "\xF0 \x80"));
	assert_non_null(gathered_find(&g, "run"));

	/* clear, then plain codes of nine bits */
	static const char text[] = "BT /F1 9 Tf 9 700 Td (lzw) Tj ET";
	uint8_t out[64] = {0};
	size_t bit = 0;
	for (size_t i = 0; i < sizeof(text) + 1; i++) {
		unsigned code = i == 0 ? 256 : i == sizeof(text) ? 257 : (uint8_t)text[i - 1];
		for (int k = 8; k >= 0; k--, bit++)
			out[bit / 8] |= (uint8_t)((code >> k & 1) << (7 - bit % 8));
	}
	filtered("/Filter /LZWDecode", view_of(out, (bit + 7) / 8));
	assert_non_null(gathered_find(&g, "lzw"));
}

static void test_ascii85(void **state)
{
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	(void)state;
	extract_limits_default(&limits);
	extractor_init(&x, &limits, NULL, &result);
	assert_int_equal(pdf_filter_ascii85(&x, VIEW_LIT("87cUR D]i,\"Ebo80z~>"), &out), 0);
	assert_int_equal(out.n, 16);
	assert_memory_equal(out.p, "Hello World!\0\0\0\0", 16);
	buf_clear(&out);
	assert_int_equal(pdf_filter_ascii85(&x, VIEW_LIT("87cURDZ~>"), &out), 0);
	assert_int_equal(out.n, 5);
	assert_memory_equal(out.p, "Hello", 5);
	extractor_done(&x);
}

static void test_lzw_repeats(void **state)
{
	/* the example of the specification, 7.4.4.2 */
	static const uint8_t in[] = {0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01};
	static const uint8_t want[] = {45, 45, 45, 45, 45, 65, 45, 45, 45, 66};
	struct extract_limits limits;
	struct extract_result result;
	struct extractor x;
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	(void)state;
	extract_limits_default(&limits);
	extractor_init(&x, &limits, NULL, &result);
	assert_int_equal(pdf_filter_lzw(&x, view_of(in, sizeof(in)), true, &out), 0);
	assert_int_equal(out.n, sizeof(want));
	assert_memory_equal(out.p, want, sizeof(want));
	extractor_done(&x);
}

static void test_predictors(void **state)
{
	struct pdf_predictor p = {15, 1, 8, 3};
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	/* none, sub, up, average, Paeth */
	static const uint8_t png[] = {0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1};
	static const uint8_t want[] = {1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5};
	assert_int_equal(buf_put(&b, png, sizeof(png)), 0);
	assert_int_equal(pdf_filter_unpredict(&p, &b), 0);
	assert_int_equal(b.n, sizeof(want));
	assert_memory_equal(b.p, want, sizeof(want));

	p.predictor = 2;
	buf_clear(&b);
	assert_int_equal(buf_put(&b, "\1\1\1\5\1\1", 6), 0);
	assert_int_equal(pdf_filter_unpredict(&p, &b), 0);
	assert_memory_equal(b.p, "\1\2\3\5\6\7", 6);

	p.columns = PDF_ROW_MAX + 1;
	assert_int_equal(pdf_filter_unpredict(&p, &b), PDF_FILTER_DAMAGED);
}

static void test_unknown_filter(void **state)
{
	(void)state;
	filtered("/Filter /NoSuchDecode", VIEW_LIT("xxx"));
	assert_int_equal(g.result.completeness, COMPLETENESS_PARTIAL);
	assert_true(g.result.reasons & REASON_BIT(REASON_UNSUPPORTED));
}

static void test_broken_deflate(void **state)
{
	(void)state;
	filtered("/Filter /FlateDecode", VIEW_LIT("this is no deflate stream at all"));
	assert_true(g.result.reasons & REASON_BIT(REASON_DAMAGED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_update_wins),
		cmocka_unit_test(test_object_stream),
		cmocka_unit_test(test_indirect_length),
		cmocka_unit_test(test_wrong_length),
		cmocka_unit_test(test_objects_in_streams),
		cmocka_unit_test(test_broken_tree),
		cmocka_unit_test(test_without_trailer),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_nothing_in_it),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_ascii85),
		cmocka_unit_test(test_lzw_repeats),
		cmocka_unit_test(test_predictors),
		cmocka_unit_test(test_unknown_filter),
		cmocka_unit_test(test_broken_deflate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
