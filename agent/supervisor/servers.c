/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: Documentation/filesystems/fuse.rst of the kernel, "Control filesystem". */
#include "supervisor/servers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

#define CONTROL "/sys/fs/fuse/connections"

static size_t read_line(const char *path, char *ret, size_t size)
{
	cleanup_with(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, size - 1) : -1;

	ret[MAX(n, 0)] = 0;
	return n > 0 ? (size_t)n : 0;
}

bool servers_waits(pid_t pid)
{
	char path[64], where[64];

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	return pid > 0 && read_line(path, where, sizeof(where)) > 0 &&
		(strstr(where, "fuse") || strcmp(where, "request_wait_answer") == 0);
}

bool servers_look(struct servers *s, const pid_t *pids, unsigned n, bool hurry)
{
	uint64_t now = clock_now();
	unsigned waiting = 0, alive = 0;

	for (unsigned i = 0; i < n; i++) {
		alive += pids[i] > 0;
		waiting += servers_waits(pids[i]);
	}
	s->any_since = waiting == 0 ? 0 : s->any_since ? s->any_since : now;
	s->all_since = waiting == 0 || waiting < alive ? 0 : s->all_since ? s->all_since : now;
	return (hurry && waiting > 0) ||
		(s->any_since && now - s->any_since >= SERVERS_SILENT_NS) ||
		(s->all_since && now - s->all_since >= SERVERS_STALL_NS);
}

/* A file of the kernel's about the connection. Where nobody has mounted these, we do, in our own
   namespace. */
static int open_control(uint64_t dev, const char *name, int flags)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), CONTROL "/%u/%s", minor(dev), name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && access(CONTROL "/.", F_OK) == 0 &&
		mount("fusectl", CONTROL, "fusectl", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
		fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool servers_is_waited_for(uint64_t dev)
{
	cleanup_with(fd_closep) int fd = open_control(dev, "waiting", O_RDONLY);
	char text[32];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	text[MAX(n, 0)] = 0;
	return strtoul(text, NULL, 10) > 0;
}

int servers_end(struct servers *s, uint64_t dev, uint32_t uid)
{
	cleanup_with(fd_closep) int fd = open_control(dev, "abort", O_WRONLY);
	uint32_t at = s->next_shunned++ % SERVERS_SHUN_MAX;

	s->shunned[at].uid = uid;
	s->shunned[at].until = clock_now() + SERVERS_SHUN_NS;
	s->any_since = s->all_since = 0;
	if (fd < 0)
		return fd;
	if (write(fd, "1", 1) < 0)
		return -errno;
	s->ended++;
	return 0;
}

bool servers_is_shunned(const struct servers *s, uint32_t uid)
{
	uint64_t now = clock_now();

	for (uint32_t i = 0; i < SERVERS_SHUN_MAX; i++)
		if (s->shunned[i].until > now && s->shunned[i].uid == uid)
			return true;
	return false;
}
