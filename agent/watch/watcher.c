/* SPDX-License-Identifier: Apache-2.0 */
#include "watcher.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gaps.h"
#include "tree.h"
#include "whole.h"

#define ROOTS_MAX 64U

/* One step of the walk: what is done between two looks at the events. */
#define STEP_ENTRIES 256

#define EVENTS                                                                                   \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | \
		IN_ONLYDIR | IN_EXCL_UNLINK)

/* Enough for a few hundred events at a time. */
#define EVENT_BYTES (64U << 10)

struct root {
	char *path;
	int fd; /* O_PATH, or -1 where it is not there */
	uint64_t dev, ino;
	bool twice;      /* another root is the same directory */
	struct dir *dir; /* or NULL */
};

struct watcher {
	struct loop *loop;
	struct watcher_events events;
	struct loop_source *source, *whole_source;
	struct whole *whole; /* NULL where that cannot be had */
	struct loop_timer *step, *again;
	int inotify;
	uint8_t *buffer; /* EVENT_BYTES */
	struct root roots[ROOTS_MAX];
	uint32_t n_roots;
	struct {
		uint64_t dev, ino;
	} skip[ROOTS_MAX];
	uint32_t n_skip;

	struct tree tree;
	struct list queue;   /* directories to read; urgent ones at the front */
	DIR *reading;        /* of `current` */
	struct dir *current; /* NULL where it vanished meanwhile */
	struct buf path;
	uint32_t crawl;  /* number of this walk */
	bool crawling;   /* a walk of everything is under way */
	bool walk_again; /* something was lost during it */
	uint64_t rescan_at;
	uint64_t overflows, walks;
	struct gaps gaps;
};

static void queue_dir(struct watcher *w, struct dir *d, bool urgent)
{
	d->urgent = d->urgent || urgent;
	list_remove(&d->queue);
	if (urgent)
		list_prepend(&w->queue, &d->queue);
	else
		list_append(&w->queue, &d->queue);
	loop_timer_set(w->step, clock_now());
}

static void unwatch(void *userdata, int watch)
{
	struct watcher *w = userdata;

	/* It fails where the directory is gone and the kernel was faster. */
	(void)inotify_rm_watch(w->inotify, watch);
}

static bool is_below(const struct dir *d, const struct dir *top)
{
	while (d && d != top)
		d = d->parent;
	return d != NULL;
}

static void stop_reading(struct watcher *w)
{
	if (w->reading)
		closedir(w->reading);
	w->reading = NULL;
	w->current = NULL;
}

static void forget(struct watcher *w, struct dir *d)
{
	if (w->current && is_below(w->current, d))
		stop_reading(w);
	for (uint32_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].dir == d)
			w->roots[i].dir = NULL;
	tree_remove(&w->tree, d, unwatch, w);
}

static int open_below(const struct root *root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && tries++ < 8); /* a rename raced with the look-up */
	return fd < 0 ? -errno : fd;
}

/* The same inode as `path_fd`, opened for real. */
static int reopen(int path_fd, int flags)
{
	char link[32];
	int fd;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOATIME);
	if (fd < 0 && errno == EPERM) /* not the owner */
		fd = open(link, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static bool is_skipped(const struct watcher *w, const struct stat *st)
{
	for (uint32_t i = 0; i < w->n_skip; i++)
		if (w->skip[i].dev == st->st_dev && w->skip[i].ino == st->st_ino)
			return true;
	return false;
}

static int add_watch(struct watcher *w, struct dir *d, int path_fd)
{
	uint64_t key = w->whole ? whole_key(w->whole, path_fd) : 0;
	char link[32];
	int watch;

	tree_set_key(&w->tree, d, key);
	if (key)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	watch = inotify_add_watch(w->inotify, link, EVENTS);
	if (watch >= 0) {
		tree_set_watch(&w->tree, d, watch);
		return 0;
	}
	tree_set_watch(&w->tree, d, -1);
	return -errno;
}

/* Opens the directory, watches it, and begins to read it. 0, or a reason not to. */
static int begin_reading(struct watcher *w, struct dir *d)
{
	const struct root *root = &w->roots[d->root];
	cleanup_with(fd_closep) int path_fd = -1, fd = -1;
	struct stat st;
	int r;

	path_fd = open_below(root, (const char *)w->path.p, O_PATH | O_DIRECTORY);
	if (path_fd < 0)
		return path_fd;
	if (fstat(path_fd, &st) < 0)
		return -errno;
	if (is_skipped(w, &st))
		return -ENOENT;
	r = add_watch(w, d, path_fd);
	if (r == -ENOSPC || r == -ENOMEM)
		gaps_unwatched(&w->gaps);
	else if (r < 0)
		return r;
	fd = reopen(path_fd, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	w->reading = fdopendir(fd);
	if (!w->reading)
		return -errno;
	(void)fd_steal(&fd);
	w->current = d;
	return 0;
}

static int next_dir(struct watcher *w)
{
	struct dir *d = list_first(&w->queue, struct dir, queue);
	int r;

	list_remove(&d->queue);
	buf_clear(&w->path);
	r = tree_path(d, NULL, &w->path);
	if (r == 0)
		r = begin_reading(w, d);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (r == -EXDEV)
			gaps_mount(&w->gaps);
		else if (r != -ENOENT && r != -ENOTDIR && r != -ELOOP)
			gaps_add(&w->gaps, w->roots[d->root].path, (const char *)w->path.p, -r);
		if (d->parent || r != -EACCES)
			forget(w, d);
	}
	return 0;
}

static int take_dir(struct watcher *w, struct dir *parent, const char *name, bool urgent)
{
	struct dir *d;
	int r = tree_add(&w->tree, parent, parent->root, name, &d);

	if (r == -E2BIG) {
		gaps_too_deep(&w->gaps);
		return 0;
	}
	if (r < 0)
		return r;
	d->crawl = w->crawl;
	queue_dir(w, d, urgent);
	return 0;
}

static int take_file(
	struct watcher *w, const struct dir *parent, const char *name, enum found found)
{
	int r;

	buf_clear(&w->path);
	r = tree_path(parent, name, &w->path);
	if (r == -E2BIG) {
		gaps_too_deep(&w->gaps);
		return 0;
	}
	if (r == 0)
		r = w->events.file(
			w->events.userdata, parent->root, (const char *)w->path.p, found);
	return r;
}

static int tell_gone(struct watcher *w, const struct dir *parent, const char *name, bool folder)
{
	int r;

	buf_clear(&w->path);
	r = tree_path(parent, name, &w->path);
	if (r == 0)
		r = w->events.gone(
			w->events.userdata, parent->root, (const char *)w->path.p, folder);
	return r == -E2BIG ? 0 : r; /* it was never offered */
}

static int take_entry(struct watcher *w, const struct dirent *e)
{
	unsigned char type = e->d_type;
	struct stat st;

	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (type == DT_UNKNOWN) {
		if (fstatat(dirfd(w->reading), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return 0; /* gone again */
		type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
	}
	if (type == DT_DIR)
		return take_dir(w, w->current, e->d_name, w->current->urgent);
	if (type == DT_REG)
		return take_file(
			w, w->current, e->d_name, w->current->urgent ? FOUND_EVENT : FOUND_CRAWL);
	return 0;
}

/* Nodes that a whole walk did not meet are gone; their last events may have been lost. */
static void sweep(struct watcher *w, struct dir *top)
{
	list_for_each_safe(n, tmp, &top->children) {
		struct dir *d = list_entry(n, struct dir, sibling);

		if (d->crawl != w->crawl)
			forget(w, d);
		else
			sweep(w, d); /* TREE_DEPTH_MAX bounds it */
	}
}

static void walk_done(struct watcher *w)
{
	for (uint32_t i = 0; i < w->n_roots; i++)
		if (w->roots[i].dir)
			sweep(w, w->roots[i].dir);
	gaps_commit(&w->gaps);
	w->crawling = false;
	w->walks += !w->walk_again;
	if (w->walk_again)
		watcher_rescan(w);
	else
		w->rescan_at = gaps_has_unwatched(&w->gaps) ? clock_now() + WATCHER_RESCAN_NS : 0;
}

static bool next_is_urgent(const struct watcher *w)
{
	if (w->current)
		return w->current->urgent;
	return !list_is_empty(&w->queue) && list_first(&w->queue, struct dir, queue)->urgent;
}

static int on_step(void *userdata)
{
	struct watcher *w = userdata;
	int r = 0;

	for (int i = 0; i < STEP_ENTRIES && r == 0; i++) {
		struct dirent *e;

		if (w->events.busy(w->events.userdata) && !next_is_urgent(w))
			return 0; /* watcher_resume() goes on */
		if (!w->reading) {
			if (list_is_empty(&w->queue)) {
				if (w->crawling)
					walk_done(w);
				return 0;
			}
			r = next_dir(w);
			continue;
		}
		e = readdir(w->reading);
		if (!e) {
			if (list_is_empty(&w->current->queue)) /* else it is to be read again */
				w->current->urgent = false;
			stop_reading(w);
			continue;
		}
		r = take_entry(w, e);
	}
	if (r == 0)
		loop_timer_set(w->step, clock_now());
	return r;
}

static void open_root(struct watcher *w, uint32_t i)
{
	struct root *root = &w->roots[i];
	cleanup_with(fd_closep) int fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	root->twice = false;
	if (fd < 0 || fstat(fd, &st) < 0) {
		gaps_add(&w->gaps, root->path, ".", errno);
		if (root->dir)
			forget(w, root->dir);
		root->fd = fd_close(root->fd);
		return;
	}
	for (uint32_t k = 0; k < i && !root->twice; k++)
		root->twice = w->roots[k].fd >= 0 && w->roots[k].dev == st.st_dev &&
			w->roots[k].ino == st.st_ino;
	if (root->twice)
		return;
	if (root->dir && (root->dev != st.st_dev || root->ino != st.st_ino))
		forget(w, root->dir);
	fd_close(root->fd);
	root->fd = fd_steal(&fd);
	root->dev = st.st_dev;
	root->ino = st.st_ino;
	if (!root->dir && tree_add(&w->tree, NULL, i, "", &root->dir) < 0) {
		gaps_too_deep(&w->gaps);
		return;
	}
	root->dir->crawl = w->crawl;
	queue_dir(w, root->dir, false);
}

void watcher_rescan(struct watcher *w)
{
	if (w->crawling) {
		w->walk_again = true;
		return;
	}
	w->walk_again = false;
	w->crawling = true;
	w->crawl++;
	gaps_begin(&w->gaps);
	for (uint32_t i = 0; i < w->n_roots; i++)
		open_root(w, i);
	loop_timer_set(w->step, clock_now());
}

void watcher_resume(struct watcher *w)
{
	if (w->reading || !list_is_empty(&w->queue) || w->crawling)
		loop_timer_set(w->step, clock_now());
}

/* Is what the configured path names still what is watched? */
static bool roots_changed(const struct watcher *w)
{
	for (uint32_t i = 0; i < w->n_roots; i++) {
		const struct root *root = &w->roots[i];
		struct stat st;
		bool there = stat(root->path, &st) == 0 && S_ISDIR(st.st_mode);

		if (root->twice)
			continue;
		if (there != (root->fd >= 0))
			return true;
		if (there && (st.st_dev != root->dev || st.st_ino != root->ino || !root->dir))
			return true;
	}
	return false;
}

static int on_again(void *userdata)
{
	struct watcher *w = userdata;
	uint64_t now = clock_now();

	if (!w->crawling && ((w->rescan_at && now >= w->rescan_at) || roots_changed(w)))
		watcher_rescan(w);
	loop_timer_set(w->again, now + WATCHER_ROOTS_NS);
	return 0;
}

static int on_dir_event(struct watcher *w, struct dir *d, const struct inotify_event *e)
{
	struct dir *child = tree_child(&w->tree, d, e->name);

	/* One that is watched already was or will be read after its watch. */
	if (e->mask & IN_MOVED_TO || (e->mask & IN_CREATE && !(child && tree_is_watched(child))))
		return take_dir(w, d, e->name, true);
	if (child && e->mask & (IN_MOVED_FROM | IN_DELETE))
		forget(w, child);
	return e->mask & (IN_MOVED_FROM | IN_DELETE) ? tell_gone(w, d, e->name, true) : 0;
}

static int on_inotify_event(struct watcher *w, const struct inotify_event *e)
{
	struct dir *d;

	if (e->mask & IN_Q_OVERFLOW) {
		w->overflows++;
		watcher_rescan(w);
		return 0;
	}
	d = tree_by_watch(&w->tree, e->wd);
	if (!d)
		return 0; /* taken away while this was under way */
	if (e->mask & IN_IGNORED) {
		tree_set_watch(&w->tree, d, -1);
		forget(w, d);
		return 0;
	}
	if (e->len == 0)
		return 0;
	if (e->mask & IN_ISDIR)
		return on_dir_event(w, d, e);
	if (e->mask & (IN_MOVED_FROM | IN_DELETE))
		return tell_gone(w, d, e->name, false);
	if (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
		return take_file(w, d, e->name, FOUND_EVENT);
	if (e->mask & IN_CREATE)
		return take_file(w, d, e->name, FOUND_CREATED);
	return 0;
}

/* Several events may be in one, in any order. */
static int on_whole_event(void *userdata, uint64_t key, const char *name, unsigned bits)
{
	struct watcher *w = userdata;
	struct dir *d = tree_by_key(&w->tree, key), *child;
	int r = 0;

	if (!d || strcmp(name, ".") == 0)
		return 0; /* of no directory that we watch */
	/* It may be there again: then it is offered after this. */
	if (bits & WHOLE_LEFT)
		r = tell_gone(w, d, name, bits & WHOLE_DIR);
	if (r < 0)
		return r;
	if (!(bits & WHOLE_DIR))
		return bits & (WHOLE_WRITTEN | WHOLE_ARRIVED) ? take_file(w, d, name, FOUND_EVENT)
			: bits & WHOLE_CREATED                ? take_file(w, d, name, FOUND_CREATED)
							      : 0;
	child = tree_child(&w->tree, d, name);
	if (child && bits & WHOLE_LEFT) {
		forget(w, child);
		child = NULL;
	}
	if (bits & WHOLE_ARRIVED || (bits & WHOLE_CREATED && !(child && tree_is_watched(child))))
		return take_dir(w, d, name, true);
	return 0;
}

static int on_whole(void *userdata, int fd, uint32_t events)
{
	struct watcher *w = userdata;
	int r = whole_read(w->whole, on_whole_event, w);

	(void)fd;
	(void)events;
	if (r == -EOVERFLOW) {
		w->overflows++;
		watcher_rescan(w);
		r = 0;
	}
	return r == -EAGAIN ? 0 : r;
}

static int on_inotify(void *userdata, int fd, uint32_t events)
{
	struct watcher *w = userdata;
	ssize_t n = read(fd, w->buffer, EVENT_BYTES);
	int r = 0;

	(void)events;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (size_t at = 0; at < (size_t)n && r == 0;) {
		const struct inotify_event *e = (const void *)(w->buffer + at);

		r = on_inotify_event(w, e);
		at += sizeof(*e) + e->len;
	}
	return r;
}

static int take_options(struct watcher *w, const struct watcher_options *o)
{
	struct stat st;

	for (uint32_t i = 0; i < o->n_roots && i < ROOTS_MAX; i++) {
		w->roots[i] = (struct root){.path = strdup(o->roots[i]), .fd = -1};
		if (!w->roots[i].path)
			return -ENOMEM;
		w->n_roots++;
	}
	for (uint32_t i = 0; i < o->n_skip && i < ROOTS_MAX; i++) {
		if (!o->skip[i] || stat(o->skip[i], &st) < 0)
			continue;
		w->skip[w->n_skip].dev = st.st_dev;
		w->skip[w->n_skip++].ino = st.st_ino;
	}
	return 0;
}

/* While we may: the file systems of the roots that exist now. The others are watched by inotify. */
static int mark_roots(struct watcher *w)
{
	if (whole_new(&w->whole) < 0)
		return 0;
	for (uint32_t i = 0; i < w->n_roots; i++) {
		cleanup_with(fd_closep) int fd = open(
			w->roots[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			unchecked(whole_mark(w->whole, fd));
	}
	return loop_add(w->loop, whole_fd(w->whole), EPOLLIN, on_whole, w, &w->whole_source);
}

int watcher_new(struct loop *l, const struct watcher_options *o,
	const struct watcher_events *events, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->loop = l;
	w->events = *events;
	w->path = BUF_INIT(2 * TREE_PATH_MAX);
	list_init(&w->queue);
	w->buffer = malloc(EVENT_BYTES);
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	r = w->inotify < 0 ? -errno : w->buffer ? tree_init(&w->tree) : -ENOMEM;
	if (r == 0)
		r = take_options(w, o);
	if (r == 0)
		r = mark_roots(w);
	if (r == 0)
		r = loop_add(l, w->inotify, EPOLLIN, on_inotify, w, &w->source);
	if (r == 0)
		r = loop_timer_new(l, on_step, w, &w->step);
	if (r == 0)
		r = loop_timer_new(l, on_again, w, &w->again);
	if (r < 0) {
		watcher_free(w);
		return r;
	}
	loop_timer_set(w->again, clock_now() + WATCHER_ROOTS_NS);
	*ret = w;
	return 0;
}

struct watcher *watcher_free(struct watcher *w)
{
	if (!w)
		return NULL;
	stop_reading(w);
	for (uint32_t i = 0; i < w->n_roots; i++) {
		if (w->roots[i].dir)
			forget(w, w->roots[i].dir);
		fd_close(w->roots[i].fd);
		free(w->roots[i].path);
	}
	tree_done(&w->tree);
	loop_source_remove(w->source);
	loop_source_remove(w->whole_source);
	whole_free(w->whole);
	loop_timer_free(w->step);
	loop_timer_free(w->again);
	fd_close(w->inotify);
	buf_done(&w->path);
	free(w->buffer);
	free(w);
	return NULL;
}

int watcher_open(struct watcher *w, uint32_t root, const char *path)
{
	cleanup_with(fd_closep) int path_fd = -1;
	struct stat st;
	int fd;

	if (root >= w->n_roots || w->roots[root].fd < 0)
		return -ENOENT;
	path_fd = open_below(&w->roots[root], path, O_PATH);
	if (path_fd < 0)
		return path_fd;
	if (fstat(path_fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	fd = reopen(path_fd, O_RDONLY);
	if (fd == -EACCES || fd == -EPERM)
		gaps_add(&w->gaps, w->roots[root].path, path, -fd);
	return fd;
}

const char *watcher_root(const struct watcher *w, uint32_t root)
{
	return w->roots[root].path;
}

void watcher_count(const struct watcher *w, struct watcher_counts *ret)
{
	*ret = (struct watcher_counts){
		.directories = w->tree.n_watched,
		.overflows = w->overflows,
		.complete = w->crawl > 0 && !w->crawling,
		.walks = w->walks,
		.folders_left = w->current != NULL,
		.unreadable = gaps_unreadable(&w->gaps),
	};
	list_for_each(n, &w->queue)
		ret->folders_left++;
}

int watcher_note(const struct watcher *w, struct buf *ret)
{
	return gaps_note(&w->gaps, ret);
}
