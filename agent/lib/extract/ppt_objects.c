/* SPDX-License-Identifier: Apache-2.0 */
/* Which objects of a presentation count: the chain of its edits and their directories. */
#include <errno.h>

#include "extract/ppt.h"

#define USER_ENCRYPTED 0xf3d1c4dfU

bool ppt_take(struct view *v, struct ppt_record *ret)
{
	uint16_t kind;

	if (v->n < PPT_HEADER)
		return false;
	kind = load_le16(v->p);
	ret->type = load_le16(v->p + 2);
	ret->instance = kind >> 4;
	ret->is_container = (kind & 15) == 15;
	ret->body = view_sub(*v, PPT_HEADER, load_le32(v->p + 4));
	ret->whole = view_sub(*v, 0, PPT_HEADER + ret->body.n);
	*v = view_sub(*v, PPT_HEADER + ret->body.n, v->n);
	return true;
}

static bool record_at(struct view stream, uint32_t at, struct ppt_record *ret)
{
	struct view v = view_sub(stream, at, stream.n);

	return ppt_take(&v, ret);
}

static struct ppt_object *objects(const struct ppt_objects *o)
{
	return (struct ppt_object *)(void *)o->list.p;
}

static size_t count(const struct ppt_objects *o)
{
	return o->list.n / sizeof(struct ppt_object);
}

/* Room for the object `number`, all zero. */
static int make_room(struct ppt_objects *o, uint32_t number)
{
	static const struct ppt_object none;
	int r = 0;

	while (r == 0 && count(o) <= number)
		r = buf_put(&o->list, &none, sizeof(none));
	return r;
}

/* Runs of numbers: 20 bits say the first, 12 how many. What a later edit said stays. */
static int read_directory(struct ppt_objects *o, struct extractor *x, struct view v)
{
	int r = 0;

	while (r == 0 && v.n >= 4) {
		uint32_t first = load_le32(v.p) & 0xfffff, n = load_le32(v.p) >> 20;

		v = view_sub(v, 4, v.n);
		for (uint32_t i = 0; r == 0 && i < n && v.n >= 4; i++) {
			if (first + i >= PPT_OBJECTS_MAX) {
				extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
				return 0;
			}
			r = make_room(o, first + i);
			if (r == 0 && !objects(o)[first + i].is_known)
				objects(o)[first + i] = (struct ppt_object){
					.at = load_le32(v.p), .is_known = true};
			v = view_sub(v, 4, v.n);
		}
		if (r == 0)
			r = extractor_tick(x, 16 + (uint64_t)n * 8);
	}
	return r;
}

/* The last edit of a stream that nobody points into. */
static uint32_t find_edit(struct view stream)
{
	struct view v = stream;
	struct ppt_record rec;
	uint32_t at = 0;

	while (ppt_take(&v, &rec))
		if (rec.type == PPT_EDIT)
			at = (uint32_t)(rec.whole.p - stream.p);
	return at;
}

static int read_edits(struct ppt_objects *o, struct extractor *x, uint32_t at)
{
	struct ppt_record edit, directory;
	int r = 0;

	for (unsigned i = 0; r == 0 && record_at(o->stream, at, &edit); i++) {
		uint32_t before;

		if (edit.type != PPT_EDIT || edit.body.n < 28)
			break;
		if (i == PPT_EDITS_MAX) {
			extractor_fail(x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
			break;
		}
		if (i == 0) {
			o->document = load_le32(edit.body.p + 16);
			if (edit.body.n >= 32 && load_le32(edit.body.p + 28) != 0)
				return PPT_ENCRYPTED;
		}
		if (record_at(o->stream, load_le32(edit.body.p + 12), &directory) &&
			directory.type == PPT_DIRECTORY)
			r = read_directory(o, x, directory.body);
		before = load_le32(edit.body.p + 8);
		/* the first edit has none before it; backwards only, or it would not end */
		if (before == 0 || before >= at)
			break;
		at = before;
	}
	return r;
}

int ppt_objects_read(struct ppt_objects *o, struct extractor *x, struct view user)
{
	struct ppt_record rec = {0};
	uint32_t at = user.n >= 20 ? load_le32(user.p + 16) : 0;
	int r = extractor_tick(x, o->stream.n / 16);

	if (r != 0)
		return r;
	if (user.n >= 20 && load_le32(user.p + 12) == USER_ENCRYPTED)
		return PPT_ENCRYPTED;
	if (!record_at(o->stream, at, &rec) || rec.type != PPT_EDIT)
		at = find_edit(o->stream);
	r = read_edits(o, x, at);
	if (r != 0)
		return r;
	if (!ppt_object_get(o, o->document, &rec) || rec.type != PPT_DOCUMENT)
		buf_clear(&o->list);
	return 0;
}

void ppt_objects_done(struct ppt_objects *o)
{
	buf_done(&o->list);
}

bool ppt_object_get(struct ppt_objects *o, uint32_t number, struct ppt_record *ret)
{
	if (number >= count(o) || !objects(o)[number].is_known ||
		!record_at(o->stream, objects(o)[number].at, ret))
		return false;
	objects(o)[number].is_read = true;
	return true;
}
