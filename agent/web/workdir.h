/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for the time of one request, for what a program has to see as a file. Nobody else reads
   it, and it is gone with the request. */
#pragma once

#include "base/macros.h"
#include "base/view.h"

#define WORKDIR_SIZE 4096U

must_check int workdir_new(const char *above, char ret[WORKDIR_SIZE]);
void workdir_done(char path[WORKDIR_SIZE]); /* takes "" */

/* What was left behind by a process that was killed. */
void workdir_sweep(const char *above);

/* A name of a file that somebody else gives, as one that can be used: no separators, no dot at its
   front, not empty. */
void workdir_name(struct view from, char *ret, size_t size);
must_check int workdir_put(const char *path, const char *name, struct view content);
