/* SPDX-License-Identifier: Apache-2.0 */
#include "match/name.h"

#include "text/canon.h"

int name_normalise(struct view name, bool pattern, struct buf *out)
{
	cleanup_with(buf_done) struct buf canonical = BUF_INIT(64U << 10);
	cleanup_with(buf_done) struct buf plain = BUF_INIT(64U << 10);
	int e = canon_text(name, &canonical, NULL);

	if (e == 0)
		e = canon_strip(buf_view(&canonical), &plain);
	for (size_t i = 0; e == 0 && i < plain.n; i++) {
		uint8_t c = plain.p[i];

		if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			(pattern && c == '*'))
			e = buf_put_byte(out, c);
	}
	return e;
}

bool name_matches(struct view pattern, struct view name, struct view *ret_star)
{
	size_t i = 0, j = 0, star = SIZE_MAX, resume = 0;
	size_t first = SIZE_MAX, first_star = SIZE_MAX, first_end = 0;

	while (j < name.n) {
		if (i < pattern.n && pattern.p[i] == '*') {
			star = i++;
			resume = j;
			if (first == SIZE_MAX) {
				first = first_end = j;
				first_star = star;
			}
		} else if (i < pattern.n && pattern.p[i] == name.p[j]) {
			i++;
			j++;
		} else if (star != SIZE_MAX) {
			i = star + 1;
			j = ++resume;
			if (star == first_star)
				first_end = resume;
		} else {
			return false;
		}
	}
	while (i < pattern.n && pattern.p[i] == '*')
		i++;
	if (i != pattern.n)
		return false;
	if (ret_star)
		*ret_star = first == SIZE_MAX ? VIEW_EMPTY
					      : view_of(name.p + first, first_end - first);
	return true;
}
