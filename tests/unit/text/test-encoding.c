/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <iconv.h>
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/canon_compose.h"
#include "text/encoding.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

static void decode(enum encoding e, struct view in, const char *want)
{
	cleanup_with(buf_done) struct buf out = {0};

	assert_int_equal(encoding_decode(e, in, &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, want);
}

#define DECODE(e, in, want) decode(e, VIEW_LIT(in), want)

/* --- names ------------------------------------------------------------------------------------ */

static void test_names(void **state)
{
	enum encoding e;

	(void)state;
	for (int i = 0; i < ENCODING_MAX; i++) {
		assert_int_equal(encoding_parse(view_str(encoding_name(i)), &e), 0);
		assert_int_equal(e, i);
	}
	assert_string_equal(encoding_name(ENCODING_MAX), "unknown");
	assert_int_equal(encoding_parse(VIEW_LIT("Windows-1258"), &e), 0);
	assert_int_equal(e, ENCODING_CP1258);
	assert_int_equal(encoding_parse(VIEW_LIT(" \"x-viet-tcvn5712\" "), &e), 0);
	assert_int_equal(e, ENCODING_TCVN3);
	assert_int_equal(encoding_parse(VIEW_LIT("GB2312"), &e), 0);
	assert_int_equal(e, ENCODING_GB18030);
	assert_int_equal(encoding_parse(VIEW_LIT("ISO-8859-1"), &e), 0);
	assert_int_equal(e, ENCODING_CP1252);
	assert_int_equal(encoding_parse(VIEW_LIT("utf-99"), &e), -EINVAL);
	assert_int_equal(encoding_parse(VIEW_LIT("utf-8\0"), &e), -EINVAL);
	assert_int_equal(encoding_parse(VIEW_LIT(""), &e), -EINVAL);
}

static void test_fonts(void **state)
{
	static const struct {
		const char *font;
		int encoding; /* -1: an ordinary font */
		bool capitals;
	} rows[] = {
		{".VnTime", ENCODING_TCVN3, false},
		{".VnTimeH", ENCODING_TCVN3, true},
		{".vnArial", ENCODING_TCVN3, false},
		{".VnArial NarrowH", ENCODING_TCVN3, true},
		{"'.VnTimeH Bold Italic'", ENCODING_TCVN3, true},
		{"ABCDEF+.VnTimeH,Bold", ENCODING_TCVN3, true},
		{"VNI-Times", ENCODING_VNI, false},
		{"vni-helve", ENCODING_VNI, false},
		{"VPS Times", ENCODING_VPS, false},
		{"Times New Roman", -1, false},
		{"Bold", -1, false},
		{".Vn", -1, false},
		{"VNIA", -1, false},
		{"VPSans", -1, false},
		{"", -1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum encoding e = ENCODING_MAX;
		bool capitals = true;
		bool found = encoding_of_font(view_str(rows[i].font), &e, &capitals);

		assert_int_equal(found, rows[i].encoding >= 0);
		assert_int_equal(capitals, rows[i].capitals);
		if (found)
			assert_int_equal(e, rows[i].encoding);
	}
}

/* --- decoding --------------------------------------------------------------------------------- */

static void test_decode_unicode(void **state)
{
	(void)state;
	DECODE(ENCODING_UTF8, "", "");
	DECODE(ENCODING_UTF8, "\xef\xbb\xbfMẬT", "MẬT");
	DECODE(ENCODING_UTF8, "a\xff\xe1\xba", "a\ufffd\ufffd");
	DECODE(ENCODING_UTF16LE, "\xff\xfeM\0\xac\x1eT\0", "MẬT");
	DECODE(ENCODING_UTF16BE, "\xfe\xff\0M\x1e\xac\0T", "MẬT");
	DECODE(ENCODING_UTF16LE, "M\0\xac\x1eT", "MẬ\ufffd");
	DECODE(ENCODING_UTF16BE, "\xd8\x3d\xdd\x12", "🔒");
	DECODE(ENCODING_UTF16BE, "\xd8\x3d\0A\xdd\x12\xd8\x3d", "\ufffdA\ufffd\ufffd");
	DECODE(ENCODING_UTF32LE, "\xff\xfe\0\0M\0\0\0\xac\x1e\0\0\x12\xf5\x01\0", "MẬ🔒");
	DECODE(ENCODING_UTF32BE, "\0\0\0M\0\x11\0\0\0\0", "M\ufffd\ufffd");
}

static void test_decode_vietnamese(void **state)
{
	(void)state;
	DECODE(ENCODING_TCVN3, "tuy\xd6t m\xcbt", "tuyệt mật");
	/* TCVN3 has no capitals with a tone. */
	DECODE(ENCODING_TCVN3, "TUY\xd6T M\xcbT, \xa7\xa2", "TUYệT MậT, ĐÂ");
	DECODE(ENCODING_TCVN3, "a\xb3 \xaa\xb4", "á ệ");
	DECODE(ENCODING_VNI, "TUYE\xc4T MA\xc4T, \xd1\xd4\xcf \xd6\xd9", "TUYỆT MẬT, ĐỢ Ứ");
	DECODE(ENCODING_VNI, "tuye\xe4t ma\xc4t l\xf6u ha\xf8nh no\xe4i bo\xe4",
		"tuyệt mật lưu hành nội bộ");
	DECODE(ENCODING_VNI, "x\xe4 i\xea \xe6\xf3\xf2\xee\xc6\xd3\xd2\xce \x80",
		"xä iê ỉĩịỵỈĨỊỴ €");
	DECODE(ENCODING_VNI, "\x81 e\xea o\xfc", "\xc2\x81 eê oü");
	DECODE(ENCODING_VISCII, "TUY\x8eT M\x87T \x02", "TUYỆT MẬT Ẳ");
	DECODE(ENCODING_VPS, "tuy\x8ct m\xc6t M\x03T", "tuyệt mật MẬT");
	DECODE(ENCODING_VPS, "\x91\xa0", "\ufffd\ufffd");
	DECODE(ENCODING_CP1258, "TUY\xca\xf2T M\xc2\xf2T \xfe", "TUYỆT MẬT ₫");
	DECODE(ENCODING_CP1258, "x\xf2 \xf2", "x\u0323 \u0323");
	DECODE(ENCODING_CP1252, "\x80\x81\xa0\xff", "€\xc2\x81\u00a0ÿ");
}

static void test_decode_others(void **state)
{
	(void)state;
	DECODE(ENCODING_CP1251, "\xd1\xc5\xca\xd0\xc5\xd2\xcd\xce", "СЕКРЕТНО");
	DECODE(ENCODING_KOI8R, "\xf3\xe5\xeb\xf2\xe5\xf4\xee\xef", "СЕКРЕТНО");
	DECODE(ENCODING_GB18030, "\xbb\xfa\xc3\xdc\xa1\xef", "机密★");
	DECODE(ENCODING_GB18030, "\x81\x30\x81\x30\x90\x30\x81\x30", "\xc2\x80\U00010000");
	DECODE(ENCODING_GB18030, "\xff a\xbb", "\ufffd a\ufffd");
	DECODE(ENCODING_GB18030, "\xe3\x32\x9a\x35\xe3\x32\x9a\x36",
		"\U0010ffff\ufffd\x32\ufffd\x36");
}

static void test_decode_bounds(void **state)
{
	static const char text[] = "tuy\xd6t m\xcbt tuy\xd6t m\xcbt";

	(void)state;
	for (int e = 0; e < ENCODING_MAX; e++) {
		for (size_t max = 1; max < 12; max++) {
			cleanup_with(buf_done) struct buf out = BUF_INIT(max);
			int r = encoding_decode(e, view_str(text), &out);

			assert_true(out.n <= max);
			assert_int_equal(r, -E2BIG);
		}
	}
	{
		cleanup_with(buf_done) struct buf out = {0};

		assert_int_equal(encoding_decode(ENCODING_MAX, VIEW_LIT("a"), &out), -ENOTSUP);
		assert_int_equal(
			encoding_decode_mojibake(ENCODING_UTF8, VIEW_LIT("a"), &out), -ENOTSUP);
		assert_int_equal(
			encoding_decode_mojibake(ENCODING_GB18030, VIEW_LIT("a"), &out), -ENOTSUP);
	}
}

/* Our tables against the C library's; a test of the pure data, byte by byte. */
static void compare_with_iconv(enum encoding e, const char *charset)
{
	iconv_t cd = iconv_open("UTF-8", charset);

	if (cd == (iconv_t)-1)
		skip();
	for (unsigned b = 0x80; b < 0x100; b++) {
		cleanup_with(buf_done) struct buf ours = {0};
		uint8_t byte = (uint8_t)b;
		char in[2] = {(char)b, ' '}, utf8[16];
		char *from = in, *to = utf8;
		size_t left = 2, room = sizeof(utf8);

		/* A blank after it: converters hold a letter back that a mark might follow. */
		if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 ||
			iconv(cd, NULL, NULL, &to, &room) == (size_t)-1) {
			iconv(cd, NULL, NULL, NULL, NULL);
			continue;
		}
		assert_int_equal(encoding_decode(e, view_of(&byte, 1), &ours), 0);
		assert_int_equal(buf_put_byte(&ours, ' '), 0);
		if (!view_eq(buf_view(&ours), view_of(utf8, (size_t)(to - utf8))))
			fail_msg("%s, byte 0x%02x", charset, b);
	}
	iconv_close(cd);
}

static void test_tables(void **state)
{
	static const struct {
		enum encoding e;
		const char *charset;
	} rows[] = {
		{ENCODING_CP1252, "CP1252"},
		{ENCODING_CP1258, "CP1258"},
		{ENCODING_TCVN3, "TCVN"},
		{ENCODING_VISCII, "VISCII"},
		{ENCODING_CP1251, "CP1251"},
		{ENCODING_KOI8R, "KOI8-R"},
		{ENCODING_CP866, "CP866"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		compare_with_iconv(rows[i].e, rows[i].charset);
}

/* Each character of the basic plane through the C library's GB18030 and back by ours. Private use
   moved between the editions of the standard. */
static void test_gb18030(void **state)
{
	iconv_t cd = iconv_open("GB18030", "UTF-32LE");
	unsigned compared = 0;

	(void)state;
	if (cd == (iconv_t)-1)
		skip();
	for (uint32_t cp = 0x80; cp < 0x10000; cp++) {
		cleanup_with(buf_done) struct buf ours = {0};
		char *from = (char *)&cp, gb[8], *to = gb;
		size_t left = 4, room = sizeof(gb), len;

		if ((cp >= 0xd800 && cp < 0xf900) || (cp >= 0xfe10 && cp < 0xfe20) ||
			(cp >= 0x9fb4 && cp < 0x9fbc) || cp == 0x1e3f)
			continue;
		if (iconv(cd, &from, &left, &to, &room) == (size_t)-1)
			continue;
		assert_int_equal(
			encoding_decode(ENCODING_GB18030, view_of(gb, (size_t)(to - gb)), &ours),
			0);
		if (utf8_next(ours.p, ours.n, &len, NULL) != cp || len != ours.n)
			fail_msg("U+%04X", cp);
		compared++;
	}
	iconv_close(cd);
	assert_true(compared > 55000);
}

/* --- detection -------------------------------------------------------------------------------- */

/* Bytes of each code point in an encoding, found by decoding all of one and two bytes. */
struct inverse {
	uint8_t n;
	uint8_t bytes[2];
};

static struct inverse *inverse_new(enum encoding e)
{
	struct inverse *map = calloc(0x2200, sizeof(*map));

	assert_non_null(map);
	for (unsigned a = 0x20; a < 0x100; a++) {
		for (unsigned b = 0x7f; b < 0x100; b++) {
			uint8_t in[2] = {(uint8_t)a, (uint8_t)b};
			struct encoding_reader r = {e, false, in, in + (b == 0x7f ? 1 : 2)};
			uint32_t cp = encoding_read(&r);
			size_t n = (size_t)(r.p - in);

			if (r.p == r.end && cp < 0x2200 && (map[cp].n == 0 || map[cp].n > n))
				map[cp] = (struct inverse){(uint8_t)n, {in[0], in[1]}};
		}
	}
	return map;
}

/* ABC and VPS lack capitals with a tone: the small letter stands for them. */
static void encode(enum encoding e, const char *utf8, struct buf *out)
{
	struct inverse *map = inverse_new(e);
	struct view v = view_str(utf8);
	size_t len;

	buf_clear(out);
	for (size_t i = 0; i < v.n; i += len) {
		uint32_t cp = utf8_next(v.p + i, v.n - i, &len, NULL);

		if (cp >= 0x1ea0 && cp < 0x1efa && !(cp & 1) &&
			(map[cp].n == 0 || e == ENCODING_TCVN3))
			cp++;
		if (cp < 0x20)
			map[cp] = (struct inverse){1, {(uint8_t)cp}};
		assert_true(map[cp].n > 0);
		assert_int_equal(buf_put(out, map[cp].bytes, map[cp].n), 0);
	}
	free(map);
}

static const enum encoding vietnamese[] = {
	ENCODING_TCVN3, ENCODING_VNI, ENCODING_VISCII, ENCODING_VPS, ENCODING_CP1258};

static void expect_detected(struct view v, enum encoding want)
{
	enum encoding got = ENCODING_MAX;

	assert_true(encoding_detect(v, NULL, &got));
	assert_string_equal(encoding_name(got), encoding_name(want));
}

static void test_detect_vietnamese(void **state)
{
	static const char *const texts[] = {
		"tuyệt mật, không sao chụp",
		"Lưu hành nội bộ",
		"Thuyền trưởng ra lệnh nhổ neo lúc rạng sáng",
		"Mẹ tôi nấu canh chua cá lóc, thêm rau muống xào tỏi.",
		"Cô giáo dặn học trò giữ gìn vở sạch chữ đẹp.",
		("Chiều nay lớp tôi đá bóng với lớp bên cạnh, thua ba quả.\n"
		 "Ban giám khảo chấm điểm từng tiết mục, giải nhất thuộc về đội Cần Thơ."),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vietnamese); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
			cleanup_with(buf_done) struct buf in = {0};

			encode(vietnamese[i], texts[k], &in);
			expect_detected(buf_view(&in), vietnamese[i]);
			decode(vietnamese[i], buf_view(&in), texts[k]);
		}
	}
}

static void test_detect_capitals(void **state)
{
	(void)state;
	expect_detected(VIEW_LIT("TUY\xd6T M\xcbT"), ENCODING_TCVN3);
	expect_detected(VIEW_LIT("TUYE\xc4T MA\xc4T"), ENCODING_VNI);
	expect_detected(VIEW_LIT("TUY\x8eT M\x87T"), ENCODING_VISCII);
	expect_detected(VIEW_LIT("TUY\xca\xf2T M\xc2\xf2T"), ENCODING_CP1258);
	expect_detected(VIEW_LIT("TUY\x8cT M\xc6T"), ENCODING_VPS);
	/* A letter among the controls, in a short text. */
	expect_detected(VIEW_LIT("TUY\x8eT M\x87T, K\x19 HI\x8eU"), ENCODING_VISCII);
}

static void test_detect_western(void **state)
{
	static const char *const texts[] = {
		"Le Noël à l'hôtel était très agréable, même sans la mère de René.",
		"Die Größe der Tür für Müller & Söhne: über 5 m², 25°C.",
		"El niño comió más piñas mañana, ¿verdad? Señor Muñoz está aquí.",
		"A reunião não começará às três; a informação é pública, irmão.",
		"“It’s” – a café… § 5 © £",
		"Perché la città è così più bella? Già.",
		"TÊTE À TÊTE, FORÊT, ÉTÉ",
		"für",
		"Hôtel",
	};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
		cleanup_with(buf_done) struct buf in = {0};
		enum encoding e = ENCODING_MAX;

		encode(ENCODING_CP1252, texts[k], &in);
		expect_detected(buf_view(&in), ENCODING_CP1252);
		assert_false(encoding_detect_mojibake(view_str(texts[k]), &e));
		assert_int_equal(e, ENCODING_MAX);
	}
}

static void test_detect_russian(void **state)
{
	static const char *const texts[] = {
		"СОВЕРШЕННО СЕКРЕТНО",
		"Для служебного пользования",
		"Погода в северных районах остаётся прохладной, местами дожди.",
	};
	static const enum encoding russian[] = {ENCODING_CP1251, ENCODING_KOI8R, ENCODING_CP866};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(russian); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
			cleanup_with(buf_done) struct buf in = {0};

			encode(russian[i], texts[k], &in);
			expect_detected(buf_view(&in), russian[i]);
		}
	}
}

static void test_detect_chinese(void **state)
{
	(void)state;
	/* 机密文件 and a sentence, with ASCII between. */
	expect_detected(VIEW_LIT("\xbb\xfa\xc3\xdc\xce\xc4\xbc\xfe"), ENCODING_GB18030);
	expect_detected(VIEW_LIT("No. 5: \xce\xaf\xd4\xb1\xbb\xe1\xd0\xc7\xc6\xda\xb6\xfe\xd5\xd9"
				 "\xbf\xaa\xbb\xe1\xd2\xe9\xa1\xa3 (2024)"),
		ENCODING_GB18030);
}

static void to_wide(const char *utf8, unsigned size, bool big, struct buf *out)
{
	struct view v = view_str(utf8);
	size_t len;

	for (size_t i = 0; i < v.n; i += len) {
		uint32_t cp = utf8_next(v.p + i, v.n - i, &len, NULL);

		for (unsigned k = 0; k < size; k++)
			assert_int_equal(
				buf_put_byte(out, (uint8_t)(cp >> 8 * (big ? size - 1 - k : k))),
				0);
	}
}

static void test_detect_unicode(void **state)
{
	static const enum encoding wide[2][2] = {
		{ENCODING_UTF16LE, ENCODING_UTF16BE}, {ENCODING_UTF32LE, ENCODING_UTF32BE}};
	static const char *const texts[] = {"TUYỆT MẬT", "Top secret", "Для служебного пользования",
		"\ufeffTUYỆT MẬT", "\ufeff机密★5年", "\ufeff",
		"委员会星期二召开会议，审议了年度报告和明年的预算。"};

	(void)state;
	for (unsigned s = 0; s < 2; s++) {
		for (unsigned big = 0; big < 2; big++) {
			for (size_t k = 0; k < ARRAY_SIZE(texts) - s; k++) {
				cleanup_with(buf_done) struct buf in = {0};

				to_wide(texts[k], 2 + 2 * s, big, &in);
				expect_detected(buf_view(&in), wide[s][big]);
			}
		}
	}
	expect_detected(VIEW_LIT(""), ENCODING_UTF8);
	expect_detected(VIEW_LIT("plain ASCII\r\n"), ENCODING_UTF8);
	expect_detected(VIEW_LIT("\xef\xbb\xbfMẬT"), ENCODING_UTF8);
	expect_detected(VIEW_LIT("TUYỆT MẬT"), ENCODING_UTF8);
	expect_detected(VIEW_LIT("機密"), ENCODING_UTF8);
	/* A stray byte, a cut at 64 KiB, NULs for padding. */
	expect_detected(
		VIEW_LIT("ộ ậ ệ ồ ố ổ ỗ ơ ờ ớ ở ỡ ợ ă ằ ắ ẳ ẵ ặ đ \xff và hết rồi"), ENCODING_UTF8);
	expect_detected(VIEW_LIT("TUYỆT MẬT\0\0\0\0\0\0\0"), ENCODING_UTF8);
	{
		cleanup_with(buf_done) struct buf in = {0};

		while (in.n < 65536 + 3)
			assert_int_equal(buf_put_str(&in, "ậ "), 0);
		memmove(in.p, in.p + 2, in.n - 2);
		expect_detected(view_of(in.p + 1, in.n - 3), ENCODING_UTF8);
	}
}

static void test_detect_binary(void **state)
{
	static const uint8_t elf[] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0,
		0x3e, 0, 1, 0, 0, 0, 0x90, 0xd5, 0, 0, 0, 0, 0, 0};
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H',
		'D', 'R', 0, 0, 2, 0x58, 0, 0, 1, 0x90, 8, 6, 0, 0, 0};
	enum encoding e = ENCODING_MAX;
	uint8_t noise[4096];
	uint32_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++) {
		seed = seed * 1664525U + 1013904223U;
		noise[i] = (uint8_t)(seed >> 24);
	}
	assert_false(encoding_detect(view_of(elf, sizeof(elf)), NULL, &e));
	assert_false(encoding_detect(view_of(png, sizeof(png)), NULL, &e));
	for (size_t n = 64; n <= sizeof(noise); n *= 2)
		assert_false(encoding_detect(view_of(noise, n), NULL, &e));
	assert_false(encoding_detect(VIEW_LIT("\0\0\0\0\0\0\0\0\0\0\0\0"), NULL, &e));
	assert_false(encoding_detect(VIEW_LIT("a\0b\0\0c\0\0\0"), NULL, &e));
	assert_false(
		encoding_detect(VIEW_LIT("\xff\xfe\x01\x02\x03\x04\x80\x81\x05\xd8"), NULL, &e));
	assert_int_equal(e, ENCODING_MAX);
}

static void test_detect_hint(void **state)
{
	enum encoding hint = ENCODING_KOI8R, e = ENCODING_MAX;

	(void)state;
	/* Too little to tell: the declaration decides. */
	assert_true(encoding_detect(VIEW_LIT("\xf1\xf2\xf3"), &hint, &e));
	assert_int_equal(e, ENCODING_KOI8R);
	hint = ENCODING_VPS;
	assert_true(encoding_detect(VIEW_LIT("\xf1"), &hint, &e));
	assert_int_equal(e, ENCODING_VPS);
	/* A wrong one does not. */
	hint = ENCODING_CP1252;
	assert_true(encoding_detect(VIEW_LIT("TUY\xd6T M\xcbT"), &hint, &e));
	assert_int_equal(e, ENCODING_TCVN3);
	hint = ENCODING_UTF16LE;
	assert_true(encoding_detect(VIEW_LIT("caf\xe9"), &hint, &e));
	assert_int_equal(e, ENCODING_CP1252);
}

/* --- mojibake --------------------------------------------------------------------------------- */

static void mojibake(const char *in, enum encoding want, const char *decoded)
{
	cleanup_with(buf_done) struct buf out = {0};
	enum encoding e = ENCODING_MAX;

	assert_true(encoding_detect_mojibake(view_str(in), &e));
	assert_string_equal(encoding_name(e), encoding_name(want));
	assert_int_equal(encoding_decode_mojibake(e, view_str(in), &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((char *)out.p, decoded);
}

static void test_mojibake(void **state)
{
	enum encoding e = ENCODING_MAX;

	(void)state;
	mojibake("tuyÖt mËt", ENCODING_TCVN3, "tuyệt mật");
	mojibake("Uû ban nh©n d©n – nh\u00adng", ENCODING_TCVN3, "Uỷ ban nhân dân – nhưng");
	mojibake("TUYEÄT MAÄT • löu haønh noäi boä", ENCODING_VNI, "TUYỆT MẬT • lưu hành nội bộ");
	assert_false(encoding_detect_mojibake(VIEW_LIT("tuyệt mật"), &e));
	assert_false(encoding_detect_mojibake(VIEW_LIT("Für Größe, déjà vu"), &e));
	assert_false(encoding_detect_mojibake(VIEW_LIT("plain"), &e));
	assert_false(encoding_detect_mojibake(VIEW_LIT("Для служебного"), &e));
	assert_false(encoding_detect_mojibake(VIEW_LIT(""), &e));
	assert_false(encoding_detect_mojibake(VIEW_LIT("\xff\xe1\x80"), &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fonts),
		cmocka_unit_test(test_decode_unicode),
		cmocka_unit_test(test_decode_vietnamese),
		cmocka_unit_test(test_decode_others),
		cmocka_unit_test(test_decode_bounds),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_gb18030),
		cmocka_unit_test(test_detect_vietnamese),
		cmocka_unit_test(test_detect_capitals),
		cmocka_unit_test(test_detect_western),
		cmocka_unit_test(test_detect_russian),
		cmocka_unit_test(test_detect_chinese),
		cmocka_unit_test(test_detect_unicode),
		cmocka_unit_test(test_detect_binary),
		cmocka_unit_test(test_detect_hint),
		cmocka_unit_test(test_mojibake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
