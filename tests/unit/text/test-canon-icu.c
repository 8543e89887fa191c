/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICU as the referee: canonical text is NFKC_Casefold, but that all format and control characters
 * go, that white space is one blank, and that an eth is a đ and an enclosed letter that letter.
 * (Look-alikes are left out here: no text mixes scripts.) Rewrites ICU's input and output by just
 * that and expects equality.
 */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "text/canon.h"
#include "text/utf8.h"

#define TEXT_MAX 256 /* code points */

static int32_t before_icu(const uint32_t *cps, size_t n, UChar *to)
{
	/* white letters on black, and those that flags are made of */
	static const uint32_t enclosed[] = {0x1f150, 0x1f170, 0x1f1e6};
	int32_t k = 0;

	for (size_t i = 0; i < n; i++) {
		UChar32 c = (UChar32)cps[i];
		int8_t type = u_charType(c);
		bool white = u_hasBinaryProperty(c, UCHAR_WHITE_SPACE);

		if (type == U_FORMAT_CHAR || (type == U_CONTROL_CHAR && !white))
			continue;
		if (c == 0xd0 || c == 0xf0 || c == 0x189 || c == 0x256)
			c = 0x111;
		for (size_t j = 0; j < ARRAY_SIZE(enclosed); j++)
			if ((uint32_t)c - enclosed[j] < 26)
				c = 'a' + (UChar32)((uint32_t)c - enclosed[j]);
		if (white)
			c = ' ';
		U16_APPEND_UNSAFE(to, k, c);
	}
	return k;
}

static void icu(const uint32_t *cps, size_t n, struct buf *out)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *cf = unorm2_getNFKCCasefoldInstance(&e);
	UChar a[2 * TEXT_MAX], b[40 * TEXT_MAX];
	int32_t na = before_icu(cps, n, a);
	int32_t nb = unorm2_normalize(cf, a, na, b, 40 * TEXT_MAX, &e);

	assert_true(U_SUCCESS(e));
	for (int32_t i = 0; i < nb;) {
		UChar32 c;

		U16_NEXT(b, i, nb, c);
		if (c == ' ' && out->n > 0 && out->p[out->n - 1] == ' ')
			continue;
		assert_int_equal(buf_put_utf8(out, (uint32_t)c), 0);
	}
}

static void compare(const uint32_t *cps, size_t n)
{
	struct buf in = {0}, ours = {0}, theirs = {0};

	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_put_utf8(&in, cps[i]), 0);
	assert_int_equal(canon_text(buf_view(&in), &ours, NULL), 0);
	icu(cps, n, &theirs);
	if (!view_eq(buf_view(&ours), buf_view(&theirs))) {
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, " U+%04X", cps[i]);
		fail_msg(": ours '%.*s', ICU '%.*s'", (int)ours.n, (char *)ours.p, (int)theirs.n,
			(char *)theirs.p);
	}
	buf_done(&in);
	buf_done(&ours);
	buf_done(&theirs);
}

static bool is_assigned(uint32_t cp)
{
	return u_isdefined((UChar32)cp) && u_charType((UChar32)cp) != U_SURROGATE;
}

/* Each code point alone, between letters of no script, and with marks and letters around. */
static void test_each(void **state)
{
	unsigned n = 0;

	(void)state;
	for (uint32_t cp = 1; cp < 0x110000; cp++) {
		if (cp == 0x20000)
			cp = 0xe0000;
		if (!is_assigned(cp))
			continue;
		compare((uint32_t[]){cp}, 1);
		compare((uint32_t[]){'(', ' ', cp, 0x327, 0x308, cp, 0x1100, 0x1161, ')'}, 9);
		n++;
	}
	assert_true(n > 80000);
}

/* The long way through the vector loop and out of it. */
static void test_each_in_text(void **state)
{
	(void)state;
	for (uint32_t cp = 0x80; cp < 0x10000; cp++) {
		uint32_t text[48];

		if (!is_assigned(cp))
			continue;
		for (size_t i = 0; i < 48; i++)
			text[i] = i % 20 == 9 ? cp : '0' + (uint32_t)i % 10;
		compare(text, 48);
	}
}

static void permute(uint32_t *cps, size_t from, size_t n)
{
	if (from + 1 >= n) {
		compare(cps, n);
		return;
	}
	for (size_t i = from; i < n; i++) {
		uint32_t c = cps[from];

		cps[from] = cps[i];
		cps[i] = c;
		permute(cps, from + 1, n);
		cps[i] = cps[from];
		cps[from] = c;
	}
}

/* Each Latin letter with up to four marks, in every order. */
static void test_vietnamese(void **state)
{
	static const uint32_t marks[] = {
		0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x308, 0x309, 0x31b, 0x323, 0x327, 0x344};

	(void)state;
	for (uint32_t cp = 'A'; cp < 0x1f00; cp++) {
		if (cp == 0x250)
			cp = 0x1e00;
		if (!u_isalpha((UChar32)cp))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
			for (size_t k = 0; k < ARRAY_SIZE(marks); k++) {
				uint32_t text[] = {cp, marks[i], marks[k]};

				compare(text, 3);
			}
	}
	for (const char *p = "aeouyxAEOUY"; *p; p++) {
		uint32_t text[] = {(uint8_t)*p, 0x302, 0x31b, 0x323, 0x301};

		permute(text, 1, ARRAY_SIZE(text));
	}
}

/* Random text of few kinds of code point; a fixed seed, so a failure comes again. */
static void test_random(void **state)
{
	static const uint32_t kinds[][2] = {{0x20, 0x7f}, {0x20, 0x7f}, {0xa0, 0x250},
		{0x300, 0x330}, {0x1ea0, 0x1efa}, {0x2000, 0x2070}, {0x1100, 0x1200},
		{0xac00, 0xac40}, {0x900, 0x980}, {0x3040, 0x30ff}, {0xff00, 0xff60},
		{0xfdf0, 0xfe10}, {0x1d400, 0x1d500}, {0xcc0, 0xce0}};
	uint32_t seed = 99;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		uint32_t text[64];
		size_t n;

		seed = seed * 1664525U + 1013904223U;
		n = 1 + (seed >> 16) % ARRAY_SIZE(text);
		for (size_t i = 0; i < n; i++) {
			const uint32_t *kind;

			seed = seed * 1664525U + 1013904223U;
			kind = kinds[(seed >> 28) % ARRAY_SIZE(kinds)];
			text[i] = kind[0] + (seed >> 8 & 0xffff) % (kind[1] - kind[0]);
			/* Small capitals and their like are look-alikes. */
			if (!is_assigned(text[i]))
				text[i] = 'A';
		}
		compare(text, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_each_in_text),
		cmocka_unit_test(test_vietnamese),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
