/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/layers.h"

#include <fcntl.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "supervisor/mounts.h"

/* What the start of a process of ours opens first. */
static const char *const ours[] = {SEALGATE_LIBEXECDIR "/sealgate-gate", "/etc/ld.so.cache"};

static bool is_layered(const char *path, uint64_t dev)
{
	struct mount_place place;

	return mounts_place(path, &place) == 0 && strcmp(place.type, "overlay") == 0 &&
		place.dev != dev;
}

/* Others open files meanwhile, too. */
static bool has_own(int group)
{
	struct fanotify_event_metadata
		events[64]; /* none has more than this without FAN_REPORT_* */
	bool found = false;
	ssize_t n;

	while (!found && (n = read(group, events, sizeof(events))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(*events); i++) {
			found |= events[i].pid == getpid() || events[i].mask & FAN_Q_OVERFLOW;
			if (events[i].fd >= 0)
				close(events[i].fd);
		}
	return found;
}

bool layers_raise(const char *path, uint64_t dev)
{
	cleanup_with(fd_closep) int group = -1;
	bool layered = false;

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		layered |= is_layered(ours[i], dev);
	if (!layered)
		return false;
	group = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC);
	if (group < 0 ||
		fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN, AT_FDCWD, path) <
			0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (is_layered(ours[i], dev))
			fd_close(open(ours[i], O_RDONLY | O_CLOEXEC));
	return has_own(group);
}
