/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/pdf_glyph.h"

#include <stdlib.h>

#include "base/macros.h"

static const uint16_t winansi_high[32] = {0x20AC, 0x2022, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020,
	0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x2022, 0x017D, 0x2022, 0x2022, 0x2018,
	0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153,
	0x2022, 0x017E, 0x0178};

static const uint16_t macroman_high[128] = {0xC4, 0xC5, 0xC7, 0xC9, 0xD1, 0xD6, 0xDC, 0xE1, 0xE0,
	0xE2, 0xE4, 0xE3, 0xE5, 0xE7, 0xE9, 0xE8, 0xEA, 0xEB, 0xED, 0xEC, 0xEE, 0xEF, 0xF1, 0xF3,
	0xF2, 0xF4, 0xF6, 0xF5, 0xFA, 0xF9, 0xFB, 0xFC, 0x2020, 0xB0, 0xA2, 0xA3, 0xA7, 0x2022,
	0xB6, 0xDF, 0xAE, 0xA9, 0x2122, 0xB4, 0xA8, 0x2260, 0xC6, 0xD8, 0x221E, 0xB1, 0x2264,
	0x2265, 0xA5, 0xB5, 0x2202, 0x2211, 0x220F, 0x3C0, 0x222B, 0xAA, 0xBA, 0x3A9, 0xE6, 0xF8,
	0xBF, 0xA1, 0xAC, 0x221A, 0x192, 0x2248, 0x2206, 0xAB, 0xBB, 0x2026, 0xA0, 0xC0, 0xC3, 0xD5,
	0x152, 0x153, 0x2013, 0x2014, 0x201C, 0x201D, 0x2018, 0x2019, 0xF7, 0x25CA, 0xFF, 0x178,
	0x2044, 0x20AC, 0x2039, 0x203A, 0xFB01, 0xFB02, 0x2021, 0xB7, 0x201A, 0x201E, 0x2030, 0xC2,
	0xCA, 0xC1, 0xCB, 0xC8, 0xCD, 0xCE, 0xCF, 0xCC, 0xD3, 0xD4, 0xF8FF, 0xD2, 0xDA, 0xDB, 0xD9,
	0x131, 0x2C6, 0x2DC, 0xAF, 0x2D8, 0x2D9, 0x2DA, 0xB8, 0x2DD, 0x2DB, 0x2C7};

/* From 0xA0 on. */
static const uint16_t standard_high[96] = {0, 0xA1, 0xA2, 0xA3, 0x2044, 0xA5, 0x192, 0xA7, 0xA4,
	0x27, 0x201C, 0xAB, 0x2039, 0x203A, 0xFB01, 0xFB02, 0, 0x2013, 0x2020, 0x2021, 0xB7, 0,
	0xB6, 0x2022, 0x201A, 0x201E, 0x201D, 0xBB, 0x2026, 0x2030, 0, 0xBF, 0, 0x60, 0xB4, 0x2C6,
	0x2DC, 0xAF, 0x2D8, 0x2D9, 0xA8, 0, 0x2DA, 0xB8, 0, 0x2DD, 0x2DB, 0x2C7,
	0x2014, [65] = 0xC6, [67] = 0xAA, [72] = 0x141, 0xD8, 0x152,
	0xBA, [81] = 0xE6, [85] = 0x131, [88] = 0x142, 0xF8, 0x153, 0xDF};

uint32_t pdf_encoding_code(enum pdf_encoding e, uint8_t byte)
{
	if (byte < 0x20 || byte == 0x7F)
		return 0;
	if (byte < 0x7F) {
		if (e == PDF_ENCODING_STANDARD && byte == '\'')
			return 0x2019;
		return e == PDF_ENCODING_STANDARD && byte == '`' ? 0x2018 : byte;
	}

	switch (e) {
	case PDF_ENCODING_WINANSI: return byte < 0xA0 ? winansi_high[byte - 0x80] : byte;
	case PDF_ENCODING_MACROMAN: return macroman_high[byte - 0x80];
	case PDF_ENCODING_STANDARD: return byte < 0xA0 ? 0 : standard_high[byte - 0xA0];
	}
	return 0;
}

struct name {
	const char *name;
	uint16_t code;
};

/* Names that are not a letter with marks; sorted for bsearch. */
static const struct name names[] = {
	{"AE", 0xC6},
	{"Dcroat", 0x110},
	{"Dslash", 0x110},
	{"Eth", 0xD0},
	{"Euro", 0x20AC},
	{"Lslash", 0x141},
	{"OE", 0x152},
	{"Oslash", 0xD8},
	{"Thorn", 0xDE},
	{"acute", 0xB4},
	{"ae", 0xE6},
	{"ampersand", '&'},
	{"apostrophe", '\''},
	{"asciicircum", '^'},
	{"asciitilde", '~'},
	{"asterisk", '*'},
	{"at", '@'},
	{"backslash", '\\'},
	{"bar", '|'},
	{"blackstar", 0x2605},
	{"braceleft", '{'},
	{"braceright", '}'},
	{"bracketleft", '['},
	{"bracketright", ']'},
	{"breve", 0x2D8},
	{"brokenbar", 0xA6},
	{"bullet", 0x2022},
	{"caron", 0x2C7},
	{"cedilla", 0xB8},
	{"cent", 0xA2},
	{"circumflex", 0x2C6},
	{"colon", ':'},
	{"comma", ','},
	{"copyright", 0xA9},
	{"currency", 0xA4},
	{"dagger", 0x2020},
	{"daggerdbl", 0x2021},
	{"dcroat", 0x111},
	{"degree", 0xB0},
	{"dieresis", 0xA8},
	{"divide", 0xF7},
	{"dollar", '$'},
	{"dong", 0x20AB},
	{"dotaccent", 0x2D9},
	{"dotbelowcomb", 0x323},
	{"dotlessi", 0x131},
	{"eight", '8'},
	{"ellipsis", 0x2026},
	{"emdash", 0x2014},
	{"endash", 0x2013},
	{"equal", '='},
	{"eth", 0xF0},
	{"exclam", '!'},
	{"exclamdown", 0xA1},
	{"ff", 0xFB00},
	{"ffi", 0xFB03},
	{"ffl", 0xFB04},
	{"fi", 0xFB01},
	{"five", '5'},
	{"fl", 0xFB02},
	{"florin", 0x192},
	{"four", '4'},
	{"fraction", 0x2044},
	{"germandbls", 0xDF},
	{"grave", '`'},
	{"gravecomb", 0x300},
	{"greater", '>'},
	{"greaterequal", 0x2265},
	{"guillemotleft", 0xAB},
	{"guillemotright", 0xBB},
	{"guilsinglleft", 0x2039},
	{"guilsinglright", 0x203A},
	{"hookabovecomb", 0x309},
	{"hungarumlaut", 0x2DD},
	{"hyphen", '-'},
	{"hyphenminus", '-'},
	{"less", '<'},
	{"lessequal", 0x2264},
	{"logicalnot", 0xAC},
	{"lslash", 0x142},
	{"macron", 0xAF},
	{"minus", 0x2212},
	{"mu", 0xB5},
	{"multiply", 0xD7},
	{"nbspace", 0xA0},
	{"nine", '9'},
	{"nonbreakingspace", 0xA0},
	{"notequal", 0x2260},
	{"numbersign", '#'},
	{"oe", 0x153},
	{"ogonek", 0x2DB},
	{"one", '1'},
	{"onehalf", 0xBD},
	{"onequarter", 0xBC},
	{"onesuperior", 0xB9},
	{"ordfeminine", 0xAA},
	{"ordmasculine", 0xBA},
	{"oslash", 0xF8},
	{"paragraph", 0xB6},
	{"parenleft", '('},
	{"parenright", ')'},
	{"percent", '%'},
	{"period", '.'},
	{"periodcentered", 0xB7},
	{"perthousand", 0x2030},
	{"plus", '+'},
	{"plusminus", 0xB1},
	{"question", '?'},
	{"questiondown", 0xBF},
	{"quotedbl", '"'},
	{"quotedblbase", 0x201E},
	{"quotedblleft", 0x201C},
	{"quotedblright", 0x201D},
	{"quoteleft", 0x2018},
	{"quoteright", 0x2019},
	{"quotesinglbase", 0x201A},
	{"quotesingle", '\''},
	{"registered", 0xAE},
	{"ring", 0x2DA},
	{"section", 0xA7},
	{"semicolon", ';'},
	{"seven", '7'},
	{"six", '6'},
	{"slash", '/'},
	{"space", ' '},
	{"sterling", 0xA3},
	{"thorn", 0xFE},
	{"three", '3'},
	{"threequarters", 0xBE},
	{"threesuperior", 0xB3},
	{"tilde", 0x2DC},
	{"tildecomb", 0x303},
	{"trademark", 0x2122},
	{"two", '2'},
	{"twosuperior", 0xB2},
	{"underscore", '_'},
	{"yen", 0xA5},
	{"zero", '0'},
};

static int name_compare(const void *pkey, const void *pname)
{
	const struct view *key = pkey;
	const struct name *n = pname;
	size_t len = strlen(n->name);
	int r = memcmp(key->p, n->name, MIN(key->n, len));

	return r ? r : key->n < len ? -1 : key->n > len;
}

/* Marks that a letter's name can end in; a longer one stands before its own beginning. */
static const struct name marks[] = {
	{"acute", 0x301},
	{"grave", 0x300},
	{"hookabove", 0x309},
	{"tilde", 0x303},
	{"dotbelow", 0x323},
	{"breve", 0x306},
	{"circumflex", 0x302},
	{"horn", 0x31B},
	{"dieresis", 0x308},
	{"caron", 0x30C},
	{"cedilla", 0x327},
	{"commaaccent", 0x326},
	{"dotaccent", 0x307},
	{"hungarumlaut", 0x30B},
	{"macron", 0x304},
	{"ogonek", 0x328},
	{"ring", 0x30A},
};

/* "uhornacute" is u, horn, acute: decomposed, which canonical text composes. */
static unsigned letter_codes(struct view v, uint32_t *ret)
{
	unsigned n = 0;

	if (v.n == 0 || (v.p[0] | 0x20) < 'a' || (v.p[0] | 0x20) > 'z')
		return 0;
	ret[n++] = v.p[0];
	v = view_sub(v, 1, v.n);
	while (v.n) {
		size_t i = 0;
		while (i < ARRAY_SIZE(marks) && !view_starts(v, view_str(marks[i].name)))
			i++;
		if (i == ARRAY_SIZE(marks) || n == 4)
			return 0;
		ret[n++] = marks[i].code;
		v = view_sub(v, strlen(marks[i].name), v.n);
	}
	return n;
}

static bool hex_value(struct view v, uint32_t *ret)
{
	uint32_t n = 0;

	for (size_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		if (c >= '0' && c <= '9')
			n = n << 4 | (c - (uint32_t)'0');
		else if (c >= 'A' && c <= 'F')
			n = n << 4 | (c - (uint32_t)'A' + 10);
		else if (c >= 'a' && c <= 'f')
			n = n << 4 | (c - (uint32_t)'a' + 10);
		else
			return false;
	}
	*ret = n;
	return v.n > 0;
}

/* "uni1EAD", "uni00410301", "u1EAD" */
static unsigned unicode_codes(struct view v, uint32_t *ret)
{
	unsigned n = 0;

	if (view_starts(v, VIEW_LIT("uni")) && v.n >= 7 && (v.n - 3) % 4 == 0) {
		for (size_t at = 3; at < v.n && n < PDF_GLYPH_CODEPOINTS; at += 4) {
			if (!hex_value(view_sub(v, at, 4), &ret[n]))
				return 0;
			n++;
		}
		return n;
	}
	if (v.n >= 5 && v.n <= 7 && v.p[0] == 'u' && hex_value(view_sub(v, 1, v.n), ret))
		return *ret <= 0x10FFFF;
	return 0;
}

/* Cyrillic letters have numbers in Adobe's list. */
static uint32_t afii_code(struct view v)
{
	uint32_t n = 0;

	if (v.n != 9 || !view_starts(v, VIEW_LIT("afii")))
		return 0;
	for (size_t i = 4; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return 0;
		n = n * 10 + (v.p[i] - (uint32_t)'0');
	}
	if (n == 10023 || n == 10071)
		return n == 10023 ? 0x401 : 0x451;
	if (n >= 10017 && n <= 10049)
		return 0x410 + (n - 10017) - (n > 10023);
	if (n >= 10065 && n <= 10097)
		return 0x430 + (n - 10065) - (n > 10071);
	return n == 61352 ? 0x2116 : 0;
}

static unsigned component_codes(struct view v, uint32_t *ret)
{
	const struct name *known = bsearch(
		&v, names, ARRAY_SIZE(names), sizeof(names[0]), name_compare);

	if (known) {
		*ret = known->code;
		return 1;
	}
	unsigned n = unicode_codes(v, ret);
	if (n == 0)
		n = letter_codes(v, ret);
	if (n == 0 && (*ret = afii_code(v)) != 0)
		n = 1;
	return n;
}

unsigned pdf_glyph_codes(struct view name, uint32_t ret[PDF_GLYPH_CODEPOINTS])
{
	const uint8_t *dot = name.n ? memchr(name.p, '.', name.n) : NULL;
	unsigned n = 0;

	if (dot)
		name.n = (size_t)(dot - name.p); /* a variant: "a.sc" */
	while (name.n) {
		const uint8_t *joint = memchr(name.p, '_', name.n);
		size_t len = joint ? (size_t)(joint - name.p) : name.n;
		uint32_t codes[PDF_GLYPH_CODEPOINTS];
		unsigned k = len ? component_codes(view_sub(name, 0, len), codes) : 0;

		if (k == 0 || n + k > PDF_GLYPH_CODEPOINTS)
			return 0;
		memcpy(ret + n, codes, k * sizeof(codes[0]));
		n += k;
		name = joint ? view_sub(name, len + 1, name.n) : VIEW_EMPTY;
	}
	return n;
}
