/* SPDX-License-Identifier: Apache-2.0 */
/* Every bound is reached once: what is over it is said, and reading ends. */
#include "../unit.h"

#include <stdio.h>

#include "base/clock.h"
#include "extract/pdf_font.h"
#include "extract/pdf_reader.h"
#include "pdfwriter.h"

#define SHOW "BT /F1 10 Tf 100 700 Td (found) Tj ET"

static struct gathered g;

static void begin(struct pdfwriter *w, const char *content)
{
	g = (struct gathered){0};
	extract_limits_default(&g.limits);
	pdfwriter_begin(w);
	pdfwriter_page(w, "", content);
}

static void finish(struct pdfwriter *w, enum reason reason)
{
	pdfwriter_end(w, "");
	assert_int_equal(gather_writer(&g, w), 0);
	assert_int_equal(g.result.completeness, COMPLETENESS_PARTIAL);
	assert_true(g.result.reasons & REASON_BIT(reason));
}

static void put(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_int_equal(buf_put_str(b, text), 0);
}

static void test_pages(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	pdfwriter_object(&w, 2, "<</Kids [3 0 R 10 0 R 11 0 R]>>");
	pdfwriter_object(&w, 10, "<</Type /Page>>");
	pdfwriter_object(&w, 11, "<</Type /Page>>");
	g.limits.pages = 2;
	finish(&w, REASON_TOO_BIG);
	assert_non_null(gathered_find(&g, "found"));
}

static void test_text(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW " BT 100 600 Td (much more than that) Tj ET");
	g.limits.text_bytes = 8;
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), EXTRACT_STOP);
	assert_true(g.result.reasons & REASON_BIT(REASON_TOO_BIG));
	assert_int_equal(g.n, 1);
}

static void test_member_bytes(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	put(&b, SHOW " ", 1);
	put(&b, "                                                                ", 1 << 12);
	begin(&w, "");
	pdfwriter_deflated(&w, 4, "", buf_view(&b));
	g.limits.member_bytes = 1 << 16;
	finish(&w, REASON_TOO_BIG);
	assert_non_null(gathered_find(&g, "found"));

	/* two codes for one byte each, repeated by run lengths */
	buf_clear(&b);
	put(&b, "\x81 ", 1 << 10);
	begin(&w, "");
	pdfwriter_stream(&w, 4, "/Filter /RunLengthDecode", buf_view(&b));
	g.limits.member_bytes = 1 << 16;
	finish(&w, REASON_TOO_BIG);
}

static void test_total_bytes(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	put(&b, "                                                                ", 1 << 10);
	begin(&w, "");
	pdfwriter_deflated(&w, 4, "", buf_view(&b));
	g.limits.total_bytes = 1 << 15;
	finish(&w, REASON_TOO_BIG);
}

static void test_cpu(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	put(&b, "q 1 0 0 1 0 0 cm Q ", 1 << 19);
	begin(&w, "");
	pdfwriter_stream(&w, 4, "", buf_view(&b));
	g.limits.cpu_ns = 1000000;
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), EXTRACT_STOP);
	assert_true(g.result.reasons & REASON_BIT(REASON_TIMED_OUT));
}

static void test_form_depth(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, "/X Do");
	pdfwriter_object(
		&w, 3, "<</Type /Page /Contents 4 0 R /Resources <</XObject <</X 10 0 R>>>>>>");
	for (unsigned i = 0; i <= PDF_FORM_DEPTH_MAX; i++) {
		char dict[128];
		(void)snprintf(dict, sizeof(dict),
			"/Subtype /Form /Resources <</XObject <</X %u 0 R>>>>", 11 + i);
		pdfwriter_stream(&w, 10 + i, dict, VIEW_LIT("/X Do"));
	}
	finish(&w, REASON_TOO_DEEP);
}

/* Each draws the next ten times: 10^9 in all. */
static void test_form_bomb(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, "/X Do");
	pdfwriter_object(
		&w, 3, "<</Type /Page /Contents 4 0 R /Resources <</XObject <</X 10 0 R>>>>>>");
	for (unsigned i = 0; i < 9; i++) {
		char dict[128];
		(void)snprintf(dict, sizeof(dict),
			"/Subtype /Form /Resources <</XObject <</X %u 0 R>>>>", 11 + i);
		pdfwriter_stream(&w, 10 + i, dict,
			VIEW_LIT("/X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do /X Do"));
	}
	pdfwriter_stream(&w, 19, "/Subtype /Form", VIEW_LIT(""));
	finish(&w, REASON_TOO_DEEP);
}

static void test_chunks(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	put(&b, "BT /F1 10 Tf ", 1);
	put(&b, "20 0 Td (x) Tj ", PDF_CHUNKS_MAX + 1);
	begin(&w, "");
	pdfwriter_stream(&w, 4, "", buf_view(&b));
	g.limits.cpu_ns = UINT64_C(60000000000);
	finish(&w, REASON_TOO_BIG);
}

static void test_objects(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	g = (struct gathered){0};
	extract_limits_default(&g.limits);
	g.limits.cpu_ns = UINT64_C(60000000000);
	put(&b, "%PDF-1.4\n", 1);
	put(&b, "7 0 obj\n", PDF_OBJECTS_MAX + 1);
	assert_int_equal(gather(&g, buf_view(&b)), 0);
	assert_true(g.result.reasons & REASON_BIT(REASON_TOO_BIG));
}

static void test_object_streams(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	g.limits.cpu_ns = UINT64_C(60000000000);
	for (unsigned i = 0; i <= PDF_OBJECT_STREAMS_MAX; i++)
		pdfwriter_stream(&w, 100 + i, "/Type /ObjStm /N 0 /First 0", VIEW_LIT(" "));
	finish(&w, REASON_TOO_BIG);
	assert_non_null(gathered_find(&g, "found"));
}

/* What is never closed may cost the budget, no more. */
static void test_never_ending(void **state)
{
	static const char *const units[] = {"1 0 obj<<", "1 0 obj<<>>stream\n", "trailer<<",
		"trailer(", "1 0 obj(", "1 0 obj[[", "<<",
		"1 0 obj<</Length 3 0 R>>stream endobj "};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);
		g = (struct gathered){0};
		extract_limits_default(&g.limits);
		g.limits.cpu_ns = UINT64_C(200000000);
		put(&b, "%PDF-1.4\n", 1);
		put(&b, units[i], 200000);
		uint64_t start = clock_cpu();
		int r = gather(&g, buf_view(&b));
		assert_true(r == 0 || r == EXTRACT_STOP);
		assert_int_not_equal(g.result.completeness, COMPLETENESS_FULL);
		assert_true(clock_cpu() - start < 10 * g.limits.cpu_ns);
	}
}

static void test_tree_depth(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	pdfwriter_object(&w, 1, "<</Type /Catalog /Pages 100 0 R>>");
	for (unsigned i = 0; i <= PDF_TREE_DEPTH_MAX; i++)
		pdfwriter_object(&w, 100 + i, "<</Kids [%u 0 R]>>", 101 + i);
	finish(&w, REASON_TOO_DEEP);
}

static void test_tree_cycle(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	pdfwriter_object(&w, 2, "<</Kids [2 0 R 2 0 R 3 0 R 3 0 R 2 0 R]>>");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(gathered_count(&g, "found"), 1);
}

static void test_filters(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, "");
	pdfwriter_stream(
		&w, 4, "/Filter [/AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx /AHx]", VIEW_LIT("00"));
	finish(&w, REASON_TOO_DEEP);
}

static void test_reference_hops(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	pdfwriter_object(&w, 3, "<</Type /Page /Contents 20 0 R /Resources 20 0 R>>");
	pdfwriter_object(&w, 20, "20 0 R");
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_int_equal(g.n, 0);
}

static void test_annotations(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	begin(&w, SHOW);
	put(&b, "<</Contents (x)>> ", PDF_ANNOTATIONS_MAX + 1);
	assert_int_equal(buf_terminate(&b), 0);
	pdfwriter_object(&w, 3, "<</Type /Page /Annots [%s]>>", (const char *)b.p);
	finish(&w, REASON_TOO_BIG);
	assert_int_equal(g.total, PDF_ANNOTATIONS_MAX);
}

static void test_fonts(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0), fonts = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	begin(&w, "");
	g.limits.cpu_ns = UINT64_C(60000000000);
	for (unsigned i = 0; i <= PDF_FONTS_MAX; i++) {
		assert_int_equal(buf_printf(&b, "/G%u 9 Tf ", i), 0);
		assert_int_equal(buf_printf(&fonts, "/G%u <</Subtype /Type3>> ", i), 0);
	}
	assert_int_equal(buf_terminate(&fonts), 0);
	pdfwriter_object(&w, 3, "<</Type /Page /Contents 4 0 R /Resources <</Font <<%s>>>>>>",
		(const char *)fonts.p);
	pdfwriter_stream(&w, 4, "", buf_view(&b));
	finish(&w, REASON_TOO_BIG);
}

static void test_saved_states(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	/* the states beyond the bound are not kept apart, and their ends don't end others */
	put(&b, "q ", PDF_STATES_MAX * 3);
	put(&b, SHOW " ", 1);
	put(&b, "Q ", PDF_STATES_MAX * 3);
	put(&b, "Q Q Q BT /F1 10 Tf 100 600 Td (after) Tj ET", 1);
	begin(&w, "");
	pdfwriter_stream(&w, 4, "", buf_view(&b));
	pdfwriter_end(&w, "");
	assert_int_equal(gather_writer(&g, &w), 0);
	assert_non_null(gathered_find(&g, "found"));
	assert_non_null(gathered_find(&g, "after"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_member_bytes),
		cmocka_unit_test(test_total_bytes),
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_form_depth),
		cmocka_unit_test(test_form_bomb),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_object_streams),
		cmocka_unit_test(test_never_ending),
		cmocka_unit_test(test_tree_depth),
		cmocka_unit_test(test_tree_cycle),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_reference_hops),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_fonts),
		cmocka_unit_test(test_saved_states),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
