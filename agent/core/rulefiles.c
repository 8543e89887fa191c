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
#define COUNTERS    "rules.counters"

/* Bytes: as many packs as fit into the bundles that are taken, with names of common length. */
#define COUNTERS_MAX (1U << 20)

void rulefiles_done(struct rulefiles *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->dirs[i]);
	buf_done(&f->counters);
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

/* ---- counters: lines of "NUMBER PACK", of the newest bundle that brought the pack ---- */

/* False at the end, or where it is damaged. */
static bool next_line(struct view *lines, uint64_t *ret_counter, struct view *ret_pack)
{
	const uint8_t *end = lines->n ? memchr(lines->p, '\n', lines->n) : NULL;
	const uint8_t *space = end ? memchr(lines->p, ' ', (size_t)(end - lines->p)) : NULL;
	uint64_t n = 0;

	if (!space || space == lines->p || space - lines->p > 19)
		return false;
	for (const uint8_t *p = lines->p; p < space; p++) {
		if (*p < '0' || *p > '9')
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	*ret_counter = n;
	*ret_pack = view_of(space + 1, (size_t)(end - space) - 1);
	*lines = view_of(end + 1, lines->n - (size_t)(end - lines->p) - 1);
	return true;
}

static uint64_t counter_of(struct view lines, struct view pack)
{
	uint64_t found = 0, n;
	struct view name;

	while (next_line(&lines, &n, &name))
		if (view_eq(name, pack))
			found = MAX(found, n);
	return found;
}

/* From `*i` on the next file that is of another pack; false where none is. */
static bool next_pack(const struct bundle *b, size_t *i, struct view *ret)
{
	struct view before = *ret;

	for (; *i < b->n_files; ++*i) {
		const char *name = b->files[*i].name;

		if (b->files[*i].kind != BUNDLE_KIND_RULES)
			continue;
		*ret = view_of(name, strcspn(name, "/"));
		if (before.n == 0 || !view_eq(before, *ret))
			return true;
	}
	return false;
}

/* The highest with which one of its packs was in force. */
static uint64_t newest(const struct core *core, const struct bundle *b)
{
	cleanup_with(buf_done) struct buf known = BUF_INIT(COUNTERS_MAX);
	struct view pack = VIEW_EMPTY;
	uint64_t found = 0;

	if (keep_load(core, COUNTERS, &known) < 0)
		return 0;
	for (size_t i = 0; next_pack(b, &i, &pack);)
		found = MAX(found, counter_of(buf_view(&known), pack));
	return found;
}

static int put_counter(struct buf *to, uint64_t n, struct view pack)
{
	int r = buf_printf(to, "%" PRIu64 " ", n);

	if (r == 0)
		r = buf_put_view(to, pack);
	return r < 0 ? r : buf_put_byte(to, '\n');
}

static int remember(struct rulefiles *f, const struct bundle *b)
{
	struct view pack = VIEW_EMPTY;
	int r = 0;

	for (size_t i = 0; r == 0 && next_pack(b, &i, &pack);)
		r = put_counter(&f->counters, b->counter, pack);
	return r;
}

int rulefiles_accept(const struct core *core, const struct rulefiles *f)
{
	cleanup_with(buf_done) struct buf known = BUF_INIT(COUNTERS_MAX);
	cleanup_with(buf_done) struct buf all = BUF_INIT(COUNTERS_MAX);
	struct view lines = buf_view(&f->counters), pack;
	bool changed = false;
	uint64_t n;
	int r = keep_load(core, COUNTERS, &known);

	if (r < 0 && r != -ENOENT)
		return r;
	for (r = 0; r == 0 && next_line(&lines, &n, &pack);) {
		if (n <= MAX(counter_of(buf_view(&known), pack), counter_of(buf_view(&all), pack)))
			continue;
		changed = true;
		r = put_counter(&all, n, pack);
	}
	lines = buf_view(&known);
	while (r == 0 && changed && next_line(&lines, &n, &pack))
		if (n > counter_of(buf_view(&all), pack))
			r = put_counter(&all, n, pack);
	return r == 0 && changed ? keep_save(core, COUNTERS, &all) : r;
}

/* ---- files ---- */

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
		r = trust_check_rules(&core->config, &b, newest(core, &b), why, sizeof(why));
	if (r < 0)
		return r == -ENOMEM ? r : wrong(d, path, why);
	if (!bundle_has(&b, BUNDLE_KIND_RULES))
		return 0; /* a policy's */
	if (snprintf(dir, sizeof(dir), "%s/core/" WORK "/%zu", core->config.state_dir, f->n) >=
		(int)sizeof(dir))
		return -ENAMETOOLONG;
	/* Where nobody has to sign, anybody could say any number. */
	if (core->config.require_signatures & TRUST_RULES)
		r = remember(f, &b);
	if (r < 0)
		return r;
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
	struct rulefiles f = {.counters = BUF_INIT(COUNTERS_MAX)};
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
