/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/ole.h"

#include "base/checked.h"
#include "extract/crypt.h"
#include "extract/msg.h"
#include "extract/ole1.h"
#include "extract/ole_props.h"

/* "_Tables" as installers write it: two letters in one character, behind a sign of tables. */
#define MSI_TABLES "\u4840\u3f7f\u4164\u422f\u4836"

int ole_bid(struct view v)
{
	return view_starts(v, VIEW_LIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) ? BID_MAGIC : BID_NONE;
}

/* An OOXML package that a password protects; the one that opens by itself is tried. */
static int encrypted(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf info = BUF_INIT(0);
	cleanup_with(buf_done) struct buf package = BUF_INIT(0);
	cleanup_with(buf_done) struct buf plain = BUF_INIT(0);
	int r = cfb_read_name(c, storage, "EncryptedPackage", &package);

	if (r == 0)
		r = cfb_read_name(c, storage, "EncryptionInfo", &info);
	if (r == 0)
		r = crypt_package(c->x, buf_view(&info), buf_view(&package), &plain);
	if (r == 0)
		return extractor_nested(c->x, VIEW_LIT("package"), buf_view(&plain));
	if (r != CFB_ABSENT && r != CRYPT_LOCKED)
		return r;
	extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	return 0;
}

/* An OOXML package, or a file that a program keeps as it is. */
static int read_package(struct cfb *c, uint32_t storage, const char *stream)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	int r = cfb_read_name(c, storage, stream, &bytes);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	return extractor_nested(c->x, VIEW_LIT("package"), buf_view(&bytes));
}

static int read_package_stream(struct cfb *c, uint32_t storage)
{
	return read_package(c, storage, "Package");
}

static int read_contents(struct cfb *c, uint32_t storage)
{
	return read_package(c, storage, "CONTENTS");
}

static int read_ole1(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	int r = cfb_read_name(c, storage, "\1Ole10Native", &bytes);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	if (bytes.n < 4) {
		extractor_fail(c->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
		return 0;
	}
	return ole1_package(c->x, view_sub(buf_view(&bytes), 4, load_le32(bytes.p)));
}

/* A workbook in two versions says the same twice. */
static int read_old_book(struct cfb *c, uint32_t storage)
{
	return cfb_find(c, storage, "Workbook") == CFB_NONE ? xls_extract(c, storage) : 0;
}

/* PowerPoint 95, which a file may hold beside a newer version. */
static int read_old_slides(struct cfb *c, uint32_t storage)
{
	if (cfb_find(c, storage, "PP97_DUALSTORAGE") == CFB_NONE)
		extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
	return 0;
}

static int locked(struct cfb *c, uint32_t storage)
{
	(void)storage;
	extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
	return 0;
}

/* Text that nobody reads yet, or pictures of documents. */
static int unsupported(struct cfb *c, uint32_t storage)
{
	(void)storage;
	extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
	return 0;
}

static const struct {
	const char *stream;
	const char *format;
	int (*read)(struct cfb *c, uint32_t storage);
} kinds[] = {
	{"EncryptedPackage", "ooxml", encrypted},
	{"WordDocument", "doc", doc_extract},
	{"Workbook", "xls", xls_extract},
	{"Book", "xls", read_old_book},
	{"PowerPoint Document", "ppt", ppt_extract},
	{"PP40", "ppt", read_old_slides},
	{MSG_PROPERTIES, "msg", msg_extract},
	{"Package", "cfb", read_package_stream},
	{"\1Ole10Native", "cfb", read_ole1},
	{"CONTENTS", "cfb", read_contents},
	/* what rights management has locked; the document around it says no more than that */
	{"\tDRMContent", "cfb", locked},
	{"BodyText", "hwp", unsupported},
	{"ViewText", "hwp", unsupported},
	{"VisioDocument", "visio", unsupported},
	{"Quill", "publisher", unsupported},
	{"StarWriterDocument", "staroffice", unsupported},
	{"StarCalcDocument", "staroffice", unsupported},
	{"StarDrawDocument3", "staroffice", unsupported},
	{"PerfectOffice_MAIN", "wordperfect", unsupported},
	{"Catalog", "thumbs-db", unsupported},
	/* the name that installers give to their list of tables */
	{MSI_TABLES, "msi", unsupported},
	/* formulas and macros: no words to miss */
	{"Equation Native", "cfb", NULL},
	{"VBA", "cfb", NULL},
};

/* Everything that a storage itself is; a file can be two things at once. */
static int read_kinds(struct cfb *c, uint32_t storage, bool *ret_known)
{
	int r = ole_props(c, storage);

	*ret_known = false;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kinds); i++) {
		if (cfb_find(c, storage, kinds[i].stream) == CFB_NONE)
			continue;
		if (!*ret_known)
			extractor_format(c->x, kinds[i].format);
		*ret_known = true;
		if (kinds[i].read)
			r = kinds[i].read(c, storage);
	}
	return r;
}

static bool is_document(const struct cfb *c, uint32_t storage)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (cfb_find(c, storage, kinds[i].stream) != CFB_NONE)
			return true;
	return false;
}

static int read_embedded(struct cfb *c, uint32_t storage)
{
	size_t path;
	bool known;
	int r = extractor_enter(c->x, cfb_name(&c->entries[storage]), &path);

	if (r != 0)
		return r == EXTRACT_OUTSIDE ? 0 : r;
	r = read_kinds(c, storage, &known);
	extractor_leave(c->x, path);
	return r;
}

/* Is it somewhere in `storage`, and not in a message? Those read all of what they hold. */
static bool is_under(const struct cfb *c, uint32_t entry, uint32_t storage)
{
	while (entry != storage) {
		if (entry == 0 || c->entries[entry].parent == CFB_NONE)
			return false;
		entry = c->entries[entry].parent;
		if (cfb_find(c, entry, MSG_PROPERTIES) != CFB_NONE)
			return false;
	}
	return true;
}

int ole_storage(struct cfb *c, uint32_t storage)
{
	bool known, any = false;
	int r = read_kinds(c, storage, &known);

	for (uint32_t i = 1; r == 0 && i < c->n_entries; i++) {
		if (c->entries[i].type != CFB_STORAGE || i == storage || !is_document(c, i) ||
			!is_under(c, i, storage))
			continue;
		any = true;
		r = read_embedded(c, i);
		if (r == 0)
			r = extractor_tick(c->x, c->n_entries);
	}
	if (r == 0)
		r = extractor_tick(c->x, (uint64_t)c->n_entries * 4);
	if (r == 0 && !known && !any)
		extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_UNSUPPORTED);
	return r;
}

int ole_extract(struct extractor *x, struct view content)
{
	struct cfb c;
	int r;

	r = cfb_open(&c, x, content);
	if (r == 0 && c.n_entries > 0)
		r = ole_labels(&c);
	if (r == 0 && c.n_entries > 0)
		r = ole_storage(&c, 0);
	cfb_done(&c);
	return r;
}
