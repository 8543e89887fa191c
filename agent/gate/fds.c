/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process has open: files that it did not open itself, or opened before anybody looked. They
 * are taken over as they are (pidfd_getfd(2)); opening them anew would raise an event that only we
 * could answer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/gate.h"

void fds_init(struct gate *g)
{
	cleanup_with(fd_closep) int fd = memfd_create("probe", MFD_CLOEXEC);
	struct file_look look;

	if (fd >= 0 && judge_look(fd, &look) == 0)
		g->memory_dev = look.key.dev;
}

int32_t fds_number(const char *name)
{
	int32_t v = 0;

	for (; *name; name++) {
		if (*name < '0' || *name > '9' || v > INT32_MAX / 10 - 1)
			return -1;
		v = v * 10 + (*name - '0');
	}
	return v;
}

/* "pos:\t0\nflags:\t02100000\n...": octal. */
static bool read_flags(struct gate *g, int32_t pid, int32_t number, int *ret)
{
	char name[64];
	struct view text;
	const char *at;

	snprintf(name, sizeof(name), "%d/fdinfo/%d", pid, number);
	if (!identify_text(g, name, GATE_FDINFO_TEXT, &text))
		return false;
	g->text[MIN(text.n, (size_t)GATE_FDINFO_TEXT)] = 0;
	at = strstr((const char *)g->text, "flags:");
	if (!at)
		return false;
	*ret = (int)strtol(at + 6, NULL, 8);
	return true;
}

/* Whether it is a file that can be read and has something in it. */
static bool look_at(struct gate *g, int32_t pid, struct open_file *ret)
{
	char name[64];
	int flags;

	snprintf(name, sizeof(name), "%d/fd/%d", pid, ret->number);
	if (!identify_link(g, name, g->path, sizeof(g->path)) || g->path[0] != '/')
		return false; /* pipes, sockets, memory */
	if (judge_look_at(g->proc, name, 0, &ret->look) < 0 || !ret->look.regular ||
		ret->look.key.size == 0 || ret->look.key.dev == g->memory_dev ||
		judge_is_outside(g, ret->look.mount))
		return false;
	if (!read_flags(g, pid, ret->number, &flags) || (flags & O_ACCMODE) == O_WRONLY ||
		flags & O_PATH)
		return false;
	ret->closed_by_exec = flags & O_CLOEXEC;
	return true;
}

bool fds_open(struct gate *g, int32_t pid, int32_t from, uint32_t max, struct fds *ret)
{
	char name[32];

	*ret = (struct fds){.pid = pid, .from = from, .left = max};
	snprintf(name, sizeof(name), "%d/fd", pid);
	ret->dir = openat(g->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret->dir >= 0;
}

void fds_close(struct fds *w)
{
	w->dir = fd_close(w->dir);
}

bool fds_next(struct gate *g, struct fds *w, struct open_file *ret)
{
	while (w->left > 0) {
		struct dirent64 *e;

		if (w->at >= w->n) {
			long n = syscall(SYS_getdents64, w->dir, w->entries, sizeof(w->entries));

			if (n <= 0)
				return false;
			w->at = 0;
			w->n = (size_t)n;
		}
		e = (struct dirent64 *)(void *)(w->entries + w->at);
		w->at += e->reclen;
		ret->number = fds_number(e->name);
		if (ret->number < w->from || ret->number < 0)
			continue;
		w->left--;
		if (look_at(g, w->pid, ret))
			return true;
	}
	return false;
}

int fds_take(struct gate *g, int32_t pid, int32_t number)
{
	const struct proc *p = proc_find(g, pid);
	int pidfd = p ? p->pidfd : (int)syscall(SYS_pidfd_open, pid, 0), fd;

	if (pidfd < 0)
		return -1;
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (!p)
		fd_close(pidfd);
	return fd;
}

uint32_t fds_audit(struct gate *g, struct proc *p, bool all, char *ret_first, size_t size)
{
	struct open_file f = {0};
	struct facts_brief facts;
	struct fds walk;
	uint32_t n = 0;

	if (!fds_open(g, p->pid, 0, GATE_LOOK_FILES_MAX, &walk))
		return 0;
	while (fds_next(g, &walk, &f)) {
		int fd;

		if (!all && !marks_has(g, &f.look.key))
			continue;
		if (n++ == 0)
			snprintf(ret_first, size, "%s", g->path);
		if (proc_is_told(p, &f.look.key))
			continue;
		fd = fds_take(g, p->pid, f.number);
		if (fd < 0)
			continue;
		if (facts_known(g, &f.look.key, fd, &facts))
			judge_already(g, p, &f.look.key, &facts);
		else
			hold_ask(g, p, fd, &f.look);
		fd_close(fd);
	}
	fds_close(&walk);
	return n;
}
