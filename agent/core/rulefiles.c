/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rulefiles.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/hash.h"
#include "bundle/bundle.h"
#include "core/keep.h"
#include "core/trust.h"
#include "rulepack/rulepack.h"

#define CODE_SIGNED "T001" /* not signed, forged, older, or not whole */
#define WORK        "rules-work"
#define COUNTER     "rules.counter"

void rulefiles_done(struct rulefiles *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->dirs[i]);
	*f = (struct rulefiles){0};
}

static bool is_shipped(const char *dir)
{
	return strncmp(dir, SEALGATE_DATADIR "/", strlen(SEALGATE_DATADIR) + 1) == 0;
}

static int is_bundle_name(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 7 && strcmp(e->d_name + n - 7, ".bundle") == 0;
}

static uint64_t counter(const struct core *core)
{
	struct buf b = {0};
	uint64_t v = 0;

	if (keep_load(core, COUNTER, &b) == 0 && buf_terminate(&b) == 0)
		v = strtoull((const char *)b.p, NULL, 10);
	buf_done(&b);
	return v;
}

int rulefiles_accept(const struct core *core, const struct rulefiles *f)
{
	struct buf b = {0};
	int r;

	if (f->newest <= counter(core))
		return 0;
	r = buf_printf(&b, "%" PRIu64 "\n", f->newest);
	if (r == 0)
		r = keep_save(core, COUNTER, &b);
	buf_done(&b);
	return r;
}

static int add_dir(struct rulefiles *f, const char *dir)
{
	if (f->n == ARRAY_SIZE(f->dirs))
		return -E2BIG;
	f->dirs[f->n] = strdup(dir);
	if (!f->dirs[f->n])
		return -ENOMEM;
	f->n++;
	return 0;
}

static int wrong(struct diags *d, const char *path, const char *why)
{
	(void)diags_error(d, CODE_SIGNED, path, 0, 0, "%s", why);
	return -EBADMSG;
}

static int add_bundle(
	const struct core *core, struct diags *d, const char *path, struct rulefiles *f)
{
	struct buf bytes = BUF_INIT(BUNDLE_BYTES_MAX + BUNDLE_MANIFEST_MAX);
	cleanup_with(bundle_done) struct bundle b = {0};
	char why[300], dir[PATH_MAX];
	int r = fd_read_path(path, bytes.max, &bytes);

	if (r < 0)
		snprintf(why, sizeof(why), "cannot be read: %s", strerror(-r));
	else
		r = bundle_parse(buf_view(&bytes), &b, why, sizeof(why));
	buf_done(&bytes);
	if (r == 0)
		r = trust_check_rules(&core->config, &b, counter(core), why, sizeof(why));
	if (r < 0)
		return r == -ENOMEM ? r : wrong(d, path, why);
	if (!bundle_has(&b, BUNDLE_KIND_RULES))
		return 0; /* a policy's */
	if (snprintf(dir, sizeof(dir), "%s/core/" WORK "/%zu", core->config.state_dir, f->n) >=
		(int)sizeof(dir))
		return -ENAMETOOLONG;
	f->newest = MAX(f->newest, b.counter);
	r = mkdir(dir, 0700) < 0 ? -errno : bundle_extract(&b, BUNDLE_KIND_RULES, dir);
	return r < 0 ? r : add_dir(f, dir);
}

static int add_bundles(
	const struct core *core, struct diags *d, const char *dir, struct rulefiles *f)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_bundle_name, alphasort), r = 0;

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (r == 0 &&
			snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) <
				(int)sizeof(path))
			r = add_bundle(core, d, path, f);
		free(entries[i]);
	}
	if (n >= 0)
		free((void *)entries);
	return r;
}

/* Packs that lie there without a signature. */
static bool has_loose(const char *dir)
{
	DIR *open = opendir(dir);
	const struct dirent *e;
	bool found = false;

	while (open && !found && (e = readdir(open)))
		found = e->d_name[0] != '.' && !is_bundle_name(e);
	if (open)
		closedir(open);
	return found;
}

int rulefiles_find(const struct core *core, struct diags *d, struct rulefiles *ret)
{
	bool required = core->config.require_signatures & TRUST_RULES;
	struct rulefiles f = {0};
	char work[PATH_MAX];
	int r = 0;

	if (snprintf(work, sizeof(work), "%s/core/" WORK, core->config.state_dir) >=
		(int)sizeof(work))
		return -ENAMETOOLONG;
	r = bundle_remove(work);
	if (r == 0 && mkdir(work, 0700) < 0)
		r = -errno;
	for (uint32_t i = 0; r == 0 && i < core->config.rules.n; i++) {
		const char *dir = core->config.rules.v[i];

		if (required && !is_shipped(dir) && has_loose(dir))
			r = wrong(d, dir, "there are rules without a signature, which is required");
		if (r == 0 && !(required && !is_shipped(dir)))
			r = add_dir(&f, dir);
		if (r == 0)
			r = add_bundles(core, d, dir, &f);
	}
	if (r < 0) {
		rulefiles_done(&f);
		return r;
	}
	*ret = f;
	return 0;
}

uint64_t rulefiles_stamp(const struct core *core)
{
	const struct config_paths *rules = &core->config.rules;
	uint64_t stamp = rulepack_stamp((const char *const *)rules->v, rules->n);

	for (uint32_t i = 0; i < rules->n; i++) {
		struct dirent **entries = NULL;
		int n = scandir(rules->v[i], &entries, is_bundle_name, alphasort);

		for (int k = 0; k < n; k++) {
			char path[PATH_MAX];
			struct stat st = {0};

			if (snprintf(path, sizeof(path), "%s/%s", rules->v[i], entries[k]->d_name) <
					(int)sizeof(path) &&
				stat(path, &st) == 0) {
				const uint64_t seen[] = {(uint64_t)st.st_ino, (uint64_t)st.st_size,
					(uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec};

				stamp = hash_bytes(
					(struct hash_key){stamp, 1}, view_of(seen, sizeof(seen)));
			}
			free(entries[k]);
		}
		if (n >= 0)
			free((void *)entries);
	}
	return stamp;
}
