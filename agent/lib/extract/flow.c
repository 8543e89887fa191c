/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/flow.h"

#include <errno.h>

#include "extract/xml.h"

/* A line break inside a paragraph; no XML document can hold this character. */
#define BREAK 0x0b

void look_set_font(struct look *l, struct view font)
{
	bool capitals = false;

	l->is_legacy = encoding_of_font(font, &l->legacy, &capitals);
	if (!l->is_legacy)
		return;
	if (capitals)
		l->flags |= BLOCK_CAPS;
	if (l->legacy == ENCODING_TCVN3)
		l->flags |= BLOCK_CASE_UNKNOWN;
}

void flow_init(struct flow *f, struct extractor *x, enum place place)
{
	*f = (struct flow){.x = x, .n = 1};
	f->frames[0].place = place;
}

void flow_done(struct flow *f)
{
	buf_done(&f->text);
	buf_done(&f->held);
}

static int flush(struct flow *f, uint32_t more_flags)
{
	if (!f->has_last)
		return 0;
	f->has_last = false;
	f->last.flags |= more_flags;
	f->last.text = buf_view(&f->held);
	return extractor_emit(f->x, &f->last);
}

static int hand_over(struct flow *f, const struct block *b)
{
	int r = flush(f, 0);

	if (r != 0)
		return r;
	/* Outside of shapes nothing has to be waited for. */
	if (b->shape == 0)
		return extractor_emit(f->x, b);
	for (size_t i = 0; i < b->text.n; i++)
		if (b->text.p[i] > ' ') {
			f->last = *b;
			f->has_last = true;
			buf_clear(&f->held);
			return buf_put_view(&f->held, b->text);
		}
	return 0;
}

static uint32_t common_flags(const struct flow_frame *fr, size_t total)
{
	uint32_t flags = fr->flags | fr->para;

	for (unsigned i = 0; i < ARRAY_SIZE(fr->with); i++)
		if (fr->with[i] > 0 && fr->with[i] * 2 >= total)
			flags |= UINT32_C(1) << i;
	return flags;
}

/* Hands the paragraph over and leaves an empty one with the same properties. */
static int cut(struct flow *f)
{
	struct flow_frame *fr = flow_frame(f);
	struct view text = view_sub(buf_view(&f->text), fr->start, f->text.n);
	struct block b = {.place = fr->place,
		.page = f->page,
		.row = fr->place == PLACE_TABLE_CELL ? f->row : 0,
		.shape = fr->shape};
	bool own_shape = false;
	int r = 0;

	if (text.n == 0)
		return 0;
	b.flags = f->flags | common_flags(fr, text.n);
	while (r == 0 && text.n > 0) {
		const uint8_t *br = memchr(text.p, BREAK, text.n);
		size_t n = br ? (size_t)(br - text.p) : text.n;

		if (br && b.shape == 0) {
			b.shape = extractor_shape(f->x);
			own_shape = true;
		}
		b.text = view_sub(text, 0, n);
		text = view_sub(text, n + 1, text.n);
		r = hand_over(f, &b);
	}
	if (r == 0 && own_shape)
		r = flush(f, BLOCK_SHAPE_END);
	f->text.n = fr->start;
	memset(fr->with, 0, sizeof(fr->with));
	return r;
}

int flow_paragraph_end(struct flow *f)
{
	int r = cut(f);

	flow_frame(f)->para = 0;
	return r;
}

int flow_shape(struct flow *f, enum place place, uint32_t flags)
{
	struct flow_frame *fr;

	if (f->n == FLOW_DEPTH) {
		f->over++;
		return 0;
	}
	fr = &f->frames[f->n++];
	*fr = (struct flow_frame){
		.place = place,
		.shape = extractor_shape(f->x),
		.flags = flags | (fr[-1].flags & BLOCK_HIDDEN),
		.start = f->text.n,
	};
	return 0;
}

int flow_shape_end(struct flow *f)
{
	uint32_t shape;
	int r;

	if (f->over > 0) {
		f->over--;
		return flow_paragraph_end(f);
	}
	if (f->n <= 1)
		return flow_paragraph_end(f);
	shape = flow_frame(f)->shape;
	r = cut(f);
	f->n--;
	if (r == 0 && f->has_last && f->last.shape == shape)
		r = flush(f, BLOCK_SHAPE_END);
	return r;
}

int flow_finish(struct flow *f)
{
	int r = 0;

	f->over = 0;
	while (r == 0 && f->n > 1)
		r = flow_shape_end(f);
	if (r == 0)
		r = flow_paragraph_end(f);
	if (r != 0 || !f->has_last)
		return r;
	return flush(f, f->last.shape == f->frames[0].shape ? BLOCK_SHAPE_END : 0);
}

static int counted(struct flow *f, size_t before, const struct look *look)
{
	struct flow_frame *fr = flow_frame(f);
	size_t n = f->text.n - before;

	f->puts++;
	if (look)
		for (uint32_t rest = look->flags; rest != 0; rest &= rest - 1) {
			unsigned bit = (unsigned)__builtin_ctz(rest);

			if (bit < ARRAY_SIZE(fr->with))
				fr->with[bit] += n;
		}
	return f->text.n - fr->start > FLOW_PARAGRAPH_MAX ? cut(f) : 0;
}

static int put_legacy(struct flow *f, struct view text, const struct look *look)
{
	size_t before = f->text.n;
	int r = encoding_decode_mojibake(look->legacy, text, &f->text);

	if (r == -ENOTSUP) {
		f->text.n = before;
		r = buf_put_view(&f->text, text);
	}
	return r;
}

int flow_put(struct flow *f, struct view text, const struct look *look)
{
	size_t before = f->text.n;
	int r;

	if (look && look->is_legacy)
		r = put_legacy(f, text, look);
	else
		r = buf_put_view(&f->text, text);
	return r < 0 ? r : counted(f, before, look);
}

int flow_put_xml(struct flow *f, struct view raw, const struct look *look)
{
	cleanup_with(buf_done) struct buf decoded = BUF_INIT(0);
	size_t before = f->text.n;
	int r;

	if (!look || !look->is_legacy) {
		r = xml_decode(raw, &f->text);
		return r < 0 ? r : counted(f, before, look);
	}
	r = xml_decode(raw, &decoded);
	return r < 0 ? r : flow_put(f, buf_view(&decoded), look);
}

int flow_break(struct flow *f)
{
	return buf_put_byte(&f->text, BREAK);
}

int flow_aside(struct flow *f, enum place place, struct view raw)
{
	cleanup_with(buf_done) struct buf text = BUF_INIT(0);
	struct block b = {.place = place, .page = f->page, .flags = f->flags};
	int r = xml_decode(raw, &text);

	if (r < 0)
		return r;
	b.text = buf_view(&text);
	b.shape = extractor_shape(f->x);
	b.flags |= BLOCK_SHAPE_END;
	f->puts++;
	return extractor_emit(f->x, &b);
}
