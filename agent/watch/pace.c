/* SPDX-License-Identifier: Apache-2.0 */
#include "pace.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* A line of a file; false where it cannot be read. */
static bool read_line(int dir, const char *path, char *ret, size_t size)
{
	cleanup_with(fd_closep) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (n <= 0)
		return false;
	ret[n] = 0;
	ret[strcspn(ret, "\n")] = 0;
	return true;
}

static bool is_loaded(const struct pace *p)
{
	char line[256];
	const char *at;
	unsigned long percent;

	if (!p->pressure || !read_line(AT_FDCWD, p->pressure, line, sizeof(line)))
		return false;
	at = strstr(line, "avg10=");
	percent = at ? strtoul(at + strlen("avg10="), NULL, 10) : 0;
	return percent >= (p->why == WATCH_PAUSE_LOAD ? PACE_LOAD_LOW : PACE_LOAD_HIGH);
}

/* Mains that is off line, and none that is on. A machine without any has no battery to spare. */
static bool is_on_battery(const struct pace *p)
{
	DIR *d = p->power ? opendir(p->power) : NULL;
	bool off = false, on = false;
	const struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[300], text[32];

		snprintf(path, sizeof(path), "%s/type", e->d_name);
		if (e->d_name[0] == '.' || !read_line(dirfd(d), path, text, sizeof(text)) ||
			strcmp(text, "Mains") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/online", e->d_name);
		if (!read_line(dirfd(d), path, text, sizeof(text)))
			continue;
		off = off || strcmp(text, "0") == 0;
		on = on || strcmp(text, "1") == 0;
	}
	if (d)
		closedir(d);
	return off && !on;
}

void pace_look(struct pace *p)
{
	p->why = is_on_battery(p) ? WATCH_PAUSE_BATTERY
		: is_loaded(p)    ? WATCH_PAUSE_LOAD
				  : WATCH_GOES_ON;
	p->left = PACE_STEP;
}

bool pace_may_step(struct pace *p)
{
	if (p->why == WATCH_GOES_ON)
		return true;
	if (p->left == 0)
		return false;
	p->left--;
	return true;
}
