/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of a PDF's pages, as whoever reads pictures gets them. */
#include "../unit.h"

#include <stdio.h>

#include "pdfwriter.h"

#define MAX_PIECES 8

static struct {
	struct picture picture[8];
	struct picture_piece pieces[8][MAX_PIECES];
	uint8_t first[8][MAX_PIECES][8]; /* bytes */
	uint8_t palette[8][6];
	size_t n;
	struct extract_result result;
	char text[64]; /* of what the reader hands back */
	unsigned blocks;
	struct picture_result answer;
} got;

static int read_picture(void *userdata, const struct picture *p, uint64_t cpu_end,
	const struct block_sink *out, struct picture_result *ret)
{
	(void)userdata;
	(void)cpu_end;
	*ret = got.answer;
	if (got.n < ARRAY_SIZE(got.picture)) {
		got.picture[got.n] = *p;
		for (uint32_t i = 0; i < p->n && i < MAX_PIECES; i++) {
			got.pieces[got.n][i] = p->pieces[i];
			if (p->pieces[i].bytes.n)
				memcpy(got.first[got.n][i], p->pieces[i].bytes.p,
					MIN(p->pieces[i].bytes.n, (size_t)8));
			if (p->pieces[i].palette.n)
				memcpy(got.palette[got.n], p->pieces[i].palette.p,
					MIN(p->pieces[i].palette.n, (size_t)6));
		}
	}
	got.n++;
	if (got.text[0]) {
		struct block b = {
			.place = PLACE_IMAGE, .page = p->page, .text = view_str(got.text)};
		return out->take(out->userdata, &b);
	}
	return 0;
}

static int take(void *userdata, const struct block *b)
{
	(void)userdata;
	got.blocks += b->place == PLACE_IMAGE;
	return 0;
}

static void finish(struct pdfwriter *w)
{
	const struct picture_reader reader = {read_picture, NULL};
	struct block_sink sink = {take, NULL};
	struct extract_limits limits;

	extract_limits_default(&limits);
	pdfwriter_end(w, "");
	assert_int_equal(
		extract_document_seeing(buf_view(&w->out), &limits, &reader, &sink, &got.result),
		0);
	pdfwriter_done(w);
}

/* One page with these image objects from 10 on. */
static void begin(struct pdfwriter *w, const char *content)
{
	memset(&got, 0, sizeof(got));
	pdfwriter_begin(w);
	pdfwriter_object(w, 1, "<</Type /Catalog /Pages 2 0 R>>");
	pdfwriter_object(w, 2, "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 600 800]>>");
	pdfwriter_object(w, 3,
		"<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</XObject <</A 10 0 R /B "
		"11 0 R>>>>>>");
	pdfwriter_stream(w, 4, "", view_str(content));
}

#define IMAGE "/Type /XObject /Subtype /Image /Width 4 /Height 2 "
#define WHOLE "q 600 0 0 800 0 0 cm /A Do Q"

static void test_codings(void **state)
{
	static const struct {
		const char *dict;
		enum picture_coding coding;
		unsigned channels, bits;
		bool inverted, stencil;
	} cases[] = {
		{IMAGE "/Filter /DCTDecode /ColorSpace /DeviceRGB /BitsPerComponent 8",
			PICTURE_FILE, 0, 0, false, false},
		{IMAGE "/Filter [/JPXDecode]", PICTURE_FILE, 0, 0, false, false},
		{IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", PICTURE_SAMPLES, 1, 8, false,
			false},
		{IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", PICTURE_SAMPLES,
			1, 1, true, false},
		{IMAGE "/ColorSpace [/ICCBased 12 0 R] /BitsPerComponent 8", PICTURE_SAMPLES, 3, 8,
			false, false},
		{IMAGE "/ColorSpace /DeviceCMYK /BitsPerComponent 8", PICTURE_SAMPLES, 4, 8, false,
			false},
		{IMAGE "/ColorSpace [/Separation /Black /DeviceGray 12 0 R] /BitsPerComponent 8",
			PICTURE_SAMPLES, 1, 8, true, false},
		{IMAGE "/ImageMask true", PICTURE_SAMPLES, 1, 1, false, true},
		{IMAGE "/Filter /CCITTFaxDecode /DecodeParms <</K -1 /Columns 4>>", PICTURE_FAX, 0,
			0, false, false},
		{IMAGE "/Filter /CCITTFaxDecode /DecodeParms <</K -1 /Columns 4 /BlackIs1 true>>",
			PICTURE_FAX, 0, 0, true, false},
	};
	struct pdfwriter w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct picture_piece *p = &got.pieces[0][0];

		begin(&w, WHOLE);
		pdfwriter_stream(&w, 10, cases[i].dict, VIEW_LIT("01234567"));
		pdfwriter_stream(&w, 12, "/N 3", VIEW_LIT("profile"));
		finish(&w);
		assert_int_equal(got.n, 1);
		assert_true(got.picture[0].whole);
		assert_int_equal(got.picture[0].page, 1);
		assert_int_equal(got.picture[0].n, 1);
		assert_int_equal(p->coding, cases[i].coding);
		if (cases[i].channels) {
			assert_int_equal(p->channels, cases[i].channels);
			assert_int_equal(p->bits, cases[i].bits);
		}
		assert_int_equal(p->inverted, cases[i].inverted);
		assert_int_equal(p->stencil, cases[i].stencil);
		assert_int_equal(p->bytes.n, 8);
		assert_memory_equal(got.first[0][0], "01234567", 8);
		assert_int_equal(got.result.reasons, 0);
	}
}

static void test_globals(void **state)
{
	const struct picture_piece *p = &got.pieces[0][0];
	struct pdfwriter w;

	(void)state;
	begin(&w, WHOLE);
	pdfwriter_stream(&w, 10,
		IMAGE "/Filter /JBIG2Decode /DecodeParms <</JBIG2Globals 12 0 R>> /Decode [1 0]",
		VIEW_LIT("01234567"));
	pdfwriter_stream(&w, 12, "", VIEW_LIT("before"));
	finish(&w);
	assert_int_equal(got.n, 1);
	assert_int_equal(p->coding, PICTURE_JBIG2);
	assert_int_equal(p->height, 2);
	assert_int_equal(p->globals.n, 6);
	assert_true(p->inverted);
}

static void test_palette(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, WHOLE);
	pdfwriter_stream(&w, 10,
		IMAGE "/ColorSpace [/Indexed /DeviceRGB 1 <0a0b0cc81e28>] /BitsPerComponent 1",
		VIEW_LIT("\x50\xa0"));
	finish(&w);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.pieces[0][0].palette.n, 6);
	assert_memory_equal(got.palette[0], "\x0a\x0b\x0c\xc8\x1e\x28", 6);
	/* in CMYK, as a stream */
	begin(&w, WHOLE);
	pdfwriter_stream(&w, 10,
		IMAGE "/ColorSpace [/Indexed /DeviceCMYK 1 12 0 R] /BitsPerComponent 1",
		VIEW_LIT("\x50\xa0"));
	pdfwriter_stream(&w, 12, "", VIEW_LIT("\x00\xff\xff\x00\x00\x00\x00\xff"));
	finish(&w);
	assert_memory_equal(got.palette[0], "\xff\x00\x00\x00\x00\x00", 6);
}

/* Strips of a page come together, with their places. */
static void test_strips(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, "q 600 0 0 400 0 400 cm /A Do Q q 600 0 0 400 0 0 cm /B Do Q");
	pdfwriter_stream(
		&w, 10, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("01234567"));
	pdfwriter_deflated(
		&w, 11, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("abcdefgh"));
	finish(&w);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.picture[0].n, 2);
	assert_true(got.picture[0].width == 600 && got.picture[0].height == 800);
	assert_true(got.pieces[0][0].place[5] == 400 && got.pieces[0][1].place[5] == 0);
	assert_memory_equal(got.first[0][1], "abcdefgh", 8);
}

/* Beside text: each picture by itself, small ones not, the same one once. */
static void test_beside_text(void **state)
{
	struct pdfwriter w;

	(void)state;
	memset(&got, 0, sizeof(got));
	pdfwriter_begin(&w);
	pdfwriter_page(&w, "",
		"BT /F1 10 Tf 100 700 Td (words) Tj ET q 100 0 0 30 50 50 cm /A Do Q "
		"q 100 0 0 30 50 90 cm /A Do Q q 8 0 0 8 50 90 cm /A Do Q");
	pdfwriter_object(&w, 3,
		"<</Type /Page /Parent 2 0 R /Contents 4 0 R"
		" /Resources <</XObject <</A 10 0 R>> /Font <</F1 5 0 R>>>>>>");
	pdfwriter_stream(
		&w, 10, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("01234567"));
	finish(&w);
	assert_int_equal(got.n, 1);
	assert_false(got.picture[0].whole);
	assert_int_equal(got.result.reasons, 0);
}

/* What nobody can read is a reason where the page has nothing else. */
static void test_unread(void **state)
{
	static const char *const dicts[] = {
		IMAGE "/ColorSpace /Pattern /BitsPerComponent 8", IMAGE "/Filter /Whatever"};
	struct pdfwriter w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dicts); i++) {
		begin(&w, WHOLE);
		pdfwriter_stream(&w, 10, dicts[i], VIEW_LIT("01234567"));
		finish(&w);
		assert_int_equal(got.n, 0);
		assert_int_equal(got.result.reasons, REASON_BIT(REASON_UNSUPPORTED));
		assert_int_equal(got.result.completeness, COMPLETENESS_UNREADABLE);
	}
	begin(&w, "BI /W 4 /H 2 /CS /G /BPC 8 ID 01234567 EI");
	finish(&w);
	assert_int_equal(got.result.reasons, REASON_BIT(REASON_UNSUPPORTED));
}

static void test_answers(void **state)
{
	struct pdfwriter w;

	(void)state;
	begin(&w, WHOLE);
	got.answer = (struct picture_result){COMPLETENESS_PARTIAL, REASON_BIT(REASON_TIMED_OUT)};
	(void)snprintf(got.text, sizeof(got.text), "found");
	pdfwriter_stream(
		&w, 10, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("01234567"));
	finish(&w);
	assert_int_equal(got.blocks, 1);
	assert_int_equal(got.result.reasons, REASON_BIT(REASON_TIMED_OUT));
	assert_int_equal(got.result.completeness, COMPLETENESS_PARTIAL);
}

static void test_too_many_pieces(void **state)
{
	cleanup_with(buf_done) struct buf content = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	for (int i = 0; i < 65; i++)
		assert_int_equal(buf_put_str(&content, WHOLE " "), 0);
	assert_int_equal(buf_terminate(&content), 0);
	begin(&w, (const char *)content.p);
	pdfwriter_stream(
		&w, 10, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("01234567"));
	finish(&w);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.picture[0].n, 64);
	assert_int_equal(got.result.reasons, REASON_BIT(REASON_TOO_BIG));
}

static void test_too_many_pictures(void **state)
{
	cleanup_with(buf_done) struct buf kids = BUF_INIT(0);
	struct pdfwriter w;

	(void)state;
	memset(&got, 0, sizeof(got));
	pdfwriter_begin(&w);
	for (int i = 0; i <= EXTRACT_PICTURES_MAX; i++)
		assert_int_equal(buf_printf(&kids, "%d 0 R ", 100 + i), 0);
	assert_int_equal(buf_terminate(&kids), 0);
	pdfwriter_object(&w, 1, "<</Type /Catalog /Pages 2 0 R>>");
	pdfwriter_object(&w, 2, "<</Type /Pages /Kids [%s] /Count 1 /MediaBox [0 0 600 800]>>",
		(const char *)kids.p);
	pdfwriter_stream(&w, 4, "", view_str(WHOLE));
	for (int i = 0; i <= EXTRACT_PICTURES_MAX; i++)
		pdfwriter_object(&w, (unsigned)(100 + i),
			"<</Type /Page /Parent 2 0 R /Contents 4 0 R"
			" /Resources <</XObject <</A 10 0 R>>>>>>");
	pdfwriter_stream(
		&w, 10, IMAGE "/ColorSpace /DeviceGray /BitsPerComponent 8", VIEW_LIT("01234567"));
	finish(&w);
	assert_int_equal(got.n, EXTRACT_PICTURES_MAX);
	assert_int_equal(got.result.reasons, REASON_BIT(REASON_TOO_BIG));
}

/* Files that are pictures, and pictures inside other documents. */
static void test_files(void **state)
{
	const struct picture_reader reader = {read_picture, NULL};
	struct block_sink sink = {take, NULL};
	struct extract_limits limits;
	struct view jpeg = VIEW_LIT("\xff\xd8\xff\xe0 and so on");

	(void)state;
	memset(&got, 0, sizeof(got));
	extract_limits_default(&limits);
	assert_int_equal(extract_document_seeing(jpeg, &limits, &reader, &sink, &got.result), 0);
	assert_int_equal(got.n, 1);
	assert_true(got.picture[0].whole);
	assert_int_equal(got.result.completeness, COMPLETENESS_FULL);
	assert_string_equal(got.result.format, "jpeg");
	/* nobody reads pictures */
	assert_int_equal(extract_document(jpeg, &limits, &sink, &got.result), 0);
	assert_int_equal(got.result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(got.result.reasons, REASON_BIT(REASON_UNSUPPORTED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codings),
		cmocka_unit_test(test_globals),
		cmocka_unit_test(test_palette),
		cmocka_unit_test(test_strips),
		cmocka_unit_test(test_beside_text),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(test_too_many_pictures),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("pdf images", tests, NULL, NULL);
}
