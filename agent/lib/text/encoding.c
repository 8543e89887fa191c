/* SPDX-License-Identifier: Apache-2.0 */
/* Names of encodings, and the fonts that stand for one. */
#include "text/encoding.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {
	[ENCODING_UTF8] = "utf-8",
	[ENCODING_UTF16LE] = "utf-16le",
	[ENCODING_UTF16BE] = "utf-16be",
	[ENCODING_UTF32LE] = "utf-32le",
	[ENCODING_UTF32BE] = "utf-32be",
	[ENCODING_CP1252] = "windows-1252",
	[ENCODING_CP1258] = "windows-1258",
	[ENCODING_TCVN3] = "tcvn3",
	[ENCODING_VNI] = "vni",
	[ENCODING_VISCII] = "viscii",
	[ENCODING_VPS] = "vps",
	[ENCODING_CP1251] = "windows-1251",
	[ENCODING_KOI8R] = "koi8-r",
	[ENCODING_CP866] = "ibm866",
	[ENCODING_GB18030] = "gb18030",
	[ENCODING_BIG5] = "big5",
	[ENCODING_SHIFT_JIS] = "shift_jis",
	[ENCODING_EUC_JP] = "euc-jp",
	[ENCODING_EUC_KR] = "euc-kr",
	[ENCODING_UTF7] = "utf-7",
};
_Static_assert(ARRAY_SIZE(names) == ENCODING_MAX, "each encoding has a name");

/* As mail, HTML and office files write them. ASCII and Latin-1 are subsets of what they stand for;
   UTF-16 without an order is little-endian, as the WHATWG has it. */
static const struct {
	const char *name;
	enum encoding encoding;
} aliases[] = {
	{"utf8", ENCODING_UTF8},
	{"unicode-1-1-utf-8", ENCODING_UTF8},
	{"us-ascii", ENCODING_CP1252},
	{"ascii", ENCODING_CP1252},
	{"utf-16", ENCODING_UTF16LE},
	{"ucs-2", ENCODING_UTF16LE},
	{"unicode", ENCODING_UTF16LE},
	{"utf-32", ENCODING_UTF32LE},
	{"ucs-4", ENCODING_UTF32LE},
	{"cp1252", ENCODING_CP1252},
	{"cp-1252", ENCODING_CP1252},
	{"iso-8859-1", ENCODING_CP1252},
	{"iso8859-1", ENCODING_CP1252},
	{"iso_8859-1", ENCODING_CP1252},
	{"latin1", ENCODING_CP1252},
	{"latin-1", ENCODING_CP1252},
	{"iso-8859-15", ENCODING_CP1252},
	{"cp1258", ENCODING_CP1258},
	{"x-cp1258", ENCODING_CP1258},
	{"cp-1258", ENCODING_CP1258},
	{"tcvn", ENCODING_TCVN3},
	{"tcvn-5712", ENCODING_TCVN3},
	{"tcvn5712", ENCODING_TCVN3},
	{"tcvn5712-1", ENCODING_TCVN3},
	{"tcvn5712-1:1993", ENCODING_TCVN3},
	{"x-viet-tcvn5712", ENCODING_TCVN3},
	{"x-viet-tcvn", ENCODING_TCVN3},
	{"x-viet-vni", ENCODING_VNI},
	{"vni-windows", ENCODING_VNI},
	{"csviscii", ENCODING_VISCII},
	{"viscii1.1-1", ENCODING_VISCII},
	{"x-viet-viscii", ENCODING_VISCII},
	{"x-viet-vps", ENCODING_VPS},
	{"cp1251", ENCODING_CP1251},
	{"x-cp1251", ENCODING_CP1251},
	{"koi8", ENCODING_KOI8R},
	{"koi8_r", ENCODING_KOI8R},
	{"cskoi8r", ENCODING_KOI8R},
	{"koi8-u", ENCODING_KOI8R},
	{"cp866", ENCODING_CP866},
	{"866", ENCODING_CP866},
	{"csibm866", ENCODING_CP866},
	{"gbk", ENCODING_GB18030},
	{"gb2312", ENCODING_GB18030},
	{"gb_2312-80", ENCODING_GB18030},
	{"x-gbk", ENCODING_GB18030},
	{"cp936", ENCODING_GB18030},
	{"windows-936", ENCODING_GB18030},
	{"euc-cn", ENCODING_GB18030},
	{"hz-gb-2312", ENCODING_GB18030},
	{"chinese", ENCODING_GB18030},
	{"big5-hkscs", ENCODING_BIG5},
	{"cp950", ENCODING_BIG5},
	{"windows-950", ENCODING_BIG5},
	{"x-x-big5", ENCODING_BIG5},
	{"shift-jis", ENCODING_SHIFT_JIS},
	{"sjis", ENCODING_SHIFT_JIS},
	{"x-sjis", ENCODING_SHIFT_JIS},
	{"ms_kanji", ENCODING_SHIFT_JIS},
	{"cp932", ENCODING_SHIFT_JIS},
	{"windows-31j", ENCODING_SHIFT_JIS},
	{"x-euc-jp", ENCODING_EUC_JP},
	{"euc_kr", ENCODING_EUC_KR},
	{"ks_c_5601-1987", ENCODING_EUC_KR},
	{"ksc5601", ENCODING_EUC_KR},
	{"cp949", ENCODING_EUC_KR},
	{"windows-949", ENCODING_EUC_KR},
	{"unicode-1-1-utf-7", ENCODING_UTF7},
	{"utf7", ENCODING_UTF7},
};

const char *encoding_name(enum encoding e)
{
	return (unsigned)e < ENCODING_MAX ? names[e] : "unknown";
}

static bool same_name(struct view v, const char *name)
{
	return strlen(name) == v.n && strncasecmp((const char *)v.p, name, v.n) == 0;
}

static struct view trim(struct view v, const char *what)
{
	while (v.n > 0 && v.p[0] != 0 && strchr(what, v.p[0]))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && v.p[v.n - 1] != 0 && strchr(what, v.p[v.n - 1]))
		v.n--;
	return v;
}

int encoding_parse(struct view name, enum encoding *ret)
{
	name = trim(name, " \t\r\n\"'");
	if (name.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (same_name(name, names[i])) {
			*ret = (enum encoding)i;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (same_name(name, aliases[i].name)) {
			*ret = aliases[i].encoding;
			return 0;
		}
	}
	return -EINVAL;
}

bool encoding_of_code_page(uint32_t code_page, enum encoding *ret)
{
	static const struct {
		uint32_t page;
		enum encoding encoding;
	} known[] = {
		{866, ENCODING_CP866},
		{932, ENCODING_SHIFT_JIS},
		{936, ENCODING_GB18030},
		{949, ENCODING_EUC_KR},
		{950, ENCODING_BIG5},
		{1200, ENCODING_UTF16LE},
		{1201, ENCODING_UTF16BE},
		{1251, ENCODING_CP1251},
		{1252, ENCODING_CP1252},
		{1258, ENCODING_CP1258},
		{20127, ENCODING_CP1252},
		{20866, ENCODING_KOI8R},
		{28591, ENCODING_CP1252},
		{51932, ENCODING_EUC_JP},
		{51949, ENCODING_EUC_KR},
		{54936, ENCODING_GB18030},
		{65000, ENCODING_UTF7},
		{65001, ENCODING_UTF8},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].page == code_page) {
			*ret = known[i].encoding;
			return true;
		}
	return false;
}

/* --- fonts ------------------------------------------------------------------------------------ */

static bool has_prefix(struct view v, const char *prefix)
{
	size_t n = strlen(prefix);

	return v.n >= n && strncasecmp((const char *)v.p, prefix, n) == 0;
}

/* Takes off what PDF writers put before the name of a font they embed a part of: "ABCDEF+". */
static struct view without_subset(struct view font)
{
	if (font.n < 8 || font.p[6] != '+')
		return font;
	for (size_t i = 0; i < 6; i++)
		if (font.p[i] < 'A' || font.p[i] > 'Z')
			return font;
	return view_sub(font, 7, font.n);
}

/* Takes off the style, so that the family's last letter can be seen: ".VnTimeH Bold". */
static struct view without_style(struct view font)
{
	static const char *const styles[] = {
		"bold", "italic", "oblique", "regular", "normal", "mt", "ps"};
	bool found = true;

	while (found) {
		found = false;
		font = trim(font, " -,");
		for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
			size_t n = strlen(styles[i]);

			if (font.n > n && strchr(" -,", font.p[font.n - n - 1]) &&
				same_name(view_sub(font, font.n - n, n), styles[i])) {
				font.n -= n;
				found = true;
			}
		}
	}
	return font;
}

bool encoding_of_font(struct view font, enum encoding *ret, bool *ret_capitals)
{
	font = without_subset(trim(font, " \t\"'"));
	*ret_capitals = false;
	if (has_prefix(font, ".vn") && font.n > 3) {
		font = without_style(font);
		*ret_capitals = font.p[font.n - 1] == 'H';
		*ret = ENCODING_TCVN3;
		return true;
	}
	if (has_prefix(font, "vni-") || has_prefix(font, "vni ")) {
		*ret = ENCODING_VNI;
		return true;
	}
	if (has_prefix(font, "vps ") || has_prefix(font, "vps-") || has_prefix(font, "vps_")) {
		*ret = ENCODING_VPS;
		return true;
	}
	return false;
}
