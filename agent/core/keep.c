/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

static int path_of(const struct core *core, const char *name, char ret[4096])
{
	int n = snprintf(ret, 4096, "%s/core/%s", core->config.state_dir, name);

	return n < 0 || n >= 4096 ? -ENAMETOOLONG : 0;
}

int keep_save(const struct core *core, const char *name, const struct buf *content)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[4096], part[4110];
	int r = path_of(core, name, path);

	if (r < 0)
		return r;
	snprintf(part, sizeof(part), "%s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_view(content));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(part, path) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlink(part);
		return r;
	}
	/* What was revoked must not be back after the power was cut. */
	*strrchr(path, '/') = 0;
	return fd_sync_dir(path);
}

int keep_load(const struct core *core, const char *name, struct buf *ret)
{
	char path[4096];
	int r = path_of(core, name, path);

	return r < 0 ? r : fd_read_path(path, KEEP_BYTES_MAX, ret);
}
