/* SPDX-License-Identifier: Apache-2.0 */
#include "web/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

struct run {
	struct list node;
	struct commands *all;
	char *argv[COMMAND_ARGS_MAX + 4];
	int fds[COMMAND_FDS_MAX];
	size_t n_fds;
	char *dir;
	uint64_t wait_ns, until; /* clock_now() */
	command_fn done;
	command_progress_fn progress;
	void *userdata;
	/* while it runs */
	pid_t pid;
	int pidfd, out_fd, err_fd;
	struct loop_source *ended, *out_source, *err_source;
	struct buf out, err;
	bool too_much;
};

struct commands {
	struct loop *loop;
	const char *config;
	struct list waiting, active;
	unsigned n_waiting, n_active;
	bool closing;
};

int commands_new(struct loop *l, const char *config, struct commands **ret)
{
	struct commands *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->loop = l;
	c->config = config;
	list_init(&c->waiting);
	list_init(&c->active);
	*ret = c;
	return 0;
}

static void free_run(struct run *r)
{
	for (size_t i = 0; r->argv[i]; i++)
		free(r->argv[i]);
	for (size_t i = 0; i < r->n_fds; i++)
		fd_close(r->fds[i]);
	loop_source_remove(r->ended);
	loop_source_remove(r->out_source);
	loop_source_remove(r->err_source);
	fd_close(r->pidfd);
	fd_close(r->out_fd);
	fd_close(r->err_fd);
	buf_done(&r->out);
	buf_done(&r->err);
	free(r->dir);
	free(r);
}

static void finish(struct run *r, int outcome)
{
	struct commands *c = r->all;

	list_remove(&r->node);
	if (r->pid > 0) {
		/* With what it has started. */
		(void)kill(-r->pid, SIGKILL);
		(void)waitpid(r->pid, NULL, 0);
		c->n_active--;
	} else {
		c->n_waiting--;
	}
	r->done(r->userdata, outcome, buf_view(&r->out), buf_view(&r->err));
	free_run(r);
}

struct commands *commands_free(struct commands *c)
{
	if (!c)
		return NULL;
	c->closing = true;
	list_for_each_safe(n, tmp, &c->active)
		finish(list_entry(n, struct run, node), -ECANCELED);
	list_for_each_safe(n, tmp, &c->waiting)
		finish(list_entry(n, struct run, node), -ECANCELED);
	free(c);
	return NULL;
}

/* 0 where there may be more; 1 at the end. */
static int drain(int fd, struct buf *b, size_t max, bool *ret_too_much)
{
	uint8_t chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : 1;
		if (n == 0)
			return 1;
		if (b->n + (size_t)n > max || buf_put(b, chunk, (size_t)n) < 0)
			*ret_too_much = true;
	}
}

static int on_out(void *userdata, int fd, uint32_t events)
{
	struct run *r = userdata;

	(void)events;
	if (drain(fd, &r->out, COMMAND_OUT_MAX, &r->too_much))
		r->out_source = loop_source_remove(r->out_source);
	if (r->too_much)
		finish(r, -E2BIG);
	return 0;
}

/* "DONE TOTAL": false where the line is something else. */
static bool is_progress(struct view line, uint64_t ret[2])
{
	size_t at = 0;

	for (size_t k = 0; k < 2; k++) {
		size_t digits = 0;

		for (ret[k] = 0; at < line.n && line.p[at] >= '0' && line.p[at] <= '9'; at++)
			if (++digits <= 18)
				ret[k] = ret[k] * 10 + (line.p[at] - '0');
		if (digits == 0 || digits > 18 || (k == 0 && (at == line.n || line.p[at++] != ' ')))
			return false;
	}
	return at == line.n;
}

/* Takes those lines out of what is kept of stderr. */
static void take_progress(struct run *r)
{
	size_t begin = 0, kept = 0;
	uint64_t n[2];

	for (size_t i = 0; i < r->err.n; i++) {
		struct view line = view_of(r->err.p + begin, i - begin);

		if (r->err.p[i] != '\n')
			continue;
		if (is_progress(line, n)) {
			r->progress(r->userdata, n[0], n[1]);
		} else {
			memmove(r->err.p + kept, line.p, line.n + 1);
			kept += line.n + 1;
		}
		begin = i + 1;
	}
	memmove(r->err.p + kept, r->err.p + begin, r->err.n - begin);
	r->err.n = kept + r->err.n - begin;
}

static int on_err(void *userdata, int fd, uint32_t events)
{
	struct run *r = userdata;
	bool too_much; /* its beginning is enough */

	(void)events;
	if (drain(fd, &r->err, COMMAND_ERR_MAX, &too_much))
		r->err_source = loop_source_remove(r->err_source);
	if (r->progress)
		take_progress(r);
	return 0;
}

static int on_ended(void *userdata, int fd, uint32_t events)
{
	struct run *r = userdata;
	siginfo_t si = {0};
	bool ignored;

	(void)events;
	(void)drain(r->out_fd, &r->out, COMMAND_OUT_MAX, &r->too_much);
	(void)drain(r->err_fd, &r->err, COMMAND_ERR_MAX, &ignored);
	if (r->progress)
		take_progress(r);
	/* It stays a zombie until finish(), so that its number is nobody else's. */
	if (waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOHANG | WNOWAIT) < 0)
		finish(r, -errno);
	else
		finish(r, r->too_much ? -E2BIG : si.si_code == CLD_EXITED ? si.si_status : -ECHILD);
	return 0;
}

static int spawn(struct run *r, int out, int err)
{
	static char *const env[] = {
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C.UTF-8", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	int e;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	e = posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (e == 0)
		e = posix_spawnattr_setsigmask(&attr, &none);
	if (e == 0)
		e = posix_spawnattr_setsigdefault(&attr, &defaults);
	if (e == 0)
		e = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&actions, err, 2);
	for (size_t i = 0; e == 0 && i < r->n_fds; i++)
		e = posix_spawn_file_actions_adddup2(
			&actions, r->fds[i], COMMAND_FIRST_FD + (int)i);
	if (e == 0 && r->dir)
		e = posix_spawn_file_actions_addchdir_np(&actions, r->dir);
	if (e == 0)
		e = posix_spawn(&r->pid, SEALGATE_COMMAND, &actions, &attr, r->argv, env);
	if (e != 0)
		r->pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -e;
}

static int start(struct run *r)
{
	struct commands *c = r->all;
	int out[2] = {-1, -1}, err[2] = {-1, -1}, e = 0;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		e = -errno;
	if (e == 0 &&
		(fcntl(out[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(err[0], F_SETFL, O_NONBLOCK) < 0))
		e = -errno;
	if (e == 0)
		e = spawn(r, out[1], err[1]);
	fd_close(out[1]);
	fd_close(err[1]);
	r->out_fd = out[0];
	r->err_fd = err[0];
	if (e < 0)
		return e;
	list_remove(&r->node);
	list_append(&c->active, &r->node);
	c->n_waiting--;
	c->n_active++;
	r->until = clock_now() + r->wait_ns;
	r->pidfd = pidfd_open(r->pid, 0);
	e = r->pidfd < 0 ? -errno : loop_add(c->loop, r->pidfd, EPOLLIN, on_ended, r, &r->ended);
	if (e == 0)
		e = loop_add(c->loop, r->out_fd, EPOLLIN, on_out, r, &r->out_source);
	if (e == 0)
		e = loop_add(c->loop, r->err_fd, EPOLLIN, on_err, r, &r->err_source);
	return e;
}

static int copy(struct run *r, const struct command *what)
{
	const char *first[] = {"sealgate", r->all->config ? "--config" : NULL, r->all->config};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(first) && first[i]; i++)
		if (!(r->argv[n++] = strdup(first[i])))
			return -ENOMEM;
	for (size_t i = 0; i < COMMAND_ARGS_MAX && what->args[i]; i++)
		if (!(r->argv[n++] = strdup(what->args[i])))
			return -ENOMEM;
	if (what->dir && !(r->dir = strdup(what->dir)))
		return -ENOMEM;
	for (size_t i = 0; i < what->n_fds; i++) {
		/* Above those that they become. */
		int fd = fcntl(
			what->fds[i], F_DUPFD_CLOEXEC, COMMAND_FIRST_FD + (int)COMMAND_FDS_MAX);

		if (fd < 0)
			return -errno;
		r->fds[r->n_fds++] = fd;
	}
	return 0;
}

int commands_run(struct commands *c, const struct command *what, command_fn done, void *userdata)
{
	struct run *r;
	int e;

	if (c->closing || c->n_waiting >= COMMANDS_WAIT_MAX)
		return -EAGAIN;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct run){.all = c,
		.wait_ns = what->wait_ns,
		.done = done,
		.progress = what->progress,
		.userdata = userdata,
		.pidfd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.out = BUF_INIT(COMMAND_OUT_MAX + 1),
		.err = BUF_INIT(COMMAND_ERR_MAX + 1)};
	list_init(&r->node);
	e = copy(r, what);
	if (e < 0) {
		free_run(r);
		return e;
	}
	list_append(&c->waiting, &r->node);
	c->n_waiting++;
	return 0;
}

void commands_tick(struct commands *c)
{
	uint64_t now = clock_now();

	list_for_each_safe(n, tmp, &c->active) {
		struct run *r = list_entry(n, struct run, node);

		if (r->until <= now)
			finish(r, -ETIMEDOUT);
	}
	while (!c->closing && c->n_active < COMMANDS_ACTIVE_MAX && !list_is_empty(&c->waiting)) {
		struct run *r = list_first(&c->waiting, struct run, node);
		int e = start(r);

		if (e < 0)
			finish(r, e);
	}
}
