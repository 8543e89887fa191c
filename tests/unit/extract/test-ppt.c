/* SPDX-License-Identifier: Apache-2.0 */
/* Presentations: which objects count, places, looks, what is embedded. */
#include "cfbwriter.h"

#include <string.h>
#include <zlib.h>

#include "extract/ppt.h"

#define CONTAINER 15

static struct seen *s;
static struct buf stream, user, directory;
static size_t directory_n;

static int setup(void **state)
{
	(void)state;
	s = seen_new();
	buf_clear(&stream);
	buf_clear(&user);
	buf_clear(&directory);
	directory_n = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&stream);
	buf_done(&user);
	buf_done(&directory);
	seen_free(s);
	return 0;
}

/* A record whose end is not known yet; what is put until end() is inside. */
static size_t begin(unsigned type, unsigned kind)
{
	put16(&stream, kind);
	put16(&stream, type);
	put32(&stream, 0);
	return stream.n;
}

static void end(size_t at)
{
	set32(&stream, at - 4, (uint32_t)(stream.n - at));
}

static void put_bytes(unsigned type, unsigned kind, const char *bytes, size_t n)
{
	size_t at = begin(type, kind);

	assert_int_equal(buf_put(&stream, bytes, n), 0);
	end(at);
}

#define ATOM(type, kind, bytes) put_bytes(type, kind, bytes, sizeof(bytes) - 1)

static void put_string(unsigned type, unsigned kind, const char *utf8)
{
	size_t at = begin(type, kind);

	put_utf16(&stream, utf8);
	end(at);
}

static void put_text(const char *utf8)
{
	ATOM(PPT_TEXT_HEADER, 0, "\4\0\0\0");
	put_string(PPT_TEXT_UNITS, 0, utf8);
}

static void put_shape(const char *placeholder, const char *utf8)
{
	size_t shape = begin(PPT_SHAPE, CONTAINER), box;

	if (placeholder)
		put_bytes(PPT_PLACEHOLDER, 0, placeholder, 8);
	box = begin(PPT_TEXT_BOX, CONTAINER);
	put_text(utf8);
	end(box);
	end(shape);
}

/* An object that counts, with the next number, which it returns. */
static uint32_t object(void)
{
	put32(&directory, (uint32_t)stream.n);
	return (uint32_t)++directory_n;
}

static size_t put_slide(const char *text)
{
	size_t slide = begin(PPT_SLIDE, CONTAINER);

	put_shape(NULL, text);
	end(slide);
	return slide;
}

static void put_entry(uint32_t number, uint32_t id)
{
	size_t at = begin(PPT_SLIDE_ENTRY, 0);

	put32(&stream, number);
	put32(&stream, 0);
	put32(&stream, 0);
	put32(&stream, id);
	put32(&stream, 0);
	end(at);
}

/* The directory and an edit; the user's stream points to it. */
static void put_edit(uint32_t first, uint32_t document, uint32_t before, uint32_t encryption)
{
	uint32_t at_directory = (uint32_t)stream.n;
	size_t at = begin(PPT_DIRECTORY, 0);

	put32(&stream, first | (uint32_t)directory_n << 20);
	assert_int_equal(buf_put_view(&stream, buf_view(&directory)), 0);
	end(at);
	buf_clear(&user);
	put_zeros(&user, 12);
	put32(&user, 0xe391c05f);
	put32(&user, (uint32_t)stream.n);
	at = begin(PPT_EDIT, 0);
	put32(&stream, 0);
	put32(&stream, 0);
	put32(&stream, before);
	put32(&stream, at_directory);
	put32(&stream, document);
	put32(&stream, 0);
	put32(&stream, 0);
	put32(&stream, encryption);
	end(at);
	buf_clear(&directory);
	directory_n = 0;
}

static void run(void)
{
	struct cfb_builder b = cfb_builder_new();

	cfb_add(&b, 0, "PowerPoint Document", buf_view(&stream));
	if (user.n > 0)
		cfb_add(&b, 0, "Current User", buf_view(&user));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "ppt");
}

#define EDGE(kind) "\0\0\0\0" kind "\0\0\0"

static void test_places(void **state)
{
	uint32_t document, first, second, notes, master, handout;
	size_t at, list, in;

	(void)state;
	master = object();
	at = begin(PPT_MASTER, CONTAINER);
	put_shape(NULL, "MẬT master");
	end(at);
	first = object();
	at = begin(PPT_SLIDE, CONTAINER);
	put_shape(NULL, "TỐI\rMẬT\vend");
	put_shape(EDGE("\x0d"), "title");
	put_shape(EDGE("\x09"), "at the foot");
	put_shape(EDGE("\x0a"), "at the head");
	in = begin(PPT_FOOTERS, CONTAINER);
	ATOM(PPT_FOOTERS_ATOM, 0, "\0\0\x10\0");
	put_string(PPT_STRING, 1 << 4, "shown header");
	put_string(PPT_STRING, 2 << 4, "unshown footer");
	end(in);
	in = begin(PPT_TAG_DATA, 0);
	list = begin(PPT_COMMENT, CONTAINER);
	put_string(PPT_STRING, 0 << 4, "author");
	put_string(PPT_STRING, 1 << 4, "a remark");
	end(list);
	end(in);
	end(at);
	second = object();
	at = begin(PPT_SLIDE, CONTAINER);
	put_shape(NULL, "hidden slide");
	ATOM(PPT_SHOW_INFO, 0, "\0\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0");
	end(at);
	notes = object();
	at = begin(PPT_NOTES, CONTAINER);
	ATOM(PPT_NOTES_ATOM, 0, "\x02\1\0\0\0\0\0\0");
	put_shape(EDGE("\x0c"), "said to it");
	end(at);
	handout = object();
	at = begin(PPT_HANDOUT, CONTAINER);
	put_shape(NULL, "on handouts");
	end(at);
	document = object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	in = begin(PPT_DOCUMENT_ATOM, 0);
	put_zeros(&stream, 28);
	put32(&stream, handout);
	put_zeros(&stream, 8);
	end(in);
	list = begin(PPT_SLIDE_LIST, CONTAINER | 1 << 4);
	put_entry(master, 0);
	end(list);
	list = begin(PPT_SLIDE_LIST, CONTAINER);
	put_entry(first, 0x101);
	put_text("outline one");
	put_text("outline two");
	put_entry(second, 0x102);
	put_text("hidden outline");
	end(list);
	list = begin(PPT_SLIDE_LIST, CONTAINER | 2 << 4);
	put_entry(notes, 0);
	end(list);
	end(at);
	put_edit(1, document, 0, 0);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "MẬT master")->place, PLACE_MASTER);
	assert_int_equal(seen_text(s, "TỐI")->place, PLACE_TEXT_BOX);
	assert_int_equal(seen_text(s, "TỐI")->page, 1);
	assert_int_equal(seen_text(s, "TỐI")->flags, BLOCK_FIRST_PAGE | BLOCK_TOP);
	assert_int_equal(seen_text(s, "TỐI")->shape, seen_text(s, "MẬT")->shape);
	assert_true(seen_text(s, "end")->flags & BLOCK_SHAPE_END);
	assert_int_equal(seen_text(s, "title")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "at the foot")->place, PLACE_FOOTER);
	assert_int_equal(seen_text(s, "at the head")->place, PLACE_HEADER);
	assert_int_equal(seen_text(s, "shown header")->place, PLACE_HEADER);
	assert_false(seen_text(s, "shown header")->flags & BLOCK_HIDDEN);
	assert_true(seen_text(s, "unshown footer")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "a remark")->place, PLACE_COMMENT);
	assert_null(seen_find(s, "author"));
	assert_int_equal(seen_text(s, "outline one")->place, PLACE_BODY);
	assert_int_equal(seen_text(s, "outline two")->page, 1);
	assert_int_not_equal(
		seen_text(s, "outline one")->shape, seen_text(s, "outline two")->shape);
	assert_int_equal(seen_text(s, "hidden slide")->page, 2);
	assert_true(seen_text(s, "hidden slide")->flags & BLOCK_HIDDEN);
	assert_true(seen_text(s, "hidden outline")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "said to it")->place, PLACE_NOTES);
	assert_int_equal(seen_text(s, "said to it")->page, 2);
	assert_int_equal(seen_text(s, "on handouts")->place, PLACE_MASTER);
	assert_int_equal(seen_count(s, "on handouts"), 1);
}

static void put_run(uint32_t n, uint32_t mask, const char *bytes, size_t size)
{
	put32(&stream, n);
	put32(&stream, mask);
	assert_int_equal(buf_put(&stream, bytes, size), 0);
}

static void put_font(unsigned number, const char *name)
{
	size_t at = begin(PPT_FONT, number << 4), units = put_utf16(&stream, name);

	put_zeros(&stream, 68 - units * 2);
	end(at);
}

static void put_styled(const char *bytes, size_t n)
{
	put_bytes(PPT_TEXT_BYTES, 0, bytes, n);
}

static void test_looks(void **state)
{
	size_t slide, shape, box, style, fonts;

	(void)state;
	fonts = begin(PPT_DOCUMENT, CONTAINER);
	put_font(0, "Arial");
	put_font(1, ".VnTimeH");
	end(fonts);
	slide = begin(PPT_SLIDE, CONTAINER);
	shape = begin(PPT_SHAPE, CONTAINER);
	ATOM(PPT_PROPERTIES, 3 | 1 << 4, "\xff\1\x08\0\x08\0");
	box = begin(PPT_TEXT_BOX, CONTAINER);
	put_styled("red\rm\xcbt\rplain \xe9", 15);
	style = begin(PPT_TEXT_STYLE, 0);
	/* the paragraphs: one with a tab stop, then one with a bullet's flags and colour */
	put32(&stream, 4);
	put16(&stream, 0);
	put32(&stream, 1 << 20 | 1 << 11);
	put16(&stream, 1);
	put16(&stream, 1);
	put32(&stream, 0x12345678);
	put32(&stream, 12);
	put16(&stream, 0);
	put32(&stream, 1 << 5 | 1);
	put16(&stream, 0);
	put32(&stream, 0xffffffff);
	put_run(4, 1 << 18 | 1 << 17 | 1, "\1\0\x28\0\xff\0\0\xfe", 8);
	put_run(4, 1 << 16, "\1\0", 2);
	put_run(9, 0, "", 0);
	end(style);
	end(box);
	end(shape);
	end(slide);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "red")->flags,
		BLOCK_RED | BLOCK_LARGE | BLOCK_BOLD | BLOCK_FRAMED | BLOCK_FIRST_PAGE | BLOCK_TOP);
	assert_true(seen_text(s, "plain é")->flags & BLOCK_FRAMED);
	assert_false(seen_text(s, "plain é")->flags & BLOCK_RED);
	seen_text(s, "mật");
}

/* Bytes of a legacy font, which are no UTF-8. */
static void test_legacy_font(void **state)
{
	size_t slide, box, style;

	(void)state;
	put_font(1, ".VnTimeH");
	slide = begin(PPT_DOCUMENT, CONTAINER);
	put_font(1, ".VnTimeH");
	end(slide);
	slide = begin(PPT_SLIDE, CONTAINER);
	box = begin(PPT_TEXT_BOX, CONTAINER);
	put_styled("m\xcbt", 3);
	style = begin(PPT_TEXT_STYLE, 0);
	put32(&stream, 4);
	put16(&stream, 0);
	put32(&stream, 0);
	put_run(4, 1 << 16, "\1\0", 2);
	end(style);
	end(box);
	end(slide);
	run();
	assert_true(seen_text(s, "mật")->flags & BLOCK_CAPS);
	assert_true(seen_text(s, "mật")->flags & BLOCK_CASE_UNKNOWN);
}

/* Text that names no font has that of the master, which stands behind it. */
static void test_inherited_font(void **state)
{
	uint32_t slide, master, document;
	size_t at, in;

	(void)state;
	slide = object();
	at = begin(PPT_SLIDE, CONTAINER);
	in = begin(PPT_TEXT_BOX, CONTAINER);
	ATOM(PPT_TEXT_HEADER, 0, "\5\0\0\0");
	put_styled("m\xcbt", 3);
	ATOM(PPT_TEXT_HEADER, 0, "\4\0\0\0");
	put_styled("\xcb", 1);
	end(in);
	end(at);
	master = object();
	at = begin(PPT_MASTER, CONTAINER);
	in = begin(PPT_MASTER_STYLE, 5 << 4);
	put16(&stream, 1);
	put16(&stream, 0);
	put32(&stream, 1 << 11);
	put16(&stream, 1);
	put32(&stream, 1 << 16 | 1 << 17);
	put16(&stream, 0);
	put16(&stream, 40);
	end(in);
	end(at);
	document = object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	put_font(0, ".VnTime");
	in = begin(PPT_SLIDE_LIST, CONTAINER | 1 << 4);
	put_entry(master, 0);
	end(in);
	in = begin(PPT_SLIDE_LIST, CONTAINER);
	put_entry(slide, 0);
	end(in);
	end(at);
	put_edit(1, document, 0, 0);
	run();
	assert_true(seen_text(s, "mật")->flags & BLOCK_CASE_UNKNOWN);
	seen_text(s, "Ë");
}

/* What an edit replaced is not read; without a directory all of it is. */
static void test_edits(void **state)
{
	uint32_t document, slide, first_edit;
	size_t at, list;
	unsigned number;

	(void)state;
	slide = object();
	put_slide("old text");
	document = object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	list = begin(PPT_SLIDE_LIST, CONTAINER);
	put_entry(slide, 0x100);
	end(list);
	end(at);
	put_edit(1, document, 0, 0);
	first_edit = load_le32(user.p + 16);
	(void)object();
	put_slide("new text");
	(void)object(); /* one more that no list has */
	put32(&directory, 0);
	directory_n = 1;
	directory.n = 4;
	put_edit(slide, document, first_edit, 0);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_int_equal(seen_text(s, "new text")->page, 1);
	assert_null(seen_find(s, "old text"));
	/* the stream of the user is lost: the last edit is found */
	number = (unsigned)user.n;
	user.n = 0;
	run();
	seen_text(s, "new text");
	assert_null(seen_find(s, "old text"));
	/* its place is taken by something else */
	user.n = number;
	set32(&user, 16, 3);
	run();
	assert_null(seen_find(s, "old text"));
	/* a directory that leads nowhere */
	set16(&stream, load_le32(user.p + 16) + 2, 0);
	for (size_t i = 0; i + 8 <= stream.n; i++)
		if (load_le16(stream.p + i + 2) == PPT_DIRECTORY && stream.p[i] == 0)
			set16(&stream, i + 2, 1);
	run();
	seen_text(s, "old text");
	seen_text(s, "new text");
}

/* A listed slide is not where the directory says: all are read, and it is told. */
static void test_lost_slide(void **state)
{
	uint32_t document;
	size_t at, list;

	(void)state;
	put_slide("in no directory");
	document = object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	list = begin(PPT_SLIDE_LIST, CONTAINER);
	put_entry(77, 0x100);
	end(list);
	end(at);
	put_edit(1, document, 0, 0);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_PARTIAL);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	seen_text(s, "in no directory");
}

/* Counts, but no list has it. */
static void test_unlisted(void **state)
{
	uint32_t document;
	size_t at;

	(void)state;
	(void)object();
	put_slide("unlisted");
	document = object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	end(at);
	put_edit(1, document, 0, 0);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_true(seen_text(s, "unlisted")->flags & BLOCK_HIDDEN);
	assert_int_equal(seen_text(s, "unlisted")->page, 0);
}

static void test_embedded(void **state)
{
	static const char text[] = "Subject of the embedded text\n";
	uint8_t packed[200];
	uLong n = sizeof(packed);
	struct cfb_builder b;
	size_t at;

	(void)state;
	assert_int_equal(compress(packed, &n, (const Bytef *)text, sizeof(text) - 1), Z_OK);
	put_slide("slide");
	at = begin(PPT_OLE_OBJECT, 1 << 4);
	put32(&stream, sizeof(text) - 1);
	assert_int_equal(buf_put(&stream, packed, n), 0);
	end(at);
	ATOM(PPT_OLE_OBJECT, 0, "as it is\n");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	assert_string_equal(seen_text(s, "Subject of the embedded text")->member, "object");
	assert_string_equal(seen_text(s, "as it is")->member, "object");
	ATOM(PPT_OLE_OBJECT, 1 << 4, "\1\0\0\0no deflate");
	run();
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	ATOM(PPT_OLE_OBJECT, 1 << 4, "\1\0\0\0");
	run();
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
	/* pictures that nobody read: told where there is no text */
	buf_clear(&stream);
	at = begin(PPT_SLIDE, CONTAINER);
	end(at);
	b = cfb_builder_new();
	cfb_add(&b, 0, "PowerPoint Document", buf_view(&stream));
	cfb_add(&b, 0, "Pictures",
		VIEW_LIT("\x00\x6e\x1e\xf0\x18\0\0\0"
			 "0123456789abcdef\xff\x89PNG\r\n\x1a"));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
}

/* Metafiles are packed; one that is not as it says is told. */
static void test_metafile(void **state)
{
	uint8_t packed[100];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		cleanup_with(buf_done) struct buf pictures = BUF_INIT(0);
		struct cfb_builder b = cfb_builder_new();
		uLong n = sizeof(packed);
		size_t slide;

		assert_int_equal(compress(packed, &n, (const Bytef *)"\1\0\0\0", 4), Z_OK);
		buf_clear(&stream);
		slide = begin(PPT_SLIDE, CONTAINER);
		end(slide);
		put16(&pictures, 0x3d40);
		put16(&pictures, 0xf01a);
		put32(&pictures, i == 3 ? 16 + 20 : (uint32_t)(16 + 34 + n));
		put_zeros(&pictures, 16 + 32);
		put8(&pictures, i == 1 ? 0xfe : 0);
		put8(&pictures, 0xfe);
		packed[0] ^= i == 2 ? 0xff : 0;
		assert_int_equal(buf_put(&pictures, packed, n), 0);
		cfb_add(&b, 0, "PowerPoint Document", buf_view(&stream));
		cfb_add(&b, 0, "Pictures", buf_view(&pictures));
		assert_int_equal(seen_cfb(s, &b), 0);
		assert_int_equal(REASONS(s),
			i < 2            ? REASON_BIT(REASON_UNSUPPORTED)
				: i == 2 ? REASON_BIT(REASON_DAMAGED)
					 : 0);
	}
}

/* PowerPoint 95 beside a newer version, and alone. */
static void test_dual(void **state)
{
	struct cfb_builder b = cfb_builder_new();
	unsigned storage = cfb_add_storage(&b, 0, "PP97_DUALSTORAGE");

	(void)state;
	put_slide("newer");
	cfb_add(&b, 0, "PP40", VIEW_LIT("old"));
	cfb_add(&b, 0, "PowerPoint Document", VIEW_LIT("in the way of the older version"));
	cfb_add(&b, storage, "PowerPoint Document", buf_view(&stream));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_string_equal(s->result.format, "ppt");
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
	seen_text(s, "newer");
	b = cfb_builder_new();
	cfb_add(&b, 0, "PP40", VIEW_LIT("old"));
	assert_int_equal(seen_cfb(s, &b), 0);
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_UNSUPPORTED));
}

static void test_encrypted_and_broken(void **state)
{
	size_t at;

	(void)state;
	put_slide("noise");
	(void)object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	end(at);
	put_edit(1, 1, 0, 2);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	assert_null(seen_find(s, "noise"));
	set32(&user, 12, 0xf3d1c4df);
	set32(&stream, stream.n - 4, 0);
	run();
	assert_int_equal(REASONS(s), REASON_BIT(REASON_ENCRYPTED));
	user.n = 0;
	buf_clear(&stream);
	assert_int_equal(buf_put_str(&stream, "no presentation"), 0);
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_UNREADABLE);
	assert_int_equal(REASONS(s), REASON_BIT(REASON_DAMAGED));
}

static void test_depth(void **state)
{
	(void)state;
	for (unsigned k = 0; k < 2; k++) {
		size_t at[PPT_DEPTH_MAX + 2], n = PPT_DEPTH_MAX + k;

		buf_clear(&stream);
		at[0] = begin(PPT_SLIDE, CONTAINER);
		for (size_t i = 1; i < n; i++)
			at[i] = begin(PPT_FONTS, CONTAINER);
		put_string(PPT_TEXT_UNITS, 0, "");
		for (size_t i = n; i-- > 0;)
			end(at[i]);
		put_slide("text");
		run();
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_DEEP) : 0);
		seen_text(s, "text");
	}
}

static void test_many(void **state)
{
	size_t at;

	(void)state;
	(void)object();
	at = begin(PPT_DOCUMENT, CONTAINER);
	end(at);
	put_edit(PPT_OBJECTS_MAX, 1, 0, 0);
	put_slide("text");
	run();
	assert_int_equal(REASONS(s), REASON_BIT(REASON_TOO_BIG));
	seen_text(s, "text");
	for (unsigned k = 0; k < 2; k++) {
		uint32_t before = 0;

		buf_clear(&stream);
		(void)object();
		at = begin(PPT_DOCUMENT, CONTAINER);
		end(at);
		for (unsigned i = 0; i < PPT_EDITS_MAX + k; i++) {
			put_edit(1, 1, before, 0);
			before = load_le32(user.p + 16);
		}
		run();
		assert_int_equal(REASONS(s), k ? REASON_BIT(REASON_TOO_BIG) : 0);
	}
	/* fonts beyond the last one that is kept have no look */
	buf_clear(&stream);
	at = begin(PPT_DOCUMENT, CONTAINER);
	put_font(PPT_FONTS_MAX, ".VnTime");
	end(at);
	put_slide("text");
	run();
	assert_int_equal(s->result.completeness, COMPLETENESS_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_looks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_legacy_font, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inherited_font, setup, teardown),
		cmocka_unit_test_setup_teardown(test_edits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_slide, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unlisted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_embedded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_metafile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dual, setup, teardown),
		cmocka_unit_test_setup_teardown(test_encrypted_and_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
