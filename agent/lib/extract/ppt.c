/* SPDX-License-Identifier: Apache-2.0 */
/* Presentations: slides in their order with their notes, then masters and what stands around. */
#include "extract/ppt.h"

#include <errno.h>

#include "extract/inflate.h"
#include "extract/officeart.h"
#include "extract/ole.h"

enum { LIST_SLIDES, LIST_MASTERS, LIST_NOTES, LISTS };

/* Of headers and footers: which string it is, and whether it is shown. */
enum { STRING_DATE, STRING_HEADER, STRING_FOOTER };
enum { SHOWS_DATE = 1 << 0, SHOWS_HEADER = 1 << 4, SHOWS_FOOTER = 1 << 5 };

enum { SHOW_HIDDEN = 1 << 2 };

/* Placeholders for these stand at the edge of a slide. */
enum { HOLDS_DATE = 7, HOLDS_NUMBER = 8, HOLDS_FOOTER = 9, HOLDS_HEADER = 10 };

/* The lines of a shape: whether there are any, and whether that was said. */
enum { PROPERTY_LINE = 0x01ff, LINE_IS_ON = 0x00080008 };

/* A slide as the document lists it, with the text of its outline. */
struct entry {
	uint32_t object, id;
	struct view texts;
};

struct ppt {
	struct extractor *x;
	struct ppt_objects objects;
	struct flow flow;
	struct ppt_fonts fonts;
	struct buf lists[LISTS]; /* struct entry */
	uint32_t notes_master, handout;
	enum place base, place; /* of the part, and of the shape in it */
	uint32_t shape_flags;
	uint32_t slides; /* met, where nothing says their order */
	bool has_any, is_doubtful;
};

static bool child(struct view v, uint16_t type, struct ppt_record *ret)
{
	while (ppt_take(&v, ret))
		if (ret->type == type)
			return true;
	return false;
}

static void set_page(struct ppt *p, uint32_t page, enum place base, uint32_t flags)
{
	p->flow.page = page;
	p->flow.flags = flags |
		(page == 1 && base == PLACE_TEXT_BOX ? BLOCK_FIRST_PAGE | BLOCK_TOP : 0);
	p->base = p->place = base;
	p->shape_flags = 0;
}

/* --- parts of a slide ------------------------------------------------------------------------- */

static int put_one(struct ppt *p, const struct ppt_text *t, enum place place, uint32_t flags)
{
	int r;

	if (t->chars.n == 0)
		return 0;
	r = flow_shape(&p->flow, place, flags);
	if (r == 0)
		r = ppt_text_put(&p->flow, &p->fonts, t);
	return r == 0 ? flow_shape_end(&p->flow) : r;
}

/* Texts one after another, each with what it looks like behind it. */
static int put_texts(struct ppt *p, struct view v, enum place place, uint32_t flags)
{
	struct ppt_text text = {.chars = VIEW_EMPTY};
	struct ppt_record rec;
	uint32_t kind = 0;
	int r = 0;

	while (r == 0 && ppt_take(&v, &rec)) {
		if (rec.type == PPT_TEXT_STYLE)
			text.style = rec.body;
		else if (rec.type == PPT_TEXT_HEADER && rec.body.n >= 4)
			kind = load_le32(rec.body.p);
		if (rec.type != PPT_TEXT_UNITS && rec.type != PPT_TEXT_BYTES)
			continue;
		r = put_one(p, &text, place, flags);
		text = (struct ppt_text){
			.chars = rec.body, .is_wide = rec.type == PPT_TEXT_UNITS, .kind = kind};
		if (r == 0)
			r = extractor_tick(p->x, 64);
	}
	return r == 0 ? put_one(p, &text, place, flags) : r;
}

static int put_string(struct ppt *p, struct view utf16, enum place place, uint32_t flags)
{
	struct ppt_text text = {.chars = utf16, .is_wide = true};

	return put_one(p, &text, place, flags);
}

static int read_footers(struct ppt *p, struct view v)
{
	static const struct {
		enum place place;
		uint32_t shown;
	} kinds[] = {
		[STRING_DATE] = {PLACE_FOOTER, SHOWS_DATE},
		[STRING_HEADER] = {PLACE_HEADER, SHOWS_HEADER},
		[STRING_FOOTER] = {PLACE_FOOTER, SHOWS_FOOTER},
	};
	struct ppt_record rec;
	uint32_t shows = 0;
	int r = 0;

	if (child(v, PPT_FOOTERS_ATOM, &rec) && rec.body.n >= 4)
		shows = load_le16(rec.body.p + 2);
	while (r == 0 && ppt_take(&v, &rec)) {
		if (rec.type != PPT_STRING || rec.instance >= ARRAY_SIZE(kinds))
			continue;
		r = put_string(p, rec.body,
			p->base == PLACE_MASTER ? p->base : kinds[rec.instance].place,
			shows & kinds[rec.instance].shown ? 0 : BLOCK_HIDDEN);
	}
	return r;
}

/* Author, text, initials. */
static int read_comment(struct ppt *p, struct view v)
{
	struct ppt_record rec;
	int r = 0;

	while (r == 0 && ppt_take(&v, &rec))
		if (rec.type == PPT_STRING && rec.instance == 1)
			r = put_string(p, rec.body, PLACE_COMMENT, 0);
	return r;
}

/* What a placeholder is for tells where its text stands; masters and notes stay what they are. */
static void read_placeholder(struct ppt *p, struct view v)
{
	uint8_t kind = v.n >= 5 ? v.p[4] : 0;

	if (p->base != PLACE_TEXT_BOX)
		return;
	p->place = kind == HOLDS_HEADER                                              ? PLACE_HEADER
		: kind == HOLDS_DATE || kind == HOLDS_NUMBER || kind == HOLDS_FOOTER ? PLACE_FOOTER
										     : PLACE_BODY;
}

static int read_properties(struct ppt *p, const struct ppt_record *rec)
{
	for (size_t i = 0; i < rec->instance && checked_range(i * 6, 6, rec->body.n); i++) {
		const uint8_t *property = rec->body.p + i * 6;

		if (load_le16(property) == PROPERTY_LINE &&
			(load_le32(property + 2) & LINE_IS_ON) == LINE_IS_ON)
			p->shape_flags |= BLOCK_FRAMED;
	}
	return officeart_words(p->x, rec->whole, p->flow.page, p->flow.flags);
}

/* --- the document ----------------------------------------------------------------------------- */

static int read_list(struct ppt *p, unsigned which, struct view v)
{
	struct view rest = v;
	struct ppt_record rec;
	struct entry e = {0};
	bool has = false;
	int r = 0;

	if (which >= LISTS)
		return 0;
	while (r == 0 && ppt_take(&rest, &rec)) {
		if (rec.type != PPT_SLIDE_ENTRY || rec.body.n < 16)
			continue;
		if (has) {
			e.texts.n = (size_t)(rec.whole.p - e.texts.p);
			r = buf_put(&p->lists[which], &e, sizeof(e));
		}
		has = true;
		e.object = load_le32(rec.body.p);
		e.id = load_le32(rec.body.p + 12);
		e.texts = rest;
		if (r == 0)
			r = extractor_tick(p->x, 64);
	}
	return r == 0 && has ? buf_put(&p->lists[which], &e, sizeof(e)) : r;
}

static int read_records(struct ppt *p, struct view v, unsigned depth);

static int read_record(struct ppt *p, const struct ppt_record *rec, unsigned depth)
{
	switch (rec->type) {
	case PPT_DOCUMENT_ATOM:
		if (rec->body.n >= 32) {
			p->notes_master = load_le32(rec->body.p + 24);
			p->handout = load_le32(rec->body.p + 28);
		}
		return 0;
	case PPT_FONT: ppt_font_read(&p->fonts, rec); return 0;
	case PPT_MASTER_STYLE: ppt_style_read(&p->fonts, rec); return 0;
	case PPT_SLIDE_LIST: return read_list(p, rec->instance, rec->body);
	case PPT_FOOTERS: return read_footers(p, rec->body);
	case PPT_COMMENT: return read_comment(p, rec->body);
	case PPT_PLACEHOLDER: read_placeholder(p, rec->body); return 0;
	case PPT_PROPERTIES: return read_properties(p, rec);
	case PPT_TEXT_BOX: return put_texts(p, rec->body, p->place, p->shape_flags);
	case PPT_SHAPE:
		p->place = p->base;
		p->shape_flags = 0;
		return read_records(p, rec->body, depth + 1);
	default: break;
	}
	return rec->is_container || rec->type == PPT_TAG_DATA
		? read_records(p, rec->body, depth + 1)
		: 0;
}

static int read_records(struct ppt *p, struct view v, unsigned depth)
{
	struct ppt_record rec;
	int r = 0;

	if (depth >= PPT_DEPTH_MAX) {
		extractor_fail(p->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}
	while (r == 0 && ppt_take(&v, &rec)) {
		r = read_record(p, &rec, depth);
		if (r == 0)
			r = extractor_tick(p->x, 32);
	}
	return r;
}

/* --- objects ---------------------------------------------------------------------------------- */

/* A program's own document, packed or not. */
static int read_ole(struct ppt *p, const struct ppt_record *rec)
{
	cleanup_with(buf_done) struct buf bytes = BUF_INIT(0);
	struct view content = rec->body;
	int r = 0;

	if (rec->instance == 1) {
		r = inflate_view(p->x, INFLATE_ZLIB, view_sub(content, 4, content.n),
			content.n >= 4 ? load_le32(content.p) : 0, &bytes, NULL);
		content = buf_view(&bytes);
	}
	if (r == INFLATE_DAMAGED)
		extractor_fail(p->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	if (r != 0 && r != INFLATE_DAMAGED && r != INFLATE_CUT)
		return r;
	return content.n > 0 ? extractor_nested(p->x, VIEW_LIT("object"), content) : 0;
}

/* The number of the slide that notes belong to. */
static uint32_t page_of(const struct ppt *p, const struct ppt_record *notes)
{
	const struct entry *e = (const struct entry *)(const void *)p->lists[LIST_SLIDES].p;
	size_t n = p->lists[LIST_SLIDES].n / sizeof(*e);
	struct ppt_record atom;

	if (!child(notes->body, PPT_NOTES_ATOM, &atom) || atom.body.n < 4)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (e[i].id == load_le32(atom.body.p))
			return (uint32_t)i + 1;
	return 0;
}

static bool is_hidden(const struct ppt_record *slide)
{
	struct ppt_record info;

	return child(slide->body, PPT_SHOW_INFO, &info) && info.body.n >= 12 &&
		load_le16(info.body.p + 10) & SHOW_HIDDEN;
}

static int read_slide(struct ppt *p, const struct ppt_record *rec, uint32_t page, uint32_t flags)
{
	set_page(p, page, PLACE_TEXT_BOX, flags | (is_hidden(rec) ? BLOCK_HIDDEN : 0));
	return read_records(p, rec->body, 0);
}

static int read_object(struct ppt *p, const struct ppt_record *rec, uint32_t page, uint32_t flags)
{
	switch (rec->type) {
	case PPT_DOCUMENT: set_page(p, 0, PLACE_TEXT_BOX, flags); break;
	case PPT_SLIDE: p->has_any = true; return read_slide(p, rec, page, flags);
	case PPT_NOTES: set_page(p, page_of(p, rec), PLACE_NOTES, flags); break;
	case PPT_MASTER:
	case PPT_HANDOUT: set_page(p, 0, PLACE_MASTER, flags); break;
	case PPT_OLE_OBJECT: return read_ole(p, rec);
	default: return 0;
	}
	p->has_any = true;
	return read_records(p, rec->body, 0);
}

/* A master is one whatever its record says. */
static int read_master(struct ppt *p, uint32_t number)
{
	struct ppt_record rec;

	if (number == 0 || !ppt_object_get(&p->objects, number, &rec) || !rec.is_container)
		return 0;
	set_page(p, 0, PLACE_MASTER, 0);
	return read_records(p, rec.body, 0);
}

static int read_entry(struct ppt *p, unsigned which, size_t i)
{
	const struct entry *e = (const struct entry *)(const void *)p->lists[which].p + i;
	uint32_t page = which == LIST_SLIDES ? (uint32_t)i + 1 : 0;
	struct ppt_record rec;
	int r;

	if (which == LIST_MASTERS)
		return read_master(p, e->object);
	if (!ppt_object_get(&p->objects, e->object, &rec) ||
		(rec.type != PPT_SLIDE && rec.type != PPT_NOTES)) {
		p->is_doubtful = true;
		return 0;
	}
	r = extractor_tick(p->x, p->lists[LIST_SLIDES].n);
	return r == 0 ? read_object(p, &rec, page, 0) : r;
}

/* The text of placeholders stands in the list, that of boxes in the slide. */
static int read_entry_texts(struct ppt *p, unsigned which, size_t i)
{
	const struct entry *e = (const struct entry *)(const void *)p->lists[which].p + i;
	struct ppt_record rec;
	uint32_t flags = 0;

	if (which == LIST_SLIDES && ppt_object_get(&p->objects, e->object, &rec) && is_hidden(&rec))
		flags = BLOCK_HIDDEN;
	set_page(p, which == LIST_SLIDES ? (uint32_t)i + 1 : 0, PLACE_TEXT_BOX, flags);
	return put_texts(p, e->texts,
		which == LIST_SLIDES          ? PLACE_BODY
			: which == LIST_NOTES ? PLACE_NOTES
					      : PLACE_MASTER,
		0);
}

/* What slides inherit from their masters, which are read after them. */
static int read_styles(struct ppt *p)
{
	const struct entry *e = (const struct entry *)(const void *)p->lists[LIST_MASTERS].p;
	size_t n = p->lists[LIST_MASTERS].n / sizeof(*e);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ppt_record master, rec;
		struct view v;

		if (!ppt_object_get(&p->objects, e[i].object, &master))
			continue;
		for (v = master.body; ppt_take(&v, &rec);)
			if (rec.type == PPT_MASTER_STYLE)
				ppt_style_read(&p->fonts, &rec);
		r = extractor_tick(p->x, master.body.n / 16 + 64);
	}
	return r;
}

static int read_lists(struct ppt *p)
{
	static const unsigned order[] = {LIST_SLIDES, LIST_NOTES, LIST_MASTERS};
	int r = 0;

	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(order); k++) {
		size_t n = p->lists[order[k]].n / sizeof(struct entry);

		for (size_t i = 0; r == 0 && i < n; i++) {
			r = read_entry_texts(p, order[k], i);
			if (r == 0 && p->objects.list.n > 0)
				r = read_entry(p, order[k], i);
		}
	}
	return r;
}

/* What counts but is in no list: embedded documents, and slides that nothing shows. */
static int read_rest(struct ppt *p)
{
	const struct ppt_object *o = (const struct ppt_object *)(const void *)p->objects.list.p;
	size_t n = p->objects.list.n / sizeof(*o);
	struct ppt_record rec;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (o[i].is_read || !ppt_object_get(&p->objects, (uint32_t)i, &rec))
			continue;
		r = read_object(p, &rec, 0, BLOCK_HIDDEN);
		if (r == 0)
			r = extractor_tick(p->x, 32);
	}
	return r;
}

/* Nobody says what counts, so all of it does. */
static int read_everything(struct ppt *p)
{
	struct view v = p->objects.stream;
	struct ppt_record rec;
	int r = 0;

	for (unsigned i = 0; i < LISTS; i++)
		buf_clear(&p->lists[i]);
	buf_clear(&p->objects.list);
	while (r == 0 && ppt_take(&v, &rec)) {
		r = read_object(p, &rec, rec.type == PPT_SLIDE ? ++p->slides : 0, 0);
		if (r == 0)
			r = extractor_tick(p->x, 32);
	}
	return r == 0 ? read_lists(p) : r;
}

static int read_current(struct ppt *p)
{
	struct ppt_record rec;
	int r = 0;

	if (ppt_object_get(&p->objects, p->objects.document, &rec))
		r = read_object(p, &rec, 0, 0);
	if (r == 0)
		r = read_styles(p);
	if (r == 0)
		r = read_lists(p);
	if (r == 0)
		r = read_master(p, p->notes_master);
	if (r == 0)
		r = read_master(p, p->handout);
	if (r == 0)
		r = read_rest(p);
	if (r != 0 || !p->is_doubtful)
		return r;
	extractor_fail(p->x, COMPLETENESS_PARTIAL, REASON_DAMAGED);
	return read_everything(p);
}

/* --- */

static int read_pictures(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf stream = BUF_INIT(0);
	int r = cfb_read_name(c, storage, "Pictures", &stream);

	if (r != 0)
		return r == CFB_ABSENT ? 0 : r;
	return officeart_pictures(c->x, buf_view(&stream), VIEW_EMPTY);
}

static int read_presentation(struct ppt *p)
{
	int r = p->objects.list.n > 0 ? read_current(p) : read_everything(p);

	if (r == 0)
		r = flow_finish(&p->flow);
	return r;
}

/* The stream of an older version has the same name; the newer one is beside it, or missed there. */
static bool is_old(const struct cfb *c, uint32_t storage)
{
	return cfb_find(c, storage, "PP40") != CFB_NONE ||
		cfb_find(c, storage, "PP97_DUALSTORAGE") != CFB_NONE;
}

int ppt_extract(struct cfb *c, uint32_t storage)
{
	cleanup_with(buf_done) struct buf stream = BUF_INIT(0);
	cleanup_with(buf_done) struct buf user = BUF_INIT(0);
	struct ppt *p;
	int r = cfb_read_name(c, storage, "PowerPoint Document", &stream);

	if (r == 0)
		r = cfb_read_name(c, storage, "Current User", &user);
	if (r != 0 && (r != CFB_ABSENT || stream.n == 0))
		return r == CFB_ABSENT ? 0 : r;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->x = c->x;
	p->objects.stream = buf_view(&stream);
	flow_init(&p->flow, c->x, PLACE_TEXT_BOX);
	r = ppt_objects_read(&p->objects, c->x, buf_view(&user));
	if (r == PPT_ENCRYPTED) {
		extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_ENCRYPTED);
		r = 0;
	} else if (r == 0) {
		r = read_presentation(p);
		if (r == 0 && !p->has_any && !is_old(c, storage))
			extractor_fail(c->x, COMPLETENESS_UNREADABLE, REASON_DAMAGED);
		if (r == 0)
			r = read_pictures(c, storage);
	}
	for (unsigned i = 0; i < LISTS; i++)
		buf_done(&p->lists[i]);
	flow_done(&p->flow);
	ppt_objects_done(&p->objects);
	free(p);
	return r;
}
