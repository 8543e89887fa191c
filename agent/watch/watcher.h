/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the configured directories and keeps an inotify watch on each one below. A directory is
 * read after its watch is added, so that nothing is missed in between; what inotify loses
 * (overflow, watches that the system has no room for) is found by walking again. Symbolic links are
 * not followed and other file systems not entered. Reads no file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/macros.h"
#include "pending.h"

/* Between walks where watches are missing; and between looks for roots that came or changed. */
#define WATCHER_RESCAN_NS (600 * NSEC_PER_SEC)
#define WATCHER_ROOTS_NS  (60 * NSEC_PER_SEC)

struct watcher;

struct watcher_options {
	const char *const *roots; /* absolute directories */
	uint32_t n_roots;
	const char *const *skip; /* directories left out with all below */
	uint32_t n_skip;
};

struct watcher_events {
	/* A regular file to look at. `path` is below the root. 0 or -errno (ends the loop). */
	int (*file)(void *userdata, uint32_t root, const char *path, enum found found);
	/* A file or a folder of that name is not there any more. 0 or -errno. */
	int (*gone)(void *userdata, uint32_t root, const char *path, bool folder);
	/* True: too much waits; the walk pauses until watcher_resume(). */
	bool (*busy)(void *userdata);
	void *userdata;
};

struct watcher_counts {
	uint64_t directories; /* watched */
	uint64_t overflows;
	bool complete;         /* everything was walked since the last overflow or start */
	uint64_t walks;        /* of everything, that came to their end */
	uint64_t folders_left; /* of the one under way, as far as they are known */
	uint64_t unreadable;   /* folders and files, of the last walk or this one */
};

must_check int watcher_new(struct loop *l, const struct watcher_options *o,
	const struct watcher_events *events, struct watcher **ret);
struct watcher *watcher_free(struct watcher *w);

/* Walks everything (again). */
void watcher_rescan(struct watcher *w);
void watcher_resume(struct watcher *w);

/* Opens a regular file for reading, without side effects on anything else. The descriptor;
   -EINVAL where it is no regular file; or -errno, and -EACCES is remembered for the note. */
must_check int watcher_open(struct watcher *w, uint32_t root, const char *path);
const char *watcher_root(const struct watcher *w, uint32_t root);

void watcher_count(const struct watcher *w, struct watcher_counts *ret);
/* What is not covered and why, one line; empty where all is. */
must_check int watcher_note(const struct watcher *w, struct buf *ret);
