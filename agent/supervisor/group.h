/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fanotify group and its marks. The supervisor holds the group for the whole life of the agent,
 * so that a dead gate can be replaced while openers wait; it never reads events from it.
 *
 * Marks: FAN_MARK_FILESYSTEM with FAN_OPEN_PERM on every file system that holds a protected
 * directory or is mounted below one (mount marks are blind to other namespaces), while an
 * application lives; inode marks with
 * FAN_OPEN_EXEC_PERM on the applications' executables; and a mount-level ignore mark in the agent's
 * own mount namespace, so that its own opens raise nothing. Facts: fanotify_mark(2), Linux 5.1 for
 * filesystem marks, 6.0 for FAN_MARK_IGNORE.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/macros.h"
#include "subject/apptable.h"
#include "supervisor/news.h"
#include "supervisor/rescue.h"
#include "supervisor/sandboxed.h"
#include "wire/config.h"

struct group;

/* Makes the group and enters a private mount namespace. On failure `ret_why` (at least 400 bytes)
   says what to do about it. -EPERM without CAP_SYS_ADMIN, -ENOSYS where the kernel has no
   permission events, or -errno. */
must_check int group_new(
	const struct config_paths *protect, char *ret_why, size_t why_size, struct group **ret);
/* Not all of `protect` need be there. What is mounted there later is covered. */
void group_let_miss(struct group *g);
struct group *group_free(struct group *g); /* takes every mark off; takes NULL, returns NULL */

/* From now on a FUSE file system is marked only while these watch over the gate. Borrowed. */
void group_guard(struct group *g, struct rescue *rescue);

int group_fd(const struct group *g);

/* What is written and renamed on the file systems that are covered. */
const struct news *group_news(const struct group *g);

/* The mount table of the host's own namespace: what a path there means. */
int group_host_mounts_fd(const struct group *g);

/* Covers the file systems, now and as mounts come, until group_disarm(). As group_cover(). */
must_check int group_arm(struct group *g, char *ret_why, size_t why_size);
/* Takes the marks off the file systems; those on executables stay. */
void group_disarm(struct group *g);
bool group_is_armed(const struct group *g);
/* The kernel asks before a file is read by a passed descriptor, or mapped. */
bool group_has_pre_access(const struct group *g);
uint32_t group_n_failed(const struct group *g); /* file systems that could not be covered */

/* Marks what is mounted now; unless armed, only looks which file systems there are. Returns the
   number of file systems newly marked, or -errno where a protected directory itself cannot be
   covered (`ret_why` says which). */
must_check int group_cover(struct group *g, char *ret_why, size_t why_size);

/* What is mounted only in the namespace of this process, which is about to become an application.
 */
void group_cover_process(const struct group *g, uint32_t pid);

/* Call now and then: file systems whose marking takes its time. */
void group_tick(struct group *g);

/* Call now and then, with the gate's number: where a FUSE server lets the agent wait, so that opens
   are not answered, the connection to it is ended. True where one was. `hurry`: at the end, at
   once. */
bool group_end_server(
	struct group *g, pid_t gate, bool hurry, char *ret_mount, size_t size, uint32_t *ret_uid);

/* Takes all marks off: nothing is held from here on. */
void group_uncover(struct group *g);

/* Afterwards: from here on the group lives as long as the gate does, and nothing can be marked. */
void group_close(struct group *g);

/* Marks a program of an application, by a descriptor of its file, or takes that off. */
must_check int group_mark_program(struct group *g, int fd, bool on);
void group_count_programs(struct group *g, uint32_t marked, uint32_t failed); /* for the status */

/* Marks the programs of flatpaks and snaps. Returns their table for SUP_STARTS, or -errno. */
must_check int group_mark_sandboxed(struct group *g, const struct apptable *apps);
const struct sandboxed *group_sandboxed(const struct group *g);

/* Readable (EPOLLPRI) when mounts change. */
int group_mounts_fd(const struct group *g);

void group_status(const struct group *g, struct json *j); /* keys "engine", "coverage" */
