/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/rules_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "match/match.h"
#include "rulepack/rulepack.h"
#include "wire/pack.h"

#define CACHE_MAX   (64U << 20)
#define CACHE_MAGIC UINT64_C(0x31656c7572676c73)

static int cache_path(char *ret, size_t size)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	if (base && base[0] == '/')
		n = snprintf(ret, size, "%s/sealgate", base);
	else if (home && home[0] == '/')
		n = snprintf(ret, size, "%s/.cache/sealgate", home);
	else
		return -ENOENT;
	return n < 0 || (size_t)n + 32 >= size ? -ENAMETOOLONG : 0;
}

/* Only what we wrote ourselves, and nobody else can have changed. */
static bool is_own(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		(st.st_mode & 022) == 0;
}

static bool is_usable(struct view blob)
{
	struct ruleset *rules = NULL;
	bool usable = ruleset_open(blob, &rules) == 0;

	ruleset_close(rules);
	return usable;
}

static int load(const char *dir, uint64_t stamp, struct buf *ret_blob)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(CACHE_MAX);
	cleanup_with(fd_closep) int fd = -1;
	struct unpack u;
	struct view blob;
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/rules", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (!is_own(fd))
		return -EPERM;
	r = fd_read_all(fd, CACHE_MAX, &b);
	if (r < 0)
		return r;
	u = (struct unpack){buf_view(&b), 0};
	if (unpack_u64(&u) != CACHE_MAGIC || unpack_u64(&u) != stamp)
		return -ESTALE;
	blob = unpack_view(&u);
	r = unpack_end(&u);
	if (r == 0)
		r = buf_put_view(ret_blob, blob); /* a ruleset is aligned; what was read is not */
	if (r == 0 && !is_usable(buf_view(ret_blob)))
		r = -EBADMSG;
	if (r < 0)
		buf_clear(ret_blob);
	return r;
}

/* Beside and renamed, so that a reader never sees half of it. */
static int save(const char *dir, uint64_t stamp, struct view blob)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(CACHE_MAX);
	cleanup_with(fd_closep) int fd = -1;
	struct pack p = {&b, 0};
	char path[4096], part[4096];
	char *slash;
	int r;

	pack_u64(&p, CACHE_MAGIC);
	pack_u64(&p, stamp);
	pack_view(&p, blob);
	if (p.error)
		return p.error;
	snprintf(path, sizeof(path), "%s", dir);
	slash = strrchr(path, '/');
	*slash = 0;
	if ((mkdir(path, 0700) < 0 && errno != EEXIST) || (mkdir(dir, 0700) < 0 && errno != EEXIST))
		return -errno;
	snprintf(path, sizeof(path), "%s/rules", dir);
	snprintf(part, sizeof(part), "%s/rules.XXXXXX", dir);
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_view(&b));
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(part);
	return r;
}

int rules_cache_get(const char *const *dirs, size_t n_dirs, struct diags *d, struct buf *ret_blob)
{
	cleanup_with(freep) struct rulepack_info *info = calloc(1, sizeof(*info));
	uint64_t stamp = rulepack_stamp(dirs, n_dirs);
	char dir[4000];
	bool cached = cache_path(dir, sizeof(dir)) == 0;
	int r;

	if (!info)
		return -ENOMEM;
	if (cached && load(dir, stamp, ret_blob) == 0)
		return 0;
	r = rulepack_compile(dirs, n_dirs, d, info, ret_blob);
	if (r == 0 && cached)
		unchecked(save(dir, stamp, buf_view(ret_blob))); /* it costs time, nothing else */
	return r;
}
