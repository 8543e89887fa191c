/* SPDX-License-Identifier: Apache-2.0 */
#include "web/workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "bundle/bundle.h"

#define PREFIX "request."

int workdir_new(const char *above, char ret[WORKDIR_SIZE])
{
	if (snprintf(ret, WORKDIR_SIZE, "%s/" PREFIX "XXXXXX", above) >= (int)WORKDIR_SIZE)
		return -ENAMETOOLONG;
	if (mkdtemp(ret))
		return 0;
	ret[0] = 0;
	return -errno;
}

void workdir_done(char path[WORKDIR_SIZE])
{
	/* What cannot be removed is swept at the next start. */
	if (path[0])
		unchecked(bundle_remove(path));
	path[0] = 0;
}

void workdir_sweep(const char *above)
{
	char path[WORKDIR_SIZE];
	DIR *d = opendir(above);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0 &&
			snprintf(path, sizeof(path), "%s/%s", above, e->d_name) < (int)sizeof(path))
			workdir_done(path);
	if (d)
		closedir(d);
}

void workdir_name(struct view from, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < from.n && n + 1 < MIN(size, (size_t)240); i++)
		if (from.p[i] >= 0x20 && from.p[i] != '/' && from.p[i] != 0x7f &&
			!(n == 0 && from.p[i] == '.'))
			ret[n++] = (char)from.p[i];
	/* Not in the middle of a character. */
	while (n > 0 && from.n > n && ((uint8_t)ret[n - 1] & 0xc0) == 0x80)
		n--;
	if (n == 0)
		n = (size_t)snprintf(ret, size, "document");
	ret[n] = 0;
}

int workdir_put(const char *path, const char *name, struct view content)
{
	cleanup_with(fd_closep) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_with(fd_closep) int fd = dir < 0
		? -1
		: openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd_write_all(fd, content);
}
