/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: what goes in comes out; what was changed anywhere, cut or added to is refused. */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"

static char why[200];

static void fill(struct bundle *b)
{
	*b = (struct bundle){.counter = 7, .created = "2026-11-23T08:00:00Z"};
	/* in any order */
	assert_int_equal(bundle_add(b, BUNDLE_KIND_RULES, "vn/pack.yaml", VIEW_LIT("rules")), 0);
	assert_int_equal(bundle_add(b, BUNDLE_KIND_POLICY, BUNDLE_POLICY, VIEW_LIT("a: 1\n")), 0);
	assert_int_equal(bundle_add(b, BUNDLE_KIND_POLICY, "apps/z.yaml", VIEW_EMPTY), 0);
	assert_int_equal(
		bundle_add(b, BUNDLE_KIND_POLICY, "/usr/share/a.yaml", VIEW_LIT("apps: []\n")), 0);
}

static void there_and_back(void **state)
{
	cleanup_with(bundle_done) struct bundle a = {0}, b = {0};
	cleanup_with(buf_done) struct buf once = {0}, twice = {0};
	uint8_t x[SHA256_SIZE], y[SHA256_SIZE];
	const struct bundle_file *f;

	(void)state;
	fill(&a);
	assert_int_equal(bundle_write(&a, &once), 0);
	assert_true(bundle_is(buf_view(&once)));
	assert_int_equal(bundle_parse(buf_view(&once), &b, why, sizeof(why)), 0);
	assert_int_equal(bundle_write(&b, &twice), 0);
	assert_true(view_eq(buf_view(&once), buf_view(&twice)));
	assert_int_equal(b.counter, 7);
	assert_int_equal(b.n_files, 4);
	f = bundle_find(&b, BUNDLE_KIND_POLICY, "/usr/share/a.yaml");
	assert_non_null(f);
	assert_true(view_eq(view_of(f->content, f->n), VIEW_LIT("apps: []\n")));
	assert_null(bundle_find(&b, BUNDLE_KIND_RULES, BUNDLE_POLICY));
	assert_true(bundle_has(&b, BUNDLE_KIND_RULES));
	/* the policy's digest is of the policy alone */
	assert_int_equal(bundle_digest(&a, BUNDLE_KIND_POLICY, x), 0);
	b.counter = 8;
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_RULES, "vn/more.yaml", VIEW_LIT("x")), 0);
	assert_int_equal(bundle_digest(&b, BUNDLE_KIND_POLICY, y), 0);
	assert_memory_equal(x, y, sizeof(x));
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, "apps/y.yaml", VIEW_EMPTY), 0);
	assert_int_equal(bundle_digest(&b, BUNDLE_KIND_POLICY, y), 0);
	assert_memory_not_equal(x, y, sizeof(x));
}

static void names_that_lead_elsewhere(void **state)
{
	static const char *const bad[] = {"", "/", "..", "../x", "a/../x", "a//b", "a/", "./a",
		"/..", "/a/./b", "a\nb", "\x7f"};
	cleanup_with(bundle_done) struct bundle b = {0};
	char name[BUNDLE_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, bad[i], VIEW_EMPTY), -EINVAL);
	/* only a policy names files of the system */
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_RULES, "/a", VIEW_EMPTY), -EINVAL);
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 200 == 199 ? '/' : 'n';
	name[BUNDLE_NAME_MAX + 1] = 0;
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, name, VIEW_EMPTY), -EINVAL);
	name[BUNDLE_NAME_MAX] = 0;
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, name, VIEW_EMPTY), 0);
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, name, VIEW_EMPTY), -EEXIST);
	memset(name, 'n', 256);
	name[256] = 0;
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, name, VIEW_EMPTY), -EINVAL);
}

static void only_for_these_hosts(void **state)
{
	cleanup_with(bundle_done) struct bundle a = {0}, b = {0};
	cleanup_with(buf_done) struct buf text = {0};
	char name[BUNDLE_HOST_MAX + 2];

	(void)state;
	fill(&a);
	assert_true(bundle_is_for(&a, "any"));
	assert_int_equal(bundle_add_host(&a, "may-tram.xa.vn"), 0);
	assert_int_equal(bundle_add_host(&a, "May-Tram.xa.vn"), -EEXIST);
	assert_int_equal(bundle_add_host(&a, ""), -EINVAL);
	assert_int_equal(bundle_add_host(&a, ".."), -EINVAL);
	assert_int_equal(bundle_add_host(&a, "a/b"), -EINVAL);
	assert_int_equal(bundle_add_host(&a, "a\nend"), -EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_int_equal(bundle_add_host(&a, name), -EINVAL);
	assert_int_equal(bundle_add_host(&a, name + 1), 0);
	assert_int_equal(bundle_write(&a, &text), 0);
	assert_int_equal(bundle_parse(buf_view(&text), &b, why, sizeof(why)), 0);
	assert_int_equal(b.n_hosts, 2);
	assert_true(bundle_is_for(&b, "MAY-TRAM.xa.vn"));
	assert_false(bundle_is_for(&b, "may-tram"));
	for (unsigned i = 2; i < BUNDLE_HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "h%u", i);
		assert_int_equal(bundle_add_host(&b, name), 0);
	}
	assert_int_equal(bundle_add_host(&b, "more"), -E2BIG);
}

/* Each byte of it changed, cut off behind each, and one more: never the same bundle. */
static void every_byte_counts(void **state)
{
	cleanup_with(bundle_done) struct bundle a = {0};
	cleanup_with(buf_done) struct buf good = {0}, again = {0};
	struct sign_secret key;

	(void)state;
	fill(&a);
	assert_int_equal(bundle_add_host(&a, "may-tram"), 0);
	assert_int_equal(sign_generate(&key), 0);
	assert_int_equal(bundle_sign(&a, &key), 0);
	assert_int_equal(bundle_write(&a, &good), 0);
	for (size_t i = 0; i < good.n; i++) {
		struct bundle b = {0};
		char by[64];
		size_t n = 1;

		assert_int_equal(bundle_parse(view_of(good.p, i), &b, why, sizeof(why)), -EBADMSG);
		good.p[i] ^= 1;
		if (bundle_parse(buf_view(&good), &b, why, sizeof(why)) == 0) {
			/* a manifest that still reads is not the one that was signed */
			int r = bundle_signers(&b, &key.public, 1, &n, by, sizeof(by));

			assert_true(r == -EBADMSG || (r == 0 && n == 0));
			bundle_done(&b);
		}
		good.p[i] ^= 1;
	}
	assert_int_equal(buf_put_view(&again, buf_view(&good)), 0);
	assert_int_equal(buf_put_byte(&again, '\n'), 0);
	assert_int_equal(bundle_parse(buf_view(&again), &a, why, sizeof(why)), -EBADMSG);
	assert_non_null(strstr(why, "1 bytes are left over"));
}

static void who_signed(void **state)
{
	cleanup_with(bundle_done) struct bundle a = {0}, b = {0};
	cleanup_with(buf_done) struct buf text = {0};
	struct sign_secret keys[3];
	struct sign_public trusted[4];
	char by[64];
	size_t n;

	(void)state;
	fill(&a);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sign_generate(&keys[i]), 0);
		trusted[i] = keys[i].public;
	}
	trusted[3] = trusted[0]; /* given twice, counts once */
	assert_int_equal(bundle_signers(&a, trusted, 4, &n, by, sizeof(by)), 0);
	assert_int_equal(n, 0);
	assert_int_equal(bundle_sign(&a, &keys[0]), 0);
	assert_int_equal(bundle_sign(&a, &keys[0]), -EEXIST);
	assert_int_equal(bundle_sign(&a, &keys[2]), 0);
	assert_int_equal(bundle_write(&a, &text), 0);
	assert_int_equal(bundle_parse(buf_view(&text), &b, why, sizeof(why)), 0);
	assert_int_equal(bundle_signers(&b, trusted, 4, &n, by, sizeof(by)), 0);
	assert_int_equal(n, 2);
	assert_non_null(strstr(by, keys[0].public.id));
	assert_non_null(strstr(by, keys[2].public.id));
	assert_int_equal(bundle_signers(&b, &trusted[1], 1, &n, by, sizeof(by)), 0);
	assert_int_equal(n, 0);
	/* one bit of one signature: forged, whoever else has signed */
	b.signatures[1].bytes[5] ^= 4;
	assert_int_equal(bundle_signers(&b, trusted, 4, &n, by, sizeof(by)), -EBADMSG);
}

static void bounds(void **state)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	cleanup_with(freep) uint8_t *large = calloc(1, BUNDLE_BYTES_MAX + 1);
	char name[32];

	(void)state;
	assert_non_null(large);
	assert_int_equal(
		bundle_add(&b, BUNDLE_KIND_POLICY, "x", view_of(large, BUNDLE_BYTES_MAX + 1)),
		-E2BIG);
	for (unsigned i = 0; i < BUNDLE_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, name, VIEW_EMPTY), 0);
	}
	assert_int_equal(bundle_add(&b, BUNDLE_KIND_POLICY, "x", VIEW_EMPTY), -E2BIG);
	for (unsigned i = 0; i < BUNDLE_SIGNATURES_MAX; i++) {
		struct sign_secret key;

		assert_int_equal(sign_generate(&key), 0);
		assert_int_equal(bundle_sign(&b, &key), 0);
		if (i == BUNDLE_SIGNATURES_MAX - 1) {
			assert_int_equal(sign_generate(&key), 0);
			assert_int_equal(bundle_sign(&b, &key), -E2BIG);
		}
	}
}

static void on_the_disk(void **state)
{
	cleanup_with(bundle_done) struct bundle b = {0};
	cleanup_with(buf_done) struct buf text = {0};
	char dir[] = "/tmp/test-bundle-XXXXXX", path[128];

	(void)state;
	fill(&b);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(bundle_extract(&b, BUNDLE_KIND_POLICY, dir), 0);
	snprintf(path, sizeof(path), "%s/@root/usr/share/a.yaml", dir);
	assert_int_equal(fd_read_path(path, 100, &text), 0);
	assert_true(view_eq(buf_view(&text), VIEW_LIT("apps: []\n")));
	snprintf(path, sizeof(path), "%s/apps/z.yaml", dir);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/vn", dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(bundle_extract(&b, BUNDLE_KIND_POLICY, dir), -EEXIST);
	assert_int_equal(bundle_remove(dir), 0);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(bundle_remove(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(names_that_lead_elsewhere),
		cmocka_unit_test(only_for_these_hosts),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(who_signed),
		cmocka_unit_test(bounds),
		cmocka_unit_test(on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
