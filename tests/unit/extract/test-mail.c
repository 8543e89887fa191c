/* SPDX-License-Identifier: Apache-2.0 */
/* Mail and HTML. The samples read better as they are written. */
#include "sample.h"

#include <string.h>

#include "extract/mail_coding.h"

static struct seen *s;

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	seen_free(s);
	return 0;
}

static void run(const char *text, const char *format)
{
	assert_int_equal(seen_run(s, view_str(text)), 0);
	assert_string_equal(s->result.format, format);
}

static void words(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	assert_int_equal(mail_words(view_str(in), &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((const char *)out.p, want);
}

static void test_words(void **state)
{
	(void)state;
	words("plain", "plain");
	words("=?utf-8?B?W03huqxUXQ==?= x", "[MẬT] x");
	words("=?UTF-8?Q?M=E1=BA=ACT_1?=", "MẬT 1");
	/* a letter cut in two, over a folded line */
	words("=?utf-8?Q?M=E1=BA?=\r\n =?utf-8?Q?=ACT?= z", "MẬT z");
	words("a =? b ?= =?x", "a =? b ?= =?x");
	words("folded\r\n line", "folded   line");
	words("raw M\xe1\xba\xacT", "raw MẬT");
}

static void parameter(const char *in, const char *want)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	assert_int_equal(mail_parameter_text(view_str(in), "filename", &out), 0);
	assert_int_equal(buf_terminate(&out), 0);
	assert_string_equal((const char *)out.p, want);
}

static void test_parameters(void **state)
{
	cleanup_with(buf_done) struct buf many = BUF_INIT(0), out = BUF_INIT(0);

	(void)state;
	parameter("attachment; filename=a.txt", "a.txt");
	parameter("attachment; x=1;filename = \"a; b.txt\"; y=2", "a; b.txt");
	parameter("attachment; filename=\"=?utf-8?B?TeG6rFQ=?=\"", "MẬT");
	parameter("attachment; filename*=utf-8''M%E1%BA%ACT%20x", "MẬT x");
	parameter("attachment; filename=M_T; filename*=utf-8'vi'M%E1%BA%ACT", "MẬT");
	parameter("attachment; filename*=windows-1258''M%C2%F2T", "MẬT");
	parameter(
		"attachment; filename*0*=utf-8''M%E1%BA;\r\n filename*1*=%ACT; filename*2=\" 1%\"",
		"MẬT 1%");
	parameter("attachment; filename*1=b; filename*0=a", "ab");
	parameter("attachment; filenames=x", "");
	parameter("", "");
	for (unsigned i = 0; i < MAIL_PIECES_MAX + 5; i++)
		assert_int_equal(buf_printf(&many, "; filename*%u=x", i), 0);
	assert_int_equal(mail_parameter_text(buf_view(&many), "filename", &out), 0);
	assert_int_equal(out.n, MAIL_PIECES_MAX);
}

/* clang-format off */
#define HEAD(subject) \
	"From: a@b.example\r\nTo: c@d.example\r\nSubject: " subject "\r\nMIME-Version: 1.0\r\n"

static void test_multipart(void **state)
{
	const struct seen_block *b;

	(void)state;
	run(HEAD("=?utf-8?B?W03huqxUXQ==?=") "Sensitivity: Company-Confidential\r\nX-Classification: Internal\r\n"
		"Received: from nowhere\r\n"
		"msip_labels: MSIP_Label_77_Enabled=True;\r\n MSIP_Label_77_Name=Vàng; x;=;MSIP_Label_78_Enabled=false\r\n"
		"Content-Type: multipart/mixed;\r\n boundary=\"AB\"\r\n\r\npreamble\r\n"
		"--AB\r\nContent-Type: multipart/alternative; boundary=ABC\r\n\r\n"
		"--ABC\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
		"first =\r\nline\r\nM=E1=BA=ACT\r\n"
		"--ABC\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>in <b>HTML</b></p>\r\n--ABC--\r\n"
		"--AB\r\nContent-Type: text/plain; name=\"note.txt\"\r\nContent-Disposition: attachment; filename=\"note.txt\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nYXR0YWNo\r\nZWQ=\r\n"
		"--AB\r\nContent-Type: message/rfc822\r\n\r\n" HEAD("inner") "\r\ninner body\r\n"
		"--AB--\r\nepilogue\r\n", "eml");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	b = seen_text(s, "[MẬT]");
	assert_int_equal(b->place, PLACE_MAIL_HEADER);
	assert_string_equal(b->name, "Subject");
	assert_string_equal(seen_text(s, "Company-Confidential")->name, "Sensitivity");
	assert_string_equal(seen_text(s, "Internal")->name, "X-Classification");
	assert_string_equal(seen_text(s, "Vàng")->name, "MSIP_Label_77_Name");
	assert_string_equal(seen_text(s, "77")->name, "MSIP_Label_77_LabelId");
	assert_int_equal(seen_text(s, "77")->place, PLACE_MAIL_HEADER);
	assert_null(seen_find(s, "78"));
	assert_null(seen_find(s, "from nowhere"));
	assert_null(seen_find(s, "preamble"));
	assert_null(seen_find(s, "epilogue"));
	assert_int_equal(seen_text(s, "first line")->place, PLACE_MAIL_BODY);
	assert_int_equal(seen_text(s, "MẬT")->place, PLACE_MAIL_BODY);
	assert_int_equal(seen_text(s, "in HTML")->place, PLACE_MAIL_BODY);
	assert_string_equal(seen_text(s, "attached")->member, "note.txt");
	assert_int_equal(seen_text(s, "note.txt")->place, PLACE_FILE_NAME);
	assert_string_equal(seen_text(s, "inner body")->member, "message");
	assert_string_equal(seen_text(s, "inner")->name, "Subject");
}

static void test_encrypted_and_broken_mail(void **state)
{
	(void)state;
	run(HEAD("s") "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIIB", "eml");
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	/* no closing boundary, no blank line */
	run(HEAD("s") "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext at the end", "eml");
	seen_text(s, "text at the end");
	run(HEAD("only headers"), "eml");
	seen_text(s, "only headers");
	run("From: somebody told me\nthat this is no mail.\n", "text");
}

static void test_mail_depth(void **state)
{
	cleanup_with(buf_done) struct buf mail = BUF_INIT(0);

	(void)state;
	assert_int_equal(buf_put_str(&mail, HEAD("deep")), 0);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(buf_printf(&mail,
			"Content-Type: multipart/mixed; boundary=x%uy\r\n\r\n--x%uy\r\n", i, i), 0);
	assert_int_equal(buf_put_str(&mail, "\r\nat the bottom\r\n"), 0);
	assert_int_equal(seen_run(s, buf_view(&mail)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_DEEP));
}

static void test_html(void **state)
{
	(void)state;
	run("<!DOCTYPE html><html><head><title>Page</title><meta name=keywords content='M&#7852;T'>"
		"<style>p{color:red}</style><script>var a = '<p>no</p>';</script></head><body>"
		"<P ALIGN=center><span style='color:#c00000'>TU</span><span style=\"color: red\">Y&#x1EC6;T\n   M&#7852;T</span></P>"
		"<div style='border:1px solid'>framed</div><div style='border:none'>not framed</div>"
		"<table><tr><td>alone</td></tr></table><table><tr><td>c1<td>c2</table>"
		"<header>top</header><footer>bottom</footer>"
		"<p><del>gone</del></p><p style='display:none'>unseen</p>one<br>two<h1>big</h1>"
		"<img alt='a picture'><select><option>Tối mật<option selected>Thường</select>"
				"<p>a&nbsp;b &eacute; &bogus; <b>c</b>d</p><a href='https://a.example/?x=1&amp;y=2'>here</a><a href='#part'>there</a><!-- comment --></body></html>", "html");
	assert_string_equal(seen_text(s, "https://a.example/?x=1&y=2")->name, "link");
	assert_null(seen_find(s, "#part"));
	assert_string_equal(seen_text(s, "Page")->name, "title");
	assert_string_equal(seen_text(s, "MẬT")->name, "keywords");
	assert_int_equal(seen_text(s, "TUYỆT MẬT")->flags & (BLOCK_RED | BLOCK_CENTRED), BLOCK_RED | BLOCK_CENTRED);
	assert_true(seen_text(s, "framed")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "not framed")->flags & (BLOCK_FRAMED | BLOCK_RED | BLOCK_CENTRED));
	assert_int_equal(seen_text(s, "alone")->place, PLACE_TABLE_CELL);
	assert_true(seen_text(s, "alone")->flags & BLOCK_FRAMED);
	assert_int_not_equal(seen_text(s, "c1")->shape, seen_text(s, "c2")->shape);
	assert_false(seen_text(s, "c2")->flags & BLOCK_FRAMED);
	assert_int_equal(seen_text(s, "top")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "bottom")->place, PLACE_FOOTER);
	assert_true(seen_text(s, "gone")->flags & BLOCK_STRUCK);
	assert_true(seen_text(s, "unseen")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "one")->shape, seen_text(s, "two")->shape);
	assert_true(seen_text(s, "big")->flags & BLOCK_LARGE);
	assert_int_equal(seen_text(s, "a picture")->place, PLACE_ALT_TEXT);
	assert_null(seen_find(s, "Tối mật"));
	seen_text(s, "Thường");
	seen_text(s, "a\u00a0b é &bogus; cd");
	assert_null(seen_find(s, "no"));
}

static void test_html_charset(void **state)
{
	(void)state;
	/* windows-1258: A with circumflex, then a combining dot below: composed when decoded */
	run("<html><head><meta http-equiv='Content-Type' content='text/html; charset=windows-1258'></head>"
		"<body><p>T\xc0I LI\xcaU M\xc2\xf2T C\xd3 N\xd4\xf2I DUNG</p></body></html>", "html");
	seen_text(s, "TÀI LIÊU MẬT CÓ NỘI DUNG");
}

static void test_html_nesting(void **state)
{
	cleanup_with(buf_done) struct buf html = BUF_INIT(0);

	(void)state;
	assert_int_equal(buf_put_str(&html, "<html>"), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(buf_put_str(&html, "<div style='border:1px'><b><td>x"), 0);
	assert_int_equal(buf_put_str(&html, "</div>last"), 0);
	assert_int_equal(seen_run(s, buf_view(&html)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_true(s->total >= 20000);
}
/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_multipart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_and_broken_mail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mail_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_html, setup, teardown),
		cmocka_unit_test_setup_teardown(test_html_charset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_html_nesting, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
