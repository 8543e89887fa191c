/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Old versions go: the log is written anew without them, beside the old one, and takes its place;
 * then their bundles are removed. A crash leaves the one log or the other, and bundles that no
 * version has, which the next start removes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/versions_internal.h"

#define SUFFIX ".bundle"

static bool is_needed(const struct versions *v, const struct version *n)
{
	const struct version *now = versions_current(v), *before = versions_before(v);

	return n->number == v->current || (now && n->number == now->from) ||
		(before && (n->number == before->number || n->number == before->from));
}

/* Marks what stays: the newest, and what is needed. */
static size_t choose(const struct versions *v, size_t keep, bool *stays)
{
	size_t n = 0, drop = v->n > keep ? v->n - keep : 0;

	for (size_t i = 0; i < v->n; i++) {
		stays[i] = drop == 0 || is_needed(v, &v->v[i]);
		drop -= !stays[i];
		n += stays[i];
	}
	return v->n - n;
}

/* In the order in which they came into force, the current one last. */
static int compare_force(const void *a, const void *b)
{
	const struct version *x = *(const struct version *const *)a;
	const struct version *y = *(const struct version *const *)b;

	return x->in_force < y->in_force    ? -1
		: x->in_force > y->in_force ? 1
					    : (x->number > y->number) - (x->number < y->number);
}

static int put_log(const struct versions *v, const bool *stays, struct buf *b)
{
	cleanup_with(freep) const struct version **order = calloc(v->n + 1, sizeof(*order));
	const struct version *now = versions_current(v);
	size_t n = 0;
	int r = order ? buf_printf(b, "base %" PRIu32 " %" PRIu64 "\n", v->last, v->counter)
		      : -ENOMEM;

	for (size_t i = 0; r == 0 && i < v->n; i++) {
		if (!stays[i])
			continue;
		r = versions_put(&v->v[i], b);
		if (v->v[i].in_force && &v->v[i] != now)
			order[n++] = &v->v[i];
	}
	if (r == 0)
		qsort((void *)order, n, sizeof(*order), compare_force);
	if (r == 0 && now)
		order[n++] = now;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = versions_put_current(order[i]->number, order[i]->in_force, b);
	if (r == 0 && v->has_seen)
		r = versions_put_seen(v->seen, b);
	return r;
}

/* The new log's descriptor in place of the old one's. */
static int replace_log(struct versions *v, const struct buf *text)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[PATH_MAX], part[PATH_MAX];
	int r = 0;

	if (snprintf(path, sizeof(path), "%s/log", v->dir) >= (int)sizeof(path) ||
		snprintf(part, sizeof(part), "%s/log.part", v->dir) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	if (unlink(part) < 0 && errno != ENOENT)
		return -errno;
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_view(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(part);
		return r;
	}
	fd_close(v->log);
	v->log = fd_steal(&fd);
	v->size = (off_t)text->n;
	return fd_sync_dir(v->dir);
}

static void forget(struct versions *v, const bool *stays)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (stays[i])
			v->v[n++] = v->v[i];
		else
			free(v->v[i].reason);
	v->n = n;
}

static bool has_bundle(const struct versions *v, const char *name)
{
	char hex[2 * SHA256_SIZE + 1];

	for (size_t i = 0; i < v->n; i++) {
		for (size_t k = 0; k < SHA256_SIZE; k++)
			snprintf(hex + 2 * k, 3, "%02x", v->v[i].bundle[k]);
		if (strncmp(name, hex, 2 * SHA256_SIZE) == 0)
			return true;
	}
	return false;
}

void versions_sweep(const struct versions *v)
{
	DIR *d = opendir(v->dir);
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name);

		/* Also DIGEST.bundle.part, which a crash left. */
		if (n >= 2 * SHA256_SIZE + strlen(SUFFIX) &&
			strncmp(e->d_name + 2 * SHA256_SIZE, SUFFIX, strlen(SUFFIX)) == 0 &&
			(n > 2 * SHA256_SIZE + strlen(SUFFIX) || !has_bundle(v, e->d_name)))
			(void)unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

int versions_prune(struct versions *v, size_t keep, struct versions_pruned *ret)
{
	cleanup_with(buf_done) struct buf text = {0};
	cleanup_with(freep) bool *stays = NULL;
	struct versions_pruned p = {0};
	int r;

	*ret = p;
	if (keep == 0 || v->n <= keep)
		return 0;
	stays = calloc(v->n, sizeof(*stays));
	if (!stays)
		return -ENOMEM;
	p.n = choose(v, keep, stays);
	if (p.n == 0)
		return 0;
	for (size_t i = 0; i < v->n; i++)
		if (!stays[i]) {
			p.first = p.first ? p.first : v->v[i].number;
			p.last = v->v[i].number;
		}
	r = put_log(v, stays, &text);
	if (r == 0)
		r = replace_log(v, &text);
	if (r < 0)
		return r;
	forget(v, stays);
	versions_sweep(v);
	*ret = p;
	return 0;
}
