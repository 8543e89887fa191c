/* SPDX-License-Identifier: Apache-2.0 */
/* What a disguised line says is valid UTF-8, differs from the line, and is not disguised for ever;
   a text never lacks marks of itself. */
#include <assert.h>

#include "text/canon.h"
#include "text/disguise.h"
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
	cleanup_with(buf_done) struct buf out = BUF_INIT(4 * n + 4);
	cleanup_with(buf_done) struct buf latin = BUF_INIT(4 * n + 4);
	cleanup_with(buf_done) struct buf canonical = BUF_INIT(0);
	cleanup_with(buf_done) struct buf bare = BUF_INIT(0);
	bool is_bare;
	int r;

	for (int i = 0; i <= 1; i++) {
		buf_clear(&out);
		r = disguise_remove(in, i, &out);
		assert(r == 0 || r == 1);
		assert(r == 1 ? n <= DISGUISE_LINE_MAX && !view_eq(in, buf_view(&out))
			      : out.n == 0);
		check_utf8(buf_view(&out));
	}
	r = disguise_latin(in, &latin);
	assert(r == 0 || r == 1);
	check_utf8(buf_view(&latin));
	if (n > 300)
		return 0;
	r = canon_text(in, &canonical, NULL);
	assert(r == 0);
	r = canon_strip(buf_view(&canonical), &bare);
	assert(r == 0);
	assert(!disguise_lacks_marks(buf_view(&canonical), 0, buf_view(&canonical), &is_bare));
	for (size_t from = 0; from <= bare.n; from++)
		(void)disguise_lacks_marks(buf_view(&canonical), from, buf_view(&bare), &is_bare);
	return 0;
}
