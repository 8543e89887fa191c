/* SPDX-License-Identifier: Apache-2.0 */
/* Outlook messages: properties in their code pages, bodies, attachments, what they hold. */
#include "cfbwriter.h"

#include <stdio.h>
#include <string.h>

#include "extract/msg.h"

static struct seen *s;
static struct cfb_builder b;

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	b = cfb_builder_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cfb_builder_free(&b);
	seen_free(s);
	return 0;
}

static void put_number(struct buf *out, unsigned id, uint32_t value)
{
	put16(out, MSG_TYPE_LONG);
	put16(out, id);
	put32(out, 6);
	put32(out, value);
	put32(out, 0);
}

/* The properties of a storage: a head of so many bytes, code page, internet page, sensitivity. */
static void put_fixed(unsigned storage, size_t head, uint32_t page, uint32_t net, uint32_t secrecy)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	put_zeros(&out, head);
	put_number(&out, MSG_SENSITIVITY, secrecy);
	if (page)
		put_number(&out, MSG_CODE_PAGE, page);
	if (net)
		put_number(&out, MSG_INTERNET_PAGE, net);
	cfb_add(&b, storage, MSG_PROPERTIES, buf_view(&out));
}

static void put_stream(unsigned storage, unsigned id, unsigned type, const char *bytes, size_t n)
{
	char name[40];

	(void)snprintf(name, sizeof(name), "__substg1.0_%04X%04X", id, type);
	cfb_add(&b, storage, name, view_of(bytes, n));
}

static void put_units(unsigned storage, unsigned id, const char *utf8)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	put_utf16(&out, utf8);
	put_stream(storage, id, MSG_TYPE_UNITS, (const char *)out.p, out.n);
}

static void put_str(unsigned storage, unsigned id, unsigned type, const char *text)
{
	put_stream(storage, id, type, text, strlen(text));
}

static void run(void)
{
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "msg");
	b = cfb_builder_new();
}

static void test_unicode(void **state)
{
	const struct seen_block *h;

	(void)state;
	put_fixed(0, 32, 0, 0, 3);
	put_units(0, MSG_SUBJECT, "[MẬT] Kế hoạch");
	put_units(0, MSG_BODY, "TUYỆT MẬT\r\nKính gửi\r\n");
	put_units(0, MSG_HEADERS,
		"Received: by x\r\nX-Classification: Top Secret\r\nFrom: a@b\r\n"
		"Subject: =?utf-8?q?T=E1=BB=90I?=\r\n\r\n");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	h = seen_text(s, "[MẬT] Kế hoạch");
	assert_int_equal(h->place, PLACE_MAIL_HEADER);
	assert_string_equal(h->name, "Subject");
	assert_true(h->flags & BLOCK_TOP);
	assert_string_equal(seen_text(s, "Company-Confidential")->name, "Sensitivity");
	assert_string_equal(seen_text(s, "Top Secret")->name, "X-Classification");
	seen_text(s, "TỐI");
	assert_null(seen_find(s, "a@b"));
	assert_int_equal(seen_text(s, "TUYỆT MẬT")->place, PLACE_MAIL_BODY);
	assert_true(seen_text(s, "TUYỆT MẬT")->flags & BLOCK_TOP);
}

/* A character in front of old subjects; pages of strings and of the HTML. */
static void test_code_pages(void **state)
{
	(void)state;
	put_fixed(0, 32, 1258, 65001, 0);
	put_str(0, MSG_SUBJECT, MSG_TYPE_BYTES, "\1\4RE: M\xc2\xf2T");
	put_str(0, MSG_BODY, MSG_TYPE_BYTES, "th\xe2n M\xc2\xf2T");
	put_str(0, MSG_HTML, MSG_TYPE_BINARY, "<p>TỐI MẬT</p>");
	run();
	assert_string_equal(seen_text(s, "RE: MẬT")->name, "Subject");
	seen_text(s, "thân MẬT");
	assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_MAIL_BODY);
	assert_null(seen_find(s, "Company-Confidential"));
	/* no page, and one without a table: the bytes tell */
	put_fixed(0, 32, 0, 0, 0);
	put_str(0, MSG_SUBJECT, MSG_TYPE_BYTES, "TUYỆT MẬT");
	run();
	seen_text(s, "TUYỆT MẬT");
	put_fixed(0, 32, 12345, 0, 1);
	put_str(0, MSG_NORMAL_SUBJECT, MSG_TYPE_BYTES, "TUYỆT MẬT");
	put_str(0, MSG_HTML, MSG_TYPE_BYTES, "<b>bold</b>");
	run();
	seen_text(s, "TUYỆT MẬT");
	seen_text(s, "Personal");
	assert_true(seen_text(s, "bold")->flags & BLOCK_BOLD);
}

/* As in the format's description; references over the ring's own end of writing. */
static void test_rtf(void **state)
{
	static const char hello[] =
		"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125B2\x0a\xf3 "
		"hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
	static const char repeat[] = "\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4\x4b\x51\x41\0\x04\x20WXYZ"
				     "\x0dn}\x01\x0e\xb0";
	static const char plain[] = "\0\0\0\0\0\0\0\0MELA\0\0\0\0{\\rtf1 as it is}";

	static const char html[] =
		"\0\0\0\0\0\0\0\0MELA\0\0\0\0{\\rtf1\\ansi\\fromhtml1 "
		"{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 {\\*\\htmltag84 <b>}\\htmlrtf {\\b "
		"\\htmlrtf0 TUY{\\*\\htmltag84 &#7878;}\\htmlrtf \\u7878?\\htmlrtf0 T M\\u7852?T"
		"{\\*\\htmltag92 </b>}\\htmlrtf }\\htmlrtf0 {\\*\\htmltag72 </p>}\\htmlrtf\\par}"
		"\\htmlrtf0 {\\*\\htmltag64 <p>}second}";

	(void)state;
	put_fixed(0, 32, 0, 0, 0);
	put_stream(0, MSG_RTF, MSG_TYPE_BINARY, hello, sizeof(hello) - 1);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "hello world")->place, PLACE_MAIL_BODY);
	put_fixed(0, 32, 0, 0, 0);
	put_stream(0, MSG_RTF, MSG_TYPE_BINARY, repeat, sizeof(repeat) - 1);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	seen_text(s, "WXYZWXYZWXYZWXYZWXYZ");
	put_fixed(0, 32, 0, 0, 0);
	put_stream(0, MSG_RTF, MSG_TYPE_BINARY, plain, sizeof(plain) - 1);
	run();
	seen_text(s, "as it is");
	/* HTML in RTF: its tags and what stands in for them are no text twice */
	put_fixed(0, 32, 0, 0, 0);
	put_stream(0, MSG_RTF, MSG_TYPE_BINARY, html, sizeof(html) - 1);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_true(seen_text(s, "TUYỆT MẬT")->flags & BLOCK_BOLD);
	seen_text(s, "second");
	assert_int_equal(s->n, 2);
	/* broken off, too short, something else */
	for (size_t i = 0; i < 3; i++) {
		put_fixed(0, 32, 0, 0, 0);
		put_stream(0, MSG_RTF, MSG_TYPE_BINARY, i == 2 ? plain + 8 : hello,
			i == 0 ? sizeof(hello) - 6 : 15);
		put_units(0, MSG_SUBJECT, "subject");
		run();
		assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
		assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	}
}

/* References that grow: stopped at the size of a member. */
static void test_rtf_bomb(void **state)
{
	cleanup_with(buf_done) struct buf in = BUF_INIT(0);

	(void)state;
	put_zeros(&in, 8);
	assert_int_equal(buf_put_str(&in, "LZFu"), 0);
	put32(&in, 0);
	for (unsigned i = 0; i < 5000; i++) {
		put8(&in, 0xff);
		for (unsigned k = 0; k < 8; k++)
			put16(&in, 0x0e00); /* 16 from 0 on, big-endian */
	}
	s->limits.member_bytes = 100000;
	put_fixed(0, 32, 0, 0, 0);
	put_stream(0, MSG_RTF, MSG_TYPE_BINARY, (const char *)in.p, in.n);
	put_units(0, MSG_SUBJECT, "subject");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
}

static void put_name(struct buf *entries, struct buf *strings, unsigned number, const char *name)
{
	size_t at = strings->n;

	put32(strings, 0);
	set32(strings, at, (uint32_t)put_utf16(strings, name) * 2);
	while (strings->n % 4)
		put8(strings, 0);
	put32(entries, (uint32_t)at);
	put16(entries, 1 | 3 << 1);
	put16(entries, number);
}

static void put_names(const struct buf *entries, const struct buf *strings)
{
	unsigned names = cfb_add_storage(&b, 0, "__nameid_version1.0");

	cfb_add(&b, names, "__substg1.0_00030102", buf_view(entries));
	cfb_add(&b, names, "__substg1.0_00040102", buf_view(strings));
}

static void test_names(void **state)
{
	cleanup_with(buf_done) struct buf entries = BUF_INIT(0);
	cleanup_with(buf_done) struct buf strings = BUF_INIT(0);

	(void)state;
	put_fixed(0, 32, 0, 0, 0);
	put_name(&entries, &strings, 0, "Độ mật");
	put_name(&entries, &strings, 1, "msip_labels");
	put_name(&entries, &strings, 2, "Keywords");
	put32(&entries, 0xffffff00); /* a name that is not there, and a number */
	put32(&entries, 1 | 3 << 16);
	put32(&entries, 0x8501);
	put32(&entries, 4 << 16);
	put_names(&entries, &strings);
	put_units(0, 0x8000, "Tối mật");
	put_units(0, 0x8001, "MSIP_Label_x_Name=Secret");
	cfb_add(&b, 0, "__substg1.0_8002101F-00000000", VIEW_LIT("M\0\xac\x1eT\0\0\0"));
	cfb_add(&b, 0, "__substg1.0_8002101E-00000000", VIEW_LIT("narrow"));
	cfb_add(&b, 0, "__substg1.0_8002101E-00000001", VIEW_LIT("second"));
	put_units(0, 0x8003, "no name");
	put_units(0, 0x8004, "number only");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "Tối mật")->place, PLACE_PROPERTY);
	assert_string_equal(seen_text(s, "Tối mật")->name, "Độ mật");
	assert_int_equal(seen_text(s, "MSIP_Label_x_Name=Secret")->place, PLACE_MAIL_HEADER);
	assert_string_equal(seen_text(s, "MẬT")->name, "Keywords");
	seen_text(s, "narrow");
	assert_string_equal(seen_text(s, "second")->name, "Keywords");
	assert_null(seen_find(s, "no name"));
	assert_null(seen_find(s, "number only"));
}

static void test_many_names(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		cleanup_with(buf_done) struct buf entries = BUF_INIT(0);
		cleanup_with(buf_done) struct buf strings = BUF_INIT(0);

		put_name(&entries, &strings, 0, "one");
		while (entries.n < 8 * (MSG_NAMES_MAX + k))
			put_zeros(&entries, 8);
		put_names(&entries, &strings);
		put_fixed(0, 32, 0, 0, 0);
		put_units(0, 0x8000, "value");
		run();
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_BIG) : 0);
		seen_text(s, "value");
	}
	for (unsigned k = 0; k < 2; k++) {
		cleanup_with(buf_done) struct buf entries = BUF_INIT(0);
		cleanup_with(buf_done) struct buf strings = BUF_INIT(0);

		put_name(&entries, &strings, 0, "one");
		put_names(&entries, &strings);
		put_fixed(0, 32, 0, 0, 0);
		for (unsigned i = 0; i < MSG_VALUES_MAX + k; i++) {
			char name[40];

			(void)snprintf(name, sizeof(name), "__substg1.0_8000101E-%08X", i);
			cfb_add(&b, 0, name, VIEW_LIT("value"));
		}
		run();
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_BIG) : 0);
		assert_int_equal(seen_count(s, "value"), MSG_VALUES_MAX);
	}
}

static unsigned put_attachment(unsigned parent, const char *number, const char *name)
{
	char storage[40];
	unsigned at;

	(void)snprintf(storage, sizeof(storage), "__attach_version1.0_#%s", number);
	at = cfb_add_storage(&b, parent, storage);
	put_fixed(at, 8, 0, 0, 0);
	if (name)
		put_units(at, MSG_LONG_NAME, name);
	return at;
}

static void test_attachments(void **state)
{
	unsigned at, inner, deeper;

	(void)state;
	put_fixed(0, 32, 0, 0, 0);
	put_units(0, MSG_SUBJECT, "outer");
	at = put_attachment(0, "00000000", "(MẬT).txt");
	put_str(at, MSG_DATA, MSG_TYPE_BINARY, "attached text\n");
	at = put_attachment(0, "00000001", "Fwd");
	inner = cfb_add_storage(&b, at, "__substg1.0_3701000D");
	put_fixed(inner, 24, 1258, 0, 2);
	put_str(inner, MSG_SUBJECT, MSG_TYPE_BYTES, "M\xc2\xf2T");
	at = put_attachment(inner, "00000000", NULL);
	put_str(at, MSG_DATA, MSG_TYPE_BINARY, "innermost text\n");
	at = put_attachment(0, "00000002", "object");
	inner = cfb_add_storage(&b, at, "__substg1.0_3701000D");
	deeper = cfb_add_storage(&b, inner, "ObjectPool");
	deeper = cfb_add_storage(&b, deeper, "_1");
	cfb_add(&b, deeper, "Package", VIEW_LIT("in the pool\n"));
	cfb_add(&b, inner, "Package", VIEW_LIT("in the object\n"));
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "(MẬT).txt")->place, PLACE_FILE_NAME);
	assert_string_equal(seen_text(s, "attached text")->member, "(MẬT).txt");
	assert_string_equal(seen_text(s, "MẬT")->member, "Fwd");
	assert_string_equal(seen_text(s, "Private")->member, "Fwd");
	assert_string_equal(seen_text(s, "innermost text")->member, "Fwd/attachment");
	assert_string_equal(seen_text(s, "in the object")->member, "object/package");
	assert_string_equal(seen_text(s, "in the pool")->member, "object/_1/package");
	assert_int_equal(seen_count(s, "innermost text"), 1);
	assert_int_equal(seen_count(s, "in the pool"), 1);
}

static void test_depth(void **state)
{
	unsigned at = 0;

	(void)state;
	s->limits.depth = 3;
	for (unsigned i = 0; i < 5; i++) {
		put_fixed(at, i ? 24 : 32, 0, 0, 0);
		put_units(at, MSG_SUBJECT, i < 4 ? "read" : "too deep");
		at = put_attachment(at, "00000000", NULL);
		at = cfb_add_storage(&b, at, "__substg1.0_3701000D");
	}
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_DEEP));
	assert_int_equal(seen_count(s, "read"), 4);
	assert_null(seen_find(s, "too deep"));
}

/* The body of a signed message is in its attachment alone. */
static void test_signed(void **state)
{
	unsigned at;

	(void)state;
	put_fixed(0, 32, 0, 0, 0);
	put_units(0, MSG_CLASS, "IPM.Note.SMIME.MultipartSigned");
	at = put_attachment(0, "00000000", "smime.p7m");
	put_units(at, MSG_MIME_TYPE, "multipart/signed");
	put_str(at, MSG_DATA, MSG_TYPE_BINARY,
		"Content-Type: multipart/signed; boundary=\"b\"\r\n\r\n--b\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n"
		"VFVZ4buGVCBN4bqsVA==\r\n--b--\r\n");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "TUYỆT MẬT")->place, PLACE_MAIL_BODY);
}

/* Puts a DER value of `content` into `out` (cleared before). */
static void der(
	struct buf *out, unsigned tag, const char *head, size_t n, const struct buf *content)
{
	buf_clear(out);
	put8(out, tag);
	put8(out, (unsigned)(n + content->n));
	assert_int_equal(buf_put(out, head, n), 0);
	assert_int_equal(buf_put_view(out, buf_view(content)), 0);
}

#define OID(kind) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" kind

/* Signed, with the text inside of the signature; or encrypted, in the same wrapping. */
static void test_opaque(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		cleanup_with(buf_done) struct buf a = BUF_INIT(0);
		cleanup_with(buf_done) struct buf c = BUF_INIT(0);
		unsigned at;

		assert_int_equal(buf_put_str(&a, "Content-Type: text/plain\r\n\r\nMẬT\r\n"), 0);
		der(&c, 0x04, "", 0, &a);
		der(&a, 0xa0, "", 0, &c);
		der(&c, 0x30, OID("\1"), 11, &a);
		der(&a, 0x30, "\x02\1\1\x31\0", 5, &c);
		der(&c, 0xa0, "", 0, &a);
		der(&a, 0x30, i ? OID("\3") : OID("\2"), 11, &c);
		put_fixed(0, 32, 0, 0, 0);
		put_units(0, MSG_CLASS, "IPM.Note.SMIME");
		put_units(0, MSG_SUBJECT, "subject");
		at = put_attachment(0, "00000000", "smime.p7m");
		put_stream(at, MSG_DATA, MSG_TYPE_BINARY, (const char *)a.p, a.n);
		run();
		assert_int_equal(REASONS(s), i ? REASON_BIT(REASON_ENCRYPTED) : 0);
		assert_int_equal(seen_count(s, "MẬT"), !i);
	}
}

static void test_encrypted(void **state)
{
	unsigned at;

	(void)state;
	put_fixed(0, 32, 0, 0, 0);
	put_units(0, MSG_CLASS, "IPM.Note.SMIME");
	put_units(0, MSG_SUBJECT, "subject");
	at = put_attachment(0, "00000000", "smime.p7m");
	put_str(at, MSG_DATA, MSG_TYPE_BINARY, "0\x80");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	put_fixed(0, 32, 0, 0, 0);
	put_units(0, MSG_SUBJECT, "subject");
	at = put_attachment(0, "00000000", "message.rpmsg");
	put_str(at, MSG_DATA, MSG_TYPE_BINARY, "\x76\xe8\x04\x60\xc4\x11\xe3\x86...");
	run();
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unicode, setup, teardown),
		cmocka_unit_test_setup_teardown(test_code_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rtf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rtf_bomb, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_attachments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opaque, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
