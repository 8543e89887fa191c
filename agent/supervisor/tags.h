/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lineage by control group: an application's process is moved, while its exec is held, into a child
 * group "sealgate.app.<id>" of its own group. Every descendant is born there, however often it
 * forks; an unprivileged process cannot leave a group that root owns unless it owns the one above,
 * and then the gate's process table still knows it. Resource accounting stays below the session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

#define TAG_PREFIX "sealgate.app." /* of the name of a tag group */

struct tags;

/* -ENOENT where no cgroup2 is mounted, -EROFS and the like where it cannot be written. */
must_check int tags_new(struct tags **ret);
struct tags *tags_free(struct tags *t); /* removes empty groups; takes NULL, returns NULL */

/* 0 or -errno. May take some milliseconds: the kernel waits for other CPUs. */
must_check int tags_put(struct tags *t, uint32_t pid, const char *app_id);

/* Whether a process lives in a group of an application for which `wanted` says so. */
bool tags_populated(
	const struct tags *t, bool (*wanted)(void *userdata, const char *app_id), void *userdata);

/* Each process in the groups made by us, with its application. */
void tags_each(const struct tags *t, void (*fn)(void *userdata, uint32_t pid, const char *app_id),
	void *userdata);

/* Removes groups whose processes have ended. Call now and then. */
void tags_sweep(struct tags *t);
