/* SPDX-License-Identifier: Apache-2.0 */
/* Detection answers or leaves its result alone; each decoder gives valid UTF-8, within the bound.
 */
#include <assert.h>
#include <errno.h>

#include "text/encoding.h"
#include "text/encoding_table.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_utf8(struct view v)
{
	size_t len;

	for (size_t i = 0; i < v.n; i += len) {
		int ok;

		(void)utf8_next(v.p + i, v.n - i, &len, &ok);
		assert(ok);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view in = view_of(data, n);
	enum encoding hint, e = ENCODING_MAX;
	bool capitals;

	assert(encoding_detect(in, NULL, &e) == (e != ENCODING_MAX));
	for (int i = 0; i < ENCODING_MAX; i++) {
		cleanup_with(buf_done) struct buf out = BUF_INIT(4 * n + 4);
		cleanup_with(buf_done) struct buf small = BUF_INIT(n / 2 + 1);
		int r;

		hint = i;
		e = ENCODING_MAX;
		assert(encoding_detect(in, &hint, &e) == (e != ENCODING_MAX));
		r = encoding_decode(i, in, &out);
		assert(r == 0);
		check_utf8(buf_view(&out));
		r = encoding_decode(i, in, &small);
		assert(r == 0 || r == -E2BIG);
		assert(small.n <= small.max);
		buf_clear(&out);
		r = encoding_decode_mojibake(i, in, &out);
		assert(r == (encoding_is_single(i) ? 0 : -ENOTSUP));
	}
	e = ENCODING_MAX;
	assert(encoding_detect_mojibake(in, &e) == (e != ENCODING_MAX));
	{
		cleanup_with(buf_done) struct buf out = BUF_INIT(4 * n + 4);
		int r = encoding_repair(in, &out);

		assert(r == 0 || r == 1);
		check_utf8(buf_view(&out));
	}
	e = ENCODING_MAX;
	assert((encoding_parse(in, &e) == 0) == (e != ENCODING_MAX));
	e = ENCODING_MAX;
	assert(encoding_of_font(in, &e, &capitals) == (e != ENCODING_MAX));
	return 0;
}
