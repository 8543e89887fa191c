/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped packs: they compile without a word, and every sample of theirs comes out as written.
 */
#include "../unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rulepack/rulepack.h"

#define POSITIVE_MIN 25
#define NEGATIVE_MIN 40

static const char *rules(void)
{
	const char *dir = getenv("SEALGATE_RULES");

	assert_non_null(dir);
	return dir;
}

static void print_diags(const struct diags *d)
{
	char line[1200];

	for (size_t i = 0; i < d->n; i++) {
		diag_format(&d->v[i], line, sizeof(line));
		print_message("# %s\n", line);
	}
}

static void test_compile(void **state)
{
	static struct diags d;
	static struct rulepack_info info;
	struct buf blob = {0};
	const char *dirs[] = {rules()};

	(void)state;
	assert_int_equal(rulepack_compile(dirs, 1, &d, &info, &blob), 0);
	print_diags(&d);
	assert_int_equal(d.n, 0);
	assert_true(info.n_packs >= 4);
	assert_true(blob.n > 1000);
	buf_done(&blob);
}

struct counts {
	char pack[RULEPACK_NAME_MAX];
	unsigned positive, negative;
};

struct tally {
	struct counts packs[RULEPACK_PACKS_MAX];
	size_t n, failed;
};

/* A label and a marking that disagree are two pieces of evidence. */
static void check_conflict(const struct rulepack_result *r)
{
	bool label = false, marking = false;

	for (uint32_t i = 0; i < r->facts->n_evidence; i++) {
		bool is_label = r->facts->evidence[i].place == PLACE_PROPERTY;

		label |= is_label;
		marking |= !is_label;
	}
	assert_true(label && marking);
}

static int on_result(void *userdata, const struct rulepack_result *r)
{
	struct tally *t = userdata;
	size_t i = 0;

	while (i < t->n && strcmp(t->packs[i].pack, r->pack) != 0)
		i++;
	if (i == t->n)
		snprintf(t->packs[t->n++].pack, sizeof(t->packs[0].pack), "%s", r->pack);
	if (r->want != LEVEL_NONE || r->want_tags)
		t->packs[i].positive++;
	else
		t->packs[i].negative++;
	if (r->got_tags & TAG_BIT(TAG_LABEL_CONFLICT))
		check_conflict(r);
	if (!r->ok) {
		t->failed++;
		print_message("# %s:%u: expected %s, found %s\n", r->file, r->line,
			level_name(r->want), level_name(r->got));
	}
	return 0;
}

static void test_samples(void **state)
{
	static struct diags d;
	static struct tally t;
	const char *dirs[] = {rules()};
	size_t run = 0, failed = 0;

	(void)state;
	assert_int_equal(rulepack_test(dirs, 1, &d, on_result, &t, &run, &failed), 0);
	print_diags(&d);
	assert_int_equal(failed, 0);
	assert_int_equal(t.failed, 0);
	for (size_t i = 0; i < t.n; i++) {
		print_message("# %s: %u must match, %u must not\n", t.packs[i].pack,
			t.packs[i].positive, t.packs[i].negative);
		assert_true(t.packs[i].positive >= POSITIVE_MIN);
		assert_true(t.packs[i].negative >= NEGATIVE_MIN);
	}
}

/* A pack beside the shipped ones: a table of labels. */
static void test_labels(void **state)
{
	static struct diags d;
	const char *dirs[] = {rules(), getenv("SEALGATE_TEST_PACKS")};
	static struct tally t;
	size_t run = 0, failed = 0;

	(void)state;
	assert_non_null(dirs[1]);
	assert_int_equal(rulepack_test(dirs, 2, &d, on_result, &t, &run, &failed), 0);
	print_diags(&d);
	assert_int_equal(failed, 0);
	assert_string_equal(t.packs[t.n - 1].pack, "own-labels");
	assert_int_equal(t.packs[t.n - 1].positive, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
