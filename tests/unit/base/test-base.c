/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/checked.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/loop.h"
#include "base/utf8.h"

static void buf_keeps_its_bound(void **state)
{
	struct buf b = BUF_INIT(10);

	(void)state;
	assert_int_equal(buf_put_str(&b, "12345678"), 0);
	assert_int_equal(buf_put_str(&b, "123"), -E2BIG);
	assert_int_equal(b.n, 8); /* nothing of what does not fit */
	assert_int_equal(buf_put_str(&b, "90"), 0);
	assert_int_equal(buf_terminate(&b), 0); /* the NUL does not count */
	assert_string_equal((char *)b.p, "1234567890");
	buf_done(&b);
}

static void buf_writes_utf8(void **state)
{
	static const struct {
		uint32_t cp;
		const char *bytes;
	} rows[] = {{0x41, "A"}, {0x1ead, "\xe1\xba\xad"}, {0x1f600, "\xf0\x9f\x98\x80"},
		{0xd800, "\xef\xbf\xbd"}, {0x110000, "\xef\xbf\xbd"}, {0x7ff, "\xdf\xbf"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf b = BUF_INIT(0);

		assert_int_equal(buf_put_utf8(&b, rows[i].cp), 0);
		assert_true(view_eq(buf_view(&b), view_str(rows[i].bytes)));
		buf_done(&b);
	}
}

static void lines_have_no_controls(void **state)
{
	static const struct {
		const char *line, *made; /* NULL: it is one already */
	} rows[] = {{"", NULL}, {"báo cáo \"họp\" ?", NULL}, {"\xef\xbf\xbd", NULL},
		{"a\nb\t", "a?b?"}, {"\x1b[31m", "?[31m"}, {"\x7f", "?"},
		{"\xff"
		 "a\xc3",
			"?a?"},
		{"\xc2\x9b"
		 "2J",
			"??2J"},
		{"\xe2\x80\xae"
		 "fdp",
			"???fdp"},
		{"\xd8\x9c", "??"}, {"\xe0\x80\xaf", "???"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(utf8_is_line(rows[i].line), rows[i].made == NULL);
		memcpy(text, rows[i].line, strlen(rows[i].line) + 1);
		utf8_make_line(text);
		assert_string_equal(text, rows[i].made ? rows[i].made : rows[i].line);
		assert_true(utf8_is_line(text));
	}
}

static void buf_printf_fits_exactly(void **state)
{
	struct buf b = BUF_INIT(3);

	(void)state;
	assert_int_equal(buf_printf(&b, "%d", 12345), -E2BIG);
	assert_int_equal(b.n, 0);
	assert_int_equal(buf_printf(&b, "%d", 123), 0);
	assert_int_equal(b.n, 3);
	buf_done(&b);
}

static void views_stay_inside(void **state)
{
	struct view v = VIEW_LIT("hello");

	(void)state;
	assert_int_equal(view_sub(v, 5, 1).n, 0);
	assert_int_equal(view_sub(v, 3, SIZE_MAX).n, 2);
	assert_true(view_starts(v, VIEW_LIT("he")));
	assert_false(view_starts(v, VIEW_LIT("hello!")));
	assert_true(view_ends(v, VIEW_LIT("llo")));
	assert_true(view_eq(VIEW_EMPTY, view_sub(v, 9, 9)));
}

static void ranges_do_not_wrap(void **state)
{
	(void)state;
	assert_true(checked_range(0, 10, 10));
	assert_true(checked_range(10, 0, 10));
	assert_false(checked_range(11, 0, 10));
	assert_false(checked_range(1, UINT64_MAX, 10));
	assert_false(checked_range(UINT64_MAX, 2, 10));
}

static void time_goes_there_and_back(void **state)
{
	char text[CLOCK_TEXT_MAX];
	uint64_t t;

	(void)state;
	clock_format(UINT64_C(1795424400123000000), text);
	assert_string_equal(text, "2026-11-23T09:00:00.123Z");
	assert_int_equal(clock_parse(text, &t), 0);
	assert_int_equal(t, UINT64_C(1795424400123000000));
	assert_int_equal(clock_parse("2026-11-23T16:00:00+07:00", &t), 0);
	assert_int_equal(t, UINT64_C(1795424400000000000));
	assert_int_equal(clock_parse("2026-11-23", &t), 0);
	assert_int_equal(clock_parse("yesterday", &t), -EINVAL);
	assert_int_equal(clock_parse("2026-02-29", &t), -EINVAL);
	assert_int_equal(clock_parse("2026-04-31T10:00:00Z", &t), -EINVAL);
	assert_int_equal(clock_parse("2028-02-29", &t), 0);
	assert_int_equal(clock_parse("2026-11-23T09:00:00Zx", &t), -EINVAL);
}

static void sealed_memory_is_checked(void **state)
{
	cleanup_with(fd_closep) int sealed = fd_memfd_sealed("t", VIEW_LIT("facts"));
	cleanup_with(fd_closep) int open_fd = memfd_create("t", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct view v;

	(void)state;
	assert_int_equal(fd_map_sealed(sealed, &v), 0);
	assert_true(view_eq(v, VIEW_LIT("facts")));
	munmap((void *)v.p, v.n);
	assert_int_equal(write(sealed, "x", 1), -1);
	assert_int_equal(fd_write_all(open_fd, VIEW_LIT("facts")), 0);
	assert_int_equal(fd_map_sealed(open_fd, &v), -EPERM);
}

static void reading_stops_at_the_bound(void **state)
{
	cleanup_with(fd_closep) int fd = fd_memfd_sealed("t", VIEW_LIT("0123456789"));
	struct buf b = BUF_INIT(0);

	(void)state;
	assert_int_equal(fd_read_all(fd, 10, &b), 0);
	assert_int_equal(b.n, 10);
	buf_clear(&b);
	assert_int_equal(fd_read_all(fd, 9, &b), -E2BIG);
	assert_int_equal(b.n, 9);
	buf_done(&b);
}

static void siphash_is_siphash(void **state)
{
	/* The reference vector of the paper's appendix A: key 00..0f, message 00..0e. */
	struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	uint8_t m[15];

	(void)state;
	for (uint8_t i = 0; i < 15; i++)
		m[i] = i;
	assert_true(hash_bytes(key, view_of(m, 15)) == UINT64_C(0xa129ca6149be45e5));
}

static void json_escapes_and_nests(void **state)
{
	struct buf b = BUF_INIT(0);
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_object(&j);
	json_key_str(&j, "a\"b", "x\n\\\x01\xff\xc3\xa9");
	json_key(&j, "list");
	json_array(&j);
	json_u64(&j, 1);
	json_i64(&j, -2);
	json_bool(&j, true);
	json_null(&j);
	json_double(&j, 1.5, 3);
	json_array_end(&j);
	json_key(&j, "raw");
	json_raw(&j, VIEW_LIT("{\"k\":1}"));
	json_object_end(&j);
	assert_int_equal(json_error(&j), 0);
	assert_true(view_eq(buf_view(&b),
		VIEW_LIT("{\"a\\\"b\":\"x\\n\\\\\\u0001\xef\xbf\xbd\xc3\xa9\","
			 "\"list\":[1,-2,true,null,1.500],\"raw\":{\"k\":1}}")));
	buf_done(&b);
}

/* Names of files may turn the line that they stand in; who reads the answer takes none of that. */
static void json_escapes_what_deceives(void **state)
{
	struct buf b = {0};
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_str(&j,
		"a\u202eb\u2066c\xc2\x85"
		"d\u2028e\u200ff\u061cg");
	assert_int_equal(json_error(&j), 0);
	assert_true(view_eq(
		buf_view(&b), VIEW_LIT("\"a\\u202eb\\u2066c\\u0085d\\u2028e\\u200ff\\u061cg\"")));
	b.n = 0;
	json_init(&j, &b);
	json_str(&j, "ế–“ \u2027\u202f\u2065");
	assert_true(view_eq(buf_view(&b), VIEW_LIT("\"ế–“ \u2027\u202f\u2065\"")));
	buf_done(&b);
}

static void json_keeps_the_first_error(void **state)
{
	struct buf b = BUF_INIT(5);
	struct json j;

	(void)state;
	json_init(&j, &b);
	json_array(&j);
	json_str(&j, "too long for it");
	json_array_end(&j);
	assert_int_equal(json_error(&j), -E2BIG);
	buf_done(&b);
}

static void the_nearest_word_is_offered(void **state)
{
	static const char *const names[] = {"level", "family", "completeness", "action", NULL};

	(void)state;
	assert_string_equal(diag_nearest("levle", names), "level");
	assert_string_equal(diag_nearest("completness", names), "completeness");
	assert_null(diag_nearest("zzz", names));
}

static void diagnostics_are_bounded(void **state)
{
	struct diags *d = test_calloc(1, sizeof(*d));
	char line[600];

	(void)state;
	diag_hint(diags_error(d, "X001", "f.yaml", 3, 7, "unknown key \"%s\"", "levle"),
		"did you mean \"%s\"?", "level");
	diag_format(&d->v[0], line, sizeof(line));
	assert_string_equal(
		line, "f.yaml:3:7: X001: unknown key \"levle\" (did you mean \"level\"?)");
	for (int i = 0; i < 2 * DIAG_MAX; i++)
		diags_warning(d, "X002", "f.yaml", 1, 1, "again");
	assert_int_equal(d->n, DIAG_MAX);
	assert_int_equal(d->dropped, DIAG_MAX + 1);
	assert_int_equal(d->errors, 1);
	test_free(d);
}

struct counted {
	struct loop_source *source;
	struct loop_timer *timer;
	int reads, timers;
};

static int on_readable(void *userdata, int fd, uint32_t events)
{
	struct counted *c = userdata;
	char byte;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(fd, &byte, 1), 1);
	c->reads++;
	c->source = loop_source_remove(c->source); /* inside its own callback */
	return 0;
}

static int on_timer(void *userdata)
{
	struct counted *c = userdata;

	c->timers++;
	c->timer = loop_timer_free(c->timer);
	return LOOP_DONE;
}

static void the_loop_runs_and_ends(void **state)
{
	cleanup_with(loop_freep) struct loop *l = NULL;
	struct counted c = {0};
	int p[2];

	(void)state;
	assert_int_equal(loop_new(&l), 0);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(loop_add(l, p[0], EPOLLIN, on_readable, &c, &c.source), 0);
	assert_int_equal(loop_timer_new(l, on_timer, &c, &c.timer), 0);
	loop_timer_set(c.timer, clock_now() + 20 * NSEC_PER_MSEC);
	assert_int_equal(write(p[1], "xy", 2), 2);
	assert_int_equal(loop_run(l), LOOP_DONE);
	assert_int_equal(c.reads, 1);
	assert_int_equal(c.timers, 1);
	close(p[0]);
	close(p[1]);
}

/* Of a named pipe nobody knows when it ends; one that a shell made is read. */
static void test_read_path_of_pipes(void **state)
{
	cleanup_with(buf_done) struct buf b = {0};
	char dir[] = "/tmp/test-base-XXXXXX", path[64];
	int p[2];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pipe", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(fd_read_path(path, 100, &b), -ENOTSUP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "text", 4), 4);
	assert_int_equal(close(p[1]), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	assert_int_equal(fd_read_path(path, 100, &b), 0);
	assert_int_equal(b.n, 4);
	assert_int_equal(close(p[0]), 0);
	assert_int_equal(fd_read_path("/dev/zero", 1000, &b), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_keeps_its_bound),
		cmocka_unit_test(buf_writes_utf8),
		cmocka_unit_test(lines_have_no_controls),
		cmocka_unit_test(buf_printf_fits_exactly),
		cmocka_unit_test(views_stay_inside),
		cmocka_unit_test(ranges_do_not_wrap),
		cmocka_unit_test(time_goes_there_and_back),
		cmocka_unit_test(sealed_memory_is_checked),
		cmocka_unit_test(reading_stops_at_the_bound),
		cmocka_unit_test(siphash_is_siphash),
		cmocka_unit_test(json_escapes_and_nests),
		cmocka_unit_test(json_escapes_what_deceives),
		cmocka_unit_test(json_keeps_the_first_error),
		cmocka_unit_test(the_nearest_word_is_offered),
		cmocka_unit_test(diagnostics_are_bounded),
		cmocka_unit_test(the_loop_runs_and_ends),
		cmocka_unit_test(test_read_path_of_pipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
