/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "subject/apptable.h"

static struct apptable_builder *new_builder(void)
{
	struct apptable_builder *b;

	assert_int_equal(apptable_builder_new(&b), 0);
	return b;
}

static uint32_t add(struct apptable_builder *b, const char *id, enum category c)
{
	uint32_t app;

	assert_int_equal(apptable_builder_app(b, id, "A name", c, &app), 0);
	return app;
}

static void sample(struct buf *ret)
{
	struct apptable_builder *b = new_builder();
	uint32_t zoom = add(b, "zoom", CATEGORY_MEETING);
	uint32_t chat = add(b, "chat", CATEGORY_CHAT);

	assert_int_equal(apptable_builder_pattern(b, zoom, APP_PATTERN_EXE, "/opt/zoom/zoom"), 0);
	assert_int_equal(apptable_builder_pattern(b, zoom, APP_PATTERN_FLATPAK, "us.zoom.Zoom"), 0);
	assert_int_equal(apptable_builder_pattern(b, chat, APP_PATTERN_EXE, "/opt/*/chat"), 0);
	assert_int_equal(apptable_builder_pattern(b, chat, APP_PATTERN_EXE, "/opt/zoom/zoom"), 0);
	assert_int_equal(apptable_builder_pattern(b, chat, APP_PATTERN_EXE, "/bin/chat"), 0);
	assert_int_equal(apptable_builder_pattern(b, chat, APP_PATTERN_SNAP, "chat"), 0);
	assert_int_equal(apptable_builder_pattern(b, chat, APP_PATTERN_PACKAGE, "chat-deb"), 0);
	assert_int_equal(apptable_builder_finish(b, ret), 0);
	apptable_builder_free(b);
}

static void test_match(void **state)
{
	cleanup_with(buf_done) struct buf blob = {0};
	struct apptable *t;

	(void)state;
	sample(&blob);
	assert_int_equal(apptable_open(buf_view(&blob), &t), 0);
	assert_int_equal(apptable_n(t), 2);
	assert_string_equal(apptable_id(t, 1), "chat");
	assert_string_equal(apptable_name(t, 1), "A name");
	assert_string_equal(apptable_id(t, 2), "");
	assert_int_equal(apptable_category(t, 0), CATEGORY_MEETING);
	assert_int_equal(apptable_category(t, APP_NONE), CATEGORY_OTHER);
	assert_int_equal(apptable_find(t, "chat"), 1);
	assert_int_equal(apptable_find(t, "cha"), APP_NONE);
	/* Both have it: the first one added wins. */
	assert_int_equal(apptable_match_exe(t, "/opt/zoom/zoom"), 0);
	assert_int_equal(apptable_match_exe(t, "/bin/chat"), 1);
	assert_int_equal(apptable_match_exe(t, "/opt/new/chat"), 1);
	assert_int_equal(apptable_match_exe(t, "/opt/new/deep/chat"), APP_NONE);
	assert_int_equal(apptable_match_exe(t, "/bin/chat2"), APP_NONE);
	assert_int_equal(apptable_match_exe(t, ""), APP_NONE);
	assert_int_equal(apptable_match_flatpak(t, "us.zoom.Zoom"), 0);
	assert_int_equal(apptable_match_flatpak(t, "us.zoom"), APP_NONE);
	assert_int_equal(apptable_match_snap(t, "chat"), 1);
	assert_int_equal(apptable_match_snap(t, "chat-deb"), APP_NONE);
	apptable_close(t);
}

static void test_walk(void **state)
{
	cleanup_with(buf_done) struct buf blob = {0};
	const char *pattern;
	struct apptable *t;
	uint32_t app, n = 0;

	(void)state;
	sample(&blob);
	assert_int_equal(apptable_open(buf_view(&blob), &t), 0);
	while (apptable_pattern(t, APP_PATTERN_EXE, n, &app, &pattern)) {
		assert_true(app < 2);
		assert_int_equal(pattern[0], '/');
		n++;
	}
	assert_int_equal(n, 4);
	assert_true(apptable_pattern(t, APP_PATTERN_PACKAGE, 0, &app, &pattern));
	assert_string_equal(pattern, "chat-deb");
	assert_false(apptable_pattern(t, APP_PATTERN_PACKAGE, 1, &app, &pattern));
	assert_false(apptable_pattern(t, APP_PATTERN_MAX, 0, &app, &pattern));
	apptable_close(t);
}

static void test_builder_refuses(void **state)
{
	struct apptable_builder *b = new_builder();
	char path[APPTABLE_PATTERN_MAX + 1], id[APPTABLE_ID_MAX + 1];
	uint32_t app = add(b, "a", CATEGORY_CHAT), other;

	(void)state;
	assert_int_equal(apptable_builder_app(b, "a", "x", CATEGORY_CHAT, &other), -EEXIST);
	assert_int_equal(apptable_builder_app(b, "", "x", CATEGORY_CHAT, &other), -EINVAL);
	assert_int_equal(apptable_builder_app(b, "b", "x", CATEGORY_MAX, &other), -EINVAL);
	memset(id, 'i', sizeof(id));
	id[APPTABLE_ID_MAX] = 0;
	assert_int_equal(apptable_builder_app(b, id, "x", CATEGORY_CHAT, &other), -E2BIG);
	assert_int_equal(apptable_builder_app(b, id + 1, "x", CATEGORY_CHAT, &other), 0);
	assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_EXE, "zoom"), -EINVAL);
	assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_SNAP, ""), -EINVAL);
	assert_int_equal(apptable_builder_pattern(b, 7, APP_PATTERN_SNAP, "x"), -EINVAL);
	memset(path, '/', sizeof(path));
	path[APPTABLE_PATTERN_MAX] = 0;
	assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_EXE, path), -E2BIG);
	assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_EXE, path + 1), 0);
	apptable_builder_free(b);
}

static void test_apps_limit(void **state)
{
	struct apptable_builder *b = new_builder();
	char id[16];
	uint32_t app;

	(void)state;
	for (unsigned i = 0; i < APPTABLE_APPS_MAX; i++) {
		snprintf(id, sizeof(id), "app-%u", i);
		add(b, id, CATEGORY_OTHER);
	}
	assert_int_equal(apptable_builder_app(b, "more", "x", CATEGORY_CHAT, &app), -E2BIG);
	apptable_builder_free(b);
}

static void test_patterns_limit(void **state)
{
	struct apptable_builder *b = new_builder();
	cleanup_with(buf_done) struct buf blob = {0};
	uint32_t app = add(b, "a", CATEGORY_CHAT);
	struct apptable *t;
	char path[32];

	(void)state;
	for (unsigned i = 0; i < APPTABLE_PATTERNS_MAX; i++) {
		snprintf(path, sizeof(path), "/opt/x%u", i);
		assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_EXE, path), 0);
	}
	assert_int_equal(apptable_builder_pattern(b, app, APP_PATTERN_EXE, "/x"), -E2BIG);
	assert_int_equal(apptable_builder_finish(b, &blob), 0);
	assert_int_equal(apptable_open(buf_view(&blob), &t), 0);
	assert_int_equal(apptable_match_exe(t, "/opt/x65535"), app);
	apptable_close(t);
	apptable_builder_free(b);
}

static void test_empty(void **state)
{
	struct apptable_builder *b = new_builder();
	cleanup_with(buf_done) struct buf blob = {0};
	struct apptable *t;

	(void)state;
	assert_int_equal(apptable_builder_finish(b, &blob), 0);
	assert_int_equal(apptable_open(buf_view(&blob), &t), 0);
	assert_int_equal(apptable_n(t), 0);
	assert_int_equal(apptable_match_exe(t, "/x"), APP_NONE);
	apptable_close(t);
	apptable_builder_free(b);
}

/* Every byte changed, every length: refused, or still safe to ask. */
static void test_damaged(void **state)
{
	cleanup_with(buf_done) struct buf blob = {0};
	struct apptable *t;
	unsigned refused = 0;

	(void)state;
	sample(&blob);
	for (size_t n = 0; n < blob.n; n++)
		assert_int_equal(apptable_open(view_of(blob.p, n), &t), -EBADMSG);
	for (size_t i = 0; i < blob.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			blob.p[i] ^= (uint8_t)(1U << bit);
			if (apptable_open(buf_view(&blob), &t) == 0) {
				(void)apptable_match_exe(t, "/opt/new/chat");
				(void)apptable_match_snap(t, "chat");
				(void)apptable_find(t, "chat");
				apptable_close(t);
			} else {
				refused++;
			}
			blob.p[i] ^= (uint8_t)(1U << bit);
		}
	}
	assert_true(refused > 100);
	assert_int_equal(apptable_open(view_of(blob.p + 1, blob.n - 1), &t), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_builder_refuses),
		cmocka_unit_test(test_apps_limit),
		cmocka_unit_test(test_patterns_limit),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
