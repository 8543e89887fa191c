/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and destinations. */
#include "extract/rtf.h"

#include <errno.h>
#include <string.h>

#include "extract/ole1.h"
#include "extract/rtf_reader.h"

int rtf_bid(struct view v)
{
	return view_starts(v, VIEW_LIT("{\\rt")) ? BID_MAGIC : BID_NONE;
}

static int emit(struct rtf *r, enum place place, struct view name)
{
	struct block b = {.place = place, .text = buf_view(&r->value), .name = name};

	if (place != PLACE_PROPERTY) {
		b.page = r->flow.page;
		b.flags = r->flow.flags | BLOCK_SHAPE_END;
		b.shape = extractor_shape(r->x);
	}
	return extractor_emit(r->x, &b);
}

static int value_end(struct rtf *r)
{
	struct view name = buf_view(&r->name);

	switch (r->value_kind) {
	case RTF_INFO: return emit(r, PLACE_PROPERTY, view_str(r->info_word));
	case RTF_PROPERTY_VALUE: return emit(r, PLACE_PROPERTY, name);
	case RTF_SHAPE_VALUE:
		if (view_eq(name, VIEW_LIT("gtextUNICODE")))
			return emit(r, PLACE_WATERMARK, VIEW_EMPTY);
		if (view_eq(name, VIEW_LIT("wzDescription")))
			return emit(r, PLACE_ALT_TEXT, VIEW_EMPTY);
		return 0;
	case RTF_PROPERTY_NAME:
	case RTF_SHAPE_NAME: break;
	}
	buf_clear(&r->name);
	return buf_put_view(&r->name, view_sub(buf_view(&r->value), 0, r->name.max));
}

static int hex_end(struct rtf *r, bool is_object)
{
	cleanup_with(buf_done) struct buf hex = r->hex;

	r->hex = BUF_INIT(hex.max);
	if (r->hex_cut) {
		r->hex_cut = false;
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_BIG);
		return 0;
	}
	if (hex.n == 0 || !extractor_charge(r->x, hex.n))
		return 0;
	if (is_object)
		return ole1_object(r->x, buf_view(&hex));
	extractor_image(r->x, buf_view(&hex));
	return 0;
}

int rtf_dest_end(struct rtf *r)
{
	struct rtf_group *g = rtf_group(r);
	int k;

	if (!g->begins)
		return 0;
	k = rtf_flush(r);
	g->begins = false;
	if (k != 0)
		return k;
	switch ((enum rtf_dest)g->dest) {
	case RTF_TEXT:
		if (!g->has_shape)
			return 0;
		g->has_shape = false;
		return rtf_story_end(r);
	case RTF_FONTS: rtf_font_end(r); return 0;
	case RTF_VALUE: return value_end(r);
	case RTF_OBJECT: return hex_end(r, true);
	case RTF_PICTURE: return hex_end(r, false);
	case RTF_NONE:
	case RTF_SKIP:
	case RTF_COLOURS: break;
	}
	return 0;
}

static int group_begin(struct rtf *r)
{
	r->skip = 0;
	if (r->n == RTF_DEPTH_MAX) {
		r->over++;
		extractor_fail(r->x, COMPLETENESS_PARTIAL, REASON_TOO_DEEP);
		return 0;
	}
	r->groups[r->n] = r->groups[r->n - 1];
	r->groups[r->n].begins = false;
	r->groups[r->n].has_shape = false;
	r->n++;
	return 0;
}

static int group_end(struct rtf *r)
{
	int k;

	r->skip = 0;
	if (r->over > 0) {
		r->over--;
		return 0;
	}
	/* more ends than beginnings */
	if (r->n == 1)
		return 0;
	k = rtf_dest_end(r);
	r->n--;
	return k;
}

/* \bin: so many bytes as they are. */
static int binary(struct rtf *r, int32_t number)
{
	size_t n = MIN((size_t)MAX(number, 0), (size_t)(r->end - r->p));
	struct view bytes = view_of(r->p, n);
	uint8_t dest = rtf_group(r)->dest;
	int k = 0;

	r->p += n;
	if ((dest == RTF_OBJECT || dest == RTF_PICTURE) && !r->hex_cut) {
		k = buf_put_view(&r->hex, bytes);
		r->hex_cut = k == -E2BIG;
	}
	return k == -E2BIG ? 0 : k;
}

static bool is_letter(uint8_t c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Behind the backslash of a word. */
static int control_word(struct rtf *r, bool is_starred)
{
	struct view name = {r->p, 0};
	bool has_number, negative = false;
	int32_t number = 0;

	while (r->p < r->end && is_letter(*r->p))
		r->p++;
	name.n = (size_t)(r->p - name.p);
	if (r->end - r->p >= 2 && *r->p == '-' && is_digit(r->p[1])) {
		negative = true;
		r->p++;
	}
	has_number = r->p < r->end && is_digit(*r->p);
	while (r->p < r->end && is_digit(*r->p)) {
		if (number < INT32_MAX / 10 - 9)
			number = number * 10 + (*r->p - '0');
		r->p++;
	}
	if (r->p < r->end && *r->p == ' ')
		r->p++;
	if (negative)
		number = -number;
	if (view_eq(name, VIEW_LIT("bin"))) {
		r->skip -= r->skip > 0;
		return binary(r, number);
	}
	if (r->skip > 0) {
		r->skip--;
		return 0;
	}
	return rtf_word(r, name, has_number, number, is_starred);
}

static int hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \'xx */
static int escaped_byte(struct rtf *r)
{
	int high = -1, low = -1;
	uint8_t byte;

	if (r->end - r->p >= 2) {
		high = hex_digit(r->p[0]);
		low = hex_digit(r->p[1]);
	}
	if (high < 0 || low < 0)
		return 0;
	r->p += 2;
	if (r->skip > 0) {
		r->skip--;
		return 0;
	}
	byte = (uint8_t)(high << 4 | low);
	return rtf_put_bytes(r, view_of(&byte, 1));
}

/* Behind a backslash. */
static int control(struct rtf *r)
{
	bool is_starred = false;
	uint8_t c = *r->p;

	if (c == '*') {
		/* \*\word */
		r->p++;
		while (r->p < r->end && (*r->p == ' ' || *r->p == '\r' || *r->p == '\n'))
			r->p++;
		if (r->end - r->p < 2 || r->p[0] != '\\')
			return 0;
		r->p++;
		is_starred = true;
		c = *r->p;
	}
	if (is_letter(c))
		return control_word(r, is_starred);
	r->p++;
	if (c == '\'')
		return escaped_byte(r);
	if (r->skip > 0) {
		r->skip--;
		return 0;
	}
	switch (c) {
	case '\\':
	case '{':
	case '}': return rtf_put_bytes(r, view_of(&c, 1));
	case '~': return rtf_put_code(r, 0xa0);
	case '_': return rtf_put_code(r, '-');
	case '-':
		return look_soft_hyphen_is_letter(&r->fonts[rtf_group(r)->font].look)
			? rtf_put_code(r, 0xad)
			: 0;
	case '\t': return rtf_tab(r);
	case '\r':
	case '\n': return rtf_paragraph_end(r);
	default: return 0;
	}
}

/* Up to the next character that means something. */
static int plain(struct rtf *r)
{
	const uint8_t *from = r->p;
	size_t n;

	while (r->p < r->end && *r->p != '\\' && *r->p != '{' && *r->p != '}' && *r->p >= ' ')
		r->p++;
	if (r->p == from) {
		uint8_t c = *r->p++;

		return c == '\t' ? rtf_tab(r) : 0;
	}
	n = MIN((size_t)r->skip, (size_t)(r->p - from));
	r->skip -= (uint32_t)n;
	from += n;
	return from < r->p ? rtf_put_bytes(r, view_of(from, (size_t)(r->p - from))) : 0;
}

static int walk(struct rtf *r)
{
	int k = 0;

	while (k == 0 && r->p < r->end) {
		const uint8_t *from = r->p;

		switch (*r->p) {
		case '{':
			r->p++;
			k = group_begin(r);
			break;
		case '}':
			r->p++;
			k = group_end(r);
			if (k == 0 && r->n == 1)
				return 0;
			break;
		case '\\':
			if (++r->p < r->end)
				k = control(r);
			break;
		default: k = plain(r); break;
		}
		if (k == 0)
			k = extractor_tick(r->x, (uint64_t)(r->p - from) + 16);
	}
	return k;
}

static int read_all(struct rtf *r)
{
	int k = walk(r);

	/* Groups that the file does not close. */
	while (k == 0 && r->n > 1) {
		k = rtf_dest_end(r);
		r->n--;
	}
	if (k == 0)
		k = rtf_cell_end(r, true);
	if (k == 0)
		k = rtf_paragraph_end(r);
	return k == 0 ? flow_finish(&r->flow) : k;
}

int rtf_extract_as(struct extractor *x, struct view content, enum place place)
{
	struct rtf *r = calloc(1, sizeof(*r));
	int k;

	if (!r)
		return -ENOMEM;
	r->x = x;
	r->p = content.p;
	r->end = content.p + content.n;
	r->n = r->n_fonts = 1;
	r->groups[0].fallback = 1;
	r->ansi = ENCODING_CP1252;
	r->nibble = -1;
	r->value = BUF_INIT(RTF_VALUE_MAX);
	r->name = BUF_INIT(256);
	r->hex = BUF_INIT(x->limits->member_bytes);
	flow_init(&r->flow, x, place);
	r->flow.page = 1;
	r->flow.flags = BLOCK_FIRST_PAGE;
	k = read_all(r);
	flow_done(&r->flow);
	buf_done(&r->pending);
	buf_done(&r->utf8);
	buf_done(&r->value);
	buf_done(&r->name);
	buf_done(&r->hex);
	free(r);
	return k;
}

int rtf_extract(struct extractor *x, struct view content)
{
	return rtf_extract_as(x, content, PLACE_BODY);
}
