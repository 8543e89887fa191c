/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of applications that run in sandboxes: flatpaks that are installed for all users,
 * and snaps. Their files lie on this machine as others do, so that their starts can be held; but
 * inside their sandbox they have other paths, so that the gate knows them by their numbers.
 *
 * Only what root alone can write is looked at: a user's own flatpaks are left to the look at
 * processes, as marking what users put there could mark anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "subject/apptable.h"

struct sandboxed_program {
	char *path;
	uint64_t dev, ino; /* ino 0: all of the file system that the path is on */
	uint32_t app;
};

struct sandboxed {
	struct sandboxed_program *v;
	size_t n;
};

/* -ENOMEM, or what there is. */
must_check int sandboxed_find(const struct apptable *apps, struct sandboxed *ret);
void sandboxed_done(struct sandboxed *s);

/* Puts their marks into the group, and takes off those of `old` that are not among them. */
void sandboxed_mark(const struct sandboxed *s, const struct sandboxed *old, int group);
/* Again those that lie on whole file systems, after these marks were flushed. */
void sandboxed_mark_file_systems(const struct sandboxed *s, int group);

/* For SUP_STARTS: a descriptor or -errno. */
must_check int sandboxed_table(const struct sandboxed *s);
