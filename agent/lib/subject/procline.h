/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading what procfs says about a process: pure functions over the text of its files. All of it
 * may be written by the process itself or its user, except where noted; nothing is allocated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

#define PROCLINE_GIDS_MAX 64U /* supplementary groups kept; more are left out */

/* /proc/PID/stat. The name is the process's own choice, the numbers are the kernel's. */
struct procline_stat {
	char comm[16];
	uint32_t ppid;
	uint64_t start_time; /* clock ticks since boot */
};
bool procline_stat(struct view text, struct procline_stat *ret);

/* /proc/PID/status: the kernel's. */
struct procline_status {
	uint32_t uid; /* real */
	uint32_t n_gids;
	uint32_t gids[PROCLINE_GIDS_MAX]; /* the real one first, then the supplementary ones */
};
bool procline_status(struct view text, struct procline_status *ret);

/* /proc/PID/cgroup: the application id of the outermost `sealgate.app.ID` component of the unified
   hierarchy, which the supervisor makes. False where there is none or it does not fit. */
bool procline_cgroup_tag(struct view text, char *ret, size_t size);

/* The same file: the ID of an `app-flatpak-ID-N.scope`, and the NAME of a `snap.NAME.APP...`
   scope or service. Forgeable: the user owns these cgroups. */
bool procline_cgroup_flatpak(struct view text, char *ret, size_t size);
bool procline_cgroup_snap(struct view text, char *ret, size_t size);

/* /proc/PID/environ: the value of `name`. Forgeable. */
bool procline_environ(struct view text, const char *name, char *ret, size_t size);

/* The NAME of /snap/NAME/... and /var/lib/snapd/snap/NAME/.... */
bool procline_snap_path(const char *path, char *ret, size_t size);

/* Cuts " (deleted)" off, which readlink(2) of /proc/PID/exe appends. */
void procline_strip_deleted(char *path);

/* The next of NUL-separated strings (/proc/PID/cmdline); false at the end. */
bool procline_next_arg(struct view *text, struct view *ret);

/* `arg` as an absolute path, taken from `cwd` where relative, with "." and ".." and doubled
   slashes resolved by the letters alone. False where it does not fit or cannot be a path. */
bool procline_resolve(struct view cwd, struct view arg, char *ret, size_t size);

/* True where `path` is `dir` or lies below it. `dir` has no slash at its end, unless it is "/". */
bool procline_is_below(const char *path, const char *dir);

/* The next line of mountinfo: the kernel's, but for the options. */
struct procline_mount {
	uint32_t id;
	struct view point; /* with octal escapes for blanks and the like */
	struct view type;
};
bool procline_next_mount(struct view *text, struct procline_mount *ret);

/* The next line of maps: the kernel's, but for the name, which is not taken. */
struct procline_map {
	uint64_t start, end;
	uint32_t major, minor;
	uint64_t ino; /* 0: no file */
};
bool procline_next_map(struct view *text, struct procline_map *ret);
