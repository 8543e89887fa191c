/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy, the applications it names, a decision table, exceptions and advisories, separated by
 * lines of "%%". Whatever compiles must open and decide, with overrides as well.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "decide/policy_builder.h"
#include "policyfile/policyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/fuzz-policyfile-XXXXXX";

static void remove_dir(void)
{
	static const char *const names[] = {
		"policy.yaml", "apps.yaml", "cases.yaml", "exceptions.yaml", "advisories.yaml"};
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void put_file(const char *name, struct view v, char *ret, size_t n)
{
	int fd;

	snprintf(ret, n, "%s/%s", dir, name);
	fd = open(ret, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, v) < 0)
		abort();
	close(fd);
}

static struct view next_part(struct view *rest)
{
	static const char mark[] = "\n%%\n";
	const uint8_t *p = rest->n ? memmem(rest->p, rest->n, mark, strlen(mark)) : NULL;
	struct view part = *rest;

	if (p) {
		part.n = (size_t)(p - rest->p) + 1;
		*rest = view_sub(*rest, part.n + strlen(mark) - 1, rest->n);
	} else {
		*rest = VIEW_EMPTY;
	}
	return part;
}

static void use(struct view policy_blob, struct view apps_blob, const char *cases, struct diags *d)
{
	const struct policy_override override = {
		.until = UINT64_MAX, .id = 1, .content = 1, .uid = POLICY_USER_ANY};
	cleanup_with(buf_done) struct buf with = {0};
	struct policyfile_cases result;
	struct policy *p = NULL;
	struct apptable *t = NULL;

	if (policy_open(policy_blob, &p) != 0 || apptable_open(apps_blob, &t) != 0)
		abort();
	(void)!policyfile_test(cases, p, t, d, &result);
	for (uint32_t i = 0; i < policy_n_rules(p); i++)
		if (!policy_rule_name(p, i)[0])
			abort();
	policy_close(p);
	if (policy_blob_with_overrides(policy_blob, &override, 1, &with) != 0 ||
		policy_open(buf_view(&with), &p) != 0)
		abort();
	policy_close(p);
	apptable_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_of(data, size);
	cleanup_with(buf_done) struct buf policy = {0}, apps = {0}, posture = {0};
	struct policyfile_info info;
	struct diags *d;
	char path[64], cases[64], other[64];
	int r;

	if (dir[strlen(dir) - 1] == 'X') {
		if (!mkdtemp(dir))
			abort();
		atexit(remove_dir);
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return 0;
	put_file("policy.yaml", next_part(&rest), path, sizeof(path));
	put_file("apps.yaml", next_part(&rest), other, sizeof(other));
	put_file("cases.yaml", next_part(&rest), cases, sizeof(cases));
	put_file("exceptions.yaml", next_part(&rest), other, sizeof(other));
	put_file("advisories.yaml", next_part(&rest), other, sizeof(other));
	r = policyfile_compile_all(path, 1, d, &info, &policy, &apps, &posture);
	if (r == 0)
		use(buf_view(&policy), buf_view(&apps), cases, d);
	else if (d->errors == 0)
		abort();
	free(d);
	return 0;
}
