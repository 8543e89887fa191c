/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/utf8.h"

#include <endian.h>

/* Length of the valid sequence at the start of `p`, or 0. */
static size_t sequence(const uint8_t *p, size_t n)
{
	uint8_t lo = 0x80, hi = 0xbf;
	size_t need;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < need)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

static size_t valid_prefix(struct view v)
{
	size_t i = 0;

	while (i < v.n) {
		size_t step;
		uint64_t eight;

		while (v.n - i >= 8) {
			memcpy(&eight, v.p + i, 8);
			eight = le64toh(eight) & UINT64_C(0x8080808080808080);
			if (eight) {
				/* on to the first byte that is not ASCII */
				i += (size_t)__builtin_ctzll(eight) / 8;
				break;
			}
			i += 8;
		}
		if (i >= v.n)
			break;
		step = sequence(v.p + i, v.n - i);
		if (step == 0)
			break;
		i += step;
	}
	return i;
}

bool utf8_is_valid(struct view v)
{
	return valid_prefix(v) == v.n;
}

int utf8_repair(struct view v, struct buf *out)
{
	while (v.n > 0) {
		size_t good = valid_prefix(v);
		int r = buf_put(out, v.p, good);

		if (r < 0)
			return r;
		v = view_sub(v, good, v.n);
		if (v.n == 0)
			break;
		r = buf_put_utf8(out, 0xfffd);
		if (r < 0)
			return r;
		v = view_sub(v, 1, v.n);
	}
	return 0;
}
