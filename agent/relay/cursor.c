/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define FORM "sealgate-cursor 1 %32s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n"

int cursor_load(const char *dir, const char *name, struct cursor *ret)
{
	cleanup_with(buf_done) struct buf b = BUF_INIT(4096);
	struct cursor c = {.begun = true};
	char path[4200];
	int n = 0, r;

	*ret = (struct cursor){0};
	snprintf(path, sizeof(path), "%s/%s.cursor", dir, name);
	r = fd_read_path(path, 1024, &b);
	if (r == 0)
		r = buf_terminate(&b);
	if (r < 0)
		return r;
	if (sscanf((const char *)b.p,
		    "sealgate-cursor 1 %32s %" SCNu64 " %" SCNu64 " %" SCNu64 "%n", c.journal,
		    &c.seq, &c.ino, &c.size, &n) != 4 ||
		strlen(c.journal) != 32 || strcmp((const char *)b.p + n, "\n") != 0)
		return -EBADMSG;
	*ret = c;
	return 0;
}

int cursor_save(const char *dir, const char *name, const struct cursor *c)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[4200], temp[4210], text[160];
	int r;

	snprintf(path, sizeof(path), "%s/%s.cursor", dir, name);
	snprintf(temp, sizeof(temp), "%s.new", path);
	snprintf(text, sizeof(text), FORM, c->journal, c->seq, c->ino, c->size);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, view_str(text));
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r == 0 && rename(temp, path) < 0)
		r = -errno;
	return r;
}
