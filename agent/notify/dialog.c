/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/dialog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

struct dialog {
	pid_t pid;
	int fd;
	struct buf text;
};

static const char *const programs[] = {"zenity", "kdialog"};

static bool is_on_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (const char *end; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		if (snprintf(file, sizeof(file), "%.*s/%s", (int)(end - path), path, name) <
				(int)sizeof(file) &&
			*path == '/' && access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static const char *find_program(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (is_on_path(programs[i]))
			return programs[i];
	return NULL;
}

bool dialog_exists(void)
{
	return find_program() != NULL;
}

static int start(const char *program, const char *title, const char *text, int out, pid_t *ret)
{
	const char *zenity[] = {
		program, "--entry", "--title", title, "--text", text, "--width=480", NULL};
	const char *kdialog[] = {program, "--title", title, "--inputbox", text, NULL};
	const char **argv = strcmp(program, programs[0]) == 0 ? zenity : kdialog;
	posix_spawn_file_actions_t a;
	int r = posix_spawn_file_actions_init(&a);

	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&a, out, 1);
	if (r == 0)
		r = posix_spawnp(ret, program, &a, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&a);
	return -r;
}

int dialog_new(const char *title, const char *text, struct dialog **ret)
{
	const char *program = find_program();
	struct dialog *d;
	int pipe[2], r;

	if (!program)
		return -ENOENT;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->text = (struct buf)BUF_INIT(DIALOG_TEXT_MAX);
	r = pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
	if (r < 0) {
		free(d);
		return r;
	}
	/* Its own end may block, as a program expects. */
	if (fcntl(pipe[1], F_SETFL, 0) < 0)
		r = -errno;
	if (r == 0)
		r = start(program, title, text, pipe[1], &d->pid);
	fd_close(pipe[1]);
	d->fd = pipe[0];
	if (r < 0) {
		fd_close(pipe[0]);
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

struct dialog *dialog_free(struct dialog *d)
{
	if (!d)
		return NULL;
	fd_close(d->fd);
	if (d->pid > 0) {
		(void)kill(d->pid, SIGTERM);
		(void)waitpid(d->pid, NULL, 0);
	}
	buf_done(&d->text);
	free(d);
	return NULL;
}

int dialog_fd(const struct dialog *d)
{
	return d->fd;
}

/* Its window is closed. */
static int finish(struct dialog *d, struct buf *ret)
{
	int status, r = waitpid(d->pid, &status, 0) < 0 ? -errno : 0;

	d->pid = 0;
	if (r < 0)
		return r;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -ECANCELED;
	while (d->text.n > 0 && d->text.p[d->text.n - 1] == '\n')
		d->text.n--;
	r = buf_put_view(ret, buf_view(&d->text));
	return r < 0 ? r : 1;
}

int dialog_take(struct dialog *d, struct buf *ret)
{
	uint8_t chunk[512];

	for (;;) {
		ssize_t n = read(d->fd, chunk, sizeof(chunk));
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return finish(d, ret);
		r = buf_put(&d->text, chunk, (size_t)n);
		if (r < 0)
			return r;
	}
}
