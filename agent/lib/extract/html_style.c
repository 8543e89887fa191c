/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/html_style.h"

#include <string.h>
#include <strings.h>

#include "extract/office.h"

/* Bytes of a style attribute that are looked at. */
#define STYLE_MAX 2048

bool html_is(struct view v, const char *lower)
{
	return v.n == strlen(lower) && strncasecmp((const char *)v.p, lower, v.n) == 0;
}

bool html_contains(struct view v, const char *lower)
{
	size_t n = strlen(lower);

	for (size_t i = 0; i + n <= v.n; i++)
		if (strncasecmp((const char *)v.p + i, lower, n) == 0)
			return true;
	return false;
}

bool html_attr(const struct xml_token *t, const char *name, struct view *ret)
{
	struct view attrs = t->attrs, n;

	while (xml_attr_next(&attrs, &n, ret))
		if (html_is(n, name))
			return true;
	*ret = VIEW_EMPTY;
	return false;
}

static struct view trim(struct view v)
{
	while (v.n > 0 && (v.p[0] <= ' ' || v.p[0] == '"' || v.p[0] == '\''))
		v = view_sub(v, 1, v.n);
	while (v.n > 0 && (v.p[v.n - 1] <= ' ' || v.p[v.n - 1] == '"' || v.p[v.n - 1] == '\''))
		v.n--;
	return v;
}

/* red, #f00, #c00000, rgb(192, 0, 0) */
static bool is_red(struct view v)
{
	uint32_t rgb[3] = {0};
	size_t at = 0;

	if (html_is(v, "red") || html_is(v, "darkred") || html_is(v, "crimson") ||
		html_is(v, "firebrick"))
		return true;
	if (v.n == 4 && v.p[0] == '#')
		return v.p[1] >= '9' && v.p[2] <= '3' && v.p[3] <= '3';
	if (!html_contains(view_sub(v, 0, 4), "rgb"))
		return office_is_red(v);
	for (size_t i = 0; i < v.n && at < 3; i++)
		if (v.p[i] >= '0' && v.p[i] <= '9') {
			rgb[at++] = office_number(view_sub(v, i, v.n));
			while (i < v.n && v.p[i] >= '0' && v.p[i] <= '9')
				i++;
		}
	return rgb[0] < 256 && look_is_red(rgb[0], rgb[1], rgb[2]);
}

static void set(struct html_look *l, uint32_t flag, bool on)
{
	l->run.flags = on ? l->run.flags | flag : l->run.flags & ~flag;
}

static bool is_no_border(struct view v)
{
	return html_contains(v, "none") || html_contains(v, "hidden") || v.n == 0 || v.p[0] == '0';
}

static void declaration(struct html_look *l, struct view key, struct view v)
{
	if (html_is(key, "color"))
		set(l, BLOCK_RED, is_red(v));
	else if (html_is(key, "font-weight"))
		set(l, BLOCK_BOLD, html_contains(v, "bold") || office_number(v) >= 600);
	else if (html_is(key, "text-transform"))
		set(l, BLOCK_CAPS, html_is(v, "uppercase"));
	else if (html_is(key, "font-variant"))
		set(l, BLOCK_CAPS, html_is(v, "small-caps"));
	else if (html_is(key, "text-decoration") || html_is(key, "text-decoration-line"))
		set(l, BLOCK_STRUCK, html_contains(v, "line-through"));
	else if (html_is(key, "display") || html_is(key, "visibility"))
		set(l, BLOCK_HIDDEN, html_is(v, "none") || html_is(v, "hidden"));
	else if (html_is(key, "font-size"))
		set(l, BLOCK_LARGE,
			office_number(v) >= (html_contains(v, "px") ? 22 : 16) &&
				!html_contains(v, "%"));
	else if (html_is(key, "font-family"))
		look_set_font(&l->run, v);
	else if (html_is(key, "text-align"))
		l->is_centred = html_is(v, "center");
	else if (html_is(key, "border") || html_is(key, "border-style") || html_is(key, "outline"))
		l->is_framed = !is_no_border(v);
	else if (html_is(key, "border-top") && !is_no_border(v))
		l->is_framed = true;
}

void html_look_apply(struct html_look *l, const struct xml_token *t)
{
	struct view v;

	if (html_attr(t, "color", &v))
		set(l, BLOCK_RED, is_red(v));
	if (html_attr(t, "face", &v))
		look_set_font(&l->run, v);
	if (html_attr(t, "align", &v))
		l->is_centred = html_is(v, "center");
	if (html_attr(t, "hidden", &v))
		set(l, BLOCK_HIDDEN, true);
	if (!html_attr(t, "style", &v))
		return;
	v.n = MIN(v.n, (size_t)STYLE_MAX);
	while (v.n > 0) {
		const uint8_t *semicolon = memchr(v.p, ';', v.n), *colon;
		size_t n = semicolon ? (size_t)(semicolon - v.p) : v.n;

		colon = memchr(v.p, ':', n);
		if (colon) {
			size_t key = (size_t)(colon - v.p);

			declaration(l, trim(view_sub(v, 0, key)),
				trim(view_sub(v, key + 1, n - key - 1)));
		}
		v = view_sub(v, n + 1, v.n);
	}
}

/* Latin-1 from &nbsp; on, in the order of the code points, and a few that Vietnamese pages use. */
static const char *const latin1[] = {"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar",
	"sect", "uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr", "deg", "plusmn",
	"sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm", "raquo",
	"frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml",
	"Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute",
	"Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde", "Ouml", "times",
	"Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave",
	"aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute",
	"ecirc", "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute",
	"ocirc", "otilde", "ouml", "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml",
	"yacute", "thorn", "yuml"};

static const struct {
	const char *name;
	uint32_t cp;
} others[] = {
	{"ndash", 0x2013},
	{"mdash", 0x2014},
	{"lsquo", 0x2018},
	{"rsquo", 0x2019},
	{"ldquo", 0x201c},
	{"rdquo", 0x201d},
	{"bull", 0x2022},
	{"hellip", 0x2026},
	{"zwnj", 0x200c},
	{"zwj", 0x200d},
	{"ensp", 0x2002},
	{"emsp", 0x2003},
	{"thinsp", 0x2009},
	{"star", 0x2606},
	{"starf", 0x2605},
	{"Dstrok", 0x110},
	{"dstrok", 0x111},
	{"Abreve", 0x102},
	{"abreve", 0x103},
	{"Itilde", 0x128},
	{"itilde", 0x129},
	{"Utilde", 0x168},
	{"utilde", 0x169},
};

static size_t entity(struct view v, uint32_t *ret_cp)
{
	size_t n = xml_entity(v, ret_cp), end = 1;
	struct view name;

	if (n > 0)
		return n;
	while (end < v.n && end < 12 &&
		((v.p[end] | 32) >= 'a' ? (v.p[end] | 32) <= 'z'
					: v.p[end] >= '0' && v.p[end] <= '9'))
		end++;
	name = view_sub(v, 1, end - 1);
	n = end < v.n && v.p[end] == ';' ? end + 1 : end;
	for (uint32_t i = 0; i < ARRAY_SIZE(latin1); i++)
		if (view_eq(name, view_str(latin1[i]))) {
			*ret_cp = 0xa0 + i;
			return n;
		}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (view_eq(name, view_str(others[i].name))) {
			*ret_cp = others[i].cp;
			return n;
		}
	return 0;
}

int html_decode(struct view raw, struct buf *out)
{
	while (raw.n > 0) {
		const uint8_t *amp = memchr(raw.p, '&', raw.n);
		size_t plain = amp ? (size_t)(amp - raw.p) : raw.n, n;
		uint32_t cp;
		int r = buf_put(out, raw.p, plain);

		if (r < 0)
			return r;
		raw = view_sub(raw, plain, raw.n);
		if (raw.n == 0)
			break;
		n = entity(raw, &cp);
		r = n > 0 ? buf_put_utf8(out, cp) : buf_put_byte(out, '&');
		if (r < 0)
			return r;
		raw = view_sub(raw, n > 0 ? n : 1, raw.n);
	}
	return 0;
}
