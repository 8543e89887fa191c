/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/utf8.h"

#include <endian.h>

#include "base/utf8.h"

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
		step = utf8_length(view_sub(v, i, v.n));
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
