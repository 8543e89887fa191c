/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical text: valid UTF-8, single blanks, the same with and without a map, the same again when
 * canonicalised again (but for rows of marks at their bound and letters with look-alikes, which are
 * judged by their case), and a way back that stays inside the original, map or not.
 */
#include <assert.h>
#include <string.h>

#include "text/canon.h"
#include "text/canon_compose.h"
#include "text/canon_table.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_form(struct view v)
{
	size_t len;

	for (size_t i = 0; i < v.n; i += len) {
		int ok;
		uint32_t cp = utf8_next(v.p + i, v.n - i, &len, &ok);

		assert(ok);
		assert(cp >= 0x20 && cp != 0x7f);
		assert(!(cp >= 'A' && cp <= 'Z'));
		assert(cp != ' ' || i + 1 == v.n || v.p[i + 1] != ' ');
	}
}

static bool is_stable(struct view v)
{
	size_t marks = 0, len;

	for (size_t i = 0; i < v.n; i += len) {
		uint32_t cp = utf8_next(v.p + i, v.n - i, &len, NULL);

		marks += canon_class(cp) != 0;
		if (canon_script(canon_entry(cp)) >= CANON_SCRIPT_FOREIGN)
			return false;
	}
	return marks < CANON_MARKS_MAX;
}

static void check_origin(struct view in, struct view out, const struct canon_map *map)
{
	for (size_t i = 0; i < 16 && out.n > 0; i++) {
		size_t from = (in.n * 7919 + i * 104729) % out.n;
		size_t to = from + 1 + i * i % (out.n - from);
		struct view v = canon_origin(in, map, from, to);
		struct view plain = canon_origin(in, NULL, from, to);

		assert(v.n > 0 && v.p >= in.p && v.p + v.n <= in.p + in.n);
		assert(v.p == plain.p && v.n == plain.n);
	}
	assert(canon_origin(in, map, out.n, out.n + 1).n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct view in = view_of(data, n);
	cleanup_with(buf_done) struct buf out = {0};
	cleanup_with(buf_done) struct buf mapped = {0};
	cleanup_with(buf_done) struct buf again = {0};
	cleanup_with(buf_done) struct buf small = BUF_INIT(n / 2 + 1);
	cleanup_with(buf_done) struct buf stripped = {0};
	struct canon_map map = {0};
	struct canon_stats stats = {0};
	int r;

	r = canon_text(in, &out, NULL);
	assert(r == 0);
	r = canon_text(in, &mapped, &map);
	assert(r == 0 && view_eq(buf_view(&out), buf_view(&mapped)));
	check_form(buf_view(&out));
	check_origin(in, buf_view(&out), &map);
	r = canon_text(buf_view(&out), &again, NULL);
	assert(r == 0);
	assert(!is_stable(buf_view(&out)) || view_eq(buf_view(&out), buf_view(&again)));
	r = canon_text(in, &small, NULL);
	assert(small.n <= small.max && (r == 0) == (small.n == out.n));
	r = canon_strip(buf_view(&out), &stripped);
	assert(r == 0 && stripped.n <= out.n);
	canon_count(buf_view(&out), &stats);
	assert(stats.letters_non_ascii <= stats.letters);
	(void)canon_is_upper(in);
	canon_map_done(&map);
	return 0;
}
