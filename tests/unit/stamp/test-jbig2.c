/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder of the tests' own writes comes back; what is not allowed is refused. */
#include "../unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "stamp/image.h"
#include "stamp/jbig2.h"
#include "stamp/jbig2_symbols.h"
#include "stamp/stamp.h"

/* The encoder of T.88, annex E, in the form of JPEG 2000's figure C.2. */
struct encoder {
	struct buf out;
	uint32_t c, a;
	int ct;
	jbig2_cx integer[JBIG2_INT_MAX][JBIG2_INT_CONTEXTS];
	jbig2_cx generic[JBIG2_GENERIC_CONTEXTS];
	jbig2_cx refine[JBIG2_REFINE_CONTEXTS];
	jbig2_cx id[256];
};

static const struct {
	uint16_t less;
	uint8_t likely, next_less, turn;
} states[] = {{0x5601, 1, 1, 1}, {0x3401, 2, 6, 0}, {0x1801, 3, 9, 0}, {0x0ac1, 4, 12, 0},
	{0x0521, 5, 29, 0}, {0x0221, 38, 33, 0}, {0x5601, 7, 6, 1}, {0x5401, 8, 14, 0},
	{0x4801, 9, 14, 0}, {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
	{0x1c01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1}, {0x5401, 16, 14, 0},
	{0x5101, 17, 15, 0}, {0x4801, 18, 16, 0}, {0x3801, 19, 17, 0}, {0x3401, 20, 18, 0},
	{0x3001, 21, 19, 0}, {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
	{0x1c01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0}, {0x1401, 28, 25, 0},
	{0x1201, 29, 26, 0}, {0x1101, 30, 27, 0}, {0x0ac1, 31, 28, 0}, {0x09c1, 32, 29, 0},
	{0x08a1, 33, 30, 0}, {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02a1, 36, 33, 0},
	{0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0}, {0x0085, 40, 37, 0},
	{0x0049, 41, 38, 0}, {0x0025, 42, 39, 0}, {0x0015, 43, 40, 0}, {0x0009, 44, 41, 0},
	{0x0005, 45, 42, 0}, {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0}};

static struct encoder *encoder_new(void)
{
	struct encoder *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->a = 0x8000;
	e->ct = 12;
	/* A byte before the first: carries go there. */
	assert_int_equal(buf_put_byte(&e->out, 0), 0);
	return e;
}

static void byte_out(struct encoder *e)
{
	uint8_t *last = &e->out.p[e->out.n - 1];

	if (*last != 0xff && e->c >= 0x8000000) {
		++*last;
		e->c &= 0x7ffffff;
	}
	if (*last == 0xff) {
		assert_int_equal(buf_put_byte(&e->out, (uint8_t)(e->c >> 20)), 0);
		e->c &= 0xfffff;
		e->ct = 7;
	} else {
		assert_int_equal(buf_put_byte(&e->out, (uint8_t)(e->c >> 19)), 0);
		e->c &= 0x7ffff;
		e->ct = 8;
	}
}

static void put_bit(struct encoder *e, jbig2_cx *cx, unsigned bit)
{
	unsigned state = *cx & 0x7f, likely = *cx >> 7;
	uint32_t less = states[state].less;

	e->a -= less;
	if (bit == likely) {
		if (e->a & 0x8000) {
			e->c += less;
			return;
		}
		if (e->a < less)
			e->a = less;
		else
			e->c += less;
		*cx = (jbig2_cx)(states[state].likely | likely << 7);
	} else {
		if (e->a < less)
			e->c += less;
		else
			e->a = less;
		*cx = (jbig2_cx)(states[state].next_less | (likely ^ states[state].turn) << 7);
	}
	do {
		e->a <<= 1;
		e->c <<= 1;
		if (--e->ct == 0)
			byte_out(e);
	} while (!(e->a & 0x8000));
}

/* Its bytes; it begins anew with fresh contexts. */
static void flush(struct encoder *e, struct buf *out)
{
	uint32_t limit = e->c + e->a;

	e->c |= 0xffff;
	if (e->c >= limit)
		e->c -= 0x8000;
	e->c <<= e->ct;
	byte_out(e);
	e->c <<= e->ct;
	byte_out(e);
	assert_int_equal(buf_put(out, e->out.p + 1, e->out.n - 1), 0);
	assert_int_equal(buf_put(out, "\xff\xac", 2), 0);
	buf_done(&e->out);
	free(e);
}

static void put_int_bit(struct encoder *e, jbig2_cx *cx, unsigned *before, unsigned bit)
{
	put_bit(e, &cx[*before], bit);
	*before = *before < 256 ? *before << 1 | bit : ((*before << 1 | bit) & 511) | 256;
}

#define OOB INT32_MIN

static void put_int(struct encoder *e, unsigned which, int32_t v)
{
	static const struct {
		unsigned bits, base;
	} ranges[] = {{2, 0}, {4, 4}, {6, 20}, {8, 84}, {12, 340}, {32, 4436}};
	uint32_t n = v == OOB ? 0 : (uint32_t)abs(v);
	unsigned before = 1, range = 0;
	jbig2_cx *cx = e->integer[which];

	put_int_bit(e, cx, &before, v < 0);
	while (range < 5 && n >= ranges[range + 1].base)
		range++;
	for (unsigned i = 0; i < range; i++)
		put_int_bit(e, cx, &before, 1);
	if (range < 5)
		put_int_bit(e, cx, &before, 0);
	for (unsigned i = ranges[range].bits; i-- > 0;)
		put_int_bit(e, cx, &before, (n - ranges[range].base) >> i & 1);
}

static void put_id(struct encoder *e, uint32_t id, unsigned bits)
{
	uint32_t at = 1;

	for (unsigned i = bits; i-- > 0;) {
		put_bit(e, &e->id[at], id >> i & 1);
		at = at << 1 | (id >> i & 1);
	}
}

static void test_sequence(void **state)
{
	/* T.88, H.2: one context for all */
	static const uint8_t coded[] = {0x84, 0xc7, 0x3b, 0xfc, 0xe1, 0xa1, 0x43, 0x04, 0x02, 0x20,
		0x00, 0x00, 0x41, 0x0d, 0xbb, 0x86, 0xf4, 0x31, 0x7f, 0xff, 0x88, 0xff, 0x37, 0x47,
		0x1a, 0xdb, 0x6a, 0xdf, 0xff, 0xac};
	static const uint8_t plain[] = {0x00, 0x02, 0x00, 0x51, 0x00, 0x00, 0x00, 0xc0, 0x03, 0x52,
		0x87, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x82, 0xc0, 0x20, 0x00, 0xfc, 0xd7, 0x9e, 0xf6,
		0xbf, 0x7f, 0xed, 0x90, 0x4f, 0x46, 0xa3, 0xbf};
	struct encoder *e = encoder_new();
	struct buf out = BUF_INIT(0);
	struct jbig2_arith d;
	jbig2_cx cx = 0, cx_out = 0;

	(void)state;
	jbig2_arith_init(&d, view_of(coded, sizeof(coded)));
	for (size_t i = 0; i < 8 * sizeof(plain); i++) {
		unsigned bit = plain[i / 8] >> (7 - i % 8) & 1;

		assert_int_equal(jbig2_bit(&d, &cx), bit);
		put_bit(e, &cx_out, bit);
	}
	flush(e, &out);
	assert_int_equal(out.n, sizeof(coded));
	assert_memory_equal(out.p, coded, sizeof(coded));
	buf_done(&out);
}

static void test_integers(void **state)
{
	static const int32_t values[] = {0, 1, -1, 3, 4, -4, 19, 20, 83, 84, 339, 340, -340, 4435,
		4436, 100000, -100000, OOB, 7};
	struct encoder *e = encoder_new();
	struct buf out = BUF_INIT(0);
	struct jbig2_arith d;
	jbig2_cx cx[JBIG2_INT_CONTEXTS] = {0}, ids[16] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		put_int(e, 0, values[i]);
	for (unsigned i = 0; i < 16; i++)
		put_id(e, i * 7 % 16, 4);
	flush(e, &out);
	jbig2_arith_init(&d, buf_view(&out));
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		int32_t v;

		assert_int_equal(jbig2_int(&d, cx, &v), values[i] != OOB);
		if (values[i] != OOB)
			assert_int_equal(v, values[i]);
	}
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(jbig2_id(&d, ids, 4), i * 7 % 16);
	buf_done(&out);
}

/* Something with lines, dots and equal rows. */
static unsigned pattern(unsigned x, unsigned y, unsigned seed)
{
	if (y % 7 < 3)
		return x % 11 == seed % 11;
	return (x * x + 3 * y * x + seed) % 13 < 4;
}

static void put32(struct buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		assert_int_equal(buf_put_byte(b, (uint8_t)(v >> i)), 0);
}

static void put_segment(
	struct buf *b, uint32_t number, unsigned type, int reference, const struct buf *data)
{
	put32(b, number);
	assert_int_equal(buf_put_byte(b, (uint8_t)type), 0);
	assert_int_equal(buf_put_byte(b, reference >= 0 ? 1 << 5 : 0), 0);
	if (reference >= 0)
		assert_int_equal(buf_put_byte(b, (uint8_t)reference), 0);
	assert_int_equal(buf_put_byte(b, type ? 1 : 0), 0);
	put32(b, (uint32_t)data->n);
	assert_int_equal(buf_put_view(b, buf_view(data)), 0);
}

static void put_page(struct buf *b, uint32_t w, uint32_t h)
{
	struct buf d = BUF_INIT(0);

	put32(&d, w);
	put32(&d, h);
	put32(&d, 0);
	put32(&d, 0);
	assert_int_equal(buf_put(&d, "\0\0\0", 3), 0);
	put_segment(b, 1, 48, -1, &d);
	buf_done(&d);
}

static void put_region(struct buf *b, uint32_t w, uint32_t h, uint32_t x, uint32_t y, unsigned how)
{
	put32(b, w);
	put32(b, h);
	put32(b, x);
	put32(b, y);
	assert_int_equal(buf_put_byte(b, (uint8_t)how), 0);
}

static const char nominal[] = "\3\377\375\377\2\376\376\376";

struct pixel {
	int x, y;
};

/* Figures 3 to 6 with their nominal adaptive pixels, lowest bit first. */
static const struct {
	unsigned n, typical;
	struct pixel v[16];
} templates[] = {
	{16, 0x9b25,
		{{-1, 0}, {-2, 0}, {-3, 0}, {-4, 0}, {3, -1}, {2, -1}, {1, -1}, {0, -1}, {-1, -1},
			{-2, -1}, {-3, -1}, {2, -2}, {1, -2}, {0, -2}, {-1, -2}, {-2, -2}}},
	{13, 0x0795,
		{{-1, 0}, {-2, 0}, {-3, 0}, {3, -1}, {2, -1}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1},
			{2, -2}, {1, -2}, {0, -2}, {-1, -2}}},
	{10, 0x00e5,
		{{-1, 0}, {-2, 0}, {2, -1}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1}, {1, -2}, {0, -2},
			{-1, -2}}},
	{10, 0x0195,
		{{-1, 0}, {-2, 0}, {-3, 0}, {-4, 0}, {2, -1}, {1, -1}, {0, -1}, {-1, -1}, {-2, -1},
			{-3, -1}}}};

typedef unsigned pixel_fn(unsigned x, unsigned y, unsigned seed);

static void put_generic(struct encoder *e, unsigned t, bool typical, unsigned w, unsigned h,
	unsigned seed, pixel_fn *pixel)
{
	unsigned same = 0;

	for (unsigned y = 0; y < h; y++) {
		unsigned equal = 1;

		for (unsigned x = 0; x < w; x++)
			equal &= pixel(x, y, seed) == (y ? pixel(x, y - 1, seed) : 0);
		if (typical) {
			put_bit(e, &e->generic[templates[t].typical], same ^ equal);
			same = equal;
			if (equal)
				continue;
		}
		for (unsigned x = 0; x < w; x++) {
			unsigned context = 0;

			for (unsigned i = 0; i < templates[t].n; i++) {
				int px = (int)x + templates[t].v[i].x,
				    py = (int)y + templates[t].v[i].y;

				if (px >= 0 && px < (int)w && py >= 0)
					context |= pixel((unsigned)px, (unsigned)py, seed) << i;
			}
			put_bit(e, &e->generic[context], pixel(x, y, seed));
		}
	}
}

static void put_at(struct buf *b, unsigned t)
{
	assert_int_equal(t == 0  ? buf_put(b, nominal, 8)
			: t == 1 ? buf_put(b, "\3\377", 2)
				 : buf_put(b, "\2\377", 2),
		0);
}

static void test_generic(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 4; t++)
		for (unsigned typical = 0; typical < 2; typical++) {
			struct buf stream = BUF_INIT(0), d = BUF_INIT(0);
			struct encoder *e = encoder_new();
			struct jbig2_bitmap b;

			put_page(&stream, 80, 60);
			put_region(&d, 61, 45, 10, 5, JBIG2_OR);
			assert_int_equal(buf_put_byte(&d, (uint8_t)(t << 1 | typical << 3)), 0);
			put_at(&d, t);
			put_generic(e, t, typical, 61, 45, 5, pattern);
			flush(e, &d);
			put_segment(&stream, 2, 38, -1, &d);
			assert_int_equal(
				jbig2_decode(VIEW_EMPTY, buf_view(&stream), 0, JBIG2_WORK_MAX, &b),
				0);
			assert_int_equal(b.w, 80);
			assert_int_equal(b.h, 60);
			for (unsigned y = 0; y < 60; y++)
				for (unsigned x = 0; x < 80; x++)
					assert_int_equal(jbig2_pixel(&b, x, y),
						x >= 10 && x < 71 && y >= 5 && y < 50
							? pattern(x - 10, y - 5, 5)
							: 0);
			jbig2_bitmap_done(&b);
			buf_done(&stream);
			buf_done(&d);
		}
}

/* A dictionary of symbols 6 + i wide and 9 high. */
static void put_dictionary(struct buf *out, uint32_t number, unsigned n)
{
	struct buf d = BUF_INIT(0);
	struct encoder *e = encoder_new();

	assert_int_equal(buf_put(&d, "\0\0", 2), 0);
	put_at(&d, 0);
	put32(&d, n);
	put32(&d, n);
	put_int(e, JBIG2_IADH, 9);
	for (unsigned i = 0; i < n; i++) {
		put_int(e, JBIG2_IADW, i ? 1 : 6);
		put_generic(e, 0, false, 6 + i, 9, i, pattern);
	}
	put_int(e, JBIG2_IADW, OOB);
	put_int(e, JBIG2_IAEX, 0);
	put_int(e, JBIG2_IAEX, (int32_t)n);
	flush(e, &d);
	put_segment(out, number, 0, -1, &d);
	buf_done(&d);
}

/* Symbol `i` has its top left corner at 8 + 20 i, 10 + i. */
static void put_text(struct buf *out, unsigned corner, bool transposed, unsigned n)
{
	struct buf d = BUF_INIT(0);
	struct encoder *e = encoder_new();
	bool right = corner >= 2, bottom = corner == 0 || corner == 2;
	int end = 0;

	put_region(&d, 120, 120, 0, 0, JBIG2_OR);
	assert_int_equal(buf_put_byte(&d, 0), 0);
	/* strips of four */
	assert_int_equal(
		buf_put_byte(&d, (uint8_t)(2U << 2 | corner << 4 | (transposed ? 0x40U : 0))), 0);
	put32(&d, n);
	put_int(e, JBIG2_IADT, 0);
	for (unsigned i = 0; i < n; i++) {
		int w = 6 + (int)i, h = 9;
		int x = 8 + 20 * (int)i, y = 10 + (int)i, along, across;

		if (transposed) {
			int swap = x;

			x = y;
			y = swap;
		}
		along = transposed ? y : x;
		across = transposed ? x + (right ? w - 1 : 0) : y + (bottom ? h - 1 : 0);
		/* each in a strip of its own */
		put_int(e, JBIG2_IADT, across / 4 - (i ? end : 0));
		end = across / 4;
		put_int(e, JBIG2_IAFS, i ? 20 : along);
		put_int(e, JBIG2_IAIT, across % 4);
		put_id(e, i, 2);
		put_int(e, JBIG2_IADS, OOB);
	}
	flush(e, &d);
	put_segment(out, 3, 6, 0, &d);
	buf_done(&d);
}

static void test_text(void **state)
{
	(void)state;
	for (unsigned corner = 0; corner < 4; corner++)
		for (unsigned transposed = 0; transposed < 2; transposed++) {
			struct buf globals = BUF_INIT(0), stream = BUF_INIT(0);
			struct jbig2_bitmap b;
			unsigned n = 3, wrong = 0;

			put_dictionary(&globals, 0, n);
			put_page(&stream, 120, 120);
			put_text(&stream, corner, transposed, n);
			assert_int_equal(jbig2_decode(buf_view(&globals), buf_view(&stream), 0,
						 JBIG2_WORK_MAX, &b),
				0);
			for (unsigned i = 0; i < n; i++)
				for (unsigned y = 0; y < 9; y++)
					for (unsigned x = 0; x < 6 + i; x++) {
						unsigned px = transposed ? 10 + i : 8 + 20 * i;
						unsigned py = transposed ? 8 + 20 * i : 10 + i;

						wrong += jbig2_pixel(&b, px + x, py + y) !=
							pattern(x, y, i);
					}
			assert_int_equal(wrong, 0);
			jbig2_bitmap_done(&b);
			buf_done(&globals);
			buf_done(&stream);
		}
}

static unsigned within(int x, int y, int w, int h, unsigned seed)
{
	return x >= 0 && y >= 0 && x < w && y < h ? pattern((unsigned)x, (unsigned)y, seed) : 0;
}

/* Figures 12 and 13: what is there already of the new one, then of the old one. */
static void put_refined(
	struct encoder *e, unsigned template, int w, int h, unsigned from, unsigned to)
{
	static const struct pixel fresh[2][4] = {
		{{-1, 0}, {1, -1}, {0, -1}, {-1, -1}}, {{-1, 0}, {1, -1}, {0, -1}, {-1, -1}}};
	static const struct pixel old[2][9] = {
		{{1, 1}, {0, 1}, {-1, 1}, {1, 0}, {0, 0}, {-1, 0}, {1, -1}, {0, -1}, {-1, -1}},
		{{1, 1}, {0, 1}, {1, 0}, {0, 0}, {-1, 0}, {0, -1}}};

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			unsigned context = 0;

			for (int i = 0; i < 4; i++)
				context |= within(x + fresh[template][i].x,
						   y + fresh[template][i].y, w, h, to)
					<< i;
			for (int i = 0; i < (template ? 6 : 9); i++)
				context |= within(x + old[template][i].x, y + old[template][i].y, w,
						   h, from)
					<< (4 + i);
			put_bit(e, &e->refine[context], within(x, y, w, h, to));
		}
}

static void test_refine(void **state)
{
	(void)state;
	for (unsigned template = 0; template <2; template ++) {
		struct buf stream = BUF_INIT(0), d = BUF_INIT(0);
		struct encoder *e = encoder_new();
		struct jbig2_bitmap b;

		put_page(&stream, 40, 30);
		put_region(&d, 40, 30, 0, 0, JBIG2_OR);
		assert_int_equal(buf_put_byte(&d, 0), 0);
		put_at(&d, 0);
		put_generic(e, 0, false, 40, 30, 5, pattern);
		flush(e, &d);
		put_segment(&stream, 2, 38, -1, &d);
		buf_clear(&d);
		e = encoder_new();
		put_region(&d, 40, 30, 0, 0, JBIG2_OR);
		assert_int_equal(buf_put_byte(&d, (uint8_t) template), 0);
		if (!template)
			assert_int_equal(buf_put(&d, "\377\377\377\377", 4), 0);
		put_refined(e, template, 40, 30, 5, 8);
		flush(e, &d);
		put_segment(&stream, 3, 42, -1, &d);
		assert_int_equal(
			jbig2_decode(VIEW_EMPTY, buf_view(&stream), 0, JBIG2_WORK_MAX, &b), 0);
		for (unsigned y = 0; y < 30; y++)
			for (unsigned x = 0; x < 40; x++)
				assert_int_equal(jbig2_pixel(&b, x, y), pattern(x, y, 8));
		jbig2_bitmap_done(&b);
		buf_done(&stream);
		buf_done(&d);
	}
}

static unsigned nothing(unsigned x, unsigned y, unsigned seed)
{
	(void)x;
	(void)y;
	(void)seed;
	return 0;
}

static void expect(struct view globals, struct view data, int outcome)
{
	struct jbig2_bitmap b;

	assert_int_equal(jbig2_decode(globals, data, 40, JBIG2_WORK_MAX, &b), outcome);
	if (outcome)
		assert_null(b.p);
	jbig2_bitmap_done(&b);
}

struct refused {
	struct buf *globals, *stream, *d; /* `d`: of the segment at hand */
};

static void no_segment(struct refused *f)
{
	assert_int_equal(buf_put_str(f->stream, "no segment"), 0);
}

static void page_as_wide_as_none(struct refused *f)
{
	put_page(f->stream, STAMP_SIDE_MAX + 1, 10);
}

static void page_too_large(struct refused *f)
{
	put_page(f->stream, STAMP_SIDE_MAX, STAMP_SIDE_MAX);
}

/* as high as the file around it says */
static void page_without_height(struct refused *f)
{
	put_page(f->stream, 10, UINT32_MAX);
}

static void fax(struct refused *f)
{
	put_region(f->d, 8, 8, 0, 0, 0);
	assert_int_equal(buf_put_byte(f->d, 1), 0);
	put_segment(f->stream, 2, 38, -1, f->d);
}

static void halftone(struct refused *f)
{
	put_region(f->d, 8, 8, 0, 0, 0);
	assert_int_equal(buf_put_byte(f->d, 1), 0);
	put_segment(f->stream, 2, 22, -1, f->d);
}

static void huffman(struct refused *f)
{
	assert_int_equal(buf_put(f->d, "\0\1", 2), 0);
	put_segment(f->stream, 2, 0, -1, f->d);
}

static void text_without_dictionary(struct refused *f)
{
	put_page(f->stream, 120, 120);
	put_text(f->stream, 1, false, 3);
}

static void text_of_missing_symbols(struct refused *f)
{
	text_without_dictionary(f);
	put_dictionary(f->globals, 0, 2);
}

static void put_symbols(struct refused *f, uint32_t n)
{
	assert_int_equal(buf_put(f->d, "\0\0", 2), 0);
	put_at(f->d, 0);
	put32(f->d, n);
	put32(f->d, n);
}

static void too_many_symbols(struct refused *f)
{
	put_symbols(f, JBIG2_SYMBOLS_MAX + 1);
	put_segment(f->stream, 2, 0, -1, f->d);
}

static void large_symbols(struct refused *f)
{
	struct encoder *e = encoder_new();

	put_symbols(f, 1);
	put_int(e, JBIG2_IADH, 5000);
	put_int(e, JBIG2_IADW, 5000);
	flush(e, f->d);
	put_segment(f->stream, 2, 0, -1, f->d);
}

/* an adaptive pixel that is not decoded yet */
static void pixel_ahead(struct refused *f)
{
	put_page(f->stream, 20, 20);
	put_region(f->d, 8, 8, 0, 0, 0);
	assert_int_equal(buf_put_byte(f->d, 3 << 1), 0);
	assert_int_equal(buf_put(f->d, "\1\0", 2), 0);
	put_segment(f->stream, 2, 38, -1, f->d);
}

static void too_many_segments(struct refused *f)
{
	for (unsigned i = 0; i <= JBIG2_SEGMENTS_MAX; i++)
		put_segment(f->stream, i, 62, -1, f->d);
}

/* large regions over each other */
static void too_much_work(struct refused *f)
{
	struct encoder *e = encoder_new();

	put_page(f->stream, 6000, 6000);
	put_region(f->d, 6000, 6000, 0, 0, 0);
	assert_int_equal(buf_put_byte(f->d, 8), 0);
	put_at(f->d, 0);
	put_generic(e, 0, true, 1, 6000, 0, nothing);
	flush(e, f->d);
	for (unsigned i = 0; i < 2 + JBIG2_WORK_MAX / (6000 * 6000); i++)
		put_segment(f->stream, 2 + i, 38, -1, f->d);
}

static void test_refused(void **state)
{
	static const struct {
		void (*put)(struct refused *f);
		int outcome;
	} cases[] = {
		{no_segment, IMAGE_DAMAGED},
		{page_as_wide_as_none, IMAGE_TOO_BIG},
		{page_too_large, IMAGE_TOO_BIG},
		{page_without_height, 0},
		{fax, IMAGE_UNSUPPORTED},
		{halftone, IMAGE_UNSUPPORTED},
		{huffman, IMAGE_UNSUPPORTED},
		{text_without_dictionary, IMAGE_UNSUPPORTED},
		{text_of_missing_symbols, IMAGE_DAMAGED},
		{too_many_symbols, IMAGE_TOO_BIG},
		{large_symbols, IMAGE_TOO_BIG},
		{pixel_ahead, IMAGE_DAMAGED},
		{too_many_segments, IMAGE_TOO_BIG},
		{too_much_work, IMAGE_TOO_BIG},
	};

	(void)state;
	expect(VIEW_EMPTY, VIEW_EMPTY, IMAGE_DAMAGED);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf globals = BUF_INIT(0), stream = BUF_INIT(0), d = BUF_INIT(0);

		cases[i].put(&(struct refused){&globals, &stream, &d});
		expect(buf_view(&globals), buf_view(&stream), cases[i].outcome);
		buf_done(&globals);
		buf_done(&stream);
		buf_done(&d);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refine),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
