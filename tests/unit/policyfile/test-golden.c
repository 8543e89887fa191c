/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file of tests/golden/policy/ begins with what the compiler must say about it, word by word:
 * "# expect: LINE:COL: CODE: text (hint)", in order, and nothing else. A file without such lines
 * must compile. Those of tests/golden/host/ are checked for a host: "# lacks: PART: why" and "#
 * place: FOLDER" say what is known of it; applications are looked for on this one.
 */
#include "../unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "policyfile/policyfile.h"

#define EXPECT     "# expect: "
#define LACKS      "# lacks: "
#define PLACE      "# place: "
#define PLACES_MAX 8
#define GOLDEN_MIN 100U /* broken policies; fewer means that the folder was not found */

static void shown(const struct diag *d, const char *policy, char *ret, size_t size)
{
	char line[1024];
	const char *name = strrchr(d->file, '/');
	const char *text;

	name = name ? name + 1 : d->file;
	diag_format(d, line, sizeof(line));
	text = line + strlen(d->file) + 1;
	if (strcmp(name, policy) == 0)
		snprintf(ret, size, "%s", text);
	else
		snprintf(ret, size, "%s:%s", name, text);
}

static unsigned compare(const char *name, char *expected, const struct diags *d)
{
	unsigned n_errors = 0;
	size_t i = 0;

	for (char *line = expected; line && strncmp(line, EXPECT, strlen(EXPECT)) == 0;) {
		char *end = strchr(line, '\n');
		char got[1400];

		if (end)
			*end = 0;
		line += strlen(EXPECT);
		if (i >= d->n)
			fail_msg("%s: missing: %s", name, line);
		shown(&d->v[i++], name, got, sizeof(got));
		if (strcmp(line, got) != 0)
			fail_msg("%s:\nexpected %s\ngot      %s", name, line, got);
		n_errors += !d->v[i - 1].warning;
		line = end ? end + 1 : NULL;
	}
	if (i < d->n) {
		char got[1400];

		shown(&d->v[i], name, got, sizeof(got));
		fail_msg("%s: unexpected: %s", name, got);
	}
	return n_errors;
}

/* Reads and passes the lines about the host, which are cut at their ends. */
static char *read_host(char *line, const char *places[PLACES_MAX], struct policyfile_host *ret)
{
	static const char *const parts[POLICYFILE_PART_MAX] = {
		"gate: ", "stamps: ", "crawl: ", "evidence: "};

	*ret = (struct policyfile_host){.places = places};
	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		bool place = strncmp(line, PLACE, strlen(PLACE)) == 0;

		if (!place && strncmp(line, LACKS, strlen(LACKS)) != 0)
			break;
		*end = 0;
		if (place && ret->n_places < PLACES_MAX)
			places[ret->n_places++] = line + strlen(PLACE);
		for (size_t i = 0; !place && i < POLICYFILE_PART_MAX; i++)
			if (strncmp(line + strlen(LACKS), parts[i], strlen(parts[i])) == 0)
				ret->lacks[i] = line + strlen(LACKS) + strlen(parts[i]);
	}
	return line;
}

/* The number of errors. */
static unsigned check_file(const char *name, bool host)
{
	const char *places[PLACES_MAX];
	struct policyfile_host here;
	cleanup_with(buf_done) struct buf text = {0}, policy = {0}, apps = {0};
	struct diags *d = calloc(1, sizeof(*d));
	struct policyfile_info info;
	char *start;
	unsigned errors;
	int r;

	assert_non_null(d);
	assert_int_equal(fd_read_path(name, 1U << 20, &text), 0);
	assert_int_equal(buf_terminate(&text), 0);
	start = strchr((char *)text.p, '\n') + 1; /* after the SPDX line */
	if (host)
		start = read_host(start, places, &here);
	r = host ? policyfile_check(name, &here, d, &info, &policy, &apps)
		 : policyfile_compile(name, 7, d, &info, &policy, &apps);
	errors = compare(name, start, d);
	if (r != (errors ? -EBADMSG : 0))
		fail_msg("%s: %d", name, r);
	assert_int_equal(policy.n > 0 && apps.n > 0, errors == 0);
	free(d);
	return errors;
}

static void check_folder(const char *path, bool host, unsigned *n_broken, unsigned *n_good)
{
	const struct dirent *e;
	DIR *dir = opendir(path);

	assert_non_null(dir);
	/* Messages name files as they were given. */
	assert_int_equal(chdir(path), 0);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.' && strstr(e->d_name, ".yaml") &&
			!(host && strcmp(e->d_name, "apps.yaml") == 0)) {
			if (check_file(e->d_name, host) > 0)
				++*n_broken;
			else
				++*n_good;
		}
	closedir(dir);
}

static void test_golden(void **state)
{
	unsigned n_broken = 0, n_good = 0;

	(void)state;
	check_folder(GOLDEN_DIR "/policy", false, &n_broken, &n_good);
	assert_true(n_broken >= GOLDEN_MIN);
	assert_true(n_good >= 1);
}

static void test_host(void **state)
{
	unsigned n_broken = 0, n_good = 0;

	(void)state;
	check_folder(GOLDEN_DIR "/host", true, &n_broken, &n_good);
	assert_true(n_good >= 9);
	assert_int_equal(n_broken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
