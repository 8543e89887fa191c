/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/copies.h"

#include <dirent.h>
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
	struct copies_order order;
};

struct copies {
	struct loop *loop;
	struct loop_timer *late, *sweep;
	struct loop_source *source;
	const struct copies_events *events;
	void *userdata;
	const struct settings *settings;
	uint32_t gid;
	int dir;
	struct list jobs; /* the first is being worked on while `helper` is not 0 */
	uint32_t n;
	bool stopping;
	pid_t helper, dying; /* killed, and not gone yet: nothing else is begun */
	int result, out;     /* read end, and the helper's */
	size_t n_read;
	union {
		struct copies_result result;
		uint8_t bytes[sizeof(struct copies_result)];
	} got;
	uint64_t copies, bytes, kept, failed; /* there, and since the start */
};

static void next(struct copies *e);

/* ---- what lies there ---- */

static bool is_old(const struct copies *e, const struct stat *st)
{
	uint64_t keep = e->settings->evidence.keep_ns, now = clock_realtime();
	uint64_t made = (uint64_t)st->st_mtim.tv_sec * NSEC_PER_SEC;

	return keep > 0 && now > made && now - made > keep;
}

/* Counts, and removes what is old; at the start also what was not ended. */
static void look(struct copies *e, bool leftover)
{
	int own = openat(e->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own >= 0 ? fdopendir(own) : NULL;
	const struct dirent *entry;
	uint32_t n = 0;
	struct stat st;

	if (!d) {
		fd_close(own);
		return; /* the last count stands */
	}
	e->copies = e->bytes = 0;
	while ((entry = readdir(d))) {
		bool temporary = entry->d_name[0] == '.';

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(e->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n < COPIES_SWEEP_MAX && (temporary ? leftover : is_old(e, &st)) &&
			unlinkat(e->dir, entry->d_name, 0) == 0) {
			n++;
			e->events->removed(e->userdata, entry->d_name, temporary);
			continue;
		}
		e->copies += !temporary;
		e->bytes += (uint64_t)st.st_size;
	}
	closedir(d);
}

static int on_sweep(void *userdata)
{
	struct copies *e = userdata;

	look(e, false);
	loop_timer_set(e->sweep, clock_now() + COPIES_SWEEP_NS);
	return 0;
}

void copies_start(struct copies *e)
{
	look(e, !e->helper);
	loop_timer_set(e->sweep, clock_now() + COPIES_SWEEP_NS);
}

/* ---- the helper ---- */

/* Not waited for: a disk may keep it from ending. */
static void end_helper(struct copies *e)
{
	if (e->helper > 0) {
		(void)kill(e->helper, SIGKILL);
		e->dying = e->helper;
	}
	e->helper = 0;
	if (e->dying > 0 && helper_wait(e->dying, 20) != -EAGAIN)
		e->dying = 0;
}

/* What a helper that was killed had begun. */
static void drop_begun(struct copies *e, const struct copies_order *o)
{
	char name[COPIES_NAME_MAX], temporary[COPIES_NAME_MAX + 1];

	if (!copies_name(o, name))
		return;
	snprintf(temporary, sizeof(temporary), ".%s", name);
	(void)unlinkat(e->dir, temporary, 0);
}

static void finish(struct copies *e, const char *why)
{
	struct job *j = list_first(&e->jobs, struct job, node);
	struct copies_result r = {0};

	if (!why && e->n_read == sizeof(e->got))
		r = e->got.result;
	else
		snprintf(r.why, sizeof(r.why), "%s", why ? why : "the helper ended without a word");
	r.name[sizeof(r.name) - 1] = r.why[sizeof(r.why) - 1] = 0;
	end_helper(e);
	e->source = loop_source_remove(e->source);
	e->result = fd_close(e->result);
	loop_timer_set(e->late, 0);
	list_remove(&j->node);
	e->n--;
	if (!r.kept && !r.there_before)
		drop_begun(e, &j->order);
	e->kept += r.kept;
	e->copies += r.kept;
	e->bytes += r.copy_size * r.kept;
	e->failed += !r.kept && !r.there_before;
	e->events->done(e->userdata, &j->order, &r);
	free(j);
	next(e);
}

static int on_late(void *userdata)
{
	struct copies *e = userdata;

	if (e->helper)
		finish(e, "it took too long, and was given up");
	else
		next(e);
	return 0;
}

static int on_result(void *userdata, int fd, uint32_t events)
{
	struct copies *e = userdata;
	ssize_t n = read(fd, e->got.bytes + e->n_read, sizeof(e->got) - e->n_read);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		e->n_read += (size_t)n;
	if (n <= 0 || e->n_read == sizeof(e->got))
		finish(e, NULL);
	return 0;
}

/* In the helper. */
static int work(void *userdata)
{
	const struct copies *e = userdata;
	const struct job *j = list_first(&e->jobs, struct job, node);
	const struct copies_bounds bounds = {
		.certificate = e->settings->evidence.certificate,
		.file_bytes = e->settings->evidence.file_bytes,
		.total_bytes = e->settings->evidence.total_bytes,
		.gid = e->gid == UINT32_MAX ? getegid() : e->gid,
	};
	struct copies_result r;

	helper_keep_only((const int[]){e->dir, e->out}, 2);
	helper_enter_host();
	umask(077);
	copies_work(e->dir, e->bytes, &j->order, &bounds, &r);
	return fd_write_all(e->out, view_of(&r, sizeof(r)));
}

static void next(struct copies *e)
{
	int fds[2], r;

	if (e->helper || e->stopping || list_is_empty(&e->jobs))
		return;
	end_helper(e);
	if (e->dying) {
		loop_timer_set(e->late, clock_now() + NSEC_PER_SEC);
		return;
	}
	e->n_read = 0;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		finish(e, "no pipe for a helper");
		return;
	}
	e->result = fds[0];
	e->out = fds[1];
	e->helper = helper_start(work, e);
	fd_close(fds[1]);
	if (e->helper < 0) {
		e->helper = 0;
		finish(e, "no helper could be started");
		return;
	}
	r = fcntl(e->result, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add(e->loop, e->result, EPOLLIN, on_result, e, &e->source);
	if (r < 0)
		finish(e, "the helper cannot be listened to");
	else
		loop_timer_set(e->late, clock_now() + COPIES_WORK_NS);
}

void copies_keep(struct copies *e, const struct copies_order *o)
{
	struct copies_result refused = {0};
	const char *why = e->copies >= COPIES_MAX ? "there are too many copies"
		: e->stopping                     ? "the agent was stopped"
		: e->n >= COPIES_QUEUE_MAX        ? "too much waits already"
						  : NULL;
	struct job *j = why ? NULL : calloc(1, sizeof(*j));

	if (!j) {
		e->failed++;
		snprintf(refused.why, sizeof(refused.why), "%s", why ? why : "no memory");
		e->events->done(e->userdata, o, &refused);
		return;
	}
	j->order = *o;
	list_init(&j->node);
	list_append(&e->jobs, &j->node);
	e->n++;
	next(e);
}

void copies_stop(struct copies *e)
{
	e->stopping = true;
	while (!list_is_empty(&e->jobs))
		finish(e, "the agent was stopped before it was made");
}

/* ---- life ---- */

/* Others than root and its group see not even names. */
static int open_dir(const struct copies *e, const char *state_dir)
{
	cleanup_with(fd_closep) int fd = -1;
	char path[4200];
	gid_t gid = e->gid == UINT32_MAX ? getegid() : e->gid;

	snprintf(path, sizeof(path), "%s/" COPIES_DIR, state_dir);
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, geteuid(), gid) < 0 || fchmod(fd, 0750) < 0)
		return -errno;
	return fd_steal(&fd);
}

int copies_new(struct loop *l, const struct settings *s, uint32_t gid,
	const struct copies_events *events, void *userdata, struct copies **ret)
{
	struct copies *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->loop = l;
	e->settings = s;
	e->gid = gid;
	e->events = events;
	e->userdata = userdata;
	e->result = -1;
	list_init(&e->jobs);
	r = e->dir = open_dir(e, s->state_dir);
	if (r >= 0)
		r = loop_timer_new(l, on_late, e, &e->late);
	if (r == 0)
		r = loop_timer_new(l, on_sweep, e, &e->sweep);
	if (r < 0) {
		copies_free(e);
		return r;
	}
	*ret = e;
	return 0;
}

struct copies *copies_free(struct copies *e)
{
	if (!e)
		return NULL;
	end_helper(e);
	loop_source_remove(e->source);
	loop_timer_free(e->late);
	loop_timer_free(e->sweep);
	fd_close(e->result);
	list_for_each_safe(n, tmp, &e->jobs)
		free(list_entry(n, struct job, node));
	fd_close(e->dir);
	free(e);
	return NULL;
}

void copies_status(const struct copies *e, struct json *j)
{
	json_key(j, "evidence");
	json_object(j);
	json_key_bool(j, "certificate", e->settings->evidence.certificate[0] != 0);
	json_key_u64(j, "copies", e->copies);
	json_key_u64(j, "bytes", e->bytes);
	json_key_u64(j, "kept", e->kept);
	json_key_u64(j, "failed", e->failed);
	json_object_end(j);
}
