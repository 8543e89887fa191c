/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories that outlive the agent, and the lock that keeps a second one out. Also the mark
 * of being alive: a file touched every second, from which the next start tells how long nothing was
 * protected.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct statedir;

/* Makes state_dir (0711 root), state_dir/core and /journal with their owners (the journal is
   readable by log_gid, which may be the reviewers' group), and runtime_dir
   (0755). -EBUSY where another agent holds the lock; `ret_why` says what and where. */
must_check int statedir_open(const char *state_dir, const char *runtime_dir, uint32_t core_uid,
	uint32_t core_gid, uint32_t log_uid, uint32_t log_gid, char *ret_why, size_t why_size,
	struct statedir **ret);
/* `orderly`: the agent was stopped; the next start tells no crash. Takes NULL, returns NULL. */
struct statedir *statedir_close(struct statedir *d, bool orderly);

/* Realtime ns of the last sign of life of an agent that did not stop in order; 0 where it did. */
uint64_t statedir_unclean_end(const struct statedir *d);

void statedir_touch(const struct statedir *d);

/* A listening SOCK_SEQPACKET socket at runtime_dir/control.sock, for everybody. fd or -errno. */
must_check int statedir_listen(const struct statedir *d);
