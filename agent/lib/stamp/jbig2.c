/* SPDX-License-Identifier: Apache-2.0 */
/* Segments (T.88, section 7). */
#include "stamp/jbig2.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "stamp/image.h"
#include "stamp/jbig2_symbols.h"
#include "stamp/stamp.h"

#define REGION_SIZE      17U
#define LENGTH_UNKNOWN   UINT32_MAX
#define REFERENCES_MAX   256U
#define HEIGHT_UNKNOWN   UINT32_MAX
#define DICTIONARIES_MAX 256U

enum {
	SEGMENT_SYMBOLS = 0,
	SEGMENT_TEXT = 6,
	SEGMENT_TEXT_LOSSLESS = 7,
	SEGMENT_GENERIC = 38,
	SEGMENT_GENERIC_LOSSLESS = 39,
	SEGMENT_REFINE = 42,
	SEGMENT_REFINE_LOSSLESS = 43,
	SEGMENT_PAGE = 48,
	SEGMENT_PAGE_END = 49,
	SEGMENT_STRIPE_END = 50,
	SEGMENT_FILE_END = 51,
	SEGMENT_PROFILES = 52,
	SEGMENT_EXTENSION = 62,
};

struct segment {
	uint32_t number;
	unsigned type;
	uint32_t references[REFERENCES_MAX];
	uint32_t n_references;
	struct view data;
};

/* What a dictionary exports; its own bitmaps, too. */
struct dictionary {
	uint32_t number, n_fresh, n;
	struct jbig2_bitmap *fresh;
	const struct jbig2_bitmap **exported;
};

struct stream {
	struct jbig2_budget budget;
	struct jbig2_bitmap page;
	uint32_t height; /* where the page does not say */
	struct dictionary dictionaries[DICTIONARIES_MAX];
	uint32_t n_dictionaries, n_symbols, n_segments;
};

/* Bytes from the front; `failed` where there are too few. */
struct bytes {
	struct view v;
	bool failed;
};

static uint32_t take(struct bytes *b, unsigned n)
{
	uint32_t v = 0;

	if (b->v.n < n) {
		b->failed = true;
		b->v = VIEW_EMPTY;
		return 0;
	}
	for (unsigned i = 0; i < n; i++)
		v = v << 8 | b->v.p[i];
	b->v = view_sub(b->v, n, b->v.n);
	return v;
}

static void take_pixels(struct bytes *b, int8_t *ret, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ret[i] = (int8_t)(uint8_t)take(b, 1);
}

struct region {
	uint32_t w, h, x, y;
	enum jbig2_combine how;
};

static struct region take_region(struct bytes *b)
{
	struct region r = {.w = take(b, 4), .h = take(b, 4), .x = take(b, 4), .y = take(b, 4)};
	unsigned how = take(b, 1) & 7;

	r.how = how <= JBIG2_REPLACE ? (enum jbig2_combine)how : JBIG2_OR;
	return r;
}

/* 7.2. False at the end or where it is broken. */
static bool next_segment(struct bytes *b, struct segment *ret)
{
	uint32_t flags, n, size;

	*ret = (struct segment){.number = take(b, 4)};
	flags = take(b, 1);
	ret->type = flags & 63;
	n = take(b, 1) >> 5;
	if (n == 7) {
		if (b->v.n < 4)
			return false;
		b->v = view_of(b->v.p - 1, b->v.n + 1);
		n = take(b, 4) & 0x1fffffff;
		for (uint32_t i = 0; i < (n + 8) / 8 && !b->failed; i++)
			(void)take(b, 1);
	}
	if (n > REFERENCES_MAX)
		b->failed = true;
	ret->n_references = n;
	for (uint32_t i = 0; i < n && !b->failed; i++)
		ret->references[i] = take(b, ret->number <= 256 ? 1 : ret->number <= 65536 ? 2 : 4);
	(void)take(b, flags & 0x40 ? 4 : 1);
	size = take(b, 4);
	if (b->failed)
		return false;
	/* Cut off: what is there is decoded. */
	size = size == LENGTH_UNKNOWN ? UINT32_MAX : size;
	ret->data = view_sub(b->v, 0, MIN((size_t)size, b->v.n));
	b->v = view_sub(b->v, ret->data.n, b->v.n);
	return true;
}

static int start_page(struct stream *s, struct bytes b)
{
	uint32_t w = take(&b, 4), h = take(&b, 4), flags;

	(void)take(&b, 4);
	(void)take(&b, 4);
	flags = take(&b, 1);
	if (b.failed || s->page.p)
		return -EBADMSG;
	if (h == HEIGHT_UNKNOWN)
		h = s->height;
	if (w == 0 || h == 0 || w > STAMP_SIDE_MAX || h > STAMP_SIDE_MAX)
		return -E2BIG;
	if (flags & 4)
		return -ENOTSUP; /* a black page to begin with */
	return jbig2_bitmap_new(&s->budget, w, h, &s->page);
}

static int region_new(struct stream *s, const struct region *r, struct jbig2_bitmap *ret)
{
	if (!s->page.p)
		return -EBADMSG;
	if (r->w > STAMP_SIDE_MAX || r->h > STAMP_SIDE_MAX || r->x > INT32_MAX || r->y > INT32_MAX)
		return -E2BIG;
	return jbig2_bitmap_new(&s->budget, r->w, r->h, ret);
}

static void region_paint(struct stream *s, const struct region *r, const struct jbig2_bitmap *b)
{
	jbig2_paint(&s->page, b, r->x, r->y, r->how);
}

static int generic_region(struct stream *s, struct bytes b)
{
	cleanup_with(jbig2_bitmap_done) struct jbig2_bitmap bitmap = {0};
	cleanup_with(jbig2_contexts_free) struct jbig2_contexts *c = NULL;
	struct region region = take_region(&b);
	uint32_t flags = take(&b, 1);
	struct jbig2_generic g = {.template = flags >> 1 & 3, .typical = flags & 8};
	struct jbig2_arith d;
	int r;

	if (flags & (1 | 16))
		return -ENOTSUP; /* fax, or twelve adaptive pixels */
	take_pixels(&b, g.at, g.template ? 2 : 8);
	if (b.failed)
		return -EBADMSG;
	r = region_new(s, &region, &bitmap);
	if (r < 0)
		return r;
	c = jbig2_contexts_new(0);
	if (!c)
		return -ENOMEM;
	jbig2_arith_init(&d, b.v);
	r = jbig2_generic(&d, c->generic, &g, &bitmap);
	if (r == 0)
		region_paint(s, &region, &bitmap);
	return r;
}

static int refine_region(struct stream *s, const struct segment *segment, struct bytes b)
{
	cleanup_with(jbig2_bitmap_done) struct jbig2_bitmap bitmap = {0};
	cleanup_with(jbig2_contexts_free) struct jbig2_contexts *c = NULL;
	struct region region = take_region(&b);
	uint32_t flags = take(&b, 1);
	struct jbig2_refine how = {.template = flags & 1, .typical = flags & 2};
	struct jbig2_arith d;
	int r;

	if (!how.template)
		take_pixels(&b, how.at, 4);
	if (b.failed)
		return -EBADMSG;
	if (segment->n_references)
		return -ENOTSUP; /* of a region that is on no page */
	r = region_new(s, &region, &bitmap);
	if (r < 0)
		return r;
	c = jbig2_contexts_new(0);
	if (!c)
		return -ENOMEM;
	/* The page itself is what is refined. */
	how.dx = -(int32_t)region.x;
	how.dy = -(int32_t)region.y;
	jbig2_arith_init(&d, b.v);
	jbig2_refine(&d, c->refine, &how, &s->page, &bitmap);
	region.how = JBIG2_REPLACE;
	region_paint(s, &region, &bitmap);
	return 0;
}

static const struct dictionary *dictionary_of(const struct stream *s, uint32_t number)
{
	for (uint32_t i = 0; i < s->n_dictionaries; i++)
		if (s->dictionaries[i].number == number)
			return &s->dictionaries[i];
	return NULL;
}

/* All symbols that a segment refers to, and room for more. `ret->v` is the caller's to free. */
static int symbols_of(const struct stream *s, const struct segment *segment, uint32_t more,
	struct jbig2_symbols *ret)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < segment->n_references; i++) {
		const struct dictionary *d = dictionary_of(s, segment->references[i]);

		if (!d)
			return -ENOTSUP; /* Huffman tables, patterns */
		n += d->n;
		if (n > JBIG2_SYMBOLS_MAX)
			return -E2BIG;
	}
	*ret = (struct jbig2_symbols){.v = calloc((size_t)n + more + 1, sizeof(*ret->v))};
	if (!ret->v)
		return -ENOMEM;
	for (uint32_t i = 0; i < segment->n_references; i++) {
		const struct dictionary *d = dictionary_of(s, segment->references[i]);

		for (uint32_t k = 0; k < d->n; k++)
			ret->v[ret->n++] = d->exported[k];
	}
	return 0;
}

static int text_region(struct stream *s, const struct segment *segment, struct bytes b)
{
	cleanup_with(jbig2_bitmap_done) struct jbig2_bitmap bitmap = {0};
	cleanup_with(jbig2_contexts_free) struct jbig2_contexts *c = NULL;
	struct region region = take_region(&b);
	uint32_t flags = take(&b, 2);
	int32_t offset = (int32_t)(flags >> 10 & 31);
	struct jbig2_text t = {
		.refine = flags & 2,
		.strips = 1U << (flags >> 2 & 3),
		.corner = flags >> 4 & 3,
		.transposed = flags & 0x40,
		.how = (enum jbig2_combine)(flags >> 7 & 3),
		.offset = offset > 15 ? offset - 32 : offset,
		.refinement = {.template = flags >> 15 & 1},
	};
	struct jbig2_symbols symbols = {0};
	struct jbig2_arith d;
	int r;

	if (flags & (1 | 0x200))
		return -ENOTSUP; /* Huffman codes, or a black background */
	if (t.refine && !t.refinement.template)
		take_pixels(&b, t.refinement.at, 4);
	t.instances = take(&b, 4);
	if (b.failed)
		return -EBADMSG;
	r = region_new(s, &region, &bitmap);
	if (r == 0)
		r = symbols_of(s, segment, 0, &symbols);
	if (r == 0) {
		c = jbig2_contexts_new(symbols.n);
		r = c ? 0 : -ENOMEM;
	}
	if (r == 0) {
		jbig2_arith_init(&d, b.v);
		r = jbig2_text(&d, c, &t, &symbols, &s->budget, &bitmap);
		/* A page that ends early is read as far as it goes. */
		region_paint(s, &region, &bitmap);
	}
	free(symbols.v);
	return r;
}

static void dictionary_done(struct dictionary *d)
{
	for (uint32_t i = 0; d->fresh && i < d->n_fresh; i++)
		jbig2_bitmap_done(&d->fresh[i]);
	free(d->fresh);
	free(d->exported);
	*d = (struct dictionary){0};
}

static int dictionary_read(struct stream *s, const struct segment *segment,
	const struct jbig2_dictionary *dict, struct view coded, struct dictionary *ret)
{
	cleanup_with(jbig2_contexts_free) struct jbig2_contexts *c = NULL;
	struct jbig2_symbols known = {0};
	struct jbig2_arith d;
	int r = symbols_of(s, segment, dict->n_new, &known);

	*ret = (struct dictionary){.number = segment->number, .n_fresh = dict->n_new};
	if (r < 0)
		return r;
	ret->fresh = calloc((size_t)dict->n_new + 1, sizeof(*ret->fresh));
	ret->exported = calloc((size_t)dict->n_exported + 1, sizeof(*ret->exported));
	c = jbig2_contexts_new(known.n + dict->n_new);
	r = ret->fresh && ret->exported && c ? 0 : -ENOMEM;
	if (r == 0) {
		struct jbig2_budget budget = {MIN(s->budget.pixels, (uint64_t)JBIG2_SYMBOL_WORK)};

		s->budget.pixels -= budget.pixels;
		jbig2_arith_init(&d, coded);
		r = jbig2_dictionary(&d, c, dict, &known, &budget, ret->fresh, ret->exported);
		s->budget.pixels += budget.pixels;
	}
	if (r == 0)
		ret->n = dict->n_exported;
	free(known.v);
	return r;
}

static int symbol_dictionary(struct stream *s, const struct segment *segment, struct bytes b)
{
	struct dictionary *into = &s->dictionaries[s->n_dictionaries];
	uint32_t flags = take(&b, 2);
	struct jbig2_dictionary dict = {
		.refine = flags & 2,
		.generic = {.template = flags >> 10 & 3},
		.refinement = {.template = flags >> 12 & 1},
	};
	int r;

	if (flags & (1 | 0x100))
		return -ENOTSUP; /* Huffman codes, or what another dictionary learnt */
	take_pixels(&b, dict.generic.at, dict.generic.template ? 2 : 8);
	if (dict.refine && !dict.refinement.template)
		take_pixels(&b, dict.refinement.at, 4);
	dict.n_exported = take(&b, 4);
	dict.n_new = take(&b, 4);
	if (b.failed)
		return -EBADMSG;
	if (s->n_dictionaries == DICTIONARIES_MAX ||
		dict.n_new > JBIG2_SYMBOLS_MAX - s->n_symbols ||
		dict.n_exported > JBIG2_SYMBOLS_MAX)
		return -E2BIG;
	s->n_symbols += dict.n_new;
	r = dictionary_read(s, segment, &dict, b.v, into);
	if (r < 0)
		dictionary_done(into);
	else
		s->n_dictionaries++;
	return r;
}

static int segment_read(struct stream *s, const struct segment *segment)
{
	struct bytes b = {.v = segment->data};

	switch (segment->type) {
	case SEGMENT_SYMBOLS: return symbol_dictionary(s, segment, b);
	case SEGMENT_TEXT:
	case SEGMENT_TEXT_LOSSLESS: return text_region(s, segment, b);
	case SEGMENT_GENERIC:
	case SEGMENT_GENERIC_LOSSLESS: return generic_region(s, b);
	case SEGMENT_REFINE:
	case SEGMENT_REFINE_LOSSLESS: return refine_region(s, segment, b);
	case SEGMENT_PAGE: return start_page(s, b);
	case SEGMENT_PAGE_END:
	case SEGMENT_STRIPE_END:
	case SEGMENT_FILE_END:
	case SEGMENT_PROFILES:
	case SEGMENT_EXTENSION: return 0;
	default: return -ENOTSUP; /* halftones, tables, regions for later */
	}
}

static int segments_read(struct stream *s, struct view data)
{
	struct bytes b = {.v = data};
	struct segment segment;
	int r = 0;

	while (b.v.n > 0 && r == 0) {
		if (s->n_segments++ == JBIG2_SEGMENTS_MAX)
			return -E2BIG;
		r = next_segment(&b, &segment) ? segment_read(s, &segment) : -EBADMSG;
	}
	return r;
}

int jbig2_decode(struct view globals, struct view data, uint32_t height, uint64_t work,
	struct jbig2_bitmap *ret)
{
	struct stream *s = calloc(1, sizeof(*s));
	int r;

	*ret = (struct jbig2_bitmap){0};
	if (!s)
		return -ENOMEM;
	s->budget.pixels = work;
	s->height = height;
	r = segments_read(s, globals);
	if (r == 0)
		r = segments_read(s, data);
	for (uint32_t i = 0; i < s->n_dictionaries; i++)
		dictionary_done(&s->dictionaries[i]);
	if (r == 0 && !s->page.p)
		r = -EBADMSG;
	if (r < 0)
		jbig2_bitmap_done(&s->page);
	*ret = s->page;
	free(s);
	return r == -EBADMSG    ? IMAGE_DAMAGED
		: r == -ENOTSUP ? IMAGE_UNSUPPORTED
		: r == -E2BIG   ? IMAGE_TOO_BIG
				: r;
}
