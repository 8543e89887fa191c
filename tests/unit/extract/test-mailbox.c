/* SPDX-License-Identifier: Apache-2.0 */
/* Mail in its other clothes: mailboxes, winmail.dat, S/MIME, PGP, uuencode, invitations. */
#include "sample.h"

#include <string.h>

#include "extract/cms.h"

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

static void refused(enum completeness c, enum reason r)
{
	assert_int_equal(s->result.completeness, c);
	assert_int_equal(REASONS(s), REASON_BIT(r));
}

/* clang-format off */
#define HEAD(subject) \
	"From: a@b.example\r\nTo: c@d.example\r\nSubject: " subject "\r\nMIME-Version: 1.0\r\n"

static void test_mbox(void **state)
{
	(void)state;
	run("From a@b.example Mon Nov 23 09:00:00 2026\n" HEAD("first") "\nbody one\n"
		">From the start\n\nFrom here on nothing is a message.\n\n"
		"From c@d.example Tue Nov 24 10:00:00 2026\n" HEAD("second") "\nbody two\n", "mbox");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_string_equal(seen_text(s, "body one")->member, "message 1");
	assert_string_equal(seen_text(s, "From here on nothing is a message.")->member, "message 1");
	assert_string_equal(seen_text(s, "second")->name, "Subject");
	assert_string_equal(seen_text(s, "body two")->member, "message 2");
	/* one header is enough behind such a line; a sentence that begins like one is none */
	run("From a@b.example Mon Nov 23 09:00:00 2026\nSubject: only\n\nbody\n", "mbox");
	assert_string_equal(seen_text(s, "only")->name, "Subject");
	run("From Monday 09:00 in 2026\nthe office: closed\n", "text");
	/* as many as there may be members */
	s->limits.members = 1;
	run("From a@b.example Mon Nov 23 09:00:00 2026\n" HEAD("first") "\nbody one\n\n"
		"From c@d.example Tue Nov 24 10:00:00 2026\n" HEAD("second") "\nbody two\n", "mbox");
	refused(COMPLETENESS_PARTIAL, REASON_TOO_BIG);
	assert_null(seen_find(s, "body two"));
}

static void test_emlx(void **state)
{
	(void)state;
	run("117\n" HEAD("an apple") "\r\nin the mail\r\n\r\n<?xml version=\"1.0\"?><plist/>", "emlx");
	seen_text(s, "in the mail");
	assert_string_equal(seen_text(s, "an apple")->name, "Subject");
}

static void test_web_archive(void **state)
{
	(void)state;
	run("MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"--=_x\"\r\n\r\n"
		"----=_x\r\nContent-Location: file:///C:/a.htm\r\nContent-Transfer-Encoding: quoted-printable\r\n"
		"Content-Type: text/html; charset=\"utf-8\"\r\n\r\n<html><body><p>T=E1=BB=90I M=E1=BA=ACT</p>\r\n"
		"----=_x--\r\n", "eml");
	seen_text(s, "TỐI MẬT");
}

static void test_uuencode(void **state)
{
	(void)state;
	run(HEAD("old") "\r\nbefore\r\nbegin 644 note.txt\r\n-:6YS:61E(&]F('5U\r\n`\r\nend\r\nafter\r\n", "eml");
	assert_string_equal(seen_text(s, "inside of uu")->member, "note.txt");
	assert_int_equal(seen_text(s, "note.txt")->place, PLACE_FILE_NAME);
	seen_text(s, "before");
	seen_text(s, "after");
	/* a file of its own */
	run("begin 644 note.txt\n-:6YS:61E(&]F('5U\n`\nend\n", "uuencode");
	seen_text(s, "inside of uu");
	/* just a sentence */
	run(HEAD("old") "\r\nWe will\r\nbegin 644 things\r\nthis very afternoon, and no sooner than that, I hope.\r\n", "eml");
	seen_text(s, "begin 644 things");
}

static void test_pgp(void **state)
{
	(void)state;
	run("-----BEGIN PGP MESSAGE-----\n\nhQEMA0000000000000EAf/6Aw==\n=abcd\n-----END PGP MESSAGE-----\n", "pgp");
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	/* compressed, so only signed */
	run("-----BEGIN PGP MESSAGE-----\nComment: x\n\nowGbwMvMwMHYfPL/9Q==\n-----END PGP MESSAGE-----\n", "pgp");
	refused(COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
	run(HEAD("s") "\r\nhello\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA00=\r\n-----END PGP MESSAGE-----\r\n", "eml");
	refused(COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
	seen_text(s, "hello");
	run(HEAD("s") "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n"
		"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
		"--b\r\nContent-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA00=\r\n--b--\r\n", "eml");
	refused(COMPLETENESS_PARTIAL, REASON_ENCRYPTED);
	run(HEAD("s") "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nreadable\r\n"
		"--b\r\nContent-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\niQ==\r\n--b--\r\n", "eml");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	seen_text(s, "readable");
	/* a key for one reader, in a new and an old header */
	assert_int_equal(seen_run(s, view_of("\x85\1\x0c\3\1\2\3\4\5\6\7\x08\1\7\xff....................", 36)), 0);
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	assert_int_equal(seen_run(s, view_of("\x8c\x0d\4\7\3\2........\xff\xd2\x41\1..................", 36)), 0);
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	assert_string_equal(s->result.format, "pgp");
	run("age-encryption.org/v1\n-> X25519 abc\n", "age");
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	run("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n", "age");
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
}

static void test_invitation(void **state)
{
	(void)state;
	run("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:TỐI M\r\n ẬT\r\n"
		"DESCRIPTION;LANGUAGE=\"x:y\":Meeting ID: 912 3\r\n 456 7890\\nPasscode: 1234\\, please\r\n"
		"END:VEVENT\r\nEND:VCALENDAR\r\n", "ics");
	seen_text(s, "TỐI MẬT");
	seen_text(s, "Meeting ID: 912 3456 7890");
	seen_text(s, "Passcode: 1234, please");
	run("begin:vcard\r\nVERSION:2.1\r\nNOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:N=E1=BB=98I B=E1=BB=98\r\nEND:VCARD\r\n", "vcf");
	seen_text(s, "NỘI BỘ");
	run(HEAD("s") "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/calendar; method=REQUEST\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\nQkVHSU46VkNBTEVOREFSDQpTVU1NQVJZOm9uZQ0KIHR3bw0K\r\n--b--\r\n", "eml");
	seen_text(s, "onetwo");
}
/* clang-format on */

/* --- S/MIME: values of BER ---------------------------------------------------------------------*/

static void put(struct buf *b, uint8_t tag, struct view v, bool open)
{
	assert_int_equal(buf_put_byte(b, tag), 0);
	if (open) {
		assert_int_equal(buf_put_byte(b, 0x80), 0);
	} else if (v.n < 128) {
		assert_int_equal(buf_put_byte(b, (uint8_t)v.n), 0);
	} else {
		assert_int_equal(buf_put(b, "\x82", 1), 0);
		assert_int_equal(buf_put_byte(b, (uint8_t)(v.n >> 8)), 0);
		assert_int_equal(buf_put_byte(b, (uint8_t)v.n), 0);
	}
	assert_int_equal(buf_put_view(b, v), 0);
	if (open)
		assert_int_equal(buf_put(b, "\0\0", 2), 0);
}

/* Puts what is there into a value. */
static void wrap(struct buf *b, uint8_t tag, bool open)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	put(&out, tag, buf_view(b), open);
	buf_clear(b);
	assert_int_equal(buf_put_view(b, buf_view(&out)), 0);
}

static void in_front(struct buf *b, struct view v)
{
	cleanup_with(buf_done) struct buf out = BUF_INIT(0);

	assert_int_equal(buf_put_view(&out, v), 0);
	assert_int_equal(buf_put_view(&out, buf_view(b)), 0);
	buf_clear(b);
	assert_int_equal(buf_put_view(b, buf_view(&out)), 0);
}

#define ID(last) VIEW_LIT("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" last)

static void sign(struct view content, bool open, struct buf *b)
{
	if (open) {
		size_t half = content.n / 2;

		put(b, 4, view_sub(content, 0, half), false);
		put(b, 4, view_sub(content, half, content.n), false);
		wrap(b, 0x24, true);
	} else {
		put(b, 4, content, false);
	}
	wrap(b, 0xa0, open);
	in_front(b, ID("\1"));
	wrap(b, 0x30, open);
	in_front(b, VIEW_LIT("\x02\x01\x01\x31\x00"));
	wrap(b, 0x30, open);
	wrap(b, 0xa0, open);
	in_front(b, ID("\2"));
	wrap(b, 0x30, open);
}

static void test_signed(void **state)
{
	static const char part[] =
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		"quoted-printable\r\n\r\nT=E1=BB=90I M=E1=BA=ACT\r\n";

	(void)state;
	for (int open = 0; open < 2; open++) {
		cleanup_with(buf_done) struct buf b = BUF_INIT(0);

		sign(view_str(part), open, &b);
		assert_int_equal(seen_run(s, buf_view(&b)), 0);
		assert_string_equal(s->result.format, "pkcs7");
		assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
		assert_int_equal(seen_text(s, "TỐI MẬT")->place, PLACE_MAIL_BODY);
		/* cut at any place: a reason, and no crash */
		for (size_t n = 24; n < b.n; n++) {
			assert_int_equal(seen_run(s, view_of(b.p, n)), 0);
			assert_true(s->result.completeness != COMPLETENESS_FULL);
		}
	}
}

static void test_sealed(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	assert_int_equal(buf_put_str(&b, "................................"), 0);
	wrap(&b, 0xa0, false);
	in_front(&b, ID("\3"));
	wrap(&b, 0x30, false);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	refused(COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	/* a signature alone */
	buf_clear(&b);
	in_front(&b, ID("\1"));
	wrap(&b, 0x30, false);
	in_front(&b, VIEW_LIT("\x02\x01\x01\x31\x00"));
	wrap(&b, 0x30, false);
	wrap(&b, 0xa0, false);
	in_front(&b, ID("\2"));
	wrap(&b, 0x30, false);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

static void test_armoured(void **state)
{
	(void)state;
	run("-----BEGIN "
	    "PKCS7-----\nMCwGCSqGSIb3DQEHAqAfMB0CAQExADAWBgkqhkiG\n9w0BBwGgCQQHaW4gdGV4dA==\n-----"
	    "END PKCS7-----\n",
		"pkcs7");
	seen_text(s, "in text");
	run("-----BEGIN CMS-----\nnothing of the kind", "pkcs7");
	refused(COMPLETENESS_UNREADABLE, REASON_DAMAGED);
}

static void test_cms_depth(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0);

	(void)state;
	for (unsigned i = 0; i < CMS_DEPTH_MAX + 4; i++)
		wrap(&b, 0x24, true);
	wrap(&b, 0xa0, true);
	in_front(&b, ID("\2"));
	wrap(&b, 0x30, true);
	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	refused(COMPLETENESS_UNREADABLE, REASON_DAMAGED);
}

/* --- winmail.dat ------------------------------------------------------------------------------ */

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		assert_int_equal(buf_put_byte(b, (uint8_t)(v >> 8 * i)), 0);
}

static void attribute(struct buf *b, unsigned level, uint32_t name, struct view v)
{
	put_le(b, level, 1);
	put_le(b, name, 4);
	put_le(b, v.n, 4);
	assert_int_equal(buf_put_view(b, v), 0);
	put_le(b, 0, 2);
}

static void property(struct buf *b, uint32_t type, uint32_t id, struct view v)
{
	put_le(b, type | id << 16, 4);
	put_le(b, 1, 4);
	put_le(b, v.n, 4);
	assert_int_equal(buf_put_view(b, v), 0);
	while (b->n % 4)
		put_le(b, 0, 1);
}

static void begin_tnef(struct buf *b)
{
	put_le(b, 0x223e9f78, 4);
	put_le(b, 1, 2);
}

static void test_winmail(void **state)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(0), props = BUF_INIT(0), in = BUF_INIT(0);

	(void)state;
	begin_tnef(&b);
	attribute(&b, 1, 0x00069007, VIEW_LIT("\xea\4\0\0\0\0\0\0")); /* 1258 */
	attribute(&b, 1, 0x00018004, VIEW_LIT("the subject\0"));
	put_le(&props, 4, 4);
	put_le(&props, 0x8001001f, 4); /* a named one, passed over */
	for (unsigned i = 0; i < 4; i++)
		put_le(&props, 0, 4);
	put_le(&props, 1, 4);
	put_le(&props, 4, 4);
	put_le(&props, 0x00620061, 4);
	put_le(&props, 1, 4);
	put_le(&props, 4, 4);
	put_le(&props, 'x', 4);
	put_le(&props, 0x0e080003, 4); /* a number */
	put_le(&props, 77, 4);
	property(&props, 0x0102, 0x1009,
		VIEW_LIT("\x22\0\0\0\x16\0\0\0MELA\0\0\0\0{\\rtf1 in rich text\\par}"));
	property(&props, 0x0102, 0x1013, VIEW_LIT("<html><p>in the <b>body</b></p>"));
	attribute(&b, 1, 0x00069003, buf_view(&props));
	/* an attachment with a long name, and one that is a message */
	attribute(&b, 2, 0x00069002, VIEW_LIT("\1\0"));
	attribute(&b, 2, 0x00018010, VIEW_LIT("NOTE~1.TXT\0"));
	attribute(&b, 2, 0x0006800f, VIEW_LIT("attached text here"));
	buf_clear(&props);
	put_le(&props, 1, 4);
	property(&props, 0x001f, 0x3707, VIEW_LIT("n\0o\0t\0e\0.\0t\0x\0t\0\0\0"));
	attribute(&b, 2, 0x00069005, buf_view(&props));
	attribute(&b, 2, 0x00069002, VIEW_LIT("\1\0"));
	assert_int_equal(buf_put(&in, "................", 16), 0);
	begin_tnef(&in);
	attribute(&in, 1, 0x00018004, VIEW_LIT("the inner subject\0"));
	attribute(&in, 1, 0x0002800c, VIEW_LIT("the inner body\0"));
	buf_clear(&props);
	put_le(&props, 1, 4);
	property(&props, 0x000d, 0x3701, buf_view(&in));
	attribute(&b, 2, 0x00069005, buf_view(&props));

	assert_int_equal(seen_run(s, buf_view(&b)), 0);
	assert_string_equal(s->result.format, "tnef");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "the subject")->place, PLACE_MAIL_HEADER);
	assert_int_equal(seen_text(s, "in the body")->place, PLACE_MAIL_BODY);
	assert_int_equal(seen_text(s, "in rich text")->place, PLACE_MAIL_BODY);
	assert_string_equal(seen_text(s, "attached text here")->member, "note.txt");
	assert_string_equal(seen_text(s, "the inner body")->member, "attachment");
	assert_string_equal(seen_text(s, "the inner subject")->name, "Subject");
	assert_int_equal(seen_run(s, view_of(b.p, b.n - 40)), 0);
	assert_true(REASONS(s) & REASON_BIT(REASON_DAMAGED));
	seen_text(s, "in the body");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_mbox),
		TEST(test_emlx),
		TEST(test_web_archive),
		TEST(test_uuencode),
		TEST(test_pgp),
		TEST(test_invitation),
		TEST(test_signed),
		TEST(test_sealed),
		TEST(test_armoured),
		TEST(test_cms_depth),
		TEST(test_winmail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
