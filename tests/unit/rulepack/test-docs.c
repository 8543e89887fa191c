/* SPDX-License-Identifier: Apache-2.0 */
/* docs/rules*.md name exactly the keys and words that the loader reads, and the codes that it
 * gives. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "model/level.h"
#include "model/place.h"
#include "model/tag.h"
#include "rulepack/keys.h"

#define WORDS_MAX 64

static char *load(const char *name)
{
	struct buf b = BUF_INIT(1U << 20);
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", getenv("SEALGATE_DOCS"), name);
	if (fd_read_path(path, 1U << 20, &b) < 0 || buf_put_byte(&b, 0) < 0)
		fail_msg("%s cannot be read", path);
	return (char *)b.p;
}

static const char *const *words_of(const char *what)
{
	if (strcmp(what, "place") == 0)
		return place_names;
	if (strcmp(what, "level") == 0)
		return level_names;
	if (strcmp(what, "tag") == 0)
		return tag_names;
	return rulepack_keys(what);
}

/* The words in the first column of the table behind "<!-- keys: WHAT -->". */
static size_t table(const char *doc, const char *what, char words[WORDS_MAX][40])
{
	char mark[64];
	const char *p;
	size_t n = 0;

	snprintf(mark, sizeof(mark), "<!-- keys: %s -->\n", what);
	p = strstr(doc, mark);
	if (!p)
		fail_msg("no table of '%s'", what);
	for (p += strlen(mark); *p == '|'; p = strchr(p, '\n') + 1)
		if (strncmp(p, "| `", 3) == 0) {
			size_t len = strcspn(p + 3, "`");

			assert_true(n < WORDS_MAX && len < sizeof(words[0]));
			memcpy(words[n], p + 3, len);
			words[n++][len] = 0;
		}
	return n;
}

static void check_table(const char *name, const char *doc, const char *what)
{
	static char words[WORDS_MAX][40];
	const char *const *known = words_of(what);
	size_t n = table(doc, what, words), n_known = 0;

	assert_non_null(known);
	for (; known[n_known]; n_known++) {
		size_t i = 0;

		while (i < n && strcmp(words[i], known[n_known]) != 0)
			i++;
		if (i == n)
			fail_msg("%s does not explain '%s' of '%s'", name, known[n_known], what);
	}
	if (n != n_known)
		fail_msg("%s explains %zu of '%s', there are %zu", name, n, what, n_known);
}

static void test_keys(void **state)
{
	static const char *const docs[] = {"rules.md", "rules.vi.md"};
	static const char *const whats[] = {"pack", "mark", "form", "context", "rule", "switch",
		"condition", "label", "stamp", "samples", "sample", "block", "as", "case", "place",
		"flag", "level", "tag"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(docs); i++) {
		char *doc = load(docs[i]);

		for (size_t k = 0; k < ARRAY_SIZE(whats); k++)
			check_table(docs[i], doc, whats[k]);
		free(doc);
	}
}

static void test_codes(void **state)
{
	static const char *const codes[] = {"R001", "R002", "R003", "R004", "R005", "R006", "R007",
		"R008", "R009", "R010", "R011", "R012", "R013", "R014", "R016"};
	char *doc = load("diagnostics.md"), row[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		snprintf(row, sizeof(row), "| %s |", codes[i]);
		if (!strstr(doc, row))
			fail_msg("%s is not in docs/diagnostics.md", codes[i]);
	}
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
