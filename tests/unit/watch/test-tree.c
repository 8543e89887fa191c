/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tree.h"

struct told {
	int watches[8];
	size_t n;
};

static void on_unwatch(void *userdata, int watch)
{
	struct told *t = userdata;

	assert_true(t->n < 8);
	t->watches[t->n++] = watch;
}

static const char *path_of(const struct dir *d, const char *name)
{
	static char text[256];
	struct buf b = BUF_INIT(0);

	assert_int_equal(0, tree_path(d, name, &b));
	snprintf(text, sizeof(text), "%s", (char *)b.p);
	buf_done(&b);
	return text;
}

static void test_names_and_watches(void **state)
{
	struct tree t;
	struct dir *root, *a, *b, *again;
	struct told told = {0};

	(void)state;
	assert_int_equal(0, tree_init(&t));
	assert_int_equal(0, tree_add(&t, NULL, 3, "", &root));
	assert_int_equal(0, tree_add(&t, root, 3, "a", &a));
	assert_int_equal(0, tree_add(&t, a, 3, "b", &b));
	assert_int_equal(0, tree_add(&t, a, 3, "b", &again));
	assert_ptr_equal(b, again);
	assert_int_equal(3, t.n);
	assert_string_equal("a/b", path_of(b, NULL));
	assert_string_equal("a/b/f", path_of(b, "f"));
	assert_string_equal(".", path_of(root, NULL));
	assert_string_equal("f", path_of(root, "f"));

	tree_set_watch(&t, a, 1);
	tree_set_watch(&t, b, 2);
	assert_ptr_equal(a, tree_by_watch(&t, 1));
	/* the same directory under a new name */
	tree_set_watch(&t, root, 2);
	assert_ptr_equal(root, tree_by_watch(&t, 2));
	assert_int_equal(-1, b->watch);
	assert_int_equal(2, t.n_watched);
	tree_set_watch(&t, b, 5);

	tree_remove(&t, a, on_unwatch, &told);
	assert_int_equal(2, told.n);
	assert_int_equal(5, told.watches[0]);
	assert_int_equal(1, told.watches[1]);
	assert_null(tree_child(&t, root, "a"));
	assert_null(tree_by_watch(&t, 5));
	assert_int_equal(1, t.n);
	tree_remove(&t, root, on_unwatch, &told);
	assert_int_equal(0, t.n);
	assert_int_equal(0, t.n_watched);
	tree_done(&t);
}

static void test_depth(void **state)
{
	struct tree t;
	struct dir *root, *d;
	struct told told = {0};

	(void)state;
	assert_int_equal(0, tree_init(&t));
	assert_int_equal(0, tree_add(&t, NULL, 0, "", &root));
	d = root;
	for (unsigned i = 0; i < TREE_DEPTH_MAX; i++)
		assert_int_equal(0, tree_add(&t, d, 0, "x", &d));
	assert_int_equal(-E2BIG, tree_add(&t, d, 0, "x", &d));
	tree_remove(&t, root, on_unwatch, &told);
	assert_int_equal(0, t.n);
	tree_done(&t);
}

static void test_long_path(void **state)
{
	struct tree t;
	struct dir *root, *d;
	struct told told = {0};
	struct buf b = BUF_INIT(0);
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = 0;
	assert_int_equal(0, tree_init(&t));
	assert_int_equal(0, tree_add(&t, NULL, 0, "", &root));
	d = root;
	for (unsigned i = 0; i < TREE_PATH_MAX / 256 - 1; i++)
		assert_int_equal(0, tree_add(&t, d, 0, name, &d));
	assert_int_equal(0, tree_path(d, "short", &b));
	buf_clear(&b);
	assert_int_equal(0, tree_path(d, name, &b));
	buf_clear(&b);
	assert_int_equal(0, tree_add(&t, d, 0, name, &d));
	assert_int_equal(-E2BIG, tree_path(d, "f", &b));
	buf_done(&b);
	tree_remove(&t, root, on_unwatch, &told);
	tree_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_watches),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
