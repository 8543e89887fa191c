/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "policydiff/diff.h"

struct keys {
	struct sign_public v[TRUST_KEYS_MAX];
	size_t n;
};

/* A file that is no key is not trusted; there is nothing else to do about it here. */
static void add_key(struct keys *k, const char *path)
{
	if (k->n < TRUST_KEYS_MAX && sign_public_read(path, &k->v[k->n]) == SIGN_FILE_OK)
		k->n++;
}

static int is_key(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && e->d_name[0] != '.' && strcmp(e->d_name + n - 4, ".pub") == 0;
}

static void add_folder(struct keys *k, const char *path)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_key, alphasort);

	for (int i = 0; i < n; i++) {
		char file[PATH_MAX];

		if (snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name) <
			(int)sizeof(file))
			add_key(k, file);
		free(entries[i]);
	}
	if (n >= 0)
		free((void *)entries);
}

static void load_keys(const struct config *c, struct keys *ret)
{
	struct stat st;

	ret->n = 0;
	for (uint32_t i = 0; i < c->trusted_keys.n; i++) {
		const char *path = c->trusted_keys.v[i];

		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			add_folder(ret, path);
		else
			add_key(ret, path);
	}
}

/* How many trusted keys have signed; -EBADMSG for a forgery. */
static int count(const struct config *c, const struct bundle *b, size_t *ret_n, char *ret_by,
	size_t by_size, char *ret_why, size_t why_size)
{
	cleanup_with(freep) struct keys *keys = calloc(1, sizeof(*keys));
	int r;

	if (!keys)
		return -ENOMEM;
	load_keys(c, keys);
	r = bundle_signers(b, keys->v, keys->n, ret_n, ret_by, by_size);
	if (r == -EBADMSG)
		snprintf(ret_why, why_size, "a signature of a trusted key is forged");
	return r;
}

static int check_host(const struct bundle *b, char *ret_why, size_t why_size)
{
	char host[256] = "";

	(void)gethostname(host, sizeof(host) - 1);
	if (bundle_is_for(b, host))
		return 0;
	snprintf(ret_why, why_size, "it is for other hosts (%s, ...) and not for %s", b->hosts[0],
		host);
	return -EBADMSG;
}

static int check(const struct bundle *b, bool required, size_t n, bool may_be_older,
	uint64_t newest, char *ret_why, size_t why_size)
{
	if (required && n == 0) {
		if (b->n_signatures > 0)
			snprintf(ret_why, why_size, "no trusted key has signed it (%zu signatures)",
				b->n_signatures);
		else
			snprintf(
				ret_why, why_size, "it is not signed, and a signature is required");
		return -EBADMSG;
	}
	if (n > 0 && !may_be_older && b->counter < newest) {
		snprintf(ret_why, why_size,
			"it is older (counter %ju) than what was in force (counter %ju)",
			(uintmax_t)b->counter, (uintmax_t)newest);
		return -EBADMSG;
	}
	return 0;
}

int trust_check_rules(const struct config *c, const struct bundle *b, uint64_t newest,
	char *ret_why, size_t why_size)
{
	bool required = c->require_signatures & TRUST_RULES;
	char by[VERSIONS_BY_MAX];
	size_t n;
	int r = count(c, b, &n, by, sizeof(by), ret_why, why_size);

	if (r == 0)
		r = check_host(b, ret_why, why_size);
	return r < 0 ? r : check(b, required, n, false, newest, ret_why, why_size);
}

int trust_check_courier(const struct config *c, const struct bundle *b, uint64_t newest,
	char *ret_why, size_t why_size)
{
	char by[VERSIONS_BY_MAX];
	size_t n;
	int r = count(c, b, &n, by, sizeof(by), ret_why, why_size);

	if (r == 0)
		r = check(b, true, n, false, newest, ret_why, why_size);
	if (r < 0 || b->counter > newest)
		return r;
	snprintf(ret_why, why_size, "it was taken before (counter %ju): a replay",
		(uintmax_t)b->counter);
	return -EBADMSG;
}

/* Whether it protects a state-secret level less than what is in force. */
static int is_weaker(const struct policy *old, const struct apptable *old_apps,
	const struct policy *fresh, const struct apptable *fresh_apps, bool *ret)
{
	struct policydiff_side before = {old, old_apps}, after = {fresh, fresh_apps};
	struct policydiff *d;
	int r = policydiff_new(&before, &after, clock_realtime(), &d);

	if (r < 0)
		return r;
	*ret = policydiff_is_weaker(d);
	policydiff_free(d);
	return 0;
}

int trust_check_policy(const struct config *c, const struct bundle *b, enum version_how how,
	uint64_t newest, const struct policy *old, const struct apptable *old_apps,
	const struct policy *fresh, const struct apptable *fresh_apps, char *ret_by, size_t by_size,
	char *ret_why, size_t why_size)
{
	/* The package's own is as trustworthy as this program. */
	bool required = c->require_signatures & (TRUST_POLICY | TRUST_ADVISORIES) &&
		how != VERSION_HOW_SHIPPED;
	bool weaker = false;
	size_t n = 0;
	int r = count(c, b, &n, ret_by, by_size, ret_why, why_size);

	if (r == 0)
		r = check_host(b, ret_why, why_size);
	/* Going back on purpose is what a rollback is. */
	if (r == 0)
		r = check(b, required, n, how == VERSION_HOW_ROLLBACK, newest, ret_why, why_size);
	if (r < 0 || !c->two_signatures || n >= 2 || !old || how == VERSION_HOW_SHIPPED)
		return r;
	r = is_weaker(old, old_apps, fresh, fresh_apps, &weaker);
	if (r < 0 || !weaker)
		return r;
	snprintf(ret_why, why_size,
		"it protects state secrets less than the policy in force, and two trusted keys "
		"must have signed such a change (%zu has)",
		n);
	return -EBADMSG;
}
