/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <stdio.h>
#include <string.h>

#include "extract/xml.h"

/* Tokens as text: "<a", "<a/", "</a", "text", "[cdata]", each followed by a comma. */
static void scan(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);
	struct xml x = xml_begin(view_str(in));
	struct xml_token t;

	while (xml_next(&x, &t) != XML_END) {
		static const char *const before[] = {"", "<", "<", "</", "", "["};
		static const char *const after[] = {"", ",", "/,", ",", ",", "],"};
		struct view v = t.kind == XML_TEXT || t.kind == XML_CDATA ? t.text : t.name;

		assert_int_equal(buf_put_str(&out, before[t.kind]), 0);
		assert_int_equal(buf_put_view(&out, v), 0);
		assert_int_equal(buf_put_str(&out, after[t.kind]), 0);
	}
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((const char *)out.p, want);
}

static void test_tokens(void **state)
{
	(void)state;
	scan("<?xml version='1.0'?><a:b c='d'>x<e/>y</a:b>", "<b,x,<e/,y,</b,");
	scan("<!DOCTYPE a [<!ENTITY x \"y\">]><a/>", "]>,<a/,");
	scan("<a><!-- <b> --><![CDATA[<c>&amp;]]></a>", "<a,[<c>&amp;],</a,");
	scan("<a b='>' c=\">\">t</a>", "<a,t,</a,");
	scan("<a\n\tb = \"1\" />", "<a/,");
	scan("", "");
	scan("only text", "only text,");
}

static void test_broken(void **state)
{
	(void)state;
	scan("<", "<,");
	scan("<a", "<a,");
	scan("</", "</,");
	scan("<a b=\"never closed>text", "<a,text,");
	scan("<!-- never closed", "");
	scan("<![CDATA[never closed", "[never closed],");
	scan("<![CDATA[]]>", "");
	scan("1 < 2 <b>", "1 ,<, 2 ,<b,");
	scan("<?never closed", "");
	scan("<>x", "<,>x,");
	scan("</a b></ c>", "</a,</,");
}

/* Quotes and ends at every distance from where the vector steps begin. */
static void test_long_tags(void **state)
{
	static const char *const values[] = {"b=\"%s>\"", "b='%s>'", "b=\"it's%s>\" c='\">%s'",
		"%s b=\"1\" c=\"2\"", "b=\"\" c=\"%s'>\" d='>'"};
	char pad[48], inside[256], in[300];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(values); v++)
		for (size_t n = 0; n < sizeof(pad) - 1; n++) {
			const char *p = values[v];
			size_t at = 0;

			memset(pad, 'x', n);
			pad[n] = 0;
			for (; *p; p++)
				if (p[0] == '%') {
					memcpy(inside + at, pad, n);
					at += n;
					p++;
				} else {
					inside[at++] = *p;
				}
			inside[at] = 0;
			assert_true(snprintf(in, sizeof(in), "<a %s>text</a>", inside) > 0);
			scan(in, "<a,text,</a,");
		}
}

static void attr(const char *in, const char *name, const char *want)
{
	struct xml x = xml_begin(view_str(in));
	struct xml_token t;
	struct view v;

	assert_int_not_equal(xml_next(&x, &t), XML_END);
	assert_int_equal(xml_attr(&t, name, &v), want != NULL);
	assert_true(view_eq(v, view_str(want)));
}

static void test_attributes(void **state)
{
	(void)state;
	attr("<a w:val='x' b=\"y z\"/>", "val", "x");
	attr("<a w:val='x' b=\"y z\"/>", "b", "y z");
	attr("<a w:val='x'/>", "c", NULL);
	attr("<a href=bare checked>", "href", "bare");
	attr("<a href=bare checked>", "checked", "");
	attr("<a b = 'c'>", "b", "c");
	attr("<a b='>'>", "b", ">");
	attr("<a b='never closed>", "b", "never closed");
	attr("<a = '='>", "b", NULL);
	attr("</a b='c'>", "b", NULL);
}

static void decode(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	assert_int_equal(xml_decode(view_str(in), &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((const char *)out.p, want);
}

static void test_entities(void **state)
{
	(void)state;
	decode("a &amp; b &lt;&gt;&quot;&apos;", "a & b <>\"'");
	decode("M&#7852;T M&#x1EAC;T M&#X1eac;T", "MẬT MẬT MẬT");
	decode("&unknown; &#; &#x; &", "&unknown; &#; &#x; &");
	decode("&#0;&#xD800;&#99999999999999;", "\uFFFD\uFFFD\uFFFD");
	decode("&amp;lt;", "&lt;");
}

static void test_dictionary(void **state)
{
	static const char *const words[] = {"", "p", "r", "t", "document", "p2", NULL};
	struct xml_dict d;

	(void)state;
	xml_dict_init(&d, words);
	for (unsigned i = 1; words[i]; i++)
		assert_int_equal(xml_dict_find(&d, view_str(words[i])), i);
	assert_int_equal(xml_dict_find(&d, VIEW_LIT("q")), 0);
	assert_int_equal(xml_dict_find(&d, VIEW_LIT("p\0")), 0);
	assert_int_equal(xml_dict_find(&d, VIEW_EMPTY), 0);
}

static void test_utf16(void **state)
{
	static const uint8_t le[] = {0xff, 0xfe, '<', 0, 'a', 0, '>', 0, 0xac, 0x1e};
	static const uint8_t be[] = {0, '<', 0, 'a', 0, '>', 0x1e, 0xac};
	cleanup_with(buf_done) struct buf scratch = BUF_INIT(0);
	struct view v;

	(void)state;
	assert_true(xml_looks_like(view_of(le, sizeof(le))));
	assert_int_equal(xml_prepare(view_of(le, sizeof(le)), &scratch, &v), 0);
	assert_true(view_eq(v, VIEW_LIT("<a>Ậ")));
	assert_int_equal(xml_prepare(view_of(be, sizeof(be)), &scratch, &v), 0);
	assert_true(view_eq(v, VIEW_LIT("<a>Ậ")));
	assert_true(view_eq(xml_root(VIEW_LIT("<?xml?><!-- x --><w:hdr a='b'>")), VIEW_LIT("hdr")));
	assert_false(xml_looks_like(VIEW_LIT("plain")));
	assert_true(xml_looks_like(VIEW_LIT("\xef\xbb\xbf <a>")));
}

/* Quotes that never close must not make the scanner read the rest again and again. */
static void test_no_quadratic_time(void **state)
{
	cleanup_with(buf_done) struct buf in = BUF_INIT(0);
	struct xml_token t;
	struct xml x;
	size_t n = 0;

	(void)state;
	assert_int_equal(buf_put_str(&in, "<a \"'>"), 0);
	for (unsigned i = 0; i < 300000; i++)
		assert_int_equal(buf_put_str(&in, "<b c=d>"), 0);
	for (x = xml_begin(buf_view(&in)); xml_next(&x, &t) != XML_END;)
		n++;
	assert_int_equal(n, 300001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_long_tags),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_dictionary),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_no_quadratic_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
