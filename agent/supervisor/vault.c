/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "supervisor/helper.h"

struct job {
	struct list node;
	enum vault_what what;
	uint32_t id;
	int file;
	struct vault_order order;
	char vault_id[VAULT_ID_MAX], folder[4096];
};

struct vault {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_source *source;
	vault_done_fn done;
	void *userdata;
	uint64_t max;
	int dir;
	struct list jobs; /* the first is being worked on while `helper` is not 0 */
	uint32_t n, n_healed;
	pid_t helper;
	pid_t dying; /* killed, and not gone yet: nothing else is begun */
	int result;  /* read end */
	int out;     /* the helper's end */
	size_t n_read;
	union {
		struct vault_result result;
		uint8_t bytes[sizeof(struct vault_result)];
	} got;
};

static void next(struct vault *v);

/* Not waited for: it may itself wait for a server that does not answer, and no signal ends that. */
static void end_helper(struct vault *v)
{
	if (v->helper > 0) {
		(void)kill(v->helper, SIGKILL);
		v->dying = v->helper;
	}
	v->helper = 0;
}

static bool is_ended(struct vault *v)
{
	if (v->dying > 0 && helper_wait(v->dying, VAULT_ENDS_MS) != -EAGAIN)
		v->dying = 0;
	return v->dying == 0;
}

static void finish(struct vault *v, const char *why)
{
	struct job *j = list_first(&v->jobs, struct job, node);
	struct vault_result r = {.outcome = VAULT_NOT_MOVED};

	if (!why && v->n_read == sizeof(v->got))
		r = v->got.result;
	else
		snprintf(r.why, sizeof(r.why), "%s", why ? why : "the helper ended without a word");
	/* It was this very program: its texts end, but let them end for sure. */
	r.id[sizeof(r.id) - 1] = r.why[sizeof(r.why) - 1] = r.path[sizeof(r.path) - 1] = 0;
	end_helper(v);
	v->source = loop_source_remove(v->source);
	v->result = fd_close(v->result);
	loop_timer_set(v->timer, 0);
	list_remove(&j->node);
	v->n--;
	if (j->what != VAULT_WHAT_HEAL || r.outcome == VAULT_MOVED)
		v->done(v->userdata, j->what, j->id, &r);
	if (j->what == VAULT_WHAT_HEAL && r.outcome == VAULT_MOVED &&
		++v->n_healed < VAULT_HEAL_MAX)
		vault_heal(v);
	fd_close(j->file);
	free(j);
	next(v);
}

static int on_late(void *userdata)
{
	struct vault *v = userdata;

	if (v->helper)
		finish(v, "it took too long, and was given up");
	else
		next(v);
	return 0;
}

static int on_result(void *userdata, int fd, uint32_t events)
{
	struct vault *v = userdata;
	ssize_t n = read(fd, v->got.bytes + v->n_read, sizeof(v->got) - v->n_read);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		v->n_read += (size_t)n;
	if (n <= 0 || v->n_read == sizeof(v->got))
		finish(v, NULL);
	return 0;
}

/* In the helper. */
static int work(void *userdata)
{
	struct vault *v = userdata;
	const struct job *j = list_first(&v->jobs, struct job, node);
	cleanup_with(freep) struct vault_result *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	helper_keep_only((const int[]){v->dir, j->file, v->out}, 3);
	helper_enter_host();
	umask(077);
	switch (j->what) {
	case VAULT_WHAT_MOVE: vault_work_move(v->dir, j->file, &j->order, v->max, r); break;
	case VAULT_WHAT_RESTORE: vault_work_restore(v->dir, j->vault_id, j->folder, r); break;
	case VAULT_WHAT_DELETE: vault_work_delete(v->dir, j->vault_id, r); break;
	case VAULT_WHAT_HEAL: vault_work_heal(v->dir, r); break;
	}
	return fd_write_all(v->out, view_of(r, sizeof(*r)));
}

static void next(struct vault *v)
{
	int fds[2], r;

	if (v->helper || list_is_empty(&v->jobs))
		return;
	if (!is_ended(v)) {
		loop_timer_set(v->timer, clock_now() + NSEC_PER_SEC);
		return;
	}
	v->n_read = 0;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		finish(v, "no pipe for a helper");
		return;
	}
	v->result = fds[0];
	v->out = fds[1];
	v->helper = helper_start(work, v);
	fd_close(fds[1]);
	if (v->helper < 0) {
		v->helper = 0;
		finish(v, "no helper could be started");
		return;
	}
	r = fcntl(v->result, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add(v->loop, v->result, EPOLLIN, on_result, v, &v->source);
	if (r < 0)
		finish(v, "the helper cannot be listened to");
	else
		loop_timer_set(v->timer, clock_now() + VAULT_WORK_NS);
}

static struct job *add(struct vault *v, enum vault_what what, uint32_t id, int file)
{
	struct vault_result refused = {.outcome = VAULT_NOT_MOVED, .why = "too much waits already"};
	struct job *j = v->n < VAULT_QUEUE_MAX ? calloc(1, sizeof(*j)) : NULL;

	if (!j) {
		fd_close(file);
		v->done(v->userdata, what, id, &refused);
		return NULL;
	}
	*j = (struct job){.what = what, .id = id, .file = file};
	list_init(&j->node);
	list_append(&v->jobs, &j->node);
	v->n++;
	return j;
}

void vault_move(struct vault *v, uint32_t id, int file, const struct vault_order *o)
{
	struct job *j = add(v, VAULT_WHAT_MOVE, id, file);

	if (j) {
		j->order = *o;
		next(v);
	}
}

void vault_ask(struct vault *v, uint32_t id, enum vault_request what, const char *vault_id,
	const char *folder)
{
	struct job *j = add(
		v, what == VAULT_DELETE ? VAULT_WHAT_DELETE : VAULT_WHAT_RESTORE, id, -1);

	if (j) {
		snprintf(j->vault_id, sizeof(j->vault_id), "%s", vault_id);
		snprintf(j->folder, sizeof(j->folder), "%s", folder);
		next(v);
	}
}

void vault_heal(struct vault *v)
{
	/* Where too much waits, at the next start. */
	if (v->n < VAULT_QUEUE_MAX && add(v, VAULT_WHAT_HEAL, 0, -1))
		next(v);
}

bool vault_is_busy(const struct vault *v)
{
	return v->n > 0;
}

/* Root's alone, whatever it was. */
static int open_dir(const char *state_dir)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[4200];

	snprintf(path, sizeof(path), "%s/" VAULT_DIR, state_dir);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, 0700) < 0)
		return -errno;
	return fd_steal(&fd);
}

int vault_new(struct loop *l, const char *state_dir, uint64_t max, vault_done_fn done,
	void *userdata, struct vault **ret)
{
	struct vault *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->loop = l;
	v->done = done;
	v->userdata = userdata;
	v->max = max;
	v->result = -1;
	list_init(&v->jobs);
	r = v->dir = open_dir(state_dir);
	if (r >= 0)
		r = loop_timer_new(l, on_late, v, &v->timer);
	if (r < 0) {
		fd_close(v->dir);
		free(v);
		return r;
	}
	*ret = v;
	return 0;
}

struct vault *vault_free(struct vault *v)
{
	if (!v)
		return NULL;
	end_helper(v);
	(void)is_ended(v);
	loop_source_remove(v->source);
	loop_timer_free(v->timer);
	fd_close(v->result);
	list_for_each_safe(n, tmp, &v->jobs) {
		struct job *j = list_entry(n, struct job, node);

		fd_close(j->file);
		free(j);
	}
	fd_close(v->dir);
	free(v);
	return NULL;
}
