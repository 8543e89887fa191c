/* SPDX-License-Identifier: Apache-2.0 */
/* Facts: fanotify(7), FAN_RENAME from Linux 5.17 on, and only where a file system gives handles. */
#include "supervisor/news.h"

#include <fcntl.h>
#include <sys/fanotify.h>

#include "base/fd.h"

#ifndef FAN_REPORT_DFID_NAME
#define FAN_REPORT_DFID_NAME 0x00000c00
#endif
#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif

#define FLAGS (FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_MARKS)

void news_open(struct news *n)
{
	n->writes = fanotify_init(FLAGS, O_RDONLY | O_LARGEFILE | O_CLOEXEC);
	n->moves = fanotify_init(FLAGS | FAN_REPORT_DFID_NAME, O_RDONLY | O_CLOEXEC);
}

void news_close(struct news *n)
{
	n->writes = fd_close(n->writes);
	n->moves = fd_close(n->moves);
}

static bool mark(int group, uint64_t mask, const char *path)
{
	return group >= 0 &&
		fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, AT_FDCWD, path) == 0;
}

bool news_add(const struct news *n, const char *path, bool *ret_moves)
{
	/* A kernel without the one event has the other, which does not say from where. */
	*ret_moves = mark(n->moves, FAN_RENAME, path) || mark(n->moves, FAN_MOVED_TO, path);
	return mark(n->writes, FAN_CLOSE_WRITE, path);
}

void news_flush(const struct news *n)
{
	const int groups[] = {n->writes, n->moves};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (groups[i] >= 0)
			(void)fanotify_mark(
				groups[i], FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL);
}
