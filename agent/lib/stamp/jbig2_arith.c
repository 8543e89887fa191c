/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/jbig2_arith.h"

#include "base/macros.h"

#define LIKELY_VALUE 0x80U

/* T.88 table E.1: the share of the less likely value, where to go after each, and whether they
   change places. */
static const struct {
	uint16_t less;
	uint8_t next_likely, next_less;
	bool turn;
} states[] = {{0x5601, 1, 1, true}, {0x3401, 2, 6, false}, {0x1801, 3, 9, false},
	{0x0ac1, 4, 12, false}, {0x0521, 5, 29, false}, {0x0221, 38, 33, false},
	{0x5601, 7, 6, true}, {0x5401, 8, 14, false}, {0x4801, 9, 14, false},
	{0x3801, 10, 14, false}, {0x3001, 11, 17, false}, {0x2401, 12, 18, false},
	{0x1c01, 13, 20, false}, {0x1601, 29, 21, false}, {0x5601, 15, 14, true},
	{0x5401, 16, 14, false}, {0x5101, 17, 15, false}, {0x4801, 18, 16, false},
	{0x3801, 19, 17, false}, {0x3401, 20, 18, false}, {0x3001, 21, 19, false},
	{0x2801, 22, 19, false}, {0x2401, 23, 20, false}, {0x2201, 24, 21, false},
	{0x1c01, 25, 22, false}, {0x1801, 26, 23, false}, {0x1601, 27, 24, false},
	{0x1401, 28, 25, false}, {0x1201, 29, 26, false}, {0x1101, 30, 27, false},
	{0x0ac1, 31, 28, false}, {0x09c1, 32, 29, false}, {0x08a1, 33, 30, false},
	{0x0521, 34, 31, false}, {0x0441, 35, 32, false}, {0x02a1, 36, 33, false},
	{0x0221, 37, 34, false}, {0x0141, 38, 35, false}, {0x0111, 39, 36, false},
	{0x0085, 40, 37, false}, {0x0049, 41, 38, false}, {0x0025, 42, 39, false},
	{0x0015, 43, 40, false}, {0x0009, 44, 41, false}, {0x0005, 45, 42, false},
	{0x0001, 45, 43, false}, {0x5601, 46, 46, false}};

static uint32_t byte_at(const struct jbig2_arith *d, size_t at)
{
	return at < d->data.n ? d->data.p[at] : 0xff;
}

static void byte_in(struct jbig2_arith *d)
{
	uint32_t next = byte_at(d, d->at + 1);

	if (byte_at(d, d->at) == 0xff) {
		if (next > 0x8f) {
			d->c += 0xff00;
			d->ct = 8;
			return;
		}
		d->c += next << 9;
		d->ct = 7;
	} else {
		d->c += next << 8;
		d->ct = 8;
	}
	if (d->at < d->data.n)
		d->at++;
}

void jbig2_arith_init(struct jbig2_arith *d, struct view data)
{
	*d = (struct jbig2_arith){.data = data, .a = 0x8000};
	d->c = byte_at(d, 0) << 16;
	byte_in(d);
	d->c <<= 7;
	d->ct -= 7;
}

static void renormalise(struct jbig2_arith *d)
{
	do {
		if (d->ct == 0)
			byte_in(d);
		d->a <<= 1;
		d->c <<= 1;
		d->ct--;
	} while (!(d->a & 0x8000));
}

unsigned jbig2_bit(struct jbig2_arith *d, jbig2_cx *cx)
{
	unsigned state = *cx & 0x7fU, likely = *cx >> 7;
	uint32_t less = states[state].less;
	bool is_less;

	d->a -= less;
	if (d->c >> 16 >= less) {
		d->c -= less << 16;
		if (d->a & 0x8000)
			return likely;
		is_less = d->a < less;
	} else {
		is_less = d->a >= less;
		d->a = less;
	}
	if (is_less) {
		*cx = (jbig2_cx)(states[state].next_less |
			(likely ^ states[state].turn ? LIKELY_VALUE : 0));
		likely ^= 1U;
	} else {
		*cx = (jbig2_cx)(states[state].next_likely | (*cx & LIKELY_VALUE));
	}
	renormalise(d);
	return likely;
}

static unsigned int_bit(struct jbig2_arith *d, jbig2_cx *cx, unsigned *before)
{
	unsigned bit = jbig2_bit(d, &cx[*before]);

	*before = *before < 256 ? *before << 1 | bit : ((*before << 1 | bit) & 511U) | 256U;
	return bit;
}

bool jbig2_int(struct jbig2_arith *d, jbig2_cx *cx, int32_t *ret)
{
	/* T.88 figure A.1: each one more bit of a prefix means a longer and larger number. */
	static const struct {
		uint8_t bits;
		uint32_t base;
	} ranges[] = {{2, 0}, {4, 4}, {6, 20}, {8, 84}, {12, 340}, {32, 4436}};
	unsigned before = 1, range = 0, negative = int_bit(d, cx, &before);
	uint64_t v = 0;

	while (range + 1 < ARRAY_SIZE(ranges) && int_bit(d, cx, &before))
		range++;
	for (unsigned i = 0; i < ranges[range].bits; i++)
		v = v << 1 | int_bit(d, cx, &before);
	v = MIN(v + ranges[range].base, (uint64_t)INT32_MAX);
	*ret = negative ? -(int32_t)v : (int32_t)v;
	return !(negative && v == 0);
}

uint32_t jbig2_id(struct jbig2_arith *d, jbig2_cx *cx, unsigned bits)
{
	uint32_t v = 1;

	for (unsigned i = 0; i < bits; i++)
		v = v << 1 | jbig2_bit(d, &cx[v]);
	return v - (UINT32_C(1) << bits);
}
