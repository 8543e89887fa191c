/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that get another name: told by a fanotify group that names folders by their handles. Only
 * of interest where a file comes into a protected folder from one that is not: what is written
 * below one is told by its close.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "wire/config.h"

#define MOVES_MOUNTS_MAX 128U /* that handles are looked up in */

struct moves;

/* Takes the group over. `protect` must outlive it. */
must_check int moves_new(int group, const struct config_paths *protect, struct moves **ret);
struct moves *moves_free(struct moves *m); /* takes NULL, returns NULL */

/* Reads one batch. For each rename by a process that is `wanted`, `take` gets the file (its to
   close). Returns 1 where there may be more, 0 where there was none, -EOVERFLOW where some were
   lost. */
must_check int moves_read(struct moves *m, bool (*wanted)(void *userdata, uint32_t pid),
	void (*take)(void *userdata, uint32_t pid, int fd), void *userdata);
