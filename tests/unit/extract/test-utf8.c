/* SPDX-License-Identifier: Apache-2.0 */
/* What is valid, whatever stands before and behind it and wherever blocks of sixteen bytes end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "extract/utf8.h"
#include "text/utf8.h"

/* Letters at the bounds of what is valid, and what is none. */
static const char *const pieces[] = {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
	"\xe1\xba\xad", "\xec\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
	"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3",
	"\xc3\xc3\xa0", "\xe0\x9f\xbf", "\xe1", "\xe1\xba", "\xe1\xba\xba", "\xe1\xba\xad\xad",
	"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf1\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
	"\xfe", "\xff"};
static const char *const fillers[] = {"a", "\xc4\x91", "\xe1\xba\xad", "\xf0\x9f\x98\x80"};

static bool is_valid(struct view v)
{
	size_t n;
	int ok = 1;

	for (size_t i = 0; i < v.n && ok; i += n)
		(void)utf8_next(v.p + i, v.n - i, &n, &ok);
	return ok;
}

static void test_pieces(void **state)
{
	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(fillers); f++)
		for (size_t p = 0; p < ARRAY_SIZE(pieces); p++)
			for (unsigned before = 0; before < 40; before++)
				for (unsigned behind = 0; behind < 20; behind++) {
					uint8_t bytes[256];
					struct buf b = {.p = bytes, .cap = 256, .max = 255};
					struct view v;
					int r = 0;

					for (unsigned i = 0; i < before; i++)
						r |= buf_put_str(&b, fillers[f]);
					r |= buf_put_str(&b, pieces[p]);
					for (unsigned i = 0; i < behind; i++)
						r |= buf_put_str(&b, fillers[f]);
					assert_int_equal(r, 0);
					v = buf_view(&b);
					assert_int_equal(utf8_is_valid(v), is_valid(v));
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
